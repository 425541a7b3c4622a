"""The way back, computed from the observed state before the first change: what the namespaces a plan touches look like now.

Undoing is planning: the state as it was becomes a description, and the planner finds the way to it from whatever the kernel holds
by then, half an apply or a whole one. So what comes of a plan that died in the middle needs no guessing. Of a namespace that is
described completely, everything is kept; of one in which only the declared is ours, what the plan's operations name. An
attribute is kept where the plan changes it, and all of them where the link will be made again.
"""

from __future__ import annotations

from nsmgr.model.attr import UNSET, Attr, Change, Value
from nsmgr.model.kind import Kind
from nsmgr.model.kind import kind as kind_facts
from nsmgr.model.port import port_rows
from nsmgr.model.thing import facts, thing_type
from nsmgr.plan.diff import address_key, route_key, rule_key
from nsmgr.plan.foreign import foreign_route, kernel_made_address, kernel_rule
from nsmgr.plan.plan import Action, AttrChange, Operation, Plan, Verb
from nsmgr.plan.removal import LinkId, closure, dependants, link_id
from nsmgr.plan.state import Address, DesiredLink, DesiredNetns, DesiredState, Link, NetnsState, ObservedState, Route, Rule, Thing
from nsmgr.record import Record, field, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

# What IFA_* says that a new address can be told; the rest of an observed address is the kernel's.
_ADDRESS_ATTRIBUTES = ("label", "scope", "broadcast", "metric", "noprefixroute", "nodad", "home", "mngtmpaddr", "proto")


