"""VLANs of bridges on the real kernel, against `bridge vlan`; needs CONFIG_BRIDGE_VLAN_FILTERING."""

from __future__ import annotations

import errno
import json
import subprocess
from typing import Any

import pytest

from nsmgr import config, engine
from nsmgr.errors import KernelError, UnsupportedByKernel
from nsmgr.kernel.port import Want
from nsmgr.kernel.rtnl import RtnlSocket
from nsmgr.kernel.things.vlans import DUMP_OPTIONS
from nsmgr.model.bridging import texts
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
        vlan_filtering: true
        vlans: [10, 20-29]
      p1: {kind: veth, peer: @b/eth0, controller: br0, vlans: [10 pvid untagged]}
      p2:
        kind: veth
        peer: @b/eth1
        controller: br0
        vlans:
          - {id: 1, pvid: true, untagged: true}
          - 10
          - 20-29
          - {id: 100-199, untagged: true}
      p3: {kind: veth, peer: @b/eth2, controller: br0, vlans: []}
      p4: {kind: veth, peer: @b/eth3, controller: br0}
      vx:
        kind: vxlan
        external: true
        port: 4789
        learning: false
        controller: br0
        port_options: {vlan_tunnel: true}
        vlans:
          - {id: 10, tunnel: 10010}
          - {id: 20-29, tunnel: 10020}
          - 30
  @b: {}
"""


def filters(scratch: RtnlSocket) -> str:
    """ "" or the kernel's words."""
    try:
        scratch.dump(DUMP_OPTIONS)
    except KernelError as error:
        if error.errno != errno.EOPNOTSUPP:
            raise
        return str(error)
    return ""


@pytest.fixture(autouse=True)
def filtering(request: pytest.FixtureRequest, scratch: RtnlSocket) -> None:
    words = filters(scratch)
    if words and "without" not in request.node.name:
        pytest.skip(f"RTM_GETVLAN: {words}")


def test_a_kernel_without_them_says_so(lab: Lab, scratch: RtnlSocket) -> None:
    if not filters(scratch):
        pytest.skip("this kernel has VLANs of bridges")
    plain = (
        FILE.split("      p2:")[0].replace("vlan_filtering: true", "stp: false").replace("vlans: [10, 20-29]", "alias: sw")
        + "  @b: {}\n"
    )
    with pytest.raises(UnsupportedByKernel, match=r"no vlans: EOPNOTSUPP .*@a/p1".replace("@", lab.prefix)):
        engine.apply(lab.load(plain), lab.kernel, lab.store)
    assert not [name for name in lab.kernel.list_netns() if name.startswith(lab.prefix)]
    lab.converge(lab.load(plain.replace(", vlans: [10 pvid untagged]", "")))
    wants = {f"{lab.prefix}a": Want(things=frozenset(("vlans", "vlan_options")))}
    assert not lab.kernel.observe(wants).namespaces[f"{lab.prefix}a"].things


def bridge(lab: Lab, command: str) -> str:
    done = subprocess.run(["bridge", "-n", f"{lab.prefix}a", *command.split()], capture_output=True, text=True)
    assert done.returncode == 0, f"bridge {command}: {done.stderr}"
    return done.stdout


def members(lab: Lab, link: str, what: str = "show") -> list[Any]:
    found: list[Any] = json.loads(bridge(lab, f"-c -j vlan {what} dev {link}"))
    return found[0]["vlans" if what == "show" else "tunnels"] if found else []


def said(lab: Lab, link: str) -> tuple[str, ...]:
    """What bridge(8) shows, one VLAN at a time, as ranges."""
    flags = {vlan["vlan"]: vlan.get("flags", []) for vlan in members(lab, link)}
    words = {"PVID": "pvid", "Egress Untagged": "untagged"}
    return texts({vlan: " ".join(words[flag] for flag in told) for vlan, told in flags.items()})


