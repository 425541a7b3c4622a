"""Traffic control on the wire: struct tcmsg, handles, rates and ticks; a module for each kind of qdisc and filter below.

Each has ``encode(attrs) -> bytes``, the payload of TCA_OPTIONS, and ``decode(options) -> attributes``, its opposite as far as the
kernel tells. Pure.
"""

from __future__ import annotations

import struct

from nsmgr.kernel.codec import CodecError, walk
from nsmgr.light import cache
from nsmgr.model.traffic import CLSACT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol

    from nsmgr.model.attr import Value

    class Codec(Protocol):
        """A module below this package."""

        encode: Callable[[Mapping[str, Any]], bytes]
        decode: Callable[[bytes], dict[str, Value]]


RTM_NEWQDISC, RTM_DELQDISC, RTM_GETQDISC = 36, 37, 38  # linux/rtnetlink.h
RTM_NEWTCLASS, RTM_DELTCLASS, RTM_GETTCLASS = 40, 41, 42
RTM_NEWTFILTER, RTM_DELTFILTER, RTM_GETTFILTER = 44, 45, 46
TCMSG = struct.Struct("=BxxxiIII")  # family, ifindex, handle, parent, info
TCA_KIND, TCA_OPTIONS, TCA_STAB, TCA_CHAIN = 1, 2, 8, 11
PARENTS: Mapping[str, int] = {"root": 0xFFFFFFFF, "ingress": 0xFFFFFFF1}  # linux/pkt_sched.h: TC_H_ROOT, TC_H_INGRESS
HOOKS: Mapping[str, int] = {"ingress": 0xFFFFFFF2, "egress": 0xFFFFFFF3}  # TC_H_MIN_INGRESS, TC_H_MIN_EGRESS below TC_H_CLSACT
U32, S32, U64 = struct.Struct("=I"), struct.Struct("=i"), struct.Struct("=Q")
RATESPEC = struct.Struct("=BBHhHI")  # struct tc_ratespec: cell_log, linklayer, overhead, cell_align, mpu, rate
LINKLAYER_ETHERNET = 1  # else the kernel wants to guess it from a rate table (__detect_linklayer)
NS_PER_TICK = 64  # PSCHED_SHIFT; /proc/net/psched
MAX = 0xFFFFFFFF


@cache
def codec(place: str, kind: str) -> Codec:
    """The module of a kind: ``codec("qdiscs", "netem")``."""
    module: Any = __import__(f"{__name__}.{place}.{kind}", fromlist=("encode",))
    found: Codec = module
    return found


def number(text: Any) -> int:
    """``1:`` and ``1:10`` as the kernel has them."""
    major, _, minor = str(text).partition(":")
    return int(major, 16) << 16 | int(minor or "0", 16)


def text(number: int) -> str:
    """The opposite of :func:`number`."""
    major, minor = number >> 16, number & 0xFFFF
    return f"{major:x}:{minor:x}" if minor else f"{major:x}:"


def options(datagram: bytes, start: int, end: int) -> tuple[str, bytes, int]:
    """(kind, TCA_OPTIONS, chain) of a message's attributes."""
    kind, payload, chain = "", b"", 0
    for attribute, s, e in walk(datagram, start, end):
        if attribute == TCA_KIND:
            kind = datagram[s:e].rstrip(b"\0").decode()
        elif attribute == TCA_OPTIONS:
            payload = bytes(datagram[s:e])
        elif attribute == TCA_CHAIN and e - s >= 4:
            (chain,) = U32.unpack_from(datagram, s)
    return kind, payload, chain


def attributes(payload: bytes, start: int = 0) -> dict[int, bytes]:
    """Number → value of a nest that has each but once."""
    return {attribute: payload[s:e] for attribute, s, e in walk(payload, start, len(payload))}


def unpack(form: struct.Struct, payload: bytes) -> tuple[Any, ...]:
    """The struct at the beginning; a payload that is too short is filled up with zeros, as an older kernel would mean it."""
    return form.unpack_from(payload.ljust(form.size, b"\0"))


# ----------------------------------------------------------------------------------------------------------- rates and ticks


def ratespec(rate: int, overhead: int = 0, mpu: int = 0) -> bytes:
    """For a rate in bits a second; one that does not fit is told by a 64-bit attribute beside it."""
    return RATESPEC.pack(0, LINKLAYER_ETHERNET if rate else 0, overhead, 0, mpu, min(rate // 8, MAX))


def ticks(size: int, rate: int) -> int:
    """How long ``size`` bytes take, rounded up."""
    if not rate:
        return 0
    return min(-(-size * 8 * 10**9 // rate // NS_PER_TICK), MAX)


def size_of(time: int, rate: int) -> int:
    """How many bytes take so many ticks."""
    return time * NS_PER_TICK * rate // (8 * 10**9)


def require(attrs: Mapping[str, Any], name: str) -> Any:
    """An attribute that the kernel cannot do without."""
    value = attrs.get(name)
    if value is None:
        raise CodecError(f"`{name}` is missing", name)
    return value


__all__ = ["CLSACT", "CodecError"]
