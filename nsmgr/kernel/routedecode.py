"""RTM_NEWROUTE payload → :class:`nsmgr.plan.state.Route`: whole routing tables, of which most differ in the destination. Pure.

A payload is walked once; of those that are the same but for the destination, only that is read (compare
:mod:`nsmgr.kernel.linklayout`).
"""

from __future__ import annotations

import sys
from _socket import AF_INET, AF_INET6, inet_ntop

from nsmgr.kernel.codec import Buffer, CodecError, walk
from nsmgr.kernel.encapcodec import decode_encap, unpack_labels
from nsmgr.kernel.inetcodec import SCOPE_NAMES
from nsmgr.kernel.metrics import decode_metrics
from nsmgr.kernel.patterns import Patterns
from nsmgr.kernel.routecodec import (
    AF_MPLS,
    FAMILY,
    PREFERENCES,
    RTA_CACHEINFO,
    RTA_DST,
    RTA_ENCAP,
    RTA_ENCAP_TYPE,
    RTA_FLOW,
    RTA_GATEWAY,
    RTA_METRICS,
    RTA_MULTIPATH,
    RTA_NEWDST,
    RTA_NH_ID,
    RTA_OIF,
    RTA_PREF,
    RTA_PREFSRC,
    RTA_PRIORITY,
    RTA_SRC,
    RTA_TABLE,
    RTA_TTL_PROPAGATE,
    RTA_VIA,
    RTM_F_CLONED,
    RTMSG,
    RTNEXTHOP,
    RTNH_F_ONLINK,
    TYPE_NAMES,
    U32,
)
from nsmgr.model.attr import Value
from nsmgr.model.words import IPV6_METRIC, NO_NEXTHOP
from nsmgr.plan.state import NextHop, Route

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_KNOWN = 1024  # payloads remembered for one mask, and next hops for one payload; then all are forgotten
_SIZES: Mapping[int, int] = {AF_INET: 4, AF_INET6: 16, AF_MPLS: 4}
_PREFERENCES: Mapping[int, str] = {number: name for name, number in PREFERENCES.items()}
_TICK = 10  # milliseconds: USER_HZ is 100


class Pattern:
    """A payload without its destination. ``place``: [start, end) of RTA_DST, or None; what then stands in ``_tail`` is all of it.

    ``attrs`` is shared by all routes of the pattern: it must not be changed.
    """

    __slots__ = ("_family", "_hops", "_indexes", "_known_hops", "_tail", "attrs", "mask", "metric", "place", "table", "tos")

    def __init__(self, payload: bytes) -> None:
        """Walk one payload of family IPv4, IPv6 or MPLS. Raises CodecError on malformed bytes."""
        family, length, src_length, tos, table, proto, scope, kind, flags = RTMSG.unpack_from(payload)
        type_name = TYPE_NAMES.get(kind) or str(kind)
        attrs: dict[str, Value] = {"type": type_name, "scope": SCOPE_NAMES.get(scope) or str(scope), "proto": proto}
        mask = bytearray(b"\xff" * len(payload))
        way = Way(bool(flags & RTNH_F_ONLINK))
        metric = 0
        ways: list[Way] | None = None
        self.place: tuple[int, int] | None = None
        self._tail = f"/{length}"
        for number, start, end in walk(payload, 12, len(payload)):
            if number == RTA_TABLE:
                table = _u32(payload, start, end)
            elif number == RTA_DST:
                _check(family, start, end)
                self.place = (start, end)
                if family != AF_MPLS:
                    mask[start:end] = bytes(end - start)
            elif number == RTA_OIF:
                way.index = _u32(payload, start, end)
            elif number == RTA_PRIORITY:
                metric = _u32(payload, start, end)
            elif number == RTA_PREFSRC:
                attrs["prefsrc"] = _ip(family, payload, start, end)
            elif number == RTA_METRICS:
                decode_metrics(payload, start, end, attrs)
            elif number == RTA_MULTIPATH:
                ways = _decode_multipath(family, payload, start, end)
            elif number == RTA_CACHEINFO:
                _decode_expires(payload, start, end, attrs, mask)
            elif not way.take(number, family, payload, start, end):
                self._tail += _decode_rest(number, family, src_length, payload, start, end, attrs)
        if "nhid" in attrs:  # what the object says is shown as well, unless net.ipv4.nexthop_compat_mode is 0
            attrs["type"] = "unicast" if type_name == "blackhole" else type_name
            ways = []
        elif type_name in NO_NEXTHOP:  # IPv6 reports lo there
            ways = []
        elif ways is None:
            ways = [way] if way.via or way.index else []
        self._hops = [way.hop() for way in ways]
        self._indexes = [way.index for way in ways]
        for way in ways:
            self._indexes += way.links()
        self._known_hops: dict[tuple[str, ...], tuple[NextHop, ...]] = {}
        self._family, self.table, self.tos, self.attrs = family, table, tos, attrs
        if family == AF_MPLS:  # labels are few: each is a pattern of its own
            self._tail, self.place = _label(payload, 0, self.place), None
        elif self.place is None:
            self._tail = ("0.0.0.0" if family == AF_INET else "::") + self._tail
        self.metric = metric or (IPV6_METRIC if family == AF_INET6 else 0)
        self.mask = int.from_bytes(mask, "little")

    def read(self, buf: Buffer, start: int, names: Mapping[int, str]) -> Route:
        """The route in a payload of this pattern that begins at ``start``."""
        devices = tuple([(names.get(index) or f"?/#{index}") if index else "" for index in self._indexes])
        hops = self._known_hops.get(devices)
        if hops is None:
            if len(self._known_hops) == MAX_KNOWN:
                self._known_hops.clear()
            hops = self._name(devices)
            self._known_hops[devices] = hops
        if self.place is None:
            return Route(self._tail, self.table, self.metric, self.tos, hops, self.attrs)
        to = inet_ntop(self._family, buf[start + self.place[0] : start + self.place[1]])
        return Route(to + self._tail, self.table, self.metric, self.tos, hops, self.attrs)

    def _name(self, devices: tuple[str, ...]) -> tuple[NextHop, ...]:
        """The next hops with names. ``devices`` are theirs in their order, then those that encapsulations speak of."""
        hops = self._hops
        named = []
        for (via, weight, onlink, encap, labels), device in zip(hops, devices, strict=False):
            if len(devices) > len(hops) and "#" in encap:
                names = dict(zip(self._indexes, devices, strict=True))
                encap = " ".join([names[int(word[1:])] if word[0] == "#" else word for word in encap.split(" ")])
            named.append(NextHop(via, device, weight, onlink, encap, labels))
        return tuple(named)


