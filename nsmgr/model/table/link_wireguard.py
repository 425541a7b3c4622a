"""Written by nsmgr.model.generate from nsmgr.model.links.wireguard.Wireguard: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Names, Where
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, optional, word
from nsmgr.model.table.links import Link


class Wireguard(Plain):
    KIND = "wireguard"
    DATA = ""
    DEFAULTS = {"arp": False, "multicast": False, "addrgenmode": "none"}
    DEFAULT_MTU = 1420
    MTU_RANGE = (0, 2147483552)
    ROWS = {
        **Link.ROWS,
        "arp": Attr(where=Where.FLAG, convert=Bool(True), flag=128, default=False),
        "multicast": Attr(where=Where.FLAG, convert=Bool(), flag=4096, default=False),
        "addrgenmode": Attr(
            "IFLA_INET6_ADDR_GEN_MODE",
            where=Where.INET6,
            convert=Names({"eui64": 0, "none": 1, "stable_secret": 2, "random": 3}),
            late=True,
            default="none",
        ),
    }

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        found += [(f, "a wireguard link is layer 3: it has no MAC", "remove it") for f in ("mac", "broadcast") if getattr(self, f)]
        return found


Wireguard.SHAPE = Shape(
    {**Link.SHAPE.fields, "kind": optional(word("wireguard"))}, {**Link.SHAPE.defaults, "kind": "wireguard"}, (), make=Wireguard
)
ENTRY = Wireguard
