"""Qdiscs whose options are plain attributes, one number each. Pure."""

from __future__ import annotations

import struct

from nsmgr.kernel.codec import attribute
from nsmgr.kernel.traffic import attributes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeAlias

    from nsmgr.model.attr import Value

NONE = 0xFFFFFFFF


class Form:
    """How a number is on the wire: its struct, and what the canonical value is made from and made into."""

    __slots__ = ("back", "pack", "there")

    def __init__(self, code: str, there: Callable[[Any], int] = int, back: Callable[[int], Value] = int) -> None:
        self.pack, self.there, self.back = struct.Struct("=" + code), there, back


def words(code: str, *names: str) -> Form:
    """An enumeration from 0."""
    return Form(code, names.index, lambda number: names[number] if 0 <= number < len(names) else str(number))


NUMBER, SIGNED, BYTE = Form("I"), Form("i"), Form("B")
TRUTH, TRUTH8 = Form("I", int, bool), Form("B", int, bool)
MICROSECONDS = Form("I", lambda value: min(value // 1000, NONE - 1), lambda number: number * 1000)
NANOSECONDS = Form("I")
RATE = Form("I", lambda value: min(value // 8, NONE), lambda number: number * 8)
RATE64 = Form("Q", lambda value: value // 8, lambda number: number * 8)
LOG2 = Form("I", lambda value: value.bit_length() - 1, lambda number: 1 << number)

if TYPE_CHECKING:
    Fields: TypeAlias = Mapping[int, tuple[str, Form]]


def encode(fields: Fields, attrs: Mapping[str, Any]) -> bytes:
    """The attributes that have a value."""
    return b"".join(
        attribute(number, form.pack.pack(form.there(attrs[name])))
        for number, (name, form) in fields.items()
        if attrs.get(name) is not None
    )


def decode(fields: Fields, options: bytes) -> dict[str, Value]:
    """The attributes that are known and long enough."""
    found: dict[str, Value] = {}
    for number, payload in attributes(options).items():
        name, form = fields.get(number, ("", NUMBER))
        if name and len(payload) >= form.pack.size:
            found[name] = form.back(form.pack.unpack_from(payload)[0])
    return found
