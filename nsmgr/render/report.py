"""What became of a plan: the state of each operation from the verdicts of its steps, and the text of a failed apply."""

from __future__ import annotations

from nsmgr.errors import errno_text
from nsmgr.light import Enum
from nsmgr.plan.plan import Operation, Plan, Step, Verdict
from nsmgr.record import Record, replace
from nsmgr.render.hints import hint
from nsmgr.render.text import BOLD, GREEN, RED, YELLOW, Locate, object_text, paint
from nsmgr.render.values import WITHOUT_UNITS, Units, plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class Fate(Enum):
    DONE = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"  # something it needs failed
    NOT_RUN = "not run"  # interrupted before its turn


class Outcome(Record, frozen=True):
    """``verdict``: the first one that is not ok; ``because``: the operation whose failure caused the skip.

    units: of the operation's attributes that people write with a unit.
    """

    operation: Operation
    fate: Fate
    verdict: Verdict | None = None
    because: Operation | None = None
    units: Mapping[str, str] = WITHOUT_UNITS


LISTED = 40  # lines of what was skipped or not finished that a person is shown


def outcomes(plan: Plan, verdicts: Mapping[int, Verdict]) -> list[Outcome]:
    """One outcome an operation, in the plan's order.

    An operation without steps of its own rides on another's message (a veth peer in its creator's RTM_NEWLINK, a link that
    dies with its namespace): it shares the fate of the step that names it, and is done when none does.
    """
    by_id = {operation.id: operation for operation in plan.operations}
    steps: dict[int, list[Step]] = {}
    carriers: dict[tuple[str, str], Step] = {}
    owner: dict[int, int] = {}
    for step in plan.steps:
        steps.setdefault(step.op, []).append(step)
        owner[step.id] = step.op
        peer = step.args.get("peer")
        if isinstance(peer, dict):
            carriers[str(peer.get("netns")), str(peer.get("name"))] = step
    units = Units(plan)
    found = []
    for operation in plan.operations:
        own = steps.get(operation.id)
        if own is None:
            carrier = carriers.get((operation.netns, operation.key)) if operation.type == "link" else None
            own = [carrier] if carrier else []
        outcome = _outcome(operation, own, verdicts, by_id, owner)
        found.append(replace(outcome, units=units.of(operation)))
    return found


def _outcome(
    operation: Operation,
    steps: Sequence[Step],
    verdicts: Mapping[int, Verdict],
    by_id: Mapping[int, Operation],
    owner: Mapping[int, int],
) -> Outcome:
    answers = [verdicts.get(step.id) for step in steps]
    for verdict in answers:
        if verdict is not None and verdict.errno and not verdict.skipped:
            return Outcome(operation, Fate.FAILED, verdict)
    for verdict in answers:
        if verdict is not None and verdict.skipped:
            return Outcome(operation, Fate.SKIPPED, verdict, by_id.get(owner.get(verdict.blame, -1)))
    return Outcome(operation, Fate.NOT_RUN if None in answers else Fate.DONE)


def apply_outcomes(executed: Sequence[Plan], rounds: Sequence[Mapping[int, Verdict]]) -> list[Outcome]:
    """One outcome an object over all rounds of an apply, in the order of their first appearance.

    A later round speaks for the objects it plans again; what it does not plan again is done, whatever was answered before.
    """
    found: dict[tuple[str, str, str], Outcome] = {}
    for last, plan, verdicts in zip(range(len(executed) - 1, -1, -1), executed, rounds, strict=True):
        for outcome in outcomes(plan, verdicts):
            operation = outcome.operation
            final = outcome if last == 0 else replace(outcome, fate=Fate.DONE, verdict=None, because=None)
            found[operation.netns, operation.type, operation.key] = final
    return list(found.values())


def errno_name(number: int) -> str:
    """``EBUSY`` for 16; "" for a lost answer."""
    return errno_text(number).partition(" ")[0] if number > 0 else ""


