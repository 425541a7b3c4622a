"""RTM_NEWADDR payload → :class:`nsmgr.plan.state.Address`: tens of thousands of them in one observe, and few that are new. Pure.

Addresses of a namespace differ in the address and the link and in hardly anything else. A payload is walked once; of those
that are the same but for these two, only these two are read (compare :mod:`nsmgr.kernel.linklayout`).
"""

from __future__ import annotations

import struct
from _socket import AF_INET, AF_INET6, inet_ntop

from nsmgr.kernel import schema
from nsmgr.kernel.codec import Buffer, CodecError, walk
from nsmgr.kernel.inetcodec import (
    CACHEINFO,
    FLAGS,
    FOREVER,
    IFA_ADDRESS,
    IFA_BROADCAST,
    IFA_CACHEINFO,
    IFA_F_PERMANENT,
    IFA_F_SECONDARY,
    IFA_F_TENTATIVE,
    IFA_FLAGS,
    IFA_LABEL,
    IFA_LOCAL,
    IFA_PROTO,
    IFA_RT_PRIORITY,
    IFADDRMSG,
    SCOPE_NAMES,
)
from nsmgr.kernel.patterns import Patterns
from nsmgr.model.attr import Value
from nsmgr.plan.state import Address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_KNOWN = 4096  # payloads remembered for one mask; then all are forgotten: labels or lifetimes that never repeat

_NUMBER = struct.Struct("=I").unpack_from
_SIZES = {AF_INET: 4, AF_INET6: 16}
# Smallest payload of the attributes that are read.
_LEAST = {IFA_CACHEINFO: 16, IFA_FLAGS: 4, IFA_RT_PRIORITY: 4, IFA_PROTO: 1}


class Pattern:
    """A payload without its index, addresses and time stamps. near, far: [start, end) of IFA_LOCAL and IFA_ADDRESS, or None.

    IPv6 has IFA_LOCAL only beside a peer; IPv4 has both, the same unless there is a peer. ``attrs`` is shared by all addresses
    of the pattern: it must not be changed.
    """

    __slots__ = ("attrs", "family", "far", "length", "mask", "near")

    def __init__(self, payload: bytes) -> None:
        """Walk one payload of family IPv4 or IPv6. Raises CodecError on malformed bytes."""
        family, length, flags, scope, _ = IFADDRMSG.unpack_from(payload)
        mask = bytearray(b"\xff" * len(payload))
        mask[4:8] = bytes(4)
        attrs: dict[str, Value] = {
            "scope": SCOPE_NAMES.get(scope) or str(scope),
            "valid_lifetime": "forever",
            "preferred_lifetime": "forever",
            "metric": 0,
        }
        places: dict[int, tuple[int, int]] = {}
        for number, start, end in walk(payload, 8, len(payload)):
            if end - start < _LEAST.get(number, 0):
                raise CodecError(f"attribute {number} has {end - start} bytes")
            if number in (IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST):
                if end - start != _SIZES[family]:
                    raise CodecError(f"{end - start} bytes are no address of family {family}")
                if number == IFA_BROADCAST:
                    attrs["broadcast"] = inet_ntop(family, payload[start:end])
                else:
                    places[number] = (start, end)
                    mask[start:end] = bytes(end - start)
            elif number == IFA_FLAGS:
                (flags,) = _NUMBER(payload, start)
            elif number == IFA_CACHEINFO:
                preferred, valid, _, _ = CACHEINFO.unpack_from(payload, start)
                mask[start + 8 : start + 16] = bytes(8)
                if preferred != FOREVER:
                    attrs["preferred_lifetime"] = preferred * 1000
                if valid != FOREVER:
                    attrs["valid_lifetime"] = valid * 1000
            elif number == IFA_LABEL:
                attrs["label"] = schema.address_table().by_name["IFA_LABEL"].decode(payload, start, end)
            elif number == IFA_RT_PRIORITY:
                (attrs["metric"],) = _NUMBER(payload, start)
            elif number == IFA_PROTO:
                attrs["proto"] = payload[start]
        if not places:
            raise CodecError("an address message without an address")
        attrs.update({name: bool(flags & bit) for name, bit in FLAGS.items()})
        attrs["flags"] = flags
        attrs["secondary"] = bool(flags & IFA_F_SECONDARY)
        attrs["tentative"] = bool(flags & IFA_F_TENTATIVE)
        attrs["permanent"] = bool(flags & IFA_F_PERMANENT)
        self.family, self.length, self.attrs = family, length, attrs
        self.near, self.far = places.get(IFA_LOCAL), places.get(IFA_ADDRESS)
        self.mask = int.from_bytes(mask, "little")

    def read(self, buf: Buffer, start: int, link: str) -> Address:
        """The address in a payload of this pattern that begins at ``start``."""
        family = self.family
        far = buf[start + self.far[0] : start + self.far[1]] if self.far is not None else b""
        near = buf[start + self.near[0] : start + self.near[1]] if self.near is not None else far
        text = inet_ntop(family, near)
        if far and far != near:
            return Address(link, f"{text} peer {inet_ntop(family, far)}/{self.length}", self.attrs)
        return Address(link, f"{text}/{self.length}", self.attrs)


class AddressDecoder:
    """Remembers the patterns it has met."""

    def __init__(self) -> None:
        self._patterns = Patterns(MAX_KNOWN)

    def __call__(self, buf: Buffer, start: int, end: int, names: Mapping[int, str]) -> Address | None:
        """One address from the payload of an RTM_NEWADDR; None for other families and for links not in ``names`` (index → name).

        ``attrs``, not to be changed: scope, lifetimes (ms or "forever"), the boolean flags, metric (0 = none); label,
        broadcast and proto only where the kernel reports them; flags (raw IFA_F_*), secondary, tentative, permanent.
        Raises CodecError on malformed bytes.
        """
        if end - start < 8:
            raise CodecError(f"{end - start} bytes are no struct ifaddrmsg")
        link = names.get(_NUMBER(buf, start + 4)[0])
        if link is None or buf[start] not in _SIZES:
            return None
        payload = int.from_bytes(buf[start:end], "little")
        pattern: Pattern | None = self._patterns.find(end - start, payload)
        if pattern is None:
            pattern = Pattern(bytes(buf[start:end]))
            self._patterns.add(end - start, payload, pattern.mask, pattern)
        return pattern.read(buf, start, link)


decode_address = AddressDecoder()
