"""netkit, vxcan, vcan, nlmon, hsr, team, macsec, wireguard, batadv: set A, read back; change to B: B is read back, the link is the
same or another as its row predicts; nothing is left to do either time. What the kernel refuses and the model says so.

Every kind this kernel lacks is skipped with its words (`make test-vm` has them all).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nsmgr import config, engine
from nsmgr.errors import KernelError, UnsupportedByKernel
from nsmgr.icmp import ping
from nsmgr.kernel.port import LINKS, Want
from nsmgr.model.base import UNSET, Change, Where
from nsmgr.model.links import kind_class
from nsmgr.plan.plan import Action
from nsmgr.plan.state import Link
from nsmgr.render.export import export_yaml
from tests.kernel.conftest import ip
from tests.kernel.test_main_job import Lab
from tests.since import lacking

Body = dict[str, Any]


@pytest.fixture
def lab(tmp_path: Path, privileged: None) -> Iterator[Lab]:
    made = Lab(tmp_path)
    try:
        yield made
    finally:
        result = engine.destroy(made.name, made.kernel, made.store)
        made.kernel.close()
        assert result.still_alive == []


def need(lab: Lab, *kinds: str) -> None:
    missing = lab.kernel.probe(kinds)
    if missing:
        pytest.skip("; ".join(f"kind {kind}: {words}" for kind, words in missing.items()))


def settle(lab: Lab, spaces: dict[str, dict[str, Body]]) -> engine.ApplyResult:
    """Links by namespace, applied in one round; the second apply writes nothing."""
    document = {f"@{netns}": {"links": links} for netns, links in spaces.items()}
    desired = lab.load("version: 1\nnamespaces: " + json.dumps(document))
    result = engine.apply(desired, lab.kernel, lab.store)
    left = result.remaining.operations if result.remaining is not None else ()
    assert result.ok, [*((f.operation.key, f.verdict) for f in result.failures()), *((op.key, op.changes) for op in left)]
    assert len(result.rounds) <= 1, [[(op.key, op.changes) for op in plan.operations] for plan in result.executed]
    writes = lab.kernel.counters.writes
    assert not lab.apply(desired).plan
    assert lab.kernel.counters.writes == writes
    return result


def read(lab: Lab, netns: str, name: str) -> Link:
    full = lab.prefix + netns
    others = tuple(other for other in lab.kernel.list_netns() if other.startswith(lab.prefix))
    state = lab.kernel.observe({other: Want(kinds=LINKS, peers=others) for other in others})
    return state.namespaces[full].links[name]


LOWER: Body = {"kind": "veth", "peer": "far"}
PAIRS: dict[str, Body] = {"p1": {"kind": "veth", "peer": "q1"}, "p2": {"kind": "veth", "peer": "q2"}}
MORE: dict[str, Body] = {**PAIRS, "p3": {"kind": "veth", "peer": "q3"}}

# kind, what else is in the namespace, the link at birth, changes one after the other
CASES: list[tuple[str, dict[str, Body], Body, list[Body]]] = [
    ("vcan", {}, {"mtu": 16}, [{"mtu": 72}, {"mtu": 2060}, {"txqlen": 10}]),
    ("nlmon", {}, {"mtu": 4000}, [{"mtu": 9000}, {"state": "down"}]),
    ("wireguard", {}, {"mtu": 1380}, [{"mtu": 1280}, {"alias": "tunnel"}]),
    ("batadv", {}, {"algo": "BATMAN_V"}, [{"algo": "BATMAN_IV"}]),
    (
        "batadv",
        {},
        {"aggregated_ogms": False, "ap_isolation": True, "isolation_mark": 5, "isolation_mask": 15, "bonding": True,
         "fragmentation": False, "gw_mode": "server", "gw_bandwidth_down": 500, "gw_bandwidth_up": 50, "hop_penalty": 15,
         "multicast_forceflood": True, "multicast_fanout": 8, "orig_interval": "5s"},
        [{"aggregated_ogms": True, "ap_isolation": False, "isolation_mark": 6, "isolation_mask": 255, "bonding": False},
         {"fragmentation": True, "gw_bandwidth_down": 600, "gw_bandwidth_up": 60},
         {"gw_mode": "client"}, {"gw_sel_class": 30}, {"gw_mode": "off"},
         {"hop_penalty": 20, "multicast_forceflood": False, "multicast_fanout": 4, "orig_interval": "40ms"}],
    ),
    ("batadv", {}, {"bridge_loop_avoidance": False}, [{"bridge_loop_avoidance": True}]),
    ("batadv", {}, {"distributed_arp_table": False}, [{"distributed_arp_table": True}]),
    ("hsr", MORE, {"slave1": "p1", "slave2": "p2"},
     [{"slave2": "p3"}, {"multicast_spec": 45}, {"multicast_spec": 46}, {"protocol": "prp"}, {"mtu": 1400}, {"mtu": 1450}]),
    ("hsr", MORE, {"slave1": "p1", "slave2": "p2", "interlink": "p3", "version": 1, "multicast_spec": 7, "mtu": 1400},
     [{"mtu": 1450}]),
    ("macsec", {"low": LOWER}, {"parent": "low"},
     [{"encrypt": True}, {"protect": False}, {"send_sci": False}, {"end_station": True}, {"end_station": False, "scb": True},
      {"replay": True, "window": 32}, {"window": 64}, {"validation": "check"}, {"encodingsa": 3}, {"mtu": 1300},
      {"icvlen": 12}, {"cipher": "gcm-aes-256"}]),
    ("macsec", {"low": LOWER}, {"parent": "low", "sci": "0200000000aa0011", "encrypt": True, "cipher": "gcm-aes-xpn-128",
                                "icvlen": 8, "replay": True, "window": 5, "validation": "disabled", "mtu": 1000},
     [{"sci": "0200000000aa0012"}, {"cipher": "gcm-aes-xpn-256"}, {"mac": "02:00:00:00:00:09"}]),
    ("macsec", {"low": LOWER}, {"parent": "low", "port": 7, "encodingsa": 2, "protect": False}, [{"port": 65535}]),
    ("team", PAIRS, {"mode": "roundrobin", "notify_peers_count": 2, "notify_peers_interval": "200ms", "mcast_rejoin_count": 3,
                     "mcast_rejoin_interval": "300ms"},
     [{"notify_peers_count": 4, "notify_peers_interval": "1s"}, {"mcast_rejoin_count": 0, "mcast_rejoin_interval": "20ms"},
      {"mode": "broadcast"}, {"mode": "random"}, {"mode": "loadbalance"},
      {"lb_tx_method": "hash_to_port_mapping", "lb_stats_refresh_interval": "500ms"}, {"mtu": 1400}]),
    ("netkit", {}, {"peer": "y"},
     [{"policy": "blackhole"}, {"mtu": 1400}, {"policy": "forward"}, {"scrub": "none"}, {"mode": "l2"}]),
    ("netkit", {}, {"peer": "y", "mode": "l2", "policy": "blackhole", "scrub": "none", "mac": "02:00:00:00:00:07"},
     [{"mac": "02:00:00:00:00:08"}, {"scrub": "default"}]),
    ("netkit", {}, {"peer": "y", "headroom": 64, "tailroom": 32}, [{"headroom": 128}, {"tailroom": 16}]),
    ("vxcan", {}, {"peer": "y", "mtu": 16}, [{"mtu": 72}, {"mtu": 100}]),
]  # fmt: skip


IDS = [f"{case[0]}-{number}" for number, case in enumerate(CASES)]


@pytest.mark.parametrize(("kind", "beside", "birth", "changes"), CASES, ids=IDS)
def test_a_then_b(lab: Lab, kind: str, beside: dict[str, Body], birth: Body, changes: list[Body]) -> None:
    need(lab, kind)
    if words := lacking([*birth, *(name for change in changes for name in change)]):
        pytest.skip(words)
    cls = kind_class(kind)
    rows = cls.rows()
    body = {"kind": kind, **birth}
    settle(lab, {"a": {"x": body, **beside}})
    for change in changes:
        before = read(lab, "a", "x")
        replaced = any(
            cls.replaces(name, before.attrs.get(name, rows[name].absent), value)
            for name, value in change.items()
            if rows[name].where in (Where.LINK, Where.DATA)
        )
        body |= change
        result = settle(lab, {"a": {"x": body, **beside}})
        after = read(lab, "a", "x")
        assert (after.index != before.index) == replaced, change
        assert [op.action for op in result.plan.operations if op.key == "x"] == [Action.REPLACE if replaced else Action.UPDATE]


@pytest.mark.parametrize("kind", ["batadv", "hsr", "macsec", "netkit", "nlmon", "team", "vcan", "vxcan", "wireguard"])
def test_a_new_link_has_the_rows_defaults(lab: Lab, kind: str) -> None:
    need(lab, kind)
    cls = kind_class(kind)
    more: Body = {"macsec": {"parent": "p1"}, "hsr": {"slave1": "p1", "slave2": "p2"}}.get(kind, {"peer": "y"} if cls.PAIR else {})
    settle(lab, {"a": {"x": {"kind": kind, **more}, **PAIRS}})
    found = read(lab, "a", "x")
    assert found.kind == kind
    if cls.DEFAULT_MTU:
        assert found.attrs["mtu"] == cls.DEFAULT_MTU
    wrong = {
        name: found.attrs[name]
        for name, row in cls.rows().items()
        if row.default is not UNSET and name not in ("state", "txqlen") and name in found.attrs
        and not row.equal(row.default, found.attrs[name])
    }  # fmt: skip
    assert wrong == {}


def test_every_row_of_these_kinds_is_changed() -> None:
    tried = {(case[0], name) for case in CASES for change in case[3] for name in change}
    fixed = {
        ("hsr", "slave1"),
        ("hsr", "version"),
        ("hsr", "interlink"),
    }  # the first as slave2; the others the kernel does not tell
    for kind in sorted({case[0] for case in CASES}):
        for name, row in kind_class(kind).rows().items():
            if row.where in (Where.DATA, Where.GENL) and row.change is not Change.READ_ONLY and (kind, name) not in fixed:
                assert (kind, name) in tried or name in ("activeport", "offload"), (kind, name)


# ------------------------------------------------------------------------------------------------------------------- pairs


@pytest.mark.parametrize("kind", ["veth", "netkit", "vxcan"])
def test_a_pair_across_namespaces(lab: Lab, kind: str) -> None:
    need(lab, kind)
    settle(lab, {"a": {"x": {"kind": kind, "peer": "@b/y"}}, "b": {}})
    assert read(lab, "a", "x").attrs["peer"] == f"{lab.prefix}b/y"
    assert read(lab, "b", "y").attrs["peer"] == f"{lab.prefix}a/x"
    before = read(lab, "a", "x").index
    settle(lab, {"a": {"x": {"kind": kind, "peer": "@b/z"}}, "b": {}})  # a new name at the far end only
    assert read(lab, "a", "x").index == before
    settle(lab, {"a": {"x": {"kind": kind, "peer": "@c/z"}}, "b": {}, "c": {}})
    assert read(lab, "c", "z").attrs["peer"] == f"{lab.prefix}a/x"


def test_each_end_of_a_netkit_says_its_own_policy(lab: Lab) -> None:
    need(lab, "netkit")

    def ends(here: str, there: str) -> dict[str, dict[str, Body]]:
        one = {"kind": "netkit", "peer": "@b/y", "mode": "l2", "policy": here}
        return {"a": {"x": one}, "b": {"y": {"policy": there, "scrub": "none"}}}

    settle(lab, ends("blackhole", "forward"))
    first, second = read(lab, "a", "x"), read(lab, "b", "y")
    assert (first.attrs["policy"], first.attrs["peer_policy"], second.attrs["policy"]) == ("blackhole", "forward", "forward")
    assert (first.attrs["mode"], second.attrs["mode"]) == ("l2", "l2")
    if "scrub" in second.attrs:
        assert (first.attrs["scrub"], second.attrs["scrub"]) == ("default", "none")
    assert first.attrs["primary"] != second.attrs["primary"]
    settle(lab, ends("forward", "blackhole"))
    assert (read(lab, "a", "x").index, read(lab, "b", "y").index) == (first.index, second.index)
    assert (read(lab, "a", "x").attrs["policy"], read(lab, "b", "y").attrs["policy"]) == ("forward", "blackhole")
    settle(lab, ends("forward", "forward"))
    settle(lab, ends("blackhole", "forward"))
    assert read(lab, "a", "x").index == first.index


# -------------------------------------------------------------------------------------------------------------- controllers


def team(**attrs: Any) -> dict[str, Body]:
    ports = {name: body | {"controller": "x"} for name, body in PAIRS.items()}
    return {"x": {"kind": "team", "addresses": ["10.1.0.1/24"], **attrs}, **ports}


def test_a_team_has_its_mode_before_its_ports_and_changes_it_without_them(lab: Lab) -> None:
    need(lab, "team")
    settle(lab, {"a": team(mode="activebackup", activeport="p2")})
    before = read(lab, "a", "x")
    assert (before.attrs["mode"], before.attrs["activeport"]) == ("activebackup", "p2")
    assert {read(lab, "a", port).attrs["controller"] for port in PAIRS} == {"x"}
    settle(lab, {"a": team(mode="activebackup", activeport="p1")})
    assert read(lab, "a", "x").attrs["activeport"] == "p1"
    settle(lab, {"a": team(mode="roundrobin")})
    after = read(lab, "a", "x")
    assert (after.index, after.attrs["mode"]) == (before.index, "roundrobin")
    assert {read(lab, "a", port).attrs["controller"] for port in PAIRS} == {"x"}
    settle(lab, {"a": team(mode="activebackup", activeport="p2", notify_peers_count=3)})
    assert read(lab, "a", "x").attrs["activeport"] == "p2"


def test_ports_of_a_team_have_options(lab: Lab) -> None:
    need(lab, "team")

    def ports(**options: Any) -> dict[str, Body]:
        links = team(mode="roundrobin")
        links["p1"]["port_options"] = options
        return links

    def told() -> Body:
        full = lab.prefix + "a"
        found = lab.kernel.observe({full: Want(kinds=LINKS, ports=True)}).namespaces[full].links["p1"]
        assert found.port_kind == "team"
        return {name.removeprefix("port_options."): value for name, value in found.attrs.items() if name.startswith("port_")}

    fresh = {"enabled": True, "user_linkup_enabled": False, "user_linkup": False, "priority": 0, "queue_id": 0}
    settle(lab, {"a": ports(priority=-7, queue_id=3, enabled=False)})
    assert told() == fresh | {"priority": -7, "queue_id": 3, "enabled": False}
    settle(lab, {"a": ports(priority=9, queue_id=2, enabled=True, user_linkup=True, user_linkup_enabled=True)})
    wanted = fresh | {"priority": 9, "queue_id": 2, "user_linkup": True, "user_linkup_enabled": True}
    assert told() == wanted
    lab.ip("-n @a link set p1 nomaster")  # the kernel forgets them
    settle(lab, {"a": ports(**wanted)})
    assert told() == wanted
    links = ports(**wanted)
    links["x"]["mode"] = "broadcast"  # ports go and come back
    settle(lab, {"a": links})
    assert told() == wanted


def test_a_team_s_drift_is_seen_and_healed(lab: Lab) -> None:
    need(lab, "team")
    wanted = {"a": team(mode="broadcast", mcast_rejoin_count=2)}
    settle(lab, wanted)
    lab.ip("-n @a link set p1 nomaster")
    settle(lab, wanted)
    assert read(lab, "a", "p1").attrs["controller"] == "x"


def test_a_port_made_anew_is_the_active_one_again(lab: Lab) -> None:
    need(lab, "team")
    settle(lab, {"a": team(mode="activebackup", activeport="p1")})
    links = team(mode="activebackup", activeport="p1")
    links["p1"]["tx_queues"] = 2
    settle(lab, {"a": links})
    assert read(lab, "a", "x").attrs["activeport"] == "p1"


def test_an_hsr_link_is_made_again_when_a_slave_is(lab: Lab) -> None:
    need(lab, "hsr")
    links: dict[str, Body] = {"x": {"kind": "hsr", "slave1": "p1", "slave2": "p2"}, **PAIRS}
    settle(lab, {"a": links})
    settle(lab, {"a": links | {"p2": PAIRS["p2"] | {"tx_queues": 2}}})
    found = read(lab, "a", "x").attrs
    assert (found["slave1"], found["slave2"]) == ("p1", "p2")
    lab.ip("-n @a link del p1")
    settle(lab, {"a": links | {"p2": PAIRS["p2"] | {"tx_queues": 2}}})
    assert read(lab, "a", "x").attrs["slave1"] == "p1"


def test_a_mesh_takes_hard_interfaces(lab: Lab) -> None:
    need(lab, "batadv")
    ports = {name: body | {"controller": "x", "mtu": 1600} for name, body in PAIRS.items()}
    settle(lab, {"a": {"x": {"kind": "batadv", "hop_penalty": 20}, **ports}})
    assert {read(lab, "a", port).attrs["controller"] for port in PAIRS} == {"x"}


def test_a_macsec_goes_with_its_lower_link_and_its_upper_with_it(lab: Lab) -> None:
    need(lab, "macsec", "vlan")
    links: dict[str, Body] = {
        "low": LOWER,
        "x": {"kind": "macsec", "parent": "low", "encrypt": True},
        "x.5": {"kind": "vlan", "parent": "x", "id": 5, "addresses": ["10.2.0.1/24"]},
    }
    settle(lab, {"a": links})
    settle(lab, {"a": links | {"low": LOWER | {"tx_queues": 2}}})
    assert read(lab, "a", "x.5").attrs["parent"] == "x"


# ------------------------------------------------------------------------------------------------------- ip(8) says the same


def test_ip_says_the_same(lab: Lab) -> None:
    missing = lab.kernel.probe(("hsr", "macsec", "netkit", "nlmon", "vcan", "vxcan", "wireguard", "team", "batadv"))
    links: dict[str, Body] = {
        "hs": {"kind": "hsr", "slave1": "p1", "slave2": "p2", "multicast_spec": 45},
        "ms": {"kind": "macsec", "parent": "p3", "port": 7, "encrypt": True, "cipher": "gcm-aes-256", "icvlen": 12,
               "replay": True, "window": 5, "validation": "check", "send_sci": False, "end_station": True},
        "nk": {"kind": "netkit", "peer": "ny", "policy": "blackhole"},
        "nm": {"kind": "nlmon"},
        "vc": {"kind": "vcan", "mtu": 16},
        "vx": {"kind": "vxcan", "peer": "vy"},
        "wg": {"kind": "wireguard"},
        "tm": {"kind": "team", "mode": "random"},
        "bt": {"kind": "batadv"},
    }  # fmt: skip
    links = {name: body for name, body in links.items() if body["kind"] not in missing}
    if not links:
        pytest.skip(str(missing))
    settle(lab, {"a": {**MORE, **links}})
    told = {link["ifname"]: link for link in ip("-d", "-n", f"{lab.prefix}a", "link")}
    for name, body in links.items():
        assert told[name]["linkinfo"]["info_kind"] == body["kind"]
        assert told[name]["mtu"] == body.get("mtu", read(lab, "a", name).attrs["mtu"])
    if "ms" in links:
        data = told["ms"]["linkinfo"]["info_data"]
        assert data["sci"].endswith("0007")
        assert data["sci"] == read(lab, "a", "ms").attrs["sci"]
        assert (data["cipher_suite"], data["icv_len"], data["validation"]) == ("GCM-AES-256", 12, "check")
        assert (data["encrypt"], data["replay_protect"], data["window"]) == (True, True, 5)
        assert (data["inc_sci"], data["es"], data["scb"]) == (False, True, False)
    if "hs" in links:
        data = told["hs"]["linkinfo"]["info_data"]
        assert (data["slave1"], data["slave2"], data["supervision_addr"]) == ("p1", "p2", "01:15:4e:00:01:2d")
    if "vx" in links:
        assert told["vx"]["link"] == "vy"


def test_an_export_plans_to_nothing(lab: Lab) -> None:
    need(lab, "hsr", "macsec", "netkit", "nlmon", "vcan", "vxcan", "wireguard", "team", "batadv")
    links: dict[str, Body] = {
        "hs": {"kind": "hsr", "slave1": "p1", "slave2": "p2", "multicast_spec": 45, "mtu": 1400},
        "m1": {"kind": "macsec", "parent": "p3", "port": 7, "encrypt": True, "replay": True, "window": 5, "send_sci": False},
        "m2": {"kind": "macsec", "parent": "p3", "sci": "0200000000aa0003", "cipher": "gcm-aes-xpn-256"},
        "nk": {"kind": "netkit", "peer": "ny", "policy": "blackhole", "mode": "l2"},
        "ny": {"scrub": "none"},
        "nm": {"kind": "nlmon"},
        "vc": {"kind": "vcan", "mtu": 16},
        "vx": {"kind": "vxcan", "peer": "vy"},
        "wg": {"kind": "wireguard", "mtu": 1300},
        "tm": {"kind": "team", "mode": "activebackup", "activeport": "q1", "notify_peers_interval": "200ms"},
        "q1": {"controller": "tm", "port_options": {"priority": 5}},
        "bt": {"kind": "batadv", "algo": "BATMAN_V", "hop_penalty": 7},
    }
    settle(lab, {"a": {**MORE, **links}})
    desired = lab.load(f'version: 1\nnamespaces: {{"@a": {{links: {json.dumps({**MORE, **links})}}}}}')
    text = export_yaml(engine.observe(desired, lab.kernel, lab.store).namespaces, lab.name)
    exported = config.loads(text)
    left = lab.check(exported)
    assert not left, (text, [(op.key, op.changes) for op in left.operations])
    told = exported.namespaces[f"{lab.prefix}a"].links
    assert ("sci" in told["m1"].attrs, told["m1"].attrs["port"]) == (False, 7)
    assert (told["m2"].attrs["sci"], "port" in told["m2"].attrs) == ("0200000000aa0003", False)
    assert told["tm"].attrs["mode"] == "activebackup"


# ------------------------------------------------------------------------------------------- what the kernel does not do


def test_an_attribute_the_kernel_does_not_know_is_no_success(lab: Lab) -> None:
    need(lab, "netkit")
    if not lacking(["headroom"]):
        pytest.skip("this kernel knows IFLA_NETKIT_HEADROOM")
    desired = lab.load('version: 1\nnamespaces: {"@a": {links: {x: {kind: netkit, peer: y, headroom: 64}}}}')
    result = engine.apply(desired, lab.kernel, lab.store)
    assert not result.ok
    (left,) = [op for op in result.remaining.operations if op.key == "x"] if result.remaining else [None]
    assert left is not None
    assert [change.name for change in left.changes] == ["headroom"]


def test_macsec_offload_needs_hardware(lab: Lab) -> None:
    need(lab, "macsec")
    text = 'version: 1\nnamespaces: {"@a": {links: {low: {kind: veth, peer: far}, x: {kind: macsec, parent: low, offload: mac}}}}'
    result = engine.apply(lab.load(text), lab.kernel, lab.store)
    assert [failure.verdict.errno for failure in result.failures()] == [95]  # EOPNOTSUPP


def test_a_missing_kind_is_named_before_anything_is_touched(lab: Lab) -> None:
    missing = lab.kernel.probe(["netkit"])
    if not missing:
        pytest.skip("this kernel has netkit")
    with pytest.raises((UnsupportedByKernel, KernelError), match="netkit"):
        lab.apply(lab.load('version: 1\nnamespaces: {"@a": {links: {x: {kind: netkit, peer: y}}}}'))


@pytest.mark.parametrize("kind", ["team", "bond"])
def test_a_port_that_shall_be_down_is_down(lab: Lab, kind: str) -> None:
    """team_port_add and bond_enslave take the port up."""
    need(lab, kind)
    mode = {"team": "roundrobin", "bond": "balance-rr"}[kind]
    links: dict[str, Body] = {
        "x": {"kind": kind, "mode": mode},
        "p1": PAIRS["p1"] | {"controller": "x", "state": "down"},
        "p2": PAIRS["p2"] | {"controller": "x"},
    }
    settle(lab, {"a": links})
    assert read(lab, "a", "p1").attrs["state"] == "down"
    links["x"]["mode"] = "broadcast"
    settle(lab, {"a": links})
    assert (read(lab, "a", "p1").attrs["state"], read(lab, "a", "p2").attrs["state"]) == ("down", "up")
    settle(lab, {"a": links | {"p1": PAIRS["p1"] | {"state": "down"}}})
    settle(lab, {"a": links})
    assert read(lab, "a", "p1").attrs["state"] == "down"
    settle(lab, {"a": links | {"p2": PAIRS["p2"] | {"controller": None, "addresses": ["10.3.0.1/24", "2001:db8:3::1/64"]}}})
    assert read(lab, "a", "p2").attrs["state"] == "up"


# ---------------------------------------------------------------------------------------------------------- packets arrive


def answers(lab: Lab, netns: str, address: str) -> bool:
    """Several requests: a veth's carrier is announced by the linkwatch work queue, up to a second late."""
    return any(bool(ping(address, netns=lab.prefix + netns)) for _ in range(5))


