"""One case per class of mistake: exact place, words and hint. All problems of a file come at once."""

from __future__ import annotations

import pytest

from nsmgr.config import loads, render_problems
from nsmgr.config.translate import known_keys
from nsmgr.errors import ConfigError, Problem
from nsmgr.model.namespace import HostModel


def problems(text: str) -> tuple[Problem, ...]:
    """Problems of a text, errors or warnings."""
    try:
        return tuple(p for p in loads(text, "lab.yaml").warnings if isinstance(p, Problem))
    except ConfigError as error:
        return error.problems


def told(text: str) -> list[tuple[str, str, str]]:
    """(file:line:col, message, hint) of each."""
    return [(f"{p.file}:{p.line}:{p.column}", p.message, p.hint) for p in problems(text)]


def red(*lines: str, below: str = "links") -> str:
    """A document whose namespace red has these links (or routes …); lines start at line 5, column 7."""
    return "\n".join(["version: 1", "namespaces:", "  red:", f"    {below}:", *(f"      {line}" for line in lines)]) + "\n"


BLUE = "\n  blue: {links: {eth0: {}}}"

CASES: dict[str, tuple[str, list[tuple[str, str, str]]]] = {
    "empty document": (
        "",
        [("lab.yaml:1:1", "the document is empty", "start with `version: 1`")],
    ),
    "not a mapping": (
        "- 1\n",
        [("lab.yaml:1:1", "the document is not a mapping", "start with `version: 1`")],
    ),
    "version missing": (
        "namespaces: {}\n",
        [("lab.yaml:1:1", "`version` is missing", "start with `version: 1`")],
    ),
    "version unknown": (
        "version: 2\n",
        [("lab.yaml:1:10", "version `2` is not known", "this nsmgr reads `version: 1`")],
    ),
    "version as text": (
        "version: '1'\n",
        [("lab.yaml:1:10", "version `1` is not known", "remove the quotes")],
    ),
    "name": (
        "version: 1\nname: My Lab\n",
        [
            (
                "lab.yaml:2:7",
                "`My Lab` is not a deployment name: a-z, 0-9 and -, at most 32, not starting with -",
                "for example `my-lab`",
            )
        ],
    ),
    "top key": (
        "version: 1\nnamespace: {}\n",
        [("lab.yaml:2:1", "unknown key `namespace`", "did you mean `namespaces`?")],
    ),
    "wires are a later language": (
        "version: 1\nwires: []\n",
        [("lab.yaml:2:1", "unknown key `wires`", "known keys: version, name, include, defaults, host, namespaces")],
    ),
    "namespaces is a list": (
        "version: 1\nnamespaces: [red]\n",
        [("lab.yaml:2:13", "expected a mapping, not a list", "")],
    ),
    "namespace name": (
        "version: 1\nnamespaces: {a/b: {}}\n",
        [("lab.yaml:2:14", "`a/b` is not a valid namespace name (1 to 255 bytes, no '/', not '.' or '..', no leading '-')", "")],
    ),
    "host is reserved": (
        "version: 1\nnamespaces: {host: {}}\n",
        [
            (
                "lab.yaml:2:14",
                "'host' is reserved: it means the namespace nsmgr itself runs in",
                "its links go under the top-level `host:`",
            )
        ],
    ),
    "number as namespace": (
        "version: 1\nnamespaces: {7: {}}\n",
        [("lab.yaml:2:14", "key `7` is not text", "quote it: `'7'`")],
    ),
    "namespace key": (
        "version: 1\nnamespaces: {red: {link: {}}}\n",
        [("lab.yaml:2:20", "unknown key `link`", "did you mean `links`?")],
    ),
    "host has no from": (
        "version: 1\nhost: {from: {pid: 1}}\n",
        [("lab.yaml:2:8", "unknown key `from`", f"known keys: {', '.join(known_keys(HostModel))}")],
    ),
    "manage": (
        "version: 1\nnamespaces: {red: {manage: everything}}\n",
        [("lab.yaml:2:28", "`everything` is not one of all, declared", "")],
    ),
    "from both": (
        "version: 1\nnamespaces: {red: {from: {pid: 1, path: /x}}}\n",
        [("lab.yaml:2:26", "`from` needs exactly one of `pid` and `path`", "for example `from: {pid: 4242}`")],
    ),
    "from and adopt": (
        "version: 1\nnamespaces: {red: {from: {pid: 1}, adopt: true}}\n",
        [("lab.yaml:2:43", "`adopt` and `from` exclude each other", "`from` names a namespace that exists: remove `adopt`")],
    ),
    "from pid": (
        "version: 1\nnamespaces: {red: {from: {pid: self}}}\n",
        [("lab.yaml:2:32", "expected a whole number, not `self`", "")],
    ),
    "ignore key": (
        "version: 1\nhost: {ignore: {routes: [{protokol: dhcp}]}}\n",
        [("lab.yaml:2:27", "unknown key `protokol`", "did you mean `proto`?")],
    ),
    "duplicate key": (
        red("br0: {kind: bridge}", "br0: {}"),
        [
            (
                "lab.yaml:6:7",
                "duplicate key `br0`, first written at lab.yaml:5:7",
                "a key is written once: merge the two or remove one",
            )
        ],
    ),
    "tab": (
        "version: 1\nnamespaces:\n\tred: {}\n",
        [("lab.yaml:3:1", "a tab where YAML wants spaces", "indent with spaces")],
    ),
    "unknown key": (
        red("br0: {kind: bridge, adresses: [10.0.0.1/24]}"),
        [("lab.yaml:5:27", "unknown key `adresses`", "did you mean `addresses`?")],
    ),
    "unknown key without a near one": (
        red("br0: {kind: bridge, zzz: 1}"),
        [("lab.yaml:5:27", "unknown key `zzz`", "`nsmgr explain bridge` lists the keys")],
    ),
    "unknown kind": (
        red("eth0: {kind: veht}"),
        [("lab.yaml:5:20", "unknown kind `veht`", "did you mean `veth`?")],
    ),
    "kind missing": (
        red("eth0: {mtu: 1500}"),
        [("lab.yaml:5:7", "the kind of `eth0` is missing", "write `kind: …`, or name this link as the `peer` of a veth")],
    ),
    "link name": (
        red("averyveryverylong: {kind: bridge}", "all: {kind: bridge}", "'a b': {kind: bridge}"),
        [
            ("lab.yaml:5:7", "`averyveryverylong`: an interface name has 1 to 15 bytes, this one 17", ""),
            (
                "lab.yaml:6:7",
                "`all` is not a valid interface name (no '/', ':', '%', white space",
                "not '.', '..', 'all', 'default')",
            ),
            (
                "lab.yaml:7:7",
                "`a b` is not a valid interface name (no '/', ':', '%', white space",
                "not '.', '..', 'all', 'default')",
            ),
        ],
    ),
    "link name is a number": (
        red("5: {kind: bridge}"),
        [("lab.yaml:5:7", "key `5` is not text", "quote it: `'5'`")],
    ),
    "link body": (
        red("eth0: 10.0.0.1/24"),
        [("lab.yaml:5:13", "the body of link `eth0` is not a mapping", "write `eth0: {addresses: [10.0.0.1/24]}`")],
    ),
    "lo is lo": (
        red("lo: {kind: bridge}", "x: {kind: lo}"),
        [
            ("lab.yaml:5:18", "`lo` is the loopback device", "leave `kind` out"),
            ("lab.yaml:6:17", "only `lo` can be of kind lo, not `x`", "use kind dummy"),
        ],
    ),
    "quoted number": (
        red('br0: {kind: bridge, mtu: "1500"}'),
        [("lab.yaml:5:32", "expected a whole number, not `1500`", "remove the quotes")],
    ),
    "yaml 1.1 booleans": (
        red("br0: {kind: bridge, stp: no, arp: on}"),
        [
            ("lab.yaml:5:32", "expected true or false, not `no`", "`no` is text in YAML 1.2: write `false`"),
            ("lab.yaml:5:41", "expected true or false, not `on`", "`on` is text in YAML 1.2: write `true`"),
        ],
    ),
    "number for text": (
        red("br0: {kind: bridge, alias: 7}"),
        [("lab.yaml:5:34", "expected text, not `7`", 'quote it: "7"')],
    ),
    "enumeration": (
        red("br0: {kind: bridge, state: upp}"),
        [("lab.yaml:5:34", "`upp` is not one of up, down", "did you mean `up`?")],
    ),
    "out of range": (
        red("br0: {kind: bridge, txqlen: -1}"),
        [("lab.yaml:5:35", "`-1` is too small: at least 0", "")],
    ),
    "bad mac": (
        red("br0: {kind: bridge, mac: 01:00:00:00:00:01}", "br1: {kind: bridge, mac: 2:0}"),
        [
            ("lab.yaml:5:32", "`01:00:00:00:00:01`: a device's MAC is unicast and not all zeros (is_valid_ether_addr)", ""),
            ("lab.yaml:6:32", "`2:0` is not a MAC address (six octets, 02:00:00:00:00:01)", ""),
        ],
    ),
    "queues": (
        red("br0: {kind: bridge, queues: many}"),
        [("lab.yaml:5:35", "expected a whole number or `kernel`, not `many`", "")],
    ),
    "several at one link": (
        red("br0:", "  kind: bridge", "  mtu: big", "  stpp: true", "  arp: 1"),
        [
            ("lab.yaml:7:14", "expected a whole number, not `big`", ""),
            ("lab.yaml:8:9", "unknown key `stpp`", "did you mean `stp`?"),
            ("lab.yaml:9:14", "expected true or false, not `1`", "write `true`"),
        ],
    ),
    "peer missing": (
        red("eth0: {kind: veth}"),
        [("lab.yaml:5:7", "`peer` is missing: a veth is a pair", "add `peer: namespace/link`")],
    ),
    "peer is itself": (
        red("eth0: {kind: veth, peer: eth0}", "eth1: {kind: veth, peer: red/eth1}"),
        [
            ("lab.yaml:5:32", "`red/eth0` cannot be its own peer", "name the other end of the pair"),
            ("lab.yaml:6:32", "`red/eth1` cannot be its own peer", "name the other end of the pair"),
        ],
    ),
    "peer in an undeclared namespace": (
        red("eth0: {kind: veth, peer: rad/eth0}"),
        [("lab.yaml:5:32", "namespace `rad` is not declared", "did you mean `red`?")],
    ),
    "ends disagree": (
        red("a: {kind: veth, peer: b}", "b: {kind: veth, peer: c}"),
        [
            (
                "lab.yaml:5:29",
                "the ends disagree: `red/b` has the peer `red/c`, at lab.yaml:6:23",
                "`red/b` needs `peer: red/a`, or no `peer` at all",
            )
        ],
    ),
    "peer used twice": (
        red("a: {kind: veth, peer: x}", "b: {kind: veth, peer: x}"),
        [
            (
                "lab.yaml:6:29",
                "`red/x` is the peer of two links, also of `red/a` at lab.yaml:5:23",
                "a pair has two ends: give this one another peer",
            )
        ],
    ),
    "peer of another kind": (
        red("a: {kind: veth, peer: br0}", "br0: {kind: bridge}"),
        [
            (
                "lab.yaml:5:29",
                "`red/br0` is of kind bridge, not veth, at lab.yaml:6:13",
                "leave the `kind` of `red/br0` out, or name another peer",
            )
        ],
    ),
    "peer without kind": (
        red("a: {peer: b}"),
        [("lab.yaml:5:17", "a `peer` needs a kind", "add `kind: veth`")],
    ),
    "address": (
        red("lo: {addresses: [10.0.0.300/8, 10.0.0.1/33, fe80::1/129, 5]}"),
        [
            ("lab.yaml:5:24", "`10.0.0.300/8` is not an IP address", ""),
            ("lab.yaml:5:38", "`10.0.0.1/33`: a prefix length is 0 to 32", ""),
            ("lab.yaml:5:51", "`fe80::1/129`: a prefix length is 0 to 128", ""),
            ("lab.yaml:5:64", "expected an address or a mapping, not `5`", "for example `10.0.0.1/24`"),
        ],
    ),
    "address mapping": (
        red("lo: {addresses: [{address: 10.0.0.1/8, nodat: true}, {peer: 10.0.0.1}]}"),
        [
            ("lab.yaml:5:46", "unknown key `nodat`", "did you mean `nodad`?"),
            ("lab.yaml:5:60", "`address` is missing", "add `address: …`"),
        ],
    ),
    "address label": (
        red("lo: {addresses: [{address: 10.0.0.1/8, label: eth0:1}]}"),
        [("lab.yaml:5:53", "a label has at most 15 bytes and starts with the link's name `lo`", "for example `lo:1`")],
    ),
    "address flags of the wrong family": (
        red("lo: {addresses: [{address: 10.0.0.1/8, nodad: true}, {address: 'fd00::1/64', label: lo}]}"),
        [
            ("lab.yaml:5:53", "`nodad` exists for IPv6 addresses only", "leave it out"),
            ("lab.yaml:5:91", "`label` exists for IPv4 addresses only", "leave it out"),
        ],
    ),
    "address lifetimes": (
        red("lo: {addresses: [{address: 10.0.0.1/8, valid_lifetime: 60s, preferred_lifetime: 90s}]}"),
        [("lab.yaml:5:87", "preferred_lifetime is longer than valid_lifetime", "write `preferred_lifetime: 60s` or less")],
    ),
    "address peer": (
        red("lo: {addresses: [{address: 10.0.0.1, peer: 'fd00::1'}]}"),
        [("lab.yaml:5:50", "address and peer are of different families", "")],
    ),
    "address twice on a link": (
        red("lo: {addresses: [10.0.0.1/8, 10.0.0.1/8]}"),
        [("lab.yaml:5:36", "10.0.0.1/8 is on `lo` twice, first at lab.yaml:5:24", "remove one of them")],
    ),
    "ipv6 address twice with other lengths": (
        red("lo: {addresses: ['fd00::1/64', 'fd00::1/128']}"),
        [("lab.yaml:5:38", "fd00::1/128 is on `lo` twice, first at lab.yaml:5:24", "remove one of them")],
    ),
    "address on two links is a warning": (
        red("lo: {addresses: [10.0.0.1/32]}", "br0: {kind: bridge, addresses: [10.0.0.1/24]}"),
        [
            (
                "lab.yaml:6:39",
                "10.0.0.1 is on two links of `red`, also on `lo` at lab.yaml:5:24",
                "one of the two is usually a mistake",
            )
        ],
    ),
    "unassignable addresses": (
        red("br0: {kind: bridge, addresses: ['ff02::1/64', '::1/128']}"),
        [
            ("lab.yaml:5:39", "ff02::1 cannot be assigned: it is multicast", ""),
            ("lab.yaml:5:53", "::1 belongs on `lo` (EADDRNOTAVAIL elsewhere)", "move it from `br0` to `lo`"),
        ],
    ),
    "controller is not declared": (
        red("br0: {kind: bridge}", "x: {kind: ifb, controller: br00}"),
        [("lab.yaml:6:34", "`controller` names the link `br00`, which is not declared", "did you mean `br0`?")],
    ),
    "primary is no port": (
        red("a: {kind: bond, mode: active-backup, primary: b}", "b: {kind: ifb}"),
        [("lab.yaml:5:53", "`primary` names `b`, which is no port of `a`", "add `controller: a` to `b`")],
    ),
    "a bridge takes Ethernet only": (
        red("a: {kind: bridge}", "b: {kind: tun, controller: a}"),
        [
            (
                "lab.yaml:6:34",
                "a tun link has no Ethernet header: bridge `a` cannot take it as port (EINVAL)",
                "a vrf can; for tun there is `kind: tap`",
            )
        ],
    ),
    "controller can have no ports": (
        red("a: {kind: ifb}", "b: {kind: ifb, controller: a}"),
        [("lab.yaml:6:34", "`a` is of kind ifb, which can have no ports", "a controller is a bridge, bond, team or vrf")],
    ),
    "parent is not declared": (
        red("mv: {kind: macvlan, parent: eth0}"),
        [("lab.yaml:5:35", "`parent` names the link `eth0`, which is not declared", "declare it under `links:` of `red`")],
    ),
    "parent in an undeclared namespace": (
        red("mv: {kind: macvlan, parent: blu/eth0}"),
        [("lab.yaml:5:35", "namespace `blu` is not declared", "declare it: `namespaces: {blu: {}}`")],
    ),
    "cycle of parents": (
        red("a: {kind: macvlan, parent: b}", "b: {kind: macvlan, parent: c}", "c: {kind: macvlan, parent: a}"),
        [("lab.yaml:7:34", "links stand on each other in a circle: red/a → red/b → red/c → red/a", "cut it somewhere")],
    ),
    "altname taken": (
        red("a: {kind: ifb, altnames: [b]}", "b: {kind: ifb}"),
        [
            (
                "lab.yaml:5:33",
                "the name `b` is taken in this namespace, at lab.yaml:6:7",
                "links and alternative names share one set",
            )
        ],
    ),
    "host bits": (
        red("- {to: 10.0.0.1/8, dev: lo}", below="routes"),
        [("lab.yaml:5:14", "`10.0.0.1/8`: host bits are set", "did you mean 10.0.0.0/8?")],
    ),
    "route without a way": (
        red("- {to: 10.0.0.0/8}", below="routes"),
        [
            (
                "lab.yaml:5:9",
                "a route needs `via`, `dev` or `nexthops`",
                "for example `via: 10.0.0.1`; `type: blackhole` to drop packets",
            )
        ],
    ),
    "route gateway of the other family": (
        red("- {to: 'fd00::/8', via: 10.0.0.1}", below="routes"),
        [("lab.yaml:5:31", "the gateway 10.0.0.1 is not an IPv6 address", "destination and gateway are of one family")],
    ),
    "blackhole with a gateway": (
        red("- {to: 10.0.0.0/8, type: blackhole, via: 10.0.0.1}", below="routes"),
        [("lab.yaml:5:48", "a blackhole route leads nowhere: `via` has no place in it", "remove `via`, or `type: blackhole`")],
    ),
    "via and nexthops": (
        red("- {to: 10.0.0.0/8, via: 10.0.0.1, nexthops: [{via: 10.0.0.2}]}", below="routes"),
        [("lab.yaml:5:31", "`via` and `nexthops` exclude each other", "write `via` in the entries of `nexthops`")],
    ),
    "route device not declared": (
        red("- {to: 10.0.0.0/8, dev: loo}", below="routes"),
        [("lab.yaml:5:31", "`dev` names the link `loo`, which is not declared", "did you mean `lo`?")],
    ),
    "nexthop weight": (
        red("- {to: 10.0.0.0/8, nexthops: [{via: 10.0.0.1, weight: 257}, {wieght: 1}]}", below="routes"),
        [
            ("lab.yaml:5:61", "`257` is too large: at most 256", ""),
            ("lab.yaml:5:68", "unknown key `wieght`", "did you mean `weight`?"),
        ],
    ),
    "duplicate route": (
        red("- {to: 10.0.0.0/8, dev: lo}", "- {to: 10.0.0.0/8, via: 10.0.0.1, table: main}", below="routes"),
        [
            (
                "lab.yaml:6:9",
                "a route to 10.0.0.0/8 with the same table, metric and tos stands at lab.yaml:5:9",
                "several gateways: `nexthops:`; an alternative: another `metric`",
            )
        ],
    ),
    "onlink without dev": (
        red("- {to: 10.0.0.0/8, via: 10.0.0.1, onlink: true}", below="routes"),
        [("lab.yaml:5:49", "`onlink` needs `via` and `dev`", "say through which link the gateway is reached")],
    ),
    "route table and protocol names": (
        red("- {to: 10.0.0.0/8, dev: lo, table: mian, proto: statik, type: blackhol, scope: lnk}", below="routes"),
        [
            (
                "lab.yaml:5:42",
                "`mian` is not a routing table: a number from 0 to 4294967295, or main, local, default",
                "did you mean `main`?",
            ),
            (
                "lab.yaml:5:55",
                "`statik` is not a route protocol: a number from 0 to 255, or kernel, boot, static, dhcp, bird, ospf, bgp …",
                "did you mean `static`?",
            ),
            (
                "lab.yaml:5:69",
                "`blackhol` is not one of unicast, local, broadcast, anycast, multicast, blackhole, unreachable, prohibit, throw",
                "did you mean `blackhole`?",
            ),
            (
                "lab.yaml:5:86",
                "`lnk` is not a scope: a number from 0 to 255, or global, site, link, host, nowhere",
                "did you mean `link`?",
            ),
        ],
    ),
    "route is text": (
        red("- 10.0.0.0/8", below="routes"),
        [("lab.yaml:5:9", "expected a mapping, not `10.0.0.0/8`", "")],
    ),
    "rule priority": (
        red("- {from: 10.0.0.0/8, table: 1}", below="rules"),
        [("lab.yaml:5:9", "`priority` is missing", "add `priority: …`")],
    ),
    "rule families": (
        red("- {priority: 1, from: 10.0.0.0/8, to: 'fd00::/8', table: 1}", below="rules"),
        [("lab.yaml:5:45", "`from` and `to` are of different families", "")],
    ),
    "rule without table": (
        red("- {priority: 1, from: 10.0.0.0/8}", below="rules"),
        [("lab.yaml:5:9", "`table` is missing", "say which table to look up, or another `type:`")],
    ),
    "rule backwards": (
        red("- {priority: 9, goto: 3}", below="rules"),
        [("lab.yaml:5:29", "goto leads to a later rule only (EINVAL)", "a priority above 9")],
    ),
    "duplicate rule": (
        red("- {priority: 1, table: 1}", "- {priority: 1, table: 1, type: lookup, from: all}", below="rules"),
        [("lab.yaml:6:9", "the same rule stands at lab.yaml:5:9", "remove one of them")],
    ),
    "rule range": (
        red("- {priority: 1, table: 1, sport: 9-1, dport: 70000}", below="rules"),
        [
            ("lab.yaml:5:40", "`9-1` is not a number or range low-high up to 65535", ""),
            ("lab.yaml:5:52", "`70000` is not a number or range low-high up to 65535", ""),
        ],
    ),
    "rule link is a warning": (
        red("- {priority: 1, table: 1, iif: eth0}", below="rules"),
        [
            (
                "lab.yaml:5:33",
                "`iif` names the link `eth0`, which is not declared",
                "the rule fits no packet until such a link exists",
            )
        ],
    ),
    "sysctl outside of net": (
        red("kernel.hostname: x", below="sysctls"),
        [("lab.yaml:5:7", "`kernel.hostname` does not belong to a network namespace", "only keys that start with `net.` do")],
    ),
    "sysctl path traversal": (
        red("net/../kernel/hostname: x", "net..x: 1", below="sysctls"),
        [
            ("lab.yaml:5:7", "`net/../kernel/hostname` is not the name of a sysctl", "for example `net.ipv4.ip_forward`"),
            ("lab.yaml:6:7", "`net..x` is not the name of a sysctl", "for example `net.ipv4.ip_forward`"),
        ],
    ),
    "sysctl value": (
        red("net.ipv4.ip_forward: 1.5", "net.core.somaxconn: [1]", below="sysctls"),
        [
            ("lab.yaml:5:28", "a sysctl's value is a number, a text of one line, true or false", "quote it"),
            ("lab.yaml:6:27", "a sysctl's value is a number, a text of one line, true or false", ""),
        ],
    ),
    "sysctl of an undeclared link is a warning": (
        red("net.ipv4.conf.eth0.rp_filter: 1", below="sysctls"),
        [
            (
                "lab.yaml:5:7",
                "the link `eth0` is not declared",
                "a name with dots is written with slashes: `net/ipv4/conf/eth0.5/rp_filter`",
            )
        ],
    ),
    "link sysctl": (
        red("lo: {sysctls: {net.ipv4.conf.lo.rp_filter: 1, ipv5.x: 1, ipv4.a/b: 1}}"),
        [
            (
                "lab.yaml:5:22",
                "`net.ipv4.conf.lo.rp_filter` is not a sysctl of a link",
                "a link's sysctls leave `net` and the link out: `ipv4.rp_filter`",
            ),
            (
                "lab.yaml:5:53",
                "`ipv5.x` is not a sysctl of a link",
                "write `ipv4.NAME`, `ipv6.NAME`, `ipv4.neigh.NAME`, `ipv6.neigh.NAME` or `mpls.NAME`",
            ),
            (
                "lab.yaml:5:64",
                "`ipv4.a/b` is not a sysctl of a link",
                "write `ipv4.NAME`, `ipv6.NAME`, `ipv4.neigh.NAME`, `ipv6.neigh.NAME` or `mpls.NAME`",
            ),
        ],
    ),
    "default of one link only": (
        "version: 1\ndefaults: {link: {mac: 02:00:00:00:00:01}}\n",
        [("lab.yaml:2:19", "`mac` cannot have a default: it belongs to one link", "write it at the link")],
    ),
    "default key and kind": (
        'version: 1\ndefaults: {link: {mtuu: 1}, vxlam: {}, veth: {mtu: "1"}}\n',
        [
            ("lab.yaml:2:19", "unknown key `mtuu`", "did you mean `mtu`?"),
            ("lab.yaml:2:29", "unknown kind `vxlam`", "did you mean `vxlan`?"),
            ("lab.yaml:2:52", "expected a whole number, not `1`", "remove the quotes"),
        ],
    ),
    "unknown tag and merge key": (
        "version: 1\nname: !one lab\nnamespaces: {<<: {}}\n",
        [
            ("lab.yaml:2:7", "unknown tag `!one`", "quote the text if it really starts with `!`"),
            ("lab.yaml:3:14", "merge keys (`<<`) are not part of YAML 1.2", "use `defaults:` or `include:`"),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_mistake(case: str) -> None:
    text, expected = CASES[case]
    assert told(text) == expected


def test_all_problems_at_once_in_file_order() -> None:
    text = red("a: {kind: veht}", "b: {kind: bridge, stpp: true}", "b: {}", "c: {kind: ifb, controller: d, mtu: x}") + "foo: 1\n"
    found = [(p.line, p.column, p.code) for p in problems(text)]
    assert found == [
        (5, 17, "unknown_kind"),
        (6, 25, "unknown_key"),
        (7, 7, "duplicate_key"),
        (8, 34, "dangling_reference"),
        (8, 42, "value"),
        (9, 1, "unknown_key"),
    ]


def test_yaml_faults_do_not_hide_the_others() -> None:
    found = told(red("a: {kind: !x bridge}", "b: {kind: ifb, mtuu: 1}", "<<: {}"))
    assert [where for where, _, _ in found] == ["lab.yaml:5:17", "lab.yaml:6:22", "lab.yaml:7:7"]


def test_rendering() -> None:
    text = red("br0: {kind: bridge, adresses: [10.0.0.1/24]}")
    assert render_problems(problems(text)) == (
        "lab.yaml:5:27: error: unknown key `adresses`\n"
        "          br0: {kind: bridge, adresses: [10.0.0.1/24]}\n"
        "                              ^\n"
        "    hint: did you mean `addresses`?"
    )


def test_rendering_keeps_tabs_and_wide_characters_in_line() -> None:
    (problem,) = problems("version: 1\nname: lab # x\n'名前':\t1\n")
    assert render_problems([problem]).splitlines()[2] == "    ^"
    (problem,) = problems("version: 1\nnamespaces: {'名': 5}\n")
    assert render_problems([problem]).splitlines()[2] == " " * (4 + len("namespaces: {'名': ") + 1) + "^"


def test_rendering_neutralises_control_characters_and_long_lines() -> None:
    rendered = render_problems(problems("version: 1 # \x1b[31m\n"))
    assert "\x1b" not in rendered
    long = "version: 1\nname: lab " + "# " + "x" * 5000 + "\nfoo: [" + "1, " * 3000 + "]\n"
    assert max(map(len, render_problems(problems(long)).splitlines())) < 250


def test_str_of_the_error_lists_every_problem() -> None:
    with pytest.raises(ConfigError) as caught:
        loads("version: 1\nfoo: 1\nbar: 2\n", "lab.yaml")
    assert str(caught.value) == "lab.yaml:2:1: error: unknown key `foo`\nlab.yaml:3:1: error: unknown key `bar`"
    assert caught.value.exit_status == 4
