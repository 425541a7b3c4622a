"""Qdiscs, classes and filters on the real kernel, against tc(8). What a kernel lacks is skipped with its words."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
import yaml

from nsmgr import config, engine
from nsmgr.errors import UnsupportedByKernel
from nsmgr.kernel.port import Want
from nsmgr.model.thing import kinds_of
from nsmgr.plan.plan import Action
from nsmgr.render.export import export_yaml
from tests.kernel.lab import Lab

BASE = """
version: 1
namespaces:
  @a:
    links:
      eth0:
        kind: veth
        peer: @a/eth1
        tx_queues: 2
        qdisc: QDISC
      eth1: {}
      out: {kind: veth, peer: @a/out1}
      out1: {}
"""


def file(lab: Lab, qdisc: Any) -> Any:
    text = "null" if qdisc is None else json.dumps(qdisc)
    return lab.load(BASE.replace("QDISC", text))


def tc(lab: Lab, command: str, *, check: bool = True) -> str:
    done = subprocess.run(["tc", "-n", f"{lab.prefix}a", *command.split()], capture_output=True, text=True)
    assert done.returncode == 0 or not check, f"tc {command}: {done.stderr}"
    return done.stdout


def shown(lab: Lab, what: str) -> list[dict[str, Any]]:
    found = json.loads(tc(lab, f"-j -d {what}") or "[]")
    return [entry for entry in found if entry]


def qdiscs(lab: Lab) -> dict[str, dict[str, Any]]:
    return {entry["handle"]: entry for entry in shown(lab, "qdisc show dev eth0") if entry["handle"] != "0:"}


def need(lab: Lab, *commands: str) -> None:
    """Skip where the kernel lacks something that these commands use."""
    lab.ip("netns add @probe")
    subprocess.run(["ip", "-n", f"{lab.prefix}probe", "link", "add", "p", "type", "veth", "peer", "name", "q"], check=True)
    for command in commands:
        done = subprocess.run(["tc", "-n", f"{lab.prefix}probe", *command.split()], capture_output=True, text=True)
        if done.returncode:
            lab.ip("netns del @probe")
            pytest.skip(f"tc {command}: {done.stderr.strip().partition(chr(10))[0]}")
    lab.ip("netns del @probe")


PROBES = {
    "tbf": "rate 1mbit burst 10k limit 10k",
    "netem": "delay 1ms",
    "mq": "",
}
# kind → what it is, then what changes one after the other: in place, or replaced.
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "pfifo": ({"limit": 10}, {"limit": 20}, {}),
    "bfifo": ({"limit": "10k"}, {"limit": "20k"}, {}),
    "pfifo_fast": ({}, {}, {}),
    "noqueue": ({}, {}, {}),
    "mq": ({}, {}, {}),
    "tbf": (
        {"rate": "10mbit", "burst": "32k", "limit": "100k"},
        {"rate": "1gbit", "burst": "64k", "limit": "200k", "overhead": 4, "mpu": 64},
        {},
    ),
    "htb": ({"default": "10"}, {}, {"default": "20", "r2q": 5, "direct_qlen": 7}),
    "prio": (
        {"bands": 3},
        {"bands": 4, "priomap": [2, 1, 0, 0] * 4},
        {},
    ),
    "sfq": (
        {"limit": 100},
        {},
        {"limit": 90, "perturb": "10s", "quantum": 3000, "flows": 64, "divisor": 512, "depth": 60},
    ),
    "codel": (
        {"limit": 500},
        {"limit": 600, "target": "7ms", "interval": "70ms", "ecn": True, "ce_threshold": "1ms"},
        {},
    ),
    "fq_codel": (
        {"limit": 500},
        {
            "limit": 600, "target": "7ms", "interval": "70ms", "quantum": 1000, "ecn": False, "ce_threshold": "1ms",
            "memory_limit": "1m", "drop_batch": 32,
        },
        {"flows": 512},
    ),
    "fq": (
        {"limit": 500},
        {
            "limit": 600, "flow_limit": 50, "quantum": 4000, "initial_quantum": 9000, "maxrate": "100mbit", "buckets": 512,
            "pacing": False, "refill_delay": "80ms", "low_rate_threshold": "1mbit", "ce_threshold": "1ms", "orphan_mask": 511,
            "timer_slack": "20us", "horizon": "5s", "horizon_drop": False,
        },
        {},
    ),
    "pie": (
        {"limit": 500},
        {
            "limit": 600, "target": "20ms", "tupdate": "100ms", "alpha": 3, "beta": 10, "ecn": True, "bytemode": True,
            "dq_rate_estimator": True,
        },
        {},
    ),
    "cake": (
        {"bandwidth": "10mbit"},
        {
            "bandwidth": "20mbit", "diffserv": "besteffort", "flows": "dual-srchost", "rtt": "50ms", "overhead": 18, "mpu": 64,
            "framing": "atm", "memlimit": "1m", "nat": True, "wash": True, "ingress": True, "ack_filter": "ack-filter",
            "split_gso": False, "fwmark": 255,
        },
        {},
    ),
    "netem": (
        {"delay": "20ms"},
        {
            "limit": 500, "delay": "10500us", "jitter": "1ms", "delay_correlation": "25%", "loss": "0.1%",
            "loss_correlation": "30%", "duplicate": "1%", "duplicate_correlation": "5%", "corrupt": "0.5%",
            "corrupt_correlation": "5%", "reorder": "25%", "reorder_correlation": "50%", "gap": 5, "rate": "10mbit",
            "packet_overhead": 20, "cell_size": 53, "cell_overhead": 5, "slot_min": "1ms",
            "slot_max": "2ms", "slot_packets": 10, "slot_bytes": 10000, "ecn": True,
        },
        {},
    ),
}  # fmt: skip


def probe(lab: Lab, kind: str) -> None:
    need(lab, f"qdisc add dev p root {kind} {PROBES.get(kind, '')}" if kind != "mq" else "qdisc show")


@pytest.mark.parametrize("kind", KINDS)
def test_every_attribute_is_changed_and_changed_back(lab: Lab, kind: str) -> None:
    """One by one: in place, or by replacement, as the row says; another round never is needed."""
    probe(lab, kind)
    first, changed, replaced = KINDS[kind]
    first = {"kind": kind, **first}
    lab.converge(file(lab, first))
    assert qdiscs(lab)["1:"]["kind"] == kind
    for name, value in {**changed, **replaced}.items():
        body = {**first, name: value}
        if name == "gap":
            body["reorder"] = "10%"
        if name.endswith("_correlation"):
            body[name.removesuffix("_correlation")] = "10%" if name != "delay_correlation" else "5ms"
        if name in ("slot_max", "slot_packets", "slot_bytes"):
            body["slot_min"] = "1ms"
        if name == "ecn" and kind == "netem":
            body["loss"] = "1%"
        result = lab.converge(file(lab, body))
        (operation,) = result.plan.operations
        assert (name, operation.action) == (name, Action.REPLACE if name in replaced else Action.UPDATE)
        back = lab.converge(file(lab, first))
        assert len(back.plan.operations) <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_export_plans_to_nothing(lab: Lab, kind: str) -> None:
    probe(lab, kind)
    first, changed, replaced = KINDS[kind]
    lab.converge(file(lab, {"kind": kind, **first, **changed, **replaced}))
    exported(lab, kind)


TREE = {
    "kind": "htb",
    "default": "30",
    "classes": {
        "1:1": {
            "rate": "100mbit",
            "classes": {
                "1:10": {"rate": "10mbit", "ceil": "20mbit", "qdisc": {"kind": "pfifo", "limit": 50}},
                "1:20": {"rate": "20mbit", "burst": "15k", "cburst": "20k", "prio": 3, "quantum": 3000},
                "1:30": {"rate": "1mbit", "qdisc": {"kind": "tbf", "rate": "5mbit", "burst": "10k", "qdisc": "pfifo"}},
            },
        }
    },
}


def classes(lab: Lab) -> dict[str, dict[str, str]]:
    """tc's words; its JSON is none for htb (iproute2 6.1)."""
    found = {}
    for line in tc(lab, "class show dev eth0").splitlines():
        _, kind, handle, *words = line.replace(" root ", " parent root ").split()
        if kind == "htb":
            found[handle] = dict(zip(words[::2], words[1::2], strict=False))
    return found


