"""nsmgr run"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from nsmgr.cli import output
from nsmgr.record import Record


class Command(Record):
    """What stood behind ``--``; None = there was none. Travels as the context's object, because the parser drops ``--``."""

    argv: Sequence[str] | None


def run(
    context: typer.Context,
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="Configuration files; several are merged.", show_default=False),
    ] = [],  # noqa: B006 - typer copies it
    sandbox: Annotated[bool, typer.Option("--sandbox", help="In a throw-away sandbox: no root, touches nothing outside.")] = False,
) -> int:
    """Bring up, run COMMAND, tear down whatever happens; the exit status is COMMAND's.

    nsmgr run [--sandbox] [FILE]... -- COMMAND...

    COMMAND runs in the (sandbox's) host namespace, where `ip netns exec NAME` and `nsmgr exec NAME` work.
    """
    command = context.obj.argv if isinstance(context.obj, Command) else None
    if not command:
        raise typer.BadParameter("the command to run goes after `--`: nsmgr run FILE -- COMMAND")
    if not files and not sandbox:
        raise typer.BadParameter("a FILE, or --sandbox")
    from nsmgr import lab
    from nsmgr.errors import NsmgrError
    from nsmgr.kernel.linux import LinuxKernel

    def report(error: NsmgrError) -> int:
        output.error(error)
        return error.exit_status

    return lab.run(files, command, sandbox=sandbox, kernel=LinuxKernel, report=report)
