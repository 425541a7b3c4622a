"""vxcan: a pair of CAN devices, each the other's wire (drivers/net/can/vxcan.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from nsmgr.model.base import Attr, Change, Where
from nsmgr.model.links.vcan import CanLink
from nsmgr.types import LinkRef


class Vxcan(CanLink):
    """A CAN wire between two namespaces: what veth is for Ethernet. Both ends are born together; deleting one deletes both."""

    KIND: ClassVar[str] = "vxcan"
    ETHERNET: ClassVar[bool] = False
    DATA: ClassVar[str | None] = None
    PAIR: ClassVar[str] = "VXCAN_INFO_PEER"

    kind: Literal["vxcan"] | None = "vxcan"
    """The kind."""
    peer: Annotated[LinkRef | None, Attr(where=Where.NONE, change=Change.REPLACE)] = None
    """The other end, ``namespace/name``. Needed at one end only."""

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.peer == name:
            found.append(("peer", "a link cannot be its own peer", "the two ends need different names in one namespace"))
        return found
