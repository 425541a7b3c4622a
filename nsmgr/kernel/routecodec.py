"""Routes: :class:`nsmgr.plan.state.Route` → RTM_NEWROUTE and RTM_DELROUTE (net/ipv4/fib_frontend.c, net/ipv6/route.c). Pure.

The other way is :mod:`nsmgr.kernel.routedecode`.
"""

from __future__ import annotations

import struct
from _socket import AF_INET, AF_INET6

from nsmgr.kernel import schema
from nsmgr.kernel.codec import CodecError, attribute
from nsmgr.kernel.inetcodec import packed, scope_number
from nsmgr.kernel.wire import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, FdOf, message
from nsmgr.light import cache
from nsmgr.model.attr import Value
from nsmgr.model.words import SCOPES, TYPES
from nsmgr.plan.plan import Step
from nsmgr.plan.state import PROTO_NSMGR, NextHop, Route

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

RTMSG = struct.Struct("=BBBBBBBBI")  # family, dst_len, src_len, tos, table, protocol, scope, type, flags
RTNEXTHOP = struct.Struct("=HBBi")  # len, flags, hops (weight - 1), ifindex
U32 = struct.Struct("=I")
FAMILY = struct.Struct("=H")  # struct rtvia: family, then the address
RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_PRIORITY, RTA_PREFSRC, RTA_METRICS, RTA_MULTIPATH = 1, 4, 5, 6, 7, 8, 9  # linux/rtnetlink.h
RTA_TABLE, RTA_VIA, RTA_NH_ID = 15, 18, 30
RTM_F_CLONED = 0x200
RTNH_F_ONLINK = 4
RT_TABLE_LOCAL = 255
TYPE_NAMES: Mapping[int, str] = {number: name for name, number in TYPES.items()}
_ADDRESS_SIZES: Mapping[int, int] = {AF_INET: 4, AF_INET6: 16}


@cache
def metric_names() -> Mapping[int, str]:
    """RTAX_* number → configuration name (RTAX_ADVMSS is ``advmss``); only numbers, not RTAX_LOCK and RTAX_CC_ALGO."""
    by_name = schema.metrics_table().by_name
    skipped = ("RTAX_UNSPEC", "RTAX_LOCK", "RTAX_CC_ALGO")
    return {field.number: name[5:].lower() for name, field in by_name.items() if name not in skipped}


@cache
def _metric_numbers() -> Mapping[str, int]:
    return {name: number for number, name in metric_names().items()}


def _destination(to: str) -> tuple[bytes, int]:
    """(address, prefix length) of a canonical prefix."""
    address, slash, length = to.partition("/")
    raw = packed(address)
    if not slash or not length.isdecimal() or int(length) > len(raw) * 8:
        raise CodecError(f"{to!r} is no prefix", "to")
    return raw, int(length)


def _gateway(via: str, six: bool) -> bytes:
    """RTA_GATEWAY, or RTA_VIA when an IPv4 route leaves through an IPv6 gateway (RFC 5549)."""
    raw = packed(via)
    if (len(raw) == 16) == six:
        return attribute(RTA_GATEWAY, raw)
    if six:
        raise CodecError(f"an IPv6 route cannot go via {via}", "via")
    return attribute(RTA_VIA, FAMILY.pack(AF_INET6) + raw)


def _index(indexes: Mapping[str, int], dev: str) -> int:
    try:
        return indexes[dev]
    except KeyError:
        raise CodecError(f"no interface index for {dev}", "dev") from None


def _nexthops(route: Route, indexes: Mapping[str, int], six: bool) -> bytes:
    hops = route.nexthops
    if len(hops) == 1:
        hop = hops[0]
        body = _gateway(hop.via, six) if hop.via else b""
        return body + (attribute(RTA_OIF, U32.pack(_index(indexes, hop.dev))) if hop.dev else b"")
    parts = []
    for hop in hops:
        if not 1 <= hop.weight <= 256:
            raise CodecError(f"weight {hop.weight} is not 1 to 256", "nexthops")
        inner = _gateway(hop.via, six) if hop.via else b""
        flags = RTNH_F_ONLINK if hop.onlink else 0
        parts.append(RTNEXTHOP.pack(8 + len(inner), flags, hop.weight - 1, _index(indexes, hop.dev) if hop.dev else 0) + inner)
    return attribute(RTA_MULTIPATH, b"".join(parts)) if parts else b""


