"""WireGuard devices: WG_CMD_GET_DEVICE and WG_CMD_SET_DEVICE (linux/wireguard.h; drivers/net/wireguard/netlink.c).

Keys go from the file to the kernel here and nowhere else; of those that the kernel tells, only what may be told leaves this module.
"""

from __future__ import annotations

import errno
import struct
from _socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from binascii import a2b_base64, b2a_base64

from nsmgr import secret
from nsmgr.errors import KernelError, UnsupportedByKernel
from nsmgr.kernel.genl import genl_message
from nsmgr.kernel.payload import NLA_F_NESTED, attribute, walk
from nsmgr.kernel.wire import U16, U32, Answer
from nsmgr.plan.plan import Verb
from nsmgr.plan.state import Thing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from nsmgr.kernel.netns import Netns
    from nsmgr.kernel.wire import Span
    from nsmgr.model.attr import Value
    from nsmgr.plan.plan import Step

FAMILY = "wireguard"
GET_DEVICE, SET_DEVICE = 0, 1
DEVICE_IFINDEX, DEVICE_PRIVATE_KEY, DEVICE_PUBLIC_KEY, DEVICE_LISTEN_PORT, DEVICE_FWMARK, DEVICE_PEERS = 1, 3, 4, 6, 7, 8
PEER_PUBLIC_KEY, PEER_PRESHARED_KEY, PEER_FLAGS, PEER_ENDPOINT, PEER_KEEPALIVE, PEER_ALLOWEDIPS = 1, 2, 3, 4, 5, 9
F_REMOVE_ME, F_REPLACE_ALLOWEDIPS, F_UPDATE_ONLY = 1, 2, 4
IP_FAMILY, IP_ADDRESS, IP_LENGTH = 1, 2, 3
SOCKADDR_IN = struct.Struct("=H2s4s8x")
SOCKADDR_IN6 = struct.Struct("=H2sI16sI")
MANY = 1000  # allowed addresses in one message: 40 bytes each, and a nest has 64 KiB
NEST = NLA_F_NESTED

Asked = list[tuple[int, list["Span"]]]


def ask_links(handle: Netns, links: Mapping[int, str]) -> Asked:
    """Every device with its peers. One that went meanwhile is left out, and all where the kernel tells us none (EPERM)."""
    genl = handle.genl()
    family = genl.family(FAMILY)
    found: Asked = []
    for index in links:
        try:
            found.append((index, genl.gather(family, GET_DEVICE, attribute(DEVICE_IFINDEX, U32.pack(index)))))
        except KernelError as error:
            if error.errno not in (errno.ENODEV, errno.EOPNOTSUPP, errno.EPERM):
                raise
    return found


def decode(answer: Asked, names: Mapping[int, str]) -> Iterator[Thing]:
    """Devices."""
    for index, spans in answer:
        link = names.get(index)
        if link is None:
            continue
        attrs: dict[str, Value] = {}
        for datagram, start, end in spans:
            for number, s, e in walk(datagram, start, end):
                if number == DEVICE_PUBLIC_KEY:
                    attrs["public_key"] = _base64(datagram[s:e])
                elif number == DEVICE_LISTEN_PORT:
                    attrs["listen_port"] = U16.unpack_from(datagram, s)[0]
                elif number == DEVICE_FWMARK:
                    attrs["fwmark"] = U32.unpack_from(datagram, s)[0]
        if not attrs.get("listen_port"):
            attrs.pop("listen_port", None)
        yield Thing("wireguard", link, link, attrs)


