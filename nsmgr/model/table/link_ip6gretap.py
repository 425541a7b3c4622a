"""Written by nsmgr.model.generate from nsmgr.model.links.ip6gretap.Ip6Gretap: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Gate, Names, Where
from nsmgr.model.convert import AnyAddress, ByNumber, Flag
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, either, optional, text, truth, whole, word
from nsmgr.model.table.links import Link
from nsmgr.text import dotted, ip6_or_any, underlay_name

ANY = AnyAddress()

ENCAPS = Names({"none": 0, "fou": 1, "gue": 2})


class Tunnel(Plain):
    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.parent == name:
            found.append(("parent", "a link cannot be its own parent", ""))
        if self.parent is not None and self.underlay is not None:
            found.append(("underlay", "the underlay is the parent's namespace", "remove `underlay`"))
        return found


class Ip6Gretap(Tunnel):
    KIND = "ip6gretap"
    FULL_SET = True
    BIRTH = {"hoplimit": 64, "encaplimit": 4}
    TAKES_PARENT = True
    SHORT = {"key": ("ikey", "okey"), "csum": ("icsum", "ocsum"), "seq": ("iseq", "oseq")}
    MTU_FOLLOWS = True
    MOVES_IN = True
    DEFAULT_MTU = 0
    MTU_RANGE = (68, 65517)
    ROWS = {
        **Link.ROWS,
        "parent": Attr("IFLA_IP6GRE_LINK", where=Where.DATA, ref=True),
        "underlay": Attr(change=Change.REPLACE, where=Where.NONE, absent="", default=""),
        "local": Attr("IFLA_IP6GRE_LOCAL", where=Where.DATA, convert=ANY, absent="any", default="any"),
        "remote": Attr("IFLA_IP6GRE_REMOTE", where=Where.DATA, convert=ANY, absent="any", default="any"),
        "ikey": Attr("IFLA_IP6GRE_IKEY", where=Where.DATA, gate=Gate("IFLA_IP6GRE_IFLAGS", 8192, "none", False), default="none"),
        "okey": Attr("IFLA_IP6GRE_OKEY", where=Where.DATA, gate=Gate("IFLA_IP6GRE_OFLAGS", 8192, "none", False), default="none"),
        "icsum": Attr("IFLA_IP6GRE_IFLAGS", where=Where.DATA, convert=Bool(), bit=32768, default=False),
        "ocsum": Attr("IFLA_IP6GRE_OFLAGS", where=Where.DATA, convert=Bool(), bit=32768, default=False),
        "iseq": Attr("IFLA_IP6GRE_IFLAGS", where=Where.DATA, convert=Bool(), bit=4096, default=False),
        "oseq": Attr("IFLA_IP6GRE_OFLAGS", where=Where.DATA, convert=Bool(), bit=4096, default=False),
        "hoplimit": Attr("IFLA_IP6GRE_TTL", where=Where.DATA, default=64),
        "tclass": Attr(
            "IFLA_IP6GRE_FLOWINFO", where=Where.DATA, bit=267386880, gate=Gate("IFLA_IP6GRE_FLAGS", 2, "inherit"), default=0
        ),
        "flowlabel": Attr(
            "IFLA_IP6GRE_FLOWINFO", where=Where.DATA, bit=1048575, gate=Gate("IFLA_IP6GRE_FLAGS", 4, "inherit"), default=0
        ),
        "encaplimit": Attr("IFLA_IP6GRE_ENCAP_LIMIT", where=Where.DATA, gate=Gate("IFLA_IP6GRE_FLAGS", 1, "none"), default=4),
        "dscp_inherit": Attr("IFLA_IP6GRE_FLAGS", where=Where.DATA, convert=Bool(), bit=16, default=False),
        "mip6": Attr("IFLA_IP6GRE_FLAGS", where=Where.DATA, convert=Bool(), bit=8, default=False),
        "allow_localremote": Attr("IFLA_IP6GRE_FLAGS", where=Where.DATA, convert=Bool(), bit=64, default=False),
        "fwmark": Attr("IFLA_IP6GRE_FWMARK", where=Where.DATA, gate=Gate("IFLA_IP6GRE_FLAGS", 32, "inherit"), default=0),
        "encap": Attr("IFLA_IP6GRE_ENCAP_TYPE", where=Where.DATA, convert=ENCAPS, default="none"),
        "encap_sport": Attr("IFLA_IP6GRE_ENCAP_SPORT", where=Where.DATA, default=0),
        "encap_dport": Attr("IFLA_IP6GRE_ENCAP_DPORT", where=Where.DATA, default=0),
        "encap_csum": Attr("IFLA_IP6GRE_ENCAP_FLAGS", where=Where.DATA, convert=Bool(), bit=1, default=False),
        "encap_csum6": Attr("IFLA_IP6GRE_ENCAP_FLAGS", where=Where.DATA, convert=Bool(), bit=2, default=False),
        "encap_remcsum": Attr("IFLA_IP6GRE_ENCAP_FLAGS", where=Where.DATA, convert=Bool(), bit=4, default=False),
        "external": Attr("IFLA_IP6GRE_COLLECT_METADATA", Change.REPLACE, Where.DATA, Flag(), absent=False, default=False),
    }


Ip6Gretap.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("ip6gretap")),
        "underlay": optional(chain(text(), underlay_name)),
        "local": optional(chain(text(), ip6_or_any)),
        "remote": optional(chain(text(), ip6_or_any)),
        "ikey": optional(chain(dotted, either(whole(0, 4294967295), word("none")))),
        "okey": optional(chain(dotted, either(whole(0, 4294967295), word("none")))),
        "icsum": optional(truth),
        "ocsum": optional(truth),
        "iseq": optional(truth),
        "oseq": optional(truth),
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
        "key": optional(chain(dotted, either(whole(0, 4294967295), word("none")))),
        "csum": optional(truth),
        "seq": optional(truth),
    },
    {
        **Link.SHAPE.defaults,
        "kind": "ip6gretap",
        "underlay": None,
        "local": None,
        "remote": None,
        "ikey": None,
        "okey": None,
        "icsum": None,
        "ocsum": None,
        "iseq": None,
        "oseq": None,
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
        "key": None,
        "csum": None,
        "seq": None,
    },
    (),
    make=Ip6Gretap,
)
ENTRY = Ip6Gretap
