"""Channels: ETHTOOL_MSG_CHANNELS_GET and _SET."""

from __future__ import annotations

from nsmgr.kernel.ethtool import Numbers

CHANNELS = Numbers("channels", 17, 18, {"rx": (6, 4), "tx": (7, 4), "other": (8, 4), "combined": (9, 4)})
ask, decode, perform = CHANNELS.ask, CHANNELS.decode, CHANNELS.perform
