"""Forwarding entries on the real kernel, against `bridge fdb`."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from nsmgr.kernel.port import Want
from nsmgr.plan.plan import Action, Verb
from nsmgr.render.export import export_yaml
from tests.kernel.lab import Lab

FILE = """
version: 1
namespaces:
  @a:
    links:
      br0:
        kind: bridge
        fdb: [02:00:00:00:00:0b self]
      p1:
        kind: veth
        peer: @b/eth0
        controller: br0
        fdb:
          - 02:00:00:00:00:01
          - {lladdr: 02:00:00:00:00:02, sticky: true}
          - {lladdr: 02:00:00:00:00:03, state: permanent}
          - 02:00:00:00:00:04 self
      p2: {kind: veth, peer: @b/eth1, controller: br0}
      under: {kind: veth, peer: @b/eth2, addresses: [10.0.0.1/24]}
      vx7:
        kind: vxlan
        id: 7
        port: 4789
        local: 10.0.0.1
        remote: 10.0.0.2
        parent: under
        controller: br0
        fdb:
          - 00:00:00:00:00:00 dst 10.0.0.3
          - 00:00:00:00:00:00 dst 10.0.0.4 port 4790 vni 8 via under
          - 02:00:00:00:00:12 dst 10.0.0.2
          - {lladdr: 02:00:00:00:00:13, dst: 10.0.0.3, vni: 9, state: static}
          - 02:00:00:00:00:14
  @b: {}
