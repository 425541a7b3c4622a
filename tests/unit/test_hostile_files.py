"""Files as an attacker or an accident would leave them: refused by name, never followed, never a traceback, never a hang."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nsmgr import cli, config, engine, history, journal
from nsmgr.errors import ConfigError, StateError
from nsmgr.kernel import linux
from nsmgr.kernel.fake import FakeKernel
from nsmgr.plan.plan import Verb
from nsmgr.render.plan_json import dumps, fingerprint
from nsmgr.store import DeploymentRecord, Store

LAB = """\
version: 1
name: lab
host: {sysctls: {net.ipv4.ip_forward: 1}}
namespaces:
  red:
    links: {d0: {kind: dummy, addresses: [10.0.0.1/24], sysctls: {ipv4.rp_filter: 1}}}
    sysctls: {net.ipv4.ip_forward: 1}
"""


class Kernel(FakeKernel):
    def __enter__(self) -> Kernel:
        return self

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kernel:
    made = Kernel()
    monkeypatch.setattr(linux, "LinuxKernel", lambda: made)
    monkeypatch.setenv("NSMGR_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture
def store(kernel: Kernel, tmp_path: Path) -> Store:
    """With a record, a generation and a journal of ``lab``."""
    made = Store(tmp_path / "state")
    assert engine.apply(config.loads(LAB), kernel, made).ok
    generation = history.latest(made, "lab")
    assert generation is not None
    journal.Journal(made, "lab", generation.undo).close()
    return made


READERS: dict[str, Callable[[Store], Any]] = {
    "lab.json": lambda store: store.read("lab"),
    "lab.journal": lambda store: journal.read(store, "lab"),
    "lab.0001.generation": lambda store: history.generations(store, "lab"),
}


def outcome(file: str, store: Store) -> tuple[Any, str]:
    """What was read, or why not."""
    try:
        return READERS[file](store), ""
    except StateError as error:
        return None, str(error)


def _symlink(path: Path) -> None:
    path.rename(path.with_suffix(".elsewhere"))
    path.symlink_to(path.with_suffix(".elsewhere"))


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir(0o700)


def _readable(path: Path) -> None:
    path.chmod(0o644)


def _writable(path: Path) -> None:
    path.chmod(0o602)


def _other_user(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(path, 65534, 65534)


def _device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


SWAPS = (_symlink, _fifo, _directory, _readable, _writable, _other_user, _device)


@pytest.mark.parametrize("swap", SWAPS, ids=lambda swap: swap.__name__[1:])
@pytest.mark.parametrize("file", READERS)
def test_what_is_no_plain_file_of_ours_is_refused(file: str, swap: Callable[[Path], None], store: Store) -> None:
    swap(store.path / file)
    with pytest.raises(StateError, match=file.replace(".", r"\.")) as caught:
        READERS[file](store)
    assert caught.value.exit_status == 1


@pytest.mark.parametrize("file", ["lab.lock", "lab.0001.generation", "lab.json", "lab.journal"])
def test_the_command_line_refuses_it_too(file: str, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    (store.path / file).unlink(missing_ok=True)
    (store.path / file).symlink_to("/etc/hostname")
    assert cli.invoke(["rollback", "lab"]) == 1 or file.endswith("generation")  # the journal comes first
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert file in told or file.endswith("generation")
    assert not Path("/etc/hostname").read_text().startswith("pid ")


def test_a_lock_that_is_a_pipe_is_refused(store: Store) -> None:
    os.mkfifo(store.path / "red.lock")
    with pytest.raises(StateError, match=r"red\.lock"):
        store.acquire("red", 0)


@pytest.mark.parametrize("file", READERS)
def test_cut_off_at_every_length(file: str, store: Store) -> None:
    path = store.path / file
    whole = path.read_bytes()
    right = READERS[file](store)
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        found, refusal = outcome(file, store)
        if refusal:
            assert file in refusal
        else:  # a journal whose last line was being written
            assert file.endswith("journal")
            assert found is None or found == right


WRONG: tuple[Any, ...] = (
    None,
    True,
    -1,
    1.5,
    2**70,
    "",
    "../x",
    "a/b",
    "\0",
    [],
    [1],
    [[]],
    {},
    {"x": 1},
    {"..": 1},
    [["a", "b", "c"]],
)


def places(part: Any) -> list[tuple[Any, Any]]:
    keys = list(part) if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else []
    return [(part, key) for key in keys] + [place for key in keys for place in places(part[key])]


@pytest.mark.parametrize("file", READERS)
def test_each_member_of_another_type(file: str, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Refused, or a value of the right type: then reading goes on with it and nothing else happens."""
    path = store.path / file
    first, _, rest = path.read_text().partition("\n")
    for number in range(len(places(json.loads(first)))):
        for wrong in WRONG:
            document = json.loads(first)
            container, key = places(document)[number]
            container[key] = wrong
            path.write_text(json.dumps(document) + "\n" + rest)
            _, refusal = outcome(file, store)
            assert not refusal or file in refusal
            assert cli.invoke(["rollback", "lab", "--list"]) in (0, 1)
    for extra in ({"surprise": 1}, {"undo": {}}, {"namespaces": {"../etc": 1}}, {"nsmgr_journal": 9}, {"nsmgr_generation": 9}):
        path.write_text(json.dumps({**json.loads(first), **extra}) + "\n" + rest)
        document = json.loads(first)
        if extra.keys() <= document.keys() or "surprise" in extra:
            with pytest.raises(StateError, match=file.replace(".", r"\.")):
                READERS[file](store)
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("file", READERS)
@pytest.mark.parametrize(
    "text", [b"\xff\xfe", b"[" * 100_000, b"null\n", b"[]\n", b"\0\n", b"1e999\n", b'{"a":' * 50_000 + b"\n", b"9" * 5000 + b"\n"]
)
def test_what_is_no_document_at_all(file: str, text: bytes, store: Store) -> None:
    (store.path / file).write_bytes(text if text.endswith(b"\n") else text + b"\n")
    with pytest.raises(StateError, match=file.replace(".", r"\.")):
        READERS[file](store)


