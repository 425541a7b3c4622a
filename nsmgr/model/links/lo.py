"""lo: the loopback device every namespace is born with (drivers/net/loopback.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from nsmgr.model.base import Attr, Change, Value
from nsmgr.model.links.base import READONLY, Link


class Loopback(Link):
    """The loopback device. It exists by itself, always with index 1, cannot be deleted or moved, and is born down."""

    KIND: ClassVar[str] = "lo"
    DATA: ClassVar[str | None] = ""
    MAKER: ClassVar[Literal["netlink", "ioctl", "none"]] = "none"
    IMMUTABLE_NETNS: ClassVar[bool] = True
    DEFAULT_MTU: ClassVar[int] = 65536
    DEFAULTS: ClassVar[Mapping[str, Value]] = {"multicast": False}

    kind: Literal["lo"] | None = "lo"
    """The kind."""
    tx_queues: Annotated[int | None, READONLY, Attr("IFLA_NUM_TX_QUEUES", Change.READ_ONLY, default=1, export=False)] = None
    """Always one (loopback_net_init)."""
    rx_queues: Annotated[int | None, READONLY, Attr("IFLA_NUM_RX_QUEUES", Change.READ_ONLY, default=1, export=False)] = None
    """As ``tx_queues``."""

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if name != "lo":
            found.append(("kind", "the loopback device is called lo", "use `kind: dummy` for a second one"))
        if self.controller is not None:
            found.append(("controller", "lo cannot be a port (bridges and bonds refuse IFF_LOOPBACK)", "remove `controller`"))
        if self.mac is not None:
            found.append(("mac", "lo has no MAC address", "remove `mac`"))
        return found
