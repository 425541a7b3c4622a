"""docs/reliability.md is made from what tests/reliability tried, and all of its tests are in it."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_is_of_the_results() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "reliability.py"))
    assert (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8") == made["page"](), "make docs"


def test_every_test_has_been_tried() -> None:
    """A test that was added, or renamed, since: `make reliability`."""
    tried = json.loads((ROOT / "tests" / "reliability" / "tried.json").read_text(encoding="utf-8"))["tried"]
    names = {name.partition("[")[0] for name in tried}
    there = {
        f"{file.name}::{name}"
        for file in (ROOT / "tests" / "reliability").glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert there == names
    assert all(counts["points"] for counts in tried.values())
