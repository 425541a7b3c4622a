"""What differs, object by object: desired against observed, by the rows. Pure; decides nothing about order."""

from __future__ import annotations

from nsmgr.model.attr import UNSET, Attr, Change, Value
from nsmgr.model.kind import kind as kind_facts
from nsmgr.model.port import PREFIX, port_rows
from nsmgr.model.thing import facts
from nsmgr.plan.plan import AttrChange
from nsmgr.plan.state import Address, DesiredLink, Link, NextHop, Route, Thing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_MISSING: Any = object()

# What RTM_NEWADDR with NLM_F_REPLACE changes on a living address; the rest means delete and add
# (inet_rtm_newaddr: lifetimes, metric, proto; inet6_addr_modify: the same and the flags it lists).
_ADDRESS_IN_PLACE = frozenset(
    ("valid_lifetime", "preferred_lifetime", "metric", "noprefixroute", "proto", "nodad", "home", "mngtmpaddr")
)


def link_changes(desired: DesiredLink, observed: Link) -> list[AttrChange]:
    """Managed attributes that differ; a kind that differs is the first and forces replacement."""
    if desired.kind and desired.kind != "physical" and desired.kind != observed.kind:
        return [AttrChange("kind", observed.kind or "physical", desired.kind, True)]
    cls = kind_facts(desired.kind or observed.kind)
    rows = cls.rows()
    have_all = observed.attrs
    changes: list[AttrChange] = []
    for name, want in desired.attrs.items():
        have = have_all.get(name, _MISSING)
        if have == want:
            continue
        row = rows.get(name)
        port = row is None
        if row is None:
            row = port_rows(desired.port_kind).get(name) if desired.port_kind else None
            if row is None:
                continue
        if have is _MISSING and row.untold:
            continue
        if have is _MISSING:
            have = row.absent
        if same(row, want, have) or row.change in (Change.CREATE_ONLY, Change.READ_ONLY):
            continue
        forced = not port and (
            cls.replaces(name, have, want)
            or name in cls.fixed(have_all)
            or (row.ref and _underlay(have, observed) != _underlay(want, observed))
        )
        changes.append(AttrChange(name, have, want, forced))
    if desired.port_kind and any(change.name == "controller" for change in changes):
        changes = [change for change in changes if not change.name.startswith(PREFIX)] + port_changes(desired)
    if desired.altnames is not None and set(desired.altnames) != set(observed.altnames):
        changes.append(AttrChange("altnames", observed.altnames, desired.altnames))
    return changes


def _underlay(reference: Value, observed: Link) -> str:
    """The namespace of a reference, "" the link's own: drivers look an index up where they always did (vxlan->net, tunnel->net).

    One to a link that is gone has only its index left, and says nothing but whether that was in another namespace.
    """
    netns = str(reference).rpartition("/")[0]
    return "" if netns == "?" and observed.link_netnsid < 0 else netns


def port_changes(desired: DesiredLink) -> list[AttrChange]:
    """All options as a port: the kernel forgets them when a link leaves its controller (br_del_if, bond_release)."""
    return [AttrChange(name, None, value) for name, value in desired.attrs.items() if name.startswith(PREFIX)]


def same(row: Attr, desired: Value, observed: Value) -> bool:
    return desired == observed or row.equal(desired, observed)


def address_changes(desired: Address, observed: Address) -> list[AttrChange]:
    """Differences of the written attributes; ``forces_replacement`` where the kernel cannot change a living address."""
    changes = []
    for name, want in desired.attrs.items():
        have = observed.attrs.get(name)
        if have == want:
            continue
        if name in ("valid_lifetime", "preferred_lifetime"):
            # A finite lifetime counts down in the kernel: less than what was asked is not drift, never-ending is.
            have = "forever" if have is None else have
            if have == want or (have != "forever" and want != "forever" and _number(have) <= _number(want)):
                continue
        elif (have is None and not want and want is not None) or name == "optimistic":
            # False, and protocol 0, the kernel leaves out; `optimistic` goes when detection is over (addrconf_dad_work).
            continue
        changes.append(AttrChange(name, have, want, name not in _ADDRESS_IN_PLACE))
    return changes


def _number(value: Value) -> int:
    return value if isinstance(value, int) else 0


def route_changes(desired: Route, observed: Route) -> list[AttrChange]:
    """Differences of the written attributes and of the next hops."""
    have = observed.attrs
    changes = [
        AttrChange(name, have.get(name), want)
        for name, want in desired.attrs.items()
        if have.get(name) != want and not _as_good(name, want, have.get(name))
    ]
    if "type" not in desired.attrs and observed.attrs.get("type", "unicast") != "unicast":
        changes.append(AttrChange("type", observed.attrs.get("type"), "unicast"))
    if not same_nexthops(desired.nexthops, observed.nexthops):
        changes.append(AttrChange("nexthops", nexthops_text(observed.nexthops), nexthops_text(desired.nexthops)))
    return changes


def _as_good(name: str, want: Value, have: Value) -> bool:
    """Whether a route's attribute is as wanted although not equal: the kernel reports no zeros, and a lifetime counts down."""
    if name == "expires":
        return have is not None and _number(have) <= _number(want)
    return have is None and want in (0, False, (), "medium")


