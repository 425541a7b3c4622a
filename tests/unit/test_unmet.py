"""A kernel that says yes and does not do it, and a kernel that lacks a kind: what a person and a program are told."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from nsmgr import cli, config, engine
from nsmgr.errors import UnsupportedByKernel
from nsmgr.kernel import linux
from nsmgr.kernel.fake import FakeKernel
from nsmgr.plan.plan import Action, AttrChange, Batch, Operation, Plan, Verb, Verdict
from nsmgr.render.unmet import unmet, unmet_lines
from nsmgr.rounds import MAX_ROUNDS
from nsmgr.store import Store

LAB = """\
version: 1
name: lab
namespaces:
  red:
    links:
      vx0:
        kind: vxlan
        id: 7
        remote: 2001:db8::1
        label_policy: inherit
"""


class Kernel(FakeKernel):
    """The kernel in memory in LinuxKernel's clothes."""

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


def lab(text: str = LAB) -> str:
    Path("lab.yaml").write_text(text)
    return "lab.yaml"


TOLD = """\
still different after the re-read
  red: link vx0: label_policy desired inherit, current none
      asked for at: lab.yaml:10:9
      hint: this kernel ignored it: it answered success and does not have the attribute (Linux 6.7 and later)
"""


def test_an_attribute_that_the_kernel_ignores_is_no_success(kernel: Kernel, capsys: pytest.CaptureFixture[str]) -> None:
    kernel.ignores = {"label_policy"}
    assert cli.invoke(["apply", lab()]) == 1
    told = capsys.readouterr()
    assert "verified" not in told.out
    assert TOLD in told.err
    assert "everything is as it was before" in told.err
    assert cli.invoke(["apply", "--on-error", "continue", "lab.yaml"]) == 1
    assert TOLD in capsys.readouterr().err
    assert "vx0" in kernel.world.namespaces["red"].devices
    assert cli.invoke(["check", "lab.yaml"]) == 3


def test_the_same_for_a_program(kernel: Kernel, capsys: pytest.CaptureFixture[str]) -> None:
    kernel.ignores = {"label_policy"}
    assert cli.invoke(["apply", "--format", "json", lab()]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["result"], document["in_sync"]) == ("rolled_back", False)
    assert document["rollback"] == {"complete": True, "operations": 1, "remaining": [], "lost": []}
    (one,) = document["unmet"]
    assert one.pop("hint").startswith("this kernel ignored it")
    assert one == {
        "namespace": "red",
        "type": "link",
        "object": "vx0",
        "attribute": "label_policy",
        "desired": "inherit",
        "current": "none",
        "source": "lab.yaml:10:9",
    }
    assert document["remaining"][0]["attributes"][0]["name"] == "label_policy"


def test_a_link_is_not_made_again_and_again_for_what_is_ignored(tmp_path: Path) -> None:
    """`gbp` is fixed at birth: the re-read says "replace", which would only be answered in the same way."""
    kernel, store = FakeKernel(), Store(tmp_path)
    kernel.ignores = {"gbp"}
    desired = config.loads(LAB.replace("label_policy: inherit", "gbp: true"))
    result = engine.apply(desired, kernel, store)
    assert (result.result, len(result.rounds)) == ("rolled_back", 1)
    assert result.remaining is not None
    assert [operation.action for operation in result.remaining.operations] == [Action.REPLACE]


def test_a_value_that_the_kernel_keeps_is_named_with_both() -> None:
    change = AttrChange("ageing", 300_000, 17_000)
    plan = Plan("lab", (Operation(1, Action.UPDATE, "red", "link", "vx0", (change,), origin=("x",)),), ())
    (one,) = unmet(plan)
    assert (one.desired, one.current, one.place) == ("17000", "300000", "")
    assert "keeps its own" in one.hint


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (Operation(1, Action.CREATE, "red", "route", "default"), "red: route default: desired present, current absent"),
        (Operation(1, Action.DELETE, "red", "link", "x"), "red: link x: desired absent, current present"),
        (Operation(1, Action.MOVE, "red", "link", "x"), "red: link x: desired as described, current not so"),
        (
            Operation(1, Action.UPDATE, "red", "sysctl", "net.k", (AttrChange("value", "0", "7"),)),
            "red: sysctl net.k: value desired 7, current 0",
        ),
        (
            Operation(1, Action.UPDATE, "red", "link", "x", (AttrChange("port_options.cost", 2, 9),)),
            "red: link x: port_options.cost desired 9, current 2",
        ),
    ],
)
def test_what_is_not_an_attribute_of_a_link_has_its_words_too(operation: Operation, words: str) -> None:
    lines = list(unmet_lines(Plan("lab", (operation,), ())))
    assert lines[1] == f"  {words}"
    assert lines[-1].startswith("      hint: ")


def test_a_kind_that_the_kernel_lacks_is_named_with_its_line(kernel: Kernel, capsys: pytest.CaptureFixture[str]) -> None:
    kernel.world.kinds -= {"vxlan"}
    assert cli.invoke(["apply", lab()]) == 1
    told = capsys.readouterr().err
    assert told == (
        "error: this kernel has no link kind vxlan: Operation not supported (Unknown device type) "
        "(wanted by red/vx0 at lab.yaml:6:7)\n"
        "hint: `nsmgr doctor` lists the kinds of this kernel; nothing has been touched\n"
    )
    assert kernel.counters.writes == 0
    with pytest.raises(UnsupportedByKernel, match=r"red/vx0 at lab\.yaml:6:7"):
        engine.check(config.load(["lab.yaml"]), kernel, Store("state"))


def test_many_that_want_it_are_cut_short(tmp_path: Path) -> None:
    links = "".join(f"      v{number}: {{kind: vxlan, id: {number}}}\n" for number in range(1, 9))
    text = f"version: 1\nname: lab\nnamespaces:\n  red:\n    links:\n{links}"
    kernel = FakeKernel(kinds=("veth",))
    with pytest.raises(UnsupportedByKernel) as caught:
        engine.check(config.loads(text), kernel, Store(tmp_path))
    assert str(caught.value).endswith("red/v5 at <string>:10:7 …)")
    assert len(caught.value.users) == 8


def test_who_keeps_taking_it_back_is_fought_a_bounded_number_of_times(
    kernel: Kernel, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A neighbour that is at work between each observation and the change that follows."""
    carry_out = kernel.transact

    def transact(batch: Batch) -> list[Verdict]:
        for step in batch.steps:
            if step.verb is Verb.LINK_ADD:
                kernel.fail(kernel.steps_done, errno.EEXIST)
        return carry_out(batch)

    monkeypatch.setattr(kernel, "transact", transact)
    assert cli.invoke(["apply", lab()]) == 1
    told = capsys.readouterr().err
    assert "red: create vxlan link vx0: EEXIST (File exists)" in told or "link vx0" in told
    assert f"given up after {MAX_ROUNDS} rounds" in told
    assert "everything is as it was before" in told
