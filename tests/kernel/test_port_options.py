"""Options of ports against a real kernel: each set, read back, changed in place, lost with the controller, and healed."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from nsmgr import config, engine
from nsmgr.kernel import glance
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.kernel.port import LINKS, Want
from nsmgr.model.base import Change, Value
from nsmgr.model.port import PREFIX, port, port_rows
from nsmgr.plan.plan import Batch, Step, Verb, Verdict
from nsmgr.plan.state import Link
from nsmgr.reading import Sight
from nsmgr.store import Store
from tests.kernel.conftest import ip
from tests.since import lacking

CONTROLLER, PORT, OTHER = 100, 101, 102  # interface indexes

# option: (A, B, what `bridge -j -d link` and `ip -j -d link` call it, what else must be so)
BRIDGE: dict[str, tuple[Value, Value, str, Mapping[str, Value]]] = {
    "priority": (5, 63, "priority", {}),
    "cost": (10, 65535, "cost", {}),
    "hairpin": (True, False, "hairpin", {}),
    "guard": (True, False, "guard", {}),
    "root_block": (True, False, "root_block", {}),
    "fast_leave": (True, False, "fastleave", {}),
    "learning": (False, True, "learning", {}),
    "flood": (False, True, "flood", {}),
    "mcast_flood": (False, True, "mcast_flood", {}),
    "bcast_flood": (False, True, "bcast_flood", {}),
    "mcast_to_unicast": (True, False, "mcast_to_unicast", {}),
    "mcast_router": ("permanent", "disabled", "multicast_router", {}),
    "mcast_max_groups": (7, 0, "", {}),
    "mcast_eht_hosts_limit": (3, 512, "", {}),
    "proxy_arp": (True, False, "proxy_arp", {}),
    "proxy_arp_wifi": (True, False, "proxy_arp_wifi", {}),
    "neigh_suppress": (True, False, "neigh_suppress", {}),
    "neigh_vlan_suppress": (True, False, "", {}),
    "vlan_tunnel": (True, False, "vlan_tunnel", {}),
    "group_fwd_mask": (8, 0x4001, "group_fwd_mask", {}),
    "isolated": (True, False, "isolated", {}),
    "locked": (True, False, "locked", {}),
    "mab": (True, False, "", {"locked": True}),
    "backup_port": ("other", None, "backup_port", {}),
    "backup_nhid": (5, 0, "", {"backup_port": OTHER}),
}
BOND: dict[str, tuple[Value, Value, str, Mapping[str, Value]]] = {
    "queue_id": (2, 1, "queue_id", {}),
    "prio": (-7, 12, "prio", {}),
    "actor_port_prio": (10, 20, "", {}),
}
BOND_MODE = {"prio": "active-backup", "actor_port_prio": "802.3ad"}


class Ports:
    """A namespace with a controller, and two links that are ports of it."""

    def __init__(self, kernel: LinuxKernel, name: str) -> None:
        self.kernel, self.name = kernel, name
        assert self.send(Verb.NETNS_ADD).errno == 0

    def send(self, verb: Verb, index: int = 0, name: str = "", kind: str = "", **fields: Any) -> Verdict:
        step = Step(id=1, op=1, verb=verb, netns=self.name, index=index, name=name, kind=kind, **fields)
        (verdict,) = self.kernel.transact(Batch("" if verb is Verb.NETNS_ADD else self.name, (step,)))
        return verdict

    def build(self, kind: str, **attrs: Value) -> None:
        if words := self.kernel.probe([kind]).get(kind):
            pytest.skip(f"kind {kind}: {words}")
        assert self.send(Verb.LINK_ADD, CONTROLLER, "ctl", kind, attrs=attrs).errno == 0
        for index, name in ((PORT, "port"), (OTHER, "other")):
            made = "dummy" if kind == "bond" else "ifb"  # whose address cannot be set
            assert self.send(Verb.LINK_ADD, index, name, made, attrs={"state": "down"}).errno == 0
            assert self.join(index, CONTROLLER).errno == 0

    def join(self, index: int, controller: int) -> Verdict:
        return self.send(Verb.LINK_SET, index, attrs={"controller": controller})

    def tell(self, kind: str, **options: Value) -> Verdict:
        return self.send(Verb.LINK_PORT, PORT, "port", kind, attrs=options)

    def read(self, name: str = "port") -> Link:
        return self.kernel.observe({self.name: Want(kinds=LINKS, ports=True)}).namespaces[self.name].links[name]

    def option(self, option: str) -> Value:
        return self.read().attrs.get(PREFIX + option)


@pytest.fixture
def ports(kernel: LinuxKernel, name: Callable[[str], str]) -> Ports:
    return Ports(kernel, name("ports"))


@pytest.mark.parametrize("option", BRIDGE)
def test_every_option_of_a_bridge_port(ports: Ports, option: str) -> None:
    first, second, word, needed = BRIDGE[option]
    _tried(ports, "bridge", option, first, second, word, needed)


@pytest.mark.parametrize("option", BOND)
def test_every_option_of_a_bond_port(ports: Ports, option: str) -> None:
    first, second, word, needed = BOND[option]
    _tried(ports, "bond", option, first, second, word, needed, mode=BOND_MODE.get(option, "balance-rr"), tx_queues=4)


def _tried(
    ports: Ports, kind: str, option: str, first: Value, second: Value, word: str, needed: Mapping[str, Value], **birth: Value
) -> None:
    """Set, read back, agreed on by iproute2, changed in place, lost by leaving and joining."""
    if words := lacking([option]):
        pytest.skip(words)
    ports.build(kind, **birth)
    if needed:
        assert ports.tell(kind, **needed).errno == 0
    fresh = ports.option(option)
    row = port_rows(kind)[PREFIX + option]
    assert row.change is Change.IN_PLACE
    if fresh is not None and option != "cost":  # of which the kernel says what the link's speed is
        assert row.equal(row.default, fresh)
    for value in (first, second, first):
        verdict = ports.tell(kind, **{option: ports.read(str(value)).index if row.ref and value else value if not row.ref else 0})
        assert (verdict.errno, verdict.extack) == (0, "")
        found = ports.read()
        assert (found.index, found.port_kind, found.attrs.get(PREFIX + option)) == (PORT, kind, value)
        if word:
            _agreed(ports, word, value, found)
    assert ports.join(PORT, 0).errno == 0
    assert ports.read().port_kind == "", "no port, no options"
    assert ports.join(PORT, CONTROLLER).errno == 0
    assert row.equal(fresh, ports.option(option)), "forgotten"


def _agreed(ports: Ports, word: str, value: Value, found: Link) -> None:
    (said,) = ip("-n", ports.name, "-d", "link", "show", "port")
    theirs = said["linkinfo"]["info_slave_data"].get(word)
    if word == "multicast_router":
        value = {"disabled": 0, "auto": 1, "permanent": 2}[str(value)]
    if word == "group_fwd_mask":
        theirs = int(theirs, 0) if isinstance(theirs, str) else theirs
    assert theirs == value, said["linkinfo"]


def test_every_option_that_can_be_set_is_tried() -> None:
    for kind, tried in (("bridge", BRIDGE), ("bond", BOND)):
        assert set(tried) == {name for name, row in port(kind).rows().items() if row.change is not Change.READ_ONLY}


def test_options_wait_until_the_link_is_a_port(ports: Ports) -> None:
    """rtnl_changelink: slave_changelink of the controller the link has; none, none to ask. At creation they are not looked at."""
    ports.build("bridge")
    assert ports.join(PORT, 0).errno == 0
    assert ports.tell("bridge", cost=10).errno == errno.EOPNOTSUPP


def test_what_the_kernel_refuses(ports: Ports) -> None:
    ports.build("bridge")
    assert ports.tell("bridge", mab=True).errno == errno.EINVAL
    assert ports.tell("bridge", group_fwd_mask=2).errno == errno.EINVAL
    assert ports.tell("bridge", backup_port=PORT).errno == errno.EINVAL
    assert ports.tell("bridge", priority=64).errno == errno.ERANGE
    assert ports.tell("bridge", cost=0).errno == errno.ERANGE


DOCUMENT = """
version: 1
namespaces:
  SPACE:
    links:
      br0: {kind: bridge}
      p1:
        kind: veth
        peer: SPACE/far1
        controller: br0
        port_options: {cost: COST, isolated: true, learning: false, group_fwd_mask: 8, backup_port: p2}
      p2: {kind: veth, peer: SPACE/far2, controller: br0, port_options: {backup_port: p1, priority: 7}}
      far1: {}
      far2: {}
