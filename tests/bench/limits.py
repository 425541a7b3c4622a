"""What limits it: the parts of a run of the command line, the kernel's share, the functions and system calls on top.

With perf(1), what the processor did, by function; else the kernel's share is what the process was charged for (getrusage).
The counts of system calls and their times, by strace -c -w, are a third witness; its times contain strace's own.
"""

from __future__ import annotations

import re
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench import gen
from tests.bench.bench import HERE, Bench, environment, nsmgr_command
from tests.bench.counts import system_call_times
from tests.bench.measure import Contender, Sample, Unavailable, race, run
from tests.bench.report import Row

ROUNDS = 3  # of the parts: they are no goals
TOP = 6  # functions and system calls that are shown

PARTS = {
    "before": "the interpreter, until its first line",
    "imports": "imports",
    "load": "the file",
    "observe": "reading",
    "plan": "the plan",
    "kernel": "the kernel phase",
    "verify": "verifying",
    "record": "the record",
    "waiting": "waiting for the end of the namespaces",
    "text": "the text of the plan",
    "rest": "what is between these",
    "after": "the end of the process",
}


@dataclass(frozen=True, slots=True)
class Job:
    title: str
    argv: tuple[str, ...]
    before: Callable[[], None]


def limits(bench: Bench) -> None:
    n = 100 if bench.quick else 1000
    star, ring = bench.file("star.yaml", gen.star(n)), bench.file("ring.yaml", gen.ring(n, 10))

    def made(path: str) -> Callable[[], None]:
        def make() -> None:
            bench.clean()
            bench.nsmgr("apply", path)

        return make

    def first() -> None:
        bench.nsmgr("apply", ring)
        bench.forget()

    def again() -> None:
        bench.nsmgr("apply", ring)

    jobs = [
        Job(f"a fresh apply of {n} namespaces", ("apply", star), bench.clean),
        Job(f"destroy of {n} namespaces", ("destroy", "star"), made(star)),
        Job(f"a check of {n} namespaces × 10 links, first run", ("check", ring), first),
        Job("the same check, unchanged file", ("check", ring), again),
    ]
    bench.clean()
    for job in jobs:
        section = f"What limits {job.title}"
        for what, measure in (("parts", _parts), ("kernel share", _kernel_share), ("system calls", _system_calls)):
            with bench.section(section, what) as add:
                measure(bench, job, section, add)
    bench.clean()


def _parts(bench: Bench, job: Job, section: str, add: Callable[[Row], None]) -> None:
    def work() -> Sample:
        before = time.monotonic_ns()
        sample = run([sys.executable, str(HERE / "parts.py"), *job.argv], env=environment())
        after, figures = time.monotonic_ns(), sample.figures
        ends = f"before_ns={figures['began_ns'] - before:.0f} after_ns={after - figures['ended_ns']:.0f}"
        return replace(sample, output=f"{sample.output.strip()} {ends} whole_ns={after - before}")

    found = race([Contender("parts", work, job.before)], ROUNDS)
    whole = found.median("parts", lambda sample: sample.figures["whole_ns"])
    for part, words in PARTS.items():
        value = statistics.median(sample.figures.get(f"{part}_ns", 0) for sample in found.samples["parts"])
        if value:
            add(Row(section, words, value / 1e6, "ms", "the whole", whole / 1e6))


def _kernel_share(bench: Bench, job: Job, section: str, add: Callable[[Row], None]) -> None:
    command = [*nsmgr_command(), *job.argv]
    job.before()
    try:
        functions = profile(command, bench.work)
    except Unavailable as reason:
        print(f"      perf: {reason}; so the kernel's share is what the process was charged for")
        job.before()
        sample = run(command, env=environment())
        add(Row(section, "in the kernel, of the processor time", sample.system * 1e3, "ms", "all", sample.cpu * 1e3))
        return
    total = sum(share for share, _, _ in functions)
    inside = sum(share for share, kernel, _ in functions if kernel)
    add(Row(section, "in the kernel, of the processor time (perf)", inside, "%", "all", total))
    for kernel in (True, False):
        for share, _, name in [entry for entry in functions if entry[1] is kernel][:TOP]:
            add(Row(section, f"{'kernel' if kernel else 'Python and libraries'}: `{name}`", share, "%"))


def profile(command: Sequence[str], directory: Path) -> list[tuple[float, bool, str]]:
    """(per cent of the samples, whether in the kernel, function), the largest first. Raises Unavailable without perf."""
    perf = shutil.which("perf")
    if not perf:
        raise Unavailable("not installed")
    data = str(directory / "perf.data")
    run([perf, "record", "-q", "-F", "4000", "-o", data, *command], env=environment())
    text = run([perf, "report", "-i", data, "--stdio", "-F", "overhead,sym"]).output
    found = re.findall(r"^\s*([\d.]+)%\s+\[([k.])\]\s+(.+?)\s*$", text, re.MULTILINE)
    if not any(where == "k" for _, where, _ in found):
        raise Unavailable("it saw nothing of the kernel")  # kernel.perf_event_paranoid, or a user namespace
    return sorted(((float(share), where == "k", name) for share, where, name in found), reverse=True)


def _system_calls(bench: Bench, job: Job, section: str, add: Callable[[Row], None]) -> None:
    job.before()
    calls = system_call_times([*nsmgr_command(), *job.argv], bench.work)
    whole = sum(seconds for _, seconds in calls.values())
    for name, (count, seconds) in sorted(calls.items(), key=lambda item: -item[1][1])[:TOP]:
        add(Row(section, f"`{name}`, {count:,} times (strace)", seconds * 1e3, "ms", "all system calls", whole * 1e3))
