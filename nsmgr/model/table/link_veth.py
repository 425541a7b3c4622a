"""Written by nsmgr.model.generate from nsmgr.model.links.veth.Veth: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Change, Where
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, optional, text, word
from nsmgr.model.table.links import Link
from nsmgr.text import link_ref


class Veth(Plain):
    KIND = "veth"
    PAIR = "VETH_INFO_PEER"
    BIRTH = {"tx_queues": 1, "rx_queues": 1}
    MTU_RANGE = (68, 65535)
    ROWS = {**Link.ROWS, "peer": Attr(change=Change.REPLACE, where=Where.NONE)}

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.peer == name:
            found.append(("peer", "a link cannot be its own peer", "the two ends need different names in one namespace"))
        return found


Veth.SHAPE = Shape(
    {**Link.SHAPE.fields, "kind": optional(word("veth")), "peer": optional(chain(text(), link_ref))},
    {**Link.SHAPE.defaults, "kind": "veth", "peer": None},
    (),
    make=Veth,
)
ENTRY = Veth
