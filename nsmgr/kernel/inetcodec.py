"""Addresses: :class:`nsmgr.plan.state.Address` → RTM_NEWADDR and RTM_DELADDR (net/ipv4/devinet.c, net/ipv6/addrconf.c). Pure.

The other way is :mod:`nsmgr.kernel.inetdecode`.
"""

from __future__ import annotations

import struct
from _socket import AF_INET, AF_INET6, inet_pton

from nsmgr.kernel import schema
from nsmgr.kernel.codec import CodecError, attribute
from nsmgr.kernel.wire import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, FdOf, message
from nsmgr.model.attr import Value
from nsmgr.model.words import SCOPES
from nsmgr.plan.plan import Step
from nsmgr.plan.state import PROTO_NSMGR, Address
from nsmgr.text import family as family_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

IFADDRMSG = struct.Struct("=BBBBI")  # family, prefixlen, flags (low eight), scope, index
CACHEINFO = struct.Struct("=IIII")  # preferred, valid (seconds), cstamp, tstamp
FOREVER = 0xFFFFFFFF
IFA_ADDRESS, IFA_LOCAL, IFA_LABEL, IFA_BROADCAST, IFA_CACHEINFO, IFA_FLAGS = 1, 2, 3, 4, 6, 8  # linux/if_addr.h
IFA_RT_PRIORITY, IFA_PROTO = 9, 11
IFA_F_SECONDARY, IFA_F_TENTATIVE, IFA_F_PERMANENT = 0x01, 0x40, 0x80
FLAGS: Mapping[str, int] = {
    "nodad": 0x02, "optimistic": 0x04, "home": 0x10, "mngtmpaddr": 0x100, "noprefixroute": 0x200, "autojoin": 0x400,
}  # fmt: skip
SCOPE_NAMES: Mapping[int, str] = {number: name for name, number in SCOPES.items()}


def scope_number(value: Value) -> int:
    """A scope's number, from its name or from a number or its decimal text."""
    if isinstance(value, str) and value in SCOPES:
        return SCOPES[value]
    try:
        return int(value)  # type: ignore[arg-type]  # whatever int() refuses is refused here
    except (TypeError, ValueError):
        raise CodecError(f"{value!r} is no scope", "scope") from None


def scope_name(number: int) -> str:
    """The name, decimal text for a number without one."""
    return SCOPE_NAMES.get(number) or str(number)


def packed(address: str) -> bytes:
    """Four or sixteen bytes of an address text."""
    try:
        return inet_pton(family_of(address), address)
    except OSError:
        raise CodecError(f"{address!r} is not an IP address") from None


def split(address: str) -> tuple[bytes, bytes, int]:
    """Identity → (local, peer or prefix address, prefix length): ``10.0.0.1/24``, ``10.0.0.1 peer 10.0.0.2/32``."""
    local, _, remote = address.partition(" peer ")
    far, slash, length = (remote or local).partition("/")
    near = local if remote else far
    if not slash or not length.isdecimal() or int(length) > (128 if ":" in near else 32) or (":" in near) != (":" in far):
        raise CodecError(f"{address!r} is not an address with prefix length")
    return packed(near), packed(far), int(length)


def _lifetime(value: Value) -> int:
    """Milliseconds or "forever" → seconds on the wire. Two finite values that large would read as forever."""
    if value == "forever":
        return FOREVER
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value // 1000 < FOREVER:
        raise CodecError(f"{value!r} is neither milliseconds nor 'forever'")
    return value // 1000


def encode_address_add(step: Step, fd_of: FdOf) -> list[bytes]:
    """ADDR_ADD: EXCL unless ``replace``: IPv4 would silently add the same address again under another label.

    As ip(8): scope host for 127/8, no broadcast address and no label unless given. Lifetimes go together: one that is not
    given is forever. IFA_PROTO marks the address as ours.
    """
    address: Address = step.obj
    attrs = address.attrs
    local, far, length = split(address.address)
    six = len(local) == 16
    flags = sum(bit for name, bit in FLAGS.items() if attrs.get(name))
    if "scope" in attrs:
        scope = scope_number(attrs["scope"])
    else:
        scope = SCOPES["host"] if not six and local[0] == 127 else 0
    body = [
        IFADDRMSG.pack(AF_INET6 if six else AF_INET, length, flags & 0xFF, scope, step.index),
        attribute(IFA_LOCAL, local),
        attribute(IFA_ADDRESS, far),
    ]
    fields = schema.address_table().by_name
    if "broadcast" in attrs:
        body.append(fields["IFA_BROADCAST"].encode(attrs["broadcast"]))
    if "label" in attrs:
        body.append(fields["IFA_LABEL"].encode(attrs["label"]))
    if flags:
        body.append(fields["IFA_FLAGS"].encode(flags))
    if "valid_lifetime" in attrs or "preferred_lifetime" in attrs:
        preferred, valid = _lifetime(attrs.get("preferred_lifetime", "forever")), _lifetime(attrs.get("valid_lifetime", "forever"))
        body.append(attribute(IFA_CACHEINFO, CACHEINFO.pack(min(preferred, valid), valid, 0, 0)))
    if attrs.get("metric"):
        body.append(fields["IFA_RT_PRIORITY"].encode(attrs["metric"]))
    proto = attrs.get("proto", PROTO_NSMGR)
    if proto:
        body.append(fields["IFA_PROTO"].encode(proto))
    how = NLM_F_REPLACE if step.args.get("replace") else NLM_F_EXCL
    return [message(schema.RTM_NEWADDR, NLM_F_CREATE | how, b"".join(body))]


def encode_address_del(step: Step, fd_of: FdOf) -> list[bytes]:
    """ADDR_DEL: local, peer and prefix length, and the label where there is one (inet_rtm_deladdr compares all it is given)."""
    address: Address = step.obj
    local, far, length = split(address.address)
    six = len(local) == 16
    body = IFADDRMSG.pack(AF_INET6 if six else AF_INET, length, 0, 0, step.index) + attribute(IFA_LOCAL, local)
    body += attribute(IFA_ADDRESS, far)
    if not six and address.attrs.get("label"):
        body += schema.address_table().by_name["IFA_LABEL"].encode(address.attrs["label"])
    return [message(schema.RTM_DELADDR, 0, body)]
