"""prio: bands, the first first (net/sched/sch_prio.c)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Change
from nsmgr.model.things.qdisc import Qdisc


class Prio(Qdisc):
    """Bands: one is served only when those before it are empty. Class :1 is the first band."""

    KIND: ClassVar[str] = "prio"
    NESTED: ClassVar[tuple[tuple[str, str, str], ...]] = (("classes", "tclass", "mapping"), ("filters", "tfilter", "list"))

    kind: Annotated[Literal["prio"], Attr("TCA_KIND", Change.REPLACE)]
    """Which discipline it is."""
    bands: Annotated[int | None, Field(ge=2, le=16), Attr("TCA_OPTIONS", default=3)] = None
    """How many bands."""
    priomap: Annotated[
        list[Annotated[int, Field(ge=0, le=15)]] | None, Field(min_length=16, max_length=16), Attr("TCA_OPTIONS")
    ] = None
    """The band of each of the sixteen packet priorities; the first band is 0."""
    classes: dict[str, Any] | None = None
    """Band, as in ``"1:1"`` → ``{qdisc: …}``; the others get a pfifo."""
    filters: list[Any] | None = None
    """Which packets go to which class, or elsewhere; the first that fits decides."""

    def faults(self) -> list[tuple[str, str, str]]:
        bands = self.bands or 3
        if self.priomap and max(self.priomap) >= bands:
            return [("priomap", f"band {max(self.priomap)} is not there: bands are 0 to {bands - 1}", "raise `bands`")]
        return []
