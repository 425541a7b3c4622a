"""pydantic's complaints in the words of this language: short, without jargon, with a hint; and strict scalar types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, PlainValidator, ValidationError, WrapValidator

from nsmgr.config.phrases import EXPECTED, expected, show, value_message
from nsmgr.config.report import Path, Report, did_you_mean
from nsmgr.model.links import kind_class
from nsmgr.model.links.base import Link
from nsmgr.model.namespace import HostModel
from nsmgr.model.thing import sections

_QUOTED = re.compile(r"'([^']*)'|(-?\d+)")
_BOUNDS = {
    "greater_than_equal": "{0} is too small: at least {ge}",
    "greater_than": "{0} is too small: more than {gt}",
    "less_than_equal": "{0} is too large: at most {le}",
    "less_than": "{0} is too large: less than {lt}",
    "multiple_of": "{0} is not a multiple of {multiple_of}",
    "string_too_long": "{0} is too long: at most {max_length} characters",
    "string_too_short": "{0} is too short: at least {min_length} characters",
    "too_long": "too many entries: at most {max_length}",
    "too_short": "too few entries: at least {min_length}",
}


def validate(model: type[BaseModel], data: Any, path: Path, report: Report, *, hint: str = "") -> Any:
    """The model's instance, or None when there was an error; all errors go into the report. ``hint``: for unknown keys."""
    wrong = wrong_scalars(model, data) if isinstance(data, dict) else []
    for key in wrong:
        message, advice = expected(scalar_types(model)[key].__name__, data[key])
        report.error((*path, key), message, advice)
    try:
        result = model.__pydantic_validator__.validate_python(data)
    except ValidationError as error:
        translate(error, model, data, path, report, skip=frozenset(wrong), hint=hint)
        return None
    return None if wrong else result


def validate_link(kind: str, body: dict[Any, Any], path: Path, report: Report) -> Any:
    """As :func:`validate`, of a link's body; ``kind`` "" = a link that exists already."""
    hint = f"`nsmgr explain {kind}` lists the keys" if kind else "a link without a kind has the common keys only"
    model = kind_class(kind)
    wrong = wrong_scalars(model, body)
    result = None
    try:
        result = model.__pydantic_validator__.validate_python(body)
    except ValidationError as error:
        translate(error, model, body, path, report, skip=frozenset(wrong), hint=hint)
    for key in wrong:
        report.error((*path, key), *expected(scalar_types(model)[key].__name__, body[key]))
    return None if wrong else result


def wrong_scalars(model: type[BaseModel], data: Mapping[Any, Any]) -> list[str]:
    """Keys whose field is a bool or an int and whose value is of another type; pydantic would convert "no", 1.0 and "12"."""
    types = scalar_types(model)
    return [key for key, value in data.items() if value is not None and key in types and type(value) is not types[key]]


@cache
def scalar_types(model: type[BaseModel]) -> Mapping[str, type]:
    """Key → bool or int, of the fields that are exactly that (or null) and have no validator before them."""
    found: dict[str, type] = {}
    for name, field in model.model_fields.items():
        if any(isinstance(meta, BeforeValidator | PlainValidator | WrapValidator) for meta in field.metadata):
            continue
        options = [option for option in (get_args(field.annotation) or (field.annotation,)) if option is not type(None)]
        if get_origin(field.annotation) is Annotated or len(options) != 1:
            continue
        (option,) = options
        if get_origin(option) is Annotated:
            option, *metadata = get_args(option)
            if any(isinstance(meta, BeforeValidator | PlainValidator | WrapValidator) for meta in metadata):
                continue
        if option in (bool, int):
            found[field.alias or name] = option
    return found


def translate(
    error: ValidationError,
    model: type[BaseModel],
    data: Any,
    path: Path,
    report: Report,
    *,
    skip: frozenset[str] = frozenset(),
    ignore_missing: bool = False,
    hint: str = "",
) -> list[Path]:
    """Report each error once per place; returns the places. ``skip``: top-level keys already reported."""
    groups: dict[Path, list[Any]] = {}
    for entry in error.errors(include_url=False):
        loc = _real(entry["loc"], data, entry["type"])
        if loc and loc[0] in skip:
            continue
        if entry["type"] == "missing" and ignore_missing:
            continue
        groups.setdefault(loc, []).append(entry)
    for loc, entries in groups.items():
        kind = entries[0]["type"]
        if kind == "extra_forbidden":
            owner = _owner(model, loc[:-1])
            keys = known_keys(owner)
            listed = hint or (f"known keys: {', '.join(keys)}" if len(keys) <= 14 else "")
            report.error((*path, *loc), f"unknown key `{loc[-1]}`", did_you_mean(loc[-1], keys, listed), "unknown_key", at="key")
        elif kind == "missing":
            report.error((*path, *loc[:-1]), f"`{loc[-1]}` is missing", f"add `{loc[-1]}: …`", "missing", at="key")
        elif kind == "invalid_key":
            report.error((*path, *loc), f"key `{loc[-1]}` is not text", f"quote it: `'{loc[-1]}'`", at="key")
        else:
            message, advice = _union(entries)
            report.error((*path, *loc), message, advice)
    return [(*path, *loc) for loc in groups]


