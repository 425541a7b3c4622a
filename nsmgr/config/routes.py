"""Routes and rules: document entries → plan.state.Route and Rule."""

from __future__ import annotations

from _socket import AF_INET, AF_INET6

from nsmgr.config.bodies import validate
from nsmgr.config.report import Path, Report, did_you_mean
from nsmgr.config.space import Space
from nsmgr.model.attr import Value
from nsmgr.model.encap import links, only_ipv6
from nsmgr.model.meaning import rule_identity
from nsmgr.model.words import IPV6_METRIC, NO_NEXTHOP
from nsmgr.plan.state import NextHop, Route, Rule
from nsmgr.text import family

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_ATTRIBUTES = ("type", "scope", "proto", "prefsrc", "mtu", "advmss")
# What few routes have; the order is that of plans.
_RARE = (
    "nhid", "pref", "expires", "realms", "ttl_propagate", "lock", "window", "rtt", "rttvar", "rto_min", "ssthresh", "cwnd",
    "initcwnd", "initrwnd", "reordering", "hoplimit", "features", "quickack", "congctl", "fastopen_no_cookie",
)  # fmt: skip
_COMMON = frozenset(("to", "family", "via", "dev", "onlink", "nexthops", "table", "metric", "tos", *_ATTRIBUTES))
_WAYS = ("via", "dev", "onlink", "encap", "as_")
AF_MPLS = 28
_FAMILY = {AF_INET: "ipv4", AF_INET6: "ipv6"}
_SHOWN = {AF_INET: "IPv4", AF_INET6: "IPv6", AF_MPLS: "MPLS"}


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
    by_object = model.nhid is not None
    hops = _hops(model, kind in NO_NEXTHOP or by_object)
    faults = _Faults(path, report)
    to, number = _destination(model, hops, faults)
    if by_object:
        _check_object(space, model, kind, faults)
    elif kind in NO_NEXTHOP:
        for key in ("via", "nexthops", "dev", "encap"):
            # ip6_route_info_create sends rejected packets to lo by itself, and dumps show it.
            if getattr(model, key) is not None and not (key == "dev" and number != AF_INET and model.dev == "lo"):
                faults.add(key, f"a {kind} route leads nowhere: `{key}` has no place in it", f"remove `{key}`, or `type: {kind}`")
    elif model.nexthops and (key := _first(model, _WAYS)):
        faults.add(key, f"`{key}` and `nexthops` exclude each other", f"write `{key}` in the entries of `nexthops`")
    elif kind == "unicast" and not all(hop.via or hop.dev for _, hop in hops):
        faults.add("", "a route needs `via`, `dev` or `nexthops`", "for example `via: 10.0.0.1`; `type: blackhole` to drop packets")
    elif kind != "unicast" and not all(hop.dev for _, hop in hops):
        faults.add("", f"a {kind} route needs `dev`", "for example `dev: lo`")
    for where, hop in hops:
        _check_hop(space, where, hop, number, faults)
    if model.prefsrc and family(model.prefsrc) != number:
        faults.add("prefsrc", f"`{model.prefsrc}` is not an {_SHOWN[number]} address", "")
    if model.tos and number != AF_INET:
        faults.add("tos", f"{_SHOWN[number]} routes have no tos", "use a rule with `tos` and another table")
    values = model.__dict__
    attrs: dict[str, Value] = {key: values[key] for key in _ATTRIBUTES if values[key] is not None}
    if not _COMMON.issuperset(model.model_fields_set):
        attrs |= {key: values[key] for key in _RARE if values[key] is not None}
        _check_rare(attrs, number, kind, faults)
    if number == AF_MPLS:
        _check_mpls(space, model, to, attrs, faults)
    metric = model.metric or (IPV6_METRIC if number == AF_INET6 else 0)
    nexthops = tuple(hop for _, hop in hops)
    return None if faults.found else Route(to, model.table or 254, metric, model.tos or 0, nexthops, attrs, path)


def _first(model: Any, keys: Iterable[str]) -> str:
    """The first of the keys that is written, as it is written; "" = none."""
    return next((key.rstrip("_") for key in keys if getattr(model, key) is not None), "")


def _check_object(space: Space, model: Any, kind: str, faults: _Faults) -> None:
    """A next hop object says all about the way (rtm_to_fib_config, ip6_route_info_create)."""
    for key in (*_WAYS, "nexthops"):
        if getattr(model, key) is not None:
            written = key.rstrip("_")
            faults.add(written, f"`{written}` and `nhid` exclude each other", "the next hop object says which way")
    if kind != "unicast":
        faults.add("type", f"a route by a next hop object is unicast, not {kind}", "`blackhole: true` in the next hop object")
    declared = [key for name, key in space.state.things if name == "nexthop"]
    if str(model.nhid) not in declared and not space.lenient:
        hint = did_you_mean(str(model.nhid), declared, f"declare it under `nexthops:` of `{space.name}`")
        faults.add("nhid", f"there is no next hop object {model.nhid}", hint, "dangling_reference")


# Attribute → families whose routes have it.
_FAMILIES_OF = {
    "pref": (AF_INET6,), "expires": (AF_INET6,), "realms": (AF_INET,), "ttl_propagate": (AF_MPLS,), "nhid": (AF_INET, AF_INET6),
}  # fmt: skip


