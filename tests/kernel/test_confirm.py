"""Confirmed commit on real namespaces: who may die when, and what is there afterwards."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nsmgr.store import Store

NSMGR = (sys.executable, "-c", "from nsmgr.cli import main; main()")
LONG = 60.0  # seconds after which a test gives up; none of them waits that long

BEFORE = """
version: 1
name: lab
namespaces:
  {a}:
    links:
      e0: {{kind: veth, peer: {b}/e0, mtu: 1400, addresses: [10.0.0.1/24]}}
  {b}:
    links:
      e0: {{addresses: [10.0.0.2/24]}}
"""
AFTER = (
    BEFORE.replace("1400", "1300").replace("10.0.0.1/24", "10.0.0.9/24")
    + "  {c}:\n    links: {{lo: {{addresses: [10.1.0.1/32]}}}}\n"
)


class Shell:
    """nsmgr as a program, stdin from /dev/null, with a state directory of its own."""

    def __init__(self, directory: Path, names: list[str]) -> None:
        self.directory = directory
        self.a, self.b, self.c = names
        self.environment = os.environ | {"NSMGR_STATE_DIR": str(directory / "state")}
        self.store = Store(directory / "state")
        for file, text in (("before.yaml", BEFORE), ("after.yaml", AFTER)):
            (directory / file).write_text(text.format(a=self.a, b=self.b, c=self.c))

    def __call__(self, *args: str, status: int = 0) -> str:
        done = subprocess.run(
            [*NSMGR, *args],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONG,
        )
        assert done.returncode == status, (args, done.returncode, done.stdout, done.stderr)
        self.errors = done.stderr
        return done.stdout

    def seen(self) -> str:
        """All there is, as a configuration; "" without the namespaces."""
        there = [name for name in (self.a, self.b, self.c) if os.path.exists(f"/run/netns/{name}")]
        return self("export", *there) if there else ""

    def guardian(self) -> Guardian:
        pending = json.loads(self.store.read_private("lab", "pending") or b"null")
        return Guardian(pending["pid"])

    def files(self) -> set[str]:
        return {name for name in os.listdir(self.directory / "state") if not name.endswith((".memo", ".lock"))}


class Guardian:
    """By a descriptor, so that it is this one and no later process of the same number."""

    def __init__(self, pid: int) -> None:
        self.pid, self.pidfd = pid, os.pidfd_open(pid)

    def ended(self, seconds: float = LONG) -> bool:
        return bool(select.select([self.pidfd], [], [], seconds)[0])

    def kill(self, number: int) -> None:
        signal.pidfd_send_signal(self.pidfd, number)

    def stat(self) -> list[str]:
        """proc_pid_stat(5) from the third field on."""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()


@pytest.fixture
def sh(name: Callable[[str], str], tmp_path: Path) -> Iterator[Shell]:
    shell = Shell(tmp_path, [name("a"), name("b"), name("c")])
    yield shell
    shell("destroy", "lab")  # which dismisses a guardian, whatever the test has come to


@pytest.fixture
def before(sh: Shell) -> str:
    """What is there before the apply in question."""
    sh("apply", "before.yaml")
    return sh.seen()


def test_confirmed_in_time(sh: Shell, before: str) -> None:
    told = sh("apply", "after.yaml", "--confirm", "600s")
    assert "Done: " in told
    assert "not confirmed yet: pending until " in sh.errors
    guardian = sh.guardian()
    assert "not confirmed yet: pending until " in sh("list")
    listed = json.loads(sh("list", "--format", "json"))["deployments"][0]["pending"]
    assert (listed["state"], listed["guardian"]) == ("pending", guardian.pid)
    sh("check", "after.yaml")
    assert "pending until" in sh.errors
    for again in (("apply", "after.yaml"), ("apply", "before.yaml", "--confirm", "5s")):
        sh(*again, status=5)
        assert "lab has an apply that nobody has confirmed yet: pending until" in sh.errors
        assert "hint: `nsmgr confirm lab` to keep it" in sh.errors
    assert not guardian.ended(0)
    assert sh("confirm", "lab") == "Confirmed: lab stays as it is.\n"
    assert guardian.ended()
    assert sh.files() == {"lab.json", "lab.0001.generation", "lab.0002.generation"}
    sh("confirm", "lab", status=1)
    assert "nothing of lab waits for a confirmation" in sh.errors
    assert sh("check", "after.yaml") == "In sync: lab is in the described state.\n"
    assert sh.errors == ""
    sh("rollback", "lab")
    assert sh.seen() == before


def test_nobody_confirms(sh: Shell, before: str) -> None:
    sh("apply", "after.yaml", "--confirm", "700ms")
    assert sh.guardian().ended()
    assert sh.seen() == before
    for look in (("list",), ("check", "before.yaml")):
        assert "lab was rolled back at " in sh(*look) + sh.errors
        assert ": nobody confirmed within 700ms" in sh(*look) + sh.errors
    sh("confirm", "lab", status=1)
    assert "too late: lab was rolled back at " in sh.errors
    assert sh("apply", "before.yaml") == "Nothing to do: lab is in the described state.\n"
    assert sh.errors == ""
    assert sh.files() == {"lab.json", "lab.0001.generation"}


def test_nobody_confirms_the_first_apply(sh: Shell) -> None:
    sh("apply", "before.yaml", "--confirm", "700ms")
    assert sh.guardian().ended()
    assert sh.seen() == ""
    assert "No deployments.\nlab was rolled back at " in sh("list")
    sh("apply", "before.yaml")
    assert "warning: lab was rolled back at " in sh.errors
    assert "rolled back" not in sh("list")


def test_nobody_confirms_that_all_goes(sh: Shell, before: str) -> None:
    (sh.directory / "nothing.yaml").write_text("version: 1\nname: lab\nnamespaces: {}\n")
    sh("apply", "nothing.yaml", "--confirm", "700ms")
    guardian = sh.guardian()
    assert guardian.ended()
    assert sh.seen() == before
    sh("rollback", "lab", status=1)  # not one further
    assert "is undone already" in sh.errors
    assert sh.seen() == before
    sh("apply", "nothing.yaml", "--confirm", "600s")
    sh("confirm", "lab")
    assert sh.files() == set()


def test_the_guardian_belongs_to_nobody(sh: Shell) -> None:
    sh("apply", "before.yaml", "--confirm", "600s")
    guardian = sh.guardian()
    _, parent, group, session, terminal = guardian.stat()[:5]
    assert int(session) not in (os.getsid(0), guardian.pid)  # a session without a leader gets no terminal
    assert session == group
    assert terminal == "0"
    assert int(parent) != os.getpid()
    process = Path(f"/proc/{guardian.pid}")
    assert os.readlink(process / "cwd") == "/"
    held = {fd.name: os.readlink(fd) for fd in (process / "fd").iterdir()}
    assert {held.pop(stream) for stream in "012"} == {os.devnull}
    assert [*held.values()] == [str(sh.directory / "state/lab.guardian")]
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        guardian.kill(number)
    sh("confirm", "lab")  # refused, had it died
    assert guardian.ended()


def test_a_closed_terminal_stops_nothing(sh: Shell, before: str) -> None:
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(sh.directory)
        script = '"$0" "$1" "$2" apply after.yaml --confirm 2s; exec cat'
        os.execvpe("sh", ["sh", "-c", script, *NSMGR], sh.environment)
    said = b""
    while b"left), then rolled back" not in said:
        assert select.select([master], [], [], LONG)[0], said
        said += os.read(master, 4096)
    guardian = sh.guardian()
    os.close(master)  # SIGHUP to the session
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert not guardian.ended(0)
    assert guardian.ended()
    assert sh.seen() == before


def test_death_of_the_command_in_the_middle(sh: Shell, before: str) -> None:
    """Everything is done and a probe still runs: kill -9 of all of the command's process group undoes it at once."""
    fifo = sh.directory / "fifo"
    os.mkfifo(fifo)
    probe = f"{sh.c}: sh -c 'echo here > {fifo}; exec sleep 600'"
    command = [*NSMGR, "apply", "after.yaml", "--confirm", "600s", "--probe", probe, "--probe-timeout", "600s"]
    process = subprocess.Popen(
        command, cwd=sh.directory, env=sh.environment, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    assert select.select([reader], [], [], LONG)[0]
    os.close(reader)
    guardian = sh.guardian()
    sh("confirm", "lab", status=5)
    assert "is not done yet" in sh.errors
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert guardian.ended()
    assert sh.seen() == before
    assert "the command that applied it died before it was done" in sh("list")


@pytest.mark.parametrize("verb", ["apply", "destroy", "confirm", "rollback"])
def test_a_dead_guardian_is_noticed(sh: Shell, before: str, verb: str) -> None:
    sh("apply", "after.yaml", "--confirm", "600s")
    guardian = sh.guardian()
    guardian.kill(signal.SIGKILL)
    assert guardian.ended()
    gone = f"lab has an apply that nobody confirmed, and its guardian (pid {guardian.pid}) is gone: "
    sh("check", "after.yaml")
    assert gone + "the next apply, confirm, rollback or destroy rolls it back first" in sh.errors
    told = sh(*{"apply": ("apply", "before.yaml")}.get(verb, (verb, "lab")), status=int(verb == "confirm"))
    assert gone + "rolled back now" in sh.errors
    if verb == "apply":
        assert "Nothing to do" in told
    assert sh.seen() == ("" if verb == "destroy" else before)
    assert sh.files() == (set() if verb == "destroy" else {"lab.json", "lab.0001.generation"})


@pytest.mark.parametrize("verb", ["destroy", "rollback"])
def test_what_waits_is_undone_by_hand(sh: Shell, before: str, verb: str) -> None:
    sh("apply", "after.yaml", "--confirm", "600s")
    guardian = sh.guardian()
    sh(verb, "lab")
    assert guardian.ended()
    assert "rolled back now" in sh.errors
    assert sh.seen() == ("" if verb == "destroy" else before)


def test_a_probe_that_fails_afterwards_undoes_it(sh: Shell, before: str) -> None:
    probe = f'{sh.a}: sh -c "ip -o addr show dev e0 | grep -F 10.0.0.1/ || {{ echo no such address; false; }}"'
    options = ("--probe", probe, "--probe-timeout", "2s")
    sh("apply", "after.yaml", *options, status=1)
    assert f"probe fails, for 2s: {probe} (exit status 1: no such address)" in sh.errors
    assert "everything is as it was before" in sh.errors
    assert sh.seen() == before
    assert sh.files() == {"lab.json", "lab.0001.generation"}
    document = json.loads(sh("apply", "after.yaml", *options, "--confirm", "600s", "--format", "json", status=1))
    assert (document["result"], document["rollback"]["complete"]) == ("rolled_back", True)
    assert document["cause"].startswith("probe fails")
    assert sh.seen() == before


def test_probes_that_count_and_those_that_do_not(sh: Shell, before: str) -> None:
    flag = sh.directory / "flag"
    later = f"{sh.c}: sh -c 'test -e {flag} || {{ touch {flag}; false; }}'"  # passes when it is tried again
    sh("apply", "after.yaml", "--probe", f"{sh.a}: false", "--probe", later, "--probe", "host: true")
    assert f"probe does not count, it fails already: {sh.a}: false (exit status 1)" in sh.errors
    assert flag.exists()
    assert "rolled back" not in sh("list")
    sh("rollback", "lab")
    # Nobody can say that it failed before: its namespace was not there.
    sh("apply", "after.yaml", "--probe", f"{sh.c}: no-such-command", "--probe-timeout", "3s", status=1)
    assert "(exit status 127: no-such-command: No such file or directory)" in sh.errors
    sh("apply", "after.yaml", "--probe", f"{sh.c}: sleep 600", "--probe-timeout", "2s", status=1)
    assert "(no end in time)" in sh.errors
    assert sh.seen() == before


def test_an_apply_that_fails_leaves_nothing_pending(sh: Shell, before: str) -> None:
    good = (sh.directory / "after.yaml").read_text()
    (sh.directory / "bad.yaml").write_text(good + "    routes: [{to: 10.50.0.0/16, via: 192.0.2.1}]\n")
    sh("apply", "bad.yaml", "--confirm", "600s", status=1)
    assert "rolled back" in sh.errors
    assert sh.seen() == before
    assert sh.files() == {"lab.json", "lab.0001.generation"}
    assert sh("apply", "before.yaml", "--confirm", "600s") == "Nothing to do: lab is in the described state.\n"
    assert sh.files() == {"lab.json", "lab.0001.generation"}


@pytest.mark.parametrize(
    "options",
    [
        ("--confirm", "soon"),
        ("--confirm", "0s"),
        ("--confirm", "5s", "--on-error", "stop"),
        ("--probe", "true"),
        ("--probe", "red: 'x"),
        ("--probe", "red: true", "--probe-timeout", "0"),
    ],
    ids=" ".join,
)
def test_usage(sh: Shell, options: tuple[str, ...]) -> None:
    sh("apply", "before.yaml", *options, status=2)
    assert sh.seen() == ""


def test_in_a_sandbox(sh: Shell) -> None:
    """Its guardian lives and dies with it."""
    nsmgr = f"{sys.executable} -c 'from nsmgr.cli import main; main()'"
    script = f"""
    set -e
    {nsmgr} apply before.yaml --confirm 600s
    {nsmgr} confirm lab
    {nsmgr} apply after.yaml --confirm 600s
    {nsmgr} list
    """
    assert "pending until" in sh("run", "--sandbox", "--", "sh", "-c", script)
    assert sh.seen() == ""
