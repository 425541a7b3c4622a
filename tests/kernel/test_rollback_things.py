"""The way back of everything that is no link, on a real kernel: changed, gone, and gone with its namespace; keys nobody can read.

What each type looks like is taken from its own tests; what a kernel lacks is skipped with its words.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

import pytest

from nsmgr import engine
from nsmgr.errors import UnsupportedByKernel
from nsmgr.kernel.port import EVERYTHING, Want
from nsmgr.model.attr import Change
from nsmgr.model.thing import always, facts, thing_type
from nsmgr.plan.state import DesiredState
from nsmgr.rollback import rollback
from tests.contract.test_rollback import UNTOLD, differences, whole
from tests.kernel import (
    test_ethtool,
    test_fdb,
    test_macsec,
    test_mdb,
    test_neighbors,
    test_nexthop_objects,
    test_nftables,
    test_vlans,
    test_vnis,
    test_wireguard,
)
from tests.kernel.lab import Lab

HEAD = "version: 1\nnamespaces:\n"
PAIR = """
  @b: {links: {eth0: {addresses: [10.0.0.2/24]}}}
"""
PAIRS = PAIR.replace("}}}", "}, eth1: {}}}")
TRAFFIC = (
    HEAD
    + """
  @a:
    links:
      eth0:
        kind: veth
        peer: @b/eth0
        qdisc:
          - kind: htb
            default: 20
            classes:
              "1:10": {rate: 1mbit, qdisc: {kind: netem, delay: 10ms}}
              "1:20": {rate: 2mbit, qdisc: {kind: sfq}}
            filters: [{kind: u32, dst: 10.0.0.0/24, flowid: "1:10"}]
          - kind: ingress
            filters: [{kind: matchall, action: drop}]
"""
    + PAIR
)
ROUTES = (
    HEAD
    + """
  @a:
    links:
      eth0: {kind: veth, peer: @b/eth0, addresses: [{address: 10.0.0.1/24, label: "eth0:x", metric: 7}]}
      eth1: {kind: veth, peer: @b/eth1, addresses: [10.0.1.1/24, {address: "2001:db8::1/64", nodad: true}]}
      red: {kind: vrf, table: 10}
      eth2: {kind: veth, peer: eth3, controller: red, addresses: [10.0.2.1/24]}
      eth3: {}
    routes:
      - {to: 198.51.100.0/24, via: 10.0.0.2, metric: 5}
      - {to: 198.51.101.0/24, nexthops: [{via: 10.0.0.2}, {via: 10.0.1.2, weight: 3}]}
      - {to: 198.51.102.0/24, via: 10.0.2.2, table: 10}
      - {to: 203.0.113.0/24, type: blackhole, table: 100}
      - {to: "2001:db8:9::/48", via: "2001:db8::2", mtu: 1400}
    rules:
      - {from: 10.1.0.0/16, table: 100, priority: 1000}
      - {fwmark: 7, table: 100, priority: 1001, family: ipv6}
"""
    + PAIRS
)
ENCAP = (
    HEAD
    + """
  @a:
    links: {eth0: {kind: veth, peer: @b/eth0, addresses: [10.0.0.1/24]}}
    routes: [{to: 198.51.100.0/24, via: 10.0.0.2, encap: {type: ip, id: 30, dst: 10.0.0.7, ttl: 3}}]
"""
    + PAIR
)
SYSCTLS = (
    HEAD
    + """
  @a:
    sysctls: {net.ipv4.ip_forward: 1, net.ipv4.ip_default_ttl: 65}
    links:
      lo: {sysctls: {ipv4.rp_filter: 2}}
      eth0: {kind: veth, peer: @b/eth0, tx_queues: 1, sysctls: {ipv4.rp_filter: 2, ipv6.accept_ra: 2}}
      eth1: {kind: veth, peer: @b/eth1, sysctls: {ipv4.proxy_arp: 1}}
