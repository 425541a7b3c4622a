"""Written by nsmgr.model.generate from nsmgr.model.links.ifb.Ifb: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Where
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, optional, word
from nsmgr.model.table.links import Link


class Ifb(Plain):
    KIND = "ifb"
    DATA = ""
    DEFAULTS = {"arp": False, "multicast": False, "txqlen": 32}
    ROWS = {
        **Link.ROWS,
        "mac": Attr("IFLA_ADDRESS", Change.REPLACE, export=False),
        "txqlen": Attr("IFLA_TXQLEN", default=32, unit="packets"),
        "arp": Attr(where=Where.FLAG, convert=Bool(True), flag=128, default=False),
        "multicast": Attr(where=Where.FLAG, convert=Bool(), flag=4096, default=False),
    }


Ifb.SHAPE = Shape({**Link.SHAPE.fields, "kind": optional(word("ifb"))}, {**Link.SHAPE.defaults, "kind": "ifb"}, (), make=Ifb)
ENTRY = Ifb
