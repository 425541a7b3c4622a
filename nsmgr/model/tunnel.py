"""What the tunnel kinds share: value types, conversions, and how their drivers treat a change. The kinds are in ``links/``.

The drivers' changelink fills its parameters from zero (ipgre_netlink_parms, vti6_netlink_parms …), so every attribute is said
again with each change. A tunnel's underlay is the namespace that it was made in, wherever it is moved afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from nsmgr.model.attr import Attr, Change, Names, Value, Where
from nsmgr.model.convert import AnyAddress, Mixed, by_number
from nsmgr.model.links.base import READONLY, Link
from nsmgr.text import dotted, ip4_or_any, ip6_or_any, underlay_name

ANY = AnyAddress()
TTL = Mixed({"inherit": 0})
TOS = Mixed({"inherit": 1})  # bit 0 is not part of the TOS: INET_ECN_encapsulate's caller looks for it (ip_tunnel_xmit)
ENCAPS = Names({"none": 0, "fou": 1, "gue": 2})  # enum tunnel_encap_types; no operations are registered for mpls
CSUM, CSUM6, REMCSUM = 0x1, 0x2, 0x4  # TUNNEL_ENCAP_FLAG_*

Octet = Annotated[int, Field(ge=0, le=255)]
Word = Annotated[int, Field(ge=0, lt=2**32)]
Label = Annotated[int, Field(ge=0, lt=2**20)]
Ip4 = Annotated[str, AfterValidator(ip4_or_any)]
Ip6 = Annotated[str, AfterValidator(ip6_or_any)]
Key = Annotated[Word | Literal["none"], BeforeValidator(dotted, json_schema_input_type=int | str)]
Ttl = Annotated[Octet | Literal["inherit"], by_number(TTL)]
Tos = Annotated[Octet | Literal["inherit"], by_number(TOS)]
Netns = Annotated[str, AfterValidator(underlay_name)]
Encap = Annotated[Literal["none", "fou", "gue"], by_number(ENCAPS)]


def reach(address: Value) -> str:
    """What decides whether a device is point-to-point, broadcast or neither (ip_tunnel_changelink): any, multicast, unicast."""
    if not isinstance(address, str) or address == "any":
        return "any"
    first = address.partition(".")[0]
    return "multicast" if first.isdecimal() and 224 <= int(first) <= 239 else "unicast"


class Tunnel(Link):
    """A tunnel device whose attributes are all said again with each change, and which outlives its parent."""

    TAKES_PARENT: ClassVar[bool] = True
    FULL_SET: ClassVar[bool] = True
    MTU_FOLLOWS: ClassVar[bool] = True
    MOVES_IN: ClassVar[bool] = True
    DEFAULT_MTU: ClassVar[int] = 0  # depends on the route to the remote end

    underlay: Annotated[Netns | None, Attr("", Change.REPLACE, where=Where.NONE, absent="", default="")] = None
    """Namespace whose links and routes the outer packets take, unset = the link's own; with ``parent`` it is the parent's."""

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.parent == name:
            found.append(("parent", "a link cannot be its own parent", ""))
        if self.parent is not None and self.underlay is not None:
            found.append(("underlay", "the underlay is the parent's namespace", "remove `underlay`"))
        return found


class Layer3(Tunnel):
    """A tunnel for IP packets: its hardware address is the outer local address (four or sixteen bytes), not a MAC."""

    DEFAULTS: ClassVar[Mapping[str, Value]] = {"arp": False, "multicast": False}

    mac: Annotated[str | None, READONLY, Attr("IFLA_ADDRESS", Change.READ_ONLY, export=False)] = None
    """The bytes of the outer local address; it cannot be set."""
    broadcast: Annotated[str | None, READONLY, Attr("IFLA_BROADCAST", Change.READ_ONLY, export=False)] = None
    """The bytes of the outer remote address; it cannot be set."""


# IP6_TNL_F_* of linux/ip6_tunnel.h: bits of IFLA_IPTUN_FLAGS and IFLA_GRE_FLAGS; the kernel adds its own above them.
IGN_ENCAP_LIMIT, USE_ORIG_TCLASS, USE_ORIG_FLOWLABEL, MIP6_DEV, RCV_DSCP_COPY, USE_ORIG_FWMARK, ALLOW_LOCAL_REMOTE = (
    0x1,
    0x2,
    0x4,
    0x8,
    0x10,
    0x20,
    0x40,
)
TCLASS, FLOWLABEL = 0x0FF00000, 0x000FFFFF  # the two numbers in an IPv6 flow word
