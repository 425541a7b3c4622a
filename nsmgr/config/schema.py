"""The language described from its rows: JSON Schema (draft 2020-12) for editors, and ``explain`` for people."""

from __future__ import annotations

import ast
import inspect
import textwrap
import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, WithJsonSchema
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from nsmgr.config import nesting
from nsmgr.config.document import OWN
from nsmgr.config.report import did_you_mean
from nsmgr.model.address import AddressModel
from nsmgr.model.base import UNSET, Attr
from nsmgr.model.document import Document
from nsmgr.model.links import kind_class, kind_names
from nsmgr.model.links.base import Link
from nsmgr.model.namespace import REF, FromModel, HostModel, IgnoreModel, NamespaceModel
from nsmgr.model.ports import port_class, port_kinds
from nsmgr.model.route import NextHopModel, RouteModel
from nsmgr.model.rule import RuleModel
from nsmgr.model.thing import sections
from nsmgr.model.things import thing_class, thing_kinds
from nsmgr.model.things.base import ThingModel

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PARTS: dict[str, type[BaseModel]] = {
    "host": HostModel,
    "namespaces": NamespaceModel,
    "links": Link,
    "addresses": AddressModel,
    "routes": RouteModel,
    "nexthops": NextHopModel,
    "rules": RuleModel,
    "from": FromModel,
    "ignore": IgnoreModel,
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """One key. ``change``: what the kernel needs to change it on a living object, the text of :class:`nsmgr.model.base.Change`.

    ``default``: what a new object has unless told; "" = not said, the kernel decides. ``attribute``: netlink attribute or "".
    """

    path: str
    type: str
    unit: str
    default: str
    doc: str
    attribute: str
    change: str


# ---------------------------------------------------------------------------------------------------------- JSON Schema


def json_schema() -> dict[str, Any]:
    """JSON Schema of a whole document. A link's body is one of the kinds, told by ``kind``, or has no ``kind`` (see CONFIG)."""
    models = (HostModel, NamespaceModel, FromModel, IgnoreModel, AddressModel, RouteModel, NextHopModel, RuleModel)
    definitions: dict[str, Any] = {}
    for model in models:
        definitions[model.__name__] = _model_schema(model, definitions)
    definitions |= {f"port-{kind}": _model_schema(port_class(kind), definitions) for kind in port_kinds()}
    for name in nesting.names():
        kinds_ = thing_kinds(name)
        definitions[f"thing-{name}"] = (
            {"oneOf": [{REF: f"thing-{name}.{kind}"} for kind in kinds_]} if kinds_ else _thing_schema(name, definitions)
        )
    for model in (HostModel, NamespaceModel):
        definitions[model.__name__]["properties"] |= _section_schemas("namespace")
    patterns = definitions[IgnoreModel.__name__]["properties"]["rules"]
    for section in (*sections("namespace"), *sections("link")):
        definitions[IgnoreModel.__name__]["properties"][section] = {**patterns, "description": "By link and the attributes."}
    kinds = {kind: _model_schema(kind_class(kind), definitions) for kind in kind_names()}
    for schema in kinds.values():
        schema["properties"] |= _section_schemas("link")
    for kind, schema in kinds.items():
        schema["properties"] = {"kind": {"const": kind, "description": "What the link is."}} | {
            key: value for key, value in schema["properties"].items() if key != "kind"
        }
        if kind != "lo":
            schema["required"] = ["kind", *(key for key in schema.get("required", ()) if key != "kind")]
        definitions[f"link-{kind}"] = schema
    definitions["link-without-kind"] = _without_kind(kinds, _model_schema(Link, definitions))
    definitions["link-without-kind"]["properties"] |= _section_schemas("link")
    variants = [{"$ref": f"#/$defs/link-{kind}"} for kind in kinds if kind != "lo"]
    if "lo" in kinds:
        definitions["link-lo"]["required"] = ["kind"]
        variants.append({"$ref": "#/$defs/link-lo"})
    definitions["link"] = {"oneOf": [*variants, {"$ref": "#/$defs/link-without-kind"}, {"type": "null"}]}
    definitions["namespace"] = {"oneOf": [{"$ref": "#/$defs/NamespaceModel"}, {"type": "null"}]}
    definitions["defaults"] = _defaults(kinds, definitions["link-without-kind"])
    top = _model_schema(Document, definitions)
    whole = {"$schema": DRAFT, "title": "nsmgr configuration, version 1"} | top | {"$defs": definitions}
    resolved: dict[str, Any] = _resolved(whole)
    return resolved


def _section_schemas(level: str) -> dict[str, Any]:
    """Section → its schema, of the types of things that stand at ``level``."""
    found: dict[str, Any] = {}
    for section, name in sections(level).items():
        cls = thing_class(name)
        body: Any = {REF: f"thing-{name}"}
        if cls.FORM == "one":
            found[section] = {"oneOf": [body, {"type": "null"}]}
        elif cls.FORM == "some":
            found[section] = {"anyOf": [body, {"type": "string"}, {"type": "array", "items": body}, {"type": "null"}]}
        elif cls.FORM == "mapping":
            # The key is one of the body's fields, so what is written below it lacks that one.
            found[section] = {"type": ["object", "null"], "additionalProperties": {"type": ["object", "null", "string", "integer"]}}
        else:
            texts = [{"type": "string"}] if "short" in vars(cls) else []
            found[section] = {"type": ["array", "null"], "items": {"anyOf": [body, *texts]} if texts else body}
        found[section]["description"] = inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0]
    return found


