"""Written by nsmgr.model.generate from nsmgr.model.things.channels.Channels: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr
from nsmgr.model.shape import Shape, optional, whole
from nsmgr.model.thing import PlainThing


class Channels(PlainThing):
    TYPE = "channels"
    LEVEL = "link"
    CARRIER = "own"
    STAGE = "up"
    SETTINGS = True
    ROWS = {
        "rx": Attr("ETHTOOL_A_CHANNELS_RX_COUNT", export=False),
        "tx": Attr("ETHTOOL_A_CHANNELS_TX_COUNT", export=False),
        "other": Attr("ETHTOOL_A_CHANNELS_OTHER_COUNT", export=False),
        "combined": Attr("ETHTOOL_A_CHANNELS_COMBINED_COUNT", export=False),
    }


Channels.SHAPE = Shape(
    {
        "rx": optional(whole(0, 4294967295)),
        "tx": optional(whole(0, 4294967295)),
        "other": optional(whole(0, 4294967295)),
        "combined": optional(whole(0, 4294967295)),
    },
    {"rx": None, "tx": None, "other": None, "combined": None},
    (),
    make=Channels,
)
ENTRY = Channels
