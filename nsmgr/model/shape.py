"""Fast acceptance: which mappings are surely valid bodies, and their canonical values, without pydantic.

The pydantic models stay the only definition and the only judge. A :class:`Shape` is written by a program from one of them
(:mod:`nsmgr.model.generate` writes :mod:`nsmgr.model.table`) and answers "yes, and these are the values" or "not sure". Whoever
gets the second answer asks the model, which takes it all the same or says what is wrong in its own words.

An entry of the table carries a stamp of the source files it was made from. When somebody has edited one of them, or added a
kind, the entry does not fit and is not used: :func:`entry` is None and everything is asked of the models.
"""

from __future__ import annotations

import os
import zlib

from nsmgr.light import cache
from nsmgr.model.kind import Plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeAlias

# name → module and class of every model that has an entry beside the kinds of links.
MODELS: Mapping[str, tuple[str, str]] = {
    "document": ("nsmgr.model.document", "Document"),
    "namespace": ("nsmgr.model.namespace", "NamespaceModel"),
    "host": ("nsmgr.model.namespace", "HostModel"),
    "address": ("nsmgr.model.address", "AddressModel"),
    "route": ("nsmgr.model.route", "RouteModel"),
    "rule": ("nsmgr.model.rule", "RuleModel"),
}
# What every entry was made from, beside the file that defines it: relative to this directory.
COMMON = (
    "attr.py",
    "base.py",
    "convert.py",
    "encap.py",
    "kind.py",
    "shape.py",
    "thing.py",
    "words.py",
    "links/base.py",
    "../text.py",
    "../types.py",
)

Check: TypeAlias = "Callable[[Any], Any]"  # a value → its canonical form; raises NotSure, or ValueError as a validator does


class NotSure(Exception):
    """This value needs the pydantic model's judgement."""


class Body:
    """A body that was accepted: the fields of its model as attributes, all of them there."""

    __slots__ = ("__dict__", "model_fields_set")

    def __init__(self, values: dict[str, Any], written: set[str]) -> None:
        self.__dict__ = values
        self.model_fields_set = written

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


class Shape:
    """fields: key → its check; None = only the model can tell. renamed: key → field, where they differ (``from``)."""

    __slots__ = ("defaults", "fields", "make", "renamed", "required")

    def __init__(
        self,
        fields: Mapping[str, Check | None],
        defaults: Mapping[str, Any],
        required: tuple[str, ...] = (),
        renamed: Mapping[str, str] | None = None,
        make: Callable[[dict[str, Any], set[str]], Any] = Body,
    ) -> None:
        self.fields, self.defaults, self.required, self.renamed, self.make = fields, defaults, required, renamed or {}, make

    def accept(self, data: Any, *, partial: bool = False) -> Any:
        """The body, or None when it is not surely valid. ``partial``: required keys may be missing; the result is not a body."""
        if type(data) is not dict:
            return None
        values = {**self.defaults}
        written = set(data)
        fields, renamed = self.fields, self.renamed
        try:
            for key, value in data.items():
                check = fields[key]
                if check is None:
                    return None
                values[key] = check(value)
            for key in renamed.keys() & written:
                values[renamed[key]] = values.pop(key)
                written.remove(key)
                written.add(renamed[key])
        except (NotSure, KeyError, TypeError, ValueError):  # TypeError: a key or value of a type that does not belong there
            return None
        for key in self.required:
            if key not in data and not partial:
                return None
        return self.make(values, written)

    def nested(self, data: Any) -> Any:
        """As a check of a field."""
        found = self.accept(data)
        if found is None:
            raise NotSure
        return found


# ---------------------------------------------------------------------------------------------------------------- checks


def anything(value: Any) -> Any:
    """typing.Any."""
    return value


def whole(low: int | None = None, high: int | None = None) -> Check:
    """An int, no bool, in low…high."""

    def check(value: Any) -> Any:
        if type(value) is not int or (low is not None and value < low) or (high is not None and value > high):
            raise NotSure
        return value

    return check


def truth(value: Any) -> Any:
    """A bool."""
    if type(value) is not bool:
        raise NotSure
    return value


def text(low: int | None = None, high: int | None = None, pattern: str = "") -> Check:
    """A str of low…high characters; ``pattern`` fits the whole of it. One that is not Unicode (lone surrogates) is not sure."""

    def check(value: Any) -> Any:
        if type(value) is not str or (low is not None and len(value) < low) or (high is not None and len(value) > high):
            raise NotSure
        if not value.isascii():
            value.encode()  # UnicodeEncodeError is a ValueError
        if pattern:
            import re

            if re.fullmatch(pattern, value) is None:
                raise NotSure
        return value

    return check


def word(*known: str | int) -> Check:
    """One of a Literal's values, which are of one type."""
    values = frozenset(known)
    kind = type(known[0])

    def check(value: Any) -> Any:
        if type(value) is not kind or value not in values:
            raise NotSure
        return value

    return check


def optional(inner: Check) -> Check:
    """That, or None."""
    return lambda value: None if value is None else inner(value)


def either(*options: Check) -> Check:
    """The first that is sure; they are of different types."""

    def check(value: Any) -> Any:
        for option in options:
            try:
                return option(value)
            except NotSure:
                pass
        raise NotSure

    return check


def chain(*steps: Check) -> Check:
    """One after the other."""

    def check(value: Any) -> Any:
        for step in steps:
            value = step(value)
        return value

    return check


def items(inner: Check, low: int | None = None, high: int | None = None, make: Callable[[Any], Any] = list) -> Check:
    """A list of those, low…high of them; ``make``: list or tuple."""

    def check(value: Any) -> Any:
        if type(value) is not list or (low is not None and len(value) < low) or (high is not None and len(value) > high):
            raise NotSure
        return make([inner(item) for item in value])

    return check


def mapping(key: Check, inner: Check) -> Check:
    """A dict of those."""

    def check(value: Any) -> Any:
        if type(value) is not dict:
            raise NotSure
        return {key(name): inner(item) for name, item in value.items()}

    return check


# ------------------------------------------------------------------------------------------------------------- the table


@cache
def _stamp(files: tuple[str, ...]) -> str:
    """A number that changes with the text of any of the files; "" when one of them is not there."""
    directory = os.path.dirname(__file__)
    number = 0
    try:
        for name in files:
            with open(f"{directory}/{name}", "rb", buffering=0) as file:
                number = zlib.crc32(file.read(), number)
    except OSError:
        return ""
    return f"{number:08x}"


def stamp(files: tuple[str, ...]) -> str:
    """Of an entry that is defined in ``files``."""
    own, common = _stamp(files), _stamp(COMMON)
    return f"{common}-{own}" if own and common else ""


def entry(name: str) -> Any:
    """What the table has under a name, ``link:veth`` or one of :data:`MODELS`; None when that does not fit the sources."""
    from nsmgr.model.table import ENTRIES

    if name not in ENTRIES:
        return None
    files, expected, module = ENTRIES[name]
    return __import__(f"nsmgr.model.table.{module}", fromlist=("ENTRY",)).ENTRY if stamp(files) == expected else None


@cache
def shape(name: str) -> Shape | None:
    """The shape of one of :data:`MODELS`."""
    found: Shape | None = entry(name)
    return found


def model(name: str) -> Any:
    """The pydantic class of one of :data:`MODELS`."""
    module, cls = MODELS[name]
    return getattr(__import__(module, fromlist=(cls,)), cls)


__all__ = ["COMMON", "MODELS", "Body", "Check", "NotSure", "Plain", "Shape", "entry", "model", "shape", "stamp"]
