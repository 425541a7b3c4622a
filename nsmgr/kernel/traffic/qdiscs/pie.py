"""pie: linux/pkt_sched.h, TCA_PIE_*."""

from __future__ import annotations

from nsmgr.kernel.traffic import flat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from nsmgr.model.attr import Value

FIELDS: flat.Fields = {
    1: ("target", flat.MICROSECONDS),
    2: ("limit", flat.NUMBER),
    3: ("tupdate", flat.MICROSECONDS),
    4: ("alpha", flat.NUMBER),
    5: ("beta", flat.NUMBER),
    6: ("ecn", flat.TRUTH),
    7: ("bytemode", flat.TRUTH),
    8: ("dq_rate_estimator", flat.TRUTH),
}


def encode(attrs: Mapping[str, Any]) -> bytes:
    """The payload of TCA_OPTIONS."""
    return flat.encode(FIELDS, attrs)


def decode(options: bytes) -> dict[str, Value]:
    """Its opposite."""
    return flat.decode(FIELDS, options)
