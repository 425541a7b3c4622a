"""An address of a link (RTM_NEWADDR; net/ipv4/devinet.c, net/ipv6/addrconf.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from nsmgr.model.base import Attr, Change, Names, Resource, Value
from nsmgr.types import IpAddress, cidr, duration, family, ip

SCOPES: Mapping[str, int] = {"global": 0, "site": 200, "link": 253, "host": 254, "nowhere": 255}  # rtnetlink.h RT_SCOPE_*
PROTOCOLS: Mapping[str, int] = {"unspec": 0, "kernel_lo": 1, "kernel_ra": 2, "kernel_ll": 3}  # if_addr.h IFAPROT_*
_AF_INET6 = family("::")


def number_or_name(value: Any, names: Mapping[str, int], highest: int, what: str) -> int:
    """A number in 0…highest, or one of the names that stand for one."""
    if isinstance(value, str) and value in names:
        return names[value]
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdecimal()) or int(text) > highest:
        import difflib  # only where a word is wrong

        near = difflib.get_close_matches(text, names, 1)
        words = f"not a {what}: a number from 0 to {highest}, or {', '.join(names)}"
        raise ValueError(f"{words}; did you mean `{near[0]}`?" if near else words)
    return int(text)


def scope(value: Any) -> str:
    """A scope's name; a number without a name stays decimal text."""
    number = number_or_name(value, SCOPES, 255, "scope")
    return next((name for name, known in SCOPES.items() if known == number), str(number))


def _lifetime(value: Any) -> int | str:
    if value == "forever":
        return "forever"
    milliseconds = duration(value)
    if milliseconds % 1000 or milliseconds >= (2**32 - 1) * 1000:
        raise ValueError("a lifetime is `forever` or whole seconds below 2**32-1 (struct ifa_cacheinfo)")
    return milliseconds


def _protocol(value: Any) -> int:
    return number_or_name(value, PROTOCOLS, 255, "address protocol")


def _address(value: Any) -> str:
    """An address with or without a prefix length; kept as written, because a peer decides what the length belongs to."""
    text = str(value)
    if "/" in text:
        return cidr(text)
    return ip(text)


