"""``lab.run`` without a sandbox, over the kernel in memory: what is up while the command runs, and that nothing stays."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from nsmgr import lab
from nsmgr.config import load
from nsmgr.engine import apply
from nsmgr.errors import ApplyError, ConfigError, ConflictError
from nsmgr.kernel.fake import FakeKernel
from nsmgr.store import Store

CONFIG = Path(__file__).parents[2] / "configs/quickstart.yaml"


@pytest.fixture
def kernel() -> FakeKernel:
    return FakeKernel()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state")


def run(kernel: FakeKernel, store: Store, *command: str, files: tuple[str, ...] = (str(CONFIG),)) -> int:
    return lab.run(files, command, sandbox=False, kernel=lambda: kernel, store=lambda: store)


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-S", "-c", code)


def test_up_while_the_command_runs_and_gone_after(kernel: FakeKernel, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    command = lab.box.command

    def spy(argv: tuple[str, ...]) -> int:
        seen.append(sorted(kernel.list_netns()))
        return command(argv)

    monkeypatch.setattr(lab.box, "command", spy)
    assert run(kernel, store, *python("raise SystemExit(7)")) == 7
    assert seen == [["blue", "red"]]
    assert kernel.list_netns() == []
    assert store.deployments() == []


def test_signals_become_128_and_n(kernel: FakeKernel, store: Store) -> None:
    assert run(kernel, store, *python("import os; os.kill(os.getpid(), 9)")) == 137
    assert kernel.list_netns() == []


def test_missing_program(kernel: FakeKernel, store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(kernel, store, "nsmgrt-no-such-program") == 127
    assert "nsmgrt-no-such-program: No such file" in capfd.readouterr().err
    assert kernel.list_netns() == []


def test_a_refusal_in_the_middle_leaves_nothing(kernel: FakeKernel, store: Store) -> None:
    class Refused(Exception):
        pass

    def refuse(step: object) -> None:
        if kernel.steps_done == 3:
            kernel.before_step = lambda step: None
            raise Refused

    kernel.before_step = refuse
    with pytest.raises((Refused, ApplyError)):
        run(kernel, store, "true")
    assert kernel.list_netns() == []


def test_what_the_kernel_ignores_ends_it_and_is_named(kernel: FakeKernel, store: Store, tmp_path: Path) -> None:
    kernel.ignores = {"group"}
    file = tmp_path / "lab.yaml"
    file.write_text("version: 1\nnamespaces: {red: {links: {x: {kind: ifb, group: 7}}}}\n")
    with pytest.raises(ApplyError) as failed:
        run(kernel, store, "true", files=(str(file),))
    assert f"red: link x: group desired 7, current none\n      asked for at: {file}:2:43\n" in str(failed.value)
    assert kernel.list_netns() == []


def test_what_is_up_already_is_not_torn_down(kernel: FakeKernel, store: Store) -> None:
    apply(load([CONFIG]), kernel, store)
    with pytest.raises(ConflictError, match="up already") as refused:
        run(kernel, store, "true")
    assert "nsmgr destroy quickstart" in refused.value.hint
    assert sorted(kernel.list_netns()) == ["blue", "red"]


def test_sigterm_while_bringing_up_tears_down(kernel: FakeKernel, store: Store) -> None:
    before = signal.getsignal(signal.SIGTERM)

    def interrupt(step: object) -> None:
        if kernel.steps_done == 1:
            os.kill(os.getpid(), signal.SIGTERM)

    kernel.before_step = interrupt
    assert run(kernel, store, *python("print('never runs')")) == 128 + signal.SIGTERM
    assert kernel.list_netns() == []
    assert signal.getsignal(signal.SIGTERM) is before


def test_bad_configuration_makes_no_sandbox(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("version: 1\nnamespaces: {red: {lnks: {}}}\n")
    with pytest.raises(ConfigError, match="lnks"):
        lab.run([str(file)], ["true"], sandbox=True, kernel=FakeKernel)


def test_a_sandbox_adopts_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match="pid:4242 is outside"):
        lab.run([str(CONFIG.with_name("adopt-by-pid.yaml"))], ["true"], sandbox=True, kernel=FakeKernel)
