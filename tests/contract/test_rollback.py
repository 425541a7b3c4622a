"""apply(A), apply(B) with a fault somewhere: what is there then is A again, as far as anybody can see."""

from __future__ import annotations

import errno
from typing import Any

import pytest
from hypothesis import Phase, given, note, settings
from hypothesis import strategies as st

from nsmgr import engine, history, journal
from nsmgr.kernel.fake import FakeKernel
from nsmgr.kernel.port import KernelPort, Want
from nsmgr.model.attr import Change
from nsmgr.model.kind import kind as kind_facts
from nsmgr.model.links import kind_names
from nsmgr.model.port import port_rows
from nsmgr.model.ports import port_kinds
from nsmgr.plan.foreign import foreign_route, kernel_made_address, kernel_rule
from nsmgr.plan.plan import Step
from nsmgr.plan.state import DesiredState, NetnsState
from nsmgr.rollback import rollback
from tests.contract.test_contract import linux
from tests.contract.test_property import QUICK, TAG, store, wants
from tests.effort import searched
from tests.strategies import desired_states

# Of a link that was made anew these may differ: nobody can tell the kernel to give the same random MAC or index again.
# Nor what the kernel counts or finds out.
UNTOLD = frozenset(("broadcast",)) | {
    name for kind in kind_names() for name, row in kind_facts(kind).rows().items() if row.change is Change.READ_ONLY
}
UNTOLD |= {name for kind in port_kinds() for name, row in port_rows(kind).items() if row.change is Change.READ_ONLY}
FAULTS = (errno.EPERM, errno.EBUSY, errno.EEXIST, errno.ENODEV, errno.ENOBUFS, errno.ENOMEM, errno.EINVAL, -1)


class Died(BaseException):
    """As SIGKILL: nothing is cleaned up."""


