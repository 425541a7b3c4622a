"""What is true of a type of thing as a whole, without pydantic: everything in a namespace that is no link, address, route or rule.

A *thing* is one neighbour, next hop, FDB entry, qdisc …: a type, a key that is unique among its type in its namespace, and
attributes. Planning, verifying, showing and exporting treat all types alike and ask here what differs. One file a type in
nsmgr/model/things, with its rows; one in nsmgr/kernel/things, which encodes and decodes it. :func:`thing_type` answers from the
generated table as long as it fits the sources, else with the pydantic class.
"""

from __future__ import annotations

from nsmgr.light import cache
from nsmgr.model.attr import UNSET, Attr, Change, Value
from nsmgr.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from typing import Any, ClassVar, Literal

    from nsmgr.model.shape import Shape

ThingId = tuple[str, str]  # (type, key)


class Part(Record):
    """One thing of a body. ``on``: things of the namespace it lives on, and that the kernel deletes it with; ``after``: things

    that must be there before it. ``path``: its place below the body. ``link``: that it is on, of a body that stands at a namespace.
    """

    type: str
    key: str
    attrs: dict[str, Value]
    on: tuple[ThingId, ...] = ()
    after: tuple[ThingId, ...] = ()
    path: tuple[str | int, ...] = ()
    link: str = ""


class Misplaced(ValueError):
    """What one body of a section says does not go with another's. ``path``: its place below the section."""

    def __init__(self, message: str, hint: str, path: tuple[str | int, ...]) -> None:
        super().__init__(message)
        self.hint, self.path = hint, path


