"""Written by nsmgr.model.generate from nsmgr.model.things.pause.Pause: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr
from nsmgr.model.shape import Shape, optional, truth
from nsmgr.model.thing import PlainThing


class Pause(PlainThing):
    TYPE = "pause"
    LEVEL = "link"
    CARRIER = "own"
    STAGE = "up"
    SETTINGS = True
    ROWS = {
        "autoneg": Attr("ETHTOOL_A_PAUSE_AUTONEG", export=False),
        "rx": Attr("ETHTOOL_A_PAUSE_RX", export=False),
        "tx": Attr("ETHTOOL_A_PAUSE_TX", export=False),
    }


Pause.SHAPE = Shape(
    {"autoneg": optional(truth), "rx": optional(truth), "tx": optional(truth)},
    {"autoneg": None, "rx": None, "tx": None},
    (),
    make=Pause,
)
ENTRY = Pause
