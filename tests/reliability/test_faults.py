"""Every operation refused in every way: what is there then is A, or B, or A but for what is named; `rollback` mends that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from nsmgr import engine, journal
from nsmgr.errors import NsmgrError
from nsmgr.rollback import rollback
from tests.effort import EXHAUSTIVE
from tests.reliability.faulty import FAULTS, Faulty
from tests.reliability.network import Bench, Imagined, bench, told, unlike

Record = Callable[[str, object], None]


@pytest.fixture(params=["fake", "linux"])
def network(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    if request.param == "fake":
        yield Imagined(tmp_path)
        return
    request.getfixturevalue("privileged")
    with bench() as made:
        yield made


class Ground:
    """A network in state A, and what A and B look like."""

    def __init__(self, network: Bench) -> None:
        self.network = network
        assert network.apply(network.b).ok
        self.b = told(network.now())
        self.destroy()
        assert network.apply(network.a).ok
        self.a = network.now()
        with self.faulty(1 << 40, 0) as kernel:
            assert engine.apply(network.b, kernel, network.store).ok
            self.steps, self.reads = kernel.done, kernel.reads
        assert not self.undo()

    @contextmanager
    def faulty(self, at: int, number: int, **more: Any) -> Iterator[Faulty]:
        with self.network.open() as kernel:
            yield Faulty(kernel, at, number, **more)

    def destroy(self) -> None:
        with self.network.open() as kernel:
            engine.destroy(self.network.name, kernel, self.network.store)

    def undo(self) -> list[str]:
        """`nsmgr rollback`, which must lead to A."""
        with self.network.open() as kernel:
            back = rollback(self.network.name, kernel, self.network.store)
        wrong = [] if back.ok and not back.lost else [f"rollback: {back.result} {back.lost} {back.failures()} {back.remaining}"]
        return wrong + unlike(self.a, self.network.now())

    def attempt(self, at: int, number: int, **more: Any) -> tuple[str, list[str]]:
        """Apply B with a fault: (outcome, what is wrong with it). State A is left behind."""
        network = self.network
        with self.faulty(at, number, **more) as kernel:
            try:
                result: engine.ApplyResult | None = engine.apply(network.b, kernel, network.store)
            except NsmgrError:
                if not kernel.hit:
                    raise
                result = None
            assert kernel.hit
        if result is not None and result.ok:
            found = unlike(self.b, told(network.now()))
            return "converged", found + self.undo()
        if journal.read(network.store, network.name) is None:
            wrong = unlike(self.a, network.now())
            if result is not None and result.result != "rolled_back":
                wrong.append(f"no journal, {result.result}, {result.lost}")
            return "rolled back", wrong
        wrong = []
        if result is not None:
            back = result.rollback
            if result.result != "rollback_incomplete" or back is None or not (back.remaining or back.failures()):
                wrong.append(f"{result.result} without a word about what is left")
        return "remainder told, then rolled back", wrong + self.undo()


def test_each_operation_refused_in_each_way(network: Bench, record_property: Record) -> None:
    ground = Ground(network)
    assert ground.steps > 60
    everything = isinstance(network, Imagined)
    names = list(FAULTS)
    wrong: list[str] = []
    count = 0
    outcomes: dict[str, int] = {}
    for at in range(0, ground.steps, 1 if EXHAUSTIVE else 13):
        for name in names if everything else [names[at % len(names)]]:
            outcome, found = ground.attempt(at, FAULTS[name])
            wrong += [f"{name} at {at}: {line[:400]}" for line in found]
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
            count += 1
        if len(wrong) > 20:
            break
    assert not wrong, "\n".join(wrong)
    record_property("points", count)
    record_property("outcomes", outcomes)


def test_refused_on_the_way_back_too(network: Bench, record_property: Record) -> None:
    """The remainder is told, and another `rollback` finishes."""
    ground = Ground(network)
    wrong: list[str] = []
    outcomes: dict[str, int] = {}
    count = 0
    step = (3 if isinstance(network, Imagined) else 11) if EXHAUSTIVE else 29
    for at in range(0, ground.steps, step):
        for again in (0, 5):
            outcome, found = ground.attempt(at, FAULTS["EINVAL"], again=again)
            wrong += [f"EINVAL at {at}, EPERM {again} later: {line[:400]}" for line in found]
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
            count += 1
    assert not wrong, "\n".join(wrong)
    assert outcomes.get("remainder told, then rolled back")
    record_property("points", count)
    record_property("outcomes", outcomes)


def test_a_read_without_an_answer(network: Bench, record_property: Record) -> None:
    """Before the first change: nothing has happened. After it: back, or the journal says how."""
    ground = Ground(network)
    wrong: list[str] = []
    outcomes: dict[str, int] = {}
    for read in range(ground.reads):
        outcome, found = ground.attempt(1 << 40, 0, blind=(read,))
        wrong += [f"read {read}: {line[:400]}" for line in found]
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    assert not wrong, "\n".join(wrong)
    record_property("points", ground.reads)
    record_property("outcomes", outcomes)
