"""A plan as a script of ``ip -batch`` calls: runnable with sh(1), and a way to read what will happen in familiar words.

One here-document per namespace, family and phase, in the plan's order. What ip cannot express is a comment beginning with
``# ip cannot``; sysctls are comments with the command that sets them, because ip has none.
"""

from __future__ import annotations

import shlex

from nsmgr.model.links import kind_class
from nsmgr.model.ports import port_class
from nsmgr.model.thing import facts
from nsmgr.plan.plan import Batch, Plan, Step, Verb
from nsmgr.plan.state import HOST, Address, ObservedState, Route, Rule
from nsmgr.record import Record
from nsmgr.render.ip_words import spell
from nsmgr.render.values import ROUTE_UNITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nsmgr.model.attr import Value

_END = "EOF"


class _Line(Record, frozen=True):
    text: str
    ipv6: bool = False  # `ip rule` takes its family from -6 only


def ip_batch(plan: Plan, observed: ObservedState | None = None, sources: Mapping[str, str] | None = None) -> str:
    """The script, without a newline at the end.

    Args:
        observed: gives existing links their names; without it they are written ``if<index>``.
        sources: namespace → "pid:<n>" or "path:<p>" for those that have no name under /run/netns.
    """
    return "\n".join(
        ["#!/bin/sh", f"# {plan.deployment}: {len(plan.operations)} operations", *_Script(plan, observed, sources).lines()]
    )


class _Script:
    def __init__(self, plan: Plan, observed: ObservedState | None, sources: Mapping[str, str] | None) -> None:
        self.plan = plan
        self.sources = sources or {}
        self.names: dict[str, dict[int, str]] = {}
        for netns, state in (observed.namespaces if observed else {}).items():
            self.names[netns] = {link.index: link.name for link in state.links.values()}
        for step in plan.steps:
            target = step.args.get("target", step.netns)
            if step.name and step.verb in (Verb.LINK_ADD, Verb.TUN_ADD, Verb.LINK_SET):
                self.names.setdefault(str(target), {})[step.index] = step.name
            if isinstance(peer := step.args.get("peer"), dict):
                self.names.setdefault(str(peer["netns"]), {})[int(peer["index"])] = str(peer["name"])
            if step.verb is Verb.LINK_MOVE:
                self.names.setdefault(str(target), {})[int(step.args.get("new_index", step.index))] = str(step.args["rename"])

    def lines(self) -> Iterator[str]:
        for batch in self.plan.batches():
            if not batch.netns:
                yield from (self._netns(step) for step in batch.steps)
            else:
                yield from self._batch(batch)

    def _netns(self, step: Step) -> str:
        name = shlex.quote(step.name)
        if step.verb is Verb.NETNS_DEL:
            return f"ip netns del {name}"
        return f"ip netns del {name}; ip netns add {name}" if step.args.get("repair") else f"ip netns add {name}"

    def _batch(self, batch: Batch) -> Iterator[str]:
        family: bool | None = None
        for step in batch.steps:
            for line in self._step(step):
                if family is not line.ipv6:
                    if family is not None:
                        yield _END
                    yield f"{self._command(batch.netns)}{' -6' if line.ipv6 else ''} -batch - <<'{_END}'"
                    family = line.ipv6
                yield line.text.replace("\n", "\\n").replace("\r", "\\r")  # a comment must not end early
        if family is not None:
            yield _END

    def _command(self, netns: str) -> str:
        if netns == HOST:
            return "ip"
        kind, _, value = self.sources.get(netns, "").partition(":")
        if kind in ("pid", "path"):
            return f"nsenter --net={shlex.quote(value if kind == 'path' else f'/proc/{value}/ns/net')} ip"
        return f"ip -n {shlex.quote(netns)}"

    def _step(self, step: Step) -> Iterator[_Line]:
        match step.verb:
            case Verb.LINK_ADD:
                yield from self._link_add(step)
            case Verb.TUN_ADD:
                yield from self._tun_add(step)
            case Verb.LINK_SET | Verb.LINK_DATA | Verb.LINK_GENL:
                yield from self._link_set(step)
            case Verb.LINK_PORT:
                yield from self._link_port(step)
            case Verb.LINK_MOVE:
                yield _Line(f"link set dev {step.name} netns {_target(step.args['target'])} name {step.args['rename']}")
            case Verb.LINK_DEL:
                yield _Line(f"link del dev {step.name}")
            case Verb.ALTNAME_ADD | Verb.ALTNAME_DEL:
                verb = "add" if step.verb is Verb.ALTNAME_ADD else "del"
                yield _Line(f"link property {verb} dev {step.name} " + " ".join(f"altname {name}" for name in step.args["names"]))
            case Verb.ADDR_ADD | Verb.ADDR_DEL:
                yield from _address(step)
            case Verb.ROUTE_ADD | Verb.ROUTE_DEL:
                yield from _route(step)
            case Verb.RULE_ADD | Verb.RULE_DEL:
                yield _rule(step)
            case Verb.THING_ADD | Verb.THING_SET | Verb.THING_DEL:
                thing = step.obj
                words = facts(thing.type, thing.attrs).words(thing.link, thing.attrs, remove=step.verb is Verb.THING_DEL)
                yield _Line(words or f"# ip has no words for this: {step.verb.name} {thing.type} {thing.key}")
            case Verb.SYSCTL:
                enter = "" if step.netns == HOST else f"ip netns exec {step.netns} "
                yield _Line(f"# {enter}sysctl -w {step.name}={shlex.quote(str(step.args['value']))}")
            case Verb.NETNS_ADD | Verb.NETNS_DEL:
                yield _Line(f"# ip cannot do this inside a batch: {self._netns(step)}")

    def _link_add(self, step: Step) -> Iterator[_Line]:
        target = str(step.args.get("target", step.netns))
        # Indexes in the creating message are of the sender's namespace for the parent, of the target's for the rest;
        # the planner sends from the target's namespace whenever there is a controller.
        spelled = spell(kind_class(step.kind), step.attrs, self.names.get(step.netns, {}))
        words = ["link", "add"] + (["link", spelled.parent] if spelled.parent else [])
        words += ["name", step.name] + (["index", str(step.index)] if step.index else [])
        words += (["netns", _target(target)] if target != step.netns else []) + spelled.birth
        words += ["type", step.kind, *spelled.data]
        peer = step.args.get("peer")
        if isinstance(peer, dict):
            far = spell(kind_class(step.kind), peer.get("attrs", {}), {})
            words += ["peer", "name", str(peer["name"])] + (["index", str(peer["index"])] if peer.get("index") else [])
            words += ["netns", _target(str(peer["netns"]))] if peer["netns"] != step.netns else []
            words += far.birth
            spelled.unsaid += far.unsaid
        yield _Line(" ".join(words))
        if spelled.later:
            yield _Line(f"link set dev {step.name} {' '.join(spelled.later)}")
        yield from _unsaid(step, spelled.unsaid)

    def _tun_add(self, step: Step) -> Iterator[_Line]:
        known = {"owner": "user", "owner_group": "group"}
        words = [f"tuntap add dev {step.name} mode {step.kind}"]
        words += [f"{word} {step.attrs[name]}" for name, word in known.items() if step.attrs.get(name) is not None]
        words += [name for name in ("pi", "vnet_hdr", "multi_queue") if step.attrs.get(name)]
        yield _Line(" ".join(words))

    def _link_set(self, step: Step) -> Iterator[_Line]:
        spelled = spell(kind_class(step.kind), step.attrs, self.names.get(step.netns, {}))
        rename = step.args.get("rename")
        words = spelled.birth + spelled.later + (["name", str(rename)] if rename else [])
        if words:
            yield _Line(f"link set dev {step.name} {' '.join(words)}")
        if spelled.data:
            yield _Line(f"link set dev {step.name} type {step.kind} {' '.join(spelled.data)}")
        yield from _unsaid(step, spelled.unsaid)

    def _link_port(self, step: Step) -> Iterator[_Line]:
        attrs = {name: value for name, value in step.attrs.items() if name != "backup_port" or value}
        spelled = spell(port_class(step.kind), attrs, self.names.get(step.netns, {}))
        words = spelled.data + (["nobackup_port"] if len(attrs) < len(step.attrs) else [])
        if words:
            yield _Line(f"link set dev {step.name} type {step.kind}_slave {' '.join(words)}")
        yield from _unsaid(step, spelled.unsaid)


