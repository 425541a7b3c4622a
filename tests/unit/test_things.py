"""Things over the kernel in memory: made, changed in place, replaced, pruned, and put back when their link loses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nsmgr import engine
from nsmgr.config import loads
from nsmgr.config.schema import explain, json_schema
from nsmgr.errors import ConfigError
from nsmgr.kernel.fake import FakeKernel
from nsmgr.plan.plan import Action, Plan, Step, Verb
from nsmgr.plan.state import Thing
from nsmgr.render.export import export_document
from nsmgr.render.jsondoc import states_document
from nsmgr.render.plan_json import dumps
from nsmgr.render.plan_json import loads as load_plan
from nsmgr.store import Store

FILE = """
version: 1
name: lab
namespaces:
  red:
    links:
      eth0:
        kind: veth
        peer: blue/eth0
        addresses: [10.0.0.1/24]
        neighbors:
          - 10.0.0.2 02:00:00:00:00:02
          - {to: 10.0.0.9, proxy: true}
  blue: {}
"""


class Lab:
    def __init__(self, directory: Path) -> None:
        self.kernel, self.store = FakeKernel(), Store(directory / "state")

    def apply(self, text: str) -> Plan:
        result = engine.apply(loads(text), self.kernel, self.store)
        assert result.ok, (result.failures(), result.remaining)
        assert len(result.rounds) <= 1
        assert not engine.check(loads(text), self.kernel, self.store)
        return result.plan

    def things(self, netns: str = "red") -> dict[str, Thing]:
        from nsmgr.kernel.port import Want

        wanted = frozenset(("neighbor", "proxy"))
        return {thing.key: thing for thing in self.kernel.observe({netns: Want(things=wanted)}).namespaces[netns].things.values()}

    def byhand(self, verb: Verb, thing: Thing, netns: str = "red", link: str = "eth0", **args: object) -> None:
        index = self.kernel.world.namespaces[netns].devices[link].index
        self.kernel.carry_out(Step(0, 0, verb, netns, index, obj=thing, args=args))


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def actions(plan: Plan) -> list[tuple[Action, str, str]]:
    return [(operation.action, operation.type, operation.key) for operation in plan.operations]


def test_made_and_then_nothing_to_do(lab: Lab) -> None:
    lab.apply(FILE)
    assert lab.things()["10.0.0.2 dev eth0"].attrs["lladdr"] == "02:00:00:00:00:02"
    assert "10.0.0.9 dev eth0" in lab.things()
    assert not lab.apply(FILE)


def test_changed_in_place(lab: Lab) -> None:
    lab.apply(FILE)
    plan = lab.apply(FILE.replace("02:00:00:00:00:02", "02:00:00:00:00:03"))
    assert actions(plan) == [(Action.UPDATE, "neighbor", "10.0.0.2 dev eth0")]
    assert [step.verb for step in plan.steps] == [Verb.THING_SET]


def test_what_left_the_file_goes(lab: Lab) -> None:
    lab.apply(FILE)
    plan = lab.apply(FILE.split("        neighbors:")[0] + "  blue: {}\n")
    assert {(action, kind) for action, kind, _ in actions(plan)} == {(Action.DELETE, "neighbor"), (Action.DELETE, "proxy")}
    assert not lab.things()


def test_a_stranger_in_a_complete_namespace_goes(lab: Lab) -> None:
    lab.apply(FILE)
    lab.byhand(Verb.THING_ADD, Thing("neighbor", "10.0.0.77 dev eth0", "eth0", {"to": "10.0.0.77", "lladdr": "02:00:00:00:00:77"}))
    assert actions(engine.check(loads(FILE), lab.kernel, lab.store)) == [(Action.DELETE, "neighbor", "10.0.0.77 dev eth0")]
    ignoring = FILE.replace("  red:\n", "  red:\n    ignore: {neighbors: [{to: '10.0.0.7*'}]}\n")
    assert not engine.check(loads(ignoring), lab.kernel, lab.store)


def test_only_what_is_ours_goes_from_a_namespace_managed_as_declared(lab: Lab) -> None:
    text = FILE.replace("  red:\n", "  red:\n    manage: declared\n")
    lab.apply(text)
    lab.byhand(Verb.THING_ADD, Thing("neighbor", "10.0.0.77 dev eth0", "eth0", {"to": "10.0.0.77", "lladdr": "02:00:00:00:00:77"}))
    assert not lab.apply(text)
    assert "10.0.0.77 dev eth0" in lab.things()


def test_they_come_back_with_a_link_that_is_made_anew(lab: Lab) -> None:
    lab.apply(FILE)
    plan = lab.apply(FILE.replace("kind: veth", "kind: veth\n        rx_queues: 2"))
    assert (Action.REPLACE, "link", "eth0") in actions(plan)
    assert not [kind for _, kind, _ in actions(plan) if kind in ("neighbor", "proxy")]  # part of the link's replacement
    assert set(lab.things()) == {"10.0.0.2 dev eth0", "10.0.0.9 dev eth0"}


def test_they_come_back_after_a_change_of_mac(lab: Lab) -> None:
    lab.apply(FILE)
    lab.apply(FILE.replace("kind: veth", "kind: veth\n        mac: 02:00:00:00:00:0a"))
    assert "10.0.0.2 dev eth0" in lab.things()


def test_a_saved_plan_is_the_same_plan(lab: Lab) -> None:
    desired = loads(FILE)
    plan = engine.plan(desired, engine.observe(desired, lab.kernel, lab.store))
    assert load_plan(dumps(plan, desired, "x")).plan == plan


def test_export_and_json_say_what_there_is(lab: Lab) -> None:
    from nsmgr.kernel.port import Want

    lab.apply(FILE)
    states = lab.kernel.observe({"red": Want(things=frozenset(("neighbor", "proxy")))}).namespaces
    assert export_document(states)["namespaces"]["red"]["links"]["eth0"]["neighbors"] == [
        {"to": "10.0.0.2", "lladdr": "02:00:00:00:00:02"},
        {"to": "10.0.0.9", "proxy": True},
    ]
    (first, _) = states_document(states)["namespaces"]["red"]["things"]
    assert (first["type"], first["object"], first["link"]) == ("neighbor", "10.0.0.2 dev eth0", "eth0")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{to: 10.0.0.2}", "`lladdr` of 10.0.0.2 is missing"),
        ("{to: 10.0.0.2, lladr: 02:00:00:00:00:02}", "unknown key `lladr`"),
        ("{to: 10.0.0.2, lladdr: 02:00:00:00:00:02, router: true}", "IPv6 neighbours only"),
        ("{to: 10.0.0.300, lladdr: 02:00:00:00:00:02}", "not an IP address"),
        ("[10.0.0.2]", "expected a mapping"),
        ("{to: 10.0.0.2, lladdr: 02:00:00:00:00:0a}", "stands at"),
    ],
)
def test_faults_are_told_with_their_place(entry: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loads(FILE.replace("          - {to: 10.0.0.9, proxy: true}", f"          - {entry}"))
    (problem,) = caught.value.problems
    assert words in problem.message
    assert problem.line == 13


def test_a_section_of_the_wrong_form() -> None:
    with pytest.raises(ConfigError, match="expected a list"):
        loads(FILE.split("        neighbors:")[0] + "        neighbors: {}\n  blue: {}\n")


def test_sections_are_explained_and_in_the_schema() -> None:
    assert {key.path for key in explain("neighbors")} >= {"neighbors.to", "neighbors.lladdr"}
    assert [key.path for key in explain("links.neighbors.router")] == ["links.neighbors.router"]
    schema = json_schema()
    assert "neighbors" in schema["$defs"]["link-veth"]["properties"]
    assert "neighbors" in schema["$defs"]["IgnoreModel"]["properties"]
