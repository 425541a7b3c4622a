"""Writes docs/reference.md from the models, where each key is said once: `make docs`. tests/test_repo.py compares."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from nsmgr.model.address import AddressModel, Lifetime, Scope
from nsmgr.model.base import Attr, Change, Resource, Where
from nsmgr.model.links import kind_class, kind_names
from nsmgr.model.links.base import Link
from nsmgr.model.namespace import FromModel, IgnoreModel, NamespaceModel
from nsmgr.model.route import NextHopModel, Protocol, RouteModel, Table
from nsmgr.model.rule import RuleModel
from nsmgr.types import AnyMac, Cidr, Duration, IfName, IpAddress, LinkRef, Mac, Port, Prefix, Size

PAGE = Path(__file__).with_name("reference.md")
HEAD = """# Reference of every key

Made from the models by `make docs`; do not edit. [configuration.md](configuration.md) explains by example.

*Changing* says what the kernel needs to change the value on a living object: **in place** is the usual case and not written;
**down** = in place, the link is set down meanwhile; **replaces** = the object is made anew; **birth** = only at creation, a
difference afterwards is not drift; **shown** = cannot be set.
"""
HOST_NOTE = "`host:` takes the same keys but `from` and `adopt`."
CHANGING = {
    Change.IN_PLACE: "",
    Change.WHEN_DOWN: "down",
    Change.REPLACE: "replaces",
    Change.CREATE_ONLY: "birth",
    Change.READ_ONLY: "shown",
}
NAMED: tuple[tuple[str, Any], ...] = (
    ("duration", Duration),
    ("duration", Lifetime),
    ("size", Size),
    ("link", IfName),
    ("link", LinkRef),
    ("MAC", Mac),
    ("MAC", AnyMac),
    ("IP address", IpAddress),
    ("prefix", Cidr),
    ("prefix", Prefix),
    ("port", Port),
    ("scope", Scope),
    ("table", Table),
    ("protocol", Protocol),
)
SECTIONS: tuple[tuple[str, type[Resource]], ...] = (
    ("Namespaces", NamespaceModel),
    ("`from:`", FromModel),
    ("`ignore:`", IgnoreModel),
    ("Addresses", AddressModel),
    ("Routes", RouteModel),
    ("`nexthops:` of a route", NextHopModel),
    ("Rules", RuleModel),
)


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for title, model in SECTIONS:
        parts.append(section(title, model, HOST_NOTE if model is NamespaceModel else ""))
    parts.append(section("Links of every kind", Link))
    common = set(Link.model_fields)
    for kind in kind_names():
        cls = kind_class(kind)
        if set(cls.model_fields) - common:
            parts.append(section(f"kind `{kind}`", cls, without=common))
        else:
            parts.append(f"## kind `{kind}`\n\n{summary(cls)} No keys of its own.\n")
    return "\n".join(parts)


def section(title: str, model: type[Resource], note: str = "", without: set[str] | None = None) -> str:
    """A heading, what the class says of itself, and a table of its fields."""
    texts = docstrings(model)
    lines = [f"## {title}", "", f"{summary(model)} {note}".rstrip(), ""]
    lines += ["| key | value | meaning | netlink | changing |", "|---|---|---|---|---|"]
    for name, field in model.model_fields.items():
        if without and name in without and field.annotation == Link.model_fields[name].annotation:
            continue
        row = next((meta for meta in field.metadata if isinstance(meta, Attr)), None)
        meaning = texts.get(name, "").replace("``", "`").replace("|", "\\|").replace("\n", " ")
        unit = f" ({row.unit})" if row and row.unit and row.unit != "ms" else ""
        cells = (f"`{field.alias or name}`", value(field) + unit, meaning, netlink(row), CHANGING[row.change] if row else "")
        lines.append("| " + " | ".join(" ".join(cell.split()) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def summary(model: type[Resource]) -> str:
    return inspect.cleandoc(model.__doc__ or "").partition("\n\n")[0].replace("``", "`").replace("\n", " ")


def netlink(row: Attr | None) -> str:
    if row is None:
        return ""
    if row.nla:
        return f"`{row.nla}`"
    return "`ifi_flags`" if row.where is Where.FLAG else ""


def docstrings(model: type[Resource]) -> dict[str, str]:
    """Field name → the string that stands below it in the source (pydantic reads it only with an option that costs time)."""
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if not (issubclass(cls, Resource) and cls is not Resource):
            continue
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
        assert isinstance(body, ast.ClassDef)
        for field, text in zip(body.body, body.body[1:], strict=False):
            match (field, text):
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                    found[name] = inspect.cleandoc(words)
    return found


def value(field: FieldInfo) -> str:
    """What may be written, in words: ``up`` or ``down``, number, text …"""
    words = list(dict.fromkeys(kinds(field.annotation)))
    if len(words) > 10:
        words = [*words[:9], "…"]
    limits = {
        name: getattr(meta, name) for meta in flat(field.metadata) for name in ("ge", "gt", "le", "lt") if hasattr(meta, name)
    }
    if words == ["number"] and {"ge"} <= set(limits) and set(limits) & {"le", "lt"}:
        high = limits["le"] if "le" in limits else limits["lt"] - 1
        return f"{limits['ge']}–{high if high < 2**31 - 1 else '2³²−1' if high == 2**32 - 1 else high}"
    return ", ".join(words)


def flat(metadata: list[Any]) -> Iterator[Any]:
    for meta in metadata:
        yield from flat(meta.metadata) if isinstance(meta, FieldInfo) else (meta,)


def kinds(annotation: Any) -> Iterator[str]:
    if word := next((word for word, known in NAMED if annotation == known), ""):
        yield word
        return
    origin = get_origin(annotation)
    if origin is Literal:
        yield from (f"`{word}`" for word in get_args(annotation))
    elif origin in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from kinds(part)
    elif hasattr(annotation, "__metadata__"):
        yield from kinds(annotation.__origin__)
    elif origin in (list, tuple):
        yield "list"
    elif origin is dict:
        yield "mapping"
    elif annotation is not type(None):
        named = {bool: "`true`, `false`", int: "number", str: "text", float: "number", Any: "any"}
        yield "mapping" if isinstance(annotation, type) and issubclass(annotation, Resource) else named.get(annotation, "text")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.name}", file=sys.stderr)
