"""vcan: a CAN bus within one namespace (drivers/net/can/vcan.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Change, Value
from nsmgr.model.links.base import Link

CAN_MTU, CANFD_MTU = 16, 72  # linux/can.h: struct can_frame, struct canfd_frame
CANXL_MIN_MTU, CANXL_MAX_MTU = 76, 2060  # a struct canxl_frame with 64 to 2048 bytes


class CanLink(Link):
    """What virtual CAN devices share: frames instead of packets, no addresses of any kind, no ports of bridges and bonds."""

    DATA: ClassVar[str | None] = ""
    DEFAULT_MTU: ClassVar[int] = CANFD_MTU
    DEFAULTS: ClassVar[Mapping[str, Value]] = {"arp": False, "multicast": False}

    mtu: Annotated[int | None, Field(ge=0, le=2**31 - 1), Attr("IFLA_MTU", Change.WHEN_DOWN, unit="bytes")] = None
    """Largest frame: 16 = classic CAN, 72 = CAN FD (the default), 76 to 2060 = CAN XL. Only while the link is down (EBUSY)."""

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        # vcan_change_mtu refuses others; RTM_NEWLINK would take any number, and the link would then send nothing.
        if self.mtu is not None and self.mtu not in (CAN_MTU, CANFD_MTU) and not CANXL_MIN_MTU <= self.mtu <= CANXL_MAX_MTU:
            found.append(("mtu", f"{self.mtu} is no size of a CAN frame", "16 = classic CAN, 72 = CAN FD, 76 to 2060 = CAN XL"))
        found += [(f, f"a {self.KIND} link has no hardware address", "remove it") for f in ("mac", "broadcast") if getattr(self, f)]
        if self.addrgenmode is not None:
            found.append(("addrgenmode", f"a {self.KIND} link is too small for IPv6 (EAFNOSUPPORT)", "remove `addrgenmode`"))
        return found


class Vcan(CanLink):
    """A CAN bus on which the programs of one namespace talk to each other. No attributes of its own."""

    KIND: ClassVar[str] = "vcan"
    ETHERNET: ClassVar[bool] = False

    kind: Literal["vcan"] | None = "vcan"
    """The kind."""