def whole(state: NetnsState) -> dict[str, Any]:
    """All of a namespace that a plan could change."""
    return {
        "links": {
            name: {key: value for key, value in link.attrs.items() if key not in UNTOLD}
            | {"kind": link.kind, "altnames": sorted(link.altnames)}
            for name, link in state.links.items()
        },
        "addresses": {
            key: {name: address.attrs.get(name) for name in ("label", "scope", "broadcast", "metric", "proto", "nodad")}
            for key, address in state.addresses.items()
            if not kernel_made_address(address)
        },
        "routes": {
            key: sorted(repr((route.nexthops, sorted(route.attrs.items()))) for route in group if not foreign_route(route))
            for key, group in state.routes.items()
            if any(not foreign_route(route) for route in group)
        },
        "rules": {key: len(group) for key, group in state.rules.items() if not kernel_rule(group[0])},
        "sysctls": state.sysctls,
        "things": {key: dict(thing.attrs) for key, thing in state.things.items()},
    }


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """What differs between two nests of plain values, a line each."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [line for key in {**one, **other} for line in differences(one.get(key), other.get(key), f"{path}/{key}")]
    return [] if one == other else [f"{path}: {one!r} → {other!r}"]


def everything(kernel: KernelPort, one: DesiredState, other: DesiredState) -> dict[str, Any]:
    names = {**wants(one), **wants(other)}
    keys = {name: [*names[name].sysctls] for name in names}
    for desired in (one, other):
        for name, want in wants(desired).items():
            keys[name] += want.sysctls
    seen = kernel.observe({name: Want(sysctls=[*dict.fromkeys(keys[name])], peers=[*names]) for name in names}).namespaces
    return {name: whole(state) for name, state in seen.items()}


@given(desired_states(sysctls=False), desired_states(sysctls=False), st.integers(0, 60), st.sampled_from(FAULTS))
@settings(QUICK, max_examples=searched(150))
def test_a_fault_anywhere_leaves_what_was_there(before: DesiredState, after: DesiredState, at: int, number: int) -> None:
    kernel = FakeKernel()
    with store() as records:
        assert engine.apply(before, kernel, records).ok
        seen = everything(kernel, before, after)
        record = records.read("random")
        kernel.fail(kernel.steps_done + at, number, lost=number < 0)
        result = engine.apply(after, kernel, records)
        note(f"{result.result}, {len(result.executed)} rounds, lost {result.lost}")
        if result.ok:  # beyond the last step, or another round mended it
            return
        for operation in result.rollback.remaining.operations if result.rollback and result.rollback.remaining else ():
            note(f"remaining: {operation}")
        assert result.result == "rolled_back" or result.lost
        if not result.lost:
            assert differences(seen, everything(kernel, before, after)) == []
            assert records.read("random") == record or records.read("random") is not None
        assert journal.read(records, "random") is None
        assert not engine.check(before, kernel, records)


@given(desired_states(sysctls=False), desired_states(sysctls=False))
@settings(QUICK, max_examples=searched(80))
def test_rollback_after_an_apply_that_succeeded(before: DesiredState, after: DesiredState) -> None:
    kernel = FakeKernel()
    with store() as records:
        assert engine.apply(before, kernel, records).ok
        seen = everything(kernel, before, after)
        result = engine.apply(after, kernel, records)
        assert result.ok
        if not result.plan:
            return
        back = rollback("random", kernel, records)
        for operation in back.remaining.operations if back.remaining else ():
            note(f"remaining: {operation}")
        assert back.ok
        if not back.lost:
            assert differences(seen, everything(kernel, before, after)) == []


@given(
    desired_states(sysctls=False),
    desired_states(sysctls=False),
    st.integers(0, 60),
    st.sampled_from(("rollback", "apply", "destroy")),
)
@settings(QUICK, max_examples=searched(150))
def test_dying_anywhere(before: DesiredState, after: DesiredState, at: int, then: str) -> None:
    """As kill -9 before a step: then rollback, apply or destroy, each in one run."""
    kernel = FakeKernel()
    with store() as records:
        assert engine.apply(before, kernel, records).ok
        seen = everything(kernel, before, after)
        last = kernel.steps_done + at

        def die(_: Step) -> None:
            if kernel.steps_done == last:
                raise Died

        kernel.before_step = die
        try:
            engine.apply(after, kernel, records)
            return
        except Died:
            pass
        finally:
            kernel.before_step = lambda step: None
        match then:
            case "rollback":
                back = rollback("random", kernel, records)
                for operation in back.remaining.operations if back.remaining else ():
                    note(f"remaining: {operation}")
                assert back.ok
                if not back.lost:
                    assert differences(seen, everything(kernel, before, after)) == []
            case "apply":
                assert engine.apply(after, kernel, records).ok
                assert not engine.check(after, kernel, records)
                back = rollback("random", kernel, records)  # beyond the apply that died
                assert back.ok
                if not back.lost:
                    assert differences(seen, everything(kernel, before, after)) == []
            case _:
                engine.destroy(after, kernel, records)
                assert kernel.list_netns() == []
                assert not records.path.exists() or [*records.path.iterdir()] == []


@given(desired_states(prefix=TAG, sysctls=False), desired_states(prefix=TAG, sysctls=False))
@settings(QUICK, max_examples=searched(8), phases=[Phase.explicit, Phase.generate])
def test_a_sample_of_it_on_linux(before: DesiredState, after: DesiredState) -> None:
    kernel = linux()
    try:
        with store() as records:
            try:
                assert engine.apply(before, kernel, records).ok
                seen = everything(kernel, before, after)
                result = engine.apply(after, kernel, records)
                assert result.ok
                if result.plan:
                    back = rollback("random", kernel, records)
                    for operation in back.remaining.operations if back.remaining else ():
                        note(f"remaining: {operation}")
                    for failure in back.failures():
                        note(f"refused: {failure.operation.key} {failure.step.verb.name} {failure.step.attrs} {failure.verdict}")
                    assert back.ok
                    if not back.lost:
                        assert differences(seen, everything(kernel, before, after)) == []
            finally:
                assert engine.destroy(after, kernel, records).still_alive == []
    finally:
        kernel.close()


def test_generations_are_kept_and_bounded() -> None:
    from nsmgr.config import loads

    kernel = FakeKernel()
    with store() as records:
        for number in range(history.KEPT + 3):
            text = f"version: 1\nname: lab\nnamespaces: {{red: {{links: {{f: {{kind: ifb, mtu: {1300 + number}}}}}}}}}"
            assert engine.apply(loads(text), kernel, records).ok
        kept = history.generations(records, "lab")
        assert [generation.number for generation in kept] == [*range(4, history.KEPT + 4)]
        assert rollback("lab", kernel, records, to=5).ok
        assert kernel.observe({"red": Want()}).namespaces["red"].links["f"].attrs["mtu"] == 1304
        with pytest.raises(engine_error(), match="generation 2 of lab is not kept"):
            rollback("lab", kernel, records, to=2)


def engine_error() -> type[Exception]:
    from nsmgr.errors import NsmgrError

    return NsmgrError
