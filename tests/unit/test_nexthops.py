"""Next hop objects and the routes by them over the kernel in memory; encapsulations and labels as text."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from nsmgr import engine
from nsmgr.config import loads
from nsmgr.config.schema import explain
from nsmgr.errors import ConfigError
from nsmgr.kernel.fake import FakeKernel
from nsmgr.kernel.verdicts import verdict
from nsmgr.kernel.wire import Answer
from nsmgr.model import encap
from nsmgr.plan.plan import Action, Plan, Step, Verb
from nsmgr.plan.state import Route, Thing
from nsmgr.record import replace
from nsmgr.render.hints import hint
from nsmgr.render.ip_batch import ip_batch
from nsmgr.store import Store

FILE = """
version: 1
name: lab
namespaces:
  red:
    links:
      eth0: {kind: veth, peer: blue/eth0, addresses: [10.0.0.1/24]}
    nexthops:
      1: {via: 10.0.0.2, dev: eth0}
      2: {via: 10.0.0.3, dev: eth0}
      3: {group: [1, {id: 2, weight: 3}]}
    routes:
      - {to: 10.9.0.0/16, nhid: 3}
      - {to: 10.8.0.0/16, nhid: 1}
      - {to: 10.7.0.0/16, via: 10.0.0.2}
  blue:
    links: {eth0: {addresses: [10.0.0.2/24]}}
"""


class Lab:
    def __init__(self, directory: Path) -> None:
        self.kernel, self.store = FakeKernel(), Store(directory / "state")

    def apply(self, text: str) -> Plan:
        result = engine.apply(loads(text), self.kernel, self.store)
        assert result.ok, (result.failures(), result.remaining)
        assert len(result.rounds) <= 1
        assert not engine.check(loads(text), self.kernel, self.store)
        return result.plan


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def order(plan: Plan) -> list[tuple[Verb, str]]:
    """What is done to next hops and routes."""
    return [
        (step.verb, step.obj.key if isinstance(step.obj, Thing) else step.obj.to)
        for step in plan.steps
        if isinstance(step.obj, (Thing, Route))
    ]


def test_objects_before_routes_and_groups_after_members(lab: Lab) -> None:
    found = [name for verb, name in order(lab.apply(FILE)) if verb in (Verb.THING_ADD, Verb.ROUTE_ADD)]
    assert found == ["1", "2", "3", "10.9.0.0/16", "10.8.0.0/16", "10.7.0.0/16"]


def test_they_wait_for_the_far_end(lab: Lab) -> None:
    """rtm_to_nh_config refuses a next hop without carrier: the far end is up in an earlier batch."""
    plan = lab.apply(FILE)
    ups = [
        at for at, step in enumerate(plan.steps) if step.netns == "blue" and step.attrs.get("state") == "up" and step.name == "eth0"
    ]
    objects = [at for at, step in enumerate(plan.steps) if step.verb is Verb.THING_ADD]
    assert max(ups) < min(objects)


def test_a_change_in_place_is_one_message(lab: Lab) -> None:
    lab.apply(FILE)
    assert order(lab.apply(FILE.replace("via: 10.0.0.3, dev", "via: 10.0.0.4, dev"))) == [(Verb.THING_SET, "2")]
    assert order(lab.apply(FILE.replace("weight: 3", "weight: 4").replace("10.0.0.3", "10.0.0.4"))) == [(Verb.THING_SET, "3")]


def test_routes_of_a_deleted_object_are_put_back(lab: Lab) -> None:
    """What becomes another thing is deleted and made again: the group it was in, and the routes, come back in the same plan."""
    lab.apply(FILE)
    plan = lab.apply(FILE.replace("1: {via: 10.0.0.2, dev: eth0}", '1: {via: "fe80::2", dev: eth0}'))
    assert order(plan) == [
        (Verb.THING_DEL, "1"), (Verb.THING_ADD, "1"), (Verb.THING_ADD, "3"), (Verb.ROUTE_ADD, "10.9.0.0/16"),
        (Verb.ROUTE_ADD, "10.8.0.0/16"),
    ]  # fmt: skip
    assert [(operation.action, operation.key) for operation in plan.operations] == [(Action.REPLACE, "1")]


@pytest.mark.parametrize("change", ["state: down", "mac: '02:00:00:00:00:07'", "rx_queues: 2"])
def test_they_outlive_what_happens_to_their_link(lab: Lab, change: str) -> None:
    lab.apply(FILE)
    if change == "state: down":  # the far end goes down: no carrier; back up with it
        with_it = FILE.replace("links: {eth0: {addresses", f"links: {{eth0: {{{change}, addresses")
        engine.apply(loads(with_it), lab.kernel, lab.store)
        lab.apply(FILE)
    else:
        lab.apply(FILE.replace("kind: veth", f"kind: veth, {change}"))


def test_what_left_the_file_goes_routes_first(lab: Lab) -> None:
    lab.apply(FILE)
    text = FILE.replace("      - {to: 10.9.0.0/16, nhid: 3}\n", "").replace("      3: {group: [1, {id: 2, weight: 3}]}\n", "")
    assert order(lab.apply(text)) == [(Verb.ROUTE_DEL, "10.9.0.0/16"), (Verb.THING_DEL, "3")]


def test_a_route_that_went_with_its_object_is_deleted_already() -> None:
    """The far end's namespace is earlier in the plan and takes the link along: EINVAL, "Nexthop id does not exist"."""
    step = Step(7, 1, Verb.ROUTE_DEL, "red", obj=Route("10.9.0.0/16", attrs={"nhid": 3}))
    assert verdict(step, {}, Answer(errno.EINVAL, "Nexthop id does not exist")).ok
    assert not verdict(replace(step, obj=Route("10.9.0.0/16")), {}, Answer(errno.EINVAL, "Invalid")).ok


