"""Written by nsmgr.model.generate from nsmgr.model.links.vxcan.Vxcan: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Where
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, optional, text, word
from nsmgr.model.table.links import Link
from nsmgr.text import link_ref

CAN_MTU, CANFD_MTU = 16, 72

CANXL_MIN_MTU, CANXL_MAX_MTU = 76, 2060


class CanLink(Plain):
    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        # vcan_change_mtu refuses others; RTM_NEWLINK would take any number, and the link would then send nothing.
        if self.mtu is not None and self.mtu not in (CAN_MTU, CANFD_MTU) and not CANXL_MIN_MTU <= self.mtu <= CANXL_MAX_MTU:
            found.append(("mtu", f"{self.mtu} is no size of a CAN frame", "16 = classic CAN, 72 = CAN FD, 76 to 2060 = CAN XL"))
        found += [(f, f"a {self.KIND} link has no hardware address", "remove it") for f in ("mac", "broadcast") if getattr(self, f)]
        if self.addrgenmode is not None:
            found.append(("addrgenmode", f"a {self.KIND} link is too small for IPv6 (EAFNOSUPPORT)", "remove `addrgenmode`"))
        return found


class Vxcan(CanLink):
    KIND = "vxcan"
    PAIR = "VXCAN_INFO_PEER"
    ETHERNET = False
    DEFAULTS = {"arp": False, "multicast": False}
    DEFAULT_MTU = 72
    ROWS = {
        **Link.ROWS,
        "mtu": Attr("IFLA_MTU", Change.WHEN_DOWN, unit="bytes"),
        "arp": Attr(where=Where.FLAG, convert=Bool(True), flag=128, default=False),
        "multicast": Attr(where=Where.FLAG, convert=Bool(), flag=4096, default=False),
        "peer": Attr(change=Change.REPLACE, where=Where.NONE),
    }

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.peer == name:
            found.append(("peer", "a link cannot be its own peer", "the two ends need different names in one namespace"))
        return found


Vxcan.SHAPE = Shape(
    {**Link.SHAPE.fields, "kind": optional(word("vxcan")), "peer": optional(chain(text(), link_ref))},
    {**Link.SHAPE.defaults, "kind": "vxcan", "peer": None},
    (),
    make=Vxcan,
)
ENTRY = Vxcan
