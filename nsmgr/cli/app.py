"""The full parser: every verb, every option, help and completion, by typer."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from nsmgr.cli import (
    apply,
    check,
    confirm,
    destroy,
    doctor,
    exec,
    explain,
    export,
    list,
    output,
    plan,
    rollback,
    run,
    schema,
    show,
    validate,
)
from nsmgr.cli.options import LogLevel, configure, verb

# rich_markup_mode None: help is plain text, which saves importing rich for it.
app = typer.Typer(
    name="nsmgr",
    help="Declarative configuration of Linux network namespaces.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("apply")(verb(apply.apply))
app.command("plan")(verb(plan.plan))
app.command("check")(verb(check.check))
app.command("validate")(verb(validate.validate))
app.command("destroy")(verb(destroy.destroy))
app.command("confirm")(verb(confirm.confirm))
app.command("rollback")(verb(rollback.rollback))
app.command("list")(verb(list.list_))
app.command("show")(verb(show.show))
app.command("export")(verb(export.export))
app.command("run")(verb(run.run))
app.command("exec", context_settings={"allow_interspersed_args": False})(verb(exec.exec_))
app.command("explain")(verb(explain.explain))
app.command("schema")(verb(schema.schema))
app.command("doctor")(verb(doctor.doctor))


def _version(wanted: bool) -> None:
    if wanted:
        from nsmgr import __version__

        print(f"nsmgr {__version__}")
        raise typer.Exit


@app.callback()
def _everywhere(
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only errors, and what was asked for.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
    log_level: Annotated[LogLevel | None, typer.Option("--log-level", help="Log to stderr from this level on.")] = None,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    configure(quiet, verbose, log_level)


def invoke(args: Sequence[str]) -> int:
    """Run one command line; returns the exit status. Errors are printed, never raised."""
    output.settings.quiet = output.settings.verbose = False
    args, command = _cut(args)

    def parse_and_run() -> int:
        status = app(args, prog_name="nsmgr", standalone_mode=False, obj=run.Command(command))
        sys.stdout.flush()
        return status if isinstance(status, int) else 0

    try:
        return output.guarded(parse_and_run)
    except Exception as error:
        # The parser's own errors: a base class that some versions of typer keep to themselves.
        show_error, status = getattr(error, "show", None), getattr(error, "exit_code", None)
        if show_error is None or not isinstance(status, int):
            raise
        show_error()
        return status


def _cut(args: Sequence[str]) -> tuple[Sequence[str], Sequence[str] | None]:
    """What follows ``--`` in ``run FILE... -- COMMAND...``: the parser would mix it with the files."""
    words = [word for word in args if not word.startswith("-")]
    if words[:1] == ["run"] and "--" in args:
        at = [*args].index("--")
        return args[:at], args[at + 1 :]
    return args, None


__all__ = ["app", "invoke"]
