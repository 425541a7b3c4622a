"""The command line over the kernel in memory: exit statuses, what goes where, every verb that needs no real namespace."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nsmgr import cli
from nsmgr.cli import list as list_verb
from nsmgr.cli import output
from nsmgr.cli.signals import Stop
from nsmgr.engine import Progress
from nsmgr.errors import ConfigError, LockHeld, NsmgrError, PrivilegeError, Problem
from nsmgr.kernel import linux
from nsmgr.kernel.fake import FakeKernel
from nsmgr.plan.plan import Batch
from nsmgr.store import Store

LAB = """
version: 1
name: lab
namespaces:
  red:
    links:
      eth0: {kind: veth, peer: blue/eth0, mtu: 1400, addresses: [10.0.0.1/24]}
  blue:
    links:
      eth0: {addresses: [10.0.0.2/24]}
"""


class Kernel(FakeKernel):
    """The kernel in memory in LinuxKernel's clothes: stays when a verb closes it."""

    def __enter__(self) -> Kernel:
        return self

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kernel:
    made = Kernel()
    monkeypatch.setattr(linux, "LinuxKernel", lambda: made)
    monkeypatch.setenv("NSMGR_STATE_DIR", str(tmp_path / "state"))
    return made


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "lab.yaml"
    path.write_text(LAB)
    return path


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def invoke(*args: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = cli.invoke(args)
        return (status, *capsys.readouterr())

    return invoke


def test_the_whole_life_of_a_deployment(kernel: Kernel, lab: Path, run: Run) -> None:
    status, out, err = run("apply", "lab.yaml")
    assert (status, err) == (0, "")
    assert "  + link eth0\n      kind: veth\n" in out
    assert "Done: 6 operations, verified.\n" in out
    writes = kernel.counters.writes
    assert run("apply", "lab.yaml") == (0, "Nothing to do: lab is in the described state.\n", "")
    assert run("check", "lab.yaml") == (0, "In sync: lab is in the described state.\n", "")
    assert run("check", "-q", "lab.yaml") == (0, "", "")
    assert kernel.counters.writes == writes
    status, out, _ = run("list")
    assert status == 0
    assert "lab   red, blue   " in out
    assert "in sync" in out
    kernel.ip_link_set("red", "eth0", mtu=1300)
    status, out, _ = run("check", "-v", "lab.yaml")
    assert status == 3
    assert out.startswith("red\n  ~ link eth0  # lab.yaml:7:7\n      mtu: 1300 → 1400\n")
    status, out, _ = run("list", "--format", "json")
    assert [entry["state"] for entry in json.loads(out)["deployments"]] == ["drifted"]
    status, out, _ = run("destroy", "lab")
    assert (status, out) == (0, "Destroyed lab: 2 namespaces\n")
    assert kernel.list_netns() == []
    assert run("destroy", "lab.yaml") == (0, "Nothing to destroy: no deployment lab here.\n", "")
    assert run("list") == (0, "No deployments.\n", "")


def test_plan_changes_nothing_and_its_status_tells(kernel: Kernel, lab: Path, run: Run) -> None:
    status, out, _ = run("plan", "lab.yaml")
    assert status == 0
    assert out.endswith("6 to create, 0 to change, 0 to replace, 0 to delete\n")
    assert run("plan", "--exit-code", "lab.yaml")[0] == 3
    assert (kernel.counters.writes, kernel.list_netns()) == (0, [])
    run("apply", "lab.yaml")
    assert run("plan", "--exit-code", "lab.yaml")[0] == 0


def test_documents(kernel: Kernel, lab: Path, run: Run) -> None:
    _, out, _ = run("plan", "--format", "json", "lab.yaml")
    planned = json.loads(out)
    assert planned["summary"] == {"create": 6, "update": 0, "replace": 0, "move": 0, "delete": 0}
    assert planned["changes"][1]["source"] == "lab.yaml:7:7"
    _, out, _ = run("apply", "--format", "json", "lab.yaml")
    assert (json.loads(out)["result"], {change["verdict"] for change in json.loads(out)["changes"]}) == ("done", {"ok"})
    _, out, _ = run("check", "--format", "json", "lab.yaml")
    assert json.loads(out)["in_sync"] is True
    _, out, _ = run("show", "--format", "json", "red")
    assert json.loads(out)["namespaces"]["red"]["links"]["eth0"]["attributes"]["mtu"] == 1400
    _, out, _ = run("destroy", "--format", "json", "lab")
    assert json.loads(out)["namespaces"] == ["blue", "red"]


def test_messages_and_ip_batch(kernel: Kernel, lab: Path, run: Run) -> None:
    _, out, _ = run("plan", "--messages", "lab.yaml")
    assert "red: create link eth0\n  RTM_NEWLINK REQUEST|EXCL|CREATE\n" in out
    assert "VETH_INFO_PEER" in out
    assert "# descriptor 100 = namespace blue" in out
    _, out, _ = run("plan", "--messages", "--format", "json", "lab.yaml")
    messages = json.loads(out)["messages"]
    assert messages[0]["call"].startswith("unshare(CLONE_NEWNET)")
    assert all(len(message["message"]["hex"]) % 8 == 0 for message in messages if "message" in message)
    _, out, _ = run("plan", "--format", "ip-batch", "lab.yaml")
    assert "type veth peer name eth0" in out
    assert run("plan", "--messages", "--format", "ip-batch", "lab.yaml")[0] == 2
    run("apply", "lab.yaml")
    assert run("plan", "--messages", "lab.yaml")[1] == "Nothing to send: lab is in the described state.\n"


def test_a_saved_plan_is_applied_exactly_or_not_at_all(kernel: Kernel, lab: Path, run: Run) -> None:
    assert run("plan", "--out", "lab.plan.json", "lab.yaml")[2] == "saved: nsmgr apply lab.plan.json\n"
    lab.write_text("not the configuration any more")
    assert run("apply", "lab.plan.json")[0] == 0
    assert sorted(kernel.list_netns()) == ["blue", "red"]
    status, _, err = run("apply", "lab.plan.json")
    assert status == 5
    assert "the state has moved" in err
    assert "hint: " in err
    Path("lab.plan.json").write_text(Path("lab.plan.json").read_text().replace('"verb"', '"herb"', 1))
    status, _, err = run("apply", "lab.plan.json")
    assert status == 1
    assert "not a usable saved plan" in err
    assert run("plan", "--out", "/nonexistent/x.json", "lab.yaml")[0] == 4  # the configuration comes first


def test_show_and_export(kernel: Kernel, lab: Path, run: Run) -> None:
    run("apply", "lab.yaml")
    _, table, _ = run("show")
    assert "red: links\nLINK  KIND  STATE  MTU" in table
    _, out, _ = run("export", "--name", "lab")
    assert out == run("show", "--format", "yaml", "--name", "lab")[1]
    lab.write_text(out)
    assert run("validate", "lab.yaml") == (0, "lab: valid, 2 namespaces, 2 links\n", "")
    assert run("plan", "--exit-code", "lab.yaml")[0] == 0
    status, _, err = run("show", "green")
    assert (status, err) == (1, "error: there is no namespace green\nhint: there are: blue, red\n")


def test_a_failure_says_what_where_why(kernel: Kernel, lab: Path, run: Run) -> None:
    kernel.fail(at=4, errno=22, extack="no such thing")
    status, out, err = run("apply", "lab.yaml")
    assert status == 1
    assert "Done" not in out
    assert "apply of lab failed and was rolled back: " in err
    assert "everything is as it was before" in err
    assert not kernel.list_netns()
    assert 'EINVAL (Invalid argument) "no such thing"\n' in err
    assert "      asked for at: lab.yaml:" in err
    assert run("apply", "lab.yaml")[0] == 0  # the next one converges


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("frob",),
        ("apply",),
        ("plan", "--nope", "x"),
        ("plan", "--format", "xml", "lab.yaml"),
        ("apply", "--lock-timeout", "-1", "lab.yaml"),
        ("--log-level", "loud", "list"),
        ("run", "lab.yaml"),
        ("run", "lab.yaml", "--"),
        ("run", "--", "true"),
        ("exec",),
        ("exec", "red"),
        ("exec", "red", "--"),
    ],
    ids=" ".join,
)
def test_usage_errors_are_2(args: tuple[str, ...], kernel: Kernel, lab: Path, run: Run) -> None:
    status, _, err = run(*args)
    assert status == 2
    assert "Usage: nsmgr" in err or not args
    assert kernel.list_netns() == []


