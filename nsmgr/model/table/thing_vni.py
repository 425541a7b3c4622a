"""Written by nsmgr.model.generate from nsmgr.model.things.vni.Vni: edit that, then `make tables`."""

from __future__ import annotations

from typing import Any

from nsmgr.model.attr import Attr, Change, Value
from nsmgr.model.shape import Shape, chain, optional, text, whole
from nsmgr.model.thing import Part, PlainThing
from nsmgr.text import ip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 2**24):
        raise ValueError("a VNI is a number from 1 to 16777215, a range `100-199`")
    return int(text)


MOST = 4096


def _said(vni: int, end: int, group: str) -> Any:
    if group:
        return {"vni": vni, **({"end": end} if end > vni else {}), "group": group}
    return f"{vni}-{end}" if end > vni else vni


class Vni(PlainThing):
    TYPE = "vni"
    SECTION = "vnis"
    LEVEL = "link"
    STAGE = "port"
    GONE = (2, 19)
    NEEDS = {"vnifilter": True}
    ROWS = {
        "vni": Attr("VXLAN_VNIFILTER_ENTRY_START", Change.REPLACE),
        "group": Attr("VXLAN_VNIFILTER_ENTRY_GROUP", Change.REPLACE, nla6="VXLAN_VNIFILTER_ENTRY_GROUP6", absent="", default=""),
    }

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


Vni.SHAPE = Shape(
    {"vni": whole(1, 16777215), "end": optional(whole(1, 16777215)), "group": optional(chain(text(), ip))},
    {"end": None, "group": None},
    ("vni",),
    make=Vni,
)
ENTRY = Vni
