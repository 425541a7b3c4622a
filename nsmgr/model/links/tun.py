"""tun: packets to and from a process, layer 3 (drivers/net/tun.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Bool, Change, Value
from nsmgr.model.links.base import READONLY, Link, data, shown


class TunTap(Link):
    """What tun and tap share. Made by ioctl on /dev/net/tun only: RTM_NEWLINK answers EOPNOTSUPP, also for a change.

    Always made persistent (TUNSETPERSIST): it would vanish with the file descriptor. Carrier is off until a process
    opens it. Opening it with other ``pi`` or ``vnet_hdr`` flags changes them, so a foreign program shows up as drift.
    Changes go through a descriptor of our own, for a moment: EBUSY while a process holds the only queue (tun_attach).
    """

    DATA: ClassVar[str | None] = "tun"
    MAKER: ClassVar[Literal["netlink", "ioctl", "none"]] = "ioctl"

    tx_queues: Annotated[int | None, READONLY, Attr("IFLA_NUM_TX_QUEUES", Change.READ_ONLY, default=1, export=False)] = None
    """Most queues there can be: 256 with ``multi_queue`` (MAX_TAP_QUEUES), else 1."""
    rx_queues: Annotated[int | None, READONLY, Attr("IFLA_NUM_RX_QUEUES", Change.READ_ONLY, default=1, export=False)] = None
    """As ``tx_queues``."""
    owner: Annotated[int | None, Field(ge=0, lt=2**32 - 1), data("IFLA_TUN_OWNER")] = None
    """User number that alone may attach without CAP_NET_ADMIN (TUNSETOWNER); unset = everybody may (tun_not_capable)."""
    owner_group: Annotated[int | None, Field(ge=0, lt=2**32 - 1), data("IFLA_TUN_GROUP")] = None
    """Group number whose members alone may attach without CAP_NET_ADMIN (TUNSETGROUP). ``group`` is the link group."""
    pi: Annotated[bool | None, data("IFLA_TUN_PI", convert=Bool(), default=False)] = None
    """Four bytes of struct tun_pi before each packet (not IFF_NO_PI); as with ip(8), off unless asked for."""
    vnet_hdr: Annotated[bool | None, data("IFLA_TUN_VNET_HDR", convert=Bool(), default=False)] = None
    """A struct virtio_net_hdr before each packet (IFF_VNET_HDR)."""
    multi_queue: Annotated[bool | None, data("IFLA_TUN_MULTI_QUEUE", Change.REPLACE, convert=Bool(), default=False)] = None
    """Several file descriptors, one queue each (IFF_MULTI_QUEUE); every later open must agree (EINVAL)."""
    persist: Annotated[bool | None, READONLY, shown("IFLA_TUN_PERSIST", convert=Bool())] = None
    """Whether the device outlives its file descriptors."""
    num_queues: Annotated[int | None, READONLY, shown("IFLA_TUN_NUM_QUEUES")] = None
    """Queues open now; only dumped with ``multi_queue``."""
    num_disabled_queues: Annotated[int | None, READONLY, shown("IFLA_TUN_NUM_DISABLED_QUEUES")] = None
    """Queues detached now (IFF_DETACH_QUEUE); only dumped with ``multi_queue``."""

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.queues is not None:
            found.append(("queues", "the queues are the descriptors that processes open (tun_attach)", "use `multi_queue: true`"))
        return found


class Tun(TunTap):
    """Point-to-point device that hands IP packets to a process. No MAC address, no ARP."""

    KIND: ClassVar[str] = "tun"
    ETHERNET: ClassVar[bool] = False
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65535)
    DEFAULTS: ClassVar[Mapping[str, Value]] = {"arp": False, "txqlen": 500}

    kind: Literal["tun"] | None = "tun"
    """The kind."""

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        found += [(f, "a tun link is layer 3: it has no MAC", "use `kind: tap`") for f in ("mac", "broadcast") if getattr(self, f)]
        return found
