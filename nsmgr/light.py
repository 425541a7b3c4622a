"""Stand-ins for what nsmgr uses of functools and enum, which import 6 ms of modules: a tenth of a small apply.

The type checker sees the originals, and they are what to read about these. Why, with numbers: docs/design/006-records.md.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from enum import Enum, IntEnum
    from functools import cache, cached_property, lru_cache
    from typing import Any
else:
    try:
        from _functools import _lru_cache_wrapper
    except ImportError:  # not CPython
        from functools import cache, lru_cache
    else:

        def cache(function: Callable[..., Any]) -> Callable[..., Any]:
            """As :func:`functools.cache`: the same C object."""
            return _lru_cache_wrapper(function, None, False, tuple)

        def lru_cache(maxsize: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
            """As :func:`functools.lru_cache`."""
            return lambda function: _lru_cache_wrapper(function, maxsize, False, tuple)

    class cached_property:  # noqa: N801 - as functools'
        """As :class:`functools.cached_property`."""

        def __init__(self, function: Callable[[Any], Any]) -> None:
            self._function = function
            self.__doc__ = function.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self._name = name

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            if instance is None:
                return self
            value = instance.__dict__[self._name] = self._function(instance)
            return value

    class _EnumType(type):
        """Makes a member of each attribute in capitals, in their order."""

        def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
            cls = super().__new__(mcs, name, bases, namespace)
            cls._members = {}
            for word, value in namespace.items():
                if word.isupper():
                    member = cls._members[value] = cls._new(value)
                    member.name, member.value = word, value
                    setattr(cls, word, member)
            return cls

        def __call__(cls, value: Any) -> Any:
            if isinstance(value, cls):
                return value
            try:
                return cls._members[value]
            except (KeyError, TypeError):
                raise ValueError(f"{value!r} is not a valid {cls.__qualname__}") from None

        def __iter__(cls) -> Iterator[Any]:
            return iter(cls._members.values())

        def __len__(cls) -> int:
            return len(cls._members)

    class Enum(metaclass=_EnumType):
        """As :class:`enum.Enum`, for members in capitals without aliases, found by attribute or by value."""

        @classmethod
        def _new(cls, value: Any) -> Any:
            return object.__new__(cls)

        def __repr__(self) -> str:
            return f"<{type(self).__name__}.{self.name}: {self.value!r}>"

        def __str__(self) -> str:
            return f"{type(self).__name__}.{self.name}"

        def __reduce_ex__(self, protocol: int) -> Any:
            return type(self), (self.value,)  # copies are the member itself

    class IntEnum(int, Enum):
        """As :class:`enum.IntEnum`."""

        @classmethod
        def _new(cls, value: int) -> Any:
            return int.__new__(cls, value)

        __str__ = int.__repr__
        __format__ = int.__format__


__all__ = ["Enum", "IntEnum", "cache", "cached_property", "lru_cache"]
