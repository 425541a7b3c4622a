"""Forwarding entries: RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH of AF_BRIDGE (struct ndmsg; br_fdb.c, vxlan_core.c, rtnetlink.c)."""

from __future__ import annotations

import struct
from _socket import AF_INET, AF_INET6, inet_ntop

from nsmgr.kernel.codec import CodecError, attribute, walk
from nsmgr.kernel.dumps import GET_LINKS
from nsmgr.kernel.wire import IFINFOMSG, NLM_F_CREATE, NLM_F_DUMP, NLM_F_REPLACE, U16, U32, FdOf, Span, message
from nsmgr.model.bridging import ZERO_MAC, fdb_key, may_have_many
from nsmgr.plan.plan import Step, Verb
from nsmgr.plan.state import Thing
from nsmgr.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nsmgr.kernel.netns import Netns
    from nsmgr.model.attr import Value

AF_BRIDGE = 7
RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH = 28, 29, 30  # linux/rtnetlink.h
NLM_F_APPEND = 0x800
NDMSG = struct.Struct("=BxxxiHBB")  # family, ifindex, state, flags, type
BE16 = struct.Struct(">H")
# linux/neighbour.h
NDA_DST, NDA_LLADDR, NDA_VLAN, NDA_PORT, NDA_VNI, NDA_IFINDEX, NDA_MASTER = 1, 2, 5, 6, 7, 8, 9
NDA_SRC_VNI, NDA_NH_ID = 11, 13
NUD_REACHABLE, NUD_NOARP, NUD_PERMANENT = 0x02, 0x40, 0x80
NTF_SELF, NTF_MASTER, NTF_EXT_LEARNED, NTF_STICKY, NTF_ROUTER = 0x02, 0x04, 0x10, 0x40, 0x80
# linux/if_link.h
IFLA_ADDRESS, IFLA_MASTER, IFLA_LINKINFO, IFLA_INFO_KIND, IFLA_INFO_DATA = 1, 10, 18, 1, 2
IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6 = 2, 16
DUMP = message(RTM_GETNEIGH, NLM_F_DUMP, NDMSG.pack(AF_BRIDGE, 0, 0, 0, 0))


class Answered(Record):
    """Links and entries. Which entries the kernel made by itself shows only beside the links' addresses and remotes."""

    links: list[Span]
    entries: list[Span]


class Links(Record):
    """By index: kind, remote. By index of the bridge: its hardware address and its ports'."""

    kinds: dict[int, str] = field(default_factory=dict)
    remotes: dict[int, str] = field(default_factory=dict)
    own: dict[int, set[str]] = field(default_factory=dict)


def ask(handle: Netns) -> Answered:
    """All tables."""
    entries = handle.socket.dump_spans(DUMP)
    return Answered(handle.socket.dump_spans(GET_LINKS) if entries else [], entries)


def decode(answer: Answered, names: Mapping[int, str]) -> Iterator[Thing]:
    """Entries that do not age, and those of a daemon.

    ``by: kernel`` marks those that the kernel added to what somebody asked for: a vxlan's remote, an entry's copies in every VLAN.
    """
    links = _links(answer.links)
    found: list[tuple[int, Thing]] = []
    everywhere: set[tuple[Value, str]] = set()  # (address, port) of entries without a VLAN, which have copies
    for datagram, start, end in answer.entries:
        if end - start < NDMSG.size:
            raise CodecError(f"{end - start} bytes are no struct ndmsg")
        family, index, state, flags, _ = NDMSG.unpack_from(datagram, start)
        if family != AF_BRIDGE or (not state & (NUD_NOARP | NUD_PERMANENT) and not flags & NTF_EXT_LEARNED):
            continue
        name = names.get(index)
        attrs = _attributes(datagram, start + NDMSG.size, end, names)
        if name is None or "lladdr" not in attrs or not _told(attrs, index, state, links):
            continue
        attrs |= _header(state, flags)
        master = attrs.pop("master", 0)
        attrs["self"] = not master or master == index
        if master and "vlan" not in attrs:
            everywhere.add((attrs["lladdr"], name))
        on = (("nexthop", str(attrs["nhid"])),) if "nhid" in attrs else ()
        found.append((index, Thing("fdb", fdb_key(attrs, name), name, attrs, on)))
    for index, thing in found:
        attrs = dict(thing.attrs)
        if _made_along(attrs, index, links) or ("vlan" in attrs and (attrs["lladdr"], thing.link) in everywhere):
            thing = Thing(thing.type, thing.key, thing.link, {**attrs, "by": "kernel"})
        yield thing


def _attributes(datagram: bytes, start: int, end: int, names: Mapping[int, str]) -> dict[str, Value]:
    attrs: dict[str, Value] = {}
    try:
        for number, s, e in walk(datagram, start, end):
            if number == NDA_LLADDR and e - s == 6:
                attrs["lladdr"] = datagram[s:e].hex(":")
            elif number == NDA_VLAN:
                attrs["vlan"] = U16.unpack_from(datagram[:e], s)[0]
            elif number == NDA_DST:
                attrs["dst"] = inet_ntop(AF_INET if e - s == 4 else AF_INET6, datagram[s:e])
            elif number == NDA_PORT:
                attrs["port"] = BE16.unpack_from(datagram[:e], s)[0]
            elif number in (NDA_VNI, NDA_SRC_VNI, NDA_NH_ID, NDA_MASTER):
                attrs[_U32[number]] = U32.unpack_from(datagram[:e], s)[0]
            elif number == NDA_IFINDEX:
                via = U32.unpack_from(datagram[:e], s)[0]
                attrs["via"] = names.get(via) or f"?/#{via}"
    except (struct.error, ValueError) as error:
        raise CodecError(str(error), "NDA") from None
    return attrs


