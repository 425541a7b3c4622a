"""vti: virtual tunnel interface, a device for IPsec over IPv4 (net/ipv4/ip_vti.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from nsmgr.model.base import Value
from nsmgr.model.convert import Mixed
from nsmgr.model.links.base import data
from nsmgr.model.tunnel import ANY, Ip4, Key, Layer3, Word, reach
from nsmgr.types import LinkRef

NO_KEY = Mixed({"none": 0})


class Vti(Layer3):
    """What is routed into it must match an IPsec policy with its keys as marks. ``xfrm`` is the newer way.

    Whether it has a remote end cannot change on a living device.
    """

    KIND: ClassVar[str] = "vti"
    ETHERNET: ClassVar[bool] = False
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65515)
    SHORT: ClassVar[Mapping[str, tuple[str, ...]]] = {"key": ("ikey", "okey")}

    kind: Literal["vti"] | None = "vti"
    """The kind."""
    parent: Annotated[LinkRef | None, data("IFLA_VTI_LINK", ref=True)] = None
    """The underlay link that packets leave by (ip: dev)."""
    local: Annotated[Ip4 | None, data("IFLA_VTI_LOCAL", convert=ANY, absent="any", default="any")] = None
    """Outer source address, or ``any``."""
    remote: Annotated[Ip4 | None, data("IFLA_VTI_REMOTE", convert=ANY, absent="any", default="any")] = None
    """Outer destination address, or ``any``; to and from ``any`` replaces."""
    ikey: Annotated[Key | None, data("IFLA_VTI_IKEY", convert=NO_KEY, default="none")] = None
    """Mark of received packets: a number or a dotted quad; ``none`` is 0."""
    okey: Annotated[Key | None, data("IFLA_VTI_OKEY", convert=NO_KEY, default="none")] = None
    """Mark of sent packets."""
    fwmark: Annotated[Word | None, data("IFLA_VTI_FWMARK", default=0)] = None
    """Firewall mark that the route to the remote end is looked up with."""

    # Not a row: expanded by config.links.
    key: Key | None = None
    """Short for ``ikey`` and ``okey``."""

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        # ip_tunnel_changelink: IFF_POINTOPOINT is decided at birth.
        if name == "remote":
            return reach(observed) != reach(desired)
        return super().replaces(name, observed, desired)

    @classmethod
    def fixed(cls, observed: Mapping[str, Value]) -> tuple[str, ...]:
        # ip_tunnel_changelink takes a group for IFF_BROADCAST, which no vti device has (EINVAL).
        return ("local", "remote", "parent", "ikey") if reach(observed.get("remote")) == "multicast" else ()
