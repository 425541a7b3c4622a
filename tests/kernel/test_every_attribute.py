"""Every attribute of every kind is set, changed and changed back, in a real kernel.

For each row two values, from tests/scope/cases.py, in a link of its own; all rows of a kind share a namespace and three applies
(A, B, A again). Each time: what was written is read back, the plan had said "update" or "replace" as the row and ``explain`` say,
the interface index says that the same was done, a second plan is empty, and ip(8) agrees where it knows the attribute.
What a kernel lacks is skipped with its words. NSMGR_TESTED=FILE keeps what was found (``make matrix``).
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from nsmgr import config, engine
from nsmgr.config.schema import explain
from nsmgr.errors import ConfigError, errno_text
from nsmgr.kernel import netns
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.kernel.port import LINKS, Want
from nsmgr.model.base import Change
from nsmgr.plan.plan import Plan, Verdict
from nsmgr.plan.state import DesiredState, Link
from nsmgr.store import Store
from tests.scope import witness
from tests.scope.cases import ALONE, OPTIONS, PORT, Case, cases, model, subjects
from tests.scope.matrix import Results
from tests.since import lacking

pytestmark = pytest.mark.usefixtures("privileged")


class Trial:
    """All rows of one kind, each in a link of its own, through A, B, A."""

    def __init__(self, kind: str, kernel: LinuxKernel, directory: Path) -> None:
        self.kind, self.kernel, self.store = kind, kernel, Store(directory)
        self.cls = model(kind)
        self.prefix = f"nsmgrt-{secrets.token_hex(3)}"
        self.found: dict[str, str] = {}  # row → what came of it
        self.cases: list[Case] = []
        self.asked = self.witnessed = 0
        self.observed: dict[str, dict[str, Link]] = {}
        needed = {need for case in cases(kind) for need in case.needs} | {"ifb"}
        missing = kernel.probe(sorted(needed))
        if (itself := kind.removesuffix(PORT)) in missing:
            pytest.skip(f"kind {itself}: {missing[itself]}")
        for case in cases(kind):
            lacks = [f"kind {need}: {missing[need]}" for need in sorted(case.needs) if need in missing]
            self.found[case.row_name] = case.why_not or (f"lacking: {lacks[0]}" if lacks else "")
            if not self.found[case.row_name]:
                self.cases.append(case)

    def netns(self, case: Case) -> str:
        return f"{self.prefix}-{case.serial}" if self.kind in ALONE else self.prefix

    def drop(self, case: Case, words: str) -> None:
        """Out of the trial. What one value lacks does not take back what others have shown; a fault does."""
        self.cases.remove(case)
        if words.startswith("failed") or not self.found[case.row_name]:
            self.found[case.row_name] = words

    def document(self, second: bool) -> DesiredState:
        """The rows that are still in the trial; a row that the model refuses leaves it."""
        while True:
            spaces: dict[str, Any] = {}
            for case in self.cases:
                links = spaces.setdefault(self.netns(case), {"links": {}})["links"]
                links.update(case.links(second))
            document = {"version": 1, "name": self.prefix, "namespaces": spaces}
            try:
                return config.loads(json.dumps(document))
            except ConfigError as error:
                self._blame(error)

    def _blame(self, error: ConfigError) -> None:
        blamed = False
        for case in list(self.cases):
            problems = [
                problem for problem in error.problems if problem.path[3:4] == (case.link,) and problem.path[1] == self.netns(case)
            ]
            if problems:
                own = {problem.path[-1] for problem in problems} == {case.row_name} and case.row_name not in _data_rows(self.kind)
                self.drop(case, f"{'not for this kind' if own else 'failed: configuration'}: {problems[0].message}")
                blamed = True
        assert blamed, error

    def apply(self, second: bool) -> tuple[DesiredState, Plan]:
        """Apply, judge every row by what became of its link."""
        desired = self.document(second)
        before = self.observed
        result = engine.apply(desired, self.kernel, self.store, on_error="continue")
        refused: dict[tuple[str, str], Verdict] = {}
        for failure in result.failures():
            refused.setdefault((failure.operation.netns, failure.operation.key), failure.verdict)
        left = {(op.netns, op.key): op for op in (result.remaining.operations if result.remaining else ()) if op.type == "link"}
        wants = {name: Want(kinds=LINKS, ports=True) for name in desired.namespaces}
        self.observed = {name: state.links for name, state in self.kernel.observe(wants).namespaces.items()}
        planned = {(op.netns, op.key): op for op in result.plan.operations if op.type == "link"}
        for case in list(self.cases):
            place = (self.netns(case), case.link)
            verdict = next((refused[key] for key in refused if key[0] == place[0] and key[1] in case.links(second)), None)
            if verdict is not None:
                self.drop(case, self._refusal(case, verdict, "changing" if before else "making"))
                continue
            self._judge(case, desired, before, planned.get(place), left.get(place), second)
        return desired, result.plan

    @staticmethod
    def _refusal(case: Case, verdict: Verdict, doing: str) -> str:
        words = f"{errno_text(verdict.errno)} {verdict.extack}".strip()
        if doing == "making" and (newer := lacking([case.row_name, str(case.a)])):
            return f"lacking: {words}; {newer}"
        if doing == "making" and verdict.errno == errno.EINVAL and case.row_name in OPTIONS:
            return f"lacking: {words}: this kernel has no {OPTIONS[case.row_name]}"
        if doing == "making" and verdict.errno == errno.EOPNOTSUPP:
            return f"refused: {words}"
        return f"failed: {doing}: {words}"

    def _judge(self, case: Case, desired: DesiredState, before: Any, operation: Any, left: Any, second: bool) -> None:
        space, link = self.netns(case), case.link
        want = desired.namespaces[space].links[link].attrs.get(case.attribute)
        found = self.observed[space].get(link)
        if found is None:
            return self.drop(case, "failed: the link is not there")
        have = found.attrs.get(case.attribute, case.row.absent)
        if case.row.untold and case.attribute not in found.attrs:
            return self.drop(case, "lacking: this kernel takes it and does not tell it")
        if case.row.change is not Change.CREATE_ONLY and not case.row.equal(want, have):
            words = lacking([case.row_name])
            if not words and have == case.row.absent and case.row_name in OPTIONS:
                words = f"this kernel has no {OPTIONS[case.row_name]}"
            if words and left is not None and case.attribute in {change.name for change in left.changes}:
                return self.drop(case, f"lacking: ignored; {words}")
            return self.drop(case, f"failed: wanted {want!r}, read {have!r}")
        if left is not None:
            return self.drop(case, f"failed: still different: {left.changes}")
        if not before:
            return None
        then = before[space][link]
        replaces = self.cls.replaces(case.row_name, then.attrs.get(case.attribute, case.row.absent), want)
        replaces = replaces or case.row_name in self.cls.fixed(then.attrs)
        action = "" if operation is None else operation.action.value
        expected = "" if case.row.change is Change.CREATE_ONLY else "replace" if replaces else "update"
        if action != expected:
            return self.drop(case, f"failed: the row says {expected!r}, the plan {action!r}")
        if operation is not None and case.attribute not in {change.name for change in operation.changes}:
            return self.drop(case, f"failed: the plan changes {[change.name for change in operation.changes]}")
        if (found.index != then.index) != replaces:
            return self.drop(case, f"failed: {expected} planned, index {then.index} became {found.index}")
        self._note(case, "at birth" if not expected else "replaced" if replaces else "in place")
        return None

    def _note(self, case: Case, what: str) -> None:
        """Several pairs of one row: both answers where they differ; a fault stays what it is."""
        told = self.found[case.row_name]
        if {told, what} == {"in place", "replaced"}:
            self.found[case.row_name] = "in place or replaced"
        elif not told or told.startswith("lacking"):
            self.found[case.row_name] = what

    def ask_ip(self) -> None:
        """One ip(8) for each namespace: it sees what we see."""
        for space, links in self.observed.items():
            done = subprocess.run(["ip", "-n", space, "-j", "-d", "link", "show"], capture_output=True, text=True)
            if done.returncode:
                pytest.skip(f"ip(8): {done.stderr}")
            shown = {link["ifname"]: link for link in json.loads(done.stdout)}
            for case in [case for case in self.cases if self.netns(case) == space]:
                value = links[case.link].attrs.get(case.attribute, case.row.absent)
                said = witness.says(shown[case.link], self.kind, case.row_name)
                if witness.knows(shown[case.link], common=case.row_name not in _data_rows(self.kind)):
                    self.asked += 1
                    self.witnessed += said is not witness.UNSEEN
                if not witness.agrees(said, value, case.row):
                    self.drop(case, f"failed: nsmgr reads {value!r}, ip(8) {said!r}")

    def clean(self) -> None:
        for name in netns.entries():
            if name.startswith(self.prefix):
                netns.remove(name)


def _data_rows(kind: str) -> set[str]:
    return set(model(kind).rows()) - set(model("").rows())


@pytest.fixture(scope="module")
def tested() -> Iterator[Results]:
    """What was found, kept where NSMGR_TESTED says."""
    found = Results()
    yield found
    if file := os.environ.get("NSMGR_TESTED"):
        found.write(Path(file))


@pytest.mark.parametrize("kind", subjects())
def test_every_attribute_of(kind: str, tmp_path: Path, tested: Results) -> None:
    with LinuxKernel() as kernel:
        trial = Trial(kind, kernel, tmp_path)
        try:
            for second in (False, True, False):
                desired, _ = trial.apply(second)
                trial.ask_ip()
                left = {(op.netns, op.key) for op in engine.check(desired, kernel, trial.store).operations}
                for case in [case for case in trial.cases if (trial.netns(case), case.link) in left]:
                    trial.drop(case, "failed: a second plan is not empty")
        finally:
            trial.clean()
    tested.kinds[kind] = trial.found
    tested.asked += trial.asked
    tested.witnessed += trial.witnessed
    wrong = [
        f"{kind}.{name}: {words or 'not tried'}" for name, words in trial.found.items() if words.startswith("failed") or not words
    ]
    assert not wrong, "\n".join(wrong)


def test_explain_predicts_what_was_done(tested: Results) -> None:
    """A row that says "in place" and was replaced must say so in its words."""
    unsaid: list[str] = []
    for kind, rows in tested.kinds.items():
        for name, what in rows.items():
            (told,) = _explained(kind, name)
            if what in ("replaced", "in place or replaced") and told.change != Change.REPLACE.value and "replace" not in told.doc:
                unsaid.append(f"{kind}.{name}")
            if what == "in place" and told.change == Change.REPLACE.value:
                unsaid.append(f"{kind}.{name}")
    assert unsaid == []


def _explained(kind: str, name: str) -> Sequence[Any]:
    if kind.endswith(PORT):
        return explain(f"port_options.{kind.removesuffix(PORT)}.{name}")
    return explain(f"links.{kind}.{name}") or explain(name)


def test_ip_is_a_witness_of_most_of_it(tested: Results) -> None:
    """Names that are not found in ip(8)'s JSON prove nothing: there must be few of them."""
    if not tested.asked:
        pytest.skip("nothing was tried")
    assert tested.witnessed > 0.8 * tested.asked
