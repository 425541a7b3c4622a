"""Written by nsmgr.model.generate from nsmgr.model.things.nftables.Nftables: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model import nft
from nsmgr.model.attr import Attr, Value
from nsmgr.model.shape import Shape, optional, text
from nsmgr.model.thing import Part, PlainThing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


class Nftables(PlainThing):
    TYPE = "nftables"
    SECTION = "nftables"
    FORM = "one"
    CARRIER = "own"
    STAGE = "port"
    COMPARES = True
    FILES = {"file": "ruleset"}
    GONE = (2,)
    ROWS = {"ruleset": Attr()}

    def problems(self, link: str, kind: str) -> list[tuple[str, str, str]]:
        if self.ruleset is None:
            return [("", "a ruleset needs `file` or `ruleset`", "for example `nftables: {file: firewall.nft}`")]
        try:
            found = nft.tables(self.ruleset)
        except nft.Unreadable as error:
            return [
                ("file" if self.file else "ruleset", str(error), "what several commands would build up is written as one table")
            ]
        return [] if found else [("file" if self.file else "ruleset", "there is no table in it", "`table inet filter { … }`")]

    def parts(self, link: str) -> list[Part]:
        return [Part("nftables", name, {"ruleset": text}) for name, text in nft.tables(str(self.ruleset)).items()]

    @classmethod
    def compare(cls, desired: Mapping[str, Value], observed: Mapping[str, Value]) -> list[tuple[str, Value, Value]] | None:
        same = desired.get("ruleset") == observed.get("ruleset")
        return [] if same else [("ruleset", observed.get("ruleset"), observed.get("wanted") or desired.get("ruleset"))]

    @classmethod
    def section(cls, parts: Sequence[Part]) -> Any:
        return {"ruleset": "\n".join(str(part.attrs["ruleset"]) for part in parts)}


Nftables.SHAPE = Shape(
    {"file": optional(text()), "ruleset": optional(text(None, 4194304))}, {"file": None, "ruleset": None}, (), make=Nftables
)
ENTRY = Nftables
