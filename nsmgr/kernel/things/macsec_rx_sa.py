"""MACsec associations to receive with: see :mod:`nsmgr.kernel.things.macsec_tx`."""

from __future__ import annotations

from nsmgr.kernel.things.macsec_tx import ask_links, perform
from nsmgr.kernel.things.macsec_tx import decode_received as decode

__all__ = ["ask_links", "decode", "perform"]
