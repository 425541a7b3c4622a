"""Writes docs/reference.md from what `nsmgr explain` knows, which knows it from the models: `make docs`."""

from __future__ import annotations

import inspect
import sys
from itertools import groupby
from pathlib import Path

from nsmgr.config.schema import Explanation, every
from nsmgr.model.links import kind_class, kind_names
from nsmgr.model.ports import port_class
from nsmgr.model.thing import sections
from nsmgr.model.things import thing_kinds

THINGS = {section: name for level in ("namespace", "link") for section, name in sections(level).items() if thing_kinds(name)}
PAGE = Path(__file__).with_name("reference.md")
HEAD = """# Reference of every key

Made from the models by `make docs`; do not edit. [configuration.md](configuration.md) explains by example.

*To change* says what the kernel needs to change the value on a living object; empty is the usual case, in place.
"""
TITLES = {
    "": "The document",
    "namespaces": "Namespaces (`host:` takes the same keys but `from` and `adopt`)",
    "links": "Links of every kind",
    "routes.nexthops": "`nexthops:` of a route",
    "from": "`from:` of a namespace",
    "ignore": "`ignore:` of a namespace",
}


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    told = set()
    for group, keys in groupby(
        (key for key in every() if not key.path.startswith("host.")), lambda key: key.path.rpartition(".")[0]
    ):
        told.add(group)
        parts.append(f"## {TITLES.get(group) or _title(group)}\n\n{_about(group)}{_table(list(keys))}")
    silent = [kind for kind in kind_names() if f"links.{kind}" not in told]
    parts.append("## Kinds without keys of their own\n")
    parts += [f"- `{kind}`: {_summary(kind)}" for kind in silent]
    return "\n".join(parts) + "\n"


def _title(group: str) -> str:
    head, _, kind = group.partition(".")
    if head == "port_options":
        return f"`port_options:` of a port of a {kind}"
    if head in THINGS:
        return f"`{head}:`" + "".join(f", `{step}`" for step in kind.split(".") if step)
    return f"kind `{kind}`" if head == "links" else group.capitalize()


def _about(group: str) -> str:
    head, _, kind = group.partition(".")
    if head == "port_options":
        return f"{_first(port_class(kind))}\n\n"
    return f"{_summary(kind)}\n\n" if head == "links" and kind else ""


def _summary(kind: str) -> str:
    return _first(kind_class(kind))


def _first(model: type) -> str:
    return _words(inspect.cleandoc(model.__doc__ or "").partition("\n\n")[0])


def _table(keys: list[Explanation]) -> str:
    lines = ["| key | value | default | meaning | netlink | to change |", "|---|---|---|---|---|---|"]
    for key in keys:
        name = f"`{key.path.rpartition('.')[2]}`"
        value = f"{key.type} ({key.unit})" if key.unit else key.type
        attribute = f"`{key.attribute}`" if key.attribute else ""
        change = "" if key.change == "in place" else key.change
        cells = (name, value, key.default, key.doc, attribute, change)
        lines.append("| " + " | ".join(_words(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _words(text: str) -> str:
    """One line, Markdown's backticks instead of reST's, no bar that would end a cell."""
    return " ".join(text.replace("``", "`").replace("|", "\\|").split())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.name}", file=sys.stderr)
