"""fq: linux/pkt_sched.h, TCA_FQ_*."""

from __future__ import annotations

from nsmgr.kernel.traffic import flat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from nsmgr.model.attr import Value

FIELDS: flat.Fields = {
    1: ("limit", flat.NUMBER),
    2: ("flow_limit", flat.NUMBER),
    3: ("quantum", flat.NUMBER),
    4: ("initial_quantum", flat.NUMBER),
    5: ("pacing", flat.TRUTH),
    7: ("maxrate", flat.RATE),
    8: ("buckets", flat.LOG2),
    9: ("refill_delay", flat.MICROSECONDS),
    10: ("orphan_mask", flat.NUMBER),
    11: ("low_rate_threshold", flat.RATE),
    12: ("ce_threshold", flat.MICROSECONDS),
    13: ("timer_slack", flat.NANOSECONDS),
    14: ("horizon", flat.MICROSECONDS),
    15: ("horizon_drop", flat.TRUTH8),
}


def encode(attrs: Mapping[str, Any]) -> bytes:
    """The payload of TCA_OPTIONS."""
    return flat.encode(FIELDS, attrs)


def decode(options: bytes) -> dict[str, Value]:
    """Its opposite."""
    return flat.decode(FIELDS, options)