def usable_defaults(kind: str, body: dict[Any, Any], path: Path, report: Report, own: frozenset[str]) -> dict[str, Any]:
    """The defaults of a kind that are valid by themselves, the faults of all others reported. ``own``: keys that can have none."""
    model = kind_class(kind)
    bad: set[Any] = set(wrong_scalars(model, body))
    for key in bad:
        message, advice = expected(scalar_types(model)[key].__name__, body[key])
        report.error((*path, key), message, advice)
    for key in body:
        if key in own:
            report.error((*path, key), f"`{key}` cannot have a default: it belongs to one link", "write it at the link", at="key")
            bad.add(key)
    usable = {key: value for key, value in body.items() if key not in bad}
    try:
        model.__pydantic_validator__.validate_python(usable)
    except ValidationError as error:
        advice = f"`nsmgr explain {kind}` lists the keys" if kind else ""
        places = translate(error, model, usable, path, report, ignore_missing=True, hint=advice)
        faulty = {place[len(path)] for place in places if len(place) > len(path)}
        usable = {key: value for key, value in usable.items() if key not in faulty}
    return usable


def known_keys(model: type[BaseModel] | None) -> list[str]:
    """The keys a mapping may have, sections of things among them."""
    if model is None:
        return []
    level = "link" if issubclass(model, Link) else "namespace" if issubclass(model, HostModel) else ""
    return [field.alias or name for name, field in model.model_fields.items()] + ([*sections(level)] if level else [])


def _real(loc: tuple[int | str, ...], data: Any, kind: str) -> Path:
    """The part of pydantic's location that is in the document: it also names the branches of unions."""
    path: list[int | str] = []
    step: Any
    for step in loc:
        if (isinstance(data, dict) and step in data) or (isinstance(data, list) and isinstance(step, int) and step < len(data)):
            data = data[step]
        elif kind == "missing" and step == loc[-1]:
            path.append(step)
            break
        else:
            break
        path.append(step)
    if kind == "invalid_key" and len(path) < len(loc):
        path.append(loc[len(path)])
    return tuple(path)


def _owner(model: type[BaseModel] | None, loc: Path) -> type[BaseModel] | None:
    """The model of the mapping at a location."""
    for step in loc:
        if isinstance(step, int) or model is None:
            continue
        field = next((f for name, f in model.model_fields.items() if (f.alias or name) == step), None)
        model = next(iter(_models(field.annotation)), None) if field else None
    return model


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for option in get_args(annotation) for model in _models(option)]


def _union(entries: list[Any]) -> tuple[str, str]:
    """One message for the errors of all branches of a union: the branch that fits the value's type best speaks."""
    said = [phrase(entry) for entry in entries]
    if len(said) == 1:
        return said[0]
    deeper = [
        text
        for text, entry in zip(said, entries, strict=True)
        if not entry["type"].endswith(("_type", "_parsing", "literal_error"))
    ]
    if deeper:
        return deeper[0]
    wanted: list[str] = []
    for entry in entries:
        if entry["type"] == "literal_error":
            wanted += [f"`{word}`" for word in _choices(entry)]
        else:
            wanted.append(EXPECTED.get(entry["type"].partition("_")[0], "something else"))
    *others, last = dict.fromkeys(wanted)
    return f"expected {', '.join(others)}{' or ' if others else ''}{last}, not {show(entries[0]['input'])}", ""


def phrase(entry: Mapping[str, Any]) -> tuple[str, str]:
    """(message, hint) of one pydantic error."""
    kind, value, context = entry["type"], entry["input"], entry.get("ctx", {})
    if kind in _BOUNDS:
        return _BOUNDS[kind].format(show(value), **context), ""
    if kind == "literal_error":
        choices = _choices(entry)
        meant = ("on" if value else "off") if isinstance(value, bool) else value
        advice = f"write `{meant}`" if meant in choices else did_you_mean(value, choices)
        return f"{show(value)} is not one of {', '.join(choices)}", advice
    if kind == "value_error":
        return value_message(value, str(context.get("error", entry["msg"])))
    if kind == "int_parsing_size":
        return f"{show(value)} is too large", ""
    first = kind.partition("_")[0]
    if first in EXPECTED and kind.endswith(("_type", "_parsing", "_from_float", "_unicode")):
        return expected(first, value)
    if kind == "string_pattern_mismatch":
        return f"{show(value)} does not have the form {context.get('pattern')}", ""
    words = str(entry["msg"])
    return f"{show(value)}: {words[:1].lower()}{words[1:]}", ""


def _choices(entry: Mapping[str, Any]) -> list[str]:
    return [text or number for text, number in _QUOTED.findall(str(entry.get("ctx", {}).get("expected", "")))]
