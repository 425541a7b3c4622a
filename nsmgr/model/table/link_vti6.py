"""Written by nsmgr.model.generate from nsmgr.model.links.vti6.Vti6: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Where
from nsmgr.model.convert import AnyAddress, Mixed
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, either, optional, text, whole, word
from nsmgr.model.table.links import Link
from nsmgr.text import dotted, ip6_or_any, underlay_name

ANY = AnyAddress()


class Tunnel(Plain):
    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.parent == name:
            found.append(("parent", "a link cannot be its own parent", ""))
        if self.parent is not None and self.underlay is not None:
            found.append(("underlay", "the underlay is the parent's namespace", "remove `underlay`"))
        return found


class Vti6(Tunnel):
    KIND = "vti6"
    FULL_SET = True
    ETHERNET = False
    TAKES_PARENT = True
    SHORT = {"key": ("ikey", "okey")}
    MTU_FOLLOWS = True
    MOVES_IN = True
    DEFAULTS = {"arp": False, "multicast": False}
    DEFAULT_MTU = 0
    MTU_RANGE = (68, 65495)
    ROWS = {
        **Link.ROWS,
        "mac": Attr("IFLA_ADDRESS", Change.READ_ONLY, export=False),
        "broadcast": Attr("IFLA_BROADCAST", Change.READ_ONLY, export=False),
        "parent": Attr("IFLA_VTI_LINK", where=Where.DATA, ref=True),
        "arp": Attr(where=Where.FLAG, convert=Bool(True), flag=128, default=False),
        "multicast": Attr(where=Where.FLAG, convert=Bool(), flag=4096, default=False),
        "underlay": Attr(change=Change.REPLACE, where=Where.NONE, absent="", default=""),
        "local": Attr("IFLA_VTI_LOCAL", where=Where.DATA, convert=ANY, absent="any", default="any"),
        "remote": Attr("IFLA_VTI_REMOTE", where=Where.DATA, convert=ANY, absent="any", default="any"),
        "ikey": Attr("IFLA_VTI_IKEY", where=Where.DATA, convert=Mixed({"none": 0}), default="none"),
        "okey": Attr("IFLA_VTI_OKEY", where=Where.DATA, convert=Mixed({"none": 0}), default="none"),
        "fwmark": Attr("IFLA_VTI_FWMARK", where=Where.DATA, default=0),
    }


Vti6.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("vti6")),
        "mac": optional(text()),
        "broadcast": optional(text()),
        "underlay": optional(chain(text(), underlay_name)),
        "local": optional(chain(text(), ip6_or_any)),
        "remote": optional(chain(text(), ip6_or_any)),
        "ikey": optional(chain(dotted, either(whole(0, 4294967295), word("none")))),
        "okey": optional(chain(dotted, either(whole(0, 4294967295), word("none")))),
        "fwmark": optional(whole(0, 4294967295)),
        "key": optional(chain(dotted, either(whole(0, 4294967295), word("none")))),
    },
    {
        **Link.SHAPE.defaults,
        "kind": "vti6",
        "underlay": None,
        "local": None,
        "remote": None,
        "ikey": None,
        "okey": None,
        "fwmark": None,
        "key": None,
    },
    (),
    make=Vti6,
)
ENTRY = Vti6
