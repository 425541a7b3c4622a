"""YAML → DesiredState: inferences, defaults, canonical values, positions."""

from __future__ import annotations

import gc
import time
from typing import Any

import pytest

from nsmgr.config import loads, locate
from nsmgr.errors import ConfigError, Problem
from nsmgr.plan.state import DesiredLink, DesiredNetns, DesiredState, NextHop

QUICKSTART = """\
version: 1
name: quickstart
defaults:
  link: {mtu: 1500}
  veth: {queues: 1}
host:
  links:
    nsm-up: {kind: veth, peer: red/up, addresses: [198.51.100.1/30]}
namespaces:
  red:
    links:
      lo:   {addresses: [10.255.0.1/32]}
      eth0: {kind: veth, peer: blue/eth0, addresses: [10.0.0.1/24, "2001:db8::1/64"], mtu: 1400}
      br0:  {kind: bridge, stp: false}
      p1:   {kind: veth, peer: green/eth0, controller: br0}
      vx7:  {kind: vxlan, id: 7, port: 4789, local: 10.0.0.1, remote: 10.0.0.2}
    routes:
      - {to: default, via: 10.0.0.2}
      - {to: 10.9.0.0/16, nexthops: [{via: 10.0.0.2, weight: 1}, {via: 10.0.0.3, weight: 2}]}
      - {to: 192.0.2.0/24, type: blackhole, metric: 50, table: 100}
    rules:
      - {priority: 1000, from: 10.0.0.0/24, table: 100}
    sysctls: {net.ipv4.ip_forward: 1}
  blue:
    links:
      eth0: {addresses: [10.0.0.2/24]}
  green: {}
  web:
    from: {pid: 4242}
"""


def one(body: str, *, netns: str = "red") -> DesiredNetns:
    """The namespace red of a document whose ``red:`` has this flow-style body."""
    return loads(f"version: 1\nnamespaces:\n  red: {body}\n  blue: {{}}\n").namespaces[netns]


def link(body: str, *, name: str = "x") -> DesiredLink:
    return one(f"{{links: {{br0: {{kind: bridge}}, {name}: {body}}}}}").links[name]


@pytest.fixture(scope="module")
def quickstart() -> DesiredState:
    return loads(QUICKSTART, "lab.yaml")


def test_quickstart_namespaces(quickstart: DesiredState) -> None:
    assert quickstart.name == "quickstart"
    assert {name: (n.source, n.manage) for name, n in quickstart.namespaces.items()} == {
        "host": ("host", "declared"),
        "red": ("create", "all"),
        "blue": ("create", "all"),
        "green": ("create", "all"),
        "web": ("pid:4242", "declared"),
    }
    assert [list(n.links) for n in quickstart.namespaces.values()] == [
        ["nsm-up"],
        ["lo", "eth0", "br0", "p1", "vx7", "up"],
        ["lo", "eth0"],
        ["lo", "eth0"],
        [],
    ]


def test_far_ends_are_inferred(quickstart: DesiredState) -> None:
    far = quickstart.namespaces["green"].links["eth0"]
    assert (far.kind, far.attrs["peer"], far.attrs["mtu"]) == ("veth", "red/p1", 1500)
    assert far.origin == ("namespaces", "red", "links", "p1", "peer")
    assert quickstart.namespaces["red"].links["up"].attrs["peer"] == "host/nsm-up"
    declared = quickstart.namespaces["blue"].links["eth0"]
    assert (declared.kind, declared.attrs["peer"]) == ("veth", "red/eth0")
    assert list(declared.addresses) == ["10.0.0.2/24"]


def test_defaults_come_before_own_keys(quickstart: DesiredState) -> None:
    links = quickstart.namespaces["red"].links
    assert links["eth0"].attrs == {"state": "up", "mtu": 1400, "peer": "blue/eth0", "tx_queues": 1, "rx_queues": 1}
    assert "mtu" not in links["lo"].attrs  # a default for "every link" is not for the loopback device
    assert links["vx7"].attrs["mtu"] == 1500


