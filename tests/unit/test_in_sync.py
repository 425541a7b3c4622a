"""The short answer "nothing to do" against the long one: it may only be given where the plan, worked out in full, is empty."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings

from nsmgr import config, engine
from nsmgr.errors import ConflictError
from nsmgr.kernel.fake import FakeKernel
from nsmgr.plan.differences import differences
from nsmgr.plan.planner import plan
from nsmgr.plan.state import PROTO_NSMGR, Address, DesiredState, Link, NextHop, ObservedState, Route, Rule
from nsmgr.plan.verify import in_sync
from nsmgr.reading import observe, with_released
from nsmgr.store import Store
from tests.effort import examples
from tests.strategies import desired_states

SETTINGS = settings(
    deadline=None, max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def agreed(desired: DesiredState, observed: ObservedState) -> bool:
    """The short answer, after checking it against the long one."""
    short = in_sync(desired, observed)
    if short:
        assert not differences(desired, observed).steps
    return short


@SETTINGS
@given(desired_states(), desired_states())
def test_of_random_states(first: DesiredState, second: DesiredState) -> None:
    with TemporaryDirectory(prefix="nsmgrt-") as directory:
        kernel, records = FakeKernel(), Store(Path(directory) / "state")
        applied = engine.apply(first, kernel, records)
        observed = observe(first, kernel, records)
        assert agreed(with_released(first, observed), observed) or not applied.ok
        observed = observe(second, kernel, records)
        agreed(with_released(second, observed), observed)


LAB = """
version: 1
name: lab
namespaces:
  red:
    links:
      lo: {}
      br0: {kind: bridge, mtu: 1400, addresses: [192.0.2.1/24, {address: "2001:db8::1/64", nodad: true}]}
      p0: {kind: veth, peer: blue/eth0, controller: br0, altnames: [port], sysctls: {ipv4.rp_filter: 2}}
    routes: [{to: 198.51.100.0/24, via: 192.0.2.9}, {to: "2001:db8:1::/48", via: "2001:db8::9"}]
    rules: [{priority: 100, from: 192.0.2.0/24, table: 7}]
    sysctls: {net.ipv4.ip_forward: 1}
  blue: {links: {lo: {}, eth0: {}}}
"""
PART = """
version: 1
name: part
namespaces:
  green:
    adopt: true
    manage: declared
    links: {d0: {kind: dummy, addresses: [203.0.113.1/24]}}
    rules: [{priority: 200, to: 203.0.113.0/24, table: 8}]
