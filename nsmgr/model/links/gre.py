"""gre: generic routing encapsulation over IPv4 (RFC 2784, 2890; net/ipv4/ip_gre.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from nsmgr.model.attr import Attr, Gate
from nsmgr.model.base import Bool, Change, Value
from nsmgr.model.convert import Flag
from nsmgr.model.links.base import READONLY, data
from nsmgr.model.tunnel import (
    ANY,
    CSUM,
    CSUM6,
    ENCAPS,
    REMCSUM,
    TOS,
    TTL,
    Encap,
    Ip4,
    Key,
    Tos,
    Ttl,
    Tunnel,
    Word,
    reach,
)
from nsmgr.types import LinkRef, Port

GRE_CSUM, GRE_KEY, GRE_SEQ = 0x8000, 0x2000, 0x1000  # linux/if_tunnel.h


class GreLink(Tunnel):
    """What gre, gretap and erspan share.

    Local and remote address, key and parent together must be unique in the underlay's namespace (EEXIST).
    """

    SHORT: ClassVar[Mapping[str, tuple[str, ...]]] = {"key": ("ikey", "okey"), "csum": ("icsum", "ocsum"), "seq": ("iseq", "oseq")}

    parent: Annotated[LinkRef | None, data("IFLA_GRE_LINK", ref=True)] = None
    """The underlay link that packets leave by (ip: dev)."""
    local: Annotated[Ip4 | None, data("IFLA_GRE_LOCAL", convert=ANY, absent="any", default="any")] = None
    """Outer source address; ``any`` = chosen by the route."""
    remote: Annotated[Ip4 | None, data("IFLA_GRE_REMOTE", convert=ANY, absent="any", default="any")] = None
    """Outer destination: an address, a multicast group (which needs ``local``), or ``any``; another of these three replaces."""
    ikey: Annotated[
        Key | None, data("IFLA_GRE_IKEY", gate=Gate("IFLA_GRE_IFLAGS", GRE_KEY, "none", when=False), default="none")
    ] = None
    """Key that received packets must carry: a number or a dotted quad; ``none`` = those without a key."""
    okey: Annotated[
        Key | None, data("IFLA_GRE_OKEY", gate=Gate("IFLA_GRE_OFLAGS", GRE_KEY, "none", when=False), default="none")
    ] = None
    """Key put into sent packets."""
    icsum: Annotated[bool | None, data("IFLA_GRE_IFLAGS", bit=GRE_CSUM, convert=Bool(), default=False)] = None
    """Received packets must have a checksum."""
    ocsum: Annotated[bool | None, data("IFLA_GRE_OFLAGS", bit=GRE_CSUM, convert=Bool(), default=False)] = None
    """Put a checksum into sent packets."""
    iseq: Annotated[bool | None, data("IFLA_GRE_IFLAGS", bit=GRE_SEQ, convert=Bool(), default=False)] = None
    """Drop received packets that are out of sequence."""
    oseq: Annotated[bool | None, data("IFLA_GRE_OFLAGS", bit=GRE_SEQ, convert=Bool(), default=False)] = None
    """Number sent packets."""
    ttl: Annotated[Ttl | None, data("IFLA_GRE_TTL", convert=TTL, default="inherit")] = None
    """Outer TTL; ``inherit`` (0) = the inner packet's."""
    tos: Annotated[Tos | None, data("IFLA_GRE_TOS", convert=TOS, default=0)] = None
    """Outer TOS; ``inherit`` (1 on the wire) = the inner packet's."""
    pmtudisc: Annotated[bool | None, data("IFLA_GRE_PMTUDISC", convert=Bool(), default=True)] = None
    """Path MTU discovery: set don't-fragment on outer packets."""
    ignore_df: Annotated[bool | None, data("IFLA_GRE_IGNORE_DF", convert=Bool(), default=False)] = None
    """Fragment outer packets even if the inner one says don't-fragment; needs ``pmtudisc: false``."""
    fwmark: Annotated[Word | None, data("IFLA_GRE_FWMARK", default=0)] = None
    """Firewall mark that the route to the remote end is looked up with."""
    encap: Annotated[Encap | None, data("IFLA_GRE_ENCAP_TYPE", convert=ENCAPS, default="none")] = None
    """Second encapsulation: foo-over-UDP or generic UDP encapsulation."""
    encap_sport: Annotated[Port | None, data("IFLA_GRE_ENCAP_SPORT", default=0)] = None
    """UDP source port of ``encap``; 0 = from a hash of the flow (ip: auto)."""
    encap_dport: Annotated[Port | None, data("IFLA_GRE_ENCAP_DPORT", default=0)] = None
    """UDP destination port of ``encap``."""
    encap_csum: Annotated[bool | None, data("IFLA_GRE_ENCAP_FLAGS", bit=CSUM, convert=Bool(), default=False)] = None
    """UDP checksums of ``encap`` over IPv4."""
    encap_csum6: Annotated[bool | None, data("IFLA_GRE_ENCAP_FLAGS", bit=CSUM6, convert=Bool(), default=False)] = None
    """UDP checksums of ``encap`` over IPv6."""
    encap_remcsum: Annotated[bool | None, data("IFLA_GRE_ENCAP_FLAGS", bit=REMCSUM, convert=Bool(), default=False)] = None
    """Remote checksum offload (``encap: gue``)."""
    external: Annotated[
        bool | None, data("IFLA_GRE_COLLECT_METADATA", Change.REPLACE, convert=Flag(), absent=False, default=False)
    ] = None
    """Remote and key come with each packet (collect metadata: routes, tc tunnel_key). One such device in a namespace (EEXIST)."""

    # Not rows: expanded by config.links.
    key: Key | None = None
    """Short for ``ikey`` and ``okey``."""
    csum: bool | None = None
    """Short for ``icsum`` and ``ocsum``."""
    seq: bool | None = None
    """Short for ``iseq`` and ``oseq``."""

    @classmethod
    def fixed(cls, observed: Mapping[str, Value]) -> tuple[str, ...]:
        # ipgre_netlink_parms refuses don't-fragment while the device still ignores it, before it looks at the new IGNORE_DF.
        return ("pmtudisc",) if observed.get("ignore_df") else ()

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.ignore_df and self.pmtudisc is not False:
            found.append(("ignore_df", "`ignore_df` does not go with path MTU discovery (EINVAL)", "add `pmtudisc: false`"))
        if self.external and self.encap not in (None, "none"):
            found.append(("encap", "`encap` does not go with `external` (ipgre_tunnel_validate: EINVAL)", "remove one of them"))
        return found


