"""Rows: everything nsmgr knows about one configurable attribute, said once.

From a field's :class:`Attr` come the JSON Schema, ``explain``, the docs table, encode, decode, diff and the question "in place
or replace?". Pure: imports neither sockets nor pyroute2 (``Attr.nla`` is only the *name* pyroute2 gives the attribute), and
no pydantic: planning must not wait for it.
"""

from __future__ import annotations

from nsmgr.light import Enum
from nsmgr.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Protocol, TypeAlias
else:
    Protocol = object

IFF_UP, IFF_NOARP, IFF_PROMISC, IFF_ALLMULTI, IFF_MULTICAST = 0x1, 0x80, 0x100, 0x200, 0x1000  # linux/if.h

# A canonical configuration value: what both a desired and an observed state hold, comparable with ==.
# str for names, MACs (lower case, colons), IP addresses (inet_ntop form) and enumerations; int; bool; tuples of those.
Value: TypeAlias = "str | int | bool | tuple[Any, ...] | None"


class Change(Enum):
    """What the kernel needs to change an attribute of a living object."""

    IN_PLACE = "in place"
    WHEN_DOWN = "in place, link set down meanwhile"
    REPLACE = "replaces the object"
    CREATE_ONLY = "only at creation; a difference afterwards is not drift"
    READ_ONLY = "shown, cannot be set"


class Where(Enum):
    """Which part of an RTM_NEWLINK message carries the attribute."""

    LINK = "top level"
    DATA = "IFLA_LINKINFO/IFLA_INFO_DATA"
    FLAG = "ifi_flags"
    INET6 = "IFLA_AF_SPEC/AF_INET6"
    GENL = "the kind's generic netlink family"
    NONE = "not on the wire as such"


class Fixed:
    """A small value: its slots, compared and shown; hashed by its text, for mappings are among the members."""

    __slots__: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    def __hash__(self) -> int:
        return hash((type(self), *(repr(getattr(self, name)) for name in self.__slots__)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__slots__)})"


class Convert(Protocol):
    """Pure conversion between the canonical value and the codec's Python value. Never raises on a decoded value."""

    def to_wire(self, value: Any) -> Any: ...
    def from_wire(self, value: Any) -> Value: ...


class Names(Fixed):
    """An enumeration: names in the configuration, numbers on the wire; unknown numbers stay decimal text."""

    __slots__ = ("numbers",)

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self.numbers = numbers

    def to_wire(self, value: Any) -> Any:
        return self.numbers[value] if value in self.numbers else int(value)

    def from_wire(self, value: Any) -> Value:
        return next((name for name, number in self.numbers.items() if number == value), str(value))


class Bool(Fixed):
    """A number that is a truth value; ``inverted`` when 1 on the wire means false here."""

    __slots__ = ("inverted",)

    def __init__(self, inverted: bool = False) -> None:
        self.inverted = inverted

    def to_wire(self, value: Any) -> Any:
        return int(bool(value) != self.inverted)

    def from_wire(self, value: Any) -> Value:
        return bool(value) != self.inverted


class Scale(Fixed):
    """A duration: milliseconds in canonical form (int), ``per_second`` units a second on the wire.

    Bridge timers are clock_t (USER_HZ, 100 a second), bond's are milliseconds, vxlan ageing whole seconds.
    """

    __slots__ = ("per_second",)

    def __init__(self, per_second: int) -> None:
        self.per_second = per_second

    def to_wire(self, value: Any) -> Any:
        return int(value) * self.per_second // 1000

    def from_wire(self, value: Any) -> Value:
        return int(value) * 1000 // self.per_second


class Gate(Fixed):
    """Another attribute's bit says whether a row's own attribute counts: the value is ``word`` where it does not.

    ``when``: the state of ``bit`` in ``nla`` that means ``word``. GRE: without GRE_KEY in IFLA_GRE_IFLAGS there is no key,
    whatever IFLA_GRE_IKEY says. ip6tnl: with IP6_TNL_F_USE_ORIG_TCLASS the traffic class is the inner packet's.
    """

    __slots__ = ("bit", "nla", "when", "word")

    def __init__(self, nla: str, bit: int, word: str, when: bool = True) -> None:
        self.nla = nla
        self.bit = bit
        self.word = word
        self.when = when


class Attr(Record, frozen=True):
    """One row. Values in the configuration are canonical :data:`Value`; ``convert`` bridges to the codec's value.

    nla: pyroute2's name ("IFLA_VXLAN_ID"); "" for ifi_flags bits and for things without an attribute of their own.
    nla6: the twin attribute that carries the same thing for an IPv6 value (IFLA_VXLAN_GROUP6), or "".
    told_by: the attribute a dump tells it by, where that is another than the one that sets it; several rows may share it.
    flag: the IFF_* bit when ``where`` is FLAG.
    bit: the row is one bit of the attribute, or a number in a run of its bits (the traffic class of an IPv6 flow word);
        changed by {flags, mask} structs or read-modify-write; 0 = it is the whole attribute.
    masked: of a bit: the attribute is a {flags, mask} struct, so that a bit goes alone; else all bits go together.
    gate: the bit of another attribute that says whether this one counts.
    ref: the value names a link; on the wire it is its ifindex.
    late: ignored by the creating RTM_NEWLINK (KERNEL.md 2.3): sent by a second message right after it.
    last: told after the link's sysctls, on which it depends whether the kernel takes it.
    untold: some kernels take it and never tell: it is not compared where a dump leaves it out.
    absent: what it means when the kernel leaves the attribute out of a dump.
    default: what a new object has unless told: ``export`` leaves such values out. UNSET = always exported.
    tolerance: largest difference of an int that still counts as equal (kernel rounding); milliseconds for durations.
    unit: for humans: "bytes", "ms", "s" …  ``export``: False = never part of ``show --format yaml``.
    """

    nla: str = ""
    change: Change = Change.IN_PLACE
    where: Where = Where.LINK
    convert: Convert | None = None
    nla6: str = ""
    told_by: str = ""
    flag: int = 0
    bit: int = 0
    masked: bool = False
    gate: Gate | None = None
    ref: bool = False
    late: bool = False
    last: bool = False
    untold: bool = False
    absent: Value = None
    default: Any = ...
    tolerance: int = 0
    unit: str = ""
    export: bool = True

    def equal(self, desired: Value, observed: Value) -> bool:
        """Whether the observed value satisfies the desired one."""
        if desired == observed:
            return True
        if self.tolerance and isinstance(desired, int) and isinstance(observed, int):
            return abs(desired - observed) <= self.tolerance
        return False


UNSET: Any = ...