_NAME_OR_NUMBER = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 0}]})
Scope = Annotated[str, BeforeValidator(scope), _NAME_OR_NUMBER]
Lifetime = Annotated[int | str, BeforeValidator(_lifetime), WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number"}]})]


class AddressModel(Resource):
    """An address in its long form; the short form is the text of ``address``."""

    TYPE: ClassVar[str] = "address"

    address: Annotated[str, BeforeValidator(_address), WithJsonSchema({"type": "string"}), Attr("IFA_LOCAL", Change.REPLACE)]
    """Address with prefix length, ``10.0.0.1/24``; host bits stay. Without a length: /32, /128."""
    peer: Annotated[str | None, BeforeValidator(_address), Attr("IFA_ADDRESS", Change.REPLACE)] = None
    """The far end of a point-to-point link; the prefix length is the peer's: ``{address: 10.0.0.1, peer: 10.0.0.2/32}``."""
    broadcast: Annotated[IpAddress | None, Attr("IFA_BROADCAST")] = None
    """IPv4 broadcast address."""
    label: Annotated[str | None, Field(min_length=1), Attr("IFA_LABEL", Change.REPLACE)] = None
    """IPv4 alias name: the link's name, or that and a suffix (``eth0:1``), at most 15 bytes."""
    scope: Annotated[Scope | None, Attr("", convert=Names(SCOPES))] = None
    """Where the address is valid (ifa_scope): global, site, link, host, nowhere or a number. IPv6 derives it from the address."""
    valid_lifetime: Annotated[Lifetime | None, Attr("IFA_CACHEINFO", unit="ms", default="forever", tolerance=10_000)] = None
    """``forever`` or a duration; the kernel removes the address afterwards."""
    preferred_lifetime: Annotated[Lifetime | None, Attr("IFA_CACHEINFO", unit="ms", default="forever", tolerance=10_000)] = None
    """``forever`` or a duration, not above valid_lifetime; 0 = deprecated, not chosen as a source."""
    nodad: Annotated[bool | None, Attr("IFA_FLAGS", bit=0x02, default=False)] = None
    """IPv6: no duplicate address detection (IFA_F_NODAD), usable at once."""
    home: Annotated[bool | None, Attr("IFA_FLAGS", bit=0x10, default=False)] = None
    """IPv6: home address (IFA_F_HOMEADDRESS, RFC 6275)."""
    mngtmpaddr: Annotated[bool | None, Attr("IFA_FLAGS", bit=0x100, default=False)] = None
    """IPv6: template of temporary addresses (IFA_F_MANAGETEMPADDR); needs a /64."""
    noprefixroute: Annotated[bool | None, Attr("IFA_FLAGS", bit=0x200, default=False)] = None
    """No connected route for the prefix (IFA_F_NOPREFIXROUTE)."""
    metric: Annotated[int | None, Field(ge=0, lt=2**32), Attr("IFA_RT_PRIORITY", default=0)] = None
    """Metric of the connected route."""
    proto: Annotated[int | None, BeforeValidator(_protocol), _NAME_OR_NUMBER, Attr("IFA_PROTO", default=0)] = None
    """Who made the address (IFA_PROTO): a number, or kernel_lo, kernel_ra, kernel_ll."""


def identity(model: AddressModel) -> str:
    """``10.0.0.1/24`` or ``10.0.0.1 peer 10.0.0.2/32``. Raises ValueError when address and peer do not fit together."""
    if model.peer is None:
        return cidr(model.address)
    local, _, length = model.address.partition("/")
    remote, _, remote_length = model.peer.partition("/")
    if family(local) != family(remote):
        raise ValueError("address and peer are of different families")
    full = "128" if ":" in local else "32"
    if length and length != full and remote_length and length != remote_length:
        raise ValueError(f"the prefix length belongs to the peer: /{length} and /{remote_length} contradict")
    prefixlen = remote_length or length or full
    return f"{local}/{prefixlen}" if local == remote else f"{local} peer {remote}/{prefixlen}"


def attributes(model: AddressModel) -> dict[str, Value]:
    """What was written apart from the identity, canonical."""
    values = model.__dict__
    names = sorted(model.model_fields_set - {"address", "peer"})
    return {name: values[name] for name in names if values[name] is not None}


def faults(link: str, kind: str, text: str, attrs: Mapping[str, Value]) -> list[tuple[str, str, str]]:
    """(field, message, hint) of what the kernel would refuse or silently change; ``text`` is the identity."""
    found: list[tuple[str, str, str]] = []
    local = text.partition(" ")[0].partition("/")[0]
    if family(local) == _AF_INET6:
        _check_ipv6(link, kind, local, attrs, found)
    else:
        for flag in ("nodad", "home", "mngtmpaddr"):
            if attrs.get(flag):
                found.append((flag, f"`{flag}` exists for IPv6 addresses only", "leave it out"))
        label = attrs.get("label")
        if isinstance(label, str) and (len(label.encode()) > 15 or not label.startswith(link)):
            found.append(
                ("label", f"a label has at most 15 bytes and starts with the link's name `{link}`", f"for example `{link}:1`")
            )
        if ":" in str(attrs.get("broadcast", "")):
            found.append(("broadcast", "an IPv4 address has an IPv4 broadcast address", ""))
    valid, preferred = attrs.get("valid_lifetime", "forever"), attrs.get("preferred_lifetime", "forever")
    if valid == 0:
        found.append(("valid_lifetime", "a valid lifetime of 0 is refused by the kernel (EINVAL)", "remove the address instead"))
    elif isinstance(valid, int) and (preferred == "forever" or (isinstance(preferred, int) and preferred > valid)):
        field = "preferred_lifetime" if "preferred_lifetime" in attrs else "valid_lifetime"
        found.append(
            (field, "preferred_lifetime is longer than valid_lifetime", f"write `preferred_lifetime: {valid // 1000}s` or less")
        )
    return found


def _check_ipv6(link: str, kind: str, local: str, attrs: Mapping[str, Value], found: list[tuple[str, str, str]]) -> None:
    """ipv6_add_addr() answers EADDRNOTAVAIL for unspecified, multicast and (not on a loopback or vrf device) loopback."""
    if local == "::" or local.startswith("ff"):
        found.append(("address", f"{local} cannot be assigned: it is {'unspecified' if local == '::' else 'multicast'}", ""))
    if local == "::1" and kind not in ("lo", "vrf"):
        found.append(("address", "::1 belongs on `lo` (EADDRNOTAVAIL elsewhere)", f"move it from `{link}` to `lo`"))
    for name in ("label", "broadcast"):
        if name in attrs:
            found.append((name, f"`{name}` exists for IPv4 addresses only", "leave it out"))
    derived = "host" if local == "::1" else "link" if local[:3] in ("fe8", "fe9", "fea", "feb") else "global"
    derived = "site" if local[:3] in ("fec", "fed", "fee", "fef") else derived
    if attrs.get("scope", derived) != derived:
        found.append(("scope", f"the scope of an IPv6 address follows from the address: {derived}", "leave `scope` out"))
