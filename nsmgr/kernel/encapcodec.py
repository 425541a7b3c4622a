"""Encapsulations of routes and next hops: canonical text (:mod:`nsmgr.model.encap`) ↔ RTA_ENCAP_TYPE and RTA_ENCAP. Pure.

Numbers: linux/{lwtunnel,mpls_iptunnel,seg6,seg6_iptunnel,seg6_local}.h.
"""

from __future__ import annotations

import struct
from _socket import AF_INET, AF_INET6, inet_ntop, inet_pton

from nsmgr.kernel.codec import Buffer, CodecError, attribute, walk
from nsmgr.kernel.payload import NLA_F_NESTED
from nsmgr.model.encap import ACTIONS, FLAVORS, LBLEN, MODES, NFLEN, canonical, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

_TYPES: Mapping[str, int] = {"mpls": 1, "ip": 2, "ip6": 4, "seg6": 5, "seg6local": 7, "xfrm": 10}  # LWTUNNEL_ENCAP_*
# Those that the configuration cannot say are shown by their name.
_NAMES = {number: name for name, number in _TYPES.items()} | {3: "ila", 6: "bpf", 8: "rpl", 9: "ioam6"}
U8, U16, U32, U64, BE16, BE32, BE64 = (struct.Struct(code) for code in ("B", "=H", "=I", "=Q", ">H", ">I", ">Q"))
_SRH = struct.Struct(">BBBBBBH")  # next header, length, type, segments left, first segment, flags, tag
_HMAC = struct.Struct(">BBHI32x")  # struct sr6_tlv_hmac: type, length, reserved, key id, digest
_ROUTING_TYPE, _SR6_FLAG_HMAC, _TLV_HMAC = 4, 0x08, 5
_BOTTOM = 0x100  # MPLS_LS_S: the last entry of a stack
_FLAGS = {"csum": 0x01, "key": 0x04, "seq": 0x08}  # TUNNEL_CSUM, _KEY, _SEQ of linux/if_tunnel.h, in network order
_COUNTERS = (2, 3, 4)  # SEG6_LOCAL_CNT_PACKETS, _BYTES, _ERRORS

# Attribute → (field, format or address family) where a field is an attribute of its own.
_PLAIN: Mapping[str, Mapping[int, tuple[str, Any]]] = {
    "mpls": {2: ("ttl", U8)},
    "ip": {1: ("id", BE64), 2: ("dst", AF_INET), 3: ("src", AF_INET), 4: ("ttl", U8), 5: ("tos", U8)},
    "ip6": {1: ("id", BE64), 2: ("dst", AF_INET6), 3: ("src", AF_INET6), 4: ("hoplimit", U8), 5: ("tc", U8)},
    "seg6": {},
    "seg6local": {3: ("table", U32), 4: ("nh4", AF_INET), 5: ("nh6", AF_INET6), 7: ("oif", U32), 9: ("vrftable", U32)},
    "xfrm": {1: ("if_id", U32), 2: ("link_dev", U32)},
}
_LINKS = ("oif", "link_dev")


def encode_encap(text: str, indexes: Mapping[str, int]) -> tuple[int, bytes]:
    """(LWTUNNEL_ENCAP_*, the payload of RTA_ENCAP or NHA_ENCAP)."""
    try:
        kind, fields = parse(text)
    except ValueError as error:
        raise CodecError(str(error), "encap") from None
    body = b""
    for number, (name, form) in _PLAIN[kind].items():
        value = fields.get(name)
        if value is None:
            continue
        if name in _LINKS:
            if not indexes.get(value):
                raise CodecError(f"no interface index for {value}", "encap")
            value = indexes[value]
        body += attribute(number, form.pack(value) if isinstance(form, struct.Struct) else inet_pton(form, str(value)))
    if kind == "mpls":
        body += attribute(1, pack_labels(fields["labels"]))
    elif kind in ("ip", "ip6"):
        flags = sum(bit for name, bit in _FLAGS.items() if fields.get(name))
        body += attribute(6, BE16.pack(flags)) if flags else b""
    elif kind == "seg6":
        mode = MODES[fields["mode"]]
        body += attribute(1, struct.pack("=i", mode) + _pack_srh(fields, inline=not mode))
    elif kind == "seg6local":
        body = attribute(1, U32.pack(ACTIONS[fields["action"]])) + body
        if "segs" in fields:
            body += attribute(2, _pack_srh(fields, inline=fields["action"] == "End.B6"))
        if fields.get("count"):
            body += attribute(10 | NLA_F_NESTED, b"".join(attribute(number, U64.pack(0)) for number in _COUNTERS))
        if "flavors" in fields:
            body += attribute(11 | NLA_F_NESTED, _pack_flavors(fields))
    return _TYPES[kind], body


