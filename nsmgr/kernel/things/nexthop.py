"""Next hop objects: RTM_NEWNEXTHOP, RTM_DELNEXTHOP, RTM_GETNEXTHOP (struct nhmsg; linux/nexthop.h, net/ipv4/nexthop.c)."""

from __future__ import annotations

import errno
import struct
from _socket import AF_INET, AF_INET6, inet_ntop

from nsmgr.errors import KernelError
from nsmgr.kernel.codec import Buffer, CodecError, attribute, walk
from nsmgr.kernel.encapcodec import decode_encap, encode_encap
from nsmgr.kernel.inetcodec import packed
from nsmgr.kernel.payload import NLA_F_NESTED
from nsmgr.kernel.wire import NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REPLACE, FdOf, Span, message
from nsmgr.plan.plan import Step, Verb
from nsmgr.plan.state import PROTO_NSMGR, Thing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nsmgr.kernel.netns import Netns
    from nsmgr.model.attr import Value

RTM_NEWNEXTHOP, RTM_DELNEXTHOP, RTM_GETNEXTHOP = 104, 105, 106  # linux/rtnetlink.h
NHMSG = struct.Struct("=BBBxI")  # family, scope, protocol, flags
GROUP = struct.Struct("=IBBH")  # struct nexthop_grp: id, weight - 1, its high byte (Linux 6.13), reserved
U16, U32 = struct.Struct("=H"), struct.Struct("=I")
NHA_ID, NHA_GROUP, NHA_GROUP_TYPE, NHA_BLACKHOLE, NHA_OIF, NHA_GATEWAY, NHA_ENCAP_TYPE, NHA_ENCAP = 1, 2, 3, 4, 5, 6, 7, 8
NHA_FDB, NHA_RES_GROUP, NHA_OP_FLAGS = 11, 12, 14
NHA_RES_GROUP_BUCKETS, NHA_RES_GROUP_IDLE_TIMER, NHA_RES_GROUP_UNBALANCED_TIMER = 1, 2, 3
NHA_OP_FLAG_RESP_GRP_RESVD_0 = 1 << 31
RTNH_F_ONLINK = 4
RESILIENT = 1  # NEXTHOP_GRP_TYPE_RES
_TICK = 10  # milliseconds: clock_t of USER_HZ 100
DUMP = message(RTM_GETNEXTHOP, NLM_F_DUMP, NHMSG.pack(0, 0, 0, 0))


def ask(handle: Netns) -> list[Span]:
    """All of the namespace; none where the kernel has no such objects (before Linux 5.3)."""
    try:
        return handle.socket.dump_spans(DUMP)
    except KernelError as error:
        if error.errno != errno.EOPNOTSUPP:
            raise
        return []


def decode(answer: list[Span], names: Mapping[int, str]) -> Iterator[Thing]:
    """Single ones and groups; those of a link without a name are left out."""
    for datagram, start, end in answer:
        if end - start < NHMSG.size:
            raise CodecError(f"{end - start} bytes are no struct nhmsg")
        family, _, proto, flags = NHMSG.unpack_from(datagram, start)
        attrs: dict[str, Value] = {"proto": proto}
        index = _read(datagram, start + NHMSG.size, end, family, attrs)
        if index and index not in names:
            continue
        if index:
            attrs["dev"] = names[index]
        if flags & RTNH_F_ONLINK:
            attrs["onlink"] = True
        group = attrs.get("group")
        on: tuple[tuple[str, str], ...] = ()
        if isinstance(group, tuple):
            on = tuple(("nexthop", str(member)) for member, _ in group)
            attrs.setdefault("type", "mpath")
        else:
            attrs["family"] = "ipv6" if family == AF_INET6 else "ipv4"
        yield Thing("nexthop", str(attrs.get("id", 0)), str(attrs.get("dev", "")), attrs, on)


def _read(buf: Buffer, start: int, end: int, family: int, attrs: dict[str, Value]) -> int:
    """The attributes of one object; returns its interface index, 0 = none."""
    index = encap_type = 0
    group, encap, known = b"", b"", 0
    for number, s, e in walk(buf, start, end):
        if number == NHA_ID:
            attrs["id"] = _number(U32, buf, s, e)
        elif number == NHA_GROUP:
            group = bytes(buf[s:e])
        elif number == NHA_GROUP_TYPE:
            attrs["type"] = "resilient" if _number(U16, buf, s, e) == RESILIENT else "mpath"
        elif number == NHA_BLACKHOLE:
            attrs["blackhole"] = True
        elif number == NHA_FDB:
            attrs["fdb"] = True
        elif number == NHA_OIF:
            index = _number(U32, buf, s, e)
        elif number == NHA_GATEWAY:
            if e - s != (16 if family == AF_INET6 else 4):
                raise CodecError(f"{e - s} bytes are no address of family {family}", "via")
            attrs["via"] = inet_ntop(AF_INET6 if family == AF_INET6 else AF_INET, buf[s:e])
        elif number == NHA_ENCAP_TYPE:
            encap_type = _number(U16, buf, s, e)
        elif number == NHA_ENCAP:
            encap = bytes(buf[s:e])
        elif number == NHA_RES_GROUP:
            _read_resilient(buf, s, e, attrs)
        elif number == NHA_OP_FLAGS:
            known = _number(U32, buf, s, e)
    if group:
        attrs["group"] = _members(group, bool(known & NHA_OP_FLAG_RESP_GRP_RESVD_0))
    if encap_type:
        attrs["encap"] = decode_encap(encap_type, encap, 0, len(encap))
    return index


