"""vti6: virtual tunnel interface, a device for IPsec over IPv6 (net/ipv6/ip6_vti.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from nsmgr.model.convert import Mixed
from nsmgr.model.links.base import data
from nsmgr.model.tunnel import ANY, Ip6, Key, Layer3, Word
from nsmgr.types import LinkRef

NO_KEY = Mixed({"none": 0})


class Vti6(Layer3):
    """What is routed into it must match an IPsec policy with its keys as marks. ``xfrm`` is the newer way.

    Local and remote address together must be unique in the underlay's namespace, whatever the keys (vti6_locate: EEXIST).
    """

    KIND: ClassVar[str] = "vti6"
    ETHERNET: ClassVar[bool] = False
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65495)
    SHORT: ClassVar[Mapping[str, tuple[str, ...]]] = {"key": ("ikey", "okey")}

    kind: Literal["vti6"] | None = "vti6"
    """The kind."""
    parent: Annotated[LinkRef | None, data("IFLA_VTI_LINK", ref=True)] = None
    """The underlay link that packets leave by (ip: dev)."""
    local: Annotated[Ip6 | None, data("IFLA_VTI_LOCAL", convert=ANY, absent="any", default="any")] = None
    """Outer source address, or ``any``."""
    remote: Annotated[Ip6 | None, data("IFLA_VTI_REMOTE", convert=ANY, absent="any", default="any")] = None
    """Outer destination address, or ``any``."""
    ikey: Annotated[Key | None, data("IFLA_VTI_IKEY", convert=NO_KEY, default="none")] = None
    """Mark of received packets: a number or a dotted quad; ``none`` is 0."""
    okey: Annotated[Key | None, data("IFLA_VTI_OKEY", convert=NO_KEY, default="none")] = None
    """Mark of sent packets."""
    fwmark: Annotated[Word | None, data("IFLA_VTI_FWMARK", default=0)] = None
    """Firewall mark that the route to the remote end is looked up with."""

    # Not a row: expanded by config.links.
    key: Key | None = None
    """Short for ``ikey`` and ``okey``."""
