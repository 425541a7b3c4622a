"""Written by nsmgr.model.generate from nsmgr.model.links.ip6tnl.Ip6Tnl: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Gate, Names, Where
from nsmgr.model.convert import AnyAddress, ByNumber, Flag
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, either, optional, text, truth, whole, word
from nsmgr.model.table.links import Link
from nsmgr.text import ip6_or_any, underlay_name

ANY = AnyAddress()

MODES = Names({"any": 0, "ipip6": 4, "ip6ip6": 41})

ENCAPS = Names({"none": 0, "fou": 1, "gue": 2})


class Tunnel(Plain):
    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.parent == name:
            found.append(("parent", "a link cannot be its own parent", ""))
        if self.parent is not None and self.underlay is not None:
            found.append(("underlay", "the underlay is the parent's namespace", "remove `underlay`"))
        return found


class Ip6Tnl(Tunnel):
    KIND = "ip6tnl"
    FULL_SET = True
    BIRTH = {"hoplimit": 64, "encaplimit": 4}
    ETHERNET = False
    TAKES_PARENT = True
    ONCE = frozenset(["external"])
    MTU_FOLLOWS = True
    MOVES_IN = True
    DEFAULTS = {"arp": False, "multicast": False}
    DEFAULT_MTU = 0
    MTU_RANGE = (68, 65535)
    ROWS = {
        **Link.ROWS,
        "mac": Attr("IFLA_ADDRESS", Change.READ_ONLY, export=False),
        "broadcast": Attr("IFLA_BROADCAST", Change.READ_ONLY, export=False),
        "parent": Attr("IFLA_IP6TNL_LINK", where=Where.DATA, ref=True),
        "arp": Attr(where=Where.FLAG, convert=Bool(True), flag=128, default=False),
        "multicast": Attr(where=Where.FLAG, convert=Bool(), flag=4096, default=False),
        "underlay": Attr(change=Change.REPLACE, where=Where.NONE, absent="", default=""),
        "local": Attr("IFLA_IP6TNL_LOCAL", where=Where.DATA, convert=ANY, absent="any", default="any"),
        "remote": Attr("IFLA_IP6TNL_REMOTE", where=Where.DATA, convert=ANY, absent="any", default="any"),
        "mode": Attr("IFLA_IP6TNL_PROTO", where=Where.DATA, convert=MODES, default="any"),
        "hoplimit": Attr("IFLA_IP6TNL_TTL", where=Where.DATA, default=64),
        "tclass": Attr(
            "IFLA_IP6TNL_FLOWINFO", where=Where.DATA, bit=267386880, gate=Gate("IFLA_IP6TNL_FLAGS", 2, "inherit"), default=0
        ),
        "flowlabel": Attr(
            "IFLA_IP6TNL_FLOWINFO", where=Where.DATA, bit=1048575, gate=Gate("IFLA_IP6TNL_FLAGS", 4, "inherit"), default=0
        ),
        "encaplimit": Attr("IFLA_IP6TNL_ENCAP_LIMIT", where=Where.DATA, gate=Gate("IFLA_IP6TNL_FLAGS", 1, "none"), default=4),
        "dscp_inherit": Attr("IFLA_IP6TNL_FLAGS", where=Where.DATA, convert=Bool(), bit=16, default=False),
        "mip6": Attr("IFLA_IP6TNL_FLAGS", where=Where.DATA, convert=Bool(), bit=8, default=False),
        "allow_localremote": Attr("IFLA_IP6TNL_FLAGS", where=Where.DATA, convert=Bool(), bit=64, default=False),
        "fwmark": Attr("IFLA_IP6TNL_FWMARK", where=Where.DATA, gate=Gate("IFLA_IP6TNL_FLAGS", 32, "inherit"), default=0),
        "encap": Attr("IFLA_IP6TNL_ENCAP_TYPE", where=Where.DATA, convert=ENCAPS, default="none"),
        "encap_sport": Attr("IFLA_IP6TNL_ENCAP_SPORT", where=Where.DATA, default=0),
        "encap_dport": Attr("IFLA_IP6TNL_ENCAP_DPORT", where=Where.DATA, default=0),
        "encap_csum": Attr("IFLA_IP6TNL_ENCAP_FLAGS", where=Where.DATA, convert=Bool(), bit=1, default=False),
        "encap_csum6": Attr("IFLA_IP6TNL_ENCAP_FLAGS", where=Where.DATA, convert=Bool(), bit=2, default=False),
        "encap_remcsum": Attr("IFLA_IP6TNL_ENCAP_FLAGS", where=Where.DATA, convert=Bool(), bit=4, default=False),
        "external": Attr("IFLA_IP6TNL_COLLECT_METADATA", Change.REPLACE, Where.DATA, Flag(), absent=False, default=False),
    }


Ip6Tnl.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("ip6tnl")),
        "mac": optional(text()),
        "broadcast": optional(text()),
        "underlay": optional(chain(text(), underlay_name)),
        "local": optional(chain(text(), ip6_or_any)),
        "remote": optional(chain(text(), ip6_or_any)),
        "mode": chain(ByNumber(MODES), word("any", "ipip6", "ip6ip6")),
        "hoplimit": optional(whole(0, 255)),
        "tclass": optional(either(whole(0, 255), word("inherit"))),
        "flowlabel": optional(either(whole(0, 1048575), word("inherit"))),
        "encaplimit": optional(either(whole(0, 255), word("none"))),
        "dscp_inherit": optional(truth),
        "mip6": optional(truth),
        "allow_localremote": optional(truth),
        "fwmark": optional(either(whole(0, 4294967295), word("inherit"))),
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
        "kind": "ip6tnl",
        "underlay": None,
        "local": None,
        "remote": None,
        "mode": None,
        "hoplimit": None,
        "tclass": None,
        "flowlabel": None,
        "encaplimit": None,
        "dscp_inherit": None,
        "mip6": None,
        "allow_localremote": None,
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
    make=Ip6Tnl,
)
ENTRY = Ip6Tnl
