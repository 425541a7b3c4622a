"""Written by nsmgr.model.generate from nsmgr.model.things.wireguard.Wireguard: edit that, then `make tables`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nsmgr.model.attr import Attr, Change
from nsmgr.model.shape import Shape, chain, items, optional, text, truth, whole
from nsmgr.model.thing import Part, PlainThing, rows_of
from nsmgr.text import duration, endpoint, prefix, secret, secret_or_none, wg_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Wireguard(PlainThing):
    TYPE = "wireguard"
    SECTION = "wireguard"
    LEVEL = "link"
    FORM = "one"
    ALSO = ("wireguard_peer",)
    CARRIER = "own"
    STAGE = "port"
    SETTINGS = True
    KINDS = ("wireguard",)
    SECRETS = {"private_key": ("public_key", "x25519")}
    ROWS = {
        "private_key": Attr("WGDEVICE_A_PRIVATE_KEY", Change.CREATE_ONLY, export=False),
        "public_key": Attr("WGDEVICE_A_PUBLIC_KEY"),
        "listen_port": Attr("WGDEVICE_A_LISTEN_PORT"),
        "fwmark": Attr("WGDEVICE_A_FWMARK", absent=0, default=0),
    }

    def parts(self, link: str) -> list[Part]:
        own = self.attributes()
        found = [Part("wireguard", link, own)] if own else []
        after = (("wireguard", link),) if own else ()
        for position, peer in enumerate(self.peers or ()):
            values = vars(peer)
            said = {name: values[name] for name in rows_of("wireguard_peer") if values.get(name) is not None}
            if "allowed_ips" in said:
                said["allowed_ips"] = tuple(sorted(set(said["allowed_ips"])))
            key = f"{said['public_key']} dev {link}"
            found.append(Part("wireguard_peer", key, said, after=after, path=("peers", position)))
        return found

    def problems(self, link: str, kind: str) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = []
        whose: dict[str, int] = {}
        for position, peer in enumerate(self.peers or ()):
            for network in peer.allowed_ips or ():
                first = whose.setdefault(network, position)
                if first != position:
                    # wg allowedips: an address belongs to the peer that it was given to last
                    words = f"{network} is allowed for two peers, number {first + 1} and number {position + 1}"
                    found.append(("peers", words, "each address leads to one peer"))
            if peer.persistent_keepalive is not None and (peer.persistent_keepalive % 1000 or peer.persistent_keepalive > 65535000):
                found.append(("peers", "`persistent_keepalive` is a whole number of seconds up to 65535", "0 = off"))
        return found

    @classmethod
    def section(cls, parts: Sequence[Part]) -> Any:
        body: dict[str, Any] = {}
        peers = []
        for part in parts:
            if part.type == "wireguard":
                body |= cls.body(part.attrs)
                continue
            attrs: Mapping[str, Any] = part.attrs
            peer = {name: attrs[name] for name in ("public_key", "endpoint") if attrs.get(name)}
            if attrs.get("allowed_ips"):
                peer["allowed_ips"] = list(attrs["allowed_ips"])
            if attrs.get("persistent_keepalive"):
                peer["persistent_keepalive"] = f"{attrs['persistent_keepalive'] // 1000}s"
            peers.append(peer)
        return {**body, "peers": peers} if peers else body


Wireguard.SHAPE = Shape(
    {
        "private_key": optional(chain(secret, text())),
        "public_key": optional(chain(text(), wg_key)),
        "listen_port": optional(whole(1, 65535)),
        "fwmark": optional(whole(0, 4294967295)),
        "peers": optional(
            items(
                Shape(
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
                ).nested
            )
        ),
    },
    {"private_key": None, "public_key": None, "listen_port": None, "fwmark": None, "peers": None},
    (),
    make=Wireguard,
)
ENTRY = Wireguard
