"""Tables as values, their aligned plain text, and the tables of ``show``."""

from __future__ import annotations

import unicodedata

from nsmgr.model.thing import facts, thing_type, thing_units
from nsmgr.plan.diff import nexthops_text
from nsmgr.plan.state import NetnsState, Route, Rule
from nsmgr.record import Record, field
from nsmgr.render.values import value_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Table(Record):
    """``rows`` are as long as ``columns``; a cell may hold several lines."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)


def width(text: str) -> int:
    """Terminal cells: wide characters take two, combining ones none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def plain(tables: Sequence[Table]) -> str:
    """Aligned columns, two blanks between, no trailing blanks; a blank line between tables; no newline at the end."""
    return "\n\n".join("\n".join(_lines(table)) for table in tables)


def _lines(table: Table) -> list[str]:
    cells = [[cell.split("\n") for cell in row] for row in (table.columns, *table.rows)]
    widths = [max(width(line) for row in cells for line in row[column]) for column in range(len(table.columns))]
    lines = [table.title] if table.title else []
    for row in cells:
        for number in range(max(len(cell) for cell in row)):
            parts = [cell[number] if number < len(cell) else "" for cell in row]
            padded = (part + " " * (room - width(part)) for part, room in zip(parts, widths, strict=True))
            lines.append("  ".join(padded).rstrip())
    return lines


def state_tables(states: Mapping[str, NetnsState]) -> list[Table]:
    """Links with their addresses, routes outside table ``local``, rules; three tables a namespace, empty ones left out."""
    tables = []
    for name, state in states.items():
        tables.append(_links(name, state))
        routes = [_route(route) for found in state.routes.values() for route in found if route.table != _LOCAL]
        if routes:
            tables.append(Table(f"{name}: routes", ("TO", "NEXT HOPS", "TABLE", "METRIC", "TYPE", "PROTO"), list(routes)))
        rules = [_rule(rule) for found in state.rules.values() for rule in found]
        if rules:
            tables.append(Table(f"{name}: rules", ("PRIORITY", "FAMILY", "SELECTOR", "ACTION"), list(rules)))
        tables += _things(name, state)
    return tables


def _things(name: str, state: NetnsState) -> list[Table]:
    """A table a type: the object, and what it has besides. Settings of which nothing is worth a line are left out."""
    found: dict[str, Table] = {}
    for thing in state.things.values():
        unit = thing_units(thing.type).get
        said = facts(thing.type, thing.attrs).body(thing.attrs)
        if not said and thing_type(thing.type).SETTINGS:
            continue
        table = found.setdefault(thing.type, Table(f"{name}: {thing.type}", ("OBJECT", "ATTRIBUTES")))
        words = (f"{key} {value_text(value, unit(key, ''))}" for key, value in said.items() if str(value) not in thing.key)
        table.rows.append((thing.key, "  ".join(words)))
    return list(found.values())


_LOCAL = 255
_FAMILIES = {"#128": "ipmr", "#129": "ip6mr"}  # RTNL_FAMILY_IPMR, _IP6MR: rules of multicast routing
_PROTOCOLS = {1: "redirect", 2: "kernel", 3: "boot", 4: "static", 9: "ra", 16: "dhcp", 78: "nsmgr"}


def _links(name: str, state: NetnsState) -> Table:
    table = Table(f"{name}: links", ("LINK", "KIND", "STATE", "MTU", "MAC", "CONTROLLER", "PARENT/PEER", "ADDRESSES"))
    addresses: dict[str, list[str]] = {}
    for address in state.addresses.values():
        addresses.setdefault(address.link, []).append(address.address)
    for link in state.links.values():
        attrs = link.attrs
        other = attrs.get("peer") or attrs.get("parent")
        table.rows.append(
            (
                link.name,
                link.kind or "physical",
                str(attrs.get("state", "")),
                str(attrs.get("mtu", "")),
                str(attrs.get("mac") or ""),
                str(attrs.get("controller") or ""),
                str(other or ""),
                "\n".join(addresses.get(link.name, [])),
            )
        )
    return table


def _route(route: Route) -> tuple[str, ...]:
    proto = route.attrs.get("proto")
    return (
        "default" if route.to in ("0.0.0.0/0", "::/0") else route.to,
        f"nhid {route.attrs['nhid']}" if "nhid" in route.attrs else nexthops_text(route.nexthops).replace(", ", "\n"),
        str(route.table),
        str(route.metric or ""),
        str(route.attrs.get("type", "unicast")),
        _PROTOCOLS.get(proto, str(proto)) if isinstance(proto, int) else "",
    )


def _rule(rule: Rule) -> tuple[str, ...]:
    attrs = dict(rule.attrs)
    priority, family = attrs.pop("priority", 0), attrs.pop("family", "")
    action = attrs.pop("type", "lookup")
    target = attrs.pop("table", attrs.pop("goto", ""))
    selector = " ".join(f"{name} {value_text(value)}" for name, value in attrs.items()) or "all"
    return (str(priority), _FAMILIES.get(str(family), str(family)), selector, f"{action} {target}".strip())
