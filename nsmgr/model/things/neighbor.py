"""Neighbours: static ARP and ND entries (RTM_NEWNEIGH; net/core/neighbour.c)."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Bool, Change, Value
from nsmgr.model.thing import Part
from nsmgr.model.things.base import ThingModel
from nsmgr.text import family
from nsmgr.types import IpAddress, Lladdr


class Neighbor(ThingModel):
    """An entry that does not age: where a neighbour is, or (``proxy``) an address to answer for. ``10.0.0.2 02:00:00:00:00:02``.

    The kernel flushes a link's entries when the link goes down (neigh_ifdown) or gets another MAC address; those that were
    declared come back with the link. Learned entries are never looked at. Entries that are not permanent, and proxies, go with the
    carrier as well unless the link's arp_evict_nocarrier and ndisc_evict_nocarrier are 0 (neigh_carrier_down).
    """

    TYPE: ClassVar[str] = "neighbor"
    SECTION: ClassVar[str] = "neighbors"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "address"
    ALWAYS: ClassVar[bool] = True
    LOST: ClassVar[tuple[str, ...]] = ("down", "mac")
    ALSO: ClassVar[tuple[str, ...]] = ("proxy",)
    GONE: ClassVar[tuple[int, ...]] = (errno.ENOENT, errno.ENODEV)

    to: Annotated[IpAddress, Attr("NDA_DST", Change.REPLACE)]
    """The neighbour's address."""
    lladdr: Annotated[Lladdr | None, Attr("NDA_LLADDR")] = None
    """Its hardware address."""
    state: Annotated[Literal["permanent", "noarp"] | None, Attr("", default="permanent")] = None
    """permanent: known for good; noarp: as that, and never probed (NUD_NOARP)."""
    router: Annotated[bool | None, Attr("", convert=Bool(), absent=False, default=False)] = None
    """The neighbour is an IPv6 router (NTF_ROUTER)."""
    proxy: bool | None = None
    """Answer requests for this address on behalf of somebody else (NTF_PROXY); an entry of its own, beside the neighbour's."""
    proto: Annotated[int | None, Field(ge=0, le=255), Attr("NDA_PROTOCOL", export=False)] = None
    """Who made the entry, a protocol number; nsmgr's own unless written."""

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
