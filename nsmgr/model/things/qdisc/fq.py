"""fq: fair queueing with pacing, for hosts (net/sched/sch_fq.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Bool, Change
from nsmgr.model.things.qdisc import Qdisc
from nsmgr.types import Nanoseconds, Rate, Size


class Fq(Qdisc):
    """Flows take turns and are paced, each socket a flow: for hosts that send much TCP."""

    KIND: ClassVar[str] = "fq"
    NESTED: ClassVar[tuple[tuple[str, str, str], ...]] = ()

    kind: Annotated[Literal["fq"], Attr("TCA_KIND", Change.REPLACE)]
    """Which discipline it is."""
    limit: Annotated[int | None, Field(ge=0, le=2**32 - 1), Attr("TCA_FQ_PLIMIT", unit="packets", default=10000)] = None
    """How many packets may wait."""
    flow_limit: Annotated[int | None, Field(ge=0, le=2**32 - 1), Attr("TCA_FQ_FLOW_PLIMIT", unit="packets", default=100)] = None
    """How many packets of one flow may wait."""
    quantum: Annotated[Size | None, Field(ge=1, le=1048576), Attr("TCA_FQ_QUANTUM", unit="bytes")] = None
    """How many bytes a flow may send before the next has its turn; two MTUs unless written."""
    initial_quantum: Annotated[Size | None, Field(ge=0, le=2147483647), Attr("TCA_FQ_INITIAL_QUANTUM", unit="bytes")] = None
    """The same for a new flow; ten MTUs unless written."""
    maxrate: Annotated[Rate | None, Attr("TCA_FQ_FLOW_MAX_RATE", unit="bit/s")] = None
    """No flow is sent faster."""
    buckets: Annotated[int | None, Field(ge=2, le=262144), Attr("TCA_FQ_BUCKETS_LOG", default=1024)] = None
    """How many buckets flows are hashed into, a power of two."""
    pacing: Annotated[bool | None, Attr("TCA_FQ_RATE_ENABLE", convert=Bool(), default=True)] = None
    """Pace flows as their sockets wish."""
    refill_delay: Annotated[
        Nanoseconds | None, Attr("TCA_FQ_FLOW_REFILL_DELAY", unit="ns", default=40000000, tolerance=10000000)
    ] = None
    """A flow that was idle for so long gets a new quantum."""
    low_rate_threshold: Annotated[Rate | None, Attr("TCA_FQ_LOW_RATE_THRESHOLD", unit="bit/s", default=552_000)] = None
    """Flows slower than this are paced by the packet."""
    ce_threshold: Annotated[Nanoseconds | None, Attr("TCA_FQ_CE_THRESHOLD", unit="ns")] = None
    """Mark every packet that waited longer."""
    orphan_mask: Annotated[int | None, Field(ge=0, le=2**32 - 1), Attr("TCA_FQ_ORPHAN_MASK", default=1023)] = None
    """Mask for the hash of packets without a socket."""
    timer_slack: Annotated[Nanoseconds | None, Attr("TCA_FQ_TIMER_SLACK", unit="ns", default=10000)] = None
    """How late a paced packet may be sent."""
    horizon: Annotated[Nanoseconds | None, Attr("TCA_FQ_HORIZON", unit="ns", default=10000000000)] = None
    """How far ahead packets may be timed."""
    horizon_drop: Annotated[bool | None, Attr("TCA_FQ_HORIZON_DROP", convert=Bool(), default=True)] = None
    """Drop packets beyond the horizon, instead of sending them at it."""

    def faults(self) -> list[tuple[str, str, str]]:
        if self.buckets and self.buckets & (self.buckets - 1):
            return [("buckets", f"{self.buckets} is no power of two (fq_resize)", f"write {1 << self.buckets.bit_length()}")]
        return []
