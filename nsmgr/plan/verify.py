"""Is it so? The short answers, without a plan: what differs and what to do about it is the long one."""

from __future__ import annotations

from nsmgr.plan.diff import (
    address_changes,
    address_key,
    link_changes,
    route_changes,
    route_key,
    rule_key,
    sysctl_same,
    thing_changes,
)
from nsmgr.plan.foreign import (
    foreign_route,
    ignored_address,
    ignored_link,
    ignored_route,
    ignored_rule,
    kernel_made_address,
    kernel_rule,
    prunable,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from nsmgr.plan.state import Address, DesiredLink, DesiredNetns, DesiredState, Link, NetnsState, ObservedState, Route

    Objects = Collection[tuple[str, str]]  # (type, key) of what is ours in a namespace of which only the declared part is managed


def as_declared(desired: Mapping[str, DesiredNetns], observed: Mapping[str, NetnsState]) -> bool:
    """Whether everything declared is there as declared. What is there besides is not looked at.

    For namespaces that nobody but this apply has seen; where others may have been, :func:`in_sync` says whether it is in sync.
    """
    return all((state := observed.get(name)) is not None and _declared(netns, state) for name, netns in desired.items())


def in_sync(desired: DesiredState, observed: ObservedState) -> bool:
    """Whether everything declared is there as declared, and nothing besides that a plan would remove.

    True means that the plan is empty. False that it may not be: rare things (repeated routes, physical links on loan) are
    left to the plan.
    """
    owned = observed.owned
    if owned.physical or any(name not in desired.namespaces and name in observed.namespaces for name in owned.namespaces):
        return False
    for name, netns in desired.namespaces.items():
        state = observed.namespaces.get(name)
        if state is None or not _declared(netns, state) or not _nothing_else(netns, state, owned.objects.get(name, ())):
            return False
    return True


def _declared(netns: DesiredNetns, state: NetnsState) -> bool:
    links, addresses, sysctls = state.links, state.addresses, state.sysctls
    for name, link in netns.links.items():
        present = links.get(name)
        if present is None or not _same_link(link, present):
            return False
        for text, wanted in link.addresses.items():
            address = addresses.get((name, text))
            if address is None or not _same_address(wanted, address):
                return False
        if link.sysctls and not _sysctls(link.sysctls, sysctls):
            return False
    if netns.things and not all((have := state.things.get(key)) and not thing_changes(t, have) for key, t in netns.things.items()):
        return False
    routes = all(_route(route, state.routes.get(key, ())) for key, route in netns.routes.items())
    return routes and all(state.rules.get(key) for key in netns.rules) and _sysctls(netns.sysctls, sysctls)


def _same_link(wanted: DesiredLink, present: Link) -> bool:
    """The comparison of two mappings answers for nearly every link; tolerances are the rows' business."""
    if wanted.kind == present.kind and wanted.altnames is None and wanted.attrs.items() <= present.attrs.items():
        return True
    return not link_changes(wanted, present)


def _same_address(wanted: Address, present: Address) -> bool:
    attrs = wanted.attrs
    return not attrs or attrs.items() <= present.attrs.items() or not address_changes(wanted, present)


def _route(wanted: Route, present: Iterable[Route]) -> bool:
    return any(not foreign_route(route) and not route_changes(wanted, route) for route in present)


def _sysctls(wanted: Mapping[str, str], read: Mapping[str, str | None]) -> bool:
    return all(sysctl_same(value, read.get(key)) for key, value in wanted.items())


def _nothing_else(netns: DesiredNetns, state: NetnsState, owned: Objects) -> bool:
    """Nothing undeclared that would be removed; ``owned`` counts where only the declared part is managed."""
    partly = netns.manage == "declared"
    if partly and not owned and not netns.routes and not netns.rules:
        return True
    if state.things and any(key not in netns.things and prunable(thing, netns, owned) for key, thing in state.things.items()):
        return False
    ignore, wanted = netns.ignore, netns.links
    for name, link in state.links.items():
        if name in wanted or link.fallback or ignored_link(link, ignore):
            continue
        if ("link", name) in owned if partly else link.kind:
            return False
    for (name, text), address in state.addresses.items():
        declared = wanted.get(name)
        if declared is not None and text in declared.addresses:
            continue
        if partly:
            if ("address", address_key(address)) in owned:
                return False
        elif not kernel_made_address(address) and not ignored_address(address, ignore):
            return False
    for key, routes in state.routes.items():
        if key in netns.routes:
            if len(routes) > 1 or foreign_route(routes[0]):
                return False
        elif not all(
            ("route", route_key(route)) not in owned if partly else foreign_route(route) or ignored_route(route, ignore)
            for route in routes
        ):
            return False
    for rule_id, rules in state.rules.items():
        if rule_id in netns.rules:
            if len(rules) > 1:
                return False
        elif not all(
            kernel_rule(rule) or (("rule", rule_key(rule.attrs)) not in owned if partly else ignored_rule(rule, ignore))
            for rule in rules
        ):
            return False
    return True
