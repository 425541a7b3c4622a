"""What export writes is valid input, says the same thing, and plans to nothing where it came from."""

from __future__ import annotations

import contextlib
import ipaddress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nsmgr import config, engine
from nsmgr.config import yaml12
from nsmgr.kernel.fake import FakeKernel
from nsmgr.kernel.port import Want
from nsmgr.model.things import thing_types
from nsmgr.plan.state import Address, Link, NetnsState, Route, Rule
from nsmgr.render.export import SYSCTL_DEFAULTS, export_document, export_yaml
from nsmgr.render.yaml import block, flow, scalar
from nsmgr.store import Store

CONFIGS = sorted(path for path in (Path(__file__).parents[2] / "configs").glob("*.yaml") if "adopt" not in path.name)

# Every kind, and what is easily lost on the way: names that are YAML words, second addresses, multipath, each kind of rule.
SINK = """
version: 1
name: sink
namespaces:
  "on":
    sysctls: {net.ipv4.ip_forward: 1}
    links:
      lo: {addresses: [10.255.0.1/32]}
      br0: {kind: bridge, stp: true, ageing_time: 100s, priority: 4096, alias: "it's: #1", altnames: ["no"]}
      "null": {kind: veth, peer: nb/e0, controller: br0, mtu: 1400, arp: false, promisc: true}
      e1:
        kind: veth
        peer: nb/e1
        addresses:
          - 10.0.0.1/24
          - {address: 10.0.0.9, peer: 10.0.9.9/32}
          - {address: 10.1.0.1/24, label: "e1:x", metric: 50, noprefixroute: true}
          - {address: "2001:db8::1/64", nodad: true}
      mv0: {kind: macvlan, parent: e1, mode: bridge}
      mt0: {kind: macvtap, parent: e1, mode: private}
      vx: {kind: vxlan, id: 7, port: 4790, local: 10.0.0.1, remote: 10.0.0.2, learning: false, ageing: 60s, parent: e1, ttl: 5}
      vy: {kind: vxlan, id: 8, local: "2001:db8::1", udp_csum: false, srcport: [1000, 2000]}
      v7: {kind: vlan, parent: e1, id: 7, ingress_qos: {1: 2}}
      bo: {kind: bond, mode: active-backup, miimon: 100ms}
      vr: {kind: vrf, table: 10}
      iv: {kind: ipvlan, parent: du, mode: l2}
      du: {kind: dummy}
      ifb7: {kind: ifb, txqlen: 64, group: 5}
      tp: {kind: tap, owner: 1000}
      tn: {kind: tun, pi: true, state: down}
    routes:
      - {to: default, via: 10.0.0.2}
      - {to: "::/0", via: "2001:db8::2"}
      - {to: 10.9.0.0/16, nexthops: [{via: 10.0.0.2, weight: 1}, {via: 10.0.0.3, weight: 2}], table: 100, metric: 7}
      - {to: 192.0.2.0/24, type: blackhole, metric: 50, table: 100}
      - {to: "2001:db8:9::/48", type: unreachable}
      - {to: 10.77.0.0/16, dev: e1, scope: link, prefsrc: 10.0.0.1, mtu: 1300, proto: static}
    rules:
      - {priority: 1000, from: 10.0.0.0/24, table: 100}
      - {priority: 1001, family: ipv6, fwmark: 5, table: 100}
      - {priority: 1002, to: 10.4.0.0/16, iif: e1, type: blackhole}
      - {priority: 1003, fwmark: 16, fwmask: 255, ipproto: 6, dport: 80-90, table: 101, invert: true, suppress_prefixlength: 0}
  nb:
    links:
      e1: {addresses: [10.0.0.2/24, 10.0.0.3/24, {address: "2001:db8::2/64", nodad: true}]}
"""


def applied(desired: Any, tmp_path: Path) -> tuple[FakeKernel, dict[str, NetnsState]]:
    kernel = FakeKernel()
    result = engine.apply(desired, kernel, Store(tmp_path))
    assert result.ok, result.failures()
    return kernel, observe(kernel)


def observe(kernel: FakeKernel) -> dict[str, NetnsState]:
    names = sorted(kernel.list_netns())
    wants = {name: Want(sysctls=[*SYSCTL_DEFAULTS], peers=[other for other in names if other != name]) for name in names}
    for want in wants.values():
        want.things = frozenset(thing_types())
    return kernel.observe(wants).namespaces


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_configs(path: Path, tmp_path: Path) -> None:
    check_round_trip(config.load([path]), tmp_path)


def test_everything(tmp_path: Path) -> None:
    check_round_trip(config.loads(SINK), tmp_path)


def check_round_trip(desired: Any, tmp_path: Path) -> None:
    kernel, states = applied(desired, tmp_path / "one")
    again = config.loads(export_yaml(states, desired.name))
    assert not engine.check(again, kernel, Store(tmp_path / "one"))
    assert not engine.check(config.loads(export_yaml(states)), kernel, Store(tmp_path / "other"))
    # … and makes the same network on a bare machine.
    other, rebuilt = applied(again, tmp_path / "bare")
    assert not engine.check(again, other, Store(tmp_path / "bare"))
    assert export_yaml(rebuilt) == export_yaml(states)


@pytest.mark.parametrize("name", ["on", "nb"])
def test_one_of_several_namespaces_plans_to_nothing_too(name: str, tmp_path: Path) -> None:
    kernel, states = applied(config.loads(SINK), tmp_path)
    alone = export_yaml({name: states[name]})
    assert "peer: nb" not in alone
    assert "peer: on" not in alone
    assert not engine.check(config.loads(alone), kernel, Store(tmp_path / "other"))


