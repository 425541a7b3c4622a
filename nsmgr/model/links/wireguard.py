"""wireguard: an encrypted tunnel (drivers/net/wireguard/device.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from nsmgr.model.base import Value
from nsmgr.model.links.base import Link


class Wireguard(Link):
    """A WireGuard tunnel as a link: layer 3, no MAC, no ARP. rtnetlink has no attributes for it.

    Its UDP socket is one of the namespace it is born in, and stays there if the link is moved away.
    """

    KIND: ClassVar[str] = "wireguard"
    DATA: ClassVar[str | None] = ""
    DEFAULT_MTU: ClassVar[int] = 1420  # wg_setup: ETH_DATA_LEN less what IPv6, UDP and the message take
    MTU_RANGE: ClassVar[tuple[int, int]] = (0, 2147483552)
    DEFAULTS: ClassVar[Mapping[str, Value]] = {"arp": False, "multicast": False, "addrgenmode": "none"}

    kind: Literal["wireguard"] | None = "wireguard"
    """The kind."""

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        found += [(f, "a wireguard link is layer 3: it has no MAC", "remove it") for f in ("mac", "broadcast") if getattr(self, f)]
        return found