def test_null_cancels_a_default_and_sysctls_merge() -> None:
    state = loads(
        "version: 1\ndefaults: {link: {mtu: 1400, sysctls: {ipv4.rp_filter: 0, ipv4.arp_ignore: 1}}, ifb: {txqlen: 5}}\n"
        "namespaces: {red: {links: {a: {kind: ifb, mtu: null, sysctls: {ipv4.rp_filter: 2}}}}}\n"
    )
    a = state.namespaces["red"].links["a"]
    assert a.attrs == {"state": "up", "txqlen": 5}
    assert a.sysctls == {"net.ipv4.conf.a.rp_filter": "2", "net.ipv4.conf.a.arp_ignore": "1"}


@pytest.mark.parametrize(
    ("body", "attrs", "birth"),
    [
        ("{kind: veth, peer: y}", {}, {"tx_queues": 1, "rx_queues": 1}),
        ("{kind: veth, peer: y, queues: 4}", {"tx_queues": 4, "rx_queues": 4}, {}),
        ("{kind: veth, peer: y, queues: kernel}", {}, {}),
        ("{kind: veth, peer: y, tx_queues: 2}", {"tx_queues": 2}, {"rx_queues": 1}),
        ("{kind: veth, peer: y, queues: 4, rx_queues: 2}", {"tx_queues": 4, "rx_queues": 2}, {}),
    ],
)
def test_queues(body: str, attrs: dict[str, Any], birth: dict[str, Any]) -> None:
    found = link(body)
    assert {key: value for key, value in found.attrs.items() if "queues" in key} == attrs
    assert found.birth == birth
    assert one(f"{{links: {{x: {body}}}}}").links["y"].birth == {"tx_queues": 1, "rx_queues": 1}


@pytest.mark.parametrize(
    ("body", "attrs"),
    [
        ("{kind: ifb}", {"state": "up"}),
        ("{kind: ifb, state: down, arp: false}", {"state": "down", "arp": False}),
        ("{kind: ifb, controller: null}", {"state": "up", "controller": None}),
        ("{kind: ifb, mac: null, mtu: null}", {"state": "up"}),
        ("{kind: ifb, mac: 02-00-00-00-00-AA}", {"state": "up", "mac": "02:00:00:00:00:aa"}),
        ("{kind: ifb, mac: 12:34:56:11:22:33}", {"state": "up", "mac": "12:34:56:11:22:33"}),
        ("{kind: ifb, alias: ''}", {"state": "up", "alias": ""}),
        ("{kind: ifb, gso_max_size: 64k}", {"state": "up", "gso_max_size": 65536}),
        ("{kind: macvlan, parent: red/br0}", {"state": "up", "parent": "br0"}),
        ("{kind: macvlan, parent: host/eth0}", {"state": "up", "parent": "host/eth0"}),
        ("{kind: macvlan, parent: br0, controller: null}", {"state": "up", "parent": "br0", "controller": None}),
    ],
)
def test_canonical_attributes(body: str, attrs: dict[str, Any]) -> None:
    assert link(body).attrs == attrs


def test_a_reference_into_the_host_makes_the_host_part_of_the_state() -> None:
    state = loads("version: 1\nnamespaces: {red: {links: {m: {kind: macvlan, parent: host/eth0}}}}\n")
    assert (state.namespaces["host"].source, state.namespaces["host"].manage) == ("host", "declared")
    assert state.namespaces["host"].links == {}


def test_altnames() -> None:
    assert link("{kind: ifb}").altnames is None
    assert link("{kind: ifb, altnames: []}").altnames == ()
    assert link("{kind: ifb, altnames: [a, a-very-long-alternative-name]}").altnames == ("a", "a-very-long-alternative-name")


def test_lo_is_always_desired_in_made_namespaces() -> None:
    assert one("{}").links["lo"].attrs == {"state": "up"}
    assert one("{links: {lo: {state: down}}}").links["lo"].attrs == {"state": "down"}
    assert "lo" not in one("{from: {path: /proc/1/ns/net}}").links


