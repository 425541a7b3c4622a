"""Canonical values in the words of the configuration: durations as ``300s``, booleans as ``true``, nothing as ``none``."""

from __future__ import annotations

from nsmgr.light import cache
from nsmgr.model.attr import Value
from nsmgr.model.kind import kind as kind_facts
from nsmgr.model.thing import thing_units
from nsmgr.plan.plan import Operation, Plan, Verb
from nsmgr.text import UNITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

ADDRESS_UNITS: Mapping[str, str] = {"valid_lifetime": "ms", "preferred_lifetime": "ms"}
ROUTE_UNITS: Mapping[str, str] = {"expires": "ms", "rtt": "ms", "rttvar": "ms", "rto_min": "ms"}
WITHOUT_UNITS: Mapping[str, str] = {}


_WITHOUT = frozenset(("namespace", "rule", "sysctl"))


@cache
def units(kind: str) -> Mapping[str, str]:
    """Row → unit, of a kind's rows whose values people write with a unit: durations are milliseconds here, a text there."""
    return {name: row.unit for name, row in kind_facts(kind).rows().items() if row.unit in UNITS}


def config_value(value: Value, unit: str = "") -> Any:
    """The value as JSON or YAML carries it; one of :data:`nsmgr.text.UNITS` becomes text: a bare duration there means seconds."""
    if unit and isinstance(value, int) and not isinstance(value, bool):
        return UNITS[unit](value)
    if isinstance(value, tuple):
        return [config_value(part, unit) for part in value]
    return value


def value_text(value: Value, unit: str = "") -> str:
    """The value on an attribute line: ``none`` for absent, ``true``/``false``, ``[a, b]``, ``""`` for empty text."""
    value = config_value(value, unit)
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(value_text(part) for part in value)}]"
    return str(value) if value != "" else '""'


class Units:
    """Which attributes of which operation people write with a unit. A link's kind is not in its operation: its steps have it."""

    def __init__(self, plan: Plan) -> None:
        self._kinds: Mapping[int, str] = {
            step.op: step.kind for step in plan.steps if step.kind and step.verb is not Verb.LINK_PORT
        }

    def of(self, operation: Operation) -> Mapping[str, str]:
        if operation.type == "address":
            return ADDRESS_UNITS
        if operation.type == "route":
            return ROUTE_UNITS
        if operation.type != "link":
            return WITHOUT_UNITS if operation.type in _WITHOUT else thing_units(operation.type)
        kind = next((change.desired for change in operation.changes if change.name == "kind" and change.desired), None)
        return units(str(kind or self._kinds.get(operation.id, "")))


def plural(count: int, noun: str, many: str = "") -> str:
    """``1 link``, ``2 links``."""
    return f"{count} {noun if count == 1 else many or noun + 's'}"


def join_names(names: Sequence[str], limit: int = 8) -> str:
    """``a, b, c and 5 more``."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"
