"""Conversions between canonical values and what the codec reads and writes, beyond those of :mod:`nsmgr.model.base`.

The codec's values have pyroute2's shapes: an NLA struct is a dict of its fields, a nest of repeated attributes is
``{"attrs": [(name, value), …]}``, an array nest is a list, an NLA_FLAG is ``True``.
``to_wire`` returning None means: leave the attribute out of the message.
Also here: the pydantic validators that several kinds share. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from sys import byteorder
from typing import TYPE_CHECKING, Any

from nsmgr.model.attr import Fixed, Names, Value

if TYPE_CHECKING:
    from pydantic import AfterValidator, BeforeValidator  # the conversions are needed without it

CLOCK_T = 100  # USER_HZ: clock_t ticks a second, the unit of the bridge's timers on the wire
HZ_ROUNDING = 40  # ms: clock_t → jiffies → clock_t loses up to a tick each way (12345 reads back 12344 at HZ=250)


class Flag(Fixed):
    """An NLA_FLAG: it is there or it is not, so false cannot be sent; row.absent is False.

    The codec says False for IFLA_VXLAN_TTL_INHERIT, which vxlan_fill_info dumps as a byte 0.
    """

    __slots__ = ()

    def to_wire(self, value: Any) -> Any:
        return True if value else None

    def from_wire(self, value: Any) -> Value:
        return bool(value)


class HeaderBits(Fixed):
    """struct vxlanhdr as one number, flags word above VNI word, as ip(8) writes reserved_bits."""

    __slots__ = ()

    def to_wire(self, value: Any) -> Any:
        return {"flags": int(value) >> 32, "vni": int(value) & 0xFFFFFFFF}

    def from_wire(self, value: Any) -> Value:
        return int(value["flags"]) << 32 | int(value["vni"])


class Mixed(Fixed):
    """A number some of whose values have names (vxlan tos 1 = inherit): ``int`` or name on the canonical side."""

    __slots__ = ("numbers",)

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self.numbers = numbers

    def to_wire(self, value: Any) -> Any:
        return self.numbers[value] if isinstance(value, str) else int(value)

    def from_wire(self, value: Any) -> Value:
        return next((name for name, number in self.numbers.items() if number == value), int(value))


class AnyAddress(Fixed):
    """A tunnel's end: the unspecified address, which drivers dump where there is none, is ``any``.

    ``sent``: ``any`` is said to the kernel; else it is left out, for newlink and a changelink that start from zero.
    """

    __slots__ = ("sent",)

    def __init__(self, sent: bool = False) -> None:
        self.sent = sent

    def to_wire(self, value: Any) -> Any:
        return value if value != "any" else "0.0.0.0" if self.sent else None

    def from_wire(self, value: Any) -> Value:
        return "any" if value in ("0.0.0.0", "::") else str(value)


class Unless(Fixed):
    """A number that is left out where it is what the driver starts from, because saying it has a side effect."""

    __slots__ = ("names", "start")

    def __init__(self, start: int, names: Mapping[str, int]) -> None:
        self.start = start
        self.names = names

    def to_wire(self, value: Any) -> Any:
        number = self.names[value] if isinstance(value, str) else int(value)
        return None if number == self.start else number

    def from_wire(self, value: Any) -> Value:
        return next((name for name, number in self.names.items() if number == value), int(value))


class Struct(Fixed):
    """A struct of numbers: a tuple in the order of ``fields`` here, a dict on the codec's side."""

    __slots__ = ("fields",)

    def __init__(self, fields: tuple[str, ...]) -> None:
        self.fields = fields

    def to_wire(self, value: Any) -> Any:
        return dict(zip(self.fields, value, strict=True))

    def from_wire(self, value: Any) -> Value:
        return tuple(value[name] for name in self.fields)


class Listed(Fixed):
    """An array nest (IFLA_BOND_ARP_IP_TARGET): a tuple here, a list on the codec's side; order kept."""

    __slots__ = ()

    def to_wire(self, value: Any) -> Any:
        return list(value)

    def from_wire(self, value: Any) -> Value:
        return tuple(value)


class Nest(Fixed):
    """A nest that repeats one attribute with plain values; a sorted tuple here (the kernel dumps them in hash order)."""

    __slots__ = ("nla",)

    def __init__(self, nla: str) -> None:
        self.nla = nla

    def to_wire(self, value: Any) -> Any:
        return {"attrs": [(self.nla, item) for item in value]}

    def from_wire(self, value: Any) -> Value:
        return tuple(sorted(item for name, item in _attrs(value) if name == self.nla))


