"""VLANs of bridges and their ports: RTM_SETLINK, DELLINK, GETLINK of AF_BRIDGE (membership, tunnels), RTM_NEWVLAN (options).

Encoded by hand: pyroute2's filter gives ranges wrong flags, and an id above 4095 an empty message. net/bridge/br_netlink.c,
br_netlink_tunnel.c, br_vlan_options.c.
"""

from __future__ import annotations

import errno
import struct

from nsmgr.errors import KernelError, errno_text
from nsmgr.kernel.codec import NLA_F_NESTED, CodecError, attribute, walk
from nsmgr.kernel.dumps import IFLA_EXT_MASK
from nsmgr.kernel.wire import IFINFOMSG, NLM_F_DUMP, RTM_DELLINK, RTM_GETLINK, U16, U32, FdOf, Span, message
from nsmgr.model import bridging
from nsmgr.plan.plan import Step, Verb
from nsmgr.plan.state import Thing
from nsmgr.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from nsmgr.kernel.netns import Netns
    from nsmgr.model.attr import Value

AF_BRIDGE = 7
RTM_SETLINK, RTM_NEWVLAN, RTM_GETVLAN = 19, 112, 114  # linux/rtnetlink.h
RTEXT_FILTER_BRVLAN_COMPRESSED = 1 << 2
IFLA_MASTER, IFLA_AF_SPEC = 10, 26  # linux/if_link.h
# linux/if_bridge.h
IFLA_BRIDGE_FLAGS, IFLA_BRIDGE_VLAN_INFO, IFLA_BRIDGE_VLAN_TUNNEL_INFO = 0, 2, 3
BRIDGE_FLAGS_SELF = 2
PVID, UNTAGGED, RANGE_BEGIN, RANGE_END, ONLY_OPTS = 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 6  # BRIDGE_VLAN_INFO_*
WORDS = {0: "", PVID: "pvid", UNTAGGED: "untagged", PVID | UNTAGGED: "pvid untagged"}
TUNNEL_ID, TUNNEL_VID, TUNNEL_FLAGS = 1, 2, 3
ENTRY, ENTRY_INFO, ENTRY_RANGE = 1, 1, 2  # BRIDGE_VLANDB_ENTRY, and what is in it
VLAN_INFO = struct.Struct("=HH")  # flags, vid
BR_VLAN_MSG = struct.Struct("=BBHI")  # family, reserved, reserved, ifindex

STATES = ("disabled", "listening", "learning", "forwarding", "blocking")  # BR_STATE_*
ROUTER = ("disabled", "auto", "permanent")  # MDB_RTR_TYPE_*
# option → attribute (BRIDGE_VLANDB_ENTRY_*), its size, words
OPTIONS: Mapping[str, tuple[int, struct.Struct, Sequence[str]]] = {
    "state": (3, struct.Struct("=B"), STATES),
    "mcast_router": (6, struct.Struct("=B"), ROUTER),
    "mcast_max_groups": (8, U32, ()),
    "neigh_suppress": (9, struct.Struct("=B"), ("false", "true")),
}
BY_NUMBER = {number: (name, size, words) for name, (number, size, words) in OPTIONS.items()}

DUMP = message(
    RTM_GETLINK,
    NLM_F_DUMP,
    IFINFOMSG.pack(AF_BRIDGE, 0, 0, 0, 0) + attribute(IFLA_EXT_MASK, U32.pack(RTEXT_FILTER_BRVLAN_COMPRESSED)),
)
DUMP_OPTIONS = message(RTM_GETVLAN, NLM_F_DUMP, BR_VLAN_MSG.pack(AF_BRIDGE, 0, 0, 0))


class Answered(Record):
    """Members and tunnels of bridges and ports; options of their VLANs, where they were asked for."""

    members: list[Span]
    options: list[Span]


def ask(handle: Netns) -> Answered:
    """All there is; nothing where the kernel has no VLANs of bridges."""
    try:
        options = handle.socket.dump_spans(DUMP_OPTIONS)
    except KernelError as error:
        if error.errno == errno.EOPNOTSUPP:
            return Answered([], [])
        raise
    return Answered(handle.socket.dump_spans(DUMP), options)


def ask_about(handle: Netns, declared: Sequence[Thing]) -> Answered:
    """Where VLANs are described, options only if some are as well: they are ten times the bytes."""
    if declared and not any(name in thing.attrs for thing in declared for name in OPTIONS):
        spans = handle.socket.dump_spans(DUMP)
        if any(attrs["vlans"] for *_, attrs in map(_port, spans)):
            return Answered(spans, [])
    return ask(handle)


def missing(handle: Netns, kinds: Iterable[str]) -> dict[str, str]:
    """RTM_GETVLAN has no handler without CONFIG_BRIDGE_VLAN_FILTERING (br_vlan_rtnl_init), and none before Linux 5.6."""
    try:
        handle.socket.dump_spans(DUMP_OPTIONS)
    except KernelError as error:
        if error.errno == errno.EOPNOTSUPP:
            words = f"{errno_text(error.errno)}, it takes CONFIG_BRIDGE_VLAN_FILTERING"
            return dict.fromkeys(kinds, words)
        raise
    return {}


