"""The document's top level: version, name, defaults, host, namespaces. What is below is checked object by object."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationError, WithJsonSchema

from nsmgr.config.report import Path, Report, did_you_mean
from nsmgr.config.translate import expected, scalar_types, show, translate, validate, value_message, wrong_scalars
from nsmgr.model.base import Resource
from nsmgr.model.links import kind_class, kind_names
from nsmgr.model.links.base import Link
from nsmgr.model.namespace import REF, HostModel, NamespaceModel
from nsmgr.plan.state import HOST
from nsmgr.types import netns_name

NAME = r"[a-z0-9][a-z0-9-]{0,31}"
_NAME = re.compile(NAME + r"\Z")
# Of one link only: a default for them would give every link the same.
OWN = frozenset({"kind", "mac", "peer", "addresses", "altnames", "alias", "match"})


class Document(Resource):
    """A deployment: a set of namespaces and what is in them."""

    TYPE: ClassVar[str] = "document"

    version: Literal[1]
    """Of the configuration language: 1."""
    name: Annotated[str | None, Field(pattern=f"^{NAME}$")] = None
    """Name of the deployment; default: the file's stem."""
    include: list[str] | None = None
    """Files merged first, relative to this one: mappings merge, two different scalars or lists are a conflict."""
    defaults: Annotated[dict[Any, Any] | None, WithJsonSchema({REF: "defaults"})] = None
    """``link``: for every link (but ``lo``) that does not say otherwise; a kind's name: for that kind."""
    host: Annotated[dict[Any, Any] | None, WithJsonSchema({"anyOf": [{REF: "HostModel"}, {"type": "null"}]})] = None
    """The namespace nsmgr itself runs in."""
    namespaces: Annotated[
        dict[Any, Any] | None,
        WithJsonSchema({"type": ["object", "null"], "additionalProperties": {REF: "namespace"}}),
    ] = None
    """Namespace name → body."""


@dataclass(slots=True)
class Checked:
    """A document whose upper levels are in order. ``bodies``: (namespace, path, model), the host first."""

    name: str
    link_defaults: dict[str, Any] = field(default_factory=dict)
    kind_defaults: dict[str, dict[str, Any]] = field(default_factory=dict)
    bodies: list[tuple[str, Path, HostModel]] = field(default_factory=list)


def name_problem(name: str) -> str:
    """What is wrong with a deployment name, or ""."""
    return "" if _NAME.match(name) else f"`{name}` is not a deployment name: a-z, 0-9 and -, at most 32, not starting with -"


def name_from_file(stem: str) -> str:
    """A deployment name made of a file's stem: ``My Lab.yaml`` → ``my-lab``."""
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:32].rstrip("-") or "deployment"


def check(data: Any, stem: str, report: Report) -> Checked:
    """Check the upper levels of a merged document; problems go into the report, what is usable is returned."""
    if not isinstance(data, dict):
        report.error((), "the document is empty" if data is None else "the document is not a mapping", "start with `version: 1`")
        return Checked(stem)
    _version_first(data, report)
    top = dict(data)
    name = top.get("name")
    if isinstance(name, str) and name_problem(name):
        report.error(("name",), name_problem(name), f"for example `{name_from_file(name)}`")
        top.pop("name")
    validate(Document, {**top, "version": 1}, (), report)
    checked = Checked(name if isinstance(name, str) else stem)
    defaults = data.get("defaults")
    if isinstance(defaults, dict):
        _defaults(defaults, checked, report)
    host = data.get("host")
    if isinstance(host, dict):
        _body(HostModel, HOST, host, (HOST,), checked, report)
    elif "host" in data and host is None:
        checked.bodies.append((HOST, (HOST,), HostModel()))
    namespaces = data.get("namespaces")
    for netns, body in namespaces.items() if isinstance(namespaces, dict) else ():
        path: Path = ("namespaces", netns)
        if type(netns) is not str:
            report.error(path, f"key `{netns}` is not text", f"quote it: `'{netns}'`", at="key")
            continue
        try:
            netns_name(netns)
        except ValueError as error:
            message, advice = value_message(netns, str(error))
            if netns == HOST:
                message, advice = str(error), "its links go under the top-level `host:`"
            report.error(path, message, advice, at="key")
            continue
        _body(NamespaceModel, netns, {} if body is None else body, path, checked, report)
    return checked


def _version_first(data: dict[Any, Any], report: Report) -> None:
    if "version" not in data:
        report.error((), "`version` is missing", "start with `version: 1`", "missing")
    elif type(data["version"]) is not int or data["version"] != 1:
        advice = "remove the quotes" if data["version"] == "1" else "this nsmgr reads `version: 1`"
        report.error(("version",), f"version {show(data['version'])} is not known", advice)


def _body(model: type[HostModel], netns: str, body: Any, path: Path, checked: Checked, report: Report) -> None:
    found = validate(model, body, path, report)
    if found is None:
        # Go on with the parts that are in order, so that their problems are shown as well.
        usable: dict[str, Any] = {}
        for key, kind in (("links", dict), ("routes", list), ("rules", list), ("sysctls", dict)):
            if isinstance(body, dict) and isinstance(body.get(key), kind):
                usable[key] = body[key]
        # References into a body with faults of its own are not judged: `declared` is the lenient reading.
        found = model.model_validate({**usable, "manage": "declared"})
    checked.bodies.append((netns, path, found))


def _defaults(defaults: dict[Any, Any], checked: Checked, report: Report) -> None:
    for kind, body in defaults.items():
        path: Path = ("defaults", kind)
        if kind != "link" and kind not in kind_names():
            report.error(path, f"unknown kind `{kind}`", did_you_mean(kind, (*kind_names(), "link")), "unknown_key", at="key")
        elif body is not None and not isinstance(body, dict):
            report.error(path, f"expected a mapping, not {show(body)}")
        elif body:
            usable = _default(Link if kind == "link" else kind_class(kind), kind, body, path, report)
            if kind == "link":
                checked.link_defaults = usable
            else:
                checked.kind_defaults[kind] = usable


def _default(model: type[Link], kind: str, body: dict[Any, Any], path: Path, report: Report) -> dict[str, Any]:
    """The defaults that are valid by themselves; faults are reported here once and not again at every link."""
    bad: set[Any] = set(wrong_scalars(model, body))
    for key in bad:
        message, advice = expected(scalar_types(model)[key].__name__, body[key])
        report.error((*path, key), message, advice)
    for key in body:
        if key in OWN:
            report.error((*path, key), f"`{key}` cannot have a default: it belongs to one link", "write it at the link", at="key")
            bad.add(key)
    usable = {key: value for key, value in body.items() if key not in bad}
    try:
        model.__pydantic_validator__.validate_python(usable)
    except ValidationError as error:
        advice = "" if kind == "link" else f"`nsmgr explain {kind}` lists the keys"
        places = translate(error, model, usable, path, report, ignore_missing=True, hint=advice)
        faulty = {place[len(path)] for place in places if len(place) > len(path)}
        usable = {key: value for key, value in usable.items() if key not in faulty}
    return usable
