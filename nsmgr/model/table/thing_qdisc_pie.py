"""Written by nsmgr.model.generate from nsmgr.model.things.qdisc.pie.Pie: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Value
from nsmgr.model.shape import Shape, chain, optional, text, truth, whole, word
from nsmgr.model.thing import Part, PlainThing, kinds_of
from nsmgr.model.traffic import handle, parts, problems, section
from nsmgr.text import nanoseconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


class Qdisc(PlainThing):
    @classmethod
    def short(cls, text: str) -> dict[str, Any] | None:
        return {"kind": text}

    def parts(self, link: str) -> list[Part]:
        return parts(self, link)

    def problems(self, link: str, kind: str) -> list[tuple[str, str, str]]:
        return problems(self)

    def faults(self) -> list[tuple[str, str, str]]:
        """Faults of this qdisc alone."""
        return []

    def mark(self) -> int:
        """Added to the handle that it gets by itself: what the kernel does not tell shall be seen to differ."""
        return 0

    @classmethod
    def foreign(cls, attrs: Mapping[str, Value]) -> bool:
        return attrs.get("kind") not in kinds_of("qdisc")

    @classmethod
    def section(cls, parts: Sequence[Part]) -> Any:
        return section(parts)


class Pie(Qdisc):
    TYPE = "qdisc"
    SECTION = "qdisc"
    LEVEL = "link"
    KIND = "pie"
    FORM = "some"
    ALSO = ("tclass", "tfilter")
    STAGE = "port"
    PROBED = True
    GONE = (2, 19)
    ROWS = {
        "kind": Attr("TCA_KIND", Change.REPLACE),
        "handle": Attr("tcm_handle", Change.REPLACE),
        "limit": Attr("TCA_PIE_LIMIT", default=1000, unit="packets"),
        "target": Attr("TCA_PIE_TARGET", default=15000000, tolerance=1000, unit="ns"),
        "tupdate": Attr("TCA_PIE_TUPDATE", default=15000000, tolerance=10000000, unit="ns"),
        "alpha": Attr("TCA_PIE_ALPHA", default=2),
        "beta": Attr("TCA_PIE_BETA", default=20),
        "ecn": Attr("TCA_PIE_ECN", convert=Bool(), default=False),
        "bytemode": Attr("TCA_PIE_BYTEMODE", convert=Bool(), default=False),
        "dq_rate_estimator": Attr("TCA_PIE_DQ_RATE_ESTIMATOR", convert=Bool(), default=False),
    }


Pie.SHAPE = Shape(
    {
        "kind": word("pie"),
        "handle": optional(chain(text(), handle)),
        "limit": optional(whole(0, 4294967295)),
        "target": optional(chain(nanoseconds, whole())),
        "tupdate": optional(chain(nanoseconds, whole())),
        "alpha": optional(whole(0, 32)),
        "beta": optional(whole(0, 32)),
        "ecn": optional(truth),
        "bytemode": optional(truth),
        "dq_rate_estimator": optional(truth),
    },
    {
        "handle": None,
        "limit": None,
        "target": None,
        "tupdate": None,
        "alpha": None,
        "beta": None,
        "ecn": None,
        "bytemode": None,
        "dq_rate_estimator": None,
    },
    ("kind",),
    make=Pie,
)
ENTRY = Pie