"""


class Deployment:
    def __init__(self, kernel: LinuxKernel, folder: Path, space: str) -> None:
        self.kernel, self.file, self.space = kernel, folder / "net.yaml", space
        self.store = Store(folder / "state")

    def apply(self, text: str) -> Any:
        """Apply, once; a second time nothing is left to do, and a check says so too."""
        self.file.write_text(text.replace("SPACE", self.space))
        desired = config.load([self.file])
        result = engine.apply(desired, self.kernel, self.store)
        assert result.ok, (result.failures(), result.remaining)
        assert len(result.rounds) <= 1
        writes = self.kernel.counters.writes
        again = engine.apply(desired, self.kernel, self.store)
        assert not again.plan
        assert self.kernel.counters.writes == writes
        return result

    def links(self) -> Mapping[str, Link]:
        return self.kernel.observe({self.space: Want(kinds=LINKS, ports=True)}).namespaces[self.space].links


@pytest.fixture
def deployment(kernel: LinuxKernel, name: Callable[[str], str], tmp_path: Path) -> Deployment:
    return Deployment(kernel, tmp_path, name("sw"))


def test_through_the_engine(deployment: Deployment) -> None:
    deployment.apply(DOCUMENT.replace("COST", "10"))
    before = deployment.links()
    found = {name.removeprefix(PREFIX): value for name, value in before["p1"].attrs.items() if name.startswith(PREFIX)}
    assert (found["cost"], found["isolated"], found["learning"], found["group_fwd_mask"]) == (10, True, False, 8)
    assert found["backup_port"] == "p2"
    result = deployment.apply(DOCUMENT.replace("COST", "20"))
    (operation,) = result.plan.operations
    assert [(change.name, change.observed, change.desired) for change in operation.changes] == [("port_options.cost", 10, 20)]
    after = deployment.links()
    assert {name: link.index for name, link in after.items()} == {name: link.index for name, link in before.items()}
    assert after["p1"].attrs[f"{PREFIX}cost"] == 20


def test_what_somebody_changes_or_loses_is_healed(deployment: Deployment) -> None:
    text = DOCUMENT.replace("COST", "10")
    deployment.apply(text)
    wanted = {name: link.attrs for name, link in deployment.links().items()}
    for words in (
        "link set p1 type bridge_slave cost 33 learning on isolated off",
        "link set p1 nomaster",
        "link set p2 nomaster",
        "link del br0",
        "link del p1",
    ):
        ip("-n", deployment.space, *words.split())
        assert deployment.apply(text).plan
        links = deployment.links()
        for name in ("p1", "p2"):
            options = {key: value for key, value in wanted[name].items() if key in links[name].attrs and _settable(key)}
            assert {key: links[name].attrs[key] for key in options} == options, words


def _settable(key: str) -> bool:
    row = port_rows("bridge").get(key)
    return row is not None and row.change is not Change.READ_ONLY


def test_moving_to_another_bridge_takes_the_options_along(deployment: Deployment) -> None:
    text = DOCUMENT.replace("COST", "10").replace("br0: {kind: bridge}", "br0: {kind: bridge}\n      br1: {kind: bridge}")
    deployment.apply(text)
    deployment.apply(text.replace("controller: br0", "controller: br1"))
    found = deployment.links()["p1"].attrs
    assert (found["controller"], found[f"{PREFIX}cost"], found[f"{PREFIX}backup_port"]) == ("br1", 10, "p2")


BONDED = """
version: 1
namespaces:
  SPACE:
    links:
      bond0: {kind: bond, mode: MODE, tx_queues: 4}
      s1: {kind: veth, peer: SPACE/far1, controller: bond0, port_options: {queue_id: 1, prio: 9}}
      s2: {kind: veth, peer: SPACE/far2, controller: bond0, port_options: {queue_id: 2}}
