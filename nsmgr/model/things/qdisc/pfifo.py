"""pfifo: first in, first out (net/sched/sch_fifo.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Change
from nsmgr.model.things.qdisc import Qdisc


class Pfifo(Qdisc):
    """First in, first out; so many packets."""

    KIND: ClassVar[str] = "pfifo"
    NESTED: ClassVar[tuple[tuple[str, str, str], ...]] = ()

    kind: Annotated[Literal["pfifo"], Attr("TCA_KIND", Change.REPLACE)]
    """Which discipline it is."""
    limit: Annotated[int | None, Field(ge=0, le=2**32 - 1), Attr("TCA_OPTIONS", unit="packets")] = None
    """How many may wait; the link's txqlen unless written."""
