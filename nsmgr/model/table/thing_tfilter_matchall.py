"""Written by nsmgr.model.generate from nsmgr.model.things.tfilter.matchall.Matchall: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Change, Value
from nsmgr.model.packets import ether_type
from nsmgr.model.shape import Shape, chain, optional, text, whole, word
from nsmgr.model.thing import PlainThing, kinds_of
from nsmgr.model.traffic import classid, tick_bytes
from nsmgr.text import ifname, rate, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class TFilter(PlainThing):
    def attributes(self) -> dict[str, Value]:
        found = super().attributes()
        found["protocol"] = self.protocol or self.usual_protocol()
        if self.police:
            found.setdefault("exceed", "drop")
            found.setdefault("conform", "pipe" if self.mirror or self.redirect or self.action else "pass")
            found.setdefault("police_mtu", 2047)
        return found

    def usual_protocol(self) -> str:
        """The protocol that what it looks for needs."""
        return "all"

    def faults(self) -> list[tuple[str, str, str]]:
        """Faults of this filter alone."""
        found = []
        if self.police and self.police_burst is None:
            found.append(("police", "`police` needs a `police_burst`", "for example `police_burst: 64k`"))
        found += [
            (name, f"`{name}` is of `police`, which is missing", "for example `police: 10mbit`")
            for name in ("police_burst", "police_mtu", "conform", "exceed")
            if getattr(self, name) is not None and not self.police
        ]
        if self.redirect and self.action:
            found.append(("action", "after `redirect` there is nothing left to do something with", "remove `action`"))
        return found

    @classmethod
    def tolerance(cls, name: str, attrs: Mapping[str, Value]) -> int:
        return tick_bytes(attrs.get("police")) if name == "police_burst" else 0

    @classmethod
    def foreign(cls, attrs: Mapping[str, Value]) -> bool:
        return attrs.get("kind") not in kinds_of("tfilter") or str(attrs.get("action")).startswith("?")

    @classmethod
    def body(cls, attrs: Mapping[str, Any]) -> dict[str, Any]:
        return {name: list(value) if type(value) is tuple else value for name, value in super().body(attrs).items()}


class Matchall(TFilter):
    TYPE = "tfilter"
    LEVEL = "link"
    KIND = "matchall"
    STAGE = "port"
    WHOLE = True
    GONE = (2, 19)
    ROWS = {
        "kind": Attr("TCA_KIND", Change.REPLACE),
        "pref": Attr("tcm_info", Change.REPLACE),
        "protocol": Attr("tcm_info", Change.REPLACE, default="all"),
        "flowid": Attr(),
        "police": Attr("TCA_POLICE_TBF", unit="bit/s"),
        "police_burst": Attr("TCA_POLICE_TBF", unit="bytes"),
        "police_mtu": Attr("TCA_POLICE_TBF", unit="bytes"),
        "conform": Attr("TCA_POLICE_RESULT"),
        "exceed": Attr("TCA_POLICE_TBF"),
        "mirror": Attr("TCA_MIRRED_PARMS", ref=True),
        "redirect": Attr("TCA_MIRRED_PARMS", ref=True),
        "action": Attr("TCA_GACT_PARMS"),
    }

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        return True


Matchall.SHAPE = Shape(
    {
        "kind": word("matchall"),
        "pref": optional(whole(1, 65535)),
        "protocol": chain(ether_type, text()),
        "flowid": chain(text(), classid),
        "police": optional(chain(rate, whole(8))),
        "police_burst": optional(chain(size, whole(1, 2147483648))),
        "police_mtu": optional(chain(size, whole(1, 2147483648))),
        "conform": optional(word("pass", "drop", "pipe", "continue", "reclassify")),
        "exceed": optional(word("pass", "drop", "pipe", "continue", "reclassify")),
        "mirror": optional(chain(text(1, 15), ifname)),
        "redirect": optional(chain(text(1, 15), ifname)),
        "action": optional(word("pass", "drop", "pipe", "continue", "reclassify")),
    },
    {
        "pref": None,
        "protocol": None,
        "flowid": None,
        "police": None,
        "police_burst": None,
        "police_mtu": None,
        "conform": None,
        "exceed": None,
        "mirror": None,
        "redirect": None,
        "action": None,
    },
    ("kind",),
    make=Matchall,
)
ENTRY = Matchall
