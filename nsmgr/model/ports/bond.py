"""Ports of a bond (drivers/net/bonding/bond_netlink.c: bond_slave_changelink, bond_fill_slave_info)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Names
from nsmgr.model.links.base import READONLY, data, shown
from nsmgr.model.ports.base import Port

STATES = Names({"active": 0, "backup": 1})  # BOND_STATE_*, linux/if_bonding.h
MII = Names({"up": 0, "fail": 1, "down": 2, "back": 3})  # BOND_LINK_*


class BondPort(Port):
    """A port of a bond. Everything changes in place; the kernel forgets all of it when the link leaves the bond."""

    KIND: ClassVar[str] = "bond"
    DATA: ClassVar[str | None] = "bond_slave"
    UNIQUE: ClassVar[frozenset[str]] = frozenset({"queue_id"})  # bond_option_queue_id_set: EPERM

    queue_id: Annotated[int | None, Field(ge=0, le=65535), data("IFLA_BOND_SLAVE_QUEUE_ID", default=0)] = None
    """The bond's transmit queue that leaves by this port only, each by one (EPERM); 0 = none. At most the bond's ``tx_queues``."""
    prio: Annotated[int | None, Field(ge=-(2**31), lt=2**31), data("IFLA_BOND_SLAVE_PRIO", default=0)] = None
    """Which port is chosen at a failover, the highest; modes active-backup, balance-tlb, balance-alb. Linux 6.0 and later."""
    actor_port_prio: Annotated[int | None, Field(ge=0, le=65535), data("IFLA_BOND_SLAVE_ACTOR_PORT_PRIO", default=255)] = None
    """802.3ad: port priority, the lowest is preferred. Dumped only in that mode. Linux 6.18 and later."""

    state: Annotated[Literal["active", "backup"] | None, READONLY, shown("IFLA_BOND_SLAVE_STATE", convert=STATES)] = None
    """Whether the port is in use."""
    mii_status: Annotated[
        Literal["up", "fail", "down", "back"] | None, READONLY, shown("IFLA_BOND_SLAVE_MII_STATUS", convert=MII)
    ] = None
    """Link state as the bond sees it."""
    link_failure_count: Annotated[int | None, READONLY, shown("IFLA_BOND_SLAVE_LINK_FAILURE_COUNT")] = None
    """Failures so far."""
    perm_hwaddr: Annotated[str | None, READONLY, shown("IFLA_BOND_SLAVE_PERM_HWADDR")] = None
    """The link's own hardware address, which it gets back when it leaves."""
    ad_aggregator_id: Annotated[int | None, READONLY, shown("IFLA_BOND_SLAVE_AD_AGGREGATOR_ID")] = None
    """802.3ad: the aggregator the port is in."""
    ad_actor_oper_port_state: Annotated[int | None, READONLY, shown("IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE")] = None
    """802.3ad: own state bits."""
    ad_partner_oper_port_state: Annotated[int | None, READONLY, shown("IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE")] = None
    """802.3ad: the partner's state bits."""
