"""What every link has, whatever its kind. One file beside this one per kind; none of them edits another."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from nsmgr.model.attr import IFF_ALLMULTI, IFF_MULTICAST, IFF_NOARP, IFF_PROMISC
from nsmgr.model.attr import IFF_UP as IFF_UP
from nsmgr.model.base import Attr, Bool, Change, Names, Resource, Where
from nsmgr.model.kind import Kind
from nsmgr.record import replace
from nsmgr.text import token
from nsmgr.types import IfName, LinkRef, Mac, Size

data = partial(Attr, where=Where.DATA)  # a row of the kind's IFLA_INFO_DATA
shown = partial(Attr, change=Change.READ_ONLY, where=Where.DATA, export=False)  # the same, the kernel's to set
READONLY = Field(json_schema_extra={"readOnly": True})


Token = Annotated[str, AfterValidator(token)]


class Link(Resource, Kind):
    """A network device. The class of a kind says what it adds, and how the kernel treats the kind as a whole (:class:`Kind`)."""

    TYPE: ClassVar[str] = "link"

    kind: str | None = None
    """What the link is."""
    state: Annotated[
        Literal["up", "down"], Attr(where=Where.FLAG, flag=IFF_UP, convert=Names({"down": 0, "up": 1}), default="up")
    ] = "up"
    """Administrative state (IFF_UP)."""
    mtu: Annotated[int | None, Field(ge=0, le=2**31 - 1), Attr("IFLA_MTU", unit="bytes")] = None
    """Largest layer-3 packet."""
    mac: Annotated[Mac | None, Attr("IFLA_ADDRESS", export=False)] = None
    """Hardware address."""
    broadcast: Annotated[Mac | None, Attr("IFLA_BROADCAST", export=False)] = None
    """Hardware broadcast address."""
    controller: Annotated[IfName | None, Attr("IFLA_MASTER", ref=True)] = None
    """The bridge, bond, team or vrf this link is a port of; ``null`` = of none."""
    parent: Annotated[LinkRef | None, Attr("IFLA_LINK", Change.REPLACE, ref=True)] = None
    """The lower link this one is stacked on."""
    alias: Annotated[str | None, Field(max_length=255), Attr("IFLA_IFALIAS", late=True, absent="", default="")] = None
    """Free text; ``""`` clears it."""
    group: Annotated[int | None, Field(ge=0, lt=2**32), Attr("IFLA_GROUP", default=0)] = None
    """Link group number."""
    txqlen: Annotated[int | None, Field(ge=0, lt=2**31), Attr("IFLA_TXQLEN", unit="packets", default=1000)] = None
    """Transmit queue length."""
    tx_queues: Annotated[int | None, Field(ge=1, le=4096), Attr("IFLA_NUM_TX_QUEUES", Change.REPLACE, default=1)] = None
    """Transmit queues, fixed at creation."""
    rx_queues: Annotated[int | None, Field(ge=1, le=4096), Attr("IFLA_NUM_RX_QUEUES", Change.REPLACE, default=1, untold=True)] = (
        None
    )
    """Receive queues, fixed at creation. A kernel without CONFIG_RPS does not tell how many there are (rtnl_fill_ifinfo)."""
    arp: Annotated[bool | None, Attr(where=Where.FLAG, flag=IFF_NOARP, convert=Bool(inverted=True), default=True)] = None
    """Whether ARP/ND runs on the link (not IFF_NOARP)."""
    multicast: Annotated[bool | None, Attr(where=Where.FLAG, flag=IFF_MULTICAST, convert=Bool(), default=True)] = None
    """IFF_MULTICAST."""
    allmulticast: Annotated[bool | None, Attr(where=Where.FLAG, flag=IFF_ALLMULTI, convert=Bool(), default=False)] = None
    """Receive all multicast packets (IFF_ALLMULTI)."""
    promisc: Annotated[bool | None, Attr(where=Where.FLAG, flag=IFF_PROMISC, convert=Bool(), default=False)] = None
    """Promiscuous mode asked for by configuration (IFF_PROMISC)."""
    gso_max_size: Annotated[Size | None, Attr("IFLA_GSO_MAX_SIZE", unit="bytes", default=65536)] = None
    """Largest generic segmentation offload packet."""
    gso_max_segs: Annotated[int | None, Field(ge=0, le=65535), Attr("IFLA_GSO_MAX_SEGS", default=65535)] = None
    """Most segments of a generic segmentation offload packet."""
    gro_max_size: Annotated[Size | None, Attr("IFLA_GRO_MAX_SIZE", unit="bytes", default=65536)] = None
    """Largest generic receive offload packet."""
    gso_ipv4_max_size: Annotated[Size | None, Attr("IFLA_GSO_IPV4_MAX_SIZE", unit="bytes", default=65536)] = None
    """As gso_max_size, for IPv4."""
    gro_ipv4_max_size: Annotated[Size | None, Attr("IFLA_GRO_IPV4_MAX_SIZE", unit="bytes", default=65536)] = None
    """As gro_max_size, for IPv4."""
    linkmode: Annotated[
        Literal["default", "dormant"] | None,
        Attr("IFLA_LINKMODE", convert=Names({"default": 0, "dormant": 1}), default="default"),
    ] = None
    """IFLA_LINKMODE (RFC 2863 dormant)."""
    protodown: Annotated[bool | None, Attr("IFLA_PROTO_DOWN", convert=Bool(), late=True, absent=False, default=False)] = None
    """Carrier held down by a control protocol."""
    addrgenmode: Annotated[
        Literal["eui64", "none", "stable_secret", "random"] | None,
        Attr(
            "IFLA_INET6_ADDR_GEN_MODE",
            where=Where.INET6,
            late=True,
            convert=Names({"eui64": 0, "none": 1, "stable_secret": 2, "random": 3}),
            default="eui64",
        ),
    ] = None
    """How the IPv6 link-local address is made."""
    token: Annotated[Token | None, Attr("IFLA_INET6_TOKEN", where=Where.INET6, late=True, last=True, absent="::", default="::")] = (
        None
    )
    """IPv6 interface identifier of addresses from router advertisements, ``::1:2``; ``::`` = the usual one. Needs accept_ra."""

    # Not rows: expanded by config.desired.
    port_options: dict[str, Any] | None = None
    """Options as a port of the controller: those of a bridge's or a bond's port. They are set again whenever the link joins."""
    queues: Annotated[int, Field(ge=1, le=4096)] | Literal["kernel"] | None = None
    """Short for tx_queues and rx_queues; ``kernel`` = the kernel's own default (one per CPU)."""
    altnames: list[Annotated[str, Field(min_length=1, max_length=127)]] | None = None
    """All alternative names (IFLA_PROP_LIST); a list replaces whatever is there."""
    addresses: list[Any] = Field(default_factory=list)
    """Addresses: CIDR text or mappings; see :class:`nsmgr.model.address.AddressModel`."""
    sysctls: dict[str, str | int | bool] = Field(default_factory=dict)
    """Per-link sysctls in short form: ``ipv4.rp_filter: 0`` is net.ipv4.conf.<link>.rp_filter."""

    @classmethod
    def rows(cls) -> Mapping[str, Attr]:
        """Field name → row, base class first, with this kind's ``DEFAULTS`` applied."""
        return _link_rows(cls)


@cache
def _link_rows(cls: type[Link]) -> Mapping[str, Attr]:
    rows = super(Link, cls).rows()
    return {name: replace(row, default=cls.DEFAULTS[name]) if name in cls.DEFAULTS else row for name, row in rows.items()}
