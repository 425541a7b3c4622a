"""The JSON documents others may rely on (``format_version`` 1): plan, check, apply, problems of a configuration, states."""

from __future__ import annotations

import json

from nsmgr.errors import Problem, errno_text
from nsmgr.model.attr import Value
from nsmgr.model.thing import thing_units
from nsmgr.plan.plan import Action, Operation, Plan
from nsmgr.plan.state import Address, NetnsState, Route, Rule
from nsmgr.render.report import Fate, Outcome, errno_name
from nsmgr.render.text import Locate, object_text
from nsmgr.render.values import ADDRESS_UNITS, ROUTE_UNITS, WITHOUT_UNITS, Units, config_value, units

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, TypeAlias

FORMAT_VERSION = 1
Json: TypeAlias = "dict[str, Any]"


def dumps(document: Json) -> str:
    """Indented, keys in the order of the document, not escaped to ASCII."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def plan_document(plan: Plan, locate: Locate | None = None) -> Json:
    """What ``plan`` and ``check`` print. Durations are text (``300s``): a bare number means seconds in the configuration."""
    summary = plan.summary
    document: Json = {
        "format_version": FORMAT_VERSION,
        "deployment": plan.deployment,
        "in_sync": not plan,
        "summary": {
            "create": summary.create,
            "update": summary.update,
            "replace": summary.replace,
            "move": summary.move,
            "delete": summary.delete,
        },
        "changes": changes(plan, locate),
    }
    if plan.warnings:
        document["warnings"] = list(plan.warnings)
    return document


def changes(plan: Plan, locate: Locate | None = None) -> list[Json]:
    known = Units(plan)
    return [_change(operation, known.of(operation), locate) for operation in plan.operations]


def _change(operation: Operation, those: Mapping[str, str], locate: Locate | None) -> Json:
    return {
        "action": operation.action.value,
        "namespace": operation.netns,
        "type": operation.type,
        "object": operation.key or operation.netns,
        "reason": operation.reason or _differences(operation),
        "attributes": [
            {
                "name": change.name,
                "observed": config_value(change.observed, those.get(change.name, "")),
                "desired": config_value(change.desired, those.get(change.name, "")),
                "forces_replacement": change.forces_replacement,
            }
            for change in operation.changes
        ],
        "source": locate(operation.origin) if locate and operation.origin else "",
    }


def _differences(operation: Operation) -> str:
    names = [change.name for change in operation.changes] if operation.action is Action.UPDATE else []
    return f"{', '.join(names)} {'differs' if len(names) == 1 else 'differ'}" if names else ""


def apply_document(
    plan: Plan, found: Sequence[Outcome], result: str, remaining: Plan | None = None, locate: Locate | None = None
) -> Json:
    """``plan_document`` plus ``result`` and a ``verdict`` per change; ``found`` is of :func:`nsmgr.render.report.apply_outcomes`.

    ``in_sync`` tells the state afterwards; ``remaining`` and ``unmet`` are there when something still differs then.
    ``verdict`` is "ok", or an object: ``{errno, name, message, attribute}`` of a refusal, ``{skipped_because}``,
    ``{not_run: true}``.
    """
    document = plan_document(plan, locate)
    document["in_sync"] = result == "done" and not remaining
    document["result"] = result
    document["changes"] = [{**_change(outcome.operation, outcome.units, locate), "verdict": _verdict(outcome)} for outcome in found]
    if remaining:
        document["remaining"] = changes(remaining, locate)
        document["unmet"] = _unmet(remaining, locate)
    return document


def _unmet(remaining: Plan, locate: Locate | None) -> list[Json]:
    """``remaining`` once more, a difference each, with the line that asks for it and the hint."""
    from nsmgr.render.unmet import unmet

    return [
        {
            "namespace": one.operation.netns,
            "type": one.operation.type,
            "object": one.operation.key or one.operation.netns,
            "attribute": one.attribute,
            "desired": one.desired,
            "current": one.current,
            "source": one.place,
            "hint": one.hint,
        }
        for one in unmet(remaining, locate)
    ]


def _verdict(outcome: Outcome) -> str | Json:
    verdict = outcome.verdict
    if outcome.fate is Fate.DONE:
        return "ok"
    if outcome.fate is Fate.NOT_RUN or verdict is None:
        return {"not_run": True}
    if outcome.fate is Fate.SKIPPED:
        cause = outcome.because
        return {"skipped_because": f"{cause.netns}: {object_text(cause)}" if cause else ""}
    message = verdict.extack or (errno_text(verdict.errno) if verdict.errno > 0 else "the kernel's answer was lost")
    return {"errno": verdict.errno, "name": errno_name(verdict.errno), "message": message, "attribute": verdict.attribute}


def problems_document(problems: Sequence[Problem], files: Sequence[str]) -> Json:
    """What ``validate --format json`` prints."""
    return {
        "format_version": FORMAT_VERSION,
        "files": list(files),
        "valid": not any(problem.severity == "error" for problem in problems),
        "problems": [
            {
                "severity": problem.severity,
                "code": problem.code,
                "message": problem.message,
                "file": problem.file,
                "line": problem.line,
                "column": problem.column,
                "path": list(problem.path),
                "hint": problem.hint,
            }
            for problem in problems
        ],
    }


def states_document(states: Mapping[str, NetnsState]) -> Json:
    """What ``show --format json`` prints: everything observed, in configuration names, durations as text."""
    return {"format_version": FORMAT_VERSION, "namespaces": {name: _state(state) for name, state in states.items()}}


def _state(state: NetnsState) -> Json:
    addresses: dict[str, list[Json]] = {}
    for address in state.addresses.values():
        addresses.setdefault(address.link, []).append(_address(address))
    return {
        "cookie": state.cookie,
        "links": {
            link.name: {
                "kind": link.kind,
                "index": link.index,
                "altnames": list(link.altnames),
                "attributes": _values(link.attrs, units(link.kind)),
                "addresses": addresses.get(link.name, []),
            }
            for link in state.links.values()
        },
        "routes": [_route(route) for routes in state.routes.values() for route in routes],
        "rules": [_rule(rule) for rules in state.rules.values() for rule in rules],
        "sysctls": {name: value for name, value in state.sysctls.items() if value is not None},
        "things": [
            {
                "type": thing.type,
                "object": thing.key,
                "link": thing.link,
                "attributes": _values(thing.attrs, thing_units(thing.type)),
            }
            for thing in state.things.values()
        ],
    }


def _address(address: Address) -> Json:
    return {"address": address.address} | _values(address.attrs, ADDRESS_UNITS)


def _values(attrs: Mapping[str, Value], those: Mapping[str, str]) -> Json:
    return {name: config_value(value, those.get(name, "")) for name, value in attrs.items()}


def _route(route: Route) -> Json:
    hops = [
        {"via": hop.via, "dev": hop.dev, "weight": hop.weight, "onlink": hop.onlink}
        | ({"encap": hop.encap} if hop.encap else {})
        | ({"as": hop.labels} if hop.labels else {})
        for hop in route.nexthops
    ]
    return {
        "to": route.to,
        "table": route.table,
        "metric": route.metric,
        "tos": route.tos,
        "nexthops": hops,
    } | _values(route.attrs, ROUTE_UNITS)


def _rule(rule: Rule) -> Json:
    return _values(rule.attrs, WITHOUT_UNITS) | {"proto": rule.proto}
