"""Next hop objects, groups, and routes by them on the real kernel, against `ip nexthop` and `ip route`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nsmgr.config import loads
from nsmgr.kernel.port import EVERYTHING, Want
from nsmgr.plan.plan import Action, Verb
from nsmgr.render.export import export_yaml
from tests.kernel.lab import Lab

FILE = """
version: 1
namespaces:
  @a:
    links:
      eth0: {kind: veth, peer: @b/eth0, addresses: [10.0.0.1/24, {address: "2001:db8::1/64", nodad: true}]}
      eth1: {kind: veth, peer: @b/eth1, addresses: [10.0.1.1/24]}
    nexthops:
      1: {via: 10.0.0.2, dev: eth0}
      2: {via: 10.0.1.2, dev: eth1}
      3: {group: [1, {id: 2, weight: 3}]}
      4: {group: [1, 2], type: resilient, buckets: 32, idle_timer: 60s, unbalanced_timer: 100s}
      5: {via: "2001:db8::2", dev: eth0}
      6: {dev: eth0}
      7: {blackhole: true}
      8: {via: 192.0.2.1, dev: eth1, onlink: true}
      9: {via: 10.0.0.9, fdb: true}
      10: {via: 10.0.0.7, dev: eth0, encap: {type: ip, id: 30, dst: 10.0.0.7, ttl: 3}}
    routes:
      - {to: 198.51.100.0/24, nhid: 3}
      - {to: 203.0.113.0/24, nhid: 1}
      - {to: 203.0.113.0/24, nhid: 4, metric: 50}
      - {to: 192.0.2.0/25, nhid: 7}
      - {to: 10.77.0.0/16, nhid: 5}
      - {to: "2001:db8:9::/48", nhid: 5}
  @b:
    links:
      eth0: {addresses: [10.0.0.2/24]}
      eth1: {addresses: [10.0.1.2/24]}