def test_invalid_configurations_are_4(lab: Path, run: Run) -> None:
    lab.write_text(LAB.replace("addresses: [10.0.0.1", "adresses: [10.0.0.1"))
    status, out, err = run("validate", "lab.yaml")
    assert (status, out) == (4, "")
    assert err.startswith("lab.yaml:7:")
    assert "did you mean `addresses`?" in err
    status, out, _ = run("validate", "--format", "json", "lab.yaml")
    assert (status, json.loads(out)["valid"]) == (4, False)
    assert run("validate", "gone.yaml")[0] == run("apply", "gone.json")[0] == 4


def test_errors_end_as_documented(kernel: Kernel, lab: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(error: BaseException) -> tuple[int, str, str]:
        def raises(*_: object, **__: object) -> Any:
            raise error

        monkeypatch.setattr("nsmgr.engine.observe", raises)
        return run("plan", "lab.yaml")

    assert refuse(PrivilegeError("no", hint="be root")) == (1, "", "error: no\nhint: be root\n")
    assert refuse(LockHeld("busy"))[0] == 5
    assert refuse(ConfigError([Problem("bad")])) == (4, "", "error: bad\n")
    assert refuse(KeyboardInterrupt())[0] == 130
    with pytest.raises(ZeroDivisionError):
        refuse(ZeroDivisionError())  # a bug of ours is not dressed up


def test_version(run: Run) -> None:
    from nsmgr import __version__

    assert run("--version") == (0, f"nsmgr {__version__}\n", "")


def test_quiet_and_verbose_before_or_after_the_verb(kernel: Kernel, lab: Path, run: Run) -> None:
    assert run("-q", "apply", "lab.yaml") == (0, "", "")
    assert run("apply", "-q", "lab.yaml") == (0, "", "")
    kernel.ip_link_set("red", "eth0", mtu=1300)
    assert "lab.yaml:7:7" in run("-v", "check", "lab.yaml")[1]
    assert "lab.yaml:7:7" not in run("check", "lab.yaml")[1]


def test_explain_and_schema(run: Run) -> None:
    _, out, _ = run("explain", "vxlan.id")
    assert "netlink:   IFLA_VXLAN_ID" in out
    assert "to change: replaces the object" in out
    status, _, err = run("explain", "mtuu")
    assert (status, "mtu" in err) == (1, True)
    _, out, _ = run("explain", "--format", "json", "mtu")
    assert json.loads(out)["keys"][0]["attribute"] == "IFLA_MTU"
    assert json.loads(run("schema")[1])["$schema"].startswith("https://json-schema.org/")


def test_run_hands_over_files_and_command(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    calls: list[tuple[Any, ...]] = []

    def fake(files: Any, command: Any, *, sandbox: bool, **_: Any) -> int:
        calls.append(([*files], [*command], sandbox))
        return 7

    monkeypatch.setattr("nsmgr.lab.run", fake)
    assert run("run", "a.yaml", "b.yaml", "--", "ls", "-l", "--", "x")[0] == 7
    assert run("run", "--sandbox", "--", "sh", "-c", "exit 7")[0] == 7
    assert run("-q", "run", "--sandbox", "a.yaml", "--", "run")[0] == 7
    assert calls == [
        (["a.yaml", "b.yaml"], ["ls", "-l", "--", "x"], False),
        ([], ["sh", "-c", "exit 7"], True),
        (["a.yaml"], ["run"], True),
    ]


def test_exec_takes_the_command_with_or_without_dashes(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    from nsmgr.cli import exec as exec_verb

    calls: list[tuple[str, list[str]]] = []

    def become(argv: list[str]) -> None:
        calls.append((entered.pop(), argv))
        raise SystemExit(0)

    entered: list[str] = []
    monkeypatch.setattr(exec_verb, "enter", entered.append)
    monkeypatch.setattr(exec_verb, "become", become)
    for args in (("red", "--", "ping", "-c", "1"), ("red", "ping", "-c", "1")):
        with pytest.raises(SystemExit):
            run("exec", *args)
    assert calls == [("red", ["ping", "-c", "1"])] * 2


@pytest.mark.parametrize(("seconds", "text"), [(0, "0s"), (59.9, "59s"), (60, "1m"), (7200, "2h"), (3 * 86400, "3d"), (-5, "0s")])
def test_age(seconds: float, text: str) -> None:
    assert list_verb.age(seconds) == text


def test_list_works_from_any_directory(kernel: Kernel, lab: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("apply", "lab.yaml")
    monkeypatch.chdir("/")
    assert json.loads(run("list", "--format", "json")[1])["deployments"][0]["state"] == "in sync"


def test_list_tells_why_it_does_not_know(kernel: Kernel, lab: Path, run: Run) -> None:
    run("apply", "lab.yaml")
    lab.unlink()
    _, out, _ = run("list")
    assert "unknown (" in out
    assert "No such file" in out


# ------------------------------------------------------------------------------------------------- terminals and signals


def test_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    master, slave = os.openpty()
    with os.fdopen(master, "rb"), os.fdopen(slave, "w") as terminal, open(os.devnull, "w") as file:
        assert (output.color(terminal), output.color(file)) == (True, False)
        monkeypatch.setenv("NO_COLOR", "1")
        assert not output.color(terminal)
        monkeypatch.setenv("NO_COLOR", "")
        assert output.color(terminal)
        monkeypatch.setenv("TERM", "dumb")
        assert not output.color(terminal)


def test_tables_are_drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from nsmgr.render.table import Table

    monkeypatch.setattr(output, "color", lambda stream=None: True)
    output.tables([Table("t [1]", ("A", "B"), [("[red]x", "y")])])
    out = capsys.readouterr().out
    assert "t [1]" in out
    assert "[red]x" in out  # a name is not markup


def test_progress_costs_nothing_off_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    progress = Progress(1, 2, Batch("red", ()))
    with output.ProgressBar("x") as bar:
        bar(progress)
        assert bar._bar is None
    clock = iter((0.0, 0.5, 2.0, 2.0))
    monkeypatch.setattr(output.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with output.ProgressBar("x") as bar:
        bar(progress)
        assert bar._bar is None  # half a second is no news
        monkeypatch.setattr(output.time, "monotonic", lambda: 2.0)
        bar(progress)
        assert bar._bar is not None


def test_a_signal_stops_between_batches(kernel: Kernel, lab: Path, run: Run) -> None:
    def interrupt(step: Any) -> None:
        kernel.before_step = lambda step: None
        os.kill(os.getpid(), signal.SIGTERM)

    kernel.before_step = interrupt
    before = signal.getsignal(signal.SIGTERM)
    status, _, err = run("apply", "lab.yaml")
    assert signal.getsignal(signal.SIGTERM) == before
    assert status == 128 + signal.SIGTERM
    assert "apply of lab interrupted, and was rolled back: " in err
    assert not kernel.list_netns()
    assert "not finished\n  red: create namespace red\n" in err
    assert run("apply", "lab.yaml")[0] == 0


def test_a_second_signal_is_the_last_word() -> None:
    with Stop() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert stop.status == 130


def test_a_reader_that_goes_away(kernel: Kernel, lab: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(text: str) -> None:
        raise BrokenPipeError

    with open(os.devnull, "w") as nowhere:
        monkeypatch.setattr(sys, "stdout", nowhere)
        monkeypatch.setattr(output, "result", gone)
        assert cli.invoke(("schema",)) == 141


def test_an_error_without_hint(capsys: pytest.CaptureFixture[str]) -> None:
    output.error(NsmgrError("oops"))
    assert capsys.readouterr().err == "error: oops\n"


def test_completion_lists_names_without_a_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nsmgr.cli.options import deployments_here

    monkeypatch.setenv("NSMGR_STATE_DIR", str(tmp_path))
    assert deployments_here("") == []
    Store(tmp_path).path.joinpath("lab.json").touch()
    assert deployments_here("l") == ["lab"]
    assert deployments_here("x") == []
