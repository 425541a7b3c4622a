"""The words of the configuration language: text → canonical form (see plan.state), or ValueError with the reason.

Addresses stay text: ``ipaddress`` objects cost 5.7 times as much for nothing the reconciler needs. Pure, and imports nothing
heavy: what a valid file needs must not wait for pydantic, nor for `re`, whose import and compiling take 6 ms.
"""

from __future__ import annotations

from _socket import AF_INET, AF_INET6, inet_ntop, inet_pton  # text only; socket's own module takes 5 ms to import

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

_HEX = "0123456789abcdef"
_NAME = "abcdefghijklmnopqrstuvwxyz0123456789-"
DEPLOYMENT = r"[a-z0-9][a-z0-9-]{0,31}"  # what deployment_name() accepts, for the JSON Schema
_DURATION = r"(\d+(?:\.\d+)?)\s*(us|ms|s|m|min|h|d)?\Z"
_UNITS = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000, None: 1000}
_NANOSECONDS = {
    "ns": 1, "us": 1000, "µs": 1000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "min": 60 * 10**9, "h": 3600 * 10**9, None: 10**9,
}  # fmt: skip
_RATE = r"(\d+(?:\.\d+)?)\s*(?:([kmgt]?)(i?)(bit(?:/s|ps)?|bps))?\Z"
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_PERCENT = r"(\d+(?:\.\d+)?(?:e-?\d+)?)\s*%\Z"
_SIZE = r"(?i)(\d+)\s*([kmg]?)(?:i?b)?\Z"
_FORBIDDEN_NAMES = {".", "..", "all", "default"}  # directory names under /proc/sys/net/ipv4/conf
_SPACE = frozenset(" \t\n\v\f\r\x1c\x1d\x1e\x1f")  # what str.isspace() is in ASCII
_NO_LINK_NAME = _SPACE | frozenset("/:%")
# Prefix lengths as they are written canonically; "024" is one as well, and is made "24".
_LENGTHS = {False: frozenset(map(str, range(33))), True: frozenset(map(str, range(129)))}


def ifname(value: str) -> str:
    """An interface name as dev_valid_name() takes it: 1-15 bytes, no ``/ : %`` or white space, not ``. .. all default``."""
    if not 0 < len(value.encode()) <= 15:
        raise ValueError(f"an interface name has 1 to 15 bytes, this one {len(value.encode())}")
    if value in _FORBIDDEN_NAMES or not _NO_LINK_NAME.isdisjoint(value) or (not value.isascii() and any(map(str.isspace, value))):
        raise ValueError("not a valid interface name (no '/', ':', '%', white space; not '.', '..', 'all', 'default')")
    return value


def netns_name(value: str) -> str:
    """A file name under /run/netns: 1-255 bytes, no '/', not '.' or '..'; "host" is taken."""
    if not 0 < len(value.encode()) <= 255 or "/" in value or "\0" in value or value in (".", "..") or value.startswith("-"):
        raise ValueError("not a valid namespace name (1 to 255 bytes, no '/', not '.' or '..', no leading '-')")
    if not _SPACE.isdisjoint(value) or (not value.isascii() and any(map(str.isspace, value))):
        raise ValueError("a namespace name has no white space")
    if value == "host":
        raise ValueError("'host' is reserved: it means the namespace nsmgr itself runs in")
    return value


def underlay_name(value: str) -> str:
    """The namespace that a tunnel's outer packets are in: a declared one, or ``host``; "" is the link's own."""
    return value if value in ("host", "") else netns_name(value)


def deployment_name(value: str) -> str:
    """A deployment's name: 1-32 of a-z, 0-9 and -, not starting with -."""
    if not 0 < len(value) <= 32 or value.strip(_NAME) or value.startswith("-"):
        raise ValueError(f"`{value}` is not a deployment name: a-z, 0-9 and -, at most 32, not starting with -")
    return value


def deployment_name_of(stem: str) -> str:
    """A deployment name made of a file's stem: ``My Lab`` → ``my-lab``."""
    words = "".join(c if c in _NAME else " " for c in stem.lower()).replace("-", " ").split()
    return "-".join(words)[:32].rstrip("-") or "deployment"


def link_ref(value: str) -> str:
    """``name`` in the same namespace, ``netns/name`` elsewhere, ``host/name``."""
    netns, slash, name = value.rpartition("/")
    if slash and netns != "host":
        netns_name(netns)
    ifname(name)
    return value


