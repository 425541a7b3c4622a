"""codel: keeps the time in the queue short (RFC 8289; net/sched/sch_codel.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Bool, Change
from nsmgr.model.things.qdisc import Qdisc
from nsmgr.types import Nanoseconds


class Codel(Qdisc):
    """Keeps the time that packets wait short, by dropping or marking."""

    KIND: ClassVar[str] = "codel"
    NESTED: ClassVar[tuple[tuple[str, str, str], ...]] = ()

    kind: Annotated[Literal["codel"], Attr("TCA_KIND", Change.REPLACE)]
    """Which discipline it is."""
    limit: Annotated[int | None, Field(ge=0, le=2**32 - 1), Attr("TCA_CODEL_LIMIT", unit="packets", default=1000)] = None
    """How many packets may wait."""
    target: Annotated[Nanoseconds | None, Attr("TCA_CODEL_TARGET", unit="ns", default=5000000, tolerance=2048)] = None
    """The waiting time that is aimed at."""
    interval: Annotated[Nanoseconds | None, Attr("TCA_CODEL_INTERVAL", unit="ns", default=100000000, tolerance=2048)] = None
    """How long it may be exceeded; about the round-trip time."""
    ecn: Annotated[bool | None, Attr("TCA_CODEL_ECN", convert=Bool(), default=False)] = None
    """Mark packets of senders that understand it instead of dropping."""
    ce_threshold: Annotated[Nanoseconds | None, Attr("TCA_CODEL_CE_THRESHOLD", unit="ns", tolerance=2048)] = None
    """Mark every packet that waited longer."""
