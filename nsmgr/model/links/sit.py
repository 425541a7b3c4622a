"""sit: IPv6 in IPv4, also IPv4 and MPLS in IPv4; ISATAP (RFC 5214), 6rd (RFC 5969; net/ipv6/sit.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.attr import Names
from nsmgr.model.base import Bool, Change, Value
from nsmgr.model.convert import Unless, by_number
from nsmgr.model.links.base import data
from nsmgr.model.tunnel import ANY, CSUM, CSUM6, ENCAPS, REMCSUM, TOS, Encap, Ip4, Ip6, Layer3, Tos, Ttl, Word
from nsmgr.text import host_bits
from nsmgr.types import LinkRef, Port

MODES = Names({"any": 0, "ipip": 4, "ip6ip": 41, "mplsip": 137})  # ipip6_valid_ip_proto
TTL64 = Unless(64, {"inherit": 0})  # what ipip6_netlink_parms starts from; saying it would turn path MTU discovery on
ISATAP = 0x1  # SIT_ISATAP


class Sit(Layer3):
    """IPv6 in IPv4. Local and remote address and parent together must be unique in the underlay's namespace (EEXIST).

    Whether it has a remote end cannot change on a living device.
    """

    KIND: ClassVar[str] = "sit"
    ETHERNET: ClassVar[bool] = False
    MTU_RANGE: ClassVar[tuple[int, int]] = (1280, 65555)

    kind: Literal["sit"] | None = "sit"
    """The kind."""
    parent: Annotated[LinkRef | None, data("IFLA_SIT_LINK", ref=True)] = None
    """The underlay link that packets leave by (ip: dev)."""
    local: Annotated[Ip4 | None, data("IFLA_SIT_LOCAL", convert=ANY, absent="any", default="any")] = None
    """Outer source address; ``any`` = chosen by the route."""
    remote: Annotated[Ip4 | None, data("IFLA_SIT_REMOTE", convert=ANY, absent="any", default="any")] = None
    """Outer destination address; ``any`` = from the inner destination (6to4, 6rd, ISATAP); to and from ``any`` replaces."""
    mode: Annotated[
        Literal["any", "ipip", "ip6ip", "mplsip"] | None,
        by_number(MODES),
        data("IFLA_SIT_PROTO", Change.REPLACE, convert=MODES, default="ip6ip"),
    ] = None
    """What is inside. ipip6_tunnel_update keeps the old one without a word, so a change replaces the link."""
    ttl: Annotated[Ttl | None, data("IFLA_SIT_TTL", convert=TTL64, absent=64, default=64)] = None
    """Outer TTL; ``inherit`` (0) = the inner packet's. One other than 0 and 64 turns path MTU discovery on."""
    tos: Annotated[Tos | None, data("IFLA_SIT_TOS", convert=TOS, default=0)] = None
    """Outer TOS; ``inherit`` (1 on the wire) = the inner packet's."""
    pmtudisc: Annotated[bool | None, data("IFLA_SIT_PMTUDISC", convert=Bool(), default=True)] = None
    """Path MTU discovery: set don't-fragment on outer packets."""
    isatap: Annotated[bool | None, data("IFLA_SIT_FLAGS", Change.REPLACE, bit=ISATAP, convert=Bool(), default=False)] = None
    """ISATAP device; fixed at birth (ipip6_tunnel_create)."""
    prefix_6rd: Annotated[Ip6 | None, data("IFLA_SIT_6RD_PREFIX", convert=ANY, absent="any", default="2002::")] = None
    """6rd prefix (ip: 6rd-prefix), without its length; 2002::/16 is 6to4."""
    prefixlen_6rd: Annotated[int | None, Field(ge=0, le=64), data("IFLA_SIT_6RD_PREFIXLEN", default=16)] = None
    """Length of the 6rd prefix: with the bits taken from IPv4 addresses at most 64."""
    relay_prefix_6rd: Annotated[Ip4 | None, data("IFLA_SIT_6RD_RELAY_PREFIX", convert=ANY, absent="any", default="any")] = None
    """IPv4 prefix that all 6rd nodes share (ip: 6rd-relay_prefix), without its length; ``any`` = none."""
    relay_prefixlen_6rd: Annotated[int | None, Field(ge=0, le=32), data("IFLA_SIT_6RD_RELAY_PREFIXLEN", default=0)] = None
    """Length of the shared IPv4 prefix."""
    fwmark: Annotated[Word | None, data("IFLA_SIT_FWMARK", default=0)] = None
    """Firewall mark that the route to the remote end is looked up with."""
    encap: Annotated[Encap | None, data("IFLA_SIT_ENCAP_TYPE", convert=ENCAPS, default="none")] = None
    """Second encapsulation: foo-over-UDP or generic UDP encapsulation."""
    encap_sport: Annotated[Port | None, data("IFLA_SIT_ENCAP_SPORT", default=0)] = None
    """UDP source port of ``encap``; 0 = from a hash of the flow (ip: auto)."""
    encap_dport: Annotated[Port | None, data("IFLA_SIT_ENCAP_DPORT", default=0)] = None
    """UDP destination port of ``encap``."""
    encap_csum: Annotated[bool | None, data("IFLA_SIT_ENCAP_FLAGS", bit=CSUM, convert=Bool(), default=False)] = None
    """UDP checksums of ``encap`` over IPv4."""
    encap_csum6: Annotated[bool | None, data("IFLA_SIT_ENCAP_FLAGS", bit=CSUM6, convert=Bool(), default=False)] = None
    """UDP checksums of ``encap`` over IPv6."""
    encap_remcsum: Annotated[bool | None, data("IFLA_SIT_ENCAP_FLAGS", bit=REMCSUM, convert=Bool(), default=False)] = None
    """Remote checksum offload (``encap: gue``)."""

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        # ipip6_changelink: IFF_POINTOPOINT is decided at birth.
        if name == "remote":
            return (observed in (None, "any")) != (desired in (None, "any"))
        return super().replaces(name, observed, desired)

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.pmtudisc is False and self.ttl not in (None, "inherit", 64):
            found.append(
                ("pmtudisc", "a fixed TTL turns path MTU discovery on (ip_tunnel_netlink_parms)", "remove `ttl`, or `pmtudisc`")
            )
        for one, other in (
            ("prefix_6rd", "prefixlen_6rd"), ("prefixlen_6rd", "prefix_6rd"), ("relay_prefix_6rd", "relay_prefixlen_6rd"),
            ("relay_prefixlen_6rd", "relay_prefix_6rd"), ("relay_prefix_6rd", "prefix_6rd"),
        ):  # fmt: skip
            if getattr(self, one) is not None and getattr(self, other) is None:
                found.append((one, f"`{one}` means nothing without `{other}`", f"set `{other}`"))
        length, relay = self.prefixlen_6rd or 0, self.relay_prefixlen_6rd or 0
        if self.prefixlen_6rd is not None and length + 32 - relay > 64:
            found.append(
                ("prefixlen_6rd", f"{length} bits and {32 - relay} of the IPv4 address are more than 64 (EINVAL)", "shorten it")
            )
        for address, bits in (("prefix_6rd", length), ("relay_prefix_6rd", relay)):
            if (written := getattr(self, address)) is not None and host_bits(written, bits):
                found.append((address, f"host bits are set beyond /{bits} (ipip6_tunnel_update_6rd: EINVAL)", ""))
        return found