def test_a_directory_that_is_a_link_or_open_to_others_is_not_written_to(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir(0o700)
    link = tmp_path / "link"
    link.symlink_to(real)
    with pytest.raises(StateError, match="link is not a directory"):
        Store(link).write(DeploymentRecord("lab"))
    with pytest.raises(StateError), Store(link).lock("lab", 0):
        pass
    for mode in (0o777, 0o720, 0o1777):
        real.chmod(mode)
        with pytest.raises(StateError, match="only its owner"):
            Store(real).write(DeploymentRecord("lab"))
    assert not [*real.iterdir()]


def test_what_is_written_is_private_whatever_the_umask(kernel: Kernel, tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        assert engine.apply(config.loads(LAB), kernel, Store(tmp_path / "state")).ok
    finally:
        os.umask(old)
    modes = {entry.name: entry.stat().st_mode & 0o777 for entry in (tmp_path / "state").iterdir()}
    assert set(modes.values()) == {0o600}, modes
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


# ------------------------------------------------------------------------------------------------------------ saved plans


@pytest.fixture
def plan(kernel: Kernel, tmp_path: Path) -> dict[str, Any]:
    desired = config.loads(LAB)
    observed = engine.observe(desired, kernel, Store())
    body: dict[str, Any] = json.loads(dumps(engine.plan(desired, observed), desired, fingerprint(observed)))
    return body


def _apply(body: dict[str, Any], capsys: pytest.CaptureFixture[str], kernel: Kernel) -> str:
    Path("plan.json").write_text(json.dumps(body))
    assert cli.invoke(["apply", "plan.json"]) == 1
    told = capsys.readouterr().err
    assert "plan.json" in told
    assert "Traceback" not in told
    assert kernel.counters.writes == 0
    return told


def _step(body: dict[str, Any], verb: str) -> dict[str, Any]:
    found: dict[str, Any] = next(step for step in body["plan"]["steps"] if step["verb"] == getattr(Verb, verb).value)
    return found


STEPS: dict[str, Callable[[dict[str, Any]], None]] = {
    "sysctl path": lambda body: _step(body, "SYSCTL").update(name="net/../../kernel/core_pattern"),
    "sysctl value": lambda body: _step(body, "SYSCTL")["args"].update(value="|/tmp/x"),
    "namespace path": lambda body: _step(body, "NETNS_ADD").update(name="../../etc/passwd"),
    "another namespace": lambda body: _step(body, "NETNS_ADD").update(name="blue"),
    "deleting instead": lambda body: _step(body, "NETNS_ADD").update(verb=2),
    "another value": lambda body: _step(body, "LINK_ADD")["attrs"].update(mtu=9000),
}
DESCRIBED: dict[str, Callable[[dict[str, Any]], None]] = {
    "namespace path": lambda body: body["desired"]["namespaces"].update({"../x": body["desired"]["namespaces"].pop("red")}),
    "namespace name": lambda body: body["desired"]["namespaces"]["red"].update(name="a/b"),
    "source": lambda body: body["desired"]["namespaces"]["red"].update(source="pid:1/../2"),
    "manage": lambda body: body["desired"]["namespaces"]["red"].update(manage="everything"),
    "sysctl": lambda body: body["desired"]["namespaces"]["red"]["sysctls"].update({"net/../kernel/x": "1"}),
    "sysctl of the kernel": lambda body: body["desired"]["namespaces"]["red"]["sysctls"].update({"kernel.core_pattern": "|x"}),
    "sysctl of a link": lambda body: body["desired"]["namespaces"]["red"]["links"]["d0"].update(sysctls={"net/ipv4/../x": "1"}),
    "link name": lambda body: body["desired"]["namespaces"]["red"]["links"]["d0"].update(name="../../x"),
    "kind": lambda body: body["desired"]["namespaces"]["red"]["links"]["d0"].update(kind="os.path"),
    "attribute": lambda body: body["desired"]["namespaces"]["red"]["links"]["d0"]["attrs"].update(surprise=1),
    "peer": lambda body: body["desired"]["namespaces"]["red"]["links"]["d0"]["attrs"].update(peer="../x"),
    "type": lambda body: body["desired"]["namespaces"]["red"].update(types=["os"]),
    "deployment": lambda body: body["desired"].update(name="../x"),
}


@pytest.mark.parametrize("change", STEPS)
def test_a_step_that_its_description_does_not_lead_to(
    change: str, plan: dict[str, Any], kernel: Kernel, capsys: pytest.CaptureFixture[str]
) -> None:
    STEPS[change](plan)
    _apply(plan, capsys, kernel)


@pytest.mark.parametrize("change", DESCRIBED)
def test_a_description_that_no_configuration_could_make(
    change: str, plan: dict[str, Any], kernel: Kernel, capsys: pytest.CaptureFixture[str]
) -> None:
    DESCRIBED[change](plan)
    _apply(plan, capsys, kernel)


def test_a_plan_that_everybody_may_write(plan: dict[str, Any], kernel: Kernel, capsys: pytest.CaptureFixture[str]) -> None:
    Path("plan.json").touch()
    Path("plan.json").chmod(0o666)
    assert "everybody may write" in _apply(plan, capsys, kernel)
    Path("plan.json").chmod(0o644)
    assert cli.invoke(["apply", "plan.json"]) == 0


TOLD = ("places", "origin", "files", "digest")  # what is only shown


def test_each_member_of_a_plan(plan: dict[str, Any], kernel: Kernel, capsys: pytest.CaptureFixture[str]) -> None:
    """Refused before anything is done, whatever is wrong."""
    text = json.dumps(plan)
    for number in range(0, len(places(plan)), 3):
        for wrong in WRONG[number % 4 :: 4]:
            body = json.loads(text)
            container, key = places(body)[number]
            same = container[key] == wrong or (not container[key] and not wrong)
            if same or key in TOLD or (isinstance(container, list) and container[:1] == ["namespaces"]):
                continue
            container[key] = wrong
            Path("plan.json").write_text(json.dumps(body))
            assert cli.invoke(["apply", "plan.json"]) in (1, 2, 4, 5), (number, container, key, wrong)
            assert kernel.counters.writes == 0, (container, key, wrong)
            assert "Traceback" not in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------------------------ YAML


def _laughs(levels: int, width: int) -> str:
    lines = ["a0: &a0 [lol]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * width)}]" for level in range(1, levels)]
    return "\n".join(lines) + "\n"


BOMBS = {
    "a thousand million texts": _laughs(10, 10),
    "an endless one": "a: &a [*a]\n",
    "brackets": "[" * 100_000,
    "braces": "{a: " * 50_000,
    "indented": "".join(f"{' ' * depth}a:\n" for depth in range(2000)),
    "dashes": "- " * 50_000,
    "closed": "a: " + "[" * 5000 + "]" * 5000,
    "json": '{"a":' * 10_000 + "1" + "}" * 10_000,
    "closed braces": "a: " + "{a: " * 30_000 + "1" + "}" * 30_000,
    "both": "[{a: " * 30_000,
    "a long number": "version: " + "9" * 100_000,
    "questions": "? " * 20_000,
    "merge": "a: &a {x: 1}\nb: {<<: *a}\n",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_text_that_grows_beyond_all_bounds(bomb: str) -> None:
    import resource
    import time

    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(ConfigError):
        config.loads(BOMBS[bomb], "bomb.yaml")
    assert time.process_time() - started < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # KiB
