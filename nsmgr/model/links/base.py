"""What every link has, whatever its kind. One file beside this one per kind; none of them edits another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Bool, Change, Names, Resource, Value, Where
from nsmgr.types import IfName, LinkRef, Mac, Size

IFF_UP, IFF_NOARP, IFF_PROMISC, IFF_ALLMULTI, IFF_MULTICAST = 0x1, 0x80, 0x100, 0x200, 0x1000  # linux/if.h

data = partial(Attr, where=Where.DATA)  # a row of the kind's IFLA_INFO_DATA
shown = partial(Attr, change=Change.READ_ONLY, where=Where.DATA, export=False)  # the same, the kernel's to set
READONLY = Field(json_schema_extra={"readOnly": True})


class Link(Resource):
    """A network device. The class of a kind says what it adds and how the kernel treats the kind as a whole.

    KIND: IFLA_INFO_KIND, also the configuration's ``kind`` and this file's name.
    DATA: pyroute2's ``data_map`` key when it differs from KIND, "" = the kind has no INFO_DATA.
    MAKER: "netlink" (RTM_NEWLINK), "ioctl" (TUNSETIFF) or "none" (exists by itself: lo, physical).
    IMMUTABLE_NETNS: dev->netns_immutable: cannot be moved to another namespace.
    DIES_WITH: names of reference attributes; the link is deleted by the kernel with the link they name.
    PAIR: has a peer that is born in the same message and dies with it (veth).
    FULL_SET: changelink starts from zero: every attribute must be sent again (KERNEL.md 3).
    DATA_REQUIRED: newlink refuses a message without INFO_DATA.
    PORT_DOWN: a link must be down to become a port of this controller (bond_enslave: EPERM/EBUSY).
    PORT_BOUNCES: becoming a port of this controller takes the link down and up (vrf): IPv6 addresses and routes are lost.
    PARENT_REQUIRED: newlink refuses a link without it.
    BIRTH: attributes of the creating message that are not managed afterwards.
    CONTROLLER: can have ports (``controller`` of other links may name it).
    TAKES_PARENT: can be stacked on a lower link; False = ``parent`` is refused.
    WITHOUT_PORTS: names of rows that the kernel changes only while this controller has no ports.
    NAMES_PORTS: names of reference rows that name a port of this controller: nothing it stands on, so no cycle with the
        port's ``controller``; the kernel takes an index only while that link exists.
    COMPANIONS: row name → constant INFO_DATA attributes (by netlink name, wire values) that must go along with it.
    DEFAULTS: row name → what a new link of this kind has, where it differs from the row's ``default``.
    MTU_RANGE: dev->min_mtu and max_mtu; 0 = no such bound.
    """

    TYPE: ClassVar[str] = "link"
    KIND: ClassVar[str] = ""
    DATA: ClassVar[str | None] = None
    MAKER: ClassVar[Literal["netlink", "ioctl", "none"]] = "netlink"
    IMMUTABLE_NETNS: ClassVar[bool] = False
    DIES_WITH: ClassVar[tuple[str, ...]] = ()
    PAIR: ClassVar[bool] = False
    FULL_SET: ClassVar[bool] = False
    DATA_REQUIRED: ClassVar[bool] = False
    PORT_DOWN: ClassVar[bool] = False
    PORT_BOUNCES: ClassVar[bool] = False
    PARENT_REQUIRED: ClassVar[bool] = False
    BIRTH: ClassVar[Mapping[str, Value]] = {}
    CONTROLLER: ClassVar[bool] = False
    TAKES_PARENT: ClassVar[bool] = False
    WITHOUT_PORTS: ClassVar[frozenset[str]] = frozenset()
    NAMES_PORTS: ClassVar[frozenset[str]] = frozenset()
    COMPANIONS: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    DEFAULTS: ClassVar[Mapping[str, Value]] = {}
    DEFAULT_MTU: ClassVar[int] = 1500  # what export takes as "not said"; 0 = always say it
    MTU_RANGE: ClassVar[tuple[int, int]] = (0, 0)

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
    rx_queues: Annotated[int | None, Field(ge=1, le=4096), Attr("IFLA_NUM_RX_QUEUES", Change.REPLACE, default=1)] = None
    """Receive queues, fixed at creation."""
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

    # Not rows: expanded by config.desired.
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

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        """Whether changing row ``name`` from ``observed`` to ``desired`` means deleting the link and making it again."""
        return cls.rows()[name].change is Change.REPLACE

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        """Semantic faults within this one link: (field, message, hint). Kinds extend it."""
        found: list[tuple[str, str, str]] = []
        if self.KIND and self.parent is not None and not self.TAKES_PARENT:
            found.append(("parent", f"a {self.KIND} link has no parent", "remove `parent`"))
        if self.PARENT_REQUIRED and self.parent is None:
            found.append(("parent", f"a {self.KIND} link needs a parent", "name the lower link: `parent: eth0`"))
        low, high = self.MTU_RANGE
        if self.mtu is not None and (self.mtu < low or (high and self.mtu > high)):
            found.append(("mtu", f"{self.mtu} is outside what a {self.KIND} link takes, {low} to {high or 'any'}", ""))
        for field, row in self.rows().items():
            if row.change is Change.READ_ONLY and field in self.model_fields_set:
                found.append((field, f"`{field}` is reported by the kernel and cannot be configured", f"remove `{field}`"))
        return found


@cache
def _link_rows(cls: type[Link]) -> Mapping[str, Attr]:
    rows = super(Link, cls).rows()
    return {name: replace(row, default=cls.DEFAULTS[name]) if name in cls.DEFAULTS else row for name, row in rows.items()}