class Undo(Record):
    """namespaces: as they were; made: those that the plan makes, to be deleted; lost: what cannot be brought back, in words.

    fresh: (namespace, type, key) of what the plan makes in namespaces that are not described completely.
    """

    namespaces: dict[str, DesiredNetns] = field(default_factory=dict)
    made: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    fresh: tuple[tuple[str, str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.namespaces or self.made)


class Told(Record):
    """What only the configuration says of what is there: not to be read from the kernel, or not asked for without being named.

    sysctls: namespace → link, or "" → its keys. types: namespace → types of things.
    things: (namespace, type, key) of those that were written. settings: (namespace, type, key of the
    thing) → rows of a link's settings that were written. keys: the same → row → where the secret is that it has.
    """

    sysctls: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    types: dict[str, list[str]] = field(default_factory=dict)
    things: set[tuple[str, str, str]] = field(default_factory=set)
    settings: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    keys: dict[tuple[str, str, str], dict[str, str]] = field(default_factory=dict)


def undo(desired: DesiredState, observed: ObservedState, plan: Plan, told: Told | None = None) -> Undo:
    """The way back from a plan. ``observed`` is what the plan was computed from; ``told``: by the configuration before it."""
    told = told or Told()
    made = tuple(step.name for step in plan.steps if step.verb is Verb.NETNS_ADD)
    deleted = {step.name for step in plan.steps if step.verb is Verb.NETNS_DEL}
    operations: dict[str, list[Operation]] = {}
    for operation in plan.operations:
        operations.setdefault(operation.netns, []).append(operation)
    dying = _dying(plan, observed, deleted)
    for netns, _ in dying:
        operations.setdefault(netns, [])
    found = Undo(made=made)
    lost: list[str] = []
    for name, own in operations.items():
        state = observed.namespaces.get(name)
        if state is None or name in made:
            continue
        wanted = desired.namespaces.get(name)
        complete = name in deleted or wanted is None or wanted.manage == "all"
        gone = frozenset(link for netns, link in dying if netns == name)
        source = wanted.source if wanted is not None else "create"
        kept = DesiredNetns(name, source, adopt=source == "create", manage="all" if complete else "declared")
        _Keeper(kept, wanted, state, own, gone, lost, told).keep(complete, whole=name in deleted)
        found.namespaces[name] = kept
    for link in _far_links(found, made):
        there = found.namespaces.get(link.netns)
        if there is None:
            wanted = desired.namespaces.get(link.netns)
            source = wanted.source if wanted is not None else "create"
            there = found.namespaces[link.netns] = DesiredNetns(link.netns, source, adopt=source == "create", manage="declared")
        if link.name:
            there.links.setdefault(link.name, link)
    found.lost = tuple(dict.fromkeys(lost))
    found.fresh = tuple(
        (operation.netns, operation.type, operation.key)
        for operation in plan.operations
        if operation.action is Action.CREATE
        and (there := found.namespaces.get(operation.netns)) is not None
        and there.manage != "all"
    )
    return found


def _far_links(found: Undo, made: Container[str]) -> list[DesiredLink]:
    """Links that the kept ones are stacked on or joined to, in namespaces that the plan does not touch: those stay."""
    elsewhere: list[DesiredLink] = []
    for netns in found.namespaces.values():
        for link in netns.links.values():
            for attribute in ("parent", "peer"):
                where, name = link_id(netns.name, str(link.attrs.get(attribute) or ""))
                if not name or where in found.namespaces or where in made:
                    continue
                far = DesiredLink(where, name, link.kind if attribute == "peer" else "")
                if attribute == "peer":
                    far.attrs["peer"] = f"{netns.name}/{link.name}"
                elsewhere.append(far)
            underlay = link.attrs.get("underlay")
            if isinstance(underlay, str) and underlay not in found.namespaces and underlay not in made:
                elsewhere.append(DesiredLink(underlay, "", ""))  # no link of it, but the namespace must be known
    return elsewhere


def _dying(plan: Plan, observed: ObservedState, deleted: Iterable[str]) -> set[LinkId]:
    """Links that the plan deletes, and those that the kernel deletes with them."""
    roots = [(step.netns, step.name) for step in plan.steps if step.verb is Verb.LINK_DEL]
    for netns in deleted:
        state = observed.namespaces.get(netns)
        roots += [(netns, name) for name, link in state.links.items() if link.kind and not link.fallback] if state else []
    return set(closure(roots, dependants(observed.namespaces))) if roots else set()


def merge(older: Undo, newer: Undo) -> Undo:
    """The way back beyond both: an apply that did not come to its end, and the one after it."""
    namespaces = dict(older.namespaces)
    for name, netns in newer.namespaces.items():
        if name in older.made:
            continue
        first = namespaces.get(name)
        fresh = {(kind, key) for there, kind, key in older.fresh if there == name}
        namespaces[name] = netns if first is None else _merged(first, _without(netns, fresh) if fresh else netns)
    made = tuple(dict.fromkeys((*older.made, *(name for name in newer.made if name not in older.namespaces))))
    lost, fresh_ = tuple(dict.fromkeys((*older.lost, *newer.lost))), tuple(dict.fromkeys((*older.fresh, *newer.fresh)))
    return Undo(namespaces, made, lost, fresh_)


def _without(netns: DesiredNetns, fresh: Container[tuple[str, str]]) -> DesiredNetns:
    """What is described there less what an earlier apply had just made."""
    return replace(
        netns,
        links={
            name: replace(link, addresses={k: v for k, v in link.addresses.items() if ("address", address_key(v)) not in fresh})
            for name, link in netns.links.items()
            if ("link", name) not in fresh
        },
        routes={key: route for key, route in netns.routes.items() if ("route", route_key(route)) not in fresh},
        rules={key: rule for key, rule in netns.rules.items() if ("rule", rule_key(rule.attrs)) not in fresh},
        things={key: thing for key, thing in netns.things.items() if (thing.type, thing.key) not in fresh},
    )


def _merged(first: DesiredNetns, then: DesiredNetns) -> DesiredNetns:
    """What the older one keeps is older, and right; the newer one adds what the older had no reason to keep."""
    complete = first.manage == "all"
    links = dict(first.links)
    for name, link in then.links.items():
        old = links.get(name)
        if old is None and not complete:
            links[name] = link
        elif old is not None and not complete:
            kind, addresses = old.kind or link.kind, {**link.addresses, **old.addresses}
            links[name] = replace(old, kind=kind, attrs={**link.attrs, **old.attrs}, addresses=addresses)
        elif old is not None and old.kind == link.kind:
            # What the older one did not say was what every new link has; what was meanwhile is of no interest.
            rows = kind_facts(old.kind).rows()
            usual = {
                name: row.default
                for name in link.attrs
                if name not in old.attrs and (row := rows.get(name)) is not None and row.default not in (UNSET, None)
            }
            links[name] = replace(old, attrs={**usual, **old.attrs})
    if complete:
        return replace(first, links=links, sysctls={**then.sysctls, **first.sysctls})
    return replace(
        first,
        links=links,
        routes={**then.routes, **first.routes},
        rules={**then.rules, **first.rules},
        sysctls={**then.sysctls, **first.sysctls},
        things={**then.things, **first.things},
        types=first.types | then.types,
    )


class _Keeper:
    """Fills in one namespace. ``gone``: its links that the plan deletes, with those that the kernel takes along."""

    def __init__(
        self,
        netns: DesiredNetns,
        wanted: DesiredNetns | None,
        state: NetnsState,
        operations: Iterable[Operation],
        gone: frozenset[str],
        lost: list[str],
        told: Told,
    ) -> None:
        self.before = told
        self.sysctls: dict[str, str] = {}  # key → the link it is of
        for link in wanted.links.values() if wanted is not None else ():
            self.sysctls.update(dict.fromkeys(link.sysctls, link.name))
        for name, keys in told.sysctls.get(netns.name, {}).items():
            self.sysctls.update(dict.fromkeys(keys, name))
        self.netns, self.state, self.gone, self.lost = netns, state, gone, lost
        self.told = {name: link.attrs.keys() for name, link in wanted.links.items()} if wanted is not None else {}
        self.touched: dict[tuple[str, str], Operation] = {(op.type, op.key): op for op in operations}
        # An operation on a link that gets another name goes by the new one.
        self.renamed = {
            str(change.observed): operation
            for (kind, _), operation in self.touched.items()
            for change in (operation.changes if kind == "link" else ())
            if change.name == "name" and change.observed is not None
        }

    def keep(self, complete: bool, *, whole: bool) -> None:
        """``whole``: the namespace itself goes."""
        state, netns = self.state, self.netns
        for name, link in state.links.items():
            operation = self.renamed.get(name) or self.touched.get(("link", name))
            if complete or name in self.gone or (operation is not None and operation.action is not Action.CREATE):
                netns.links[name] = self._link(link, operation, whole, complete)
        for address in state.addresses.values():
            if kernel_made_address(address) or (not complete and not self._named("address", address_key(address), address.link)):
                continue
            kept = self._address(address, complete)
            holder = netns.links.get(address.link)
            if holder is None:
                holder = netns.links[address.link] = DesiredLink(netns.name, address.link, "")
            holder.addresses[kept.address] = kept
        for key, routes in state.routes.items():
            route = next((route for route in routes if not foreign_route(route)), None)
            if route is not None and (complete or self._named("route", route_key(route), *(hop.dev for hop in route.nexthops))):
                kept_route = Route(route.to, route.table, route.metric, route.tos, route.nexthops, dict(route.attrs))
                changed_route = self.touched.get(("route", route_key(route)))
                for change in changed_route.changes if changed_route is not None else ():
                    # A metric that was not set: 0 is the same, and the kernel reports none.
                    if change.observed is None and isinstance(change.desired, int) and not isinstance(change.desired, bool):
                        kept_route.attrs = {**kept_route.attrs, change.name: 0}
                netns.routes[key] = kept_route
        for rule_id, rules in state.rules.items():
            if not kernel_rule(rules[0]) and (complete or self._named("rule", rule_key(rules[0].attrs))):
                netns.rules[rule_id] = Rule(dict(rules[0].attrs), rules[0].proto)
        for thing in state.things.values():
            cls = thing_type(thing.type)
            named = self._named(thing.type, thing.key, thing.link) or whole
            ours = not cls.foreign(thing.attrs) or (netns.name, thing.type, thing.key) in self.before.things
            if ours and (complete or named) and (kept_thing := self._thing(thing, named)) is not None:
                netns.things[thing.id] = kept_thing
        for (where, type_, on), written in self.before.settings.items():
            # That a port has no VLANs is a setting as well, and nothing that a dump shows.
            if where == netns.name and thing_type(type_).GATHERED and (complete or self._named(type_, on, on)):
                none: dict[str, Value] = {name: () for name in written if name not in thing_type(type_).rows()}
                if none and on in state.links and (type_, on) not in netns.things:
                    netns.things[type_, on] = Thing(type_, on, on, none)
        netns.types = frozenset(thing.type for thing in state.things.values()) | frozenset(
            kind for kind, _ in self.touched if kind not in _NO_THINGS
        )
        for (kind, sysctl), changed in self.touched.items():
            before = changed.changes[0].observed if kind == "sysctl" and changed.changes else None
            if isinstance(before, str):
                netns.sysctls[sysctl] = before
        for sysctl, link_name in self.sysctls.items():
            value = state.sysctls.get(sysctl)
            if value is None or sysctl in netns.sysctls:
                continue
            if link_name in self.gone or (whole and link_name == "lo"):
                netns.links[link_name].sysctls = {**netns.links[link_name].sysctls, sysctl: value}
            elif whole and not link_name:
                netns.sysctls[sysctl] = value

    def _named(self, kind: str, key: str, *links: str) -> bool:
        """Whether the plan has an operation on it, or takes it away with a link."""
        operation = self.touched.get((kind, key))
        return (operation is not None and operation.action is not Action.CREATE) or not self.gone.isdisjoint(links)

    # -- links

    def _link(self, link: Link, operation: Operation | None, whole: bool, complete: bool) -> DesiredLink:
        kept = DesiredLink(self.netns.name, link.name, "lo" if link.kind == "lo" else "", port_kind=link.port_kind)
        if link.kind and not link.fallback and (link.name in self.gone or (complete and self._whole_pair(link))):
            kept = self._again(link)
        if whole and link.kind == "lo":
            kept.attrs |= self._loopback(link)
        if operation is not None and operation.action is Action.MOVE:
            self.lost.append(f"addresses and routes of the device {link.name}, which moves to another namespace")
        for change in operation.changes if operation is not None else ():
            self._before(kept, link, change)
        if operation is not None and operation.action is not Action.MOVE and "state" in link.attrs:
            kept.attrs.setdefault("state", link.attrs["state"])  # it may be left set down, in the middle of a change
        return kept

    @staticmethod
    def _loopback(link: Link) -> dict[str, Value]:
        """What the lo of a namespace that goes has, and that of a new one has not."""
        cls = kind_facts("lo")
        return {
            name: value
            for name, row in cls.rows().items()
            if row.change in (Change.IN_PLACE, Change.WHEN_DOWN)
            and (value := link.attrs.get(name)) is not None
            and not row.ref
            and (name == "state" or _worth_saying(name, row, value, cls, gone=True))
        }

    def _whole_pair(self, link: Link) -> bool:
        """Whether it can be described: of a pair, the far end must be known."""
        peer = link.attrs.get("peer")
        return not kind_facts(link.kind).PAIR or (isinstance(peer, str) and not peer.startswith("?"))

    def _before(self, kept: DesiredLink, link: Link, change: AttrChange) -> None:
        """One attribute as it was."""
        if change.name == "name":
            return
        if change.name == "altnames":
            kept.altnames = link.altnames
            return
        row = kind_facts(link.kind).rows().get(change.name)
        # Not the change's own word: the planner sees links that it will rename by their new names.
        value = link.attrs.get(change.name, row.absent if row is not None else None)
        if change.name == "peer" or (value is None and link.name in self.gone):
            return
        if value is None and row is not None and not row.ref:
            value = None if row.default is UNSET else row.default
            if value is None:
                self.lost.append(f"that {change.name} of link {link.name} was not set: the kernel cannot take it away again")
                return
        if row is not None or change.name.startswith("port_options."):
            kept.attrs[change.name] = value

    def _again(self, link: Link) -> DesiredLink:
        """Everything a link needs to be made again as it was."""
        cls = kind_facts(link.kind)
        attrs: dict[str, Value] = {"state": link.attrs.get("state", "up")}
        told: Container[str] = self.told.get(link.name, ())
        implied = cls.implied(link.attrs)
        for name, row in cls.rows().items():
            value = link.attrs.get(name)
            if name == "state" or name in implied or value is None or row.change is Change.READ_ONLY or str(value).startswith("?/"):
                continue
            if name in told or _worth_saying(name, row, value, cls, link.name in self.gone):
                attrs[name] = value
        if isinstance(peer := link.attrs.get("peer"), str) and not peer.startswith("?"):
            attrs["peer"] = peer
        for name, row in port_rows(link.port_kind).items() if link.port_kind else ():
            value = link.attrs.get(name)
            if (
                value is not None
                and value != row.default
                and row.change is not Change.READ_ONLY
                and not str(value).startswith("?/")
            ):
                attrs[name] = value
        birth = {name: value for name, value in cls.BIRTH.items() if name not in attrs}
        if cls.CONTROLLER and "mtu" not in attrs and self._mtu_was_told(link, cls):
            attrs["mtu"] = link.attrs.get("mtu")
        attrs.setdefault("controller", None)  # not to be a port is something to be said: unsaid it stays what it has become
        return DesiredLink(self.netns.name, link.name, link.kind, attrs, birth, altnames=link.altnames, port_kind=link.port_kind)

    def _mtu_was_told(self, link: Link, cls: type[Kind]) -> bool:
        """A controller's MTU follows its ports (br_mtu_min), or is its own, until it is told one."""
        ports = [port.attrs.get("mtu") for port in self.state.links.values() if port.attrs.get("controller") == link.name]
        follows = min((mtu for mtu in ports if isinstance(mtu, int)), default=cls.DEFAULT_MTU)
        return link.attrs.get("mtu") not in (follows if link.kind == "bridge" else cls.DEFAULT_MTU, None)

    # -- the rest

    def _address(self, address: Address, complete: bool) -> Address:
        touched = complete or address.link in self.gone or ("address", address_key(address)) in self.touched
        attrs: dict[str, Value] = {}
        for name in _ADDRESS_ATTRIBUTES if touched else ():
            value = address.attrs.get(name)
            six = ":" in address.address
            if value not in (None, False, "") and not (six and name in ("scope", "label", "broadcast")):
                attrs[name] = value
        if touched:
            attrs.setdefault("proto", 0)
        return Address(address.link, address.address, attrs)

    def _thing(self, thing: Thing, named: bool) -> Thing | None:
        """``named``: the plan changes it or takes it away. None for one that cannot be made without the key that it has."""
        cls = facts(thing.type, thing.attrs)
        rows = cls.rows()
        attrs = {
            name: value
            for name, value in thing.attrs.items()  # what has no row is its place
            if value is not None and ((row := rows.get(name)) is None or row.change is not Change.READ_ONLY)
        }
        operation = self.touched.get((thing.type, thing.key))
        place = (self.netns.name, thing.type, thing.key)
        if cls.SETTINGS and cls.CARRIER == "own" and not cls.SECRETS:
            # Of a driver's settings many cannot be set, and some are names for several: those that somebody wrote.
            written = {change.name for change in operation.changes} if operation is not None else set()
            written.update(self.before.settings.get(place, ()))
            attrs = {name: value for name, value in attrs.items() if name in written}
        elif thing.link in self.gone or (operation is not None and operation.action is Action.DELETE):
            # Made anew it has these by itself, and the kernel may take no other word for it (sfq_change: flows beyond the limit).
            attrs = {
                name: value
                for name, value in attrs.items()
                if (row := rows.get(name)) is None or row.change is not Change.REPLACE or value != row.default
            }
        places = self.before.keys.get(place, {})
        for name, (shown, form) in cls.SECRETS.items():
            if attrs.get(shown) == NO_KEY:
                attrs[name] = NO_KEY
            if attrs.get(shown) in (None, NO_KEY):
                continue
            if name in places:
                attrs[name] = places[name]
                continue
            del attrs[shown]  # without the key nothing can be said of it
            if named:
                self.lost.append(f"{name} of {thing.type} {thing.key}: no file or variable that is known holds it any more")
                if form == "hex":  # macsec_add_txsa: an association has a key
                    return None
        return replace(thing, attrs=attrs, origin=())


NO_KEY = "none"  # as nsmgr.secret has it

_NO_THINGS = frozenset(("namespace", "link", "address", "route", "rule", "sysctl"))


# What every link takes at any time (others, proto_down for one, some drivers refuse even when nothing changes).
_ANY_LINK_HAS = frozenset(("mtu", "group", "alias", "txqlen", "arp", "multicast", "allmulticast", "promisc"))


def _worth_saying(name: str, row: Attr, value: Value, cls: type[Kind], gone: bool) -> bool:
    """Whether a link must be told: what it can be told, and would not have by itself. ``gone``: it will be made again."""
    if name == "broadcast":
        return cls.ETHERNET and value not in ("ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00")
    if name == "addrgenmode":
        return value != "eui64"  # what some kinds have by themselves they have once they are up
    if name == "mac" and value == "00:00:00:00:00:00":
        return False  # a bridge that no port has given one yet
    if cls.PAIR and name in _ANY_LINK_HAS:
        return True  # an end may be found again in one that was made since and has other values
    if name == "mtu":
        return not cls.CONTROLLER and not (gone and value == cls.DEFAULT_MTU)
    default = cls.BIRTH.get(name, row.default)
    return value != (row.absent if default in (UNSET, None) else default)


def inverse(operation: Operation) -> Operation:
    """What undoing one operation does, for people: the same object, the other way round."""
    match operation.action:
        case Action.CREATE:
            return replace(operation, action=Action.DELETE, changes=(), reason="made by this plan")
        case Action.DELETE:
            return replace(operation, action=Action.CREATE, changes=(), reason="")
        case _:
            changes = tuple(
                AttrChange(change.name, change.desired, change.observed, change.forces_replacement) for change in operation.changes
            )
            return replace(operation, changes=changes, reason="as it was")


def inverse_plan(plan: Plan) -> Plan:
    """The operations of the way back from a plan that was carried out; nothing that could be executed."""
    return Plan(plan.deployment, tuple(inverse(operation) for operation in reversed(plan.operations)))


def as_desired(name: str, undo_: Undo) -> DesiredState:
    """What a rollback makes so. Namespaces that the plan made are not in it: they go."""
    return DesiredState(name, dict(undo_.namespaces))


def touched_namespaces(undo_: Undo) -> Mapping[str, None]:
    """Every namespace that the way back is about."""
    return dict.fromkeys((*undo_.namespaces, *undo_.made))
