"""Things of one namespace (see :mod:`nsmgr.model.thing`): what differs, and the steps that mend it, the same for every type."""

from __future__ import annotations

from nsmgr.errors import UnsupportedByKernel
from nsmgr.model.kind import kind as kind_facts
from nsmgr.model.thing import facts, thing_type
from nsmgr.plan.diff import thing_changes
from nsmgr.plan.draft import Draft
from nsmgr.plan.foreign import prunable
from nsmgr.plan.links import Decision, LinkPlan
from nsmgr.plan.plan import Action, AttrChange, Step, Verb
from nsmgr.plan.removal import LinkId, link_id
from nsmgr.plan.state import DesiredNetns, DesiredState, NetnsState, ObservedState, Path, Thing
from nsmgr.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

ThingId = tuple[str, str]


class Fate(Record):
    """lost: things that the kernel drops meanwhile → the operation that makes it. made: thing → step that makes or changes it."""

    lost: dict[ThingId, int] = field(default_factory=dict)
    made: dict[ThingId, int] = field(default_factory=dict)


NO_FATE = Fate()


def emit(
    netns: DesiredNetns,
    state: NetnsState,
    links: LinkPlan,
    draft: Draft,
    owned: frozenset[ThingId],
    born: tuple[int, ...],
) -> Fate:
    """Operations and steps for the things of one namespace; what becomes of them."""
    if not netns.things and not state.things:
        return NO_FATE
    emitter = _Emitter(netns, state, links, draft, owned, born)
    emitter.emit()
    return emitter.fate


def refuse(desired: DesiredState, observed: ObservedState) -> None:
    """Raise UnsupportedByKernel for kinds of things that this kernel lacks, naming who wants them."""
    users: dict[str, list[tuple[str, Path]]] = {}
    for name, netns in desired.namespaces.items() if observed.unsupported else ():
        for thing in netns.things.values():
            kind = f"{thing.type}.{thing.attrs.get('kind', '')}"
            if kind in observed.unsupported:
                users.setdefault(kind, []).append((f"{name}/{thing.key}", thing.origin))
    if users:
        first, *others = ((kind.replace(".", " ").strip(), observed.unsupported[kind]) for kind in users)
        more = "".join(f"; {kind}: {words}" for kind, words in others)
        hint = "`nsmgr doctor` lists what this kernel has; nothing has been touched"
        wanting = [user for found in users.values() for user in found]
        raise UnsupportedByKernel(first[0], f"{first[1]}{more}", hint=hint, users=wanting)


def in_order(things: Mapping[ThingId, Thing]) -> list[Thing]:
    """Each after those it lives on and those it must come after, otherwise as they stand."""
    order: list[Thing] = []
    seen: set[ThingId] = set()
    for start in things:
        stack = [(start, False)]
        while stack:
            key, expanded = stack.pop()
            thing = things[key]
            if expanded:
                order.append(thing)
            elif key not in seen:
                seen.add(key)
                stack.append((key, True))
                stack += [(need, False) for need in (*thing.after, *thing.on) if need in things and need not in seen]
    return order


