"""RTM_NEWROUTE payload → :class:`nsmgr.plan.state.Route`: whole routing tables, of which most differ in the destination. Pure.

A payload is walked once; of those that are the same but for the destination, only that is read (compare
:mod:`nsmgr.kernel.linklayout`).
"""

from __future__ import annotations

from _socket import AF_INET, AF_INET6, inet_ntop

from nsmgr.kernel.codec import Buffer, CodecError, walk
from nsmgr.kernel.inetcodec import SCOPE_NAMES
from nsmgr.kernel.patterns import Patterns
from nsmgr.kernel.routecodec import (
    FAMILY,
    RTA_DST,
    RTA_GATEWAY,
    RTA_METRICS,
    RTA_MULTIPATH,
    RTA_NH_ID,
    RTA_OIF,
    RTA_PREFSRC,
    RTA_PRIORITY,
    RTA_TABLE,
    RTA_VIA,
    RTM_F_CLONED,
    RTMSG,
    RTNEXTHOP,
    RTNH_F_ONLINK,
    TYPE_NAMES,
    U32,
    metric_names,
)
from nsmgr.model.attr import Value
from nsmgr.model.words import IPV6_METRIC, NO_NEXTHOP
from nsmgr.plan.state import NextHop, Route

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_KNOWN = 1024  # payloads remembered for one mask, and next hops for one payload; then all are forgotten
RTA_CACHEINFO = 12  # linux/rtnetlink.h: counts down where a route expires, and nothing of it is read
_SIZES: Mapping[int, int] = {AF_INET: 4, AF_INET6: 16}


class Pattern:
    """A payload without its destination. ``place``: [start, end) of RTA_DST, or None.

    ``attrs`` is shared by all routes of the pattern: it must not be changed.
    """

    __slots__ = ("_family", "_hops", "_indexes", "_known_hops", "_length", "attrs", "mask", "metric", "place", "table", "tos")

    def __init__(self, payload: bytes) -> None:
        """Walk one payload of family IPv4 or IPv6. Raises CodecError on malformed bytes."""
        family, length, _, tos, table, proto, scope, kind, flags = RTMSG.unpack_from(payload)
        type_name = TYPE_NAMES.get(kind) or str(kind)
        attrs: dict[str, Value] = {"type": type_name, "scope": SCOPE_NAMES.get(scope) or str(scope), "proto": proto}
        mask = bytearray(b"\xff" * len(payload))
        via, index, metric = "", 0, 0
        multipath: list[tuple[int, str, int, bool]] | None = None
        self.place: tuple[int, int] | None = None
        for number, start, end in walk(payload, 12, len(payload)):
            if number == RTA_TABLE:
                table = _u32(payload, start, end)
            elif number == RTA_DST:
                _check(family, start, end)
                self.place = (start, end)
                mask[start:end] = bytes(end - start)
            elif number == RTA_OIF:
                index = _u32(payload, start, end)
            elif number == RTA_GATEWAY:
                via = _ip(family, payload, start, end)
            elif number == RTA_PRIORITY:
                metric = _u32(payload, start, end)
            elif number == RTA_PREFSRC:
                attrs["prefsrc"] = _ip(family, payload, start, end)
            elif number == RTA_METRICS:
                _decode_metrics(payload, start, end, attrs)
            elif number == RTA_MULTIPATH:
                multipath = _decode_multipath(family, payload, start, end)
            elif number == RTA_VIA:
                via = _via(payload, start, end)
            elif number == RTA_NH_ID:
                attrs["nhid"] = _u32(payload, start, end)
            elif number == RTA_CACHEINFO:
                mask[start:end] = bytes(end - start)
        if type_name in NO_NEXTHOP:  # IPv6 reports lo there
            multipath = []
        elif multipath is None:
            multipath = [(index, via, 1, bool(flags & RTNH_F_ONLINK))] if via or index else []
        self._hops = multipath
        self._indexes = [hop[0] for hop in multipath]
        self._known_hops: dict[tuple[str, ...], tuple[NextHop, ...]] = {}
        self._family, self._length, self.table, self.tos, self.attrs = family, length, table, tos, attrs
        self.metric = metric or (IPV6_METRIC if family == AF_INET6 else 0)
        self.mask = int.from_bytes(mask, "little")

    def read(self, buf: Buffer, start: int, names: Mapping[int, str]) -> Route:
        """The route in a payload of this pattern that begins at ``start``."""
        devices = tuple([(names.get(index) or f"?/#{index}") if index else "" for index in self._indexes])
        hops = self._known_hops.get(devices)
        if hops is None:
            if len(self._known_hops) == MAX_KNOWN:
                self._known_hops.clear()
            hops = tuple(
                [NextHop(via, device, weight, onlink) for (_, via, weight, onlink), device in zip(self._hops, devices, strict=True)]
            )
            self._known_hops[devices] = hops
        if self.place is None:
            to = "0.0.0.0" if self._family == AF_INET else "::"
        else:
            to = inet_ntop(self._family, buf[start + self.place[0] : start + self.place[1]])
        return Route(f"{to}/{self._length}", self.table, self.metric, self.tos, hops, self.attrs)


class RouteDecoder:
    """Remembers the patterns it has met."""

    def __init__(self) -> None:
        self._patterns = Patterns(MAX_KNOWN)

    def __call__(self, buf: Buffer, start: int, end: int, names: Mapping[int, str]) -> Route | None:
        """One route from the payload of an RTM_NEWROUTE; None for cached (cloned) entries and other families.

        ``attrs``, not to be changed: type, scope, proto (int) always; prefsrc, nhid and the metrics (mtu, advmss, …) where set.
        A device not in ``names`` (index → name) is ``?/#<index>``. Types that discard have no next hops. Raises CodecError
        on malformed bytes.
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
    return inet_ntop(family, buf[start:end])


def _via(buf: Buffer, start: int, end: int) -> str:
    """struct rtvia."""
    if end - start < 2:
        raise CodecError(f"{end - start} bytes are no struct rtvia")
    family: int = FAMILY.unpack_from(buf, start)[0]
    if family not in _SIZES:
        return f"?/{bytes(buf[start + 2 : end]).hex()}"
    return _ip(family, buf, start + 2, end)


def _decode_metrics(buf: Buffer, start: int, end: int, attrs: dict[str, Value]) -> None:
    names = metric_names()
    for number, s, e in walk(buf, start, end):
        name = names.get(number)
        if name is not None:
            attrs[name] = _u32(buf, s, e)


def _decode_multipath(family: int, buf: Buffer, start: int, end: int) -> list[tuple[int, str, int, bool]]:
    """An array of struct rtnexthop, each followed by attributes within its length: (index, via, weight, onlink)."""
    hops: list[tuple[int, str, int, bool]] = []
    while start < end:
        length, flags, weight, index = RTNEXTHOP.unpack_from(buf, start) if end - start >= 8 else (0, 0, 0, 0)
        stop = start + length
        if length < 8 or stop > end:
            raise CodecError("malformed struct rtnexthop", "RTA_MULTIPATH")
        via = ""
        for number, s, e in walk(buf, start + 8, stop):
            if number == RTA_GATEWAY:
                via = _ip(family, buf, s, e)
            elif number == RTA_VIA:
                via = _via(buf, s, e)
        hops.append((index, via, weight + 1, bool(flags & RTNH_F_ONLINK)))
        start = (stop + 3) & ~3
    return hops
