"""bfifo: struct tc_fifo_qopt, as pfifo."""

from __future__ import annotations

from nsmgr.kernel.traffic.qdiscs.pfifo import decode, encode

__all__ = ["decode", "encode"]
