"""Peers of a WireGuard link, written in its section ``wireguard``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from nsmgr.model.base import Attr, Change, Value
from nsmgr.model.things.base import ThingModel
from nsmgr.types import Duration, Endpoint, Prefix, SecretOrNone, WgKey


class WireguardPeer(ThingModel):
    """A peer: its public key, where it is, which addresses lead to it. When it last spoke and how much is not looked at."""

    TYPE: ClassVar[str] = "wireguard_peer"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    CARRIER: ClassVar[Literal["rtnl", "own"]] = "own"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "port"
    KINDS: ClassVar[tuple[str, ...]] = ("wireguard",)
    SECRETS: ClassVar[Mapping[str, tuple[str, str]]] = {"preshared_key": ("preshared_key_digest", "psk")}
    ADDRESS_OF: ClassVar[tuple[str, ...]] = ("endpoint",)

    public_key: Annotated[WgKey, Attr("WGPEER_A_PUBLIC_KEY", Change.REPLACE)]
    """Who it is."""
    preshared_key: Annotated[SecretOrNone | None, Attr("WGPEER_A_PRESHARED_KEY", Change.CREATE_ONLY, export=False)] = None
    """Where the key is that both share besides; `none` = there is to be none. Compared by a digest."""
    endpoint: Annotated[Endpoint | None, Attr("WGPEER_A_ENDPOINT")] = None
    """Address and port, ``192.0.2.1:51820``, or another link's first declared address: ``{link: blue/eth0, port: 51820}``."""
    roaming: Annotated[bool | None, Attr("", Change.CREATE_ONLY, export=False)] = None
    """The peer may move: its endpoint is set when it is made, and another one that the kernel learned is no drift."""
    allowed_ips: Annotated[list[Prefix] | None, Attr("WGPEER_A_ALLOWEDIPS", absent=())] = None
    """Networks that lead to it, and that it may send from."""
    persistent_keepalive: Annotated[
        Duration | None, Attr("WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL", absent=0, default=0, unit="ms")
    ] = None
    """How often it is sent something when there is nothing to send; whole seconds, 0 = off."""

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
