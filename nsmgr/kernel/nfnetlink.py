"""What the kernel holds of nftables, over NETLINK_NETFILTER: each table as bytes that are equal when two tables mean the same.

Left out is what differs between two loads of one file (nf_tables_api.c): handles, use counts, positions, counters, and the elements
of sets that fill by themselves. Where order means nothing (chains, sets, elements) it is sorted away; rules stay in theirs.
"""

from __future__ import annotations

import errno
import struct

from nsmgr.errors import KernelError
from nsmgr.kernel.payload import Understood, attribute, walk
from nsmgr.kernel.rtnl import RtnlSocket
from nsmgr.kernel.wire import NLM_F_DUMP, message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import ClassVar

NETLINK_NETFILTER = 12  # linux/netlink.h
NFNL_SUBSYS_NFTABLES = 10  # linux/netfilter/nfnetlink.h
NFGENMSG = struct.Struct("=BBH")  # family, version, resource id
GETTABLE, GETCHAIN, GETRULE, GETSET, GETSETELEM, GETOBJ, GETFLOWTABLE = 1, 4, 7, 10, 13, 19, 23  # enum nf_tables_msg_types
FAMILIES = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}  # NFPROTO_*
NAME_OF: dict[int, int] = {GETTABLE: 1, GETCHAIN: 3, GETRULE: 2, GETSET: 2, GETOBJ: 2, GETFLOWTABLE: 2}  # of a rule: its chain
# NFTA_*_HANDLE, _USE, _COUNTERS, _POSITION, _COUNT, _ID; and _PAD, which nla_put_64bit puts where the alignment wants it
VOLATILE: dict[int, frozenset[int]] = {
    GETTABLE: frozenset((3, 4, 5)),
    GETCHAIN: frozenset((2, 6, 8, 9, 11)),
    GETRULE: frozenset((3, 6, 8, 9)),
    GETSET: frozenset((10, 14, 16, 20)),
    GETOBJ: frozenset((5, 6, 7)),
    GETFLOWTABLE: frozenset((4, 5, 6)),
}
PADDED = {b"limit": 6}  # expression → its NFTA_*_PAD
NFTA_RULE_EXPRESSIONS, NFTA_SET_FLAGS, NFTA_SET_EXPR, NFTA_SET_EXPRESSIONS = 4, 3, 17, 18
NFTA_OBJ_TYPE, NFTA_OBJ_DATA = 3, 4
NFTA_EXPR_NAME, NFTA_EXPR_DATA = 1, 2
NFTA_SET_ELEM_LIST_TABLE, NFTA_SET_ELEM_LIST_SET, NFTA_SET_ELEM_LIST_ELEMENTS = 1, 2, 3
NFTA_SET_ELEM_EXPIRATION, NFTA_SET_ELEM_EXPR, NFTA_SET_ELEM_PAD, NFTA_SET_ELEM_EXPRESSIONS = 5, 7, 8, 11
NFT_SET_TIMEOUT, NFT_SET_EVAL = 0x10, 0x20
COUNTING_OBJECTS = (1, 2)  # NFT_OBJECT_COUNTER, NFT_OBJECT_QUOTA
COUNTING = (b"counter", b"quota", b"last", b"connlimit")  # expressions whose data is a state

_ELEMENT_VOLATILE = (NFTA_SET_ELEM_EXPIRATION, NFTA_SET_ELEM_PAD)

Table = tuple[bytes, ...]


class NftSocket(RtnlSocket):
    """A socket of the namespace the calling thread is in."""

    PROTOCOL: ClassVar[int] = NETLINK_NETFILTER
    __slots__ = ()


def tables(socket: NftSocket) -> dict[str, Table]:
    """``inet filter`` → what is in it. A kernel without nftables has none."""
    with Understood("nftables"):
        return _tables(socket)


