"""Written by nsmgr.model.generate from nsmgr.model.things.proxy.Proxy: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Change, Value
from nsmgr.model.shape import Shape, chain, optional, text, truth, whole
from nsmgr.model.thing import PlainThing
from nsmgr.text import ip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Proxy(PlainThing):
    TYPE = "proxy"
    LEVEL = "link"
    LOST = ("down",)
    GONE = (2, 19)
    ROWS = {
        "to": Attr("NDA_DST", Change.REPLACE),
        "router": Attr(absent=False, default=False),
        "proto": Attr("NDA_PROTOCOL", export=False),
    }

    @classmethod
    def words(cls, link: str, attrs: Mapping[str, Value], *, remove: bool) -> str:
        return f"neigh {'del' if remove else 'add'} proxy {attrs['to']} dev {link}"


Proxy.SHAPE = Shape(
    {"to": chain(text(), ip), "router": optional(truth), "proto": optional(whole(0, 255))},
    {"router": None, "proto": None},
    ("to",),
    make=Proxy,
)
ENTRY = Proxy
