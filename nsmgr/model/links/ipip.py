"""ipip: IPv4 or MPLS in IPv4 (RFC 2003; net/ipv4/ipip.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from nsmgr.model.attr import Names
from nsmgr.model.base import Bool, Change, Value
from nsmgr.model.convert import Flag, by_number
from nsmgr.model.links.base import data
from nsmgr.model.tunnel import ANY, CSUM, CSUM6, ENCAPS, REMCSUM, TOS, TTL, Encap, Ip4, Layer3, Tos, Ttl, Word, reach
from nsmgr.types import LinkRef, Port

MODES = Names({"any": 0, "ipip": 4, "mplsip": 137})  # IPPROTO_IPIP, IPPROTO_MPLS


class Ipip(Layer3):
    """IP in IP. Local and remote address and parent together must be unique in the underlay's namespace (EEXIST).

    Whether it has a remote end cannot change on a living device.
    """

    KIND: ClassVar[str] = "ipip"
    ETHERNET: ClassVar[bool] = False
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65515)
    ONCE: ClassVar[frozenset[str]] = frozenset(("external",))

    kind: Literal["ipip"] | None = "ipip"
    """The kind."""
    parent: Annotated[LinkRef | None, data("IFLA_IPIP_LINK", ref=True)] = None
    """The underlay link that packets leave by (ip: dev)."""
    local: Annotated[Ip4 | None, data("IFLA_IPIP_LOCAL", convert=ANY, absent="any", default="any")] = None
    """Outer source address; ``any`` = chosen by the route."""
    remote: Annotated[Ip4 | None, data("IFLA_IPIP_REMOTE", convert=ANY, absent="any", default="any")] = None
    """Outer destination address, or ``any``; to and from ``any`` replaces."""
    mode: Annotated[
        Literal["any", "ipip", "mplsip"] | None,
        by_number(MODES),
        data("IFLA_IPIP_PROTO", Change.REPLACE, convert=MODES, default="ipip"),
    ] = None
    """What is inside: IPv4, MPLS or both. ip_tunnel_update keeps the old one without a word, so a change replaces the link."""
    ttl: Annotated[Ttl | None, data("IFLA_IPIP_TTL", convert=TTL, default="inherit")] = None
    """Outer TTL; ``inherit`` (0) = the inner packet's. A fixed one turns path MTU discovery on."""
    tos: Annotated[Tos | None, data("IFLA_IPIP_TOS", convert=TOS, default=0)] = None
    """Outer TOS; ``inherit`` (1 on the wire) = the inner packet's."""
    pmtudisc: Annotated[bool | None, data("IFLA_IPIP_PMTUDISC", convert=Bool(), default=True)] = None
    """Path MTU discovery: set don't-fragment on outer packets."""
    fwmark: Annotated[Word | None, data("IFLA_IPIP_FWMARK", default=0)] = None
    """Firewall mark that the route to the remote end is looked up with."""
    encap: Annotated[Encap | None, data("IFLA_IPIP_ENCAP_TYPE", convert=ENCAPS, default="none")] = None
    """Second encapsulation: foo-over-UDP or generic UDP encapsulation."""
    encap_sport: Annotated[Port | None, data("IFLA_IPIP_ENCAP_SPORT", default=0)] = None
    """UDP source port of ``encap``; 0 = from a hash of the flow (ip: auto)."""
    encap_dport: Annotated[Port | None, data("IFLA_IPIP_ENCAP_DPORT", default=0)] = None
    """UDP destination port of ``encap``."""
    encap_csum: Annotated[bool | None, data("IFLA_IPIP_ENCAP_FLAGS", bit=CSUM, convert=Bool(), default=False)] = None
    """UDP checksums of ``encap`` over IPv4."""
    encap_csum6: Annotated[bool | None, data("IFLA_IPIP_ENCAP_FLAGS", bit=CSUM6, convert=Bool(), default=False)] = None
    """UDP checksums of ``encap`` over IPv6."""
    encap_remcsum: Annotated[bool | None, data("IFLA_IPIP_ENCAP_FLAGS", bit=REMCSUM, convert=Bool(), default=False)] = None
    """Remote checksum offload (``encap: gue``)."""
    external: Annotated[
        bool | None, data("IFLA_IPIP_COLLECT_METADATA", Change.REPLACE, convert=Flag(), absent=False, default=False)
    ] = None
    """The remote end comes with each packet (collect metadata). One such device in a namespace (EEXIST)."""

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        # ipip_changelink: IFF_POINTOPOINT is decided at birth.
        if name == "remote":
            return reach(observed) != reach(desired)
        return super().replaces(name, observed, desired)

    @classmethod
    def fixed(cls, observed: Mapping[str, Value]) -> tuple[str, ...]:
        # ip_tunnel_changelink takes a group for IFF_BROADCAST, which no ipip device has (EINVAL).
        return ("local", "remote", "parent") if reach(observed.get("remote")) == "multicast" else ()

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.pmtudisc is False and self.ttl not in (None, "inherit"):
            found.append(
                ("pmtudisc", "a fixed TTL turns path MTU discovery on (ip_tunnel_netlink_parms)", "remove `ttl`, or `pmtudisc`")
            )
        return found
