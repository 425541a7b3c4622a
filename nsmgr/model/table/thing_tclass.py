"""Written by nsmgr.model.generate from nsmgr.model.things.tclass.TClass: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Change, Value
from nsmgr.model.shape import Shape, anything, chain, mapping, optional, text, whole
from nsmgr.model.thing import PlainThing
from nsmgr.model.traffic import classid, tick_bytes
from nsmgr.text import rate, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class TClass(PlainThing):
    TYPE = "tclass"
    LEVEL = "link"
    NESTED = (("qdisc", "qdisc", "one"), ("classes", "tclass", "mapping"))
    STAGE = "port"
    STRICT = True
    GONE = (2, 19)
    ROWS = {
        "parent": Attr("tcm_parent", Change.REPLACE),
        "rate": Attr("TCA_HTB_PARMS", unit="bit/s"),
        "ceil": Attr("TCA_HTB_PARMS", unit="bit/s"),
        "burst": Attr("TCA_HTB_PARMS", unit="bytes"),
        "cburst": Attr("TCA_HTB_PARMS", unit="bytes"),
        "prio": Attr("TCA_HTB_PARMS", default=0),
        "quantum": Attr("TCA_HTB_PARMS", unit="bytes"),
    }

    def attributes(self) -> dict[str, Value]:
        found = super().attributes()
        if self.rate and self.ceil is None:
            found["ceil"] = self.rate
        return found

    def faults(self) -> list[tuple[str, str, str]]:
        """Faults of this class alone."""
        found = []
        if self.rate is None:
            found.append(("", "a class of an htb needs a `rate`", "for example `rate: 10mbit`"))
        elif self.ceil is not None and self.ceil < self.rate:
            found.append(("ceil", "`ceil` is below `rate`", "it is the most that the class gets"))
        if self.classes and self.qdisc is not None:
            found.append(("qdisc", "a class with classes in it has no qdisc: packets are in those", "move `qdisc` to one of them"))
        return found

    @classmethod
    def tolerance(cls, name: str, attrs: Mapping[str, Value]) -> int:
        return tick_bytes(attrs.get({"burst": "rate", "cburst": "ceil"}.get(name, "")))


TClass.SHAPE = Shape(
    {
        "parent": chain(text(), classid),
        "rate": optional(chain(rate, whole(8))),
        "ceil": optional(chain(rate, whole(8))),
        "burst": optional(chain(size, whole(1, 2147483648))),
        "cburst": optional(chain(size, whole(1, 2147483648))),
        "prio": optional(whole(0, 7)),
        "quantum": optional(chain(size, whole(1000, 200000))),
        "qdisc": anything,
        "classes": optional(mapping(text(), anything)),
    },
    {
        "parent": None,
        "rate": None,
        "ceil": None,
        "burst": None,
        "cburst": None,
        "prio": None,
        "quantum": None,
        "qdisc": None,
        "classes": None,
    },
    (),
    make=TClass,
)
ENTRY = TClass