def test_a_pair_is_declared_at_one_end(tmp_path: Path) -> None:
    _, states = applied(config.load([CONFIGS[1]]), tmp_path)
    text = export_yaml(states)
    assert text.count("kind: veth") == text.count("peer:") == sum(len(state.links) - 1 for state in states.values()) // 2


def red(**parts: Any) -> dict[str, Any]:
    document = export_document({"red": NetnsState("red", 1, **parts)})
    body: dict[str, Any] = document["namespaces"]["red"]
    return body


def test_an_empty_namespace() -> None:
    assert red() == {"adopt": True, "manage": "all"}
    assert export_yaml({}) == "version: 1\nname: exported\nnamespaces: {}\n"


def test_what_nobody_asked_for_is_left_out() -> None:
    links = {
        "lo": Link("lo", "lo", 1, {"state": "up", "mtu": 65536}, fallback=True),
        "sit0": Link("sit0", "sit", 2, {"state": "down", "mtu": 1480}, fallback=True),
    }
    addresses = {
        ("lo", "127.0.0.1/8"): Address("lo", "127.0.0.1/8", {"proto": 1}),
        ("lo", "fe80::1/64"): Address("lo", "fe80::1/64", {"proto": 3}),
    }
    connected = Route("10.0.0.0/24", attrs={"type": "unicast", "proto": 2})
    daemon = Route("10.1.0.0/24", attrs={"type": "unicast", "proto": 186})
    local = Route("10.1.0.1/32", 255, attrs={"type": "local", "proto": 2})
    body = red(
        links=links,
        addresses=addresses,
        routes={route.key: [route] for route in (connected, daemon, local)},
        rules={(("priority", 0),): [Rule({"priority": 0, "family": "ipv4"}, 2)]},
        sysctls={"net.ipv4.ip_forward": "0", "net.gone": None},
    )
    assert set(body) <= {"adopt", "manage", "links"}
    assert "sit0" not in body.get("links", {}) or body["links"]["sit0"] == {"mtu": 1480, "state": "down"}


def test_a_loopback_that_is_down_stays_down() -> None:
    assert red(links={"lo": Link("lo", "lo", 1, {"state": "down", "mtu": 65536}, fallback=True)})["links"] == {
        "lo": {"state": "down"}
    }


@pytest.mark.parametrize(
    "link",
    [
        Link("eno1", "", 2, {"state": "up", "mtu": 1500, "tx_queues": 8}),
        Link("x", "nosuch", 2, {"state": "up", "mtu": 1500}),
        Link("v", "veth", 2, {"state": "up", "mtu": 1500, "peer": "?/#7"}),
        Link("v", "veth", 2, {"state": "up", "mtu": 1500, "peer": "blue/x"}),
        Link("m", "macvlan", 2, {"state": "up", "mtu": 1500, "parent": "?/#3", "mode": "bridge"}),
    ],
    ids=["physical", "unknown kind", "unknown peer", "peer outside", "unknown parent"],
)
def test_what_cannot_be_made_again_is_configured_in_place(link: Link) -> None:
    body = red(links={link.name: link})["links"][link.name]
    assert not {"kind", "peer", "parent", "mode", "tx_queues"} & body.keys()


def test_the_host_has_its_own_place() -> None:
    document = export_document({"host": NetnsState("host", links={"eth0": Link("eth0", "", 2, {"state": "up", "mtu": 9000})})})
    assert document["host"] == {"links": {"eth0": {"mtu": 9000}}}
    assert document["namespaces"] == {}


# ------------------------------------------------------------------------------------------------------------------- YAML

TRICKY = [
    "no", "on", "y", "null", "~", "true", "1", "1.5", "1e3", "0x1f", "0o7", "1_000", "10:20:30:40:50:10", "2001:db8::1",
    "2001-01-01",
    "10.0.0.1", "10.0.0.1/24", "300s", "20ms", "1d", ".5", "-", "?", "a: b", "a #b", "#", "", " x", "x ", "'", '"', "\\", "\t", "é",
    "\x7f", "\x85", "\u2028", "\ufeff", "😀", "<<", "=", "%x", "@x", "`x", "*a", "&a", "!a", "[", "{}", "|", "net.ipv4.ip_forward",
    "a/b", "--- ", "...", ".inf", ".nan", "-1", "+1",
]  # fmt: skip


def read(text: str) -> Any:
    """What both parsers make of it: the configuration's YAML 1.2 (unless it wants a closer look) and YAML 1.1."""
    value = yaml.safe_load(text)
    with contextlib.suppress(yaml12.NeedsPositions):
        assert yaml12.parse(text) == value
    return value


@pytest.mark.parametrize("text", TRICKY)
def test_scalars_mean_the_same_to_every_yaml(text: str) -> None:
    for written in (f"{scalar(text)}: {scalar(text)}", flow({text: text})):
        assert read(written) == {text: text}


PLAIN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
VALUES = st.recursive(st.none() | st.booleans() | st.integers(-(2**40), 2**40) | PLAIN, lambda inner: st.lists(inner, max_size=3))


@given(st.dictionaries(PLAIN, VALUES | st.dictionaries(PLAIN, VALUES, max_size=3), max_size=4))
def test_documents_read_back(document: dict[str, Any]) -> None:
    text = "\n".join(block(document))
    assert (read(text) or {}) == document


@given(st.ip_addresses(), st.integers(0, 32))
def test_addresses_read_back(address: ipaddress.IPv4Address | ipaddress.IPv6Address, length: int) -> None:
    for text in (str(address), f"{address}/{length}"):
        assert read(f"a: {scalar(text)}") == {"a": text}
