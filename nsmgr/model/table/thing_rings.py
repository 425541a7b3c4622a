"""Written by nsmgr.model.generate from nsmgr.model.things.rings.Rings: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr
from nsmgr.model.shape import Shape, optional, truth, whole, word
from nsmgr.model.thing import PlainThing


class Rings(PlainThing):
    TYPE = "rings"
    LEVEL = "link"
    CARRIER = "own"
    STAGE = "up"
    SETTINGS = True
    ROWS = {
        "rx": Attr("ETHTOOL_A_RINGS_RX", export=False),
        "rx_mini": Attr("ETHTOOL_A_RINGS_RX_MINI", export=False),
        "rx_jumbo": Attr("ETHTOOL_A_RINGS_RX_JUMBO", export=False),
        "tx": Attr("ETHTOOL_A_RINGS_TX", export=False),
        "rx_buf_len": Attr("ETHTOOL_A_RINGS_RX_BUF_LEN", unit="bytes", export=False),
        "tcp_data_split": Attr("ETHTOOL_A_RINGS_TCP_DATA_SPLIT", export=False),
        "cqe_size": Attr("ETHTOOL_A_RINGS_CQE_SIZE", unit="bytes", export=False),
        "tx_push": Attr("ETHTOOL_A_RINGS_TX_PUSH", export=False),
        "rx_push": Attr("ETHTOOL_A_RINGS_RX_PUSH", export=False),
        "tx_push_buf_len": Attr("ETHTOOL_A_RINGS_TX_PUSH_BUF_LEN", unit="bytes", export=False),
    }


Rings.SHAPE = Shape(
    {
        "rx": optional(whole(0, 4294967295)),
        "rx_mini": optional(whole(0, 4294967295)),
        "rx_jumbo": optional(whole(0, 4294967295)),
        "tx": optional(whole(0, 4294967295)),
        "rx_buf_len": optional(whole(0, 4294967295)),
        "tcp_data_split": optional(word("unknown", "off", "on")),
        "cqe_size": optional(whole(0, 4294967295)),
        "tx_push": optional(truth),
        "rx_push": optional(truth),
        "tx_push_buf_len": optional(whole(0, 4294967295)),
    },
    {
        "rx": None,
        "rx_mini": None,
        "rx_jumbo": None,
        "tx": None,
        "rx_buf_len": None,
        "tcp_data_split": None,
        "cqe_size": None,
        "tx_push": None,
        "rx_push": None,
        "tx_push_buf_len": None,
    },
    (),
    make=Rings,
)
ENTRY = Rings
