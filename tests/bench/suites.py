"""What is measured: each suite is a function of a :class:`Bench` that adds its rows."""

from __future__ import annotations

import sys
from collections.abc import Callable

from tests.bench import gen, peers
from tests.bench.bench import Bench, figure
from tests.bench.measure import Contender, Race, Sample, race, run
from tests.bench.report import Row

FLOOR, NSMGR, LIBRARY, IP = "C", "nsmgr", "nsmgr's kernel phase", "ip -batch"
IP_DEFAULT, IP_PARALLEL, PYROUTE2 = "ip -batch, default queues", "ip -batch, parallel", "pyroute2"


def same(bench: Bench) -> None:
    """Whether the contenders make the same network at all: links and addresses as ip(8) sees them."""
    section, n = "Is it the same network?", 3
    makers: dict[str, Callable[[], Sample]] = {
        FLOOR: lambda: bench.floor("create", str(n)),
        NSMGR: lambda: bench.nsmgr("apply", bench.file("star.yaml", gen.star(n))),
        IP: peers.IpBatch(bench, n).one_by_one,
        PYROUTE2: lambda: peers.pyroute2(n),
    }
    wanted = None
    for name, make in makers.items():
        with bench.section(section, f"{name}: differences from C") as add:
            bench.clean()
            make()
            found = peers.star_snapshot(n)
            if wanted is None:
                wanted = found
            else:
                different = [netns for netns in wanted if wanted[netns] != found.get(netns)]
                add(Row(section, f"{name}: namespaces that differ from C's, of {n + 1}", len(different), "", goal=0))
    bench.clean()


def create(bench: Bench) -> None:
    """A fresh apply of the star, against the floor and ip(8)."""
    goals = {10: (None, 2.5), 100: (1.15, 0.6), 1000: (1.15, 0.35)}
    for n in (10, 100) if bench.quick else (10, 100, 1000):
        _create(bench, n, *goals[n])


def _create(bench: Bench, n: int, kernel_goal: float | None, whole_goal: float) -> None:
    section = f"Fresh apply, {n} namespaces"
    path = bench.file("star.yaml", gen.star(n))
    makers: dict[str, Callable[[], Sample]] = {
        FLOOR: lambda: bench.floor("create", str(n)),
        NSMGR: lambda: bench.nsmgr("apply", path),
        LIBRARY: lambda: bench.probe("apply", path),
        IP: peers.IpBatch(bench, n).one_by_one,
    }
    if n < 1000:
        makers[IP_DEFAULT] = peers.IpBatch(bench, n, one_queue=False).one_by_one
    if n > 10:
        makers[IP_PARALLEL] = peers.IpBatch(bench, n).parallel
    else:
        makers[PYROUTE2] = lambda: peers.pyroute2(n)
    found = race([Contender(name, work, bench.clean) for name, work in makers.items()], bench.rounds)
    bench.clean()
    bench.ratio(section, "kernel phase", found, LIBRARY, FLOOR, kernel_goal, of=figure("kernel"))
    bench.ratio(section, "whole process", found, NSMGR, IP, whole_goal)
    for other in (IP_DEFAULT, IP_PARALLEL, PYROUTE2, FLOOR):
        if other in makers:
            bench.ratio(section, "whole process", found, NSMGR, other)
    bench.ratio(
        section,
        "verifying, of the apply without process start",
        found,
        LIBRARY,
        LIBRARY,
        0.08,
        of=figure("verify"),
        base_of=figure("total"),
        label="the apply",
    )
    bench.ratio(section, "processor time of the process", found, NSMGR, IP, of=lambda sample: sample.cpu)
    bench.ratio(section, "(the best of ip -batch itself)", found, IP, FLOOR)


def destroy(bench: Bench) -> None:
    """Removal until the kernel has really done it: the command and then the barrier, the same for both."""
    for n in (100,) if bench.quick else (100, 1000):
        _destroy(bench, n)


def _destroy(bench: Bench, n: int) -> None:
    section = f"Destroy {n} namespaces until really gone"
    path = bench.file("star.yaml", gen.star(n))
    found = race(
        [
            Contender(FLOOR, lambda: bench.floor("destroy"), lambda: _fresh_floor(bench, n)),
            Contender(
                NSMGR,
                lambda: _with_barrier(bench, lambda: bench.nsmgr("destroy", "star")),
                lambda: _fresh_nsmgr(bench, path),
            ),
            Contender(
                LIBRARY,
                lambda: _with_barrier(bench, lambda: bench.probe("destroy", path)),
                lambda: _fresh_nsmgr(bench, path),
            ),
        ],
        bench.rounds,
    )
    bench.clean()
    bench.ratio(section, "whole process", found, NSMGR, FLOOR, 1.2)
    bench.ratio(
        section,
        "without the start of the processes",
        found,
        LIBRARY,
        FLOOR,
        of=figure("total"),
        base_of=figure("kernel"),
    )
    left = "left to do after nsmgr returned (an idle barrier included)"
    with bench.section(section, left) as add:
        add(Row(section, left, found.median(NSMGR, figure("barrier")) * 1e3, "ms"))


def _fresh_floor(bench: Bench, n: int) -> None:
    bench.clean()
    bench.floor("create", str(n))


def _fresh_nsmgr(bench: Bench, path: str) -> None:
    bench.clean()
    bench.nsmgr("apply", path)


