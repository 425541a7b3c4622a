"""What the cases cannot say: refusals, limits of the kernel told to the planner, order of batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from nsmgr import config, engine
from nsmgr.errors import ConflictError, NsmgrError
from nsmgr.kernel.fake import FakeKernel
from nsmgr.kernel.port import Observation, Want
from nsmgr.plan.plan import Action, Verb
from nsmgr.plan.planner import plan
from nsmgr.plan.state import ObservedState, Route
from nsmgr.render.export import export_yaml
from nsmgr.store import Store

PORTS = """
version: 1
name: lab
namespaces:
  sw:
    links:
      br0: {kind: bridge, addresses: ["2001:db8::1/64"]}
      %s: {kind: veth, peer: h1/eth0, controller: br0, addresses: [192.0.2.1/24]}
      %s: {kind: veth, peer: h2/eth0, controller: br0}
  h1: {}
  h2: {}
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state")


def test_where_only_links_that_are_down_are_renamed_they_are_set_down_and_everything_is_put_back(store: Store) -> None:
    kernel = FakeKernel()
    assert engine.apply(config.loads(PORTS % ("a", "b")), kernel, store).ok
    desired = config.loads(PORTS % ("b", "a"))
    observed = engine.observe(desired, kernel, store)
    observed.live_rename = False
    steps = [step for batch in plan(desired, observed).batches() for step in batch.steps]
    renamed = {step.index for step in steps if "rename" in step.args}
    down = [step.index for step in steps if step.attrs == {"state": "down"}]
    up = [step.index for step in steps if step.attrs == {"state": "up"}]
    assert sorted(down) == sorted(up) == sorted(renamed)
    first_rename = next(number for number, step in enumerate(steps) if "rename" in step.args)
    assert steps.index(next(step for step in steps if step.attrs == {"state": "down"})) < first_rename


def test_a_fresh_deployment_needs_one_send_a_namespace_and_no_move_or_rename() -> None:
    desired = config.load([Path(__file__).parents[2] / "configs/spine-leaf.yaml"])
    made = plan(desired, ObservedState())
    sends = [batch.netns for batch in made.batches() if not all(step.verb in (Verb.NETNS_ADD, Verb.SYSCTL) for step in batch.steps)]
    assert sorted(sends) == sorted(desired.namespaces)
    assert not [step for step in made.steps if step.verb is Verb.LINK_MOVE or "rename" in step.args]
    assert {operation.action for operation in made.operations} == {Action.CREATE}


def test_indexes_are_free_in_the_senders_namespace_too() -> None:
    text = """
version: 1
namespaces:
  under: {links: {eth0: {kind: veth, peer: far/eth0}, eth1: {kind: veth, peer: far/eth1}}}
  far: {}
  over: {links: {mv: {kind: macvlan, parent: under/eth0}, mw: {kind: macvlan, parent: under/eth1}}}
"""
    made = plan(config.loads(text), ObservedState())
    indexes = [step.index for step in made.steps if step.verb is Verb.LINK_ADD]
    assert len(indexes) == len(set(indexes)) == 4


def test_a_daemons_route_is_not_overwritten(store: Store) -> None:
    kernel = FakeKernel()
    text = "version: 1\nname: lab\nnamespaces:\n  r: {links: {f: {kind: ifb, addresses: [10.0.0.1/24]}}%s}\n"
    assert engine.apply(config.loads(text % ""), kernel, store).ok
    kernel.ip_route_add("r", "10.9.0.0/16", via="10.0.0.2", proto=12)
    assert not engine.check(config.loads(text % ""), kernel, store)
    with pytest.raises(ConflictError, match="protocol 12"):
        engine.check(config.loads(text % ", routes: [{to: 10.9.0.0/16, via: 10.0.0.3}]"), kernel, store)
    beside = config.loads(text % ", routes: [{to: 10.9.0.0/16, via: 10.0.0.3, metric: 5}]")
    assert [operation.key for operation in engine.check(beside, kernel, store).operations] == ["10.9.0.0/16 metric 5"]


