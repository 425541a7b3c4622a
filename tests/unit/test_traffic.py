"""Traffic control without a kernel: bodies to things with handles and back, faults with their place, plans over the fake."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest
import yaml

from nsmgr import engine
from nsmgr.config import loads
from nsmgr.config.schema import explain, json_schema
from nsmgr.errors import ConfigError, UnsupportedByKernel
from nsmgr.kernel.fake import FakeKernel
from nsmgr.kernel.port import Want
from nsmgr.model.packets import match_keys
from nsmgr.model.thing import facts, kinds_of, thing_type, thing_units
from nsmgr.model.traffic import classid, handle, minor
from nsmgr.plan.plan import Action, Plan, Verb
from nsmgr.plan.state import Thing
from nsmgr.render.export import export_document
from nsmgr.render.hints import hint
from nsmgr.render.text import plan_text
from nsmgr.store import Store

TYPES = frozenset(("qdisc", "tclass", "tfilter"))
HEAD = """version: 1
name: lab
namespaces:
  red:
    links:
      out: {kind: dummy}
      eth0:
        kind: dummy
        qdisc: """
HTB = {
    "kind": "htb",
    "classes": {
        "1:1": {
            "rate": "9mbit",
            "classes": {"1:10": {"rate": "1mbit", "qdisc": {"kind": "netem", "delay": "20ms", "qdisc": "pfifo"}}},
        }
    },
    "filters": [{"kind": "u32", "dst": "10.0.0.0/8", "flowid": "1:10"}, {"kind": "matchall", "flowid": "1:1", "redirect": "out"}],
}


def text(qdisc: Any) -> str:
    return HEAD + yaml.safe_dump(qdisc, default_flow_style=True, width=10_000).removesuffix("...\n")


def things(qdisc: Any) -> dict[tuple[str, str], Thing]:
    return loads(text(qdisc)).namespaces["red"].things


class Lab:
    def __init__(self, directory: Path) -> None:
        self.kernel, self.store = FakeKernel(), Store(directory / "state")

    def apply(self, qdisc: Any) -> Plan:
        desired = loads(text(qdisc))
        result = engine.apply(desired, self.kernel, self.store)
        assert result.ok, (result.failures(), result.remaining)
        assert len(result.rounds) <= 1
        assert not engine.check(desired, self.kernel, self.store)
        return result.plan


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def actions(plan: Plan) -> set[tuple[str, str]]:
    return {(operation.action.value, operation.key) for operation in plan.operations}


# ------------------------------------------------------------------------------------------------------------------ words


@pytest.mark.parametrize(("word", "canonical"), [("1:", "1:"), ("1", "1:"), ("0A:", "a:"), ("ff0:0", "ff0:")])
def test_handles(word: str, canonical: str) -> None:
    assert handle(word) == canonical


@pytest.mark.parametrize("word", ["0:", "ffff:", "g:", "", "1:1", "12345:"])
def test_no_handles(word: str) -> None:
    with pytest.raises(ValueError, match="handle"):
        handle(word)


def test_classes_and_numbers() -> None:
    assert (classid("01:0A"), minor(10), minor("0x30"), minor("1:20")) == ("1:a", "10", "30", "20")
    for wrong in ("1:", ":1", "10", "1:10000"):
        with pytest.raises(ValueError, match="not a class"):
            classid(wrong)


# ------------------------------------------------------------------------------------------------------------------- tree


def test_handles_that_nobody_wrote() -> None:
    found = things(HTB)
    assert {key: (thing.attrs["handle"], thing.attrs["parent"]) for (kind, key), thing in found.items() if kind == "qdisc"} == {
        "root dev eth0": ("1:", "root"),
        "1:10 dev eth0": ("10:", "1:10"),
        "10:1 dev eth0": ("2:", "10:1"),
    }
    assert found == things(HTB)


def test_what_lives_on_what() -> None:
    found = things(HTB)
    root, inner, outer = ("qdisc", "root dev eth0"), ("tclass", "1:10 dev eth0"), ("tclass", "1:1 dev eth0")
    assert (found[outer].on, found[outer].after) == ((root,), ())
    assert (found[inner].on, found[inner].after) == ((root,), (outer,))
    assert found["qdisc", "1:10 dev eth0"].on == (root, inner)
    assert found["tfilter", "1: pref 10 dev eth0"].after == (inner,)
    assert found["tfilter", "1: pref 20 dev eth0"].after == (outer,)


def test_a_root_takes_the_number_that_its_classes_have() -> None:
    assert things({"kind": "htb", "classes": {"5:1": {"rate": 8}}})["qdisc", "root dev eth0"].attrs["handle"] == "5:"


def test_a_distribution_is_seen_by_the_handle() -> None:
    said = {
        name: things({"kind": "netem", "delay": "9ms", "jitter": "1ms", "distribution": name})["qdisc", "root dev eth0"]
        for name in ("uniform", "normal", "pareto", "paretonormal")
    }
    assert len({thing.attrs["handle"] for thing in said.values()}) == 4


def test_both_hooks() -> None:
    found = things(["fq_codel", {"kind": "clsact", "egress": [{"kind": "matchall", "action": "drop"}]}])
    assert set(found) == {("qdisc", "root dev eth0"), ("qdisc", "ingress dev eth0"), ("tfilter", "egress pref 10 dev eth0")}


def test_what_u32_compares() -> None:
    filters = things(
        {"kind": "ingress", "filters": [{"kind": "u32", "src": "10.0.0.1", "ip_proto": "tcp", "sport": 1, "dport": 2}]}
    )
    assert filters["tfilter", "ingress pref 10 dev eth0"].attrs["match"] == (
        "0x00060000/0x00ff0000 at 8",
        "0x0a000001/0xffffffff at 12",
        "0x00010002/0xffffffff at 20",
    )
    assert match_keys  # the same function that the planner's body uses


def test_a_latency_is_a_limit() -> None:
    body = {"kind": "tbf", "rate": "8mbit", "burst": 2000}
    assert things({**body, "latency": "10ms"})["qdisc", "root dev eth0"].attrs["limit"] == 12_000
    assert things(body)["qdisc", "root dev eth0"].attrs["limit"] == 52_000


@pytest.mark.parametrize(
    ("qdisc", "words", "path"),
    [
        ({"kind": "nettem"}, "`nettem` is no kind of qdisc", "kind"),
        ({"delay": "1ms"}, "`kind` is missing", ""),
        ("nettem", "`nettem` is no kind of qdisc", "kind"),
        (5, "`5` is no kind", "kind"),
        ({"kind": "netem", "dealy": "1ms"}, "unknown key `dealy`", "dealy"),
        ({"kind": "netem", "delay": "1 fortnight"}, "not a duration", "delay"),
        ({"kind": "netem", "loss": "101%"}, "not a percentage", "loss"),
        ({"kind": "netem", "loss": 1}, "not a percentage", "loss"),
        ({"kind": "netem", "reorder": "1%"}, "reordering needs a `delay`", "reorder"),
        ({"kind": "netem", "distribution": "normal"}, "which is missing", "distribution"),
        ({"kind": "netem", "loss_correlation": "1%"}, "which is missing", "loss_correlation"),
        ({"kind": "netem", "ecn": True}, "marks what would be lost", "ecn"),
        ({"kind": "netem", "loss": "1%", "loss_gemodel": ["1%", "1%", "1%", "1%"]}, "only one of", "loss"),
        ({"kind": "netem", "slot_packets": 3}, "is of slots", "slot_packets"),
        ({"kind": "tbf", "burst": 5}, "`rate` is missing", ""),
        ({"kind": "tbf", "rate": "fast", "burst": 5}, "not a rate", "rate"),
        ({"kind": "tbf", "rate": 8, "burst": 5, "limit": 5, "latency": 5}, "say the same", "latency"),
        ({"kind": "tbf", "rate": 80, "burst": 5, "peakrate": 8, "mtu": 5}, "must be above", "peakrate"),
        ({"kind": "tbf", "rate": 80, "burst": 5, "peakrate": 88}, "go together", "peakrate"),
        ({"kind": "prio", "priomap": [3] * 16}, "band 3 is not there", "priomap"),
        ({"kind": "prio", "classes": {"1:1": {"rate": 8}}}, "is there by itself", "classes.1:1"),
        ({"kind": "fq", "buckets": 1000}, "no power of two", "buckets"),
        ({"kind": "sfq", "perturb": "5ms"}, "whole seconds", "perturb"),
        ({"kind": "htb", "classes": {"1:1": {}}}, "needs a `rate`", "classes.1:1"),
        ({"kind": "htb", "classes": {"1:1": {"rate": 80, "ceil": 8}}}, "`ceil` is below", "classes.1:1.ceil"),
        ({"kind": "htb", "handle": "2:", "classes": {"1:1": {"rate": 8}}}, "is not of qdisc 2:", "classes.1:1"),
        ({"kind": "htb", "classes": {"1:1": {"rate": 8}, "1:01": {"rate": 8}}}, "is there twice", "classes.1:1"),
        ({"kind": "htb", "classes": {"no": {"rate": 8}}}, "not a class number", "classes.no"),
        ({"kind": "tbf", "handle": "1:", "rate": 8, "burst": 5, "qdisc": {"kind": "pfifo", "handle": "1:"}}, "two qdiscs have", ""),
        ({"kind": "ingress", "filters": [{"kind": "u33"}]}, "no kind of tfilter", "filters.0.kind"),
        ({"kind": "ingress", "filters": [{"kind": "matchall", "pref": 3}] * 2}, "two filters of ingress have pref 3", "filters.1"),
        (
            {"kind": "ingress", "filters": [{"kind": "matchall", "redirect": "gone"}]},
            "`gone`, which is not declared",
            "filters.0.redirect",
        ),
        ({"kind": "ingress", "filters": [{"kind": "matchall", "police": 8}]}, "needs a `police_burst`", "filters.0.police"),
        ({"kind": "ingress", "filters": [{"kind": "matchall", "exceed": "drop"}]}, "is of `police`", "filters.0.exceed"),
        ({"kind": "ingress", "filters": [{"kind": "u32", "dport": 80}]}, "depends on `protocol`", "filters.0"),
        ({"kind": "ingress", "filters": [{"kind": "u32", "src": "10.0.0.1", "dst": "::1"}]}, "different families", "filters.0.dst"),
        ({"kind": "ingress", "filters": [{"kind": "u32", "match": ["1 at 8"]}]}, "not a comparison", "filters.0.match.0"),
        ({"kind": "ingress", "filters": [{"kind": "flower", "dst_port": 8}]}, "needs `ip_proto`", "filters.0.dst_port"),
        ({"kind": "ingress", "filters": [{"kind": "flower", "vlan_id": 8}]}, "needs `protocol: 802.1q`", "filters.0.vlan_id"),
        ({"kind": "ingress", "filters": [{"kind": "flower", "ip_proto": "tcp"}]}, "packets of one protocol", "filters.0.ip_proto"),
    ],
)
def test_faults_are_told_with_their_place(qdisc: Any, words: str, path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loads(text(qdisc))
    problem = caught.value.problems[0]
    assert words in problem.message
    assert ".".join(map(str, problem.path)) == ".".join(filter(None, ("namespaces.red.links.eth0.qdisc", path)))


# ------------------------------------------------------------------------------------------------------------------- plans


def test_a_tree_in_one_apply(lab: Lab) -> None:
    plan = lab.apply(HTB)
    assert not lab.apply(HTB)
    order = [step.obj.key for step in plan.steps if step.verb is Verb.THING_ADD]
    assert order.index("1:1 dev eth0") < order.index("1:10 dev eth0") < order.index("10:1 dev eth0")
    assert "delay: 20ms" in plan_text(plan)
    assert "rate: 9mbit" in plan_text(plan)


def test_the_root_is_replaced_with_all_of_it(lab: Lab) -> None:
    lab.apply(HTB)
    plan = lab.apply({**HTB, "r2q": 3})
    assert actions(plan) == {("replace", "root dev eth0")}
    assert len([step for step in plan.steps if step.verb is Verb.THING_ADD]) == 7
    assert [step.obj.key for step in plan.steps if step.verb is Verb.THING_DEL] == ["root dev eth0"]


def test_a_class_is_busy_while_others_come_after_it(lab: Lab) -> None:
    """The fake refuses it as htb_delete does: filters and classes go first, and are made again."""
    lab.apply(HTB)
    tree = {**HTB, "classes": {"1:2": {"rate": "8mbit"}, "1:1": {**HTB["classes"]["1:1"], "parent": "1:2"}}}  # type: ignore[index]
    plan = lab.apply(tree)
    assert actions(plan) == {("create", "1:2 dev eth0"), ("replace", "1:1 dev eth0")}
    assert [step.obj.key for step in plan.steps if step.verb is Verb.THING_DEL][-1] == "1:1 dev eth0"


def test_what_is_not_written_is_off(lab: Lab) -> None:
    lab.apply({"kind": "netem", "delay": "20ms", "loss": "1%"})
    plan = lab.apply({"kind": "netem", "delay": "20ms"})
    assert actions(plan) == {("update", "root dev eth0")}
    assert "loss: 1% → 0%" in plan_text(plan)


def test_tbf_is_told_again_when_its_queue_is_taken_away(lab: Lab) -> None:
    body = {"kind": "tbf", "rate": "8mbit", "burst": 2000}
    lab.apply({**body, "qdisc": "pfifo"})
    plan = lab.apply(body)
    assert [(step.verb, step.obj.key) for step in plan.steps] == [
        (Verb.THING_DEL, "1:1 dev eth0"),
        (Verb.THING_SET, "root dev eth0"),
    ]


def test_another_kind_is_another_qdisc(lab: Lab) -> None:
    lab.apply("fq_codel")
    assert actions(lab.apply("pfifo")) == {(Action.REPLACE.value, "root dev eth0")}
    assert actions(lab.apply(None)) == {(Action.DELETE.value, "root dev eth0")}


def test_export_is_the_same_again(lab: Lab) -> None:
    for body in (HTB, ["fq_codel", {"kind": "clsact", "ingress": [{"kind": "flower", "ip_proto": "icmp", "action": "drop"}]}]):
        lab.apply(body)
        states = lab.kernel.observe({"red": Want(things=TYPES)}).namespaces
        said = export_document(states)["namespaces"]["red"]["links"]["eth0"]["qdisc"]
        assert not lab.apply(said)


def test_kinds_that_are_not_ours_are_foreign() -> None:
    assert facts("qdisc", {"kind": "hfsc"}).foreign({"kind": "hfsc"})
    assert not facts("qdisc", {"kind": "htb"}).foreign({"kind": "htb"})
    assert thing_type("tfilter").foreign({"kind": "flower", "action": "?skbedit"})
    assert {"netem", "htb", "cake"} <= set(kinds_of("qdisc"))
    assert thing_units("qdisc")["delay"] == "ns"
    assert (thing_units("qdisc")["loss"], thing_units("tclass")["ceil"]) == ("ppb", "bit/s")


def test_explained_and_in_the_schema() -> None:
    assert {key.path for key in explain("qdisc")} >= {"qdisc.kind", "qdisc.netem"}
    assert [key.path for key in explain("links.qdisc.netem.delay")] == ["links.qdisc.netem.delay"]
    assert [key.path for key in explain("qdisc.htb.classes.rate")] == ["qdisc.htb.classes.rate"]
    assert [key.path for key in explain("qdisc.filters.flower.src")] == ["qdisc.filters.flower.src"]
    schema = json_schema()
    assert {"$ref": "#/$defs/thing-qdisc.netem"} in schema["$defs"]["thing-qdisc"]["oneOf"]
    assert schema["$defs"]["thing-qdisc.netem"]["properties"]["kind"]["const"] == "netem"
    assert schema["$defs"]["thing-qdisc.htb"]["properties"]["filters"]["items"] == {"$ref": "#/$defs/thing-tfilter"}
    assert {"$ref": "#/$defs/thing-qdisc"} in schema["$defs"]["link-veth"]["properties"]["qdisc"]["anyOf"]


def test_what_the_kernel_lacks_is_named_before_anything_is_touched(lab: Lab) -> None:
    lab.kernel.lacks = {"qdisc.netem", "qdisc.htb"}
    desired = loads(text(HTB))
    with pytest.raises(
        UnsupportedByKernel, match=r"no qdisc htb: .*; qdisc netem: .* \(wanted by red/root dev eth0 at .*, red/1:10 dev eth0"
    ):
        engine.apply(desired, lab.kernel, lab.store)
    assert lab.kernel.counters.writes == 0


def test_they_keep_their_places_when_links_change_their_names(tmp_path: Path) -> None:
    """A rename keeps what is on the link: nothing is made again, and the other link's is not touched."""
    pair = """version: 1
name: lab
namespaces:
  red:
    links:
      NAME1: {kind: veth, peer: blue/a, qdisc: {kind: htb, classes: {"1:1": {rate: 1mbit, qdisc: pfifo}}}}
      NAME2: {kind: veth, peer: blue/b, qdisc: {kind: ingress, filters: [{kind: matchall, redirect: NAME1}]}}
  blue: {}
"""
    kernel, store = FakeKernel(), Store(tmp_path / "state")
    assert engine.apply(loads(pair.replace("NAME1", "eth0").replace("NAME2", "eth1")), kernel, store).ok
    swapped = loads(pair.replace("NAME1", "eth1").replace("NAME2", "eth0"))
    result = engine.apply(swapped, kernel, store)
    assert result.ok
    assert {operation.type for operation in result.plan.operations} == {"link"}
    assert not engine.check(swapped, kernel, store)


