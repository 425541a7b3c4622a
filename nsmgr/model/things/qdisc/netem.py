"""netem: a bad network (net/sched/sch_netem.c)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Bool, Change
from nsmgr.model.things.qdisc import Qdisc
from nsmgr.types import Nanoseconds, Percent, Rate

_DISTRIBUTIONS = ("uniform", "normal", "pareto", "paretonormal")


class Netem(Qdisc):
    """Delays, loses, duplicates, corrupts and reorders packets as a bad network does. What is not written is off."""

    KIND: ClassVar[str] = "netem"
    NESTED: ClassVar[tuple[tuple[str, str, str], ...]] = (("qdisc", "qdisc", "one"),)
    WHOLE: ClassVar[bool] = True

    kind: Annotated[Literal["netem"], Attr("TCA_KIND", Change.REPLACE)]
    """Which discipline it is."""
    limit: Annotated[int | None, Field(ge=1, lt=2**32), Attr("TCA_OPTIONS", unit="packets", default=1000)] = None
    """How many packets may wait: with a delay, those that are on their way."""
    delay: Annotated[Nanoseconds | None, Attr("TCA_NETEM_LATENCY64", unit="ns", default=0)] = None
    """How long each packet takes."""
    jitter: Annotated[Nanoseconds | None, Attr("TCA_NETEM_JITTER64", unit="ns", default=0)] = None
    """By how much that varies, up and down."""
    delay_correlation: Annotated[Percent | None, Attr("TCA_NETEM_CORR", unit="ppb", default=0)] = None
    """How much a delay is like the one before."""
    distribution: Annotated[
        Literal["uniform", "normal", "pareto", "paretonormal"] | None,
        Attr("TCA_NETEM_DELAY_DIST", Change.CREATE_ONLY, export=False),
    ] = None
    """How delays are distributed within the jitter. The kernel does not tell: that it differs is seen by the handle only, which

    nsmgr chooses by it unless `handle` is written.
    """
    loss: Annotated[Percent | None, Attr("TCA_OPTIONS", unit="ppb", default=0)] = None
    """How many packets are lost, at random."""
    loss_correlation: Annotated[Percent | None, Attr("TCA_NETEM_CORR", unit="ppb", default=0)] = None
    """How much it depends on the packet before."""
    loss_state: Annotated[list[Percent] | None, Field(min_length=5, max_length=5), Attr("NETEM_LOSS_GI", unit="ppb")] = None
    """Loss by a Markov chain of four states: p13, p31, p32, p23, p14."""
    loss_gemodel: Annotated[list[Percent] | None, Field(min_length=4, max_length=4), Attr("NETEM_LOSS_GE", unit="ppb")] = None
    """Loss by the Gilbert-Elliott model: p, r, 1-h, 1-k."""
    duplicate: Annotated[Percent | None, Attr("TCA_OPTIONS", unit="ppb", default=0)] = None
    """How many packets come twice."""
    duplicate_correlation: Annotated[Percent | None, Attr("TCA_NETEM_CORR", unit="ppb", default=0)] = None
    """How much it depends on the packet before."""
    corrupt: Annotated[Percent | None, Attr("TCA_NETEM_CORRUPT", unit="ppb", default=0)] = None
    """In how many packets a bit is turned."""
    corrupt_correlation: Annotated[Percent | None, Attr("TCA_NETEM_CORRUPT", unit="ppb", default=0)] = None
    """How much it depends on the packet before."""
    reorder: Annotated[Percent | None, Attr("TCA_NETEM_REORDER", unit="ppb", default=0)] = None
    """How many packets are sent at once instead of being delayed, and so overtake others."""
    reorder_correlation: Annotated[Percent | None, Attr("TCA_NETEM_REORDER", unit="ppb", default=0)] = None
    """How much it depends on the packet before."""
    gap: Annotated[int | None, Field(ge=0, lt=2**32), Attr("TCA_OPTIONS", unit="packets", default=0)] = None
    """Only each so-many-th packet may be reordered; 1 with `reorder`, unless written."""
    rate: Annotated[Rate | None, Attr("TCA_NETEM_RATE", unit="bit/s", default=0)] = None
    """How fast the link is; packets are delayed by their length."""
    packet_overhead: Annotated[int | None, Field(ge=-(2**31), lt=2**31), Attr("TCA_NETEM_RATE", unit="bytes", default=0)] = None
    """Bytes that are added to each packet for `rate`."""
    cell_size: Annotated[int | None, Field(ge=0, lt=2**32), Attr("TCA_NETEM_RATE", unit="bytes", default=0)] = None
    """Packets are sent in cells of so many bytes."""
    cell_overhead: Annotated[int | None, Field(ge=-(2**31), lt=2**31), Attr("TCA_NETEM_RATE", unit="bytes", default=0)] = None
    """Bytes that are added to each cell."""
    slot_min: Annotated[Nanoseconds | None, Attr("TCA_NETEM_SLOT", unit="ns", default=0)] = None
    """Packets are held back and sent in slots that are at least so far apart."""
    slot_max: Annotated[Nanoseconds | None, Attr("TCA_NETEM_SLOT", unit="ns", default=0)] = None
    """And at most; `slot_min` unless written."""
    slot_packets: Annotated[int | None, Field(ge=0, lt=2**31), Attr("TCA_NETEM_SLOT", unit="packets", default=0)] = None
    """How many packets a slot takes; 0 = any number."""
    slot_bytes: Annotated[int | None, Field(ge=0, lt=2**31), Attr("TCA_NETEM_SLOT", unit="bytes", default=0)] = None
    """How many bytes a slot takes; 0 = any number."""
    ecn: Annotated[bool | None, Attr("TCA_NETEM_ECN", convert=Bool(), default=False)] = None
    """Mark packets of senders that understand it instead of losing them."""
    seed: Annotated[int | None, Field(ge=0, lt=2**64), Attr("TCA_NETEM_PRNG_SEED", export=False)] = None
    """Where chance begins: the same seed gives the same losses. Random unless written. Since Linux 6.6."""
    qdisc: Any = None
    """What the delayed packets go through."""

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
