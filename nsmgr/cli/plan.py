"""nsmgr plan"""

from __future__ import annotations

from nsmgr.cli import output
from nsmgr.cli.configuration import load, locator
from nsmgr.cli.kernel import kernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Annotated

    import typer

    from nsmgr.cli.options import Files, Name, PlanFormat
    from nsmgr.plan.plan import Plan
    from nsmgr.plan.state import DesiredState, ObservedState
    from nsmgr.render.text import Locate

DIFFERS = 3


def plan(
    files: Files,
    name: Name = "",
    format: Annotated[PlanFormat, typer.Option("--format", "-f", help="How to print the plan.")] = "text",
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="PLAN.json", help="Save it for `nsmgr apply PLAN.json`.", show_default=False)
    ] = "",
    messages: Annotated[bool, typer.Option("--messages", help="Show each netlink message: type, flags, attributes, hex.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Show the way back instead: what a rollback would do.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit status 3 when there is something to do.")] = False,
) -> int:
    """What apply would do. Changes nothing."""
    if messages and format == "ip-batch":
        import typer

        raise typer.BadParameter("--messages has its own output, text or json")
    from nsmgr import engine
    from nsmgr.store import Store

    desired = load(files, name)
    with kernel() as linux:
        observed = engine.observe(desired, linux, Store())
        planned = engine.plan(desired, observed)
        before = engine.observe(desired, linux, Store(), undoable=True) if undo else observed
    for warning in planned.warnings:
        output.note(f"warning: {warning}")
    locate = locator(desired)
    if out:
        _save(out, planned, desired, observed, locate)
    if undo:
        output.result(_undo(planned, desired, before, format))
    else:
        output.result(_messages(planned, format) if messages else _text(planned, desired, observed, format, locate))
    return DIFFERS if exit_code and planned else 0


def _text(planned: Plan, desired: DesiredState, observed: ObservedState, format: PlanFormat, locate: Locate) -> str:
    if format == "json":
        from nsmgr.render.jsondoc import dumps, plan_document

        return dumps(plan_document(planned, locate))
    if format == "ip-batch":
        from nsmgr.render.ip_batch import ip_batch

        return ip_batch(planned, observed, {name: netns.source for name, netns in desired.namespaces.items()})
    from nsmgr.render.text import plan_text

    return plan_text(planned, color=output.color(), locate=locate if output.settings.verbose else None)


def _undo(planned: Plan, desired: DesiredState, observed: ObservedState, format: PlanFormat) -> str:
    from nsmgr.plan.undo import inverse_plan, undo

    back = inverse_plan(planned)
    lost = undo(desired, observed, planned).lost
    if format == "json":
        from nsmgr.render.jsondoc import dumps, plan_document

        return dumps({**plan_document(back), "lost": [*lost]})
    from nsmgr.render.text import plan_text

    return "\n".join([plan_text(back, color=output.color()), *(f"cannot be brought back: {words}" for words in lost)])


def _messages(planned: Plan, format: PlanFormat) -> str:
    from nsmgr.cli.messages import documents, text

    if format == "json":
        from nsmgr.render.jsondoc import FORMAT_VERSION, dumps

        return dumps({"format_version": FORMAT_VERSION, "deployment": planned.deployment, "messages": [*documents(planned)]})
    return "\n\n".join(text(planned)) if planned else f"Nothing to send: {planned.deployment} is in the described state."


def _save(path: str, planned: Plan, desired: DesiredState, observed: ObservedState, locate: Locate) -> None:
    from nsmgr.errors import NsmgrError
    from nsmgr.render.plan_json import dumps, fingerprint

    text = dumps(planned, desired, fingerprint(observed), locate)
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise NsmgrError(f"cannot write {path}: {error.strerror}") from error
    output.note(f"saved: nsmgr apply {path}")
