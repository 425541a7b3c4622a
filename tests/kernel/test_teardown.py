"""destroy on a real kernel: what is ours goes, what is not stays, whoever holds on or dies in the middle."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nsmgr import engine
from nsmgr.config import load
from nsmgr.kernel import netns, wire
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.kernel.rtnl import RtnlSocket
from nsmgr.kernel.wire import RTM_DELLINK, messages_of
from nsmgr.plan.state import DesiredState
from nsmgr.store import DeploymentRecord, Store

Name = Callable[[str], str]
LAB = "nsmgrt-lab"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state")


@pytest.fixture
def describe(name: Name, tmp_path: Path) -> Callable[[int, str], DesiredState]:
    """``describe(3, "links: …")``: namespaces 0, 1, 2 with that body; ``@0`` stands for the real name of 0."""

    def make(count: int, body: str = "") -> DesiredState:
        lines = [f"  {name(str(n))}: {{{body}}}" for n in range(count)]
        text = "\n".join(["version: 1", f"name: {LAB}", "namespaces:", *lines, ""])
        for n in range(count):
            text = text.replace(f"@{n}", name(str(n)))
        path = tmp_path / "lab.yaml"
        path.write_text(text)
        return load([path])

    return make


@pytest.fixture
def up(describe: Callable[[int, str], DesiredState], store: Store) -> list[str]:
    """A deployment of six namespaces, made by a process that is gone: nothing of ours is open."""
    with LinuxKernel() as kernel:
        desired = describe(6, "")
        assert engine.apply(desired, kernel, store).ok
    return list(desired.namespaces)


def test_whole_namespaces_need_no_plan(up: list[str], store: Store, kernel: LinuxKernel) -> None:
    result = engine.destroy(LAB, kernel, store)
    assert (result.namespaces, result.still_alive, result.apply) == (up, [], None)
    assert store.read(LAB) is None
    assert not set(up) & set(netns.entries())
    assert kernel.counters.writes == len(up)
    assert not kernel.counters.reads
    assert engine.destroy(LAB, kernel, store).namespaces == []


def test_what_somebody_else_made_under_the_name_stays(up: list[str], store: Store, kernel: LinuxKernel) -> None:
    netns.remove(up[0])
    netns.remove(up[1])
    (other,) = netns.create([(up[1], False)], RtnlSocket)
    assert isinstance(other, netns.Netns)
    other.close()
    assert engine.destroy(LAB, kernel, store).namespaces == up[2:]
    assert netns.is_namespace(netns.path_of(up[1]))
    assert store.read(LAB) is None


def test_a_file_without_its_namespace_goes_as_well(name: Name, store: Store, kernel: LinuxKernel) -> None:
    """A process that was killed between mknod and mount, or between unmounting and unlinking: the record says that it was ours."""
    record = DeploymentRecord(LAB)
    record.namespaces = {name("ours"): 0, name("old"): 12345, name("absent"): 0}
    store.write(record)
    for suffix in ("ours", "old"):
        os.mknod(netns.path_of(name(suffix)), 0)
    assert engine.destroy(LAB, kernel, store).namespaces == sorted([name("ours"), name("old")])
    assert not {name("ours"), name("old")} & {*netns.entries()}


def test_a_refusal_is_told_and_the_rest_is_done(
    up: list[str], store: Store, kernel: LinuxKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = netns.remove

    def remove(name: str) -> None:
        if name == up[2]:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), netns.path_of(name))
        real(name)

    monkeypatch.setattr(netns, "remove", remove)
    result = engine.destroy(LAB, kernel, store)
    assert result.apply is not None
    assert [failure.verdict.errno for failure in result.apply.failures()] == [errno.EROFS]
    assert result.namespaces == [*up[:2], *up[3:], up[2]]
    record = store.read(LAB)
    assert record is not None
    assert list(record.namespaces) == [up[2]]
    monkeypatch.undo()
    assert engine.destroy(LAB, kernel, store).namespaces == [up[2]]


@pytest.mark.parametrize("after", [0, 3, 6])
def test_killed_in_the_middle(up: list[str], store: Store, kernel: LinuxKernel, after: int) -> None:
    """The record names at least what is left, and the next destroy finishes."""
    child = os.fork()
    if not child:
        real, left = netns.remove, [after]

        def remove(name: str) -> None:
            if not left[0]:
                os._exit(9)
            left[0] -= 1
            real(name)

        netns.remove = remove
        try:
            with LinuxKernel() as own:
                own.wait_gone = lambda *_: os._exit(9)  # type: ignore[method-assign]  # a stand-in for SIGKILL while waiting
                engine.destroy(LAB, own, store)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    left_over = set(up) & set(netns.entries())
    assert len(left_over) == len(up) - after
    record = store.read(LAB)
    assert left_over <= set(record.namespaces if record is not None else ())
    assert set(engine.destroy(LAB, kernel, store).namespaces) == left_over
    assert not set(up) & set(netns.entries())


def test_whom_others_hold_is_told(up: list[str], store: Store, kernel: LinuxKernel) -> None:
    """At once, not after the time-out; and the record is gone all the same: the name is."""
    fd = os.open(netns.path_of(up[3]), os.O_RDONLY)
    told: list[list[str]] = []
    result = engine.destroy(LAB, kernel, store, timeout=0.5, held=told.append)
    assert told == [result.still_alive] == [[up[3]]]
    assert store.read(LAB) is None
    os.close(fd)
    assert kernel.wait_gone(result.still_alive, [0], 60) == []


def test_the_command_does_not_load_the_planner(up: list[str], store: Store) -> None:
    script = (
        "import sys; from nsmgr.cli import invoke; status = invoke(sys.argv[1:]);"
        "print(*sorted(m for m in sys.modules if m.startswith('nsmgr.'))); sys.exit(status)"
    )
    environment = {**os.environ, "NSMGR_STATE_DIR": str(store.directory)}
    done = subprocess.run(
        [sys.executable, "-c", script, "destroy", LAB], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f"Destroyed {LAB}: 6 namespaces" in done.stdout
    loaded = set(done.stdout.split())
    assert "nsmgr.teardown" in loaded
    assert not {"nsmgr.engine", "nsmgr.plan.planner", "nsmgr.kernel.codec", "nsmgr.kernel.reading", "nsmgr.config"} & loaded


def test_many_pairs_of_a_namespace_that_stays_go_as_one_group(
    describe: Callable[[int, str], DesiredState], store: Store, kernel: LinuxKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One RTM_DELLINK: each waits for an RCU grace period of its own (17 ms), and 100 pairs go 40 to 80 times as fast."""
    pairs = ", ".join(f"a{n}: {{kind: veth, peer: b{n}}}, b{n}: {{}}" for n in range(30))
    assert engine.apply(describe(1, f"links: {{{pairs}}}"), kernel, store).ok
    sent: list[int] = []

    def trace(direction: str, messages: bytes) -> None:
        if direction == "→":
            sent.extend(kind for kind, *_ in messages_of(messages))

    monkeypatch.setattr(wire, "trace", trace)
    assert engine.apply(describe(1, ""), kernel, store).ok
    assert sent.count(RTM_DELLINK) == 1