"""
    + PAIRS
)
CONTROLLERS = (
    HEAD
    + """
  @a:
    links:
      br0: {kind: bridge, stp: true, ageing_time: 100s, mtu: 1400}
      eth0: {kind: veth, peer: @b/eth0, controller: br0, port_options: {cost: 7, isolated: true}}
      eth1: {kind: veth, peer: @b/eth1, controller: br0, mac: "02:00:00:00:00:07"}
      mv: {kind: macvlan, parent: @b/up, mode: bridge}
  @b: {links: {eth0: {}, eth1: {}, up: {kind: veth, peer: far}, far: {}}}
"""
)
BOND = (
    HEAD
    + """
  @a:
    links:
      bond0: {kind: bond, mode: active-backup, miimon: 100ms, primary: eth0, addresses: [10.0.0.1/24]}
      eth0: {kind: veth, peer: @b/eth0, controller: bond0}
      eth1: {kind: veth, peer: @b/eth1, controller: bond0, port_options: {queue_id: 1}}
      v5: {kind: vlan, id: 5, parent: bond0, addresses: [10.5.0.1/24]}
  @b: {links: {eth0: {}, eth1: {}}}
"""
)
TUNNEL = (
    HEAD
    + """
  @a: {links: {tun: {kind: gre, local: 10.0.0.1, remote: 10.0.0.2, ttl: 9, underlay: @b, addresses: [10.9.0.1/24]}}}
  @b: {links: {eth0: {kind: ifb, addresses: [10.0.0.1/24]}}}
