"""Ring sizes: ETHTOOL_MSG_RINGS_GET and _SET."""

from __future__ import annotations

from nsmgr.kernel.ethtool import Numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nsmgr.model.attr import Value

SPLIT = ("unknown", "off", "on")  # ETHTOOL_TCP_DATA_SPLIT_*


class Rings(Numbers):
    """As the others, with one row of words."""

    def read(self, name: str, value: Value) -> Value:
        return SPLIT[value] if name == "tcp_data_split" and isinstance(value, int) and value < len(SPLIT) else value

    def write(self, name: str, value: Value) -> int:
        return SPLIT.index(str(value)) if name == "tcp_data_split" else super().write(name, value)


RINGS = Rings(
    "rings",
    15,
    16,
    {
        "rx": (6, 4),
        "rx_mini": (7, 4),
        "rx_jumbo": (8, 4),
        "tx": (9, 4),
        "rx_buf_len": (10, 4),
        "tcp_data_split": (11, 1),
        "cqe_size": (12, 4),
        "tx_push": (13, 1),
        "rx_push": (14, 1),
        "tx_push_buf_len": (15, 4),
    },
    ("tx_push", "rx_push"),
)
ask, decode, perform = RINGS.ask, RINGS.decode, RINGS.perform
