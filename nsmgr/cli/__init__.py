"""The command line: one small file a verb; what a verb needs is imported when it runs.

``main`` is the console script. Exit status: 0 done or in sync, 1 failed, 2 usage, 3 differs, 4 configuration invalid,
5 locked or stale plan, 128+n ended by signal n.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# Verbs whose plain form, `nsmgr VERB FILE…`, runs without the parser: importing typer costs more than a no-op apply.
# The value tells whether the verb takes several files. Everything else about them is their function's signature.
_PLAIN = {"apply": True, "check": True, "plan": True, "validate": True, "destroy": False}


def invoke(args: Sequence[str]) -> int:
    """Run one command line; returns the exit status. Errors are printed, never raised."""
    if len(args) > 1 and args[0] in _PLAIN and not any(word.startswith("-") for word in args):
        several = _PLAIN[args[0]]
        if several or len(args) == 2:
            return _plain(args[0], [*args[1:]] if several else args[1])
    # Lines are broken at 80 columns where there are as many or more: then the help is known beforehand.
    if args and len(args) < 3 and args[-1] in ("-h", "--help") and _columns() >= 80:
        from nsmgr.cli.help import TEXTS

        verb = "" if len(args) == 1 else args[0]
        if verb in TEXTS:
            return _print(TEXTS[verb])
    from nsmgr.cli.app import invoke as parse_and_invoke

    return parse_and_invoke(args)


def _columns() -> int:
    """Of the terminal, as shutil.get_terminal_size() has it, whose import takes as long as the rest."""
    import os

    try:
        columns = int(os.environ.get("COLUMNS", "0"))
    except ValueError:
        columns = 0
    if columns <= 0:
        try:
            columns = os.get_terminal_size(sys.__stdout__.fileno()).columns if sys.__stdout__ else 0
        except (ValueError, OSError):
            columns = 0
    return columns or 80


def _print(text: str) -> int:
    from nsmgr.cli import output

    def work() -> int:
        print(text, end="", flush=True)
        return 0

    return output.guarded(work)


def _plain(verb: str, argument: list[str] | str) -> int:
    """The verb with its defaults, as the parser would call it."""
    from nsmgr.cli import output

    output.settings.quiet = output.settings.verbose = False
    function = getattr(__import__(f"nsmgr.cli.{verb}", fromlist=(verb,)), verb)

    def work() -> int:
        status: int = function(argument)
        sys.stdout.flush()
        return status

    return output.guarded(work)


def main() -> None:
    """Console-script entry point. Ends the process without taking the interpreter apart object by object."""
    import gc
    import os

    gc.disable()  # the process is over before a collection would have paid for itself: 2 ms of a small apply
    from nsmgr.cli import output

    output.settings.last_act = True
    status = invoke(sys.argv[1:])
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        status = 141
    os._exit(status)


__all__ = ["invoke", "main"]
