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
    ETHERNET: ClassVar[bool] = False
    DATA: ClassVar[str | None] = ""
    DEFAULT_MTU: ClassVar[int] = 1420  # wg_setup: ETH_DATA_LEN less what IPv6, UDP and the message take
    MTU_RANGE: ClassVar[tuple[int, int]] = (0, 2147483552)
    DEFAULTS: ClassVar[Mapping[str, Value]] = {"arp": False, "multicast": False, "addrgenmode": "none"}

    kind: Literal["wireguard"] | None = "wireguard"
    """The kind."""

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        for field in ("mac", "broadcast"):
            if getattr(self, field) is not None:
                found.append((field, "a wireguard link is layer 3: it has no MAC", f"remove `{field}`"))
        if self.addrgenmode not in (None, "none"):
            found.append(
                ("addrgenmode", "a wireguard link makes no link-local address (wg_open sets none)", "remove `addrgenmode`")
            )
        return found
