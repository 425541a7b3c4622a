"""Several deployments in one namespace: one writer at a time, and nobody takes what another made."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nsmgr import config, engine
from nsmgr.errors import ConflictError, LockHeld, StalePlan
from nsmgr.kernel.fake import FakeKernel
from nsmgr.kernel.port import Want
from nsmgr.plan.plan import Batch, Verdict
from nsmgr.plan.state import DesiredState, ObservedState
from nsmgr.rollback import rollback
from nsmgr.rounds import MAX_ROUNDS
from nsmgr.store import Store

HOST = "version: 1\nname: {name}\nhost: {{links: {{{link}: {{kind: dummy, mtu: {mtu}}}}}}}\n"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state")


def on_host(name: str, link: str, mtu: int = 1400) -> DesiredState:
    return config.loads(HOST.format(name=name, link=link, mtu=mtu))


def files(store: Store) -> set[str]:
    return {entry.name for entry in store.path.iterdir()}


def cookie(kernel: FakeKernel, name: str = "host") -> int:
    return kernel.observe({name: Want(0, source="host" if name == "host" else "")}).namespaces[name].cookie


class Watching(FakeKernel):
    """Does something just before a batch is carried out."""

    def __init__(self, before: Callable[[], None]) -> None:
        super().__init__()
        self.before = before

    def transact(self, batch: Batch) -> list[Verdict]:
        self.before()
        return super().transact(batch)


def test_a_shared_namespace_has_one_writer(store: Store) -> None:
    locked: list[str] = []
    kernel = Watching(lambda: locked.extend(name for name in files(store) if name.startswith("netns.")))
    assert engine.apply(on_host("one", "d1"), kernel, store).ok
    assert set(locked) == {f"netns.{cookie(kernel)}.lock"}
    assert not [name for name in files(store) if name.startswith("netns.")]
    held = store.acquire_shared("host", cookie(kernel), 0)
    with pytest.raises(LockHeld, match=rf"namespace host is being changed by pid {os.getpid()} \(") as caught:
        engine.apply(on_host("two", "d2"), kernel, store, lock_timeout=0)
    store.release_shared(cookie(kernel), held)
    assert caught.value.exit_status == 5
    assert "d2" not in kernel.world.namespaces["host"].devices
    assert engine.apply(on_host("two", "d2"), kernel, store).ok


def test_what_changes_nothing_there_waits_for_nobody(store: Store) -> None:
    kernel = FakeKernel()
    assert engine.apply(on_host("one", "d1"), kernel, store).ok
    held = store.acquire_shared("host", cookie(kernel), 0)
    assert engine.apply(on_host("one", "d1"), kernel, store, lock_timeout=0).ok
    own = config.loads("version: 1\nname: own\nnamespaces: {red: {links: {d0: {kind: dummy}}}}\n")
    assert engine.apply(own, kernel, store, lock_timeout=0).ok
    store.release_shared(cookie(kernel), held)


def test_rollback_and_destroy_lock_it_too(store: Store) -> None:
    kernel = FakeKernel()
    assert engine.apply(on_host("one", "d1"), kernel, store).ok
    held = store.acquire_shared("host", cookie(kernel), 0)
    with pytest.raises(LockHeld):
        rollback("one", kernel, store, lock_timeout=0)
    with pytest.raises(LockHeld):
        engine.destroy("one", kernel, store, lock_timeout=0)
    store.release_shared(cookie(kernel), held)
    assert engine.destroy("one", kernel, store).links == ["host/d1"]
    assert files(store) == set()


def test_the_far_end_of_a_pair_is_a_change_there(store: Store) -> None:
    locked: set[str] = set()
    kernel = Watching(lambda: locked.update(name for name in files(store) if name.startswith("netns.")))
    pair = "version: 1\nname: pair\nhost: {links: {up: {kind: veth, peer: red/up}}}\nnamespaces: {red: {links: {up: {}}}}\n"
    assert engine.apply(config.loads(pair), kernel, store).ok
    assert locked == {f"netns.{cookie(kernel)}.lock"}


def test_somebody_who_wrote_before_the_lock_was_had_is_seen(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was observed without the lock is not planned from: the other one's link is found, not collided with."""
    kernel = FakeKernel()
    taken: list[int] = []
    acquire = store.acquire_shared

    def late(netns: str, number: int, deadline: float) -> int:
        if not taken:
            taken.append(number)
            assert engine.apply(on_host("one", "d1"), kernel, Store(store.path)).ok
        return acquire(netns, number, deadline)

    monkeypatch.setattr(store, "acquire_shared", late)
    with pytest.raises(ConflictError, match="link d1 in namespace host belongs to deployment one, deployment two wants"):
        engine.apply(on_host("two", "d1", 1300), kernel, store)
    assert not [name for name in files(store) if name.startswith("netns.")]


