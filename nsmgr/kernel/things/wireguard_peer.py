"""Peers of WireGuard devices: the same messages as of :mod:`nsmgr.kernel.things.wireguard`."""

from __future__ import annotations

from nsmgr.kernel.things.wireguard import ask_links
from nsmgr.kernel.things.wireguard import decode_peers as decode
from nsmgr.kernel.things.wireguard import perform_peer as perform

__all__ = ["ask_links", "decode", "perform"]
