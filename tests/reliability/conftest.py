"""Skips without privilege; how many points a sweep tried is part of pytest's summary."""

from __future__ import annotations

import pytest

from tests.kernel.conftest import privileged

__all__ = ["privileged"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line a sweep."""
    counts: dict[str, int] = {}
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "points":
                what = report.nodeid.partition("[")[0].rpartition("/")[2]
                counts[what] = counts.get(what, 0) + int(str(value))
    for what, count in counts.items():
        terminalreporter.write_line(f"{what}: {count} points")
