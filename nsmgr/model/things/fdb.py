"""Forwarding entries: in a bridge's table, a vxlan's, a link's own (RTM_NEWNEIGH of AF_BRIDGE; rtnl_fdb_add)."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from nsmgr.model import bridging
from nsmgr.model.base import Attr, Bool, Change, Value
from nsmgr.model.thing import Part
from nsmgr.model.things.base import ThingModel
from nsmgr.types import AnyMac, IfName, IpAddress, Port

_WORDS = ("vlan", "dst", "vni", "port", "via", "src_vni", "nhid")
_NUMBERS = ("vlan", "vni", "port", "src_vni", "nhid")
_FLAGS = ("self", "sticky", "router", "extern_learn")
_REMOTE = ("dst", "nhid", "vni", "port", "via", "src_vni")


class Fdb(ThingModel):
    """Where a hardware address is: behind this bridge port, or (``dst``) a remote of a vxlan. ``02:00:00:00:00:05 dst 10.0.0.2``.

    Without ``dst``, ``nhid`` and ``self`` the entry is in the table of the bridge whose port the link is. Not looked at: learned
    entries, those of a daemon (``extern_learn``), the bridge's for its own and its ports' addresses, the one that a vxlan's
    ``remote`` makes, and the copies in each VLAN that the kernel makes of an entry without one (br_fdb_add). An entry in the own
    list of a link that is neither a bridge nor a vxlan (``self``; dev_uc_add) cannot be told from those of macvlans on top: it
    stays when it leaves the file.
    """

    TYPE: ClassVar[str] = "fdb"
    SECTION: ClassVar[str] = "fdb"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "address"
    LOST: ClassVar[tuple[str, ...]] = ("controller",)
    GONE: ClassVar[tuple[int, ...]] = (errno.ENOENT, errno.ENODEV)

    lladdr: Annotated[AnyMac, Attr("NDA_LLADDR", Change.REPLACE)]
    """The hardware address; 00:00:00:00:00:00 = a remote for all that are unknown, of which there may be several."""
    vlan: Annotated[int | None, Field(ge=1, le=4094), Attr("NDA_VLAN", Change.REPLACE)] = None
    """In this VLAN of the bridge; the port must be a member (EINVAL). Without, the kernel adds it to those the port has."""
    dst: Annotated[IpAddress | None, Attr("NDA_DST")] = None
    """vxlan: the remote. In place for one address, another entry for all zeros and groups."""
    port: Annotated[Port | None, Attr("NDA_PORT")] = None
    """vxlan: UDP port of the remote, where it is not the link's own ``port``."""
    vni: Annotated[int | None, Field(ge=0, lt=2**24), Attr("NDA_VNI")] = None
    """vxlan: VNI to send with, where it is not the link's own ``id``."""
    via: Annotated[IfName | None, Attr("NDA_IFINDEX", ref=True)] = None
    """vxlan: the link to send by."""
    src_vni: Annotated[int | None, Field(ge=0, lt=2**24), Attr("NDA_SRC_VNI", Change.REPLACE)] = None
    """vxlan with ``external``: the entry is for packets of this VNI."""
    nhid: Annotated[int | None, Field(ge=1, lt=2**32), Attr("NDA_NH_ID")] = None
    """vxlan: a next hop group of remotes (``fdb``) instead of ``dst``."""
    self: Annotated[bool | None, Attr("", Change.REPLACE, convert=Bool(), absent=False, default=False)] = None
    """In the link's own table (NTF_SELF), as always with ``dst`` and for the bridge itself; else in that of its bridge."""
    state: Annotated[Literal["permanent", "static"] | None, Attr("")] = None
    """static: not to be learned elsewhere (NUD_NOARP; the default at bridge ports); permanent: in a bridge's table, frames are for
    this host (NUD_PERMANENT; the default for ``self``)."""
    sticky: Annotated[bool | None, Attr("", convert=Bool(), absent=False, default=False)] = None
    """The address does not move to another port when it is seen there (NTF_STICKY)."""
    router: Annotated[bool | None, Attr("", convert=Bool(), absent=False, default=False)] = None
    """vxlan with ``rsc``: the address is a router's (NTF_ROUTER)."""
    extern_learn: Annotated[bool | None, Attr("", Change.REPLACE, convert=Bool(), absent=False, default=False)] = None
    """As if learned by a control plane (NTF_EXT_LEARNED). Such entries are others': not removed when they leave the file."""

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