"""
)
_BEFORE, _, _AFTER = test_nftables.FILE.partition("        table ip nat")
NFTABLES = _BEFORE + _AFTER[_AFTER.index("    links:") :]
VLANS = test_vlans.FILE.replace(
    "vlans: [10, 20-29]\n", "vlans: [10, 20-29]\n        vlan_options: [{id: 10, mcast_snooping: false}]\n"
)

# name → the first file, and what is changed in it: texts and what they become, as many as go together.
Changes = list[list[tuple[str, str]]]
KINDS: dict[str, tuple[str, Changes]] = {
    "neighbors": (
        test_neighbors.FILE,
        [
            [("10.0.0.2 02:00:00:00:00:02", "10.0.0.2 02:00:00:00:00:05")],
            [("{to: 10.0.0.9, proxy: true}", "{to: 10.0.0.8, proxy: true}")],
        ],
    ),
    "fdb": (test_fdb.FILE, [[("dst 10.0.0.2", "dst 10.0.0.9")], [("id: 7", "id: 6")]]),
    "mdb": (test_mdb.FILE, [[("mode: include", "mode: exclude")], [("          - 239.1.1.1\n", "")]]),
    "vlans": (VLANS, [[("10 pvid untagged", "11 pvid")], [("mcast_snooping: false", "mcast_snooping: true")]]),
    "vnis": (test_vnis.FILE, [[("12-15", "12-13")], [("group: 10.0.0.7", "group: 10.0.0.8")]]),
    "nexthops": (test_nexthop_objects.FILE, [[("weight: 3", "weight: 5")], [("nhid: 3", "nhid: 2")]]),
    "nftables": (NFTABLES, [[("counter drop", "drop")], [("22, 80", "22")]]),
    "ethtool": (test_ethtool.FILE, [[("rx-gro-list: true", "rx-gro-list: false"), ("rx_frames: 7", "rx_frames: 9")]]),
    "traffic": (TRAFFIC, [[("delay: 10ms", "delay: 20ms")], [("rate: 1mbit", "rate: 3mbit"), ("action: drop", "action: pass")]]),
    "routes": (
        ROUTES,
        [
            [("metric: 5", "metric: 6"), ("weight: 3", "weight: 2")],
            [("table: 10}", "table: 11}")],
            [("priority: 1000", "priority: 999")],
        ],
    ),
    "encap": (ENCAP, [[("id: 30", "id: 31")]]),
    "sysctls": (
        SYSCTLS,
        [
            [("rp_filter: 2", "rp_filter: 1"), ("ttl: 65", "ttl: 66")],
            [("tx_queues: 1, sysctls: {ipv4.rp_filter: 2, ipv6.accept_ra: 2}", "tx_queues: 2")],
        ],
    ),
    "controllers": (
        CONTROLLERS,
        [
            [("cost: 7", "cost: 8"), ("stp: true", "stp: false")],
            [("controller: br0, mac", "controller: null, mac")],
            [("parent: @b/up", "parent: eth1"), ("controller: br0, mac", "controller: null, mac")],
        ],
    ),
    "bond": (
        BOND,
        [[("active-backup", "802.3ad"), (", primary: eth0", "")], [("primary: eth0", "primary: eth1"), ("id: 5", "id: 6")]],
    ),
    "tunnel": (TUNNEL, [[("ttl: 9", "ttl: 10")], [("remote: 10.0.0.2", "remote: 10.0.0.3")]]),
    "wireguard": (
        test_wireguard.FILE,
        [
            [("listen_port: 51820", "listen_port: 51822"), ("25s", "26s")],
            [("{file: A_KEY}", "{file: NEW}"), ("fwmark: 0x10", "fwmark: 0x11")],
            [("{file: SHARED}", "{file: NEW}")],
        ],
    ),
    "macsec": (
        test_macsec.FILE,
        [[("active: false, pn: 7", "active: true, pn: 7")], [('{file: ONE}, key_id: "01"', '{file: NEW}, key_id: "03"')]],
    ),
}
KEYS: dict[str, Any] = {"wireguard": test_wireguard.Keys, "macsec": test_macsec.Keys}


def told(lab: Lab, *states: DesiredState) -> dict[str, Any]:
    """Everything of all namespaces that a plan could change, as far as it can be told."""
    names = dict.fromkeys(name for state in states for name in state.namespaces)
    types = frozenset(always()).union(*(netns.types for state in states for netns in state.namespaces.values()))
    wants = {name: Want(EVERYTHING, peers=[*names], ports=True, things=types) for name in names}
    for state in states:
        for name, netns in state.namespaces.items():
            keys = [*netns.sysctls, *(key for link in netns.links.values() for key in link.sysctls)]
            wants[name].sysctls = [*dict.fromkeys([*wants[name].sysctls, *keys])]
    found = {}
    for name, seen in lab.kernel.observe(wants).namespaces.items():
        found[name] = whole(seen)
        found[name]["things"] = {
            f"{thing.type} {thing.key}": {
                row: value
                for row, value in thing.attrs.items()
                if (known := facts(thing.type, thing.attrs).rows().get(row)) is not None
                and known.change not in (Change.READ_ONLY, Change.CREATE_ONLY)
                and value is not None
            }
            for thing in seen.things.values()
            if not thing_type(thing.type).foreign(thing.attrs)
        }
        for link in found[name]["links"].values():
            for row in UNTOLD & link.keys():
                del link[row]
    return found


def back(lab: Lab, before: DesiredState, other: DesiredState, what: str) -> list[str]:
    """Apply ``other``, go back, and say what differs."""
    seen = told(lab, before, other)
    result = engine.apply(other, lab.kernel, lab.store, on_error="stop")
    wrong = [f"{what}: apply: {f.operation.key} {f.step.verb.name} {f.verdict}" for f in result.failures()]
    if not result.plan:
        return [*wrong, f"{what}: nothing was done"]
    done = rollback(lab.name, lab.kernel, lab.store)
    wrong += [f"{what}: refused: {f.operation.key} {f.step.verb.name} {f.step.attrs} {f.verdict}" for f in done.failures()]
    wrong += [f"{what}: remaining: {o}" for o in (done.remaining.operations if done.remaining else ())]
    wrong += [f"{what}: lost: {words}" for words in done.lost]
    wrong += [f"{what}: {line}" for line in differences(seen, told(lab, before, other))]
    return wrong + [f"{what}: check: {o}" for o in engine.check(before, lab.kernel, lab.store).operations]


def changed(text: str, pairs: Iterable[tuple[str, str]]) -> str:
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("kind", KINDS)
def test_the_way_back_of(lab: Lab, kind: str) -> None:
    text, changes = KINDS[kind]
    write = KEYS[kind](lab.store.path.parent).text if kind in KEYS else str

    def load(text: str) -> DesiredState:  # nft has the prefix's sign, too
        return test_nftables.described(lab, write(text)) if kind == "nftables" else lab.load(write(text))

    before = load(text)
    try:
        made = engine.apply(before, lab.kernel, lab.store)
    except UnsupportedByKernel as error:
        pytest.skip(str(error))
    if not made.ok and (refused := [f.verdict for f in (made.rollback or made).failures() or made.failures()]):
        pytest.skip(f"{refused[0]}")
    assert made.ok, (made.failures(), made.remaining)
    wrong: list[str] = []
    for pairs in changes:
        wrong += back(lab, before, load(changed(text, pairs)), f"{pairs[0]}")
    wrong += back(lab, before, lab.load("version: 1\nnamespaces: {@a: {}, @b: {}}"), "gone")
    wrong += back(lab, before, lab.load("version: 1\nnamespaces: {@b: {}}"), "a left")
    wrong += back(lab, before, lab.load("version: 1\nnamespaces: {@c: {}}"), "all left")
    assert wrong == [], "\n".join(wrong)


def test_a_key_that_nobody_holds_any_more_is_lost_and_said_to_be(lab: Lab) -> None:
    """The file of the private key has another one by now: everything but the key comes back, and no key is written down."""
    keys = test_wireguard.Keys(lab.store.path.parent)
    try:
        assert engine.apply(lab.load(keys.text()), lab.kernel, lab.store).ok
    except UnsupportedByKernel as error:
        pytest.skip(str(error))
    keys.secret["A_KEY"] = keys.secret["NEW"]
    keys.write("A_KEY", keys.secret["NEW"])
    assert engine.apply(lab.load(changed(keys.text(), [("51820", "51830")])), lab.kernel, lab.store).ok
    done = rollback(lab.name, lab.kernel, lab.store)
    assert done.ok, (done.failures(), done.remaining)
    assert [words.partition(":")[0] for words in done.lost] == ["private_key of wireguard wg0"]
    wants = {f"{lab.prefix}a": Want(EVERYTHING, things=frozenset(("wireguard",)))}
    (device,) = lab.kernel.observe(wants).namespaces[f"{lab.prefix}a"].things.values()
    assert (device.attrs["listen_port"], device.attrs["public_key"]) == (51820, keys.public("NEW"))
    written = b"".join(file.read_bytes() for file in lab.store.path.iterdir())
    assert not [name for name, key in keys.secret.items() if base64.b64encode(key) in written or key.hex().encode() in written]


def test_what_a_dying_namespace_holds_is_let_go_first(lab: Lab) -> None:
    """cleanup_net comes later: until then the macvlan would keep its lower link from being a port (EBUSY)."""
    up = "up: {kind: veth, peer: far}, far: {}"
    upper = "@a: {links: {mv: {kind: macvlan, parent: @b/up, mode: bridge}}}"
    lab.converge(lab.load(f"{HEAD}  {upper}\n  @b: {{links: {{{up}}}}}\n"))
    port = up.replace("far}", "far, controller: br0}", 1)
    lab.converge(lab.load(f"{HEAD}  @b: {{links: {{br0: {{kind: bridge}}, {port}}}}}\n"))
    done = rollback(lab.name, lab.kernel, lab.store)
    assert done.ok
    assert len(done.rounds) == 1