def mac(value: Any) -> str:
    """Six octets, colons, lower case."""
    text = str(value).lower()
    if len(text) != 17 or text[0::3].strip(_HEX) or text[1::3].strip(_HEX) or text[2::3].strip(":-"):
        raise ValueError("not a MAC address (six octets, 02:00:00:00:00:01)")
    return text.replace("-", ":")


def unicast_mac(value: Any) -> str:
    """A MAC a device can have: is_valid_ether_addr() refuses multicast and all zeros (EADDRNOTAVAIL)."""
    text = mac(value)
    if int(text[:2], 16) & 1 or text == "00:00:00:00:00:00":
        raise ValueError("a device's MAC is unicast and not all zeros (is_valid_ether_addr)")
    return text


def lladdr(value: Any) -> str:
    """A hardware address of any length, 1 to 32 octets with colons; the IP address of a tunnel's end is four or sixteen of them."""
    text = str(value).lower()
    octets = text.replace("-", ":").split(":")
    if len(octets) <= 32 and all(len(octet) == 2 and not octet.strip(_HEX) for octet in octets):
        return ":".join(octets)
    try:
        packed = inet_pton(AF_INET6 if ":" in text else AF_INET, text)
    except OSError:
        raise ValueError("not a hardware address (02:00:00:00:00:01; for tunnels an IP address)") from None
    return packed.hex(":")


def ip(value: Any) -> str:
    """An IPv4 or IPv6 address in inet_ntop form."""
    text = str(value)
    try:
        if ":" in text:
            return inet_ntop(AF_INET6, inet_pton(AF_INET6, text))
        inet_pton(AF_INET, text)  # takes four decimal numbers without leading zeros only: canonical already
        return text
    except OSError:
        raise ValueError("not an IP address") from None


def ip4_or_any(value: Any) -> str:
    """An IPv4 address; ``any`` for none (0.0.0.0)."""
    text = str(value)
    if text not in ("any", "0.0.0.0") and ":" in ip(text):
        raise ValueError("an IPv4 address is needed here, or `any`")
    return "any" if text == "0.0.0.0" else text


def ip6_or_any(value: Any) -> str:
    """An IPv6 address in inet_ntop form; ``any`` for none (::)."""
    text = ip(value) if value != "any" else "::"
    if ":" not in text:
        raise ValueError("an IPv6 address is needed here, or `any`")
    return "any" if text == "::" else text


def ip_or_any(value: Any) -> str:
    """An address of either family; ``any`` for none."""
    text = ip(value) if value != "any" else "::"
    return "any" if text in ("::", "0.0.0.0") else text


def two_ports(value: Any) -> Any:
    """``[1024, 2048]`` or ``1024-2048``, the lower number first; whatever is neither stays."""
    if isinstance(value, str):
        low, dash, high = value.partition("-")
        if not (dash and low.isdecimal() and high.isdecimal()):
            raise ValueError("a range of ports: [1024, 2048] or 1024-2048")
        value = [int(low), int(high)]
    if isinstance(value, (list, tuple)) and (len(value) != 2 or value[0] > value[1]):
        raise ValueError("two ports, the lower one first")
    return value


def host_bits(address: str, length: int) -> bool:
    """Whether bits of an address (``any`` = all zeros) are set beyond a prefix length."""
    packed = b"" if address == "any" else inet_pton(family(address), address)
    return bool(int.from_bytes(packed, "big") & ((1 << max(0, len(packed) * 8 - length)) - 1))


def dotted(value: Any) -> Any:
    """A number that may also be written as a dotted quad, as ip(8) shows keys: ``0.0.0.5`` is 5. Whatever else stays."""
    if isinstance(value, str) and value.count(".") == 3:
        try:
            return int.from_bytes(inet_pton(AF_INET, value), "big")
        except OSError:
            raise ValueError("neither a number nor four of them with dots") from None
    return value


def token(value: Any) -> str:
    """An IPv6 interface identifier, ``::1:2``: the kernel keeps the lower 64 bits (inet6_set_iftoken)."""
    text = ip(value)
    if family(text) != AF_INET6 or any(inet_pton(AF_INET6, text)[:8]):
        raise ValueError("not an interface identifier: an IPv6 address of which only the last 64 bits are set, `::1:2`")
    return text


