"""Written by nsmgr.model.generate from nsmgr.model.things.neighbor.Neighbor: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Value
from nsmgr.model.shape import Shape, chain, optional, text, truth, whole, word
from nsmgr.model.thing import Part, PlainThing
from nsmgr.text import family, ip, lladdr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


class Neighbor(PlainThing):
    TYPE = "neighbor"
    SECTION = "neighbors"
    LEVEL = "link"
    ALSO = ("proxy",)
    ALWAYS = True
    LOST = ("down", "mac")
    GONE = (2, 19)
    ROWS = {
        "to": Attr("NDA_DST", Change.REPLACE),
        "lladdr": Attr("NDA_LLADDR"),
        "state": Attr(default="permanent"),
        "router": Attr(convert=Bool(), absent=False, default=False),
        "proto": Attr("NDA_PROTOCOL", export=False),
    }

    @classmethod
    def short(cls, text: str) -> dict[str, Any] | None:
        address, _, lladdr = text.partition(" ")
        return {"to": address, "lladdr": lladdr.strip()} if lladdr else {"to": address}

    def parts(self, link: str) -> list[Part]:
        return [Part("proxy" if self.proxy else "neighbor", f"{self.to} dev {link}", self.attributes())]

    def problems(self, link: str, kind: str) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = []
        if self.proxy:
            found += [
                (field, f"a proxy entry has no `{field}`: the kernel answers with the link's own address", f"remove `{field}`")
                for field in ("lladdr", "state")
                if getattr(self, field) is not None
            ]
        elif self.lladdr is None and self.state != "noarp":
            # neigh_add: NUD_PERMANENT without an address is taken, and nothing can be sent to it.
            found.append(("", f"`lladdr` of {self.to} is missing", "where is it? for example `lladdr: 02:00:00:00:00:02`"))
        if self.router and family(self.to) == family("0.0.0.0"):
            found.append(("router", "`router` exists for IPv6 neighbours only (NTF_ROUTER)", "remove `router`"))
        return found

    @classmethod
    def section(cls, parts: Sequence[Part]) -> Any:
        return [cls.body(part.attrs) | ({"proxy": True} if part.type == "proxy" else {}) for part in parts]

    @classmethod
    def words(cls, link: str, attrs: Mapping[str, Value], *, remove: bool) -> str:
        if remove:
            return f"neigh del {attrs['to']} dev {link}"
        said = ["neigh", "replace", str(attrs["to"])] + (["lladdr", str(attrs["lladdr"])] if attrs.get("lladdr") else [])
        said += ["nud", str(attrs.get("state", "permanent"))] + (["router"] if attrs.get("router") else [])
        return " ".join([*said, "dev", link])


Neighbor.SHAPE = Shape(
    {
        "to": chain(text(), ip),
        "lladdr": optional(chain(text(), lladdr)),
        "state": optional(word("permanent", "noarp")),
        "router": optional(truth),
        "proxy": optional(truth),
        "proto": optional(whole(0, 255)),
    },
    {"lladdr": None, "state": None, "router": None, "proxy": None, "proto": None},
    ("to",),
    make=Neighbor,
)
ENTRY = Neighbor