def decode_encap(number: int, buf: Buffer, start: int, end: int) -> str:
    """The canonical text; links stand in it as ``#<index>``. Types that the configuration cannot say give their name only."""
    kind = _NAMES.get(number, f"type{number}")
    if kind not in _TYPES:
        return kind
    fields: dict[str, Any] = {}
    plain = _PLAIN[kind]
    for at, s, e in walk(buf, start, end):
        if at in plain:
            name, form = plain[at]
            value = _number(form, buf, s, e) if isinstance(form, struct.Struct) else _address(form, buf, s, e)
            if name in _LINKS:
                fields[name] = f"#{value}"
            elif value not in (0, "0.0.0.0", "::"):
                fields[name] = value
        elif kind == "mpls" and at == 1:
            fields["labels"] = unpack_labels(buf, s, e)
        elif kind in ("ip", "ip6") and at == 6:
            flags = _number(BE16, buf, s, e)
            fields |= {name: True for name, bit in _FLAGS.items() if flags & bit}
        elif kind == "seg6" and at == 1:
            mode = _number(U32, buf, s, s + 4) if e - s >= 4 else 0
            fields["mode"] = next((name for name, known in MODES.items() if known == mode), str(mode))
            fields |= _unpack_srh(buf, s + 4, e, inline=not mode)
        elif kind == "seg6local":
            fields |= _unpack_local(at, buf, s, e)
    if fields.get("action") == "End.B6" and fields.get("segs", ())[-1:] == ("::",):
        fields["segs"] = fields["segs"][:-1]
    return canonical(kind, fields)


def _unpack_local(at: int, buf: Buffer, start: int, end: int) -> dict[str, Any]:
    if at == 1:
        action = _number(U32, buf, start, end)
        return {"action": next((name for name, known in ACTIONS.items() if known == action), str(action))}
    if at == 2:
        return _unpack_srh(buf, start, end, inline=False)
    if at == 10:
        return {"count": True}
    fields: dict[str, Any] = {}
    if at == 11:
        for number, s, e in walk(buf, start, end):
            if number == 1:
                bits = _number(U32, buf, s, e)
                fields["flavors"] = tuple(name for name, bit in FLAVORS.items() if bits >> bit & 1)
            elif number in (2, 3):
                fields["lblen" if number == 2 else "nflen"] = _number(U8, buf, s, e)
    return fields


def _pack_flavors(fields: Mapping[str, Any]) -> bytes:
    body = attribute(1, U32.pack(sum(1 << FLAVORS[name] for name in fields["flavors"])))
    if "next-csid" in fields["flavors"]:
        body += attribute(2, U8.pack(fields.get("lblen", LBLEN))) + attribute(3, U8.pack(fields.get("nflen", NFLEN)))
    return body


def pack_labels(stack: Sequence[int]) -> bytes:
    """Label stack entries (RFC 3032): label, traffic class 0, bottom of stack, TTL 0 (nla_get_labels refuses another)."""
    last = len(stack) - 1
    return b"".join(BE32.pack(label << 12 | (_BOTTOM if at == last else 0)) for at, label in enumerate(stack))


def unpack_labels(buf: Buffer, start: int, end: int) -> tuple[int, ...]:
    """The labels of a stack, outermost first."""
    if (end - start) % 4 or start == end:
        raise CodecError(f"{end - start} bytes are no label stack")
    return tuple([BE32.unpack_from(buf, at)[0] >> 12 for at in range(start, end, 4)])


def _pack_srh(fields: Mapping[str, Any], *, inline: bool) -> bytes:
    """struct ipv6_sr_hdr: the last segment first; inline leaves room for the packet's own destination as the last."""
    segments = [inet_pton(AF_INET6, text) for text in fields["segs"]] + ([bytes(16)] if inline else [])
    hmac = fields.get("hmac", 0)
    tail = _HMAC.pack(_TLV_HMAC, 38, 0, hmac) if hmac else b""
    left = len(segments) - 1
    length = (16 * len(segments) + len(tail)) // 8
    try:
        head = _SRH.pack(0, length, _ROUTING_TYPE, left, left, _SR6_FLAG_HMAC if hmac else 0, 0)
    except struct.error:
        raise CodecError(f"{len(segments)} segments are too many", "encap") from None
    return head + b"".join(reversed(segments)) + tail


def _unpack_srh(buf: Buffer, start: int, end: int, *, inline: bool) -> dict[str, Any]:
    if end - start < 8:
        raise CodecError(f"{end - start} bytes are no struct ipv6_sr_hdr")
    _, _, _, _, first, flags, _ = _SRH.unpack_from(buf, start)
    stop = start + 8 + 16 * (first + 1)
    if stop > end:
        raise CodecError("malformed struct ipv6_sr_hdr")
    found = [inet_ntop(AF_INET6, buf[at : at + 16]) for at in range(start + 8, stop, 16)]
    segments = tuple(reversed(found))
    fields: dict[str, Any] = {"segs": segments[:-1] if inline and segments[-1] == "::" else segments}
    if flags & _SR6_FLAG_HMAC and end - stop >= _HMAC.size:
        fields["hmac"] = _HMAC.unpack_from(buf, stop)[3]
    return fields


def _number(form: struct.Struct, buf: Buffer, start: int, end: int) -> int:
    if end - start != form.size:
        raise CodecError(f"{end - start} bytes where {form.size} belong", "encap")
    found: int = form.unpack_from(buf, start)[0]
    return found


def _address(family: int, buf: Buffer, start: int, end: int) -> str:
    if end - start != (4 if family == AF_INET else 16):
        raise CodecError(f"{end - start} bytes are no address of family {family}", "encap")
    return inet_ntop(family, buf[start:end])
