"""ip6gretap: Ethernet over GRE over IPv6 (net/ipv6/ip6_gre.c)."""

from __future__ import annotations

from typing import ClassVar, Literal

from nsmgr.model.links.ip6gre import Ip6GreLink


class Ip6Gretap(Ip6GreLink):
    """GRE for Ethernet frames over IPv6: can be a port of a bridge."""

    KIND: ClassVar[str] = "ip6gretap"
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65517)

    kind: Literal["ip6gretap"] | None = "ip6gretap"
    """The kind."""