def _with_barrier(bench: Bench, work: Callable[[], Sample]) -> Sample:
    """The sample of ``work`` with the barrier's time noted at the end of its output."""
    sample = work()
    rest = bench.floor("barrier")
    last = " ".join(f"{key}={value:.0f}" for key, value in sample.figures.items())
    return Sample(sample.wall, sample.cpu, sample.peak, sample.sleeps, f"{last} barrier_ns={rest.figures['kernel_ns']:.0f}")


def noop(bench: Bench) -> None:
    """Nothing has changed: apply and check against a C program that reads the same."""
    n = 100 if bench.quick else 1000
    section = f"Nothing to do, {n} namespaces × 10 links"
    path = bench.file("ring.yaml", gen.ring(n, 10))
    with bench.section(section, "apply") as add:
        bench.clean()
        bench.nsmgr("apply", path)
        found = race(
            [
                Contender("C dump", lambda: bench.floor("dump")),
                Contender("C dump with routes and rules", lambda: bench.floor("dump", "-r")),
                Contender("apply", lambda: bench.nsmgr("apply", path)),
                Contender("check", lambda: bench.nsmgr("check", path)),
                Contender("library", lambda: bench.probe("check", path)),
            ],
            bench.rounds,
        )
        for what in ("apply", "check"):
            bench.ratio(section, f"{what}, whole process, the file is parsed", found, what, "C dump", 3.0)
            bench.ratio(section, f"{what}, whole process, the file is parsed", found, what, "C dump with routes and rules")
        for clock, words in (("observe", "reading"), ("load", "the file"), ("plan", "the comparison")):
            bench.ratio(
                section,
                f"check: {words}",
                found,
                "library",
                "C dump with routes and rules",
                of=figure(clock),
                base_of=figure("kernel"),
            )
        add(Row(section, "netlink writes of a no-op apply", bench.probe("apply", path).figures["writes"], "", goal=0))
        add(Row(section, "peak memory of a no-op apply", found.median("apply", lambda s: s.peak / 1024), "MiB", goal=80))
    bench.clean()


SMALL = """\
version: 1
name: quickstart
namespaces:
  red:
    links:
      eth0: {kind: veth, peer: blue/eth0, addresses: [10.0.0.1/24]}
  blue:
    links:
      eth0: {addresses: [10.0.0.2/24]}
"""

SMALL_IFSTATE = """\
interfaces: {}
namespaces:
  red:
    interfaces:
      eth0:
        addresses: [10.0.0.1/24]
        link: {state: up, kind: veth, peer: eth0, peer_netns: blue}
  blue:
    interfaces:
      eth0:
        addresses: [10.0.0.2/24]
        link: {state: up, kind: veth, peer: eth0, peer_netns: red}
"""


def start(bench: Bench) -> None:
    """What a person waits for before anything happens."""
    section = "Start of the process"
    path = bench.file("quickstart.yaml", SMALL)
    python = "python -c pass"
    bench.clean()
    contenders = [
        Contender(python, lambda: run([sys.executable, "-c", "pass"])),
        Contender("--help", lambda: bench.nsmgr("--help")),
        Contender("validate", lambda: bench.nsmgr("validate", path)),
    ]
    found = race(contenders, 4 * bench.rounds)
    bench.ratio(section, "nsmgr --help", found, "--help", python, 5.0)
    bench.ratio(section, "nsmgr validate of 9 lines", found, "validate", python, 12.0)
    with bench.section(section, "apply of 9 lines, nothing to do"):
        bench.nsmgr("apply", path)
        other = bench.file("ifstate.yaml", SMALL_IFSTATE)
        found = race(
            [
                Contender(python, lambda: run([sys.executable, "-c", "pass"])),
                Contender(NSMGR, lambda: bench.nsmgr("apply", path)),
                Contender("ifstatecli check", lambda: peers.ifstate(other)),
            ],
            bench.rounds,
        )
        bench.ratio(section, "apply of 9 lines, nothing to do", found, NSMGR, python)
        bench.ratio(section, "apply of 9 lines, nothing to do", found, NSMGR, "ifstatecli check", 0.15)
    bench.clean()


def growth(bench: Bench) -> None:
    """Cost per link at 100, 1000 and 10,000 links (10 a namespace): linear means that the ratio is 1."""
    sizes = (10, 100) if bench.quick else (10, 100, 1000)
    section = f"Growth: time per link at {sizes[-1] * 10} links against {sizes[0] * 10}"
    with bench.section(section, "apply") as add:
        found = {size: _growth(bench, size) for size in sizes}
        for what, contender, clock in (
            ("the file", "plan", "load"),
            ("plan of a fresh apply", "plan", "plan"),
            ("apply, kernel phase", "apply", "kernel"),
            ("apply", "apply", "total"),
            ("check, nothing to do", "check", "total"),
        ):
            first, last = (found[size].median(contender, figure(clock)) / size / 10 for size in (sizes[0], sizes[-1]))
            add(Row(section, what, last * 1e6, "µs", f"{sizes[0] * 10} links", first * 1e6, goal=1.2))
        peak = found[sizes[-1]].median("apply", lambda sample: sample.figures["peak_kb"] / 1024)
        add(Row(section, f"peak memory of a fresh apply of {sizes[-1] * 10} links", peak, "MiB", goal=80))
    bench.clean()


def _growth(bench: Bench, size: int) -> Race:
    path = bench.file(f"ring{size}.yaml", gen.ring(size, 10))
    return race(
        [
            Contender("plan", lambda: bench.probe("plan", path)),
            Contender("apply", lambda: bench.probe("apply", path), bench.clean),
            Contender("check", lambda: bench.probe("check", path)),
        ],
        3 if bench.quick or size == 1000 else 7,
    )