class Pairs(Fixed):
    """A nest that repeats a {from, to} struct (vlan QoS maps): a sorted tuple of pairs here."""

    __slots__ = ("nla",)

    def __init__(self, nla: str) -> None:
        self.nla = nla

    def to_wire(self, value: Any) -> Any:
        return {"attrs": [(self.nla, {"from": source, "to": target}) for source, target in value]}

    def from_wire(self, value: Any) -> Value:
        return tuple(sorted((item["from"], item["to"]) for name, item in _attrs(value) if name == self.nla))


def _attrs(value: Any) -> Iterable[tuple[str, Any]]:
    return [(attribute[0], attribute[1]) for attribute in value["attrs"]]


class BridgeId(Fixed):
    """struct ifla_bridge_id, read only: ``8000.02:00:00:00:00:01``, priority in hex and MAC.

    pyroute2 reads the big-endian priority in the machine's order: its two bytes are put back here.
    """

    __slots__ = ()

    def to_wire(self, value: Any) -> Any:
        priority, _, address = str(value).partition(".")
        return {"prio": int.from_bytes(bytes.fromhex(priority), byteorder), "addr": address}

    def from_wire(self, value: Any) -> Value:
        return f"{int(value['prio']).to_bytes(2, byteorder).hex()}.{value['addr']}"


class Hex(Fixed):
    """A number as text of ``digits`` hex digits."""

    __slots__ = ("digits",)

    def __init__(self, digits: int) -> None:
        self.digits = digits

    def to_wire(self, value: Any) -> Any:
        return int(value, 16)

    def from_wire(self, value: Any) -> Value:
        return f"{value:0{self.digits}x}"


class LowBits(Fixed):
    """A number that is told as the low ``width`` bits of another."""

    __slots__ = ("width",)

    def __init__(self, width: int) -> None:
        self.width = width

    def to_wire(self, value: Any) -> Any:
        return int(value)

    def from_wire(self, value: Any) -> Value:
        return int(value) & (1 << self.width) - 1


class LastByte(Fixed):
    """A number that is told as the last byte of a MAC address."""

    __slots__ = ()

    def to_wire(self, value: Any) -> Any:
        return int(value)

    def from_wire(self, value: Any) -> Value:
        return int(str(value).rpartition(":")[2] or "0", 16)


class Span(Fixed):
    """Refuses a duration outside ``low`` to ``high`` milliseconds."""

    __slots__ = ("high", "low", "why")

    def __init__(self, low: int, high: int, why: str) -> None:
        self.low = low
        self.high = high
        self.why = why

    def __call__(self, value: int | None) -> int | None:
        if value is not None and not self.low <= value <= self.high:
            raise ValueError(f"{self.low / 1000:g}s to {self.high / 1000:g}s ({self.why})")
        return value


class Whole(Fixed):
    """Refuses a duration that is not a multiple of ``step`` milliseconds."""

    __slots__ = ("step",)

    def __init__(self, step: int) -> None:
        self.step = step

    def __call__(self, value: int | None) -> int | None:
        if value is not None and value % self.step:
            raise ValueError(f"the kernel counts this in units of {self.step / 1000:g}s")
        return value


class ByNumber:
    """Number or name of an enumeration, in any letter case → its name as we write it; whatever else stays."""

    __slots__ = ("lower", "names")

    def __init__(self, names: Names | Mixed) -> None:
        self.names = names
        self.lower = {name.lower(): name for name in names.numbers}

    def __call__(self, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            return self.names.from_wire(value)
        return self.lower.get(value.lower(), value) if isinstance(value, str) else value


def span(low: int, high: int, why: str) -> AfterValidator:
    """A duration from ``low`` to ``high`` milliseconds; the message speaks in seconds and names the kernel's reason."""
    from pydantic import AfterValidator

    return AfterValidator(Span(low, high, why))


def whole(step: int) -> AfterValidator:
    """A duration that is a multiple of ``step`` milliseconds: the kernel's attribute has no finer unit."""
    from pydantic import AfterValidator

    return AfterValidator(Whole(step))


def by_number(names: Names | Mixed) -> BeforeValidator:
    """Also take an enumeration's number, as ip(8) prints some; letter case does not matter."""
    from pydantic import BeforeValidator

    return BeforeValidator(ByNumber(names))
