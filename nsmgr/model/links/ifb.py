"""ifb: intermediate functional block, where ingress traffic is redirected to be queued (drivers/net/ifb.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from nsmgr.model.base import Value
from nsmgr.model.links.base import Link


class Ifb(Link):
    """Intermediate functional block. No attributes of its own; any MTU; ``queues`` are fixed at birth."""

    KIND: ClassVar[str] = "ifb"
    DATA: ClassVar[str | None] = ""
    DEFAULTS: ClassVar[Mapping[str, Value]] = {"arp": False, "multicast": False, "txqlen": 32}

    kind: Literal["ifb"] | None = "ifb"
    """The kind."""
