"""RTA_METRICS: what a route tells TCP and the path (ip_metrics_convert, net/ipv4/metrics.c). Pure.

Canonical values: numbers; rtt, rttvar and rto_min milliseconds; quickack and fastopen_no_cookie booleans; congctl a name; features
and lock tuples of names.
"""

from __future__ import annotations

import struct

from nsmgr.kernel.codec import Buffer, CodecError, attribute, walk
from nsmgr.model.attr import Value
from nsmgr.model.words import FEATURES, METRICS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_U32 = struct.Struct("=I")
_NAMES: Mapping[int, str] = {number: name for name, number in METRICS.items()}
_RTAX_LOCK, _RTAX_FEATURES, _RTAX_CC_ALGO = 1, 12, 16
_PARTS = {"rtt": 8, "rttvar": 4}  # units in a millisecond: tp->srtt_us >> 3, tp->mdev_us >> 2
_RTO_MIN = 1 << METRICS["rto_min"]
_SWITCHES = frozenset(("quickack", "fastopen_no_cookie"))


def encode_metrics(attrs: Mapping[str, Value]) -> bytes:
    """Those among the attributes. The kernel heeds rto_min only where it is locked (tcp_rto_min), so that it always is."""
    parts = [encode_metric(name, value) for name, value in attrs.items() if name in METRICS and name != "lock"]
    lock = attrs.get("lock", ())
    bits = sum(1 << METRICS.get(name, 0) for name in lock) if isinstance(lock, tuple) else 0
    bits |= _RTO_MIN if attrs.get("rto_min") else 0
    return b"".join([attribute(_RTAX_LOCK, _U32.pack(bits)), *parts] if bits else parts)


def encode_metric(name: str, value: Value) -> bytes:
    """One RTAX_* attribute."""
    if name == "congctl":
        return attribute(_RTAX_CC_ALGO, str(value).encode() + b"\0")
    if name == "features":
        if not isinstance(value, tuple):
            raise CodecError(f"{value!r} is no list of names", name)
        value = sum(FEATURES.get(part, 0) for part in value)
    if not isinstance(value, int):
        raise CodecError(f"{value!r} is no number", name)
    try:
        return attribute(METRICS[name], _U32.pack(value * _PARTS.get(name, 1)))
    except struct.error:
        raise CodecError(f"{value!r} does not fit", name) from None


def decode_metrics(buf: Buffer, start: int, end: int, attrs: dict[str, Value]) -> None:
    """Put those that there are into ``attrs``. The kernel leaves those out that are 0 (rtnetlink_put_metrics)."""
    for number, s, e in walk(buf, start, end):
        name = _NAMES.get(number)
        if name is None:
            continue
        if number == _RTAX_CC_ALGO:
            attrs[name] = bytes(buf[s:e]).rstrip(b"\0").decode(errors="surrogateescape")
            continue
        if e - s != 4:
            raise CodecError(f"{e - s} bytes where 4 belong", name)
        (value,) = _U32.unpack_from(buf, s)
        if number == _RTAX_LOCK:
            if value & ~_RTO_MIN:
                attrs[name] = tuple(metric for metric, bit in METRICS.items() if value >> bit & 1 and metric != "rto_min")
        elif number == _RTAX_FEATURES:
            attrs[name] = tuple(feature for feature, bit in FEATURES.items() if value & bit)
        elif name in _SWITCHES:
            attrs[name] = bool(value)
        else:
            attrs[name] = value // _PARTS.get(name, 1)
