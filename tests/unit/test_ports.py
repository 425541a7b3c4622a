"""Port options in the configuration, in plans, in what is shown; the kernel's part is tests/kernel/test_port_options.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nsmgr import config, engine
from nsmgr.config.schema import every, explain, json_schema
from nsmgr.errors import ConfigError, NsmgrError
from nsmgr.kernel.fake import FakeKernel
from nsmgr.model.base import Attr, Change, Where
from nsmgr.model.kind import Plain
from nsmgr.model.port import port, port_references, port_rows
from nsmgr.model.ports import port_class, port_kinds
from nsmgr.plan.plan import Verb
from nsmgr.plan.state import DesiredState
from nsmgr.plan.verify import as_declared
from nsmgr.reading import observe
from nsmgr.render import plan_json
from nsmgr.render.export import export_document
from nsmgr.render.ip_batch import ip_batch
from nsmgr.store import Store

SW = """
version: 1
namespaces:
  sw:
    links:
      br0: {kind: bridge}
      vrf0: {kind: vrf, table: 5}
      bond0: {kind: bond, mode: 802.3ad}
      p0: {kind: ifb}
      p1: """


def load(folder: Path, body: str, text: str = SW) -> DesiredState:
    (folder / "sw.yaml").write_text(text + body)
    return config.load([folder / "sw.yaml"])


def fault(folder: Path, body: str) -> tuple[str, str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, body)
    (problem,) = caught.value.problems
    assert problem.line == 10
    return problem.message, problem.hint


def test_kinds_are_found_in_the_package() -> None:
    assert port_kinds() == ("bond", "bridge", "team")
    assert issubclass(port("bridge"), Plain), "the table, not pydantic: make tables"
    assert port_rows("vrf") == {}
    assert port_references("bridge") == ("port_options.backup_port",)


@pytest.mark.parametrize("kind", port_kinds())
def test_every_option_is_a_row_that_changes_in_place_or_not_at_all(kind: str) -> None:
    rows = port_class(kind).rows()
    assert rows.keys() == port_class(kind).model_fields.keys()
    for name, row in rows.items():
        assert isinstance(row, Attr)
        assert (row.where, row.change in (Change.IN_PLACE, Change.READ_ONLY)) == (
            Where.GENL if port_class(kind).GENL else Where.DATA,
            True,
        ), name
        assert row.export is (row.change is not Change.READ_ONLY), name


def test_options_become_attributes(tmp_path: Path) -> None:
    desired = load(
        tmp_path, "{kind: ifb, controller: br0, port_options: {cost: 10, isolated: true, mcast_router: 2, backup_port: null}}"
    )
    link = desired.namespaces["sw"].links["p1"]
    assert link.port_kind == "bridge"
    assert {name: value for name, value in link.attrs.items() if name.startswith("port_options.")} == {
        "port_options.cost": 10, "port_options.isolated": True, "port_options.mcast_router": "permanent",
        "port_options.backup_port": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "message", "hint"),
    [
        ("{kind: ifb, port_options: {cost: 10}}", "port of nothing", "controller: br0"),
        ("{kind: ifb, controller: null, port_options: {cost: 10}}", "port of nothing", "controller: br0"),
        ("{kind: ifb, controller: vrf0, port_options: {cost: 10}}", "ports of a vrf have no options", "bond, bridge"),
        ("{kind: ifb, controller: br0, port_options: {isolatd: true}}", "unknown key `isolatd`", "`isolated`"),
        ("{kind: ifb, controller: br0, port_options: {queue_id: 1}}", "unknown key `queue_id`", "explain port_options.bridge"),
        ("{kind: ifb, controller: bond0, port_options: {cost: 1}}", "unknown key `cost`", "explain port_options.bond"),
        ("{kind: ifb, controller: br0, port_options: {priority: 64}}", "too large: at most 63", ""),
        ("{kind: ifb, controller: br0, port_options: {isolated: 'yes'}}", "expected true or false", ""),
        ("{kind: ifb, controller: br0, port_options: {group_fwd_mask: 2}}", "pause frames", ""),
        ("{kind: ifb, controller: br0, port_options: {state: forwarding}}", "cannot be configured", "remove `state`"),
        ("{kind: ifb, controller: br0, port_options: {mab: true}}", "`mab` needs `locked`", "locked: true"),
        ("{kind: ifb, controller: br0, port_options: {backup_port: p1}}", "its own backup", "another port"),
        ("{kind: ifb, controller: br0, port_options: {backup_port: p7}}", "`p7`, which is not declared", ""),
        ("{kind: ifb, controller: br0, port_options: {backup_port: p0}}", "`p0` is no port of `br0`", "controller: br0"),
        ("{kind: ifb, controller: br0, port_options: {backup_nhid: 3}}", "together with `backup_port`", ""),
        (
            "{kind: dummy, controller: bond0, port_options: {queue_id: 17}}",
            "more than `bond0` has transmit queues, 16",
            "tx_queues",
        ),
        ("{kind: ifb, controller: bond0, port_options: {prio: 3}}", "refused in mode 802.3ad", "active-backup"),
    ],
)
def test_faults(tmp_path: Path, body: str, message: str, hint: str) -> None:
    found = fault(tmp_path, body)
    assert message in found[0]
    assert hint in found[1]


def test_two_ports_of_a_bond_with_one_queue(tmp_path: Path) -> None:
    one = "{kind: dummy, controller: bond0, port_options: {queue_id: 3}}"
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, f"{one}\n      p2: {one}\n")
    assert "`queue_id` 3 of `bond0` is that of `p1` already" in caught.value.problems[0].message


def test_no_defaults_for_options(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("version: 1\ndefaults: {veth: {port_options: {cost: 1}}}\nnamespaces: {}\n")
    with pytest.raises(ConfigError, match="port_options"):
        config.load([tmp_path / "net.yaml"])


def fake(folder: Path) -> tuple[FakeKernel, Store]:
    return FakeKernel(), Store(folder / "state")


PORTS = """{kind: ifb, controller: br0, port_options: {cost: 10, learning: false, backup_port: p2}}
      p2: {kind: ifb, controller: br0}
