"""Written by nsmgr.model.generate from nsmgr.model.links.physical.Physical: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, optional, word
from nsmgr.model.table.links import Link


class Physical(Plain):
    KIND = "physical"
    DATA = ""
    MAKER = "none"
    ROWS = Link.ROWS


Physical.SHAPE = Shape(
    {**Link.SHAPE.fields, "kind": optional(word("physical")), "match": None},
    {**Link.SHAPE.defaults, "kind": "physical"},
    ("match",),
    make=Physical,
)
ENTRY = Physical
