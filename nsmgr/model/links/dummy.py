"""dummy: a device that swallows what is sent to it (drivers/net/dummy.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from nsmgr.model.base import Value
from nsmgr.model.links.base import Link


class Dummy(Link):
    """A device that drops all it sends, to carry addresses. No attributes of its own, no changelink, any MTU."""

    KIND: ClassVar[str] = "dummy"
    DATA: ClassVar[str | None] = ""
    DEFAULTS: ClassVar[Mapping[str, Value]] = {"arp": False, "multicast": False}

    kind: Literal["dummy"] | None = "dummy"
    """The kind."""
