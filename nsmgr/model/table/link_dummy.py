"""Written by nsmgr.model.generate from nsmgr.model.links.dummy.Dummy: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Where
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, optional, word
from nsmgr.model.table.links import Link


class Dummy(Plain):
    KIND = "dummy"
    DATA = ""
    DEFAULTS = {"arp": False, "multicast": False}
    ROWS = {
        **Link.ROWS,
        "arp": Attr(where=Where.FLAG, convert=Bool(True), flag=128, default=False),
        "multicast": Attr(where=Where.FLAG, convert=Bool(), flag=4096, default=False),
    }


Dummy.SHAPE = Shape(
    {**Link.SHAPE.fields, "kind": optional(word("dummy"))}, {**Link.SHAPE.defaults, "kind": "dummy"}, (), make=Dummy
)
ENTRY = Dummy
