"""geneve: Ethernet or IP over UDP with options (RFC 8926; drivers/net/geneve.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from nsmgr.model.attr import Attr, Gate, Names, Where
from nsmgr.model.base import Bool, Change, Value
from nsmgr.model.convert import AnyAddress, Flag, Mixed, Struct, by_number
from nsmgr.model.links.base import Link, data
from nsmgr.model.tunnel import Label, Netns, Octet, Tos, reach
from nsmgr.text import family, ip_or_any, two_ports
from nsmgr.types import Port

DF = Names({"unset": 0, "set": 1, "inherit": 2})
REMOTE = AnyAddress(sent=True)
TOS = Mixed({"inherit": 1})
_NOT_WITH_EXTERNAL = ("id", "remote", "ttl", "tos", "label")


class Geneve(Link):
    """Geneve tunnel. The VNI, the port, the address family and the UDP switches cannot change on a live device.

    VNI, port and remote address must be unique in the underlay's namespace (EBUSY). The MTU follows the route to the remote
    end, and is cut to what the driver takes without a word.
    """

    KIND: ClassVar[str] = "geneve"
    DATA_REQUIRED: ClassVar[bool] = True
    MTU_FOLLOWS: ClassVar[bool] = True
    DEFAULT_MTU: ClassVar[int] = 0  # depends on the route to the remote end
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65485)

    kind: Literal["geneve"] | None = "geneve"
    """The kind."""
    id: Annotated[int | None, Field(ge=0, lt=2**24), data("IFLA_GENEVE_ID", Change.REPLACE, default=0)] = None
    """Virtual network identifier (VNI)."""
    underlay: Annotated[Netns | None, Attr("", Change.CREATE_ONLY, where=Where.NONE)] = None
    """Namespace whose routes the outer packets take, unset = the link's own; never dumped, so set at birth and not watched."""
    remote: Annotated[
        str | None,
        AfterValidator(ip_or_any),
        data("IFLA_GENEVE_REMOTE", nla6="IFLA_GENEVE_REMOTE6", convert=REMOTE, absent="any", default="any"),
    ] = None
    """Outer destination: a unicast address, or ``any``; another family replaces."""
    port: Annotated[Port | None, data("IFLA_GENEVE_PORT", Change.REPLACE, default=6081)] = None
    """UDP port, here and there (ip: dstport)."""
    ttl: Annotated[
        Octet | Literal["inherit"] | None, data("IFLA_GENEVE_TTL", gate=Gate("IFLA_GENEVE_TTL_INHERIT", 1, "inherit"), default=0)
    ] = None
    """Outer TTL; 0 = the namespace's default, ``inherit`` = the inner packet's."""
    tos: Annotated[Tos | None, data("IFLA_GENEVE_TOS", convert=TOS, default=0)] = None
    """Outer TOS; ``inherit`` (1 on the wire) = the inner packet's."""
    df: Annotated[Literal["unset", "set", "inherit"] | None, by_number(DF), data("IFLA_GENEVE_DF", convert=DF, default="unset")] = (
        None
    )
    """Outer don't-fragment bit (IPv4)."""
    label: Annotated[Label | None, data("IFLA_GENEVE_LABEL", default=0)] = None
    """Outer flow label (IPv6; ip: flowlabel)."""
    udp_csum: Annotated[bool | None, data("IFLA_GENEVE_UDP_CSUM", Change.REPLACE, convert=Bool(), default=False)] = None
    """UDP checksums over IPv4 (ip: udpcsum). Dumped with an IPv4 remote only."""
    udp6zerocsumtx: Annotated[bool | None, data("IFLA_GENEVE_UDP_ZERO_CSUM6_TX", Change.REPLACE, convert=Bool(), default=False)] = (
        None
    )
    """Leave the UDP checksum out over IPv6. Dumped with an IPv6 remote only."""
    udp6zerocsumrx: Annotated[bool | None, data("IFLA_GENEVE_UDP_ZERO_CSUM6_RX", Change.REPLACE, convert=Bool())] = None
    """Accept IPv6 packets without UDP checksum: unless told otherwise, with an IPv4 remote or ``external`` yes, with IPv6 no."""
    inner_proto_inherit: Annotated[
        bool | None, data("IFLA_GENEVE_INNER_PROTO_INHERIT", Change.REPLACE, convert=Flag(), absent=False, default=False)
    ] = None
    """IP packets without an Ethernet header inside: a layer-3 device."""
    port_range: Annotated[
        tuple[Port, ...] | None,
        BeforeValidator(two_ports, json_schema_input_type=list[int] | str),
        data("IFLA_GENEVE_PORT_RANGE", Change.REPLACE, convert=Struct(("low", "high")), default=(1, 65535)),
    ] = None
    """Range of UDP source ports, ``[low, high]``. Linux 6.15 and later."""
    external: Annotated[
        bool | None, data("IFLA_GENEVE_COLLECT_METADATA", Change.REPLACE, convert=Flag(), absent=False, default=False)
    ] = None
    """VNI and remote come with each packet (collect metadata). One device for the port, and nothing of it can change then."""

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