def family(address: str) -> int:
    """AF_INET6 when the text has a colon, else AF_INET; works for addresses, prefixes and ``a peer b``."""
    return AF_INET6 if ":" in address else AF_INET


def cidr(value: Any) -> str:
    """``10.0.0.1/24``: address with prefix length; without a length the host's (/32, /128). Host bits stay."""
    text = str(value)
    written, slash, length = text.partition("/")
    address = ip(written)
    six = ":" in address
    if address == written and length in _LENGTHS[six]:
        return text
    full = 128 if six else 32
    if not slash:
        return f"{address}/{full}"
    if not length.isdecimal() or int(length) > full:
        raise ValueError(f"a prefix length is 0 to {full}")
    return f"{address}/{int(length)}"


def prefix(value: Any) -> str:
    """A network: like :func:`cidr`, but host bits must be zero (the kernel answers EINVAL otherwise)."""
    text = cidr(value)
    address, _, length = text.partition("/")
    packed = inet_pton(family(address), address)
    host_bits = len(packed) * 8 - int(length)
    if int.from_bytes(packed, "big") & ((1 << host_bits) - 1):
        network = (int.from_bytes(packed, "big") >> host_bits << host_bits).to_bytes(len(packed), "big")
        raise ValueError(f"host bits are set; did you mean {inet_ntop(family(address), network)}/{length}?")
    return text


# Whoever tells people so does not repeat what they wrote.
NO_SECRETS = "a key is not written into a configuration, but where it is"


def secret(value: Any) -> str:
    """Where a key is: ``{file: /etc/wg/red.key}`` or ``{env: WG_RED}`` → ``file:/etc/wg/red.key``, ``env:WG_RED``. Never a key."""
    if isinstance(value, dict) and len(value) == 1:
        ((scheme, name),) = value.items()
        if isinstance(name, str) and name and "\0" not in name:
            if scheme == "file":
                return f"file:{name}"
            if scheme == "env" and "=" not in name:
                return f"env:{name}"
    raise ValueError(f"{NO_SECRETS}; `{{file: /etc/wg/red.key}}` or `{{env: WG_RED}}`")


def secret_or_none(value: Any) -> str:
    """The same, or ``none``: there is to be none."""
    return "none" if value == "none" else secret(value)


def wg_key(value: Any) -> str:
    """32 bytes as 44 characters of base64: a public key."""
    from binascii import Error, a2b_base64, b2a_base64

    try:
        raw = a2b_base64(str(value).encode(), strict_mode=True)
    except (Error, ValueError):
        raw = b""
    if len(raw) != 32:
        raise ValueError("not a WireGuard key; 44 characters of base64, as `wg pubkey` prints them")
    return b2a_base64(raw, newline=False).decode()


def endpoint(value: Any) -> str:
    """``192.0.2.1:51820``, ``[2001:db8::1]:51820``; ``{link: blue/eth0, port: 51820}`` → ``@blue/eth0:51820``, to be looked up."""
    if isinstance(value, dict):
        known = {"link", "port", "family"}
        family, port = value.get("family", ""), value.get("port")
        if not value.keys() <= known or family not in ("", "ipv4", "ipv6") or not isinstance(value.get("link"), str):
            raise ValueError("not an endpoint; `{link: blue/eth0, port: 51820}`, with `family: ipv6` where it matters")
        return f"@{link_ref(value['link'])}:{_port(port)}{'/' if family else ''}{family}"
    text, _, port = str(value).rpartition(":")
    if text.startswith("[") and text.endswith("]"):
        address = ip(text[1:-1])
        if ":" in address:
            return f"[{address}]:{_port(port)}"
    elif text.count(".") == 3:
        return f"{ip(text)}:{_port(port)}"
    raise ValueError("not an endpoint; 192.0.2.1:51820 or [2001:db8::1]:51820, names are not looked up")


def _port(value: Any) -> int:
    if isinstance(value, bool) or not str(value).isdecimal() or not 0 < int(value) < 65536:
        raise ValueError("not a port; 1 to 65535")
    return int(value)


def sci(value: Any) -> str:
    """A channel identifier of MACsec: sixteen hex digits. YAML reads them as a number when all are decimal."""
    return hex_digits(f"{value:016d}" if isinstance(value, int) and not isinstance(value, bool) else value, 16, 16)


def salt(value: Any) -> str:
    """24 hex digits."""
    return hex_digits(value, 24, 24)


