"""Multicast groups of bridges: what the document says, over the kernel in memory, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from nsmgr import engine
from nsmgr.config import loads
from nsmgr.errors import ConfigError
from nsmgr.kernel.fake import FakeKernel
from nsmgr.model.thing import Part, thing_type
from nsmgr.plan.plan import Action, Step, Verb
from nsmgr.plan.state import Thing
from nsmgr.store import Store

FILE = """
version: 1
name: lab
namespaces:
  red:
    links:
      br0: {kind: bridge, mcast_igmp_version: 3, mdb: [BRIDGE]}
      p1: {kind: veth, peer: blue/eth0, controller: br0, mdb: [PORT]}
  blue: {}
"""


def text(port: str, bridge: str = "") -> str:
    return FILE.replace("PORT", port).replace("BRIDGE", bridge)


def things(document: str) -> dict[str, Thing]:
    return {key: thing for (kind, key), thing in loads(document).namespaces["red"].things.items() if kind == "mdb"}


def test_the_words_of_bridge() -> None:
    said = text("239.1.1.1 vlan 10, 239.1.1.2 source 10.0.0.1, '01:02:03:04:05:06', 'FF05:0::1:3'")
    assert list(things(said)) == [
        "239.1.1.1 vlan 10 dev p1",
        "239.1.1.2 source 10.0.0.1 dev p1",
        "01:02:03:04:05:06 dev p1",
        "ff05::1:3 dev p1",
    ]
    assert things(text("{group: 239.1.1.1, sources: [10.0.0.2, 10.0.0.1]}"))["239.1.1.1 dev p1"].attrs["sources"] == (
        "10.0.0.1",
        "10.0.0.2",
    )


@pytest.mark.parametrize(
    ("port", "bridge", "words"),
    [
        ("10.0.0.1", "", "not a multicast address"),
        ("224.0.0.5", "", "go to every port anyway"),
        ("'02:00:00:00:00:01'", "", "not a group"),
        ("everybody", "", "not a group"),
        ("239.1.1.1 port 5", "", "`port` is no word"),
        ("239.1.1.1 vlan", "", "`vlan` is no word"),
        ("", "239.1.1.1", "the kernel forgets IP groups of the bridge itself"),
        ("{group: '01:02:03:04:05:06', source: 10.0.0.1}", "", "`source` is for IP groups"),
        ("{group: 239.1.1.1, source: 10.0.0.1, mode: include}", "", "`mode` is for groups without `source`"),
        ("{group: 239.1.1.1, mode: include}", "", "would be nothing"),
        ("{group: 239.1.1.1, sources: []}", "", "at least one"),
        ("{group: 239.1.1.1, sources: ['2001:db8::1']}", "", "another address family"),
        ("{group: 'ff05::1:3', sources: ['2001:db8::1']}", "", "take IGMPv3 or MLDv2"),
    ],
)
def test_faults(port: str, bridge: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loads(text(port, bridge))
    (problem,) = caught.value.problems
    assert words in problem.message


@pytest.mark.parametrize(
    ("option", "words"),
    [("state: down", "that is down"), ("mcast_snooping: false", "`mcast_snooping`"), ("vlan_filtering: true", "needs a `vlan`")],
)
def test_what_the_bridge_must_be(option: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        loads(text("239.1.1.1").replace("kind: bridge", f"kind: bridge, {option}"))


class _Kernel(FakeKernel):
    """Keeps the steps about groups."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[Verb, str, int]] = []

    def carry_out(self, step: Step) -> None:
        if getattr(step.obj, "type", "") == "mdb":
            index = next(d.index for d in self.world.namespaces["red"].devices.values() if d.name == "br0")
            self.told.append((step.verb, step.obj.key, step.args["controller"] - index))
        super().carry_out(step)


def test_applied_and_changed(tmp_path: Path) -> None:
    kernel, store = _Kernel(), Store(tmp_path / "state")

    def actions(document: str) -> list[tuple[Action, str]]:
        result = engine.apply(loads(document), kernel, store)
        assert result.ok
        assert not engine.check(loads(document), kernel, store)
        return [(operation.action, operation.key) for operation in result.plan.operations if operation.type == "mdb"]

    actions(text("239.1.1.1, {group: 239.1.1.2, sources: [10.0.0.1]}", "'01:02:03:04:05:06'"))
    assert {verb for verb, _, _ in kernel.told} == {Verb.THING_ADD}
    assert actions(text("239.1.1.1, {group: 239.1.1.2, sources: [10.0.0.2]}")) == [
        (Action.UPDATE, "239.1.1.2 dev p1"),
        (Action.DELETE, "01:02:03:04:05:06 dev br0"),
    ]
    assert actions(text("")) == [(Action.DELETE, "239.1.1.1 dev p1"), (Action.DELETE, "239.1.1.2 dev p1")]
    assert {off for _, _, off in kernel.told} == {0}, "every request names the bridge"


def test_whose_entries_they_are() -> None:
    cls = thing_type("mdb")
    assert cls.foreign({"group": "239.1.1.1", "proto": 11})
    assert cls.foreign({"group": "239.1.1.1", "by": "kernel"})
    assert not cls.foreign({"group": "239.1.1.1", "proto": 4})
    assert cls.section([Part("mdb", "x", {"group": "239.1.1.1", "mode": "exclude", "sources": ("10.0.0.1",), "proto": 4})]) == [
        {"group": "239.1.1.1", "sources": ["10.0.0.1"]}
    ]
