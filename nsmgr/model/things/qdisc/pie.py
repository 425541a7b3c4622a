"""pie: keeps the time in the queue short by chance (RFC 8033; net/sched/sch_pie.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Bool, Change
from nsmgr.model.things.qdisc import Qdisc
from nsmgr.types import Nanoseconds


class Pie(Qdisc):
    """Keeps the time that packets wait short, by dropping at random."""

    KIND: ClassVar[str] = "pie"
    NESTED: ClassVar[tuple[tuple[str, str, str], ...]] = ()

    kind: Annotated[Literal["pie"], Attr("TCA_KIND", Change.REPLACE)]
    """Which discipline it is."""
    limit: Annotated[int | None, Field(ge=0, le=2**32 - 1), Attr("TCA_PIE_LIMIT", unit="packets", default=1000)] = None
    """How many packets may wait."""
    target: Annotated[Nanoseconds | None, Attr("TCA_PIE_TARGET", unit="ns", default=15000000, tolerance=1000)] = None
    """The waiting time that is aimed at."""
    tupdate: Annotated[Nanoseconds | None, Attr("TCA_PIE_TUPDATE", unit="ns", default=15000000, tolerance=10000000)] = None
    """How often the probability is computed."""
    alpha: Annotated[int | None, Field(ge=0, le=32), Attr("TCA_PIE_ALPHA", default=2)] = None
    """Weight of the deviation, in 1/16."""
    beta: Annotated[int | None, Field(ge=0, le=32), Attr("TCA_PIE_BETA", default=20)] = None
    """Weight of the change, in 1/16."""
    ecn: Annotated[bool | None, Attr("TCA_PIE_ECN", convert=Bool(), default=False)] = None
    """Mark packets of senders that understand it instead of dropping."""
    bytemode: Annotated[bool | None, Attr("TCA_PIE_BYTEMODE", convert=Bool(), default=False)] = None
    """Large packets are likelier to be dropped."""
    dq_rate_estimator: Annotated[bool | None, Attr("TCA_PIE_DQ_RATE_ESTIMATOR", convert=Bool(), default=False)] = None
    """Estimate the waiting time from the rate of departure."""
