"""VNIs that a vxlan with ``vnifilter`` takes (RTM_NEWTUNNEL; drivers/net/vxlan/vxlan_vnifilter.c)."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Change, Value
from nsmgr.model.thing import Part
from nsmgr.model.things.base import ThingModel
from nsmgr.types import IpAddress

MOST = 4096  # of a range: each is an entry of its own in the kernel


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 2**24):
        raise ValueError("a VNI is a number from 1 to 16777215, a range `100-199`")
    return int(text)


class Vni(ThingModel):
    """A network that a vxlan with ``vnifilter: true`` takes: ``100``, a range ``200-299``, or a mapping with its own ``group``."""

    TYPE: ClassVar[str] = "vni"
    SECTION: ClassVar[str] = "vnis"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "port"
    GONE: ClassVar[tuple[int, ...]] = (errno.ENOENT, errno.ENODEV)
    NEEDS: ClassVar[Mapping[str, Value]] = {"vnifilter": True}

    vni: Annotated[int, Field(ge=1, lt=2**24), Attr("VXLAN_VNIFILTER_ENTRY_START", Change.REPLACE)]
    """The VNI, or the first of a range."""
    end: Annotated[int | None, Field(ge=1, lt=2**24)] = None
    """The last of a range, at most 4096 of them."""
    group: Annotated[
        IpAddress | None,
        Attr("VXLAN_VNIFILTER_ENTRY_GROUP", Change.REPLACE, nla6="VXLAN_VNIFILTER_ENTRY_GROUP6", absent="", default=""),
    ] = None
    """Where it goes instead of to the vxlan's ``remote``. In place the old one would stay (vxlan_vni_update_group)."""

    @classmethod
    def short(cls, text: str) -> dict[str, Any] | None:
        first, dash, last = text.partition("-")
        return {"vni": _number(first), "end": _number(last)} if dash else {"vni": _number(first)}

    def parts(self, link: str) -> list[Part]:
        attrs = self.attributes()
        return [Part("vni", f"{vni} dev {link}", {**attrs, "vni": vni}) for vni in range(self.vni, (self.end or self.vni) + 1)]

    def problems(self, link: str, kind: str) -> list[tuple[str, str, str]]:
        last = self.end or self.vni
        if last < self.vni:
            return [("", f"the range {self.vni}-{last} is empty", f"write `{last}-{self.vni}`")]
        if last - self.vni >= MOST:
            return [("", f"the range {self.vni}-{last} has more than {MOST} VNIs", "each is an entry of its own in the kernel")]
        return []

    @classmethod
    def section(cls, parts: Sequence[Part]) -> Any:
        """Neighbours of one group as ranges."""
        found: list[dict[str, Any]] = []
        for part in sorted(parts, key=lambda part: int(str(part.attrs["vni"]))):
            vni, group = int(str(part.attrs["vni"])), part.attrs.get("group") or ""
            last = found[-1] if found else None
            if last is not None and last["end"] == vni - 1 and last["group"] == group:
                last["end"] = vni
            else:
                found.append({"vni": vni, "end": vni, "group": group})
        return [_said(**entry) for entry in found]

    @classmethod
    def words(cls, link: str, attrs: Mapping[str, Value], *, remove: bool) -> str:
        return ""  # bridge(8): bridge vni add


def _said(vni: int, end: int, group: str) -> Any:
    if group:
        return {"vni": vni, **({"end": end} if end > vni else {}), "group": group}
    return f"{vni}-{end}" if end > vni else vni
