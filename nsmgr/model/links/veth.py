"""veth: a pair of Ethernet devices, each the other's wire (drivers/net/veth.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from nsmgr.model.base import Attr, Change, Value, Where
from nsmgr.model.links.base import Link
from nsmgr.types import LinkRef


class Veth(Link):
    """Virtual Ethernet pair. Both ends are born inside their namespaces by one RTM_NEWLINK; deleting one deletes both.

    One queue each way unless ``queues`` says otherwise: with the kernel's one per CPU creation sleeps twice in RCU.
    There is no changelink (EOPNOTSUPP): peer and queues are fixed at birth.
    """

    KIND: ClassVar[str] = "veth"
    PAIR: ClassVar[str] = "VETH_INFO_PEER"
    BIRTH: ClassVar[Mapping[str, Value]] = {"tx_queues": 1, "rx_queues": 1}
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65535)

    kind: Literal["veth"] | None = "veth"
    """The kind."""
    peer: Annotated[LinkRef | None, Attr(where=Where.NONE, change=Change.REPLACE)] = None
    """The other end, ``namespace/name``. Needed at one end only."""

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.peer == name:
            found.append(("peer", "a link cannot be its own peer", "the two ends need different names in one namespace"))
        return found
