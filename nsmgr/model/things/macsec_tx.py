"""Secure associations that a MACsec link sends with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Change
from nsmgr.model.things.base import ThingModel
from nsmgr.types import KeyId, Salt, Secret


class MacsecTx(ThingModel):
    """A key to send with. The kernel tells its identifier only: another key shows as another identifier.

    A key does not change: its association is made again. Where it counts packets to is not looked at.
    """

    TYPE: ClassVar[str] = "macsec_tx"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    CARRIER: ClassVar[Literal["rtnl", "own"]] = "own"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "port"
    KINDS: ClassVar[tuple[str, ...]] = ("macsec",)
    SECRETS: ClassVar[Mapping[str, tuple[str, str]]] = {"key": ("key_id", "hex")}

    an: Annotated[int, Field(ge=0, le=3), Attr("MACSEC_SA_ATTR_AN", Change.REPLACE)]
    """Association number."""
    key: Annotated[Secret | None, Attr("MACSEC_SA_ATTR_KEY", Change.CREATE_ONLY, export=False)] = None
    """Where the key is: 32 hex digits, or 64 with a cipher of 256 bits."""
    key_id: Annotated[KeyId | None, Attr("MACSEC_SA_ATTR_KEYID", Change.REPLACE)] = None
    """Its identifier, up to 32 hex digits. Unset: a digest of the key; set, another key with the same identifier is not noticed."""
    active: Annotated[bool | None, Attr("MACSEC_SA_ATTR_ACTIVE", default=True)] = None
    """In use."""
    pn: Annotated[int | None, Field(ge=1, lt=2**64), Attr("MACSEC_SA_ATTR_PN", Change.CREATE_ONLY, default=1, export=False)] = None
    """Number of the first packet."""
    ssci: Annotated[int | None, Field(ge=0, lt=2**32), Attr("MACSEC_SA_ATTR_SSCI", Change.REPLACE)] = None
    """Short channel identifier; with the xpn ciphers only, which need it."""
    salt: Annotated[Salt | None, Attr("MACSEC_SA_ATTR_SALT", Change.CREATE_ONLY, export=False)] = None
    """24 hex digits; with the xpn ciphers only, which need it."""