def _unsaid(step: Step, names: list[str]) -> Iterator[_Line]:
    if names:
        said = ", ".join(f"{name} {step.attrs.get(name)}" for name in names)
        yield _Line(f"# ip cannot set on {step.name}: {said}")


def _target(netns: str) -> str:
    return "1" if netns == HOST else netns  # ip takes a pid here; 1 is the host unless this runs in a pid namespace


def _address(step: Step) -> Iterator[_Line]:
    address = step.obj
    assert isinstance(address, Address)
    local, _, peer = address.address.partition(" peer ")
    words = ["address", "del" if step.verb is Verb.ADDR_DEL else "replace" if step.args.get("replace") else "add"]
    words += ["local", local, "peer", peer] if peer else [local]
    words += ["dev", step.name or address.link]
    if step.verb is Verb.ADDR_ADD:
        attrs = address.attrs
        words += [part for name in ("broadcast", "label", "scope", "metric") if name in attrs for part in (name, str(attrs[name]))]
        for name, word in (("valid_lifetime", "valid_lft"), ("preferred_lifetime", "preferred_lft")):
            value = attrs.get(name)
            if value is not None:
                words += [word, str(value // 1000) if isinstance(value, int) else "forever"]
        words += [name for name in ("nodad", "optimistic", "home", "mngtmpaddr", "noprefixroute", "autojoin") if attrs.get(name)]
    yield _Line(" ".join(words))


def _route(step: Step) -> Iterator[_Line]:
    route = step.obj
    assert isinstance(route, Route)
    attrs = route.attrs
    words = ["-f", "mpls"] if route.to.startswith("mpls ") else []
    words += ["route", "del" if step.verb is Verb.ROUTE_DEL else "replace" if step.args.get("replace") else "add"]
    words += [str(attrs["type"])] if attrs.get("type", "unicast") != "unicast" else []
    words += [route.to.removeprefix("mpls ")] + (["tos", str(route.tos)] if route.tos else [])
    words += [] if words[0] == "-f" else ["table", str(route.table)]
    words += ["metric", str(route.metric)] if route.metric else []
    words += [part for name in ("proto", "scope") if attrs.get(name) is not None for part in (name, str(attrs[name]))]
    words += ["src", str(attrs["prefsrc"])] if attrs.get("prefsrc") else []
    if "nhid" in attrs:
        words += ["nhid", str(attrs["nhid"])]
    elif len(route.nexthops) == 1:
        words += _hop(route, 0)
    else:
        for number, hop in enumerate(route.nexthops):
            words += ["nexthop", *_hop(route, number), "weight", str(hop.weight)]
    yield _Line(" ".join(words + _metrics(attrs)))


_ROUTE_WORDS = (
    "mtu", "advmss", "window", "rtt", "rttvar", "rto_min", "ssthresh", "cwnd", "initcwnd", "initrwnd", "reordering", "hoplimit",
    "congctl", "pref", "realms", "expires",
)  # fmt: skip


def _metrics(attrs: Mapping[str, Value]) -> list[str]:
    locked = attrs.get("lock")
    words: list[str] = []
    for name in _ROUTE_WORDS:
        value = attrs.get(name)
        if not value:
            continue
        if name == "realms" and isinstance(value, int):
            value = f"{value >> 16}/{value & 0xFFFF}"
        elif name == "expires" and isinstance(value, int):
            value = value // 1000
        elif name in ROUTE_UNITS:
            value = f"{value}ms"
        words += [name, "lock", str(value)] if isinstance(locked, tuple) and name in locked else [name, str(value)]
    features = attrs.get("features")
    words += ["features", *features] if isinstance(features, tuple) and features else []
    words += [part for name in ("quickack", "fastopen_no_cookie") if attrs.get(name) for part in (name, "1")]
    if attrs.get("ttl_propagate") is not None:
        words += ["ttl-propagate", "enabled" if attrs["ttl_propagate"] else "disabled"]
    return words


def _hop(route: Route, number: int) -> list[str]:
    hop = route.nexthops[number]
    words = ["as", hop.labels] if hop.labels else []
    words += ["encap", hop.encap] if hop.encap else []
    if hop.via:
        six = ":" in hop.via
        # RTA_VIA: an IPv6 gateway of an IPv4 route, and of MPLS routes
        foreign = route.to.startswith("mpls ") or (six and ":" not in route.to)
        words += ["via", *(["inet6" if six else "inet"] if foreign else []), hop.via]
    return words + (["dev", hop.dev] if hop.dev else []) + (["onlink"] if hop.onlink else [])


_RULE_WORDS = {
    "priority": "priority", "from": "from", "to": "to", "iif": "iif", "oif": "oif", "tos": "tos", "table": "lookup",
    "goto": "goto", "suppress_prefixlength": "suppress_prefixlength", "ipproto": "ipproto", "sport": "sport", "dport": "dport",
    "uidrange": "uidrange", "suppress_ifgroup": "suppress_ifgroup", "tun_id": "tun_id",
}  # fmt: skip


def _rule(step: Step) -> _Line:
    rule = step.obj
    assert isinstance(rule, Rule)
    attrs = rule.attrs
    words = ["rule", "del" if step.verb is Verb.RULE_DEL else "add"] + (["not"] if attrs.get("invert") else [])
    words += [] if "from" in attrs else ["from", "all"]
    for name, word in _RULE_WORDS.items():
        if name in attrs:
            mask = attrs.get(f"{name}_mask")
            words += [word, f"{str(attrs[name]).partition('-')[0]}/{mask}" if mask is not None else str(attrs[name])]
    if "fwmark" in attrs or "fwmask" in attrs:
        words += ["fwmark", f"{attrs.get('fwmark', 0)}" + (f"/{attrs['fwmask']}" if "fwmask" in attrs else "")]
    realms = attrs.get("realms")
    words += ["realms", f"{realms >> 16}/{realms & 0xFFFF}"] if isinstance(realms, int) else []
    for name, word in (("dscp", "dscp"), ("flowlabel", "flowlabel")):
        if name in attrs:
            mask = attrs.get(f"{name}_mask")
            words += [word, f"{attrs[name]}" + (f"/{mask}" if mask is not None else "")]
    words += ["l3mdev"] if attrs.get("l3mdev") else []
    words += [str(attrs["type"])] if attrs.get("type") in ("blackhole", "unreachable", "prohibit") else []
    return _Line(" ".join(words), attrs.get("family") == "ipv6")