def changed(**of_10: Any) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(json.dumps(TREE))
    tree["classes"]["1:1"]["classes"]["1:10"] |= of_10
    return tree


def test_a_tree_converges_in_one_apply(lab: Lab) -> None:
    lab.converge(file(lab, TREE))
    seen = classes(lab)
    assert set(seen) == {"1:1", "1:10", "1:20", "1:30"}
    assert (seen["1:10"]["rate"], seen["1:10"]["ceil"], seen["1:10"]["leaf"]) == ("10Mbit", "20Mbit", "10:")
    assert (seen["1:20"]["prio"], seen["1:20"]["burst"], seen["1:20"]["parent"]) == ("3", "15Kb", "1:1")
    assert {key: entry.get("parent") for key, entry in qdiscs(lab).items()} == {
        "1:": None,
        "10:": "1:10",
        "30:": "1:30",
        "2:": "30:1",
    }


@pytest.mark.parametrize(
    ("change", "action"),
    [
        ({"rate": "11mbit"}, Action.UPDATE),
        ({"ceil": "30mbit"}, Action.UPDATE),
        ({"burst": "9k"}, Action.UPDATE),
        ({"prio": 5}, Action.UPDATE),
        ({"quantum": 5000}, Action.UPDATE),
        ({"qdisc": {"kind": "pfifo", "limit": 60}}, Action.UPDATE),
        ({"qdisc": {"kind": "bfifo", "limit": 9000}}, Action.REPLACE),
        ({"qdisc": {"kind": "pfifo", "limit": 50, "handle": "77:"}}, Action.REPLACE),
        ({"qdisc": None}, Action.DELETE),
        ({"parent": "1:20"}, Action.REPLACE),
    ],
)
def test_a_change_within_a_tree(lab: Lab, change: dict[str, Any], action: Action) -> None:
    lab.converge(file(lab, TREE))
    result = lab.converge(file(lab, changed(**change)))
    (operation,) = result.plan.operations
    assert operation.action is action
    lab.converge(file(lab, TREE))
    assert set(classes(lab)) == {"1:1", "1:10", "1:20", "1:30"}


