"""Saved plans: a plan, the state it wants and the fingerprint of the state it was made for, as one strict JSON file."""

from __future__ import annotations

import hashlib
import json

from nsmgr.errors import StateError
from nsmgr.model.attr import Change
from nsmgr.model.kind import kind as kind_facts
from nsmgr.model.port import port_rows
from nsmgr.model.thing import thing_type
from nsmgr.plan.foreign import foreign_route, kernel_made_address, kernel_rule
from nsmgr.plan.plan import Batch, Operation, Plan, Step, Verb
from nsmgr.plan.state import Address, DesiredState, Link, NetnsState, ObservedState, Path, Route, Rule, Thing
from nsmgr.plan.trust import check_names
from nsmgr.record import Record, field, replace
from nsmgr.render.plain import NotPlain, decode, encode
from nsmgr.render.text import Locate
from nsmgr.text import deployment_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MARK = "nsmgr_plan"  # first key of the file, by which `apply` tells a saved plan from a configuration
VERSION = 1


class SavedPlan(Record, frozen=True):
    """``fingerprint`` is :func:`fingerprint` of the observed state the plan was computed from."""

    plan: Plan
    desired: DesiredState
    fingerprint: str
    places: dict[Path, str] = field(default_factory=dict)

    def locate(self, path: Path) -> str:
        """Where the configuration asked for it when the plan was made: ``lab.yaml:14:9``, or ""."""
        return self.places.get(path, "")


def dumps(plan: Plan, desired: DesiredState, fingerprint: str, locate: Locate | None = None) -> str:
    """The file's text.

    Warnings and sources of the configuration are not kept; ``locate`` gives the places that errors shall name later.
    """
    origins = {operation.origin for operation in plan.operations if operation.origin} if locate else ()
    places = {origin: locate(origin) for origin in sorted(origins, key=str)} if locate else {}
    body = {
        MARK: VERSION,
        "fingerprint": fingerprint,
        "desired": encode(replace(desired, warnings=(), sources=(), attached={})),
        "plan": encode(_body(plan)),
        "places": encode(places),
    }
    return json.dumps(body, indent=1, ensure_ascii=False) + "\n"


def is_saved_plan(text: str) -> bool:
    """Whether the text is a saved plan rather than a configuration; looks at the first key only."""
    return text.lstrip()[:1] == "{" and text.lstrip()[1:].lstrip().startswith(f'"{MARK}"')


def loads(text: str, file: str = "plan") -> SavedPlan:
    """The plan back, equal to the one saved.

    Raises:
        StateError: not a saved plan, of another version, or altered: names the file and the place in it.
    """
    try:
        body = json.loads(text, object_pairs_hook=_no_duplicates)
        if not isinstance(body, dict) or MARK not in body:
            raise NotPlain("it has no plan in it")
        if body[MARK] != VERSION:
            raise NotPlain(f"version {body[MARK]!r}, this nsmgr reads {VERSION}")
        if body.keys() != {MARK, "fingerprint", "desired", "plan", "places"}:
            raise NotPlain("unknown or missing keys")
        saved = SavedPlan(
            _plan(decode(_Body, body["plan"], "plan")),
            decode(DesiredState, body["desired"], "desired"),
            decode(str, body["fingerprint"], "fingerprint"),
            decode(dict[Path, str], body["places"], "places"),
        )
        deployment_name(saved.desired.name)
        check_names(saved.desired.namespaces)
    except (ValueError, RecursionError) as error:
        raise StateError(f"{file} is not a usable saved plan: {error}", hint="make it again: nsmgr plan FILE --out PLAN") from error
    return saved


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotPlain("a key is there twice")
    return found


class _Batch(Record, frozen=True):
    netns: str
    steps: tuple[int, ...]


class _Body(Record, frozen=True):
    """A Plan whose batches name their steps by id: each step is in the file once."""

    deployment: str
    operations: tuple[Operation, ...]
    steps: tuple[Step, ...]
    batches: tuple[_Batch, ...]
    warnings: tuple[str, ...]


def _body(plan: Plan) -> _Body:
    batches = tuple(_Batch(batch.netns, tuple(step.id for step in batch.steps)) for batch in plan.batches())
    return _Body(plan.deployment, plan.operations, plan.steps, batches, plan.warnings)


