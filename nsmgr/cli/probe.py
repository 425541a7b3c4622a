"""Probes: commands that must still succeed after an apply. No shell: the words are split as one would, and executed."""

from __future__ import annotations

import os
import select
import shlex
import signal
import sys
import time

from nsmgr.cli import output
from nsmgr.kernel.netns import source_path
from nsmgr.record import Record
from nsmgr.text import milliseconds_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

_START = "import sys; sys.path.append(sys.argv.pop(1)); from nsmgr.cli.probe import main; main()"
LATE = "no end in time"
_PAUSE = 0.1  # seconds between two tries of a probe that fails at once
_SAID = 4096  # bytes of a probe's output that are kept: the last


class Probe(Record):
    """text: as given. counts: False for one that failed before. said: why it fails, its exit status and last line."""

    text: str
    netns: str
    argv: list[str]
    counts: bool = True
    passed: bool = False
    said: str = ""

    def run(self, seconds: float) -> bool:
        """Once, killed with all it started when the time is up."""
        package = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        argv = [sys.executable, "-P", "-c", _START, package, self.netns, *self.argv]
        said = os.memfd_create("probe")
        actions = (
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, said, 1),
            (os.POSIX_SPAWN_DUP2, said, 2),
        )
        try:
            child = os.posix_spawn(sys.executable, argv, os.environ, file_actions=actions, setpgroup=0)
            words = _ending(child, seconds)
            size = os.fstat(said).st_size
            lines = os.pread(said, _SAID, max(0, size - _SAID)).decode(errors="replace").split("\n")
        except OSError as error:
            words, lines = f"{argv[0]}: {error.strerror}", []
        finally:
            os.close(said)
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        self.passed = not words
        if words != LATE or not self.said:  # the last try is cut off, the one before it had more to say
            self.said = f"{words}: {last}" if last and words else words
        return self.passed


def parse(texts: Sequence[str]) -> list[Probe]:
    """From ``NETNS: COMMAND``. Raises ValueError."""
    found = []
    for text in texts:
        netns, colon, command = text.partition(": ")
        argv = shlex.split(command)
        if not (netns.strip() and colon and argv) or netns.startswith("-"):
            raise ValueError(f"{text!r} is not 'NETNS: COMMAND'")
        found.append(Probe(text, netns.strip(), argv))
    return found


class Probes:
    """The gate of an apply: what passed before, or could not be asked as its namespace was not there, must pass after it."""

    def __init__(self, probes: list[Probe], milliseconds: int) -> None:
        self.probes, self._milliseconds = probes, milliseconds

    def before(self) -> None:
        for probe in self.probes:
            there = probe.netns == "host" or os.path.exists(source_path(probe.netns, probe.netns))
            probe.counts = not there or probe.run(self._milliseconds / 1000)
            if not probe.counts:
                output.note(f"probe does not count, it fails already: {probe.text} ({probe.said})")

    def after(self, stop: Callable[[], bool] | None) -> str:
        """Each is tried until it passes; all share one time-out."""
        deadline = time.monotonic() + self._milliseconds / 1000
        for probe in self.probes:
            while probe.counts and not probe.run(max(0.0, deadline - time.monotonic())):
                if stop is not None and stop():
                    return "interrupted"
                if time.monotonic() + _PAUSE >= deadline:
                    return f"probe fails, for {milliseconds_text(self._milliseconds)}: {probe.text} ({probe.said})"
                time.sleep(_PAUSE)  # the command asks the world outside: there is no event that says when it would pass
        return "interrupted" if stop is not None and stop() else ""


def main() -> NoReturn:
    """In a process of its own, which becomes the command; ``sys.argv``: namespace, command. It dies with the apply."""
    import typer

    from nsmgr.cli.exec import become, enter
    from nsmgr.errors import NsmgrError
    from nsmgr.sandbox import die_with_parent

    try:
        die_with_parent()
        if sys.argv[1] != "host":
            enter(sys.argv[1])
        become(sys.argv[2:])
    except NsmgrError as error:
        sys.exit(str(error))
    except typer.Exit as stop:
        sys.exit(stop.exit_code)


def _ending(child: int, seconds: float) -> str:
    """ "" when it succeeds in time, else how it ended."""
    pidfd = os.pidfd_open(child)
    try:
        waiting = select.poll()
        waiting.register(pidfd, select.POLLIN)
        late = not waiting.poll(max(1, int(seconds * 1000)))
        if late:
            os.killpg(child, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        os.close(pidfd)
    if late:
        return LATE
    return "" if code == 0 else f"exit status {code}" if code > 0 else f"ended by signal {-code}"
