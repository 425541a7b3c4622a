"""Others write while an apply goes on: it converges, or says why not and leaves what was there; and it comes to an end."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from nsmgr import engine
from nsmgr.errors import NsmgrError
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.plan.plan import Batch, Verdict
from nsmgr.rollback import rollback
from tests.effort import EXHAUSTIVE
from tests.reliability.network import Bench, bench, told, unlike

BOUND = 60.0  # seconds, for anything
Record = Callable[[str, object], None]


@pytest.fixture
def network(privileged: None) -> Iterator[Bench]:
    with bench() as made:
        yield made


class Meddled(LinuxKernel):
    """Somebody else acts before batch ``at`` is sent."""

    def __init__(self, at: int, deed: Callable[[], object]) -> None:
        super().__init__()
        self.at, self.deed, self.batches = at, deed, 0

    def transact(self, batch: Batch) -> list[Verdict]:
        if self.batches == self.at:
            self.deed()
        self.batches += 1
        return super().transact(batch)


DEEDS = {
    "a link of ours is deleted": ("-n @gw link del lan",),
    "a bridge of ours is deleted": ("-n @sw link del br0",),
    "a name is taken": ("-n @h2 link add i1 type veth peer name other",),
    "indexes are taken": tuple(
        f"-n @{name} link add z{i} index {i} type ifb" for name in ("new", "gw", "h2") for i in range(2, 60, 3)
    ),
    "an address and a route are taken": ("-n @gw addr add 10.2.0.5/30 dev lo", "-n @gw route add 10.13.0.0/16 dev lo metric 50"),
    "a namespace is deleted": ("netns del @h1",),
    "a new namespace is deleted": ("netns del @new",),
    "a name in a shared namespace is taken": ("-n @lent link add c type ifb",),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_somebody_else_writes(network: Bench, deed: str, record_property: Record) -> None:
    assert network.apply(network.b).ok
    after = told(network.now())
    with LinuxKernel() as kernel:
        engine.destroy(network.name, kernel, network.store)
    assert network.apply(network.a).ok
    points = 0
    for at in range(1, 24, 3 if EXHAUSTIVE else 7):
        before = network.now()
        started = time.monotonic()
        meddler = Meddled(at, lambda: [network.ip(command, check=False) for command in DEEDS[deed]])
        with meddler as kernel:
            try:
                result = engine.apply(network.b, kernel, network.store)
                ok, words = result.ok, f"{result.result} {result.lost} {result.failures()} {result.remaining}"
            except NsmgrError as error:
                ok, words = False, str(error)
        assert time.monotonic() - started < BOUND
        assert words
        network.ip("-n @lent link del dev other", check=False)
        if ok and meddler.batches > at and unlike(after, told(network.now())):
            # done after the last look at what was meddled with: the next apply mends it
            assert network.apply(network.b).ok
        if not ok:
            # What they did in a namespace that is shared is theirs, and may be in the way until they take it back.
            if "shared" in deed:
                assert "theirs" in network.ip("-n @lent -br link")
                network.ip("-n @lent link del c", check=False)
                now = network.now()
                assert unlike(before, now) == [], (at, words)
            if "deleted" in deed:
                network.ip("link add nsmcard type ifb", check=False)  # a real card comes home, this one dies with its namespace
            assert network.apply(network.b).ok, (at, words)
        else:
            network.ip("-n @lent link show theirs")
        assert unlike(after, told(network.now())) == [], (at, words, unlike(after, told(network.now())))
        with LinuxKernel() as kernel:
            engine.destroy(network.name, kernel, network.store)
        for command in ("-n @lent link del c", "-n @lent link del other"):
            network.ip(command, check=False)
        network.ip("link add nsmcard type ifb", check=False)
        assert network.left() == []
        assert network.apply(network.a).ok
        points += 1
    record_property("points", points)


def test_a_flood_of_changes(network: Bench, record_property: Record) -> None:
    """10,000 addresses come and go in two of the namespaces: refused with a clear word, or done; afterwards one apply is enough."""
    assert network.apply(network.b).ok
    after = told(network.now())
    with LinuxKernel() as kernel:
        assert rollback(network.name, kernel, network.store).ok
    assert network.apply(network.a).ok
    lines = "".join(
        f"addr {verb} 10.200.{number // 250}.{number % 250 + 1}/32 dev lo\n" for number in range(2500) for verb in ("add", "del")
    )
    floods = []
    for name in ("gw", "h2"):
        argv = ["ip", "-force", "-n", f"{network.prefix}{name}", "-batch", "-"]
        flood = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
        assert flood.stdin is not None
        floods.append(flood)
    for flood in floods:
        os.set_blocking(flood.stdin.fileno(), True)  # type: ignore[union-attr]
    import threading

    def feed(flood: subprocess.Popen[str]) -> None:
        flood.communicate(lines)

    feeders = [threading.Thread(target=feed, args=(flood,)) for flood in floods]
    started = time.monotonic()
    for feeder in feeders:
        feeder.start()
    attempts = 0
    with LinuxKernel() as kernel:
        while any(feeder.is_alive() for feeder in feeders) or not attempts:
            with suppress(NsmgrError):  # too much at once to be read: that is said, and what matters is what is there in the end
                engine.apply(network.b if attempts % 2 == 0 else network.a, kernel, network.store)
            attempts += 1
            assert time.monotonic() - started < BOUND
    for feeder in feeders:
        feeder.join()
    assert network.apply(network.b).ok
    assert unlike(after, told(network.now())) == []
    record_property("points", attempts)


def test_two_at_once(network: Bench, record_property: Record) -> None:
    """They wait for each other: what is there at the end is what the last one wanted, whole."""
    rounds = 10 if EXHAUSTIVE else 2
    for _ in range(rounds):
        children = []
        for desired in (network.a, network.b):
            child = os.fork()
            if not child:
                status = 1
                try:
                    with LinuxKernel() as kernel:
                        status = 0 if engine.apply(desired, kernel, network.store, lock_timeout=BOUND).ok else 1
                finally:
                    os._exit(status)
            children.append(child)
        assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
        with LinuxKernel() as kernel:
            assert not all(engine.check(desired, kernel, network.store) for desired in (network.a, network.b))
    record_property("points", rounds)