def _thing_schema(name: str, definitions: dict[str, Any]) -> dict[str, Any]:
    cls = thing_class(name)
    schema = _model_schema(cls, definitions)
    nesting.schema(cls, schema["properties"])
    return schema


def _sections_of(model: type[BaseModel]) -> dict[str, type[ThingModel]]:
    """Section → model, of the things that may stand in a body of this model."""
    level = "link" if issubclass(model, Link) else "namespace" if issubclass(model, HostModel) else ""
    return {section: thing_class(name) for section, name in sections(level).items()} if level else {}


def _resolved(part: Any) -> Any:
    """The same with this package's references by name as JSON Schema's."""
    if isinstance(part, dict):
        return {
            "$ref" if key == REF else key: f"#/$defs/{value}" if key == REF else _resolved(value) for key, value in part.items()
        }
    return [_resolved(item) for item in part] if isinstance(part, list) else part


def _without_kind(kinds: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    """lo, the far end of a pair, or a link that exists already: common keys, and those of pairs."""
    properties = {key: value for key, value in base["properties"].items() if key != "kind"}
    for kind, schema in kinds.items():
        if kind_class(kind).PAIR:
            properties |= {key: value for key, value in schema["properties"].items() if key not in properties and key != "kind"}
    return {
        "type": "object",
        "description": "The loopback device, the far end of a pair, or a link that exists already.",
        "properties": properties,
        "additionalProperties": False,
    }


def _defaults(kinds: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    def optional(schema: dict[str, Any]) -> dict[str, Any]:
        own = OWN | sections("link").keys()
        properties = {key: value for key, value in schema["properties"].items() if key not in own}
        return {"type": ["object", "null"], "properties": properties, "additionalProperties": False}

    properties = {"link": optional(base)} | {kind: optional(schema) for kind, schema in kinds.items()}
    return {"type": ["object", "null"], "properties": properties, "additionalProperties": False}


class _Generator(GenerateJsonSchema):
    """Without titles made of field names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _model_schema(model: type[BaseModel], definitions: dict[str, Any]) -> dict[str, Any]:
    schema: JsonSchemaValue = _Generator(by_alias=True, ref_template="#/$defs/{model}").generate(
        _schema_of(model), mode="validation"
    )
    for name, nested in schema.pop("$defs", {}).items():
        definitions.setdefault(name, nested)
    schema.pop("title", None)
    schema["description"] = inspect.cleandoc(model.__doc__ or "").partition("\n\n")[0]
    docs = docstrings(model)
    for name, field in model.model_fields.items():
        entry = schema["properties"][field.alias or name]
        if doc := field.description or docs.get(name, ""):
            entry["description"] = inspect.cleandoc(doc)
        row = _row(field)
        if row is not None and row.unit and "unit" not in entry:
            entry["description"] = f"{entry.get('description', '')} [{row.unit}]".strip()
        for meta in field.metadata:
            if isinstance(meta, WithJsonSchema) and meta.json_schema:
                entry.update(meta.json_schema)
        if name == "addresses" and issubclass(model, Link):
            entry["items"] = {"oneOf": [{"type": "string"}, {"$ref": "#/$defs/AddressModel"}]}
        if name == "port_options" and issubclass(model, Link):
            entry["anyOf"] = [*({"$ref": f"#/$defs/port-{kind}"} for kind in port_kinds()), {"type": "null"}]
        if entry.get("default", ...) is None:
            del entry["default"]
    return schema


def _schema_of(model: type[BaseModel]) -> Any:
    return model.__pydantic_core_schema__


# -------------------------------------------------------------------------------------------------------------- explain


def explain(path: str) -> list[Explanation]:
    """What keys mean. ``""``: the top level; ``links``: the keys of every link; ``links.vxlan`` or ``vxlan``: a kind's;

    ``links.vxlan.id``, ``vxlan.id``, ``mtu``, ``addresses.nodad``, ``routes.nexthops.weight``: one key. A lone key that is none
    of these is looked for everywhere. An unknown path gives [] (:func:`suggest` has a hint).
    """
    steps = [step for step in path.replace("/", ".").split(".") if step]
    if len(steps) > 1 and steps[0] == "defaults":
        steps = steps[1:]  # the keys are those of links
    if not steps:
        return list(_all(Document, ""))
    if "port_options" in steps:
        return _port_options(steps)
    model: type[BaseModel] = Document
    shown: list[str] = []
    for position, step in enumerate(steps):
        last = position == len(steps) - 1
        inner = _inner(model, step, first=position == 0)
        namesake = _namesake(model)
        if inner is None and namesake is not None and _field(model, step) is None:
            model, inner = namesake, _inner(namesake, step, first=False)
        if inner is None or (last and inner is Link and step == "host"):
            field = _field(model, step) or (_field(Link, step) if position == 0 else None)
            if field is not None and last:
                owner = model if _field(model, step) else Link
                return [_explanation(owner, step, ".".join([*shown, step]))]
            return list(_everywhere(step)) if len(steps) == 1 else []
        model = inner
        shown.append(step)
    namesake = _namesake(model)
    return [*_all(model, ".".join(shown)), *(_all(namesake, ".".join(shown)) if namesake is not None else ())]


def _namesake(model: type[BaseModel]) -> type[ThingModel] | None:
    """The section that is called as a kind of link is (wireguard, macsec)."""
    kind = model.KIND if issubclass(model, Link) else ""
    return thing_class(sections("link")[kind]) if kind in sections("link") else None


def _port_options(steps: list[str]) -> list[Explanation]:
    """``port_options``: the options of every kind of port; ``.bridge``: of one; ``.bridge.cost``, ``.cost``: one option."""
    rest = steps[steps.index("port_options") + 1 :]
    kinds = [rest.pop(0)] if rest and rest[0] in port_kinds() else list(port_kinds())
    found = [key for kind in kinds for key in _all(port_class(kind), f"port_options.{kind}")]
    return [key for key in found if not rest or key.path.rpartition(".")[2:] == tuple(rest)]


def suggest(path: str) -> str:
    """``did you mean …?`` for a path that :func:`explain` does not know; may be empty."""
    known = {step for explanation in every() for step in explanation.path.split(".")} | {*kind_names()}
    steps = path.replace("/", ".").split(".")
    return did_you_mean(next((step for step in steps if step not in known), steps[-1]), known)


def every() -> Iterator[Explanation]:
    """All keys of the language: the top level, namespaces, what every link has, each kind's own, addresses, routes, rules."""
    yield from _all(Document, "")
    for name in ("namespaces", "links"):
        yield from _all(_PARTS[name], name)
    common = set(Link.model_fields)
    for kind in kind_names():
        link = kind_class(kind)
        yield from (_explanation(link, key, f"links.{kind}.{key}") for key in link.model_fields if key not in common)
    for name in ("addresses", "routes", "rules", "from", "ignore"):
        yield from _all(_PARTS[name], name)
    yield from _all(NextHopModel, "routes.nexthops")
    for kind in port_kinds():
        yield from _all(port_class(kind), f"port_options.{kind}")
    for level in ("namespace", "link"):
        for section, name in sections(level).items():
            for path, model, told in nesting.pages(section, name):
                known = told.model_fields if told is not None else {}
                yield from (
                    _explanation(model, key, f"{path}.{key}") for key in map(_key, model.model_fields.items()) if key not in known
                )


def _inner(model: type[BaseModel], step: str, *, first: bool) -> type[BaseModel] | None:
    """The model that a step leads into: a part of the document, or a kind."""
    if step in kind_names() and (first or model is Link or model is NamespaceModel or model is HostModel):
        return kind_class(step)
    if step == "link" and first:
        return Link
    if step == "from" and model in (RuleModel, RouteModel):
        return None  # a source prefix
    if first:
        found = {**_sections_of(HostModel), **_sections_of(Link)}.get(step)
        return found or _PARTS.get(step)
    field = _field(model, step)
    part = _body_in(field.annotation) if field is not None and issubclass(model, ThingModel) else None
    inner = part or _sections_of(model).get(step) or nesting.inner(model, step)
    return inner or (_PARTS.get(step) if field is not None else None)


def _body_in(annotation: Any) -> type[ThingModel] | None:
    """The other type of thing that a section's field holds: one body or a list of them."""
    if isinstance(annotation, type) and issubclass(annotation, ThingModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _body_in(part)) is not None), None)


