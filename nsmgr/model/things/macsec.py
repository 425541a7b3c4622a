"""MACsec's associations: keys of a link of kind macsec, the section ``macsec`` (linux/if_macsec.h; drivers/net/macsec.c)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from nsmgr.model.thing import Part, body_of, rows_of
from nsmgr.model.things.base import ThingModel
from nsmgr.model.things.macsec_rx import MacsecRx
from nsmgr.model.things.macsec_tx import MacsecTx


class Macsec(ThingModel):
    """Secure associations: those to send with, and for each sender a channel with those to receive with.

    Keys are named, not written: ``{an: 0, key: {file: /etc/macsec/red.key}}``. What is not in the lists is removed. Which
    association is sent with is the link's `encodingsa`.
    """

    TYPE: ClassVar[str] = "macsec"
    SECTION: ClassVar[str] = "macsec"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    FORM: ClassVar[Literal["list", "mapping", "one"]] = "one"
    ALSO: ClassVar[tuple[str, ...]] = ("macsec_tx", "macsec_rx", "macsec_rx_sa")
    CARRIER: ClassVar[Literal["rtnl", "own"]] = "own"
    KINDS: ClassVar[tuple[str, ...]] = ("macsec",)

    tx: list[MacsecTx] | None = None
    """Associations to send with."""
    rx: list[MacsecRx] | None = None
    """Channels: whom to receive from."""

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
