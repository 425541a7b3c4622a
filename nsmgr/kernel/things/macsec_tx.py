"""MACsec: associations to send with, channels and associations to receive with (linux/if_macsec.h; drivers/net/macsec.c).

One dump, MACSEC_CMD_GET_TXSC, has all of a namespace's. It tells no keys.
"""

from __future__ import annotations

import errno
from sys import byteorder

from nsmgr import secret
from nsmgr.errors import UnsupportedByKernel
from nsmgr.kernel.genl import genl_message
from nsmgr.kernel.payload import NLA_F_NESTED, attribute, walk
from nsmgr.kernel.wire import U32, Answer
from nsmgr.plan.plan import Verb
from nsmgr.plan.state import Thing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nsmgr.kernel.netns import Netns
    from nsmgr.kernel.wire import Span
    from nsmgr.model.attr import Value
    from nsmgr.plan.plan import Step

FAMILY = "macsec"
GET_TXSC = 0  # MACSEC_CMD_*
ADD_RXSC, DEL_RXSC, UPD_RXSC, ADD_TXSA, DEL_TXSA, UPD_TXSA, ADD_RXSA, DEL_RXSA, UPD_RXSA = range(1, 10)
A_IFINDEX, A_RXSC_CONFIG, A_SA_CONFIG, A_TXSA_LIST, A_RXSC_LIST = 1, 2, 3, 5, 6
RXSC_SCI, RXSC_ACTIVE, RXSC_SA_LIST = 1, 2, 3
SA_AN, SA_ACTIVE, SA_PN, SA_KEY, SA_KEYID, SA_SSCI, SA_SALT = 1, 2, 3, 4, 5, 8, 9
NEST = NLA_F_NESTED
Parts = dict[int, tuple[int, int]]


def ask_links(handle: Netns, links: Mapping[int, str]) -> list[Span]:
    """All MACsec links of the namespace."""
    genl = handle.genl()
    return genl.gather(genl.family(FAMILY), GET_TXSC)


def _devices(answer: Sequence[Span], names: Mapping[int, str]) -> Iterator[tuple[str, bytes, Parts]]:
    for datagram, start, end in answer:
        parts = {number: (s, e) for number, s, e in walk(datagram, start, end)}
        link = names.get(U32.unpack_from(datagram, parts[A_IFINDEX][0])[0])
        if link is not None:
            yield link, datagram, parts


def _nests(datagram: bytes, place: tuple[int, int] | None) -> Iterator[Parts]:
    """The members of a list."""
    for _, start, end in walk(datagram, *place) if place is not None else ():
        yield {number: (s, e) for number, s, e in walk(datagram, start, end)}


def _association(datagram: bytes, parts: Parts) -> dict[str, Value]:
    attrs: dict[str, Value] = {"an": datagram[parts[SA_AN][0]], "active": bool(datagram[parts[SA_ACTIVE][0]])}
    attrs["key_id"] = datagram[slice(*parts[SA_KEYID])].hex()
    attrs["pn"] = int.from_bytes(datagram[slice(*parts[SA_PN])], byteorder)
    if SA_SSCI in parts:
        attrs["ssci"] = int.from_bytes(datagram[slice(*parts[SA_SSCI])], "big")
    return attrs


def decode(answer: Sequence[Span], names: Mapping[int, str]) -> Iterator[Thing]:
    """Associations to send with."""
    for link, datagram, parts in _devices(answer, names):
        for sa in _nests(datagram, parts.get(A_TXSA_LIST)):
            attrs = _association(datagram, sa)
            yield Thing("macsec_tx", f"{attrs['an']} dev {link}", link, attrs)


def decode_channels(answer: Sequence[Span], names: Mapping[int, str]) -> Iterator[Thing]:
    """Channels."""
    for link, datagram, parts in _devices(answer, names):
        for channel in _nests(datagram, parts.get(A_RXSC_LIST)):
            sci = datagram[slice(*channel[RXSC_SCI])].hex()
            yield Thing("macsec_rx", f"{sci} dev {link}", link, {"sci": sci, "active": bool(datagram[channel[RXSC_ACTIVE][0]])})


