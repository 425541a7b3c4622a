"""The rows' conversions speak pyroute2's value shapes; the codec's own are flat. This bridges the two for one attribute.

struct: dict of fields ↔ tuple; nest that repeats one attribute: {"attrs": [(name, value), …]} ↔ tuple; bridge id ↔ bytes.
Everything else has the same shape on both sides.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, TypeAlias

Reshape: TypeAlias = Callable[[Any], Any]


def field_names(cls: Any) -> tuple[str, ...]:
    """The fields of a struct class, padding left out; empty unless there are several."""
    names = tuple(name for name, fmt in getattr(cls, "fields", ()) if not fmt.endswith("x"))
    return names if len(names) > 1 and not cls.nla_map else ()


def to_pyroute2(cls: Any) -> Reshape | None:
    """Codec value → pyroute2's; None when they are the same."""
    if not isinstance(cls, type):
        return None
    names = field_names(cls)
    if names:
        return lambda value: dict(zip(names, value, strict=True))
    member = getattr(cls, "list_of", "")
    if member:
        inner = to_pyroute2(_member(cls, member))
        return lambda value: {"attrs": [(member, item if inner is None else inner(item)) for item in value]}
    if _is_bridge_id(cls):
        return lambda value: {"prio": struct.unpack("=H", value[:2])[0], "addr": value[2:].hex(":")}
    return None


def from_pyroute2(cls: Any) -> Reshape | None:
    """pyroute2's value → the codec's; None when they are the same."""
    if not isinstance(cls, type):
        return None
    names = field_names(cls)
    if names:
        return lambda value: tuple([value[name] for name in names]) if isinstance(value, dict) else value
    member = getattr(cls, "list_of", "")
    if member:
        inner = from_pyroute2(_member(cls, member))
        return lambda value: (
            tuple([item if inner is None else inner(item) for _, item in value["attrs"]]) if isinstance(value, dict) else value
        )
    if _is_bridge_id(cls):
        return lambda value: struct.pack("=H", value["prio"]) + bytes.fromhex(value["addr"].replace(":", ""))
    return None


def _member(cls: Any, name: str) -> Any:
    kind = next(row[-1] if isinstance(row[0], str) else row[2] for row in cls.nla_map if name in row[:2])
    return getattr(cls, kind)


def _is_bridge_id(cls: Any) -> bool:
    return any(base.__name__ == "ifla_bridge_id" for base in cls.__mro__)
