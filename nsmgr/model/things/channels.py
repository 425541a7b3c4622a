"""How many channels a link uses: ethtool -l (net/ethtool/channels.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr
from nsmgr.model.things.base import ThingModel


class Channels(ThingModel):
    """Channels: pairs of queue and interrupt. At most as many as the link has queues."""

    TYPE: ClassVar[str] = "channels"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    CARRIER: ClassVar[Literal["rtnl", "own"]] = "own"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "up"
    SETTINGS: ClassVar[bool] = True

    rx: Annotated[int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_CHANNELS_RX_COUNT", export=False)] = None
    """Channels that only receive."""
    tx: Annotated[int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_CHANNELS_TX_COUNT", export=False)] = None
    """Channels that only send."""
    other: Annotated[int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_CHANNELS_OTHER_COUNT", export=False)] = None
    """Channels for other purposes."""
    combined: Annotated[int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_CHANNELS_COMBINED_COUNT", export=False)] = None
    """Channels that do both."""
