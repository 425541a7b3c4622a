"""Written by nsmgr.model.generate from nsmgr.model.things.ethtool.Ethtool: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Value
from nsmgr.model.shape import Shape, optional, truth, whole, word
from nsmgr.model.thing import Part, PlainThing, rows_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

GROUPS = ("rings", "channels", "coalesce", "pause")


class Ethtool(PlainThing):
    TYPE = "ethtool"
    SECTION = "ethtool"
    LEVEL = "link"
    FORM = "one"
    ALSO = ("rings", "channels", "coalesce", "pause")
    CARRIER = "own"
    STAGE = "up"
    SETTINGS = True
    ROWS = {
        "speed": Attr("ETHTOOL_A_LINKMODES_SPEED", unit="Mbit/s", export=False),
        "duplex": Attr("ETHTOOL_A_LINKMODES_DUPLEX", export=False),
        "autoneg": Attr("ETHTOOL_A_LINKMODES_AUTONEG", export=False),
    }

    def parts(self, link: str) -> list[Part]:
        own = self.attributes()
        found = [Part("ethtool", link, own)] if own else []
        for name in GROUPS:
            body = getattr(self, name)
            said: dict[str, Value] = {}
            if body is not None:
                values = vars(body)
                said = {key: values[key] for key in rows_of(name) if values.get(key) is not None}
            if said:
                found.append(Part(name, link, said, path=(name,)))
        return found

    @classmethod
    def section(cls, parts: Sequence[Part]) -> Any:
        return {}


Ethtool.SHAPE = Shape(
    {
        "speed": optional(whole(0, 4294967295)),
        "duplex": optional(word("half", "full")),
        "autoneg": optional(truth),
        "rings": optional(
            Shape(
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
            ).nested
        ),
        "channels": optional(
            Shape(
                {
                    "rx": optional(whole(0, 4294967295)),
                    "tx": optional(whole(0, 4294967295)),
                    "other": optional(whole(0, 4294967295)),
                    "combined": optional(whole(0, 4294967295)),
                },
                {"rx": None, "tx": None, "other": None, "combined": None},
                (),
            ).nested
        ),
        "coalesce": optional(
            Shape(
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
            ).nested
        ),
        "pause": optional(
            Shape(
                {"autoneg": optional(truth), "rx": optional(truth), "tx": optional(truth)},
                {"autoneg": None, "rx": None, "tx": None},
                (),
            ).nested
        ),
    },
    {"speed": None, "duplex": None, "autoneg": None, "rings": None, "channels": None, "coalesce": None, "pause": None},
    (),
    make=Ethtool,
)
ENTRY = Ethtool
