"""Figures that no load on the machine can change: system calls, messages, sleeps, as slopes between two sizes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from tests.bench import gen, peers
from tests.bench.bench import Bench, environment, nsmgr_command
from tests.bench.measure import Unavailable, run
from tests.bench.report import Row

SMALL, LARGE = 20, 120


def system_call_times(argv: Sequence[str], directory: Path) -> dict[str, tuple[int, float]]:
    """(count, seconds) of the system calls of a command and its children by name, from ``strace -f -c -w``.

    Raises Unavailable without strace.
    """
    strace = shutil.which("strace")
    if not strace:
        raise Unavailable("no strace here (package strace)")
    with tempfile.NamedTemporaryFile("r", dir=directory, encoding="ascii") as table:
        run([strace, "-f", "-c", "-w", "-o", table.name, *argv], env=environment())
        lines = table.read().splitlines()
    calls: dict[str, tuple[int, float]] = {}
    for line in lines:
        words = line.split()
        if len(words) >= 5 and words[3].isdigit() and words[-1] != "total":
            count, seconds = calls.get(words[-1], (0, 0.0))
            calls[words[-1]] = count + int(words[3]), seconds + float(words[1])
    if not calls:
        raise Unavailable(f"strace counted nothing: {' '.join(lines)[:200]}")
    return calls


def system_calls(argv: Sequence[str], directory: Path) -> dict[str, int]:
    """As :func:`system_call_times`, the counts alone."""
    return {name: count for name, (count, _) in system_call_times(argv, directory).items()}


def per_namespace(small: dict[str, int], large: dict[str, int]) -> dict[str, float]:
    """Slope by system call, the largest first.

    Slopes below one twentieth are the process's own (brk, mmap, futex): they come in steps, not with namespaces.
    """
    slopes = {name: (large.get(name, 0) - small.get(name, 0)) / (LARGE - SMALL) for name in {*small, *large}}
    return dict(sorted(((name, value) for name, value in slopes.items() if abs(value) >= 0.05), key=lambda item: -item[1]))


def counts(bench: Bench) -> None:
    section = f"Per namespace of a fresh apply: slope between {SMALL} and {LARGE}"
    bench.clean()
    with suppress(Unavailable):
        bench.floor("barrier")  # compiled before it is looked at

    def star(n: int) -> str:
        return bench.file(f"star{n}.yaml", gen.star(n))

    def traced(argv: Callable[[int], Sequence[str]]) -> dict[str, float]:
        found = []
        for n in (SMALL, LARGE):
            bench.clean()
            found.append(system_calls(argv(n), bench.work))
        return per_namespace(*found)

    def script(n: int) -> list[str]:
        batches = peers.IpBatch(bench, n)
        return ["sh", batches.script("make.sh")]

    commands: dict[str, Callable[[int], Sequence[str]]] = {
        "C": lambda n: [str(bench.work / "floor"), "create", str(n)],
        "nsmgr": lambda n: [*nsmgr_command(), "apply", star(n)],
        "nsmgr, without record and verifying": lambda n: bench.probe_command("make", star(n)),
        "ip -batch": script,
    }
    for name, argv in commands.items():
        with bench.section(section, f"system calls, {name}") as add:
            slopes = traced(argv)
            add(Row(section, f"system calls, {name}", sum(slopes.values()), "", goal=15 if name == "nsmgr" else None))
            names = ", ".join(f"{call} {value:.3g}" for call, value in list(slopes.items())[:9])
            print(f"      {names}")

    with bench.section(section, "netlink writes, nsmgr") as add:
        figures = {}
        for n in (SMALL, LARGE):
            bench.clean()
            figures[n] = bench.probe("apply", star(n)).figures
        for key, what in (
            ("writes", "requests that change something, nsmgr"),
            ("reads", "dumps and gets, nsmgr"),
            ("bytes_out", "bytes sent, nsmgr"),
            ("bytes_in", "bytes received, nsmgr"),
        ):
            add(Row(section, what, between(figures, key), ""))
        large = figures[LARGE]
        add(Row(section, "links made elsewhere and moved, nsmgr", large.get("steps_link_move", 0), "", goal=0))
    with bench.section(section, "netlink requests, C") as add:
        sizes = {}
        for n in (SMALL, LARGE):
            bench.clean()
            sizes[n] = bench.floor("create", str(n)).figures
        add(Row(section, "requests that change something, C", between(sizes, "messages"), ""))
        add(Row(section, "bytes sent, C", between(sizes, "bytes"), ""))
        add(Row(section, "bytes received, C, which reads nothing back", between(sizes, "received"), ""))
    sleeper = Sleeps(bench.work)
    commands = {
        "C": lambda n: [str(bench.work / "floor"), "create", str(n)],
        "C, default queues": lambda n: [str(bench.work / "floor"), "create", str(n), "-q", "0"],
        "nsmgr": lambda n: [*nsmgr_command(), "apply", star(n)],
    }
    for name in commands:
        what = f"sleeps a veth pair, {name} ({sleeper.witness})"
        with bench.section(section, what) as add:
            slope = max(0.0, _least_slope(bench, sleeper, commands[name]))
            add(Row(section, what, slope, "", goal=0.25 if name == "nsmgr" else None))
    bench.clean()


def between(figures: dict[int, dict[str, float]], key: str) -> float:
    """What one more namespace adds to a figure: the start of the process and all that is paid once fall out."""
    return (figures[LARGE].get(key, 0) - figures[SMALL].get(key, 0)) / (LARGE - SMALL)


class Sleeps:
    """Counts how often a command gives up the processor of its own accord.

    perf(1) counts sched_switch events of which the previous task did not stay runnable (prev_state without the bits that say
    "preempted", include/linux/sched.h:TASK_REPORT_MAX); without perf, ru_nvcsw is the same from the process's accounting.
    """

    def __init__(self, directory: Path) -> None:
        self._perf = shutil.which("perf") or ""
        self._output = str(directory / "perf.stat")
        try:
            if self._perf and not self.count(["sleep", "0.001"]):
                self._perf = ""  # as in a user namespace, where perf may see no scheduler
        except Unavailable:
            self._perf = ""
        self.witness = "perf sched_switch" if self._perf else "getrusage"

    def count(self, argv: Sequence[str]) -> float:
        if not self._perf:
            return run(argv, env=environment()).sleeps
        event = ["-e", "sched:sched_switch", "--filter", "prev_state & 255"]
        run([self._perf, "stat", "-x", ",", "-o", self._output, *event, *argv], env=environment())
        for line in Path(self._output).read_text(encoding="utf-8").splitlines():
            count, _, event_name = line.partition(",")
            if "sched_switch" in event_name and count.isdigit():
                return int(count)
        raise Unavailable("perf stat counted no sched_switch")


def _least_slope(bench: Bench, sleeper: Sleeps, argv: Callable[[int], Sequence[str]]) -> float:
    """The same of the least of three runs each: others who hold RTNL can only add sleeps."""
    least = {}
    for n in (SMALL, LARGE):
        values = []
        for _ in range(3):
            bench.clean()
            values.append(sleeper.count(argv(n)))
        least[n] = min(values)
    return (least[LARGE] - least[SMALL]) / (LARGE - SMALL)
