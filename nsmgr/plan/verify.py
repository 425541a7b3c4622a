"""Is it so? The short question after an apply; the long answer, what differs, is a plan."""

from __future__ import annotations

from nsmgr.plan.diff import address_changes, link_changes, route_changes, sysctl_same
from nsmgr.plan.foreign import foreign_route
from nsmgr.plan.state import DesiredNetns, NetnsState, Route

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def as_declared(desired: Mapping[str, DesiredNetns], observed: Mapping[str, NetnsState]) -> bool:
    """Whether everything declared is there as declared. What is there besides is not looked at.

    For namespaces that nobody but this apply has seen; where others may have been, only a plan says whether it is in sync.
    """
    return all((state := observed.get(name)) is not None and _netns(netns, state) for name, netns in desired.items())


def _netns(netns: DesiredNetns, state: NetnsState) -> bool:
    links, addresses, sysctls = state.links, state.addresses, state.sysctls
    for name, link in netns.links.items():
        present = links.get(name)
        if present is None or link_changes(link, present):
            return False
        for text, wanted in link.addresses.items():
            address = addresses.get((name, text))
            if address is None or (wanted.attrs and address_changes(wanted, address)):
                return False
        if link.sysctls and not _sysctls(link.sysctls, sysctls):
            return False
    routes = all(_route(route, state.routes.get(key, ())) for key, route in netns.routes.items())
    return routes and all(state.rules.get(key) for key in netns.rules) and _sysctls(netns.sysctls, sysctls)


def _route(wanted: Route, present: Iterable[Route]) -> bool:
    return any(not foreign_route(route) and not route_changes(wanted, route) for route in present)


def _sysctls(wanted: Mapping[str, str], read: Mapping[str, str | None]) -> bool:
    return all(sysctl_same(value, read.get(key)) for key, value in wanted.items())
