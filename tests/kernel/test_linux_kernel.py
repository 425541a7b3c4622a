"""LinuxKernel end to end with hand-made steps: what is written is what is read, and refusals land on the right step."""

from __future__ import annotations

import errno
import itertools
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from nsmgr.kernel import probe, procfs
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.kernel.port import ADDRESSES, EVERYTHING, LINKS, KernelPort, Want
from nsmgr.plan.plan import Batch, Step, Verb, Verdict
from nsmgr.plan.state import Address, NetnsState, NextHop, Route, Rule
from tests.kernel.conftest import ip

Name = Callable[[str], str]
numbers = itertools.count()


def step(verb: Verb, netns: str, **fields: Any) -> Step:
    return Step(next(numbers), 0, verb, netns, **fields)


def make(kernel: LinuxKernel, *names: str) -> None:
    assert all(v.ok for v in kernel.transact(Batch("", tuple(step(Verb.NETNS_ADD, each) for each in names))))


def send(kernel: LinuxKernel, netns: str, *steps: Step) -> list[Verdict]:
    verdicts = kernel.transact(Batch(netns, steps))
    assert [verdict.step for verdict in verdicts] == [each.id for each in steps]
    return verdicts


def look(kernel: LinuxKernel, *names: str, kinds: int = EVERYTHING, peers: bool = True) -> dict[str, NetnsState]:
    return kernel.observe({each: Want(kinds, peers=[n for n in names if n != each] if peers else ()) for each in names}).namespaces


def veth(netns: str, name: str, index: int, peer_netns: str, peer: str, peer_index: int, **args: Any) -> Step:
    far = {"netns": peer_netns, "name": peer, "index": peer_index, "attrs": {"tx_queues": 1, "rx_queues": 1}}
    return step(Verb.LINK_ADD, netns, index=index, name=name, kind="veth", attrs={"tx_queues": 1, "rx_queues": 1},
                args={"peer": far, **args})  # fmt: skip


def ifb(netns: str, name: str, index: int) -> Step:
    return step(Verb.LINK_ADD, netns, index=index, name=name, kind="ifb")


def test_it_is_a_kernel_port(kernel: LinuxKernel) -> None:
    assert not [name for name in vars(KernelPort) if not name.startswith("__") and not hasattr(kernel, name)]


def test_one_send_makes_a_whole_namespace(name: Name, kernel: LinuxKernel) -> None:
    a, b = name("a"), name("b")
    make(kernel, a, b)
    route = Route("10.9.0.0/16", nexthops=(NextHop("10.0.0.2", "eth0"),))
    verdicts = send(
        kernel, a,
        step(Verb.LINK_SET, a, index=1, name="lo", kind="lo", attrs={"state": "up"}),
        step(Verb.LINK_ADD, a, index=20, name="br0", kind="bridge", attrs={"ageing_time": 100000, "state": "up"}),
        veth(a, "eth0", 10, b, "far", 33),
        step(Verb.LINK_SET, a, index=10, name="eth0", kind="veth", attrs={"controller": 20, "alias": "first", "state": "up"}),
        step(Verb.ADDR_ADD, a, index=20, name="br0", obj=Address("br0", "10.0.0.1/24")),
        step(Verb.ADDR_ADD, a, index=20, name="br0", obj=Address("br0", "2001:db8::1/64", {"nodad": True})),
        step(Verb.ROUTE_ADD, a, obj=Route("10.9.0.0/16", nexthops=(NextHop("10.0.0.2", "br0"),)), args={"indexes": {"br0": 20}}),
        step(Verb.RULE_ADD, a, obj=Rule({"priority": 1000, "family": "ipv4", "from": "10.0.0.0/24", "table": 100})),
        step(Verb.ALTNAME_ADD, a, index=10, args={"names": ("uplink",)}),
        step(Verb.SYSCTL, a, name="net.ipv4.ip_forward", args={"value": "1"}),
    )  # fmt: skip
    assert all(verdict.ok for verdict in verdicts), verdicts
    before = kernel.counters.writes
    wants = {a: Want(EVERYTHING, ["net.ipv4.ip_forward", "net.ipv4.nonesuch"], peers=[b]), b: Want(LINKS)}
    found = kernel.observe(wants).namespaces
    assert kernel.counters.writes == before
    eth0, br0 = found[a].links["eth0"], found[a].links["br0"]
    assert (eth0.index, eth0.attrs["controller"], eth0.attrs["peer"]) == (10, "br0", f"{b}/far")
    assert (eth0.attrs["alias"], eth0.attrs["state"], eth0.altnames) == ("first", "up", ("uplink",))
    assert br0.attrs["ageing_time"] == 100000
    assert found[b].links["far"].attrs["peer"] == f"{a}/eth0"
    assert {("br0", "10.0.0.1/24"), ("br0", "2001:db8::1/64"), ("lo", "127.0.0.1/8")} <= found[a].addresses.keys()
    assert [r.nexthops for r in found[a].routes[route.key]] == [(NextHop("10.0.0.2", "br0"),)]
    assert any(r.attrs.get("from") == "10.0.0.0/24" for group in found[a].rules.values() for r in group)
    assert found[a].sysctls == {"net.ipv4.ip_forward": "1", "net.ipv4.nonesuch": None}
    assert not found[b].addresses
    (shown,) = [link for link in ip("-n", a, "-d", "link") if link["ifname"] == "eth0"]
    assert (shown["master"], shown["ifalias"], shown["altnames"]) == ("br0", "first", ["uplink"])


