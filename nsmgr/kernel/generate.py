"""``python -m nsmgr.kernel.generate``: pyroute2's attribute tables, overlay applied, written down as ``tables.py``.

pyroute2 is where the knowledge of attributes comes from, but importing it costs more than everything else nsmgr does for
a small network; so what the codec needs is extracted once. ``--stdout`` prints instead of writing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from textwrap import wrap
from types import FunctionType
from typing import Any

from pyroute2.netlink import nlmsg_atoms as atoms

from nsmgr.kernel import overlay
from nsmgr.kernel.payload import NLA_F_NESTED, is_fixed

_WIDTH = 128  # with the indentation of four the 132 of pyproject.toml
_ATOMS = (
    (atoms.none, "bytes"),
    (atoms.flag, "flag"),
    (atoms.asciiz, "asciiz"),
    (atoms.string, "string"),
    (atoms.ip4addr, "ip4"),
    (atoms.ip6addr, "ip6"),
    (atoms.ipaddr, "ip"),
    (atoms.l2addr, "lladdr"),
    (atoms.lladdr, "lladdr"),
    (atoms.hex, "bytes"),
    (atoms.cdata, "bytes"),
)
_HEADER = '''"""Generated from pyroute2 {version} and overlay.py: not to be edited, ``make tables`` makes it anew.

A table's words: ``(field=format,…)`` is the header before the attributes, ``*NAME`` says that the nest is a list of that
attribute, ``number:name:type`` is an attribute; ``n`` after the number: sent with NLA_F_NESTED. ``=table``: the same table.

Types: ``B`` ``>H`` … one number, in struct's letters · ``(field=format,…)`` a struct, padding without a name ·
``[format]`` an array of numbers · ``{{table}}`` a nest · ``*type`` a nest of values of one type · ``module:class`` code of
pyroute2's own, imported when such an attribute is met · the rest are the names of payload.py.
"""

TABLES: dict[str, str] = {{
{tables}
}}
'''


@dataclass(frozen=True, slots=True)
class Row:
    """One attribute of a pyroute2 class: its payload's class (or function of the context), with the flags it is sent with."""

    number: int
    name: str
    cls: Any
    init: str
    is_array: bool
    flags: int


def rows(owner: Any) -> Iterator[Row]:
    """The attributes in ``nla_map`` order: it is enumerated unless it numbers itself; flags at the end are optional."""
    entries = list(owner.nla_map)
    for position, entry in enumerate(entries):
        number, name, spec, *more = entry if isinstance(entries[0][0], int) else (position, *entry)
        flags = sum(more)
        is_array = spec.startswith("*")
        spec, _, modifier = spec.lstrip("*").partition("|")
        type_name, _, init = spec.strip().partition("(")
        if modifier.strip() == "nested" or type_name == "nested":
            flags |= NLA_F_NESTED
        cls = owner if type_name in ("recursive", "nested") else getattr(owner, type_name)
        if not isinstance(cls, FunctionType):
            flags |= cls.nla_flags
        yield Row(number, name, cls, init.rstrip(")"), is_array, flags)


def texts(roots: Mapping[str, Any]) -> dict[str, str]:
    """Table name → text, of these classes and of all nests inside them, named by the path of attributes to them."""
    return _Walk().of(roots)


class _Walk:
    def __init__(self) -> None:
        self.names: dict[Any, str] = {}  # class → its table
        self.found: dict[str, str] = {}  # text → the table that has it
        self.result: dict[str, str] = {}

    def of(self, roots: Mapping[str, Any]) -> dict[str, str]:
        for name, cls in roots.items():
            known = self.table(cls, name)
            if known != name:
                self.result[name] = f"={known}"
        return self.result

    def table(self, cls: Any, name: str) -> str:
        """The name under which the table of this class is found; the same words are stored once."""
        if cls in self.names:
            return self.names[cls]
        self.names[cls] = name  # a nest may contain itself
        words = [_struct(cls.fields)] if cls.fields else []
        words += [f"*{cls.list_of}"] if getattr(cls, "list_of", "") else []
        for row in rows(cls):
            kind = self.type(row, cls, f"{name}.{row.name}")
            assert row.flags in (0, NLA_F_NESTED), row
            words.append(f"{row.number}{'n' if row.flags else ''}:{row.name}:{kind}")
        text = " ".join(words)
        self.names[cls] = self.found.setdefault(text, name)
        if self.names[cls] == name:
            self.result[name] = text
        return self.names[cls]

    def type(self, row: Row, owner: Any, path: str) -> str:
        """The type's word, chosen by what the class derives from. What depends on the context is bytes."""
        cls = row.cls
        if isinstance(cls, FunctionType):
            return "bytes"
        if is_nest(cls):
            word = f"{{{self.table(cls, path)}}}"
        elif any(base.__name__ == "ifla_bridge_id" for base in cls.__mro__):
            word = "bridge_id"
        elif cls.__name__ == "array":
            word = f"[{getattr(owner, row.init).fields[0][1]}]"
        else:
            word = next((word for base, word in _ATOMS if issubclass(cls, base)), "") or _other(cls)
        return f"*{word}" if row.is_array else word


def is_nest(cls: Any) -> bool:
    """Whether a class holds attributes."""
    return bool(cls.nla_map) and isinstance(cls.nla_map, tuple | list)


def _other(cls: Any) -> str:
    if cls.__name__ == "target":
        return "ip"
    if cls.fields and all(isinstance(fmt, str) and is_fixed(fmt) for _, fmt in cls.fields):
        return str(cls.fields[0][1]) if len(cls.fields) == 1 else _struct(cls.fields)
    module, name = cls.__module__, cls.__qualname__
    assert reduce(getattr, name.split("."), import_module(module)) is cls, "found again by its name"
    return f"{module}:{name}"


def _struct(fields: Any) -> str:
    return "(" + ",".join(f"{'' if fmt.endswith('x') else name}={fmt}" for name, fmt in fields) + ")"


def module() -> str:
    """The text of ``tables.py``."""
    found = texts(overlay.messages() | {f"data.{key}": cls for key, cls in overlay.data().items()})
    entries = []
    for name, text in sorted(found.items()):
        short = f'    "{name}": "{text}",'
        lines = wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
        if len(short) <= _WIDTH:
            entries.append(short)
        else:
            entries.append(f'    "{name}": """\n' + "\n".join(f"    {line}" for line in lines) + '\n    """,')
    return _HEADER.format(version=version("pyroute2"), tables="\n".join(entries))


if __name__ == "__main__":
    if sys.argv[1:] == ["--stdout"]:
        sys.stdout.write(module())
    else:
        Path(__file__).with_name("tables.py").write_text(module())
