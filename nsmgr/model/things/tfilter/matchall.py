"""matchall: every packet (net/sched/cls_matchall.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from nsmgr.model.base import Attr, Change, Value
from nsmgr.model.things.tfilter import TFilter


class Matchall(TFilter):
    """Every packet. Cannot be changed (mall_change: EEXIST): every change replaces it."""

    KIND: ClassVar[str] = "matchall"

    kind: Annotated[Literal["matchall"], Attr("TCA_KIND", Change.REPLACE)]
    """How it looks at packets."""

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        return True
