"""Records: classes of named fields, at a fraction of what dataclasses cost a process that lives for 50 ms.

>>> class Hop(Record):
...     via: str = ""
...     weight: int = 1
>>> Hop("10.0.0.1")
Hop(via='10.0.0.1', weight=1)

A :class:`Record` is what ``@dataclass(slots=True)`` makes: fields from the annotations (base class first), slots, ``__init__``,
``__eq__``, ``__repr__``, ``__match_args__``. ``class Name(Record, frozen=True)`` has a hash besides, and the type checker refuses
assignment; at run time nothing stands in the way, for the guard would make each instance three times as dear. Why not
dataclasses, with numbers, and when they still are the right choice: docs/design/006-records.md.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar, TypeVar, dataclass_transform, overload

    T = TypeVar("T")
    R = TypeVar("R", bound="Record")

    @overload
    def field(*, default: T, compare: bool = True) -> T: ...
    @overload
    def field(*, default_factory: Callable[[], T], compare: bool = True) -> T: ...
    def field(**_: Any) -> Any:
        """A field that needs more said than its default; the arguments are those of :class:`Field`."""
else:

    def dataclass_transform(**_):
        return lambda metaclass: metaclass


class Field:
    """A default that is made anew for each instance, or a field that takes no part in comparing and showing.

    default_factory: called without arguments for each instance that is not given the field.
    compare: False leaves the field out of ``==``, hash and repr.
    """

    __slots__ = ("compare", "default", "default_factory")

    def __init__(self, *, default: Any = None, default_factory: Callable[[], Any] | None = None, compare: bool = True) -> None:
        self.default, self.default_factory, self.compare = default, default_factory, compare


if not TYPE_CHECKING:
    field = Field


class _Given:
    """The default of a field with a factory, in the signature of a built ``__init__``."""

    def __repr__(self) -> str:
        return "<made anew>"


_FRESH = _Given()
PATIENCE = 20  # instances of a class before its __init__ is compiled
_uses: dict[type, int] = {}


@dataclass_transform(field_specifiers=(field,))
class RecordType(type):
    """Makes the class: annotations become slots, the defaults move out of the slots' way."""

    __fields__: tuple[str, ...]
    __defaults__: dict[str, Any]
    __compared__: tuple[str, ...]

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], *, frozen: bool = False) -> RecordType:
        own = [
            word
            for word, annotation in namespace.get("__annotations__", {}).items()
            if not str(annotation).startswith(("ClassVar", "typing.ClassVar"))
        ]
        fields: tuple[str, ...] = ()
        compared: tuple[str, ...] = ()
        defaults: dict[str, Any] = {}
        for base in bases:
            if isinstance(base, RecordType):
                fields, defaults, compared = base.__fields__, {**base.__defaults__}, base.__compared__
        for word in own:
            if word in namespace:
                defaults[word] = namespace.pop(word)
        namespace["__slots__"] = tuple(own)
        namespace["__fields__"] = namespace["__match_args__"] = fields = (*fields, *own)
        namespace["__defaults__"] = defaults
        namespace["__compared__"] = compared = (
            *compared,
            *[word for word in own if not (isinstance(defaults.get(word), Field) and not defaults[word].compare)],
        )
        if fields:
            namespace.setdefault("__init__", _init)
            namespace.setdefault("__eq__", _eq)
            namespace.setdefault("__hash__", _hash if frozen else None)
        return super().__new__(mcs, name, bases, namespace)


def _init(self: Any, *values: Any, **named: Any) -> None:
    """``__init__`` of the first instances: slow, but it need not be compiled, which takes as long as 40 of them."""
    cls: Any = type(self)
    uses = _uses[cls] = _uses.get(cls, 0) + 1
    if uses > PATIENCE or not _assign(self, cls, values, named):
        _build(cls, *_source(cls))(self, *values, **named)  # raises what is to be said about wrong arguments


def _assign(self: Any, cls: Any, values: tuple[Any, ...], named: dict[str, Any]) -> bool:
    """Do what ``__init__`` does; False when the arguments do not fit."""
    fields, defaults = cls.__fields__, cls.__defaults__
    given = dict(zip(fields, values, strict=False)) | named
    if len(given) != len(values) + len(named):
        return False
    for name in fields:
        if name in given:
            value = given.pop(name)
        elif name in defaults:
            value = defaults[name]
            if isinstance(value, Field):
                value = value.default_factory() if value.default_factory is not None else value.default
        else:
            return False
        setattr(self, name, value)
    return not given


def _source(cls: Any) -> tuple[str, dict[str, Any]]:
    """``__init__`` as one would write it by hand, and the names in it."""
    words, body = ["self"], []
    scope: dict[str, Any] = {"_FRESH": _FRESH}
    for name in cls.__fields__:
        value = name
        if name in cls.__defaults__:
            default = cls.__defaults__[name]
            if isinstance(default, Field) and default.default_factory is not None:
                scope[f"_new_{name}"] = default.default_factory
                words.append(f"{name}=_FRESH")
                value = f"_new_{name}() if {name} is _FRESH else {name}"
            else:
                scope[f"_default_{name}"] = default.default if isinstance(default, Field) else default
                words.append(f"{name}=_default_{name}")
        else:
            words.append(name)
        body.append(f"self.{name} = {value}")
    return f"def __init__({', '.join(words)}):\n " + "\n ".join(body), scope


def _eq(self: Any, other: object) -> bool:
    """``__eq__`` until the first comparison."""
    cls: Any = type(self)
    mine, others = (f"({''.join(f'{who}.{name}, ' for name in cls.__compared__)})" for who in ("self", "other"))
    source = f"def __eq__(self, other):\n return {mine} == {others} if self.__class__ is other.__class__ else NotImplemented"
    equal: bool = _build(cls, source, {})(self, other)
    return equal


def _hash(self: Any) -> int:
    """``__hash__`` of a frozen record until it is first asked for."""
    cls: Any = type(self)
    values = "".join(f"self.{name}, " for name in cls.__compared__)
    number: int = _build(cls, f"def __hash__(self):\n return hash(({values}))", {})(self)
    return number


def _build(cls: RecordType, source: str, scope: dict[str, Any]) -> Any:
    """A method as one would write it by hand, put into its class; compiled, since nothing else is as fast."""
    exec(source, scope)
    name, method = scope.popitem()  # what was defined last
    method.__qualname__, method.__module__ = f"{cls.__qualname__}.{name}", cls.__module__
    setattr(cls, name, method)
    return method


class Record(metaclass=RecordType):
    """Base of the records."""

    if TYPE_CHECKING:  # set by the metaclass
        __fields__: ClassVar[tuple[str, ...]]
        __compared__: ClassVar[tuple[str, ...]]

    def __repr__(self) -> str:
        cls: Any = type(self)
        return f"{cls.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in cls.__compared__)})"


def fields(record: Record | type[Record]) -> tuple[str, ...]:
    """The names of the fields, in the order of ``__init__``."""
    return record.__fields__


def as_dict(record: Record) -> dict[str, Any]:
    """The values by name; they are not copied, nor are records among them taken apart."""
    return {name: getattr(record, name) for name in record.__fields__}


def replace(record: R, **changes: Any) -> R:
    """A copy with some fields changed; the values are not copied."""
    return type(record)(**(as_dict(record) | changes))