def test_the_root_is_replaced_with_all_that_is_in_it(lab: Lab) -> None:
    lab.converge(file(lab, TREE))
    result = lab.converge(file(lab, {**TREE, "r2q": 20}))
    assert [(op.action, op.key) for op in result.plan.operations] == [(Action.REPLACE, "root dev eth0")]
    assert set(classes(lab)) == {"1:1", "1:10", "1:20", "1:30"}


def test_a_class_that_moves_takes_its_classes_along(lab: Lab) -> None:
    """htb_delete: a class with classes in it is busy, so they are deleted before it and made again."""
    inner = {"rate": "1mbit", "classes": {"1:21": {"rate": "1mbit", "qdisc": "pfifo"}}}
    lab.converge(
        file(lab, {"kind": "htb", "classes": {"1:1": {"rate": "9mbit", "classes": {"1:2": inner}}, "1:3": {"rate": "9mbit"}}})
    )
    lab.converge(
        file(lab, {"kind": "htb", "classes": {"1:1": {"rate": "9mbit"}, "1:3": {"rate": "9mbit", "classes": {"1:2": inner}}}})
    )
    assert {key: entry.get("parent") for key, entry in classes(lab).items()} == {
        "1:1": "root",
        "1:2": "1:3",
        "1:3": "root",
        "1:21": "1:2",
    }


def test_tbf_gets_its_own_queue_back(lab: Lab) -> None:
    """tbf_graft leaves noop_qdisc behind, which drops everything: it is told its limit again, and makes a bfifo (tbf_change)."""
    body = {"kind": "tbf", "rate": "100mbit", "burst": "32k", "limit": "100k"}
    lab.converge(file(lab, {**body, "qdisc": "pfifo"}))
    lab.converge(file(lab, body))
    assert [entry["kind"] for entry in shown(lab, "qdisc show dev eth0 invisible")] == ["tbf", "bfifo"]


@pytest.mark.parametrize(
    ("command", "action"),
    [
        ("qdisc del dev eth0 root", Action.CREATE),
        ("qdisc replace dev eth0 root handle 5: pfifo limit 3", Action.REPLACE),
        ("qdisc replace dev eth0 root handle 8: htb default 30", Action.REPLACE),
        ("qdisc change dev eth0 parent 1:10 handle 10: pfifo limit 3", Action.UPDATE),
        ("qdisc del dev eth0 parent 1:10", Action.CREATE),
        ("class change dev eth0 parent 1:1 classid 1:20 htb rate 3mbit", Action.UPDATE),
        ("class add dev eth0 parent 1:1 classid 1:77 htb rate 3mbit", Action.DELETE),
        ("qdisc add dev eth0 parent 1:20 handle 99: pfifo", Action.DELETE),
        ("qdisc add dev eth0 clsact", Action.DELETE),
        ("qdisc add dev out root tbf rate 1mbit burst 10k limit 10k", Action.DELETE),
    ],
)
def test_drift_is_seen_and_mended(lab: Lab, command: str, action: Action) -> None:
    desired = file(lab, TREE)
    lab.converge(desired)
    tc(lab, command)
    operations = lab.check(desired).operations
    assert action in {operation.action for operation in operations}
    lab.converge(desired)
    assert set(classes(lab)) == {"1:1", "1:10", "1:20", "1:30"}


