"""Observed namespaces → a configuration that describes them: valid input again, and nothing to do on the same host.

Left out is what would not be pruned either (:mod:`nsmgr.plan.foreign`), what equals the row's default, and what is not a
wish (hardware addresses, read-only attributes). ``adopt: true`` with ``manage: all`` takes the namespaces over as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nsmgr.model.base import UNSET, Attr, Change
from nsmgr.model.links import kind_class, kind_names
from nsmgr.model.links.base import Link as LinkModel
from nsmgr.model.port import PREFIX, port_rows
from nsmgr.model.route import PROTOCOLS
from nsmgr.model.thing import Part, sections, thing_type, thing_units
from nsmgr.plan.foreign import foreign_route, kernel_made_address, kernel_rule
from nsmgr.plan.state import HOST, PROTO_NSMGR, Address, Link, NetnsState, NextHop, Route, Rule
from nsmgr.render.values import ROUTE_UNITS, config_value, units
from nsmgr.render.yaml import block

# What a router needs to be one, read along with the state: namespace-wide keys and the value a new namespace has.
SYSCTL_DEFAULTS: Mapping[str, str] = {"net.ipv4.ip_forward": "0", "net.ipv6.conf.all.forwarding": "0"}

_MAIN_TABLE, _IPV6_METRIC = 254, 1024
_RTPROT_BOOT = 3
Document = dict[str, Any]


def export_yaml(states: Mapping[str, NetnsState], name: str = "exported") -> str:
    """The YAML text, with a newline at the end.

    Args:
        states: by namespace name, ``host`` among them only when it is wanted in the document.
        name: of the deployment.
    """
    return "\n".join(block(export_document(states, name))) + "\n"


def export_document(states: Mapping[str, NetnsState], name: str = "exported") -> Document:
    """The same as plain data."""
    document: Document = {"version": 1, "name": name}
    exporter = _Exporter(states)
    if HOST in states:
        document["host"] = exporter.body(states[HOST])
    others = {netns: state for netns, state in states.items() if netns != HOST}
    document["namespaces"] = {netns: {"adopt": True, "manage": "all"} | exporter.body(state) for netns, state in others.items()}
    return document


class _Exporter:
    def __init__(self, states: Mapping[str, NetnsState]) -> None:
        self._states = states
        self._paired: set[tuple[str, str]] = set()  # far ends of pairs that an earlier link has declared

    def body(self, state: NetnsState) -> Document:
        addresses: dict[str, list[Any]] = {}
        for address in state.addresses.values():
            if not kernel_made_address(address):
                addresses.setdefault(address.link, []).append(_address(address))
        links = {}
        for link in state.links.values():
            body = self._link(state.name, link)
            if link.name in addresses:
                body["addresses"] = addresses[link.name]
            # A device as the kernel made it is no news: sit0 and tunl0 down, lo up (every namespace's lo is, unless written).
            idle = not body if link.kind == "lo" else body.get("state") == "down" and "addresses" not in body
            if not (link.fallback and idle):
                links[link.name] = body
        routes = [_route(kept[0]) for found in state.routes.values() if (kept := [r for r in found if not foreign_route(r)])]
        rules = [_rule(rule) for found in state.rules.values() for rule in found[:1] if not kernel_rule(rule)]
        sysctls = {key: _number(value) for key, value in state.sysctls.items() if value not in (None, SYSCTL_DEFAULTS.get(key))}
        for where, section, said in _sections(state):
            if where in links:
                links[where][section] = said
        parts = {"links": links, "routes": routes, "rules": rules, "sysctls": sysctls}
        parts |= {section: said for where, section, said in _sections(state) if not where}
        return {key: part for key, part in parts.items() if part}

    def _link(self, netns: str, link: Link) -> Document:
        body: Document = {}
        far_end = (netns, link.name) in self._paired
        if link.kind == "lo" or far_end:
            model, declared = kind_class(link.kind), far_end
        else:
            declared = self._declarable(netns, link)
            # What cannot be made again is configured in place: only what every link has, without `kind`.
            model = kind_class(link.kind) if declared else LinkModel
            if declared:
                body["kind"] = link.kind
        own_units = units(model.KIND)
        usual = kind_class(link.kind) if link.fallback else model
        implied = model.implied(link.attrs)
        for name, row in model.rows().items():
            value = link.attrs.get(name)
            if value is None or name in implied or not _said(name, row, value, usual, declared, far_end):
                continue
            if name == "underlay" and link.attrs.get("parent"):
                continue  # its namespace says it
            body[name] = config_value(value, own_units.get(name, ""))
        if "controller" in body and link.port_kind:
            options = _port_options(link)
            body |= {"port_options": options} if options else {}
        if declared and model.PAIR and not far_end:
            other_netns, _, other = str(link.attrs["peer"]).rpartition("/")
            self._paired.add((other_netns, other))
        if link.altnames:
            body["altnames"] = list(link.altnames)
        return body

    def _declarable(self, netns: str, link: Link) -> bool:
        """Whether the document can ask for this link: a kind nsmgr knows, and every link it needs is in the document."""
        if link.fallback or link.kind not in kind_names():
            return False
        model = kind_class(link.kind)
        if model.MAKER == "none" or (model.PAIR and "peer" not in link.attrs):
            return False
        needed = [link.attrs[name] for name, row in model.rows().items() if (row.ref or name == "peer") and link.attrs.get(name)]
        return all(self._exported(netns, str(reference)) for reference in needed)

    def _exported(self, netns: str, reference: str) -> bool:
        where, _, name = reference.rpartition("/")
        state = self._states.get(where or netns)
        return state is not None and name in state.links


def _sections(state: NetnsState) -> Iterator[tuple[str, str, Any]]:
    """(link or "", section, what it says) for the things of a namespace."""
    owners = {
        kind: name
        for level in ("link", "namespace")
        for name in sections(level).values()
        for kind in (name, *thing_type(name).ALSO)
    }
    found: dict[tuple[str, str], list[Part]] = {}
    for thing in state.things.values():
        cls = thing_type(thing.type)
        if thing.type in owners and not cls.foreign(thing.attrs):
            part = Part(thing.type, thing.key, dict(thing.attrs), thing.on, thing.after)
            own = thing_type(owners[thing.type]).LEVEL == "link"
            found.setdefault((thing.link if own else "", owners[thing.type]), []).append(part)
    for (link, name), parts in found.items():
        cls = thing_type(name)
        with_units = {row: unit for kind in (name, *cls.ALSO) for row, unit in thing_units(kind).items()}
        said = _plain(cls.section(parts), with_units)
        if said or not cls.SETTINGS:
            yield link, cls.SECTION, said


def _plain(said: Any, own: Mapping[str, str]) -> Any:
    """Canonical values as the document has them."""
    if isinstance(said, dict):
        return {
            key: _plain(value, own) if isinstance(value, (dict, list)) else config_value(value, own.get(key, ""))
            for key, value in said.items()
        }
    return [_plain(part, own) for part in said] if isinstance(said, list) else config_value(said)


def _said(name: str, row: Attr, value: Any, model: type[LinkModel], declared: bool, far_end: bool) -> bool:
    """Whether a row is worth a line."""
    if not row.export or row.change is Change.READ_ONLY or str(value).startswith("?/"):
        return False
    if not declared and row.change in (Change.REPLACE, Change.CREATE_ONLY):
        return False  # fixed when the link was made, and we do not make it
    if far_end and name == "peer":
        return False
    if name == "mtu":
        return bool(value != model.DEFAULT_MTU)
    default = model.DEFAULTS.get(name, row.default)
    return bool(default is UNSET or value != default)


def _port_options(link: Link) -> Document:
    found: Document = {}
    for name, row in port_rows(link.port_kind).items():
        value = link.attrs.get(name)
        if value is None or not row.export or str(value).startswith("?/"):
            continue
        if row.default is UNSET or value != row.default:
            found[name.removeprefix(PREFIX)] = config_value(value)
    return found


def _number(text: str | None) -> int | str | None:
    return int(text) if text is not None and text.isascii() and text.isdecimal() else text


# ------------------------------------------------------------------------------------------------- addresses, routes, rules


def _address(address: Address) -> Any:
    """CIDR text where that says it all, else the mapping."""
    local, _, peer = address.address.partition(" peer ")
    attrs = address.attrs
    body: Document = {"address": local}
    if peer:
        body["peer"] = peer
    ipv6 = ":" in local
    if not ipv6:
        if attrs.get("label") not in (None, "", address.link):
            body["label"] = attrs["label"]
        if attrs.get("scope", "global") != "global":
            body["scope"] = attrs["scope"]
        if attrs.get("broadcast"):
            body["broadcast"] = attrs["broadcast"]
    else:
        body |= {flag: True for flag in ("nodad", "home", "mngtmpaddr") if attrs.get(flag)}
    body |= {flag: True for flag in ("noprefixroute", "autojoin") if attrs.get(flag)}
    if attrs.get("metric"):
        body["metric"] = attrs["metric"]
    if attrs.get("proto") not in (None, 0, PROTO_NSMGR):
        body["proto"] = attrs["proto"]
    return local if len(body) == 1 else body


_ROUTE_NOT_SAID = frozenset(("type", "scope", "proto", "family"))


def _route(route: Route) -> Document:
    ipv6 = ":" in route.to
    to, _, source = route.to.partition(" from ")
    body: Document = {"to": "default" if to == "0.0.0.0/0" else to} | ({"from": source} if source else {})
    if route.attrs.get("type", "unicast") != "unicast":
        body["type"] = route.attrs["type"]
    if len(route.nexthops) == 1:
        body |= _hop(route.nexthops[0])
        if route.to == "0.0.0.0/0" and ":" in route.nexthops[0].via:
            body["family"] = "ipv4"
    elif route.nexthops:
        body["nexthops"] = [_hop(hop) | ({"weight": hop.weight} if hop.weight != 1 else {}) for hop in route.nexthops]
    if route.table != _MAIN_TABLE:
        body["table"] = route.table
    if route.metric not in ((0, _IPV6_METRIC) if ipv6 else (0,)):
        body["metric"] = route.metric
    if route.tos:
        body["tos"] = route.tos
    # inet_rtm_newroute's own choice: link where no gateway is given, else global; IPv6 has no scopes.
    natural = (
        "link" if route.nexthops and not route.to.startswith("mpls ") and not any(hop.via for hop in route.nexthops) else "global"
    )
    if not ipv6 and route.attrs.get("scope", natural) != natural:
        body["scope"] = route.attrs["scope"]
    if route.attrs.get("proto") not in (None, _RTPROT_BOOT, PROTO_NSMGR):
        number = route.attrs["proto"]
        body["proto"] = next((name for name, known in PROTOCOLS.items() if known == number), number)
    for name, value in route.attrs.items():
        if name not in _ROUTE_NOT_SAID and value is not None:
            body[name] = config_value(value, ROUTE_UNITS.get(name, ""))
    return body


def _hop(hop: NextHop) -> Document:
    body: Document = {}
    if hop.via:
        body["via"] = hop.via
    if hop.dev:
        body["dev"] = hop.dev
    if hop.onlink:
        body["onlink"] = True
    if hop.encap:
        body["encap"] = hop.encap
    if hop.labels:
        body["as"] = hop.labels
    return body


def _rule(rule: Rule) -> Document:
    order = ("priority", "family", "from", "to")
    named = {name: rule.attrs[name] for name in order if name in rule.attrs}
    body = named | {name: config_value(value) for name, value in rule.attrs.items() if name not in order}
    if body.get("family") == ("ipv6" if ":" in str(body.get("from", body.get("to", ""))) else "ipv4"):
        del body["family"]  # told by the prefixes
    return body
