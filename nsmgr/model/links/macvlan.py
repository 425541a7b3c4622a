"""macvlan: further MAC addresses on a lower Ethernet device (drivers/net/macvlan.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from nsmgr.model.base import Bool, Names, Value
from nsmgr.model.convert import Nest, by_number
from nsmgr.model.links.base import READONLY, Link, data, shown
from nsmgr.types import Mac

MODES = Names({"private": 1, "vepa": 2, "bridge": 4, "passthru": 8, "source": 16})
NOPROMISC, NODST = 1, 2  # MACVLAN_FLAG_*


def _sorted_set(macs: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if macs is None else tuple(sorted(set(macs)))


class Macvlan(Link):
    """A second Ethernet device on a lower one, told apart by MAC address.

    The lower cannot be a bridge port (EBUSY); if it is itself a macvlan the kernel stacks on that one's lower.
    Deleted by the kernel with its lower link, also across namespaces. The MTU follows the lower one down, not up.
    """

    KIND: ClassVar[str] = "macvlan"
    DIES_WITH: ClassVar[tuple[str, ...]] = ("parent",)
    TAKES_PARENT: ClassVar[bool] = True
    PARENT_REQUIRED: ClassVar[bool] = True
    DEFAULT_MTU: ClassVar[int] = 0  # the lower link's
    MTU_RANGE: ClassVar[tuple[int, int]] = (0, 65535)
    COMPANIONS: ClassVar[Mapping[str, Mapping[str, Any]]] = {"macaddrs": {"IFLA_MACVLAN_MACADDR_MODE": 3}}  # MACVLAN_MACADDR_SET

    kind: Literal["macvlan", "macvtap"] | None = "macvlan"
    """The kind."""
    mode: Annotated[
        Literal["private", "vepa", "bridge", "passthru", "source"] | None,
        by_number(MODES),
        data("IFLA_MACVLAN_MODE", convert=MODES, default="vepa"),
    ] = None
    """How siblings talk: vepa (the kernel's default) over the outside switch, bridge directly. To or from passthru replaces."""
    nopromisc: Annotated[bool | None, data("IFLA_MACVLAN_FLAGS", bit=NOPROMISC, convert=Bool(), default=False)] = None
    """passthru: leave the lower link out of promiscuous mode (MACVLAN_FLAG_NOPROMISC)."""
    nodst: Annotated[bool | None, data("IFLA_MACVLAN_FLAGS", bit=NODST, convert=Bool(), default=False)] = None
    """source: a frame that matched a source address is not delivered by destination as well (MACVLAN_FLAG_NODST)."""
    macaddrs: Annotated[
        tuple[Mac, ...] | None,
        AfterValidator(_sorted_set),
        data("IFLA_MACVLAN_MACADDR_DATA", convert=Nest("IFLA_MACVLAN_MACADDR"), absent=(), default=()),
    ] = None
    """source: MAC addresses whose frames come here; the list replaces whatever is there. Leaving source mode flushes it."""
    bc_queue_len: Annotated[int | None, Field(ge=0, lt=2**32), data("IFLA_MACVLAN_BC_QUEUE_LEN", unit="packets", default=1000)] = (
        None
    )
    """Broadcast queue length asked for; all on one lower link share a queue as long as the largest (``…_used``)."""
    bc_queue_len_used: Annotated[int | None, READONLY, shown("IFLA_MACVLAN_BC_QUEUE_LEN_USED", unit="packets")] = None
    """Length of the lower link's broadcast queue."""
    bc_cutoff: Annotated[int | None, Field(ge=-(2**31), lt=2**31), data("IFLA_MACVLAN_BC_CUTOFF", absent=1, default=1)] = None
    """Multicast groups with at most this many receivers skip the queue; of the lower link, so shared. Linux 6.4 and later."""

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        # macvlan_changelink: passthru can be neither set nor cleared dynamically (EINVAL).
        if name == "mode" and (observed == "passthru") != (desired == "passthru"):
            return True
        return super().replaces(name, observed, desired)

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.macaddrs is not None and self.mode != "source":  # an empty list is refused as well
            found.append(
                ("macaddrs", "source addresses need mode source (macvlan_changelink_sources: EINVAL)", "set `mode: source`")
            )
        if self.parent == name:
            found.append(("parent", "a link cannot be its own parent", ""))
        return found
