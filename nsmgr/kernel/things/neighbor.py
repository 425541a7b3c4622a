"""Static neighbours: RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH (struct ndmsg; net/core/neighbour.c)."""

from __future__ import annotations

import struct
from _socket import AF_INET, AF_INET6, inet_ntop

from nsmgr.kernel.codec import CodecError, attribute, walk
from nsmgr.kernel.wire import NLM_F_CREATE, NLM_F_DUMP, NLM_F_REPLACE, FdOf, Span, message
from nsmgr.plan.plan import Step, Verb
from nsmgr.plan.state import PROTO_NSMGR, Thing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nsmgr.kernel.netns import Netns
    from nsmgr.model.attr import Value

RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH = 28, 29, 30  # linux/rtnetlink.h
NDMSG = struct.Struct("=BxxxiHBB")  # family, ifindex, state, flags, type
NDA_DST, NDA_LLADDR, NDA_PROTOCOL = 1, 2, 12  # linux/neighbour.h
NUD_NOARP, NUD_PERMANENT = 0x40, 0x80
NTF_PROXY, NTF_ROUTER = 0x08, 0x80
RTN_MULTICAST = 5
# neigh_dump_info: a header with this flag asks for the proxy entries, without it for the others.
DUMP = message(RTM_GETNEIGH, NLM_F_DUMP, NDMSG.pack(0, 0, 0, 0, 0))
DUMP_PROXIES = message(RTM_GETNEIGH, NLM_F_DUMP, NDMSG.pack(0, 0, 0, NTF_PROXY, 0))


def ask(handle: Netns) -> list[Span]:
    """The entries of both families."""
    return handle.socket.dump_spans(DUMP)


def decode(answer: list[Span], names: Mapping[int, str]) -> Iterator[Thing]:
    """Permanent entries, NUD_NOARP ones that somebody made, and proxies.

    What the kernel put there by itself is NUD_NOARP as well (arp_constructor, ndisc_constructor: multicast, broadcast, devices
    without ARP) and has no protocol number.
    """
    for datagram, start, end in answer:
        family, index, state, flags, _ = NDMSG.unpack_from(datagram, start)
        if not state & (NUD_PERMANENT | NUD_NOARP) and not flags & NTF_PROXY:
            continue
        name = names.get(index)
        if name is None or family not in (AF_INET, AF_INET6):
            continue
        thing = _thing(datagram, start + NDMSG.size, end, family, state, flags, name)
        if thing is not None:
            yield thing


def _thing(datagram: bytes, start: int, end: int, family: int, state: int, flags: int, name: str) -> Thing | None:
    attrs: dict[str, Value] = {}
    for number, s, e in walk(datagram, start, end):
        if number == NDA_DST:
            attrs["to"] = inet_ntop(family, datagram[s:e])
        elif number == NDA_LLADDR and e > s:
            attrs["lladdr"] = datagram[s:e].hex(":")
        elif number == NDA_PROTOCOL:
            attrs["proto"] = datagram[s]
    if flags & NTF_PROXY:
        attrs["router"] = bool(flags & NTF_ROUTER)
        return Thing("proxy", f"{attrs['to']} dev {name}", name, attrs)
    if not state & NUD_PERMANENT and "proto" not in attrs:
        return None
    attrs["state"] = "permanent" if state & NUD_PERMANENT else "noarp"
    attrs["router"] = bool(flags & NTF_ROUTER)
    return Thing("neighbor", f"{attrs['to']} dev {name}", name, attrs)


def encode(step: Step, fd_of: FdOf) -> list[bytes]:
    """CREATE with REPLACE: an entry that was learned meanwhile becomes the one that is wanted, as with ``ip neigh replace``."""
    thing: Thing = step.obj
    attrs = thing.attrs
    from nsmgr.kernel.inetcodec import packed

    address = packed(str(attrs["to"]))
    family = AF_INET if len(address) == 4 else AF_INET6
    proxy = thing.type == "proxy"
    flags = (NTF_PROXY if proxy else 0) | (NTF_ROUTER if attrs.get("router") else 0)
    if step.verb is Verb.THING_DEL:
        body = NDMSG.pack(family, step.index, 0, flags & NTF_PROXY, 0) + attribute(NDA_DST, address)
        return [message(RTM_DELNEIGH, 0, body)]
    state = 0 if proxy else NUD_NOARP if attrs.get("state") == "noarp" else NUD_PERMANENT
    body = NDMSG.pack(family, step.index, state, flags, 0) + attribute(NDA_DST, address)
    if attrs.get("lladdr"):
        try:
            body += attribute(NDA_LLADDR, bytes.fromhex(str(attrs["lladdr"]).replace(":", "")))
        except ValueError:
            raise CodecError(f"{attrs['lladdr']!r} is no hardware address", "lladdr") from None
    body += attribute(NDA_PROTOCOL, struct.pack("B", attrs.get("proto", PROTO_NSMGR)))
    return [message(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, body)]
