"""Multicast groups of bridges: RTM_NEWMDB, RTM_DELMDB, RTM_GETMDB (struct br_port_msg, struct br_mdb_entry; net/bridge/br_mdb.c).

By hand: pyroute2 has no class for them.
"""

from __future__ import annotations

import errno
import struct
from _socket import AF_INET, AF_INET6, inet_ntop

from nsmgr.errors import KernelError
from nsmgr.kernel.codec import NLA_F_NESTED, CodecError, attribute, walk
from nsmgr.kernel.wire import NLM_F_CREATE, NLM_F_DUMP, NLM_F_REPLACE, FdOf, Span, message
from nsmgr.model import bridging
from nsmgr.plan.plan import Step, Verb
from nsmgr.plan.state import Thing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nsmgr.kernel.netns import Netns
    from nsmgr.model.attr import Value

AF_BRIDGE = 7
RTM_NEWMDB, RTM_DELMDB, RTM_GETMDB = 84, 85, 86  # linux/rtnetlink.h
PORT_MSG = struct.Struct("=BxxxI")  # family, ifindex of the bridge
ENTRY = struct.Struct("=IBBH16s2sxx")  # ifindex of the port, state, flags, vid, address, its ethertype (network order)
ETH_P_IP, ETH_P_IPV6, ETHERNET = b"\x08\x00", b"\x86\xdd", b"\0\0"
# linux/if_bridge.h
MDB_PERMANENT = 1
MDB_FLAGS_STAR_EXCL = 1 << 2
MDBA_MDB, MDBA_MDB_ENTRY, MDBA_MDB_ENTRY_INFO = 1, 1, 1
EATTR_SRC_LIST, EATTR_GROUP_MODE, EATTR_SOURCE, EATTR_RTPROT, EATTR_DST = 2, 3, 4, 5, 6
MDBA_SET_ENTRY, MDBA_SET_ENTRY_ATTRS = 1, 2
MDBE_ATTR_SOURCE, MDBE_ATTR_SRC_LIST, MDBE_ATTR_GROUP_MODE, MDBE_ATTR_RTPROT = 1, 2, 3, 4
MODES = ("exclude", "include")  # MCAST_EXCLUDE, MCAST_INCLUDE (linux/in.h)
DUMP = message(RTM_GETMDB, NLM_F_DUMP, PORT_MSG.pack(AF_BRIDGE, 0))


def ask(handle: Netns) -> list[Span]:
    """The groups of all bridges; none where the kernel does not snoop (CONFIG_BRIDGE_IGMP_SNOOPING) or has no bridge."""
    try:
        return handle.socket.dump_spans(DUMP)
    except KernelError as error:
        if error.errno == errno.EOPNOTSUPP:
            return []
        raise


def decode(answer: list[Span], names: Mapping[int, str]) -> Iterator[Thing]:
    """Entries that do not age. ``by: kernel`` marks the (S, G) entries of the sources of a (*, G) one (br_mdb_add_group_srcs)."""
    found: list[Thing] = []
    for datagram, start, end in answer:
        if end - start < PORT_MSG.size:
            raise CodecError(f"{end - start} bytes are no struct br_port_msg")
        bridge = PORT_MSG.unpack_from(datagram, start)[1]
        for number, s, e in walk(datagram, start + PORT_MSG.size, end):
            if number != MDBA_MDB:
                continue
            for inner, i, j in walk(datagram, s, e):
                if inner == MDBA_MDB_ENTRY:
                    found += [thing for _, k, m in walk(datagram, i, j) if (thing := _entry(datagram, k, m, bridge, names))]
    made = {
        (thing.link, thing.attrs["group"], thing.attrs.get("vlan"), source)
        for thing in found
        for source in _addresses(thing.attrs.get("sources"))
    }
    for thing in found:
        attrs = thing.attrs
        along = (thing.link, attrs["group"], attrs.get("vlan"), attrs.get("source")) in made
        yield Thing("mdb", thing.key, thing.link, {**attrs, "by": "kernel"}) if along else thing