def decode_peers(answer: Asked, names: Mapping[int, str]) -> Iterator[Thing]:
    """Peers. One whose addresses do not fit into a message goes on in the next, with nothing but its key and more of them."""
    for index, spans in answer:
        link = names.get(index)
        if link is None:
            continue
        peers: dict[str, dict[str, Value]] = {}
        addresses: dict[str, list[str]] = {}
        for datagram, start, end in spans:
            for number, s, e in walk(datagram, start, end):
                if number == DEVICE_PEERS:
                    for _, a, b in walk(datagram, s, e):
                        _peer(datagram, a, b, peers, addresses)
        for key, attrs in peers.items():
            attrs["allowed_ips"] = tuple(sorted(addresses[key]))
            yield Thing("wireguard_peer", f"{key} dev {link}", link, attrs, after=(("wireguard", link),))


def _peer(datagram: bytes, start: int, end: int, peers: dict[str, dict[str, Value]], addresses: dict[str, list[str]]) -> None:
    parts = {number: (s, e) for number, s, e in walk(datagram, start, end)}
    at, to = parts[PEER_PUBLIC_KEY]
    key = _base64(datagram[at:to])
    attrs = peers.setdefault(key, {"public_key": key})
    more = addresses.setdefault(key, [])
    if PEER_PRESHARED_KEY in parts:
        at, to = parts[PEER_PRESHARED_KEY]
        attrs["preshared_key_digest"] = secret.digest(datagram[at:to], key)
    if PEER_ENDPOINT in parts:
        at, to = parts[PEER_ENDPOINT]
        attrs["endpoint"] = _endpoint(datagram[at:to])
    if PEER_KEEPALIVE in parts:
        attrs["persistent_keepalive"] = U16.unpack_from(datagram, parts[PEER_KEEPALIVE][0])[0] * 1000
    if PEER_ALLOWEDIPS in parts:
        for _, s, e in walk(datagram, *parts[PEER_ALLOWEDIPS]):
            ip = {number: datagram[a:b] for number, a, b in walk(datagram, s, e)}
            family = U16.unpack(ip[IP_FAMILY])[0]
            more.append(f"{inet_ntop(family, ip[IP_ADDRESS])}/{ip[IP_LENGTH][0]}")


def _base64(raw: bytes) -> str:
    return b2a_base64(raw, newline=False).decode()


def _endpoint(raw: bytes) -> str:
    """struct sockaddr_in or sockaddr_in6 as ``192.0.2.1:51820``, ``[2001:db8::1]:51820``, ``[fe80::1%3]:51820``."""
    family = U16.unpack_from(raw)[0]
    if family == AF_INET:
        _, port, address = SOCKADDR_IN.unpack_from(raw)
        return f"{inet_ntop(AF_INET, address)}:{int.from_bytes(port, 'big')}"
    _, port, _, address, scope = SOCKADDR_IN6.unpack_from(raw)
    return f"[{inet_ntop(AF_INET6, address)}{f'%{scope}' if scope else ''}]:{int.from_bytes(port, 'big')}"


def sockaddr(text: str) -> bytes:
    """The opposite."""
    address, _, port = text.rpartition(":")
    number = int(port).to_bytes(2, "big")
    if not address.startswith("["):
        return SOCKADDR_IN.pack(AF_INET, number, inet_pton(AF_INET, address))
    address, _, scope = address[1:-1].partition("%")
    return SOCKADDR_IN6.pack(AF_INET6, number, 0, inet_pton(AF_INET6, address), int(scope or 0))


# ----------------------------------------------------------------------------------------------------------------- writing


def perform(handle: Netns, step: Step) -> Answer:
    """The device's own settings."""
    thing: Thing = step.obj
    changed = _changed(step)
    body = b""
    if "public_key" in changed:
        reference = thing.attrs.get("private_key")
        if reference is None:
            return Answer(errno.ENOKEY, f"{thing.link} has another key, and the configuration names no `private_key`")
        private = secret.key(str(reference), "x25519")
        if secret.tell(str(reference), "x25519", thing.attrs) != thing.attrs["public_key"]:
            return Answer(errno.ESTALE, f"{secret.place(str(reference))} holds another key than when the plan was made")
        body += attribute(DEVICE_PRIVATE_KEY, private)
    if "listen_port" in changed:
        body += attribute(DEVICE_LISTEN_PORT, U16.pack(changed["listen_port"]))
    if "fwmark" in changed:
        body += attribute(DEVICE_FWMARK, U32.pack(changed["fwmark"]))
    return _send(handle, step.index, [body])