"""


def bridge(lab: Lab, command: str) -> str:
    done = subprocess.run(["bridge", "-n", f"{lab.prefix}a", *command.split()], capture_output=True, text=True)
    assert done.returncode == 0, f"bridge {command}: {done.stderr}"
    return done.stdout


def entries(lab: Lab, link: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(bridge(lab, f"-j fdb show dev {link}"))
    return found


def seen(lab: Lab, link: str, mac: str) -> list[dict[str, Any]]:
    """Without the copies in the VLAN that every port of a bridge has where the kernel knows VLANs."""
    return [entry for entry in entries(lab, link) if entry["mac"] == mac and "vlan" not in entry]


def test_made_as_bridge_shows_them(lab: Lab) -> None:
    lab.converge(lab.load(FILE))
    (one,) = seen(lab, "p1", "02:00:00:00:00:01")
    assert (one["master"], one["state"]) == ("br0", "static")
    (two,) = seen(lab, "p1", "02:00:00:00:00:02")
    assert "sticky" in two["flags"]
    assert seen(lab, "p1", "02:00:00:00:00:03")[0]["state"] == "permanent"
    assert "self" in seen(lab, "p1", "02:00:00:00:00:04")[0]["flags"]
    assert [entry["state"] for entry in seen(lab, "br0", "02:00:00:00:00:0b")] == ["permanent"]
    remotes = {entry["dst"]: entry for entry in seen(lab, "vx7", "00:00:00:00:00:00")}
    assert set(remotes) == {"10.0.0.2", "10.0.0.3", "10.0.0.4"}
    far = remotes["10.0.0.4"]
    assert (far["port"], far["vni"], far["viaIf"]) == (4790, 8, "under")
    assert seen(lab, "vx7", "02:00:00:00:00:12")[0]["dst"] == "10.0.0.2"
    (other,) = seen(lab, "vx7", "02:00:00:00:00:13")
    assert (other["dst"], other["vni"], other["state"]) == ("10.0.0.3", 9, "static")
    assert seen(lab, "vx7", "02:00:00:00:00:14")[0]["master"] == "br0"


@pytest.mark.parametrize(
    ("command", "action"),
    [
        ("del 02:00:00:00:00:01 dev p1 master", Action.CREATE),
        ("replace 02:00:00:00:00:01 dev p1 master permanent", Action.UPDATE),
        ("replace 02:00:00:00:00:03 dev p1 master static", Action.UPDATE),
        ("add 02:00:00:00:00:77 dev p1 master static", Action.DELETE),
        ("del 02:00:00:00:00:04 dev p1 self", Action.CREATE),
        ("del 02:00:00:00:00:0b dev br0 self", Action.CREATE),
        ("del 00:00:00:00:00:00 dev vx7 dst 10.0.0.3 self", Action.CREATE),
        ("append 00:00:00:00:00:00 dev vx7 dst 10.0.0.9 self", Action.DELETE),
        ("del 02:00:00:00:00:12 dev vx7 self", Action.CREATE),
        ("replace 02:00:00:00:00:12 dev vx7 dst 10.0.0.9 self permanent", Action.UPDATE),
        ("replace 02:00:00:00:00:13 dev vx7 dst 10.0.0.3 self static vni 11", Action.UPDATE),
    ],
)
def test_drift_is_seen_and_mended(lab: Lab, command: str, action: Action) -> None:
    desired = lab.load(FILE)
    lab.converge(desired)
    bridge(lab, f"fdb {command}")
    (operation,) = lab.check(desired).operations
    assert operation.action is action
    lab.converge(desired)


@pytest.mark.parametrize(
    "command",
    [
        "add 02:00:00:00:00:50 dev p1 master dynamic",
        "add 02:00:00:00:00:51 dev p1 master dynamic extern_learn",
        "add 02:00:00:00:00:52 dev vx7 dst 10.0.0.9 self static extern_learn",
        "add 02:00:00:00:00:53 dev vx7 dst 10.0.0.9 self dynamic",
        "add 02:00:00:00:00:54 dev under self",
    ],
)
def test_what_others_learned_is_left_alone(lab: Lab, command: str) -> None:
    desired = lab.load(FILE)
    lab.converge(desired)
    bridge(lab, f"fdb {command}")
    assert not lab.check(desired)


@pytest.mark.parametrize(
    ("old", "new", "verbs"),
    [
        ("02:00:00:00:00:12 dst 10.0.0.2", "02:00:00:00:00:12 dst 10.0.0.5", [Verb.THING_SET]),
        ("dst: 10.0.0.3, vni: 9", "dst: 10.0.0.3, vni: 10", [Verb.THING_SET]),
        ("sticky: true", "sticky: false", [Verb.THING_SET]),
        ("02:00:00:00:00:03, state: permanent", "02:00:00:00:00:03, state: static", [Verb.THING_SET]),
        ("00:00 dst 10.0.0.3", "00:00 dst 10.0.0.5", [Verb.THING_DEL, Verb.THING_ADD]),
        ("port 4790 vni 8", "port 4791 vni 8", [Verb.THING_DEL, Verb.THING_ADD]),
        ("          - 02:00:00:00:00:01\n", "", [Verb.THING_DEL]),
        ("          - 02:00:00:00:00:14\n", "", [Verb.THING_DEL]),
        ("          - 02:00:00:00:00:12 dst 10.0.0.2\n", "", [Verb.THING_DEL]),
        ("          - 00:00:00:00:00:00 dst 10.0.0.3\n", "", [Verb.THING_DEL]),
    ],
)
def test_changes(lab: Lab, old: str, new: str, verbs: list[Verb]) -> None:
    assert old in FILE
    lab.converge(lab.load(FILE))
    result = lab.converge(lab.load(FILE.replace(old, new)))
    assert [step.verb for step in result.plan.steps] == verbs


def test_an_address_moves_to_another_port(lab: Lab) -> None:
    lab.converge(lab.load(FILE))
    moved = FILE.replace("          - 02:00:00:00:00:01\n", "").replace(
        "p2: {kind: veth, peer: @b/eth1, controller: br0}",
        "p2: {kind: veth, peer: @b/eth1, controller: br0, fdb: [02:00:00:00:00:01]}",
    )
    lab.converge(lab.load(moved))
    assert seen(lab, "p2", "02:00:00:00:00:01")
    assert not seen(lab, "p1", "02:00:00:00:00:01")


def test_what_was_learned_becomes_the_declared_entry(lab: Lab) -> None:
    desired = lab.load(FILE)
    lab.converge(desired)
    bridge(lab, "fdb del 02:00:00:00:00:01 dev p1 master")
    bridge(lab, "fdb add 02:00:00:00:00:01 dev p2 master dynamic")
    lab.converge(desired)
    assert seen(lab, "p1", "02:00:00:00:00:01")[0]["state"] == "static"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: veth\n        peer: @b/eth0", "kind: veth\n        tx_queues: 2\n        peer: @b/eth0"),
        ("kind: veth\n        peer: @b/eth0", 'kind: veth\n        mac: "02:00:00:00:00:aa"\n        peer: @b/eth0'),
        ("kind: veth\n        peer: @b/eth0", "kind: veth\n        state: down\n        peer: @b/eth0"),
        ("id: 7", "id: 17"),
        ("remote: 10.0.0.2", "remote: 10.0.0.8"),
    ],
)
def test_they_outlive_what_happens_to_their_link(lab: Lab, old: str, new: str) -> None:
    lab.converge(lab.load(FILE))
    lab.converge(lab.load(FILE.replace(old, new)))
    assert seen(lab, "p1", "02:00:00:00:00:01")
    assert seen(lab, "vx7", "02:00:00:00:00:12")


@pytest.mark.parametrize("command", ["link set p1 down", "link set p1 nomaster", "link set vx7 nomaster", "link set vx7 down"])
def test_they_come_back_after_what_others_did_to_their_link(lab: Lab, command: str) -> None:
    desired = lab.load(FILE)
    lab.converge(desired)
    lab.ip(f"-n @a {command}")
    lab.converge(desired)
    assert seen(lab, "p1", "02:00:00:00:00:01")
    assert seen(lab, "vx7", "02:00:00:00:00:14")


def test_a_port_with_the_address_of_a_static_entry_is_no_drift(lab: Lab) -> None:
    """The kernel's own entries for the addresses of the bridge and its ports are not seen at all."""
    desired = lab.load(FILE.replace("fdb: [02:00:00:00:00:0b self]", 'mac: "02:00:00:00:00:bb"'))
    lab.converge(desired)
    lab.ip("-n @a link set p2 address 02:00:00:00:00:cc")
    assert not lab.check(desired)