@pytest.mark.parametrize("mode", ["activebackup", "roundrobin", "broadcast", "random", "loadbalance"])
def test_packets_through_a_team(lab: Lab, mode: str) -> None:
    need(lab, "team")
    mac = {"mac": "02:00:00:00:00:71"} if mode in ("activebackup", "loadbalance") else {}
    options = {"activeport": "p2"} if mode == "activebackup" else {}
    wires = {name: {"kind": "veth", "peer": f"@b/{name}", "controller": "x", **mac} for name in ("p1", "p2")}
    team: Body = {"kind": "team", "mode": mode, "addresses": ["10.4.0.1/24"], **mac, **options}
    far: dict[str, Body] = {name: {"controller": "br"} for name in wires}
    if mode == "broadcast":
        far["p2"] = {}  # two ports that both send would make a bridge see double
    settle(lab, {"a": {"x": team, **wires}, "b": {"br": {"kind": "bridge", "addresses": ["10.4.0.2/24"]}, **far}})
    assert answers(lab, "a", "10.4.0.2")


@pytest.mark.parametrize("mode", ["l2", "l3"])
def test_packets_through_a_netkit(lab: Lab, mode: str) -> None:
    need(lab, "netkit")
    near: Body = {"kind": "netkit", "peer": "@b/y", "mode": mode, "addresses": ["10.5.0.1/24"]}
    far: Body = {"addresses": ["10.5.0.2/24"]}
    settle(lab, {"a": {"x": near}, "b": {"y": far}})
    assert answers(lab, "a", "10.5.0.2")
    settle(lab, {"a": {"x": near}, "b": {"y": {**far, "policy": "blackhole"}}})
    assert not ping("10.5.0.2", netns=f"{lab.prefix}a", timeout=0.2)


def test_packets_through_hsr_rings(lab: Lab) -> None:
    need(lab, "hsr")
    wires = {name: {"kind": "veth", "peer": f"@b/{name}"} for name in ("p1", "p2")}
    ring: Body = {"kind": "hsr", "slave1": "p1", "slave2": "p2", "version": 1}
    near, far = ring | {"addresses": ["10.6.0.1/24"]}, ring | {"addresses": ["10.6.0.2/24"]}
    settle(lab, {"a": {"x": near, **wires}, "b": {"x": far, "p1": {}, "p2": {}}})
    assert answers(lab, "a", "10.6.0.2")
