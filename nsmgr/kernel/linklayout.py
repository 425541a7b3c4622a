"""Where in an RTM_NEWLINK payload the rows' values are, learnt once and then read by one struct.

The kernel writes the same attributes in the same order for every link of a kind, and lengths differ only with texts. So a
payload is walked once; what the walk depended on (lengths, numbers, the kind) is kept as a mask over the whole payload. A
payload of the same size that agrees under the mask would be walked the same way: its values are at the same places.
"""

from __future__ import annotations

import struct
from _operator import itemgetter
from _socket import AF_INET6

from nsmgr.kernel import schema
from nsmgr.kernel.codec import Buffer, CodecError, Decoder, walk
from nsmgr.kernel.linkcodec import IFINFOMSG, Known, Reader, kind_codec
from nsmgr.light import cache
from nsmgr.model.attr import Value
from nsmgr.plan.state import Link

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypeVar

    T = TypeVar("T")

SHORT = 24  # bytes: up to here a payload is looked up, beyond it is rather a text
MAX_KNOWN = 256  # sets of values remembered for a layout; then all are forgotten

ARPHRD_LOOPBACK = 772  # linux/if_arp.h
IFLA_IFNAME, IFLA_LINK, IFLA_LINKINFO, IFLA_AF_SPEC, IFLA_LINK_NETNSID, IFLA_PROP_LIST = 3, 5, 18, 26, 37, 52  # linux/if_link.h
IFLA_PARENT_DEV_NAME, IFLA_PARENT_DEV_BUS_NAME = 56, 57
IFLA_INFO_KIND, IFLA_INFO_DATA, IFLA_INFO_SLAVE_KIND, IFLA_INFO_SLAVE_DATA, IFLA_TUN_TYPE = 1, 2, 4, 5, 3
_TUN_KINDS = {1: "tun", 2: "tap"}  # IFLA_TUN_TYPE: IFF_TUN, IFF_TAP of linux/if_tun.h; the driver's kind is "tun" for both

# Kinds of which rtnetlink makes no link: the devices of a driver, which only move and come home (can_link_ops, dsa_user_link_ops).
_DEVICES = frozenset({"can", "dsa"})

# Made by the module itself in every namespace (net.core.fb_tunnels_only_for_init_net=0); rtnl_delete_link refuses them.
_FALLBACK = {
    "sit0": "sit", "tunl0": "ipip", "gre0": "gre", "gretap0": "gretap", "erspan0": "erspan", "ip_vti0": "vti", "ip6_vti0": "vti6",
    "ip6tnl0": "ip6tnl", "ip6gre0": "ip6gre",
}  # fmt: skip


