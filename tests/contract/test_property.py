"""For random valid A and B: apply(A), apply(B) ends where a fresh apply(B) ends, and then nothing is left to do."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings

from nsmgr import engine
from nsmgr.kernel.fake import FakeKernel
from nsmgr.kernel.port import KernelPort, Want
from nsmgr.plan.foreign import foreign_route, kernel_made_address, kernel_rule
from nsmgr.plan.state import DesiredState, NetnsState
from nsmgr.store import Store
from tests.contract.test_contract import linux
from tests.effort import EXHAUSTIVE, searched
from tests.since import release
from tests.strategies import desired_states

QUICK = settings(
    deadline=None,
    derandomize=not EXHAUSTIVE,
    max_examples=searched(100),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@contextmanager
def store() -> Iterator[Store]:
    with TemporaryDirectory(prefix="nsmgrt-") as directory:
        yield Store(Path(directory) / "state")


def settle(desired: DesiredState, kernel: KernelPort, records: Store) -> engine.ApplyResult:
    result = engine.apply(desired, kernel, records)
    for failure in result.failures():
        note(f"{failure.operation} {failure.step} {failure.verdict}")
    for operation in result.remaining.operations if result.remaining else ():
        note(f"remaining: {operation}")
    return result


# How many plans one apply may take. Two, because of what a first plan cannot foresee or does not:
# a bridge told the MTU it has already goes on following its ports (dev_set_mtu() returns before br_change_mtu());
# a link elsewhere that gives up the name a new peer is to have (the rename is in another namespace's send).
ROUNDS = 1


def managed(state: NetnsState, desired: DesiredState) -> dict[str, Any]:
    """What the description speaks of, or prunes: the rest is the kernel's business and may remember the past."""
    netns = desired.namespaces[state.name]
    return {
        "links": {
            name: (link.kind, {key: link.attrs.get(key) for key in netns.links[name].attrs} if name in netns.links else {})
            for name, link in state.links.items()
        },
        "altnames": {name: sorted(state.links[name].altnames) for name, link in netns.links.items() if link.altnames is not None},
        "addresses": sorted(key for key, address in state.addresses.items() if not kernel_made_address(address)),
        "routes": {
            key: [
                (sorted((hop.via, hop.dev) for hop in route.nexthops), route.attrs["type"])
                for route in group
                if not foreign_route(route)
            ]
            for key, group in state.routes.items()
            if any(not foreign_route(route) for route in group)
        },
        "rules": {key: len(group) for key, group in state.rules.items() if not kernel_rule(group[0])},
        "sysctls": {key: value.split() if value is not None else None for key, value in state.sysctls.items()},
    }


def wants(desired: DesiredState) -> dict[str, Want]:
    return {
        name: Want(sysctls=[*netns.sysctls, *(key for link in netns.links.values() for key in link.sysctls)], ports=True)
        for name, netns in desired.namespaces.items()
    }


def assert_alike(desired: DesiredState, one: KernelPort, other: KernelPort) -> None:
    reached, ideal = one.observe(wants(desired)).namespaces, other.observe(wants(desired)).namespaces
    for name in desired.namespaces:
        assert managed(reached[name], desired) == managed(ideal[name], desired)


@given(desired_states())
@QUICK
def test_apply_is_one_round_and_then_nothing(desired: DesiredState) -> None:
    kernel = FakeKernel()
    with store() as records:
        result = settle(desired, kernel, records)
        assert result.ok
        assert len(result.executed) <= ROUNDS
        writes = kernel.counters.writes
        assert not settle(desired, kernel, records).executed
        assert kernel.counters.writes == writes


@given(desired_states(), desired_states())
@QUICK
def test_what_was_there_before_does_not_matter(before: DesiredState, after: DesiredState) -> None:
    kernel, fresh = FakeKernel(), FakeKernel()
    with store() as records, store() as others:
        assert settle(before, kernel, records).ok
        result = settle(after, kernel, records)
        assert result.ok
        assert len(result.executed) <= ROUNDS
        assert not engine.check(after, kernel, records)
        assert settle(after, fresh, others).ok
    assert kernel.list_netns() == fresh.list_netns()
    assert_alike(after, kernel, fresh)


@given(desired_states())
@QUICK
def test_destroy_leaves_nothing(desired: DesiredState) -> None:
    kernel = FakeKernel()
    with store() as records:
        assert settle(desired, kernel, records).ok
        assert engine.destroy(desired, kernel, records).still_alive == []
    assert kernel.list_netns() == []


TAG = f"nsmgrt-{secrets.token_hex(3)}-"


@given(desired_states(prefix=TAG), desired_states(prefix=TAG))
@settings(QUICK, max_examples=searched(8), phases=[Phase.explicit, Phase.generate])
def test_a_sample_of_it_on_linux(before: DesiredState, after: DesiredState) -> None:
    """The same two applies on Linux end where a fresh apply on the fake ends."""
    if release() < (6, 2):
        # Not everything converges there yet: 010-vm.md.
        pytest.skip(f"Linux {os.uname().release} refuses to rename a link that is up (EBUSY)")
    kernel, fresh = linux(), FakeKernel()
    try:
        with store() as records, store() as others:
            try:
                assert settle(before, kernel, records).ok
                result = settle(after, kernel, records)
                assert result.ok
                assert len(result.executed) <= ROUNDS
                assert not engine.check(after, kernel, records)
                assert settle(after, fresh, others).ok
                assert_alike(after, kernel, fresh)
            finally:
                assert engine.destroy(after, kernel, records).still_alive == []
    finally:
        kernel.close()
