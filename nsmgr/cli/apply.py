"""nsmgr apply"""

from __future__ import annotations

import os

from nsmgr.cli import output
from nsmgr.cli.configuration import load, locator
from nsmgr.cli.kernel import kernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Annotated, Any, Literal

    import typer

    from nsmgr.cli.options import Files, Format, LockTimeout, Name, TextOrJson
    from nsmgr.engine import ApplyResult
    from nsmgr.plan.plan import Plan
    from nsmgr.render.plan_json import SavedPlan
    from nsmgr.render.text import Locate
    from nsmgr.store import Store


def apply(
    files: Files,
    name: Name = "",
    format: Format = "text",
    on_error: Annotated[
        Literal["rollback", "stop", "continue"],
        typer.Option("--on-error", help="After a refusal: undo everything, leave it at that, or do what can be done."),
    ] = "rollback",
    confirm: Annotated[
        str | None,
        typer.Option("--confirm", metavar="TIME", help="Undo it after TIME (60s, 5m) unless `nsmgr confirm NAME` comes before."),
    ] = None,
    probe: Annotated[
        list[str] | None,
        typer.Option("--probe", metavar="'NETNS: COMMAND'", help="What works before must work afterwards, or all is undone."),
    ] = None,
    probe_timeout: Annotated[
        str, typer.Option("--probe-timeout", metavar="TIME", help="How long probes are tried until they pass.")
    ] = "10s",
    lock_timeout: LockTimeout = 10.0,
) -> int:
    """Make it so: observe, plan, execute, verify; on failure or Ctrl-C back to what was there before.

    FILE may be a plan saved by `nsmgr plan --out`: exactly that is done, or nothing if the state has moved since (exit 5).
    """
    saved = _saved(files)
    guarding: dict[str, Any] = {}
    if confirm is not None or probe:
        guarding = _guarding(confirm, probe or [], probe_timeout, on_error)
    from nsmgr.memo import Memo
    from nsmgr.store import Store

    memo = Memo(Store(), files, name) if saved is None and format == "text" else None
    if memo is not None and (remembered := memo.recall()):
        from nsmgr.render.unchanged import nothing_to_do

        output.news(nothing_to_do(remembered))
        return 0
    from nsmgr import engine
    from nsmgr.cli.signals import Stop
    from nsmgr.plan.state import ObservedState
    from nsmgr.render.text import plan_text

    if saved is None:
        desired = load(files, name)
        locate: Locate = locator(desired)
    else:
        desired, locate = saved.desired, saved.locate

    def guard(observed: ObservedState) -> None:
        if saved is not None:
            _refuse_stale(saved, observed, files[0])

    def planned(plan: Plan) -> None:
        for warning in plan.warnings:
            output.note(f"warning: {warning}")
        if format == "text":
            output.news(plan_text(plan, color=output.color(), locate=locate if output.settings.verbose else None))

    with kernel() as linux, Stop() as stop, output.ProgressBar(f"applying {desired.name}") as progress:
        make_it_so: Callable[..., ApplyResult] = engine.apply
        if guarding:
            from nsmgr.confirm import apply as make_it_so
        result = make_it_so(
            desired,
            linux,
            Store(),
            saved=saved.plan if saved is not None else None,
            guard=guard,
            planned=planned,
            notice=output.note,
            progress=progress,
            stop=stop,
            on_error=on_error,
            lock_timeout=lock_timeout,
            memo=memo,
            **guarding,
        )
    report(result, format, locate, Store())
    return 0 if result.ok else stop.status or 1


def _guarding(confirm: str | None, probes: list[str], timeout: str, on_error: str) -> dict[str, Any]:
    """What nsmgr.confirm.apply takes beyond engine.apply's arguments."""
    from nsmgr.cli.confirm import duration, gate

    if on_error != "rollback":
        import typer

        raise typer.BadParameter("--confirm and --probe undo what fails", param_hint="--on-error")
    return {
        "milliseconds": duration(confirm, "--confirm") if confirm is not None else 0,
        "gate": gate(probes, timeout) if probes else None,
    }


