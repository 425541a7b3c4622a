"""Written by nsmgr.model.generate from nsmgr.model.things.qdisc.mq.Mq: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Change, Value
from nsmgr.model.shape import Shape, anything, chain, mapping, optional, text, word
from nsmgr.model.thing import Part, PlainThing, kinds_of
from nsmgr.model.traffic import handle, parts, problems, section

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


class Mq(Qdisc):
    TYPE = "qdisc"
    SECTION = "qdisc"
    LEVEL = "link"
    KIND = "mq"
    FORM = "some"
    NESTED = (("classes", "tclass", "mapping"),)
    ALSO = ("tclass", "tfilter")
    STAGE = "port"
    HOLED = "replaced"
    PROBED = True
    GONE = (2, 19)
    ROWS = {"kind": Attr("TCA_KIND", Change.REPLACE), "handle": Attr("tcm_handle", Change.REPLACE)}


Mq.SHAPE = Shape(
    {"kind": word("mq"), "handle": optional(chain(text(), handle)), "classes": optional(mapping(text(), anything))},
    {"handle": None, "classes": None},
    ("kind",),
    make=Mq,
)
ENTRY = Mq