def decode(answer: Answered, names: Mapping[int, str]) -> Iterator[Thing]:
    """One thing for each bridge and port, be it a member of nothing. Options that are as in every new VLAN are left out."""
    options: dict[int, dict[str, dict[int, str]]] = {}
    for datagram, start, end in answer.options:
        if end - start < BR_VLAN_MSG.size:
            raise CodecError(f"{end - start} bytes are no struct br_vlan_msg")
        index = BR_VLAN_MSG.unpack_from(datagram, start)[3]
        for number, s, e in walk(datagram, start + BR_VLAN_MSG.size, end):
            if number == ENTRY:
                _options(datagram, s, e, options.setdefault(index, {}))
    for index, master, attrs in map(_port, answer.members):
        if not master or index not in names:  # without: a network card that has a bridge inside (ndo_dflt_bridge_getlink)
            continue
        if master == index:
            attrs["self"] = True
        attrs |= {name: bridging.texts(values) for name, values in options.get(index, {}).items()}
        yield Thing("vlans", names[index], names[index], attrs)


def _port(span: Span) -> tuple[int, int, dict[str, Value]]:
    """Index, that of the bridge, members and tunnels."""
    datagram, start, end = span
    if end - start < IFINFOMSG.size:
        raise CodecError(f"{end - start} bytes are no struct ifinfomsg")
    master = 0
    attrs: dict[str, Value] = {"vlans": (), "tunnels": ()}
    for number, s, e in walk(datagram, start + IFINFOMSG.size, end):
        if number == IFLA_MASTER:
            master = _number(U32, datagram, s, e)
        elif number == IFLA_AF_SPEC:
            attrs = _members(datagram, s, e)
    return IFINFOMSG.unpack_from(datagram, start)[2], master, attrs


def _number(size: struct.Struct, datagram: bytes, start: int, end: int) -> int:
    if end - start < size.size:
        raise CodecError(f"{end - start} bytes where {size.size} belong")
    found: int = size.unpack_from(datagram, start)[0]
    return found


def _members(datagram: bytes, start: int, end: int) -> dict[str, Value]:
    members: list[tuple[int, int, str]] = []
    tunnels: list[tuple[int, int, int]] = []
    first, low = 0, (0, 0)
    for number, s, e in walk(datagram, start, end):
        if number == IFLA_BRIDGE_VLAN_INFO:
            if e - s < VLAN_INFO.size:
                raise CodecError(f"{e - s} bytes are no struct bridge_vlan_info", "IFLA_BRIDGE_VLAN_INFO")
            flags, vid = VLAN_INFO.unpack_from(datagram, s)
            if flags & RANGE_BEGIN:
                first = vid
            else:
                members.append((first if flags & RANGE_END else vid, vid, WORDS[flags & (PVID | UNTAGGED)]))
        elif number == IFLA_BRIDGE_VLAN_TUNNEL_INFO:
            tunnel, vid, flags = _tunnel(datagram, s, e)
            if flags & RANGE_BEGIN:
                low = (vid, tunnel)
            else:
                tunnels.append((low[0], vid, low[1]) if flags & RANGE_END else (vid, vid, tunnel))
    return {"vlans": bridging.run_texts(bridging.joined(members)), "tunnels": bridging.tunnel_texts(tunnels)}


def _tunnel(datagram: bytes, start: int, end: int) -> tuple[int, int, int]:
    tunnel = vid = flags = 0
    for number, s, e in walk(datagram, start, end):
        if number == TUNNEL_ID:
            tunnel = _number(U32, datagram, s, e)
        elif number == TUNNEL_VID:
            vid = _number(U16, datagram, s, e)
        elif number == TUNNEL_FLAGS:
            flags = _number(U16, datagram, s, e)
    return tunnel, vid, flags


def _options(datagram: bytes, start: int, end: int, found: dict[str, dict[int, str]]) -> None:
    first = last = 0
    told: dict[str, str] = {}
    for number, s, e in walk(datagram, start, end):
        if number == ENTRY_INFO:
            if e - s < VLAN_INFO.size:
                raise CodecError(f"{e - s} bytes are no struct bridge_vlan_info", "BRIDGE_VLANDB_ENTRY_INFO")
            first = VLAN_INFO.unpack_from(datagram, s)[1]
        elif number == ENTRY_RANGE:
            last = _number(U16, datagram, s, e)
        elif number in BY_NUMBER:
            name, size, words = BY_NUMBER[number]
            value = _number(size, datagram, s, e)
            told[name] = words[value] if value < len(words) else str(value)
    for name, word in told.items():
        if word != bridging.VLAN_DEFAULTS[name]:
            found.setdefault(name, {}).update(dict.fromkeys(range(first, (last or first) + 1), word))


