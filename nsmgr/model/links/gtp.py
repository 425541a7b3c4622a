"""gtp: GPRS tunnelling protocol, user plane (3GPP TS 29.281; drivers/net/gtp.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.attr import Attr, Names, Where
from nsmgr.model.base import Bool, Change, Value
from nsmgr.model.convert import by_number
from nsmgr.model.links.base import READONLY, Link, data
from nsmgr.model.tunnel import Netns
from nsmgr.types import IpAddress

ROLES = Names({"ggsn": 0, "sgsn": 1})


class Gtp(Link):
    """End of GTP tunnels; the tunnels themselves (PDP contexts) come by generic netlink, from a daemon.

    There is no changelink. The kernel opens the UDP ports 3386 and 2152 itself, in the namespace that the device is made in
    (Linux 6.0 and later): a configuration cannot hand over sockets.
    """

    KIND: ClassVar[str] = "gtp"
    ETHERNET: ClassVar[bool] = False
    DATA_REQUIRED: ClassVar[bool] = True
    BIRTH: ClassVar[Mapping[str, Value]] = {"create_sockets": True}
    DEFAULT_MTU: ClassVar[int] = 0  # 1464 or 1444, by the address family of its sockets
    DEFAULTS: ClassVar[Mapping[str, Value]] = {"arp": False, "addrgenmode": "random"}

    kind: Literal["gtp"] | None = "gtp"
    """The kind."""
    underlay: Annotated[Netns | None, Attr("", Change.CREATE_ONLY, where=Where.NONE)] = None
    """Namespace whose UDP sockets it has, unset = the link's own; never dumped, so set at birth and not watched."""
    role: Annotated[
        Literal["ggsn", "sgsn"] | None, by_number(ROLES), data("IFLA_GTP_ROLE", Change.REPLACE, convert=ROLES, default="ggsn")
    ] = None
    """Whether packets are looked up by the subscriber's address (ggsn) as destination, or as source."""
    pdp_hashsize: Annotated[int | None, Field(ge=1, le=2**20), data("IFLA_GTP_PDP_HASHSIZE", Change.REPLACE, default=1024)] = None
    """Buckets of the table of tunnels (ip: hsize)."""
    restart_count: Annotated[int | None, Field(ge=0, le=255), data("IFLA_GTP_RESTART_COUNT", Change.REPLACE, default=0)] = None
    """Restart counter that echo responses carry. Linux 6.0 and later."""
    local: Annotated[IpAddress | None, data("IFLA_GTP_LOCAL", Change.CREATE_ONLY, nla6="IFLA_GTP_LOCAL6")] = None
    """Address that the UDP sockets are bound to. Never dumped, so set at birth and not watched. Linux 6.11 and later."""
    create_sockets: Annotated[bool | None, data("IFLA_GTP_CREATE_SOCKETS", Change.CREATE_ONLY, convert=Bool())] = None
    """The kernel opens the sockets; never dumped, and always true here."""
    mac: Annotated[str | None, READONLY, Attr("IFLA_ADDRESS", Change.READ_ONLY, export=False)] = None
    """Empty: the device has no hardware address."""
    broadcast: Annotated[str | None, READONLY, Attr("IFLA_BROADCAST", Change.READ_ONLY, export=False)] = None
    """Empty: the device has no hardware address."""

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.addrgenmode == "eui64":
            found.append(("addrgenmode", "there is no hardware address to make one of (addrconf_dev_config)", "use `random`"))
        if self.create_sockets is False:
            found.append(("create_sockets", "a configuration cannot hand over sockets of its own", "remove it"))
        return found