def test_what_the_kernel_made_is_left_alone(lab: Lab) -> None:
    """A root without a handle is the default: nothing to say about it, and it is back when ours goes."""
    before = shown(lab, "qdisc show dev eth0") if lab.converge(file(lab, None)) else []
    lab.converge(file(lab, TREE))
    lab.converge(file(lab, None))
    assert [entry["kind"] for entry in shown(lab, "qdisc show dev eth0")] == [entry["kind"] for entry in before]


@pytest.mark.parametrize(
    "command", ["link set eth0 down", "link set eth0 up", "link set eth0 mtu 1400", "link set eth0 txqlen 500"]
)
def test_what_the_link_goes_through(lab: Lab, command: str) -> None:
    desired = file(lab, TREE)
    lab.converge(desired)
    lab.ip(f"-n @a {command}")
    lab.converge(desired)
    assert set(classes(lab)) == {"1:1", "1:10", "1:20", "1:30"}


def test_a_link_that_is_replaced_keeps_its_tree(lab: Lab) -> None:
    desired = file(lab, TREE)
    lab.converge(desired)
    result = lab.converge(lab.load(BASE.replace("QDISC", json.dumps(TREE)).replace("tx_queues: 2", "tx_queues: 1")))
    assert {operation.type for operation in result.plan.operations} == {"link"}
    assert set(classes(lab)) == {"1:1", "1:10", "1:20", "1:30"}


def test_only_what_is_ours_goes_where_only_the_declared_is_managed(lab: Lab) -> None:
    lab.ip("netns add @a")
    text = BASE.replace("  @a:\n", "  @a:\n    adopt: true\n    manage: declared\n")
    lab.converge(lab.load(text.replace("QDISC", json.dumps(TREE))))
    tc(lab, "qdisc add dev out root tbf rate 1mbit burst 10k limit 10k")
    lab.converge(lab.load(text.replace("        qdisc: QDISC\n", "")))
    assert not qdiscs(lab)
    assert [entry["kind"] for entry in shown(lab, "qdisc show dev out")] == ["tbf"]


def test_kinds_are_asked_for_without_making_any(lab: Lab) -> None:
    """What the kernel has, tc can make; the rest is named before anything is touched."""
    before = lab.ip("-j link show lo")
    found = lab.kernel.probe([f"qdisc.{kind}" for kind in kinds_of("qdisc")])
    assert lab.ip("-j link show lo") == before
    assert not lab.kernel.counters.writes
    assert "qdisc.pfifo" not in found
    lab.ip("netns add @tc")
    lab.ip("-n @tc link add p type veth peer name q")
    for kind in ("netem", "fq_codel", "cake", "prio"):
        words = {"netem": "netem delay 1ms"}.get(kind, kind)
        done = subprocess.run(
            ["tc", "-n", f"{lab.prefix}tc", *f"qdisc replace dev p root {words}".split()], capture_output=True, text=True
        )
        assert (f"qdisc.{kind}" in found) is bool(done.returncode), (kind, done.stderr)
        if done.returncode:
            with pytest.raises(UnsupportedByKernel, match="kind is unknown"):
                engine.apply(file(lab, kind), lab.kernel, lab.store)


@pytest.mark.parametrize("kind", ["mq", "prio", "netem"])
def test_qdiscs_within_others(lab: Lab, kind: str) -> None:
    """Those that have classes by themselves, or one: what is taken out of them leaves a queue behind that takes packets."""
    probe(lab, kind)
    inner = {"qdisc": {"kind": "pfifo", "limit": 9}}
    one = {"kind": "netem", "delay": "1ms"}
    full = {**one, **inner} if kind == "netem" else {"kind": kind, "classes": {"1:1": inner, "1:2": inner}}
    lab.converge(file(lab, full))
    assert sum(entry["kind"] == "pfifo" for entry in qdiscs(lab).values()) == (1 if kind == "netem" else 2)
    less = one if kind == "netem" else {"kind": kind, "classes": {"1:2": inner}}
    lab.converge(file(lab, less))
    assert "noop" not in {entry["kind"] for entry in shown(lab, "qdisc show dev eth0 invisible")}
    lab.converge(file(lab, full))


