"""Routes with everything they can have on the real kernel, against `ip route`."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from nsmgr import engine
from nsmgr.config import loads
from nsmgr.kernel.port import EVERYTHING, Want
from nsmgr.plan.plan import Verb
from nsmgr.render.export import export_yaml
from tests.kernel.lab import Lab

FILE = """
version: 1
namespaces:
  @a:
    links:
      eth0: {kind: veth, peer: @b/eth0, addresses: [10.0.0.1/24, {address: "2001:db8::1/64", nodad: true}]}
    routes: [ROUTES]
  @b: {links: {eth0: {}}}
"""
# What most routes begin with.
HEADS = {
    "n4": "to: 10.1.0.0/16", "v4": "to: 10.1.0.0/16, via: 10.0.0.2", "d4": "to: 10.1.0.0/16, dev: eth0",
    "n6": "to: '2001:db8:1::/48'", "v6": "to: '2001:db8:1::/48', via: '2001:db8::2'", "d6": "to: '2001:db8:1::/48', dev: eth0",
    "sid": "to: 'fd00::100', dev: eth0",
}  # fmt: skip
# A route, a change of it, and what ip shows of the one and of the other.
ROUTES: list[tuple[str, str, str, str]] = [
    ("v4 mtu: 1400, lock: [mtu]", "v4 mtu: 1300, lock: [mtu, window]",
     "mtu lock 1400", "mtu lock 1300"),
    ("v4 window: 3000", "v4 window: 4000", "window 3000", "window 4000"),
    ("v4 rtt: 100ms, rttvar: 50ms", "v4 rtt: 1s, rttvar: 51ms",
     "rtt 100ms rttvar 50ms", "rtt 1s rttvar 51ms"),
    ("v4 rto_min: 20ms", "v4 rto_min: 30ms", "rto_min lock 20ms", ""),
    ("v4 initcwnd: 20, initrwnd: 30", "v4 initcwnd: 10, initrwnd: 31",
     "initcwnd 20 initrwnd 30", "initcwnd 10 initrwnd 31"),
    ("v4 ssthresh: 5, reordering: 9", "v4 ssthresh: 6, reordering: 8",
     "ssthresh 5", "reordering 8"),
    ("v4 cwnd: 7, lock: [cwnd]", "v4 cwnd: 8, lock: [cwnd]",
     "cwnd lock 7", "cwnd lock 8"),
    ("v4 hoplimit: 9", "v4 hoplimit: 10", "hoplimit 9", "hoplimit 10"),
    ("v4 features: [ecn]", "v4 features: []", "features ecn", ""),
    ("v4 quickack: true", "v4 quickack: false", "quickack 1", ""),
    ("v4 congctl: reno", "v4 congctl: cubic",
     "congctl reno", "congctl cubic"),
    ("v4 fastopen_no_cookie: true", "v4 fastopen_no_cookie: false",
     "fastopen_no_cookie 1", ""),
    ("n4 via: 'fe80::2', dev: eth0", "n4 via: '2001:db8::3', dev: eth0",
     "via inet6 fe80::2 dev eth0", "via inet6 2001:db8::3"),
    ("v6 pref: low", "v6 pref: high",
     "pref low", "pref high"),
    ("v6 pref: low", "v6 pref: medium",
     "pref low", "pref medium"),
    ("v6 expires: 1000s", "v6 expires: 500s",
     "expires", "expires"),
    ("d4 encap: {type: ip, id: 30, dst: 10.0.0.7, ttl: 3}",
     "d4 encap: ip id 31 dst 10.0.0.8 csum",
     "encap ip id 30 src 0.0.0.0 dst 10.0.0.7 ttl 3 tos 0 dev eth0", "encap ip id 31 src 0.0.0.0 dst 10.0.0.8 ttl 0 tos 0 csum"),
    ("d6 encap: {type: ip6, id: 30, dst: 'fd00::7', tc: 4}",
     "d6 encap: ip6 id 31 dst fd00::8 hoplimit 9",
     "encap ip6 id 30 src :: dst fd00::7 hoplimit 0 tc 4", "encap ip6 id 31 src :: dst fd00::8 hoplimit 9 tc 0"),
    ("d6 encap: {type: seg6, mode: encap, segs: ['fd00::1', 'fd00::2']}",
     "d6 encap: {type: seg6, mode: inline, segs: ['fd00::3']}",
     "encap seg6 mode encap segs 2 [ fd00::1 fd00::2 ]", "encap seg6 mode inline segs 2 [ fd00::3 :: ]"),
    ("d4 encap: {type: seg6, mode: encap, segs: 'fd00::1,fd00::2'}",
     "d4 encap: {type: seg6, mode: encap.red, segs: ['fd00::2']}",
     "encap seg6 mode encap segs 2 [ fd00::1 fd00::2 ]", "segs 1 [ fd00::2 ]"),
    ("sid encap: {type: seg6local, action: End}",
     "sid encap: {type: seg6local, action: End, count: true, flavors: [psp]}", "action End dev", "action End"),
    ("sid encap: {type: seg6local, action: End.X, nh6: 'fe80::2'}",
     "sid encap: {type: seg6local, action: End.X, nh6: 'fe80::3', flavors: next-csid}",
     "action End.X nh6 fe80::2", "action End.X nh6 fe80::3"),
    ("sid encap: {type: seg6local, action: End.T, table: main}",
     "sid encap: seg6local action End.T table 100", "action End.T table main", "action End.T table 100"),
    ("sid encap: {type: seg6local, action: End.DX2, oif: eth0}",
     "sid encap: {type: seg6local, action: End.DX4, nh4: 10.0.0.2}",
     "action End.DX2 oif eth0", "action End.DX4 nh4 10.0.0.2"),
    ("sid encap: {type: seg6local, action: End.DX6, nh6: 'fd00::2'}",
     "sid encap: {type: seg6local, action: End.DT6, table: 254}",
     "action End.DX6 nh6 fd00::2", "action End.DT6 table main"),
    ("sid encap: {type: seg6local, action: End.B6, segs: ['fd00::1', 'fd00::2']}",
     "sid encap: seg6local action End.B6.Encaps srh segs fd00::1",
     "action End.B6 segs 3 [ fd00::1 fd00::2 :: ]", "action End.B6.Encaps segs 1 [ fd00::1 ]"),
    ("sid encap: seg6local action End flavors next-csid",
     "sid encap: seg6local action End flavors next-csid lblen 48 nflen 16", "action End", "action End"),
    ("n6 from: '2001:db8:2::/48', via: '2001:db8::2'",
     "n6 from: '2001:db8:2::/48', via: '2001:db8::3'",
     "from 2001:db8:2::/48 via 2001:db8::2", "from 2001:db8:2::/48 via 2001:db8::3"),
    ("n4 nexthops: [{via: 10.0.0.2, encap: {type: ip, id: 1, dst: 10.0.0.2}}, {via: 'fe80::2', dev: eth0, weight: 2}]",
     "n4 nexthops: [{via: 10.0.0.2, encap: {type: ip, id: 2, dst: 10.0.0.2}}, {via: 'fe80::3', dev: eth0, weight: 2}]",
     "encap ip id 1", "encap ip id 2"),
    ("v4 encap: mpls 100/200", "v4 encap: {type: mpls, labels: 300, ttl: 9}",
     "encap mpls 100/200", "encap mpls 300 ttl 9"),
    ("v6 encap: mpls 100", "v6",
     "encap mpls 100", "via 2001:db8::2"),
]  # fmt: skip


def document(lab: Lab, route: str) -> Any:
    """``route``: a head and the rest."""
    head, _, rest = route.partition(" ")
    said = ", ".join(part for part in (HEADS[head], rest) if part) if head else ""
    return lab.load(FILE.replace("ROUTES", f"{{{said}}}" if said else ""))


def shown(lab: Lab) -> str:
    return " ".join((lab.ip("-n @a -d route show") + lab.ip("-n @a -6 -d route show")).split())


@pytest.mark.parametrize(("first", "second", "seen", "later"), ROUTES, ids=[second for _, second, _, _ in ROUTES])
def test_made_changed_and_back(lab: Lab, first: str, second: str, seen: str, later: str) -> None:
    desired, other = document(lab, first), document(lab, second)
    for tried in document(lab, ""), other, desired:
        result = engine.apply(tried, lab.kernel, lab.store)
        words = [failure.verdict.extack for failure in result.failures() if failure.verdict]
        if any(word.startswith(("lwt encapsulation type not supported", "Unknown tcp congestion")) for word in words):
            pytest.skip(words[0])
    lab.converge(desired)
    assert seen in shown(lab)
    result = lab.converge(other)
    assert {step.verb for step in result.plan.steps} <= {Verb.ROUTE_ADD, Verb.ROUTE_DEL}
    assert later in shown(lab)
    names = [f"{lab.prefix}a", f"{lab.prefix}b"]
    observed = lab.kernel.observe(dict.fromkeys(names, Want(EVERYTHING)))
    assert not lab.check(loads(export_yaml(observed.namespaces, lab.name)))
    lab.converge(desired)


def test_an_encapsulation_that_nobody_wants_is_drift(lab: Lab) -> None:
    desired = document(lab, "v4")
    lab.converge(desired)
    lab.ip("-n @a route replace 10.1.0.0/16 encap ip id 7 dst 10.0.0.9 via 10.0.0.2 proto 78")
    (operation,) = lab.check(desired).operations
    assert [change.name for change in operation.changes] == ["nexthops"]
    lab.converge(desired)


def test_a_lifetime_that_runs_is_no_drift_and_its_loss_is(lab: Lab) -> None:
    desired = document(lab, "v6 expires: 1000s")
    lab.converge(desired)
    lab.ip("-n @a -6 route replace 2001:db8:1::/48 via 2001:db8::2 proto 78 expires 900")
    assert not lab.check(desired)
    lab.ip("-n @a -6 route replace 2001:db8:1::/48 via 2001:db8::2 proto 78")
    assert lab.check(desired)
    lab.converge(desired)


MPLS = """
version: 1
namespaces:
  @a:
    sysctls: {net.mpls.platform_labels: 1000}
    links:
      eth0:
        kind: veth
        peer: @b/eth0
        addresses: [10.0.0.1/24, {address: "2001:db8::1/64", nodad: true}]
        sysctls: {mpls.input: 1}
    routes:
      - {to: mpls 100, as: 200/300, via: 10.0.0.2}
      - {to: mpls 101, via: "2001:db8::2", dev: eth0}
      - {to: mpls 102, nexthops: [{via: 10.0.0.2, as: [400]}, {via: 10.0.0.3, as: [500]}]}
      - {to: mpls 103, dev: lo, ttl_propagate: false}
      - {to: 10.9.0.0/16, via: 10.0.0.2, encap: mpls 100}
  @b: {links: {eth0: {addresses: [10.0.0.2/24]}}}