class RouteDecoder:
    """Remembers the patterns it has met."""

    def __init__(self) -> None:
        self._patterns = Patterns(MAX_KNOWN)

    def __call__(self, buf: Buffer, start: int, end: int, names: Mapping[int, str]) -> Route | None:
        """One route from the payload of an RTM_NEWROUTE; None for cached (cloned) entries and other families.

        ``attrs``, not to be changed: type, scope, proto (int) always; prefsrc, nhid, the metrics (mtu, advmss, …) and what few
        routes have where set. A route with a next hop object has no next hops of its own, and neither have types that discard.
        A device not in ``names`` (index → name) is ``?/#<index>``. Raises CodecError on malformed bytes.
        """
        if end - start < 12:
            raise CodecError(f"{end - start} bytes are no struct rtmsg")
        payload = int.from_bytes(buf[start:end], "little")
        pattern: Pattern | None = self._patterns.find(end - start, payload)
        if pattern is None:
            if buf[start] not in _SIZES or U32.unpack_from(buf, start + 8)[0] & RTM_F_CLONED:
                return None
            pattern = Pattern(bytes(buf[start:end]))
            self._patterns.add(end - start, payload, pattern.mask, pattern)
        return pattern.read(buf, start, names)


decode_route = RouteDecoder()


def _u32(buf: Buffer, start: int, end: int) -> int:
    if end - start != 4:
        raise CodecError(f"{end - start} bytes where 4 belong")
    found: int = U32.unpack_from(buf, start)[0]
    return found


def _check(family: int, start: int, end: int) -> None:
    if end - start != _SIZES[family]:
        raise CodecError(f"{end - start} bytes are no address of family {family}")


def _ip(family: int, buf: Buffer, start: int, end: int) -> str:
    _check(family, start, end)
    if family == AF_MPLS:
        raise CodecError("an address of no family: MPLS routes have RTA_VIA")
    return inet_ntop(family, buf[start:end])


def _via(buf: Buffer, start: int, end: int) -> str:
    """struct rtvia."""
    if end - start < 2:
        raise CodecError(f"{end - start} bytes are no struct rtvia")
    family: int = FAMILY.unpack_from(buf, start)[0]
    if family not in (AF_INET, AF_INET6):
        return f"?/{bytes(buf[start + 2 : end]).hex()}"
    return _ip(family, buf, start + 2, end)


