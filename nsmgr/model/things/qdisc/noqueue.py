"""noqueue: nothing waits (net/sched/sch_generic.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from nsmgr.model.base import Attr, Change
from nsmgr.model.things.qdisc import Qdisc


class Noqueue(Qdisc):
    """Packets are sent at once or dropped."""

    KIND: ClassVar[str] = "noqueue"
    NESTED: ClassVar[tuple[tuple[str, str, str], ...]] = ()

    kind: Annotated[Literal["noqueue"], Attr("TCA_KIND", Change.REPLACE)]
    """Which discipline it is."""
