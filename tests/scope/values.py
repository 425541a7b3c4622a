"""Two values for a row, from what the row and its field say: type, bounds, enumeration, default. As a person would write them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError

from nsmgr.model.base import UNSET, Attr, Names, Resource, Value
from nsmgr.model.convert import Mixed


class Underivable(Exception):
    """No two values were found: tests/scope/cases.py must name them."""


def written(row: Attr, value: Any) -> Any:
    """A canonical value as it is written in a file: durations with their unit, lists for tuples."""
    if row.unit == "ms" and isinstance(value, int):
        return f"{value}ms"
    if isinstance(value, tuple):
        return [written(Attr(), part) for part in value]
    return value


def adapter(cls: type[Resource], name: str) -> TypeAdapter[Any]:
    field = cls.model_fields.get(name) or next(f for f in cls.model_fields.values() if f.alias == name)
    return TypeAdapter(field.rebuild_annotation())


def pair(cls: type[Resource], name: str, row: Attr, serial: int) -> tuple[Any, Any]:
    """(first, second): unequal in the row's eyes. The second is the default where there is one, so that both ways are tried.

    ``serial`` makes addresses unique where the kernel wants them to be.
    """
    judge = adapter(cls, name)
    found: list[tuple[Any, Value]] = []
    default = () if row.default in (UNSET, None) else (written(row, row.default),)
    for candidate in (*default, *_candidates(row, serial), *_limits(judge.json_schema(mode="validation"))):
        try:
            canonical = judge.validate_python(candidate)
        except (ValidationError, ValueError, TypeError):
            continue
        if canonical is None or isinstance(candidate, bool) is not isinstance(canonical, bool):
            continue
        if any(row.equal(canonical, other) or row.equal(other, canonical) for _, other in found):
            continue
        found.append((candidate, canonical))
        if len(found) == 2:
            return found[1][0], found[0][0]
    raise Underivable(f"{name}: no two values")


def _limits(schema: Any) -> Iterator[Any]:
    """The words of an enumeration and the ends of a range, wherever they are in a JSON Schema."""
    if isinstance(schema, list):
        for part in schema:
            yield from _limits(part)
    if isinstance(schema, dict):
        yield from schema.get("enum", ())
        yield from (schema[key] for key in ("const", "minimum", "maximum") if key in schema)
        for part in schema.values():
            yield from _limits(part)


def _candidates(row: Attr, serial: int) -> Iterator[Any]:
    if isinstance(row.convert, Names | Mixed):
        yield from row.convert.numbers
    if row.unit == "ms":
        yield from ("3000ms", "7000ms", "20s", "60s", "2ms")
        return
    high, low = divmod(serial, 250)
    yield from (True, False)
    yield from (2, 3, 7, 1, 16, 1024, 70_000)
    yield from (f"02:0{mark}:00:00:{high:02x}:{low:02x}" for mark in (1, 2))
    yield from (f"10.{mark}.{high}.{low + 1}" for mark in (1, 2))
    yield from (f"2001:db8:{mark}::{serial + 1:x}" for mark in (1, 2))
    yield from ([1024, 2048], [3000, 4000], {1: 2, 3: 4}, {1: 3, 3: 4, 5: 6})
    yield from (["10.0.0.1", "10.0.0.2"], ["10.0.0.3"], ["2001:db8::1"], ["2001:db8::2"])
    yield from (["02:00:00:00:00:07", "02:00:00:00:00:08"], ["02:00:00:00:00:09"])
    yield from ("one", "two")
