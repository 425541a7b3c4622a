"""Written by nsmgr.model.generate from nsmgr.model.things.qdisc.sfq.Sfq: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Change, Value
from nsmgr.model.shape import Shape, chain, optional, text, whole, word
from nsmgr.model.thing import Part, PlainThing, kinds_of
from nsmgr.model.traffic import handle, parts, problems, section
from nsmgr.text import nanoseconds, size

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


class Sfq(Qdisc):
    TYPE = "qdisc"
    SECTION = "qdisc"
    LEVEL = "link"
    KIND = "sfq"
    FORM = "some"
    ALSO = ("tclass", "tfilter")
    STAGE = "port"
    PROBED = True
    GONE = (2, 19)
    ROWS = {
        "kind": Attr("TCA_KIND", Change.REPLACE),
        "handle": Attr("tcm_handle", Change.REPLACE),
        "limit": Attr("TCA_OPTIONS", Change.REPLACE, default=127, unit="packets"),
        "quantum": Attr("TCA_OPTIONS", Change.REPLACE, unit="bytes"),
        "perturb": Attr("TCA_OPTIONS", Change.REPLACE, default=0, unit="ns"),
        "flows": Attr("TCA_OPTIONS", Change.REPLACE, default=128),
        "divisor": Attr("TCA_OPTIONS", Change.REPLACE, default=1024),
        "depth": Attr("TCA_OPTIONS", Change.REPLACE, default=127, unit="packets"),
    }

    def faults(self) -> list[tuple[str, str, str]]:
        if self.perturb and self.perturb % 10**9:
            return [("perturb", "sfq counts `perturb` in whole seconds", "for example `perturb: 10s`")]
        if self.divisor and self.divisor & (self.divisor - 1):
            return [("divisor", f"{self.divisor} is no power of two (sfq_change)", f"write {1 << self.divisor.bit_length()}")]
        return []


Sfq.SHAPE = Shape(
    {
        "kind": word("sfq"),
        "handle": optional(chain(text(), handle)),
        "limit": optional(whole(2, 4294967295)),
        "quantum": optional(chain(size, whole(1, 4294967295))),
        "perturb": optional(chain(nanoseconds, whole())),
        "flows": optional(whole(1, 65408)),
        "divisor": optional(whole(1, 65536)),
        "depth": optional(whole(1, 4294967295)),
    },
    {"handle": None, "limit": None, "quantum": None, "perturb": None, "flows": None, "divisor": None, "depth": None},
    ("kind",),
    make=Sfq,
)
ENTRY = Sfq