def _read_resilient(buf: Buffer, start: int, end: int, attrs: dict[str, Value]) -> None:
    for number, s, e in walk(buf, start, end):
        if number == NHA_RES_GROUP_BUCKETS:
            attrs["buckets"] = _number(U16, buf, s, e)
        elif number == NHA_RES_GROUP_IDLE_TIMER:
            attrs["idle_timer"] = _number(U32, buf, s, e) * _TICK
        elif number == NHA_RES_GROUP_UNBALANCED_TIMER:
            attrs["unbalanced_timer"] = _number(U32, buf, s, e) * _TICK


def _members(group: bytes, wide: bool) -> tuple[tuple[int, int], ...]:
    """(id, weight) by id: the order means nothing. ``wide``: this kernel's reserved bytes are clean, or a weight's high byte."""
    if len(group) % GROUP.size:
        raise CodecError(f"{len(group)} bytes are no array of struct nexthop_grp", "group")
    return tuple(
        sorted((member, (weight | (high << 8 if wide else 0)) + 1) for member, weight, high, _ in GROUP.iter_unpack(group))
    )


def _number(form: struct.Struct, buf: Buffer, start: int, end: int) -> int:
    if end - start != form.size:
        raise CodecError(f"{end - start} bytes where {form.size} belong")
    found: int = form.unpack_from(buf, start)[0]
    return found


def encode(step: Step, fd_of: FdOf) -> list[bytes]:
    """A change sends all of it, with REPLACE: what is not in the message is not in the object afterwards."""
    thing: Thing = step.obj
    attrs = thing.attrs
    try:
        body = attribute(NHA_ID, U32.pack(attrs["id"]))
    except struct.error:
        raise CodecError(f"{attrs['id']!r} is no number of a next hop", "id") from None
    if step.verb is Verb.THING_DEL:
        return [message(RTM_DELNEXTHOP, 0, NHMSG.pack(0, 0, 0, 0) + body)]
    proto = attrs.get("proto")
    group = attrs.get("group")
    if isinstance(group, tuple):
        family, body = 0, body + _group(group, attrs)
    else:
        family = AF_INET6 if attrs.get("family") == "ipv6" else AF_INET
        body += _single(attrs, step.args.get("indexes", {}))
    if attrs.get("fdb"):
        body += attribute(NHA_FDB, b"")
    head = NHMSG.pack(family, 0, proto if isinstance(proto, int) else PROTO_NSMGR, RTNH_F_ONLINK if attrs.get("onlink") else 0)
    how = NLM_F_REPLACE if step.verb is Verb.THING_SET or step.args.get("replace") else NLM_F_EXCL
    return [message(RTM_NEWNEXTHOP, NLM_F_CREATE | how, head + body)]


def _single(attrs: Mapping[str, Value], indexes: Mapping[str, int]) -> bytes:
    if attrs.get("blackhole"):
        return attribute(NHA_BLACKHOLE, b"")
    body = b""
    dev = attrs.get("dev")
    if dev:
        if not indexes.get(str(dev)):
            raise CodecError(f"no interface index for {dev}", "dev")
        body += attribute(NHA_OIF, U32.pack(indexes[str(dev)]))
    if attrs.get("via"):
        body += attribute(NHA_GATEWAY, packed(str(attrs["via"])))
    if attrs.get("encap"):
        number, encap = encode_encap(str(attrs["encap"]), indexes)
        body += attribute(NHA_ENCAP_TYPE, U16.pack(number)) + attribute(NHA_ENCAP | NLA_F_NESTED, encap)
    return body


def _group(members: tuple[tuple[int, int], ...], attrs: Mapping[str, Value]) -> bytes:
    try:
        body = attribute(NHA_GROUP, b"".join(GROUP.pack(member, (w - 1) & 0xFF, (w - 1) >> 8, 0) for member, w in members))
        if attrs.get("type") != "resilient":
            return body
        rest = b""
        for number, name, form, unit in (
            (NHA_RES_GROUP_BUCKETS, "buckets", U16, 1),
            (NHA_RES_GROUP_IDLE_TIMER, "idle_timer", U32, _TICK),
            (NHA_RES_GROUP_UNBALANCED_TIMER, "unbalanced_timer", U32, _TICK),
        ):
            value = attrs.get(name)
            if isinstance(value, int):
                rest += attribute(number, form.pack(value // unit))
    except (struct.error, TypeError):
        raise CodecError("a number of the group is out of range", "group") from None
    return body + attribute(NHA_GROUP_TYPE, U16.pack(RESILIENT)) + attribute(NHA_RES_GROUP | NLA_F_NESTED, rest)