@pytest.mark.parametrize("words", ["TC classifier not found", "Failed to load TC action module"])
def test_what_a_filter_lacks_has_a_hint(words: str) -> None:
    assert "this kernel lacks" in hint(errno.ENOENT, words, type="tfilter")


def test_mq_is_replaced_when_a_queue_of_it_goes(lab: Lab) -> None:
    """mq_graft leaves noop_qdisc behind, and mq cannot be changed."""
    lab.apply({"kind": "mq", "classes": {"1:1": {"qdisc": "pfifo"}, "1:2": {"qdisc": "pfifo"}}})
    plan = lab.apply({"kind": "mq", "classes": {"1:2": {"qdisc": "pfifo"}}})
    assert ("replace", "root dev eth0") in actions(plan)
    assert [step.obj.key for step in plan.steps if step.verb is Verb.THING_ADD] == ["root dev eth0", "1:2 dev eth0"]


def test_a_filter_that_becomes_another_one_says_so_itself(lab: Lab) -> None:
    """Also where a class goes that it was in the way of."""
    lab.apply(HTB)
    one = {"kind": "matchall", "flowid": "1:1"}
    plan = lab.apply({"kind": "htb", "classes": {"1:1": {"rate": "9mbit"}}, "filters": [one]})
    assert ("replace", "1: pref 10 dev eth0") in actions(plan)
    assert ("delete", "1:10 dev eth0") in actions(plan)
