"""Written by nsmgr.model.generate from nsmgr.model.links.ipvtap.Ipvtap: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Names, Where
from nsmgr.model.convert import ByNumber
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, optional, word
from nsmgr.model.table.links import Link

MODES = Names({"l2": 0, "l3": 1, "l3s": 2})

FLAGS = Names({"bridge": 0, "private": 1, "vepa": 2})


class Ipvlan(Plain):
    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.mac is not None:
            found.append(("mac", f"an {self.KIND} link has its lower link's MAC (no ndo_set_mac_address)", "remove `mac`"))
        if self.parent == name:
            found.append(("parent", "a link cannot be its own parent", ""))
        return found


class Ipvtap(Ipvlan):
    KIND = "ipvtap"
    DATA = "ipvlan"
    DIES_WITH = ("parent",)
    PARENT_REQUIRED = True
    TAKES_PARENT = True
    DEFAULTS = {"txqlen": 500}
    DEFAULT_MTU = 0
    MTU_RANGE = (68, 65535)
    ROWS = {
        **Link.ROWS,
        "txqlen": Attr("IFLA_TXQLEN", default=500, unit="packets"),
        "mode": Attr("IFLA_IPVLAN_MODE", where=Where.DATA, convert=MODES, default="l3"),
        "flags": Attr("IFLA_IPVLAN_FLAGS", where=Where.DATA, convert=FLAGS, absent="bridge", default="bridge"),
    }


Ipvtap.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("ipvtap")),
        "mode": chain(ByNumber(MODES), word("l2", "l3", "l3s")),
        "flags": chain(ByNumber(FLAGS), word("bridge", "private", "vepa")),
    },
    {**Link.SHAPE.defaults, "kind": "ipvtap", "mode": None, "flags": None},
    (),
    make=Ipvtap,
)
ENTRY = Ipvtap