@pytest.mark.parametrize(
    ("body", "source", "adopt", "manage"),
    [
        ("{}", "create", False, "all"),
        ("{manage: declared}", "create", False, "declared"),
        ("{adopt: true}", "create", True, "all"),
        ("{adopt: true, manage: declared}", "create", True, "declared"),
        ("{from: {pid: 7}}", "pid:7", False, "declared"),
        ("{from: {path: /run/netns/x}, manage: all}", "path:/run/netns/x", False, "all"),
    ],
)
def test_source_and_manage(body: str, source: str, adopt: bool, manage: str) -> None:
    found = one(body)
    assert (found.source, found.adopt, found.manage) == (source, adopt, manage)


@pytest.mark.parametrize("head", ["manage: declared", "adopt: true", "from: {pid: 1}"])
def test_links_that_may_exist_already(head: str) -> None:
    found = one(f"{{{head}, links: {{e: {{mtu: 1400, controller: br9}}, v: {{kind: veth}}}}, routes: [{{to: default, dev: w0}}]}}")
    assert found.links["e"].kind == ""
    assert found.links["e"].attrs == {"state": "up", "mtu": 1400, "controller": "br9"}
    assert (found.links["v"].kind, "peer" in found.links["v"].attrs) == ("veth", False)


def test_both_ends_declaring_each_other_is_fine() -> None:
    text = "version: 1\nnamespaces:\n  a: {links: {x: {kind: veth, peer: b/y}}}\n  b: {links: {y: {kind: veth, peer: a/x}}}\n"
    state = loads(text)
    assert state.namespaces["a"].links["x"].attrs["peer"] == "b/y"
    assert state.namespaces["b"].links["y"].attrs["peer"] == "a/x"
    assert (
        loads(text.replace("b/y}", "b/y, mtu: 1400}").replace("kind: veth, peer: a/x", "peer: a/x")).namespaces["b"].links["y"].kind
        == "veth"
    )
    assert loads(text.replace("kind: veth, peer: a/x", "kind: veth")).namespaces["b"].links["y"].attrs["peer"] == "a/x"


# ------------------------------------------------------------------------------------------------------------ addresses


@pytest.mark.parametrize(
    ("written", "address", "attrs"),
    [
        ("10.0.0.1/24", "10.0.0.1/24", {}),
        ("10.0.0.1", "10.0.0.1/32", {}),
        ("'2001:DB8:0::1/64'", "2001:db8::1/64", {}),
        ("'fe80::1/64'", "fe80::1/64", {}),
        ("{address: 10.0.0.1, peer: 10.0.0.2/32}", "10.0.0.1 peer 10.0.0.2/32", {}),
        ("{address: 10.0.0.1, peer: 10.0.0.2/24}", "10.0.0.1 peer 10.0.0.2/24", {}),
        ("{address: 10.0.0.1/24, peer: 10.0.0.2}", "10.0.0.1 peer 10.0.0.2/24", {}),
        ("{address: 10.0.0.1/24, peer: 10.0.0.1}", "10.0.0.1/24", {}),
        ("{address: 10.0.0.1/24, label: 'x:1', scope: link}", "10.0.0.1/24", {"label": "x:1", "scope": "link"}),
        (
            "{address: 10.0.0.1/24, scope: 254, metric: 5, proto: kernel_ra}",
            "10.0.0.1/24",
            {"scope": "host", "metric": 5, "proto": 2},
        ),
        ("{address: 10.0.0.1/24, scope: 99, broadcast: 10.0.0.255}", "10.0.0.1/24", {"scope": "99", "broadcast": "10.0.0.255"}),
        (
            "{address: 'fd00::1/64', nodad: true, valid_lifetime: 1h, preferred_lifetime: 60}",
            "fd00::1/64",
            {"nodad": True, "valid_lifetime": 3_600_000, "preferred_lifetime": 60_000},
        ),
        (
            "{address: 'fd00::1/64', noprefixroute: true, valid_lifetime: forever}",
            "fd00::1/64",
            {"noprefixroute": True, "valid_lifetime": "forever"},
        ),
    ],
)
def test_addresses(written: str, address: str, attrs: dict[str, Any]) -> None:
    ((key, found),) = link(f"{{kind: ifb, addresses: [{written}]}}").addresses.items()
    assert (key, found.address, found.link, found.attrs) == (address, address, "x", attrs)
    assert found.origin == ("namespaces", "red", "links", "x", "addresses", 0)


