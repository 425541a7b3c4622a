"""Interrupt coalescing: ETHTOOL_MSG_COALESCE_GET and _SET."""

from __future__ import annotations

from nsmgr.kernel.ethtool import Numbers

_TRUTH = ("adaptive_rx", "adaptive_tx", "cqe_mode_tx", "cqe_mode_rx")
# In the order of ETHTOOL_A_COALESCE_*, from 2
_ROWS = (
    *("rx_usecs", "rx_frames", "rx_usecs_irq", "rx_frames_irq", "tx_usecs", "tx_frames", "tx_usecs_irq", "tx_frames_irq"),
    *("stats_block_usecs", "adaptive_rx", "adaptive_tx", "pkt_rate_low", "rx_usecs_low", "rx_frames_low", "tx_usecs_low"),
    *("tx_frames_low", "pkt_rate_high", "rx_usecs_high", "rx_frames_high", "tx_usecs_high", "tx_frames_high"),
    *("sample_interval", "cqe_mode_tx", "cqe_mode_rx", "tx_aggr_max_bytes", "tx_aggr_max_frames", "tx_aggr_time_usecs"),
)
COALESCE = Numbers("coalesce", 19, 20, {name: (at, 1 if name in _TRUTH else 4) for at, name in enumerate(_ROWS, 2)}, _TRUTH)
ask, decode, perform = COALESCE.ask, COALESCE.decode, COALESCE.perform