def _plan(body: _Body) -> Plan:
    """A step that no operation owns would be carried out unseen: every step belongs, every need and batch member exists."""
    operations = {operation.id for operation in body.operations}
    steps = {step.id: step for step in body.steps}
    for step in body.steps:
        if step.op not in operations:
            raise NotPlain(f"plan.steps: step {step.id} belongs to no operation")
        if any(need not in steps for need in step.needs):
            raise NotPlain(f"plan.steps: step {step.id} needs a step that is not there")
        wants = _OBJECT.get(step.verb)
        if wants and not isinstance(step.obj, wants):
            raise NotPlain(f"plan.steps: step {step.id} carries no {wants.__name__.lower()}")
    sent = [number for batch in body.batches for number in batch.steps]
    if sorted(sent) != sorted(steps) or len(steps) != len(body.steps):
        raise NotPlain("plan.batches: the batches do not hold every step exactly once")
    batches = tuple(Batch(batch.netns, tuple(steps[number] for number in batch.steps)) for batch in body.batches)
    return Plan(body.deployment, body.operations, body.steps, batches, body.warnings)


_OBJECT: dict[Verb, type] = {
    Verb.ADDR_ADD: Address,
    Verb.ADDR_DEL: Address,
    Verb.ROUTE_ADD: Route,
    Verb.ROUTE_DEL: Route,
    Verb.RULE_ADD: Rule,
    Verb.RULE_DEL: Rule,
    Verb.THING_ADD: Thing,
    Verb.THING_SET: Thing,
    Verb.THING_DEL: Thing,
}


# ------------------------------------------------------------------------------------------------------------ fingerprint


def fingerprint(observed: ObservedState) -> str:
    """SHA-256 (hex) over what a plan depends on; equal for two readings between which nothing of it has changed.

    Left out: what changes by itself (operational flags, DAD state, counting lifetimes) and what no plan touches (read-only
    attributes, link-local and connected entries, a daemon's routes, the kernel's rules).
    """
    owned = observed.owned
    document = {
        "namespaces": {name: _namespace(state) for name, state in observed.namespaces.items()},
        "stale": sorted(observed.stale),
        "foreign_owner": observed.foreign_owner,
        "foreign_objects": {
            netns: sorted([*made, owner] for made, owner in objects.items()) for netns, objects in observed.foreign_objects.items()
        },
        "unsupported": observed.unsupported,
        "unwritable": observed.unwritable,
        "owned": [
            owned.namespaces,
            {netns: sorted(keys) for netns, keys in owned.objects.items()},
            owned.physical,
            {netns: sorted(types) for netns, types in owned.types.items()},
        ],
    }
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()


def _namespace(state: NetnsState) -> list[Any]:
    return [
        state.cookie,
        sorted(_link(link) for link in state.links.values()),
        # Order within a link is kept: the first address of a subnet is its primary.
        [_address(address) for address in state.addresses.values() if not kernel_made_address(address)],
        sorted(_text([encode(route) for route in kept]) for routes in state.routes.values() if (kept := _ours(routes))),
        sorted(_text(encode(rule)) for rules in state.rules.values() for rule in rules if not kernel_rule(rule)),
        state.sysctls,
        sorted(_text(encode(thing)) for thing in state.things.values() if not thing_type(thing.type).foreign(thing.attrs)),
    ]


def _text(data: Any) -> str:
    return json.dumps(data, sort_keys=True)


def _link(link: Link) -> str:
    rows = kind_facts(link.kind).rows()
    rows = {**rows, **port_rows(link.port_kind)} if link.port_kind else rows
    attrs = {name: value for name, value in link.attrs.items() if name not in rows or rows[name].change is not Change.READ_ONLY}
    return _text([link.name, link.kind, link.index, encode(attrs), list(link.altnames), link.fallback])


_VOLATILE = frozenset(("flags", "tentative", "secondary", "valid_lifetime", "preferred_lifetime"))


def _address(address: Address) -> list[Any]:
    return [address.link, address.address, {name: encode(value) for name, value in address.attrs.items() if name not in _VOLATILE}]


def _ours(routes: list[Route]) -> list[Route]:
    return [route for route in routes if not foreign_route(route)]
