"""Written by nsmgr.model.generate from nsmgr.model.links.geneve.Geneve: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Gate, Names, Value, Where
from nsmgr.model.convert import AnyAddress, ByNumber, Flag, Mixed, Struct
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, either, items, optional, text, truth, whole, word
from nsmgr.model.table.links import Link
from nsmgr.text import family, ip_or_any, two_ports, underlay_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

REMOTE = AnyAddress(sent=True)

TOS = Mixed({"inherit": 1})

DF = Names({"unset": 0, "set": 1, "inherit": 2})

_NOT_WITH_EXTERNAL = ("id", "remote", "ttl", "tos", "label")


def reach(address: Value) -> str:
    """What decides whether a device is point-to-point, broadcast or neither (ip_tunnel_changelink): any, multicast, unicast."""
    if not isinstance(address, str) or address == "any":
        return "any"
    first = address.partition(".")[0]
    return "multicast" if first.isdecimal() and 224 <= int(first) <= 239 else "unicast"


class Geneve(Plain):
    KIND = "geneve"
    DATA_REQUIRED = True
    MTU_FOLLOWS = True
    DEFAULT_MTU = 0
    MTU_RANGE = (68, 65485)
    ROWS = {
        **Link.ROWS,
        "id": Attr("IFLA_GENEVE_ID", Change.REPLACE, Where.DATA, default=0),
        "underlay": Attr(change=Change.CREATE_ONLY, where=Where.NONE),
        "remote": Attr(
            "IFLA_GENEVE_REMOTE", where=Where.DATA, convert=REMOTE, nla6="IFLA_GENEVE_REMOTE6", absent="any", default="any"
        ),
        "port": Attr("IFLA_GENEVE_PORT", Change.REPLACE, Where.DATA, default=6081),
        "ttl": Attr("IFLA_GENEVE_TTL", where=Where.DATA, gate=Gate("IFLA_GENEVE_TTL_INHERIT", 1, "inherit"), default=0),
        "tos": Attr("IFLA_GENEVE_TOS", where=Where.DATA, convert=TOS, default=0),
        "df": Attr("IFLA_GENEVE_DF", where=Where.DATA, convert=DF, default="unset"),
        "label": Attr("IFLA_GENEVE_LABEL", where=Where.DATA, default=0),
        "udp_csum": Attr("IFLA_GENEVE_UDP_CSUM", Change.REPLACE, Where.DATA, Bool(), default=False),
        "udp6zerocsumtx": Attr("IFLA_GENEVE_UDP_ZERO_CSUM6_TX", Change.REPLACE, Where.DATA, Bool(), default=False),
        "udp6zerocsumrx": Attr("IFLA_GENEVE_UDP_ZERO_CSUM6_RX", Change.REPLACE, Where.DATA, Bool()),
        "inner_proto_inherit": Attr(
            "IFLA_GENEVE_INNER_PROTO_INHERIT", Change.REPLACE, Where.DATA, Flag(), absent=False, default=False
        ),
        "port_range": Attr("IFLA_GENEVE_PORT_RANGE", Change.REPLACE, Where.DATA, Struct(("low", "high")), default=(1, 65535)),
        "external": Attr("IFLA_GENEVE_COLLECT_METADATA", Change.REPLACE, Where.DATA, Flag(), absent=False, default=False),
    }

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        # geneve_nl2info: "Changing … endpoint IP address family … not supported"; without a remote it is IPv4.
        if name == "remote":
            return family(str(observed or "")) != family(str(desired or ""))
        return super().replaces(name, observed, desired)

    @classmethod
    def fixed(cls, observed: Mapping[str, Value]) -> tuple[str, ...]:
        # geneve_changelink: EOPNOTSUPP for whatever it is, when packets say where they go.
        return ("remote", "ttl", "tos", "df", "label") if observed.get("external") else ()

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        six = ":" in (self.remote or "")
        if self.external:
            for field in _NOT_WITH_EXTERNAL:
                if getattr(self, field) not in (None, 0, "any", "inherit" if field == "ttl" else None):
                    found.append((field, f"`{field}` does not go with `external` (geneve_configure: EINVAL)", f"remove `{field}`"))
        elif self.id is None:
            found.append(("id", "a geneve link needs a VNI", "set `id`, or `external: true`"))
        if reach(self.remote) == "multicast" or (six and (self.remote or "").startswith("ff")):
            found.append(("remote", "the remote address is a multicast group (geneve_nl2info: EINVAL)", ""))
        if six and (self.remote or "").startswith(("fe8", "fe9", "fea", "feb")):
            found.append(("remote", "the remote address is link-local (geneve_nl2info: EINVAL)", ""))
        if self.label and not six:
            found.append(("label", "a flow label needs an IPv6 remote (geneve_nl2info: EINVAL)", "set `remote` to an IPv6 address"))
        if self.udp_csum is not None and (six or self.external):
            found.append(("udp_csum", "the kernel tells `udp_csum` with an IPv4 remote only", "use `udp6zerocsumtx` over IPv6"))
        if self.udp6zerocsumtx is not None and not six:
            found.append(
                ("udp6zerocsumtx", "the kernel tells `udp6zerocsumtx` with an IPv6 remote only", "use `udp_csum` over IPv4")
            )
        if self.udp6zerocsumrx is False and not six:
            found.append(("udp6zerocsumrx", "the kernel checks only with an IPv6 remote (geneve_nl2info)", "remove it"))
        return found


Geneve.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("geneve")),
        "id": optional(whole(0, 16777215)),
        "underlay": optional(chain(text(), underlay_name)),
        "remote": chain(text(), ip_or_any),
        "port": optional(whole(0, 65535)),
        "ttl": optional(either(whole(0, 255), word("inherit"))),
        "tos": optional(chain(ByNumber(Mixed({"inherit": 1})), either(whole(0, 255), word("inherit")))),
        "df": chain(ByNumber(DF), word("unset", "set", "inherit")),
        "label": optional(whole(0, 1048575)),
        "udp_csum": optional(truth),
        "udp6zerocsumtx": optional(truth),
        "udp6zerocsumrx": optional(truth),
        "inner_proto_inherit": optional(truth),
        "port_range": chain(two_ports, items(whole(0, 65535), make=tuple)),
        "external": optional(truth),
    },
    {
        **Link.SHAPE.defaults,
        "kind": "geneve",
        "id": None,
        "underlay": None,
        "remote": None,
        "port": None,
        "ttl": None,
        "tos": None,
        "df": None,
        "label": None,
        "udp_csum": None,
        "udp6zerocsumtx": None,
        "udp6zerocsumrx": None,
        "inner_proto_inherit": None,
        "port_range": None,
        "external": None,
    },
    (),
    make=Geneve,
)
ENTRY = Geneve
