"""The planner's work sheet: operations and steps as they are found, sorted into lanes that give the order within a namespace."""

from __future__ import annotations

from nsmgr.plan.plan import Action, AttrChange, Batch, Operation, Plan, Step, Verb
from nsmgr.plan.schedule import schedule
from nsmgr.plan.state import NOTHING, Path
from nsmgr.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from nsmgr.model.attr import Value

_TYPE_ORDER = {"namespace": 0, "sysctl": 1, "link": 2, "address": 3, "route": 4, "rule": 5}


class Lanes(Record):
    """Steps of one namespace by kind of work. The order of the fields is the order in which they are carried out.

    Deletions first (rules before the routes they look up, routes before addresses and next hops, these before links), then
    what is made, things (:attr:`nsmgr.model.thing.ThingType.STAGE`) in between: sysctls that later links inherit, renames (a new
    link may take the old name), links from lower to upper, what names a port once it is one (a bond's primary), options of ports
    once all are ports (a backup port), per-link sysctls while the link is still down (accept_ra, addr_gen_mode: NETDEV_UP makes
    the fe80 address), up, addresses, up where that needs an address, routes (their gateway must be on link), rules.
    """

    rule_del: list[Step] = field(default_factory=list)
    route_del: list[Step] = field(default_factory=list)
    address_early: list[Step] = field(default_factory=list)
    address_del: list[Step] = field(default_factory=list)
    thing_del: list[Step] = field(default_factory=list)
    link_del: list[Step] = field(default_factory=list)
    sysctl: list[Step] = field(default_factory=list)
    rename: list[Step] = field(default_factory=list)
    link: list[Step] = field(default_factory=list)
    port_names: list[Step] = field(default_factory=list)
    port: list[Step] = field(default_factory=list)
    thing_port: list[Step] = field(default_factory=list)
    link_sysctl: list[Step] = field(default_factory=list)
    up: list[Step] = field(default_factory=list)
    thing_up: list[Step] = field(default_factory=list)
    address: list[Step] = field(default_factory=list)
    up_last: list[Step] = field(default_factory=list)
    thing_address: list[Step] = field(default_factory=list)
    route: list[Step] = field(default_factory=list)
    rule: list[Step] = field(default_factory=list)
    thing_route: list[Step] = field(default_factory=list)

    def deletions(self) -> list[Step]:
        return self.rule_del + self.route_del + self.address_early + self.address_del + self.thing_del + self.link_del

    def settings(self) -> list[Step]:
        return self.sysctl + self.rename

    def creations(self) -> list[Step]:
        links = self.link + self.port_names + self.port + self.thing_port + self.link_sysctl + self.up
        above = self.thing_up + self.address + self.up_last + self.thing_address + self.route + self.rule + self.thing_route
        return links + above


class Draft(Record):
    """Collects while the planner walks; ``finish`` turns it into the immutable Plan."""

    deployment: str
    operations: list[Operation] = field(default_factory=list)
    lanes: dict[str, Lanes] = field(default_factory=dict)
    netns_add: list[Step] = field(default_factory=list)
    netns_del: list[Step] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    steps_made: int = 0
    changes: dict[int, tuple[AttrChange, ...]] = field(default_factory=dict)  # by id() of attributes that objects share

    def lane(self, netns: str) -> Lanes:
        lanes = self.lanes.get(netns)
        if lanes is None:
            lanes = self.lanes[netns] = Lanes()
        return lanes

    def operation(
        self,
        action: Action,
        netns: str,
        type_: str,
        key: str,
        changes: Iterable[AttrChange] = (),
        reason: str = "",
        origin: Path = (),
    ) -> int:
        number = len(self.operations)
        self.operations.append(Operation(number, action, netns, type_, key, tuple(changes), reason, origin))
        return number

    def written(self, attrs: Mapping[str, Value]) -> tuple[AttrChange, ...]:
        """The changes that bring attributes into being. ``attrs`` belong to the desired state, which outlives the draft."""
        if not attrs:
            return ()
        found = self.changes.get(id(attrs))
        if found is None:
            found = self.changes[id(attrs)] = tuple(AttrChange(name, None, value) for name, value in attrs.items())
        return found

    def step(
        self,
        op: int,
        verb: Verb,
        netns: str,
        *,
        index: int = 0,
        name: str = "",
        kind: str = "",
        attrs: Mapping[str, Value] = NOTHING,
        args: Mapping[str, Any] = NOTHING,
        obj: object = None,
        needs: tuple[int, ...] = (),
    ) -> Step:
        number = self.steps_made
        self.steps_made = number + 1
        return Step(number, op, verb, netns, index, name, kind, attrs, args, obj, needs)

    def finish(self, order: Iterable[str], existing: frozenset[str]) -> Plan:
        """order: namespaces as the document lists them, then those to delete; existing: those that are there already."""
        rank = {netns: place for place, netns in enumerate(order)}
        names = sorted(self.lanes, key=lambda netns: rank.get(netns, len(rank)))
        batches: list[Batch] = []
        done = bytearray(self.steps_made)

        def alone(steps: list[Step]) -> None:
            if steps:
                batches.append(Batch("", tuple(steps)))
                for step in steps:
                    done[step.id] = 1

        def together(part: Callable[[Lanes], list[Step]]) -> None:
            batches.extend(schedule({netns: part(self.lanes[netns]) for netns in names}, existing, done))

        alone(self.netns_add)
        together(Lanes.deletions)
        alone(self.netns_del)
        # Settings and renames of all namespaces before any link: a far end is born by another namespace's batch; it inherits
        # conf.default, and may be about to have a name that a rename sets free.
        together(Lanes.settings)
        together(Lanes.creations)
        last = len(rank)

        def place(operation: Operation) -> int:  # they are in the order of their ids, and sorting keeps that
            return (
                rank.get(operation.netns, last) << 4 | (operation.action is Action.DELETE) << 3 | _TYPE_ORDER.get(operation.type, 6)
            )

        return Plan(
            self.deployment,
            tuple(sorted(self.operations, key=place)),
            tuple(step for batch in batches for step in batch.steps),
            tuple(batches),
            tuple(self.warnings),
        )