def test_ipv4_takes_one_address_with_two_prefix_lengths() -> None:
    assert list(link("{kind: ifb, addresses: [10.0.0.1/24, 10.0.0.1/25]}").addresses) == ["10.0.0.1/24", "10.0.0.1/25"]


def test_link_local_on_two_links_is_no_warning() -> None:
    links = ", ".join(f"{name}: {{kind: ifb, addresses: ['fe80::1/64']}}" for name in "ab")
    assert loads(f"version: 1\nnamespaces: {{red: {{links: {{{links}}}}}}}").warnings == ()


# -------------------------------------------------------------------------------------------------------- routes, rules


@pytest.mark.parametrize(
    ("written", "key", "nexthops", "attrs"),
    [
        ("{to: default, via: 10.0.0.2}", (254, "0.0.0.0/0", 0, 0), (NextHop("10.0.0.2"),), {}),
        ("{to: default, via: 'fe80::1', dev: lo}", (254, "::/0", 1024, 0), (NextHop("fe80::1", "lo"),), {}),
        ("{to: default, dev: lo}", (254, "0.0.0.0/0", 0, 0), (NextHop("", "lo"),), {}),
        ("{to: default, dev: lo, family: ipv6}", (254, "::/0", 1024, 0), (NextHop("", "lo"),), {}),
        ("{to: 10.1.2.3, dev: lo}", (254, "10.1.2.3/32", 0, 0), (NextHop("", "lo"),), {}),
        ("{to: 'fd00::/8', dev: lo, metric: 0}", (254, "fd00::/8", 1024, 0), (NextHop("", "lo"),), {}),
        ("{to: 'fd00::/8', dev: lo, metric: 7}", (254, "fd00::/8", 7, 0), (NextHop("", "lo"),), {}),
        ("{to: 10.0.0.0/8, type: blackhole}", (254, "10.0.0.0/8", 0, 0), (), {"type": "blackhole"}),
        ("{to: 'fd00::/8', type: unreachable, dev: lo}", (254, "fd00::/8", 1024, 0), (), {"type": "unreachable"}),
        ("{to: 10.0.0.0/8, type: throw, table: 7}", (7, "10.0.0.0/8", 0, 0), (), {"type": "throw"}),
        (
            "{to: 10.0.0.1, type: local, dev: lo, table: local, scope: host}",
            (255, "10.0.0.1/32", 0, 0),
            (NextHop("", "lo"),),
            {"type": "local", "scope": "host"},
        ),
        (
            "{to: 10.0.0.0/8, via: 10.9.9.9, dev: lo, onlink: true, proto: bird, mtu: 1400, advmss: 9, prefsrc: 10.0.0.1, tos: 16}",
            (254, "10.0.0.0/8", 0, 16),
            (NextHop("10.9.9.9", "lo", 1, True),),
            {"proto": 12, "mtu": 1400, "advmss": 9, "prefsrc": "10.0.0.1"},
        ),
        (
            "{to: 10.0.0.0/8, nexthops: [{via: 10.0.0.2}, {via: 10.0.0.3, dev: lo, weight: 256, onlink: true}]}",
            (254, "10.0.0.0/8", 0, 0),
            (NextHop("10.0.0.2"), NextHop("10.0.0.3", "lo", 256, True)),
            {},
        ),
    ],
)
def test_routes(written: str, key: Any, nexthops: Any, attrs: dict[str, Any]) -> None:
    ((found_key, route),) = one(f"{{routes: [{written}]}}").routes.items()
    assert (found_key, route.key, route.nexthops, route.attrs) == (key, key, nexthops, attrs)
    assert route.origin == ("namespaces", "red", "routes", 0)