"""


def test_a_bond_that_lets_go_of_its_ports_to_change_mode(deployment: Deployment) -> None:
    if words := deployment.kernel.probe(["bond"]).get("bond"):
        pytest.skip(f"kind bond: {words}")
    deployment.apply(BONDED.replace("MODE", "active-backup"))
    deployment.apply(BONDED.replace("MODE", "balance-alb"))
    found = deployment.links()
    assert (found["s1"].attrs[f"{PREFIX}queue_id"], found["s1"].attrs[f"{PREFIX}prio"]) == (1, 9)
    assert found["s2"].attrs[f"{PREFIX}queue_id"] == 2


def test_ports_of_a_bond_swap_their_queues(deployment: Deployment) -> None:
    if words := deployment.kernel.probe(["bond"]).get("bond"):
        pytest.skip(f"kind bond: {words}")
    text = BONDED.replace("MODE", "active-backup")
    deployment.apply(text)
    deployment.apply(
        text.replace("queue_id: 1", "queue_id: X").replace("queue_id: 2", "queue_id: 1").replace("queue_id: X", "queue_id: 2")
    )
    found = deployment.links()
    assert [found[name].attrs[f"{PREFIX}queue_id"] for name in ("s1", "s2")] == [2, 1]


def test_what_show_prints_can_be_loaded(deployment: Deployment, tmp_path: Path) -> None:
    from nsmgr.render.export import export_yaml

    deployment.apply(DOCUMENT.replace("COST", "10"))
    state = deployment.kernel.observe({deployment.space: Want(ports=True)}).namespaces
    (tmp_path / "shown.yaml").write_text(export_yaml(state))
    desired = config.load([tmp_path / "shown.yaml"])
    link = desired.namespaces[deployment.space].links["p1"]
    assert (link.port_kind, link.attrs[f"{PREFIX}cost"], link.attrs[f"{PREFIX}backup_port"]) == ("bridge", 10, "p2")
    assert not engine.check(desired, deployment.kernel, Store(tmp_path / "other"))


@pytest.mark.parametrize("told", ["", "port_options: {isolated: true}"])
def test_a_memo_looks_at_options_where_somebody_has_them(deployment: Deployment, told: str) -> None:
    links = f"{{br0: {{kind: bridge, state: down}}, p1: {{kind: ifb, state: down, controller: br0, {told}}}}}"
    deployment.apply(f"version: 1\nnamespaces: {{SPACE: {{links: {links}}}}}")
    sight = Sight()
    with LinuxKernel() as kernel:  # whose sockets are ones that can be compared
        engine.observe(config.load([deployment.file]), kernel, deployment.store, sight)
    assert len(sight.impressions) == 1
    assert glance.unchanged(sight.impressions, 1)
    ip("-n", deployment.space, *["link", "set", "p1", "type", "bridge_slave", "cost", "7"])
    assert glance.unchanged(sight.impressions, 1) == (not told)


def test_nobody_pays_for_options_that_nobody_has(deployment: Deployment) -> None:
    """Without ``port_options`` in the file the options of ports are not even decoded."""
    text = "version: 1\nnamespaces: {SPACE: {links: {br0: {kind: bridge}, p1: {kind: ifb, controller: br0}}}}"
    deployment.apply(text)
    seen: list[Mapping[str, Want]] = []
    observe = deployment.kernel.observe

    def noted(wants: Mapping[str, Want], **more: Any) -> Any:
        seen.append(wants)
        return observe(wants, **more)

    deployment.kernel.observe = noted  # type: ignore[method-assign]
    deployment.apply(text)
    assert seen
    assert not any(want.ports for wants in seen for want in wants.values())
