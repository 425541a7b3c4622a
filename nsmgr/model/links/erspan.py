"""erspan: mirrored Ethernet frames over GRE over IPv4 (draft-foschiano-erspan; net/ipv4/ip_gre.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.attr import Names
from nsmgr.model.convert import by_number
from nsmgr.model.links.base import data
from nsmgr.model.links.gre import GreLink

DIRECTIONS = Names({"ingress": 0, "egress": 1})
SESSIONS = 1023  # ID_MASK of net/erspan.h


class Erspan(GreLink):
    """Carries mirrored frames to an analyser. The key is the session number; types II and III need it and sequence numbers."""

    KIND: ClassVar[str] = "erspan"
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65485)

    kind: Literal["erspan"] | None = "erspan"
    """The kind."""
    erspan_ver: Annotated[int | None, Field(ge=0, le=2), data("IFLA_GRE_ERSPAN_VER", default=1)] = None
    """Version: 0 is type I, 1 type II, 2 type III."""
    erspan_index: Annotated[int | None, Field(ge=0, lt=2**20), data("IFLA_GRE_ERSPAN_INDEX", default=0)] = None
    """Version 1: number of the mirrored port (ip: erspan). Dumped for version 1 only."""
    erspan_dir: Annotated[
        Literal["ingress", "egress"] | None,
        by_number(DIRECTIONS),
        data("IFLA_GRE_ERSPAN_DIR", convert=DIRECTIONS, default="ingress"),
    ] = None
    """Version 2: direction of the mirrored traffic. Dumped for version 2 only."""
    erspan_hwid: Annotated[int | None, Field(ge=0, le=63), data("IFLA_GRE_ERSPAN_HWID", default=0)] = None
    """Version 2: number of the mirroring engine. Dumped for version 2 only."""

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        version = 1 if self.erspan_ver is None else self.erspan_ver
        if self.erspan_index is not None and version != 1:
            found.append(("erspan_index", "only ERSPAN version 1 has a port number", "set `erspan_ver: 1`"))
        for field in ("erspan_dir", "erspan_hwid"):
            if getattr(self, field) is not None and version != 2:
                found.append((field, f"only ERSPAN version 2 has `{field}`", "set `erspan_ver: 2`"))
        keys = [key for key in (self.key, self.ikey, self.okey) if isinstance(key, int)]
        if version and not self.external:
            if not keys:
                found.append(("key", "an ERSPAN session needs its number (erspan_validate: EINVAL)", "set `key` to 0…1023"))
            if not (self.seq or self.iseq or self.oseq):
                found.append(("seq", "ERSPAN needs sequence numbers (erspan_validate: EINVAL)", "add `seq: true`"))
            if self.csum or self.icsum or self.ocsum:
                found.append(("csum", "ERSPAN has no checksums (erspan_validate: EINVAL)", "remove `csum`"))
        if version and any(key > SESSIONS for key in keys):
            found.append(("key", f"an ERSPAN session number is 0 to {SESSIONS} (erspan_validate: EINVAL)", ""))
        return found
