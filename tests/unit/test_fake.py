"""What only the fake has: faults on demand, a hook before each step, other people's hands. The rest is in tests/contract."""

from __future__ import annotations

import ast
import errno
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from nsmgr.kernel import fake
from nsmgr.kernel.fake import FakeKernel
from nsmgr.kernel.fake_state import Refused
from nsmgr.kernel.port import LINKS, KernelPort, Want
from nsmgr.model.links import kind_class
from nsmgr.model.port import port_rows
from nsmgr.plan.plan import Batch, Step, Verb
from nsmgr.plan.removal import link_id
from nsmgr.plan.state import HOST, DesiredState, NetnsState
from nsmgr.types import cidr, prefix
from tests.effort import examples
from tests.strategies import desired_states


def link_add(position: int, name: str, *, needs: tuple[int, ...] = ()) -> Step:
    return Step(position, 0, Verb.LINK_ADD, "a", 10 + position, name, "ifb", needs=needs)


def see(kernel: FakeKernel, name: str = "a") -> NetnsState:
    return kernel.observe({name: Want()}).namespaces[name]


@pytest.fixture
def kernel() -> FakeKernel:
    kernel = FakeKernel()
    kernel.netns_add("a")
    return kernel


def test_it_is_a_kernel_port(kernel: FakeKernel) -> None:
    assert not [name for name in vars(KernelPort) if not hasattr(kernel, name)]
    kernel.close()


