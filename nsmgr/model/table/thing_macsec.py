"""Written by nsmgr.model.generate from nsmgr.model.things.macsec.Macsec: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.shape import Shape, chain, items, optional, text, truth, whole
from nsmgr.model.thing import Part, PlainThing, body_of, rows_of
from nsmgr.text import key_id, mac, salt, sci, secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class Macsec(PlainThing):
    TYPE = "macsec"
    SECTION = "macsec"
    LEVEL = "link"
    FORM = "one"
    ALSO = ("macsec_tx", "macsec_rx", "macsec_rx_sa")
    CARRIER = "own"
    KINDS = ("macsec",)
    ROWS = {}

    def parts(self, link: str) -> list[Part]:
        found = []
        for position, body in enumerate(self.tx or ()):
            values = vars(body)
            said = {name: values[name] for name in rows_of("macsec_tx") if values.get(name) is not None}
            found.append(Part("macsec_tx", f"{said['an']} dev {link}", {"active": True, **said}, path=("tx", position)))
        for position, channel in enumerate(self.rx or ()):
            values = vars(channel)
            if (values["sci"] is None) == (values["mac"] is None):
                raise ValueError("a channel is named by one of `sci` and `mac`")
            sci = values["sci"] or f"{values['mac'].replace(':', '')}{values['port'] or 1:04x}"
            active = values["active"] is not False
            own = ("macsec_rx", f"{sci} dev {link}")
            found.append(Part(*own, {"sci": sci, "active": active}, path=("rx", position)))
            for number, key in enumerate(values["sas"] or ()):
                values = vars(key)
                said = {name: values[name] for name in rows_of("macsec_rx_sa") if values.get(name) is not None}
                name = f"{sci} {said['an']} dev {link}"
                attrs = {"active": True, **said, "sci": sci}
                found.append(Part("macsec_rx_sa", name, attrs, on=(own,), path=("rx", position, "sas", number)))
        return found

    @classmethod
    def section(cls, parts: Sequence[Part]) -> Any:
        tx = [body_of(part) for part in parts if part.type == "macsec_tx"]
        rx = []
        for part in parts:
            if part.type == "macsec_rx":
                mine = [other for other in parts if other.type == "macsec_rx_sa" and other.attrs["sci"] == part.attrs["sci"]]
                sas = [body_of(other) for other in mine]
                for body in sas:
                    body.pop("sci")
                rx.append({**body_of(part), **({"sas": sas} if sas else {})})
        return {**({"tx": tx} if tx else {}), **({"rx": rx} if rx else {})}


Macsec.SHAPE = Shape(
    {
        "tx": optional(
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
                    },
                    {"key": None, "key_id": None, "active": None, "pn": None, "ssci": None, "salt": None},
                    ("an",),
                ).nested
            )
        ),
        "rx": optional(
            items(
                Shape(
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
                                    {
                                        "key": None,
                                        "key_id": None,
                                        "active": None,
                                        "pn": None,
                                        "ssci": None,
                                        "salt": None,
                                        "sci": None,
                                    },
                                    ("an",),
                                ).nested
                            )
                        ),
                    },
                    {"sci": None, "mac": None, "port": None, "active": None, "sas": None},
                    (),
                ).nested
            )
        ),
    },
    {"tx": None, "rx": None},
    (),
    make=Macsec,
)
ENTRY = Macsec
