"""nsmgr rollback"""

from __future__ import annotations

from typing import Annotated

import typer

from nsmgr.cli import output
from nsmgr.cli.options import Format, LockTimeout, deployments_here

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A deployment's name.", show_default=False, autocompletion=deployments_here)
]
To = Annotated[
    int | None, typer.Option("--to", metavar="N", min=1, help="Apply this generation again, instead of undoing the last one.")
]
Generations = Annotated[bool, typer.Option("--list", help="Show the generations that are kept; change nothing.")]


def rollback(
    name: Name,
    to: To = None,
    list: Generations = False,
    format: Format = "text",
    lock_timeout: LockTimeout = 10.0,
) -> int:
    """Undo the last apply, one that was interrupted included: everything it touched is as it was before."""
    from nsmgr.store import Store

    store = Store()
    if list:
        return _list(name, store)
    from nsmgr.kernel.linux import LinuxKernel
    from nsmgr.rollback import rollback as go_back

    with LinuxKernel() as kernel, output.ProgressBar(f"rolling {name} back") as progress:
        result = go_back(name, kernel, store, to=to, progress=progress, lock_timeout=lock_timeout, notice=output.note)
    from nsmgr.render.report import apply_outcomes

    found = apply_outcomes(result.executed, result.rounds)
    if format == "json":
        from nsmgr.render.jsondoc import apply_document, dumps

        document = apply_document(result.plan, found, result.result, result.remaining)
        output.result(dumps({**document, "lost": [*result.lost]}))
    elif result.ok:
        from nsmgr.render.text import plan_text

        output.news(plan_text(result.plan, color=output.color()) if result.plan else f"Nothing to do: {name} is as it was.")
        output.news(f"Rolled back {name}: verified.")
    if not result.ok or result.lost:
        import sys

        from nsmgr.cli.wayback import left_lines

        print("rollback incomplete", *left_lines(result.remaining, found, result.lost), sep="\n", file=sys.stderr)
        return 1
    return 0


def _list(name: str, store: object) -> int:
    import time

    from nsmgr import history, journal
    from nsmgr.cli.list import age
    from nsmgr.render.table import Table
    from nsmgr.store import Store

    assert isinstance(store, Store)
    table = Table("", ("GENERATION", "AGE", "FILES"))
    for kept in history.generations(store, name):
        table.rows.append((str(kept.number), age(time.time() - kept.when), " ".join(kept.files)))
    interrupted = journal.read(store, name)
    if interrupted is not None:
        table.rows.append(("(interrupted)", age(time.time() - interrupted.started), f"{interrupted.sent} requests were being sent"))
    if not table.rows:
        output.news(f"No apply of {name} is remembered.")
        return 0
    output.tables([table])
    return 0
