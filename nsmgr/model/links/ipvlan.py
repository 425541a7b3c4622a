"""ipvlan: further IP hosts behind one MAC address (drivers/net/ipvlan/ipvlan_main.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from nsmgr.model.base import Names
from nsmgr.model.convert import by_number
from nsmgr.model.links.base import Link, data

MODES = Names({"l2": 0, "l3": 1, "l3s": 2})
FLAGS = Names({"bridge": 0, "private": 1, "vepa": 2})  # IPVLAN_F_PRIVATE, IPVLAN_F_VEPA; both at once is EINVAL


class Ipvlan(Link):
    """A device that shares its lower link's MAC and is told apart by IP address.

    IFF_NOARP comes and goes when the mode changes to and from l2 (ipvlan_set_port_mode); a device born in the port's mode has ARP.
    The lower can carry neither a macvlan nor be a bridge port at the same time (EBUSY). Deleted with its lower link.
    """

    KIND: ClassVar[str] = "ipvlan"
    DIES_WITH: ClassVar[tuple[str, ...]] = ("parent",)
    TAKES_PARENT: ClassVar[bool] = True
    PARENT_REQUIRED: ClassVar[bool] = True
    DEFAULT_MTU: ClassVar[int] = 0  # the lower link's
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65535)

    kind: Literal["ipvlan", "ipvtap"] | None = "ipvlan"
    """The kind."""
    mode: Annotated[Literal["l2", "l3", "l3s"] | None, by_number(MODES), data("IFLA_IPVLAN_MODE", convert=MODES, default="l3")] = (
        None
    )
    """Where frames are switched. Kept per lower link: changing one changes all its siblings."""
    flags: Annotated[
        Literal["bridge", "private", "vepa"] | None,
        by_number(FLAGS),
        data("IFLA_IPVLAN_FLAGS", convert=FLAGS, absent="bridge", default="bridge"),
    ] = None
    """How siblings talk: bridge directly, private not at all, vepa over the outside switch. Per lower link, like ``mode``."""

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.mac is not None:
            found.append(("mac", f"an {self.KIND} link has its lower link's MAC (no ndo_set_mac_address)", "remove `mac`"))
        if self.parent == name:
            found.append(("parent", "a link cannot be its own parent", ""))
        return found
