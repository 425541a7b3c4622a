"""Sizes of a link's rings: ethtool -g (net/ethtool/rings.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr
from nsmgr.model.things.base import ThingModel


class Rings(ThingModel):
    """Ring sizes, in descriptors; the driver has a maximum for each (EINVAL) and may round."""

    TYPE: ClassVar[str] = "rings"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    CARRIER: ClassVar[Literal["rtnl", "own"]] = "own"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "up"
    SETTINGS: ClassVar[bool] = True

    rx: Annotated[int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_RINGS_RX", export=False)] = None
    """Descriptors for received packets."""
    rx_mini: Annotated[int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_RINGS_RX_MINI", export=False)] = None
    """The same of the mini ring."""
    rx_jumbo: Annotated[int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_RINGS_RX_JUMBO", export=False)] = None
    """The same of the jumbo ring."""
    tx: Annotated[int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_RINGS_TX", export=False)] = None
    """Descriptors for packets to send."""
    rx_buf_len: Annotated[int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_RINGS_RX_BUF_LEN", unit="bytes", export=False)] = None
    """Length of a receive buffer."""
    tcp_data_split: Annotated[Literal["unknown", "off", "on"] | None, Attr("ETHTOOL_A_RINGS_TCP_DATA_SPLIT", export=False)] = None
    """Whether headers and data are received apart; `unknown` leaves it to the driver."""
    cqe_size: Annotated[int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_RINGS_CQE_SIZE", unit="bytes", export=False)] = None
    """Length of a completion event."""
    tx_push: Annotated[bool | None, Attr("ETHTOOL_A_RINGS_TX_PUSH", export=False)] = None
    """Push descriptors to the device."""
    rx_push: Annotated[bool | None, Attr("ETHTOOL_A_RINGS_RX_PUSH", export=False)] = None
    """The same for receive descriptors."""
    tx_push_buf_len: Annotated[
        int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_RINGS_TX_PUSH_BUF_LEN", unit="bytes", export=False)
    ] = None
    """How much of a packet is pushed along."""
