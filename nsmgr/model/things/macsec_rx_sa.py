"""Secure associations that a MACsec link receives with."""

from __future__ import annotations

from typing import Annotated, ClassVar

from nsmgr.model.base import Attr, Change
from nsmgr.model.things.macsec_tx import MacsecTx
from nsmgr.types import Sci


class MacsecRxSa(MacsecTx):
    """A key to receive with: as one to send with, on a channel."""

    TYPE: ClassVar[str] = "macsec_rx_sa"

    sci: Annotated[Sci | None, Attr("MACSEC_RXSC_ATTR_SCI", Change.REPLACE)] = None
    """The channel that it is on; the list's own."""