class Layout:
    """The walk over one payload, its offsets relative to the payload's start, for all payloads that are alike.

    A payload of ``size`` bytes is alike if, as a little-endian number, it is ``fixed`` under ``mask``. Two alike payloads that
    are the same under ``read_mask`` mean the same link: what is outside of it (counters, timers, what no row names) is not read.
    """

    def __init__(self, buf: Buffer, start: int, end: int) -> None:
        """Learn from one payload. Raises CodecError on malformed bytes."""
        if end - start < 16:
            raise CodecError(f"{end - start} bytes are no struct ifinfomsg")
        payload = bytes(buf[start:end])
        mask = bytearray(len(payload))
        mask[2:4] = b"\xff\xff"  # ifi_type tells lo from a device whose driver has no name
        top = _spans(payload, 16, len(payload), mask)
        own = {number: (s, e) for number, s, e in top}
        hardware: int = IFINFOMSG.unpack_from(payload)[1]
        kind, info = _info(payload, own[IFLA_LINKINFO], mask) if IFLA_LINKINFO in own else ("", {})
        data = info.get(IFLA_INFO_DATA)
        # Of a port: its controller's kind and the options it has there. Nothing of it is read unless asked for.
        both = IFLA_INFO_SLAVE_KIND in info and IFLA_INFO_SLAVE_DATA in info
        self._port = (info[IFLA_INFO_SLAVE_KIND], info[IFLA_INFO_SLAVE_DATA]) if both else ()
        self.kind = kind or ("lo" if IFLA_LINKINFO not in own and hardware == ARPHRD_LOOPBACK else "")
        codec = self.codec = kind_codec(self.kind)
        found = [(codec.top[number], s, e) for number, s, e in top if number in codec.top]
        if data is not None and codec.data:
            found += [(codec.data[number], s, e) for number, s, e in _spans(payload, *data, mask) if number in codec.data]
        if IFLA_AF_SPEC in own:
            for family, first, last in _spans(payload, *own[IFLA_AF_SPEC], mask):
                if family == AF_INET6:  # absent where IPv6 is off for the device
                    inner = _spans(payload, first, last, mask)
                    found += [(codec.inet6[number], s, e) for number, s, e in inner if number in codec.inet6]
        self._sort(found)
        self._name, self._altnames = own.get(IFLA_IFNAME), own.get(IFLA_PROP_LIST)
        self._link, self._netnsid = _four(own, IFLA_LINK), _four(own, IFLA_LINK_NETNSID)
        self.size = len(payload)
        self.mask = int.from_bytes(mask, "little")
        self.fixed = int.from_bytes(payload, "little") & self.mask
        hardware_addresses = {s for s, _, _ in self._macs_at}
        common = _covering(self.size, [(8, 12), *((s, e) for _, s, e in found if s not in hardware_addresses)])
        self._common = self.mask | common
        alone = (IFLA_IFNAME, IFLA_PROP_LIST, IFLA_LINK, IFLA_LINK_NETNSID, IFLA_PARENT_DEV_NAME, IFLA_PARENT_DEV_BUS_NAME)
        spans = [(0, 12), *((s, e) for _, s, e in found), *(own[number] for number in alone if number in own)]
        self.read_mask = self.mask | _covering(self.size, spans)
        self.port_mask = self.read_mask | _covering(self.size, self._port)
        self._known_attrs: dict[object, dict[str, Value]] = {}

    def _sort(self, found: Iterable[tuple[Reader, int, int]]) -> None:
        """Numbers, hardware addresses and short payloads are read many at a time by structs, long ones one by one."""
        plain: list[tuple[int, str, str]] = []
        macs: list[tuple[int, str, str]] = []
        known: list[tuple[int, str, tuple[str, Known]]] = []
        bits: list[tuple[int, str, Known]] = []
        gates: list[tuple[int, str, Known]] = []
        self._others: list[tuple[str, Decoder, int, int]] = []
        for reader, s, e in found:
            form, size = reader.form, e - s
            if form == "lladdr" and size:
                macs.append((s, f"{size}s", reader.name))
            elif len(form) == 1 and struct.calcsize(f"={form}") == size:
                plain.append((s, form, reader.name))
            elif not reader.name:
                (gates if reader.overrides else bits).append((s, f"{size}s", reader.known))
            elif size <= SHORT:
                known.append((s, f"{size}s", (reader.name, reader.known)))
            else:
                self._others.append((reader.name, reader.decode, s, e))
        self._plain, self._read_plain = _struct(plain)
        self._macs_at = macs
        self._macs, self._read_macs = _struct(macs)
        self._known, self._read_known = _struct(known)
        self._bits, self._read_bits = _struct(bits)
        self._gates, self._read_gates = _struct(gates)
        self._refs = [name for name in self._plain if name in self.codec.refs]

    def read(self, buf: Buffer, start: int, payload: int, wanted: frozenset[str] | None = None, *, ports: bool = False) -> Link:
        """The link in an alike payload that begins at ``start``. Raises CodecError for a value that does not follow its format.

        Args:
            payload: the payload as a little-endian number.
            wanted: the rows that shall be in ``attrs``, beside references; None = all.
            ports: with what the link is told as a port.
        """
        _, _, index, flags, _ = _header(buf, start)
        codec = self.codec
        common = payload & self._common if wanted is None else (payload & self._common, wanted)
        known = self._known_attrs.get(common)
        if known is None:
            known = self._values(buf, start, flags)
            if wanted is not None:
                known = {name: value for name, value in known.items() if name in wanted or name in codec.refs}
            if len(self._known_attrs) == MAX_KNOWN:
                self._known_attrs.clear()
            self._known_attrs[common] = known
        attrs = known.copy()
        for name, raw in zip(self._macs, self._read_macs(buf, start), strict=True):
            if wanted is None or name in wanted:
                attrs[name] = raw.hex(":")
        link_index: int = _u32(buf, start + self._link)[0] if self._link else 0
        if link_index and codec.parent_from_link:
            attrs[codec.parent_from_link] = link_index
        netnsid: int = _s32(buf, start + self._netnsid)[0] if self._netnsid else -1
        name = _text("IFLA_IFNAME")(buf, start + self._name[0], start + self._name[1]) if self._name else ""
        altnames = _text("IFLA_PROP_LIST")(buf, start + self._altnames[0], start + self._altnames[1]) if self._altnames else ()
        kind = self.kind
        fallback = kind == "lo" or _FALLBACK.get(name) == kind != ""
        link = Link(name, kind, index, attrs, altnames, flags, link_index, netnsid, fallback)
        if ports and self._port:
            from nsmgr.kernel.portcodec import decode_port

            (a, b), (c, d) = self._port
            link.port_kind, options = decode_port(buf, (start + a, start + b), (start + c, start + d), wanted)
            attrs.update(options)
        return link

    def _values(self, buf: Buffer, start: int, flags: int) -> dict[str, Value]:
        """What the rows say but hardware addresses, which have their places in it: links of one make differ in nothing else."""
        codec = self.codec
        attrs = codec.absent.copy()
        attrs.update(zip(self._plain, self._read_plain(buf, start), strict=True))
        attrs.update(dict.fromkeys(self._macs, ""))
        for (name, known), raw in zip(self._known, self._read_known(buf, start), strict=True):
            attrs[name] = known[raw]
        for known, raw in zip(self._bits, self._read_bits(buf, start), strict=True):
            attrs.update(known[raw])
        for name, decode, s, e in self._others:
            attrs[name] = decode(buf, start + s, start + e)
        for known, raw in zip(self._gates, self._read_gates(buf, start), strict=True):
            attrs.update(known[raw])
        for name in self._refs:
            if not attrs[name]:
                del attrs[name]
        attrs.update(codec.flag_values.get(flags) or codec.flags_to_attrs(flags))
        return attrs


