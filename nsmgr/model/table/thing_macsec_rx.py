"""Written by nsmgr.model.generate from nsmgr.model.things.macsec_rx.MacsecRx: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Change
from nsmgr.model.shape import Shape, chain, items, optional, text, truth, whole
from nsmgr.model.thing import PlainThing
from nsmgr.text import key_id, mac, salt, sci, secret


class MacsecRx(PlainThing):
    TYPE = "macsec_rx"
    LEVEL = "link"
    CARRIER = "own"
    STAGE = "port"
    KINDS = ("macsec",)
    ROWS = {"sci": Attr("MACSEC_RXSC_ATTR_SCI", Change.REPLACE), "active": Attr("MACSEC_RXSC_ATTR_ACTIVE", default=True)}


MacsecRx.SHAPE = Shape(
    {
        "sci": optional(chain(sci, text())),
        "mac": optional(chain(text(), mac)),
        "port": optional(whole(1, 65535)),
        "active": optional(truth),
        "sas": optional(
            items(
                Shape(
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
                ).nested
            )
        ),
    },
    {"sci": None, "mac": None, "port": None, "active": None, "sas": None},
    (),
    make=MacsecRx,
)
ENTRY = MacsecRx
