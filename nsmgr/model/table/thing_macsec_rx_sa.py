"""Written by nsmgr.model.generate from nsmgr.model.things.macsec_rx_sa.MacsecRxSa: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Change
from nsmgr.model.shape import Shape, chain, optional, text, truth, whole
from nsmgr.model.thing import PlainThing
from nsmgr.text import key_id, salt, sci, secret


class MacsecRxSa(PlainThing):
    TYPE = "macsec_rx_sa"
    LEVEL = "link"
    CARRIER = "own"
    STAGE = "port"
    KINDS = ("macsec",)
    SECRETS = {"key": ("key_id", "hex")}
    ROWS = {
        "an": Attr("MACSEC_SA_ATTR_AN", Change.REPLACE),
        "key": Attr("MACSEC_SA_ATTR_KEY", Change.CREATE_ONLY, export=False),
        "key_id": Attr("MACSEC_SA_ATTR_KEYID", Change.REPLACE),
        "active": Attr("MACSEC_SA_ATTR_ACTIVE", default=True),
        "pn": Attr("MACSEC_SA_ATTR_PN", Change.CREATE_ONLY, default=1, export=False),
        "ssci": Attr("MACSEC_SA_ATTR_SSCI", Change.REPLACE),
        "salt": Attr("MACSEC_SA_ATTR_SALT", Change.CREATE_ONLY, export=False),
        "sci": Attr("MACSEC_RXSC_ATTR_SCI", Change.REPLACE),
    }


MacsecRxSa.SHAPE = Shape(
    {
        "an": whole(0, 3),
        "key": optional(chain(secret, text())),
        "key_id": optional(chain(key_id, text())),
        "active": optional(truth),
        "pn": optional(whole(1, 18446744073709551615)),
        "ssci": optional(whole(0, 4294967295)),
        "salt": optional(chain(salt, text())),
        "sci": optional(chain(sci, text())),
    },
    {"key": None, "key_id": None, "active": None, "pn": None, "ssci": None, "salt": None, "sci": None},
    ("an",),
    make=MacsecRxSa,
)
ENTRY = MacsecRxSa