def test_made_as_bridge_shows_them(lab: Lab) -> None:
    result = lab.converge(lab.load(FILE))
    assert said(lab, "br0") == ("10", "20-29")
    assert said(lab, "p1") == ("10 pvid untagged",)
    assert said(lab, "p2") == ("1 pvid untagged", "10", "20-29", "100-199 untagged")
    assert said(lab, "p3") == ()
    assert said(lab, "p4") == ("1 pvid untagged",)
    assert said(lab, "vx") == ("10", "20-30")
    tunnels = {tunnel["vlan"]: tunnel["tunid"] for tunnel in members(lab, "vx", "tunnelshow")}
    assert (tunnels[10], tunnels[20]) == (10010, 10020)
    kinds = {operation.type for operation in result.plan.operations}
    assert "vlans" in kinds


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("vlan add dev p1 vid 30", ["vlans"]),
        ("vlan del dev p1 vid 10", ["vlans"]),
        ("vlan add dev p1 vid 10", ["vlans"]),
        ("vlan add dev p3 vid 1 pvid untagged", ["vlans"]),
        ("vlan del dev p2 vid 150", ["vlans"]),
        ("vlan add dev br0 vid 1-4094 self", ["vlans"]),
        ("vlan del dev br0 vid 10-29 self", ["vlans"]),
        ("vlan del dev vx vid 25 tunnel_info id 10025", ["tunnels"]),
        ("vlan add dev vx vid 30 tunnel_info id 10030", ["tunnels"]),
        ("vlan del dev vx vid 20-29", ["vlans", "tunnels"]),
    ],
)
def test_drift_is_seen_and_mended(lab: Lab, command: str, names: list[str]) -> None:
    desired = lab.load(FILE)
    lab.converge(desired)
    bridge(lab, command)
    (operation,) = lab.check(desired).operations
    assert (operation.type, operation.action) == ("vlans", Action.UPDATE)
    assert [change.name for change in operation.changes] == names
    lab.converge(desired)


def test_what_has_no_section_is_left_alone(lab: Lab) -> None:
    desired = lab.load(FILE)
    lab.converge(desired)
    bridge(lab, "vlan add dev p4 vid 77")
    assert not lab.check(desired)
    lab.converge(lab.load(FILE.replace(", vlans: [10 pvid untagged]", "")))
    assert said(lab, "p1") == ("10 pvid untagged",)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[10 pvid untagged]", "[20 pvid untagged]"),
        ("[10 pvid untagged]", "[10, 20 pvid]"),
        ("[10 pvid untagged]", "[]"),
        ("[10 pvid untagged]", "[1-4094]"),
        ("[10, 20-29]", "[20-25, 27-40 untagged]"),
        ("{id: 100-199, untagged: true}", "{id: 150-249}"),
        ("{id: 10, tunnel: 10010}", "{id: 10, tunnel: 10011}"),
        ("{id: 10, tunnel: 10010}", "10"),
        ("{id: 20-29, tunnel: 10020}", "{id: 20-29, tunnel: 10021}"),
        ("vlan_filtering: true", "vlan_filtering: false"),
    ],
)
def test_changes_are_made_in_place(lab: Lab, old: str, new: str) -> None:
    assert old in FILE
    one, other = lab.load(FILE), lab.load(FILE.replace(old, new))
    lab.converge(one)
    before = [lab.index("a", link) for link in ("br0", "p1", "p2", "vx")]
    for desired in (other, one):
        result = lab.converge(desired)
        assert {step.verb for step in result.plan.steps} <= {Verb.THING_SET, Verb.LINK_DATA}
        assert {operation.action for operation in result.plan.operations} == {Action.UPDATE}
    assert before == [lab.index("a", link) for link in ("br0", "p1", "p2", "vx")]


@pytest.mark.parametrize(
    "command",
    [
        "link set p1 down",
        "link set p1 nomaster",
        "link set vx nomaster",
        "link del p2",
        "link set br0 type bridge vlan_filtering 0",
    ],
)
def test_they_come_back_after_what_others_did(lab: Lab, command: str) -> None:
    desired = lab.load(FILE)
    lab.converge(desired)
    lab.ip(f"-n @a {command}")
    lab.converge(desired)
    assert said(lab, "p1") == ("10 pvid untagged",)
    assert len(said(lab, "p2")) == 4


@pytest.mark.parametrize("change", ["tx_queues: 2", "controller: br1"])
def test_they_outlive_what_happens_to_their_link(lab: Lab, change: str) -> None:
    lab.converge(lab.load(FILE))
    text = FILE.replace("p1: {kind: veth,", f"br1: {{kind: bridge, vlan_filtering: true}}\n      p1: {{kind: veth, {change},")
    lab.converge(lab.load(text.replace("controller: br1, peer: @b/eth0, controller: br0", "controller: br1, peer: @b/eth0")))
    assert said(lab, "p1") == ("10 pvid untagged",)


