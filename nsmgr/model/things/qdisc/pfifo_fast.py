"""pfifo_fast: three bands by the packet's priority (net/sched/sch_generic.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from nsmgr.model.base import Attr, Change
from nsmgr.model.things.qdisc import Qdisc


class PfifoFast(Qdisc):
    """Three bands by the packet's priority, as long as the link's txqlen. Nothing to set."""

    KIND: ClassVar[str] = "pfifo_fast"
    NESTED: ClassVar[tuple[tuple[str, str, str], ...]] = ()

    kind: Annotated[Literal["pfifo_fast"], Attr("TCA_KIND", Change.REPLACE)]
    """Which discipline it is."""