def test_two_deployments_claim_one_namespace(store: Store) -> None:
    kernel = FakeKernel()
    assert engine.apply(config.loads("version: 1\nname: one\nnamespaces: {red: {}}\n"), kernel, store).ok
    with pytest.raises(ConflictError, match="belongs to deployment one, deployment two claims it too"):
        engine.apply(config.loads("version: 1\nname: two\nnamespaces: {red: {}}\n"), kernel, store)


def test_describing_anothers_namespace_is_no_claim_changing_it_is(store: Store) -> None:
    kernel = FakeKernel()
    made = config.loads("version: 1\nname: one\nnamespaces: {red: {links: {f: {kind: ifb, addresses: [10.0.0.1/24]}}}}\n")
    assert engine.apply(made, kernel, store).ok
    states = engine.observe(made, kernel, store).namespaces
    text = export_yaml(states, "two")
    assert engine.apply(config.loads(text), kernel, store).ok
    assert store.read("two") is None
    with pytest.raises(ConflictError, match="belongs to deployment one, deployment two wants to change it"):
        engine.apply(config.loads(text.replace("10.0.0.1", "10.0.0.9")), kernel, store)


def test_a_namespace_made_anew_by_somebody_else_is_theirs(store: Store) -> None:
    kernel = FakeKernel()
    desired = config.loads("version: 1\nname: one\nnamespaces: {red: {}}\n")
    assert engine.apply(desired, kernel, store).ok
    kernel.netns_del("red")
    kernel.netns_add("red")
    with pytest.raises(ConflictError, match="re-created by somebody else"):
        engine.apply(desired, kernel, store)
    destroyed = engine.destroy("one", kernel, store)
    assert destroyed.namespaces == []
    assert kernel.list_netns() == ["red"]


def test_adoption_needs_somebody_to_adopt(store: Store) -> None:
    desired = config.loads("version: 1\nname: one\nnamespaces:\n  web: {from: {pid: 4242}, links: {lo: {}}}\n")
    with pytest.raises(NsmgrError, match="pid 4242"):
        engine.apply(desired, FakeKernel(), store)


def test_interrupted_apply_says_so_and_leaves_a_record(store: Store) -> None:
    kernel = FakeKernel()
    desired = config.loads(PORTS % ("a", "b"))
    calls: list[int] = []

    def stop() -> bool:
        calls.append(1)
        return len(calls) > 1

    result = engine.apply(desired, kernel, store, stop=stop, on_error="stop")
    assert result.result == "interrupted"
    assert {operation.type for operation in result.skipped()} >= {"link", "address"}
    record = store.read("lab")
    assert record is not None
    assert set(record.namespaces) == {"sw", "h1", "h2"}
    assert all(record.namespaces.values()), "cookies are known"
    assert engine.apply(desired, kernel, store).ok


def test_a_crash_in_the_middle_leaves_a_record_that_destroy_understands(store: Store) -> None:
    class Killed(BaseException):
        pass

    kernel = FakeKernel()
    desired = config.loads(PORTS % ("a", "b"))

    def killed(step: object) -> None:
        if getattr(step, "verb", None) is Verb.LINK_ADD:
            raise Killed

    kernel.before_step = killed
    with pytest.raises(Killed):
        engine.apply(desired, kernel, store)
    kernel.before_step = lambda step: None
    assert sorted(kernel.list_netns()) == ["h1", "h2", "sw"]
    assert sorted(engine.destroy("lab", kernel, store).namespaces) == ["h1", "h2", "sw"]
    assert kernel.list_netns() == []
    assert store.read("lab") is None


def test_route_key_is_family_aware() -> None:
    assert Route("::/0", metric=1024).key == (254, "::/0", 1024, 0)