def same_nexthops(desired: tuple[NextHop, ...], observed: tuple[NextHop, ...]) -> bool:
    """Each desired next hop has one observed counterpart, in any order; an unwritten device matches any.

    Order is not compared: the kernel keeps IPv6 siblings in its own order (fib6_add_rt2node).
    """
    if len(desired) != len(observed):
        return False
    rest = list(observed)
    for want in desired:
        for have in rest:
            if want.via == have.via and (not want.dev or want.dev == have.dev) and want.onlink in (have.onlink, False):
                if len(desired) > 1 and want.weight != have.weight:
                    continue
                if want.encap != have.encap or want.labels != have.labels:
                    continue
                rest.remove(have)
                break
        else:
            return False
    return True


def nexthops_text(hops: tuple[NextHop, ...]) -> str:
    """``via 10.0.0.2 dev eth0 weight 2, via …``; "" for none."""
    parts = []
    for hop in hops:
        words = [f"as {hop.labels}"] if hop.labels else []
        words += [f"encap {hop.encap}"] if hop.encap else []
        words += [f"via {hop.via}"] if hop.via else []
        words += [f"dev {hop.dev}"] if hop.dev else []
        words += [f"weight {hop.weight}"] if len(hops) > 1 else []
        words += ["onlink"] if hop.onlink else []
        parts.append(" ".join(words))
    return ", ".join(parts)


def thing_changes(desired: Thing, observed: Thing) -> list[AttrChange]:
    """Written attributes that differ; where the body says all (WHOLE), the others as well."""
    cls = facts(desired.type, desired.attrs)
    rows = cls.rows()
    if (found := cls.compare(desired.attrs, observed.attrs)) is not None:
        return [AttrChange(name, have, want, cls.replaces(name, have, want)) for name, have, want in found]
    changes: list[AttrChange] = []
    if cls.KIND and desired.attrs.get("kind") != observed.attrs.get("kind"):
        return [AttrChange("kind", observed.attrs.get("kind"), desired.attrs.get("kind"), True)]
    for name, want in desired.attrs.items():
        have = observed.attrs.get(name)
        if have == want:
            continue
        row = rows.get(name)
        if row is None:
            continue
        have = row.absent if have is None else have
        if same(row, want, have) or row.change in (Change.CREATE_ONLY, Change.READ_ONLY):
            continue
        if type(want) is int and type(have) is int and abs(want - have) <= cls.tolerance(name, desired.attrs):
            continue
        changes.append(AttrChange(name, have, want, cls.replaces(name, have, want)))
    if cls.WHOLE:
        for name, have in observed.attrs.items():
            row = rows.get(name)
            if name in desired.attrs or row is None or have in (None, row.absent, row.default):
                continue
            if row.export and row.change is not Change.READ_ONLY:
                default = None if row.default is UNSET else row.default
                changes.append(AttrChange(name, have, default, cls.replaces(name, have, default)))
    return changes


def sysctl_same(desired: str, observed: str | None) -> bool:
    """Numbers in a sysctl are separated by tabs when read, by blanks when people write them."""
    return observed is not None and (desired == observed or desired.split() == observed.split())


# ------------------------------------------------------------------------------------------------------------ canonical texts


def address_key(address: Address) -> str:
    return f"{address.address} dev {address.link}"


_TABLES = {255: "local", 254: "main", 253: "default"}


def route_key(route: Route) -> str:
    """``10.9.0.0/16``, ``default`` with family where it matters; table and metric only when not the usual ones."""
    to = {"0.0.0.0/0": "default", "::/0": "default6"}.get(route.to, route.to)
    words = [to]
    if route.table != 254:
        words.append(f"table {_TABLES.get(route.table, route.table)}")
    if route.metric and not (":" in route.to and route.metric == 1024):
        words.append(f"metric {route.metric}")
    if route.tos:
        words.append(f"tos {route.tos}")
    return " ".join(words)


_RULE_ORDER = (
    "family",
    "invert",
    "from",
    "to",
    "tos",
    "fwmark",
    "fwmask",
    "iif",
    "oif",
    "ipproto",
    "sport",
    "sport_mask",
    "dport",
    "dport_mask",
    "dscp",
    "dscp_mask",
    "flowlabel",
    "flowlabel_mask",
    "tun_id",
    "realms",
    "uidrange",
    "l3mdev",
)


def rule_key(attrs: Mapping[str, Value]) -> str:
    """``1000: from 10.0.0.0/24 lookup 100``, the words of ``ip rule`` with every selector once."""
    words = [f"{attrs.get('priority')}:"]
    if attrs.get("family") == "ipv6":
        words.append("ipv6")
    if attrs.get("invert"):
        words.append("not")
    for name in _RULE_ORDER[2:]:
        if name in attrs:
            words += [name] if attrs[name] is True else [name, str(attrs[name])]
    kind = attrs.get("type", "lookup")
    words.append(str(kind))
    if kind == "lookup" and "table" in attrs:
        words.append(str(attrs["table"]))
    if kind == "goto":
        words.append(str(attrs.get("goto")))
    words += [f"{name} {attrs[name]}" for name in sorted(attrs) if name.startswith("suppress")]
    return " ".join(words)
