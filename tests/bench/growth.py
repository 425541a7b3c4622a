"""Whether what one object costs depends on how many there are: sizes are raced against each other in the same rounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tests.bench import gen
from tests.bench.bench import Bench, figure, figure_each, peak
from tests.bench.measure import Contender, Race, Sample, race
from tests.bench.report import Row


def together(samples: Mapping[str, Sample]) -> Sample:
    """Several programs' samples as one, with the name of each before its figures."""
    first = next(iter(samples.values()))
    pairs = [f"{name}_{key}={value:.0f}" for name, sample in samples.items() for key, value in sample.figures.items()]
    return replace(first, output=" ".join(pairs))


def growth(bench: Bench) -> None:
    """The ring: ten links a namespace."""
    sizes = (100, 1000) if bench.quick else (100, 1000, 10_000)
    section = f"Growth: time a link at {sizes[-1]:,} links, ten a namespace, against {sizes[0]} links"
    with bench.section(section, "ring") as add:

        def work(size: int) -> Callable[[], Sample]:
            path = bench.file(f"ring{size}.yaml", gen.ring(size // 10, 10))
            return lambda: together(
                {
                    "plan": bench.probe("plan", path),
                    "apply": bench.probe("apply", path),
                    "check": bench.probe("check", path),
                    "dump": bench.floor("dump", "-r"),
                }
            )

        found = race([Contender(str(size), work(size), bench.clean) for size in sizes], bench.rounds)
        bench.clean()
        for what, name, goal in (
            ("the file", "plan_load", 1.2),
            ("plan of a fresh apply", "plan_plan", 1.2),
            ("apply, kernel phase", "apply_kernel", 1.2),
            ("apply", "apply_total", 1.2),
            ("check, nothing to do", "check_total", 1.2),
            ("C dump with routes and rules", "dump_kernel", None),
        ):
            _row(bench, section, what, found, name, (sizes[0], sizes[-1]), "links", goal)
        for size in sizes:
            bench.point("check", "nsmgr check, no imports", size, found, str(size), figure("check_total"))
            bench.point("check", "C dump", size, found, str(size), figure("dump_kernel"))
        most = found.median(str(sizes[-1]), peak("apply"))
        add(Row(section, f"peak memory of a fresh apply of {sizes[-1]:,} links", most, "MiB", goal=80))


def _row(
    bench: Bench, section: str, what: str, found: Race, name: str, sizes: tuple[int, int], unit: str, goal: float | None
) -> None:
    small, large = sizes
    bench.ratio(
        section,
        what,
        found,
        str(large),
        str(small),
        goal,
        of=figure_each(name, large),
        base_of=figure_each(name, small),
        label=f"{small:,} {unit}",
        unit="µs",
        scale=1e6,
    )


def long_file(bench: Bench) -> None:
    """Block style, one key a line, as people write it."""
    names = {10: 650, 105: 6_500} | ({} if bench.quick else {1049: 65_000})
    texts = {size: gen.long_ring(size, 10) for size in names}
    lines = {size: text.count("\n") for size, text in texts.items()}
    small, middle, large = min(names), 105, max(names)
    section = f"A file of {lines[large]:,} lines against one of {lines[small]}"
    paths = {size: bench.file(f"long{size}.yaml", text) for size, text in texts.items()}

    def work(path: str) -> Callable[[], Sample]:
        return lambda: together({piece: bench.probe(piece, path) for piece in ("load", "plan")})

    with bench.section(section, "file") as add:
        found = race([Contender(str(size), work(path)) for size, path in paths.items()], bench.rounds)
        for what, name in (("validate, a line", "load_load"), ("plan of a fresh apply, a line", "plan_plan")):
            bench.ratio(
                section,
                what,
                found,
                str(large),
                str(small),
                1.2,
                of=figure_each(name, lines[large]),
                base_of=figure_each(name, lines[small]),
                label=f"{lines[small]} lines",
                unit="µs",
                scale=1e6,
            )
        for what, name in (("validate", "load"), ("plan of a fresh apply", "plan")):
            peaks = {size: found.median(str(size), peak(name)) for size in names}
            add(Row(section, f"peak memory of {what}", peaks[large], "MiB", goal=80))
            if large != middle:
                first = (peaks[middle] - peaks[small]) / (lines[middle] - lines[small])
                last = (peaks[large] - peaks[middle]) / (lines[large] - lines[middle])
                words = f"memory a line, {what}: above {lines[middle]:,} lines"
                add(Row(section, words, last * 1024, "KiB", f"below {lines[middle]:,}", first * 1024, goal=1.2))


@dataclass(frozen=True, slots=True)
class Place:
    """Many objects of one kind in one place. ``yaml``, ``floor``: how nsmgr and C are told to make n of them."""

    title: str
    unit: str
    yaml: Callable[[int], str]
    floor: Callable[[int], tuple[str, ...]]
    sizes: tuple[int, int]
    quick: tuple[int, int]
    goal: float


PLACES = (
    Place(
        "ports of one bridge, their far ends down",
        "ports",
        lambda n: gen.pairs(n, bridge=True),
        lambda n: ("ports", str(n)),
        (10, 1000),
        (10, 200),
        1.5,
    ),
    Place(
        "links in one namespace, down",
        "links",
        lambda n: gen.flat(n, state="down"),
        lambda n: ("flat", "-d", str(n)),
        (100, 10_000),
        (100, 1000),
        1.2,
    ),
    # Up, the kernel itself is quadratic (oneplace.c): no goal but C's own growth.
    Place("links in one namespace, up", "links", gen.flat, lambda n: ("flat", str(n)), (100, 2000), (100, 500), 0),
    Place("routes in one namespace", "routes", gen.routes, lambda n: ("routes", str(n)), (100, 10_000), (100, 1000), 1.2),
)


def places(bench: Bench) -> None:
    """n² hides where n objects share a place."""
    for place in PLACES:
        small, large = place.quick if bench.quick else place.sizes
        section = f"{large:,} {place.title}"
        with bench.section(section, place.title):
            _place(bench, place, section, small, large)


def _place(bench: Bench, place: Place, section: str, small: int, large: int) -> None:
    def ours(size: int) -> Callable[[], Sample]:
        path = bench.file(f"place{size}.yaml", place.yaml(size))
        return lambda: together({"apply": bench.probe("apply", path), "check": bench.probe("check", path)})

    def floor(size: int) -> Callable[[], Sample]:
        return lambda: together({"make": bench.floor(*place.floor(size)), "dump": bench.floor("dump", "-r")})

    contenders = [Contender(str(size), ours(size), bench.clean) for size in (small, large)]
    contenders += [Contender(f"C {size}", floor(size), bench.clean) for size in (small, large)]
    found = race(contenders, bench.rounds)
    bench.clean()
    biggest, base = str(large), f"C {large}"
    bench.ratio(section, "apply, kernel phase", found, biggest, base, of=figure("apply_kernel"), base_of=figure("make_kernel"))
    bench.ratio(section, "check, nothing to do", found, biggest, base, of=figure("check_total"), base_of=figure("dump_kernel"))
    goal = place.goal or None
    for what, name in (
        ("apply, kernel phase", "apply_kernel"),
        ("apply, without the kernel phase", "apply_own"),
        ("check, nothing to do", "check_total"),
    ):
        _row(bench, section, f"{what}: one of {large:,}", _with_own(found), name, (small, large), place.unit, goal)
    floor_race = Race({str(size): found.samples[f"C {size}"] for size in (small, large)})
    _row(bench, section, f"C, making: one of {large:,}", floor_race, "make_kernel", (small, large), place.unit, None)
    _row(bench, section, f"C, reading: one of {large:,}", floor_race, "dump_kernel", (small, large), place.unit, None)


def _with_own(found: Race) -> Race:
    """With the figure ``apply_own_ns``: an apply's time without the kernel phase, that is nsmgr's and the reading."""

    def own(sample: Sample) -> Sample:
        if "apply_total_ns" not in sample.figures:
            return sample
        rest = sample.figures["apply_total_ns"] - sample.figures["apply_kernel_ns"]
        return replace(sample, output=f"{sample.output} apply_own_ns={rest:.0f}")

    return Race({name: [own(sample) for sample in samples] for name, samples in found.samples.items()}, found.out)
