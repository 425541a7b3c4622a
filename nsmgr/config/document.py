"""The document's top level: version, name, defaults, host, namespaces. What is below is checked object by object."""

from __future__ import annotations

from nsmgr.config.bodies import empty, validate
from nsmgr.config.phrases import show, value_message
from nsmgr.config.report import Path, Report, did_you_mean
from nsmgr.model.kind import kind as kind_facts
from nsmgr.model.links import kind_names
from nsmgr.model.thing import sections
from nsmgr.plan.state import HOST
from nsmgr.text import deployment_name, deployment_name_of, netns_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from nsmgr.model.namespace import HostModel

# Of one link only: a default for them would give every link the same.
OWN = frozenset({"kind", "mac", "peer", "addresses", "altnames", "alias", "match", "port_options"})


class Checked:
    """A document whose upper levels are in order.

    bodies: (namespace, path, model, its sections of things and what of them to ignore), the host first.
    """

    __slots__ = ("bodies", "kind_defaults", "link_defaults", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.link_defaults: dict[str, Any] = {}
        self.kind_defaults: dict[str, dict[str, Any]] = {}
        self.bodies: list[tuple[str, Path, HostModel, dict[str, Any]]] = []


def name_problem(name: str) -> str:
    """What is wrong with a deployment name, or ""."""
    try:
        deployment_name(name)
    except ValueError as error:
        return str(error)
    return ""


def check(data: Any, stem: str, report: Report) -> Checked:
    """Check the upper levels of a merged document; problems go into the report, what is usable is returned."""
    if not isinstance(data, dict):
        report.error((), "the document is empty" if data is None else "the document is not a mapping", "start with `version: 1`")
        return Checked(stem)
    _version_first(data, report)
    top = dict(data)
    name = top.get("name")
    if isinstance(name, str) and name_problem(name):
        report.error(("name",), name_problem(name), f"for example `{deployment_name_of(name)}`")
        top.pop("name")
    validate("document", {**top, "version": 1}, (), report)
    checked = Checked(name if isinstance(name, str) else stem)
    defaults = data.get("defaults")
    if isinstance(defaults, dict):
        _defaults(defaults, checked, report)
    host = data.get("host")
    if isinstance(host, dict):
        _body("host", HOST, host, (HOST,), checked, report)
    elif "host" in data and host is None:
        checked.bodies.append((HOST, (HOST,), empty("host"), {}))
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
        _body("namespace", netns, {} if body is None else body, path, checked, report)
    return checked


def _version_first(data: dict[Any, Any], report: Report) -> None:
    if "version" not in data:
        report.error((), "`version` is missing", "start with `version: 1`", "missing")
    elif type(data["version"]) is not int or data["version"] != 1:
        advice = "remove the quotes" if data["version"] == "1" else "this nsmgr reads `version: 1`"
        report.error(("version",), f"version {show(data['version'])} is not known", advice)


def _body(model: str, netns: str, body: Any, path: Path, checked: Checked, report: Report) -> None:
    things: dict[str, Any] = {}
    known = sections("namespace")
    if isinstance(body, dict) and not known.keys().isdisjoint(body):
        things = {key: body[key] for key in body if key in known}
        body = {key: value for key, value in body.items() if key not in known}
    ignore = body.get("ignore") if isinstance(body, dict) else None
    if isinstance(ignore, dict) and (patterns := {key: ignore[key] for key in ignore if key in known or key in sections("link")}):
        things["ignore"] = patterns
        body = {**body, "ignore": {key: value for key, value in ignore.items() if key not in patterns}}
    found = validate(model, body, path, report)
    if found is None:
        # Go on with the parts that are in order, so that their problems are shown as well.
        usable: dict[str, Any] = {}
        for key, kind in (("links", dict), ("routes", list), ("rules", list), ("sysctls", dict)):
            if isinstance(body, dict) and isinstance(body.get(key), kind):
                usable[key] = body[key]
        # References into a body with faults of its own are not judged: `declared` is the lenient reading.
        found = validate(model, {**usable, "manage": "declared"}, path, report)
    checked.bodies.append((netns, path, found, things))


def _defaults(defaults: dict[Any, Any], checked: Checked, report: Report) -> None:
    for kind, body in defaults.items():
        path: Path = ("defaults", kind)
        if kind != "link" and kind not in kind_names():
            report.error(path, f"unknown kind `{kind}`", did_you_mean(kind, (*kind_names(), "link")), "unknown_key", at="key")
        elif body is not None and not isinstance(body, dict):
            report.error(path, f"expected a mapping, not {show(body)}")
        elif body:
            usable = _default("" if kind == "link" else kind, body, path, report)
            if kind == "link":
                checked.link_defaults = usable
            else:
                checked.kind_defaults[kind] = usable


def _default(kind: str, body: dict[Any, Any], path: Path, report: Report) -> dict[str, Any]:
    """The defaults that are valid by themselves; faults are reported here once and not again at every link."""
    found = kind_facts(kind).SHAPE
    if found is not None and not OWN & body.keys() and found.accept(body, partial=True) is not None:
        return body
    from nsmgr.config.translate import usable_defaults

    return usable_defaults(kind, body, path, report, OWN)