def failure_text(
    deployment: str,
    found: Sequence[Outcome],
    *,
    result: str = "failed",
    remaining: Plan | None = None,
    color: bool = False,
    locate: Locate | None = None,
    verbose: bool = False,
) -> str:
    """Done, failed and skipped of an apply that did not come through, without a newline at the end.

    Args:
        found: of :func:`outcomes` or :func:`apply_outcomes`.
        remaining: what still differs after the re-read, when verify found something though all answers were good.
        verbose: list the operations that were done too, not only their number.
    """
    return "\n".join(_failure_lines(deployment, found, result, remaining, color, locate, verbose))


def _failure_lines(
    deployment: str,
    all_outcomes: Sequence[Outcome],
    result: str,
    remaining: Plan | None,
    color: bool,
    locate: Locate | None,
    verbose: bool,
) -> Iterator[str]:
    groups: dict[Fate, list[Outcome]] = {fate: [] for fate in Fate}
    for outcome in all_outcomes:
        groups[outcome.fate].append(outcome)
    counts = ", ".join(f"{len(groups[fate])} {word}" for fate, word in _WORDS if groups[fate] or fate in (Fate.DONE, Fate.FAILED))
    yield f"apply of {deployment} {_RESULTS.get(result, result)}: {counts} of {plural(len(all_outcomes), 'operation')}"
    if verbose and groups[Fate.DONE]:
        yield paint("done", GREEN, color)
        yield from (f"  {_what(outcome.operation)}" for outcome in groups[Fate.DONE])
    if groups[Fate.FAILED]:
        yield paint("failed", RED, color)
        for outcome in groups[Fate.FAILED]:
            yield from failed_lines(outcome, color, locate)
    if groups[Fate.SKIPPED]:
        yield paint("skipped", YELLOW, color)
        yield from _some([f"  {_what(o.operation)}{_because(o)}" for o in groups[Fate.SKIPPED]], verbose)
    if groups[Fate.NOT_RUN]:
        yield paint("not finished", YELLOW, color)
        yield from _some([f"  {_what(o.operation)}" for o in groups[Fate.NOT_RUN]], verbose)
    if remaining and not groups[Fate.FAILED] and not result.startswith("interrupted") and not groups[Fate.NOT_RUN]:
        from nsmgr.render.unmet import unmet_lines

        yield from _some(list(unmet_lines(remaining, color=color, locate=locate)), verbose)


_RESULTS = {
    "rolled_back": "failed and was rolled back",
    "rollback_incomplete": "failed, and not all of it could be rolled back",
    "interrupted, rolled_back": "interrupted, and was rolled back",
    "interrupted, rollback_incomplete": "interrupted, and not all of it could be rolled back",
}


def _because(outcome: Outcome) -> str:
    return f"  because of: {_what(outcome.because)}" if outcome.because else ""


def _some(lines: list[str], verbose: bool) -> Iterator[str]:
    """What was not done can be thousands of lines behind the few that matter: the first ones, unless asked for all."""
    yield from lines if verbose else lines[:LISTED]
    if len(lines) > LISTED and not verbose:
        yield f"  … and {len(lines) - LISTED} more (-v lists them all)"


_WORDS = ((Fate.DONE, "done"), (Fate.FAILED, "failed"), (Fate.SKIPPED, "skipped"), (Fate.NOT_RUN, "not finished"))


def _what(operation: Operation) -> str:
    return f"{operation.netns}: {operation.action.value} {object_text(operation)}"


def failed_lines(outcome: Outcome, color: bool, locate: Locate | None) -> Iterator[str]:
    """One refusal; nothing for an outcome that is none."""
    operation, verdict = outcome.operation, outcome.verdict
    if outcome.fate is not Fate.FAILED or verdict is None:
        return
    refusal = errno_text(verdict.errno) if verdict.errno > 0 else "the kernel's answer was lost"
    words = f' "{verdict.extack}"' if verdict.extack else ""
    yield f"  {paint(_what(operation), BOLD, color)}: {refusal}{words}"
    if verdict.attribute:
        yield f"      attribute: {verdict.attribute}"
    if locate and operation.origin and (place := locate(operation.origin)):
        yield f"      asked for at: {place}"
    if advice := hint(verdict.errno, verdict.extack, type=operation.type, action=operation.action.value):
        yield f"      hint: {advice}"
