"""VLANs of bridges: what the document says as canonical ranges, over the kernel in memory, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsmgr import engine
from nsmgr.config import loads
from nsmgr.config.schema import explain, json_schema
from nsmgr.errors import ConfigError
from nsmgr.kernel.fake import FakeKernel
from nsmgr.kernel.port import Want
from nsmgr.model import bridging
from nsmgr.model.thing import Part, thing_type
from nsmgr.plan.plan import Action, Verb
from nsmgr.render.export import export_document
from nsmgr.store import Store

FILE = """
version: 1
name: lab
namespaces:
  red:
    links:
      br0: {kind: bridge, vlan_filtering: true, vlans: [10]}
      p1: {kind: veth, peer: blue/eth0, controller: br0, vlans: [ENTRIES]}
  blue: {}
"""


def text(entries: str) -> str:
    return FILE.replace("ENTRIES", entries)


def attrs(entries: str) -> dict[str, Any]:
    found: Any = loads(text(entries)).namespaces["red"].things["vlans", "p1"].attrs
    return dict(found)


@pytest.mark.parametrize(
    ("entries", "vlans"),
    [
        ("", ()),
        ("10", ("10",)),
        ("30, 20-29, '10'", ("10", "20-30")),
        ("1 pvid untagged, 2 untagged, 3 untagged", ("1 pvid untagged", "2-3 untagged")),
        ("{id: 10, pvid: true}, {id: 11-12, untagged: true, pvid: false}", ("10 pvid", "11-12 untagged")),
        ("1-4094", ("1-4094",)),
    ],
)
def test_entries_become_ranges(entries: str, vlans: tuple[str, ...]) -> None:
    assert attrs(entries) == {"vlans": vlans, "tunnels": ()}


def test_the_bridge_itself() -> None:
    assert loads(text("")).namespaces["red"].things["vlans", "br0"].attrs["self"] is True


def test_tunnels_and_options() -> None:
    tunnelled = FILE.replace("controller: br0", "controller: br0, port_options: {vlan_tunnel: true}")
    document = tunnelled.replace("ENTRIES", "{id: 10, tunnel: 10010}, {id: 11-19, tunnel: 10011, state: blocking}, 30")
    assert loads(document).namespaces["red"].things["vlans", "p1"].attrs == {
        "vlans": ("10-19", "30"),
        "tunnels": ("10-19 10010",),
        "state": ("11-19 blocking",),
    }


@pytest.mark.parametrize(
    ("entries", "offset", "words"),
    [
        ("0", 0, "VLANs are 1 to 4094"),
        ("10, 4095", 4, "VLANs are 1 to 4094"),
        ("20-10", 0, "lower end"),
        ("ten", 0, "not a VLAN"),
        ("10 pvd", 0, "`pvd` is no word"),
        ("10-19, 15", 7, "VLAN 15 of p1 is listed twice"),
        ("10 pvid, 20 pvid", 9, "two PVIDs, 10 and 20"),
        ("10-12 pvid", 0, "one PVID"),
        ("{id: 10, tunel: 5}", 9, "unknown key `tunel`"),
        ("{id: 10, tunnel: 5}", 17, "needs the port's `vlan_tunnel`"),
        ("[10]", 0, "expected a mapping"),
    ],
)
def test_faults_are_told_with_their_place(entries: str, offset: int, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loads(text(entries))
    (problem,) = caught.value.problems
    assert words in problem.message
    assert (problem.line, problem.column - FILE.splitlines()[7].index("ENTRIES")) == (8, offset + 1)


def test_a_section_of_the_wrong_form() -> None:
    with pytest.raises(ConfigError, match="expected a list"):
        loads(FILE.replace("[ENTRIES]", "10"))
    with pytest.raises(ConfigError, match="is for ports"):
        loads(text("").replace("vlans: [10]", "vlans: [{id: 10, neigh_suppress: true}]"))


def test_applied_and_changed_in_place(tmp_path: Path) -> None:
    kernel, store = FakeKernel(), Store(tmp_path / "state")

    def verbs(document: str) -> list[Verb]:
        result = engine.apply(loads(document), kernel, store)
        assert result.ok
        assert not engine.check(loads(document), kernel, store)
        return [step.verb for step in result.plan.steps if getattr(step.obj, "type", "") == "vlans"]

    assert verbs(text("10")) == [Verb.THING_ADD, Verb.THING_ADD]
    assert verbs(text("10, 20")) == [Verb.THING_SET]
    (operation,) = engine.check(loads(text("10-20")), kernel, store).operations
    assert (operation.action, operation.key) == (Action.UPDATE, "p1")
    assert [(change.name, change.observed, change.desired) for change in operation.changes] == [("vlans", ("10", "20"), ("10-20",))]
    states = kernel.observe({"red": Want(things=frozenset(("vlans",)))}).namespaces
    assert export_document(states)["namespaces"]["red"]["links"]["p1"]["vlans"] == [10, 20]
    assert verbs(text("10, 20").replace(", vlans: [10, 20]", "")) == []


def test_options_that_are_not_written_are_not_compared() -> None:
    cls = thing_type("vlans")
    observed = {"vlans": ("10-12",), "tunnels": (), "state": ("11 blocking",)}
    assert cls.compare({"vlans": ("10-12",), "tunnels": ()}, observed) == []
    assert cls.compare({"vlans": ("10-12",), "tunnels": (), "state": ("10 forwarding", "11 blocking")}, observed) == []
    assert cls.compare({"vlans": ("10-12",), "tunnels": (), "state": ("10-12 blocking",)}, observed) == [
        ("state", ("10 forwarding", "11 blocking", "12 forwarding"), ("10-12 blocking",))
    ]


def test_what_the_document_says_of_a_port() -> None:
    cls = thing_type("vlans")
    observed = {
        "vlans": ("1 pvid untagged", "10-19", "30-39 untagged"),
        "tunnels": ("10-14 10010",),
        "state": ("30 blocking",),
        "mcast_max_groups": ("15-19 5",),
        "neigh_suppress": ("39 true",),
    }
    assert cls.section([Part("vlans", "p1", observed)]) == [
        "1 pvid untagged",
        {"id": "10-14", "tunnel": 10010},
        {"id": "15-19", "mcast_max_groups": 5},
        {"id": 30, "untagged": True, "state": "blocking"},
        "31-38 untagged",
        {"id": 39, "untagged": True, "neigh_suppress": True},
    ]
    assert cls.foreign({"vlans": ("1 pvid untagged",), "tunnels": ()})
    assert not cls.foreign({"vlans": ("2 pvid untagged",), "tunnels": ()})


@given(st.dictionaries(st.integers(1, 60), st.sampled_from(["", "untagged", "pvid untagged"])))
def test_texts_are_read_back(members: dict[int, str]) -> None:
    assert bridging.by_vlan(bridging.texts(members)) == members


@given(st.dictionaries(st.integers(1, 60), st.sampled_from(["", "untagged"])))
def test_runs_joined_are_runs(members: dict[int, str]) -> None:
    assert bridging.joined((vlan, vlan, word) for vlan, word in members.items()) == bridging.runs(members)


@given(st.dictionaries(st.integers(1, 60), st.integers(0, 2**24 - 1)))
def test_tunnels_are_read_back(tunnels: dict[int, int]) -> None:
    assert bridging.tunnels_by_vlan(bridging.tunnel_texts((vlan, vlan, tunnel) for vlan, tunnel in tunnels.items())) == tunnels


def test_explained_and_in_the_schema() -> None:
    assert {key.path for key in explain("vlans")} >= {"vlans.id", "vlans.tunnel"}
    assert "vlans" in json_schema()["$defs"]["link-veth"]["properties"]


def options(entries: str) -> dict[str, Any]:
    document = text("").replace("vlans: [10]", f"vlan_options: [{entries}]")
    found: Any = loads(document).namespaces["red"].things["vlan_options", "br0"].attrs
    return dict(found)


def test_options_of_vlans_as_a_whole() -> None:
    assert options(
        "{id: 10-19, mcast_querier: true}, {id: 20, mcast_querier: true, msti: 2}, {id: 10, mcast_query_interval: 20s}"
    ) == {
        "msti": ("20 2",),
        "mcast_querier": ("10-20 true",),
        "mcast_query_interval": ("10 20000",),
    }
    cls = thing_type("vlan_options")
    observed = {"mcast_query_interval": ("10 20010",), "msti": ("20 2",)}
    assert cls.compare({"mcast_query_interval": ("10 20000",)}, observed) == []
    assert cls.compare({"mcast_query_interval": ("10-11 20000",)}, observed) == [
        ("mcast_query_interval", ("10 20010", "11 125000"), ("10-11 20000",))
    ]
    assert cls.section([Part("vlan_options", "br0", observed)]) == [
        {"id": 10, "mcast_query_interval": 20010},
        {"id": 20, "msti": 2},
    ]
    assert cls.foreign({})


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ("{id: 10, msti: 2}, {id: 5-15, msti: 3}", "`msti` of VLAN 5 has two values"),
        ("{id: 10, mcast_query_interval: 10ms}", "too small"),
        ("{id: 10, pvid: true}", "unknown key `pvid`"),
        ("10", "expected a mapping"),
    ],
)
def test_faults_of_options(entries: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        options(entries)


def test_options_as_a_whole_are_the_bridges() -> None:
    with pytest.raises(ConfigError, match="are the bridge's"):
        loads(FILE.replace("vlans: [ENTRIES]", "vlan_options: [{id: 10, msti: 2}]"))
