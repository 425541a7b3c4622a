"""The runner itself: statuses, output, what the guest may write. Needs a prepared kernel, `make test-vm` prepares one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.vm.kernels import KERNELS, prepared

ROOT = Path(__file__).resolve().parents[2]


def vm(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "tests.vm", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def kernel() -> str:
    """The name of a user-mode Linux that is at hand."""
    if os.environ.get("RUN_IN_VM"):
        pytest.skip("inside a guest already")
    found = next((name for name in KERNELS if name.startswith("uml") and prepared(name)), "")
    if not found:
        pytest.skip("no kernel is prepared here: make test-vm, or python -m tests.vm --prepare -k uml")
    return found


@pytest.mark.parametrize("status", [0, 7, 125])
def test_the_status_is_the_commands(kernel: str, status: int) -> None:
    done = vm("-k", kernel, "--", "sh", "-c", f"echo said; echo wrong >&2; exit {status}")
    assert (done.returncode, sorted(done.stdout.split())) == (status, ["said", "wrong"])


def test_it_is_another_kernel_and_root_in_it(kernel: str) -> None:
    done = vm("-k", kernel, "-e", "WORD=a b", "--", "sh", "-c", 'uname -r; id -u; echo "$RUN_IN_VM $WORD"; pwd')
    release, user, words, directory = done.stdout.splitlines()
    assert release != os.uname().release
    assert (user, words, directory) == ("0", f"{kernel} a b", str(ROOT))


def test_only_what_is_named_can_be_written(kernel: str, tmp_path: Path) -> None:
    kept, lost = tmp_path / "kept", tmp_path / "lost"
    kept.mkdir()
    lost.mkdir()
    done = vm("-k", kernel, "-w", str(kept), "--", "sh", "-c", f"touch {kept}/a {lost}/b && ls {kept} {lost}")
    assert done.returncode == 0, done.stderr
    assert "b" in done.stdout.split()
    assert os.listdir(kept) == ["a"]
    assert os.listdir(lost) == []


def test_a_time_limit_is_kept(kernel: str) -> None:
    done = vm("-k", kernel, "-t", "5", "--", "sleep", "600")
    assert (done.returncode, "timed out after 5 s" in done.stderr) == (124, True)


def test_what_the_command_leaves_running_does_not_keep_it(kernel: str) -> None:
    done = vm("-k", kernel, "-t", "60", "--", "sh", "-c", "sleep 600 & echo started")
    assert (done.returncode, done.stdout) == (0, "started\n")


def test_a_kernel_that_does_not_boot_says_its_last_words(kernel: str) -> None:
    done = vm("-k", kernel, "-a", "rootfstype=nosuch", "--", "true")
    assert done.returncode == 125
    assert "did not boot" in done.stderr
    assert "Kernel panic - not syncing: VFS" in done.stderr


def test_an_unknown_kernel_is_refused_with_those_there_are() -> None:
    done = vm("-k", "nonesuch", "--", "true")
    assert (done.returncode, "uml-full" in done.stderr) == (125, True)
