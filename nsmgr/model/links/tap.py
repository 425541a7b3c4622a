"""tap: Ethernet frames to and from a process (drivers/net/tun.c)."""

from __future__ import annotations

from typing import ClassVar, Literal

from nsmgr.model.links.tun import TunTap


class Tap(TunTap):
    """Ethernet device whose wire is a process. The kernel reports it as kind "tun" with IFLA_TUN_TYPE 2."""

    KIND: ClassVar[str] = "tap"
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65521)  # MAX_MTU less the Ethernet header

    kind: Literal["tap"] | None = "tap"
    """The kind."""