def _check_rare(attrs: dict[str, Value], number: int, kind: str, faults: _Faults) -> None:
    if "pref" in attrs and kind in NO_NEXTHOP:  # ip6_route_info_create: its flags are RTF_REJECT and nothing else
        faults.add("pref", f"the kernel keeps no `pref` of a {kind} route", "remove `pref`")
    for name in attrs:
        known = _FAMILIES_OF.get(name)
        if known is not None and number not in known:
            words = " and ".join(_SHOWN[family] for family in known)
            faults.add(name, f"`{name}` exists for {words} routes only", f"remove `{name}`")
    lock = attrs.get("lock")
    if isinstance(lock, tuple) and "cwnd" in lock and not attrs.get("cwnd"):
        faults.add("lock", "a locked cwnd needs a value (ip_metrics_convert)", "write `cwnd` as well")


def _check_mpls(space: Space, model: Any, to: str, attrs: dict[str, Value], faults: _Faults) -> None:
    """rtm_to_route_config (net/mpls/af_mpls.c): label, ways, protocol and nothing else."""
    known = ("to", "family", "via", "dev", "as_", "nexthops", "proto", "ttl_propagate")
    for key in sorted(model.model_fields_set.difference(known)):
        if getattr(model, key) is not None:
            faults.add(key.rstrip("_"), f"an MPLS route has no `{key.rstrip('_')}`", f"remove `{key.rstrip('_')}`")
    labels = int(to.split()[1])
    text = space.state.sysctls.get("net.mpls.platform_labels", "")
    room = int(text) if text.isdecimal() else 0
    if space.state.source == "create" and not space.state.adopt and room <= labels:
        faults.add(
            "to",
            f"label {labels} is not below net.mpls.platform_labels, which is {room} in this namespace",
            f"write `sysctls: {{net.mpls.platform_labels: {max(1000, labels + 1)}}}`",
        )


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
            (
                ("nexthops", i),
                NextHop(hop.via or "", hop.dev or "", hop.weight, hop.onlink, hop.encap or "", hop.as_ or ""),
            )
            for i, hop in enumerate(model.nexthops)
        ]
    return [((), NextHop(model.via or "", model.dev or "", 1, bool(model.onlink), model.encap or "", model.as_ or ""))]


def _destination(model: Any, hops: list[tuple[Path, NextHop]], faults: _Faults) -> tuple[str, int]:
    """The canonical destination, and its family: of ``default`` it comes from the gateway, else from ``family``, else as for

    ip(8) IPv4.
    """
    to = str(model.to)
    if to.startswith("mpls "):
        return to, AF_MPLS
    if to != "default":
        if model.family and model.family != _FAMILY[family(to)]:
            faults.add("family", f"`{to}` is not {model.family}", "leave `family` out")
    else:
        gateway = next((hop.via for _, hop in hops if hop.via), model.prefsrc or "")
        if gateway and ":" not in gateway and model.family == "ipv6":
            faults.add("family", f"`{gateway}` is not {model.family}", "leave `family` out")
        six = model.family == "ipv6" or (model.family is None and (":" in gateway or ":" in (model.from_ or "")))
        to = "::/0" if six else "0.0.0.0/0"
    number = family(to)
    if model.from_ is not None:
        if number != AF_INET6 or ":" not in model.from_:
            faults.add("from", "`from` exists for IPv6 routes only, and is an IPv6 prefix", "IPv4: a rule with `from` and a table")
        if not model.from_.endswith("/0"):
            to = f"{to} from {model.from_}"
    return to, number


def _check_hop(space: Space, where: Path, hop: NextHop, number: int, faults: _Faults) -> None:
    gateway = family(hop.via) if hop.via else number
    if gateway != number and (number, gateway) != (AF_INET, AF_INET6) and number != AF_MPLS:
        faults.add(
            (*where, "via"),
            f"the gateway {hop.via} is not an {_SHOWN[number]} address",
            "destination and gateway are of one family",
        )
    for key, name in (("dev", hop.dev), *(("encap", link) for link in (links(hop.encap) if hop.encap else ()))):
        if name and name not in space.names and not space.lenient:
            words = f"`{key}` names the link `{name}`, which is not declared"
            hint = did_you_mean(name, space.names, f"declare it under `links:` of `{space.name}`")
            faults.add((*where, key), words, hint, "dangling_reference")
    if hop.onlink and not (hop.dev and hop.via):
        # fib_check_nh: an onlink gateway is not looked up, so the kernel must be told the device (ENODEV).
        faults.add((*where, "onlink"), "`onlink` needs `via` and `dev`", "say through which link the gateway is reached")
    if where and not (hop.via or hop.dev):
        faults.add(where, "a next hop needs `via` or `dev`", "")
    if hop.via.startswith("fe80:") and not hop.dev:
        faults.add(
            (*where, "via"), f"{hop.via} is on every link: `dev` is missing", "say through which link the gateway is reached"
        )
    if hop.encap and number == AF_INET and only_ipv6(hop.encap):
        faults.add((*where, "encap"), f"only IPv6 routes have `{hop.encap.split(' segs')[0]}`", "")
    if hop.labels and number != AF_MPLS:
        faults.add((*where, "as"), "`as` belongs to MPLS routes", "labels for IP packets: `encap: mpls 100`")


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