class ThingType:
    """The facts of a type. An instance is a valid body.

    TYPE: its name, as in JSON and in this file's name.
    SECTION: the key that holds bodies in the document, "" = only other types' bodies make things of this one.
    LEVEL: whether the section stands at a link or at a namespace.
    KIND: of one kind of a type whose bodies have a ``kind``: its word. Such a type is a package, its kinds the modules beside
        ``__init__``; :meth:`of` leads to them.
    FORM: the section is a list of bodies, a mapping of one field (KEY) to bodies, one body, or "some": one or a list.
    NESTED: fields that hold bodies of other things, as (field, type, form of a section); they are bodies when :meth:`parts` sees
        them.
    KEY: FORM "mapping": the field that the mapping's key is.
    ALSO: other types that bodies of this one make things of: they are read and pruned with it.
    CARRIER: "rtnl": its requests go into the namespace's batch of rtnetlink messages; "own": its codec carries them out.
    STAGE: when it is made: "port" (links are made and ports joined, nothing is up), "up" (links are up), "address" (addresses are
        there), "route" (routes are there).
    ALWAYS: read and pruned in every namespace that is described completely, mentioned or not.
    SETTINGS: exists with its link or namespace: never made, never removed, undeclared values are left alone.
    WHOLE: what a body does not say is not wanted: it shall be at its row's default, or absent.
    STRICT: the kernel refuses (EBUSY) to delete one while others that come after it are there.
    HOLED: what it takes to mend the hole that the kernel leaves where one that lived on it was removed for good: "told" (it is told
        again what it is) or "replaced"; "" = there is no hole.
    PROBED: its codec can tell which of its kinds ("": of the whole type) this kernel lacks, before anything is done.
    LOST: what happening to its link makes the kernel drop it: "down", "carrier" (its far end goes down), "mac" (it gets another
        address), "controller" (it joins or leaves one).
    RUNNING: the kernel refuses it while its link has no carrier: it waits for far ends and lower links to be up.
    COMPARES: its codec is told what is declared, and answers with the declared attributes where what is there means the same.
    FILES: field that names a file → field that gets the file's text, read when the configuration is loaded.
    BY_CONTROLLER: its requests are addressed to the link's controller, or to the link itself: "controller" of a step's args.
    GATHERED: FORM "list": the bodies of a section are one thing together, see :meth:`gathered`; an empty list is one as well.
    KINDS: LEVEL "link": kinds of link that have such things; there they are read, on others they are refused.
    SECRETS: row that names where a key is → (row that says openly which key it is, how that is made; see nsmgr.secret).
    ADDRESS_OF: rows whose value may be ``@netns/link:port``: that link's first declared address takes its place.
    GONE: errnos of a deletion that mean it had gone before.
    NEEDS: LEVEL "link": attributes that the link must be declared with, or the kernel has no place for such things.
    SHAPE: what is surely valid, or None when only the pydantic class can tell.
    """

    TYPE: ClassVar[str] = ""
    SECTION: ClassVar[str] = ""
    LEVEL: ClassVar[Literal["link", "namespace"]] = "namespace"
    KIND: ClassVar[str] = ""
    FORM: ClassVar[Literal["list", "mapping", "one", "some"]] = "list"
    KEY: ClassVar[str] = ""
    NESTED: ClassVar[tuple[tuple[str, str, str], ...]] = ()
    ALSO: ClassVar[tuple[str, ...]] = ()
    CARRIER: ClassVar[Literal["rtnl", "own"]] = "rtnl"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "address"
    ALWAYS: ClassVar[bool] = False
    SETTINGS: ClassVar[bool] = False
    WHOLE: ClassVar[bool] = False
    STRICT: ClassVar[bool] = False
    HOLED: ClassVar[Literal["", "told", "replaced"]] = ""
    PROBED: ClassVar[bool] = False
    LOST: ClassVar[tuple[str, ...]] = ()
    COMPARES: ClassVar[bool] = False
    FILES: ClassVar[Mapping[str, str]] = {}
    BY_CONTROLLER: ClassVar[bool] = False
    GATHERED: ClassVar[bool] = False
    RUNNING: ClassVar[bool] = False
    KINDS: ClassVar[tuple[str, ...]] = ()
    SECRETS: ClassVar[Mapping[str, tuple[str, str]]] = {}
    ADDRESS_OF: ClassVar[tuple[str, ...]] = ()
    GONE: ClassVar[tuple[int, ...]] = ()
    NEEDS: ClassVar[Mapping[str, Value]] = {}
    SHAPE: ClassVar[Shape | None] = None

    if TYPE_CHECKING:

        @property
        def model_fields_set(self) -> set[str]:
            """The fields that were written."""
            raise NotImplementedError  # for the type checker only: pydantic's and PlainThing's own

    @classmethod
    def rows(cls) -> Mapping[str, Attr]:
        """Field name → row, of every field that has one."""
        raise NotImplementedError  # abstract: ThingModel reads its fields, PlainThing its table entry

    @classmethod
    def of(cls, kind: Value) -> type[ThingType]:
        """The class of bodies and things of a kind; this one where the type has no kinds, or not this one."""
        return thing_type(f"{cls.TYPE}.{kind}") if cls.TYPE and kind in kinds_of(cls.TYPE) else cls

    @classmethod
    def short(cls, text: str) -> dict[str, Any] | None:
        """The body that an entry written as plain text stands for; None = this type has no short form. ValueError: a wrong one."""
        return None

    def identity(self, link: str) -> str:
        """The canonical key. ``link``: that the body stands at, "" at a namespace."""
        raise NotImplementedError  # every type with a section has its own, or its own parts()

    def attributes(self) -> dict[str, Value]:
        """The written attributes, canonical, the identity's among them."""
        values = vars(self)
        return {
            name: tuple(values[name]) if type(values[name]) is list else values[name]
            for name in type(self).rows()
            if name in values and values[name] is not None and name in self.model_fields_set
        }

    def parts(self, link: str) -> list[Part]:
        """The things that this body describes."""
        return [Part(type(self).TYPE, self.identity(link), self.attributes())]

    def problems(self, link: str, kind: str) -> list[tuple[str, str, str]]:
        """Faults that the kernel would refuse: (field, message, hint). ``kind``: of the link that it stands at.

        A field of a nested body is named with dots, ``filters.0.flowid``.
        """
        return []

    def misfits(self, link: str, about: Callable[[str], Mapping[str, Value]]) -> list[tuple[str, str, str]]:
        """As :meth:`problems`, what is seen only from links as they are declared. ``about``: of a link its attributes."""
        return []

    @classmethod
    def gathered(cls, link: str, kind: str, parts: Sequence[Part]) -> Part:
        """GATHERED: what the parts of a section's bodies are together; their ``path`` begins at the section. Raises Misplaced."""
        raise NotImplementedError  # every type with GATHERED has its own

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        """Whether changing row ``name`` means deleting the thing and making it again."""
        return cls.rows()[name].change is Change.REPLACE

    @classmethod
    def compare(cls, desired: Mapping[str, Value], observed: Mapping[str, Value]) -> list[tuple[str, Value, Value]] | None:
        """What differs, as (name, observed, desired); None = row by row, which is right for nearly every type."""
        return None

    @classmethod
    def tolerance(cls, name: str, attrs: Mapping[str, Value]) -> int:
        """Largest difference of row ``name`` that counts as equal, where the kernel's rounding depends on the wanted ``attrs``."""
        return cls.rows()[name].tolerance

    @classmethod
    def foreign(cls, attrs: Mapping[str, Value]) -> bool:
        """Whether an observed thing is the kernel's or a daemon's: never removed and not exported."""
        return False

    @classmethod
    def section(cls, parts: Sequence[Part]) -> Any:
        """What the document says for observed things of this type, of one link or namespace: bodies with canonical values.

        The opposite of :meth:`parts`; of FORM "list" a list of bodies, and so on.
        """
        bodies = [cls.of(part.attrs.get("kind")).body(part.attrs) for part in parts]
        if cls.FORM == "mapping":
            return {body.pop(cls.KEY): body for body in bodies}
        return bodies[0] if cls.FORM == "one" else bodies

    @classmethod
    def body(cls, attrs: Mapping[str, Value]) -> dict[str, Any]:
        """Attributes worth saying, by name, in the rows' order."""
        return {
            name: attrs[name]
            for name, row in cls.rows().items()
            if attrs.get(name) is not None
            and row.export
            and row.change is not Change.READ_ONLY
            and (row.default is UNSET or row.default != attrs[name])
        }

    @classmethod
    def words(cls, link: str, attrs: Mapping[str, Value], *, remove: bool) -> str:
        """The line for ``ip -batch`` that makes or removes the thing, "" where ip(8) has none."""
        return ""