@pytest.mark.parametrize(
    ("written", "attrs", "proto"),
    [
        ("{priority: 1, table: main}", {"priority": 1, "family": "ipv4", "table": 254}, 0),
        (
            "{priority: 1, table: 7, type: lookup, invert: false, tos: 0, from: all}",
            {"priority": 1, "family": "ipv4", "table": 7},
            0,
        ),
        (
            "{priority: 1, table: 7, from: 'fd00::1', proto: static}",
            {"priority": 1, "family": "ipv6", "from": "fd00::1/128", "table": 7},
            4,
        ),
        ("{priority: 1, family: ipv6, l3mdev: true}", {"priority": 1, "family": "ipv6", "l3mdev": True}, 0),
        (
            "{priority: 1, type: blackhole, to: 10.0.0.0/8, invert: true}",
            {"priority": 1, "family": "ipv4", "to": "10.0.0.0/8", "type": "blackhole", "invert": True},
            0,
        ),
        ("{priority: 1, goto: 9}", {"priority": 1, "family": "ipv4", "goto": 9, "type": "goto"}, 0),
        (
            "{priority: 1, table: 7, fwmark: 0x10, fwmask: 0xffffffff}",
            {"priority": 1, "family": "ipv4", "table": 7, "fwmark": 16},
            0,
        ),
        (
            "{priority: 1, table: 7, fwmark: 16, fwmask: 255}",
            {"priority": 1, "family": "ipv4", "table": 7, "fwmark": 16, "fwmask": 255},
            0,
        ),
        ("{priority: 1, table: 7, fwmark: 0}", {"priority": 1, "family": "ipv4", "table": 7}, 0),
        (
            "{priority: 1, table: 7, ipproto: tcp, sport: 80, dport: 1000-2000, uidrange: 0-99, iif: lo, suppress_prefixlength: 0}",
            {
                "priority": 1,
                "family": "ipv4",
                "table": 7,
                "ipproto": 6,
                "sport": "80-80",
                "dport": "1000-2000",
                "uidrange": "0-99",
                "iif": "lo",
                "suppress_prefixlength": 0,
            },
            0,
        ),
    ],
)
def test_rules(written: str, attrs: dict[str, Any], proto: int) -> None:
    ((key, rule),) = one(f"{{rules: [{written}]}}").rules.items()
    assert (rule.attrs, rule.proto, key) == (attrs, proto, rule.key)


# -------------------------------------------------------------------------------------------------------------- sysctls


def test_sysctls_of_the_namespace_keep_their_order() -> None:
    found = one("{sysctls: {net.ipv6.conf.all.forwarding: true, net.ipv4.ip_forward: 1, net/core/somaxconn: '128'}}").sysctls
    assert list(found.items()) == [
        ("net.ipv6.conf.all.forwarding", "1"),
        ("net.ipv4.ip_forward", "1"),
        ("net.core.somaxconn", "128"),
    ]


@pytest.mark.parametrize(
    ("name", "key", "expected"),
    [
        ("x", "net.ipv4.conf.x.rp_filter", "net.ipv4.conf.x.rp_filter"),
        ("x", "net/ipv6/neigh/x/gc_stale_time", "net.ipv6.neigh.x.gc_stale_time"),
        ("eth0.5", "net.ipv4.conf.eth0.5.rp_filter", "net/ipv4/conf/eth0.5/rp_filter"),
        ("eth0.5", "net/ipv4/conf/eth0.5/rp_filter", "net/ipv4/conf/eth0.5/rp_filter"),
    ],
)
def test_sysctls_of_a_declared_link_go_to_the_link(name: str, key: str, expected: str) -> None:
    found = one(f"{{links: {{{name}: {{kind: ifb}}}}, sysctls: {{{key}: 0}}}}")
    assert found.sysctls == {}
    assert found.links[name].sysctls == {expected: "0"}


@pytest.mark.parametrize(
    ("name", "short", "full"),
    [
        ("x", "ipv4.rp_filter", "net.ipv4.conf.x.rp_filter"),
        ("x", "ipv6.accept_ra", "net.ipv6.conf.x.accept_ra"),
        ("x", "ipv4.neigh.gc_stale_time", "net.ipv4.neigh.x.gc_stale_time"),
        ("x", "ipv6.neigh.app_solicit", "net.ipv6.neigh.x.app_solicit"),
        ("x", "mpls.input", "net.mpls.conf.x.input"),
        ("eth0.5", "ipv4.rp_filter", "net/ipv4/conf/eth0.5/rp_filter"),
    ],
)
def test_short_sysctls(name: str, short: str, full: str) -> None:
    assert link(f"{{kind: ifb, sysctls: {{{short}: 1}}}}", name=name).sysctls == {full: "1"}


