"""Options of a bridge's VLANs as a whole: RTM_NEWVLAN and RTM_GETVLAN with BRIDGE_VLANDB_GLOBAL_OPTIONS (br_vlan_options.c)."""

from __future__ import annotations

import errno
import struct

from nsmgr.errors import KernelError
from nsmgr.kernel.codec import NLA_F_NESTED, CodecError, attribute, walk
from nsmgr.kernel.things.vlans import AF_BRIDGE, BR_VLAN_MSG, RTM_GETVLAN, RTM_NEWVLAN, missing
from nsmgr.kernel.wire import NLM_F_DUMP, U16, U32, FdOf, Span, message
from nsmgr.model import bridging
from nsmgr.plan.plan import Step
from nsmgr.plan.state import Thing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nsmgr.kernel.netns import Netns

# linux/if_bridge.h
DUMP_FLAGS, DUMPF_GLOBAL = 1, 1 << 1
GLOBAL_OPTIONS, ID, RANGE = 2, 1, 2
U8, U64 = struct.Struct("=B"), struct.Struct("=Q")
CLOCK = 10  # milliseconds of a clock_t
# option → attribute (BRIDGE_VLANDB_GOPTS_*), its size
OPTIONS: Mapping[str, tuple[int, struct.Struct]] = {
    "msti": (18, U16),
    "mcast_snooping": (3, U8),
    "mcast_querier": (15, U8),
    "mcast_igmp_version": (4, U8),
    "mcast_mld_version": (5, U8),
    "mcast_last_member_count": (6, U32),
    "mcast_startup_query_count": (7, U32),
    "mcast_last_member_interval": (8, U64),
    "mcast_membership_interval": (10, U64),
    "mcast_querier_interval": (11, U64),
    "mcast_query_interval": (12, U64),
    "mcast_query_response_interval": (13, U64),
    "mcast_startup_query_interval": (14, U64),
}
BY_NUMBER = {number: (name, size) for name, (number, size) in OPTIONS.items()}
TRUTHS = ("mcast_snooping", "mcast_querier")
DUMP = message(RTM_GETVLAN, NLM_F_DUMP, BR_VLAN_MSG.pack(AF_BRIDGE, 0, 0, 0) + attribute(DUMP_FLAGS, U32.pack(DUMPF_GLOBAL)))


def ask(handle: Netns) -> list[Span]:
    """Of all bridges; nothing where the kernel has no VLANs of bridges."""
    try:
        return handle.socket.dump_spans(DUMP)
    except KernelError as error:
        if error.errno == errno.EOPNOTSUPP:
            return []
        raise


def decode(answer: list[Span], names: Mapping[int, str]) -> Iterator[Thing]:
    """One thing for each bridge; what is as in every new VLAN is left out."""
    found: dict[int, dict[str, dict[int, str]]] = {}
    for datagram, start, end in answer:
        if end - start < BR_VLAN_MSG.size:
            raise CodecError(f"{end - start} bytes are no struct br_vlan_msg")
        options = found.setdefault(BR_VLAN_MSG.unpack_from(datagram, start)[3], {})
        for number, s, e in walk(datagram, start + BR_VLAN_MSG.size, end):
            if number == GLOBAL_OPTIONS:
                _options(datagram, s, e, options)
    for index, options in found.items():
        if index in names:
            yield Thing("vlan_options", names[index], names[index], {name: bridging.texts(v) for name, v in options.items()})


def _options(datagram: bytes, start: int, end: int, found: dict[str, dict[int, str]]) -> None:
    first = last = 0
    told: dict[str, str] = {}
    for number, s, e in walk(datagram, start, end):
        size = U16 if number in (ID, RANGE) else BY_NUMBER[number][1] if number in BY_NUMBER else None
        if size is None:
            continue
        if e - s < size.size:
            raise CodecError(f"{e - s} bytes where {size.size} belong", "BRIDGE_VLANDB_GLOBAL_OPTIONS")
        value: int = size.unpack_from(datagram, s)[0]
        if number == ID:
            first = value
        elif number == RANGE:
            last = value
        else:
            name = BY_NUMBER[number][0]
            told[name] = str(bool(value)).lower() if name in TRUTHS else str(value * CLOCK if size is U64 else value)
    for name, word in told.items():
        if word != bridging.GLOBAL_DEFAULTS[name]:
            found.setdefault(name, {}).update(dict.fromkeys(range(first, (last or first) + 1), word))


def encode(step: Step, fd_of: FdOf) -> list[bytes]:
    """Everything that is described, as ranges of equal options."""
    attrs = step.obj.attrs
    told: dict[int, bytes] = {}
    try:
        for name, (number, size) in OPTIONS.items():
            for vlan, word in bridging.by_vlan(attrs.get(name) or ()).items():
                value = int(word == "true") if name in TRUTHS else int(word) // (CLOCK if size is U64 else 1)
                told[vlan] = told.get(vlan, b"") + attribute(number, size.pack(value))
        return [_message(step.index, first, last, options) for first, last, options in bridging.runs(told)]
    except (ValueError, struct.error) as error:
        raise CodecError(str(error), "vlan_options") from None


def _message(index: int, first: int, last: int, options: bytes) -> bytes:
    where = attribute(ID, U16.pack(first)) + (attribute(RANGE, U16.pack(last)) if last > first else b"")
    body = BR_VLAN_MSG.pack(AF_BRIDGE, 0, 0, index) + attribute(GLOBAL_OPTIONS | NLA_F_NESTED, where + options)
    return message(RTM_NEWVLAN, 0, body)


__all__ = ["ask", "decode", "encode", "missing"]
