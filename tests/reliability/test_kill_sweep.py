"""SIGKILL at every moment of an apply from A to B; then apply, destroy or rollback, each in one run, each to a clean end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from nsmgr import engine, journal
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.rollback import rollback
from tests.effort import EXHAUSTIVE
from tests.reliability import dying
from tests.reliability.network import Bench, bench, told, unlike

PARTS = 2  # of a sweep, for two processors
# In earnest every moment; else, and in a kernel in user space, where starting a process is slow, every 16th.
EVERY = 1 if EXHAUSTIVE else 16


@pytest.fixture
def network(privileged: None) -> Iterator[Bench]:
    with bench() as made:
        yield made


def sweep(network: Bench, part: int, after: Callable[[int], list[str]], record: Callable[[str, object], None]) -> None:
    """``after``: what is done after a death, and what was wrong with it; it leaves state A behind."""
    assert network.apply(network.a).ok
    with LinuxKernel() as kernel:
        planned = engine.check(network.b, kernel, network.store)
    assert len(planned.operations) >= 60
    assert len({operation.netns for operation in planned.operations}) >= 6
    record("operations", len(planned.operations))
    total = dying.run(lambda: network.apply(network.b), dying.NEVER, network.store.directory)
    assert total > 90
    with LinuxKernel() as kernel:
        assert rollback(network.name, kernel, network.store).ok
    wrong: list[str] = []
    points = [*range(total)][part :: PARTS * EVERY]
    for due in points:
        assert dying.run(lambda: network.apply(network.b), due, network.store.directory) == 0
        found = after(due)
        wrong += [f"killed at {due} of {total}: {line[:300]}" for line in found]
        if len(wrong) > 20:
            break
    assert not wrong, "\n".join(wrong)
    record("points", len(points))


@pytest.mark.parametrize("part", range(PARTS))
def test_then_rollback(network: Bench, part: int, record_property: Callable[[str, object], None]) -> None:
    assert network.apply(network.a).ok
    before = network.now()

    def after(_: int) -> list[str]:
        with LinuxKernel() as kernel:
            if journal.read(network.store, network.name) is None:  # it died before the first change, or after the last
                if not engine.check(network.b, kernel, network.store):
                    rollback(network.name, kernel, network.store)
            else:
                result = rollback(network.name, kernel, network.store)
                if not result.ok or result.lost:
                    return [f"rollback: {result.result} {result.lost} {result.failures()} {result.remaining}"]
            return unlike(before, network.see(kernel))

    sweep(network, part, after, record_property)


@pytest.mark.parametrize("part", range(PARTS))
def test_then_apply(network: Bench, part: int, record_property: Callable[[str, object], None]) -> None:
    """And then rollback: beyond both applies."""
    assert network.apply(network.b).ok
    clean = told(network.now())
    with LinuxKernel() as kernel:
        engine.destroy(network.name, kernel, network.store)
    assert network.apply(network.a).ok
    before = network.now()

    def after(_: int) -> list[str]:
        with LinuxKernel() as kernel:
            result = engine.apply(network.b, kernel, network.store)
            if not result.ok:
                return [f"apply: {result.result} {result.failures()} {result.remaining}"]
            found = unlike(clean, told(network.see(kernel)))
            back = rollback(network.name, kernel, network.store)
            if not back.ok or back.lost:
                found.append(f"rollback: {back.result} {back.lost} {back.failures()} {back.remaining}")
            return found + unlike(before, network.see(kernel))

    sweep(network, part, after, record_property)


@pytest.mark.parametrize("part", range(PARTS))
def test_then_destroy(network: Bench, part: int, record_property: Callable[[str, object], None]) -> None:
    def after(_: int) -> list[str]:
        with LinuxKernel() as kernel:
            gone = engine.destroy(network.name, kernel, network.store)
        found = network.left()
        if gone.still_alive or found:
            return [f"destroy: {gone.apply.result if gone.apply else 'no plan'}", *gone.still_alive, *found]
        return [] if network.apply(network.a).ok else ["A cannot be made again"]

    sweep(network, part, after, record_property)
