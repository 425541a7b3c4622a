"""clsact: filters for what a link receives and sends (net/sched/sch_ingress.c)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from nsmgr.model.base import Attr, Change
from nsmgr.model.things.qdisc import Qdisc


class Clsact(Qdisc):
    """Filters for what the link receives, and for what it sends before the root qdisc sees it."""

    KIND: ClassVar[str] = "clsact"
    NESTED: ClassVar[tuple[tuple[str, str, str], ...]] = (("ingress", "tfilter", "list"), ("egress", "tfilter", "list"))

    kind: Annotated[Literal["clsact"], Attr("TCA_KIND", Change.REPLACE)]
    """Which discipline it is."""
    ingress: list[Any] | None = None
    """Filters for packets that come in."""
    egress: list[Any] | None = None
    """Filters for packets that go out."""
