"""Attribute tables compiled to closures: netlink attribute bytes ↔ Python values. Pure, no sockets.

The tables are texts (``tables.py``, extracted from pyroute2's classes); a table is split into its attributes when it is
first asked for, and an attribute gets its encoder and decoder when it is first encoded or decoded. Value forms:

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
from _socket import AF_INET, AF_INET6

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
    misfit,
    struct_type,
    walk,
)
from nsmgr.light import cache, cached_property

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any


class Field:
    """One attribute. ``encode(value)`` gives the whole attribute with header and padding; ``decode`` takes the payload's span.

    ``number`` is without flag bits; ``type`` is the table's word for the payload (see ``tables.py``).
    """

    def __init__(self, number: int, name: str, kind: str, flags: int, tables: Tables) -> None:
        self.number, self.name, self.type = number, name, kind
        self._flags, self._tables = flags, tables

    @cached_property
    def encode(self) -> Encoder:
        return _encoder(self._payload, self.number | self._flags)

    @cached_property
    def decode(self) -> Decoder:
        return self._payload.unpack

    @property
    def table(self) -> Table | None:
        """The table of a nested attribute; None for every other."""
        return self._tables[self.type[1:-1]] if self.type[0] == "{" else None

    @property
    def members(self) -> tuple[str, ...]:
        """The names of a struct's fields, padding left out; empty for every other type."""
        return tuple([name for name, _ in _fields(self.type) if name]) if self.type[0] == "(" else ()

    @property
    def _payload(self) -> Type:
        is_array = self.type[0] == "*"
        table = self._tables[self.type.strip("*{}")] if self.type[-1] == "}" else None
        payload = Type(table.encode, table.decode) if table is not None else _type(self.type.lstrip("*"))
        return array_nest(payload) if is_array else payload


class Table:
    """The attributes of one message or nest, by name and by number, and the fixed header before them (``header`` names)."""

    __slots__ = ("by_name", "by_number", "header", "header_size", "header_type", "list_of", "name")

    def __init__(self, name: str, text: str, tables: Tables) -> None:
        self.name = name
        self.by_name: dict[str, Field] = {}
        self.by_number: dict[int, Field] = {}
        self.list_of = ""
        self.header_type: Type | None = None
        self.header_size = 0  # a multiple of four in every message
        self.header: tuple[str, ...] = ()
        for word in text.split():
            if word[0] == "(":
                fields = _fields(word)
                self.header = tuple([name for name, _ in fields if name])
                self.header_size = struct.calcsize("=" + "".join([fmt for _, fmt in fields]))
                self.header_type = _type(word)
            elif word[0] == "*":
                self.list_of = word[1:]
            else:
                digits, name, kind = word.split(":", 2)
                nested = digits[-1] == "n"
                number = int(digits[:-1] if nested else digits)
                field = self.by_name[name] = Field(number, name, kind, NLA_F_NESTED if nested else 0, tables)
                self.by_number.setdefault(number, field)

    def encode(self, values: Mapping[str, Any] | Iterable[Any]) -> bytes:
        """The payload of a nest. Unknown names and misfits raise CodecError with the path of the attribute."""
        if self.list_of:
            field = self.by_name[self.list_of]
            return b"".join([_named(field, value) for value in values])
        if not isinstance(values, dict):
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


class Tables:
    """Tables by name, from their texts; each is made when it is first asked for. KeyError for a name without text."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._made: dict[str, Table] = {}

    def get(self, name: str) -> Table | None:
        """As indexing, None for a name without text."""
        return self[name] if name in self._texts else None

    def __getitem__(self, name: str) -> Table:
        made = self._made.get(name)
        if made is None:
            text = self._texts[name]
            made = self[text[1:]] if text[0] == "=" else Table(name, text, self)
            self._made[name] = made
        return made


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


_TYPES: Mapping[str, Type] = {
    "bytes": BYTES,
    "bridge_id": BYTES,
    "flag": FLAG,
    "asciiz": ASCIIZ,
    "string": STRING,
    "lladdr": LLADDR,
    "ip4": address_type(AF_INET),
    "ip6": address_type(AF_INET6),
    "ip": address_type(0),
}


@cache
def _type(word: str) -> Type:
    """The codec of a payload that is no nest, by the tables' word for it."""
    known = _TYPES.get(word)
    if known is not None:
        return known
    if ":" in word:
        return fallback(word)
    if word[0] == "[":
        return array_of_numbers(word[1:-1])
    return struct_type([fmt for _, fmt in _fields(word)] if word[0] == "(" else [word])


def _fields(word: str) -> list[tuple[str, str]]:
    """``(field=format,…)`` → pairs; padding has no name."""
    return [(name, fmt) for name, _, fmt in [part.partition("=") for part in word[1:-1].split(",")]]


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
    "Tables",
    "attribute",
    "walk",
]
