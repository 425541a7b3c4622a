"""Written by nsmgr.model.generate from nsmgr.model.things.coalesce.Coalesce: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr
from nsmgr.model.shape import Shape, optional, truth, whole
from nsmgr.model.thing import PlainThing


class Coalesce(PlainThing):
    TYPE = "coalesce"
    LEVEL = "link"
    CARRIER = "own"
    STAGE = "up"
    SETTINGS = True
    ROWS = {
        "rx_usecs": Attr("ETHTOOL_A_COALESCE_RX_USECS", unit="us", export=False),
        "rx_frames": Attr("ETHTOOL_A_COALESCE_RX_MAX_FRAMES", unit="packets", export=False),
        "rx_usecs_irq": Attr("ETHTOOL_A_COALESCE_RX_USECS_IRQ", unit="us", export=False),
        "rx_frames_irq": Attr("ETHTOOL_A_COALESCE_RX_MAX_FRAMES_IRQ", unit="packets", export=False),
        "tx_usecs": Attr("ETHTOOL_A_COALESCE_TX_USECS", unit="us", export=False),
        "tx_frames": Attr("ETHTOOL_A_COALESCE_TX_MAX_FRAMES", unit="packets", export=False),
        "tx_usecs_irq": Attr("ETHTOOL_A_COALESCE_TX_USECS_IRQ", unit="us", export=False),
        "tx_frames_irq": Attr("ETHTOOL_A_COALESCE_TX_MAX_FRAMES_IRQ", unit="packets", export=False),
        "stats_block_usecs": Attr("ETHTOOL_A_COALESCE_STATS_BLOCK_USECS", unit="us", export=False),
        "adaptive_rx": Attr("ETHTOOL_A_COALESCE_USE_ADAPTIVE_RX", export=False),
        "adaptive_tx": Attr("ETHTOOL_A_COALESCE_USE_ADAPTIVE_TX", export=False),
        "pkt_rate_low": Attr("ETHTOOL_A_COALESCE_PKT_RATE_LOW", unit="packets", export=False),
        "rx_usecs_low": Attr("ETHTOOL_A_COALESCE_RX_USECS_LOW", unit="us", export=False),
        "rx_frames_low": Attr("ETHTOOL_A_COALESCE_RX_MAX_FRAMES_LOW", unit="packets", export=False),
        "tx_usecs_low": Attr("ETHTOOL_A_COALESCE_TX_USECS_LOW", unit="us", export=False),
        "tx_frames_low": Attr("ETHTOOL_A_COALESCE_TX_MAX_FRAMES_LOW", unit="packets", export=False),
        "pkt_rate_high": Attr("ETHTOOL_A_COALESCE_PKT_RATE_HIGH", unit="packets", export=False),
        "rx_usecs_high": Attr("ETHTOOL_A_COALESCE_RX_USECS_HIGH", unit="us", export=False),
        "rx_frames_high": Attr("ETHTOOL_A_COALESCE_RX_MAX_FRAMES_HIGH", unit="packets", export=False),
        "tx_usecs_high": Attr("ETHTOOL_A_COALESCE_TX_USECS_HIGH", unit="us", export=False),
        "tx_frames_high": Attr("ETHTOOL_A_COALESCE_TX_MAX_FRAMES_HIGH", unit="packets", export=False),
        "sample_interval": Attr("ETHTOOL_A_COALESCE_RATE_SAMPLE_INTERVAL", unit="s", export=False),
        "cqe_mode_tx": Attr("ETHTOOL_A_COALESCE_USE_CQE_MODE_TX", export=False),
        "cqe_mode_rx": Attr("ETHTOOL_A_COALESCE_USE_CQE_MODE_RX", export=False),
        "tx_aggr_max_bytes": Attr("ETHTOOL_A_COALESCE_TX_AGGR_MAX_BYTES", unit="bytes", export=False),
        "tx_aggr_max_frames": Attr("ETHTOOL_A_COALESCE_TX_AGGR_MAX_FRAMES", unit="packets", export=False),
        "tx_aggr_time_usecs": Attr("ETHTOOL_A_COALESCE_TX_AGGR_TIME_USECS", unit="us", export=False),
    }


Coalesce.SHAPE = Shape(
    {
        "rx_usecs": optional(whole(0, 4294967295)),
        "rx_frames": optional(whole(0, 4294967295)),
        "rx_usecs_irq": optional(whole(0, 4294967295)),
        "rx_frames_irq": optional(whole(0, 4294967295)),
        "tx_usecs": optional(whole(0, 4294967295)),
        "tx_frames": optional(whole(0, 4294967295)),
        "tx_usecs_irq": optional(whole(0, 4294967295)),
        "tx_frames_irq": optional(whole(0, 4294967295)),
        "stats_block_usecs": optional(whole(0, 4294967295)),
        "adaptive_rx": optional(truth),
        "adaptive_tx": optional(truth),
        "pkt_rate_low": optional(whole(0, 4294967295)),
        "rx_usecs_low": optional(whole(0, 4294967295)),
        "rx_frames_low": optional(whole(0, 4294967295)),
        "tx_usecs_low": optional(whole(0, 4294967295)),
        "tx_frames_low": optional(whole(0, 4294967295)),
        "pkt_rate_high": optional(whole(0, 4294967295)),
        "rx_usecs_high": optional(whole(0, 4294967295)),
        "rx_frames_high": optional(whole(0, 4294967295)),
        "tx_usecs_high": optional(whole(0, 4294967295)),
        "tx_frames_high": optional(whole(0, 4294967295)),
        "sample_interval": optional(whole(0, 4294967295)),
        "cqe_mode_tx": optional(truth),
        "cqe_mode_rx": optional(truth),
        "tx_aggr_max_bytes": optional(whole(0, 4294967295)),
        "tx_aggr_max_frames": optional(whole(0, 4294967295)),
        "tx_aggr_time_usecs": optional(whole(0, 4294967295)),
    },
    {
        "rx_usecs": None,
        "rx_frames": None,
        "rx_usecs_irq": None,
        "rx_frames_irq": None,
        "tx_usecs": None,
        "tx_frames": None,
        "tx_usecs_irq": None,
        "tx_frames_irq": None,
        "stats_block_usecs": None,
        "adaptive_rx": None,
        "adaptive_tx": None,
        "pkt_rate_low": None,
        "rx_usecs_low": None,
        "rx_frames_low": None,
        "tx_usecs_low": None,
        "tx_frames_low": None,
        "pkt_rate_high": None,
        "rx_usecs_high": None,
        "rx_frames_high": None,
        "tx_usecs_high": None,
        "tx_frames_high": None,
        "sample_interval": None,
        "cqe_mode_tx": None,
        "cqe_mode_rx": None,
        "tx_aggr_max_bytes": None,
        "tx_aggr_max_frames": None,
        "tx_aggr_time_usecs": None,
    },
    (),
    make=Coalesce,
)
ENTRY = Coalesce
