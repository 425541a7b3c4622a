"""The tunnel kinds without a kernel: what the model refuses, what stands for what, what a change says, where a link is made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nsmgr import config, engine
from nsmgr.errors import ConfigError
from nsmgr.kernel.fake import FakeKernel
from nsmgr.model.base import Where
from nsmgr.model.links import kind_class
from nsmgr.plan.plan import Plan, Step, Verb
from nsmgr.plan.state import DesiredLink, DesiredState
from nsmgr.render.ip_batch import ip_batch
from nsmgr.store import Store

Body = dict[str, Any]
FOUR: Body = {"local": "10.0.0.1", "remote": "10.0.0.2"}
SIX: Body = {"local": "2001:db8::1", "remote": "2001:db8::2"}
SESSION: Body = {"key": 5, "seq": True}


def load(x: Body | None, **more: Any) -> DesiredState:
    links = {"low": {"kind": "ifb"}} | ({"x": x} if x is not None else {})
    return config.loads(json.dumps({"version": 1, "name": "t", "namespaces": {"red": {"links": links}} | more}))


def link(body: Body) -> DesiredLink:
    return load(body).namespaces["red"].links["x"]


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("gre", {"remote": "239.1.1.1"}, "needs a local address"),
        ("gre", {"remote": "239.1.1.1", "local": "any"}, "needs a local address"),
        ("gre", FOUR | {"ignore_df": True}, "path MTU discovery"),
        ("gre", {"external": True, "encap": "fou"}, "does not go with `external`"),
        ("gre", FOUR | {"mac": "02:00:00:00:00:01"}, "cannot be configured"),
        ("gre", {"remote": "2001:db8::1"}, "an IPv4 address"),
        ("gre", FOUR | {"key": "1.2.3.x"}, "with dots"),
        ("gre", FOUR | {"key": 2**32}, "too large"),
        ("gre", FOUR | {"parent": "x"}, "its own parent"),
        ("gretap", FOUR | {"mtu": 65498}, "outside"),
        ("erspan", FOUR | {"seq": True}, "needs its number"),
        ("erspan", FOUR | {"key": 5}, "needs sequence numbers"),
        ("erspan", FOUR | SESSION | {"csum": True}, "no checksums"),
        ("erspan", FOUR | SESSION | {"key": 1024}, "0 to 1023"),
        ("erspan", FOUR | SESSION | {"erspan_dir": "egress"}, "only ERSPAN version 2"),
        ("erspan", FOUR | SESSION | {"erspan_ver": 2, "erspan_index": 5}, "only ERSPAN version 1"),
        ("ip6erspan", SIX | {"seq": True}, "needs its number"),
        ("ip6erspan", SIX | {"key": 5}, "needs sequence numbers"),
        ("ip6erspan", SIX | SESSION | {"csum": True}, "no checksums"),
        ("ip6erspan", SIX | SESSION | {"key": 1024}, "0 to 1023"),
        ("ip6erspan", SIX | SESSION | {"erspan_hwid": 4}, "only ERSPAN version 2"),
        ("ip6erspan", SIX | SESSION | {"erspan_ver": 2, "erspan_index": 5}, "only ERSPAN version 1"),
        ("ip6gre", {"remote": "10.0.0.1"}, "an IPv6 address"),
        ("ipip", FOUR | {"ttl": 9, "pmtudisc": False}, "turns path MTU discovery on"),
        ("sit", FOUR | {"ttl": 9, "pmtudisc": False}, "turns path MTU discovery on"),
        ("sit", FOUR | {"prefix_6rd": "2001:db8::"}, "without `prefixlen_6rd`"),
        ("sit", FOUR | {"prefix_6rd": "2001:db8::", "prefixlen_6rd": 40}, "more than 64"),
        ("sit", FOUR | {"prefix_6rd": "2001:db8::1", "prefixlen_6rd": 32}, "host bits"),
        ("xfrm", {}, "needs its interface number"),
        ("xfrm", {"external": True, "if_id": 5}, "does not go with `external`"),
        ("xfrm", {"if_id": 5, "addrgenmode": "eui64"}, "no hardware address"),
        ("geneve", {}, "needs a VNI"),
        ("geneve", {"external": True, "id": 5}, "does not go with `external`"),
        ("geneve", {"id": 5, "remote": "239.1.1.1"}, "multicast"),
        ("geneve", {"id": 5, "remote": "ff02::1"}, "multicast"),
        ("geneve", {"id": 5, "remote": "fe80::1"}, "link-local"),
        ("geneve", {"id": 5, "label": 7}, "needs an IPv6 remote"),
        ("geneve", {"id": 5, "remote": "2001:db8::1", "udp_csum": True}, "with an IPv4 remote only"),
        ("geneve", {"id": 5, "udp6zerocsumtx": True}, "with an IPv6 remote only"),
        ("geneve", {"id": 5, "udp6zerocsumrx": False}, "only with an IPv6 remote"),
        ("geneve", {"id": 5, "port_range": [9, 8]}, "the lower one first"),
        ("bareudp", {"port": 5, "ethertype": "ipv6", "multiproto": True}, "ipv4 or mpls_uc"),
        ("bareudp", {"port": 5, "ethertype": "ipv4", "addrgenmode": "eui64"}, "no hardware address"),
        ("gre", FOUR | {"underlay": "blue"}, "blue"),
        ("gre", FOUR | {"underlay": "host", "parent": "low"}, "the parent's namespace"),
        ("gtp", {"create_sockets": False}, "sockets of its own"),
        ("gtp", {"parent": "low"}, "has no parent"),
    ],
)
def test_what_is_refused(kind: str, body: Body, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load({"kind": kind} | body)


@pytest.mark.parametrize(
    ("kind", "body", "attrs"),
    [
        ("gre", {"key": "0.0.1.0"}, {"ikey": 256, "okey": 256}),
        ("gre", {"key": 5, "okey": "none"}, {"ikey": 5, "okey": "none"}),
        ("gre", {"csum": True, "icsum": False, "seq": False}, {"icsum": False, "ocsum": True, "iseq": False, "oseq": False}),
        ("gre", {"ttl": 0, "tos": 1, "remote": "0.0.0.0"}, {"ttl": "inherit", "tos": "inherit", "remote": "any"}),
        ("ip6tnl", {"mode": 41, "remote": "::"}, {"mode": "ip6ip6", "remote": "any"}),
        ("ip6gretap", {"local": "2001:DB8::1"}, {"local": "2001:db8::1"}),
        ("geneve", {"id": 7, "remote": "::"}, {"remote": "any"}),
        ("geneve", {"id": 7, "port_range": "5-9"}, {"port_range": (5, 9)}),
        ("bareudp", {"port": 7, "ethertype": 0x8847}, {"ethertype": "mpls_uc"}),
        ("vti", {"key": 7}, {"ikey": 7, "okey": 7}),
    ],
)
def test_what_stands_for_what(kind: str, body: Body, attrs: Body) -> None:
    found = link({"kind": kind} | body).attrs
    assert {name: found.get(name) for name in attrs} == attrs


def test_a_short_key_of_a_link_leaves_its_birth_alone() -> None:
    assert link({"kind": "ip6tnl"}).birth == {"hoplimit": 64, "encaplimit": 4}
    assert link({"kind": "ip6tnl", "encaplimit": "none"}).birth == {"hoplimit": 64}


@pytest.mark.parametrize(
    ("kind", "name", "observed", "desired", "replaces"),
    [
        ("gre", "remote", "10.0.0.1", "10.0.0.2", False),
        ("gre", "remote", "10.0.0.1", "any", True),
        ("gre", "remote", None, "10.0.0.1", True),
        ("gre", "remote", "10.0.0.1", "239.0.0.1", True),
        ("gretap", "remote", "10.0.0.1", "any", False),
        ("ip6gre", "remote", "2001:db8::1", "any", False),
        ("sit", "remote", "any", "10.0.0.1", True),
        ("sit", "remote", "239.0.0.1", "10.0.0.1", False),
        ("ipip", "mode", "ipip", "any", True),
        ("ip6tnl", "mode", "any", "ip6ip6", False),
        ("xfrm", "parent", "low", "far", True),
        ("gre", "parent", "low", "far", False),
        ("geneve", "remote", "any", "10.0.0.1", False),
        ("geneve", "remote", "any", "2001:db8::1", True),
        ("geneve", "remote", "2001:db8::1", "any", True),
    ],
)
def test_what_replaces(kind: str, name: str, observed: str | None, desired: str, replaces: bool) -> None:
    assert kind_class(kind).replaces(name, observed, desired) is replaces


@pytest.mark.parametrize(
    ("kind", "observed", "fixed"),
    [
        ("gre", FOUR, set()),
        ("gre", {"remote": "239.1.1.1"}, {"local", "remote", "ikey", "parent"}),
        ("gre", {"ignore_df": True}, {"pmtudisc"}),
        ("ipip", {"remote": "239.1.1.1"}, {"local", "remote", "parent"}),
        ("geneve", {"external": True}, {"remote", "ttl", "tos", "df", "label"}),
        ("xfrm", {"external": True}, {"if_id"}),
        ("xfrm", {"if_id": 5}, set()),
    ],
)
def test_what_is_fixed_on_a_link_that_is_so(kind: str, observed: Body, fixed: set[str]) -> None:
    assert set(kind_class(kind).fixed(observed)) == fixed


def change(tmp_path: Path, before: Body, after: Body) -> tuple[Plan, list[Step]]:
    kernel, store = FakeKernel(), Store(tmp_path)
    assert engine.apply(load(before), kernel, store).ok
    plan = engine.check(load(after), kernel, store)
    assert engine.apply(load(after), kernel, store).ok
    assert not engine.check(load(after), kernel, store)
    return plan, [step for step in plan.steps if step.name == "x"]


@pytest.mark.parametrize("kind", ["gre", "erspan", "ip6gre", "ipip", "sit", "ip6tnl", "vti", "vti6"])
def test_a_change_says_everything_again(kind: str, tmp_path: Path) -> None:
    body = {"kind": kind} | (SIX if "6" in kind else FOUR) | (SESSION if kind == "erspan" else {})
    _, (step,) = change(tmp_path, body | {"fwmark": 1}, body | {"fwmark": 2})
    cls = kind_class(kind)
    told = {name for name, row in cls.rows().items() if row.where is Where.DATA} - cls.ONCE - {"parent"}
    assert (step.verb, step.attrs["fwmark"]) == (Verb.LINK_DATA, 2)
    assert step.attrs.keys() >= told - {"erspan_dir", "erspan_hwid", "erspan_index"}


def test_a_change_says_what_it_is_told_of_a_geneve_link(tmp_path: Path) -> None:
    body = {"kind": "geneve", "id": 7, "remote": "10.0.0.2", "mtu": 1400}
    _, (data, mtu) = change(tmp_path, body | {"ttl": 3}, body | {"ttl": "inherit"})
    assert (data.verb, data.attrs) == (Verb.LINK_DATA, {"ttl": "inherit"})
    assert (mtu.verb, mtu.attrs) == (Verb.LINK_SET, {"mtu": 1400})


def test_what_only_newlink_takes_is_not_said_again(tmp_path: Path) -> None:
    _, (step,) = change(tmp_path, {"kind": "ipip", "external": True}, {"kind": "ipip", "external": True, "ttl": 9})
    assert "external" not in step.attrs


def test_a_managed_mtu_is_said_after_a_change_that_works_out_another(tmp_path: Path) -> None:
    body = {"kind": "gre", "mtu": 1400} | FOUR
    _, (data, mtu) = change(tmp_path, body, body | {"key": 5})
    assert (data.verb, mtu.verb, mtu.attrs) == (Verb.LINK_DATA, Verb.LINK_SET, {"mtu": 1400})


def test_a_tunnel_with_its_parent_elsewhere_is_made_there_and_moved(tmp_path: Path) -> None:
    kernel, store = FakeKernel(), Store(tmp_path)
    body = {"kind": "gre", "parent": "host/eth0", "alias": "over"} | FOUR
    kernel.ip_link_add("host", "eth0", "ifb")
    desired = load(body)
    plan = engine.check(desired, kernel, store)
    made, moved = (step for step in plan.steps if step.netns == "host")
    assert (made.verb, moved.verb) == (Verb.LINK_ADD, Verb.LINK_MOVE)
    assert made.name != "x"
    assert moved.args == {"target": "red", "rename": "x", "new_index": made.index}
    assert "link set dev " + made.name + " netns red name x" in ip_batch(plan)
    result = engine.apply(desired, kernel, store)
    assert result.ok
    assert not engine.check(desired, kernel, store)
    record = store.read("t")
    assert record is not None
    assert not record.owned().physical, "a tunnel that was moved in is no physical link to be given back"
    assert ("link", made.name) not in record.owned().objects.get("host", set())
    engine.destroy("t", kernel, store)


def test_a_tunnel_that_could_not_be_moved_is_removed_from_where_it_was_made(tmp_path: Path) -> None:
    kernel, store = FakeKernel(), Store(tmp_path)
    kernel.ip_link_add("host", "eth0", "ifb")
    desired = load({"kind": "gre", "parent": "host/eth0"} | FOUR)
    plan = engine.check(desired, kernel, store)
    (at,) = [place for place, step in enumerate(plan.steps) if step.verb is Verb.LINK_MOVE]
    made = plan.steps[at].name
    kernel.fail(kernel.steps_done + at, 16, "busy")
    engine.apply(desired, kernel, store)
    assert engine.apply(desired, kernel, store).ok
    assert not engine.check(desired, kernel, store)
    assert made not in kernel.world.namespaces["host"].devices


def test_another_underlay_makes_the_tunnel_anew(tmp_path: Path) -> None:
    body = {"kind": "gre"} | FOUR
    blue = {"blue": {"links": {"low": {"kind": "ifb"}}}}
    kernel, store = FakeKernel(), Store(tmp_path)
    for parent, action in (("low", "create"), ("blue/low", "replace"), ("low", "replace")):
        desired = load(body | {"parent": parent}, **blue)
        plan = engine.check(desired, kernel, store)
        assert [operation.action.value for operation in plan.operations if operation.key == "x"] == [action]
        assert engine.apply(desired, kernel, store).ok
        assert not engine.check(desired, kernel, store)


def test_tunnels_in_ip_s_words(tmp_path: Path) -> None:
    body = {"kind": "gre", "key": 5, "csum": True, "pmtudisc": False, "encap": "fou", "encap_dport": 5555, "parent": "low"} | FOUR
    script = ip_batch(engine.check(load(body), FakeKernel(), Store(tmp_path)))
    assert "type gre encap fou encap-dport 5555" in script.replace(" nopmtudisc", "")
    assert all(words in script for words in (" ikey 5 okey 5", " icsum ocsum", "nopmtudisc", "dev low", "remote 10.0.0.2"))
    plan, _ = change(tmp_path, body, body | {"key": "none"})
    assert " noikey nookey" in ip_batch(plan)


def test_an_underlay_is_where_a_tunnel_is_made(tmp_path: Path) -> None:
    kernel, store = FakeKernel(), Store(tmp_path)
    body = {"kind": "gre"} | FOUR
    for underlay, action in (("host", "create"), ("blue", "replace"), ("red", "replace")):
        desired = load(body | {"underlay": underlay}, blue={"links": {}})
        plan = engine.check(desired, kernel, store)
        assert [operation.action.value for operation in plan.operations if operation.key == "x"] == [action]
        assert [step.netns for step in plan.steps if step.verb is Verb.LINK_ADD and step.kind == "gre"] == [underlay]
        assert engine.apply(desired, kernel, store).ok
        assert not engine.check(desired, kernel, store)


def test_the_underlay_of_a_kind_that_does_not_tell_is_set_at_birth(tmp_path: Path) -> None:
    kernel, store = FakeKernel(), Store(tmp_path)
    body = {"kind": "geneve", "id": 7}
    plan = engine.check(load(body | {"underlay": "host"}), kernel, store)
    made = next(step for step in plan.steps if step.verb is Verb.LINK_ADD and step.kind == "geneve")
    assert (made.netns, made.args["target"]) == ("host", "red")
    assert engine.apply(load(body | {"underlay": "host"}), kernel, store).ok
    assert not engine.check(load(body | {"underlay": "red"}), kernel, store)


def test_a_tunnel_of_a_group_goes_up_after_the_addresses(tmp_path: Path) -> None:
    """ipgre_open: EADDRNOTAVAIL until the local address is there."""
    low = {"kind": "ifb", "addresses": ["10.0.0.1/24"]}
    x = {"kind": "gre", "local": "10.0.0.1", "remote": "239.1.1.1", "parent": "low"}
    desired = config.loads(json.dumps({"version": 1, "name": "t", "namespaces": {"red": {"links": {"low": low, "x": x}}}}))
    steps = list(engine.check(desired, FakeKernel(), Store(tmp_path)).steps)
    (at,) = [place for place, step in enumerate(steps) if step.verb is Verb.ADDR_ADD]
    assert [step.attrs for step in steps[at:] if step.name == "x"] == [{"state": "up"}]
