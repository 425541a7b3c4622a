"""Which attribute of the kernel is which row, and what about the others: found from rows, pyroute2's tables and ``uapi.json``.

Nothing here names a kind: a new file in nsmgr/model/links, a new entry of nsmgr.model.shape.MODELS, is compared by itself.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module

from nsmgr.kernel import schema
from nsmgr.kernel.codec import Table
from nsmgr.model.base import Attr, Change, Resource, Where
from nsmgr.model.links import kind_class, kind_names
from nsmgr.model.links.base import Link
from nsmgr.model.ports import port_class, port_kinds
from nsmgr.model.shape import MODELS
from nsmgr.model.things import thing_class, thing_kinds, thing_types
from tests.scope.reasons import ELSEWHERE, MISSING, OUT
from tests.scope.uapi import enumerations

# pyroute2 gives every kind a prefix of its own; the kernel has one enumeration for several.
TWINS = {
    "IFLA_IP6GRE_": "IFLA_GRE_",
    "IFLA_IP6TNL_": "IFLA_IPTUN_",
    "IFLA_IPIP_": "IFLA_IPTUN_",
    "IFLA_SIT_": "IFLA_IPTUN_",
    "IFLA_MACVTAP_": "IFLA_MACVLAN_",
    "IFLA_IPVTAP_": "IFLA_IPVLAN_",
}
_SKIPPED_MODELS = ("document", "namespace", "host")
_IDLE = ("_UNSPEC", "_PAD")


def kernels_name(name: str) -> str:
    """What the kernel's header calls an attribute that pyroute2 or a row names."""
    return next((name.replace(ours, theirs, 1) for ours, theirs in TWINS.items() if name.startswith(ours)), name)


@dataclass(slots=True)
class Section:
    """What is compared: a kind of link, or a thing in a namespace.

    rows: attribute (the kernel's name) → rows that carry it. wanted: every attribute there is.
    extra: rows without an attribute of their own: flags, header fields.
    """

    name: str
    title: str
    rows: dict[str, dict[str, Attr]] = field(default_factory=dict)
    extra: dict[str, Attr] = field(default_factory=dict)
    wanted: list[str] = field(default_factory=list)

    def note(self, table: Mapping[str, Mapping[str, str]], attribute: str) -> str:
        """What a table of :mod:`tests.scope.reasons` says of the attribute here."""
        return next((notes[attribute] for key, notes in table.items() if self.name in key.split() and attribute in notes), "")

    def notes(self, attribute: str) -> str:
        return self.note(ELSEWHERE, attribute) or self.note(OUT, attribute) or self.note(MISSING, attribute)

    def holes(self) -> list[str]:
        """Attributes that are no row, and nobody says why."""
        return [name for name in self.wanted if name not in self.rows and not self.notes(name)]

    def contradictions(self) -> list[str]:
        """Attributes that are a row, and yet have a reason not to be; reasons for what does not exist here."""
        told = {
            name
            for table in (ELSEWHERE, OUT, MISSING)
            for key, notes in table.items()
            if self.name in key.split()
            for name in notes
        }
        return sorted((told & self.rows.keys()) | (told - set(self.wanted)))

    def read_only(self, attribute: str) -> bool:
        return all(row.change is Change.READ_ONLY for row in self.rows[attribute].values())


def sections() -> list[Section]:
    """Links of every kind first, then each kind, then what else a namespace has."""
    everything = _section("links", "Links of every kind", Link, (Where.LINK, Where.FLAG), ("IFLA",), schema.link_table())
    inet6 = _section("inet6", "IPv6 of a link (IFLA_AF_SPEC/AF_INET6)", Link, (Where.INET6,), ("IFLA_INET6",), schema.inet6_table())
    found = [everything, inet6]
    for kind in kind_names():
        cls = kind_class(kind)
        table = schema.data_table(kind if cls.DATA is None else cls.DATA)
        own = (f"IFLA_{kind.upper()}", f"{kind.upper()}_INFO")  # of a kind whose attributes neither pyroute2 nor a row names
        found.append(_section(kind, f"Kind `{kind}`", cls, (Where.DATA, Where.GENL, Where.NONE), own, table))
    for kind in port_kinds():
        port, title = port_class(kind), f"`port_options:` of a port of a {kind}"
        found.append(_section(f"{kind}-port", title, port, (Where.DATA,), (), schema.data_table(port.DATA or "")))
    for name, (module, cls_name) in MODELS.items():
        if name not in _SKIPPED_MODELS:
            resource: type[Resource] = getattr(import_module(module), cls_name)
            found.append(_section(name, f"A {name}", resource, tuple(Where), (), None))
    things = [_section(name, f"A {name}", thing_class(name), tuple(Where), (), None) for name in thing_types()]
    for name in thing_types():
        of_all = thing_class(name).rows().keys()
        for kind in thing_kinds(name):
            title = f"A {name} of kind `{kind}`"
            things.append(_section(f"{name}.{kind}", title, thing_class(f"{name}.{kind}"), tuple(Where), (), None, but=of_all))
    return [*found, *(thing for thing in things if thing.rows)]


def _section(
    name: str, title: str, cls: type[Resource], places: tuple[Where, ...], known: tuple[str, ...], table: Table | None,
    *, but: Container[str] = (),
) -> Section:  # fmt: skip
    """``but``: rows that are told elsewhere."""
    section = Section(name, title)
    for row_name, row in cls.rows().items():
        if row.where not in places or row_name in but:
            continue
        if not row.nla:
            section.extra[row_name] = row
        for nla in (row.nla, row.nla6, row.gate.nla if row.gate is not None else ""):
            if nla:
                section.rows.setdefault(kernels_name(nla), {})[row_name] = row
    named = {*section.rows, *(kernels_name(attribute) for attribute in (table.by_name if table else ()))}
    section.wanted = list(_attributes(known, named))
    return section


def _attributes(known: tuple[str, ...], named: set[str]) -> Iterator[str]:
    """Every member of the enumerations that ``named`` ones belong to, and what belongs to none: pyroute2's own."""
    told: set[str] = set()
    for title, members in enumerations().items():
        if title in known or named & members.keys():
            told |= members.keys()
            yield from members
    yield from sorted(name for name in named - told if not name.endswith(_IDLE))
