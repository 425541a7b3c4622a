"""Written by nsmgr.model.generate from nsmgr.model.links.nlmon.Nlmon: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Where
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, optional, word
from nsmgr.model.table.links import Link


class Nlmon(Plain):
    KIND = "nlmon"
    DATA = ""
    ETHERNET = False
    DEFAULTS = {"arp": False, "multicast": False}
    DEFAULT_MTU = 3776
    MTU_RANGE = (16, 0)
    ROWS = {
        **Link.ROWS,
        "arp": Attr(where=Where.FLAG, convert=Bool(True), flag=128, default=False),
        "multicast": Attr(where=Where.FLAG, convert=Bool(), flag=4096, default=False),
    }

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        for field in ("mac", "broadcast"):
            if getattr(self, field) is not None:
                found.append((field, "an nlmon link has no hardware address (nlmon_validate: EINVAL)", f"remove `{field}`"))
        return found


Nlmon.SHAPE = Shape(
    {**Link.SHAPE.fields, "kind": optional(word("nlmon"))}, {**Link.SHAPE.defaults, "kind": "nlmon"}, (), make=Nlmon
)
ENTRY = Nlmon
