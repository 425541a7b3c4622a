"""Next hop objects and groups of them (RTM_NEWNEXTHOP; net/ipv4/nexthop.c). Routes name them with ``nhid``."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from nsmgr.model.base import Attr, Change, Value
from nsmgr.model.encap import encap, links, only_ipv6
from nsmgr.model.encap import schema as encap_schema
from nsmgr.model.thing import Part
from nsmgr.model.things.base import ThingModel
from nsmgr.model.words import members, protocol
from nsmgr.text import family
from nsmgr.types import Duration, IfName, IpAddress

_MEMBER = {
    "type": "object",
    "properties": {"id": {"type": "integer", "minimum": 1}, "weight": {"type": "integer", "minimum": 1}},
    "required": ["id"],
    "additionalProperties": False,
}
_MEMBERS = WithJsonSchema({"type": "array", "items": {"anyOf": [{"type": "integer", "minimum": 1}, _MEMBER]}})
Encap = Annotated[str, BeforeValidator(encap), WithJsonSchema(encap_schema())]
_NAME_OR_NUMBER = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 0}]})
_OURS = (0, 3, 4, 78)  # none, boot, static, nsmgr: made by people; other numbers are routing daemons


class Nexthop(ThingModel):
    """A way that several routes share: changing it changes them all. By its number; a body says all there is to say.

    The kernel drops it when its link goes down or loses its carrier, without an event; with it go the routes that use it, and its
    place in groups. A group that loses its last member goes as well.
    """

    TYPE: ClassVar[str] = "nexthop"
    SECTION: ClassVar[str] = "nexthops"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "namespace"
    FORM: ClassVar[Literal["list", "mapping", "one"]] = "mapping"
    KEY: ClassVar[str] = "id"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "address"
    WHOLE: ClassVar[bool] = True
    LOST: ClassVar[tuple[str, ...]] = ("down", "carrier")
    RUNNING: ClassVar[bool] = True
    GONE: ClassVar[tuple[int, ...]] = (errno.ENOENT,)

    id: Annotated[int, Field(ge=1, lt=2**32), Attr("NHA_ID", Change.REPLACE)]
    """Its number."""
    via: Annotated[IpAddress | None, Attr("NHA_GATEWAY")] = None
    """Gateway."""
    dev: Annotated[IfName | None, Attr("NHA_OIF", ref=True)] = None
    """Outgoing link."""
    onlink: Annotated[bool | None, Attr("", default=False, absent=False)] = None
    """The gateway is reached directly on ``dev`` although no address says so (RTNH_F_ONLINK)."""
    encap: Annotated[Encap | None, Attr("NHA_ENCAP")] = None
    """What packets are wrapped in, as of a route."""
    blackhole: Annotated[bool | None, Attr("NHA_BLACKHOLE", default=False, absent=False)] = None
    """Packets are dropped."""
    fdb: Annotated[bool | None, Attr("NHA_FDB", Change.REPLACE, default=False, absent=False)] = None
    """For entries of a vxlan link's FDB, not for routes: ``via`` is another tunnel end."""
    family: Annotated[Literal["ipv4", "ipv6"] | None, Attr("", Change.REPLACE, export=False)] = None
    """Told by ``via``; else ipv4 unless written. Routes of both families may go by a group of IPv6 next hops."""
    group: Annotated[tuple[tuple[int, int], ...] | None, BeforeValidator(members), _MEMBERS, Attr("NHA_GROUP")] = None
    """A group: the next hops that share the flows, ``[1, {id: 2, weight: 3}]``."""
    type: Annotated[Literal["mpath", "resilient"] | None, Attr("NHA_GROUP_TYPE", Change.REPLACE, default="mpath")] = None
    """How a group shares: mpath by hash threshold; resilient by buckets, so that few flows move when it changes."""
    buckets: Annotated[int | None, Field(ge=1, le=65535), Attr("NHA_RES_GROUP_BUCKETS", Change.REPLACE, default=128)] = None
    """Resilient: number of buckets."""
    idle_timer: Annotated[
        Duration | None, Field(ge=0, lt=2**32 * 10), Attr("NHA_RES_GROUP_IDLE_TIMER", unit="ms", default=120_000, tolerance=9)
    ] = None
    """Resilient: how long a bucket must have been idle before it moves (hundredths of a second)."""
    unbalanced_timer: Annotated[
        Duration | None, Field(ge=0, lt=2**32 * 10), Attr("NHA_RES_GROUP_UNBALANCED_TIMER", unit="ms", default=0, tolerance=9)
    ] = None
    """Resilient: after how long in imbalance buckets move although busy; 0 = never."""
    proto: Annotated[int | None, BeforeValidator(protocol), _NAME_OR_NUMBER, Attr("", export=False)] = None
    """Who made it (nh_protocol), a number or a name; nsmgr's own number unless written."""

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
