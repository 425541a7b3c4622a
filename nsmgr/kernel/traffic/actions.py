"""What filters do: the nest of actions (net/sched/act_api.c), those of gact, police and mirred. Pure."""

from __future__ import annotations

import struct

from nsmgr.kernel.codec import attribute, walk
from nsmgr.kernel.payload import NLA_F_NESTED
from nsmgr.kernel.traffic import MAX, RATESPEC, S32, U64, attributes, ratespec, require, size_of, ticks, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from nsmgr.model.attr import Value

ACT_KIND, ACT_OPTIONS = 1, 2
RESULTS: Mapping[str, int] = {"continue": -1, "pass": 0, "reclassify": 1, "drop": 2, "pipe": 3}  # linux/pkt_cls.h: TC_ACT_*
STOLEN = 4
PARMS = 2  # TCA_GACT_PARMS, TCA_MIRRED_PARMS
GEN = struct.Struct("=IIiii")  # tc_gen: index, capab, action, refcnt, bindcnt
MIRRED = struct.Struct("=IIiiiiI")  # tc_gen, eaction, ifindex
EGRESS_REDIR, EGRESS_MIRROR = 1, 2
POLICE_TBF, POLICE_RATE, POLICE_RESULT, POLICE_RATE64 = 1, 2, 5, 8
POLICE_HEAD, POLICE_TAIL = struct.Struct("=IiIII"), struct.Struct("=iiI")  # struct tc_police, around its two rates
TABLE_CELLS = 256
# How a filter's actions stand one after the other.
ORDER = ("police", "mirror", "redirect", "action")


def encode(attrs: Mapping[str, Any], indexes: Mapping[str, int]) -> bytes:
    """The content of TCA_…_ACT, b"" for none. ``indexes``: of the links that are named."""
    said = []
    if attrs.get("police"):
        said.append(("police", _police(attrs)))
    for name, eaction, result in (("mirror", EGRESS_MIRROR, RESULTS["pipe"]), ("redirect", EGRESS_REDIR, STOLEN)):
        if attrs.get(name):
            body = MIRRED.pack(0, 0, result, 0, 0, eaction, indexes.get(attrs[name], 0))
            said.append(("mirred", attribute(PARMS, body)))
    if attrs.get("action"):
        said.append(("gact", attribute(PARMS, GEN.pack(0, 0, RESULTS[attrs["action"]], 0, 0))))
    return b"".join(
        attribute(
            number | NLA_F_NESTED,
            attribute(ACT_KIND, kind.encode() + b"\0") + attribute(ACT_OPTIONS | NLA_F_NESTED, body),
        )
        for number, (kind, body) in enumerate(said, 1)
    )


def _police(attrs: Mapping[str, Any]) -> bytes:
    """The rate table is only looked at for its length and presence (qdisc_get_rtab); its cells are times of 8, 16 … bytes."""
    rate, burst = attrs["police"], require(attrs, "police_burst")
    mtu = attrs.get("police_mtu") or 2047
    cell_log = max((mtu >> 8).bit_length(), 3)
    spec = ratespec(rate)
    head = POLICE_HEAD.pack(0, RESULTS[attrs.get("exceed", "drop")], 0, ticks(burst, rate), mtu)
    said = attribute(POLICE_TBF, head + bytes([cell_log]) + spec[1:] + bytes(RATESPEC.size) + POLICE_TAIL.pack(0, 0, 0))
    cells = [ticks((cell + 1) << cell_log, rate) for cell in range(TABLE_CELLS)]
    said += attribute(POLICE_RATE, struct.pack(f"={TABLE_CELLS}I", *cells))
    said += attribute(POLICE_RESULT, S32.pack(RESULTS[attrs.get("conform", "pass")]))
    return said + attribute(POLICE_RATE64, U64.pack(rate // 8)) if rate // 8 > MAX else said


def decode(payload: bytes, names: Mapping[int, str]) -> dict[str, Value]:
    """The opposite; ``action: "?…"`` where what is done cannot be said in our words."""
    attrs: dict[str, Value] = {}
    last = -1
    for kind, options in _actions(payload):
        found = _action(kind, options, names)
        place = ORDER.index(next(iter(found))) if found else -1
        if place <= last:
            return {"action": f"?{kind}"}
        last = place
        attrs |= found
    return attrs


def _actions(payload: bytes) -> Iterator[tuple[str, bytes]]:
    for _, start, end in walk(payload, 0, len(payload)):
        found = attributes(payload[start:end])
        yield found.get(ACT_KIND, b"").rstrip(b"\0").decode(), found.get(ACT_OPTIONS, b"")


def _action(kind: str, options: bytes, names: Mapping[int, str]) -> dict[str, Value]:
    """The attributes of one action, the one that names it first; {} for one that we cannot say."""
    found = attributes(options)
    results = {number: name for name, number in RESULTS.items()}
    if kind == "gact":
        result = unpack(GEN, found.get(PARMS, b""))[2]
        return {"action": results[result]} if result in results else {}
    if kind == "mirred":
        *_, eaction, index = unpack(MIRRED, found.get(PARMS, b""))
        name = {EGRESS_REDIR: "redirect", EGRESS_MIRROR: "mirror"}.get(eaction)
        # A link that is gone leaves index 0 behind (mirred_device_event).
        return {name: names.get(index, f"#{index}")} if name else {}
    if kind == "police":
        parms = found.get(POLICE_TBF, b"").ljust(POLICE_HEAD.size + RATESPEC.size, b"\0")
        _, exceed, _, burst, mtu = POLICE_HEAD.unpack_from(parms)
        rate = RATESPEC.unpack_from(parms, POLICE_HEAD.size)[5]
        rate = 8 * (unpack(U64, found[POLICE_RATE64])[0] if POLICE_RATE64 in found else rate)
        conform = unpack(S32, found.get(POLICE_RESULT, b""))[0]
        if exceed not in results or conform not in results or not rate:
            return {}
        return {
            "police": rate,
            "police_burst": size_of(burst, rate),
            "police_mtu": mtu,
            "exceed": results[exceed],
            "conform": results[conform],
        }
    return {}
