"""A plan as people read it: ``+ ~ -/+ - >``, grouped by namespace, one line an attribute, counts at the end."""

from __future__ import annotations

from nsmgr.plan.plan import Action, AttrChange, Operation, Plan
from nsmgr.plan.state import Path
from nsmgr.render.unchanged import nothing_to_do
from nsmgr.render.values import WITHOUT_UNITS, Units, value_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeAlias

Locate: TypeAlias = "Callable[[Path], str]"  # a place in the document → "lab.yaml:14:9", or "" when unknown

_SGR = {Action.CREATE: "32", Action.UPDATE: "33", Action.REPLACE: "35", Action.DELETE: "31", Action.MOVE: "36"}
BOLD, DIM, RED, GREEN, YELLOW = "1", "2", "31", "32", "33"


def paint(text: str, sgr: str, color: bool) -> str:
    """ECMA-48 SGR around the text, when colour is wanted."""
    return f"\x1b[{sgr}m{text}\x1b[0m" if color and text else text


def plan_text(plan: Plan, *, color: bool = False, locate: Locate | None = None) -> str:
    """The whole plan, without a newline at the end.

    Args:
        locate: when given, each operation carries the line of the file that asks for it.
    """
    if not plan:
        return nothing_to_do(plan.deployment)
    return "\n".join((*_operations(plan, color, locate), "", summary_line(plan)))


def summary_line(plan: Plan) -> str:
    """``3 to create, 1 to change, 0 to replace, 2 to delete``, and moves when there are any."""
    counts = plan.summary
    text = f"{counts.create} to create, {counts.update} to change, {counts.replace} to replace, {counts.delete} to delete"
    return f"{text}, {counts.move} to move" if counts.move else text


def _operations(plan: Plan, color: bool, locate: Locate | None) -> Iterator[str]:
    groups: dict[str, list[Operation]] = {}
    for operation in plan.operations:
        groups.setdefault(operation.netns, []).append(operation)
    units = Units(plan)
    for position, (netns, operations) in enumerate(groups.items()):
        if position:
            yield ""
        yield paint(netns, BOLD, color)
        for operation in operations:
            yield _headline(operation, color, locate)
            yield from attribute_lines(operation, units.of(operation), color)


def _headline(operation: Operation, color: bool, locate: Locate | None) -> str:
    sgr = _SGR[operation.action]
    line = f"{paint(f'{operation.action.sign:>3}', sgr, color)} {object_text(operation)}"
    notes = []
    if operation.reason and operation.action not in (Action.CREATE, Action.UPDATE):
        notes.append(operation.reason)
    if locate and operation.origin and (place := locate(operation.origin)):
        notes.append(place)
    return line + paint(f"  # {', '.join(notes)}", DIM, color) if notes else line


def object_text(operation: Operation) -> str:
    """``link eth0``, ``address 10.0.0.1/24 dev eth0``, ``namespace red``."""
    return f"{operation.type} {operation.key or operation.netns}"


def attribute_lines(operation: Operation, units: Mapping[str, str] = WITHOUT_UNITS, color: bool = False) -> Iterator[str]:
    """``mtu: 1500 → 9000``; a created object's attributes without arrow; the reason of a replacement named."""
    if operation.action is Action.DELETE:
        return
    for change in operation.changes:
        if _of_lines(change.observed) or _of_lines(change.desired):
            yield from _line_by_line(change, color)
            continue
        yield f"      {change_text(change, units.get(change.name, ''))}" + (
            paint("  # forces replacement", DIM, color) if change.forces_replacement else ""
        )


def _of_lines(value: object) -> bool:
    return isinstance(value, str) and "\n" in value


def _line_by_line(change: AttrChange, color: bool) -> Iterator[str]:
    """A text of several lines: as it is when it is new, else what differs, with three lines around it."""
    yield f"      {change.name}:"
    before, after = (str(value or "").splitlines() for value in (change.observed, change.desired))
    if change.observed is None:
        yield from (f"        {line}".rstrip() for line in after)
        return
    import difflib

    for line in list(difflib.unified_diff(before, after, lineterm="", n=3))[2:]:
        sgr = {"+": GREEN, "-": RED}.get(line[:1], "")
        yield paint(f"        {line}".rstrip(), sgr, color) if sgr else f"        {line}".rstrip()


def change_text(change: AttrChange, unit: str = "") -> str:
    desired = value_text(change.desired, unit)
    if change.observed is None:
        return f"{change.name}: {desired}"
    return f"{change.name}: {value_text(change.observed, unit)} → {desired}"