def _entry(datagram: bytes, start: int, end: int, bridge: int, names: Mapping[int, str]) -> Thing | None:
    if end - start < ENTRY.size:
        raise CodecError(f"{end - start} bytes are no struct br_mdb_entry", "MDBA_MDB_ENTRY_INFO")
    index, state, flags, vid, address, kind = ENTRY.unpack_from(datagram, start)
    own = index == bridge and kind == ETHERNET  # a group of the host's that does not age; the state is not told
    if index not in names or flags & MDB_FLAGS_STAR_EXCL or not (state & MDB_PERMANENT or own):
        return None
    attrs: dict[str, Value] = {"group": _address(address, kind)}
    if vid:
        attrs["vlan"] = vid
    for number, s, e in walk(datagram, start + ENTRY.size, end):
        if number == EATTR_DST:
            return None  # of a vxlan
        if number == EATTR_SOURCE:
            attrs["source"] = _ip(datagram, s, e)
        elif number == EATTR_GROUP_MODE and e > s:
            attrs["mode"] = MODES[datagram[s] & 1]
        elif number == EATTR_RTPROT and e > s:
            attrs["proto"] = datagram[s]
        elif number == EATTR_SRC_LIST:
            attrs["sources"] = tuple(sorted(_sources(datagram, s, e)))
    if "source" in attrs:
        attrs.pop("mode", None)
    return Thing("mdb", bridging.mdb_key(attrs, names[index]), names[index], attrs)


def _address(address: bytes, kind: bytes) -> str:
    if kind == ETH_P_IP:
        return inet_ntop(AF_INET, address[:4])
    return inet_ntop(AF_INET6, address) if kind == ETH_P_IPV6 else address[:6].hex(":")


def _ip(datagram: bytes, start: int, end: int) -> str:
    if end - start not in (4, 16):
        raise CodecError(f"{end - start} bytes are no IP address")
    return inet_ntop(AF_INET if end - start == 4 else AF_INET6, datagram[start:end])


def _sources(datagram: bytes, start: int, end: int) -> Iterator[str]:
    """MDBA_MDB_SRCLIST_ENTRY, in it MDBA_MDB_SRCATTR_ADDRESS; both are 1."""
    for _, s, e in walk(datagram, start, end):
        yield from (_ip(datagram, i, j) for number, i, j in walk(datagram, s, e) if number == 1)


def _addresses(value: Value) -> tuple[str, ...]:
    return tuple(str(address) for address in value) if isinstance(value, tuple) else ()


def encode(step: Step, fd_of: FdOf) -> list[bytes]:
    """Addressed to the bridge. REPLACE: an entry that was learned meanwhile becomes the one that is wanted (since Linux 6.3)."""
    attrs = step.obj.attrs
    head = PORT_MSG.pack(AF_BRIDGE, int(step.args.get("controller") or step.index))
    try:
        body = head + attribute(MDBA_SET_ENTRY, _packed_entry(step.index, attrs))
        if step.verb is Verb.THING_DEL:
            told = _told({"source": attrs["source"]} if "source" in attrs else {})
            return [message(RTM_DELMDB, 0, body + told)]
        return [message(RTM_NEWMDB, NLM_F_CREATE | NLM_F_REPLACE, body + _told(attrs))]
    except (ValueError, KeyError, struct.error) as error:
        raise CodecError(str(error), "mdb") from None


def _packed_entry(index: int, attrs: Mapping[str, Value]) -> bytes:
    from nsmgr.kernel.inetcodec import packed

    group = str(attrs["group"])
    if group.count(":") == 5 and "::" not in group:
        address, kind = bytes.fromhex(group.replace(":", "")), ETHERNET
    else:
        address = packed(group)
        kind = ETH_P_IP if len(address) == 4 else ETH_P_IPV6
    return ENTRY.pack(index, MDB_PERMANENT, 0, attrs.get("vlan") or 0, address, kind)


def _told(attrs: Mapping[str, Value]) -> bytes:
    from nsmgr.kernel.inetcodec import packed

    told = b""
    if "source" in attrs:
        told += attribute(MDBE_ATTR_SOURCE, packed(str(attrs["source"])))
    # MDBE_SRC_LIST_ENTRY, in it MDBE_SRCATTR_ADDRESS
    entries = [attribute(1 | NLA_F_NESTED, attribute(1, packed(source))) for source in _addresses(attrs.get("sources"))]
    if entries:
        told += attribute(MDBE_ATTR_SRC_LIST | NLA_F_NESTED, b"".join(entries))
    if "mode" in attrs:
        told += attribute(MDBE_ATTR_GROUP_MODE, bytes([MODES.index(str(attrs["mode"]))]))
    if "proto" in attrs:
        told += attribute(MDBE_ATTR_RTPROT, struct.pack("B", attrs["proto"]))
    return attribute(MDBA_SET_ENTRY_ATTRS | NLA_F_NESTED, told) if told else b""