"""


def test_options_go_out_once_everything_is_a_port(tmp_path: Path) -> None:
    kernel, store = fake(tmp_path)
    plan = engine.check(load(tmp_path, PORTS), kernel, store)
    verbs = [(step.verb, step.name) for step in plan.steps]
    told = verbs.index((Verb.LINK_PORT, "p1"))
    assert told > verbs.index((Verb.LINK_ADD, "p2"))
    assert verbs[told + 1 :].count((Verb.LINK_SET, "p1")) == 1, "up, after it has been told"
    (step,) = (step for step in plan.steps if step.verb is Verb.LINK_PORT)
    index = next(step.index for step in plan.steps if (step.verb, step.name) == (Verb.LINK_ADD, "p2"))
    assert (step.kind, step.attrs) == ("bridge", {"cost": 10, "learning": False, "backup_port": index})


def test_the_short_answer_sees_options(tmp_path: Path) -> None:
    kernel, store = fake(tmp_path)
    desired = load(tmp_path, PORTS)
    assert engine.apply(desired, kernel, store).ok
    assert as_declared(desired.namespaces, observe(desired, kernel, store).namespaces)
    kernel.bridge_link_set("sw", "p1", learning=True)
    assert not as_declared(desired.namespaces, observe(desired, kernel, store).namespaces)


def test_a_controller_of_another_kind_than_thought(tmp_path: Path) -> None:
    """A controller that is there already and not described: the options say what it is taken for, the plan sees what it is."""
    kernel, store = fake(tmp_path)
    kernel.netns_add("other")
    kernel.ip_link_add("other", "ctl", "bond")
    head = "version: 1\nnamespaces:\n  other: {adopt: true, manage: declared, links: {p1: "
    wrong = load(tmp_path, "{kind: dummy, controller: ctl, port_options: {cost: 1}}}}\n", head)
    with pytest.raises(NsmgrError, match="options of a bridge port, and ctl is of kind bond"):
        engine.check(wrong, kernel, store)
    right = load(tmp_path, "{kind: dummy, controller: ctl, port_options: {queue_id: 1}}}}\n", head)
    assert engine.apply(right, kernel, store).ok


def test_a_port_that_nobody_describes_joins_again(tmp_path: Path) -> None:
    """A change for which a controller has to let go of its ports does not cost somebody else theirs."""
    kernel, store = fake(tmp_path)
    kernel.netns_add("other")
    for kind, port_kind, change in (("bridge", "ifb", "mst_enabled: true"), ("bond", "dummy", "mode: active-backup")):
        kernel.ip_link_add("other", kind, kind)
        kernel.ip_link_add("other", f"p-{kind}", port_kind, controller=kind)
        kernel.ip_link_set("other", f"p-{kind}", state="up")
        head = "version: 1\nnamespaces:\n  other: {adopt: true, manage: declared, links: "
        desired = load(tmp_path, f"{{{kind}: {{kind: {kind}, {change}}}}}}}\n", head)
        assert engine.apply(desired, kernel, store).ok
        found = observe(desired, kernel, store).namespaces["other"].links[f"p-{kind}"].attrs
        assert (found["controller"], found["state"]) == (kind, "up")


def test_export_says_what_was_told(tmp_path: Path) -> None:
    kernel, store = fake(tmp_path)
    desired = load(tmp_path, PORTS)
    assert engine.apply(desired, kernel, store).ok
    document: Any = export_document(observe(desired, kernel, store).namespaces)
    links = document["namespaces"]["sw"]["links"]
    assert links["p1"]["port_options"] == {"cost": 10, "learning": False, "backup_port": "p2"}
    assert links["p2"]["port_options"] == {"cost": 100}, "not the usual one, of a veth"


def test_a_saved_plan_and_its_fingerprint(tmp_path: Path) -> None:
    kernel, store = fake(tmp_path)
    desired = load(tmp_path, PORTS)
    plan = engine.check(desired, kernel, store)
    print_ = plan_json.fingerprint(observe(desired, kernel, store))
    assert plan_json.loads(plan_json.dumps(plan, desired, print_)).plan == plan
    assert engine.apply(desired, kernel, store).ok
    before = observe(desired, kernel, store)
    kernel.bridge_link_set("sw", "p1", cost=11)
    assert plan_json.fingerprint(before) != plan_json.fingerprint(observe(desired, kernel, store))


def test_in_the_words_of_ip(tmp_path: Path) -> None:
    kernel, store = fake(tmp_path)
    text = ip_batch(engine.check(load(tmp_path, PORTS), kernel, store))
    assert "link set dev p1 type bridge_slave cost 10 learning off backup_port p2" in text


def test_explain_and_schema_know_the_options() -> None:
    (key,) = explain("port_options.bridge.cost")
    assert (key.attribute, key.change, key.default) == ("IFLA_BRPORT_COST", "in place", "2")
    assert [key.path for key in explain("port_options.priority")] == ["port_options.bridge.priority", "port_options.team.priority"]
    assert {key.path.rpartition(".")[0] for key in explain("port_options")} == {
        "port_options.bond", "port_options.bridge", "port_options.team",
    }  # fmt: skip
    assert explain("links.port_options.bond.prio") == explain("port_options.bond.prio")
    assert explain("port_options.bond.cost") == []
    assert all(key.doc for key in every() if key.path.startswith("port_options."))
    schema = json_schema()
    ports = schema["$defs"]["link-veth"]["properties"]["port_options"]["anyOf"]
    assert ports == [
        {"$ref": "#/$defs/port-bond"},
        {"$ref": "#/$defs/port-bridge"},
        {"$ref": "#/$defs/port-team"},
        {"type": "null"},
    ]
    assert schema["$defs"]["port-bridge"]["properties"]["priority"]["anyOf"][0] == {"maximum": 63, "minimum": 0, "type": "integer"}
