"""Written by nsmgr.model.generate from nsmgr.model.links.macvtap.Macvtap: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Names, Value, Where
from nsmgr.model.convert import ByNumber, Nest
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, items, optional, text, truth, whole, word
from nsmgr.model.table.links import Link
from nsmgr.text import unicast_mac

MODES = Names({"private": 1, "vepa": 2, "bridge": 4, "passthru": 8, "source": 16})


def _sorted_set(macs: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if macs is None else tuple(sorted(set(macs)))


class Macvlan(Plain):
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


class Macvtap(Macvlan):
    KIND = "macvtap"
    DATA = "macvlan"
    DIES_WITH = ("parent",)
    PARENT_REQUIRED = True
    TAKES_PARENT = True
    COMPANIONS = {"macaddrs": {"IFLA_MACVLAN_MACADDR_MODE": 3}}
    DEFAULTS = {"txqlen": 500}
    DEFAULT_MTU = 0
    MTU_RANGE = (0, 65535)
    ROWS = {
        **Link.ROWS,
        "txqlen": Attr("IFLA_TXQLEN", default=500, unit="packets"),
        "mode": Attr("IFLA_MACVLAN_MODE", where=Where.DATA, convert=MODES, default="vepa"),
        "nopromisc": Attr("IFLA_MACVLAN_FLAGS", where=Where.DATA, convert=Bool(), bit=1, default=False),
        "nodst": Attr("IFLA_MACVLAN_FLAGS", where=Where.DATA, convert=Bool(), bit=2, default=False),
        "macaddrs": Attr(
            "IFLA_MACVLAN_MACADDR_DATA", where=Where.DATA, convert=Nest("IFLA_MACVLAN_MACADDR"), absent=(), default=()
        ),
        "bc_queue_len": Attr("IFLA_MACVLAN_BC_QUEUE_LEN", where=Where.DATA, default=1000, unit="packets"),
        "bc_queue_len_used": Attr("IFLA_MACVLAN_BC_QUEUE_LEN_USED", Change.READ_ONLY, Where.DATA, unit="packets", export=False),
        "bc_cutoff": Attr("IFLA_MACVLAN_BC_CUTOFF", where=Where.DATA, absent=1, default=1),
    }


Macvtap.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("macvtap")),
        "mode": chain(ByNumber(MODES), word("private", "vepa", "bridge", "passthru", "source")),
        "nopromisc": optional(truth),
        "nodst": optional(truth),
        "macaddrs": chain(items(chain(text(), unicast_mac), make=tuple), _sorted_set),
        "bc_queue_len": optional(whole(0, 4294967295)),
        "bc_queue_len_used": optional(whole()),
        "bc_cutoff": optional(whole(-2147483648, 2147483647)),
    },
    {
        **Link.SHAPE.defaults,
        "kind": "macvtap",
        "mode": None,
        "nopromisc": None,
        "nodst": None,
        "macaddrs": None,
        "bc_queue_len": None,
        "bc_queue_len_used": None,
        "bc_cutoff": None,
    },
    (),
    make=Macvtap,
)
ENTRY = Macvtap
