"""Bonds and bridges that are up and have ports: from every body to every other in one apply, the ports with what they are told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from nsmgr import config, engine
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.kernel.port import LINKS, Want
from nsmgr.plan.state import Link
from nsmgr.store import Store
from tests.since import lacking

_MII = {"miimon": "100ms"}
_ARP = {"arp_interval": "1s", "arp_ip_target": ["10.0.0.1"]}
# Bodies of a bond, and options of its ports that the mode allows.
BONDS: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "rr": ({"mode": "balance-rr", "packets_per_slave": 3, **_MII}, {"queue_id": 1}),
    "rr-arp": ({"mode": "balance-rr", **_ARP}, {}),
    "backup": ({"mode": "active-backup", "primary": "s1", "fail_over_mac": "active", **_MII, "updelay": "200ms"}, {"prio": 5}),
    "backup-follow": ({"mode": "active-backup", "primary": "s2", "fail_over_mac": "follow", "primary_reselect": "better"}, {}),
    "backup-arp": ({"mode": "active-backup", **_ARP, "arp_validate": "all", "arp_missed_max": 4}, {"prio": -1, "queue_id": 2}),
    "backup-ns": ({"mode": "active-backup", "arp_interval": "1s", "ns_ip6_target": ["2001:db8::1"]}, {}),
    "xor": ({"mode": "balance-xor", "xmit_hash_policy": "layer3+4", "miimon": "50ms"}, {"queue_id": 3}),
    "lacp": ({"mode": "802.3ad", "lacp_rate": "fast", "ad_select": "count", "min_links": 1}, {}),
    "lacp-quiet": (
        {"mode": "802.3ad", "lacp_active": False, "ad_user_port_key": 5, "ad_actor_sys_prio": 7, "coupled_control": False},
        {"queue_id": 1},
    ),
    "tlb": ({"mode": "balance-tlb", "tlb_dynamic_lb": False, "primary": "s1"}, {"prio": 2}),
    "alb": ({"mode": "balance-alb", "lp_interval": "2s"}, {}),
}
BRIDGES: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({"vlan_filtering": False, "vlan_stats_per_port": False, "mst_enabled": False, "vlan_default_pvid": 1}, {"cost": 7}),
    "vlans": ({"vlan_filtering": True, "vlan_default_pvid": 5, "vlan_protocol": "802.1ad"}, {"isolated": True}),
    "stats": ({"vlan_filtering": True, "vlan_stats_enabled": True, "vlan_stats_per_port": True, "vlan_protocol": "802.1Q"}, {}),
    "mst": ({"vlan_filtering": True, "mst_enabled": True, "stp": True, "forward_delay": "4s"}, {"cost": 8, "backup_port": "s2"}),
    "snooping": ({"vlan_filtering": True, "mcast_vlan_snooping": True, "stp": False, "vlan_default_pvid": 0}, {"fast_leave": True}),
    "no-snooping": ({"mcast_vlan_snooping": False, "mcast_snooping": False, "mst_enabled": False}, {"learning": False}),
}


class Controller:
    def __init__(self, kernel: LinuxKernel, kind: str, folder: Path, space: str) -> None:
        if words := kernel.probe([kind]).get(kind):
            pytest.skip(f"kind {kind}: {words}")
        self.kernel, self.kind, self.store, self.space = kernel, kind, Store(folder), space

    def apply(self, body: Mapping[str, Any], options: Mapping[str, Any]) -> None:
        """In one round, with nothing left to do."""
        port = {"kind": "veth", "controller": "ctl", **({"port_options": options} if options else {})}
        links: dict[str, Any] = {
            "ctl": {"kind": self.kind, "tx_queues": 4, **body},
            "s1": {**port, "peer": "f1"},
            "s2": {"kind": "veth", "controller": "ctl", "peer": "f2"},
            "f1": {},
            "f2": {},
        }
        document = {"version": 1, "name": self.space, "namespaces": {self.space: {"links": links}}}
        desired = config.loads(json.dumps(document))
        result = engine.apply(desired, self.kernel, self.store)
        failures = [
            (failure.step.verb.name, failure.step.name, failure.step.attrs, failure.verdict) for failure in result.failures()
        ]
        assert result.ok, f"{body}, {options}: {failures}, {result.remaining and result.remaining.operations}"
        assert len(result.rounds) <= 1
        assert not engine.check(desired, self.kernel, self.store)

    def _observed(self) -> Link:
        return self.kernel.observe({self.space: Want(kinds=LINKS)}).namespaces[self.space].links["ctl"]

    def index(self) -> int:
        return self._observed().index

    def attrs(self) -> Mapping[str, Any]:
        """What the kernel tells of it."""
        return self._observed().attrs


@pytest.fixture
def controller(kernel: LinuxKernel, name: Callable[[str], str], tmp_path: Path) -> Callable[[str], Controller]:
    return lambda kind: Controller(kernel, kind, tmp_path / "state", name("ctl"))


def _walk(there: Controller, bodies: Mapping[str, tuple[dict[str, Any], dict[str, Any]]]) -> None:
    able = {label: told for label, told in bodies.items() if not lacking([*told[0], *told[1]])}
    at = ""
    for first, second in permutations(able, 2):
        if first != at:
            there.apply(*able[first])
        there.apply(*able[second])
        at = second


def test_any_bond_becomes_any_other(controller: Callable[[str], Controller]) -> None:
    there = controller("bond")
    there.apply(*BONDS["rr"])
    index = there.index()
    _walk(there, BONDS)
    assert there.index() == index, "in place, all of it"


def test_any_bridge_becomes_any_other(controller: Callable[[str], Controller]) -> None:
    there = controller("bridge")
    there.apply({}, {})
    if "vlan_default_pvid" not in (shown := there.attrs()):
        pytest.skip(f"bridges of this kernel are built without CONFIG_BRIDGE_VLAN_FILTERING: it tells only of {sorted(shown)}")
    index = there.index()
    _walk(there, BRIDGES)
    assert there.index() == index, "in place, all of it"


WHERES: Mapping[str, dict[str, Any]] = {
    "alone": {},
    "bridge": {"controller": "br0", "port_options": {"cost": 7, "isolated": True}},
    "other-bridge": {"controller": "br1", "port_options": {"learning": False}},
    "bond": {"controller": "bond0", "port_options": {"queue_id": 1}},
    "vrf": {"controller": "vrf0"},
}


@pytest.mark.parametrize("state", ["up", "down"])
def test_a_port_moves_from_any_controller_to_any_other(
    kernel: LinuxKernel, name: Callable[[str], str], tmp_path: Path, state: str
) -> None:
    """With its addresses and what it is told. A bond opens what joins it and closes what leaves."""
    space, store = name("ports"), Store(tmp_path / "state")
    if words := kernel.probe(["bond", "vrf"]):
        pytest.skip(f"kinds: {words}")

    def apply(where: str) -> None:
        port = {"kind": "veth", "peer": "far", "controller": None, "state": state, **WHERES[where]}
        if state == "up":  # while it is down there are no IPv6 addresses on it
            port["addresses"] = ["10.0.0.1/24", "2001:db8::1/64"]
        links: dict[str, Any] = {
            "br0": {"kind": "bridge"}, "br1": {"kind": "bridge"}, "vrf0": {"kind": "vrf", "table": 7}, "far": {},
            "bond0": {"kind": "bond", "mode": "active-backup", "miimon": "100ms"}, "port": port,
        }  # fmt: skip
        desired = config.loads(json.dumps({"version": 1, "name": space, "namespaces": {space: {"links": links}}}))
        result = engine.apply(desired, kernel, store)
        assert result.ok, (where, [(failure.step, failure.verdict) for failure in result.failures()], result.remaining)
        assert len(result.rounds) <= 1, (where, [plan.operations for plan in result.executed])
        assert not engine.check(desired, kernel, store)

    at = ""
    for first, second in permutations(WHERES, 2):
        if first != at:
            apply(first)
        apply(second)
        at = second


@pytest.mark.parametrize("managed", [True, False])
@pytest.mark.parametrize("kind", ["bond", "bridge", "vrf"])
def test_a_port_outlives_its_controller(
    kernel: LinuxKernel, name: Callable[[str], str], tmp_path: Path, kind: str, managed: bool
) -> None:
    """Whether the file says that it is nobody's port from now on, or nothing about it."""
    space, store = name("ports"), Store(tmp_path / "state")
    if words := kernel.probe([kind]):
        pytest.skip(f"kinds: {words}")
    table = {"table": 7} if kind == "vrf" else {}
    port = {"kind": "veth", "peer": "far", "addresses": ["10.0.0.1/24", "2001:db8::1/64"]}
    alone = {"port": {**port, "controller": None} if managed else port, "far": {}}
    for links in ({"ctl": {"kind": kind, **table}, "port": {**port, "controller": "ctl"}, "far": {}}, alone):
        desired = config.loads(json.dumps({"version": 1, "name": space, "namespaces": {space: {"links": links}}}))
        result = engine.apply(desired, kernel, store)
        assert result.ok, (result.failures(), result.remaining)
        assert len(result.rounds) <= 1, [plan.operations for plan in result.executed]
        assert not engine.check(desired, kernel, store)