def decode_received(answer: Sequence[Span], names: Mapping[int, str]) -> Iterator[Thing]:
    """Associations to receive with."""
    for link, datagram, parts in _devices(answer, names):
        for channel in _nests(datagram, parts.get(A_RXSC_LIST)):
            sci = datagram[slice(*channel[RXSC_SCI])].hex()
            for sa in _nests(datagram, channel.get(RXSC_SA_LIST)):
                attrs = {"sci": sci, **_association(datagram, sa)}
                key = f"{sci} {attrs['an']} dev {link}"
                yield Thing("macsec_rx_sa", key, link, attrs, on=(("macsec_rx", f"{sci} dev {link}"),))


# ----------------------------------------------------------------------------------------------------------------- writing


def perform(handle: Netns, step: Step) -> Answer:
    """Associations. One that is active cannot be deleted (EBUSY): it is put out of use first."""
    thing: Thing = step.obj
    attrs = thing.attrs
    received = thing.type == "macsec_rx_sa"
    channel = _channel(attrs) if received else b""
    add, delete, update = (ADD_RXSA, DEL_RXSA, UPD_RXSA) if received else (ADD_TXSA, DEL_TXSA, UPD_TXSA)
    number = attribute(SA_AN, bytes((int(attrs["an"]),)))  # type: ignore[arg-type]  # an int

    def request(command: int, more: bytes = b"") -> tuple[int, bytes]:
        return command, channel + attribute(A_SA_CONFIG | NEST, number + more)

    if step.verb is Verb.THING_DEL:
        stop = [request(update, attribute(SA_ACTIVE, b"\0"))] if attrs.get("active") else []
        return _send(handle, step.index, [*stop, request(delete)])
    active = attribute(SA_ACTIVE, b"\1" if attrs.get("active") else b"\0")
    if step.verb is Verb.THING_SET:
        return _send(handle, step.index, [request(update, active)])
    if "key" not in attrs:
        return Answer(errno.ENOKEY, f"the configuration names no `key` for association {thing.key}")
    reference = str(attrs["key"])
    body = active + attribute(SA_KEY, secret.key(reference, "hex")) + attribute(SA_KEYID, bytes.fromhex(str(attrs["key_id"])))
    # macsec_add_txsa: the packet number has 8 bytes with an xpn cipher, which is the one that needs `ssci`; else 4.
    first = int(attrs.get("pn") or 1)  # type: ignore[arg-type]
    body += attribute(SA_PN, first.to_bytes(8 if "ssci" in attrs else 4, byteorder))
    if "ssci" in attrs:
        body += attribute(SA_SSCI, int(attrs["ssci"]).to_bytes(4, "big"))  # type: ignore[arg-type]
    if "salt" in attrs:
        body += attribute(SA_SALT, bytes.fromhex(str(attrs["salt"])))
    return _send(handle, step.index, [request(add, body)])


def perform_channel(handle: Netns, step: Step) -> Answer:
    """Channels; their associations go with them."""
    thing: Thing = step.obj
    command = {Verb.THING_ADD: ADD_RXSC, Verb.THING_SET: UPD_RXSC, Verb.THING_DEL: DEL_RXSC}[step.verb]
    more = b"" if step.verb is Verb.THING_DEL else attribute(RXSC_ACTIVE, b"\1" if thing.attrs.get("active") else b"\0")
    return _send(handle, step.index, [(command, _channel(thing.attrs, more))])


def _channel(attrs: Mapping[str, Value], more: bytes = b"") -> bytes:
    return attribute(A_RXSC_CONFIG | NEST, attribute(RXSC_SCI, bytes.fromhex(str(attrs["sci"]))) + more)


def _send(handle: Netns, index: int, requests: Sequence[tuple[int, bytes]]) -> Answer:
    """In order; the first refusal is the answer. Without the messages: they may hold a key."""
    genl = handle.genl()
    try:
        family = genl.family(FAMILY)
    except UnsupportedByKernel as error:
        return Answer(errno.EOPNOTSUPP, str(error))
    device = attribute(A_IFINDEX, U32.pack(index))
    answers = genl.transact([genl_message(family, command, device + body) for command, body in requests])
    first = next((answer for answer in answers if answer.errno), answers[-1])
    return Answer(first.errno, first.extack)
