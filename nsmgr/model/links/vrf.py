"""vrf: virtual routing and forwarding, a routing table with ports (drivers/net/vrf.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Change, Value
from nsmgr.model.links.base import Link, data


class Vrf(Link):
    """Routing domain: what its ports receive is looked up in its table.

    There is no changelink. The first vrf of a namespace makes the kernel add the l3mdev rules (priority 1000).
    Becoming a port takes a link down and up (cycle_netdev): its IPv6 addresses and routes are lost.
    """

    KIND: ClassVar[str] = "vrf"
    IMMUTABLE_NETNS: ClassVar[bool] = True
    CONTROLLER: ClassVar[bool] = True
    PORT_BOUNCES: ClassVar[bool] = True
    DATA_REQUIRED: ClassVar[bool] = True
    DEFAULT_MTU: ClassVar[int] = 65575  # vrf_setup: IP6_MAX_MTU
    MTU_RANGE: ClassVar[tuple[int, int]] = (1280, 65575)
    DEFAULTS: ClassVar[Mapping[str, Value]] = {"arp": False, "multicast": False}

    kind: Literal["vrf"] | None = "vrf"
    """The kind."""
    table: Annotated[int, Field(ge=1, lt=2**32), data("IFLA_VRF_TABLE", Change.REPLACE)]
    """Routing table of the ports, fixed at birth; 0 is refused (vrf_newlink: EINVAL)."""
