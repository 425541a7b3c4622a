"""Forwarding entries: what the document says, over the kernel in memory, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nsmgr import engine
from nsmgr.config import loads
from nsmgr.errors import ConfigError
from nsmgr.kernel.fake import FakeKernel
from nsmgr.model.thing import Part, thing_type
from nsmgr.model.things import thing_class
from nsmgr.plan.plan import Action
from nsmgr.plan.state import Thing
from nsmgr.store import Store

FILE = """
version: 1
name: lab
namespaces:
  red:
    links:
      br0: {kind: bridge}
      p1: {kind: veth, peer: blue/eth0, controller: br0, fdb: [P1]}
      vx7: {kind: vxlan, id: 7, remote: 10.0.0.2, fdb: [VX7]}
  blue: {}
"""


def text(p1: str = "02:00:00:00:00:01", vx7: str = "00:00:00:00:00:00 dst 10.0.0.3") -> str:
    return FILE.replace("P1", p1).replace("VX7", vx7)


def things(document: str) -> dict[str, Thing]:
    return {key: thing for (kind, key), thing in loads(document).namespaces["red"].things.items() if kind == "fdb"}


def test_where_an_entry_belongs() -> None:
    found = things(text())
    assert found["02:00:00:00:00:01 dev p1"].attrs == {"lladdr": "02:00:00:00:00:01", "self": False, "state": "static"}
    assert found["00:00:00:00:00:00 dst 10.0.0.3 dev vx7 self"].attrs["state"] == "permanent"


def test_the_words_of_bridge() -> None:
    words = "02:00:00:00:00:05 dst 10.0.0.9 port 4790 vni 9 via p1 static"
    mapping = "{lladdr: 02-00-00-00-00-05, dst: 10.0.0.9, port: 4790, vni: 9, via: p1, state: static}"
    assert [t.attrs for t in things(text(vx7=words)).values()] == [t.attrs for t in things(text(vx7=mapping)).values()]
    (entry,) = (t for t in things(text(p1="02:00:00:00:00:05 vlan 10 sticky")).values() if t.link == "p1")
    assert entry.key == "02:00:00:00:00:05 vlan 10 dev p1"
    assert entry.attrs["sticky"] is True


def test_several_remotes_are_several_entries() -> None:
    assert len(things(text(vx7="00:00:00:00:00:00 dst 10.0.0.3, 00:00:00:00:00:00 dst 10.0.0.4"))) == 3
    with pytest.raises(ConfigError, match="stands at"):
        loads(text(vx7="02:00:00:00:00:03 dst 10.0.0.3, 02:00:00:00:00:03 dst 10.0.0.4"))


@pytest.mark.parametrize(
    ("p1", "vx7", "words"),
    [
        ("{lladdr: 02:00:00:00:00:01, dst: 10.0.0.1}", "", "`dst` belongs to a vxlan"),
        ("00:00:00:00:00:00", "", "all zeros"),
        ("{lladdr: 02:00:00:00:00:01, sticky: true, state: permanent}", "", "`sticky` is for"),
        ("{lladdr: 02:00:00:00:00:01, self: true, vlan: 10}", "", "has no VLANs"),
        ("{lladdr: 02:00:00:00:00:01, vlan: 4095}", "", "too large"),
        ("02:00:00:00:00:01 onto p2", "", "`onto` is no word"),
        ("", "02:00:00:00:00:01 vni 9", "`vni` goes with `dst`"),
        ("", "02:00:00:00:00:01 dst 10.0.0.1 nhid 5", "`nhid` goes without `dst`"),
        ("", "02:00:00:00:00:01 self", "needs `dst` or `nhid`"),
        ("", "02:00:00:00:00:01 dst 10.0.0.1 vni 7", "the link's own `id`"),
        ("", "02:00:00:00:00:01 dst 10.0.0.1 port 4789", "the link's own `port`"),
        ("", "02:00:00:00:00:01 dst 10.0.0.1 via nobody", "not declared"),
        ("", "00:00:00:00:00:00 dst 10.0.0.2", "the link's own `remote`"),
    ],
)
def test_faults(p1: str, vx7: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loads(text(p1, vx7))
    (problem,) = caught.value.problems
    assert words in problem.message


def test_the_bridge_itself_is_no_port() -> None:
    own = FILE.replace("br0: {kind: bridge}", "br0: {kind: bridge, fdb: [02:00:00:00:00:01]}").replace("P1", "").replace("VX7", "")
    with pytest.raises(ConfigError, match="no port"):
        loads(own)
    assert things(own.replace("00:01]", "00:01 self]"))["02:00:00:00:00:01 dev br0 self"].attrs["state"] == "permanent"


def test_applied_and_changed(tmp_path: Path) -> None:
    kernel, store = FakeKernel(), Store(tmp_path / "state")

    def actions(document: str) -> list[tuple[Action, str]]:
        result = engine.apply(loads(document), kernel, store)
        assert result.ok
        assert not engine.check(loads(document), kernel, store)
        return [(operation.action, operation.key) for operation in result.plan.operations if operation.type == "fdb"]

    assert {action for action, _ in actions(text())} == {Action.CREATE}
    assert actions(text(p1="02:00:00:00:00:01 permanent")) == [(Action.UPDATE, "02:00:00:00:00:01 dev p1")]
    assert actions(text(p1="")) == [(Action.DELETE, "02:00:00:00:00:01 dev p1")]
    actions(text(vx7="02:00:00:00:00:12 dst 10.0.0.3"))
    assert actions(text(vx7="02:00:00:00:00:12 dst 10.0.0.4"))[-1] == (Action.UPDATE, "02:00:00:00:00:12 dev vx7 self")


def test_a_group_of_remotes() -> None:
    body: Any = thing_class("fdb").model_validate({"lladdr": "02:00:00:00:00:12", "nhid": 4})
    (part,) = body.parts("vx7")
    assert (part.key, part.on) == ("02:00:00:00:00:12 dev vx7 self", (("nexthop", "4"),))
    assert thing_type("fdb").replaces("nhid", None, 4)
    assert thing_type("fdb").replaces("dst", None, "10.0.0.1")
    assert not thing_type("fdb").replaces("dst", "10.0.0.2", "10.0.0.1")


def test_what_the_document_says_of_entries() -> None:
    cls = thing_type("fdb")
    own = {"lladdr": "02:00:00:00:00:12", "dst": "10.0.0.3", "self": True, "state": "permanent"}
    port = {"lladdr": "02:00:00:00:00:01", "self": False, "state": "static", "vlan": 10}
    assert cls.section([Part("fdb", "a", own), Part("fdb", "b", port)]) == [
        {"lladdr": "02:00:00:00:00:12", "dst": "10.0.0.3"},
        {"lladdr": "02:00:00:00:00:01", "vlan": 10},
    ]
    assert cls.foreign({**port, "by": "kernel"})
    assert cls.foreign({**port, "extern_learn": True})
    assert cls.foreign({**own, "via": "?/#7"})
    assert not cls.foreign({**own, "via": "p1"})