def test_a_far_end_that_stays_down_is_told(lab: Lab) -> None:
    down = FILE.replace("links: {eth0: {addresses", "links: {eth0: {state: down, addresses")
    result = engine.apply(loads(down), lab.kernel, lab.store)
    (first, *_) = [failure.verdict for failure in result.failures() if failure.verdict]
    assert "a carrier" in hint(first.errno, first.extack, type="nexthop")


def test_a_way_of_its_own_becomes_one_by_an_object(lab: Lab) -> None:
    lab.apply(FILE)
    plan = lab.apply(FILE.replace("10.7.0.0/16, via: 10.0.0.2", "10.7.0.0/16, nhid: 1"))
    assert [(verb, plan.steps[0].obj.attrs["nhid"]) for verb, _ in order(plan)] == [(Verb.ROUTE_ADD, 1)]
    assert [change.name for change in plan.operations[0].changes] == ["nhid", "nexthops"]


def test_a_body_says_all_there_is(lab: Lab) -> None:
    """What is not written is not wanted, as with a route's own way."""
    lab.apply(FILE.replace("2: {via: 10.0.0.3, dev: eth0}", "2: {via: 10.0.0.3, dev: eth0, encap: mpls 100, onlink: true}"))
    plan = lab.apply(FILE)
    assert {change.name: change.desired for change in plan.operations[0].changes} == {"onlink": False, "encap": None}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{group: [1], via: 10.0.0.2}", "a group has no `via`"),
        ("{group: [1], buckets: 8}", "a group has no `buckets`"),
        ("{group: [9]}", "nexthop 9, which nexthop 4 needs, is not declared"),
        ("{group: []}", "at least one member"),
        ("{group: [1, 1]}", "twice"),
        ("{group: [{id: 1, weight: 0}]}", "1 to 65536"),
        ("{blackhole: true, dev: eth0}", "a blackhole has no `dev`"),
        ("{fdb: true}", "`via` is missing"),
        ("{fdb: true, via: 10.0.0.9, dev: eth0}", "has no `dev`"),
        ("{via: 10.0.0.9}", "needs `dev`"),
        ("{dev: eth7}", "`eth7`, which is not declared"),
        ("{dev: eth0, onlink: true}", "`onlink` needs `via`"),
        ("{dev: eth0, via: 10.0.0.9, family: ipv6}", "is not ipv6"),
        ("{dev: eth0, via: 10.0.0.9, encap: seg6local action End}", "only IPv6 next hops have `seg6local"),
        ("{dev: eth0, encap: {type: gre}}", "is one of mpls"),
    ],
)
def test_faults_of_objects(body: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        loads(FILE.replace("    routes:", f"      4: {body}\n    routes:"))


@pytest.mark.parametrize(
    ("route", "words"),
    [
        ("{to: 10.1.0.0/16, nhid: 9}", "there is no next hop object 9"),
        ("{to: 10.1.0.0/16, nhid: 1, via: 10.0.0.2}", "`via` and `nhid` exclude each other"),
        ("{to: 10.1.0.0/16, nhid: 1, type: blackhole}", "is unicast, not blackhole"),
        ("{to: 10.1.0.0/16, via: 'fe80::1'}", "`dev` is missing"),
        ("{to: 10.1.0.0/16, via: 10.0.0.2, pref: low}", "`pref` exists for IPv6 routes only"),
        ("{to: 'fd00::/8', type: blackhole, pref: low}", "keeps no `pref` of a blackhole route"),
        ("{to: 10.1.0.0/16, via: 10.0.0.2, lock: [nosuch]}", "is no metric"),
        ("{to: 10.1.0.0/16, via: 10.0.0.2, lock: [cwnd]}", "a locked cwnd needs a value"),
        ("{to: 10.1.0.0/16, via: 10.0.0.2, features: [nosuch]}", "is no feature"),
        ("{to: 10.1.0.0/16, via: 10.0.0.2, realms: a/b}", "realms are a number"),
        ("{to: 10.1.0.0/16, via: 10.0.0.2, from: 10.2.0.0/16}", "exists for IPv6 routes only"),
        ("{to: 10.1.0.0/16, via: 10.0.0.2, encap: seg6 mode inline segs fd00::1}", "only IPv6 routes have"),
        ("{to: 10.1.0.0/16, via: 10.0.0.2, as: 100}", "belongs to MPLS routes"),
        ("{to: 10.1.0.0/16, via: 10.0.0.2, nexthops: [{via: 10.0.0.3}], encap: mpls 100}", "exclude each other"),
        ("{to: 10.1.0.0/16, type: blackhole, encap: mpls 100}", "leads nowhere"),
        ("{to: mpls 100, via: 10.0.0.2}", "not below net.mpls.platform_labels, which is 0"),
        ("{to: mpls 15, via: 10.0.0.2}", "reserved"),
        ("{to: mpls 100/200, via: 10.0.0.2}", "for one label"),
        ("{to: mpls 100, via: 10.0.0.2, metric: 5}", "an MPLS route has no `metric`"),
        ("{to: 'fd00::1', dev: eth0, encap: {type: seg6local, action: End.X}}", "End.X needs `nh6`"),
        ("{to: 'fd00::1', dev: eth0, encap: {type: seg6local, action: End, nh4: 10.0.0.1}}", "End has no `nh4`"),
        ("{to: 'fd00::1', dev: eth0, encap: {type: seg6local, action: End.X, nh6: 'fd00::1', flavors: psp}}", "no flavor psp"),
        ("{to: 'fd00::1', dev: eth0, encap: {type: seg6local, action: End.DT6}}", "one of the two"),
        ("{to: 'fd00::1', dev: eth0, encap: {type: seg6local, action: End, lblen: 8}}", "next-csid"),
        ("{to: 'fd00::1', dev: eth0, encap: {type: seg6local, action: End.DX2, oif: eth9}}", "`eth9`, which is not declared"),
        ("{to: 'fd00::1', dev: eth0, encap: {type: mpls, labels: [3]}}", "implicit null"),
        ("{to: 'fd00::1', dev: eth0, encap: {type: mpls, labels: 1048576}}", "is not an MPLS label"),
        ("{to: 'fd00::1', dev: eth0, encap: {type: mpls}}", "needs `labels`"),
        ("{to: 'fd00::1', dev: eth0, encap: {type: ip, ttl: 256}}", "from 0 to 255"),
        ("{to: 'fd00::1', dev: eth0, encap: {type: ip, dst: 'fd00::1'}}", "is an IPv4 address"),
        ("{to: 'fd00::1', dev: eth0, encap: mpls 100 ttl}", "`ttl` has no value"),
        ("{to: 'fd00::1', dev: eth0, encap: 5}", "not an encapsulation"),
    ],
)
def test_faults_of_routes(route: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        loads(FILE.replace("    routes:\n", f"    routes:\n      - {route}\n"))


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{priority: 1, table: 5, dscp: 1, tos: 4}", "`dscp` and `tos` exclude each other"),
        ("{priority: 1, table: 5, dscp_mask: 1}", "`dscp_mask` needs `dscp`"),
        ("{priority: 1, table: 5, dscp: 3, dscp_mask: 1}", "bits that `dscp_mask` does not compare"),
        ("{priority: 1, table: 5, sport: 80-90, sport_mask: 255}", "a single port"),
        ("{priority: 1, table: 5, flowlabel: 5}", "flow labels are IPv6's"),
        ("{priority: 1, table: 5, realms: 5, family: ipv6}", "realms are IPv4's"),
    ],
)
def test_faults_of_rules(rule: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        loads(FILE.replace("    routes:\n", f"    rules: [{rule}]\n    routes:\n"))


def test_masks_that_are_the_kernels_own_are_not_said() -> None:
    rules = "{priority: 1, table: 5, sport: 80, sport_mask: 0xffff, dscp: 0, dscp_mask: 63}"
    state = loads(FILE.replace("    routes:\n", f"    rules: [{rules}]\n    routes:\n"))
    (rule,) = state.namespaces["red"].rules.values()
    assert rule.attrs == {"priority": 1, "family": "ipv4", "table": 5, "sport": "80-80", "dscp": 0}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("10.0.0.1/24]", "{address: 10.0.0.1/24, optimistic: true}]", "IPv6 addresses only"),
        ("10.0.0.1/24]", "{address: 10.0.0.1/24, autojoin: true}]", "is for multicast addresses"),
        ("10.0.0.1/24]", '{address: "fd00::1/64", nodad: true, optimistic: true}]', "exclude each other"),
        ("10.0.0.1/24]", '"ff05::1/64"]', "multicast"),
        ("kind: veth", 'kind: veth, token: "fd00::1"', "not an interface identifier"),
        ("kind: veth", "kind: veth, token: 10.0.0.1", "not an interface identifier"),
    ],
)
def test_faults_of_addresses_and_tokens(before: str, after: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        loads(FILE.replace(before, after, 1))


def test_a_token_comes_after_its_sysctl(lab: Lab) -> None:
    """ipv6_accept_ra() decides whether the kernel takes it."""
    text = FILE.replace("kind: veth", 'kind: veth, token: "::a:b:c", sysctls: {ipv6.accept_ra: 2}')
    for first in (FILE, text):
        plan = lab.apply(text)
        kinds = [step.verb for step in plan.steps if step.verb is Verb.SYSCTL or "token" in step.attrs]
        assert kinds == ([Verb.SYSCTL, Verb.LINK_SET] if first is FILE else [])
    lab.apply(FILE.replace("kind: veth", "kind: veth, sysctls: {ipv6.accept_ra: 0}"))
    plan = lab.apply(text.replace("::a:b:c", "::d"))
    assert [step.verb for step in plan.steps] == [Verb.SYSCTL, Verb.LINK_SET]


ENCAPS: list[tuple[Any, str]] = [
    ({"type": "mpls", "labels": 100}, "mpls 100"),
    ({"type": "mpls", "labels": [100, 200], "ttl": 0}, "mpls 100/200"),
    ("mpls 100/200 ttl 5", "mpls 100/200 ttl 5"),
    ({"type": "ip", "id": "0x1e", "dst": "10.0.0.1", "src": "0.0.0.0", "key": True, "csum": False}, "ip id 30 dst 10.0.0.1 key"),
    ("ip dst 10.0.0.1 id 30 key", "ip id 30 dst 10.0.0.1 key"),
    ({"type": "seg6", "mode": "encap", "segs": ["FD00::1", "fd00:0::2"]}, "seg6 mode encap segs fd00::1,fd00::2"),
    ({"type": "seg6local", "action": "End.T", "table": "main"}, "seg6local action End.T table 254"),
    ({"type": "seg6local", "action": "End.B6", "segs": "fd00::1"}, "seg6local action End.B6 srh segs fd00::1"),
    ("seg6local action End flavors next-csid lblen 32 nflen 16 count", "seg6local action End flavors next-csid count"),
    ("xfrm if_id 7 link_dev eth0", "xfrm if_id 7 link_dev eth0"),
]


@pytest.mark.parametrize(("written", "text"), ENCAPS, ids=[text for _, text in ENCAPS])
def test_encapsulations_have_one_text(written: Any, text: str) -> None:
    assert encap.encap(written) == text
    assert encap.encap(text) == text
    kind, fields = encap.parse(text)
    assert encap.canonical(kind, fields) == text


def test_links_in_them_have_other_names_after_a_rename() -> None:
    text = "seg6local action End.DX2 oif eth0 count"
    assert encap.links(text) == ["eth0"]
    assert encap.renamed(text, {"eth0": "wan"}.__getitem__) == "seg6local action End.DX2 oif wan count"


def test_ip_batch_says_them() -> None:
    text = FILE.replace("    routes:\n", """    routes:
      - {to: mpls 100, as: 200, via: 10.0.0.2}
      - {to: "2001:db8::/32", from: "fd00::/8", dev: eth0, rtt: 20ms, lock: [mtu], mtu: 1400, features: [ecn], expires: 60s}
      - {to: 10.6.0.0/16, dev: eth0, encap: {type: seg6, mode: encap, segs: "fd00::1"}, quickack: true, realms: 10/20}
""").replace("    nexthops:", "    sysctls: {net.mpls.platform_labels: 1000}\n    nexthops:")  # fmt: skip
    from nsmgr.plan.planner import plan
    from nsmgr.plan.state import ObservedState

    script = ip_batch(plan(loads(text), ObservedState()))
    for line in (
        "nexthop replace id 3 group 1/2,3",
        "nexthop replace id 1 via 10.0.0.2 dev eth0",
        "-f mpls route add 100 as 200 via inet 10.0.0.2",
        "route add 2001:db8::/32 from fd00::/8 table 254 metric 1024 dev eth0 mtu lock 1400 rtt 20ms expires 60 features ecn",
        "route add 10.6.0.0/16 table 254 encap seg6 mode encap segs fd00::1 dev eth0 realms 10/20 quickack 1",
        "route add 10.9.0.0/16 table 254 nhid 3",
    ):
        assert line in script, line


def test_explain_tells_objects_from_ways() -> None:
    assert {key.path for key in explain("nexthops")} >= {"nexthops.group", "nexthops.buckets"}
    assert {key.path for key in explain("routes.nexthops")} >= {"routes.nexthops.weight", "routes.nexthops.encap"}
    assert [key.path for key in explain("routes.from")] == ["routes.from"]
