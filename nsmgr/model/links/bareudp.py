"""bareudp: layer-3 packets over UDP without a header of their own: MPLS, IP (drivers/net/bareudp.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.attr import Attr, Where
from nsmgr.model.base import Change, Value
from nsmgr.model.convert import Flag, Mixed, by_number
from nsmgr.model.links.base import READONLY, Link, data
from nsmgr.model.tunnel import Netns
from nsmgr.types import Port

ETHERTYPES = Mixed({"ipv4": 0x0800, "ipv6": 0x86DD, "mpls_uc": 0x8847, "mpls_mc": 0x8848})


class Bareudp(Link):
    """The remote end comes with each packet (routes, tc tunnel_key). There is no changelink; the port is one device's (EBUSY)."""

    KIND: ClassVar[str] = "bareudp"
    ETHERNET: ClassVar[bool] = False
    DATA_REQUIRED: ClassVar[bool] = True
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65527)
    DEFAULTS: ClassVar[Mapping[str, Value]] = {"arp": False, "addrgenmode": "random"}

    kind: Literal["bareudp"] | None = "bareudp"
    """The kind."""
    port: Annotated[Port, data("IFLA_BAREUDP_PORT", Change.REPLACE)]
    """UDP port, here and there (ip: dstport)."""
    ethertype: Annotated[
        Annotated[int, Field(ge=0, le=0xFFFF)] | Literal["ipv4", "ipv6", "mpls_uc", "mpls_mc"],
        by_number(ETHERTYPES),
        data("IFLA_BAREUDP_ETHERTYPE", Change.REPLACE, convert=ETHERTYPES),
    ]
    """What is inside: ``ipv4``, ``ipv6``, ``mpls_uc``, ``mpls_mc`` or an EtherType's number."""
    underlay: Annotated[Netns | None, Attr("", Change.CREATE_ONLY, where=Where.NONE)] = None
    """Namespace whose routes the outer packets take, unset = the link's own; never dumped, so set at birth and not watched."""
    srcport_min: Annotated[Port | None, data("IFLA_BAREUDP_SRCPORT_MIN", Change.REPLACE, default=0)] = None
    """Lowest UDP source port (ip: srcportmin); 0 = any."""
    multiproto: Annotated[
        bool | None, data("IFLA_BAREUDP_MULTIPROTO_MODE", Change.REPLACE, convert=Flag(), absent=False, default=False)
    ] = None
    """Also the sibling of the EtherType: IPv6 with ``ipv4``, multicast MPLS with ``mpls_uc``."""
    mac: Annotated[str | None, READONLY, Attr("IFLA_ADDRESS", Change.READ_ONLY, export=False)] = None
    """Empty: the device has no hardware address."""
    broadcast: Annotated[str | None, READONLY, Attr("IFLA_BROADCAST", Change.READ_ONLY, export=False)] = None
    """Empty: the device has no hardware address."""

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.addrgenmode == "eui64":
            found.append(("addrgenmode", "there is no hardware address to make one of (addrconf_dev_config)", "use `random`"))
        if self.multiproto and self.ethertype not in ("ipv4", "mpls_uc"):
            found.append(("multiproto", "`multiproto` goes with ethertype ipv4 or mpls_uc only (bareudp_configure: EINVAL)", ""))
        return found
