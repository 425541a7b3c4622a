"""Skips without privilege; how many points were tried is part of pytest's summary, and docs/reliability.md is written from it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.kernel.conftest import privileged

__all__ = ["privileged"]

RESULTS = Path(__file__).with_name("tried.json")


def tried(reports: list[pytest.TestReport]) -> dict[str, dict[str, int]]:
    """Test → points, and outcome → number of points; the parts of a sweep together."""
    found: dict[str, dict[str, int]] = {}
    for report in reports:
        properties = dict(report.user_properties)
        if "points" not in properties or report.when != "call":
            continue
        name = report.nodeid.rpartition("/")[2]
        for part in ("[0]", "[1]"):
            name = name.removesuffix(part)
        counts = found.setdefault(name, {"points": 0})
        counts["points"] += int(str(properties["points"]))
        if "operations" in properties:
            counts["operations"] = int(str(properties["operations"]))
        outcomes = properties.get("outcomes")
        for outcome, number in outcomes.items() if isinstance(outcomes, dict) else ():
            counts[outcome] = counts.get(outcome, 0) + number
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line a sweep; with NSMGR_RELIABILITY=1 and nothing failed they take the place of those kept."""
    found = tried(terminalreporter.getreports("passed"))
    for what, counts in found.items():
        terminalreporter.write_line(f"{what}: {counts['points']} points")
    if os.environ.get("NSMGR_RELIABILITY") == "1" and not terminalreporter.getreports("failed"):
        kernel = ".".join(os.uname().release.split(".")[:2])
        RESULTS.write_text(
            json.dumps({"kernel": kernel, "tried": dict(sorted(found.items()))}, indent=1, ensure_ascii=False) + "\n"
        )