@pytest.mark.parametrize(
    "harm",
    [
        lambda kernel: kernel.ip_link_set("r", "f", mtu=1400),
        lambda kernel: kernel.ip_addr_del("r", "f", "10.0.0.1/24"),
        lambda kernel: kernel.ip_route_del("r", "10.9.0.0/16"),
        lambda kernel: kernel.ip_rule_del("r", priority=1000),
        lambda kernel: kernel.sysctl("r", "net.ipv4.ip_forward", "0"),
        lambda kernel: kernel.ip_link_del("r", "f"),
    ],
    ids=["attribute", "address", "route", "rule", "sysctl", "link"],
)
def test_what_somebody_breaks_during_the_first_apply_is_noticed_by_the_re_read(
    store: Store, harm: Callable[[FakeKernel], None]
) -> None:
    text = """
version: 1
name: lab
namespaces:
  r:
    sysctls: {net.ipv4.ip_forward: 1}
    links: {f: {kind: ifb, mtu: 1500, addresses: [10.0.0.1/24]}}
    routes: [{to: 10.9.0.0/16, via: 10.0.0.2}]
    rules: [{priority: 1000, from: 10.0.0.0/24, table: 100}]
"""
    kernel = FakeKernel()
    observe = kernel.observe
    harmed: list[bool] = []
    brief: list[bool] = []

    def late(wants: Mapping[str, Want], *, remember: bool = False) -> Observation:
        brief.append(any(want.attrs is not None for want in wants.values()))
        if not harmed and kernel.list_netns():
            harmed.append(True)
            harm(kernel)
        return observe(wants)

    kernel.observe = late  # type: ignore[method-assign]
    result = engine.apply(config.loads(text), kernel, store)
    assert harmed
    assert brief == [False, True, False, False, False], "what is to be done is planned from a whole look, not from a brief one"
    assert len(result.rounds) == 2
    assert result.ok


@pytest.mark.parametrize("match", ["name: nic1", 'mac: "02:00:00:00:00:77"', 'path: "pci/0000:00:1f.6"'])
def test_a_card_is_found_by_name_mac_or_bus_path_and_goes_home(store: Store, match: str) -> None:
    kernel = FakeKernel()
    kernel.add_physical("nic0", "02:00:00:00:00:76")
    kernel.add_physical("nic1", "02:00:00:00:00:77")
    observe = kernel.observe

    def with_paths(wants: Mapping[str, Want], *, remember: bool = False) -> Observation:
        seen = observe(wants)
        for state in seen.namespaces.values():
            for link in state.links.values():
                if link.attrs.get("mac") == "02:00:00:00:00:77":
                    link.attrs["path"] = "pci/0000:00:1f.6"
        return seen

    kernel.observe = with_paths  # type: ignore[method-assign]
    wan = f"{{kind: physical, match: {{{match}}}, addresses: [192.0.2.1/24]}}"
    text = f"version: 1\nname: lab\nnamespaces:\n  r: {{links: {{wan: {wan}}}}}\n"
    desired = config.loads(text)
    result = engine.apply(desired, kernel, store)
    assert result.ok
    assert [(o.action, o.reason) for o in result.plan.operations if o.type == "link" and o.key == "wan"] == [
        (Action.MOVE, "from host/nic1")
    ]
    assert not engine.check(desired, kernel, store)
    destroyed = engine.destroy("lab", kernel, store)
    assert destroyed.returned_nics == ["r/wan"]
    assert kernel.device("host", "nic1")
    with pytest.raises(NsmgrError, match="no device in the host namespace has name nic9"):
        engine.check(config.loads(text.replace(match, "name: nic9")), kernel, store)


def test_what_a_kernel_never_tells_is_not_compared(store: Store) -> None:
    """A kernel without CONFIG_RPS takes IFLA_NUM_RX_QUEUES and does not dump it: no link is made anew for that again and again."""
    kernel = FakeKernel()
    desired = config.loads("version: 1\nname: one\nnamespaces: {red: {links: {f: {kind: ifb, rx_queues: 2}}}}\n")
    assert engine.apply(desired, kernel, store).ok
    del kernel.world.namespaces["red"].devices["f"].attrs["rx_queues"]
    assert not engine.check(desired, kernel, store)
    kernel.world.namespaces["red"].devices["f"].attrs["rx_queues"] = 1
    assert engine.check(desired, kernel, store)
