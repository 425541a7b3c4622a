"""The VNIs of a vxlan with a filter on the real kernel, against `bridge vni`."""

from __future__ import annotations

import json
import subprocess

import pytest

from nsmgr.plan.plan import Action
from tests.kernel.lab import Lab

FILE = """
version: 1
namespaces:
  @a:
    links:
      low: {kind: veth, peer: @b/low, addresses: [10.0.0.1/24]}
      plain: {kind: vxlan, id: 5, port: 9999}
      vx0:
        kind: vxlan
        external: true
        vnifilter: true
        port: 4789
        local: 10.0.0.1
        parent: low
        vnis: [10, 12-15, {vni: 20, group: 10.0.0.7}, {vni: 30, end: 31, group: 239.1.1.1}]
  @b: {}
"""


def bridge(lab: Lab, words: str) -> str:
    try:
        done = subprocess.run(["bridge", *words.replace("@", lab.prefix).split()], capture_output=True, text=True, check=True)
    except FileNotFoundError:
        pytest.skip("there is no bridge(8)")
    return done.stdout


def shown(lab: Lab) -> list[tuple[int, int, str]]:
    (entry,) = json.loads(bridge(lab, "-j -n @a vni show dev vx0"))
    return [(vni["vni"], vni.get("vniEnd", vni["vni"]), vni.get("remote", vni.get("group", ""))) for vni in entry["vnis"]]


def test_made_as_bridge_shows_them(lab: Lab) -> None:
    lab.converge(lab.load(FILE))
    assert shown(lab) == [(10, 10, ""), (12, 15, ""), (20, 20, "10.0.0.7"), (30, 31, "239.1.1.1")]


@pytest.mark.parametrize(
    ("command", "action"),
    [
        ("vni delete vni 13 dev vx0", Action.CREATE),
        ("vni add vni 77 dev vx0", Action.DELETE),
        ("vni add vni 20 remote 10.0.0.8 dev vx0", Action.REPLACE),
        ("vni delete vni 30-31 dev vx0", Action.CREATE),
    ],
)
def test_drift_is_seen_and_mended(lab: Lab, command: str, action: Action) -> None:
    desired = lab.load(FILE)
    lab.converge(desired)
    before = shown(lab)
    bridge(lab, f"-n @a {command}")
    assert {operation.action for operation in lab.check(desired).operations} == {action}
    lab.converge(desired)
    assert shown(lab) == before


def test_a_changed_group_leaves_nothing_behind(lab: Lab) -> None:
    lab.converge(lab.load(FILE))
    lab.converge(lab.load(FILE.replace("10.0.0.7", "10.0.0.8")))
    remotes = {entry.get("dst") for entry in json.loads(bridge(lab, "-j -n @a fdb show dev vx0")) if entry.get("src_vni") == 20}
    assert remotes == {"10.0.0.8"}


@pytest.mark.parametrize("change", ["port: 4790", "ttl: 9", "state: down"])
def test_they_outlive_what_happens_to_their_link(lab: Lab, change: str) -> None:
    lab.converge(lab.load(FILE))
    before = shown(lab)
    lab.converge(lab.load(FILE.replace("port: 4789", change if change.startswith("port") else f"port: 4789\n        {change}")))
    assert shown(lab) == before


def test_they_go_when_they_leave_the_file(lab: Lab) -> None:
    lab.converge(lab.load(FILE))
    lab.converge(lab.load(FILE.replace("[10, 12-15, {vni: 20, group: 10.0.0.7}, {vni: 30, end: 31, group: 239.1.1.1}]", "[12]")))
    assert shown(lab) == [(12, 12, "")]
