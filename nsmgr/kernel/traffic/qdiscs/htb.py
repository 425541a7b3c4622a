"""htb: linux/pkt_sched.h, TCA_HTB_*; of the qdisc and of its classes."""

from __future__ import annotations

import struct

from nsmgr.kernel.codec import attribute
from nsmgr.kernel.traffic import MAX, RATESPEC, U32, U64, attributes, ratespec, require, size_of, ticks, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from nsmgr.model.attr import Value

PARMS, INIT, DIRECT_QLEN, RATE64, CEIL64 = 1, 2, 5, 6, 7
GLOB = struct.Struct("=IIIII")  # struct tc_htb_glob: version, rate2quantum, defcls, debug, direct_pkts
REST = struct.Struct("=IIIII")  # of struct tc_htb_opt, after the two rates: buffer, cbuffer in ticks, quantum, level, prio
VERSION = 3  # HTB_VER >> 16
BURST = 1600  # what tc(8) gives a class that has none written


def encode(attrs: Mapping[str, Any]) -> bytes:
    """The options of the qdisc."""
    said = attribute(INIT, GLOB.pack(VERSION, attrs.get("r2q") or 10, int(attrs.get("default") or "0", 16), 0, 0))
    return said if attrs.get("direct_qlen") is None else said + attribute(DIRECT_QLEN, U32.pack(attrs["direct_qlen"]))


def decode(options: bytes) -> dict[str, Value]:
    """Its opposite."""
    found = attributes(options)
    _, r2q, default, _, _ = unpack(GLOB, found.get(INIT, b""))
    attrs: dict[str, Value] = {"default": f"{default:x}", "r2q": r2q}
    if DIRECT_QLEN in found:
        attrs["direct_qlen"] = unpack(U32, found[DIRECT_QLEN])[0]
    return attrs


def encode_class(attrs: Mapping[str, Any]) -> bytes:
    """The options of a class. A quantum of 0 is computed from the rate (htb_change_class)."""
    rate = require(attrs, "rate")
    ceil = attrs.get("ceil") or rate
    bursts = ticks(attrs.get("burst") or BURST, rate), ticks(attrs.get("cburst") or BURST, ceil)
    rest = REST.pack(*bursts, attrs.get("quantum") or 0, 0, attrs.get("prio") or 0)
    said = attribute(PARMS, ratespec(rate) + ratespec(ceil) + rest)
    if rate // 8 > MAX:
        said += attribute(RATE64, U64.pack(rate // 8))
    return said + attribute(CEIL64, U64.pack(ceil // 8)) if ceil // 8 > MAX else said


def decode_class(options: bytes) -> dict[str, Value]:
    """Its opposite."""
    found = attributes(options)
    parms = found.get(PARMS, b"").ljust(2 * RATESPEC.size + REST.size, b"\0")
    rate, ceil = RATESPEC.unpack_from(parms)[5], RATESPEC.unpack_from(parms, RATESPEC.size)[5]
    buffer, cbuffer, quantum, _, prio = REST.unpack_from(parms, 2 * RATESPEC.size)
    rate = 8 * (unpack(U64, found[RATE64])[0] if RATE64 in found else rate)
    ceil = 8 * (unpack(U64, found[CEIL64])[0] if CEIL64 in found else ceil)
    return {
        "rate": rate,
        "ceil": ceil,
        "burst": size_of(buffer, rate),
        "cburst": size_of(cbuffer, ceil),
        "prio": prio,
        "quantum": quantum,
    }