_header = IFINFOMSG.unpack_from
_u32, _s32 = struct.Struct("=I").unpack_from, struct.Struct("=i").unpack_from


def _covering(size: int, spans: Iterable[tuple[int, int]]) -> int:
    """A mask of ``size`` bytes over these [start, end)."""
    mask = bytearray(size)
    for start, end in spans:
        mask[start:end] = b"\xff" * (end - start)
    return int.from_bytes(mask, "little")


@cache
def _text(name: str) -> Decoder:
    return schema.link_table().by_name[name].decode


def _four(own: Mapping[int, tuple[int, int]], number: int) -> int:
    """Where a four-byte attribute is, 0 = absent."""
    start, end = own.get(number, (0, 4))
    if end - start != 4:
        raise CodecError(f"{end - start} bytes where 4 belong", schema.link_table().by_number[number].name)
    return start


def _struct(places: list[tuple[int, str, T]]) -> tuple[tuple[T, ...], Callable[[Buffer, int], tuple[Any, ...]]]:
    """What each value is, and the reader of all of them. An attribute that is there twice: the later one comes later."""
    places.sort(key=itemgetter(0))
    words, position = ["="], 0
    for at, form, _ in places:
        words.append(f"{at - position}x{form}")
        position = at + struct.calcsize(f"={form}")
    return tuple([what for _, _, what in places]), struct.Struct("".join(words)).unpack_from


def _spans(buf: bytes, start: int, end: int, mask: bytearray) -> list[tuple[int, int, int]]:
    """:func:`~nsmgr.kernel.codec.walk`, with all that steers it put into the mask."""
    found = []
    for span in walk(buf, start, end):
        mask[span[1] - 4 : span[1]] = b"\xff\xff\xff\xff"
        found.append(span)
    return found


def _info(buf: bytes, span: tuple[int, int], mask: bytearray) -> tuple[str, dict[int, tuple[int, int]]]:
    """IFLA_LINKINFO → (kind as nsmgr calls it, spans of what is in it)."""
    kind = ""
    found = {number: (s, e) for number, s, e in _spans(buf, *span, mask)}
    if IFLA_INFO_KIND in found:
        s, e = found[IFLA_INFO_KIND]
        kind = str(buf[s:e], "utf-8", "surrogateescape").rstrip("\0")
        mask[s:e] = b"\xff" * (e - s)
    if kind in _DEVICES:
        return "", {number: place for number, place in found.items() if number != IFLA_INFO_DATA}
    data = found.get(IFLA_INFO_DATA)
    if kind == "tun" and data is not None:
        for number, s, e in _spans(buf, *data, mask):
            if number == IFLA_TUN_TYPE and e > s:
                kind = _TUN_KINDS.get(buf[s], kind)
                mask[s] = 0xFF
    return kind, found
