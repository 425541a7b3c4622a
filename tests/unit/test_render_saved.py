"""Saved plans: equal after a round trip, refused when anything is not as it was written; fingerprints."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nsmgr import config, engine
from nsmgr.errors import StateError
from nsmgr.kernel.fake import FakeKernel
from nsmgr.plan.plan import Plan
from nsmgr.plan.state import Address, DesiredState, Link, NetnsState, ObservedState, Route, Rule
from nsmgr.record import replace
from nsmgr.render.plan_json import dumps, fingerprint, is_saved_plan, loads
from nsmgr.store import Store

CONFIGS = sorted(path for path in (Path(__file__).parents[2] / "configs").glob("*.yaml") if "adopt" not in path.name)


def planned(path: Path, tmp_path: Path) -> tuple[Plan, DesiredState, ObservedState]:
    desired = config.load([path])
    observed = engine.observe(desired, FakeKernel(), Store(tmp_path))
    return engine.plan(desired, observed), desired, observed


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_round_trip(path: Path, tmp_path: Path) -> None:
    plan, desired, observed = planned(path, tmp_path)
    text = dumps(plan, desired, fingerprint(observed), lambda place: config.locate(desired, place))
    assert is_saved_plan(text)
    saved = loads(text)
    assert saved.plan == plan
    assert saved.desired == replace(desired, warnings=())
    assert saved.fingerprint == fingerprint(observed)
    assert all(saved.locate(o.origin) == config.locate(desired, o.origin) for o in plan.operations if o.origin)
    assert dumps(saved.plan, saved.desired, saved.fingerprint, saved.locate) == text


def test_it_can_be_applied(tmp_path: Path) -> None:
    kernel, store = FakeKernel(), Store(tmp_path)
    desired = config.load([CONFIGS[0]])
    saved = loads(dumps(engine.plan(desired, engine.observe(desired, kernel, store)), desired, ""))
    assert engine.apply(saved.desired, kernel, store, saved=saved.plan).ok
    assert not engine.check(desired, kernel, store)


def _add(body: dict[str, Any]) -> None:
    body["surprise"] = 1


def _add_deep(body: dict[str, Any]) -> None:
    body["plan"]["steps"][0]["surprise"] = 1


def _drop(body: dict[str, Any]) -> None:
    del body["plan"]["operations"][0]["reason"]


def _version(body: dict[str, Any]) -> None:
    body["nsmgr_plan"] = 2


def _stray(body: dict[str, Any]) -> None:
    body["plan"]["steps"][0]["op"] = 9999


def _need(body: dict[str, Any]) -> None:
    body["plan"]["steps"][0]["needs"] = [9999]


def _verb(body: dict[str, Any]) -> None:
    body["plan"]["steps"][0]["verb"] = 99


def _type(body: dict[str, Any]) -> None:
    body["plan"]["steps"][0]["index"] = "1"


def _bool(body: dict[str, Any]) -> None:
    body["plan"]["steps"][0]["index"] = True


def _unsent(body: dict[str, Any]) -> None:
    body["plan"]["batches"][0]["steps"].pop()


def _twice(body: dict[str, Any]) -> None:
    body["plan"]["batches"].append(copy.deepcopy(body["plan"]["batches"][0]))


def _object(body: dict[str, Any]) -> None:
    step = next(step for step in body["plan"]["steps"] if step["obj"])
    step["obj"] = None


def _class(body: dict[str, Any]) -> None:
    step = next(step for step in body["plan"]["steps"] if step["obj"])
    step["obj"]["$"] = "Path"


CHANGES = (_add, _add_deep, _drop, _version, _stray, _need, _verb, _type, _bool, _unsent, _twice, _object, _class)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_refused_when_altered(change: Callable[[dict[str, Any]], None], tmp_path: Path) -> None:
    plan, desired, _ = planned(CONFIGS[0], tmp_path)
    body = json.loads(dumps(plan, desired, ""))
    change(body)
    with pytest.raises(StateError, match=r"p\.json is not a usable saved plan"):
        loads(json.dumps(body), "p.json")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", "null", '{"nsmgr_plan": 1}', '{"nsmgr_plan": 1, "nsmgr_plan": 1}', "[" * 100_000]
)
def test_refused_when_it_is_something_else(text: str) -> None:
    with pytest.raises(StateError):
        loads(text)


def test_a_configuration_in_json_is_no_saved_plan() -> None:
    assert not is_saved_plan('{"version": 1, "namespaces": {}}')
    assert not is_saved_plan("version: 1\n")


# ------------------------------------------------------------------------------------------------------------ fingerprint


def state() -> ObservedState:
    route = Route("10.9.0.0/16", attrs={"type": "unicast", "proto": 78, "scope": "global"})
    connected = Route("10.0.0.0/24", attrs={"type": "unicast", "proto": 2, "scope": "link"})
    red = NetnsState(
        "red",
        11,
        {"eth0": Link("eth0", "veth", 5, {"mtu": 1500, "state": "up"}, flags=0x1003)},
        {("eth0", "10.0.0.1/24"): Address("eth0", "10.0.0.1/24", {"flags": 0x80, "valid_lifetime": "forever"})},
        {route.key: [route], connected.key: [connected]},
        {(("priority", 5),): [Rule({"priority": 5}, 78)], (("priority", 0),): [Rule({"priority": 0}, 2)]},
        {"net.ipv4.ip_forward": "1"},
    )
    return ObservedState({"red": red})


def _flags(red: NetnsState) -> None:
    red.links["eth0"].flags |= 0x10040  # RUNNING, LOWER_UP


def _tentative(red: NetnsState) -> None:
    red.addresses["eth0", "10.0.0.1/24"].attrs |= {"flags": 0, "tentative": True, "valid_lifetime": 4000}


def _link_local(red: NetnsState) -> None:
    red.addresses["eth0", "fe80::1/64"] = Address("eth0", "fe80::1/64", {"proto": 3})


def _connected(red: NetnsState) -> None:
    del red.routes[254, "10.0.0.0/24", 0, 0]


@pytest.mark.parametrize("change", [_flags, _tentative, _link_local, _connected], ids=lambda change: change.__name__)
def test_fingerprint_does_not_see_what_changes_by_itself(change: Callable[[NetnsState], None]) -> None:
    moved = state()
    change(moved.namespaces["red"])
    assert fingerprint(moved) == fingerprint(state())


def test_fingerprint_leaves_read_only_attributes_out() -> None:
    one, other = state(), state()
    for moved, value in ((one, False), (other, True)):
        moved.namespaces["red"].links["br0"] = Link("br0", "bridge", 9, {"topology_change": value})
    assert fingerprint(one) == fingerprint(other)


def _mtu(moved: ObservedState) -> None:
    moved.namespaces["red"].links["eth0"].attrs["mtu"] = 1400


def _index(moved: ObservedState) -> None:
    moved.namespaces["red"].links["eth0"].index = 6


def _cookie(moved: ObservedState) -> None:
    moved.namespaces["red"].cookie = 12


def _address(moved: ObservedState) -> None:
    moved.namespaces["red"].addresses["eth0", "10.0.0.2/24"] = Address("eth0", "10.0.0.2/24")


def _route(moved: ObservedState) -> None:
    moved.namespaces["red"].routes[254, "10.9.0.0/16", 0, 0][0].attrs["mtu"] = 1300


def _rule(moved: ObservedState) -> None:
    moved.namespaces["red"].rules.clear()


def _sysctl(moved: ObservedState) -> None:
    moved.namespaces["red"].sysctls["net.ipv4.ip_forward"] = "0"


def _namespace(moved: ObservedState) -> None:
    moved.namespaces["blue"] = NetnsState("blue")


def _stale(moved: ObservedState) -> None:
    moved.stale = frozenset(("blue",))


def _owned(moved: ObservedState) -> None:
    moved.owned.namespaces["red"] = 11


@pytest.mark.parametrize(
    "change",
    [_mtu, _index, _cookie, _address, _route, _rule, _sysctl, _namespace, _stale, _owned],
    ids=lambda change: change.__name__,
)
def test_fingerprint_sees_what_a_plan_depends_on(change: Callable[[ObservedState], None]) -> None:
    moved = state()
    change(moved)
    assert fingerprint(moved) != fingerprint(state())