def key_id(value: Any) -> str:
    """Up to 32 hex digits, filled up with zeros at the end as ip(8) does."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and len(text) % 2:
        text = "0" + text
    return hex_digits(text, 2, 32).ljust(32, "0")


def hex_digits(value: Any, least: int, most: int) -> str:
    """So many hex digits, in lower case."""
    if isinstance(value, str) and least <= len(value) <= most:
        try:
            return bytes.fromhex(value).hex()
        except ValueError:
            pass
    raise ValueError(f"not {least if least == most else f'up to {most}'} hex digits, in quotes")


def duration(value: Any) -> int:
    """``300s``, ``20ms``, ``5m`` or a bare number of seconds → whole milliseconds."""
    if isinstance(value, bool):
        raise ValueError("not a duration (300s, 20ms, or a number of seconds)")
    import re

    match = re.match(_DURATION, str(value).strip())
    if not match:
        raise ValueError("not a duration (300s, 20ms, or a number of seconds)")
    milliseconds = float(match[1]) * _UNITS[match[2]]
    return int(milliseconds)


def size(value: Any) -> int:
    """Bytes, or ``64k`` ``1m`` ``1g`` (powers of 1024)."""
    import re

    match = re.match(_SIZE, str(value).strip()) if not isinstance(value, bool) else None
    if not match:
        raise ValueError("not a size (bytes, or 64k, 1m)")
    return int(match[1]) * {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}[match[2].lower()]


def nanoseconds(value: Any) -> int:
    """``20ms``, ``250us``, ``1.5s`` or a bare number of seconds → whole nanoseconds."""
    import re
    from decimal import Decimal

    match = re.match(r"(\d+(?:\.\d+)?)\s*([a-zµ]+)?\Z", str(value).strip()) if not isinstance(value, bool) else None
    if not match or match[2] not in _NANOSECONDS:
        raise ValueError("not a duration (20ms, 250us, or a number of seconds)")
    return round(Decimal(match[1]) * _NANOSECONDS[match[2]])


def rate(value: Any) -> int:
    """``10mbit``, ``1.5gbit``, ``100kbps`` (bytes a second, as in tc) or bits a second → bits a second, whole bytes of them."""
    import re
    from decimal import Decimal

    match = re.match(_RATE, str(value).strip().lower()) if not isinstance(value, bool) else None
    if not match:
        raise ValueError("not a rate (10mbit, 1.5gbit, or a number of bits a second)")
    factor = (1024 if match[3] else 1000) ** _POWERS[match[2] or ""] * (8 if match[4] == "bps" else 1)
    return int(Decimal(match[1]) * factor) // 8 * 8


def percent(value: Any) -> int:
    """``1%``, ``0.05%`` → parts of a thousand million."""
    import re
    from decimal import Decimal

    match = re.match(_PERCENT, str(value).strip())
    parts = round(Decimal(match[1]) * 10**7) if match else -1
    if not 0 <= parts <= 10**9:
        raise ValueError("not a percentage (0% to 100%)")
    return parts


# -------------------------------------------------------------------------------------------- and back, each in its shortest form


def milliseconds_text(milliseconds: int) -> str:
    """``300s`` for 300000, ``20ms`` for 20."""
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"


def nanoseconds_text(number: int) -> str:
    """``20ms`` for 20000000, ``250us``."""
    for unit in ("s", "ms", "us"):
        if number % _NANOSECONDS[unit] == 0:
            return f"{number // _NANOSECONDS[unit]}{unit}"
    return f"{number}ns"


def rate_text(bits: int) -> str:
    """``10mbit``, ``1500kbit``."""
    for prefix in ("g", "m", "k"):
        if bits and bits % 1000 ** _POWERS[prefix] == 0:
            return f"{bits // 1000 ** _POWERS[prefix]}{prefix}bit"
    return f"{bits}bit"


def percent_text(parts: int) -> str:
    """``1%``, ``0.05%``."""
    whole, rest = divmod(parts, 10**7)
    return f"{whole}.{rest:07}".rstrip("0").rstrip(".") + "%"


UNITS: Mapping[str, Callable[[int], str]] = {
    "ms": milliseconds_text,
    "ns": nanoseconds_text,
    "bit/s": rate_text,
    "ppb": percent_text,
}
"""Units of canonical numbers that the configuration writes as text: unit → what makes it of the number."""
