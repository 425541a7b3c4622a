"""gretap: Ethernet over GRE over IPv4 (net/ipv4/ip_gre.c)."""

from __future__ import annotations

from typing import ClassVar, Literal

from nsmgr.model.links.gre import GreLink


class Gretap(GreLink):
    """GRE for Ethernet frames: can be a port of a bridge."""

    KIND: ClassVar[str] = "gretap"
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65497)

    kind: Literal["gretap"] | None = "gretap"
    """The kind."""
