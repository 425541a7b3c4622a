"""MACsec channels: see :mod:`nsmgr.kernel.things.macsec_tx`."""

from __future__ import annotations

from nsmgr.kernel.things.macsec_tx import ask_links
from nsmgr.kernel.things.macsec_tx import decode_channels as decode
from nsmgr.kernel.things.macsec_tx import perform_channel as perform

__all__ = ["ask_links", "decode", "perform"]
