"""netem: struct tc_netem_qopt with attributes behind it, linux/pkt_sched.h, TCA_NETEM_*."""

from __future__ import annotations

import struct

from nsmgr.kernel.codec import attribute
from nsmgr.kernel.payload import NLA_F_NESTED
from nsmgr.kernel.traffic import MAX, NS_PER_TICK, U32, U64, attributes, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from nsmgr.model.attr import Value

QOPT = struct.Struct("=IIIIII")  # latency and jitter in ticks: latency, limit, loss, gap, duplicate, jitter
CORR, DELAY_DIST, REORDER, CORRUPT, LOSS, RATE, ECN, RATE64 = 1, 2, 3, 4, 5, 6, 7, 8
LATENCY64, JITTER64, SLOT, PRNG_SEED = 10, 11, 12, 14
LOSS_GI, LOSS_GE = 1, 2
CORRELATIONS, PAIR = struct.Struct("=III"), struct.Struct("=II")
RATES = struct.Struct("=IiIi")  # rate, packet_overhead, cell_size, cell_overhead
SLOTS = struct.Struct("=qqiiqq")  # min_delay, max_delay, max_packets, max_bytes, dist_delay, dist_jitter
STATE, GEMODEL = struct.Struct("=IIIII"), struct.Struct("=IIII")
S64 = struct.Struct("=q")
WHOLE = 10**9  # 100%: parts of a thousand million here, of 2^32 - 1 there


def share(parts: int) -> int:
    """A probability as the kernel has it."""
    return round(parts * MAX / WHOLE)


def parts(share: int) -> int:
    """The opposite of :func:`share`; exact, for there are four numbers there for each one here."""
    return round(share * WHOLE / MAX)


def encode(attrs: Mapping[str, Any]) -> bytes:
    """Everything, also what is off: netem_change leaves alone what it is not told, but for the struct and the model of loss."""

    def value(name: str) -> Any:
        return attrs.get(name) or 0

    def shares(*names: str) -> list[int]:
        return [share(value(name)) for name in names]

    delay, jitter = value("delay"), value("jitter")
    said = QOPT.pack(
        min(delay // NS_PER_TICK, MAX),
        attrs.get("limit") or 1000,
        share(value("loss")),
        value("gap"),
        share(value("duplicate")),
        min(jitter // NS_PER_TICK, MAX),
    )
    said += attribute(CORR, CORRELATIONS.pack(*shares("delay_correlation", "loss_correlation", "duplicate_correlation")))
    said += attribute(REORDER, PAIR.pack(*shares("reorder", "reorder_correlation")))
    said += attribute(CORRUPT, PAIR.pack(*shares("corrupt", "corrupt_correlation")))
    said += _loss(attrs)
    rate = value("rate") // 8
    if rate > MAX:
        said += attribute(RATE64, U64.pack(rate))
    said += attribute(RATE, RATES.pack(min(rate, MAX), value("packet_overhead"), value("cell_size"), value("cell_overhead")))
    said += attribute(ECN, U32.pack(bool(value("ecn"))))
    said += attribute(LATENCY64, S64.pack(delay)) + attribute(JITTER64, S64.pack(jitter))
    slots = [value(name) for name in ("slot_min", "slot_max", "slot_packets", "slot_bytes")]
    said += attribute(SLOT, SLOTS.pack(*slots, 0, 0))
    if attrs.get("seed") is not None:
        said += attribute(PRNG_SEED, U64.pack(attrs["seed"]))
    if attrs.get("distribution") not in (None, "uniform"):
        from nsmgr.kernel.traffic.distributions import table

        said += attribute(DELAY_DIST, table(attrs["distribution"]))
    return said


def _loss(attrs: Mapping[str, Any]) -> bytes:
    if attrs.get("loss_state"):
        p13, p31, p32, p23, p14 = map(share, attrs["loss_state"])
        return attribute(LOSS | NLA_F_NESTED, attribute(LOSS_GI, STATE.pack(p13, p31, p32, p14, p23)))
    if attrs.get("loss_gemodel"):
        p, r, not_h, not_k = map(share, attrs["loss_gemodel"])
        return attribute(LOSS | NLA_F_NESTED, attribute(LOSS_GE, GEMODEL.pack(p, r, MAX - not_h, not_k)))
    return b""


def decode(options: bytes) -> dict[str, Value]:
    """All but the distribution, which the kernel keeps to itself."""
    latency, limit, loss, gap, duplicate, jitter = unpack(QOPT, options)
    found = attributes(options, QOPT.size) if len(options) > QOPT.size else {}
    delay_corr, loss_corr, dup_corr = map(parts, unpack(CORRELATIONS, found.get(CORR, b"")))
    reorder, reorder_corr = map(parts, unpack(PAIR, found.get(REORDER, b"")))
    corrupt, corrupt_corr = map(parts, unpack(PAIR, found.get(CORRUPT, b"")))
    rate, packet_overhead, cell_size, cell_overhead = unpack(RATES, found.get(RATE, b""))
    slot_min, slot_max, slot_packets, slot_bytes, _, _ = unpack(SLOTS, found.get(SLOT, b""))
    attrs: dict[str, Value] = {
        "limit": limit,
        "delay": unpack(S64, found[LATENCY64])[0] if LATENCY64 in found else latency * NS_PER_TICK,
        "jitter": unpack(S64, found[JITTER64])[0] if JITTER64 in found else jitter * NS_PER_TICK,
        "delay_correlation": delay_corr,
        "loss": parts(loss),
        "loss_correlation": loss_corr,
        "duplicate": parts(duplicate),
        "duplicate_correlation": dup_corr,
        "corrupt": corrupt,
        "corrupt_correlation": corrupt_corr,
        "reorder": reorder,
        "reorder_correlation": reorder_corr,
        "gap": gap,
        "rate": 8 * (unpack(U64, found[RATE64])[0] if RATE64 in found else rate),
        "packet_overhead": packet_overhead,
        "cell_size": cell_size,
        "cell_overhead": cell_overhead,
        "slot_min": slot_min,
        "slot_max": slot_max,
        "slot_packets": slot_packets,
        "slot_bytes": slot_bytes,
        "ecn": bool(unpack(U32, found.get(ECN, b""))[0]),
    }
    model = attributes(found.get(LOSS, b""))
    if LOSS_GI in model:
        p13, p31, p32, p14, p23 = map(parts, unpack(STATE, model[LOSS_GI]))
        attrs["loss_state"] = (p13, p31, p32, p23, p14)
    if LOSS_GE in model:
        p, r, h, k1 = unpack(GEMODEL, model[LOSS_GE])
        attrs["loss_gemodel"] = (parts(p), parts(r), parts(MAX - h), parts(k1))
    if PRNG_SEED in found:
        attrs["seed"] = unpack(U64, found[PRNG_SEED])[0]
    return attrs
