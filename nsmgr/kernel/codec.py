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
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from types import FunctionType
from typing import Any, TypeAlias

from nsmgr.errors import NsmgrError

Buffer: TypeAlias = bytes | bytearray | memoryview
Encoder: TypeAlias = Callable[[Any], bytes]
Decoder: TypeAlias = Callable[[Buffer, int, int], Any]

NLA_F_NESTED, NLA_TYPE_MASK = 0x8000, 0x3FFF  # linux/netlink.h; bit 14 is NLA_F_NET_BYTEORDER
HEAD = struct.Struct("=HH")  # struct nlattr: nla_len (with this header, without padding), nla_type
_PAD = (b"", b"\0\0\0", b"\0\0", b"\0")


class CodecError(NsmgrError):
    """A value does not fit its attribute, or bytes do not follow the format. ``path`` is the dotted attribute path."""

    code = "codec"

    def __init__(self, reason: str, path: str = "") -> None:
        self.reason, self.path = reason, path
        super().__init__(f"{path}: {reason}" if path else reason)

    def within(self, name: str) -> CodecError:
        """The same error seen from the enclosing attribute ``name``."""
        return CodecError(self.reason, f"{name}.{self.path}" if self.path else name)


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


@dataclass(frozen=True, slots=True)
class _Type:
    """Payload codec. ``pack`` returns None for "send nothing"; ``native`` is the struct format when host order and fixed size."""

    pack: Callable[[Any], bytes | None]
    unpack: Decoder
    native: str = ""


def attribute(number: int, payload: bytes) -> bytes:
    """One attribute, padded to four bytes. ``number`` may carry NLA_F_NESTED."""
    length = len(payload) + 4
    if length > 0xFFFF:
        raise CodecError(f"{len(payload)} bytes do not fit into an attribute (nla_len has 16 bits)")
    return HEAD.pack(length, number) + payload + _PAD[length & 3]


