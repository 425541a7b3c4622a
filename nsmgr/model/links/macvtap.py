"""macvtap: a macvlan whose end is a character device (drivers/net/macvtap.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from nsmgr.model.base import Value
from nsmgr.model.links.macvlan import Macvlan


class Macvtap(Macvlan):
    """A macvlan that is read and written through ``/dev/tap<ifindex>``; the same attributes and rules."""

    KIND: ClassVar[str] = "macvtap"
    DATA: ClassVar[str | None] = "macvlan"  # the same numbers; pyroute2's own class only spells them IFLA_MACVTAP_*
    DEFAULTS: ClassVar[Mapping[str, Value]] = {"txqlen": 500}

    kind: Literal["macvtap"] | None = "macvtap"
    """The kind."""
