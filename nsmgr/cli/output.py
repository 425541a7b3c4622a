"""What goes where: results to stdout, everything else to stderr; colour and moving progress only on a terminal."""

from __future__ import annotations

import os
import sys
import time

from nsmgr.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, TextIO

    from nsmgr.engine import Progress
    from nsmgr.errors import NsmgrError, Problem
    from nsmgr.plan.state import DesiredState
    from nsmgr.render.table import Table


class Settings(Record):
    """Set once by the options that every verb has."""

    quiet: bool = False
    verbose: bool = False
    last_act: bool = False  # the process ends when the verb does


settings = Settings()
SIGINT, SIGPIPE = 2, 13  # signal(7); the signal module makes enumerations of them at import
_PATIENCE = 1.0  # seconds of work before a progress bar is worth its import


def result(text: str) -> None:
    """What was asked for."""
    if text:
        print(text, flush=True)


def news(text: str) -> None:
    """A result that only people want: not with ``-q``."""
    if not settings.quiet:
        result(text)


def note(text: str) -> None:
    """A remark on the way: stderr, not with ``-q``."""
    if not settings.quiet:
        print(text, file=sys.stderr)


def color(stream: TextIO | None = None) -> bool:
    """Whether the stream (default stdout) wants colour: a terminal that can, and no NO_COLOR (https://no-color.org)."""
    stream = stream or sys.stdout
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def guarded(work: Callable[[], int]) -> int:
    """The work's exit status; an error that a person can meet is printed and becomes one."""
    from nsmgr.errors import NsmgrError

    try:
        return work()
    except NsmgrError as caught:
        error(caught)
        return caught.exit_status
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 128 + SIGINT
    except BrokenPipeError:
        # The reader has gone (`nsmgr show | head`); the interpreter's own flush at exit must not complain about it either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + SIGPIPE


def error(caught: NsmgrError) -> None:
    """An error as people read it: what went wrong, then one hint."""
    from nsmgr.errors import ConfigError

    if isinstance(caught, ConfigError):
        problems(caught.problems)
        return
    print(f"{_red('error:')} {caught}", file=sys.stderr)
    if caught.hint:
        print(f"hint: {caught.hint}", file=sys.stderr)


def problems(found: Iterable[Problem]) -> None:
    from nsmgr.config import render_problems

    print(render_problems(found), file=sys.stderr)


def warnings(desired: DesiredState) -> None:
    """The warnings of a configuration."""
    from nsmgr.errors import Problem

    found = [warning for warning in desired.warnings if isinstance(warning, Problem)]
    if found and not settings.quiet:
        problems(found)


def _red(text: str) -> str:
    return f"\x1b[31m{text}\x1b[0m" if color(sys.stderr) else text


def tables(found: Sequence[Table]) -> None:
    """Tables: drawn on a terminal, aligned text elsewhere."""
    if not color():
        from nsmgr.render.table import plain

        result(plain(found))
        return
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    console = Console(highlight=False)
    for table in found:
        drawn = RichTable(title=Text(table.title, style="bold") if table.title else None, title_justify="left", box=None)
        for column in table.columns:
            drawn.add_column(Text(column, style="dim"), no_wrap=True)
        for row in table.rows:
            drawn.add_row(*map(Text, row))  # Text: a name is not markup
        console.print(drawn)


class ProgressBar:
    """Told after each batch; shows itself only on a terminal and only when the work lasts longer than a second."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._begun = time.monotonic()
        self._wanted = sys.stderr.isatty() and not settings.quiet
        self._bar: Any = None
        self._task: Any = None

    def __call__(self, progress: Progress) -> None:
        if not self._wanted:
            return
        if self._bar is None:
            if time.monotonic() - self._begun < _PATIENCE:
                return
            self._start(progress.total)
        self._bar.update(self._task, completed=progress.done, total=progress.total)

    def _start(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import Progress as Bar

        self._bar = Bar(console=Console(stderr=True), transient=True)
        self._bar.start()
        self._task = self._bar.add_task(self._label, total=total)

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