_U32 = {NDA_VNI: "vni", NDA_SRC_VNI: "src_vni", NDA_NH_ID: "nhid", NDA_MASTER: "master"}


def _header(state: int, flags: int) -> dict[str, Value]:
    """A vxlan keeps the bits as told; bridge(8) sets both for ``permanent``."""
    found: dict[str, Value] = {"state": "permanent" if state & NUD_PERMANENT or not state & NUD_NOARP else "static"}
    for bit, name in ((NTF_STICKY, "sticky"), (NTF_ROUTER, "router"), (NTF_EXT_LEARNED, "extern_learn")):
        if flags & bit:
            found[name] = True
    return found


def _told(attrs: Mapping[str, Value], index: int, state: int, links: Links) -> bool:
    """Whether somebody asked for an entry: not the bridge's for its own addresses, nor the groups that a device listens to."""
    if master := attrs.get("master"):
        return not state & NUD_PERMANENT or str(attrs["lladdr"]) not in links.own.get(int(str(master)), ())
    if "dst" in attrs or "nhid" in attrs:
        return True
    return links.kinds.get(index) not in ("bridge", "vxlan") and not may_have_many(str(attrs["lladdr"]))


def _made_along(attrs: Mapping[str, Value], index: int, links: Links) -> bool:
    """The remote of a vxlan (vxlan_newlink), or in the list of addresses of an ordinary link, where macvlans put theirs too."""
    if "dst" in attrs:
        return attrs["lladdr"] == ZERO_MAC and attrs["dst"] == links.remotes.get(index)
    return bool(attrs["self"]) and links.kinds.get(index) != "bridge" and "nhid" not in attrs


def _links(spans: list[Span]) -> Links:
    found = Links()
    for datagram, start, end in spans:
        if end - start < IFINFOMSG.size:
            raise CodecError(f"{end - start} bytes are no struct ifinfomsg")
        index = IFINFOMSG.unpack_from(datagram, start)[2]
        address, master = "", 0
        for number, s, e in walk(datagram, start + IFINFOMSG.size, end):
            if number == IFLA_ADDRESS:
                address = datagram[s:e].hex(":")
            elif number == IFLA_MASTER and e - s == 4:
                master = U32.unpack_from(datagram, s)[0]
            elif number == IFLA_LINKINFO:
                _kind(datagram, s, e, index, found)
        for bridge in (index, master):
            if bridge:
                found.own.setdefault(bridge, set()).add(address)
    return found


def _kind(datagram: bytes, start: int, end: int, index: int, found: Links) -> None:
    kind = ""
    for number, s, e in walk(datagram, start, end):
        if number == IFLA_INFO_KIND:
            kind = found.kinds[index] = datagram[s:e].rstrip(b"\0").decode(errors="replace")
        elif number == IFLA_INFO_DATA and kind == "vxlan":
            for inner, i, j in walk(datagram, s, e):
                if inner in (IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6) and j - i in (4, 16):
                    found.remotes[index] = inet_ntop(AF_INET if j - i == 4 else AF_INET6, datagram[i:j])


def encode(step: Step, fd_of: FdOf) -> list[bytes]:
    """Remotes of all-zeros and of groups are appended, the one remote of an address replaced (vxlan_fdb_update_existing)."""
    thing: Thing = step.obj
    attrs = thing.attrs
    own = bool(attrs.get("self"))
    flags = NTF_SELF if own else NTF_MASTER
    body = _body(attrs, step.args.get("indexes", {}))
    if step.verb is Verb.THING_DEL:
        return [message(RTM_DELNEIGH, 0, NDMSG.pack(AF_BRIDGE, step.index, 0, flags, 0) + body)]
    for bit, name in ((NTF_STICKY, "sticky"), (NTF_ROUTER, "router"), (NTF_EXT_LEARNED, "extern_learn")):
        flags |= bit if attrs.get(name) else 0
    # As bridge(8): vxlan_fdb_add takes entries that are permanent or reachable.
    state = NUD_NOARP | NUD_REACHABLE if attrs.get("state") == "static" else NUD_PERMANENT
    remotes = "dst" in attrs and may_have_many(str(attrs["lladdr"]))
    kind = NLM_F_CREATE | (NLM_F_APPEND if remotes else NLM_F_REPLACE)
    if own and "dst" not in attrs and "nhid" not in attrs:
        kind = NLM_F_CREATE  # macvlan_fdb_add: "Replace not supported"
    return [message(RTM_NEWNEIGH, kind, NDMSG.pack(AF_BRIDGE, step.index, state, flags, 0) + body)]


def _body(attrs: Mapping[str, Value], indexes: Mapping[str, int]) -> bytes:
    from nsmgr.kernel.inetcodec import packed

    try:
        body = attribute(NDA_LLADDR, bytes.fromhex(str(attrs["lladdr"]).replace(":", "")))
        if "dst" in attrs:
            body += attribute(NDA_DST, packed(str(attrs["dst"])))
        if "vlan" in attrs:
            body += attribute(NDA_VLAN, U16.pack(attrs["vlan"]))
        if "port" in attrs:
            body += attribute(NDA_PORT, BE16.pack(attrs["port"]))
        for number, name in ((NDA_VNI, "vni"), (NDA_SRC_VNI, "src_vni"), (NDA_NH_ID, "nhid")):
            if name in attrs:
                body += attribute(number, U32.pack(attrs[name]))
        if "via" in attrs:
            body += attribute(NDA_IFINDEX, U32.pack(indexes[str(attrs["via"])]))
    except (struct.error, ValueError, KeyError) as error:
        raise CodecError(str(error), "fdb") from None
    return body