def test_strangers_stay_in_a_namespace_managed_as_declared(lab: Lab) -> None:
    text = FILE.replace("  @a:\n", "  @a:\n    manage: declared\n")
    lab.converge(lab.load(text))
    bridge(lab, "fdb add 02:00:00:00:00:77 dev p1 master static")
    lab.converge(lab.load(text))
    assert seen(lab, "p1", "02:00:00:00:00:77")


def test_export_says_the_same(lab: Lab) -> None:
    lab.converge(lab.load(FILE))
    wants = {f"{lab.prefix}{name}": Want(things=frozenset(("fdb",))) for name in "ab"}
    text = export_yaml(lab.kernel.observe(wants).namespaces, lab.name)
    assert "02:00:00:00:00:13" in text
    from nsmgr import config

    assert not lab.check(config.loads(text))


def test_next_hops_instead_of_a_remote(lab: Lab) -> None:
    hops = """    nexthops:
      1: {via: 10.0.0.2, fdb: true}
      2: {via: 10.0.0.3, fdb: true}
      10: {group: [1, 2], fdb: true}
  @b: {}
"""
    grouped = FILE.replace("  @b: {}\n", hops).replace("02:00:00:00:00:12 dst 10.0.0.2", "02:00:00:00:00:12 nhid 10")
    lab.converge(lab.load(grouped))
    assert seen(lab, "vx7", "02:00:00:00:00:12")[0]["nhid"] == 10
    lab.ip("-n @a nexthop del id 10")
    lab.converge(lab.load(grouped))
    assert seen(lab, "vx7", "02:00:00:00:00:12")[0]["nhid"] == 10
    lab.converge(lab.load(FILE))
    assert seen(lab, "vx7", "02:00:00:00:00:12")[0]["dst"] == "10.0.0.2"
    lab.converge(lab.load(grouped))
    lab.converge(
        lab.load(grouped.replace("10: {group: [1, 2], fdb: true}", "11: {group: [1, 2], fdb: true}").replace("nhid 10", "nhid 11"))
    )
    assert seen(lab, "vx7", "02:00:00:00:00:12")[0]["nhid"] == 11


METADATA = """
version: 1
namespaces:
  @a:
    links:
      under: {kind: veth, peer: @b/eth0, addresses: [10.0.0.1/24]}
      vx:
        kind: vxlan
        external: true
        fdb:
          - 00:00:00:00:00:00 dst 10.0.0.2 src_vni 100 vni 100
          - 00:00:00:00:00:00 dst 10.0.0.2 src_vni 200 vni 200
          - {lladdr: 02:00:00:00:00:01, dst: 10.0.0.2, src_vni: 100, vni: 300, extern_learn: true}
      vx9: {kind: vxlan, id: 9, port: 4790, rsc: true, fdb: [{lladdr: 02:00:00:00:00:09, dst: 10.0.0.2, router: true}]}
  @b: {}
"""


def test_entries_by_vni(lab: Lab) -> None:
    lab.converge(lab.load(METADATA))
    assert {(e["src_vni"], e["vni"]) for e in seen(lab, "vx", "00:00:00:00:00:00")} == {(100, 100), (200, 200)}
    assert "router" in seen(lab, "vx9", "02:00:00:00:00:09")[0]["flags"]
    lab.converge(lab.load(METADATA.replace("src_vni 200 vni 200", "src_vni 201 vni 200").replace("vni: 300", "vni: 301")))
    assert {e["src_vni"] for e in seen(lab, "vx", "00:00:00:00:00:00")} == {100, 201}
    assert seen(lab, "vx", "02:00:00:00:00:01")[0]["vni"] == 301
    lab.converge(lab.load(METADATA.replace("router: true", "router: false").replace(", extern_learn: true", "")))
    assert "router" not in seen(lab, "vx9", "02:00:00:00:00:09")[0]["flags"]
    lab.converge(lab.load(METADATA.replace("vni: 300, extern_learn: true", "vni: 300, extern_learn: false")))
    assert "extern_learn" not in seen(lab, "vx", "02:00:00:00:00:01")[0]["flags"]
