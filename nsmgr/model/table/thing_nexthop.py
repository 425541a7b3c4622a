"""Written by nsmgr.model.generate from nsmgr.model.things.nexthop.Nexthop: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Change, Value
from nsmgr.model.encap import encap, links, only_ipv6
from nsmgr.model.shape import Shape, chain, optional, text, truth, whole, word
from nsmgr.model.thing import Part, PlainThing
from nsmgr.model.words import protocol
from nsmgr.text import duration, family, ifname, ip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

_OURS = (0, 3, 4, 78)


class Nexthop(PlainThing):
    TYPE = "nexthop"
    SECTION = "nexthops"
    FORM = "mapping"
    KEY = "id"
    WHOLE = True
    LOST = ("down", "carrier")
    RUNNING = True
    GONE = (2,)
    ROWS = {
        "id": Attr("NHA_ID", Change.REPLACE),
        "via": Attr("NHA_GATEWAY"),
        "dev": Attr("NHA_OIF", ref=True),
        "onlink": Attr(absent=False, default=False),
        "encap": Attr("NHA_ENCAP"),
        "blackhole": Attr("NHA_BLACKHOLE", absent=False, default=False),
        "fdb": Attr("NHA_FDB", Change.REPLACE, absent=False, default=False),
        "family": Attr(change=Change.REPLACE, export=False),
        "group": Attr("NHA_GROUP"),
        "type": Attr("NHA_GROUP_TYPE", Change.REPLACE, default="mpath"),
        "buckets": Attr("NHA_RES_GROUP_BUCKETS", Change.REPLACE, default=128),
        "idle_timer": Attr("NHA_RES_GROUP_IDLE_TIMER", default=120000, tolerance=9, unit="ms"),
        "unbalanced_timer": Attr("NHA_RES_GROUP_UNBALANCED_TIMER", default=0, tolerance=9, unit="ms"),
        "proto": Attr(export=False),
    }

    def parts(self, link: str) -> list[Part]:
        attrs = self.attributes()
        if self.group is None:
            six = family(self.via) == family("::") if self.via else self.family == "ipv6"
            attrs["family"] = "ipv6" if six else "ipv4"
        group = tuple(("nexthop", str(member)) for member, _ in self.group or ())
        return [Part("nexthop", str(self.id), attrs, on=group, link=self.dev or "")]

    def problems(self, link: str, kind: str) -> list[tuple[str, str, str]]:
        """As rtm_to_nh_config() and nh_check_attr_group() refuse them."""
        found: list[tuple[str, str, str]] = []
        written = self.model_fields_set - {"id", "proto"}
        if self.group is not None:
            what, known = "a group", {"group", "type", "fdb"}
            known |= {"buckets", "idle_timer", "unbalanced_timer"} if self.type == "resilient" else set()
        elif self.blackhole:
            what, known = "a blackhole", {"blackhole", "family"}
        elif self.fdb:
            what, known = "a next hop for FDB entries", {"fdb", "via", "family"}
        else:
            what, known = "a next hop", {"via", "dev", "onlink", "encap", "family"}
        for field in sorted(written - known):
            if getattr(self, field) not in (None, False):
                found.append((field, f"{what} has no `{field}`", f"remove `{field}`"))
        if self.group is None and not self.blackhole:
            if self.fdb and not self.via:
                found.append(("", "`via` is missing: the tunnel's other end", ""))
            elif not self.fdb and not self.dev:
                found.append(("", "a next hop needs `dev`, `group` or `blackhole: true`", "through which link is it reached?"))
        if self.onlink and not self.via:
            found.append(("onlink", "`onlink` needs `via`", "remove `onlink`"))
        if self.via and self.family and (family(self.via) == family("::")) != (self.family == "ipv6"):
            found.append(("family", f"`{self.via}` is not {self.family}", "leave `family` out"))
        ipv4 = family(self.via) == family("0.0.0.0") if self.via else self.family != "ipv6"
        if self.encap and ipv4 and only_ipv6(self.encap):
            found.append(("encap", f"only IPv6 next hops have `{self.encap.split(' segs')[0]}`", "`family: ipv6`"))
        if self.encap and links(self.encap):
            found.append(("encap", "an encapsulation that names a link stands at routes only", "write it at the route"))
        return found

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        """A group stays a group (replace_nexthop_grp, replace_nexthop_single); a family may have routes that rely on it."""
        return name in ("fdb", "family", "type", "buckets") or (name == "group" and (observed is None or desired is None))

    @classmethod
    def foreign(cls, attrs: Mapping[str, Value]) -> bool:
        return attrs.get("proto", 0) not in _OURS

    @classmethod
    def section(cls, parts: Sequence[Part]) -> Any:
        said = {}
        for part in parts:
            body = said[int(part.key)] = {name: value for name, value in cls.body(part.attrs).items() if name != "id"}
            if part.attrs.get("family") == "ipv6" and "via" not in body:
                body["family"] = "ipv6"
            group = part.attrs.get("group")
            if isinstance(group, tuple):
                body["group"] = [member if weight == 1 else {"id": member, "weight": weight} for member, weight in group]
        return said

    @classmethod
    def words(cls, link: str, attrs: Mapping[str, Value], *, remove: bool) -> str:
        said = ["nexthop", "del" if remove else "replace", "id", str(attrs["id"])]
        if remove:
            return " ".join(said)
        group = attrs.get("group")
        if isinstance(group, tuple):
            said += ["group", "/".join(str(member) if weight == 1 else f"{member},{weight}" for member, weight in group)]
            said += ["type", str(attrs["type"])] if attrs.get("type") else []
            said += ["buckets", str(attrs["buckets"])] if attrs.get("buckets") else []
            for name in ("idle_timer", "unbalanced_timer"):
                value = attrs.get(name)
                said += [name, f"{value / 1000:g}"] if isinstance(value, int) else []
        said += ["encap", str(attrs["encap"])] if attrs.get("encap") else []
        said += [word for name in ("via", "dev") if attrs.get(name) for word in (name, str(attrs[name]))]
        return " ".join(said + [name for name in ("blackhole", "fdb", "onlink") if attrs.get(name)])


Nexthop.SHAPE = Shape(
    {
        "id": whole(1, 4294967295),
        "via": optional(chain(text(), ip)),
        "dev": optional(chain(text(1, 15), ifname)),
        "onlink": optional(truth),
        "encap": optional(chain(encap, text())),
        "blackhole": optional(truth),
        "fdb": optional(truth),
        "family": optional(word("ipv4", "ipv6")),
        "group": None,
        "type": optional(word("mpath", "resilient")),
        "buckets": optional(whole(1, 65535)),
        "idle_timer": optional(chain(duration, whole(0, 42949672959))),
        "unbalanced_timer": optional(chain(duration, whole(0, 42949672959))),
        "proto": chain(protocol, whole()),
    },
    {
        "via": None,
        "dev": None,
        "onlink": None,
        "encap": None,
        "blackhole": None,
        "fdb": None,
        "family": None,
        "group": None,
        "type": None,
        "buckets": None,
        "idle_timer": None,
        "unbalanced_timer": None,
        "proto": None,
    },
    ("id",),
    make=Nexthop,
)
ENTRY = Nexthop