OPTIONS = FILE.replace("vlan_filtering: true\n", "vlan_filtering: true\n        mcast_vlan_snooping: true\n").replace(
    "[10 pvid untagged]",
    "[{id: 10, pvid: true, untagged: true, state: blocking}, {id: 20-29, mcast_router: permanent, mcast_max_groups: 5}, 30]",
)


def test_options_of_vlans(lab: Lab) -> None:
    lab.converge(lab.load(OPTIONS))
    shown = json.loads(bridge(lab, "-j -d vlan show dev p1"))[0]["vlans"]
    by_vlan = {vlan["vlan"]: vlan for vlan in shown}
    assert by_vlan[10]["state"] == "blocking"
    assert by_vlan[20]["mcast_router"] == 2
    assert by_vlan[30]["state"] == "forwarding"
    bridge(lab, "vlan set dev p1 vid 25 mcast_router 1")
    (operation,) = lab.check(lab.load(OPTIONS)).operations
    assert [(change.name, change.observed) for change in operation.changes] == [
        ("mcast_router", ("20-24 permanent", "25 auto", "26-29 permanent"))
    ]
    lab.converge(lab.load(OPTIONS))
    bridge(lab, "vlan set dev p1 vid 30 state learning")
    assert not lab.check(lab.load(OPTIONS))
    lab.converge(lab.load(OPTIONS.replace("state: blocking", "state: learning").replace("groups: 5", "groups: 6")))


GLOBAL = FILE.replace(
    "vlan_filtering: true\n",
    """vlan_filtering: true
        mcast_vlan_snooping: true
        vlan_options:
          - {id: 10, mcast_snooping: false, mcast_igmp_version: 3, mcast_mld_version: 2}
          - {id: 20-29, mcast_querier: true, mcast_query_interval: 20s, mcast_last_member_count: 5, msti: 2}
          - {id: 100-199, mcast_startup_query_count: 3, mcast_membership_interval: 123456ms}
""",
)


def test_options_of_vlans_as_a_whole(lab: Lab) -> None:
    lab.converge(lab.load(GLOBAL))
    shown = json.loads(bridge(lab, "-j vlan global show dev br0"))[0]["vlans"]
    by_vlan = {vlan["vlan"]: vlan for vlan in shown}
    assert (by_vlan[10]["mcast_snooping"], by_vlan[10]["mcast_igmp_version"], by_vlan[10]["mcast_mld_version"]) == (0, 3, 2)
    assert (by_vlan[20]["mcast_querier"], by_vlan[20]["mcast_query_interval"]) == (1, 2000)
    bridge(lab, "vlan global set dev br0 vid 25-26 mcast_querier 0")
    (operation,) = lab.check(lab.load(GLOBAL)).operations
    assert [(change.name, change.observed) for change in operation.changes] == [
        ("mcast_querier", ("20-24 true", "25-26 false", "27-29 true"))
    ]
    lab.converge(lab.load(GLOBAL))
    bridge(lab, "vlan global set dev br0 vid 10 mcast_startup_query_count 7")
    assert not lab.check(lab.load(GLOBAL))
    lab.converge(lab.load(GLOBAL.replace("msti: 2", "msti: 3").replace("query_interval: 20s", "query_interval: 30s")))
    wants = {f"{lab.prefix}{name}": Want(things=frozenset(("vlans", "vlan_options")), ports=True) for name in "ab"}
    exported = export_yaml(lab.kernel.observe(wants).namespaces, lab.name)
    assert "mcast_query_interval: 30s" in exported
    assert not lab.check(config.loads(exported))


def test_options_of_a_vlan_that_is_not_there(lab: Lab) -> None:
    result = engine.apply(lab.load(GLOBAL.replace("id: 10, mcast", "id: 40, mcast")), lab.kernel, lab.store)
    (failure,) = result.failures()
    assert (failure.operation.type, failure.verdict.errno) == ("vlan_options", errno.ENOENT)
    assert "doesn't exist" in failure.verdict.extack


def test_suppression(lab: Lab) -> None:
    options = FILE.replace(
        "vlans: [10 pvid untagged]", "port_options: {neigh_vlan_suppress: true}, vlans: [{id: 10, neigh_suppress: true}]"
    )
    lab.converge(lab.load(options))
    assert members(lab, "p1")[0]["vlan"] == 10
    lab.converge(lab.load(options.replace("neigh_suppress: true}]", "neigh_suppress: false}]")))


