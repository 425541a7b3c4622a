"""Written by nsmgr.model.generate from nsmgr.model.things.qdisc.netem.Netem: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Value
from nsmgr.model.shape import Shape, anything, chain, items, optional, text, truth, whole, word
from nsmgr.model.thing import Part, PlainThing, kinds_of
from nsmgr.model.traffic import handle, parts, problems, section
from nsmgr.text import nanoseconds, percent, rate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

_DISTRIBUTIONS = ("uniform", "normal", "pareto", "paretonormal")


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


class Netem(Qdisc):
    TYPE = "qdisc"
    SECTION = "qdisc"
    LEVEL = "link"
    KIND = "netem"
    FORM = "some"
    NESTED = (("qdisc", "qdisc", "one"),)
    ALSO = ("tclass", "tfilter")
    STAGE = "port"
    WHOLE = True
    PROBED = True
    GONE = (2, 19)
    ROWS = {
        "kind": Attr("TCA_KIND", Change.REPLACE),
        "handle": Attr("tcm_handle", Change.REPLACE),
        "limit": Attr("TCA_OPTIONS", default=1000, unit="packets"),
        "delay": Attr("TCA_NETEM_LATENCY64", default=0, unit="ns"),
        "jitter": Attr("TCA_NETEM_JITTER64", default=0, unit="ns"),
        "delay_correlation": Attr("TCA_NETEM_CORR", default=0, unit="ppb"),
        "distribution": Attr("TCA_NETEM_DELAY_DIST", Change.CREATE_ONLY, export=False),
        "loss": Attr("TCA_OPTIONS", default=0, unit="ppb"),
        "loss_correlation": Attr("TCA_NETEM_CORR", default=0, unit="ppb"),
        "loss_state": Attr("NETEM_LOSS_GI", unit="ppb"),
        "loss_gemodel": Attr("NETEM_LOSS_GE", unit="ppb"),
        "duplicate": Attr("TCA_OPTIONS", default=0, unit="ppb"),
        "duplicate_correlation": Attr("TCA_NETEM_CORR", default=0, unit="ppb"),
        "corrupt": Attr("TCA_NETEM_CORRUPT", default=0, unit="ppb"),
        "corrupt_correlation": Attr("TCA_NETEM_CORRUPT", default=0, unit="ppb"),
        "reorder": Attr("TCA_NETEM_REORDER", default=0, unit="ppb"),
        "reorder_correlation": Attr("TCA_NETEM_REORDER", default=0, unit="ppb"),
        "gap": Attr("TCA_OPTIONS", default=0, unit="packets"),
        "rate": Attr("TCA_NETEM_RATE", default=0, unit="bit/s"),
        "packet_overhead": Attr("TCA_NETEM_RATE", default=0, unit="bytes"),
        "cell_size": Attr("TCA_NETEM_RATE", default=0, unit="bytes"),
        "cell_overhead": Attr("TCA_NETEM_RATE", default=0, unit="bytes"),
        "slot_min": Attr("TCA_NETEM_SLOT", default=0, unit="ns"),
        "slot_max": Attr("TCA_NETEM_SLOT", default=0, unit="ns"),
        "slot_packets": Attr("TCA_NETEM_SLOT", default=0, unit="packets"),
        "slot_bytes": Attr("TCA_NETEM_SLOT", default=0, unit="bytes"),
        "ecn": Attr("TCA_NETEM_ECN", convert=Bool(), default=False),
        "seed": Attr("TCA_NETEM_PRNG_SEED", export=False),
    }

    def attributes(self) -> dict[str, Any]:
        found = super().attributes()
        if self.reorder and self.gap is None:
            found["gap"] = 1
        if self.gap and self.reorder is None:
            found["reorder"] = 10**9
        if self.slot_min and self.slot_max is None:
            found["slot_max"] = self.slot_min
        return found

    def faults(self) -> list[tuple[str, str, str]]:
        found = []
        if sum(value is not None for value in (self.loss, self.loss_state, self.loss_gemodel)) > 1:
            found.append(("loss", "only one of `loss`, `loss_state` and `loss_gemodel`", "packets are lost by one model"))
        if (self.reorder or self.gap) and not self.delay:
            found.append(
                ("reorder" if self.reorder else "gap", "reordering needs a `delay`: packets overtake delayed ones", "add it")
            )
        if self.distribution and not self.jitter:
            found.append(("distribution", "`distribution` is of the `jitter`, which is missing", "for example `jitter: 2ms`"))
        found += [
            (name, f"`{name}` says how `{name.removesuffix('_correlation')}` varies, which is missing", f"remove `{name}`")
            for name in (
                "delay_correlation",
                "loss_correlation",
                "duplicate_correlation",
                "corrupt_correlation",
                "reorder_correlation",
            )
            if getattr(self, name) and not getattr(self, name.removesuffix("_correlation"))
        ]
        found += [
            (name, f"`{name}` is of slots, and there are none without `slot_min` or `slot_max`", "for example `slot_min: 10ms`")
            for name in ("slot_packets", "slot_bytes")
            if getattr(self, name) and not (self.slot_min or self.slot_max)
        ]
        if self.ecn and not (self.loss or self.loss_state or self.loss_gemodel):
            found.append(("ecn", "`ecn` marks what would be lost, and nothing is (netem: tc refuses it)", "add `loss`"))
        return found

    def mark(self) -> int:
        return 0x1000 * _DISTRIBUTIONS.index(self.distribution) if self.distribution else 0


Netem.SHAPE = Shape(
    {
        "kind": word("netem"),
        "handle": optional(chain(text(), handle)),
        "limit": optional(whole(1, 4294967295)),
        "delay": optional(chain(nanoseconds, whole())),
        "jitter": optional(chain(nanoseconds, whole())),
        "delay_correlation": optional(chain(percent, whole())),
        "distribution": optional(word("uniform", "normal", "pareto", "paretonormal")),
        "loss": optional(chain(percent, whole())),
        "loss_correlation": optional(chain(percent, whole())),
        "loss_state": optional(items(chain(percent, whole()), 5, 5)),
        "loss_gemodel": optional(items(chain(percent, whole()), 4, 4)),
        "duplicate": optional(chain(percent, whole())),
        "duplicate_correlation": optional(chain(percent, whole())),
        "corrupt": optional(chain(percent, whole())),
        "corrupt_correlation": optional(chain(percent, whole())),
        "reorder": optional(chain(percent, whole())),
        "reorder_correlation": optional(chain(percent, whole())),
        "gap": optional(whole(0, 4294967295)),
        "rate": optional(chain(rate, whole())),
        "packet_overhead": optional(whole(-2147483648, 2147483647)),
        "cell_size": optional(whole(0, 4294967295)),
        "cell_overhead": optional(whole(-2147483648, 2147483647)),
        "slot_min": optional(chain(nanoseconds, whole())),
        "slot_max": optional(chain(nanoseconds, whole())),
        "slot_packets": optional(whole(0, 2147483647)),
        "slot_bytes": optional(whole(0, 2147483647)),
        "ecn": optional(truth),
        "seed": optional(whole(0, 18446744073709551615)),
        "qdisc": anything,
    },
    {
        "handle": None,
        "limit": None,
        "delay": None,
        "jitter": None,
        "delay_correlation": None,
        "distribution": None,
        "loss": None,
        "loss_correlation": None,
        "loss_state": None,
        "loss_gemodel": None,
        "duplicate": None,
        "duplicate_correlation": None,
        "corrupt": None,
        "corrupt_correlation": None,
        "reorder": None,
        "reorder_correlation": None,
        "gap": None,
        "rate": None,
        "packet_overhead": None,
        "cell_size": None,
        "cell_overhead": None,
        "slot_min": None,
        "slot_max": None,
        "slot_packets": None,
        "slot_bytes": None,
        "ecn": None,
        "seed": None,
        "qdisc": None,
    },
    ("kind",),
    make=Netem,
)
ENTRY = Netem
