"""tbf: linux/pkt_sched.h, TCA_TBF_*."""

from __future__ import annotations

import struct

from nsmgr.kernel.codec import attribute
from nsmgr.kernel.traffic import MAX, RATESPEC, U32, U64, attributes, ratespec, require, size_of, ticks, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from nsmgr.model.attr import Value

PARMS, RATE64, PRATE64, BURST, PBURST = 1, 4, 5, 6, 7
REST = struct.Struct("=III")  # of struct tc_tbf_qopt, after the two rates: limit, buffer and mtu in ticks


def encode(attrs: Mapping[str, Any]) -> bytes:
    """The burst goes twice: in bytes, which tbf_change prefers, and in ticks for struct tc_tbf_qopt."""
    rate, burst, peak = require(attrs, "rate"), require(attrs, "burst"), attrs.get("peakrate") or 0
    mtu = attrs.get("mtu") or 0
    overhead, mpu = attrs.get("overhead") or 0, attrs.get("mpu") or 0
    rest = REST.pack(require(attrs, "limit"), ticks(burst, rate), ticks(mtu, peak))
    said = attribute(PARMS, ratespec(rate, overhead, mpu) + ratespec(peak, overhead if peak else 0, mpu if peak else 0) + rest)
    said += attribute(BURST, U32.pack(burst))
    if rate // 8 > MAX:
        said += attribute(RATE64, U64.pack(rate // 8))
    if peak:
        said += attribute(PRATE64, U64.pack(peak // 8)) if peak // 8 > MAX else b""
        said += attribute(PBURST, U32.pack(mtu))
    return said


def decode(options: bytes) -> dict[str, Value]:
    """The burst comes back in ticks only, with the overhead of one packet in it (psched_l2t_ns)."""
    found = attributes(options)
    parms = found.get(PARMS, b"").ljust(2 * RATESPEC.size + REST.size, b"\0")
    _, _, overhead, _, mpu, rate = RATESPEC.unpack_from(parms)
    peak = RATESPEC.unpack_from(parms, RATESPEC.size)[5]
    limit, buffer, mtu = REST.unpack_from(parms, 2 * RATESPEC.size)
    rate = 8 * (unpack(U64, found[RATE64])[0] if RATE64 in found else rate)
    peak = 8 * (unpack(U64, found[PRATE64])[0] if PRATE64 in found else peak)
    return {
        "rate": rate,
        "burst": max(size_of(buffer, rate) - overhead, 0),
        "limit": limit,
        "peakrate": peak,
        "mtu": max(size_of(mtu, peak) - overhead, 0) if peak else 0,
        "overhead": overhead,
        "mpu": mpu,
    }
