"""Multicast groups of bridges on the real kernel, against `bridge mdb`."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from nsmgr import config
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
        mcast_igmp_version: 3
        mcast_mld_version: 2
        mdb: ["01:02:03:04:05:07"]
      p1:
        kind: veth
        peer: @b/eth0
        controller: br0
        mdb:
          - 239.1.1.1
          - "ff05::1:3"
          - "01:02:03:04:05:06"
          - 239.1.1.2 source 10.0.0.1
          - {group: 239.1.1.3, mode: include, sources: [10.0.0.2, 10.0.0.1]}
      p2: {kind: veth, peer: @b/eth1, controller: br0}
  @b: {}
"""


def bridge(lab: Lab, command: str) -> str:
    done = subprocess.run(["bridge", "-n", f"{lab.prefix}a", *command.split()], capture_output=True, text=True)
    assert done.returncode == 0, f"bridge {command}: {done.stderr}"
    return done.stdout


def groups(lab: Lab, port: str) -> dict[str, dict[str, Any]]:
    """Those that do not age, and Ethernet groups of the bridge, of which the kernel does not tell; without what was snooped."""
    (shown,) = json.loads(bridge(lab, "-j -d mdb show"))
    told = [e for e in shown["mdb"] if e["port"] == port and (e["state"] == "permanent" or e["grp"].startswith("01:"))]
    return {f"{e['grp']} {e.get('src', '')}".strip(): e for e in told}


def test_made_as_bridge_shows_them(lab: Lab) -> None:
    lab.converge(lab.load(FILE))
    seen = groups(lab, "p1")
    assert set(seen) == {
        "239.1.1.1", "ff05::1:3", "01:02:03:04:05:06", "239.1.1.2 10.0.0.1",
        "239.1.1.3", "239.1.1.3 10.0.0.1", "239.1.1.3 10.0.0.2",
    }  # fmt: skip
    assert {entry["state"] for entry in seen.values()} == {"permanent"}
    assert seen["239.1.1.3"]["filter_mode"] == "include"
    assert {source["address"] for source in seen["239.1.1.3"]["source_list"]} == {"10.0.0.1", "10.0.0.2"}
    assert set(groups(lab, "br0")) == {"01:02:03:04:05:07"}


@pytest.mark.parametrize(
    ("command", "action"),
    [
        ("mdb del dev br0 port p1 grp 239.1.1.1", Action.CREATE),
        ("mdb del dev br0 port p1 grp 01:02:03:04:05:06", Action.CREATE),
        ("mdb del dev br0 port p1 grp 239.1.1.2 src 10.0.0.1", Action.CREATE),
        # Not the bridge's own: br_multicast_host_leave() leaves a timer behind, which takes away what is joined again at once.
        ("mdb add dev br0 port p2 grp 239.1.1.7 permanent", Action.DELETE),
        ("mdb add dev br0 port p2 grp 239.1.1.7 src 10.0.0.9 permanent", Action.DELETE),
    ],
)
def test_drift_is_seen_and_mended(lab: Lab, command: str, action: Action) -> None:
    desired = lab.load(FILE)
    lab.converge(desired)
    bridge(lab, command)
    (operation,) = lab.check(desired).operations
    assert operation.action is action
    lab.converge(desired)


def test_what_was_learned_is_left_alone_until_it_is_declared(lab: Lab) -> None:
    desired = lab.load(FILE)
    lab.converge(desired)
    bridge(lab, "mdb add dev br0 port p2 grp 239.1.1.8 temp")
    assert not lab.check(desired)
    lab.converge(lab.load(FILE.replace("@b/eth1, controller: br0}", "@b/eth1, controller: br0, mdb: [239.1.1.8]}")))
    assert groups(lab, "p2")["239.1.1.8"]["state"] == "permanent"


@pytest.mark.parametrize(
    ("old", "new", "verbs"),
    [
        ("mode: include", "mode: exclude", [Verb.THING_SET]),
        ("sources: [10.0.0.2, 10.0.0.1]", "sources: [10.0.0.3]", [Verb.THING_SET]),
        ("          - 239.1.1.1\n", "", [Verb.THING_DEL]),
        ("          - 239.1.1.1\n", "          - {group: 239.1.1.1, proto: 78}\n", [Verb.THING_SET]),
        ('"ff05::1:3"', '"ff05::1:4"', [Verb.THING_DEL, Verb.THING_ADD]),
        ("239.1.1.2 source 10.0.0.1", "239.1.1.2 source 10.0.0.2", [Verb.THING_DEL, Verb.THING_ADD]),
        ("          - {group: 239.1.1.3, mode: include, sources: [10.0.0.2, 10.0.0.1]}\n", "", [Verb.THING_DEL]),
    ],
)
def test_changes(lab: Lab, old: str, new: str, verbs: list[Verb]) -> None:
    assert old in FILE
    lab.converge(lab.load(FILE))
    result = lab.converge(lab.load(FILE.replace(old, new)))
    assert [step.verb for step in result.plan.steps] == verbs


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: veth\n        peer: @b/eth0", "kind: veth\n        tx_queues: 2\n        peer: @b/eth0"),
        ("kind: veth\n        peer: @b/eth0", "kind: veth\n        state: down\n        peer: @b/eth0"),
        ("kind: bridge", "kind: bridge\n        ageing_time: 100s"),
    ],
)
def test_they_outlive_what_happens_to_their_link(lab: Lab, old: str, new: str) -> None:
    lab.converge(lab.load(FILE))
    lab.converge(lab.load(FILE.replace(old, new)))
    assert len(groups(lab, "p1")) == 7


def test_they_move_to_another_bridge_with_their_port(lab: Lab) -> None:
    lab.converge(lab.load(FILE))
    text = FILE.replace("p1:\n", "br1: {kind: bridge, mcast_igmp_version: 3}\n      p1:\n").replace(
        "@b/eth0\n        controller: br0", "@b/eth0\n        controller: br1"
    )
    lab.converge(lab.load(text))
    shown = json.loads(bridge(lab, "-j mdb show dev br1"))
    assert len([entry for part in shown for entry in part["mdb"] if entry["state"] == "permanent"]) == 7


@pytest.mark.parametrize("command", ["link set p1 down", "link set p1 nomaster", "link set br0 type bridge mcast_snooping 0"])
def test_they_come_back_after_what_others_did(lab: Lab, command: str) -> None:
    desired = lab.load(FILE.replace("kind: bridge", "kind: bridge\n        mcast_snooping: true"))
    lab.converge(desired)
    lab.ip(f"-n @a {command}")
    lab.converge(desired)
    assert len(groups(lab, "p1")) == 7


def test_export_says_the_same(lab: Lab) -> None:
    lab.converge(lab.load(FILE))
    wants = {f"{lab.prefix}{name}": Want(things=frozenset(("mdb",))) for name in "ab"}
    exported = export_yaml(lab.kernel.observe(wants).namespaces, lab.name)
    assert "ff05::1:3" in exported
    assert not lab.check(config.loads(exported))