def _label(buf: Buffer, start: int, place: tuple[int, int] | None) -> str:
    if place is None:
        raise CodecError("an MPLS route without a label", "RTA_DST")
    (label,) = unpack_labels(buf, start + place[0], start + place[1])
    return f"mpls {label}"


def _decode_expires(buf: Buffer, start: int, end: int, attrs: dict[str, Value], mask: bytearray) -> None:
    """struct rta_cacheinfo: of interest is rta_expires. The rest counts uses, and time since."""
    if end - start < 12:
        raise CodecError(f"{end - start} bytes are no struct rta_cacheinfo")
    mask[start : start + 8] = bytes(8)
    mask[start + 12 : end] = bytes(end - start - 12)
    ticks = int.from_bytes(buf[start + 8 : start + 12], sys.byteorder, signed=True)
    if ticks:
        attrs["expires"] = max(ticks, 0) * _TICK


def _decode_rest(number: int, family: int, src_length: int, buf: Buffer, start: int, end: int, attrs: dict[str, Value]) -> str:
    """Attributes that few routes have; returns what belongs to the destination."""
    if number == RTA_SRC:
        return f" from {_ip(family, buf, start, end)}/{src_length}"
    if number == RTA_NH_ID:
        attrs["nhid"] = _u32(buf, start, end)
    elif number == RTA_FLOW:
        attrs["realms"] = _u32(buf, start, end)
    elif number == RTA_PREF and end > start:
        if buf[start]:  # medium is not said: every IPv6 route has it
            attrs["pref"] = _PREFERENCES.get(buf[start]) or str(buf[start])
    elif number == RTA_TTL_PROPAGATE and end > start:
        attrs["ttl_propagate"] = bool(buf[start])
    return ""


class Way:
    """One next hop while it is read."""

    __slots__ = ("_encap", "_encap_type", "_labels", "_onlink", "_weight", "index", "via")

    def __init__(self, onlink: bool, index: int = 0, weight: int = 1) -> None:
        self.index, self.via, self._weight, self._onlink = index, "", weight, onlink
        self._encap_type, self._encap, self._labels = 0, b"", ""

    def take(self, number: int, family: int, buf: Buffer, start: int, end: int) -> bool:
        """Whether the attribute is a next hop's."""
        if number == RTA_GATEWAY:
            self.via = _ip(family, buf, start, end)
        elif number == RTA_VIA:
            self.via = _via(buf, start, end)
        elif number == RTA_ENCAP_TYPE and end - start == 2:
            (self._encap_type,) = FAMILY.unpack_from(buf, start)
        elif number == RTA_ENCAP:
            self._encap = bytes(buf[start:end])
        elif number == RTA_NEWDST:
            # An IPv6 address where a device rewrites destinations; only label stacks are the configuration's.
            self._labels = "/".join(map(str, unpack_labels(buf, start, end))) if family == AF_MPLS else ""
        else:
            return False
        return True

    def hop(self) -> tuple[str, int, bool, str, str]:
        """Gateway, weight, onlink, encapsulation, labels."""
        encap = ""
        if self._encap_type:
            encap = decode_encap(self._encap_type, self._encap, 0, len(self._encap))
        return self.via, self._weight, self._onlink, encap, self._labels

    def links(self) -> list[int]:
        """Indexes of the links that the encapsulation speaks of."""
        if not self._encap_type:
            return []
        return [int(word[1:]) for word in self.hop()[3].split(" ") if word[0] == "#"]


def _decode_multipath(family: int, buf: Buffer, start: int, end: int) -> list[Way]:
    """An array of struct rtnexthop, each followed by attributes within its length."""
    ways: list[Way] = []
    while start < end:
        length, flags, weight, index = RTNEXTHOP.unpack_from(buf, start) if end - start >= 8 else (0, 0, 0, 0)
        stop = start + length
        if length < 8 or stop > end:
            raise CodecError("malformed struct rtnexthop", "RTA_MULTIPATH")
        way = Way(bool(flags & RTNH_F_ONLINK), index, weight + 1)
        for number, s, e in walk(buf, start + 8, stop):
            way.take(number, family, buf, s, e)
        ways.append(way)
        start = (stop + 3) & ~3
    return ways
