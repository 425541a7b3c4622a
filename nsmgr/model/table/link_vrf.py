"""Written by nsmgr.model.generate from nsmgr.model.links.vrf.Vrf: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Where
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, optional, whole, word
from nsmgr.model.table.links import Link


class Vrf(Plain):
    KIND = "vrf"
    IMMUTABLE_NETNS = True
    DATA_REQUIRED = True
    PORT_BOUNCES = True
    CONTROLLER = True
    DEFAULTS = {"arp": False, "multicast": False}
    DEFAULT_MTU = 65575
    MTU_RANGE = (1280, 65575)
    ROWS = {
        **Link.ROWS,
        "arp": Attr(where=Where.FLAG, convert=Bool(True), flag=128, default=False),
        "multicast": Attr(where=Where.FLAG, convert=Bool(), flag=4096, default=False),
        "table": Attr("IFLA_VRF_TABLE", Change.REPLACE, Where.DATA),
    }


Vrf.SHAPE = Shape(
    {**Link.SHAPE.fields, "kind": optional(word("vrf")), "table": whole(1, 4294967295)},
    {**Link.SHAPE.defaults, "kind": "vrf"},
    ("table",),
    make=Vrf,
)
ENTRY = Vrf
