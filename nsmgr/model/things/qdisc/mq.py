"""mq: a qdisc for each transmit queue (net/sched/sch_mq.c)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from nsmgr.model.base import Attr, Change
from nsmgr.model.things.qdisc import Qdisc


class Mq(Qdisc):
    """One qdisc for each transmit queue of a link that has several: class :1 is the first queue, and so on."""

    KIND: ClassVar[str] = "mq"
    HOLED: ClassVar[Literal["", "told", "replaced"]] = "replaced"
    NESTED: ClassVar[tuple[tuple[str, str, str], ...]] = (("classes", "tclass", "mapping"),)

    kind: Annotated[Literal["mq"], Attr("TCA_KIND", Change.REPLACE)]
    """Which discipline it is."""
    classes: dict[str, Any] | None = None
    """Queue, as in ``"1:1"`` → ``{qdisc: …}``; the others get net.core.default_qdisc."""
