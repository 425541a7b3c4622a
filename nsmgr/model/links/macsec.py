"""macsec: encrypted Ethernet, IEEE 802.1AE (drivers/net/macsec.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from nsmgr.model.base import Attr, Bool, Change, Names, Value
from nsmgr.model.convert import Hex, LowBits, by_number
from nsmgr.model.links.base import Link, data

# What a dump calls GCM-AES-128 is MACSEC_DEFAULT_CIPHER_ID, the number of IEEE 802.1AE-2006.
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
XPN_WINDOW = 2**30 - 1  # MACSEC_XPN_MAX_REPLAY_WINDOW


def _sci(value: Any) -> Any:
    """Sixteen hex digits. YAML reads them as a number when all of them are decimal: the digits are meant."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = f"{value:016d}"
    if isinstance(value, str) and len(value) == 16 and _HEX.issuperset(value):
        return value.lower()
    raise ValueError('16 hex digits in quotes, MAC and port: "0200000000010001"')


class Macsec(Link):
    """Frames of the lower link encrypted and signed. Its keys, the secure associations, are not attributes of the link.

    The lower link must be Ethernet and not a port of a bridge, bond or the like (EBUSY). The MTU is the lower link's less
    icvlen and 16. Deleted with its lower link.
    """

    KIND: ClassVar[str] = "macsec"
    DIES_WITH: ClassVar[tuple[str, ...]] = ("parent",)
    TAKES_PARENT: ClassVar[bool] = True
    PARENT_REQUIRED: ClassVar[bool] = True
    TOGETHER: ClassVar[Mapping[str, tuple[str, ...]]] = {"replay": ("window",)}  # macsec_validate_attr: EINVAL
    DEFAULT_MTU: ClassVar[int] = 0  # the lower link's, less 32
    MTU_RANGE: ClassVar[tuple[int, int]] = (0, 65535)

    kind: Literal["macsec"] | None = "macsec"
    """The kind."""
    mtu: Annotated[int | None, Field(ge=0, le=2**31 - 1), Attr("IFLA_MTU", late=True, unit="bytes")] = None
    """Largest layer-3 packet: at most the lower link's less icvlen and 16 (ERANGE). At birth the kernel overwrites it."""
    sci: Annotated[
        str | None,
        BeforeValidator(_sci, json_schema_input_type=str | int),
        data("IFLA_MACSEC_SCI", Change.REPLACE, told_by="IFLA_MACSEC_SCI", convert=Hex(16)),
    ] = None
    """Secure channel identifier, 16 hex digits: a MAC and a port number. Unset: the link's own MAC, and ``port``."""
    port: Annotated[
        int | None,
        Field(ge=1, le=65535),
        data("IFLA_MACSEC_PORT", Change.REPLACE, told_by="IFLA_MACSEC_SCI", convert=LowBits(16), default=1),
    ] = None
    """Port number of the secure channel identifier that the kernel makes of the link's MAC."""
    cipher: Annotated[
        Literal["gcm-aes-128", "gcm-aes-256", "gcm-aes-xpn-128", "gcm-aes-xpn-256"] | None,
        by_number(CIPHERS),
        data("IFLA_MACSEC_CIPHER_SUITE", Change.REPLACE, convert=CIPHERS, default="gcm-aes-128"),
    ] = None
    """Cipher suite, fixed at birth (macsec_changelink: EINVAL)."""
    icvlen: Annotated[int | None, Field(ge=8, le=16), data("IFLA_MACSEC_ICV_LEN", Change.REPLACE, unit="bytes", default=16)] = None
    """Length of the integrity check value, fixed at birth (macsec_changelink: EINVAL)."""
    encodingsa: Annotated[int | None, Field(ge=0, le=3), data("IFLA_MACSEC_ENCODING_SA", default=0)] = None
    """Association that frames are sent with."""
    encrypt: Annotated[bool | None, data("IFLA_MACSEC_ENCRYPT", convert=Bool(), default=False)] = None
    """Encrypt as well as sign."""
    protect: Annotated[bool | None, data("IFLA_MACSEC_PROTECT", convert=Bool(), default=True)] = None
    """Sign what is sent."""
    send_sci: Annotated[bool | None, data("IFLA_MACSEC_INC_SCI", convert=Bool(), default=True)] = None
    """Put the secure channel identifier into every frame."""
    end_station: Annotated[bool | None, data("IFLA_MACSEC_ES", convert=Bool(), default=False)] = None
    """Set the End Station bit of what is sent."""
    scb: Annotated[bool | None, data("IFLA_MACSEC_SCB", convert=Bool(), default=False)] = None
    """Set the Single Copy Broadcast bit of what is sent."""
    replay: Annotated[bool | None, data("IFLA_MACSEC_REPLAY_PROTECT", convert=Bool(), default=False)] = None
    """Drop frames that come again, or later than ``window`` allows."""
    window: Annotated[int | None, Field(ge=0, lt=2**32), data("IFLA_MACSEC_WINDOW", unit="packets")] = None
    """How many packets a frame may come late. Told and used only with ``replay``; at most 2^30-1 with an xpn cipher."""
    validation: Annotated[
        Literal["disabled", "check", "strict"] | None,
        by_number(VALIDATE),
        data("IFLA_MACSEC_VALIDATION", convert=VALIDATE, default="strict"),
    ] = None
    """What becomes of received frames that do not prove right: taken, taken and counted (check), or dropped (strict)."""
    offload: Annotated[
        Literal["off", "phy", "mac"] | None,
        by_number(OFFLOAD),
        data("IFLA_MACSEC_OFFLOAD", Change.WHEN_DOWN, convert=OFFLOAD, default="off"),
    ] = None
    """Who does the work: the kernel, the PHY or the MAC of the lower link (EOPNOTSUPP where it cannot)."""

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
