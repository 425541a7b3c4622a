"""bfifo: first in, first out (net/sched/sch_fifo.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Change
from nsmgr.model.things.qdisc import Qdisc
from nsmgr.types import Size


class Bfifo(Qdisc):
    """First in, first out; so many bytes."""

    KIND: ClassVar[str] = "bfifo"
    NESTED: ClassVar[tuple[tuple[str, str, str], ...]] = ()

    kind: Annotated[Literal["bfifo"], Attr("TCA_KIND", Change.REPLACE)]
    """Which discipline it is."""
    limit: Annotated[Size | None, Field(ge=0, le=2**32 - 1), Attr("TCA_OPTIONS", unit="bytes")] = None
    """How many bytes may wait; the link's txqlen times its MTU unless written."""
