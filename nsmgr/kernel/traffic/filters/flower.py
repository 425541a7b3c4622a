"""flower: linux/pkt_cls.h, TCA_FLOWER_*."""

from __future__ import annotations

import struct
from _socket import AF_INET, AF_INET6, inet_ntop, inet_pton

from nsmgr.kernel.codec import attribute
from nsmgr.model.packets import ETHER_TYPES, IP_PROTOCOLS, number_of
from nsmgr.text import family

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from nsmgr.model.attr import Value

CLASSID, ACT = 1, 3
HANDLE, SENT = 1, 1
ETH_TYPE, IP_PROTO, FLAGS, IN_HW_COUNT = 8, 9, 22, 86
MACS = {"dst_mac": (4, 5), "src_mac": (6, 7)}  # value, mask
PREFIXES = {("src", AF_INET): (10, 11), ("dst", AF_INET): (12, 13), ("src", AF_INET6): (14, 15), ("dst", AF_INET6): (16, 17)}
PORTS = {
    ("tcp", "src_port"): (18, 35), ("tcp", "dst_port"): (19, 36), ("udp", "src_port"): (20, 37), ("udp", "dst_port"): (21, 38),
    ("sctp", "src_port"): (41, 39), ("sctp", "dst_port"): (42, 40),
}  # fmt: skip
BYTES = {"tos": (73, 74), "ttl": (75, 76)}
ICMP = {
    ("icmp", "icmp_code"): (49, 50), ("icmp", "icmp_type"): (51, 52),
    ("icmpv6", "icmp_code"): (53, 54), ("icmpv6", "icmp_type"): (55, 56),
}  # fmt: skip
VLAN_ID, VLAN_PRIO, VLAN_ETH_TYPE = 23, 24, 25
BE16 = struct.Struct(">H")


def encode(attrs: Mapping[str, Any]) -> bytes:
    """Every field with its mask; the packet's protocol is a field of its own here (TCA_FLOWER_KEY_ETH_TYPE)."""
    said = []
    protocol = number_of(str(attrs.get("protocol", "all")), ETHER_TYPES)
    if protocol != ETHER_TYPES["all"]:
        said.append((ETH_TYPE, BE16.pack(protocol)))
    for name, (value, mask) in MACS.items():
        if attrs.get(name):
            said += [(value, bytes.fromhex(attrs[name].replace(":", ""))), (mask, b"\xff" * 6)]
    if attrs.get("vlan_id") is not None:
        said.append((VLAN_ID, BE16.pack(attrs["vlan_id"])))
    if attrs.get("vlan_prio") is not None:
        said.append((VLAN_PRIO, bytes([attrs["vlan_prio"]])))
    known = str(attrs.get("ip_proto") or "")
    if known:
        said.append((IP_PROTO, bytes([number_of(known, IP_PROTOCOLS)])))
    for name in ("src", "dst"):
        if attrs.get(name):
            said += _prefix(name, attrs[name])
    for name in ("src_port", "dst_port"):
        if attrs.get(name) is not None and (known, name) in PORTS:
            value, mask = PORTS[known, name]
            said += [(value, BE16.pack(attrs[name])), (mask, b"\xff\xff")]
    single = {**BYTES, **{name: numbers for (proto, name), numbers in ICMP.items() if proto == known}}
    for name, (value, mask) in single.items():
        if attrs.get(name) is not None:
            said += [(value, bytes([attrs[name]])), (mask, b"\xff")]
    return b"".join(attribute(number, payload) for number, payload in said) + attribute(FLAGS, bytes(4))


def _prefix(name: str, text: str) -> list[tuple[int, bytes]]:
    address, _, length = text.partition("/")
    packed = inet_pton(family(address), address)
    bits = len(packed) * 8
    mask = ((1 << bits) - 1) >> (bits - int(length)) << (bits - int(length)) if int(length) else 0
    value, masked = PREFIXES[name, family(address)]
    return [(value, packed), (masked, mask.to_bytes(len(packed), "big"))]


def decode(found: Mapping[int, bytes], protocol: int) -> dict[str, Value]:
    """Its opposite; what looks at other fields, or at parts of ours, is not ours to say."""
    left = {number: payload for number, payload in found.items() if number not in (CLASSID, ACT, FLAGS, IN_HW_COUNT, ETH_TYPE)}
    attrs: dict[str, Value] = {}
    if IP_PROTO in left:
        number = left.pop(IP_PROTO)[0]
        attrs["ip_proto"] = next((name for name, other in IP_PROTOCOLS.items() if other == number), str(number))
    if VLAN_ID in left:
        attrs["vlan_id"] = BE16.unpack_from(left.pop(VLAN_ID).rjust(2, b"\0"))[0]
    if VLAN_PRIO in left:
        attrs["vlan_prio"] = left.pop(VLAN_PRIO)[0]
    left.pop(VLAN_ETH_TYPE, None)
    known = str(attrs.get("ip_proto", ""))
    exact: dict[str, tuple[int, int]] = {**MACS, **BYTES}
    exact |= {name: numbers for (proto, name), numbers in (*PORTS.items(), *ICMP.items()) if proto == known}
    for name, (value, mask) in exact.items():
        if mask in left or value in left:
            payload, masked = left.pop(value, b""), left.pop(mask, b"")
            if masked.strip(b"\xff") or not payload:
                return {"action": "?flower"}
            attrs[name] = payload.hex(":") if name in MACS else int.from_bytes(payload, "big")
    for (name, version), (value, mask) in PREFIXES.items():
        if mask in left or value in left:
            size = 4 if version == AF_INET else 16
            payload, masked = left.pop(value, b""), left.pop(mask, b"")
            bits = int.from_bytes(masked, "big")
            length = bits.bit_count()
            if len(payload) != size or len(masked) != size or bits != ((1 << length) - 1) << (size * 8 - length):
                return {"action": "?flower"}
            attrs[name] = f"{inet_ntop(version, payload)}/{length}"
    return {"action": "?flower"} if left else attrs
