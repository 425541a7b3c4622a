"""nftables: packet filters and address translation of a namespace, table by table (net/netfilter/nf_tables_api.c)."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from nsmgr.model import nft
from nsmgr.model.base import Attr, Value
from nsmgr.model.thing import Part
from nsmgr.model.things.base import ThingModel


class Nftables(ThingModel):
    """A ruleset in nft's own language, from a file or written here: definitions and whole tables.

    Each table is one object. Tables that differ are loaded in one transaction of the kernel, so no packet sees half of them. What
    the kernel holds is compared, with the description loaded in a scratch namespace: the file's comments, counters and the elements
    of dynamic sets do not matter. Needs nft(8).
    """

    TYPE: ClassVar[str] = "nftables"
    SECTION: ClassVar[str] = "nftables"
    FORM: ClassVar[Literal["list", "mapping", "one"]] = "one"
    CARRIER: ClassVar[Literal["rtnl", "own"]] = "own"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "port"
    COMPARES: ClassVar[bool] = True
    FILES: ClassVar[Mapping[str, str]] = {"file": "ruleset"}
    GONE: ClassVar[tuple[int, ...]] = (errno.ENOENT,)

    file: str | None = None
    """File with the ruleset, relative to the configuration's."""
    ruleset: Annotated[str | None, Field(max_length=4 * 2**20), Attr("")] = None
    """The ruleset as text, instead of ``file``; of an object: the table's."""

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