def test_both_ends_in_two_other_namespaces_by_one_message(name: Name, kernel: LinuxKernel) -> None:
    a, b, c = name("a"), name("b"), name("c")
    make(kernel, a, b, c)
    before = kernel.counters.writes
    (verdict,) = send(kernel, a, veth(a, "x", 7, b, "y", 7, target=c))
    assert verdict.ok
    assert kernel.counters.writes == before + 1
    found = look(kernel, a, b, c, kinds=LINKS)
    assert set(found[a].links) == {"lo"}
    assert found[c].links["x"].attrs["peer"] == f"{b}/y"
    assert found[b].links["y"].attrs["peer"] == f"{c}/x"


@pytest.mark.parametrize("peers", [True, False], ids=["told who", "not told"])
def test_equal_indexes_are_not_confused(name: Name, kernel: LinuxKernel, peers: bool) -> None:
    """Three namespaces, every veth end with the same ifindex in its own: only the nsid tells which is meant."""
    hub, *leaves = names = [name(each) for each in ("hub", "a", "b", "c")]
    make(kernel, *names)
    for position, leaf in enumerate(leaves):
        assert send(kernel, leaf, veth(leaf, "up", 10, hub, f"p{position}", 10 + position))[0].ok
    assert send(kernel, leaves[0], veth(leaves[0], "side", 11, leaves[1], "side", 11))[0].ok
    found = look(kernel, *names, kinds=LINKS, peers=peers)
    for position, leaf in enumerate(leaves):
        assert found[leaf].links["up"].attrs["peer"] == f"{hub}/p{position}"
        assert found[hub].links[f"p{position}"].attrs["peer"] == f"{leaf}/up"
    assert found[leaves[0]].links["side"].attrs["peer"] == f"{leaves[1]}/side"
    alone = look(kernel, leaves[0], kinds=LINKS)[leaves[0]]
    assert alone.links["up"].attrs["peer"] == "?/#10"


def test_references_within_and_across(name: Name, kernel: LinuxKernel) -> None:
    a, b = name("a"), name("b")
    make(kernel, a, b)
    assert send(kernel, a, veth(a, "x", 10, a, "y", 11))[0].ok
    near = step(Verb.LINK_ADD, a, index=20, name="mv0", kind="macvlan", attrs={"parent": 10, "mode": "bridge"})
    away = step(Verb.LINK_ADD, a, index=22, name="mv1", kind="macvlan", attrs={"parent": 10}, args={"target": b})
    below = step(Verb.LINK_ADD, a, index=21, name="vx", kind="vxlan", attrs={"id": 7, "parent": 10})
    afar = step(Verb.LINK_ADD, a, index=23, name="vy", kind="vxlan", attrs={"id": 8, "parent": 11}, args={"target": b})
    verdicts = send(kernel, a, near, away, below, afar)
    assert all(verdict.ok for verdict in verdicts), verdicts
    for peers in (True, False):
        found = look(kernel, a, b, kinds=LINKS, peers=peers)
        assert found[a].links["x"].attrs["peer"] == f"{a}/y"
        assert found[a].links["mv0"].attrs["parent"] == "x"
        assert found[b].links["mv1"].attrs["parent"] == f"{a}/x"
        assert found[a].links["vx"].attrs["parent"] == "x"
        assert found[b].links["vy"].attrs["parent"] == f"{a}/y"
        assert "parent" not in found[a].links["x"].attrs


