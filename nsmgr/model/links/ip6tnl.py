"""ip6tnl: IPv4 or IPv6 in IPv6 (RFC 2473; net/ipv6/ip6_tunnel.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from nsmgr.model.attr import Gate, Names
from nsmgr.model.base import Bool, Change, Value
from nsmgr.model.convert import Flag, by_number
from nsmgr.model.links.base import data
from nsmgr.model.tunnel import (
    ALLOW_LOCAL_REMOTE,
    ANY,
    CSUM,
    CSUM6,
    ENCAPS,
    FLOWLABEL,
    IGN_ENCAP_LIMIT,
    MIP6_DEV,
    RCV_DSCP_COPY,
    REMCSUM,
    TCLASS,
    USE_ORIG_FLOWLABEL,
    USE_ORIG_FWMARK,
    USE_ORIG_TCLASS,
    Encap,
    Ip6,
    Label,
    Layer3,
    Octet,
    Word,
)
from nsmgr.types import LinkRef, Port

MODES = Names({"any": 0, "ipip6": 4, "ip6ip6": 41})  # ip6_tnl_validate


class Ip6Tnl(Layer3):
    """IP in IPv6. Local and remote address and parent together must be unique in the underlay's namespace (EEXIST).

    New links are told what ip(8) tells them: hop limit 64 and encapsulation limit 4 (RFC 2473); the kernel's own are 0.
    """

    KIND: ClassVar[str] = "ip6tnl"
    ETHERNET: ClassVar[bool] = False
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65535)
    ONCE: ClassVar[frozenset[str]] = frozenset(("external",))
    BIRTH: ClassVar[Mapping[str, Value]] = {"hoplimit": 64, "encaplimit": 4}

    kind: Literal["ip6tnl"] | None = "ip6tnl"
    """The kind."""
    parent: Annotated[LinkRef | None, data("IFLA_IP6TNL_LINK", ref=True)] = None
    """The underlay link that packets leave by (ip: dev)."""
    local: Annotated[Ip6 | None, data("IFLA_IP6TNL_LOCAL", convert=ANY, absent="any", default="any")] = None
    """Outer source address; ``any`` = chosen by the route."""
    remote: Annotated[Ip6 | None, data("IFLA_IP6TNL_REMOTE", convert=ANY, absent="any", default="any")] = None
    """Outer destination address, or ``any``."""
    mode: Annotated[
        Literal["any", "ipip6", "ip6ip6"] | None, by_number(MODES), data("IFLA_IP6TNL_PROTO", convert=MODES, default="any")
    ] = None
    """What is inside: IPv4 (ipip6), IPv6 (ip6ip6) or both. With IPv6 the MTU is at least 1280."""
    hoplimit: Annotated[Octet | None, data("IFLA_IP6TNL_TTL", default=64)] = None
    """Outer hop limit; 0 = the inner packet's."""
    tclass: Annotated[
        Octet | Literal["inherit"] | None,
        data("IFLA_IP6TNL_FLOWINFO", bit=TCLASS, gate=Gate("IFLA_IP6TNL_FLAGS", USE_ORIG_TCLASS, "inherit"), default=0),
    ] = None
    """Outer traffic class; ``inherit`` = the inner packet's."""
    flowlabel: Annotated[
        Label | Literal["inherit"] | None,
        data("IFLA_IP6TNL_FLOWINFO", bit=FLOWLABEL, gate=Gate("IFLA_IP6TNL_FLAGS", USE_ORIG_FLOWLABEL, "inherit"), default=0),
    ] = None
    """Outer flow label; ``inherit`` = the inner packet's."""
    encaplimit: Annotated[
        Octet | Literal["none"] | None,
        data("IFLA_IP6TNL_ENCAP_LIMIT", gate=Gate("IFLA_IP6TNL_FLAGS", IGN_ENCAP_LIMIT, "none"), default=4),
    ] = None
    """How many further encapsulations are allowed (RFC 2473); ``none`` = without the option, which saves eight bytes."""
    dscp_inherit: Annotated[bool | None, data("IFLA_IP6TNL_FLAGS", bit=RCV_DSCP_COPY, convert=Bool(), default=False)] = None
    """Copy the DSCP of received outer packets to the inner ones (ip: dscp inherit)."""
    mip6: Annotated[bool | None, data("IFLA_IP6TNL_FLAGS", bit=MIP6_DEV, convert=Bool(), default=False)] = None
    """Marked as a Mobile IPv6 device."""
    allow_localremote: Annotated[bool | None, data("IFLA_IP6TNL_FLAGS", bit=ALLOW_LOCAL_REMOTE, convert=Bool(), default=False)] = (
        None
    )
    """Allow the remote address to be one of this host's."""
    fwmark: Annotated[
        Word | Literal["inherit"] | None,
        data("IFLA_IP6TNL_FWMARK", gate=Gate("IFLA_IP6TNL_FLAGS", USE_ORIG_FWMARK, "inherit"), default=0),
    ] = None
    """Firewall mark that the route to the remote end is looked up with; ``inherit`` = the inner packet's."""
    encap: Annotated[Encap | None, data("IFLA_IP6TNL_ENCAP_TYPE", convert=ENCAPS, default="none")] = None
    """Second encapsulation: foo-over-UDP or generic UDP encapsulation."""
    encap_sport: Annotated[Port | None, data("IFLA_IP6TNL_ENCAP_SPORT", default=0)] = None
    """UDP source port of ``encap``; 0 = from a hash of the flow (ip: auto)."""
    encap_dport: Annotated[Port | None, data("IFLA_IP6TNL_ENCAP_DPORT", default=0)] = None
    """UDP destination port of ``encap``."""
    encap_csum: Annotated[bool | None, data("IFLA_IP6TNL_ENCAP_FLAGS", bit=CSUM, convert=Bool(), default=False)] = None
    """UDP checksums of ``encap`` over IPv4."""
    encap_csum6: Annotated[bool | None, data("IFLA_IP6TNL_ENCAP_FLAGS", bit=CSUM6, convert=Bool(), default=False)] = None
    """UDP checksums of ``encap`` over IPv6."""
    encap_remcsum: Annotated[bool | None, data("IFLA_IP6TNL_ENCAP_FLAGS", bit=REMCSUM, convert=Bool(), default=False)] = None
    """Remote checksum offload (``encap: gue``)."""
    external: Annotated[
        bool | None, data("IFLA_IP6TNL_COLLECT_METADATA", Change.REPLACE, convert=Flag(), absent=False, default=False)
    ] = None
    """The remote end comes with each packet (collect metadata: routes, tc tunnel_key). One such device in a namespace (EEXIST)."""