"""


def objects(lab: Lab) -> dict[int, dict[str, Any]]:
    return {entry["id"]: entry for entry in json.loads(lab.ip("-j -d -n @a nexthop"))}


def routes(lab: Lab) -> dict[str, int]:
    found = json.loads(lab.ip("-j -n @a route")) + json.loads(lab.ip("-j -n @a -6 route"))
    return {f"{entry['dst']} {entry.get('metric', 0)}": entry["nhid"] for entry in found if "nhid" in entry}


ROUTES = {
    "198.51.100.0/24 0": 3, "203.0.113.0/24 0": 1, "203.0.113.0/24 50": 4, "192.0.2.0/25 0": 7, "10.77.0.0/16 0": 5,
    "2001:db8:9::/48 1024": 5,
}  # fmt: skip


def test_made_as_ip_shows_them(lab: Lab) -> None:
    """In one round, although a next hop needs a carrier and the far ends are in another namespace."""
    lab.converge(lab.load(FILE))
    seen = objects(lab)
    assert (seen[1]["gateway"], seen[1]["dev"]) == ("10.0.0.2", "eth0")
    assert seen[3]["group"] == [{"id": 1}, {"id": 2, "weight": 3}]
    assert seen[4]["type"] == "resilient"
    args = seen[4]["resilient_args"]
    assert (args["buckets"], args["idle_timer"], args["unbalanced_timer"]) == (32, 60, 100)
    assert seen[5]["gateway"] == "2001:db8::2"
    assert "gateway" not in seen[6]
    assert "blackhole" in seen[7]
    assert seen[8]["flags"] == ["onlink"]
    assert "fdb" in seen[9]
    assert "encap ip id 30 src 0.0.0.0 dst 10.0.0.7 ttl 3 tos 0" in lab.ip("-n @a nexthop show id 10")  # JSON has two `id`s
    assert routes(lab) == ROUTES


CHANGES = [
    ("via: 10.0.0.2, dev: eth0", "via: 10.0.0.3, dev: eth0", [Verb.THING_SET]),
    ("2: {via: 10.0.1.2, dev: eth1}", "2: {via: 10.0.0.22, dev: eth0}", [Verb.THING_SET]),
    ("1, {id: 2, weight: 3}", "1, {id: 2, weight: 5}", [Verb.THING_SET]),
    ("1, {id: 2, weight: 3}", "2", [Verb.THING_SET]),
    ("idle_timer: 60s", "idle_timer: 61s", [Verb.THING_SET]),
    ("{dev: eth0}", "{dev: eth1}", [Verb.THING_SET]),
    ("192.0.2.1, dev: eth1, onlink: true", "10.0.1.9, dev: eth1", [Verb.THING_SET]),
    ("ttl: 3", "ttl: 4", [Verb.THING_SET]),
    ("{blackhole: true}", "{via: 10.0.0.5, dev: eth0}", [Verb.THING_SET]),
    # A kernel that refuses the change in place: deleted and made again, with the routes that went.
    ("buckets: 32", "buckets: 64", [Verb.THING_DEL, Verb.THING_ADD, Verb.ROUTE_ADD]),
    ("{group: [1, 2], type: resilient, buckets: 32, idle_timer: 60s, unbalanced_timer: 100s}", "{group: [1, 2]}",
     [Verb.THING_DEL, Verb.THING_ADD, Verb.ROUTE_ADD]),
    ('5: {via: "2001:db8::2", dev: eth0}', "5: {group: [1]}", None),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "verbs"), CHANGES, ids=[after for _, after, _ in CHANGES])
def test_a_change(lab: Lab, before: str, after: str, verbs: list[Verb] | None) -> None:
    lab.converge(lab.load(FILE))
    text = FILE.replace(before, after, 1)
    if verbs is None:  # no IPv6 route goes by a group of IPv4 next hops
        text = text.replace('      - {to: "2001:db8:9::/48", nhid: 5}\n', "")
    result = lab.converge(lab.load(text))
    if verbs is not None:
        assert [step.verb for step in result.plan.steps] == verbs
    lab.converge(lab.load(FILE))
    assert routes(lab) == ROUTES


@pytest.mark.parametrize(
    ("commands", "actions"),
    [
        (["nexthop replace id 1 via 10.0.0.99 dev eth0"], {Action.UPDATE}),
        (["nexthop del id 2"], {Action.CREATE, Action.UPDATE}),  # out of its groups as well
        (["nexthop del id 3"], {Action.CREATE}),
        (["nexthop add id 20 via 10.0.0.20 dev eth0"], {Action.DELETE}),
        (["nexthop flush"], {Action.CREATE}),
        (["link set eth0 down", "link set eth0 up"], {Action.CREATE, Action.UPDATE}),
        (["route replace 198.51.100.0/24 via 10.0.0.2"], {Action.UPDATE}),
        (["route replace 203.0.113.0/24 nhid 2"], {Action.UPDATE}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_drift_is_seen_and_mended(lab: Lab, commands: list[str], actions: set[Action]) -> None:
    desired = lab.load(FILE)
    lab.converge(desired)
    for command in commands:
        verb, rest = command.split(" ", 1)
        lab.ip(f"-n @a {verb} {rest}")
    assert {operation.action for operation in lab.check(desired).operations} == actions
    lab.converge(desired)
    assert routes(lab) == ROUTES


def test_the_far_end_goes_down_for_a_moment(lab: Lab) -> None:
    """Carrier loss flushes next hops (nh_netdev_event); they come back in the same plan."""
    lab.converge(lab.load(FILE))
    lab.converge(lab.load(FILE.replace("kind: veth, peer: @b/eth0", "kind: veth, peer: @b/eth0, tx_queues: 2")))
    assert routes(lab) == ROUTES
    lab.converge(
        lab.load(FILE.replace("eth0: {addresses: [10.0.0.2/24]}", "eth0: {mac: '02:00:00:00:00:77', addresses: [10.0.0.2/24]}"))
    )
    assert routes(lab) == ROUTES


def test_removed_from_the_file_they_go(lab: Lab) -> None:
    lab.converge(lab.load(FILE))
    head, _, rest = FILE.partition("      1: {via: 10.0.0.2, dev: eth0}\n")
    gone = head.replace("    nexthops:\n", "    nexthops: {}\n") + rest[rest.index("  @b:") :]
    lab.converge(lab.load(gone))
    assert not objects(lab)


def test_a_daemons_are_left_alone(lab: Lab) -> None:
    desired = lab.load(FILE)
    lab.converge(desired)
    lab.ip("-n @a nexthop add id 50 via 10.0.0.50 dev eth0 proto zebra")
    assert not lab.check(desired)


def test_export_loads_and_has_nothing_to_do(lab: Lab) -> None:
    lab.converge(lab.load(FILE))
    names = [f"{lab.prefix}a", f"{lab.prefix}b"]
    observed = lab.kernel.observe(dict.fromkeys(names, Want(EVERYTHING, things=frozenset(("nexthop",)))))
    assert not lab.check(loads(export_yaml(observed.namespaces, lab.name)))
