"""Written by nsmgr.model.generate from nsmgr.model.links.erspan.Erspan: edit that, then `make tables`."""

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

DIRECTIONS = Names({"ingress": 0, "egress": 1})

SESSIONS = 1023


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


class Erspan(GreLink):
    KIND = "erspan"
    FULL_SET = True
    TAKES_PARENT = True
    SHORT = {"key": ("ikey", "okey"), "csum": ("icsum", "ocsum"), "seq": ("iseq", "oseq")}
    MTU_FOLLOWS = True
    MOVES_IN = True
    DEFAULT_MTU = 0
    MTU_RANGE = (68, 65485)
    ROWS = {
        **Link.ROWS,
        "parent": Attr("IFLA_GRE_LINK", where=Where.DATA, ref=True),
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
        "erspan_ver": Attr("IFLA_GRE_ERSPAN_VER", where=Where.DATA, default=1),
        "erspan_index": Attr("IFLA_GRE_ERSPAN_INDEX", where=Where.DATA, default=0),
        "erspan_dir": Attr("IFLA_GRE_ERSPAN_DIR", where=Where.DATA, convert=DIRECTIONS, default="ingress"),
        "erspan_hwid": Attr("IFLA_GRE_ERSPAN_HWID", where=Where.DATA, default=0),
    }

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        version = 1 if self.erspan_ver is None else self.erspan_ver
        if self.erspan_index is not None and version != 1:
            found.append(("erspan_index", "only ERSPAN version 1 has a port number", "set `erspan_ver: 1`"))
        for field in ("erspan_dir", "erspan_hwid"):
            if getattr(self, field) is not None and version != 2:
                found.append((field, f"only ERSPAN version 2 has `{field}`", "set `erspan_ver: 2`"))
        keys = [key for key in (self.key, self.ikey, self.okey) if isinstance(key, int)]
        if version and not self.external:
            if not keys:
                found.append(("key", "an ERSPAN session needs its number (erspan_validate: EINVAL)", "set `key` to 0…1023"))
            if not (self.seq or self.iseq or self.oseq):
                found.append(("seq", "ERSPAN needs sequence numbers (erspan_validate: EINVAL)", "add `seq: true`"))
            if self.csum or self.icsum or self.ocsum:
                found.append(("csum", "ERSPAN has no checksums (erspan_validate: EINVAL)", "remove `csum`"))
        if version and any(key > SESSIONS for key in keys):
            found.append(("key", f"an ERSPAN session number is 0 to {SESSIONS} (erspan_validate: EINVAL)", ""))
        return found


Erspan.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("erspan")),
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
        "erspan_ver": optional(whole(0, 2)),
        "erspan_index": optional(whole(0, 1048575)),
        "erspan_dir": chain(ByNumber(DIRECTIONS), word("ingress", "egress")),
        "erspan_hwid": optional(whole(0, 63)),
    },
    {
        **Link.SHAPE.defaults,
        "kind": "erspan",
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
        "erspan_ver": None,
        "erspan_index": None,
        "erspan_dir": None,
        "erspan_hwid": None,
    },
    (),
    make=Erspan,
)
ENTRY = Erspan
