"""Routes, rules and sysctls of one namespace: what differs and the steps that mend it."""

from __future__ import annotations

from nsmgr.errors import ConflictError, UnsupportedByKernel
from nsmgr.model.encap import links as links_of
from nsmgr.plan.addressing import Lost
from nsmgr.plan.diff import nexthops_text, route_changes, route_key, rule_key, sysctl_same
from nsmgr.plan.draft import Draft
from nsmgr.plan.foreign import OUR_ROUTE_PROTOCOLS, foreign_route, ignored_route, ignored_rule, kernel_rule
from nsmgr.plan.links import LinkPlan
from nsmgr.plan.plan import Action, AttrChange, Step, Verb
from nsmgr.plan.state import DesiredNetns, NetnsState, Path, Route, Rule
from nsmgr.plan.things import Fate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def emit_routes(
    netns: DesiredNetns,
    state: NetnsState,
    links: LinkPlan,
    draft: Draft,
    owned: frozenset[tuple[str, str]],
    lost: Lost,
    fate: Fate,
    born: tuple[int, ...],
) -> None:
    """Raises ConflictError where a declared route would overwrite a routing daemon's."""
    emitter = _Routes(netns, links, draft, lost, fate, born)
    for key, wanted in netns.routes.items():
        emitter.desired(wanted, state.routes.get(key, ()))
    for key, present in state.routes.items():
        declared = netns.routes.get(key)
        keep = emitter.kept.get(key)
        for route in present:
            if route is keep or foreign_route(route) or ignored_route(route, netns.ignore) or emitter.goes_with_link(route):
                continue
            if netns.manage == "declared":
                doomed = declared is None and ("route", route_key(route)) in owned
            else:
                doomed = declared is None or keep is not None
            if doomed:
                emitter.delete(route)


