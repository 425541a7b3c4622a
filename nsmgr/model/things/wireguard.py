"""WireGuard: keys, port and peers of a link of kind wireguard (linux/wireguard.h; drivers/net/wireguard/netlink.c)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Change
from nsmgr.model.thing import Part, rows_of
from nsmgr.model.things.base import ThingModel
from nsmgr.model.things.wireguard_peer import WireguardPeer
from nsmgr.types import Secret, WgKey


class Wireguard(ThingModel):
    """The device's own settings, and its peers. Keys are named, not written: ``private_key: {file: /etc/wg/red.key}``.

    Peers that are not in the list are removed. What a plan shows of the private key is the public one.
    """

    TYPE: ClassVar[str] = "wireguard"
    SECTION: ClassVar[str] = "wireguard"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    FORM: ClassVar[Literal["list", "mapping", "one"]] = "one"
    ALSO: ClassVar[tuple[str, ...]] = ("wireguard_peer",)
    CARRIER: ClassVar[Literal["rtnl", "own"]] = "own"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "port"
    SETTINGS: ClassVar[bool] = True
    KINDS: ClassVar[tuple[str, ...]] = ("wireguard",)
    SECRETS: ClassVar[Mapping[str, tuple[str, str]]] = {"private_key": ("public_key", "x25519")}

    private_key: Annotated[Secret | None, Attr("WGDEVICE_A_PRIVATE_KEY", Change.CREATE_ONLY, export=False)] = None
    """Where the private key is: a file that not everybody may read, or an environment variable. Compared by its public key."""
    public_key: Annotated[WgKey | None, Attr("WGDEVICE_A_PUBLIC_KEY")] = None
    """The public key that the link is to have. It comes from the private key; written without one, it is only checked."""
    listen_port: Annotated[int | None, Field(ge=1, le=65535), Attr("WGDEVICE_A_LISTEN_PORT")] = None
    """UDP port. Unset: the kernel takes a free one when the link comes up."""
    fwmark: Annotated[int | None, Field(ge=0, lt=2**32), Attr("WGDEVICE_A_FWMARK", absent=0, default=0)] = None
    """Mark of the packets that it sends, for policy rules; 0 = none."""
    peers: list[WireguardPeer] | None = None
    """The peers."""

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
