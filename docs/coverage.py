"""Writes docs/coverage.md: every attribute the kernel's headers have, and what nsmgr does with it. `make docs`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the comparison is a test's, and tests are not installed
from tests.scope.coverage import Section, sections
from tests.scope.reasons import ELSEWHERE, MISSING, OUT
from tests.scope.uapi import version

PAGE = Path(__file__).with_name("coverage.md")
HEAD = """# What Linux can configure, and nsmgr

Made by `make docs` from the rows of the models, pyroute2's tables and the kernel's headers ({version}); do not edit.
A test fails for every attribute that is neither a key nor listed here with a reason. What the keys mean is in
[reference.md](reference.md), what the kernel needs to change them in [kinds.md](kinds.md).

{totals}
"""


def page() -> str:
    """The whole page."""
    found = sections()
    parts = [HEAD.format(version=version(), totals=_totals(found))]
    silent = [section.name for section in found if not section.wanted and not section.extra]
    parts += [f"## {section.title}\n\n{_table(section)}" for section in found if section.name not in silent]
    parts.append(f"## Kinds without attributes of their own\n\n{', '.join(f'`{name}`' for name in silent)}")
    return "\n".join(parts) + "\n"


def _totals(found: list[Section]) -> str:
    lines = ["| | attributes | keys | read only | in another way | out of scope | missing |", "|---|---|---|---|---|---|---|"]
    for section in found:
        if not section.wanted:
            continue
        rows = [name for name in section.wanted if name in section.rows]
        shown = [name for name in rows if section.read_only(name)]
        others = [[name for name in section.wanted if section.note(table, name)] for table in (ELSEWHERE, OUT, MISSING)]
        counts = [len(section.wanted), len(rows) - len(shown), len(shown), *map(len, others)]
        lines.append(f"| {section.name} | " + " | ".join(str(count or "") for count in counts) + " |")
    return "\n".join(lines)


def _table(section: Section) -> str:
    lines = ["| attribute | nsmgr |", "|---|---|"]
    for name in section.wanted:
        if name in section.rows:
            keys = ", ".join(f"`{key}`" for key in section.rows[name])
            lines.append(f"| `{name}` | {keys}{' (read only)' if section.read_only(name) else ''} |")
        elif words := section.note(ELSEWHERE, name):
            lines.append(f"| `{name}` | {words} |")
        elif words := section.note(OUT, name):
            lines.append(f"| `{name}` | out of scope: {words} |")
        else:
            lines.append(f"| `{name}` | **missing**: {section.note(MISSING, name)} |")
    if section.extra:
        lines.append(f"| header and flags | {', '.join(f'`{key}`' for key in section.extra)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.name}", file=sys.stderr)
