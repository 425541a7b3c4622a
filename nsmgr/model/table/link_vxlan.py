"""Written by nsmgr.model.generate from nsmgr.model.links.vxlan.Vxlan: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Names, Scale, Value, Where
from nsmgr.model.convert import ByNumber, Flag, HeaderBits, Mixed, Struct, Whole
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, either, optional, text, truth, whole, word
from nsmgr.model.table.links import Link
from nsmgr.text import duration, family, ip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TOS = Mixed({"inherit": 1})

DF = Names({"unset": 0, "set": 1, "inherit": 2})

LABEL_POLICY = Names({"fixed": 0, "inherit": 1})


def _specified(address: str | None) -> str | None:
    if address in ("0.0.0.0", "::"):
        raise ValueError("the unspecified address is the same as none: leave it out")
    return address


def _not_inherit(value: Any) -> Any:
    if value == "inherit":
        raise ValueError("that is an attribute of its own, and fixed at birth: write `ttl_inherit: true`")
    return value


def _multicast(address: str) -> bool:
    return address.startswith("ff") if ":" in address else 224 <= int(address.partition(".")[0]) <= 239


def _link_local6(address: str) -> bool:
    return address.startswith(("fe8", "fe9", "fea", "feb"))


_NOT_WITH_GPE = ("proxy", "rsc", "l2miss", "l3miss", "remcsum_tx", "remcsum_rx", "remcsum_nopartial", "gbp", "mc_route")


class Vxlan(Plain):
    KIND = "vxlan"
    DIES_WITH = ("parent",)
    DATA_REQUIRED = True
    BIRTH = {"port": 4789}
    TAKES_PARENT = True
    DEFAULT_MTU = 0
    MTU_RANGE = (68, 65535)
    ROWS = {
        **Link.ROWS,
        "parent": Attr("IFLA_VXLAN_LINK", where=Where.DATA, ref=True),
        "id": Attr("IFLA_VXLAN_ID", Change.REPLACE, Where.DATA),
        "remote": Attr("IFLA_VXLAN_GROUP", where=Where.DATA, nla6="IFLA_VXLAN_GROUP6"),
        "local": Attr("IFLA_VXLAN_LOCAL", where=Where.DATA, nla6="IFLA_VXLAN_LOCAL6"),
        "port": Attr("IFLA_VXLAN_PORT", Change.REPLACE, Where.DATA, default=4789),
        "srcport": Attr("IFLA_VXLAN_PORT_RANGE", Change.REPLACE, Where.DATA, Struct(("low", "high")), default=(0, 0)),
        "ttl": Attr("IFLA_VXLAN_TTL", where=Where.DATA, default=0),
        "ttl_inherit": Attr("IFLA_VXLAN_TTL_INHERIT", Change.REPLACE, Where.DATA, Flag(), absent=False, default=False),
        "tos": Attr("IFLA_VXLAN_TOS", where=Where.DATA, convert=TOS, default=0),
        "df": Attr("IFLA_VXLAN_DF", where=Where.DATA, convert=DF, default="unset"),
        "label": Attr("IFLA_VXLAN_LABEL", where=Where.DATA, default=0),
        "label_policy": Attr("IFLA_VXLAN_LABEL_POLICY", where=Where.DATA, convert=LABEL_POLICY, default="fixed"),
        "learning": Attr("IFLA_VXLAN_LEARNING", where=Where.DATA, convert=Bool(), default=True),
        "ageing": Attr("IFLA_VXLAN_AGEING", where=Where.DATA, convert=Scale(1), default=300000, unit="ms"),
        "limit": Attr("IFLA_VXLAN_LIMIT", Change.REPLACE, Where.DATA, default=0),
        "proxy": Attr("IFLA_VXLAN_PROXY", Change.REPLACE, Where.DATA, Bool(), default=False),
        "rsc": Attr("IFLA_VXLAN_RSC", Change.REPLACE, Where.DATA, Bool(), default=False),
        "l2miss": Attr("IFLA_VXLAN_L2MISS", Change.REPLACE, Where.DATA, Bool(), default=False),
        "l3miss": Attr("IFLA_VXLAN_L3MISS", Change.REPLACE, Where.DATA, Bool(), default=False),
        "udp_csum": Attr("IFLA_VXLAN_UDP_CSUM", Change.REPLACE, Where.DATA, Bool(), default=True),
        "udp6zerocsumtx": Attr("IFLA_VXLAN_UDP_ZERO_CSUM6_TX", Change.REPLACE, Where.DATA, Bool(), default=False),
        "udp6zerocsumrx": Attr("IFLA_VXLAN_UDP_ZERO_CSUM6_RX", Change.REPLACE, Where.DATA, Bool(), default=False),
        "remcsum_tx": Attr("IFLA_VXLAN_REMCSUM_TX", Change.REPLACE, Where.DATA, Bool(), default=False),
        "remcsum_rx": Attr("IFLA_VXLAN_REMCSUM_RX", Change.REPLACE, Where.DATA, Bool(), default=False),
        "remcsum_nopartial": Attr("IFLA_VXLAN_REMCSUM_NOPARTIAL", Change.REPLACE, Where.DATA, Flag(), absent=False, default=False),
        "gbp": Attr("IFLA_VXLAN_GBP", Change.REPLACE, Where.DATA, Flag(), absent=False, default=False),
        "gpe": Attr("IFLA_VXLAN_GPE", Change.REPLACE, Where.DATA, Flag(), absent=False, default=False),
        "external": Attr("IFLA_VXLAN_COLLECT_METADATA", Change.REPLACE, Where.DATA, Bool(), default=False),
        "vnifilter": Attr("IFLA_VXLAN_VNIFILTER", Change.REPLACE, Where.DATA, Bool(), absent=False, default=False),
        "localbypass": Attr("IFLA_VXLAN_LOCALBYPASS", where=Where.DATA, convert=Bool(), default=True),
        "reserved_bits": Attr("IFLA_VXLAN_RESERVED_BITS", Change.REPLACE, Where.DATA, HeaderBits(), default=17870283317111161087),
        "mc_route": Attr("IFLA_VXLAN_MC_ROUTE", Change.CREATE_ONLY, Where.DATA, Bool(), default=False),
    }

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        # vxlan_nl2conf: "New group/local address family does not match old"; from none an IPv4 one is the same family.
        if name in ("remote", "local") and isinstance(desired, str):
            return (family(observed) if isinstance(observed, str) else family("0.0.0.0")) != family(desired)
        # vxlan_changelink keeps the lower device when told index 0, and says success.
        if name == "parent" and desired is None:
            return True
        return super().replaces(name, observed, desired)

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.id is None and not self.external:
            found.append(("id", "a vxlan link needs a VNI", "set `id`, or `external: true`"))
        if self.parent == name:
            found.append(("parent", "a link cannot be its own parent", ""))
        if self.remote and self.parent is None and (_multicast(self.remote) or _link_local6(self.remote)):
            found.append(
                ("remote", "a multicast group or link-local address needs a parent link (EINVAL)", "name it: `parent: eth0`")
            )
        if self.local and _multicast(self.local):
            found.append(("local", "the local address is a multicast group (EINVAL)", "groups go into `remote`"))
        if self.local and _link_local6(self.local) and self.parent is None:
            found.append(("local", "a link-local address needs a parent link (EINVAL)", "name it: `parent: eth0`"))
        if self.remote and self.local and family(self.remote) != family(self.local):
            found.append(("local", "local and remote are of different address families (EINVAL)", ""))
        if self.label and ":" not in (self.remote or self.local or ""):
            found.append(("label", "a flow label needs IPv6 addresses (EINVAL)", "set `remote` or `local` to an IPv6 address"))
        if self.vnifilter and not self.external:
            found.append(("vnifilter", "`vnifilter` needs `external` (EINVAL)", "set `external: true`"))
        if self.gpe:
            found += self._gpe_problems()
        return found

    def _gpe_problems(self) -> list[tuple[str, str, str]]:
        found = [
            (field, f"`{field}` does not go with `gpe` (EINVAL)", f"remove `{field}`")
            for field in _NOT_WITH_GPE
            if getattr(self, field)
        ]
        if not self.external or self.learning is not False:
            found.append(
                (
                    "gpe",
                    "`gpe` works only with `external` and without `learning` (EINVAL)",
                    "add `external: true`, `learning: false`",
                )
            )
        return found


Vxlan.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("vxlan")),
        "id": optional(whole(0, 16777215)),
        "remote": chain(chain(text(), ip), _specified),
        "local": chain(chain(text(), ip), _specified),
        "port": optional(whole(0, 65535)),
        "srcport": None,
        "ttl": chain(_not_inherit, whole(0, 255)),
        "ttl_inherit": optional(truth),
        "tos": chain(ByNumber(TOS), either(whole(0, 255), word("inherit"))),
        "df": chain(ByNumber(DF), word("unset", "set", "inherit")),
        "label": optional(whole(0, 1048575)),
        "label_policy": chain(ByNumber(LABEL_POLICY), word("fixed", "inherit")),
        "learning": optional(truth),
        "ageing": chain(chain(duration, whole(1000, 4294967295999)), Whole(1000)),
        "limit": optional(whole(0, 4294967295)),
        "proxy": optional(truth),
        "rsc": optional(truth),
        "l2miss": optional(truth),
        "l3miss": optional(truth),
        "udp_csum": optional(truth),
        "udp6zerocsumtx": optional(truth),
        "udp6zerocsumrx": optional(truth),
        "remcsum_tx": optional(truth),
        "remcsum_rx": optional(truth),
        "remcsum_nopartial": optional(truth),
        "gbp": optional(truth),
        "gpe": optional(truth),
        "external": optional(truth),
        "vnifilter": optional(truth),
        "localbypass": optional(truth),
        "reserved_bits": optional(whole(0, 18446744073709551615)),
        "mc_route": optional(truth),
    },
    {
        **Link.SHAPE.defaults,
        "kind": "vxlan",
        "id": None,
        "remote": None,
        "local": None,
        "port": None,
        "srcport": None,
        "ttl": None,
        "ttl_inherit": None,
        "tos": None,
        "df": None,
        "label": None,
        "label_policy": None,
        "learning": None,
        "ageing": None,
        "limit": None,
        "proxy": None,
        "rsc": None,
        "l2miss": None,
        "l3miss": None,
        "udp_csum": None,
        "udp6zerocsumtx": None,
        "udp6zerocsumrx": None,
        "remcsum_tx": None,
        "remcsum_rx": None,
        "remcsum_nopartial": None,
        "gbp": None,
        "gpe": None,
        "external": None,
        "vnifilter": None,
        "localbypass": None,
        "reserved_bits": None,
        "mc_route": None,
    },
    (),
    make=Vxlan,
)
ENTRY = Vxlan