class _Emitter:
    """``holed``: things that stay and lose for good what lived on them → the operation that takes that away."""

    def __init__(
        self,
        netns: DesiredNetns,
        state: NetnsState,
        links: LinkPlan,
        draft: Draft,
        owned: frozenset[ThingId],
        born: tuple[int, ...],
    ) -> None:
        self.netns, self.state, self.links, self.draft, self.owned, self.born = netns, state, links, draft, owned, born
        self.lane = draft.lane(netns.name)
        self.fate = Fate()
        self.made, self.lost = self.fate.made, self.fate.lost
        self.holed: dict[ThingId, int] = {}
        self.replaced: set[ThingId] = set()
        self.happenings: dict[str, dict[str, int]] = {}

    def emit(self) -> None:
        observed = in_order(self.state.things)
        doomed: list[tuple[Thing, int]] = []
        opened = self._opened(observed)
        for thing in observed:  # those that others live on come first
            op = self._goes_with(thing)
            if op is not None:
                self.lost[thing.id] = op
            elif thing.id not in self.netns.things and prunable(thing, self.netns, self.owned):
                op = self._operation(Action.DELETE, thing, (), "not in the configuration")
                doomed.append((thing, op))
                self.lost[thing.id] = op
                self.holed |= {other: op for other in thing.on if self._holed(other) == "told"}
            else:
                op = self._replaced(thing, opened)
                op = self._in_the_way(thing) if op is None else op
                if op is not None:
                    doomed.append((thing, op))
                    self.lost[thing.id] = op
        for thing, op in reversed(doomed):
            self.lane.thing_del.append(
                self._step(op, Verb.THING_DEL, thing, {"indexes": self._indexes(thing, gone=True)}, gone=True)
            )
        for wanted in in_order(self.netns.things):
            self._desired(wanted, self.state.things.get(wanted.id))

    def _replaced(self, thing: Thing, opened: Mapping[ThingId, str]) -> int | None:
        """The operation that makes it anew as it is wanted, or None."""
        wanted = self.netns.things.get(thing.id)
        changes = thing_changes(wanted, thing) if wanted is not None else []
        forced = next((change for change in changes if change.forces_replacement), None)
        if wanted is None or (forced is None and thing.id not in opened):
            return None
        self.replaced.add(thing.id)
        reason = f"{forced.name} differs" if forced is not None else f"{opened[thing.id]} in it goes"
        return self._operation(Action.REPLACE, wanted, changes, reason)

    def _desired(self, wanted: Thing, have: Thing | None) -> None:
        if have is None:
            changes = [AttrChange(name, None, value) for name, value in wanted.attrs.items()]
            self._add(wanted, self._operation(Action.CREATE, wanted, changes))
            return
        cause = self.lost.get(wanted.id)
        changes = thing_changes(wanted, have)
        if cause is not None and (wanted.id in self.replaced or any(change.forces_replacement for change in changes)):
            self._add(wanted, cause)  # replaced: its operation is the cause
        elif changes:
            op = self._operation(Action.UPDATE, wanted, changes, f"{changes[0].name} differs")
            if cause is not None:
                self._add(wanted, op, replace=True)
            else:
                step = self._step(op, Verb.THING_SET, wanted, {"observed": have, "indexes": self._indexes(wanted)})
                self._stage(wanted).append(step)
                self.made[wanted.id] = step.id
        elif cause is not None:
            self._add(wanted, cause, replace=True)
        elif wanted.id in self.holed:
            step = self._step(self.holed[wanted.id], Verb.THING_SET, wanted, {"observed": have, "indexes": self._indexes(wanted)})
            self._stage(wanted).append(step)

    # -- what happens to it meanwhile

    def _goes_with(self, thing: Thing) -> int | None:
        """The operation that makes the kernel drop this thing, or None."""
        for other in thing.on:
            if other in self.lost:
                return self.lost[other]
        if not thing.link:
            return None
        happened = self._happened(thing.link)
        return next((op for what, op in happened.items() if what == "removed" or what in thing_type(thing.type).LOST), None)

    def _holed(self, key: ThingId) -> str:
        held = self.state.things.get(key)
        return facts(held.type, held.attrs).HOLED if held is not None else ""

    def _opened(self, observed: Iterable[Thing]) -> dict[ThingId, str]:
        """Things that must be made anew because something in them goes for good → what goes."""
        return {
            other: f"{thing.type} {thing.key}"
            for thing in observed
            for other in thing.on
            if self._holed(other) == "replaced" and thing.id not in self.netns.things and prunable(thing, self.netns, self.owned)
        }

    def _in_the_way(self, thing: Thing) -> int | None:
        """The operation that takes away something which the kernel keeps as long as this thing comes after it, or refers to it."""
        for other in thing.after:
            if other in self.lost and thing_type(other[0]).STRICT:
                return self.lost[other]
        for link in _links_of(thing):
            if link != thing.link and "removed" in (happened := self._happened(link)):
                return happened["removed"]
        return None

    def _happened(self, link: str) -> dict[str, int]:
        found = self.happenings.get(link)
        if found is None:
            found = self.happenings[link] = self._happenings(link)
        return found

    def _happenings(self, link: str) -> dict[str, int]:
        """What this plan does to a link that is there → the operation that does it."""
        key = (self.netns.name, link)
        decision = self.links.decisions.get(key)
        found: dict[str, int] = {}
        if key in self.links.removed or (decision is not None and decision.action in (Action.REPLACE, Action.MOVE)):
            found["removed"] = self._cause(decision)
        if key in self.links.bounced:
            found["down"] = self.links.bounced[key]
        if key in self.links.released:
            found["controller"] = self.links.released[key]
        if decision is not None and decision.action is Action.UPDATE:
            for change in decision.changes:
                if change.name in ("controller", "mac"):
                    found[change.name] = decision.op
                elif change.name == "state" and change.desired == "down":
                    found["down"] = decision.op
        if (op := self._carrier_lost(key)) is not None:
            found["carrier"] = op
        return found

    def _carrier_lost(self, key: LinkId) -> int | None:
        """The operation that sets down, be it for a moment, what the link's carrier comes from."""
        for other in self._below(key):
            decision = self.links.decisions.get(other)
            if other in self.links.bounced:
                return self.links.bounced[other]
            updated = decision.changes if decision is not None and decision.action is Action.UPDATE else ()
            if decision is not None and any(change.name == "state" and change.desired == "down" for change in updated):
                return decision.op
        return None

    def _ups(self) -> Mapping[LinkId, int]:
        """Which step sets a link up, of those that are not born up."""
        if self.links.ups is None:
            self.links.ups = {
                (netns, step.name): step.id
                for netns, lanes in self.draft.lanes.items()
                for step in (*lanes.link, *lanes.up)
                if step.verb is Verb.LINK_SET and step.attrs.get("state") == "up"
            }
        return self.links.ups

    def _below(self, key: LinkId) -> list[LinkId]:
        """The links that must be up for this one to have a carrier: its far end, those it stands on, and theirs."""
        found = [key]
        for link in found:  # grows while it is walked
            decision = self.links.decisions.get(link)
            wanted = decision.desired if decision is not None else None
            if wanted is None:
                continue
            lower = [link_id(link[0], ref) for name in ("peer", "parent") if isinstance(ref := wanted.attrs.get(name), str)]
            if wanted.kind and kind_facts(wanted.kind).CONTROLLER:
                lower += [(link[0], port.name) for port in self.netns.links.values() if port.attrs.get("controller") == link[1]]
            found += [other for other in lower if other not in found]
        return found[1:]

    def _cause(self, decision: Decision | None) -> int:
        if decision is not None and decision.op >= 0:
            return decision.op
        return next((operation.id for operation in self.draft.operations if operation.netns == self.netns.name), 0)

    # -- steps

    def _stage(self, thing: Thing) -> list[Step]:
        match thing_type(thing.type).STAGE:
            case "port":
                return self.lane.thing_port
            case "up":
                return self.lane.thing_up
            case "address":
                return self.lane.thing_address
            case _:
                return self.lane.thing_route

    def _add(self, thing: Thing, op: int, *, replace: bool = False) -> None:
        step = self._step(op, Verb.THING_ADD, thing, {"replace": replace, "indexes": self._indexes(thing)})
        self._stage(thing).append(step)
        self.made[thing.id] = step.id

    def _step(self, op: int, verb: Verb, thing: Thing, args: Mapping[str, Any], *, gone: bool = False) -> Step:
        needs = () if gone else self._needs(thing)
        index = args["indexes"].get(thing.link, 0)
        if thing_type(thing.type).BY_CONTROLLER:
            args = {**args, "controller": self._controller(thing.link, gone) or index}
        return self.draft.step(
            op, verb, self.netns.name, index=index, name=thing.link or thing.key, args=args, obj=thing, needs=needs
        )

    def _needs(self, thing: Thing) -> tuple[int, ...]:
        made = [self.links.made_by.get((self.netns.name, name)) for name in _links_of(thing)]
        made += [self.made.get(other) for other in (*thing.on, *thing.after)]
        if thing.link and thing_type(thing.type).RUNNING:
            key = (self.netns.name, thing.link)
            ups = self._ups()
            made += [ups.get(other, self.links.made_by.get(other)) for other in (key, *self._below(key))]
        return tuple(dict.fromkeys([*self.born, *(number for number in made if number is not None)]))

    def _indexes(self, thing: Thing, *, gone: bool = False) -> dict[str, int]:
        """Of its link and of every link its attributes name, as they will be; ``gone``: as they are."""
        return {name: self._index(name, gone) for name in _links_of(thing)}

    def _controller(self, link: str, gone: bool) -> int:
        """The index of a link's controller, as it will be or as it is; 0 = none."""
        wanted, have = self.netns.links.get(link), self.state.links.get(link)
        name = have.attrs.get("controller") if have is not None else None
        if not gone and wanted is not None and "controller" in wanted.attrs:
            name = wanted.attrs["controller"]
        return self._index(str(name), gone) if name else 0

    def _index(self, name: str, gone: bool) -> int:
        key = (self.netns.name, name)
        decision = self.links.decisions.get(key) if gone else None
        if decision is not None and decision.observed is not None:
            return decision.observed.index
        return self.links.index.get(key, 0)

    def _operation(self, action: Action, thing: Thing, changes: Iterable[AttrChange], reason: str = "") -> int:
        return self.draft.operation(action, self.netns.name, thing.type, thing.key, changes, reason, thing.origin)


def _links_of(thing: Thing) -> list[str]:
    """Names of the links a thing hangs on or refers to."""
    names = [thing.link] if thing.link else []
    rows = facts(thing.type, thing.attrs).rows()
    for name, value in thing.attrs.items():
        row = rows.get(name)
        if row is not None and row.ref and value is not None:
            names += [str(part) for part in (value if isinstance(value, tuple) else (value,))]
    return names
