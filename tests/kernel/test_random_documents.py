"""Any declared set is reached in one apply from any start: random documents A and B, applied A, B, A; each plan after is empty.

Documents over all kinds of link and all sections of this kernel, from tests/scope/documents.py. Each pair has a seed, which is in
what a failure says: NSMGR_SEED=that tries it alone, NSMGR_PAIRS=1000 tries so many from there.
"""

from __future__ import annotations

import os
import random
import secrets
from pathlib import Path

import pytest

from nsmgr import engine
from nsmgr.errors import NsmgrError
from nsmgr.kernel import netns
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.model.links import kind_names
from nsmgr.plan.plan import Operation, Plan, Verdict
from nsmgr.store import Store
from tests.scope.documents import drawn, text

pytestmark = pytest.mark.usefixtures("privileged")

FIRST = int(os.environ.get("NSMGR_SEED", "1"))
PAIRS = int(os.environ.get("NSMGR_PAIRS", "1" if "NSMGR_SEED" in os.environ else 10))
WORST = 5  # faults that are told in full


class Pair:
    """Two documents of one deployment, and what went wrong with them."""

    def __init__(self, seed: int, kernel: LinuxKernel, kinds: list[str], directory: Path) -> None:
        dice = random.Random(seed)
        self.seed, self.kernel = seed, kernel
        self.prefix = f"nsmgrt-{secrets.token_hex(3)}-"
        self.store = Store(directory / str(seed))
        self.documents = {letter: drawn(dice, kinds, self.prefix) for letter in "AB"}
        self.again: list[str] = []  # what took more than one round

    def run(self) -> str:
        """ "" or what is wrong."""
        try:
            found = next(filter(None, (self._reach(letter, place) for place, letter in enumerate("ABA", 1))), "")
        except NsmgrError as error:
            found = f"{type(error).__name__}: {error}"
        result = engine.destroy(self.prefix.rstrip("-"), self.kernel, self.store)
        left = [name for name in netns.entries() if name.startswith(self.prefix)]
        for name in left:
            netns.remove(name)
        return found or (f"after destroy: {left} {result.still_alive}" if left or result.still_alive else "")

    def _reach(self, letter: str, place: int) -> str:
        desired = self.documents[letter][1]
        result = engine.apply(desired, self.kernel, self.store)
        if not result.ok:
            said = [
                f"{_line(f.operation)} · {f.step.verb.name} {f.step.args} · {f.verdict.errno} {f.verdict.extack}"
                for f in result.failures()
                if not f.verdict.skipped
            ]
            return f"apply {place} ({letter}): {result.result}\n  " + "\n  ".join(said + _lines(result.remaining))
        if len(result.rounds) > 1:
            verdicts = [f"{_step(result.executed[0], v)}" for v in result.rounds[0].values() if v.errno and not v.skipped]
            said = [*verdicts, *_lines(result.executed[1])]
            took = f"apply {place} ({letter}) took {len(result.rounds)} rounds"
            self.again.append("\n  ".join([took, *said]))
        left = engine.check(desired, self.kernel, self.store)
        return "\n  ".join([f"apply {place} ({letter}): a plan afterwards", *_lines(left)]) if left else ""

    def told(self, what: str) -> str:
        documents = "\n".join(f"{letter}: {text(document)}" for letter, (document, _) in self.documents.items())
        return f"seed {self.seed}: {what}\n{documents}".replace(self.prefix, "")


def _lines(plan: Plan | None) -> list[str]:
    return [_line(operation) for operation in plan.operations] if plan else []


def _step(plan: Plan, verdict: Verdict) -> str:
    step = next(step for step in plan.steps if step.id == verdict.step)
    return f"{step.verb.name} {step.netns} {step.name} {step} · {verdict.errno} {verdict.extack}"


def _line(operation: Operation) -> str:
    changes = ", ".join(f"{change.name} {change.observed} → {change.desired}" for change in operation.changes)
    return f"{operation.action.value} {operation.netns} {operation.type} {operation.key}: {changes} {operation.reason}"


def test_any_document_after_any_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    faults: list[str] = []
    again: list[str] = []
    with LinuxKernel() as kernel:
        missing = kernel.probe(kind_names())
        kinds = [kind for kind in kind_names() if kind not in missing]
        for seed in range(FIRST, FIRST + PAIRS):
            pair = Pair(seed, kernel, kinds, tmp_path)
            if what := pair.run():
                faults.append(pair.told(what))
            again += [f"seed {seed}: {words}".replace(pair.prefix, "") for words in pair.again]
    told = "\n\n".join(faults[:WORST])
    assert not faults, f"{len(faults)} of {PAIRS} pairs; {len(again)} applies took several rounds\n{told}"
