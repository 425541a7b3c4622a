"""fq_codel: fair queueing with codel in each (RFC 8290; net/sched/sch_fq_codel.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Bool, Change
from nsmgr.model.things.qdisc import Qdisc
from nsmgr.types import Nanoseconds, Size


class FqCodel(Qdisc):
    """Flows take turns, and none waits long."""

    KIND: ClassVar[str] = "fq_codel"
    NESTED: ClassVar[tuple[tuple[str, str, str], ...]] = ()

    kind: Annotated[Literal["fq_codel"], Attr("TCA_KIND", Change.REPLACE)]
    """Which discipline it is."""
    limit: Annotated[int | None, Field(ge=0, le=2**32 - 1), Attr("TCA_FQ_CODEL_LIMIT", unit="packets", default=10240)] = None
    """How many packets may wait."""
    flows: Annotated[int | None, Field(ge=1, le=65536), Attr("TCA_FQ_CODEL_FLOWS", Change.REPLACE, default=1024)] = None
    """How many queues flows are spread over."""
    target: Annotated[Nanoseconds | None, Attr("TCA_FQ_CODEL_TARGET", unit="ns", default=5000000, tolerance=2048)] = None
    """The waiting time that is aimed at."""
    interval: Annotated[Nanoseconds | None, Attr("TCA_FQ_CODEL_INTERVAL", unit="ns", default=100000000, tolerance=2048)] = None
    """How long it may be exceeded; about the round-trip time."""
    quantum: Annotated[Size | None, Field(ge=256, le=2**32 - 1), Attr("TCA_FQ_CODEL_QUANTUM", unit="bytes")] = None
    """How many bytes a flow may send before the next has its turn; the MTU with its header unless written."""
    ecn: Annotated[bool | None, Attr("TCA_FQ_CODEL_ECN", convert=Bool(), default=True)] = None
    """Mark packets of senders that understand it instead of dropping."""
    ce_threshold: Annotated[Nanoseconds | None, Attr("TCA_FQ_CODEL_CE_THRESHOLD", unit="ns", tolerance=2048)] = None
    """Mark every packet that waited longer."""
    ce_threshold_selector: Annotated[int | None, Field(ge=0, le=255), Attr("TCA_FQ_CODEL_CE_THRESHOLD_SELECTOR", default=0)] = None
    """Bits of the DS field that say which packets ce_threshold is for, after the mask."""
    ce_threshold_mask: Annotated[int | None, Field(ge=0, le=255), Attr("TCA_FQ_CODEL_CE_THRESHOLD_MASK", default=0)] = None
    """The mask for ce_threshold_selector."""
    memory_limit: Annotated[
        Size | None, Field(ge=0, le=2147483648), Attr("TCA_FQ_CODEL_MEMORY_LIMIT", unit="bytes", default=33554432)
    ] = None
    """How much memory waiting packets may take."""
    drop_batch: Annotated[int | None, Field(ge=1, le=65536), Attr("TCA_FQ_CODEL_DROP_BATCH_SIZE", unit="packets", default=64)] = (
        None
    )
    """How many packets are dropped at once when it is full."""
