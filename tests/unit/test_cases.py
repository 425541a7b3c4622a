"""Walks tests/cases/: from a state to a plan, without a kernel.

``before.yaml`` is applied to an empty in-memory kernel (optional), ``hand.txt`` is what somebody did to it afterwards
(one FakeKernel method a line: ``ip_link_set red eth0 mtu=1400``), ``desired.yaml`` is planned and the text must be
``plan.txt``. Then it is applied: one round, verified, and a second apply must plan nothing and write nothing.
``pytest --update-cases`` rewrites plan.txt for review.
"""

from __future__ import annotations

import ast
import shlex
from pathlib import Path

import pytest

from nsmgr import config, engine
from nsmgr.errors import NsmgrError
from nsmgr.kernel.fake import FakeKernel
from nsmgr.render.text import plan_text
from nsmgr.store import Store

CASES = Path(__file__).parent.parent / "cases"


def _by_hand(kernel: FakeKernel, line: str) -> None:
    method, *words = shlex.split(line)
    positional = [word for word in words if "=" not in word]
    named = {key: _value(value) for key, _, value in (word.partition("=") for word in words if "=" in word)}
    getattr(kernel, method)(*positional, **named)


def _value(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir() if path.is_dir()))
def test_case(case: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    folder = CASES / case
    kernel = FakeKernel()
    store = Store(tmp_path / "state")
    if (folder / "before.yaml").exists():
        before = engine.apply(config.load([folder / "before.yaml"], name="case"), kernel, store)
        assert before.ok, [failure.verdict for failure in before.failures()]
        assert len(before.rounds) <= 1
    if (folder / "hand.txt").exists():
        for line in (folder / "hand.txt").read_text().splitlines():
            if line.strip() and not line.startswith("#"):
                _by_hand(kernel, line)
    desired = config.load([folder / "desired.yaml"], name="case")
    expected = folder / "plan.txt"
    try:
        text = plan_text(engine.check(desired, kernel, store)).rstrip() + "\n"
    except NsmgrError as error:
        text = f"{type(error).__name__}: {error}\n"
        writes = kernel.counters.writes
        with pytest.raises(type(error)):
            engine.apply(desired, kernel, store)
        assert kernel.counters.writes == writes, "a refused plan touched something"
    else:
        result = engine.apply(desired, kernel, store)
        assert result.ok, (result.failures(), result.remaining)
        assert len(result.rounds) <= 1, "needed more than the plan that was shown"
        writes = kernel.counters.writes
        again = engine.apply(desired, kernel, store)
        assert not again.plan
        assert kernel.counters.writes == writes
    if request.config.getoption("--update-cases"):
        expected.write_text(text)
    assert text == expected.read_text(), f"run with --update-cases and review the difference of {expected}"
