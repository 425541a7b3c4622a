"""ifb: intermediate functional block, where ingress traffic is redirected to be queued (drivers/net/ifb.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from nsmgr.model.base import Attr, Change, Value
from nsmgr.model.links.base import Link
from nsmgr.types import Mac


class Ifb(Link):
    """Intermediate functional block. No attributes of its own; any MTU; ``queues`` are fixed at birth."""

    KIND: ClassVar[str] = "ifb"
    DATA: ClassVar[str | None] = ""
    DEFAULTS: ClassVar[Mapping[str, Value]] = {"arp": False, "multicast": False, "txqlen": 32}

    kind: Literal["ifb"] | None = "ifb"
    """The kind."""
    mac: Annotated[Mac | None, Attr("IFLA_ADDRESS", Change.REPLACE, export=False)] = None
    """Hardware address, settable only at birth: the driver has no ndo_set_mac_address (EOPNOTSUPP)."""
