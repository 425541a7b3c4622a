"""Written by nsmgr.model.generate from nsmgr.model.links.ipip.Ipip: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Names, Value, Where
from nsmgr.model.convert import AnyAddress, ByNumber, Flag, Mixed
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, either, optional, text, truth, whole, word
from nsmgr.model.table.links import Link
from nsmgr.text import ip4_or_any, underlay_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

ANY = AnyAddress()

MODES = Names({"any": 0, "ipip": 4, "mplsip": 137})

TTL = Mixed({"inherit": 0})

TOS = Mixed({"inherit": 1})

ENCAPS = Names({"none": 0, "fou": 1, "gue": 2})


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


class Ipip(Tunnel):
    KIND = "ipip"
    FULL_SET = True
    ETHERNET = False
    TAKES_PARENT = True
    ONCE = frozenset(["external"])
    MTU_FOLLOWS = True
    MOVES_IN = True
    DEFAULTS = {"arp": False, "multicast": False}
    DEFAULT_MTU = 0
    MTU_RANGE = (68, 65515)
    ROWS = {
        **Link.ROWS,
        "mac": Attr("IFLA_ADDRESS", Change.READ_ONLY, export=False),
        "broadcast": Attr("IFLA_BROADCAST", Change.READ_ONLY, export=False),
        "parent": Attr("IFLA_IPIP_LINK", where=Where.DATA, ref=True),
        "arp": Attr(where=Where.FLAG, convert=Bool(True), flag=128, default=False),
        "multicast": Attr(where=Where.FLAG, convert=Bool(), flag=4096, default=False),
        "underlay": Attr(change=Change.REPLACE, where=Where.NONE, absent="", default=""),
        "local": Attr("IFLA_IPIP_LOCAL", where=Where.DATA, convert=ANY, absent="any", default="any"),
        "remote": Attr("IFLA_IPIP_REMOTE", where=Where.DATA, convert=ANY, absent="any", default="any"),
        "mode": Attr("IFLA_IPIP_PROTO", Change.REPLACE, Where.DATA, MODES, default="ipip"),
        "ttl": Attr("IFLA_IPIP_TTL", where=Where.DATA, convert=TTL, default="inherit"),
        "tos": Attr("IFLA_IPIP_TOS", where=Where.DATA, convert=TOS, default=0),
        "pmtudisc": Attr("IFLA_IPIP_PMTUDISC", where=Where.DATA, convert=Bool(), default=True),
        "fwmark": Attr("IFLA_IPIP_FWMARK", where=Where.DATA, default=0),
        "encap": Attr("IFLA_IPIP_ENCAP_TYPE", where=Where.DATA, convert=ENCAPS, default="none"),
        "encap_sport": Attr("IFLA_IPIP_ENCAP_SPORT", where=Where.DATA, default=0),
        "encap_dport": Attr("IFLA_IPIP_ENCAP_DPORT", where=Where.DATA, default=0),
        "encap_csum": Attr("IFLA_IPIP_ENCAP_FLAGS", where=Where.DATA, convert=Bool(), bit=1, default=False),
        "encap_csum6": Attr("IFLA_IPIP_ENCAP_FLAGS", where=Where.DATA, convert=Bool(), bit=2, default=False),
        "encap_remcsum": Attr("IFLA_IPIP_ENCAP_FLAGS", where=Where.DATA, convert=Bool(), bit=4, default=False),
        "external": Attr("IFLA_IPIP_COLLECT_METADATA", Change.REPLACE, Where.DATA, Flag(), absent=False, default=False),
    }

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        # ipip_changelink: IFF_POINTOPOINT is decided at birth.
        if name == "remote":
            return reach(observed) != reach(desired)
        return super().replaces(name, observed, desired)

    @classmethod
    def fixed(cls, observed: Mapping[str, Value]) -> tuple[str, ...]:
        # ip_tunnel_changelink takes a group for IFF_BROADCAST, which no ipip device has (EINVAL).
        return ("local", "remote", "parent") if reach(observed.get("remote")) == "multicast" else ()

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.pmtudisc is False and self.ttl not in (None, "inherit"):
            found.append(
                ("pmtudisc", "a fixed TTL turns path MTU discovery on (ip_tunnel_netlink_parms)", "remove `ttl`, or `pmtudisc`")
            )
        return found


Ipip.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("ipip")),
        "mac": optional(text()),
        "broadcast": optional(text()),
        "underlay": optional(chain(text(), underlay_name)),
        "local": optional(chain(text(), ip4_or_any)),
        "remote": optional(chain(text(), ip4_or_any)),
        "mode": chain(ByNumber(MODES), word("any", "ipip", "mplsip")),
        "ttl": optional(chain(ByNumber(TTL), either(whole(0, 255), word("inherit")))),
        "tos": optional(chain(ByNumber(TOS), either(whole(0, 255), word("inherit")))),
        "pmtudisc": optional(truth),
        "fwmark": optional(whole(0, 4294967295)),
        "encap": optional(chain(ByNumber(ENCAPS), word("none", "fou", "gue"))),
        "encap_sport": optional(whole(0, 65535)),
        "encap_dport": optional(whole(0, 65535)),
        "encap_csum": optional(truth),
        "encap_csum6": optional(truth),
        "encap_remcsum": optional(truth),
        "external": optional(truth),
    },
    {
        **Link.SHAPE.defaults,
        "kind": "ipip",
        "underlay": None,
        "local": None,
        "remote": None,
        "mode": None,
        "ttl": None,
        "tos": None,
        "pmtudisc": None,
        "fwmark": None,
        "encap": None,
        "encap_sport": None,
        "encap_dport": None,
        "encap_csum": None,
        "encap_csum6": None,
        "encap_remcsum": None,
        "external": None,
    },
    (),
    make=Ipip,
)
ENTRY = Ipip