def test_a_kernel_with_spanning_tree_keeps_its_states(lab: Lab) -> None:
    stp = OPTIONS.replace("kind: bridge", "kind: bridge\n        stp: true")
    result = engine.apply(lab.load(stp), lab.kernel, lab.store)
    (failure,) = result.failures()
    assert failure.verdict.errno == errno.EBUSY
    assert failure.operation.type == "vlans"


@pytest.mark.parametrize("text", [FILE, OPTIONS])
def test_export_says_the_same(lab: Lab, text: str) -> None:
    lab.converge(lab.load(text))
    wants = {f"{lab.prefix}{name}": Want(things=frozenset(("vlans",)), ports=True) for name in "ab"}
    exported = export_yaml(lab.kernel.observe(wants).namespaces, lab.name)
    assert "100-199 untagged" in exported
    assert ("mcast_max_groups: 5" in exported, "state: blocking" in exported) == (text is OPTIONS, text is OPTIONS)
    assert not lab.check(config.loads(exported))


def test_entries_in_vlans(lab: Lab) -> None:
    """Forwarding entries follow the VLANs, and copies that the kernel makes for each VLAN are no drift."""

    def with_entries(entries: str) -> str:
        text = FILE.replace("peer: @b/eth1\n", f"peer: @b/eth1\n        fdb: [{entries}]\n")
        return text.replace("          - {id: 100-199, untagged: true}\n", "")

    lab.converge(lab.load(with_entries("02:00:00:00:00:01 vlan 10, 02:00:00:00:00:02")))
    shown = json.loads(bridge(lab, "-j fdb show dev p2"))
    assert [entry.get("vlan") for entry in shown if entry["mac"] == "02:00:00:00:00:01"] == [10]
    assert len([entry for entry in shown if entry["mac"] == "02:00:00:00:00:02"]) == 13
    lab.converge(lab.load(with_entries("")))
    assert not [entry for entry in json.loads(bridge(lab, "-j fdb show dev p2")) if entry["mac"] == "02:00:00:00:00:02"]


def test_groups_in_vlans(lab: Lab) -> None:
    text = FILE.replace("vlans: [10 pvid untagged]", "vlans: [10 pvid untagged], mdb: [239.1.1.1 vlan 10]")
    lab.converge(lab.load(text))
    (shown,) = json.loads(bridge(lab, "-j mdb show"))
    assert [(e["grp"], e["vid"]) for e in shown["mdb"] if e["state"] == "permanent"] == [("239.1.1.1", 10)]
    bridge(lab, "mdb add dev br0 port p1 grp 239.1.1.1 permanent vid 20")
    lab.converge(lab.load(text))


def test_many(lab: Lab) -> None:
    """4,094 VLANs of 20 ports are 20 messages out and a few in."""
    ports = "".join(f"      q{n}: {{kind: veth, peer: @b/q{n}, controller: br0, vlans: [1-4094]}}\n" for n in range(20))
    text = FILE.replace("  @b: {}", ports + "  @b: {}")
    lab.converge(lab.load(FILE))
    lab.converge(lab.load(text))
    before = lab.kernel.counters.writes
    lab.apply(lab.load(text.replace("[1-4094]", "[1-4093]")))
    assert lab.kernel.counters.writes - before == 20


@pytest.mark.parametrize("option", ["mst_enabled: true", "vlan_stats_per_port: true"])
def test_what_ports_with_vlans_stand_in_the_way_of(lab: Lab, option: str) -> None:
    """EBUSY while a port has a VLAN: the ports leave for the change, join again, and are in their VLANs again."""
    one, other = lab.load(FILE), lab.load(FILE.replace("vlan_filtering: true", f"vlan_filtering: true\n        {option}"))
    lab.converge(one)
    lab.converge(other)
    assert said(lab, "p2") == ("1 pvid untagged", "10", "20-29", "100-199 untagged")


def test_the_default_pvid_changes(lab: Lab) -> None:
    text = FILE.replace("vlan_filtering: true", "vlan_filtering: false\n        vlan_default_pvid: 1")
    lab.converge(lab.load(text))
    lab.apply(lab.load(text.replace("pvid: 1\n", "pvid: 7\n")))
    assert not lab.check(lab.load(text.replace("pvid: 1\n", "pvid: 7\n")))
    assert said(lab, "p2") == ("1 pvid untagged", "10", "20-29", "100-199 untagged")
    assert said(lab, "p4") == ("7 pvid untagged",)