"""

Hand = Callable[[ObservedState], object]


def nowhere(found: ObservedState) -> object:
    return found


def link(netns: str, name: str, **attrs: str | int) -> Hand:
    return lambda found: found.namespaces[netns].links[name].attrs.update(attrs)


def stranger(netns: str, kind: str, *, fallback: bool = False) -> Hand:
    return lambda found: found.namespaces[netns].links.update(x0=Link("x0", kind, 99, {"state": "up"}, fallback=fallback))


def address(netns: str, name: str, text: str, **attrs: str | int) -> Hand:
    return lambda found: found.namespaces[netns].addresses.update({(name, text): Address(name, text, attrs)})


def route(netns: str, to: str, *, via: str = "", **attrs: str | int) -> Hand:
    one = Route(to, nexthops=(NextHop(via, "br0"),), attrs={"type": "unicast", **attrs})
    return lambda found: found.namespaces[netns].routes.setdefault(one.key, []).append(one)


def rule(netns: str, priority: int, proto: int) -> Hand:
    one = Rule({"priority": priority, "family": "ipv4", "table": 9}, proto)
    return lambda found: found.namespaces[netns].rules.setdefault(one.key, []).append(one)


def without(netns: str, what: str, *key: object) -> Hand:
    return lambda found: getattr(found.namespaces[netns], what).pop(key[0] if len(key) == 1 else key)


def twice(netns: str, what: str) -> Hand:
    """Whatever nsmgr made there stands there a second time."""
    return lambda found: [
        group.append(group[0])
        for group in getattr(found.namespaces[netns], what).values()
        if (group[0].proto if what == "rules" else group[0].attrs["proto"]) == PROTO_NSMGR
    ]


@pytest.mark.parametrize(
    ("hand", "expected"),
    [
        (nowhere, True),
        (link("red", "br0", mtu=1500), False),
        (link("red", "br0", alias="mine"), True),
        (link("red", "p0", controller="br1"), False),
        (link("blue", "eth0", peer="red/p9"), False),
        (link("red", "lo", state="down"), False),
        (lambda found: setattr(found.namespaces["red"].links["p0"], "altnames", ()), False),
        (lambda found: setattr(found.namespaces["red"].links["br0"], "kind", "bond"), False),
        (without("red", "links", "br0"), False),
        (without("red", "addresses", "br0", "192.0.2.1/24"), False),
        (address("red", "br0", "2001:db8::1/64", nodad=0), False),
        (address("red", "br0", "192.0.2.1/24", metric=5), True),
        (address("red", "br0", "192.0.2.77/24", proto=PROTO_NSMGR), False),
        (address("red", "br0", "fe80::1/64", proto=3), True),
        (stranger("red", "dummy"), False),
        (stranger("red", ""), True),
        (stranger("red", "sit", fallback=True), True),
        (stranger("green", "dummy"), True),
        (address("green", "d0", "203.0.113.77/24", proto=PROTO_NSMGR), True),
        (without("green", "links", "d0"), False),
        (without("green", "addresses", "d0", "203.0.113.1/24"), False),
        (route("red", "198.18.0.0/15", proto=4), False),
        (route("red", "198.18.0.0/15", proto=186), True),
        (route("green", "198.18.0.0/15", proto=4), True),
        (without("red", "routes", 254, "198.51.100.0/24", 0, 0), False),
        (route("red", "198.51.100.0/24", via="192.0.2.9", proto=PROTO_NSMGR), False),
        (twice("red", "rules"), False),
        (rule("red", 5, PROTO_NSMGR), False),
        (rule("red", 5, 2), True),
        (rule("green", 5, PROTO_NSMGR), True),
        (lambda found: found.namespaces["red"].sysctls.update({"net.ipv4.ip_forward": "0"}), False),
        (lambda found: found.namespaces["red"].sysctls.update({"net.ipv4.conf.p0.rp_filter": "0"}), False),
        (lambda found: found.namespaces.pop("blue"), False),
        (lambda found: found.owned.namespaces.update(blue=found.owned.namespaces["blue"] + 1), False),
        (lambda found: found.owned.objects.setdefault("green", set()).add(("link", "d9")), True),
    ],
)
def test_of_one_difference(hand: Hand, expected: bool, tmp_path: Path) -> None:
    kernel, records = FakeKernel(), Store(tmp_path)
    kernel.netns_add("green")
    lab, part = config.loads(LAB), config.loads(PART)
    for desired in (lab, part):
        assert engine.apply(desired, kernel, records).ok
    answers = []
    for desired in (lab, part):
        observed = copy.deepcopy(observe(desired, kernel, records))
        assert in_sync(desired, observed)
        try:
            hand(observed)
        except KeyError:  # of the other deployment
            continue
        try:
            answers.append(not plan(desired, observed))
            assert agreed(desired, observed) is answers[-1]
        except ConflictError:  # not ours any more
            answers.append(False)
    assert set(answers) == {expected}


def test_a_namespace_that_left_the_file_is_a_difference(tmp_path: Path) -> None:
    kernel, records = FakeKernel(), Store(tmp_path)
    lab = config.loads(LAB)
    assert engine.apply(lab, kernel, records).ok
    del lab.namespaces["blue"], lab.namespaces["red"].links["p0"]  # whose peer was there
    observed = observe(lab, kernel, records)
    assert not in_sync(lab, observed)
    assert plan(lab, observed)
