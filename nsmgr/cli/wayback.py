"""What came of a rollback, for people and for programs: that everything is as it was, or exactly what is not and how to go on."""

from __future__ import annotations

from nsmgr.render.report import Outcome, apply_outcomes, failed_lines
from nsmgr.render.text import BOLD, GREEN, RED, object_text, paint
from nsmgr.render.values import plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from nsmgr.plan.plan import Plan
    from nsmgr.rounds import ApplyResult


def wayback_lines(result: ApplyResult, *, color: bool = False) -> Iterator[str]:
    """The lines below an apply that failed. ``result.rollback`` is there."""
    back = result.rollback
    assert back is not None
    found = apply_outcomes(back.executed, back.rounds)
    if back.ok and not result.lost:
        count = f"{plural(len(found), 'operation')} undone, " if found else "nothing had been done, "
        yield paint(f"rolled back: {count}everything is as it was before", GREEN, color)
        return
    yield paint("rollback incomplete" if not back.ok else "rolled back, but for what cannot be brought back", RED, color)
    yield from left_lines(back.remaining, found, result.lost, color=color)
    if not back.ok:
        yield f"hint: `nsmgr rollback {result.deployment}` tries again, `nsmgr apply` goes on instead"


def left_lines(remaining: Plan | None, found: Sequence[Outcome], lost: Sequence[str], *, color: bool = False) -> Iterator[str]:
    """What is not as it was: refusals with the kernel's words, differences, losses."""
    for outcome in found:
        yield from failed_lines(outcome, color, None)
    for operation in remaining.operations if remaining else ():
        yield f"  {paint(f'{operation.netns}: still to {operation.action.value}', BOLD, color)} {object_text(operation)}"
    yield from (f"  lost: {words}" for words in lost)


def wayback_document(result: ApplyResult) -> dict[str, Any]:
    """``rollback`` of the JSON: ``complete``, and ``remaining`` and ``lost``, empty when it is."""
    from nsmgr.render.jsondoc import changes

    back = result.rollback
    assert back is not None
    return {
        "complete": back.ok and not result.lost,
        "operations": sum(len(plan.operations) for plan in back.executed),
        "remaining": changes(back.remaining) if back.remaining else [],
        "lost": [*result.lost],
    }