def report(result: ApplyResult, format: TextOrJson, locate: Locate, store: Store | None = None) -> None:
    """The outcome; the plan itself has been printed before. store: where an apply may wait for its confirmation."""
    if not result.plan and result.ok and format == "text":
        return
    from nsmgr.render.report import apply_outcomes, failure_text
    from nsmgr.rounds import MAX_ROUNDS

    found = apply_outcomes(result.executed, result.rounds)
    if format == "json":
        from nsmgr.render.jsondoc import apply_document, dumps

        document = apply_document(result.plan, found, result.result, result.remaining, locate)
        if result.rollback is not None:
            from nsmgr.cli.wayback import wayback_document

            document["rollback"] = wayback_document(result)
            document["cause"] = result.cause
        if result.ok and store is not None and store.pending(result.deployment):
            from nsmgr.cli.confirm import pending_document

            document["pending"] = pending_document(result.deployment, store)
        output.result(dumps(document))
    if not result.ok:
        import sys

        print(
            failure_text(
                result.deployment,
                found,
                result=f"interrupted, {result.result}" if result.cause == "interrupted" else result.result,
                remaining=result.remaining,
                color=output.color(sys.stderr),
                locate=locate,
                verbose=output.settings.verbose,
            ),
            file=sys.stderr,
        )
        if len(result.rounds) == MAX_ROUNDS:
            print(
                f"given up after {MAX_ROUNDS} rounds: each time something else was there than had just been read",
                "hint: who else works on these namespaces? `nsmgr list`, `ip monitor all`",
                sep="\n",
                file=sys.stderr,
            )
        if result.cause not in ("", "failed", "interrupted"):
            print(result.cause, file=sys.stderr)
        if result.rollback is not None:
            from nsmgr.cli.wayback import wayback_lines

            print("\n".join(wayback_lines(result, color=output.color(sys.stderr))), file=sys.stderr)
    elif result.plan and format == "text":
        from nsmgr.render.values import plural

        again = f" in {len(result.rounds)} rounds" if len(result.rounds) > 1 else ""
        output.news(f"Done: {plural(len(found), 'operation')}{again}, verified.")
    if result.ok and store is not None and store.pending(result.deployment):
        from nsmgr.cli.confirm import remark

        remark(result.deployment, store)


def _saved(files: list[str]) -> SavedPlan | None:
    """The saved plan, when the one file given is one. An unreadable file is the configuration loader's to complain about."""
    if len(files) != 1 or not files[0].endswith(".json"):
        return None
    try:
        with open(files[0], encoding="utf-8") as file:
            text, mode = file.read(), os.fstat(file.fileno()).st_mode
    except (OSError, UnicodeDecodeError):
        return None
    from nsmgr.render import plan_json

    if not plan_json.is_saved_plan(text):
        return None
    if mode & 0o002:
        from nsmgr.errors import StateError

        raise StateError(f"{files[0]}: everybody may write this plan: refused", hint=f"look at it, then `chmod o-w {files[0]}`")
    return plan_json.loads(text, files[0])


def _refuse_stale(saved: SavedPlan, observed: object, file: str) -> None:
    from nsmgr import engine
    from nsmgr.errors import StalePlan, StateError
    from nsmgr.plan.state import ObservedState
    from nsmgr.render.plan_json import fingerprint

    assert isinstance(observed, ObservedState)
    if fingerprint(observed) != saved.fingerprint:
        raise StalePlan(
            f"{file} does not fit any more: the state has moved since the plan was made; nothing has been changed",
            hint="look at it again and make it anew: nsmgr plan FILE --out PLAN",
        )
    # Its steps are never taken on trust: they are what the description in the file leads to, or nothing is done.
    try:
        made = engine.plan(saved.desired, observed)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise StateError(f"{file} is not a usable saved plan: {error}", hint="make it again: nsmgr plan FILE --out PLAN") from error
    if made != saved.plan:
        raise StateError(
            f"{file} is not a usable saved plan: its steps are not what its description leads to; nothing has been changed",
            hint="make it again: nsmgr plan FILE --out PLAN",
        )
