"""ip6gre: generic routing encapsulation over IPv6 (net/ipv6/ip6_gre.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from nsmgr.model.attr import Attr, Gate
from nsmgr.model.base import Bool, Change, Value
from nsmgr.model.convert import Flag
from nsmgr.model.links.base import READONLY, data
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
    Key,
    Label,
    Octet,
    Tunnel,
    Word,
)
from nsmgr.types import LinkRef, Port

GRE_CSUM, GRE_KEY, GRE_SEQ = 0x8000, 0x2000, 0x1000  # linux/if_tunnel.h


class Ip6GreLink(Tunnel):
    """What ip6gre, ip6gretap and ip6erspan share.

    Local and remote address, key and parent together must be unique in the underlay's namespace (EEXIST).
    New links are told what ip(8) tells them: hop limit 64 and encapsulation limit 4 (RFC 2473); the kernel's own are 0.
    """

    SHORT: ClassVar[Mapping[str, tuple[str, ...]]] = {"key": ("ikey", "okey"), "csum": ("icsum", "ocsum"), "seq": ("iseq", "oseq")}
    BIRTH: ClassVar[Mapping[str, Value]] = {"hoplimit": 64, "encaplimit": 4}

    parent: Annotated[LinkRef | None, data("IFLA_IP6GRE_LINK", ref=True)] = None
    """The underlay link that packets leave by (ip: dev)."""
    local: Annotated[Ip6 | None, data("IFLA_IP6GRE_LOCAL", convert=ANY, absent="any", default="any")] = None
    """Outer source address; ``any`` = chosen by the route."""
    remote: Annotated[Ip6 | None, data("IFLA_IP6GRE_REMOTE", convert=ANY, absent="any", default="any")] = None
    """Outer destination: an address, a multicast group, or ``any``."""
    ikey: Annotated[
        Key | None, data("IFLA_IP6GRE_IKEY", gate=Gate("IFLA_IP6GRE_IFLAGS", GRE_KEY, "none", when=False), default="none")
    ] = None
    """Key that received packets must carry: a number or a dotted quad; ``none`` = those without a key."""
    okey: Annotated[
        Key | None, data("IFLA_IP6GRE_OKEY", gate=Gate("IFLA_IP6GRE_OFLAGS", GRE_KEY, "none", when=False), default="none")
    ] = None
    """Key put into sent packets."""
    icsum: Annotated[bool | None, data("IFLA_IP6GRE_IFLAGS", bit=GRE_CSUM, convert=Bool(), default=False)] = None
    """Received packets must have a checksum."""
    ocsum: Annotated[bool | None, data("IFLA_IP6GRE_OFLAGS", bit=GRE_CSUM, convert=Bool(), default=False)] = None
    """Put a checksum into sent packets."""
    iseq: Annotated[bool | None, data("IFLA_IP6GRE_IFLAGS", bit=GRE_SEQ, convert=Bool(), default=False)] = None
    """Drop received packets that are out of sequence."""
    oseq: Annotated[bool | None, data("IFLA_IP6GRE_OFLAGS", bit=GRE_SEQ, convert=Bool(), default=False)] = None
    """Number sent packets."""
    hoplimit: Annotated[Octet | None, data("IFLA_IP6GRE_TTL", default=64)] = None
    """Outer hop limit; 0 = the inner packet's."""
    tclass: Annotated[
        Octet | Literal["inherit"] | None,
        data("IFLA_IP6GRE_FLOWINFO", bit=TCLASS, gate=Gate("IFLA_IP6GRE_FLAGS", USE_ORIG_TCLASS, "inherit"), default=0),
    ] = None
    """Outer traffic class; ``inherit`` = the inner packet's."""
    flowlabel: Annotated[
        Label | Literal["inherit"] | None,
        data("IFLA_IP6GRE_FLOWINFO", bit=FLOWLABEL, gate=Gate("IFLA_IP6GRE_FLAGS", USE_ORIG_FLOWLABEL, "inherit"), default=0),
    ] = None
    """Outer flow label; ``inherit`` = the inner packet's."""
    encaplimit: Annotated[
        Octet | Literal["none"] | None,
        data("IFLA_IP6GRE_ENCAP_LIMIT", gate=Gate("IFLA_IP6GRE_FLAGS", IGN_ENCAP_LIMIT, "none"), default=4),
    ] = None
    """How many further encapsulations are allowed (RFC 2473); ``none`` = without the option, which saves eight bytes."""
    dscp_inherit: Annotated[bool | None, data("IFLA_IP6GRE_FLAGS", bit=RCV_DSCP_COPY, convert=Bool(), default=False)] = None
    """Copy the DSCP of received outer packets to the inner ones (ip: dscp inherit)."""
    mip6: Annotated[bool | None, data("IFLA_IP6GRE_FLAGS", bit=MIP6_DEV, convert=Bool(), default=False)] = None
    """Marked as a Mobile IPv6 device."""
    allow_localremote: Annotated[bool | None, data("IFLA_IP6GRE_FLAGS", bit=ALLOW_LOCAL_REMOTE, convert=Bool(), default=False)] = (
        None
    )
    """Allow the remote address to be one of this host's."""
    fwmark: Annotated[
        Word | Literal["inherit"] | None,
        data("IFLA_IP6GRE_FWMARK", gate=Gate("IFLA_IP6GRE_FLAGS", USE_ORIG_FWMARK, "inherit"), default=0),
    ] = None
    """Firewall mark that the route to the remote end is looked up with; ``inherit`` = the inner packet's."""
    encap: Annotated[Encap | None, data("IFLA_IP6GRE_ENCAP_TYPE", convert=ENCAPS, default="none")] = None
    """Second encapsulation: foo-over-UDP or generic UDP encapsulation."""
    encap_sport: Annotated[Port | None, data("IFLA_IP6GRE_ENCAP_SPORT", default=0)] = None
    """UDP source port of ``encap``; 0 = from a hash of the flow (ip: auto)."""
    encap_dport: Annotated[Port | None, data("IFLA_IP6GRE_ENCAP_DPORT", default=0)] = None
    """UDP destination port of ``encap``."""
    encap_csum: Annotated[bool | None, data("IFLA_IP6GRE_ENCAP_FLAGS", bit=CSUM, convert=Bool(), default=False)] = None
    """UDP checksums of ``encap`` over IPv4."""
    encap_csum6: Annotated[bool | None, data("IFLA_IP6GRE_ENCAP_FLAGS", bit=CSUM6, convert=Bool(), default=False)] = None
    """UDP checksums of ``encap`` over IPv6."""
    encap_remcsum: Annotated[bool | None, data("IFLA_IP6GRE_ENCAP_FLAGS", bit=REMCSUM, convert=Bool(), default=False)] = None
    """Remote checksum offload (``encap: gue``)."""
    external: Annotated[
        bool | None, data("IFLA_IP6GRE_COLLECT_METADATA", Change.REPLACE, convert=Flag(), absent=False, default=False)
    ] = None
    """Remote and key come with each packet (collect metadata: routes, tc tunnel_key). One such device in a namespace (EEXIST)."""

    # Not rows: expanded by config.links.
    key: Key | None = None
    """Short for ``ikey`` and ``okey``."""
    csum: bool | None = None
    """Short for ``icsum`` and ``ocsum``."""
    seq: bool | None = None
    """Short for ``iseq`` and ``oseq``."""


class Ip6Gre(Ip6GreLink):
    """GRE for IP packets over IPv6."""

    KIND: ClassVar[str] = "ip6gre"
    ETHERNET: ClassVar[bool] = False
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65531)
    DEFAULTS: ClassVar[Mapping[str, Value]] = {"arp": False, "multicast": False}

    kind: Literal["ip6gre"] | None = "ip6gre"
    """The kind."""
    mac: Annotated[str | None, READONLY, Attr("IFLA_ADDRESS", Change.READ_ONLY, export=False)] = None
    """The bytes of the outer local address; it cannot be set."""
    broadcast: Annotated[str | None, READONLY, Attr("IFLA_BROADCAST", Change.READ_ONLY, export=False)] = None
    """The bytes of the outer remote address; it cannot be set."""
