"""Canonical values in the words of the configuration: durations as ``300s``, booleans as ``true``, nothing as ``none``."""

from __future__ import annotations

from nsmgr.light import cache
from nsmgr.model.attr import Value
from nsmgr.model.kind import kind as kind_facts
from nsmgr.model.thing import thing_durations
from nsmgr.plan.plan import Operation, Plan, Verb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

ADDRESS_DURATIONS = frozenset(("valid_lifetime", "preferred_lifetime"))
ROUTE_DURATIONS = frozenset(("expires", "rtt", "rttvar", "rto_min"))


_WITHOUT_DURATIONS = frozenset(("namespace", "rule", "sysctl"))


def duration_text(milliseconds: int) -> str:
    """``300s`` for 300000, ``20ms`` for 20: the shortest form that ``nsmgr.text.duration`` reads back to the same number."""
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"


@cache
def durations(kind: str) -> frozenset[str]:
    """Names of the kind's rows that are durations: milliseconds here, seconds or a text with a unit in the configuration."""
    return frozenset(name for name, row in kind_facts(kind).rows().items() if row.unit == "ms")


def config_value(value: Value, *, is_duration: bool = False) -> Any:
    """The value as JSON or YAML carries it; a duration becomes text because a bare number there means seconds."""
    if is_duration and isinstance(value, int) and not isinstance(value, bool):
        return duration_text(value)
    if isinstance(value, tuple):
        return [config_value(part) for part in value]
    return value


def value_text(value: Value, *, is_duration: bool = False) -> str:
    """The value on an attribute line: ``none`` for absent, ``true``/``false``, ``[a, b]``, ``""`` for empty text."""
    value = config_value(value, is_duration=is_duration)
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(value_text(part) for part in value)}]"
    return str(value) if value != "" else '""'


class Durations:
    """Which attributes of which operation are durations. The kind of a link is not part of an operation: its steps know it."""

    def __init__(self, plan: Plan) -> None:
        self._kinds: Mapping[int, str] = {
            step.op: step.kind for step in plan.steps if step.kind and step.verb is not Verb.LINK_PORT
        }

    def of(self, operation: Operation) -> frozenset[str]:
        if operation.type == "address":
            return ADDRESS_DURATIONS
        if operation.type == "route":
            return ROUTE_DURATIONS
        if operation.type != "link":
            return frozenset() if operation.type in _WITHOUT_DURATIONS else thing_durations(operation.type)
        kind = next((change.desired for change in operation.changes if change.name == "kind" and change.desired), None)
        return durations(str(kind or self._kinds.get(operation.id, "")))


def plural(count: int, noun: str, many: str = "") -> str:
    """``1 link``, ``2 links``."""
    return f"{count} {noun if count == 1 else many or noun + 's'}"


def join_names(names: Sequence[str], limit: int = 8) -> str:
    """``a, b, c and 5 more``."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"