def test_it_needs_no_kernel() -> None:
    """No pyroute2, no sockets beyond address text: it runs anywhere."""
    allowed = {"inet_pton", "inet_ntop", "AF_INET", "AF_INET6"}
    for file in Path(fake.__file__).parent.glob("fake*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith("pyroute2"), file
                assert node.module != "socket" or {name.name for name in node.names} <= allowed, file
            elif isinstance(node, ast.Import):
                assert {name.name for name in node.names} <= {"errno"}, file


def test_a_fault_is_a_refusal(kernel: FakeKernel) -> None:
    kernel.fail(at=1, errno=errno.ENOBUFS, extack="out of luck")
    verdicts = kernel.transact(Batch("a", (link_add(0, "x"), link_add(1, "y"), link_add(2, "z"))))
    assert [(verdict.errno, verdict.extack) for verdict in verdicts] == [(0, ""), (errno.ENOBUFS, "out of luck"), (0, "")]
    assert set(see(kernel).links) == {"lo", "x", "z"}
    assert kernel.transact(Batch("a", (link_add(1, "y"),)))[0].ok  # once, not for ever


def test_a_lost_answer_is_a_deed_done(kernel: FakeKernel) -> None:
    kernel.fail(at=0, errno=0, lost=True)
    verdict = kernel.transact(Batch("a", (link_add(0, "x"),)))[0]
    assert verdict.errno == -1
    assert not verdict.ok
    assert "x" in see(kernel).links


def test_a_consequence_is_blamed_on_its_cause(kernel: FakeKernel) -> None:
    kernel.fail(at=0, errno=errno.ENOMEM)
    up = Step(1, 0, Verb.LINK_SET, "a", 10, "x", "ifb", {"state": "up"}, needs=(0,))
    verdicts = kernel.transact(Batch("a", (link_add(0, "x"), up)))
    assert verdicts[0].errno == errno.ENOMEM
    assert (verdicts[1].skipped, verdicts[1].blame) == (True, 0)


def test_a_second_writer_between_two_steps(kernel: FakeKernel) -> None:
    def meddle(step: Step) -> None:
        if step.id == 1:
            kernel.ip_link_add("a", "y", "bridge")

    kernel.before_step = meddle
    verdicts = kernel.transact(Batch("a", (link_add(0, "x"), link_add(1, "y"))))
    assert [verdict.errno for verdict in verdicts] == [0, errno.EEXIST]
    assert see(kernel).links["y"].kind == "bridge"


def test_a_kill_leaves_what_was_done(kernel: FakeKernel) -> None:
    def die(step: Step) -> None:
        if step.id == 1:
            raise KeyboardInterrupt

    kernel.before_step = die
    with pytest.raises(KeyboardInterrupt):
        kernel.transact(Batch("a", (link_add(0, "x"), link_add(1, "y"))))
    assert set(see(kernel).links) == {"lo", "x"}


def test_what_was_observed_is_a_copy(kernel: FakeKernel) -> None:
    kernel.ip_link_set("a", "lo", state="up")
    seen = see(kernel)
    seen.links["lo"].attrs["mtu"] = 1
    seen.addresses["lo", "127.0.0.1/8"].attrs.clear()
    seen.rules.clear()
    again = see(kernel)
    assert again.links["lo"].attrs["mtu"] == 65536
    assert again.addresses["lo", "127.0.0.1/8"].attrs["scope"] == "host"
    assert again.rules


def test_only_what_was_asked_for_is_read(kernel: FakeKernel) -> None:
    reads = kernel.counters.reads
    state = kernel.observe({"a": Want(LINKS, ["net.ipv4.ip_forward", "net.ipv4.nonsense"])}).namespaces["a"]
    assert (state.addresses, state.routes, state.rules) == ({}, {}, {})
    assert state.sysctls == {"net.ipv4.ip_forward": "0", "net.ipv4.nonsense": None}
    assert (kernel.counters.reads - reads, kernel.counters.writes) == (1, 0)


def test_references_into_what_was_not_read(kernel: FakeKernel) -> None:
    kernel.netns_add("b")
    kernel.ip_link_add("a", "e0", "veth", peer=("b", "e0"))
    assert see(kernel).links["e0"].attrs["peer"] == "?/#2"
    both = kernel.observe({"a": Want(), "b": Want()}).namespaces
    assert both["a"].links["e0"].attrs["peer"] == "b/e0"


def test_stale_names(kernel: FakeKernel) -> None:
    kernel.stale.add("old")
    assert kernel.list_netns() == ["a", "old"]
    assert kernel.observe({"old": Want()}).stale == {"old"}
    plain = Step(0, 0, Verb.NETNS_ADD, "old", name="old", args={"repair": False})
    assert kernel.transact(Batch("", (plain,)))[0].errno == errno.EEXIST
    repair = Step(0, 0, Verb.NETNS_ADD, "old", name="old", args={"repair": True})
    assert kernel.transact(Batch("", (repair,)))[0].ok
    assert kernel.stale == set()


def test_a_namespace_by_its_process(kernel: FakeKernel) -> None:
    kernel.sources["pid:42"] = "a"
    assert kernel.observe({"web": Want(source="pid:43")}).namespaces == {}
    assert kernel.observe({"web": Want(source="pid:42")}).namespaces["web"].name == "web"
    assert kernel.transact(Batch("web", (Step(0, 0, Verb.LINK_ADD, "web", 9, "x", "ifb"),)))[0].ok
    assert "x" in see(kernel).links


def test_a_physical_link_goes_home(kernel: FakeKernel) -> None:
    kernel.add_physical("eth7", "02:00:00:00:00:07")
    kernel.ip_link_set(HOST, "eth7", netns="a", rename="wan")
    assert see(kernel).links["wan"].kind == ""
    with pytest.raises(Refused):
        kernel.ip_link_del("a", "wan")
    kernel.netns_del("a")
    assert see(kernel, HOST).links["wan"].attrs["mac"] == "02:00:00:00:00:07"


def test_fallback_devices() -> None:
    kernel = FakeKernel(fallback_devices=True)
    kernel.netns_add("a")
    assert {"sit0", "tunl0", "ip6tnl0"} <= set(see(kernel).links)
    assert see(kernel).links["sit0"].fallback
    kernel.ip_link_del("a", "sit0")  # success, and nothing happens
    assert "sit0" in see(kernel).links
    with pytest.raises(Refused):
        kernel.ip_link_set("a", "sit0", netns=HOST)


def test_kinds_it_was_told_not_to_have() -> None:
    kernel = FakeKernel({"veth"})
    assert kernel.probe(["bridge", "veth", "lo"]).keys() == {"bridge"}
    kernel.netns_add("a")
    with pytest.raises(Refused) as refused:
        kernel.ip_link_add("a", "br0", "bridge")
    assert (refused.value.errno, refused.value.extack) == (errno.EOPNOTSUPP, "Unknown device type")


def test_rules_may_repeat_where_nobody_asks_for_exclusion(kernel: FakeKernel) -> None:
    kernel.ip_rule_add("a", priority=100, from_="10.0.0.0/8", table=100)
    kernel.ip_rule_add("a", priority=100, from_="10.0.0.0/8", table=100, exclusive=False)
    with pytest.raises(Refused):
        kernel.ip_rule_add("a", priority=100, from_="10.0.0.0/8", table=100)
    assert max(len(group) for group in see(kernel).rules.values()) == 2


def test_other_peoples_hands(kernel: FakeKernel) -> None:
    kernel.ip_link_add("a", "e0", "veth", peer=("a", "e1"))
    for name in ("e0", "e1"):
        kernel.ip_link_set("a", name, state="up")
    kernel.ip_addr_add("a", "e0", "10.0.0.1/24")
    kernel.ip_route_add("a", "default", via="10.0.0.9")
    assert see(kernel).routes[254, "0.0.0.0/0", 0, 0][0].attrs["proto"] == 3
    assert "proto" not in see(kernel).addresses["e0", "10.0.0.1/24"].attrs
    kernel.ip_route_del("a", "default")
    kernel.ip_addr_del("a", "e0", "10.0.0.1/24")
    kernel.ip_link_del("a", "e0")
    assert set(see(kernel).links) == {"lo"}
    assert kernel.counters.writes == 0  # these hands are not ours


@given(desired_states())
@settings(deadline=None, max_examples=examples(50), suppress_health_check=[HealthCheck.too_slow])
def test_drawn_deployments_are_valid(desired: DesiredState) -> None:
    """Every reference resolves, both ends of a pair agree, every attribute is a row of its kind, keys fit their objects."""
    for name, netns in desired.namespaces.items():
        assert netns.name == name
        for link in netns.links.values():
            rows = {**kind_class(link.kind).rows(), **port_rows(link.port_kind)}
            assert set(link.attrs) <= set(rows)
            for key in ("controller", "parent"):
                if isinstance(target := link.attrs.get(key), str):
                    where, other = link_id(name, target)
                    assert other in desired.namespaces[where].links
            if isinstance(peer := link.attrs.get("peer"), str):
                where, other = link_id(name, peer)
                assert desired.namespaces[where].links[other].attrs["peer"] == f"{name}/{link.name}"
            assert all(key == cidr(key) == address.address for key, address in link.addresses.items())
            assert all(address.link == link.name for address in link.addresses.values())
        assert all(prefix(route.to) == route.to for route in netns.routes.values())
        assert all(key == route.key for key, route in netns.routes.items())
        assert all(key == rule.key for key, rule in netns.rules.items())
