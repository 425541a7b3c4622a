"""Pause frames: ETHTOOL_MSG_PAUSE_GET and _SET."""

from __future__ import annotations

from nsmgr.kernel.ethtool import Numbers

PAUSE = Numbers("pause", 21, 22, {"autoneg": (2, 1), "rx": (3, 1), "tx": (4, 1)}, ("autoneg", "rx", "tx"))
ask, decode, perform = PAUSE.ask, PAUSE.decode, PAUSE.perform