# --------------------------------------------------------------------------------------------------------------- writing


def encode(step: Step, fd_of: FdOf) -> list[bytes]:
    """What differs, as ranges. Of a port that is new to its bridge all else goes: the kernel has given it the default PVID."""
    try:
        return _messages(step)
    except (ValueError, struct.error) as error:
        raise CodecError(str(error), "vlans") from None


def _messages(step: Step) -> list[bytes]:
    thing: Thing = step.obj
    observed: Thing | None = step.args.get("observed") if step.verb is Verb.THING_SET else None
    before: Mapping[str, Value] = observed.attrs if observed is not None else {}
    own = bool(thing.attrs.get("self") or before.get("self"))
    wanted, tunnels = bridging.by_vlan(_said(thing.attrs, "vlans")), bridging.tunnels_by_vlan(_said(thing.attrs, "tunnels"))
    if observed is None:
        there = dict.fromkeys(range(1, bridging.MAX_VLAN + 1), "?")
    else:
        there = bridging.by_vlan(_said(before, "vlans"))
    had = bridging.tunnels_by_vlan(_said(before, "tunnels"))
    gone = dict.fromkeys(there.keys() - wanted.keys(), "")
    put = {vlan: word for vlan, word in wanted.items() if there.get(vlan) != word}
    messages = [_link(RTM_DELLINK, step.index, own, _infos(gone))] if gone else []
    messages += [_link(RTM_SETLINK, step.index, own, _infos(put))] if put else []
    # nbp_vlan_tunnel_info_add: EEXIST for a VLAN that has one, and for an id that another VLAN has.
    lost = {vlan: tunnel for vlan, tunnel in had.items() if tunnels.get(vlan) != tunnel and vlan in wanted}
    new = {vlan: tunnel for vlan, tunnel in tunnels.items() if had.get(vlan) != tunnel}
    messages += [_link(RTM_DELLINK, step.index, own, _tunnels(lost))] if lost else []
    messages += [_link(RTM_SETLINK, step.index, own, _tunnels(new))] if new else []
    for name, (number, size, words) in OPTIONS.items():
        for first, last, word in bridging.runs(bridging.by_vlan(_said(thing.attrs, name))):
            value = words.index(word) if words else int(word)
            messages.append(_option(step.index, first, last, attribute(number, size.pack(value))))
    return messages


def _said(attrs: Mapping[str, Value], name: str) -> tuple[str, ...]:
    said = attrs.get(name) or ()
    return tuple(str(text) for text in said) if isinstance(said, tuple) else ()


def _link(kind: int, index: int, own: bool, infos: bytes) -> bytes:
    """Without BRIDGE_FLAGS_SELF it is for the bridge of which the link is a port (rtnl_bridge_setlink)."""
    spec = (attribute(IFLA_BRIDGE_FLAGS, U16.pack(BRIDGE_FLAGS_SELF)) if own else b"") + infos
    return message(kind, 0, IFINFOMSG.pack(AF_BRIDGE, 0, index, 0, 0) + attribute(IFLA_AF_SPEC, spec))


def _infos(members: Mapping[int, str]) -> bytes:
    found = []
    for first, last, word in bridging.runs(members):
        flags = (PVID if "pvid" in word else 0) | (UNTAGGED if "untagged" in word else 0)
        for mark, vid in ((RANGE_BEGIN, first), (RANGE_END, last)) if last > first else ((0, first),):
            found.append(attribute(IFLA_BRIDGE_VLAN_INFO, VLAN_INFO.pack(flags | mark, vid)))
    return b"".join(found)


def _tunnels(tunnels: Mapping[int, int]) -> bytes:
    found = []
    for first, last, offset in bridging.runs({vlan: tunnel - vlan for vlan, tunnel in tunnels.items()}):
        for mark, vid in ((RANGE_BEGIN, first), (RANGE_END, last)) if last > first else ((0, first),):
            inner = attribute(TUNNEL_ID, U32.pack(vid + offset)) + attribute(TUNNEL_VID, U16.pack(vid))
            found.append(attribute(IFLA_BRIDGE_VLAN_TUNNEL_INFO, inner + attribute(TUNNEL_FLAGS, U16.pack(mark))))
    return b"".join(found)


def _option(index: int, first: int, last: int, option: bytes) -> bytes:
    """The nest needs NLA_F_NESTED (br_vlan_rtm_process parses strictly)."""
    entry = attribute(ENTRY_INFO, VLAN_INFO.pack(ONLY_OPTS, first))
    entry += attribute(ENTRY_RANGE, U16.pack(last)) if last > first else b""
    return message(RTM_NEWVLAN, 0, BR_VLAN_MSG.pack(AF_BRIDGE, 0, 0, index) + attribute(ENTRY | NLA_F_NESTED, entry + option))
