"""RTM_NEWLINK payload → :class:`nsmgr.plan.state.Link`. The hot path of every observe: one walk, no object per attribute."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from socket import AF_INET6
from typing import Any

from nsmgr.kernel import schema
from nsmgr.kernel.codec import HEAD, Buffer, CodecError, walk
from nsmgr.kernel.linkcodec import IFINFOMSG, KindCodec, kind_codec
from nsmgr.model.base import Value
from nsmgr.plan.state import Link

ARPHRD_LOOPBACK = 772  # linux/if_arp.h
IFLA_IFNAME, IFLA_LINK, IFLA_LINKINFO, IFLA_AF_SPEC, IFLA_LINK_NETNSID, IFLA_PROP_LIST = 3, 5, 18, 26, 37, 52  # linux/if_link.h
IFLA_INFO_KIND, IFLA_INFO_DATA, IFLA_TUN_TYPE = 1, 2, 3
_TUN_KINDS = {1: "tun", 2: "tap"}  # IFLA_TUN_TYPE: IFF_TUN, IFF_TAP of linux/if_tun.h; the driver's kind is "tun" for both

# Made by the module itself in every namespace (net.core.fb_tunnels_only_for_init_net=0); rtnl_delete_link refuses them.
_FALLBACK = {
    "sit0": "sit", "tunl0": "ipip", "gre0": "gre", "gretap0": "gretap", "erspan0": "erspan", "ip_vti0": "vti", "ip6_vti0": "vti6",
    "ip6tnl0": "ip6tnl", "ip6gre0": "ip6gre",
}  # fmt: skip


def _decoder() -> Callable[[Buffer, int, int], Link]:
    """The rows every link has, bound once: each attribute of a message costs one dict look-up."""
    base = kind_codec("")
    table = schema.link_table()
    known: dict[int, tuple[Any, Any]] = dict(base.top)
    for number in (IFLA_IFNAME, IFLA_LINK, IFLA_LINKINFO, IFLA_AF_SPEC, IFLA_LINK_NETNSID, IFLA_PROP_LIST):
        known[number] = (None, None)
    get = known.get
    head = HEAD.unpack_from
    header = IFINFOMSG.unpack_from
    read_name = table.by_name["IFLA_IFNAME"].decode
    read_link = table.by_name["IFLA_LINK"].decode
    read_nsid = table.by_name["IFLA_LINK_NETNSID"].decode
    altnames = table.by_name["IFLA_PROP_LIST"].decode
    absent = base.absent

    def decode_link(buf: Buffer, start: int, end: int) -> Link:
        """One link from the payload (struct ifinfomsg and attributes) of an RTM_NEWLINK.

        ``attrs`` are canonical by the rows of its kind, except that references (``controller``, ``parent`` …) are
        interface indexes still; a reference to nothing is missing. Raises CodecError on malformed bytes.
        """
        if end - start < 16:
            raise CodecError(f"{end - start} bytes are no struct ifinfomsg")
        _, hardware, index, flags, _ = header(buf, start)
        attrs: dict[str, Value] = dict(absent)
        name = ""
        link_index, link_netnsid = 0, -1
        names: tuple[str, ...] = ()
        info = spec = None
        position = start + 16
        while position < end:
            if end - position < 4:
                raise CodecError(f"{end - position} stray bytes after the last attribute")
            length, number = head(buf, position)
            stop = position + length
            if length < 4 or stop > end:
                raise CodecError(f"attribute {number & 0x3FFF} claims {length} bytes of {end - position}")
            entry = get(number & 0x3FFF)
            if entry is not None:
                row, decode = entry
                if row is not None:
                    attrs[row] = decode(buf, position + 4, stop)
                elif number == IFLA_IFNAME:
                    name = read_name(buf, position + 4, stop)
                elif number == IFLA_LINKINFO:
                    info = (position + 4, stop)
                else:
                    number &= 0x3FFF
                    if number == IFLA_AF_SPEC:
                        spec = (position + 4, stop)
                    elif number == IFLA_LINK:
                        link_index = read_link(buf, position + 4, stop)
                    elif number == IFLA_LINK_NETNSID:
                        link_netnsid = read_nsid(buf, position + 4, stop)
                    elif number == IFLA_PROP_LIST:
                        names = altnames(buf, position + 4, stop)
                    else:
                        info = (position + 4, stop)
            position = (stop + 3) & ~3
        kind, data = _info(buf, *info) if info is not None else ("lo" if hardware == ARPHRD_LOOPBACK else "", None)
        codec = kind_codec(kind)
        if codec.redefines:
            _again(codec, buf, start + 16, end, attrs)
        attrs.update(codec.flag_values.get(flags) or codec.flags_to_attrs(flags))
        if link_index and codec.parent_from_link:
            attrs[codec.parent_from_link] = link_index
        if data is not None and codec.data:
            codec.decode_data(buf, *data, attrs)
        if spec is not None:
            _inet6(codec, buf, *spec, attrs)
        for row, value in codec.more_absent:
            attrs.setdefault(row, value)
        for ref in codec.refs:
            if ref in attrs and not attrs[ref]:
                del attrs[ref]
        return Link(
            name, kind, index, attrs, names, flags, link_index, link_netnsid, kind == "lo" or _FALLBACK.get(name) == kind != ""
        )

    return decode_link


def _info(buf: Buffer, start: int, end: int) -> tuple[str, tuple[int, int] | None]:
    """IFLA_LINKINFO → (kind as nsmgr calls it, span of IFLA_INFO_DATA)."""
    kind, data = "", None
    for number, s, e in walk(buf, start, end):
        if number == IFLA_INFO_KIND:
            kind = str(buf[s:e], "utf-8", "surrogateescape").rstrip("\0")
        elif number == IFLA_INFO_DATA:
            data = (s, e)
    if kind == "tun" and data is not None:
        for number, s, e in walk(buf, *data):
            if number == IFLA_TUN_TYPE and e > s:
                kind = _TUN_KINDS.get(buf[s], kind)
    return kind, data


def _again(codec: KindCodec, buf: Buffer, start: int, end: int, attrs: dict[str, Value]) -> None:
    """Read anew what this kind's rows say differently from every link's, and forget what they do not have."""
    attrs.update(codec.absent)
    for name in codec.redefines - codec.absent.keys():
        attrs.pop(name, None)
    for number, s, e in walk(buf, start, end):
        entry = codec.top.get(number)
        if entry is not None and entry[0] in codec.redefines:
            attrs[entry[0]] = entry[1](buf, s, e)


def _inet6(codec: KindCodec, buf: Buffer, start: int, end: int, attrs: dict[str, Value]) -> None:
    """IFLA_AF_SPEC/AF_INET6; absent where IPv6 is off for the device."""
    get = codec.inet6.get
    head = HEAD.unpack_from
    for family, s, e in walk(buf, start, end):
        if family == AF_INET6:
            while s < e:
                length, number = head(buf, s) if e - s >= 4 else (0, 0)
                if length < 4 or s + length > e:
                    raise CodecError("malformed attribute", "IFLA_AF_SPEC.AF_INET6")
                entry = get(number & 0x3FFF)
                if entry is not None:
                    attrs[entry[0]] = entry[1](buf, s + 4, s + length)
                s += (length + 3) & ~3


@cache
def link_decoder() -> Callable[[Buffer, int, int], Link]:
    """The compiled :func:`decode_link`; made on first use because it loads the schema."""
    return _decoder()
