"""Filters on the real kernel against tc(8), and that they and qdiscs do what they say."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from nsmgr import config
from nsmgr.icmp import Reply, ping
from nsmgr.kernel import libc
from nsmgr.kernel.netns import in_thread
from nsmgr.kernel.port import Want
from nsmgr.plan.plan import Action
from nsmgr.render.export import export_yaml
from tests.kernel.lab import Lab
from tests.kernel.test_traffic_control import classes, file, need, shown, tc

POLICE = "action police rate 1mbit burst 10k"
PROBES = {
    "u32": "u32 match ip dport 80 0xffff",
    "flower": "flower ip_proto tcp dst_port 80",
    "matchall": "matchall",
}
# what is written → what `tc -j filter show` says of it.
LOOKS: list[tuple[str, dict[str, Any]]] = [
    ("matchall", {}),
    ("matchall", {"protocol": "ip"}),
    ("u32", {"dst": "10.0.0.0/24"}),
    ("u32", {"src": "10.0.0.1", "dst": "10.1.0.0/16", "ip_proto": "tcp", "sport": 1000, "dport": 80, "tos": 16}),
    ("u32", {"src": "2001:db8::/33", "ip_proto": "udp", "dport": 53}),
    ("u32", {"protocol": "all", "match": ["0x00060000/0x00ff0000 at 8", "0x1/0xff at -4"]}),
    ("flower", {}),
    ("flower", {"src": "10.0.0.0/24", "dst": "10.0.0.1/32", "ip_proto": "tcp", "src_port": 1000, "dst_port": 80}),
    ("flower", {"src": "2001:db8::/32", "ip_proto": "udp", "dst_port": 53, "tos": 8, "ttl": 64}),
    (
        "flower",
        {"protocol": "ip", "ip_proto": "sctp", "dst_port": 9, "src_mac": "02:00:00:00:00:01", "dst_mac": "02:00:00:00:00:02"},
    ),
    ("flower", {"protocol": "802.1q", "vlan_id": 7, "vlan_prio": 3}),
    ("flower", {"ip_proto": "icmp", "icmp_type": 8, "icmp_code": 0}),
    ("flower", {"ip_proto": "icmpv6", "icmp_type": 128}),
    ("flower", {"protocol": "ipv6", "ip_proto": 99}),
]
DOES: list[dict[str, Any]] = [
    {"action": "drop"},
    {"action": "pass"},
    {"police": "1mbit", "police_burst": "10k"},
    {"police": "40gbit", "police_burst": "1m", "exceed": "continue", "conform": "pass", "police_mtu": 1500},
    {"redirect": "out"},
    {"mirror": "out", "action": "drop"},
    {"police": "1mbit", "police_burst": "10k", "redirect": "out"},
]


def probe(lab: Lab, kind: str, does: dict[str, Any]) -> None:
    action = "action drop"
    action += f" {POLICE}" if "police" in does else ""
    action += " action mirred egress redirect dev q" if "redirect" in does or "mirror" in does else ""
    need(lab, "qdisc add dev p clsact", f"filter add dev p ingress protocol ip {PROBES[kind]} {action}")


def hooks(*filters: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "clsact", "ingress": list(filters)}


@pytest.mark.parametrize(("kind", "looks"), LOOKS, ids=[f"{kind}{number}" for number, (kind, _) in enumerate(LOOKS)])
def test_what_it_looks_for(lab: Lab, kind: str, looks: dict[str, Any]) -> None:
    probe(lab, kind, {"action": ""})
    body = {"kind": kind, **looks, "action": "drop"}
    lab.converge(file(lab, hooks(body)))
    tc(lab, "filter del dev eth0 ingress pref 10")
    assert [op.action for op in lab.converge(file(lab, hooks(body))).plan.operations] == [Action.CREATE]
    exported(lab)


@pytest.mark.parametrize("kind", PROBES)
@pytest.mark.parametrize("does", DOES, ids=["-".join(does) for does in DOES])
def test_what_it_does(lab: Lab, kind: str, does: dict[str, Any]) -> None:
    """Made, then made of another one: flower changes in place, the others are replaced."""
    probe(lab, kind, does)
    looks = {"protocol": "ip", "dport": 80} if kind == "u32" else {}
    lab.converge(file(lab, hooks({"kind": kind, **looks, **does})))
    exported(lab)
    result = lab.converge(file(lab, hooks({"kind": kind, **looks, "action": "continue"})))
    assert {operation.action for operation in result.plan.operations} == {Action.UPDATE if kind == "flower" else Action.REPLACE}
    lab.converge(file(lab, hooks({"kind": kind, **looks, **does})))


def exported(lab: Lab) -> None:
    """What is there can be written down, and that plans to nothing."""
    name = f"{lab.prefix}a"
    states = lab.kernel.observe({name: Want(things=frozenset(("qdisc", "tclass", "tfilter")))}).namespaces
    text = export_yaml(states, lab.name)
    assert "ingress:" in text
    assert not lab.check(config.loads(text)), text


TREE = {
    "kind": "htb",
    "default": "20",
    "classes": {"1:10": {"rate": "10mbit"}, "1:20": {"rate": "20mbit"}},
    "filters": [
        {"kind": "u32", "protocol": "ip", "dport": 80, "flowid": "1:10"},
        {"kind": "u32", "dst": "10.0.0.0/8", "flowid": "1:20"},
    ],
}


def filters(lab: Lab) -> list[tuple[int, str]]:
    return [(entry["pref"], entry["options"]["flowid"]) for entry in shown(lab, "filter show dev eth0") if "flowid" in str(entry)]


def test_filters_of_classes(lab: Lab) -> None:
    """A class that a filter leads to is busy (htb_delete): the filter goes first, and is back."""
    need(lab, "qdisc add dev p root handle 1: prio", f"filter add dev p parent 1: protocol ip {PROBES['u32']}")
    lab.converge(file(lab, TREE))
    assert filters(lab) == [(10, "1:10"), (20, "1:20")]
    other: dict[str, Any] = json.loads(json.dumps(TREE).replace("1:10", "1:30"))
    lab.converge(file(lab, other))
    assert filters(lab) == [(10, "1:30"), (20, "1:20")]
    assert set(classes(lab)) == {"1:20", "1:30"}
    deeper = {**TREE, "classes": {"1:1": {"rate": "50mbit", "classes": TREE["classes"]}}}
    lab.converge(file(lab, deeper))
    assert filters(lab) == [(10, "1:10"), (20, "1:20")]
    lab.converge(file(lab, {**deeper, "r2q": 5}))
    assert filters(lab) == [(10, "1:10"), (20, "1:20")]


@pytest.mark.parametrize(
    ("command", "action"),
    [
        ("filter del dev eth0 ingress", Action.CREATE),
        ("filter del dev eth0 ingress pref 10", Action.CREATE),
        ("filter add dev eth0 ingress pref 5 protocol all matchall action pass", Action.DELETE),
        ("filter add dev eth0 egress pref 5 protocol all matchall action pass", Action.DELETE),
        ("filter add dev eth0 ingress pref 10 protocol ip flower ip_proto udp action pass", Action.DELETE),
        ("filter replace dev eth0 ingress pref 10 handle 1 protocol ip flower ip_proto udp action pass", Action.UPDATE),
        ("filter replace dev eth0 ingress pref 10 handle 1 protocol ip flower ip_proto tcp action skbedit mark 1", Action.UPDATE),
        ("qdisc del dev eth0 clsact", Action.CREATE),
    ],
)
def test_drift_is_seen_and_mended(lab: Lab, command: str, action: Action) -> None:
    probe(lab, "flower", {"action": ""})
    need(lab, "qdisc add dev p clsact", "filter add dev p ingress matchall action pass")
    desired = file(lab, hooks({"kind": "flower", "protocol": "ip", "ip_proto": "tcp", "action": "drop"}))
    lab.converge(desired)
    tc(lab, command)
    assert action in {operation.action for operation in lab.check(desired).operations}
    lab.converge(desired)


def test_a_link_that_is_sent_to_is_replaced(lab: Lab) -> None:
    """mirred forgets a link that goes (mirred_device_event): the filter is made again in the same plan."""
    probe(lab, "matchall", {"redirect": "out"})
    desired = file(lab, hooks({"kind": "matchall", "redirect": "out"}))
    lab.converge(desired)
    lab.ip("-n @a link del out")
    lab.converge(desired)
    again = lab.load(
        f"""
