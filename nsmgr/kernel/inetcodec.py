"""Addresses: RTM_NEWADDR and RTM_DELADDR ↔ :class:`nsmgr.plan.state.Address` (net/ipv4/devinet.c, net/ipv6/addrconf.c). Pure."""

from __future__ import annotations

import struct
from _socket import AF_INET, AF_INET6, inet_ntop, inet_pton

from nsmgr.kernel import schema
from nsmgr.kernel.codec import HEAD, Buffer, CodecError, attribute
from nsmgr.kernel.wire import NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REPLACE, FdOf, message
from nsmgr.light import cache
from nsmgr.model.attr import Value
from nsmgr.model.words import SCOPES
from nsmgr.plan.plan import Step
from nsmgr.plan.state import PROTO_NSMGR, Address
from nsmgr.text import family as family_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

IFADDRMSG = struct.Struct("=BBBBI")  # family, prefixlen, flags (low eight), scope, index
CACHEINFO = struct.Struct("=IIII")  # preferred, valid (seconds), cstamp, tstamp
FOREVER = 0xFFFFFFFF
IFA_ADDRESS, IFA_LOCAL, IFA_LABEL, IFA_BROADCAST, IFA_CACHEINFO, IFA_FLAGS = 1, 2, 3, 4, 6, 8  # linux/if_addr.h
IFA_RT_PRIORITY, IFA_PROTO = 9, 11
IFA_F_SECONDARY, IFA_F_TENTATIVE, IFA_F_PERMANENT = 0x01, 0x40, 0x80
FLAGS: Mapping[str, int] = {"nodad": 0x02, "home": 0x10, "mngtmpaddr": 0x100, "noprefixroute": 0x200}
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


def address_dump_request() -> bytes:
    """RTM_GETADDR dump, IPv4 and IPv6 (rtnl_dump_all on AF_UNSPEC)."""
    return message(schema.RTM_GETADDR, NLM_F_DUMP, IFADDRMSG.pack(0, 0, 0, 0, 0))


def decode_address(buf: Buffer, start: int, end: int, names: Mapping[int, str]) -> Address | None:
    """One address from the payload of an RTM_NEWADDR; None for other families and for links not in ``names`` (index → name).

    attrs: scope, lifetimes (ms or "forever"), the boolean flags, metric (0 = none); label, broadcast and proto only where
    the kernel reports them; flags (raw IFA_F_*), secondary, tentative, permanent.
    """
    return _decoder()(buf, start, end, names)


@cache
def _decoder() -> Callable[[Buffer, int, int, Mapping[int, str]], Address | None]:
    read_label = schema.address_table().by_name["IFA_LABEL"].decode
    number32 = struct.Struct("=I").unpack_from
    lifetimes = CACHEINFO.unpack_from
    head = HEAD.unpack_from
    header = IFADDRMSG.unpack_from
    # minimal payload of the attributes that are read; IFA_LABEL has none
    least = {IFA_CACHEINFO: 16, IFA_FLAGS: 4, IFA_RT_PRIORITY: 4, IFA_PROTO: 1}
    flag_attrs: dict[int, dict[str, Value]] = {}
    known: dict[tuple[Value, ...], dict[str, Value]] = {}

    def of_flags(flags: int) -> dict[str, Value]:
        found = flag_attrs[flags] = {
            **{name: bool(flags & bit) for name, bit in FLAGS.items()},
            "flags": flags,
            "secondary": bool(flags & IFA_F_SECONDARY),
            "tentative": bool(flags & IFA_F_TENTATIVE),
            "permanent": bool(flags & IFA_F_PERMANENT),
        }
        return found

    def shared(attrs: dict[str, Value]) -> dict[str, Value]:
        """Most addresses say the same beside the address itself: one dictionary, not 800 bytes each."""
        if len(known) >= 4096:  # lifetimes count down, links come and go
            known.clear()
        return known.setdefault((*attrs, *attrs.values()), attrs)

    def decode(buf: Buffer, start: int, end: int, names: Mapping[int, str]) -> Address | None:
        if end - start < 8:
            raise CodecError(f"{end - start} bytes are no struct ifaddrmsg")
        family, length, flags, scope, index = header(buf, start)
        link = names.get(index)
        if link is None or family not in (AF_INET, AF_INET6):
            return None
        size = 4 if family == AF_INET else 16
        local = far = ""
        attrs: dict[str, Value] = {
            "scope": SCOPE_NAMES.get(scope) or str(scope),
            "valid_lifetime": "forever",
            "preferred_lifetime": "forever",
            "metric": 0,
        }
        position = start + 8
        while position < end:
            span, number = head(buf, position) if end - position >= 4 else (0, 0)
            stop = position + span
            if span < 4 or stop > end:
                raise CodecError(f"malformed attribute {number & 0x3FFF}")
            at = position + 4
            if span < 4 + least.get(number, 0):
                raise CodecError(f"attribute {number} has {span - 4} bytes")
            if number in (IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST):
                if stop - at != size:
                    raise CodecError(f"{stop - at} bytes are no address of family {family}")
                text = inet_ntop(family, buf[at:stop])
                if number == IFA_LOCAL:
                    local = text
                elif number == IFA_ADDRESS:
                    far = text
                else:
                    attrs["broadcast"] = text
            elif number == IFA_FLAGS:
                flags = number32(buf, at)[0]
            elif number == IFA_CACHEINFO:
                preferred, valid, _, _ = lifetimes(buf, at)
                if preferred != FOREVER:
                    attrs["preferred_lifetime"] = preferred * 1000
                if valid != FOREVER:
                    attrs["valid_lifetime"] = valid * 1000
            elif number == IFA_LABEL:
                attrs["label"] = read_label(buf, at, stop)
            elif number == IFA_RT_PRIORITY:
                attrs["metric"] = number32(buf, at)[0]
            elif number == IFA_PROTO:
                attrs["proto"] = buf[at]
            position = (stop + 3) & ~3
        if not (local or far):
            raise CodecError("an address message without an address")
        attrs.update(flag_attrs.get(flags) or of_flags(flags))
        # IPv6 has IFA_LOCAL only beside a peer; IPv4 has both, the same unless there is a peer.
        near = local or far
        return Address(link, f"{near}/{length}" if far in (near, "") else f"{near} peer {far}/{length}", shared(attrs))

    return decode
