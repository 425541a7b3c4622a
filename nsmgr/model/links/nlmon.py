"""nlmon: what goes over the netlink sockets of a namespace, as packets (drivers/net/nlmon.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from nsmgr.model.base import Value
from nsmgr.model.links.base import Link


class Nlmon(Link):
    """A tap on netlink: capture on it (``tcpdump -i nlmon0``) to see the messages. No attributes of its own."""

    KIND: ClassVar[str] = "nlmon"
    ETHERNET: ClassVar[bool] = False
    DATA: ClassVar[str | None] = ""
    DEFAULT_MTU: ClassVar[int] = 3776  # NLMSG_GOODSIZE with pages of 4 KiB
    MTU_RANGE: ClassVar[tuple[int, int]] = (16, 0)
    DEFAULTS: ClassVar[Mapping[str, Value]] = {"arp": False, "multicast": False}

    kind: Literal["nlmon"] | None = "nlmon"
    """The kind."""

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        for field in ("mac", "broadcast"):
            if getattr(self, field) is not None:
                found.append((field, "an nlmon link has no hardware address (nlmon_validate: EINVAL)", f"remove `{field}`"))
        return found
