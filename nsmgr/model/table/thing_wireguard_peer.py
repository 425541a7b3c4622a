"""Written by nsmgr.model.generate from nsmgr.model.things.wireguard_peer.WireguardPeer: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Change, Value
from nsmgr.model.shape import Shape, chain, items, optional, text, truth, whole
from nsmgr.model.thing import PlainThing
from nsmgr.text import duration, endpoint, prefix, secret_or_none, wg_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class WireguardPeer(PlainThing):
    TYPE = "wireguard_peer"
    LEVEL = "link"
    CARRIER = "own"
    STAGE = "port"
    KINDS = ("wireguard",)
    SECRETS = {"preshared_key": ("preshared_key_digest", "psk")}
    ADDRESS_OF = ("endpoint",)
    ROWS = {
        "public_key": Attr("WGPEER_A_PUBLIC_KEY", Change.REPLACE),
        "preshared_key": Attr("WGPEER_A_PRESHARED_KEY", Change.CREATE_ONLY, export=False),
        "endpoint": Attr("WGPEER_A_ENDPOINT"),
        "roaming": Attr(change=Change.CREATE_ONLY, export=False),
        "allowed_ips": Attr("WGPEER_A_ALLOWEDIPS", absent=()),
        "persistent_keepalive": Attr("WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL", absent=0, default=0, unit="ms"),
    }

    @classmethod
    def compare(cls, desired: Mapping[str, Value], observed: Mapping[str, Value]) -> list[tuple[str, Value, Value]] | None:
        rows = cls.rows()
        found: list[tuple[str, Value, Value]] = []
        for name, want in desired.items():
            have = observed.get(name)
            if name == "preshared_key_digest" and have != want:
                found.append((name, have, want))
            if name in ("preshared_key_digest", "preshared_key", "roaming") or (name == "endpoint" and desired.get("roaming")):
                continue
            have = rows[name].absent if have is None else have
            if have != want:
                found.append((name, have, want))
        return found

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        return False


WireguardPeer.SHAPE = Shape(
    {
        "public_key": chain(text(), wg_key),
        "preshared_key": optional(chain(secret_or_none, text())),
        "endpoint": optional(chain(endpoint, text())),
        "roaming": optional(truth),
        "allowed_ips": optional(items(chain(text(), prefix))),
        "persistent_keepalive": optional(chain(duration, whole())),
    },
    {"preshared_key": None, "endpoint": None, "roaming": None, "allowed_ips": None, "persistent_keepalive": None},
    ("public_key",),
    make=WireguardPeer,
)
ENTRY = WireguardPeer
