"""Written by nsmgr.model.generate from nsmgr.model.links.wireguard.Wireguard: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Names, Where
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, optional, word
from nsmgr.model.table.links import Link


class Wireguard(Plain):
    KIND = "wireguard"
    DATA = ""
    ETHERNET = False
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
        for field in ("mac", "broadcast"):
            if getattr(self, field) is not None:
                found.append((field, "a wireguard link is layer 3: it has no MAC", f"remove `{field}`"))
        if self.addrgenmode not in (None, "none"):
            found.append(
                ("addrgenmode", "a wireguard link makes no link-local address (wg_open sets none)", "remove `addrgenmode`")
            )
        return found


Wireguard.SHAPE = Shape(
    {**Link.SHAPE.fields, "kind": optional(word("wireguard"))}, {**Link.SHAPE.defaults, "kind": "wireguard"}, (), make=Wireguard
)
ENTRY = Wireguard
