"""Policy rules: RTM_NEWRULE and RTM_DELRULE ↔ :class:`nsmgr.plan.state.Rule` (net/core/fib_rules.c). Pure."""

from __future__ import annotations

import struct
from _socket import AF_INET, AF_INET6

from nsmgr.kernel import schema
from nsmgr.kernel.codec import Buffer, CodecError, Decoder, Encoder, walk
from nsmgr.kernel.inetcodec import packed
from nsmgr.kernel.wire import NLM_F_CREATE, NLM_F_EXCL, FdOf, message
from nsmgr.light import cache
from nsmgr.model.attr import Value
from nsmgr.model.meaning import RULE_MASKS
from nsmgr.model.words import ACTIONS
from nsmgr.plan.plan import Step
from nsmgr.plan.state import PROTO_NSMGR, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

FIB_RULE_HDR = struct.Struct("=BBBBBxxBI")  # family, dst_len, src_len, tos, table, action, flags
FIB_RULE_INVERT = 0x2
ACTION_NAMES: Mapping[int, str] = {number: name for name, number in ACTIONS.items()}
_FAMILIES: Mapping[str, int] = {"ipv4": AF_INET, "ipv6": AF_INET6}
_FAMILY_NAMES = {number: name for name, number in _FAMILIES.items()}
_ALL_ONES = 0xFFFFFFFF

# Attribute → canonical name, with the value that means "not said" (the kernel reports some of those too).
_PLAIN: Mapping[str, tuple[str, Any]] = {
    "FRA_IIFNAME": ("iif", None),
    "FRA_OIFNAME": ("oif", None),
    "FRA_GOTO": ("goto", None),
    "FRA_FWMARK": ("fwmark", 0),
    "FRA_FWMASK": ("fwmask", None),
    "FRA_SUPPRESS_PREFIXLEN": ("suppress_prefixlength", _ALL_ONES),
    "FRA_SUPPRESS_IFGROUP": ("suppress_ifgroup", _ALL_ONES),
    "FRA_IP_PROTO": ("ipproto", None),
    "FRA_TUN_ID": ("tun_id", 0),
    "FRA_FLOW": ("realms", 0),
    "FRA_DSCP": ("dscp", None),
    "FRA_DSCP_MASK": ("dscp_mask", RULE_MASKS["dscp_mask"]),
    "FRA_FLOWLABEL": ("flowlabel", None),
    "FRA_FLOWLABEL_MASK": ("flowlabel_mask", RULE_MASKS["flowlabel_mask"]),
    "FRA_SPORT_MASK": ("sport_mask", RULE_MASKS["sport_mask"]),
    "FRA_DPORT_MASK": ("dport_mask", RULE_MASKS["dport_mask"]),
}
_RANGES = {"FRA_SPORT_RANGE": "sport", "FRA_DPORT_RANGE": "dport", "FRA_UID_RANGE": "uidrange"}


def _range(value: Value) -> tuple[int, int]:
    low, dash, high = str(value).partition("-")
    if not low.isdecimal() or (dash and not high.isdecimal()):
        raise CodecError(f"{value!r} is no range low-high")
    return int(low), int(high or low)


@cache
def _encoders() -> Mapping[str, Encoder]:
    """Canonical name → encoder of the attribute."""
    fields = schema.rule_table().by_name
    found: dict[str, Encoder] = {name: fields[nla].encode for nla, (name, _) in _PLAIN.items()}
    for nla, name in _RANGES.items():
        found[name] = _range_encoder(fields[nla].encode)
    found["priority"] = fields["FRA_PRIORITY"].encode
    l3mdev = fields["FRA_L3MDEV"].encode
    found["l3mdev"] = lambda value: l3mdev(1) if value else b""
    return found


def _range_encoder(encode: Encoder) -> Encoder:
    return lambda value: encode(_range(value))


