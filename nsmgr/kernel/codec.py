"""pyroute2's attribute tables compiled to closures: netlink attribute bytes ↔ Python values. Pure, no sockets.

pyroute2's classes are the schema (``nla_map``, ``fields``); its own codec makes an object per attribute and is ten times
slower. Compilation happens once per class, on first use. Value forms:

=========================  ==================================================================================
pyroute2 type              value
=========================  ==================================================================================
uintN intN beN, 1 field    int (``value_map`` is ignored: names are the rows' business)
asciiz, string             str; bytes that are no UTF-8 survive as surrogate escapes
l2addr, lladdr             "02:00:00:00:00:01", any length (pyroute2 reads and writes six octets whatever is there)
ip4addr, ip6addr, ipaddr   inet_ntop text
flag                       True; encoding False gives no bytes at all
hex, binary, cdata         bytes; also attributes whose type depends on context (a function in pyroute2)
struct (``fields``)        tuple in field order, padding left out
array (``*type``)          tuple
nested                     dict: header fields by name, then attribute name → value; unknown numbers as "#<number>": bytes
nested, ``list_of``        tuple of the values of its one repeated attribute (overlay: altnames, QoS maps)
=========================  ==================================================================================
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from socket import AF_INET, AF_INET6
from types import FunctionType
from typing import Any

from nsmgr.kernel.payload import (
    ASCIIZ,
    BYTES,
    FLAG,
    HEAD,
    LLADDR,
    NLA_F_NESTED,
    NLA_TYPE_MASK,
    STRING,
    Buffer,
    CodecError,
    Decoder,
    Encoder,
    Type,
    address_type,
    array_nest,
    array_of_numbers,
    attribute,
    fallback,
    is_fixed,
    misfit,
    struct_type,
    walk,
)


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute. ``encode(value)`` gives the whole attribute with header and padding; ``decode`` takes the payload's span.

    ``number`` is without flag bits; ``cls`` is pyroute2's class of the payload (of one member for an array).
    """

    number: int
    name: str
    encode: Encoder
    decode: Decoder
    cls: Any
    is_array: bool = False

    @property
    def table(self) -> Table | None:
        """The table of a nested attribute, compiled now if it was not yet; None for every other."""
        return table(self.cls) if isinstance(self.cls, type) and not self.is_array and _is_nest(self.cls) else None


class Table:
    """The attributes of one message or nest, by name and by number, and the fixed header before them (``header`` names)."""

    __slots__ = ("by_name", "by_number", "header", "header_size", "header_type", "list_of", "name")

    def __init__(self, cls: Any) -> None:
        self.name: str = cls.__name__
        self.by_name: dict[str, Field] = {}
        self.by_number: dict[int, Field] = {}
        self.list_of: str = getattr(cls, "list_of", "")
        self.header_type = struct_type(cls.fields) if cls.fields else None
        self.header_size = sum(struct.calcsize(fmt) for _, fmt in cls.fields)  # a multiple of four in every message
        self.header = tuple(name for name, fmt in cls.fields if not fmt.endswith("x"))
        for number, name, spec, flags in _entries(cls):
            field = _field(cls, number, name, spec, flags)
            self.by_name[name] = field
            self.by_number.setdefault(number, field)

    def encode(self, values: Mapping[str, Any] | Iterable[Any]) -> bytes:
        """The payload of a nest. Unknown names and misfits raise CodecError with the path of the attribute."""
        if self.list_of:
            field = self.by_name[self.list_of]
            return b"".join([_named(field, value) for value in values])
        if not isinstance(values, Mapping):
            raise CodecError(f"a mapping is needed, not {values!r}")
        parts = []
        if self.header_type is not None:
            header = tuple(values.get(name, 0) for name in self.header)
            parts.append(self.header_type.pack(header if len(header) > 1 else header[0]) or b"")
        for name, value in values.items():
            field_or_none = self.by_name.get(name)
            if field_or_none is not None:
                parts.append(_named(field_or_none, value))
            elif name.startswith("#"):
                parts.append(attribute(int(name[1:]), value))
            elif name not in self.header:
                raise CodecError("unknown attribute", name)
        return b"".join(parts)

    def decode(self, buf: Buffer, start: int, end: int) -> Any:
        """The value of a nest (see the table in the module's docstring). A repeated attribute: the last one counts."""
        by_number = self.by_number
        if self.list_of:
            field = self.by_name[self.list_of]
            return tuple([_read(field, buf, s, e) for number, s, e in walk(buf, start, end) if number == field.number])
        found = self.decode_header(buf, start, end)
        start += self.header_size
        for number, s, e in walk(buf, start, end):
            known = by_number.get(number)
            if known is None:
                found[f"#{number}"] = bytes(buf[s:e])
            else:
                found[known.name] = _read(known, buf, s, e)
        return found

    def decode_header(self, buf: Buffer, start: int, end: int) -> dict[str, Any]:
        """The fields of the fixed header by name; empty without one."""
        if self.header_type is None:
            return {}
        values = self.header_type.unpack(buf, start, min(start + self.header_size, end))
        return dict(zip(self.header, values if len(self.header) > 1 else (values,), strict=True))