class Gre(GreLink):
    """GRE for IP packets over IPv4. Whether it has one remote end, a group or none cannot change on a living device."""

    KIND: ClassVar[str] = "gre"
    ETHERNET: ClassVar[bool] = False
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65511)
    DEFAULTS: ClassVar[Mapping[str, Value]] = {"arp": False, "multicast": False}

    kind: Literal["gre"] | None = "gre"
    """The kind."""
    mac: Annotated[str | None, READONLY, Attr("IFLA_ADDRESS", Change.READ_ONLY, export=False)] = None
    """The bytes of the outer local address; it cannot be set."""
    broadcast: Annotated[str | None, READONLY, Attr("IFLA_BROADCAST", Change.READ_ONLY, export=False)] = None
    """The bytes of the outer remote address; it cannot be set."""

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        # ip_tunnel_changelink: IFF_POINTOPOINT and IFF_BROADCAST are decided at birth.
        if name == "remote":
            return reach(observed) != reach(desired)
        return super().replaces(name, observed, desired)

    @classmethod
    def fixed(cls, observed: Mapping[str, Value]) -> tuple[str, ...]:
        # The same check: a device of a group has both flags, so that nothing which identifies it can change (EINVAL).
        identity = ("local", "remote", "ikey", "parent") if reach(observed.get("remote")) == "multicast" else ()
        return (*super().fixed(observed), *identity)

    @classmethod
    def opens_on_address(cls, attrs: Mapping[str, Value]) -> bool:
        # ipgre_open joins the group where a route from the local address leads: EADDRNOTAVAIL before that is there.
        return reach(attrs.get("remote")) == "multicast"

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if reach(self.remote) == "multicast" and self.local in (None, "any") and not self.external:
            found.append(
                ("local", "a tunnel to a multicast group needs a local address (ipgre_tunnel_init: EINVAL)", "set `local`")
            )
        return found