class _Routes:
    def __init__(self, netns: DesiredNetns, links: LinkPlan, draft: Draft, lost: Lost, fate: Fate, born: tuple[int, ...]) -> None:
        self.netns, self.links, self.draft, self.lost, self.fate, self.born = netns, links, draft, lost, fate, born
        self.kept: dict[tuple[int, str, int, int], Route] = {}

    def desired(self, wanted: Route, present: Iterable[Route]) -> None:
        """``present``: what the kernel has under the same key (one, or several where somebody appended)."""
        name = self.netns.name
        best: tuple[list[AttrChange], Route] | None = None
        for route in present:
            if foreign_route(route) and wanted.attrs.get("proto") != route.attrs.get("proto"):
                if route.attrs.get("proto") in OUR_ROUTE_PROTOCOLS or ignored_route(route, self.netns.ignore):
                    continue
                raise ConflictError(
                    f"route {route_key(wanted)} in namespace {name} exists already with protocol {route.attrs.get('proto')}: "
                    "it belongs to a routing daemon or to the kernel",
                    hint="give the declared route another metric, or leave the route to its daemon",
                )
            changes = route_changes(wanted, route)
            if best is None or len(changes) < len(best[0]):
                best = (changes, route)
        if best is None:
            self._add(wanted, self._operation(Action.CREATE, wanted, _written(wanted)), replace=False)
            return
        changes, route = best
        self.kept[wanted.key] = route
        if changes:
            op = self._operation(Action.UPDATE, wanted, changes, f"{changes[0].name} differs")
            if ":" in wanted.to and not self.goes_with_link(route):
                # fib6_add_rt2node: REPLACE only finds a route of the same make (fib6_qualify_for_ecmp); delete and add in one send.
                self._delete(route, op)
                self._add(wanted, op, replace=False)
            else:
                self._add(wanted, op, replace=True)
        elif (cause := self._dropped(route, wanted)) is not None:
            self._add(wanted, cause, replace=True)

    def goes_with_link(self, route: Route) -> bool:
        """Whether the route's last device is deleted in this plan, and the route with it."""
        name, removed = self.netns.name, self.links.removed
        return bool(route.nexthops) and all((name, hop.dev) in removed for hop in route.nexthops)

    def _dropped(self, route: Route, wanted: Route) -> int | None:
        """The operation that makes the kernel drop or change this route that is right now, or None."""
        if "nhid" in route.attrs:
            return self.fate.lost.get(_next_hop_object(route))
        six = ":" in route.to
        flushed = self.lost.v6_links if six else self.lost.v4_links
        for hop in route.nexthops:
            link = (self.netns.name, hop.dev)
            if route.to.startswith("mpls ") and link not in self.links.removed:
                continue  # mpls_ifdown marks next hops as dead, and mpls_ifup wakes them
            if link in self.links.removed:
                decision = self.links.decisions.get(link)
                return decision.op if decision is not None else 0
            if hop.dev in flushed:
                return flushed[hop.dev]
            if six and "mtu" in wanted.attrs and hop.dev in self.lost.mtu_links:
                return self.lost.mtu_links[hop.dev]
        source = route.attrs.get("prefsrc")
        return self.lost.sources.get(source) if isinstance(source, str) else None

    def delete(self, route: Route) -> None:
        op = self._operation(Action.DELETE, route, (), "not in the configuration")
        self._delete(route, op)

    def _delete(self, route: Route, op: int) -> None:
        step = self.draft.step(op, Verb.ROUTE_DEL, self.netns.name, obj=route, args={"indexes": self._indexes(route, gone=True)})
        self.draft.lane(self.netns.name).route_del.append(step)

    def _add(self, route: Route, op: int, *, replace: bool) -> None:
        needs = self.born
        for hop in route.nexthops:
            made = self.links.made_by.get((self.netns.name, hop.dev))
            if made is not None:
                needs = (*needs, made)
        if "nhid" in route.attrs and (made := self.fate.made.get(_next_hop_object(route))) is not None:
            needs = (*needs, made)
        step = self.draft.step(
            op, Verb.ROUTE_ADD, self.netns.name, obj=route, args={"replace": replace, "indexes": self._indexes(route)}, needs=needs
        )
        self.draft.lane(self.netns.name).route.append(step)

    def _indexes(self, route: Route, *, gone: bool = False) -> dict[str, int]:
        index = self.links.index
        found = {}
        for hop in route.nexthops:
            for name in (hop.dev, *links_of(hop.encap)) if hop.encap else (hop.dev,):
                if not name:
                    continue
                key = (self.netns.name, name)
                decision = self.links.decisions.get(key) if gone else None
                if decision is not None and decision.observed is not None:
                    found[name] = decision.observed.index
                else:
                    found[name] = index.get(key, 0)
        return found

    def _operation(self, action: Action, route: Route, changes: Iterable[AttrChange], reason: str = "") -> int:
        return self.draft.operation(action, self.netns.name, "route", route_key(route), changes, reason, route.origin)


def _next_hop_object(route: Route) -> tuple[str, str]:
    """The thing that a route by ``nhid`` lives on: the kernel deletes it with that (remove_nexthop)."""
    return ("nexthop", str(route.attrs["nhid"]))


def _written(route: Route) -> list[AttrChange]:
    changes = [AttrChange(name, None, value) for name, value in route.attrs.items()]
    if route.nexthops:
        changes.append(AttrChange("nexthops", None, nexthops_text(route.nexthops)))
    return changes


def emit_rules(
    netns: DesiredNetns, state: NetnsState, draft: Draft, owned: frozenset[tuple[str, str]], born: tuple[int, ...]
) -> None:
    """A rule cannot be changed, only deleted and added; an identical second one is deleted (FIB rules may repeat)."""
    lane = draft.lane(netns.name) if netns.rules or state.rules else None
    for key, rule in netns.rules.items():
        if not state.rules.get(key):
            assert lane is not None
            changes = [AttrChange(name, None, value) for name, value in rule.attrs.items()]
            op = draft.operation(Action.CREATE, netns.name, "rule", rule_key(rule.attrs), changes, "", rule.origin)
            lane.rule.append(draft.step(op, Verb.RULE_ADD, netns.name, obj=rule, needs=born))
    for key, present in state.rules.items():
        declared = key in netns.rules
        for rule in present[1:] if declared else present:
            if _prune_rule(rule, netns, owned):
                assert lane is not None
                op = draft.operation(Action.DELETE, netns.name, "rule", rule_key(rule.attrs), (), "not in the configuration")
                lane.rule_del.append(draft.step(op, Verb.RULE_DEL, netns.name, obj=rule))


