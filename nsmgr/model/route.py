"""Routes (RTM_NEWROUTE; net/ipv4/fib_frontend.c, net/ipv6/route.c). One model, canonical values as in plan.state.Route."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from nsmgr.model.address import Scope
from nsmgr.model.base import Attr, Change, Names, Resource
from nsmgr.model.encap import encap, label_stack
from nsmgr.model.encap import schema as encap_schema
from nsmgr.model.words import FEATURES as FEATURES
from nsmgr.model.words import IPV6_METRIC as IPV6_METRIC
from nsmgr.model.words import METRICS as METRICS
from nsmgr.model.words import NO_NEXTHOP as NO_NEXTHOP
from nsmgr.model.words import PROTOCOLS as PROTOCOLS
from nsmgr.model.words import TABLES as TABLES
from nsmgr.model.words import TYPES as TYPES
from nsmgr.model.words import feature_names, locked, protocol, realm_numbers, route_destination, table
from nsmgr.types import Duration, IfName, IpAddress, Prefix

_NAME_OR_NUMBER = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 0}]})
_NAMES = WithJsonSchema({"type": "array", "items": {"type": "string"}})
_U32 = Field(ge=0, lt=2**32)
Table = Annotated[int, BeforeValidator(table), _NAME_OR_NUMBER]
Protocol = Annotated[int, BeforeValidator(protocol), _NAME_OR_NUMBER]
Encap = Annotated[str, BeforeValidator(encap), WithJsonSchema(encap_schema())]
LABEL = WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "array", "items": {"type": "integer"}}]})
Labels = Annotated[str, BeforeValidator(label_stack), LABEL]
RouteType = Literal["unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit", "throw"]


class NextHopModel(Resource):
    """One way of several (RTA_MULTIPATH, struct rtnexthop)."""

    TYPE: ClassVar[str] = "nexthop"

    via: Annotated[IpAddress | None, Attr("RTA_GATEWAY")] = None
    """Gateway. An IPv4 route may have an IPv6 one (RFC 5549)."""
    dev: Annotated[IfName | None, Attr("RTA_OIF", ref=True)] = None
    """Outgoing link; without it the kernel takes the one through which the gateway is reached."""
    weight: Annotated[int, Field(ge=1, le=256), Attr("", default=1)] = 1
    """Share of the flows, 1…256 (rtnh_hops + 1)."""
    onlink: Annotated[bool, Attr("", default=False)] = False
    """The gateway is reached directly on ``dev`` although no address says so (RTNH_F_ONLINK)."""
    encap: Annotated[Encap | None, Attr("RTA_ENCAP")] = None
    """What packets of this way are wrapped in, as of the route."""
    as_: Annotated[Labels | None, Field(alias="as"), Attr("RTA_NEWDST")] = None
    """MPLS: the labels of this way, as of the route."""


class RouteModel(Resource):
    """A route. Table, destination, metric and tos say which one it is; everything else can be changed in place."""

    TYPE: ClassVar[str] = "route"

    to: Annotated[str, BeforeValidator(route_destination), WithJsonSchema({"type": "string"}), Attr("RTA_DST", Change.REPLACE)]
    """Destination prefix, an address (a host route), or ``default``; ``mpls 100`` for packets with that label on top."""
    from_: Annotated[Prefix | None, Field(alias="from"), Attr("RTA_SRC", Change.REPLACE)] = None
    """IPv6: only packets from this prefix (source routing, CONFIG_IPV6_SUBTREES)."""
    family: Literal["ipv4", "ipv6"] | None = None
    """Only for ``to: default`` without a gateway to tell it: ipv4 unless written."""
    nhid: Annotated[int | None, Field(ge=1, lt=2**32), Attr("RTA_NH_ID")] = None
    """The next hop object (``nexthops:`` of the namespace) to go by, instead of ``via``, ``dev``, ``encap`` and ``nexthops``."""
    via: Annotated[IpAddress | None, Attr("RTA_GATEWAY")] = None
    """Gateway. An IPv4 route may have an IPv6 one (RFC 5549)."""
    dev: Annotated[IfName | None, Attr("RTA_OIF", ref=True)] = None
    """Outgoing link; without it the kernel takes the one through which the gateway is reached."""
    onlink: Annotated[bool | None, Attr("", default=False)] = None
    """The gateway is reached directly on ``dev`` although no address says so (RTNH_F_ONLINK)."""
    encap: Annotated[Encap | None, Attr("RTA_ENCAP")] = None
    """What packets are wrapped in: MPLS labels, an IP tunnel's addresses, an SRv6 header; or an SRv6 behaviour (seg6local)."""
    as_: Annotated[Labels | None, Field(alias="as"), Attr("RTA_NEWDST")] = None
    """MPLS: the labels that take the place of the route's own, outermost first; without them it is taken off."""
    nexthops: Annotated[list[NextHopModel] | None, Field(min_length=1), Attr("RTA_MULTIPATH")] = None
    """Several gateways that share the flows, instead of ``via`` and ``dev``."""
    type: Annotated[RouteType | None, Attr("", convert=Names(TYPES), default="unicast")] = None
    """What happens to a packet (rtm_type)."""
    table: Annotated[Table | None, Attr("RTA_TABLE", Change.REPLACE, default=254)] = None
    """Routing table: a number, or main, local, default."""
    metric: Annotated[int | None, Field(ge=0, lt=2**32), Attr("RTA_PRIORITY", Change.REPLACE, default=0)] = None
    """Priority, lower wins. IPv6: 0 and not written are 1024."""
    tos: Annotated[int | None, Field(ge=0, le=255), Attr("", Change.REPLACE, default=0)] = None
    """IPv4 type of service the route is for (rtm_tos)."""
    proto: Annotated[Protocol | None, Attr("")] = None
    """Who made the route (rtm_protocol), a number or a name; nsmgr's own number unless written."""
    scope: Annotated[Scope | None, Attr("")] = None
    """How far the destination is (rtm_scope): global, site, link, host, nowhere or a number."""
    prefsrc: Annotated[IpAddress | None, Attr("RTA_PREFSRC")] = None
    """Preferred source address."""
    mtu: Annotated[int | None, Field(ge=0, le=65520), Attr("RTAX_MTU", unit="bytes")] = None
    """Path MTU of the route (the kernel cuts it to 65520, ip_metrics_convert)."""
    advmss: Annotated[int | None, Field(ge=0, le=65495), Attr("RTAX_ADVMSS", unit="bytes")] = None
    """TCP maximum segment size to advertise."""
    lock: Annotated[tuple[str, ...] | None, BeforeValidator(locked), _NAMES, Attr("RTAX_LOCK")] = None
    """Metrics that are not to be adjusted: ``[mtu]`` = no path MTU discovery."""
    window: Annotated[int | None, _U32, Attr("RTAX_WINDOW", unit="bytes")] = None
    """Largest TCP window to advertise."""
    rtt: Annotated[Duration | None, Field(ge=0, le=2**29 - 1), Attr("RTAX_RTT", unit="ms")] = None
    """First estimate of the round trip time."""
    rttvar: Annotated[Duration | None, Field(ge=0, le=2**30 - 1), Attr("RTAX_RTTVAR", unit="ms")] = None
    """First estimate of its variance."""
    rto_min: Annotated[Duration | None, Field(ge=0, le=2**32 - 1), Attr("RTAX_RTO_MIN", unit="ms")] = None
    """Smallest TCP retransmission timeout (always locked: tcp_rto_min heeds no other)."""
    ssthresh: Annotated[int | None, _U32, Attr("RTAX_SSTHRESH")] = None
    """First slow start threshold, in segments."""
    cwnd: Annotated[int | None, _U32, Attr("RTAX_CWND")] = None
    """Clamp of the congestion window; heeded with ``lock: [cwnd]``."""
    initcwnd: Annotated[int | None, _U32, Attr("RTAX_INITCWND")] = None
    """First congestion window, in segments."""
    initrwnd: Annotated[int | None, _U32, Attr("RTAX_INITRWND")] = None
    """First receive window to advertise, in segments."""
    reordering: Annotated[int | None, _U32, Attr("RTAX_REORDERING")] = None
    """Reordering to expect, in segments."""
    hoplimit: Annotated[int | None, Field(ge=0, le=255), Attr("RTAX_HOPLIMIT")] = None
    """TTL or hop limit of packets that go this way."""
    features: Annotated[tuple[str, ...] | None, BeforeValidator(feature_names), _NAMES, Attr("RTAX_FEATURES")] = None
    """``[ecn]``: use explicit congestion notification; also tcp_usec_ts (Linux 6.7)."""
    quickack: Annotated[bool | None, Attr("RTAX_QUICKACK")] = None
    """Acknowledge at once."""
    congctl: Annotated[str | None, Field(min_length=1, max_length=15), Attr("RTAX_CC_ALGO")] = None
    """TCP congestion control: cubic, reno, bbr … as far as the kernel has it."""
    fastopen_no_cookie: Annotated[bool | None, Attr("RTAX_FASTOPEN_NO_COOKIE")] = None
    """TCP Fast Open without a cookie."""
    pref: Annotated[Literal["low", "medium", "high"] | None, Attr("RTA_PREF", default="medium")] = None
    """IPv6: router preference among routes of one metric (RFC 4191)."""
    expires: Annotated[Duration | None, Field(ge=1000, lt=2**31 * 10), Attr("RTA_EXPIRES", unit="ms")] = None
    """IPv6: the kernel removes the route after this time; a rest that is shorter is no drift."""
    realms: Annotated[int | None, BeforeValidator(realm_numbers), _NAME_OR_NUMBER, Attr("RTA_FLOW", default=0)] = None
    """IPv4: realms ``TO`` or ``FROM/TO`` (CONFIG_IP_ROUTE_CLASSID)."""
    ttl_propagate: Annotated[bool | None, Attr("RTA_TTL_PROPAGATE")] = None
    """MPLS: copy the TTL into the packet when the last label is taken off."""
