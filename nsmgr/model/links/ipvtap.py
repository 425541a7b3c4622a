"""ipvtap: an ipvlan whose end is a character device (drivers/net/ipvlan/ipvtap.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from nsmgr.model.base import Value
from nsmgr.model.links.ipvlan import Ipvlan


class Ipvtap(Ipvlan):
    """An ipvlan that is read and written through ``/dev/tap<ifindex>``; the same attributes and rules."""

    KIND: ClassVar[str] = "ipvtap"
    DATA: ClassVar[str | None] = "ipvlan"
    DEFAULTS: ClassVar[Mapping[str, Value]] = {**Ipvlan.DEFAULTS, "txqlen": 500}

    kind: Literal["ipvtap"] | None = "ipvtap"
    """The kind."""
