"""Written by nsmgr.model.generate from nsmgr.model.links.macsec.Macsec: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Names, Value, Where
from nsmgr.model.convert import ByNumber, Hex, LowBits
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, optional, text, truth, whole, word
from nsmgr.model.table.links import Link

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

CIPHERS = Names(
    {
        "gcm-aes-128": 0x0080020001000001,
        "gcm-aes-256": 0x0080C20001000002,
        "gcm-aes-xpn-128": 0x0080C20001000003,
        "gcm-aes-xpn-256": 0x0080C20001000004,
    }
)

VALIDATE = Names({"disabled": 0, "check": 1, "strict": 2})

OFFLOAD = Names({"off": 0, "phy": 1, "mac": 2})

_HEX = frozenset("0123456789abcdefABCDEF")


def _sci(value: Any) -> Any:
    """Sixteen hex digits. YAML reads them as a number when all of them are decimal: the digits are meant."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = f"{value:016d}"
    if isinstance(value, str) and len(value) == 16 and _HEX.issuperset(value):
        return value.lower()
    raise ValueError('16 hex digits in quotes, MAC and port: "0200000000010001"')


XPN_WINDOW = 2**30 - 1


class Macsec(Plain):
    KIND = "macsec"
    DIES_WITH = ("parent",)
    PARENT_REQUIRED = True
    TAKES_PARENT = True
    TOGETHER = {"replay": ("window",)}
    DEFAULT_MTU = 0
    MTU_RANGE = (0, 65535)
    ROWS = {
        **Link.ROWS,
        "mtu": Attr("IFLA_MTU", late=True, unit="bytes"),
        "sci": Attr("IFLA_MACSEC_SCI", Change.REPLACE, Where.DATA, Hex(16), told_by="IFLA_MACSEC_SCI"),
        "port": Attr("IFLA_MACSEC_PORT", Change.REPLACE, Where.DATA, LowBits(16), told_by="IFLA_MACSEC_SCI", default=1),
        "cipher": Attr("IFLA_MACSEC_CIPHER_SUITE", Change.REPLACE, Where.DATA, CIPHERS, default="gcm-aes-128"),
        "icvlen": Attr("IFLA_MACSEC_ICV_LEN", Change.REPLACE, Where.DATA, default=16, unit="bytes"),
        "encodingsa": Attr("IFLA_MACSEC_ENCODING_SA", where=Where.DATA, default=0),
        "encrypt": Attr("IFLA_MACSEC_ENCRYPT", where=Where.DATA, convert=Bool(), default=False),
        "protect": Attr("IFLA_MACSEC_PROTECT", where=Where.DATA, convert=Bool(), default=True),
        "send_sci": Attr("IFLA_MACSEC_INC_SCI", where=Where.DATA, convert=Bool(), default=True),
        "end_station": Attr("IFLA_MACSEC_ES", where=Where.DATA, convert=Bool(), default=False),
        "scb": Attr("IFLA_MACSEC_SCB", where=Where.DATA, convert=Bool(), default=False),
        "replay": Attr("IFLA_MACSEC_REPLAY_PROTECT", where=Where.DATA, convert=Bool(), default=False),
        "window": Attr("IFLA_MACSEC_WINDOW", where=Where.DATA, unit="packets"),
        "validation": Attr("IFLA_MACSEC_VALIDATION", where=Where.DATA, convert=VALIDATE, default="strict"),
        "offload": Attr("IFLA_MACSEC_OFFLOAD", Change.WHEN_DOWN, Where.DATA, OFFLOAD, default="off"),
    }

    @classmethod
    def implied(cls, attrs: Mapping[str, Value]) -> frozenset[str]:
        made_of_mac = str(attrs.get("sci", ""))[:12] == str(attrs.get("mac", "")).replace(":", "")
        return frozenset({"sci" if made_of_mac else "port"})

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.sci is not None and self.port is not None:
            found.append(("port", "`sci` has a port already", "its last four digits; remove `port`"))
        if self.sci is not None and self.send_sci is False:
            found.append(("send_sci", "an `sci` of one's own must be sent (macsec_newlink: EINVAL)", "remove `send_sci: false`"))
        if sum(map(bool, (self.send_sci, self.end_station, self.scb))) > 1:
            found.append(("send_sci", "of `send_sci`, `end_station` and `scb` only one can be set (EINVAL)", "leave one"))
        if self.replay and self.window is None:
            found.append(("replay", "`replay` needs a `window` (macsec_validate_attr: EINVAL)", "`window: 0` is the strictest"))
        if self.window is not None and not self.replay:
            found.append(("window", "`window` is used and told only with `replay: true`", "add it, or remove `window`"))
        if self.window is not None and self.window > XPN_WINDOW and self.cipher in ("gcm-aes-xpn-128", "gcm-aes-xpn-256"):
            found.append(("window", f"at most {XPN_WINDOW} with {self.cipher} (IEEE 802.1AEbw)", ""))
        if self.parent == name:
            found.append(("parent", "a link cannot be its own parent", ""))
        return found


Macsec.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("macsec")),
        "sci": chain(_sci, text()),
        "port": optional(whole(1, 65535)),
        "cipher": chain(ByNumber(CIPHERS), word("gcm-aes-128", "gcm-aes-256", "gcm-aes-xpn-128", "gcm-aes-xpn-256")),
        "icvlen": optional(whole(8, 16)),
        "encodingsa": optional(whole(0, 3)),
        "encrypt": optional(truth),
        "protect": optional(truth),
        "send_sci": optional(truth),
        "end_station": optional(truth),
        "scb": optional(truth),
        "replay": optional(truth),
        "window": optional(whole(0, 4294967295)),
        "validation": chain(ByNumber(VALIDATE), word("disabled", "check", "strict")),
        "offload": chain(ByNumber(OFFLOAD), word("off", "phy", "mac")),
    },
    {
        **Link.SHAPE.defaults,
        "kind": "macsec",
        "sci": None,
        "port": None,
        "cipher": None,
        "icvlen": None,
        "encodingsa": None,
        "encrypt": None,
        "protect": None,
        "send_sci": None,
        "end_station": None,
        "scb": None,
        "replay": None,
        "window": None,
        "validation": None,
        "offload": None,
    },
    (),
    make=Macsec,
)
ENTRY = Macsec
