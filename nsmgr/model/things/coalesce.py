"""When a link interrupts: ethtool -c (net/ethtool/coalesce.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr
from nsmgr.model.things.base import ThingModel


class Coalesce(ThingModel):
    """Interrupt coalescing. A driver has some of these; the others are refused by the kernel (EOPNOTSUPP)."""

    TYPE: ClassVar[str] = "coalesce"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    CARRIER: ClassVar[Literal["rtnl", "own"]] = "own"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "up"
    SETTINGS: ClassVar[bool] = True

    rx_usecs: Annotated[int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_RX_USECS", unit="us", export=False)] = None
    """Delay of an interrupt after a packet was received."""
    rx_frames: Annotated[
        int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_RX_MAX_FRAMES", unit="packets", export=False)
    ] = None
    """Received packets before an interrupt at the latest."""
    rx_usecs_irq: Annotated[int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_RX_USECS_IRQ", unit="us", export=False)] = (
        None
    )
    """rx_usecs while an interrupt is being served."""
    rx_frames_irq: Annotated[
        int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_RX_MAX_FRAMES_IRQ", unit="packets", export=False)
    ] = None
    """rx_frames while an interrupt is being served."""
    tx_usecs: Annotated[int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_TX_USECS", unit="us", export=False)] = None
    """Delay of an interrupt after a packet was sent."""
    tx_frames: Annotated[
        int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_TX_MAX_FRAMES", unit="packets", export=False)
    ] = None
    """Sent packets before an interrupt at the latest."""
    tx_usecs_irq: Annotated[int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_TX_USECS_IRQ", unit="us", export=False)] = (
        None
    )
    """tx_usecs while an interrupt is being served."""
    tx_frames_irq: Annotated[
        int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_TX_MAX_FRAMES_IRQ", unit="packets", export=False)
    ] = None
    """tx_frames while an interrupt is being served."""
    stats_block_usecs: Annotated[
        int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_STATS_BLOCK_USECS", unit="us", export=False)
    ] = None
    """How often the device copies its counters."""
    adaptive_rx: Annotated[bool | None, Attr("ETHTOOL_A_COALESCE_USE_ADAPTIVE_RX", export=False)] = None
    """Let the driver choose for received packets."""
    adaptive_tx: Annotated[bool | None, Attr("ETHTOOL_A_COALESCE_USE_ADAPTIVE_TX", export=False)] = None
    """Let the driver choose for sent packets."""
    pkt_rate_low: Annotated[
        int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_PKT_RATE_LOW", unit="packets", export=False)
    ] = None
    """Below this rate a second, the _low values count."""
    rx_usecs_low: Annotated[int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_RX_USECS_LOW", unit="us", export=False)] = (
        None
    )
    """rx_usecs at a low rate."""
    rx_frames_low: Annotated[
        int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_RX_MAX_FRAMES_LOW", unit="packets", export=False)
    ] = None
    """rx_frames at a low rate."""
    tx_usecs_low: Annotated[int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_TX_USECS_LOW", unit="us", export=False)] = (
        None
    )
    """tx_usecs at a low rate."""
    tx_frames_low: Annotated[
        int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_TX_MAX_FRAMES_LOW", unit="packets", export=False)
    ] = None
    """tx_frames at a low rate."""
    pkt_rate_high: Annotated[
        int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_PKT_RATE_HIGH", unit="packets", export=False)
    ] = None
    """Above this rate a second, the _high values count."""
    rx_usecs_high: Annotated[
        int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_RX_USECS_HIGH", unit="us", export=False)
    ] = None
    """rx_usecs at a high rate."""
    rx_frames_high: Annotated[
        int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_RX_MAX_FRAMES_HIGH", unit="packets", export=False)
    ] = None
    """rx_frames at a high rate."""
    tx_usecs_high: Annotated[
        int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_TX_USECS_HIGH", unit="us", export=False)
    ] = None
    """tx_usecs at a high rate."""
    tx_frames_high: Annotated[
        int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_TX_MAX_FRAMES_HIGH", unit="packets", export=False)
    ] = None
    """tx_frames at a high rate."""
    sample_interval: Annotated[
        int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_RATE_SAMPLE_INTERVAL", unit="s", export=False)
    ] = None
    """How often the rate is measured."""
    cqe_mode_tx: Annotated[bool | None, Attr("ETHTOOL_A_COALESCE_USE_CQE_MODE_TX", export=False)] = None
    """The timer starts anew with each sent packet's completion."""
    cqe_mode_rx: Annotated[bool | None, Attr("ETHTOOL_A_COALESCE_USE_CQE_MODE_RX", export=False)] = None
    """The timer starts anew with each received packet's completion."""
    tx_aggr_max_bytes: Annotated[
        int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_TX_AGGR_MAX_BYTES", unit="bytes", export=False)
    ] = None
    """Size of an aggregated packet."""
    tx_aggr_max_frames: Annotated[
        int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_TX_AGGR_MAX_FRAMES", unit="packets", export=False)
    ] = None
    """Packets that make an aggregated one."""
    tx_aggr_time_usecs: Annotated[
        int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_COALESCE_TX_AGGR_TIME_USECS", unit="us", export=False)
    ] = None
    """How long to wait for more to aggregate."""