def _everywhere(key: str) -> Iterator[Explanation]:
    return (explanation for explanation in every() if explanation.path.rpartition(".")[2] == key)


def _all(model: type[BaseModel], prefix: str) -> Iterator[Explanation]:
    for name, field in model.model_fields.items():
        key = field.alias or name
        yield _explanation(model, key, f"{prefix}.{key}" if prefix else key)
    for cls in nesting.kinds(model):
        yield Explanation(f"{prefix}.{cls.KIND}", "kind", "", "", _summary(cls), "", "")
    if model in (Link, HostModel, NamespaceModel):
        for section, cls in _sections_of(model).items():
            form = "list" if cls.FORM == "list" else "mapping"
            yield Explanation(f"{prefix}.{section}" if prefix else section, form, "", "", _summary(cls), "", "")


def _summary(cls: type[BaseModel]) -> str:
    return " ".join(inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0].split())


def _field(model: type[BaseModel], key: str) -> FieldInfo | None:
    return next((field for name, field in model.model_fields.items() if (field.alias or name) == key), None)


def _key(named: tuple[str, FieldInfo]) -> str:
    return named[1].alias or named[0]


def _row(field: FieldInfo) -> Attr | None:
    return next((meta for meta in field.metadata if isinstance(meta, Attr)), None)


