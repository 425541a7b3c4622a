"""Written by nsmgr.model.generate from nsmgr.model.things.fdb.Fdb: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model import bridging
from nsmgr.model.attr import Attr, Bool, Change, Value
from nsmgr.model.shape import Shape, chain, optional, text, truth, whole, word
from nsmgr.model.thing import Part, PlainThing
from nsmgr.text import ifname, ip, mac

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

_FLAGS = ("self", "sticky", "router", "extern_learn")

_WORDS = ("vlan", "dst", "vni", "port", "via", "src_vni", "nhid")

_NUMBERS = ("vlan", "vni", "port", "src_vni", "nhid")

_REMOTE = ("dst", "nhid", "vni", "port", "via", "src_vni")


class Fdb(PlainThing):
    TYPE = "fdb"
    SECTION = "fdb"
    LEVEL = "link"
    LOST = ("controller",)
    GONE = (2, 19)
    ROWS = {
        "lladdr": Attr("NDA_LLADDR", Change.REPLACE),
        "vlan": Attr("NDA_VLAN", Change.REPLACE),
        "dst": Attr("NDA_DST"),
        "port": Attr("NDA_PORT"),
        "vni": Attr("NDA_VNI"),
        "via": Attr("NDA_IFINDEX", ref=True),
        "src_vni": Attr("NDA_SRC_VNI", Change.REPLACE),
        "nhid": Attr("NDA_NH_ID"),
        "self": Attr(change=Change.REPLACE, convert=Bool(), absent=False, default=False),
        "state": Attr(),
        "sticky": Attr(convert=Bool(), absent=False, default=False),
        "router": Attr(convert=Bool(), absent=False, default=False),
        "extern_learn": Attr(change=Change.REPLACE, convert=Bool(), absent=False, default=False),
    }

    @classmethod
    def short(cls, text: str) -> dict[str, Any] | None:
        lladdr, *words = text.split()
        found: dict[str, Value] = {"lladdr": lladdr}
        while words:
            word = words.pop(0)
            if word in ("permanent", "static"):
                found["state"] = word
            elif word in _FLAGS:
                found[word] = True
            elif word in _WORDS and words:
                value = words.pop(0)
                found[word] = int(value) if word in _NUMBERS and value.isdecimal() else value
            else:
                raise ValueError(f"`{word}` is no word of a forwarding entry: `02:00:00:00:00:05 vlan 10 static`")
        return found

    def parts(self, link: str) -> list[Part]:
        attrs = self.attributes()
        own = bool(self.self or self.dst or self.nhid)
        attrs["self"] = own
        attrs.setdefault("state", "permanent" if own else "static")
        on = (("nexthop", str(self.nhid)),) if self.nhid is not None else ()  # vxlan_nexthop_event: it goes with its next hops
        return [Part("fdb", bridging.fdb_key(attrs, link), attrs, on)]

    def problems(self, link: str, kind: str) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = []
        remote = [name for name in _REMOTE if getattr(self, name) is not None]
        if remote and kind not in ("vxlan", ""):
            found.append((remote[0], f"`{remote[0]}` belongs to a vxlan, and `{link}` is a {kind}", f"remove `{remote[0]}`"))
        elif self.nhid is not None and len(remote) > 1:
            found.append(("nhid", f"`nhid` goes without `{remote[0]}` (vxlan_fdb_parse: EINVAL)", "the next hops say where"))
        elif remote and self.dst is None and self.nhid is None:
            found.append((remote[0], f"`{remote[0]}` goes with `dst`", "add `dst: 192.0.2.1`, the remote's address"))
        elif self.self is False and remote:
            found.append(("self", "remotes are in the vxlan's own table, not in its bridge's", "remove `self`"))
        elif kind == "vxlan" and self.self and not remote:
            found.append(
                ("", "an entry of a vxlan's own table needs `dst` or `nhid`", "add `dst: 192.0.2.1`, the remote's address")
            )
        if kind == "bridge" and not self.self:
            found.append(
                ("", "the bridge itself is no port: its own entries need `self`", "add `self: true`, or write the entry at a port")
            )
        own = bool(self.self or remote)
        if self.lladdr == bridging.ZERO_MAC and not remote:
            found.append(("lladdr", "all zeros is an address for remotes of a vxlan only (EINVAL)", "add `dst`"))
        if self.vlan is not None and own and kind != "bridge":
            found.append(("vlan", "a link's own table has no VLANs", "remove `vlan`"))
        if self.state == "static" and own and not remote and kind != "vxlan":
            found.append(("state", "an own entry of this link is permanent (EINVAL)", "remove `state`"))
        if self.sticky and (own or self.state == "permanent"):
            found.append(
                ("sticky", "`sticky` is for entries of a bridge's table that are not permanent (EINVAL)", "remove `sticky`")
            )
        return found

    def misfits(self, link: str, about: Callable[[str], Mapping[str, Value]]) -> list[tuple[str, str, str]]:
        # vxlan_fdb_info leaves out what is as the link has it, so it could not be told from an entry without.
        has = about(link)
        pairs = (("port", "port"), ("vni", "id"))
        if self.lladdr == bridging.ZERO_MAC and self.dst is not None and self.dst == has.get("remote"):
            return [("dst", f"{self.dst} is the link's own `remote`, which is such an entry", "remove the entry")]
        return [
            (name, f"`{name}` is the link's own `{of}` here", f"remove `{name}`")
            for name, of in pairs
            if getattr(self, name) is not None and getattr(self, name) == has.get(of)
        ]

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        # vxlan_fdb_update_existing: "Cannot replace an existing non nexthop fdb with a nexthop", and the other way round.
        return super().replaces(name, observed, desired) or (name in ("dst", "nhid") and observed is None)

    @classmethod
    def foreign(cls, attrs: Mapping[str, Value]) -> bool:
        elsewhere = str(attrs.get("via", "")).startswith("?")  # by a link of another namespace, which cannot be named
        return attrs.get("by") == "kernel" or bool(attrs.get("extern_learn")) or elsewhere

    @classmethod
    def section(cls, parts: Sequence[Part]) -> Any:
        found = []
        for part in parts:
            body = cls.body(part.attrs)
            own = bool(body.get("self"))
            if body.get("state") == ("permanent" if own else "static"):
                del body["state"]
            if "dst" in body or "nhid" in body:
                body.pop("self", None)
            found.append(body)
        return found


Fdb.SHAPE = Shape(
    {
        "lladdr": chain(text(), mac),
        "vlan": optional(whole(1, 4094)),
        "dst": optional(chain(text(), ip)),
        "port": optional(whole(0, 65535)),
        "vni": optional(whole(0, 16777215)),
        "via": optional(chain(text(1, 15), ifname)),
        "src_vni": optional(whole(0, 16777215)),
        "nhid": optional(whole(1, 4294967295)),
        "self": optional(truth),
        "state": optional(word("permanent", "static")),
        "sticky": optional(truth),
        "router": optional(truth),
        "extern_learn": optional(truth),
    },
    {
        "vlan": None,
        "dst": None,
        "port": None,
        "vni": None,
        "via": None,
        "src_vni": None,
        "nhid": None,
        "self": None,
        "state": None,
        "sticky": None,
        "router": None,
        "extern_learn": None,
    },
    ("lladdr",),
    make=Fdb,
)
ENTRY = Fdb
