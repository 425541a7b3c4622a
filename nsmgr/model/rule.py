"""Policy rules (RTM_NEWRULE; net/core/fib_rules.c). A rule is identified by all it says; nothing in it can be changed."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from nsmgr.model.base import Attr, Change, Names, Resource
from nsmgr.model.route import Protocol, Table
from nsmgr.model.words import ACTIONS as ACTIONS
from nsmgr.model.words import Range, cidr_or_default, ip_protocol, realm_numbers
from nsmgr.types import IfName

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
    dscp: Annotated[int | None, Field(ge=0, le=63), Attr("FRA_DSCP", _KEY)] = None
    """Differentiated services code point, six bits (Linux 6.12); unlike ``tos`` all six count, also in IPv4."""
    dscp_mask: Annotated[int | None, Field(ge=0, le=63), Attr("FRA_DSCP_MASK", _KEY, default=63)] = None
    """Bits of it that are compared (Linux 6.15)."""
    flowlabel: Annotated[int | None, Field(ge=0, lt=2**20), Attr("FRA_FLOWLABEL", _KEY)] = None
    """IPv6 flow label (Linux 6.14)."""
    flowlabel_mask: Annotated[int | None, Field(ge=0, lt=2**20), Attr("FRA_FLOWLABEL_MASK", _KEY, default=2**20 - 1)] = None
    """Bits of it that are compared."""
    tun_id: Annotated[int | None, Field(ge=0, lt=2**64), Attr("FRA_TUN_ID", _KEY)] = None
    """Tunnel key of a packet that came through a link with ``external: true``."""
    suppress_prefixlength: Annotated[int | None, Field(ge=0, le=128), Attr("FRA_SUPPRESS_PREFIXLEN", _KEY)] = None
    """Ignore found routes with a prefix length of this or less: 0 = "not the default route"."""
    suppress_ifgroup: Annotated[int | None, Field(ge=0, lt=2**31), Attr("FRA_SUPPRESS_IFGROUP", _KEY)] = None
    """Ignore found routes that leave by a link of this group."""
    ipproto: Annotated[int | None, BeforeValidator(ip_protocol), _TEXT_OR_NUMBER, Attr("FRA_IP_PROTO", _KEY)] = None
    """IP protocol: a number, or tcp, udp, icmp …"""
    sport: Annotated[str | None, BeforeValidator(Range(65535)), _TEXT_OR_NUMBER, Attr("FRA_SPORT_RANGE", _KEY)] = None
    """Source port or range, ``80`` or ``1000-2000``."""
    dport: Annotated[str | None, BeforeValidator(Range(65535)), _TEXT_OR_NUMBER, Attr("FRA_DPORT_RANGE", _KEY)] = None
    """Destination port or range."""
    sport_mask: Annotated[int | None, Field(ge=0, le=65535), Attr("FRA_SPORT_MASK", _KEY, default=65535)] = None
    """Bits of a single ``sport`` that are compared (Linux 6.15)."""
    dport_mask: Annotated[int | None, Field(ge=0, le=65535), Attr("FRA_DPORT_MASK", _KEY, default=65535)] = None
    """Bits of a single ``dport`` that are compared (Linux 6.15)."""
    uidrange: Annotated[str | None, BeforeValidator(Range(2**32 - 2)), _TEXT_OR_NUMBER, Attr("FRA_UID_RANGE", _KEY)] = None
    """User ids of the sending socket, ``0-99``."""
    l3mdev: Annotated[bool | None, Attr("FRA_L3MDEV", _KEY, default=False)] = None
    """Look up the table of the packet's vrf."""
    realms: Annotated[int | None, BeforeValidator(realm_numbers), _TEXT_OR_NUMBER, Attr("FRA_FLOW", _KEY)] = None
    """IPv4: realms ``TO`` or ``FROM/TO`` given to the packet (CONFIG_IP_ROUTE_CLASSID)."""
    proto: Annotated[Protocol | None, Attr("FRA_PROTOCOL")] = None
    """Who made the rule; not part of its identity."""