class PlainThing(ThingType):
    """A type of the table, and a body of it that was accepted without pydantic."""

    __slots__ = ("model_fields_set",)
    model_fields_set: set[str]
    ROWS: ClassVar[Mapping[str, Attr]] = {}
    SHAPE: ClassVar[Shape]

    def __init__(self, values: dict[str, Any], written: set[str]) -> None:
        self.__dict__ = values
        self.model_fields_set = written

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    @classmethod
    def rows(cls) -> Mapping[str, Attr]:
        return cls.ROWS


@cache
def thing_type(name: str) -> type[ThingType]:
    """The facts of a type, or of one kind of a type: ``qdisc.netem``. LookupError for one that this version does not know."""
    from nsmgr.model.shape import entry

    found: type[ThingType] | None = entry(f"thing:{name}")
    if found is not None:
        return found
    from nsmgr.model.things import thing_class, thing_types

    if name.partition(".")[0] not in thing_types():
        raise LookupError(f"no type of thing is called {name!r}")
    return thing_class(name)


def renamed_key(key: str, renamed: Callable[[str], str]) -> str:
    """A thing's key with its link under another name: ``… dev eth0``, or the link's name alone."""
    before, dev, rest = key.rpartition(" dev ") if " dev " in key else ("", "", key)
    link, blank, more = rest.partition(" ")
    return f"{before}{dev}{renamed(link)}{blank}{more}" if dev or not blank else key


def kinds_of(name: str) -> tuple[str, ...]:
    """The kinds of a type that has such, sorted."""
    from nsmgr.model.things import thing_kinds

    return thing_kinds(name)


def facts(name: str, attrs: Mapping[str, Value]) -> type[ThingType]:
    """Of a thing with these attributes: of its kind, where its type has kinds."""
    return thing_type(name).of(attrs.get("kind"))


def rows_of(name: str) -> Mapping[str, Attr]:
    """The rows of a type; for models whose bodies hold those of other types."""
    return thing_type(name).rows()


def body_of(part: Part) -> dict[str, Any]:
    """What the document says for a part of another type."""
    return thing_type(part.type).body(part.attrs)


@cache
def sections(level: str) -> Mapping[str, str]:
    """Section → type, of those that stand at ``level``: "link" or "namespace"."""
    from nsmgr.model.table import SECTIONS
    from nsmgr.model.things import thing_types

    known = SECTIONS if {name for name, _, _ in SECTIONS} == {*thing_types()} else _sections()
    return {section: name for name, where, section in known if where == level and section}


def _sections() -> Collection[tuple[str, str, str]]:
    """(type, level, section) of every type, asked of each."""
    from nsmgr.model.things import thing_types

    return [(name, thing_type(name).LEVEL, thing_type(name).SECTION) for name in thing_types()]


@cache
def always() -> tuple[str, ...]:
    """Types that are read in every namespace that is described completely."""
    from nsmgr.model.table import ALWAYS
    from nsmgr.model.things import thing_types

    return tuple(name for name in thing_types() if name in ALWAYS)


@cache
def thing_units(name: str) -> Mapping[str, str]:
    """Row → unit, of the rows of a type and of its kinds whose values people write with a unit (:data:`nsmgr.text.UNITS`)."""
    from nsmgr.text import UNITS

    classes = [thing_type(name), *(thing_type(f"{name}.{kind}") for kind in kinds_of(name))]
    return {row: facts.unit for cls in classes for row, facts in cls.rows().items() if facts.unit in UNITS}
