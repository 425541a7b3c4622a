"""Types of things with kinds, and bodies within bodies, for the JSON Schema and ``explain``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from nsmgr.model.namespace import REF
from nsmgr.model.things import thing_class, thing_kinds, thing_types
from nsmgr.model.things.base import ThingModel


def classes(name: str) -> list[type[ThingModel]]:
    """The model of a type, or those of its kinds."""
    return [thing_class(f"{name}.{kind}") for kind in thing_kinds(name)] or [thing_class(name)]


def kinds(model: type[BaseModel]) -> list[type[ThingModel]]:
    """The kinds of a type of things; none of other models."""
    return classes(model.TYPE) if issubclass(model, ThingModel) and not model.KIND and thing_kinds(model.TYPE) else []


def names() -> list[str]:
    """Every type, and every kind of one."""
    return [full for name in thing_types() for full in (name, *(f"{name}.{kind}" for kind in thing_kinds(name)))]


def fields(name: str) -> dict[str, tuple[str, str]]:
    """Field that holds other bodies → (their type, form), of all kinds of a type."""
    return {field: (inner, form) for cls in classes(name) for field, inner, form in cls.NESTED}


def schema(cls: type[ThingModel], properties: dict[str, Any]) -> None:
    """Say what the fields that hold other bodies hold."""
    for field, name, form in cls.NESTED:
        texts = [{"type": "string"}] if "short" in vars(thing_class(name)) else []
        body: Any = {"anyOf": [{REF: f"thing-{name}"}, *texts, {"type": "null"}]}
        about = {"description": properties[field].get("description", "")}
        if form == "list":
            properties[field] = about | {"type": ["array", "null"], "items": {REF: f"thing-{name}"}}
        elif form == "mapping":
            properties[field] = about | {"type": ["object", "null"], "additionalProperties": body}
        else:
            properties[field] = about | body


def inner(model: type[BaseModel], step: str) -> type[BaseModel] | None:
    """The model that a step leads into from a thing's: a kind of its type, or the bodies in it."""
    if not issubclass(model, ThingModel):
        return None
    if not model.KIND and step in thing_kinds(model.TYPE):
        return thing_class(f"{model.TYPE}.{step}")
    found = (
        {field: name for field, name, _ in model.NESTED} if model.KIND else {f: name for f, (name, _) in fields(model.TYPE).items()}
    )
    return thing_class(found[step]) if step in found else None


def pages(section: str, name: str) -> Iterator[tuple[str, type[ThingModel], type[ThingModel] | None]]:
    """(path, model, the one whose keys are told already) of a section: its type, the kinds, and the types of bodies within."""
    todo, seen = [(section, name)], {name}
    for path, kind in todo:
        base = thing_class(kind)
        yield path, base, None
        for cls in classes(kind):
            if cls is not base:
                yield f"{path}.{cls.KIND}", cls, base
        usual = Counter((field, other) for cls in classes(kind) for field, other, _ in cls.NESTED)
        for (field, other), _ in usual.most_common():
            if other not in seen:
                seen.add(other)
                todo.append((f"{section}.{field}", other))