def _turns(path: Path, first: str, second: str, rounds: int) -> None:
    store = Store(path)
    for _ in range(rounds):
        names = {1: first, 2: second}
        held = {number: store.acquire_shared(names[number], number, float("inf")) for number in (1, 2)}
        count = path / "count"
        count.write_text(str(int(count.read_text()) + 1))
        for number, descriptor in held.items():
            store.release_shared(number, descriptor)


def test_lock_files_do_not_pile_up_and_none_is_held_twice(store: Store) -> None:
    store.path.mkdir(mode=0o700)
    (store.path / "count").write_text("0")
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_turns, args=(store.path, *names, 40)) for names in (("a", "b"), ("b", "a"), ("a", "a"))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (store.path / "count").read_text() == "120"
    assert files(store) == {"count"}


CLAIMS: dict[str, tuple[str, str, str]] = {
    "link": ("host: {links: {d1: {kind: dummy}}}", "host: {links: {d1: {kind: dummy, mtu: 1300}}}", "link d1"),
    "address": (
        "host: {links: {d0: {kind: dummy, addresses: [10.1.0.1/24]}}}",
        "host: {links: {d0: {addresses: [{address: 10.1.0.1/24, label: d0:x}]}}}",
        "address",
    ),
    "route": (
        "host: {routes: [{to: 10.9.0.0/16, type: blackhole}]}",
        "host: {routes: [{to: 10.9.0.0/16, type: unreachable}]}",
        "route",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CLAIMS)
def test_two_that_claim_one_object_are_refused(what: str, store: Store) -> None:
    kernel = FakeKernel()
    mine, yours, words = CLAIMS[what]
    assert engine.apply(config.loads(f"version: 1\nname: one\n{mine}\n"), kernel, store).ok
    writes = kernel.counters.writes
    with pytest.raises(
        ConflictError, match=rf"{words}.*in namespace host belongs to deployment one, deployment two wants to"
    ) as caught:
        engine.apply(config.loads(f"version: 1\nname: two\n{yours}\n"), kernel, store)
    assert "nsmgr destroy one" in caught.value.hint
    assert kernel.counters.writes == writes
    assert store.read("two") is None
    engine.destroy("one", kernel, store)


def test_one_namespace_under_two_names(store: Store) -> None:
    kernel = FakeKernel()
    assert engine.apply(config.loads("version: 1\nname: base\nnamespaces: {red: {}}\n"), kernel, store).ok
    kernel.sources = {"pid:42": "red", "path:/proc/42/ns/net": "red"}
    text = "version: 1\nname: {}\nnamespaces: {{{}: {{from: {}, links: {{d1: {{kind: dummy, mtu: {}}}}}}}}}\n"
    assert engine.apply(config.loads(text.format("one", "web", "{pid: 42}", 1400)), kernel, store).ok
    with pytest.raises(ConflictError, match="link d1 in namespace shop belongs to deployment one, deployment two"):
        engine.apply(config.loads(text.format("two", "shop", "{path: /proc/42/ns/net}", 1300)), kernel, store)


def test_what_both_have_written_down_can_go(store: Store) -> None:
    kernel = FakeKernel()
    assert engine.apply(on_host("one", "d1"), kernel, store).ok
    record = store.read("one")
    assert record is not None
    record.name = "two"
    store.write(record)
    assert engine.destroy("two", kernel, store).links == ["host/d1"]


def test_a_neighbour_who_keeps_taking_it_back_is_named(store: Store) -> None:
    """Each time before we are done somebody changes it again: a bounded number of rounds, then what keeps changing is said."""
    kernel = FakeKernel()
    assert engine.apply(on_host("one", "d1"), kernel, store).ok

    def spoil() -> None:
        device: Any = kernel.world.namespaces["host"].devices["d1"]
        device.attrs["mtu"] = 999

    carry_out = kernel.transact

    def transact(batch: Batch) -> list[Verdict]:
        found = carry_out(batch)
        spoil()
        return found

    kernel.transact = transact  # type: ignore[method-assign]
    result = engine.apply(on_host("one", "d1", 1300), kernel, store, on_error="stop")
    assert result.result == "failed"
    assert len(result.rounds) <= MAX_ROUNDS
    assert result.remaining is not None
    assert [(operation.key, operation.changes[0].name) for operation in result.remaining.operations] == [("d1", "mtu")]


def test_a_saved_plan_is_compared_again_under_the_lock(store: Store) -> None:
    kernel = FakeKernel()
    desired = on_host("one", "d1")
    plan = engine.plan(desired, engine.observe(desired, kernel, store))
    seen: list[ObservedState] = []

    def guard(observed: ObservedState) -> None:
        seen.append(observed)
        if len(seen) > 1:
            raise StalePlan("moved")

    with pytest.raises(StalePlan):
        engine.apply(desired, kernel, store, saved=plan, guard=guard)
    assert "d1" not in kernel.world.namespaces["host"].devices
