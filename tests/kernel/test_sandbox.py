"""The throw-away sandbox on a real kernel, as root and as an ordinary user where the machine allows it.

Every sandbox here is started through ``python -m nsmgr.sandbox``, in a process of its own: the test process stays as it is.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOBODY = 65534


@dataclass(frozen=True)
class Person:
    """Who starts sandboxes, and with which interpreter and copy of the package: nobody may read neither root's home nor ours."""

    python: str = sys.executable
    path: Path = ROOT
    uid: int | None = None

    def start(self, *argv: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.python, "-m", "nsmgr.sandbox", *argv],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(self.path), "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=self.path,
            user=self.uid,
            group=self.uid,
            extra_groups=None if self.uid is None else [],
        )

    def outcome(self, *argv: str) -> tuple[int, str, str]:
        process = self.start(*argv)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def code(self, text: str) -> list[str]:
        return [self.python, "-c", text]


US = Person()


@pytest.fixture(autouse=True, scope="module")
def _allowed() -> None:
    status, _, err = US.outcome("true")
    if status:
        pytest.skip(f"no sandbox on this machine: {err.strip()}")


@pytest.fixture(scope="module")
def nobody() -> Iterator[Person | str]:
    """An ordinary user, or the reason why there is none."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        shutil.copytree(ROOT / "nsmgr", path / "nsmgr")
        for python in (sys.executable, "/usr/bin/python3"):
            person = Person(python, path, NOBODY)
            try:
                status, _, err = person.outcome("true")
            except OSError as error:
                reason = str(error)
                continue
            if status == 0:
                yield person
                return
            reason = err.strip()
        yield reason


@pytest.fixture(params=["as we are", "as nobody"])
def person(request: pytest.FixtureRequest) -> Person:
    if request.param == "as we are":
        return US
    if os.geteuid() != 0 or os.environ.get("NSMGR_SANDBOX"):
        pytest.skip("only the machine's root can become another user")
    someone: Person | str = request.getfixturevalue("nobody")
    if isinstance(someone, str):
        pytest.skip(f"not as nobody: {someone}")
    return someone


def test_exit_status_is_the_commands(person: Person) -> None:
    assert person.outcome("sh", "-c", "exit 7")[0] == 7
    assert person.outcome("sh", "-c", "kill -TERM $$")[0] == 128 + signal.SIGTERM


def test_missing_and_unusable_programs() -> None:
    status, _, err = US.outcome("nsmgrt-no-such-program")
    assert (status, err) == (127, "nsmgrt-no-such-program: No such file or directory\n")
    assert US.outcome("/dev/null")[0] == 126
    status, _, err = US.outcome()
    assert status == 2
    assert "usage" in err


def test_is_a_world_of_its_own(person: Person) -> None:
    code = """
import os
print(os.getuid(), os.environ["NSMGR_SANDBOX"], os.listdir("/run"), os.listdir("/run/netns"), os.getpid() < 10)
print(os.readlink("/proc/self/ns/net"), os.readlink("/proc/self/ns/mnt"), os.readlink("/proc/self/ns/pid"))
links = [entry.name for entry in os.scandir("/sys/class/net") if entry.is_dir()]  # beside a file: bonding_masters
print(int(open("/sys/class/net/lo/flags").read(), 16) & 1, [name for name in links if name != "lo"])
"""
    status, out, err = person.outcome(*person.code(code))
    assert status == 0, err
    first, second, third = out.splitlines()
    assert first == "0 1 ['netns'] [] True"
    for name, inside in zip(("net", "mnt", "pid"), second.split(), strict=True):
        assert inside != os.readlink(f"/proc/self/ns/{name}")
    assert third == "1 []", "lo is up, and nothing else is there"


def test_mounts_inside_stay_inside(person: Person) -> None:
    before = Path("/proc/self/mountinfo").read_text()
    code = """
