"""What filters look for in a packet: protocols by name, and u32's comparisons of words. Pure, without pydantic."""

from __future__ import annotations

from _socket import AF_INET6, inet_pton

from nsmgr.text import cidr, family

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

IP_PROTOCOLS: Mapping[str, int] = {
    "icmp": 1, "igmp": 2, "ipip": 4, "tcp": 6, "udp": 17, "ipv6": 41, "gre": 47, "esp": 50, "ah": 51, "icmpv6": 58, "ospf": 89,
    "vrrp": 112, "sctp": 132,
}  # fmt: skip
# linux/if_ether.h; "all" is ETH_P_ALL.
ETHER_TYPES: Mapping[str, int] = {
    "all": 0x0003, "ip": 0x0800, "arp": 0x0806, "802.1q": 0x8100, "ipv6": 0x86DD, "802.1ad": 0x88A8, "mpls": 0x8847,
}  # fmt: skip
WITH_PORTS = ("tcp", "udp", "sctp")


def named(value: Any, known: Mapping[str, int], high: int) -> str:
    """A name, or a number's name where it has one."""
    text = str(value).lower()
    if text in known:
        return text
    try:
        number = int(text, 0)
    except ValueError:
        number = -1
    if not 0 <= number <= high:
        raise ValueError(f"not one of {', '.join(known)}, nor a number up to {high}")
    return next((name for name, other in known.items() if other == number), str(number))


def ip_protocol(value: Any) -> str:
    """``tcp``, or a number."""
    return named(value, IP_PROTOCOLS, 255)


def ether_type(value: Any) -> str:
    """``ip``, ``all``, or a number."""
    return named(value, ETHER_TYPES, 0xFFFF)


def number_of(name: str, known: Mapping[str, int]) -> int:
    return known[name] if name in known else int(name)


# --------------------------------------------------------------------------------------------------------------------- u32

Key = tuple[int, int, int]
"""(offset, value, mask) of a word in network order; the offset is a multiple of four, from the network header."""


def raw_key(value: Any) -> str:
    """``0x00060000/0x00ff0000 at 8``: value, mask, and the offset of a word from the network header."""
    pair, _, offset = str(value).lower().partition(" at ")
    wanted, _, mask = pair.partition("/")
    try:
        numbers = int(offset, 0), int(wanted, 0), int(mask, 0)
    except ValueError:
        raise ValueError("not a comparison (0x00060000/0x00ff0000 at 8)") from None
    if not (0 <= numbers[1] < 2**32 and 0 <= numbers[2] < 2**32 and abs(numbers[0]) < 2**15) or numbers[0] % 4:
        raise ValueError("value and mask have 32 bits, the offset is a multiple of four")
    return key_text((numbers[0], numbers[1] & numbers[2], numbers[2]))


def key_text(key: Key) -> str:
    offset, value, mask = key
    return f"0x{value:08x}/0x{mask:08x} at {offset}"


def key_of(text: str) -> Key:
    pair, _, offset = text.partition(" at ")
    value, _, mask = pair.partition("/")
    return int(offset), int(value, 16), int(mask, 16)


def match_keys(body: Any) -> tuple[str, ...]:
    """All that a u32 filter compares, one entry a word, by offset."""
    keys = [key_of(text) for text in body.match or ()]
    six = any(text and family(text) == AF_INET6 for text in (body.src, body.dst)) or body.protocol == "ipv6"
    ports = 40 if six else 20  # where the transport header begins, if there are no options
    if body.ip_proto is not None:
        number = number_of(body.ip_proto, IP_PROTOCOLS)
        keys.append((4, number << 8, 0xFF00) if six else (8, number << 16, 0xFF0000))
    if body.tos is not None:
        keys.append((0, body.tos << 20, 0x0FF00000) if six else (0, body.tos << 16, 0xFF0000))
    for text, place in ((body.src, 8 if six else 12), (body.dst, 24 if six else 16)):
        if text:
            keys += _address(text, place)
    if body.sport is not None:
        keys.append((ports, body.sport << 16, 0xFFFF0000))
    if body.dport is not None:
        keys.append((ports, body.dport, 0xFFFF))
    return tuple(key_text(key) for key in _joined(keys))


def _address(text: str, place: int) -> Iterable[Key]:
    address, _, length = cidr(text).partition("/")
    packed = inet_pton(family(address), address)
    left = int(length)
    for position in range(0, len(packed), 4):
        bits = min(max(left - position * 8, 0), 32)
        mask = 0xFFFFFFFF >> (32 - bits) << (32 - bits) if bits else 0
        if mask:
            yield place + position, int.from_bytes(packed[position : position + 4], "big") & mask, mask


def _joined(keys: Iterable[Key]) -> list[Key]:
    """One key a word, as tc(8) packs them."""
    found: dict[int, Key] = {}
    for offset, value, mask in keys:
        _, other, known = found.get(offset, (0, 0, 0))
        if (other ^ value) & mask & known:
            raise ValueError(f"two of its comparisons of the word at {offset} exclude each other")
        found[offset] = (offset, other | value, known | mask)
    return sorted(found.values())