def _named(field: Field, value: Any) -> bytes:
    try:
        return field.encode(value)
    except CodecError as error:
        raise error.within(field.name) from None


def _read(field: Field, buf: Buffer, start: int, end: int) -> Any:
    try:
        return field.decode(buf, start, end)
    except CodecError as error:
        raise error.within(field.name) from None


@cache
def table(cls: Any) -> Table:
    """The compiled table of a pyroute2 ``nla`` or ``nlmsg`` class that has an ``nla_map``. Nests are compiled when first used."""
    return Table(cls)


def _entries(cls: Any) -> Iterator[tuple[int, str, str, int]]:
    """``nla_map`` rows as (number, name, type, flags): it is enumerated unless it numbers itself; flags are optional."""
    rows = list(cls.nla_map)
    for position, row in enumerate(rows):
        flags = row[-1] if isinstance(row[-1], int) else 0
        if isinstance(rows[0][0], int):
            yield row[0], row[1], row[2], flags
        else:
            yield position, row[0], row[1], flags


def _field(owner: Any, number: int, name: str, spec: str, flags: int) -> Field:
    is_array, spec = spec[0] == "*", spec.lstrip("*")
    spec, _, modifier = spec.partition("|")
    type_name, _, init = spec.strip().partition("(")
    if modifier.strip() == "nested" or type_name == "nested":
        flags |= NLA_F_NESTED
    cls = owner if type_name in ("recursive", "nested") else getattr(owner, type_name)
    kind = array_nest(_payload(cls, owner, init)) if is_array else _payload(cls, owner, init)
    wire_number = number | flags | (0 if isinstance(cls, FunctionType) else cls.nla_flags)
    return Field(number, name, _encoder(kind, wire_number), kind.unpack, cls, is_array)


def _encoder(kind: Type, number: int) -> Encoder:
    if kind.native and len(kind.native.strip("=")) == 1:  # one host-order number: header, value and padding in one pack
        size = struct.calcsize(kind.native)
        pack_whole = struct.Struct(f"=HH{kind.native[1:]}{-size % 4}x").pack
        length = size + 4

        def encode_number(value: Any) -> bytes:
            try:
                return pack_whole(length, number, value)
            except (struct.error, TypeError):
                raise CodecError(misfit(value, size)) from None

        return encode_number

    pack = kind.pack

    def encode(value: Any) -> bytes:
        payload = pack(value)
        return b"" if payload is None else attribute(number, payload)

    return encode


def _is_nest(cls: Any) -> bool:
    return bool(cls.nla_map) and isinstance(cls.nla_map, tuple | list)


_ANY_ADDRESS = address_type(0)


@cache
def _atoms() -> tuple[tuple[Any, Type], ...]:
    from pyroute2.netlink import nlmsg_atoms as atoms

    return (
        (atoms.none, BYTES),
        (atoms.flag, FLAG),
        (atoms.asciiz, ASCIIZ),
        (atoms.string, STRING),
        (atoms.ip4addr, address_type(AF_INET)),
        (atoms.ip6addr, address_type(AF_INET6)),
        (atoms.ipaddr, _ANY_ADDRESS),
        (atoms.l2addr, LLADDR),
        (atoms.lladdr, LLADDR),
        (atoms.hex, BYTES),
        (atoms.cdata, BYTES),
    )


def _payload(cls: Any, owner: Any, init: str) -> Type:
    """Choose the codec of a class by what it derives from; classes of variable length with code of their own: pyroute2 itself."""
    if isinstance(cls, FunctionType):
        return BYTES
    if _is_nest(cls):
        return Type(lambda value: table(cls).encode(value), lambda buf, start, end: table(cls).decode(buf, start, end))
    for base, kind in _atoms():
        if issubclass(cls, base):
            return kind
    if cls.__name__ == "target":
        return _ANY_ADDRESS
    if cls.__name__ == "array":
        return array_of_numbers(getattr(owner, init.rstrip(")")).fields[0][1])
    if cls.fields and all(isinstance(fmt, str) and is_fixed(fmt) for _, fmt in cls.fields):
        return struct_type(cls.fields)
    return fallback(cls)


__all__ = [
    "HEAD",
    "NLA_F_NESTED",
    "NLA_TYPE_MASK",
    "Buffer",
    "CodecError",
    "Decoder",
    "Encoder",
    "Field",
    "Table",
    "attribute",
    "table",
    "walk",
]