version: 1
namespaces:
  @a:
    links:
      eth0: {{kind: veth, peer: @a/eth1, tx_queues: 2, qdisc: {json.dumps(hooks({"kind": "matchall", "redirect": "out"}))}}}
      eth1: {{}}
      out: {{kind: veth, peer: @a/out1, tx_queues: 3}}
      out1: {{}}
"""
    )
    lab.converge(again)


# ------------------------------------------------------------------------------------------------------------- what they do

PAIR = """
version: 1
namespaces:
  @a: {links: {eth0: {kind: veth, peer: @b/eth0, addresses: [10.0.0.1/24], qdisc: QDISC}}}
  @b: {links: {eth0: {addresses: [10.0.0.2/24]}}}
"""


def pair(lab: Lab, qdisc: Any) -> None:
    lab.converge(lab.load(PAIR.replace("QDISC", json.dumps(qdisc))))


def echo(lab: Lab, timeout: float) -> Reply:
    return ping("10.0.0.2", netns=f"{lab.prefix}a", timeout=timeout)


def test_netem_delays(lab: Lab) -> None:
    need(lab, "qdisc add dev p root netem delay 1ms")
    pair(lab, {"kind": "netem", "delay": "60ms", "jitter": "1ms", "distribution": "normal"})
    reply = echo(lab, 10)
    assert reply.received == 1
    assert reply.rtts[0] >= 0.055
    pair(lab, {"kind": "netem", "loss": "100%"})
    assert not echo(lab, 0.3)
    pair(lab, {"kind": "netem"})  # what is not written is off
    assert echo(lab, 10)


def test_tbf_slows(lab: Lab) -> None:
    """Twenty packets of 1000 bytes at 100,000 bytes a second, after a burst of two."""
    pair(lab, {"kind": "tbf", "rate": "800kbit", "burst": 2100, "limit": "100k"})
    receiver = inside(lab, "b", lambda: udp(("10.0.0.2", 7777)))
    sender = inside(lab, "a", lambda: udp(("10.0.0.1", 0)))
    with receiver, sender:
        receiver.settimeout(10)
        sender.sendto(b"neighbour", ("10.0.0.2", 7777))
        receiver.recv(2000)
        begin = time.monotonic()
        for _ in range(20):
            sender.sendto(bytes(1000), ("10.0.0.2", 7777))
        for _ in range(20):
            receiver.recv(2000)
        assert time.monotonic() - begin >= 0.15


def test_a_filter_drops(lab: Lab) -> None:
    probe(lab, "matchall", {"action": ""})
    need(lab, "qdisc add dev p clsact", "filter add dev p egress protocol ip matchall action drop")
    pair(lab, {"kind": "clsact", "egress": [{"kind": "matchall", "protocol": "ip", "action": "drop"}]})
    assert not echo(lab, 0.3)
    pair(lab, {"kind": "clsact", "egress": [{"kind": "matchall", "protocol": "ip", "action": "pass"}]})
    assert echo(lab, 10)


def udp(address: tuple[str, int]) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(address)
    return made


def inside(lab: Lab, netns: str, work: Callable[[], socket.socket]) -> socket.socket:
    def enter() -> socket.socket:
        with open(f"/run/netns/{lab.prefix}{netns}") as file:
            libc.setns(file.fileno(), libc.CLONE_NEWNET)
        return work()

    return in_thread(enter)
