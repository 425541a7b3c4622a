"""The way back of every link kind, on a real kernel: links that went, links that were changed and replaced, namespaces that left.

The links are those of test_every_attribute: one for each row of a kind, so that a new kind or row comes along by itself. What a
kernel lacks or refuses is left out, as there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nsmgr import config, engine
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.model.attr import Change
from nsmgr.model.kind import kind as kind_facts
from nsmgr.model.port import PREFIX
from nsmgr.model.port import port as port_facts
from nsmgr.plan.state import DesiredState
from nsmgr.rollback import rollback
from tests.contract.test_rollback import UNTOLD, differences, everything
from tests.kernel.test_every_attribute import Trial
from tests.scope.cases import ALONE, subjects

pytestmark = pytest.mark.usefixtures("privileged")

NO_IPV4 = frozenset(("vcan", "vxcan", "gtp"))  # inetdev_valid_mtu, or IFA_LOCAL on a device without a link


class Trip:
    """One deployment of all rows of a kind, to another and back."""

    def __init__(self, kind: str, kernel: LinuxKernel, directory: Path) -> None:
        self.trial = Trial(kind, kernel, directory)
        self.kind, self.kernel, self.store, self.prefix = kind, kernel, self.trial.store, self.trial.prefix
        self.addresses = kind.removesuffix("-port") not in NO_IPV4

    def document(self, second: bool) -> DesiredState:
        self.trial.document(second)  # drops what the model refuses
        spaces: dict[str, Any] = {}
        for case in self.trial.cases:
            links = spaces.setdefault(self.trial.netns(case), {"links": {}})["links"]
            own = case.links(second)
            if self.addresses:
                serial = case.serial + 1
                address = f"172.20.{serial // 250}.{serial % 250 + 1}/32"
                own[case.link] = {**own[case.link], "addresses": [address]}
            links.update(own)
        return self.load(spaces)

    def load(self, spaces: dict[str, Any]) -> DesiredState:
        return config.loads(json.dumps({"version": 1, "name": self.prefix, "namespaces": spaces}))

    def settle(self, second: bool) -> bool:
        """Apply; what the kernel refuses leaves the trial. Whether nothing did."""
        desired = self.document(second)
        result = engine.apply(desired, self.kernel, self.store, on_error="continue")
        bad = {(f.operation.netns, f.operation.key) for f in result.failures()}
        bad |= {(o.netns, o.key.partition(" ")[0]) for o in (result.remaining.operations if result.remaining else ())}
        for case in list(self.trial.cases):
            names = {(self.trial.netns(case), name) for name in case.links(second)}
            if not bad.isdisjoint(names):
                self.trial.drop(case, "lacking")
        assert result.ok or bad
        return result.ok

    def untold(self, seen: dict[str, Any]) -> dict[str, Any]:
        """Without what nobody can tell the kernel."""
        for state in seen.values():
            for link in state["links"].values():
                rows = kind_facts(link["kind"]).rows()
                for name in [*link]:
                    row = rows.get(name)
                    if name.startswith(PREFIX):
                        controller = state["links"].get(link.get("controller"), {}).get("kind", "")
                        row = port_facts(controller).rows().get(name.removeprefix(PREFIX)) if controller else None
                    if link["kind"] == "tun" and name == "addrgenmode" and link[name] in ("eui64", "random"):
                        row = None  # the kernel's own choice, made when the link first has carrier (addrconf_dev_config)
                        del link[name]
                    elif name in UNTOLD or (row is not None and row.change is Change.READ_ONLY):
                        del link[name]
        return seen

    def back(self, before: DesiredState, other: DesiredState, what: str) -> list[str]:
        """Apply ``other``, go back, and say what differs."""
        seen = self.untold(everything(self.kernel, before, other))
        result = engine.apply(other, self.kernel, self.store, on_error="stop")
        wrong = [f"{what}: apply: {f.operation.key} {f.step.verb.name} {f.verdict}" for f in result.failures()]
        wrong += [f"{what}: apply: remaining {o}" for o in (result.remaining.operations if result.remaining else ())]
        done = rollback(self.prefix, self.kernel, self.store)
        wrong += [f"{what}: refused: {f.operation.key} {f.step.verb.name} {f.step.attrs} {f.verdict}" for f in done.failures()]
        wrong += [f"{what}: remaining: {o}" for o in (done.remaining.operations if done.remaining else ())]
        wrong += [f"{what}: lost: {words}" for words in done.lost]
        wrong += [f"{what}: {line}" for line in differences(seen, self.untold(everything(self.kernel, before, other)))]
        wrong += [f"{what}: check: {o}" for o in engine.check(before, self.kernel, self.store).operations]
        return wrong


@pytest.mark.parametrize("kind", [kind for kind in subjects() if kind != "physical"])
def test_the_way_back_of(kind: str, tmp_path: Path) -> None:
    with LinuxKernel() as kernel:
        trip = Trip(kind, kernel, tmp_path)
        try:
            while not (trip.settle(False) and trip.settle(True) and trip.settle(False)):
                assert trip.trial.cases, "the kernel takes none of it"
            before = trip.document(False)
            wrong: list[str] = []
            wrong += trip.back(before, trip.document(True), "changed")
            if kind not in ALONE:
                wrong += trip.back(before, trip.load({trip.prefix: {}}), "gone")
            wrong += trip.back(before, trip.load({f"{trip.prefix}-other": {}}), "left")
            assert wrong == [], "\n".join(wrong)
        finally:
            trip.trial.clean()