def _explanation(model: type[BaseModel], key: str, path: str) -> Explanation:
    name, field = next((name, field) for name, field in model.model_fields.items() if (field.alias or name) == key)
    row = model.rows().get(key) if hasattr(model, "rows") else None
    default: Any = field.default if row is None or row.default is UNSET else row.default
    text = (
        "" if field.is_required() or default is None or default is UNSET or not isinstance(default, str | int) else _plain(default)
    )
    doc = " ".join((field.description or docstrings(model).get(name, "")).split())
    if row is None:
        return Explanation(path, type_text(field), "", text, doc, "", "")
    return Explanation(path, type_text(field), row.unit, text, doc, row.nla, row.change.value)


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def type_text(field: FieldInfo) -> str:
    """A field's type in words: ``whole number 0…16777215``, ``up | down``, ``text``."""
    for meta in field.metadata:
        if isinstance(meta, WithJsonSchema) and meta.json_schema:
            return _schema_text(meta.json_schema)
    return _annotation_text(field.annotation, field.metadata)


def _annotation_text(annotation: Any, metadata: Any = ()) -> str:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        schema = next((meta.json_schema for meta in more if isinstance(meta, WithJsonSchema)), None)
        return _schema_text(schema) if schema else _annotation_text(inner, (*metadata, *more))
    if origin in (Union, types.UnionType):
        options = [_annotation_text(option, metadata) for option in get_args(annotation) if option is not type(None)]
        return " | ".join(dict.fromkeys(options))
    if origin is Literal:
        return " | ".join(_plain(value) for value in get_args(annotation))
    if origin in (list, tuple):
        inner = next((option for option in get_args(annotation) if option is not Ellipsis), Any)
        return "list" if inner is Any else f"list of {_annotation_text(inner)}"
    if annotation is int:
        return f"whole number{_bounds(metadata)}"
    names = {bool: "true | false", str: "text", float: "number"}
    if isinstance(annotation, type) and annotation in names:
        return names[annotation]
    return "mapping" if origin is dict or (isinstance(annotation, type) and issubclass(annotation, BaseModel)) else "any"


def _bounds(metadata: Any) -> str:
    low: int | None = None
    high: int | None = None
    for meta in _flat(metadata):
        low = getattr(meta, "ge", low)
        high = getattr(meta, "le", high)
        low = meta.gt + 1 if getattr(meta, "gt", None) is not None else low
        high = meta.lt - 1 if getattr(meta, "lt", None) is not None else high
    if low is None and high is None:
        return ""
    return f" {'' if low is None else low}…{'' if high is None else high}"


def _flat(metadata: Any) -> Iterator[Any]:
    for meta in metadata:
        yield from _flat(meta.metadata) if isinstance(meta, FieldInfo) else (meta,)


def _schema_text(schema: Any) -> str:
    if "anyOf" in schema or "oneOf" in schema:
        return " | ".join(dict.fromkeys(_schema_text(option) for option in schema.get("anyOf", schema.get("oneOf"))))
    if "enum" in schema:
        return " | ".join(_plain(value) for value in schema["enum"])
    if "const" in schema:
        return _plain(schema["const"])
    kind = schema.get("type", "object")
    kind = next((option for option in kind if option != "null"), "any") if isinstance(kind, list) else kind
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true | false", "array": "list"}
    return words.get(kind, "mapping")


@cache
def docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Field name → the string below it in the class body, base classes included. Read from the source, when asked."""
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if not issubclass(cls, BaseModel) or cls is BaseModel:
            continue
        try:
            (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
        except (OSError, SyntaxError):  # installed without sources
            continue
        body = tree.body if isinstance(tree, ast.ClassDef) else []
        for entry, below in pairwise(body):
            if isinstance(entry, ast.AnnAssign) and isinstance(entry.target, ast.Name) and isinstance(below, ast.Expr):
                value = below.value
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found[entry.target.id] = value.value
    return found