def walk(buf: Buffer, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Attributes between two offsets as (number without flags, payload start, payload end)."""
    while start < end:
        if end - start < 4:
            raise CodecError(f"{end - start} stray bytes after the last attribute")
        length, number = HEAD.unpack_from(buf, start)
        stop = start + length
        if length < 4 or stop > end:
            raise CodecError(f"attribute {number & NLA_TYPE_MASK} claims {length} bytes of {end - start}")
        yield number & NLA_TYPE_MASK, start + 4, stop
        start = (stop + 3) & ~3


class Table:
    """The attributes of one message or nest, by name and by number, and the fixed header before them (``header`` names)."""

    __slots__ = ("by_name", "by_number", "header", "header_size", "header_type", "list_of", "name")

    def __init__(self, cls: Any) -> None:
        self.name: str = cls.__name__
        self.by_name: dict[str, Field] = {}
        self.by_number: dict[int, Field] = {}
        self.list_of: str = getattr(cls, "list_of", "")
        self.header_type = _struct(cls.fields) if cls.fields else None
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


# ------------------------------------------------------------------------------------------------------------- compilation


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
    kind = _array(_payload(cls, owner, init)) if is_array else _payload(cls, owner, init)
    wire_number = number | flags | (0 if isinstance(cls, FunctionType) else cls.nla_flags)
    return Field(number, name, _encoder(kind, wire_number), kind.unpack, cls, is_array)


def _encoder(kind: _Type, number: int) -> Encoder:
    if kind.native and len(kind.native.strip("=")) == 1:  # one host-order number: header, value and padding in one pack
        size = struct.calcsize(kind.native)
        pack_whole = struct.Struct(f"=HH{kind.native[1:]}{-size % 4}x").pack
        length = size + 4

        def encode_number(value: Any) -> bytes:
            try:
                return pack_whole(length, number, value)
            except (struct.error, TypeError):
                raise CodecError(_misfit(value, size)) from None

        return encode_number

    pack = kind.pack

    def encode(value: Any) -> bytes:
        payload = pack(value)
        return b"" if payload is None else attribute(number, payload)

    return encode


def _misfit(value: Any, size: int) -> str:
    return f"{value!r} does not fit into {size} byte{'s' if size > 1 else ''}"


def _is_nest(cls: Any) -> bool:
    return bool(cls.nla_map) and not isinstance(cls.nla_map, dict) and isinstance(cls.nla_map, tuple | list)


def _payload(cls: Any, owner: Any, init: str) -> _Type:
    """Choose the codec of a class by what it derives from; classes of variable length with code of their own: pyroute2 itself."""
    if isinstance(cls, FunctionType):
        return _BYTES
    if _is_nest(cls):
        return _Type(lambda value: table(cls).encode(value), lambda buf, start, end: table(cls).decode(buf, start, end))
    from pyroute2.netlink import nlmsg_atoms as atoms

    for base, kind in (
        (atoms.none, _BYTES),
        (atoms.flag, _FLAG),
        (atoms.asciiz, _ASCIIZ),
        (atoms.string, _STRING),
        (atoms.ip4addr, _address(AF_INET)),
        (atoms.ip6addr, _address(AF_INET6)),
        (atoms.ipaddr, _address(0)),
        (atoms.l2addr, _LLADDR),
        (atoms.lladdr, _LLADDR),
        (atoms.hex, _BYTES),
        (atoms.cdata, _BYTES),
    ):
        if issubclass(cls, base):
            return kind
    if cls is atoms.target:
        return _address(0)
    if issubclass(cls, atoms.array):
        element = getattr(owner, init.rstrip(")"))
        return _fixed_array(element.fields[0][1])
    if cls.fields and all(isinstance(fmt, str) and _is_fixed(fmt) for _, fmt in cls.fields):
        return _struct(cls.fields)
    return _fallback(cls)


def _is_fixed(fmt: str) -> bool:
    try:
        return struct.calcsize(fmt) > 0 and fmt != "s"  # a lone "s" means "the rest" in pyroute2
    except struct.error:
        return False


def _struct(fields: Iterable[tuple[str, str]]) -> _Type:
    """Fields one after the other without alignment, each in its own byte order, as pyroute2 packs them."""
    formats = [fmt for _, fmt in fields]
    big = [fmt[0] in ">!" for fmt in formats]
    texts = [fmt.lstrip("=@<>!") for fmt in formats]
    if any(big) and not all(big):
        return _mixed_struct(formats)
    native = ("=" if not any(big) else ">") + "".join(texts)
    whole = struct.Struct(native)
    size, pack, unpack_from = whole.size, whole.pack, whole.unpack_from
    scalar = len(unpack_from(bytes(size))) == 1

    def pack_one(value: Any) -> bytes:
        try:
            return pack(value)
        except (struct.error, TypeError):
            raise CodecError(_misfit(value, size)) from None

    def pack_many(value: Any) -> bytes:
        try:
            return pack(*value)
        except (struct.error, TypeError):
            raise CodecError(f"{value!r} does not fit into the struct {native!r}") from None

    def unpack_one(buf: Buffer, start: int, end: int) -> Any:
        if end - start != size:
            raise CodecError(f"{end - start} bytes where {size} belong")
        return unpack_from(buf, start)[0]

    def unpack_many(buf: Buffer, start: int, end: int) -> Any:
        if end - start < size:  # newer kernels append to structs, never cut them
            raise CodecError(f"{end - start} bytes where {size} belong")
        return unpack_from(buf, start)

    return _Type(pack_one, unpack_one, native if native[0] == "=" else "") if scalar else _Type(pack_many, unpack_many, native)


def _mixed_struct(formats: list[str]) -> _Type:
    parts = [struct.Struct(fmt if fmt[0] in "=<>!" else f"={fmt}") for fmt in formats]
    size = sum(part.size for part in parts)

    def pack(value: Any) -> bytes:
        try:
            return b"".join([part.pack(item) for part, item in zip(parts, value, strict=True)])
        except (struct.error, TypeError, ValueError):
            raise CodecError(f"{value!r} does not fit into the struct {formats}") from None

    def unpack(buf: Buffer, start: int, end: int) -> Any:
        if end - start < size:
            raise CodecError(f"{end - start} bytes where {size} belong")
        found = []
        for part in parts:
            found.append(part.unpack_from(buf, start)[0])
            start += part.size
        return tuple(found)

    return _Type(pack, unpack)


def _fixed_array(fmt: str) -> _Type:
    size = struct.calcsize(fmt)
    order, code = (fmt[0], fmt[1:]) if fmt[0] in "=<>!" else ("=", fmt)

    def pack(value: Any) -> bytes:
        try:
            return struct.pack(f"{order}{len(value)}{code}", *value)
        except (struct.error, TypeError):
            raise CodecError(f"{value!r} does not fit into an array of {size}-byte numbers") from None

    def unpack(buf: Buffer, start: int, end: int) -> Any:
        return struct.unpack_from(f"{order}{(end - start) // size}{code}", buf, start)

    return _Type(pack, unpack)


def _array(element: _Type) -> _Type:
    """A nest whose members all have one type; the kernel ignores their numbers, pyroute2 counts from 1."""

    def pack(value: Any) -> bytes:
        return b"".join([attribute(number, element.pack(item) or b"") for number, item in enumerate(value, 1)])

    return _Type(pack, lambda buf, start, end: tuple([element.unpack(buf, s, e) for _, s, e in walk(buf, start, end)]))


def _fallback(cls: Any) -> _Type:
    """A class with code of its own: pyroute2 encodes and decodes it. Whatever it raises becomes a CodecError."""

    def pack(value: Any) -> bytes:
        try:
            instance = cls()
            instance.setvalue(value)
            instance.encode()
            return bytes(instance.data[4 : instance.length])
        except Exception as error:
            raise CodecError(f"{value!r}: {error}") from error

    def unpack(buf: Buffer, start: int, end: int) -> Any:
        try:
            instance = cls(data=HEAD.pack(end - start + 4, 0) + bytes(buf[start:end]), length=end - start + 4)
            instance.decode()
            return instance.getvalue()
        except Exception as error:
            raise CodecError(str(error)) from error

    return _Type(pack, unpack)


# ------------------------------------------------------------------------------------------------------------------- atoms


def _pack_bytes(value: Any) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise CodecError(f"bytes are needed, not {value!r}")
    return bytes(value)


def _pack_text(value: Any) -> bytes:
    if not isinstance(value, str) or "\0" in value:
        raise CodecError(f"text without NUL is needed, not {value!r}")
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise CodecError(f"{value!r} cannot be written as UTF-8") from None


def _unpack_text(buf: Buffer, start: int, end: int) -> str:
    text = str(buf[start:end], "utf-8", "surrogateescape")
    stop = text.find("\0")
    return text if stop < 0 else text[:stop]


def _pack_lladdr(value: Any) -> bytes:
    try:
        return bytes.fromhex(value.replace(":", "")) if value else b""
    except (AttributeError, TypeError, ValueError):
        raise CodecError(f"{value!r} is not a link-layer address (octets in hex with colons)") from None


def _unpack_lladdr(buf: Buffer, start: int, end: int) -> str:
    return buf[start:end].hex(":") if end > start else ""


def _address(family: int) -> _Type:
    """``family`` 0: whichever the text (a colon is IPv6) or the length says."""
    expected: dict[int, int] = {AF_INET: 4, AF_INET6: 16}
    version = "v4" if family == AF_INET else "v6" if family == AF_INET6 else ""

    def pack(value: Any) -> bytes:
        try:
            return inet_pton(family or (AF_INET6 if ":" in value else AF_INET), value)
        except (OSError, TypeError):
            raise CodecError(f"{value!r} is not an IP{version} address") from None

    def unpack(buf: Buffer, start: int, end: int) -> str:
        size = end - start
        if size != expected.get(family, size) or size not in (4, 16):
            raise CodecError(f"{size} bytes are no IP address")
        return inet_ntop(AF_INET if size == 4 else AF_INET6, buf[start:end])

    return _Type(pack, unpack)


_BYTES = _Type(_pack_bytes, lambda buf, start, end: bytes(buf[start:end]))
# vxlan_fill_info writes a byte where vxlan_policy takes NLA_FLAG (IFLA_VXLAN_TTL_INHERIT): there 0 is "not set"
_FLAG = _Type(lambda value: b"" if value else None, lambda buf, start, end: end == start or buf[start] != 0)
_ASCIIZ = _Type(lambda value: _pack_text(value) + b"\0", _unpack_text)
_STRING = _Type(_pack_text, _unpack_text)
_LLADDR = _Type(_pack_lladdr, _unpack_lladdr)