def test_a_refusal_in_the_middle(name: Name, kernel: LinuxKernel) -> None:
    """The rest of the send runs; what hangs on the refused step is blamed on it, what does not is done."""
    a = name("a")
    make(kernel, a)
    first = ifb(a, "i0", 10)
    bad = step(Verb.LINK_ADD, a, index=11, name="vx", kind="vxlan", attrs={"mac": "02:00:00:00:00:07", "id": 1 << 24})
    hangs = step(Verb.ADDR_ADD, a, index=11, name="vx", obj=Address("vx", "10.0.0.1/24"), needs=(bad.id,))
    sysctl = step(Verb.SYSCTL, a, name="net.ipv4.conf.vx.rp_filter", args={"value": "0"}, needs=(hangs.id,))
    fine = ifb(a, "i1", 12)
    verdicts = send(kernel, a, first, bad, hangs, fine, sysctl)
    assert [verdict.ok for verdict in verdicts] == [True, False, False, True, False]
    assert verdicts[1].errno == errno.ERANGE
    assert "16777216" in verdicts[1].extack
    assert verdicts[1].attribute == "IFLA_LINKINFO.IFLA_INFO_DATA.IFLA_VXLAN_ID"
    assert [(v.skipped, v.blame) for v in verdicts[2:5:2]] == [(True, bad.id), (True, bad.id)]
    assert set(look(kernel, a)[a].links) == {"lo", "i0", "i1"}


def test_a_thousand_steps_with_refusals(name: Name, kernel: LinuxKernel) -> None:
    a = name("a")
    make(kernel, a)
    assert send(kernel, a, ifb(a, "i0", 10))[0].ok
    steps = [
        step(Verb.ADDR_ADD, a, index=10 if n % 4 else 99, name="i0", obj=Address("i0", f"10.0.{n >> 8}.{n & 255}/32"))
        for n in range(1000)
    ]
    verdicts = send(kernel, a, *steps)
    assert [v.errno for v in verdicts] == [0 if n % 4 else errno.ENODEV for n in range(1000)]
    assert len(look(kernel, a, kinds=ADDRESSES)[a].addresses) == 750


def test_what_is_gone_needs_no_deleting(name: Name, kernel: LinuxKernel) -> None:
    a = name("a")
    make(kernel, a)
    verdicts = send(
        kernel, a,
        step(Verb.LINK_DEL, a, index=99, name="x"),
        step(Verb.ADDR_DEL, a, index=1, name="lo", obj=Address("lo", "10.0.0.1/32")),
        step(Verb.ADDR_DEL, a, index=99, name="x", obj=Address("x", "10.0.0.1/32")),
        step(Verb.ROUTE_DEL, a, obj=Route("10.9.0.0/16")),
        step(Verb.RULE_DEL, a, obj=Rule({"priority": 1000, "family": "ipv4", "table": 100})),
        step(Verb.ALTNAME_DEL, a, index=1, args={"names": ("nonesuch",)}),
    )  # fmt: skip
    assert all(verdict.ok for verdict in verdicts), verdicts


def test_many_links_are_deleted_as_a_group(name: Name, kernel: LinuxKernel) -> None:
    a = name("a")
    make(kernel, a)
    assert all(v.ok for v in send(kernel, a, *(ifb(a, f"i{n}", 100 + n) for n in range(20))))
    doomed = [step(Verb.LINK_DEL, a, index=100 + n, name=f"i{n}") for n in range(10)]
    gone_already = step(Verb.LINK_DEL, a, index=999, name="gone")
    before = kernel.counters.writes
    verdicts = send(kernel, a, *doomed, gone_already, ifb(a, "i0", 100))
    assert all(verdict.ok for verdict in verdicts), verdicts
    assert kernel.counters.writes - before == 11 + 1 + 1
    assert set(look(kernel, a)[a].links) == {"lo", *(f"i{n}" for n in range(10, 20)), "i0"}


def test_group_delete_falls_back_to_one_by_one(name: Name, kernel: LinuxKernel) -> None:
    """lo cannot be deleted: rtnl_group_dellink refuses all of the group, then each gets its own answer."""
    a = name("a")
    make(kernel, a)
    assert all(v.ok for v in send(kernel, a, *(ifb(a, f"i{n}", 100 + n) for n in range(5))))
    doomed = [step(Verb.LINK_DEL, a, index=index, name="x") for index in (100, 101, 1, 102, 103, 104)]
    assert [v.errno for v in send(kernel, a, *doomed)] == [0, 0, errno.EOPNOTSUPP, 0, 0, 0]
    assert set(look(kernel, a)[a].links) == {"lo"}


