"""physical: a real network card, moved in and given back."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from nsmgr.model.links.base import Link
from nsmgr.types import IfName, Mac


class Match(BaseModel):
    """How to recognise the card in the host's namespace: exactly one of the three."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: IfName | None = None
    """Its present name (an alternative name will do)."""
    mac: Mac | None = None
    """Its hardware address."""
    path: str | None = Field(default=None, min_length=1, max_length=255)
    """Its bus and bus address, ``pci/0000:00:1f.6`` (IFLA_PARENT_DEV_BUS_NAME and IFLA_PARENT_DEV_NAME)."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Match:
        if sum(value is not None for value in (self.name, self.mac, self.path)) != 1:
            raise ValueError("exactly one of name, mac, path")
        return self


class Physical(Link):
    """A device that rtnetlink does not make: a network card, a CAN interface, a port of a switch chip (DSA).

    It is neither made nor deleted: moved in from the host, given back on destroy. Bit rates and the like stay as they are.

    A card left in a dying namespace returns to the initial one by itself, renamed dev<ifindex> when its name is taken
    there (default_device_exit_net): nsmgr moves it before it removes the namespace.
    """

    KIND: ClassVar[str] = "physical"
    DATA: ClassVar[str | None] = ""
    MAKER: ClassVar[Literal["netlink", "ioctl", "none"]] = "none"

    kind: Literal["physical"] | None = "physical"
    """The kind."""
    match: Match
    """Which card: ``{name: enp3s0}``, ``{mac: …}`` or ``{path: …}``."""
