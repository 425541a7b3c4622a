"""netkit: a pair of devices made for BPF programs (drivers/net/netkit.c, Linux 6.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Bool, Change, Names, Value, Where
from nsmgr.model.convert import by_number
from nsmgr.model.links.base import READONLY, Link, data, shown
from nsmgr.types import LinkRef

MODES = Names({"l2": 0, "l3": 1})
POLICIES = Names({"forward": 0, "blackhole": 2})  # NETKIT_PASS, NETKIT_DROP, in ip(8)'s words
SCRUBS = Names({"none": 0, "default": 1})


class Netkit(Link):
    """A pair like veth whose ends run BPF programs where veth only transmits. Both ends are born together and die together.

    One of the two is the primary: policies change only by a message to it (netkit_change_link: EACCES), which nsmgr sends
    there whichever end they are written for. In mode l3, the kernel's default, there are no MAC addresses and no ARP.
    """

    KIND: ClassVar[str] = "netkit"
    PAIR: ClassVar[str] = "IFLA_NETKIT_PEER_INFO"
    PEER_ROWS: ClassVar[Mapping[str, str]] = {"policy": "peer_policy", "scrub": "peer_scrub"}
    PAIR_ROWS: ClassVar[frozenset[str]] = frozenset({"mode", "headroom", "tailroom"})
    LEADER: ClassVar[str] = "primary"
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65535)
    DEFAULTS: ClassVar[Mapping[str, Value]] = {"arp": False}

    kind: Literal["netkit"] | None = "netkit"
    """The kind."""
    peer: Annotated[LinkRef | None, Attr(where=Where.NONE, change=Change.REPLACE)] = None
    """The other end, ``namespace/name``. Needed at one end only."""
    mode: Annotated[
        Literal["l2", "l3"] | None, by_number(MODES), data("IFLA_NETKIT_MODE", Change.REPLACE, convert=MODES, default="l3")
    ] = None
    """Ethernet frames (l2) or bare IP packets (l3, without MAC addresses and ARP). One thing for both ends, fixed at birth."""
    policy: Annotated[
        Literal["forward", "blackhole"] | None, by_number(POLICIES), data("IFLA_NETKIT_POLICY", convert=POLICIES, default="forward")
    ] = None
    """What becomes of a packet sent here while no BPF program is attached."""
    scrub: Annotated[
        Literal["none", "default"] | None,
        by_number(SCRUBS),
        data("IFLA_NETKIT_SCRUB", Change.REPLACE, convert=SCRUBS, default="default"),
    ] = None
    """Whether mark and priority of a packet are cleared on the way to another namespace. Fixed at birth. Linux 6.10 and later."""
    headroom: Annotated[
        int | None, Field(ge=0, le=65535), data("IFLA_NETKIT_HEADROOM", Change.REPLACE, unit="bytes", default=0)
    ] = None
    """Room kept free before each packet. One thing for both ends, fixed at birth. Linux 6.14 and later."""
    tailroom: Annotated[
        int | None, Field(ge=0, le=65535), data("IFLA_NETKIT_TAILROOM", Change.REPLACE, unit="bytes", default=0)
    ] = None
    """Room kept free behind each packet. One thing for both ends, fixed at birth. Linux 6.14 and later."""
    primary: Annotated[bool | None, READONLY, shown("IFLA_NETKIT_PRIMARY", convert=Bool())] = None
    """Whether this is the end that was made first, through which policies change."""
    peer_policy: Annotated[Literal["forward", "blackhole"] | None, READONLY, shown("IFLA_NETKIT_PEER_POLICY", convert=POLICIES)] = (
        None
    )
    """The other end's ``policy``: written there."""
    peer_scrub: Annotated[Literal["none", "default"] | None, READONLY, shown("IFLA_NETKIT_PEER_SCRUB", convert=SCRUBS)] = None
    """The other end's ``scrub``: written there."""

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.peer == name:
            found.append(("peer", "a link cannot be its own peer", "the two ends need different names in one namespace"))
        if self.mac is not None and self.mode != "l2":
            found.append(("mac", "a netkit link of mode l3 has no MAC (netkit_new_link: EOPNOTSUPP)", "set `mode: l2`"))
        return found
