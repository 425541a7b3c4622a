"""Written by nsmgr.model.generate from nsmgr.model.links.xfrm.Xfrm: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Names, Value, Where
from nsmgr.model.convert import Flag
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, optional, text, truth, whole, word
from nsmgr.model.table.links import Link
from nsmgr.text import underlay_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Tunnel(Plain):
    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.parent == name:
            found.append(("parent", "a link cannot be its own parent", ""))
        if self.parent is not None and self.underlay is not None:
            found.append(("underlay", "the underlay is the parent's namespace", "remove `underlay`"))
        return found


class Xfrm(Tunnel):
    KIND = "xfrm"
    FULL_SET = True
    ETHERNET = False
    TAKES_PARENT = True
    MOVES_IN = True
    DEFAULTS = {"arp": False, "multicast": False, "addrgenmode": "random"}
    MTU_RANGE = (68, 65535)
    ROWS = {
        **Link.ROWS,
        "mac": Attr("IFLA_ADDRESS", Change.READ_ONLY, export=False),
        "broadcast": Attr("IFLA_BROADCAST", Change.READ_ONLY, export=False),
        "parent": Attr("IFLA_XFRM_LINK", Change.REPLACE, Where.DATA, ref=True),
        "arp": Attr(where=Where.FLAG, convert=Bool(True), flag=128, default=False),
        "multicast": Attr(where=Where.FLAG, convert=Bool(), flag=4096, default=False),
        "addrgenmode": Attr(
            "IFLA_INET6_ADDR_GEN_MODE",
            where=Where.INET6,
            convert=Names({"eui64": 0, "none": 1, "stable_secret": 2, "random": 3}),
            late=True,
            default="random",
        ),
        "underlay": Attr(change=Change.REPLACE, where=Where.NONE, absent="", default=""),
        "if_id": Attr("IFLA_XFRM_IF_ID", where=Where.DATA),
        "external": Attr("IFLA_XFRM_COLLECT_METADATA", Change.REPLACE, Where.DATA, Flag(), absent=False, default=False),
    }

    @classmethod
    def fixed(cls, observed: Mapping[str, Value]) -> tuple[str, ...]:
        # xfrmi_changelink: "collect_md can't be changed", nor can anything else then.
        return ("if_id",) if observed.get("external") else ()

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.addrgenmode == "eui64":
            found.append(("addrgenmode", "there is no hardware address to make one of (addrconf_dev_config)", "use `random`"))
        if self.external:
            for field in ("if_id", "parent"):
                if getattr(self, field) is not None:
                    found.append((field, f"`{field}` does not go with `external` (xfrmi_newlink: EINVAL)", f"remove `{field}`"))
        elif self.if_id is None:
            found.append(("if_id", "an xfrm link needs its interface number", "set `if_id`, or `external: true`"))
        return found


Xfrm.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("xfrm")),
        "mac": optional(text()),
        "broadcast": optional(text()),
        "underlay": optional(chain(text(), underlay_name)),
        "if_id": optional(whole(1, 4294967295)),
        "external": optional(truth),
    },
    {**Link.SHAPE.defaults, "kind": "xfrm", "underlay": None, "if_id": None, "external": None},
    (),
    make=Xfrm,
)
ENTRY = Xfrm