import os, threading
from nsmgr.kernel import libc
open("/run/netns/nsmgrt-inner", "x").close()
def make():
    libc.unshare()
    libc.mount("/proc/thread-self/ns/net", "/run/netns/nsmgrt-inner", libc.MS_BIND)
thread = threading.Thread(target=make); thread.start(); thread.join()
from nsmgr.icmp import ping
print(bool(ping("127.0.0.1")), ping("127.0.0.1", netns="nsmgrt-inner").problem)
"""
    status, out, err = person.outcome(*person.code(code))
    assert (status, out) == (0, "True ENETUNREACH (Network is unreachable)\n"), err
    assert Path("/proc/self/mountinfo").read_text() == before
    assert not Path("/run/netns/nsmgrt-inner").exists()


def test_echo_over_ipv6_and_from_a_source() -> None:
    status, out, _ = US.outcome(US.python, "-m", "nsmgr.icmp", "-c", "2", "-I", "::1", "::1")
    assert status == 0
    assert out.startswith("::1 answers from ::1: 2 of 2, ")
    status, out, _ = US.outcome(US.python, "-m", "nsmgr.icmp", "192.0.2.1")
    assert (status, out) == (1, "192.0.2.1 does not answer: ENETUNREACH (Network is unreachable)\n")


def gone(pidfd: int) -> bool:
    """Whether the process behind ``pidfd`` ends within ten seconds (a pidfd becomes readable then)."""
    return bool(select.select([pidfd], [], [], 10)[0])


# Prints its own network namespace, so that the test knows it is up; then waits for ever, deaf to SIGTERM if so told.
LINGER = 'import os, signal, sys\nos.write(1, b"up\\n")\n{deaf}\nsignal.pause()'  # one write: two of these share the pipe
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"


def descendants(pid: int) -> list[int]:
    found: list[int] = []
    todo = [pid]
    while todo:
        parent = todo.pop()
        children = [int(child) for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
        found += children
        todo += children
    return found


@pytest.mark.parametrize("victim", [-1, 0], ids=["the caller", "the keeper"])
def test_kill_9_leaves_nothing(victim: int, person: Person) -> None:
    process = person.start("sh", "-c", 'setsid "$@" & exec "$@"', "sh", *person.code(LINGER.format(deaf=DEAF)))
    assert process.stdout is not None
    assert [process.stdout.readline(), process.stdout.readline()] == ["up\n", "up\n"]  # the command and its orphan-to-be
    inside = descendants(process.pid)
    assert len(inside) >= 4  # keeper, init, the command, its child
    pidfds = [os.pidfd_open(pid) for pid in inside]
    try:
        os.kill(process.pid if victim < 0 else inside[victim], signal.SIGKILL)
        assert all(gone(pidfd) for pidfd in pidfds)
        process.communicate(timeout=10)
    finally:
        for pidfd in pidfds:
            os.close(pidfd)
    assert process.returncode == (-signal.SIGKILL if victim < 0 else 128 + signal.SIGKILL)


def test_background_children_end_with_the_command(person: Person) -> None:
    process = person.start(
        "sh", "-c", 'setsid "$@" & read line', "sh", *person.code(LINGER.format(deaf=DEAF)), stdin=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "up\n"
    pidfds = [os.pidfd_open(pid) for pid in descendants(process.pid)]
    try:
        process.communicate("go\n", timeout=10)
        assert process.returncode == 0
        assert all(gone(pidfd) for pidfd in pidfds)
    finally:
        for pidfd in pidfds:
            os.close(pidfd)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_signals_reach_the_command(number: signal.Signals) -> None:
    code = f"""
import signal, sys
signal.signal({int(number)}, lambda *_: sys.exit(42))
print("up", flush=True)
signal.pause()
"""
    process = US.start(*US.code(code))
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.send_signal(number)
    process.communicate(timeout=10)
    assert process.returncode == 42


def test_a_sandbox_in_a_sandbox(person: Person) -> None:
    status, _, err = person.outcome(person.python, "-m", "nsmgr.sandbox", "sh", "-c", "exit 5")
    assert status == 5, err
