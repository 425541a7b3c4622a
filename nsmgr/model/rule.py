"""Policy rules (RTM_NEWRULE; net/core/fib_rules.c). A rule is identified by all it says; nothing in it can be changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from nsmgr.model.address import number_or_name
from nsmgr.model.base import Attr, Change, Names, Resource, Value
from nsmgr.model.route import Protocol, Table, cidr_or_default
from nsmgr.types import IfName

ACTIONS: Mapping[str, int] = {"lookup": 1, "goto": 2, "nop": 3, "blackhole": 6, "unreachable": 7, "prohibit": 8}  # FR_ACT_*
IP_PROTOCOLS: Mapping[str, int] = {
    "icmp": 1,
    "tcp": 6,
    "udp": 17,
    "gre": 47,
    "esp": 50,
    "ah": 51,
    "icmpv6": 58,
    "sctp": 132,
}  # in.h
_RANGE = re.compile(r"(\d+)(?:-(\d+))?\Z", re.ASCII)


def _range(highest: int) -> BeforeValidator:
    def convert(value: Any) -> str:
        match = None if isinstance(value, bool) else _RANGE.match(str(value))
        low, high = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not low <= high <= highest:
            raise ValueError(f"not a number or range low-high up to {highest}")
        return f"{low}-{high}"

    return BeforeValidator(convert)


def _ip_protocol(value: Any) -> int:
    return number_or_name(value, IP_PROTOCOLS, 255, "IP protocol")


_TEXT_OR_NUMBER = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 0}]})
_PREFIX = WithJsonSchema({"type": "string"})
_U32 = Field(ge=0, lt=2**32)
_KEY = Change.REPLACE


class RuleModel(Resource):
    """A policy rule: which packets, and where to look their route up."""

    TYPE: ClassVar[str] = "rule"

    priority: Annotated[int, _U32, Attr("FRA_PRIORITY", _KEY)]
    """Order, lower first (0, 32766 and 32767 are the kernel's)."""
    family: Annotated[Literal["ipv4", "ipv6"] | None, Attr("", _KEY)] = None
    """Told by ``from`` or ``to``; else ipv4 unless written."""
    from_: Annotated[str | None, BeforeValidator(cidr_or_default), _PREFIX, Field(alias="from"), Attr("FRA_SRC", _KEY)] = None
    """Source prefix."""
    to: Annotated[str | None, BeforeValidator(cidr_or_default), _PREFIX, Attr("FRA_DST", _KEY)] = None
    """Destination prefix."""
    iif: Annotated[IfName | None, Attr("FRA_IIFNAME", _KEY)] = None
    """Incoming link; ``lo`` = packets of this host. By name: it need not exist."""
    oif: Annotated[IfName | None, Attr("FRA_OIFNAME", _KEY)] = None
    """Outgoing link of a socket bound to it."""
    fwmark: Annotated[int | None, _U32, Attr("FRA_FWMARK", _KEY)] = None
    """Packet mark."""
    fwmask: Annotated[int | None, _U32, Attr("FRA_FWMASK", _KEY)] = None
    """Bits of the mark that are compared; all of them unless written."""
    tos: Annotated[int | None, Field(ge=0, le=255), Attr("", _KEY, default=0)] = None
    """Type of service."""
    type: Annotated[
        Literal["lookup", "goto", "nop", "blackhole", "unreachable", "prohibit"] | None, Attr("", _KEY, convert=Names(ACTIONS))
    ] = None
    """What to do with a packet that fits (FR_ACT_*); ``lookup`` unless written."""
    table: Annotated[Table | None, Attr("FRA_TABLE", _KEY)] = None
    """Table to look up: a number, or main, local, default."""
    goto: Annotated[int | None, _U32, Attr("FRA_GOTO", _KEY)] = None
    """Priority of a later rule to go on with."""
    invert: Annotated[bool | None, Attr("", _KEY, default=False)] = None
    """Packets that do not fit (FIB_RULE_INVERT)."""
    suppress_prefixlength: Annotated[int | None, Field(ge=0, le=128), Attr("FRA_SUPPRESS_PREFIXLEN", _KEY)] = None
    """Ignore found routes with a prefix length of this or less: 0 = "not the default route"."""
    ipproto: Annotated[int | None, BeforeValidator(_ip_protocol), _TEXT_OR_NUMBER, Attr("FRA_IP_PROTO", _KEY)] = None
    """IP protocol: a number, or tcp, udp, icmp …"""
    sport: Annotated[str | None, _range(65535), _TEXT_OR_NUMBER, Attr("FRA_SPORT_RANGE", _KEY)] = None
    """Source port or range, ``80`` or ``1000-2000``."""
    dport: Annotated[str | None, _range(65535), _TEXT_OR_NUMBER, Attr("FRA_DPORT_RANGE", _KEY)] = None
    """Destination port or range."""
    uidrange: Annotated[str | None, _range(2**32 - 2), _TEXT_OR_NUMBER, Attr("FRA_UID_RANGE", _KEY)] = None
    """User ids of the sending socket, ``0-99``."""
    l3mdev: Annotated[bool | None, Attr("FRA_L3MDEV", _KEY, default=False)] = None
    """Look up the table of the packet's vrf."""
    proto: Annotated[Protocol | None, Attr("FRA_PROTOCOL")] = None
    """Who made the rule; not part of its identity."""


def identity(model: RuleModel) -> dict[str, Value]:
    """The rule's attributes as plan.state.Rule wants them: what equals the kernel's default is left out.

    Always there: priority, family. Left out: type ``lookup``, prefixes of length 0, a mark of 0, the mask that the kernel
    takes by itself (all ones with a mark, none without), false and 0. Raises ValueError("field", "message", "hint").
    """
    values = model.__dict__
    attrs: dict[str, Value] = {"priority": model.priority, "family": _family(model)}
    for field in ("iif", "oif", "goto", "suppress_prefixlength", "ipproto", "sport", "dport", "uidrange", "table"):
        if values[field] is not None:
            attrs[field] = values[field]
    for field in ("tos", "invert", "l3mdev", "fwmark"):
        if values[field]:
            attrs[field] = values[field]
    for field, key in (("from_", "from"), ("to", "to")):
        if values[field] not in (None, "default", "0.0.0.0/0", "::/0"):
            attrs[key] = values[field]
    # fib_nl2rule: a non-zero mark without a mask compares all bits.
    if model.fwmask is not None and model.fwmask != (0xFFFFFFFF if model.fwmark else 0):
        attrs["fwmask"] = model.fwmask
    action = model.type or ("goto" if model.goto is not None else "lookup")
    if action != "lookup":
        attrs["type"] = action
    _check(model, action)
    return attrs


def _family(model: RuleModel) -> str:
    found = {
        "ipv6" if ":" in text else "ipv4": key
        for key, text in (("from", model.from_), ("to", model.to))
        if text not in (None, "default")
    }
    if len(found) > 1:
        raise ValueError("to", "`from` and `to` are of different families", "")
    for family, key in found.items():
        if model.family not in (None, family):
            raise ValueError("family", f"`{key}` is {family}", f"leave `family` out, or write `family: {family}`")
        return family
    return model.family or "ipv4"


def _check(model: RuleModel, action: str) -> None:
    if action == "lookup" and model.table is None and not model.l3mdev:
        # fib4_rule_configure would invent a free table (fib_empty_table).
        raise ValueError("", "`table` is missing", "say which table to look up, or another `type:`")
    if action != "lookup" and model.table is not None:
        raise ValueError("table", f"a rule of type {action} looks up no table", "leave `table` out")
    if model.l3mdev and model.table is not None:
        raise ValueError("table", "`l3mdev` and `table` exclude each other (EINVAL)", "leave one of them out")
    if (action == "goto") != (model.goto is not None):
        raise ValueError("goto" if model.goto is not None else "", "`type: goto` and `goto: PRIORITY` belong together", "")
    if model.goto is not None and model.goto <= model.priority:
        raise ValueError("goto", "goto leads to a later rule only (EINVAL)", f"a priority above {model.priority}")
