"""Routes (RTM_NEWROUTE; net/ipv4/fib_frontend.c, net/ipv6/route.c). One model, canonical values as in plan.state.Route."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from nsmgr.model.address import Scope, number_or_name
from nsmgr.model.base import Attr, Change, Names, Resource
from nsmgr.types import IfName, IpAddress, prefix

TABLES: Mapping[str, int] = {"main": 254, "local": 255, "default": 253}  # rtnetlink.h RT_TABLE_*
# rtnetlink.h RTPROT_*, with the names of iproute2's rt_protos
PROTOCOLS: Mapping[str, int] = {
    "unspec": 0, "redirect": 1, "kernel": 2, "boot": 3, "static": 4, "gated": 8, "ra": 9, "mrt": 10, "zebra": 11, "bird": 12,
    "dnrouted": 13, "xorp": 14, "ntk": 15, "dhcp": 16, "mrouted": 17, "keepalived": 18, "babel": 42, "ovn": 84,
    "openr": 99, "bgp": 186, "isis": 187, "ospf": 188, "rip": 189, "eigrp": 192,
}  # fmt: skip
# rtnetlink.h RTN_*
TYPES: Mapping[str, int] = {
    "unicast": 1, "local": 2, "broadcast": 3, "anycast": 4, "multicast": 5,
    "blackhole": 6, "unreachable": 7, "prohibit": 8, "throw": 9,
}  # fmt: skip
NO_NEXTHOP = frozenset({"blackhole", "unreachable", "prohibit", "throw"})
IPV6_METRIC = 1024  # IP6_RT_PRIO_USER: what metric 0 becomes


def table(value: Any) -> int:
    """A table's number; 0 (RT_TABLE_UNSPEC) is none."""
    number = number_or_name(value, TABLES, 2**32 - 1, "routing table")
    if not number:
        raise ValueError("table 0 is no table: a number from 1 to 4294967295, or main, local, default")
    return number


def protocol(value: Any) -> int:
    """rtm_protocol by number or rt_protos name."""
    try:
        return number_or_name(value, PROTOCOLS, 255, "route protocol")
    except ValueError:
        import difflib  # only where a word is wrong

        near = difflib.get_close_matches(str(value), PROTOCOLS, 1)
        words = "not a route protocol: a number from 0 to 255, or kernel, boot, static, dhcp, bird, ospf, bgp …"
        raise ValueError(f"{words}; did you mean `{near[0]}`?" if near else words) from None


def destination(value: Any) -> str:
    """A prefix, or ``default``; a bare address is a host route."""
    return "default" if value == "default" else prefix(value)


def cidr_or_default(value: Any) -> str:
    """As :func:`destination`, with rules' word ``all`` for the same thing."""
    return "default" if value == "all" else destination(value)


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
