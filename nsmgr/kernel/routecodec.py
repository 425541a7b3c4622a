"""Routes: :class:`nsmgr.plan.state.Route` → RTM_NEWROUTE and RTM_DELROUTE (net/ipv4/fib_frontend.c, net/ipv6/route.c). Pure.

The other way is :mod:`nsmgr.kernel.routedecode`.
"""

from __future__ import annotations

import struct
from _socket import AF_INET, AF_INET6

from nsmgr.kernel import schema
from nsmgr.kernel.codec import CodecError, attribute
from nsmgr.kernel.encapcodec import encode_encap, pack_labels
from nsmgr.kernel.inetcodec import packed, scope_number
from nsmgr.kernel.metrics import encode_metrics
from nsmgr.kernel.payload import NLA_F_NESTED
from nsmgr.kernel.wire import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, FdOf, message
from nsmgr.model.attr import Value
from nsmgr.model.encap import labels
from nsmgr.model.words import METRICS, SCOPES, TYPES
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
RTA_SRC, RTA_FLOW, RTA_CACHEINFO, RTA_TABLE, RTA_VIA, RTA_NEWDST, RTA_PREF = 2, 11, 12, 15, 18, 19, 20
RTA_ENCAP_TYPE, RTA_ENCAP, RTA_EXPIRES, RTA_TTL_PROPAGATE, RTA_NH_ID = 21, 22, 23, 26, 30
RTM_F_CLONED = 0x200
RTNH_F_ONLINK = 4
RT_TABLE_LOCAL = 255
AF_MPLS = 28
TYPE_NAMES: Mapping[int, str] = {number: name for name, number in TYPES.items()}
_SAID = frozenset(("type", "scope", "proto", "prefsrc"))  # encoded by themselves
_NUMBERS: Mapping[str, int] = {"nhid": RTA_NH_ID, "realms": RTA_FLOW, "expires": RTA_EXPIRES}


PREFERENCES: Mapping[str, int] = {"medium": 0, "high": 1, "low": 3}  # ICMPV6_ROUTER_PREF_* (RFC 4191)


def _destination(to: str) -> tuple[int, bytes, int, bytes, int]:
    """Family, address, prefix length, source address and its length of a canonical destination."""
    if to.startswith("mpls "):
        try:
            return AF_MPLS, pack_labels(labels(to[5:])), 20, b"", 0
        except ValueError:
            raise CodecError(f"{to!r} is no label", "to") from None
    to, _, source = to.partition(" from ")
    raw, length = _prefix(to)
    src, src_length = _prefix(source) if source else (b"", 0)
    return AF_INET6 if len(raw) == 16 else AF_INET, raw, length, src, src_length


def _prefix(to: str) -> tuple[bytes, int]:
    """(address, prefix length) of a canonical prefix."""
    address, slash, length = to.partition("/")
    raw = packed(address)
    if not slash or not length.isdecimal() or int(length) > len(raw) * 8:
        raise CodecError(f"{to!r} is no prefix", "to")
    return raw, int(length)


def _gateway(via: str, family: int) -> bytes:
    """RTA_GATEWAY, or RTA_VIA when an IPv4 route leaves through an IPv6 gateway (RFC 5549), and of MPLS routes."""
    raw = packed(via)
    own = AF_INET6 if len(raw) == 16 else AF_INET
    if own == family:
        return attribute(RTA_GATEWAY, raw)
    if family == AF_INET6:
        raise CodecError(f"an IPv6 route cannot go via {via}", "via")
    return attribute(RTA_VIA, FAMILY.pack(own) + raw)


def _index(indexes: Mapping[str, int], dev: str) -> int:
    try:
        return indexes[dev]
    except KeyError:
        raise CodecError(f"no interface index for {dev}", "dev") from None


def _way(hop: NextHop, indexes: Mapping[str, int], family: int) -> bytes:
    """What a hop says beside its device."""
    body = _gateway(hop.via, family) if hop.via else b""
    if hop.labels:
        body += attribute(RTA_NEWDST, pack_labels(labels(hop.labels)))
    if hop.encap:
        number, encap = encode_encap(hop.encap, indexes)
        body += attribute(RTA_ENCAP_TYPE, FAMILY.pack(number)) + attribute(RTA_ENCAP | NLA_F_NESTED, encap)
    return body


def _nexthops(route: Route, indexes: Mapping[str, int], family: int) -> bytes:
    hops = route.nexthops
    if len(hops) == 1:
        hop = hops[0]
        return _way(hop, indexes, family) + (attribute(RTA_OIF, U32.pack(_index(indexes, hop.dev))) if hop.dev else b"")
    parts = []
    for hop in hops:
        if not 1 <= hop.weight <= 256:
            raise CodecError(f"weight {hop.weight} is not 1 to 256", "nexthops")
        inner = _way(hop, indexes, family)
        flags = RTNH_F_ONLINK if hop.onlink else 0
        parts.append(RTNEXTHOP.pack(8 + len(inner), flags, hop.weight - 1, _index(indexes, hop.dev) if hop.dev else 0) + inner)
    return attribute(RTA_MULTIPATH, b"".join(parts)) if parts else b""


