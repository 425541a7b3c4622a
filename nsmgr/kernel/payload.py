"""Attribute payloads: bytes ↔ one value, type by type, and the framing of attributes. Pure, knows no schema."""

from __future__ import annotations

import struct
from _socket import AF_INET, AF_INET6, inet_ntop, inet_pton

from nsmgr.errors import NsmgrError
from nsmgr.light import cache
from nsmgr.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, TypeAlias

Buffer: TypeAlias = bytes | bytearray | memoryview
Encoder: TypeAlias = "Callable[[Any], bytes]"
Decoder: TypeAlias = "Callable[[Buffer, int, int], Any]"

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


class Type(Record, frozen=True):
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


class Understood:
    """``with Understood("fdb"):`` decode an answer in there; bytes that do not follow the format are a CodecError."""

    __slots__ = ("_what",)

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, (struct.error, LookupError, ValueError, TypeError, OverflowError)):
            raise CodecError(f"the kernel's answer does not follow the format: {error}", self._what) from error


def misfit(value: Any, size: int) -> str:
    return f"{value!r} does not fit into {size} byte{'s' if size > 1 else ''}"


def is_fixed(fmt: str) -> bool:
    try:
        return struct.calcsize(fmt) > 0 and fmt != "s"  # a lone "s" means "the rest" in pyroute2
    except struct.error:
        return False


def struct_type(formats: Sequence[str]) -> Type:
    """Fields one after the other without alignment, each in its own byte order, as pyroute2 packs them."""
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
            raise CodecError(misfit(value, size)) from None

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

    return Type(pack_one, unpack_one, native if native[0] == "=" else "") if scalar else Type(pack_many, unpack_many, native)


def _mixed_struct(formats: Sequence[str]) -> Type:
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

    return Type(pack, unpack)


def array_of_numbers(fmt: str) -> Type:
    size = struct.calcsize(fmt)
    order, code = (fmt[0], fmt[1:]) if fmt[0] in "=<>!" else ("=", fmt)

    def pack(value: Any) -> bytes:
        try:
            return struct.pack(f"{order}{len(value)}{code}", *value)
        except (struct.error, TypeError):
            raise CodecError(f"{value!r} does not fit into an array of {size}-byte numbers") from None

    def unpack(buf: Buffer, start: int, end: int) -> Any:
        return struct.unpack_from(f"{order}{(end - start) // size}{code}", buf, start)

    return Type(pack, unpack)


def array_nest(element: Type) -> Type:
    """A nest whose members all have one type; the kernel ignores their numbers, pyroute2 counts from 1."""

    def pack(value: Any) -> bytes:
        return b"".join([attribute(number, element.pack(item) or b"") for number, item in enumerate(value, 1)])

    return Type(pack, lambda buf, start, end: tuple([element.unpack(buf, s, e) for _, s, e in walk(buf, start, end)]))


def fallback(place: str) -> Type:
    """A class with code of its own: pyroute2 encodes and decodes it. Whatever it raises becomes a CodecError.

    ``place`` is "module:qualified.name"; it is imported, and pyroute2 with it, when the first such attribute is met.
    """

    @cache
    def load() -> Any:
        from functools import reduce
        from importlib import import_module

        module, _, name = place.partition(":")
        return reduce(getattr, name.split("."), import_module(module))

    def pack(value: Any) -> bytes:
        try:
            instance = load()()
            instance.setvalue(value)
            instance.encode()
            return bytes(instance.data[4 : instance.length])
        except Exception as error:
            raise CodecError(f"{value!r}: {error}") from error

    def unpack(buf: Buffer, start: int, end: int) -> Any:
        try:
            instance = load()(data=HEAD.pack(end - start + 4, 0) + bytes(buf[start:end]), length=end - start + 4)
            instance.decode()
            return instance.getvalue()
        except Exception as error:
            raise CodecError(str(error)) from error

    return Type(pack, unpack)


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
        return bytes.fromhex(value.replace(":", " ")) if value else b""
    except (AttributeError, TypeError, ValueError):
        raise CodecError(f"{value!r} is not a link-layer address (octets in hex with colons)") from None


def _unpack_lladdr(buf: Buffer, start: int, end: int) -> str:
    return buf[start:end].hex(":") if end > start else ""


def address_type(family: int) -> Type:
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

    return Type(pack, unpack)


BYTES = Type(_pack_bytes, lambda buf, start, end: bytes(buf[start:end]))
# vxlan_fill_info writes a byte where vxlan_policy takes NLA_FLAG (IFLA_VXLAN_TTL_INHERIT): there 0 is "not set"
FLAG = Type(lambda value: b"" if value else None, lambda buf, start, end: end == start or buf[start] != 0)
ASCIIZ = Type(lambda value: _pack_text(value) + b"\0", _unpack_text)
STRING = Type(_pack_text, _unpack_text)
LLADDR = Type(_pack_lladdr, _unpack_lladdr)
