"""The rows' conversions speak pyroute2's value shapes; the codec's own are flat. This bridges the two for one attribute.

struct: dict of fields ↔ tuple; nest that repeats one attribute: {"attrs": [(name, value), …]} ↔ tuple; bridge id ↔ bytes.
Everything else has the same shape on both sides.
"""

from __future__ import annotations

import struct

from nsmgr.kernel.codec import CodecError, Field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

Reshape: TypeAlias = "Callable[[Any], Any]"


def to_pyroute2(field: Field) -> Reshape | None:
    """Codec value → pyroute2's; None when they are the same."""
    names = field.members
    if names:
        return lambda value: dict(zip(names, value, strict=True))
    member = _member(field)
    if member is not None:
        name, inner = member.name, to_pyroute2(member)
        return lambda value: {"attrs": [(name, item if inner is None else inner(item)) for item in value]}
    if field.type == "bridge_id":
        return _bridge_id
    return None


def from_pyroute2(field: Field) -> Reshape | None:
    """pyroute2's value → the codec's; None when they are the same."""
    names = field.members
    if names:
        return lambda value: tuple([value[name] for name in names]) if isinstance(value, dict) else value
    member = _member(field)
    if member is not None:
        inner = from_pyroute2(member)
        return lambda value: (
            tuple([item if inner is None else inner(item) for _, item in value["attrs"]]) if isinstance(value, dict) else value
        )
    if field.type == "bridge_id":
        return lambda value: struct.pack("=H", value["prio"]) + bytes.fromhex(value["addr"].replace(":", ""))
    return None


def _member(field: Field) -> Field | None:
    """What a nest repeats."""
    table = field.table
    return table.by_name[table.list_of] if table is not None and table.list_of else None


def _bridge_id(value: bytes) -> dict[str, Any]:
    if len(value) != 8:
        raise CodecError(f"{len(value)} bytes are no struct ifla_bridge_id")
    return {"prio": struct.unpack("=H", value[:2])[0], "addr": value[2:].hex(":")}
