"""Written by nsmgr.model.generate from nsmgr.model.things.qdisc.fq_codel.FqCodel: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Value
from nsmgr.model.shape import Shape, chain, optional, text, truth, whole, word
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


class FqCodel(Qdisc):
    TYPE = "qdisc"
    SECTION = "qdisc"
    LEVEL = "link"
    KIND = "fq_codel"
    FORM = "some"
    ALSO = ("tclass", "tfilter")
    STAGE = "port"
    PROBED = True
    GONE = (2, 19)
    ROWS = {
        "kind": Attr("TCA_KIND", Change.REPLACE),
        "handle": Attr("tcm_handle", Change.REPLACE),
        "limit": Attr("TCA_FQ_CODEL_LIMIT", default=10240, unit="packets"),
        "flows": Attr("TCA_FQ_CODEL_FLOWS", Change.REPLACE, default=1024),
        "target": Attr("TCA_FQ_CODEL_TARGET", default=5000000, tolerance=2048, unit="ns"),
        "interval": Attr("TCA_FQ_CODEL_INTERVAL", default=100000000, tolerance=2048, unit="ns"),
        "quantum": Attr("TCA_FQ_CODEL_QUANTUM", unit="bytes"),
        "ecn": Attr("TCA_FQ_CODEL_ECN", convert=Bool(), default=True),
        "ce_threshold": Attr("TCA_FQ_CODEL_CE_THRESHOLD", tolerance=2048, unit="ns"),
        "ce_threshold_selector": Attr("TCA_FQ_CODEL_CE_THRESHOLD_SELECTOR", default=0),
        "ce_threshold_mask": Attr("TCA_FQ_CODEL_CE_THRESHOLD_MASK", default=0),
        "memory_limit": Attr("TCA_FQ_CODEL_MEMORY_LIMIT", default=33554432, unit="bytes"),
        "drop_batch": Attr("TCA_FQ_CODEL_DROP_BATCH_SIZE", default=64, unit="packets"),
    }


FqCodel.SHAPE = Shape(
    {
        "kind": word("fq_codel"),
        "handle": optional(chain(text(), handle)),
        "limit": optional(whole(0, 4294967295)),
        "flows": optional(whole(1, 65536)),
        "target": optional(chain(nanoseconds, whole())),
        "interval": optional(chain(nanoseconds, whole())),
        "quantum": optional(chain(size, whole(256, 4294967295))),
        "ecn": optional(truth),
        "ce_threshold": optional(chain(nanoseconds, whole())),
        "ce_threshold_selector": optional(whole(0, 255)),
        "ce_threshold_mask": optional(whole(0, 255)),
        "memory_limit": optional(chain(size, whole(0, 2147483648))),
        "drop_batch": optional(whole(1, 65536)),
    },
    {
        "handle": None,
        "limit": None,
        "flows": None,
        "target": None,
        "interval": None,
        "quantum": None,
        "ecn": None,
        "ce_threshold": None,
        "ce_threshold_selector": None,
        "ce_threshold_mask": None,
        "memory_limit": None,
        "drop_batch": None,
    },
    ("kind",),
    make=FqCodel,
)
ENTRY = FqCodel