def test_one_sysctl_with_two_values() -> None:
    with pytest.raises(ConfigError) as caught:
        one("{links: {x: {kind: ifb, sysctls: {ipv4.rp_filter: 1}}}, sysctls: {net.ipv4.conf.x.rp_filter: 2}}")
    assert caught.value.problems[0].message == "`net.ipv4.conf.x.rp_filter` has another value at <string>:3:32"


def test_ignore() -> None:
    found = one(
        "{ignore: {links: ['docker*'], routes: [{protocol: dhcp}, {to: default, table: main}], rules: [{priority: 5}]}}"
    ).ignore
    assert found.links == ("docker*",)
    assert found.routes == ({"proto": "16"}, {"to": "*/0", "table": "254"})
    assert found.rules == ({"priority": "5"},)


# ------------------------------------------------------------------------------------------------------------ positions


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("namespaces", "red", "links", "eth0"), "lab.yaml:13:7"),
        (("namespaces", "red", "links", "eth0", "mtu"), "lab.yaml:13:87"),
        (("namespaces", "red", "links", "eth0", "addresses", 1), "lab.yaml:13:68"),
        (("namespaces", "red", "routes", 1), "lab.yaml:19:9"),
        (("namespaces", "red", "links", "p1", "peer"), "lab.yaml:15:26"),
        (("namespaces", "red", "links", "eth0", "nothing"), "lab.yaml:13:7"),
        (("host",), "lab.yaml:6:1"),
        ((), "lab.yaml:1:1"),
    ],
)
def test_locate(quickstart: DesiredState, path: tuple[str | int, ...], place: str) -> None:
    assert locate(quickstart, path) == place


def test_locate_of_a_state_without_text() -> None:
    assert locate(DesiredState("x", {}), ("namespaces",)) == ""


def test_every_origin_can_be_located(quickstart: DesiredState) -> None:
    for netns in quickstart.namespaces.values():
        for found in netns.links.values():
            assert locate(quickstart, found.origin).startswith("lab.yaml:")


def test_name_comes_from_the_file() -> None:
    assert loads("version: 1", "/tmp/My Lab.v2.yaml").name == "my-lab-v2"
    assert loads("version: 1", "---.yaml").name == "deployment"
    assert len(loads("version: 1", "x" * 80 + ".yaml").name) == 32


def test_two_loads_are_equal_and_the_digest_follows_the_text() -> None:
    assert loads(QUICKSTART, "a") == loads(QUICKSTART, "a")
    assert loads(QUICKSTART, "a").digest != loads(QUICKSTART + "\n", "a").digest


def test_garbage_collection_is_switched_on_again() -> None:
    assert gc.isenabled()
    loads(QUICKSTART)
    with pytest.raises(ConfigError):
        loads("version: 3")
    assert gc.isenabled()


def test_warnings_are_problems() -> None:
    (warning,) = loads(
        "version: 1\nnamespaces: {red: {links: {lo: {addresses: [10.0.0.1/8]}, x: {kind: ifb, addresses: [10.0.0.1/8]}}}}"
    ).warnings
    assert isinstance(warning, Problem)
    assert (warning.severity, warning.code, warning.line) == ("warning", "duplicate_address", 2)


def test_ten_thousand_links_are_quick_and_linear() -> None:
    def document(namespaces: int) -> str:
        rows = ["version: 1", "namespaces:"]
        for i in range(namespaces):
            rows += [f"  n{i}:", "    links:"]
            for j in range(10):
                rows += [f"      e{j}:", "        kind: veth", f"        peer: m{i}/f{j}", f"        mtu: {1400 + j}"]
                rows += [f"        addresses: [10.{i // 250}.{i % 250}.{j}/32]"]
            rows += [f"  m{i}: {{}}"]
        return "\n".join(rows)

    def cost(namespaces: int) -> float:
        text = document(namespaces)
        best = float("inf")
        for _ in range(3):
            started = time.process_time()
            state = loads(text)
            best = min(best, time.process_time() - started)
        assert sum(len(netns.links) for netns in state.namespaces.values()) == namespaces * 22
        return best

    small, large = cost(50), cost(500)
    assert large < 2
    assert large < small * 10 * 2