def test_a_veth_pair_deleted_by_both_its_ends(name: Name, kernel: LinuxKernel) -> None:
    a = name("a")
    make(kernel, a)
    for n in range(4):
        assert send(kernel, a, veth(a, f"x{n}", 10 + n, a, f"y{n}", 20 + n))[0].ok
    doomed = [step(Verb.LINK_DEL, a, index=index, name="x") for index in (10, 20, 11, 21, 12, 22, 13, 23)]
    assert all(verdict.ok for verdict in send(kernel, a, *doomed))
    assert set(look(kernel, a)[a].links) == {"lo"}


def test_move_and_rename(name: Name, kernel: LinuxKernel) -> None:
    a, b = name("a"), name("b")
    make(kernel, a, b)
    assert send(kernel, a, ifb(a, "i0", 10))[0].ok
    move = step(Verb.LINK_MOVE, a, index=10, name="i0", args={"target": b, "rename": "new", "new_index": 77})
    assert send(kernel, a, move)[0].ok
    found = look(kernel, a, b)
    assert set(found[a].links) == {"lo"}
    assert found[b].links["new"].index == 77


def test_steps_towards_a_namespace_that_is_not_there(name: Name, kernel: LinuxKernel) -> None:
    a = name("a")
    make(kernel, a)
    verdicts = send(kernel, a, veth(a, "x", 10, name("absent"), "y", 10), ifb(a, "i0", 11))
    assert [verdict.errno for verdict in verdicts] == [errno.ENOENT, 0]
    assert send(kernel, name("absent"), ifb(name("absent"), "i0", 11))[0].errno == errno.ENOENT
    assert send(kernel, name("absent"), step(Verb.SYSCTL, name("absent"), name="net.ipv4.ip_forward", args={"value": "1"}))[
        0
    ].errno == errno.ENOENT  # fmt: skip


def test_what_cannot_be_encoded_is_refused_by_itself(name: Name, kernel: LinuxKernel) -> None:
    a = name("a")
    make(kernel, a)
    bad = step(Verb.LINK_SET, a, index=1, name="lo", kind="lo", attrs={"nonesuch": 1})
    verdicts = send(kernel, a, bad, ifb(a, "i0", 11))
    assert [verdict.errno for verdict in verdicts] == [errno.EINVAL, 0]
    assert "nonesuch" in verdicts[0].extack


def test_names_taken_and_released(name: Name, kernel: LinuxKernel) -> None:
    a, b = name("a"), name("b")
    make(kernel, a)
    verdicts = kernel.transact(Batch("", (step(Verb.NETNS_ADD, a), step(Verb.NETNS_ADD, b))))
    assert [verdict.errno for verdict in verdicts] == [errno.EEXIST, 0]
    assert {a, b} <= set(kernel.list_netns())


def test_probe(kernel: LinuxKernel) -> None:
    before, links = kernel.counters.writes, set(look(kernel, "host")["host"].links)
    missing = kernel.probe(["veth", "bridge", "vxlan", "macvlan", "ifb", "lo", "physical"])
    assert missing == {}
    assert kernel.counters.writes == before
    assert set(look(kernel, "host")["host"].links) == links


def test_probe_of_a_kind_that_no_kernel_has(kernel: LinuxKernel, monkeypatch: pytest.MonkeyPatch) -> None:
    class Nonesuch:
        MAKER = "netlink"

    monkeypatch.setattr(probe, "kind_class", lambda kind: Nonesuch)
    assert kernel.probe(["nonesuch"]) == {"nonesuch": 'EOPNOTSUPP (Operation not supported) "Unknown device type"'}


def test_a_link_that_goes_between_its_dump_and_its_sysctls_is_gone(
    kernel: LinuxKernel, name: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen with its keys missing, it would look as if the kernel did not have such keys."""
    a = name("a")
    make(kernel, a)
    assert kernel.transact(Batch(a, (ifb(a, "f", 40),)))[0].ok
    values = procfs.read

    def late(keys: Iterable[str]) -> dict[str, str | None]:
        ip("-n", a, "link", "del", "f")
        return values(keys)

    monkeypatch.setattr(procfs, "read", late)
    wants = {a: Want(EVERYTHING, ["net.ipv6.conf.f.accept_ra", "net.ipv4.ip_forward"])}
    state = kernel.observe(wants).namespaces[a]
    assert "f" not in state.links
    assert state.sysctls == {"net.ipv6.conf.f.accept_ra": None, "net.ipv4.ip_forward": "0"}
