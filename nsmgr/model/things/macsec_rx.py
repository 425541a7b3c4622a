"""Receiving channels of a MACsec link."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Change
from nsmgr.model.things.base import ThingModel
from nsmgr.model.things.macsec_rx_sa import MacsecRxSa
from nsmgr.types import AnyMac, Sci


class MacsecRx(ThingModel):
    """A channel: whom to receive from, by `sci` or by `mac` and `port`. Its associations live on it."""

    TYPE: ClassVar[str] = "macsec_rx"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    CARRIER: ClassVar[Literal["rtnl", "own"]] = "own"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "port"
    KINDS: ClassVar[tuple[str, ...]] = ("macsec",)

    sci: Annotated[Sci | None, Attr("MACSEC_RXSC_ATTR_SCI", Change.REPLACE)] = None
    """The sender's channel identifier, 16 hex digits: its MAC and its port."""
    mac: AnyMac | None = None
    """The sender's MAC, instead of `sci`."""
    port: Annotated[int | None, Field(ge=1, le=65535)] = None
    """The sender's port, with `mac`; 1 unless written."""
    active: Annotated[bool | None, Attr("MACSEC_RXSC_ATTR_ACTIVE", default=True)] = None
    """In use."""
    sas: list[MacsecRxSa] | None = None
    """Its associations."""
