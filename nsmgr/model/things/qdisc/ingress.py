"""ingress: filters for what a link receives (net/sched/sch_ingress.c)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from nsmgr.model.base import Attr, Change
from nsmgr.model.things.qdisc import Qdisc


class Ingress(Qdisc):
    """Filters for what the link receives."""

    KIND: ClassVar[str] = "ingress"
    NESTED: ClassVar[tuple[tuple[str, str, str], ...]] = (("filters", "tfilter", "list"),)

    kind: Annotated[Literal["ingress"], Attr("TCA_KIND", Change.REPLACE)]
    """Which discipline it is."""
    filters: list[Any] | None = None
    """Which packets go to which class, or elsewhere; the first that fits decides."""
