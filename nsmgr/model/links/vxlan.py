"""vxlan: Ethernet over UDP (RFC 7348; drivers/net/vxlan/vxlan_core.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from nsmgr.model.base import Bool, Change, Names, Scale, Value
from nsmgr.model.convert import Flag, HeaderBits, Mixed, Struct, by_number, whole
from nsmgr.model.links.base import Link, data
from nsmgr.types import Duration, IpAddress, LinkRef, Port, family

DF = Names({"unset": 0, "set": 1, "inherit": 2})
LABEL_POLICY = Names({"fixed": 0, "inherit": 1})
TOS = Mixed({"inherit": 1})
IANA_PORT = 4789
_Octet = Annotated[int, Field(ge=0, le=255)]
# vxlan_config_validate, VXLAN_F_ALLOWED_GPE: all else is "VXLAN GPE does not support this combination of attributes"
_NOT_WITH_GPE = ("proxy", "rsc", "l2miss", "l3miss", "remcsum_tx", "remcsum_rx", "remcsum_nopartial", "gbp", "mc_route")


def _specified(address: str | None) -> str | None:
    if address in ("0.0.0.0", "::"):
        raise ValueError("the unspecified address is the same as none: leave it out")
    return address


def _not_inherit(value: Any) -> Any:
    if value == "inherit":
        raise ValueError("that is an attribute of its own, and fixed at birth: write `ttl_inherit: true`")
    return value


def _range(value: Any) -> Any:
    """``[32768, 61000]`` or ``32768-61000``."""
    if isinstance(value, str):
        value = value.split("-")
    return tuple(value) if isinstance(value, list) else value


def _ascending(value: tuple[int, int] | None) -> tuple[int, int] | None:
    if value is not None and value[0] > value[1]:
        raise ValueError("the lower port comes first (EINVAL)")
    return value


def _multicast(address: str) -> bool:
    return address.startswith("ff") if ":" in address else 224 <= int(address.partition(".")[0]) <= 239


def _link_local6(address: str) -> bool:
    return address.startswith(("fe8", "fe9", "fea", "feb"))


class Vxlan(Link):
    """VXLAN tunnel. The VNI, the port and most switches cannot change on a live device.

    VNI, port and address family must be unique in the underlay's namespace (EEXIST). The MTU is the lower link's less 50
    (70 for IPv6) when there is one, silently. Deleted with its lower link, and with the namespace it was made from.
    ``remote`` becomes a permanent forwarding entry 00:00:00:00:00:00. New links are told port 4789 (IANA): the
    kernel's own default is 8472.
    """

    KIND: ClassVar[str] = "vxlan"
    DATA_REQUIRED: ClassVar[bool] = True
    DIES_WITH: ClassVar[tuple[str, ...]] = ("parent",)
    TAKES_PARENT: ClassVar[bool] = True
    BIRTH: ClassVar[Mapping[str, Value]] = {"port": IANA_PORT}
    DEFAULT_MTU: ClassVar[int] = 0  # depends on the lower link and its family
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65535)

    kind: Literal["vxlan"] | None = "vxlan"
    """The kind."""
    parent: Annotated[LinkRef | None, data("IFLA_VXLAN_LINK", ref=True)] = None
    """The underlay link (ip: dev). Set and exchanged in place; clearing is answered with success and ignored: it replaces."""
    id: Annotated[int | None, Field(ge=0, lt=2**24), data("IFLA_VXLAN_ID", Change.REPLACE)] = None
    """VXLAN network identifier (VNI)."""
    remote: Annotated[IpAddress | None, AfterValidator(_specified), data("IFLA_VXLAN_GROUP", nla6="IFLA_VXLAN_GROUP6")] = None
    """Where unknown frames go: a unicast address or a multicast group (ip: remote, group); another family replaces."""
    local: Annotated[IpAddress | None, AfterValidator(_specified), data("IFLA_VXLAN_LOCAL", nla6="IFLA_VXLAN_LOCAL6")] = None
    """Source address of the outer packets; another family replaces."""
    port: Annotated[Port | None, data("IFLA_VXLAN_PORT", Change.REPLACE, default=IANA_PORT)] = None
    """UDP port, here and there. Even repeating it on a live device is refused."""
    srcport: Annotated[
        tuple[Port, Port] | None,
        BeforeValidator(_range, json_schema_input_type=list[int] | str),
        AfterValidator(_ascending),
        data("IFLA_VXLAN_PORT_RANGE", Change.REPLACE, convert=Struct(("low", "high")), default=(0, 0)),
    ] = None
    """Range of UDP source ports, ``[low, high]``; [0, 0] = net.ipv4.ip_local_port_range."""
    ttl: Annotated[_Octet | None, BeforeValidator(_not_inherit), data("IFLA_VXLAN_TTL", default=0)] = None
    """Outer TTL; 0 = the namespace's default (1 for multicast). ip(8)'s ``ttl inherit`` is ``ttl_inherit``."""
    ttl_inherit: Annotated[
        bool | None, data("IFLA_VXLAN_TTL_INHERIT", Change.REPLACE, convert=Flag(), absent=False, default=False)
    ] = None
    """Take the outer TTL from the inner packet (ip: ttl inherit): an attribute of its own, which cannot change."""
    tos: Annotated[_Octet | Literal["inherit"] | None, by_number(TOS), data("IFLA_VXLAN_TOS", convert=TOS, default=0)] = None
    """Outer TOS; ``inherit`` (1 on the wire) = the inner packet's."""
    df: Annotated[Literal["unset", "set", "inherit"] | None, by_number(DF), data("IFLA_VXLAN_DF", convert=DF, default="unset")] = (
        None
    )
    """Outer don't-fragment bit (IPv4)."""
    label: Annotated[int | None, Field(ge=0, lt=2**20), data("IFLA_VXLAN_LABEL", default=0)] = None
    """Outer flow label (IPv6; ip: flowlabel)."""
    label_policy: Annotated[
        Literal["fixed", "inherit"] | None,
        by_number(LABEL_POLICY),
        data("IFLA_VXLAN_LABEL_POLICY", convert=LABEL_POLICY, default="fixed"),
    ] = None
    """Outer flow label: ``label``, or the inner packet's. Linux 6.7 and later."""
    learning: Annotated[bool | None, data("IFLA_VXLAN_LEARNING", convert=Bool(), default=True)] = None
    """Learn remote addresses from received packets."""
    ageing: Annotated[
        Duration | None,
        Field(ge=1000, lt=2**32 * 1000),
        whole(1000),
        data("IFLA_VXLAN_AGEING", convert=Scale(1), unit="ms", default=300_000),
    ] = None
    """How long a learned entry stays without traffic; whole seconds. The kernel turns 0 into 300s."""
    limit: Annotated[int | None, Field(ge=0, lt=2**32), data("IFLA_VXLAN_LIMIT", Change.REPLACE, default=0)] = None
    """Most forwarding entries (ip: maxaddress); 0 = no limit."""
    proxy: Annotated[bool | None, data("IFLA_VXLAN_PROXY", Change.REPLACE, convert=Bool(), default=False)] = None
    """Answer ARP and ND from the neighbour table."""
    rsc: Annotated[bool | None, data("IFLA_VXLAN_RSC", Change.REPLACE, convert=Bool(), default=False)] = None
    """Route short circuit."""
    l2miss: Annotated[bool | None, data("IFLA_VXLAN_L2MISS", Change.REPLACE, convert=Bool(), default=False)] = None
    """Notify of unknown destination MACs (RTM_GETNEIGH)."""
    l3miss: Annotated[bool | None, data("IFLA_VXLAN_L3MISS", Change.REPLACE, convert=Bool(), default=False)] = None
    """Notify of unknown destination addresses (RTM_GETNEIGH)."""
    udp_csum: Annotated[bool | None, data("IFLA_VXLAN_UDP_CSUM", Change.REPLACE, convert=Bool(), default=True)] = None
    """UDP checksums over IPv4 (ip: udpcsum)."""
    udp6zerocsumtx: Annotated[bool | None, data("IFLA_VXLAN_UDP_ZERO_CSUM6_TX", Change.REPLACE, convert=Bool(), default=False)] = (
        None
    )
    """Leave the UDP checksum out over IPv6."""
    udp6zerocsumrx: Annotated[bool | None, data("IFLA_VXLAN_UDP_ZERO_CSUM6_RX", Change.REPLACE, convert=Bool(), default=False)] = (
        None
    )
    """Accept IPv6 packets without UDP checksum."""
    remcsum_tx: Annotated[bool | None, data("IFLA_VXLAN_REMCSUM_TX", Change.REPLACE, convert=Bool(), default=False)] = None
    """Remote checksum offload, sending."""
    remcsum_rx: Annotated[bool | None, data("IFLA_VXLAN_REMCSUM_RX", Change.REPLACE, convert=Bool(), default=False)] = None
    """Remote checksum offload, receiving."""
    remcsum_nopartial: Annotated[
        bool | None, data("IFLA_VXLAN_REMCSUM_NOPARTIAL", Change.REPLACE, convert=Flag(), absent=False, default=False)
    ] = None
    """Remote checksum offload without CHECKSUM_PARTIAL."""
    gbp: Annotated[bool | None, data("IFLA_VXLAN_GBP", Change.REPLACE, convert=Flag(), absent=False, default=False)] = None
    """Group policy extension."""
    gpe: Annotated[bool | None, data("IFLA_VXLAN_GPE", Change.REPLACE, convert=Flag(), absent=False, default=False)] = None
    """Generic protocol extension: no Ethernet header; only with ``external`` and ``learning: false``."""
    external: Annotated[bool | None, data("IFLA_VXLAN_COLLECT_METADATA", Change.REPLACE, convert=Bool(), default=False)] = None
    """VNI and remote come with each packet (collect metadata: routes, tc tunnel_key, vni filter)."""
    vnifilter: Annotated[bool | None, data("IFLA_VXLAN_VNIFILTER", Change.REPLACE, convert=Bool(), absent=False, default=False)] = (
        None
    )
    """Receive only the VNIs listed by RTM_NEWTUNNEL; needs ``external``. Linux 5.18 and later."""
    localbypass: Annotated[bool | None, data("IFLA_VXLAN_LOCALBYPASS", convert=Bool(), default=True)] = None
    """Packets to a local vxlan link skip the network stack. Linux 6.5 and later."""
    reserved_bits: Annotated[
        int | None,
        Field(ge=0, lt=2**64),
        data("IFLA_VXLAN_RESERVED_BITS", Change.REPLACE, convert=HeaderBits(), default=0xF7FFFFFF000000FF),
    ] = None
    """Header bits that must be zero on receipt, one 64-bit number; the default depends on the extensions. Linux 6.14 and later."""
    mc_route: Annotated[bool | None, data("IFLA_VXLAN_MC_ROUTE", Change.CREATE_ONLY, convert=Bool(), default=False)] = None
    """Outer multicast packets pass the local multicast routing. Never dumped (vxlan_fill_info), so set at birth and not watched."""

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