def perform_peer(handle: Netns, step: Step) -> Answer:
    """A peer: made, changed or removed."""
    thing: Thing = step.obj
    attrs = _changed(step)
    key = attribute(PEER_PUBLIC_KEY, a2b_base64(str(thing.attrs["public_key"])))
    if step.verb is Verb.THING_DEL:
        return _send(handle, step.index, [_peers(key + attribute(PEER_FLAGS, U32.pack(F_REMOVE_ME)))])
    body = b""
    if "preshared_key_digest" in attrs:
        reference = str(thing.attrs["preshared_key"])
        shared = secret.key(reference, "psk")
        if secret.tell(reference, "psk", thing.attrs) != attrs["preshared_key_digest"]:
            return Answer(errno.ESTALE, f"{secret.place(reference)} holds another key than when the plan was made")
        body += attribute(PEER_PRESHARED_KEY, shared)
    if "endpoint" in attrs:
        body += attribute(PEER_ENDPOINT, sockaddr(str(attrs["endpoint"])))
    if "persistent_keepalive" in attrs:
        body += attribute(PEER_KEEPALIVE, U16.pack(attrs["persistent_keepalive"] // 1000))
    changing = F_UPDATE_ONLY if step.verb is Verb.THING_SET else 0
    if "allowed_ips" not in attrs:
        return _send(handle, step.index, [_peers(key + attribute(PEER_FLAGS, U32.pack(changing)) + body)])
    addresses = [_allowed(text) for text in attrs["allowed_ips"]]
    parts = []
    for start in range(0, max(len(addresses), 1), MANY):
        # What goes on with a peer adds to it; it must not be made again where somebody removed it between the messages.
        flags = F_UPDATE_ONLY if start else changing | F_REPLACE_ALLOWEDIPS
        said = key + attribute(PEER_FLAGS, U32.pack(flags)) + (b"" if start else body)
        parts.append(_peers(said + attribute(PEER_ALLOWEDIPS | NEST, b"".join(addresses[start : start + MANY]))))
    return _send(handle, step.index, parts)


def _changed(step: Step) -> dict[str, Any]:
    """What is to be said: all of it, or what differs."""
    thing: Thing = step.obj
    observed = step.args.get("observed") if step.verb is Verb.THING_SET else None
    if observed is None:
        return dict(thing.attrs)
    return {
        name: value
        for name, value in thing.attrs.items()
        if observed.attrs.get(name) != value and not (name == "endpoint" and thing.attrs.get("roaming"))
    }


def _peers(peer: bytes) -> bytes:
    return attribute(DEVICE_PEERS | NEST, attribute(NEST, peer))


def _allowed(text: str) -> bytes:
    address, _, length = text.partition("/")
    family = AF_INET6 if ":" in address else AF_INET
    said = attribute(IP_FAMILY, U16.pack(family)) + attribute(IP_ADDRESS, inet_pton(family, address))
    return attribute(NEST, said + attribute(IP_LENGTH, bytes((int(length),))))


def _send(handle: Netns, index: int, bodies: Sequence[bytes]) -> Answer:
    """In order; the first refusal is the answer. Without the messages: they may hold a key."""
    genl = handle.genl()
    try:
        family = genl.family(FAMILY)
    except UnsupportedByKernel as error:
        return Answer(errno.EOPNOTSUPP, str(error))
    device = attribute(DEVICE_IFINDEX, U32.pack(index))
    answers = genl.transact([genl_message(family, SET_DEVICE, device + body) for body in bodies])
    first = next((answer for answer in answers if answer.errno), answers[-1])
    return Answer(first.errno, first.extack)
