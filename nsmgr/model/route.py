"""Routes (RTM_NEWROUTE; net/ipv4/fib_frontend.c, net/ipv6/route.c). One model, canonical values as in plan.state.Route."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from nsmgr.model.address import Scope
from nsmgr.model.base import Attr, Change, Names, Resource
from nsmgr.model.words import IPV6_METRIC as IPV6_METRIC
from nsmgr.model.words import NO_NEXTHOP as NO_NEXTHOP
from nsmgr.model.words import PROTOCOLS as PROTOCOLS
from nsmgr.model.words import TABLES as TABLES
from nsmgr.model.words import TYPES as TYPES
from nsmgr.model.words import destination, protocol, table
from nsmgr.types import IfName, IpAddress

_NAME_OR_NUMBER = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 0}]})
Table = Annotated[int, BeforeValidator(table), _NAME_OR_NUMBER]
Protocol = Annotated[int, BeforeValidator(protocol), _NAME_OR_NUMBER]
RouteType = Literal["unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit", "throw"]


class NextHopModel(Resource):
    """One way of several (RTA_MULTIPATH, struct rtnexthop)."""

    TYPE: ClassVar[str] = "nexthop"

    via: Annotated[IpAddress | None, Attr("RTA_GATEWAY")] = None
    """Gateway."""
    dev: Annotated[IfName | None, Attr("RTA_OIF", ref=True)] = None
    """Outgoing link; without it the kernel takes the one through which the gateway is reached."""
    weight: Annotated[int, Field(ge=1, le=256), Attr("", default=1)] = 1
    """Share of the flows, 1…256 (rtnh_hops + 1)."""
    onlink: Annotated[bool, Attr("", default=False)] = False
    """The gateway is reached directly on ``dev`` although no address says so (RTNH_F_ONLINK)."""


class RouteModel(Resource):
    """A route. Table, destination, metric and tos say which one it is; everything else can be changed in place."""

    TYPE: ClassVar[str] = "route"

    to: Annotated[str, BeforeValidator(destination), WithJsonSchema({"type": "string"}), Attr("RTA_DST", Change.REPLACE)]
    """Destination prefix, an address (a host route), or ``default``."""
    family: Literal["ipv4", "ipv6"] | None = None
    """Only for ``to: default`` without a gateway to tell it: ipv4 unless written."""
    via: Annotated[IpAddress | None, Attr("RTA_GATEWAY")] = None
    """Gateway."""
    dev: Annotated[IfName | None, Attr("RTA_OIF", ref=True)] = None
    """Outgoing link; without it the kernel takes the one through which the gateway is reached."""
    onlink: Annotated[bool | None, Attr("", default=False)] = None
    """The gateway is reached directly on ``dev`` although no address says so (RTNH_F_ONLINK)."""
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
    mtu: Annotated[int | None, Field(ge=0, lt=2**32), Attr("RTAX_MTU", unit="bytes")] = None
    """Path MTU of the route."""
    advmss: Annotated[int | None, Field(ge=0, lt=2**32), Attr("RTAX_ADVMSS", unit="bytes")] = None
    """TCP maximum segment size to advertise."""
