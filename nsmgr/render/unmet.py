"""What still differs after an apply although the kernel refused nothing: what was asked, what is there, which line asks, one hint.

A kernel does not say that it ignored an attribute: rtnetlink skips what it does not know, drivers clamp and round. Only the re-read
shows it.
"""

from __future__ import annotations

import re

from nsmgr.plan.plan import Action, AttrChange, Operation, Plan, Verb
from nsmgr.record import Record
from nsmgr.render.text import BOLD, RED, Locate, object_text, paint
from nsmgr.render.values import Units, value_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

HEADLINE = "still different after the re-read"
# What `nsmgr explain` calls the attributes of things that are no links.
_PLACES = {"address": "addresses", "route": "routes", "rule": "rules"}


class Unmet(Record, frozen=True):
    """One difference. ``attribute`` "" = the object as a whole; ``place``: ``lab.yaml:14:9`` or ""."""

    operation: Operation
    attribute: str
    desired: str
    current: str
    place: str
    hint: str


def unmet(remaining: Plan, locate: Locate | None = None) -> list[Unmet]:
    """Every difference that a plan would still want to remove, in its order."""
    units = Units(remaining)
    kinds = {step.op: step.kind for step in remaining.steps if step.kind and step.verb is not Verb.LINK_PORT}
    found: list[Unmet] = []
    for operation in remaining.operations:
        place = locate(operation.origin) if locate and operation.origin else ""
        if operation.action not in (Action.UPDATE, Action.REPLACE) or not operation.changes:
            found.append(_whole(operation, place))
            continue
        those = units.of(operation)
        for change in operation.changes:
            words = [value_text(value, those.get(change.name, "")) for value in (change.desired, change.observed)]
            at = (locate((*operation.origin, *change.name.split("."))) if locate and operation.origin else "") or place
            hint = _hint(operation, change, kinds.get(operation.id, ""))
            found.append(Unmet(operation, change.name, words[0], words[1], at, hint))
    return found


def _whole(operation: Operation, place: str) -> Unmet:
    """An object that is there and should not be, or the other way round."""
    match operation.action:
        case Action.DELETE:
            desired, current = "absent", "present"
        case Action.CREATE:
            desired, current = "present", "absent"
        case _:
            desired, current = "as described", "not so"
    return Unmet(operation, "", desired, current, place, "somebody else changed it meanwhile, or the kernel did: run apply again")


def _hint(operation: Operation, change: AttrChange, kind: str) -> str:
    if operation.type == "sysctl":
        return "the kernel took the value and keeps another: it has limits of its own for this key, or somebody else writes it"
    since = _since(operation, change, kind)
    if change.observed is None:
        return f"this kernel ignored it: it answered success and does not have the attribute{since}"
    return f"this kernel ignored it, or rounded or clamped the value: it answered success and keeps its own{since}"


def _since(operation: Operation, change: AttrChange, kind: str) -> str:
    """Where to read about the attribute, and which kernels have it when its description says so."""
    from nsmgr.config.schema import explain  # with pydantic, which only this message has a use for

    first, dot, last = change.name.partition(".")
    owner = (first if dot else kind or "links") if operation.type == "link" else _PLACES.get(operation.type, "")
    key = f"{owner}.{last if dot else first}"
    known = explain(key)
    if len(known) != 1:
        return ""
    since = re.search(r"Linux [\d.]*\d and later", known[0].doc)
    return f" ({since[0]})" if since else f" (see `nsmgr explain {key}`)"


def unmet_lines(remaining: Plan, *, color: bool = False, locate: Locate | None = None) -> Iterator[str]:
    """``red: link vx0: label_policy desired inherit, current none`` and under it the line that asks and the hint."""
    yield paint(HEADLINE, RED, color)
    for one in unmet(remaining, locate):
        what = f"{one.operation.netns}: {object_text(one.operation)}"
        attribute = f": {one.attribute}" if one.attribute else ":"
        yield f"  {paint(what, BOLD, color)}{attribute} desired {one.desired}, current {one.current}"
        if one.place:
            yield f"      asked for at: {one.place}"
        yield f"      hint: {one.hint}"
