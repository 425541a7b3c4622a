"""Written by nsmgr.model.generate from nsmgr.model.links.vti.Vti: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Value, Where
from nsmgr.model.convert import AnyAddress, Mixed
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, either, optional, text, whole, word
from nsmgr.model.table.links import Link
from nsmgr.text import dotted, ip4_or_any, underlay_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

ANY = AnyAddress()

NO_KEY = Mixed({"none": 0})


def reach(address: Value) -> str:
    """What decides whether a device is point-to-point, broadcast or neither (ip_tunnel_changelink): any, multicast, unicast."""
    if not isinstance(address, str) or address == "any":
        return "any"
    first = address.partition(".")[0]
    return "multicast" if first.isdecimal() and 224 <= int(first) <= 239 else "unicast"


class Tunnel(Plain):
    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.parent == name:
            found.append(("parent", "a link cannot be its own parent", ""))
        if self.parent is not None and self.underlay is not None:
            found.append(("underlay", "the underlay is the parent's namespace", "remove `underlay`"))
        return found


class Vti(Tunnel):
    KIND = "vti"
    FULL_SET = True
    ETHERNET = False
    TAKES_PARENT = True
    SHORT = {"key": ("ikey", "okey")}
    MTU_FOLLOWS = True
    MOVES_IN = True
    DEFAULTS = {"arp": False, "multicast": False}
    DEFAULT_MTU = 0
    MTU_RANGE = (68, 65515)
    ROWS = {
        **Link.ROWS,
        "mac": Attr("IFLA_ADDRESS", Change.READ_ONLY, export=False),
        "broadcast": Attr("IFLA_BROADCAST", Change.READ_ONLY, export=False),
        "parent": Attr("IFLA_VTI_LINK", where=Where.DATA, ref=True),
        "arp": Attr(where=Where.FLAG, convert=Bool(True), flag=128, default=False),
        "multicast": Attr(where=Where.FLAG, convert=Bool(), flag=4096, default=False),
        "underlay": Attr(change=Change.REPLACE, where=Where.NONE, absent="", default=""),
        "local": Attr("IFLA_VTI_LOCAL", where=Where.DATA, convert=ANY, absent="any", default="any"),
        "remote": Attr("IFLA_VTI_REMOTE", where=Where.DATA, convert=ANY, absent="any", default="any"),
        "ikey": Attr("IFLA_VTI_IKEY", where=Where.DATA, convert=NO_KEY, default="none"),
        "okey": Attr("IFLA_VTI_OKEY", where=Where.DATA, convert=NO_KEY, default="none"),
        "fwmark": Attr("IFLA_VTI_FWMARK", where=Where.DATA, default=0),
    }

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        # ip_tunnel_changelink: IFF_POINTOPOINT is decided at birth.
        if name == "remote":
            return reach(observed) != reach(desired)
        return super().replaces(name, observed, desired)

    @classmethod
    def fixed(cls, observed: Mapping[str, Value]) -> tuple[str, ...]:
        # ip_tunnel_changelink takes a group for IFF_BROADCAST, which no vti device has (EINVAL).
        return ("local", "remote", "parent", "ikey") if reach(observed.get("remote")) == "multicast" else ()


Vti.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("vti")),
        "mac": optional(text()),
        "broadcast": optional(text()),
        "underlay": optional(chain(text(), underlay_name)),
        "local": optional(chain(text(), ip4_or_any)),
        "remote": optional(chain(text(), ip4_or_any)),
        "ikey": optional(chain(dotted, either(whole(0, 4294967295), word("none")))),
        "okey": optional(chain(dotted, either(whole(0, 4294967295), word("none")))),
        "fwmark": optional(whole(0, 4294967295)),
        "key": optional(chain(dotted, either(whole(0, 4294967295), word("none")))),
    },
    {
        **Link.SHAPE.defaults,
        "kind": "vti",
        "underlay": None,
        "local": None,
        "remote": None,
        "ikey": None,
        "okey": None,
        "fwmark": None,
        "key": None,
    },
    (),
    make=Vti,
)
ENTRY = Vti
