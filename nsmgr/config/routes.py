"""Routes and rules: document entries → plan.state.Route and Rule."""

from __future__ import annotations

from nsmgr.config.bodies import validate
from nsmgr.config.report import Path, Report, did_you_mean
from nsmgr.config.space import Space
from nsmgr.model.attr import Value
from nsmgr.model.meaning import rule_identity
from nsmgr.model.words import IPV6_METRIC, NO_NEXTHOP
from nsmgr.plan.state import NextHop, Route, Rule
from nsmgr.text import family

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ATTRIBUTES = ("type", "scope", "proto", "prefsrc", "mtu", "advmss")
_FAMILY = {2: "ipv4", 10: "ipv6"}
_SHOWN = {2: "IPv4", 10: "IPv6"}


def expand_routes(space: Space, report: Report) -> None:
    """Put the namespace's routes into its state."""
    if not space.model.routes:
        return
    routes = space.state.routes
    for position, raw in enumerate(space.model.routes):
        path = (*space.path, "routes", position)
        model = validate("route", raw, path, report)
        if model is None:
            continue
        route = _route(space, model, path, report)
        if route is None:
            continue
        first = routes.setdefault(route.key, route)
        if first is not route:
            words = f"a route to {route.to} with the same table, metric and tos stands at {{other}}"
            hint = "several gateways: `nexthops:`; an alternative: another `metric`"
            report.error(path, words, hint, "duplicate_route", other=first.origin)


def _route(space: Space, model: Any, path: Path, report: Report) -> Route | None:
    kind = model.type or "unicast"
    hops = _hops(model, kind in NO_NEXTHOP)
    faults = _Faults(path, report)
    to = _destination(model, hops, faults)
    number = family(to)
    if kind in NO_NEXTHOP:
        for key in ("via", "nexthops", "dev"):
            # ip6_route_info_create sends rejected packets to lo by itself, and dumps show it.
            if getattr(model, key) is not None and not (key == "dev" and number != 2 and model.dev == "lo"):
                faults.add(key, f"a {kind} route leads nowhere: `{key}` has no place in it", f"remove `{key}`, or `type: {kind}`")
    elif model.nexthops and (model.via or model.dev or model.onlink is not None):
        key = next(key for key in ("via", "dev", "onlink") if getattr(model, key) is not None)
        faults.add(key, f"`{key}` and `nexthops` exclude each other", f"write `{key}` in the entries of `nexthops`")
    elif kind == "unicast" and not all(hop.via or hop.dev for _, hop in hops):
        faults.add("", "a route needs `via`, `dev` or `nexthops`", "for example `via: 10.0.0.1`; `type: blackhole` to drop packets")
    elif kind != "unicast" and not all(hop.dev for _, hop in hops):
        faults.add("", f"a {kind} route needs `dev`", "for example `dev: lo`")
    for where, hop in hops:
        _check_hop(space, where, hop, number, faults)
    if model.prefsrc and family(model.prefsrc) != number:
        faults.add("prefsrc", f"`{model.prefsrc}` is not an {_SHOWN[number]} address", "")
    if model.tos and number != 2:
        faults.add("tos", "IPv6 routes have no tos", "use a rule with `tos` and another table")
    values = model.__dict__
    attrs: dict[str, Value] = {key: values[key] for key in _ATTRIBUTES if values[key] is not None}
    metric = model.metric or (0 if number == 2 else IPV6_METRIC)
    nexthops = tuple(hop for _, hop in hops)
    return None if faults.found else Route(to, model.table or 254, metric, model.tos or 0, nexthops, attrs, path)


class _Faults:
    """Reports below one route's path, and knows whether there was something."""

    def __init__(self, path: Path, report: Report) -> None:
        self.path, self.report, self.found = path, report, False

    def add(self, key: str | Path, message: str, hint: str, code: str = "value") -> None:
        self.found = True
        below = key if isinstance(key, tuple) else (key,) if key else ()
        self.report.error((*self.path, *below), message, hint, code)


def _hops(model: Any, none: bool) -> list[tuple[Path, NextHop]]:
    """The ways of a route, each with its place below the route."""
    if none:
        return []
    if model.nexthops:
        return [
            (("nexthops", i), NextHop(hop.via or "", hop.dev or "", hop.weight, hop.onlink)) for i, hop in enumerate(model.nexthops)
        ]
    return [((), NextHop(model.via or "", model.dev or "", 1, bool(model.onlink)))]


def _destination(model: Any, hops: list[tuple[Path, NextHop]], faults: _Faults) -> str:
    """The canonical prefix: for ``default`` the family comes from the gateway, else from ``family``, else as for ip(8) IPv4."""
    if model.to != "default":
        if model.family and model.family != _FAMILY[family(model.to)]:
            faults.add("family", f"`{model.to}` is not {model.family}", "leave `family` out")
        return str(model.to)
    gateway = next((hop.via for _, hop in hops if hop.via), model.prefsrc or "")
    if gateway and model.family and model.family != _FAMILY[family(gateway)]:
        faults.add("family", f"`{gateway}` is not {model.family}", "leave `family` out")
    return "::/0" if model.family == "ipv6" or ":" in gateway else "0.0.0.0/0"


def _check_hop(space: Space, where: Path, hop: NextHop, number: int, faults: _Faults) -> None:
    if hop.via and family(hop.via) != number:
        faults.add(
            (*where, "via"),
            f"the gateway {hop.via} is not an {_SHOWN[number]} address",
            "destination and gateway are of one family",
        )
    if hop.dev and hop.dev not in space.names and not space.lenient:
        words = f"`dev` names the link `{hop.dev}`, which is not declared"
        hint = did_you_mean(hop.dev, space.names, f"declare it under `links:` of `{space.name}`")
        faults.add((*where, "dev"), words, hint, "dangling_reference")
    if hop.onlink and not (hop.dev and hop.via):
        # fib_check_nh: an onlink gateway is not looked up, so the kernel must be told the device (ENODEV).
        faults.add((*where, "onlink"), "`onlink` needs `via` and `dev`", "say through which link the gateway is reached")
    if where and not (hop.via or hop.dev):
        faults.add(where, "a next hop needs `via` or `dev`", "")


def expand_rules(space: Space, report: Report) -> None:
    """Put the namespace's rules into its state."""
    if not space.model.rules:
        return
    rules = space.state.rules
    for position, raw in enumerate(space.model.rules):
        path = (*space.path, "rules", position)
        model = validate("rule", raw, path, report)
        if model is None:
            continue
        try:
            rule = Rule(rule_identity(model), model.proto or 0, path)
        except ValueError as error:
            field, message, hint = error.args
            report.error((*path, field) if field else path, message, hint)
            continue
        first = rules.setdefault(rule.key, rule)
        if first is not rule:
            report.error(path, "the same rule stands at {other}", "remove one of them", "duplicate_rule", other=first.origin)
        for key in ("iif", "oif"):
            name = rule.attrs.get(key)
            if name and name not in space.names and name != "lo" and not space.lenient:
                hint = did_you_mean(name, space.names, "the rule fits no packet until such a link exists")
                report.warning((*path, key), f"`{key}` names the link `{name}`, which is not declared", hint, "dangling_reference")