def _tables(socket: NftSocket) -> dict[str, Table]:
    found: dict[str, list[bytes]] = {}
    rules: dict[str, list[bytes]] = {}
    sets: list[tuple[int, bytes, bytes]] = []
    for kind in (GETTABLE, GETCHAIN, GETSET, GETRULE, GETOBJ, GETFLOWTABLE):
        try:
            spans = socket.dump_spans(_request(kind))
        except KernelError as error:
            if error.errno in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOENT, errno.EPROTONOSUPPORT):
                continue
            raise
        for datagram, start, end in spans:
            family = datagram[start]
            attrs = [(number, datagram[s:e]) for number, s, e in walk(datagram, start + NFGENMSG.size, end)]
            values = dict(attrs)
            key = f"{FAMILIES.get(family, family)} {values[1].rstrip(bytes(1)).decode(errors='replace')}"
            if kind == GETSET:
                sets.append((family, values[1], values[2]))
                if _fills_itself(values):
                    sets.pop()
            item = bytes([kind]) + values[NAME_OF[kind]] + b"".join(_attributes(kind, attrs))
            (rules if kind == GETRULE else found).setdefault(key, []).append(item)
    for family, table, name in sets:
        key = f"{FAMILIES.get(family, family)} {table.rstrip(bytes(1)).decode(errors='replace')}"
        found[key].append(bytes([GETSETELEM]) + name + b"".join(sorted(_elements(socket, family, table, name))))
    return {key: (*sorted(items), *sorted(rules.get(key, ()), key=_chain)) for key, items in found.items()}


def _chain(rule: bytes) -> bytes:
    """Rules of a chain stay in their order, for sorting is stable."""
    return rule[: rule.index(0)]


def _request(kind: int, family: int = 0, body: bytes = b"") -> bytes:
    return message(NFNL_SUBSYS_NFTABLES << 8 | kind, NLM_F_DUMP, NFGENMSG.pack(family, 0, 0) + body)


def _fills_itself(values: dict[int, bytes]) -> bool:
    flags = int.from_bytes(values.get(NFTA_SET_FLAGS, b""), "big")
    return bool(flags & (NFT_SET_TIMEOUT | NFT_SET_EVAL))


def _attributes(kind: int, attrs: list[tuple[int, bytes]]) -> Iterator[bytes]:
    """The attributes of an object that say what it is."""
    counts = kind == GETOBJ and int.from_bytes(dict(attrs).get(NFTA_OBJ_TYPE, b""), "big") in COUNTING_OBJECTS
    for number, value in attrs:
        if number in VOLATILE[kind] or (counts and number == NFTA_OBJ_DATA):
            continue
        if (kind == GETRULE and number == NFTA_RULE_EXPRESSIONS) or (kind == GETSET and number == NFTA_SET_EXPRESSIONS):
            value = b"".join(attribute(1, _expression(value[s:e])) for _, s, e in walk(value, 0, len(value)))
        elif kind == GETSET and number == NFTA_SET_EXPR:
            value = _expression(value)
        yield attribute(number, value)


def _expression(value: bytes) -> bytes:
    """One expression; of those that count only the name."""
    parts = {number: value[s:e] for number, s, e in walk(value, 0, len(value))}
    name = parts.get(NFTA_EXPR_NAME, b"").rstrip(bytes(1))
    if name in COUNTING:
        return name
    pad = PADDED.get(name)
    data = parts.get(NFTA_EXPR_DATA)
    if pad is None or data is None:
        return value
    return name + b"".join(attribute(number, data[s:e]) for number, s, e in walk(data, 0, len(data)) if number != pad)


def _elements(socket: NftSocket, family: int, table: bytes, name: bytes) -> Iterator[bytes]:
    body = attribute(NFTA_SET_ELEM_LIST_TABLE, table) + attribute(NFTA_SET_ELEM_LIST_SET, name)
    for datagram, start, end in socket.dump_spans(_request(GETSETELEM, family, body)):
        for number, s, e in walk(datagram, start + NFGENMSG.size, end):
            if number != NFTA_SET_ELEM_LIST_ELEMENTS:
                continue
            for _, first, last in walk(datagram, s, e):
                parts = [(attr, datagram[a:b]) for attr, a, b in walk(datagram, first, last)]
                yield b"".join(attribute(attr, _element_part(attr, v)) for attr, v in parts if attr not in _ELEMENT_VOLATILE)


def _element_part(number: int, value: bytes) -> bytes:
    if number == NFTA_SET_ELEM_EXPR:
        return _expression(value)
    if number == NFTA_SET_ELEM_EXPRESSIONS:
        return b"".join(attribute(1, _expression(value[s:e])) for _, s, e in walk(value, 0, len(value)))
    return value