def test_renamed_links_keep_theirs(lab: Lab) -> None:
    text = """
version: 1
namespaces:
  @b:
    links:
      NAME1: {kind: veth, peer: @a/a, qdisc: {kind: tbf, rate: 1mbit, burst: 10k}}
      NAME2: {kind: veth, peer: @a/b, qdisc: {kind: pfifo, limit: 7}}
  @a: {}
"""
    lab.converge(lab.load(text.replace("NAME1", "eth0").replace("NAME2", "eth1")))
    result = lab.converge(lab.load(text.replace("NAME1", "eth1").replace("NAME2", "eth0")))
    assert {operation.type for operation in result.plan.operations} == {"link"}
    done = subprocess.run(
        ["tc", "-n", f"{lab.prefix}b", "qdisc", "show", "dev", "eth1"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("qdisc tbf")


@pytest.mark.parametrize(
    "body",
    [
        {"loss_state": ["1%", "99%", "0%", "100%", "0.5%"]},
        {"loss_gemodel": ["1%", "90%", "70%", "0.1%"]},
        {"delay": "5ms", "jitter": "1ms", "distribution": "normal"},
        {"delay": "5ms", "jitter": "1ms", "distribution": "paretonormal"},
        {"rate": "40gbit"},
        {"slot_min": "800us", "slot_max": "1ms", "slot_packets": 3},
    ],
    ids=lambda body: "-".join(body),
)
def test_what_netem_has_besides(lab: Lab, body: dict[str, Any]) -> None:
    probe(lab, "netem")
    lab.converge(file(lab, {"kind": "netem", **body}))
    exported(lab, "netem")
    lab.converge(file(lab, {"kind": "netem", "loss": "1%"}))
    lab.converge(file(lab, {"kind": "netem", **body}))


def test_another_distribution_is_another_netem(lab: Lab) -> None:
    """The kernel does not tell it: the handle does."""
    probe(lab, "netem")
    body = {"kind": "netem", "delay": "5ms", "jitter": "1ms"}
    lab.converge(file(lab, {**body, "distribution": "normal"}))
    (operation,) = lab.converge(file(lab, {**body, "distribution": "pareto"})).plan.operations
    assert (operation.action, [change.name for change in operation.changes]) == (Action.REPLACE, ["handle"])


@pytest.mark.parametrize(
    "body",
    [
        {"rate": "40gbit", "burst": "1m", "limit": "2m"},
        {"rate": "10mbit", "burst": "32k", "latency": "20ms", "peakrate": "20mbit", "mtu": 1600},
        {"rate": "8kbit", "burst": 2000, "limit": 3000, "overhead": 24, "mpu": 64},
    ],
    ids=["fast", "peak", "slow"],
)
def test_rates_of_every_size(lab: Lab, body: dict[str, Any]) -> None:
    lab.converge(file(lab, {"kind": "tbf", **body}))
    exported(lab, "tbf")
    tree = {
        "kind": "htb",
        "classes": {"1:1": {"rate": body["rate"], "burst": body["burst"], "cburst": body["burst"], "ceil": "100gbit"}},
    }
    lab.converge(file(lab, tree))
    exported(lab, "htb")


def exported(lab: Lab, kind: str) -> None:
    """What is there can be written down, and that plans to nothing."""
    name = f"{lab.prefix}a"
    text = export_yaml(lab.kernel.observe({name: Want(things=frozenset(("qdisc", "tclass", "tfilter")))}).namespaces, lab.name)
    assert yaml.safe_load(text)["namespaces"][name]["links"]["eth0"]["qdisc"]["kind"] == kind
    assert not lab.check(config.loads(text)), text


@pytest.mark.parametrize(
    "start", [TREE, {"kind": "tbf", "rate": "1mbit", "burst": "10k", "qdisc": {"kind": "bfifo", "limit": 9000}}]
)
def test_what_fails_is_rolled_back(lab: Lab, start: dict[str, Any]) -> None:
    """The whole tree is as it was, after the first half of a plan whose second half the kernel refused."""
    text = BASE.replace("  @a:\n", "  @a:\n    routes: [ROUTE]\n")
    lab.converge(lab.load(text.replace("QDISC", json.dumps(start)).replace("ROUTE", "")))
    before = (tc(lab, "qdisc show"), classes(lab))
    wrong = text.replace("QDISC", json.dumps({"kind": "pfifo", "limit": 3})).replace("ROUTE", "{to: 10.9.0.0/16, via: 10.8.0.1}")
    assert engine.apply(lab.load(wrong), lab.kernel, lab.store).result == "rolled_back"
    assert (tc(lab, "qdisc show"), classes(lab)) == before
