"""What a netlink message says, for people: ``plan --messages``, and the name of the attribute the kernel complains about. Pure."""

from __future__ import annotations

from nsmgr.kernel import schema
from nsmgr.kernel.codec import Buffer, CodecError, Table, walk
from nsmgr.kernel.wire import NLMSG_HEADER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_TYPES: Mapping[int, str] = {value: name for name, value in vars(schema).items() if name.startswith("RTM_")}
_REQUEST, _DUMP = 0x1, 0x300
_FLAGS = {0x1: "REQUEST", 0x2: "MULTI", 0x4: "ACK", 0x8: "ECHO"}
_NEW_FLAGS = {0x100: "REPLACE", 0x200: "EXCL", 0x400: "CREATE", 0x800: "APPEND"}
_INFO_KIND, _INFO_DATA, _INFO_SLAVE_KIND, _INFO_SLAVE_DATA = 1, 2, 4, 5


def attribute_path(message: bytes, offset: int) -> str:
    """Byte offset in one of our messages (NLMSGERR_ATTR_OFFS) → ``IFLA_LINKINFO.IFLA_INFO_DATA.IFLA_VXLAN_ID``; "" = unknown."""
    try:
        length, kind, _, _, _ = NLMSG_HEADER.unpack_from(message)
        table = schema.message_table(kind)
        if table is None or not 16 <= offset < min(length, len(message)):
            return ""
        return ".".join(_path(table, message, 16, min(length, len(message)), offset, ""))
    except Exception:  # an error message must come out even when the bytes are not ours
        return ""


def _path(table: Table, buf: bytes, start: int, end: int, offset: int, kind: str) -> list[str]:
    for number, s, e in walk(buf, start + table.header_size, end):
        kind = _kind(table, number, buf, s, e) or kind
        if s - 4 <= offset < e:
            field = table.by_number.get(number)
            name = field.name if field is not None else f"#{number}"
            inner = _nested(table, number, kind)
            if offset < s or inner is None:
                return [name]
            return [name, *_path(inner, buf, s, e, offset, kind)]
    return []


def _kind(table: Table, number: int, buf: Buffer, start: int, end: int) -> str:
    """The kind that the next nest is about, if this attribute names it; ``bridge_slave`` of a bridge's port."""
    if table is not schema.linkinfo_table() or number not in (_INFO_KIND, _INFO_SLAVE_KIND):
        return ""
    return _text(buf, start, end) + ("_slave" if number == _INFO_SLAVE_KIND else "")


def _nested(table: Table, number: int, kind: str) -> Table | None:
    """The table inside an attribute; that of IFLA_INFO_DATA and IFLA_INFO_SLAVE_DATA depends on the kind before it."""
    if number in (_INFO_DATA, _INFO_SLAVE_DATA) and table is schema.linkinfo_table():
        return _data_table(kind)
    field = table.by_number.get(number)
    return field.table if field is not None else None


def _data_table(kind: str) -> Table | None:
    from nsmgr.kernel.linkcodec import kind_codec

    return kind_codec(kind).data_table or schema.data_table(kind)


def _text(buf: Buffer, start: int, end: int) -> str:
    return str(buf[start:end], "utf-8", "replace").rstrip("\0")


def describe(message: bytes) -> dict[str, Any]:
    """A complete message as a document that JSON can hold.

    ``{"type": "RTM_NEWLINK", "flags": ["REQUEST", …], "header": {field: number}, "attributes": [[name, value], …],
    "hex": "…"}``. A nest's value is such a list again, behind its own ``{field: number}`` where it has a header; bytes are
    hex text. Bytes that follow no format are kept as hex under ``"malformed"``.
    """
    if len(message) < 16:
        raise CodecError(f"{len(message)} bytes are no netlink message")
    length, kind, flags, _, _ = NLMSG_HEADER.unpack_from(message)
    document: dict[str, Any] = {"type": _TYPES.get(kind, str(kind)), "flags": _flag_names(kind, flags)}
    table = schema.message_table(kind)
    if table is None:
        document["header"], document["attributes"] = {}, []
    else:
        document["header"], document["attributes"] = _nest(table, message, 16, min(length, len(message)), "")
    document["hex"] = message.hex()
    return document


def _flag_names(kind: int, flags: int) -> list[str]:
    """The bits from 0x100 mean other things in requests to read than in requests to write."""
    names = [name for bit, name in _FLAGS.items() if flags & bit]
    if kind & 3 == 2:
        return [*names, "DUMP"] if flags & _DUMP == _DUMP else names
    return names + [name for bit, name in _NEW_FLAGS.items() if flags & bit]


def _nest(table: Table, buf: bytes, start: int, end: int, kind: str) -> tuple[dict[str, Any], list[Any]]:
    header: dict[str, Any] = {}
    attributes: list[Any] = []
    try:
        header = table.decode_header(buf, start, end)
        for number, s, e in walk(buf, start + table.header_size, end):
            kind = _kind(table, number, buf, s, e) or kind
            field = table.by_number.get(number)
            inner = _nested(table, number, kind)
            if inner is not None:
                inner_header, values = _nest(inner, buf, s, e, kind)
                value: Any = [inner_header, values] if inner_header else values
            else:
                value = _plain(field.decode(buf, s, e) if field is not None else bytes(buf[s:e]))
            attributes.append([field.name if field is not None else f"#{number}", value])
    except CodecError:
        attributes.append(["malformed", bytes(buf[start:end]).hex()])
    return header, attributes


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return value.hex()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value
