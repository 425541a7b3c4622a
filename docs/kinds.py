"""Writes docs/kinds.md: what the kernel needs to change each attribute of each kind, and where that was tried. `make docs`."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the results are a test's, and tests are not installed
from nsmgr.model.base import Attr, Change
from tests.scope.cases import PORT, UNTRIED, model, subjects
from tests.scope.matrix import kept

PAGE = Path(__file__).with_name("kinds.md")
HEAD = """# Kinds of links, and what a change of an attribute costs

Made by `make docs` from the rows of the models and from what `make matrix` found; do not edit. Each attribute was set, changed and
changed back, once at least on every kernel named: it was read back, the plan had predicted what was done, ip(8) agreed.
What the keys mean is in [reference.md](reference.md), what Linux has besides in [coverage.md](coverage.md).

- **in place**: the link stays, with its index, addresses and ports. **when down**: likewise, but the link is set down meanwhile.
- **replaces**: the link is deleted and made again, and what hangs on it is restored. **in place or replaces**: the values decide.
- **at birth**: told to a new link only; a difference afterwards is not drift. **read only**: shown, cannot be set.

Kernels: {kernels}. Where nothing passed, the last column has the reason; it is empty for what was not tried yet.
"""
_WORDS = {
    Change.IN_PLACE: "in place",
    Change.WHEN_DOWN: "when down",
    Change.REPLACE: "replaces",
    Change.CREATE_ONLY: "at birth",
    Change.READ_ONLY: "read only",
}
_TRIED = ("in place", "replaced", "at birth", "in place or replaced")


def page() -> str:
    """The whole page."""
    counts = [f"`{kernel}` ({sum(not kind.endswith(PORT) for kind in kinds)} kinds)" for kernel, kinds in _kernels()]
    parts = [HEAD.format(kernels=", ".join(counts) or "none yet")]
    parts.append(f"## What every link has\n\n{_common()}")
    parts += [f"## {_title(kind)}\n\n{_own(kind)}" for kind in subjects() if _own_rows(kind)]
    silent = [f"`{kind}`" for kind in subjects() if not _own_rows(kind)]
    parts.append(f"## Kinds without attributes of their own\n\n{', '.join(silent)}")
    return "\n".join(parts) + "\n"


def _kernels() -> list[tuple[str, Mapping[str, Mapping[str, str]]]]:
    """What is kept, the oldest kernel first."""
    return sorted(kept().items(), key=lambda entry: [int(number) for number in re.findall(r"\d+", entry[0].partition(" ")[0])])


def _own_rows(kind: str) -> dict[str, Attr]:
    """What the kind adds, or has otherwise than every link."""
    if kind.endswith(PORT):
        return dict(model(kind).rows())
    common = model("").rows()
    return {
        name: row
        for name, row in model(kind).rows().items()
        if name not in common or (row.nla, row.change) != (common[name].nla, common[name].change)
    }


def _title(kind: str) -> str:
    return f"`port_options` of a port of a {kind.removesuffix(PORT)}" if kind.endswith(PORT) else f"`{kind}`"


def _own(kind: str) -> str:
    lines = ["| attribute | change | tried on |", "|---|---|---|"]
    for name, row in _own_rows(kind).items():
        lines.append(f"| `{name}` | {_change(kind, name, row)} | {_tried(kind, name, row)} |")
    return "\n".join(lines) + "\n"


def _change(kind: str, name: str, row: Attr) -> str:
    """The row's answer; what was found says when it depends on the values."""
    found = {results[kind][name] for results in kept().values() if name in results.get(kind, {})}
    differs = "replaced" in found and row.change is not Change.REPLACE
    return "in place or replaces" if differs or "in place or replaced" in found else _WORDS[row.change]


def _tried(kind: str, name: str, row: Attr) -> str:
    if row.change is Change.READ_ONLY:
        return ""
    found = {kernel: results[kind][name] for kernel, results in _kernels() if name in results.get(kind, {})}
    fine = [kernel for kernel, what in found.items() if what in _TRIED]
    if fine:
        return ", ".join(fine)
    words = UNTRIED.get((kind, name)) or UNTRIED.get(("", name)) or "; ".join(f"{kernel}: {what}" for kernel, what in found.items())
    return words.replace("|", "\\|")


def _common() -> str:
    """One table for all kinds: who takes it, and where it was tried; exceptions by name."""
    lines = ["| attribute | change | tried on | kinds that do not take it |", "|---|---|---|---|"]
    for name, row in model("").rows().items():
        on: dict[str, int] = {}
        against = []
        for kind in subjects():
            if name in _own_rows(kind) or kind == "physical" or kind.endswith(PORT):
                continue
            found = [(kernel, results[kind][name]) for kernel, results in _kernels() if name in results.get(kind, {})]
            fine = [kernel for kernel, what in found if what in _TRIED]
            for kernel in fine:
                on[kernel] = on.get(kernel, 0) + 1
            if found and not fine and not all(what.startswith("lacking") for _, what in found):
                against.append(f"`{kind}`")
        tried = ", ".join(f"{kernel}: {count} kinds" for kernel, count in on.items())
        lines.append(f"| `{name}` | {_WORDS[row.change]} | {tried} | {', '.join(against)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.name}", file=sys.stderr)
