"""Ports of a bridge (net/bridge/br_netlink.c: br_setport, br_port_fill_attrs)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from nsmgr.model.base import Bool, Names
from nsmgr.model.convert import BridgeId, by_number
from nsmgr.model.links.base import READONLY, data, shown
from nsmgr.model.ports.base import Port
from nsmgr.types import IfName

STATES = Names({"disabled": 0, "listening": 1, "learning": 2, "forwarding": 3, "blocking": 4})  # BR_STATE_*, linux/if_bridge.h
ROUTER = Names({"disabled": 0, "auto": 1, "permanent": 2, "temporary": 3})  # MDB_RTR_TYPE_*
PAUSE = 0x2


def _fwd_mask(mask: int | None) -> int | None:
    if mask is not None and mask & PAUSE:
        raise ValueError("bit 1 (pause frames) is never forwarded (BR_GROUPFWD_MACPAUSE)")
    return mask


class BridgePort(Port):
    """A port of a bridge. Everything changes in place; the kernel forgets all of it when the link leaves the bridge."""

    KIND: ClassVar[str] = "bridge"
    DATA: ClassVar[str | None] = "bridge_slave"

    priority: Annotated[int | None, Field(ge=0, le=63), data("IFLA_BRPORT_PRIORITY", default=32)] = None
    """Spanning tree: upper six bits of the port identifier."""
    cost: Annotated[int | None, Field(ge=1, le=65535), data("IFLA_BRPORT_COST", default=2)] = None
    """Spanning tree: path cost. Told by the kernel from the link's speed until set (veth 2, unknown 100), and never again after."""
    hairpin: Annotated[bool | None, data("IFLA_BRPORT_MODE", convert=Bool(), default=False)] = None
    """Send frames back out of the port they came in by."""
    guard: Annotated[bool | None, data("IFLA_BRPORT_GUARD", convert=Bool(), default=False)] = None
    """BPDU guard: a BPDU that arrives switches the port off."""
    root_block: Annotated[bool | None, data("IFLA_BRPORT_PROTECT", convert=Bool(), default=False)] = None
    """Spanning tree: never take this port as the way to the root."""
    fast_leave: Annotated[bool | None, data("IFLA_BRPORT_FAST_LEAVE", convert=Bool(), default=False)] = None
    """Stop sending a group at the first leave, without a last query."""
    learning: Annotated[bool | None, data("IFLA_BRPORT_LEARNING", convert=Bool(), default=True)] = None
    """Learn source addresses."""
    flood: Annotated[bool | None, data("IFLA_BRPORT_UNICAST_FLOOD", convert=Bool(), default=True)] = None
    """Send frames for unknown addresses out of this port."""
    mcast_flood: Annotated[bool | None, data("IFLA_BRPORT_MCAST_FLOOD", convert=Bool(), default=True)] = None
    """The same for groups that nobody asked for."""
    bcast_flood: Annotated[bool | None, data("IFLA_BRPORT_BCAST_FLOOD", convert=Bool(), default=True)] = None
    """The same for broadcasts."""
    mcast_to_unicast: Annotated[bool | None, data("IFLA_BRPORT_MCAST_TO_UCAST", convert=Bool(), default=False)] = None
    """Send a group to each of its members by unicast."""
    mcast_router: Annotated[
        Literal["disabled", "auto", "permanent", "temporary"] | None,
        by_number(ROUTER),
        data("IFLA_BRPORT_MULTICAST_ROUTER", convert=ROUTER, default="auto"),
    ] = None
    """Whether a multicast router is behind the port: never, when one is heard, always, for a while. CONFIG_BRIDGE_IGMP_SNOOPING."""
    mcast_max_groups: Annotated[int | None, Field(ge=0, lt=2**32), data("IFLA_BRPORT_MCAST_MAX_GROUPS", default=0)] = None
    """Most group entries of the port; 0 = no limit. Linux 6.3 and later."""
    mcast_eht_hosts_limit: Annotated[int | None, Field(ge=1, lt=2**32), data("IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT", default=512)] = (
        None
    )
    """Most hosts whose memberships are tracked explicitly. Linux 5.12 and later."""
    proxy_arp: Annotated[bool | None, data("IFLA_BRPORT_PROXYARP", convert=Bool(), default=False)] = None
    """Answer ARP for neighbours the bridge knows."""
    proxy_arp_wifi: Annotated[bool | None, data("IFLA_BRPORT_PROXYARP_WIFI", convert=Bool(), default=False)] = None
    """The same as IEEE 802.11 and Hotspot 2.0 want it."""
    neigh_suppress: Annotated[bool | None, data("IFLA_BRPORT_NEIGH_SUPPRESS", convert=Bool(), default=False)] = None
    """Answer ARP and ND from the neighbour table instead of flooding them."""
    neigh_vlan_suppress: Annotated[bool | None, data("IFLA_BRPORT_NEIGH_VLAN_SUPPRESS", convert=Bool(), default=False)] = None
    """The same, for each VLAN by itself; then ``neigh_suppress`` is not looked at. Linux 6.4 and later."""
    vlan_tunnel: Annotated[bool | None, data("IFLA_BRPORT_VLAN_TUNNEL", convert=Bool(), default=False)] = None
    """Map VLANs to tunnel identifiers (a vxlan port with ``external``)."""
    group_fwd_mask: Annotated[
        int | None, Field(ge=0, le=65535), AfterValidator(_fwd_mask), data("IFLA_BRPORT_GROUP_FWD_MASK", default=0)
    ] = None
    """Link-local groups 01:80:c2:00:00:0X to forward, bit X; bit 1 is refused (EINVAL)."""
    isolated: Annotated[bool | None, data("IFLA_BRPORT_ISOLATED", convert=Bool(), default=False)] = None
    """Isolated ports do not reach each other, only the others."""
    locked: Annotated[bool | None, data("IFLA_BRPORT_LOCKED", convert=Bool(), default=False)] = None
    """Take frames only from addresses that are in the forwarding database (IEEE 802.1X). Linux 5.18 and later."""
    mab: Annotated[bool | None, data("IFLA_BRPORT_MAB", convert=Bool(), default=False)] = None
    """MAC authentication bypass; with ``locked`` and ``learning`` only (EINVAL). Linux 6.2 and later."""
    backup_port: Annotated[IfName | None, data("IFLA_BRPORT_BACKUP_PORT", ref=True)] = None
    """Another port of the same bridge that takes over while this one has no carrier; ``null`` = none."""
    backup_nhid: Annotated[int | None, Field(ge=0, le=2**31 - 1), data("IFLA_BRPORT_BACKUP_NHID", absent=0, default=0)] = None
    """Next hop object of the redirection to ``backup_port``, a vxlan with ``external``; 0 = none. Linux 6.6 and later."""

    state: Annotated[
        Literal["disabled", "listening", "learning", "forwarding", "blocking"] | None,
        READONLY,
        shown("IFLA_BRPORT_STATE", convert=STATES),
    ] = None
    """Spanning tree state. The bridge decides it anew at every change of carrier, so it is not configuration."""
    port_no: Annotated[int | None, READONLY, shown("IFLA_BRPORT_NO")] = None
    """Port number."""
    port_id: Annotated[int | None, READONLY, shown("IFLA_BRPORT_ID")] = None
    """Port identifier: priority and number."""
    designated_root: Annotated[str | None, READONLY, shown("IFLA_BRPORT_ROOT_ID", convert=BridgeId())] = None
    """Spanning tree: the root as this port's segment knows it."""
    designated_bridge: Annotated[str | None, READONLY, shown("IFLA_BRPORT_BRIDGE_ID", convert=BridgeId())] = None
    """Spanning tree: the segment's bridge."""
    designated_port: Annotated[int | None, READONLY, shown("IFLA_BRPORT_DESIGNATED_PORT")] = None
    """Spanning tree: that bridge's port."""
    designated_cost: Annotated[int | None, READONLY, shown("IFLA_BRPORT_DESIGNATED_COST")] = None
    """Spanning tree: that bridge's path cost."""
    topology_change_ack: Annotated[bool | None, READONLY, shown("IFLA_BRPORT_TOPOLOGY_CHANGE_ACK", convert=Bool())] = None
    """Spanning tree: a topology change is to be acknowledged."""
    config_pending: Annotated[bool | None, READONLY, shown("IFLA_BRPORT_CONFIG_PENDING", convert=Bool())] = None
    """Spanning tree: a configuration BPDU waits to be sent."""
    mcast_n_groups: Annotated[int | None, READONLY, shown("IFLA_BRPORT_MCAST_N_GROUPS")] = None
    """Group entries now."""
    mcast_eht_hosts_cnt: Annotated[int | None, READONLY, shown("IFLA_BRPORT_MCAST_EHT_HOSTS_CNT")] = None
    """Hosts tracked explicitly now."""
    mrp_ring_open: Annotated[bool | None, READONLY, shown("IFLA_BRPORT_MRP_RING_OPEN", convert=Bool())] = None
    """Media redundancy: the ring is open."""
    mrp_in_open: Annotated[bool | None, READONLY, shown("IFLA_BRPORT_MRP_IN_OPEN", convert=Bool())] = None
    """Media redundancy: the interconnection is open."""

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = self.shown_only()
        if self.mab and (not self.locked or self.learning is False):
            found.append(("mab", "`mab` needs `locked` and `learning` (EINVAL)", "set `locked: true`"))
        if self.backup_port == name:
            found.append(("backup_port", "a port cannot be its own backup (EINVAL)", "name another port of the bridge"))
        if self.backup_nhid and self.backup_port is None:
            found.append(("backup_nhid", "`backup_nhid` is used together with `backup_port` only", "name the `backup_port`"))
        return found
