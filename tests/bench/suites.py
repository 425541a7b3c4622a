"""Making and removing: each suite is a function of a :class:`Bench` that adds its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from tests.bench import gen, peers
from tests.bench.bench import Bench, figure
from tests.bench.measure import Contender, Sample, race
from tests.bench.report import Row

FLOOR, NSMGR, LIBRARY, IP = "C", "nsmgr", "nsmgr's kernel phase", "ip -batch"
FLOOR_DEFAULT, IP_DEFAULT, IP_PARALLEL = "C, default queues", "ip -batch, default queues", "ip -batch, parallel"
PYROUTE2, IFSTATE, PYTHON = "pyroute2", "IfState", "python -c pass"


def same(bench: Bench) -> None:
    """Whether the contenders make the same network at all: links and addresses as ip(8) sees them."""
    section, n = "Is it the same network?", 3
    path, other = bench.file("star.yaml", gen.star(n)), bench.file("ifstate-star.yaml", gen.ifstate_star(n))
    makers: dict[str, tuple[Callable[[], Sample], frozenset[str]]] = {
        NSMGR: (lambda: bench.nsmgr("apply", path), frozenset()),
        IP: (peers.IpBatch(bench, n).one_by_one, frozenset()),
        PYROUTE2: (lambda: peers.pyroute2(n), frozenset()),
        # It has no words for the number of queues and for nodad.
        IFSTATE: (lambda: peers.ifstate("apply", other), frozenset({"num_tx_queues", "num_rx_queues", "nodad"})),
    }
    for name, (make, unsaid) in makers.items():
        what = f"{name}: namespaces that differ from C's, of {n + 1}"
        with bench.section(section, what) as add:
            bench.clean()
            bench.floor("create", str(n))
            wanted = peers.star_snapshot(n, unsaid)
            bench.clean()
            make()
            found = peers.star_snapshot(n, unsaid)
            different = [netns for netns in wanted if wanted[netns] != found.get(netns)]
            add(Row(section, what, len(different), "", goal=0))
    bench.clean()


def create(bench: Bench) -> None:
    """A fresh apply of the star, against the floor, ip(8) and the others."""
    goals = {10: (None, 2.5), 100: (1.15, 0.6), 1000: (1.15, 0.35), 2000: (1.15, None)}
    for n in (10, 100) if bench.quick else (10, 100, 1000, 2000):
        section = f"Fresh apply, {n} namespaces"
        with bench.section(section, section):
            _create(bench, section, n, *goals[n])
    if not bench.quick:
        for n, names in ((10, (PYROUTE2, IFSTATE)), (100, (PYROUTE2,))):
            section = f"Fresh apply, {n} namespaces, against other managers"
            with bench.section(section, section):
                _rivals(bench, section, n, names)


def _create(bench: Bench, section: str, n: int, kernel_goal: float | None, whole_goal: float | None) -> None:
    path = bench.file("star.yaml", gen.star(n))
    makers: dict[str, Callable[[], Sample]] = {
        FLOOR: lambda: bench.floor("create", str(n)),
        NSMGR: lambda: bench.nsmgr("apply", path),
        LIBRARY: lambda: bench.probe("apply", path),
    }
    if n <= 1000:
        makers[IP] = peers.IpBatch(bench, n).one_by_one
    if n <= 100 and not bench.quick:
        makers[IP_DEFAULT] = peers.IpBatch(bench, n, one_queue=False).one_by_one
        makers[IP_PARALLEL] = peers.IpBatch(bench, n).parallel
    found = race([Contender(name, work, bench.clean) for name, work in makers.items()], bench.rounds)
    bench.clean()
    bench.ratio(section, "kernel phase", found, LIBRARY, FLOOR, kernel_goal, of=figure("kernel"))
    for other, goal in ((IP, whole_goal), (IP_DEFAULT, None), (IP_PARALLEL, None), (FLOOR, None)):
        if other in makers:
            bench.ratio(section, "whole process", found, NSMGR, other, goal)
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
    if IP in makers:
        bench.ratio(section, "processor time of the process", found, NSMGR, IP, of=lambda sample: sample.cpu)
        bench.ratio(section, "(the best of ip -batch itself)", found, IP, FLOOR)
    chart = "apply"
    bench.point(chart, "nsmgr, whole process", n, found, NSMGR)
    bench.point(chart, "nsmgr, kernel phase", n, found, LIBRARY, figure("kernel"))
    bench.point(chart, FLOOR, n, found, FLOOR, figure("kernel"))
    bench.point(chart, IP, n, found, IP)


def _rivals(bench: Bench, section: str, n: int, names: Sequence[str]) -> None:
    """Against those that take seconds for it."""
    path, other = bench.file("star.yaml", gen.star(n)), bench.file("ifstate-star.yaml", gen.ifstate_star(n))
    rivals: dict[str, Callable[[], Sample]] = {
        PYROUTE2: lambda: peers.pyroute2(n),
        IFSTATE: lambda: peers.ifstate("apply", other),
    }
    makers = {NSMGR: lambda: bench.nsmgr("apply", path)} | {name: rivals[name] for name in names}
    found = race([Contender(name, work, bench.clean) for name, work in makers.items()], bench.rounds)
    bench.clean()
    for name in names:
        bench.ratio(section, "whole process", found, NSMGR, name)
        bench.point("apply", name, n, found, name)


def destroy(bench: Bench) -> None:
    """Removal until the kernel has really done it: the command and then the barrier, the same for both."""
    for n in (100,) if bench.quick else (100, 1000):
        section = f"Destroy {n} namespaces until really gone"
        with bench.section(section, section):
            _destroy(bench, section, n)


def _destroy(bench: Bench, section: str, n: int) -> None:
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
    return replace(sample, output=f"{last} barrier_ns={rest.figures['kernel_ns']:.0f}")


def remove(bench: Bench) -> None:
    """Links that leave the file while their namespaces stay."""
    n = 100
    section = f"Delete {n} veth pairs of namespaces that stay"
    before, after = bench.file("pairs.yaml", gen.pairs(n)), bench.file("empty.yaml", gen.pairs(0))
    one_by_one, grouped = "C, RTM_DELLINK one by one", "C, by group"

    def made() -> None:
        bench.clean()
        bench.nsmgr("apply", before)

    def floor_made() -> None:
        bench.clean()
        bench.floor("pairs", str(n))

    contenders = [
        Contender(NSMGR, lambda: bench.nsmgr("apply", after), made),
        Contender(LIBRARY, lambda: bench.probe("apply", after), made),
        Contender(one_by_one, lambda: bench.floor("remove", str(n)), floor_made),
        Contender(grouped, lambda: bench.floor("remove", str(n), "-g"), floor_made),
    ]
    found = race(contenders, bench.rounds)
    bench.clean()
    bench.ratio(section, "kernel phase", found, LIBRARY, one_by_one, 0.05, of=figure("kernel"))
    bench.ratio(section, "kernel phase", found, LIBRARY, grouped, of=figure("kernel"))
    bench.ratio(section, "whole process", found, NSMGR, one_by_one)
