"""Written by nsmgr.model.generate from nsmgr.model.links.gre.Gre: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Gate, Names, Value, Where
from nsmgr.model.convert import AnyAddress, ByNumber, Flag, Mixed
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, either, optional, text, truth, whole, word
from nsmgr.model.table.links import Link
from nsmgr.text import dotted, ip4_or_any, underlay_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

ANY = AnyAddress()

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


class GreLink(Tunnel):
    @classmethod
    def fixed(cls, observed: Mapping[str, Value]) -> tuple[str, ...]:
        # ipgre_netlink_parms refuses don't-fragment while the device still ignores it, before it looks at the new IGNORE_DF.
        return ("pmtudisc",) if observed.get("ignore_df") else ()

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.ignore_df and self.pmtudisc is not False:
            found.append(("ignore_df", "`ignore_df` does not go with path MTU discovery (EINVAL)", "add `pmtudisc: false`"))
        if self.external and self.encap not in (None, "none"):
            found.append(("encap", "`encap` does not go with `external` (ipgre_tunnel_validate: EINVAL)", "remove one of them"))
        return found


class Gre(GreLink):
    KIND = "gre"
    FULL_SET = True
    ETHERNET = False
    TAKES_PARENT = True
    SHORT = {"key": ("ikey", "okey"), "csum": ("icsum", "ocsum"), "seq": ("iseq", "oseq")}
    MTU_FOLLOWS = True
    MOVES_IN = True
    DEFAULTS = {"arp": False, "multicast": False}
    DEFAULT_MTU = 0
    MTU_RANGE = (68, 65511)
    ROWS = {
        **Link.ROWS,
        "mac": Attr("IFLA_ADDRESS", Change.READ_ONLY, export=False),
        "broadcast": Attr("IFLA_BROADCAST", Change.READ_ONLY, export=False),
        "parent": Attr("IFLA_GRE_LINK", where=Where.DATA, ref=True),
        "arp": Attr(where=Where.FLAG, convert=Bool(True), flag=128, default=False),
        "multicast": Attr(where=Where.FLAG, convert=Bool(), flag=4096, default=False),
        "underlay": Attr(change=Change.REPLACE, where=Where.NONE, absent="", default=""),
        "local": Attr("IFLA_GRE_LOCAL", where=Where.DATA, convert=ANY, absent="any", default="any"),
        "remote": Attr("IFLA_GRE_REMOTE", where=Where.DATA, convert=ANY, absent="any", default="any"),
        "ikey": Attr("IFLA_GRE_IKEY", where=Where.DATA, gate=Gate("IFLA_GRE_IFLAGS", 8192, "none", False), default="none"),
        "okey": Attr("IFLA_GRE_OKEY", where=Where.DATA, gate=Gate("IFLA_GRE_OFLAGS", 8192, "none", False), default="none"),
        "icsum": Attr("IFLA_GRE_IFLAGS", where=Where.DATA, convert=Bool(), bit=32768, default=False),
        "ocsum": Attr("IFLA_GRE_OFLAGS", where=Where.DATA, convert=Bool(), bit=32768, default=False),
        "iseq": Attr("IFLA_GRE_IFLAGS", where=Where.DATA, convert=Bool(), bit=4096, default=False),
        "oseq": Attr("IFLA_GRE_OFLAGS", where=Where.DATA, convert=Bool(), bit=4096, default=False),
        "ttl": Attr("IFLA_GRE_TTL", where=Where.DATA, convert=TTL, default="inherit"),
        "tos": Attr("IFLA_GRE_TOS", where=Where.DATA, convert=TOS, default=0),
        "pmtudisc": Attr("IFLA_GRE_PMTUDISC", where=Where.DATA, convert=Bool(), default=True),
        "ignore_df": Attr("IFLA_GRE_IGNORE_DF", where=Where.DATA, convert=Bool(), default=False),
        "fwmark": Attr("IFLA_GRE_FWMARK", where=Where.DATA, default=0),
        "encap": Attr("IFLA_GRE_ENCAP_TYPE", where=Where.DATA, convert=ENCAPS, default="none"),
        "encap_sport": Attr("IFLA_GRE_ENCAP_SPORT", where=Where.DATA, default=0),
        "encap_dport": Attr("IFLA_GRE_ENCAP_DPORT", where=Where.DATA, default=0),
        "encap_csum": Attr("IFLA_GRE_ENCAP_FLAGS", where=Where.DATA, convert=Bool(), bit=1, default=False),
        "encap_csum6": Attr("IFLA_GRE_ENCAP_FLAGS", where=Where.DATA, convert=Bool(), bit=2, default=False),
        "encap_remcsum": Attr("IFLA_GRE_ENCAP_FLAGS", where=Where.DATA, convert=Bool(), bit=4, default=False),
        "external": Attr("IFLA_GRE_COLLECT_METADATA", Change.REPLACE, Where.DATA, Flag(), absent=False, default=False),
    }

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        # ip_tunnel_changelink: IFF_POINTOPOINT and IFF_BROADCAST are decided at birth.
        if name == "remote":
            return reach(observed) != reach(desired)
        return super().replaces(name, observed, desired)

    @classmethod
    def fixed(cls, observed: Mapping[str, Value]) -> tuple[str, ...]:
        # The same check: a device of a group has both flags, so that nothing which identifies it can change (EINVAL).
        identity = ("local", "remote", "ikey", "parent") if reach(observed.get("remote")) == "multicast" else ()
        return (*super().fixed(observed), *identity)

    @classmethod
    def opens_on_address(cls, attrs: Mapping[str, Value]) -> bool:
        # ipgre_open joins the group where a route from the local address leads: EADDRNOTAVAIL before that is there.
        return reach(attrs.get("remote")) == "multicast"

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if reach(self.remote) == "multicast" and self.local in (None, "any") and not self.external:
            found.append(
                ("local", "a tunnel to a multicast group needs a local address (ipgre_tunnel_init: EINVAL)", "set `local`")
            )
        return found


Gre.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("gre")),
        "mac": optional(text()),
        "broadcast": optional(text()),
        "underlay": optional(chain(text(), underlay_name)),
        "local": optional(chain(text(), ip4_or_any)),
        "remote": optional(chain(text(), ip4_or_any)),
        "ikey": optional(chain(dotted, either(whole(0, 4294967295), word("none")))),
        "okey": optional(chain(dotted, either(whole(0, 4294967295), word("none")))),
        "icsum": optional(truth),
        "ocsum": optional(truth),
        "iseq": optional(truth),
        "oseq": optional(truth),
        "ttl": optional(chain(ByNumber(TTL), either(whole(0, 255), word("inherit")))),
        "tos": optional(chain(ByNumber(TOS), either(whole(0, 255), word("inherit")))),
        "pmtudisc": optional(truth),
        "ignore_df": optional(truth),
        "fwmark": optional(whole(0, 4294967295)),
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
        "kind": "gre",
        "underlay": None,
        "local": None,
        "remote": None,
        "ikey": None,
        "okey": None,
        "icsum": None,
        "ocsum": None,
        "iseq": None,
        "oseq": None,
        "ttl": None,
        "tos": None,
        "pmtudisc": None,
        "ignore_df": None,
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
    make=Gre,
)
ENTRY = Gre
