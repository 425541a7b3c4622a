"""Written by nsmgr.model.generate from nsmgr.model.things.qdisc.fq.Fq: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Value
from nsmgr.model.shape import Shape, chain, optional, text, truth, whole, word
from nsmgr.model.thing import Part, PlainThing, kinds_of
from nsmgr.model.traffic import handle, parts, problems, section
from nsmgr.text import nanoseconds, rate, size

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


class Fq(Qdisc):
    TYPE = "qdisc"
    SECTION = "qdisc"
    LEVEL = "link"
    KIND = "fq"
    FORM = "some"
    ALSO = ("tclass", "tfilter")
    STAGE = "port"
    PROBED = True
    GONE = (2, 19)
    ROWS = {
        "kind": Attr("TCA_KIND", Change.REPLACE),
        "handle": Attr("tcm_handle", Change.REPLACE),
        "limit": Attr("TCA_FQ_PLIMIT", default=10000, unit="packets"),
        "flow_limit": Attr("TCA_FQ_FLOW_PLIMIT", default=100, unit="packets"),
        "quantum": Attr("TCA_FQ_QUANTUM", unit="bytes"),
        "initial_quantum": Attr("TCA_FQ_INITIAL_QUANTUM", unit="bytes"),
        "maxrate": Attr("TCA_FQ_FLOW_MAX_RATE", unit="bit/s"),
        "buckets": Attr("TCA_FQ_BUCKETS_LOG", default=1024),
        "pacing": Attr("TCA_FQ_RATE_ENABLE", convert=Bool(), default=True),
        "refill_delay": Attr("TCA_FQ_FLOW_REFILL_DELAY", default=40000000, tolerance=10000000, unit="ns"),
        "low_rate_threshold": Attr("TCA_FQ_LOW_RATE_THRESHOLD", default=552000, unit="bit/s"),
        "ce_threshold": Attr("TCA_FQ_CE_THRESHOLD", unit="ns"),
        "orphan_mask": Attr("TCA_FQ_ORPHAN_MASK", default=1023),
        "timer_slack": Attr("TCA_FQ_TIMER_SLACK", default=10000, unit="ns"),
        "horizon": Attr("TCA_FQ_HORIZON", default=10000000000, unit="ns"),
        "horizon_drop": Attr("TCA_FQ_HORIZON_DROP", convert=Bool(), default=True),
    }

    def faults(self) -> list[tuple[str, str, str]]:
        if self.buckets and self.buckets & (self.buckets - 1):
            return [("buckets", f"{self.buckets} is no power of two (fq_resize)", f"write {1 << self.buckets.bit_length()}")]
        return []


Fq.SHAPE = Shape(
    {
        "kind": word("fq"),
        "handle": optional(chain(text(), handle)),
        "limit": optional(whole(0, 4294967295)),
        "flow_limit": optional(whole(0, 4294967295)),
        "quantum": optional(chain(size, whole(1, 1048576))),
        "initial_quantum": optional(chain(size, whole(0, 2147483647))),
        "maxrate": optional(chain(rate, whole())),
        "buckets": optional(whole(2, 262144)),
        "pacing": optional(truth),
        "refill_delay": optional(chain(nanoseconds, whole())),
        "low_rate_threshold": optional(chain(rate, whole())),
        "ce_threshold": optional(chain(nanoseconds, whole())),
        "orphan_mask": optional(whole(0, 4294967295)),
        "timer_slack": optional(chain(nanoseconds, whole())),
        "horizon": optional(chain(nanoseconds, whole())),
        "horizon_drop": optional(truth),
    },
    {
        "handle": None,
        "limit": None,
        "flow_limit": None,
        "quantum": None,
        "initial_quantum": None,
        "maxrate": None,
        "buckets": None,
        "pacing": None,
        "refill_delay": None,
        "low_rate_threshold": None,
        "ce_threshold": None,
        "orphan_mask": None,
        "timer_slack": None,
        "horizon": None,
        "horizon_drop": None,
    },
    ("kind",),
    make=Fq,
)
ENTRY = Fq