"""


def test_mpls(lab: Lab) -> None:
    """Labels need room before they are routed: the sysctl first. Down and up again the routes are alive."""
    if subprocess.run(["test", "-e", "/proc/sys/net/mpls/platform_labels"], check=False).returncode:
        pytest.skip("this kernel has no MPLS (CONFIG_MPLS_ROUTING)")
    desired = lab.load(MPLS)
    lab.converge(desired)
    seen = {entry["dst"]: entry for entry in json.loads(lab.ip("-j -n @a -f mpls route"))}
    assert (seen["100"]["to"], seen["100"]["via"]) == ("200/300", {"family": "inet", "host": "10.0.0.2"})
    assert len(seen["102"]["nexthops"]) == 2
    assert seen["103"]["ttl-propogate"] is False  # as ip spells it
    for change in ("as: 200/300", "as: 201"), ("mpls 101", "mpls 111"), ("ttl_propagate: false", "ttl_propagate: true"):
        lab.converge(lab.load(MPLS.replace(*change)))
        lab.converge(desired)
    lab.ip("-n @a -f mpls route del 100")
    lab.ip("-n @a -f mpls route add 105 via inet 10.0.0.2 proto 78")
    assert len(lab.check(desired).operations) == 2
    lab.converge(desired)
    lab.ip("-n @a link set eth0 down")
    lab.ip("-n @a link set eth0 up")
    lab.converge(desired)
    lab.converge(lab.load(MPLS.replace("kind: veth", "kind: veth\n        tx_queues: 2")))
    names = [f"{lab.prefix}a", f"{lab.prefix}b"]
    observed = lab.kernel.observe(dict.fromkeys(names, Want(EVERYTHING, sysctls=("net.mpls.platform_labels",))))
    assert not lab.check(loads(export_yaml(observed.namespaces, lab.name)))