def _default_scope(route: Route, kind: str) -> int:
    """What iproute2 fills in (ip/iproute.c): a unicast route without gateway reaches only the link."""
    if kind == "local":
        return SCOPES["host"]
    if kind in ("broadcast", "multicast", "anycast"):
        return SCOPES["link"]
    if kind == "unicast" and "nhid" not in route.attrs and len(route.nexthops) < 2 and not any(hop.via for hop in route.nexthops):
        return SCOPES["link"]
    return SCOPES["global"]


def _head(route: Route, protocol: int, scope: int, kind: int) -> tuple[bytes, int]:
    """struct rtmsg, destination, table, metric and next hop flags; the family."""
    family, raw, length, src, src_length = _destination(route.to)
    table = route.table if route.table < 256 else 0
    onlink = RTNH_F_ONLINK if len(route.nexthops) == 1 and route.nexthops[0].onlink else 0
    try:
        head = RTMSG.pack(family, length, src_length, route.tos, table, protocol, scope, kind, onlink)
        if length:
            head += attribute(RTA_DST, raw)
        if src_length:
            head += attribute(RTA_SRC, src)
        if route.metric:
            head += attribute(RTA_PRIORITY, U32.pack(route.metric))
        if route.table > 255:
            head += attribute(RTA_TABLE, U32.pack(route.table))
    except struct.error:
        raise CodecError(f"a number of {route.key} is out of range") from None
    return head, family


def encode_route_add(step: Step, fd_of: FdOf) -> list[bytes]:
    """ROUTE_ADD: EXCL unless ``replace``: plain CREATE would put a second route before the present one.

    Without a protocol of its own the route is marked as nsmgr's; scope as ip(8) chooses it, none in IPv6.
    """
    route: Route = step.obj
    attrs = route.attrs
    kind = str(attrs.get("type", "unicast"))
    if kind not in TYPES:
        raise CodecError(f"{kind!r} is no route type", "type")
    if ":" in route.to or route.to.startswith("mpls "):
        scope = 0
    else:
        scope = scope_number(attrs["scope"]) if "scope" in attrs else _default_scope(route, kind)
    proto = attrs.get("proto", PROTO_NSMGR)
    if not isinstance(proto, int) or not 0 <= proto <= 255:
        raise CodecError(f"{proto!r} is no protocol number", "proto")
    body, family = _head(route, proto, scope, TYPES[kind])
    if attrs.get("prefsrc"):
        body += attribute(RTA_PREFSRC, packed(str(attrs["prefsrc"])))
    body += _others(attrs)
    if "nhid" not in attrs:
        body += _nexthops(route, step.args.get("indexes", {}), family)
    how = NLM_F_REPLACE if step.args.get("replace") else NLM_F_EXCL
    return [message(schema.RTM_NEWROUTE, NLM_F_CREATE | how, body)]


def _others(attrs: Mapping[str, Value]) -> bytes:
    """Metrics, and the attributes that few routes have."""
    body = b""
    metrics = False
    for name, value in attrs.items():
        if value is None or name in _SAID:
            continue
        try:
            if name in METRICS:
                metrics = True
            elif name == "pref":
                body += attribute(RTA_PREF, bytes((PREFERENCES[str(value)],)))
            elif name == "ttl_propagate":
                body += attribute(RTA_TTL_PROPAGATE, bytes((bool(value),)))
            elif isinstance(value, int):
                body += attribute(_NUMBERS[name], U32.pack(value // 1000 if name == "expires" else value))
            else:
                raise CodecError(f"{value!r} does not fit", name)
        except (KeyError, struct.error):
            raise CodecError(f"{value!r} does not fit", name) from None
    return attribute(RTA_METRICS, encode_metrics(attrs)) + body if metrics else body


def encode_route_del(step: Step, fd_of: FdOf) -> list[bytes]:
    """ROUTE_DEL of exactly this one: all that fib_table_delete and ip6_route_del compare goes along.

    Scope "nowhere" means any scope in IPv4 (fib_table_delete); the scope of IPv6 is always 0.
    """
    route: Route = step.obj
    kind = TYPES.get(str(route.attrs.get("type", "unicast")), 0)
    scope = 0 if ":" in route.to or route.to.startswith("mpls ") else scope_number(route.attrs.get("scope", "nowhere"))
    proto = route.attrs.get("proto", 0)
    body, family = _head(route, proto if isinstance(proto, int) else 0, scope, kind)
    indexes: Mapping[str, int] = step.args.get("indexes", {})
    if "nhid" in route.attrs:
        body += _others({"nhid": route.attrs["nhid"]})
    else:
        known = tuple(NextHop(hop.via, hop.dev if indexes.get(hop.dev) else "", hop.weight, hop.onlink) for hop in route.nexthops)
        body += _nexthops(Route(route.to, nexthops=known), indexes, family)
    return [message(schema.RTM_DELROUTE, 0, body)]
