"""Pause frames: ethtool -a (net/ethtool/pause.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from nsmgr.model.base import Attr
from nsmgr.model.things.base import ThingModel


class Pause(ThingModel):
    """Ethernet flow control."""

    TYPE: ClassVar[str] = "pause"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    CARRIER: ClassVar[Literal["rtnl", "own"]] = "own"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "up"
    SETTINGS: ClassVar[bool] = True

    autoneg: Annotated[bool | None, Attr("ETHTOOL_A_PAUSE_AUTONEG", export=False)] = None
    """Agree on it with the far end."""
    rx: Annotated[bool | None, Attr("ETHTOOL_A_PAUSE_RX", export=False)] = None
    """Stop sending when the far end asks."""
    tx: Annotated[bool | None, Attr("ETHTOOL_A_PAUSE_TX", export=False)] = None
    """Ask the far end to stop."""