def _encode(kind: int, flags: int, rule: Rule, proto: int) -> bytes:
    attrs = rule.attrs
    family = _FAMILIES.get(str(attrs.get("family", "ipv4")))
    action = ACTIONS.get(str(attrs.get("type", "goto" if "goto" in attrs else "lookup")))
    if family is None or action is None:
        raise CodecError(f"{attrs.get('family')!r} {attrs.get('type')!r}: no such family or type")
    fields, encoders = schema.rule_table().by_name, _encoders()
    lengths = {"to": 0, "from": 0}
    parts: list[bytes] = []
    table = 0
    for name, value in attrs.items():
        if name in lengths:
            address, _, length = str(value).partition("/")
            parts.append(fields["FRA_DST" if name == "to" else "FRA_SRC"].encode(address))
            lengths[name] = int(length) if length else len(packed(address)) * 8
        elif name == "table":
            if not isinstance(value, int):
                raise CodecError(f"{value!r} is no table number", name)
            table = value
        elif name not in ("family", "type", "tos", "invert"):
            encode = encoders.get(name)
            if encode is None:
                raise CodecError("a rule has no such attribute", name)
            try:
                parts.append(encode(value))
            except CodecError as error:
                raise error.within(name) from None
    if "flowlabel" in attrs and "flowlabel_mask" not in attrs:  # fib6_nl2rule_flowlabel takes both or neither
        parts.append(fields["FRA_FLOWLABEL_MASK"].encode(RULE_MASKS["flowlabel_mask"]))
    if table:
        parts.append(fields["FRA_TABLE"].encode(table))
    parts.append(fields["FRA_PROTOCOL"].encode(proto) if proto else b"")
    invert = FIB_RULE_INVERT if attrs.get("invert") else 0
    try:
        head = FIB_RULE_HDR.pack(
            family, lengths["to"], lengths["from"], attrs.get("tos", 0), table if table < 256 else 0, action, invert
        )
    except struct.error:
        raise CodecError(f"a number of {rule.key} is out of range") from None
    return message(kind, flags, head + b"".join(parts))


def encode_rule_add(step: Step, fd_of: FdOf) -> list[bytes]:
    """RULE_ADD, marked as nsmgr's. EXCL: without it an identical rule would be added a second time."""
    rule: Rule = step.obj
    return [_encode(schema.RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule, rule.proto or PROTO_NSMGR)]


def encode_rule_del(step: Step, fd_of: FdOf) -> list[bytes]:
    """RULE_DEL: rule_find() compares everything that is given, so everything is, and the protocol where it is known."""
    rule: Rule = step.obj
    return [_encode(schema.RTM_DELRULE, 0, rule, rule.proto)]


@cache
def _decoders() -> Mapping[int, tuple[str, Decoder, Any]]:
    """Number → (canonical name, decoder, value left out)."""
    fields = schema.rule_table().by_name
    found = {fields[nla].number: (name, fields[nla].decode, default) for nla, (name, default) in _PLAIN.items()}
    for nla, name in _RANGES.items():
        found[fields[nla].number] = (name, _range_decoder(fields[nla].decode), None)
    for nla, name in (("FRA_PRIORITY", "priority"), ("FRA_TABLE", "table"), ("FRA_PROTOCOL", "proto")):
        found[fields[nla].number] = (name, fields[nla].decode, None)
    l3mdev = fields["FRA_L3MDEV"]
    found[l3mdev.number] = ("l3mdev", lambda buf, start, end: bool(l3mdev.decode(buf, start, end)), False)
    found[fields["FRA_DST"].number] = ("to", fields["FRA_DST"].decode, None)
    found[fields["FRA_SRC"].number] = ("from", fields["FRA_SRC"].decode, None)
    return found


def _range_decoder(decode: Decoder) -> Decoder:
    def decode_range(buf: Buffer, start: int, end: int) -> str:
        low, high = decode(buf, start, end)
        return f"{low}-{high}"

    return decode_range


def decode_rule(buf: Buffer, start: int, end: int) -> Rule:
    """One rule from the payload of an RTM_NEWRULE.

    attrs as :func:`nsmgr.model.rule.identity` makes them: priority and family always, defaults left out. Families other
    than IPv4 and IPv6 (multicast routing has rules too) are ``#<number>``.
    """
    if end - start < 12:
        raise CodecError(f"{end - start} bytes are no struct fib_rule_hdr")
    family, to_length, from_length, tos, table, action, flags = FIB_RULE_HDR.unpack_from(buf, start)
    attrs: dict[str, Value] = {"priority": 0, "family": _FAMILY_NAMES.get(family) or f"#{family}"}
    decoders = _decoders()
    for number, s, e in walk(buf, start + 12, end):
        entry = decoders.get(number)
        if entry is not None:
            name, decode, default = entry
            value = decode(buf, s, e)
            if value != default:
                attrs[name] = value
    proto = attrs.pop("proto", 0)
    for name, length in (("to", to_length), ("from", from_length)):
        if name in attrs:
            attrs[name] = f"{attrs[name]}/{length}"
    table = attrs.pop("table", table)
    if table and action == ACTIONS["lookup"] and not attrs.get("l3mdev"):
        attrs["table"] = table
    if tos:
        attrs["tos"] = tos
    if flags & FIB_RULE_INVERT:
        attrs["invert"] = True
    # fib_nl2rule: a mark without a mask compares all bits, no mark none.
    if attrs.get("fwmask") == (_ALL_ONES if "fwmark" in attrs else 0):
        del attrs["fwmask"]
    if action != ACTIONS["lookup"]:
        attrs["type"] = ACTION_NAMES.get(action) or str(action)
    return Rule(attrs, proto if isinstance(proto, int) else 0)