def _prune_rule(rule: Rule, netns: DesiredNetns, owned: frozenset[tuple[str, str]]) -> bool:
    if kernel_rule(rule) or ignored_rule(rule, netns.ignore):
        return False
    return netns.manage == "all" or ("rule", rule_key(rule.attrs)) in owned


# Writing one of these overwrites the same key of every device (inet_forward_change, addrconf_fixup_forwarding).
_OVERWRITING = {
    "net.ipv4.ip_forward": "net.ipv4.conf.",
    "net.ipv4.conf.all.forwarding": "net.ipv4.conf.",
    "net.ipv6.conf.all.forwarding": "net.ipv6.conf.",
    "net.ipv6.conf.all.disable_ipv6": "net.ipv6.conf.",
}


def emit_sysctls(
    netns: DesiredNetns,
    state: NetnsState | None,
    links: LinkPlan,
    draft: Draft,
    born: tuple[int, ...],
    unwritable: Mapping[str, str],
) -> None:
    """Namespace-wide keys, and those of links that exist already (a new link's are written by its creation).

    Raises UnsupportedByKernel for a key that an existing namespace does not have, or a new one would not take.
    """
    if not netns.sysctls and not any(link.sysctls for link in netns.links.values()):
        return
    read = state.sysctls if state is not None else {}
    lane = draft.lane(netns.name)
    overwritten: set[str] = set()

    def write(key: str, value: str, origin: Path, steps: list[Step], *, again: bool = False, may_come: bool = False) -> bool:
        observed = read.get(key)
        if state is not None and key in read and observed is None and not may_come:
            raise _refused(netns, key, "No such file or directory", origin)
        if sysctl_same(value, observed) and not again:
            return False
        action = Action.UPDATE if state is not None else Action.CREATE
        change = AttrChange("value", observed, value)
        op = draft.operation(action, netns.name, "sysctl", key, (change,), "value differs" if state is not None else "", origin)
        steps.append(draft.step(op, Verb.SYSCTL, netns.name, name=key, args={"value": value}, needs=born))
        return True

    for key in netns.sysctls if state is None and unwritable else ():
        if key in unwritable:
            raise _refused(netns, key, unwritable[key], (*netns.origin, "sysctls", key))
    for key, value in sorted(netns.sysctls.items(), key=lambda item: _sysctl_rank(item[0])):
        if write(key, value, (*netns.origin, "sysctls", key), lane.sysctl) and key in _OVERWRITING:
            overwritten.add(_OVERWRITING[key])
    for name, link in netns.links.items():
        decision = links.decisions[netns.name, name]
        if link.sysctls and decision.action not in (Action.CREATE, Action.REPLACE, Action.MOVE):
            # IPv6 leaves a device whose MTU falls below 1280, its keys with it, and comes back with the MTU (addrconf_notify).
            resized = any(change.name == "mtu" for change in decision.changes)
            for key, value in link.sysctls.items():
                dotted = key.replace("/", ".")
                again = dotted.endswith((".forwarding", ".disable_ipv6")) and any(dotted.startswith(start) for start in overwritten)
                may_come = resized and dotted.startswith("net.ipv6.")
                write(key, value, (*link.origin, "sysctls"), lane.link_sysctl, again=again, may_come=may_come)


def _refused(netns: DesiredNetns, key: str, words: str, origin: Path) -> UnsupportedByKernel:
    if "initial" in words:
        hint = f"one setting for the whole machine: `host: {{sysctls: {{{key}: …}}}}`, where nsmgr runs in the initial namespace"
    elif "read-only" in words:
        hint = "the kernel only reports it, or lets only the initial namespace change it: leave it out"
    else:
        hint = "some keys exist only in the initial namespace, others only once a module is loaded; `nsmgr exec NETNS -- sysctl -a`"
    return UnsupportedByKernel(f"sysctl {key}", words, netns=netns.name, users=[(netns.name, origin)], hint=hint)


def _sysctl_rank(key: str) -> int:
    """ip_forward and conf.all first: they overwrite; conf.default next; the rest as written."""
    if key in _OVERWRITING:
        return 0
    return 1 if ".all." in key else 2 if ".default." in key else 3
