"""sfq: flows take turns (net/sched/sch_sfq.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Change
from nsmgr.model.things.qdisc import Qdisc
from nsmgr.types import Nanoseconds, Size


class Sfq(Qdisc):
    """Flows take turns, by a hash. Cannot be changed: every change replaces it."""

    KIND: ClassVar[str] = "sfq"
    NESTED: ClassVar[tuple[tuple[str, str, str], ...]] = ()

    kind: Annotated[Literal["sfq"], Attr("TCA_KIND", Change.REPLACE)]
    """Which discipline it is."""
    limit: Annotated[int | None, Field(ge=2, le=2**32 - 1), Attr("TCA_OPTIONS", Change.REPLACE, unit="packets", default=127)] = None
    """How many packets may wait."""
    quantum: Annotated[Size | None, Field(ge=1, le=2**32 - 1), Attr("TCA_OPTIONS", Change.REPLACE, unit="bytes")] = None
    """How many bytes a flow may send before the next has its turn; the MTU with its header unless written."""
    perturb: Annotated[Nanoseconds | None, Attr("TCA_OPTIONS", Change.REPLACE, unit="ns", default=0)] = None
    """Every so often the hash is changed; whole seconds, 0 = never."""
    flows: Annotated[int | None, Field(ge=1, le=65408), Attr("TCA_OPTIONS", Change.REPLACE, default=128)] = None
    """How many flows there can be at once."""
    divisor: Annotated[int | None, Field(ge=1, le=65536), Attr("TCA_OPTIONS", Change.REPLACE, default=1024)] = None
    """How large the hash table is, a power of two."""
    depth: Annotated[int | None, Field(ge=1, le=2**32 - 1), Attr("TCA_OPTIONS", Change.REPLACE, unit="packets", default=127)] = None
    """How many packets of one flow may wait."""

    def faults(self) -> list[tuple[str, str, str]]:
        if self.perturb and self.perturb % 10**9:
            return [("perturb", "sfq counts `perturb` in whole seconds", "for example `perturb: 10s`")]
        if self.divisor and self.divisor & (self.divisor - 1):
            return [("divisor", f"{self.divisor} is no power of two (sfq_change)", f"write {1 << self.divisor.bit_length()}")]
        return []