def _default_scope(route: Route, kind: str) -> int:
    """What iproute2 fills in (ip/iproute.c): a unicast route without gateway reaches only the link."""
    if kind == "local":
        return SCOPES["host"]
    if kind in ("broadcast", "multicast", "anycast"):
        return SCOPES["link"]
    if kind == "unicast" and len(route.nexthops) < 2 and not any(hop.via for hop in route.nexthops):
        return SCOPES["link"]
    return SCOPES["global"]


def _head(route: Route, protocol: int, scope: int, kind: int) -> tuple[bytes, bool]:
    """struct rtmsg, destination, table, metric and next hop flags; whether it is IPv6."""
    raw, length = _destination(route.to)
    six = len(raw) == 16
    table = route.table if route.table < 256 else 0
    onlink = RTNH_F_ONLINK if len(route.nexthops) == 1 and route.nexthops[0].onlink else 0
    try:
        head = RTMSG.pack(AF_INET6 if six else AF_INET, length, 0, route.tos, table, protocol, scope, kind, onlink)
        if length:
            head += attribute(RTA_DST, raw)
        if route.metric:
            head += attribute(RTA_PRIORITY, U32.pack(route.metric))
        if route.table > 255:
            head += attribute(RTA_TABLE, U32.pack(route.table))
    except struct.error:
        raise CodecError(f"a number of {route.key} is out of range") from None
    return head, six


def encode_route_add(step: Step, fd_of: FdOf) -> list[bytes]:
    """ROUTE_ADD: EXCL unless ``replace``: plain CREATE would put a second route before the present one.

    Without a protocol of its own the route is marked as nsmgr's; scope as ip(8) chooses it, none in IPv6.
    """
    route: Route = step.obj
    attrs = route.attrs
    kind = str(attrs.get("type", "unicast"))
    if kind not in TYPES:
        raise CodecError(f"{kind!r} is no route type", "type")
    if ":" in route.to:
        scope = 0
    else:
        scope = scope_number(attrs["scope"]) if "scope" in attrs else _default_scope(route, kind)
    proto = attrs.get("proto", PROTO_NSMGR)
    if not isinstance(proto, int) or not 0 <= proto <= 255:
        raise CodecError(f"{proto!r} is no protocol number", "proto")
    body, six = _head(route, proto, scope, TYPES[kind])
    if attrs.get("prefsrc"):
        body += attribute(RTA_PREFSRC, packed(str(attrs["prefsrc"])))
    metrics = _encode_metrics(attrs)
    if metrics:
        body += attribute(RTA_METRICS, metrics)
    body += _nexthops(route, step.args.get("indexes", {}), six)
    how = NLM_F_REPLACE if step.args.get("replace") else NLM_F_EXCL
    return [message(schema.RTM_NEWROUTE, NLM_F_CREATE | how, body)]


def _encode_metrics(attrs: Mapping[str, Value]) -> bytes:
    by_number = schema.metrics_table().by_number
    numbers = _metric_numbers()
    parts = []
    for name, value in attrs.items():
        number = numbers.get(name)
        if number is not None and value is not None:
            try:
                parts.append(by_number[number].encode(value))
            except CodecError as error:
                raise error.within(name) from None
    return b"".join(parts)


def encode_route_del(step: Step, fd_of: FdOf) -> list[bytes]:
    """ROUTE_DEL of exactly this one: all that fib_table_delete and ip6_route_del compare goes along.

    Scope "nowhere" means any scope in IPv4 (fib_table_delete); the scope of IPv6 is always 0.
    """
    route: Route = step.obj
    kind = TYPES.get(str(route.attrs.get("type", "unicast")), 0)
    scope = 0 if ":" in route.to else scope_number(route.attrs.get("scope", "nowhere"))
    proto = route.attrs.get("proto", 0)
    body, six = _head(route, proto if isinstance(proto, int) else 0, scope, kind)
    indexes: Mapping[str, int] = step.args.get("indexes", {})
    known = tuple(hop if indexes.get(hop.dev) else NextHop(hop.via, "", hop.weight, hop.onlink) for hop in route.nexthops)
    body += _nexthops(Route(route.to, nexthops=known), indexes, six)
    return [message(schema.RTM_DELROUTE, 0, body)]
