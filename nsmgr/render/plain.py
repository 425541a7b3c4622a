"""Records ⇄ plain JSON data, strict in both directions and driven by their annotations: nothing about them is said twice.

Unknown, missing or wrongly typed members are refused with the place. Mappings with keys that are not text become lists of
pairs; members typed ``Any`` may hold Address, Route or Rule, which are then tagged with their class.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from nsmgr.light import Enum
from nsmgr.model.attr import Value
from nsmgr.plan.state import Address, NextHop, Route, Rule, Thing
from nsmgr.record import Record, fields

_TAGGED = {cls.__name__: cls for cls in (Address, NextHop, Route, Rule, Thing)}
_TAG = "$"


class NotPlain(ValueError):
    """The data does not have the shape; the message begins with the place (``plan.steps[3].verb``)."""


def encode(value: Any) -> Any:
    """A record or a container of them as JSON data.

    Raises:
        TypeError: something JSON cannot carry.
    """
    if value is None or isinstance(value, (str, int)):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Record):
        hints = _hints(type(value))
        return {
            name: _tagged(getattr(value, name)) if hint is Any else encode(getattr(value, name)) for name, hint in hints.items()
        }
    if isinstance(value, Mapping):
        if all(isinstance(key, str) for key in value):
            return {key: _tagged(part) for key, part in value.items()}
        return [[encode(key), encode(part)] for key, part in value.items()]
    if isinstance(value, (tuple, list)):
        return [_tagged(part) for part in value]
    if isinstance(value, (set, frozenset)):
        return sorted(encode(part) for part in value)
    raise TypeError(f"{type(value).__name__} cannot be saved")


def _tagged(value: Any) -> Any:
    data = encode(value)
    return {_TAG: type(value).__name__, **data} if type(value).__name__ in _TAGGED and isinstance(data, dict) else data


def decode(hint: Any, data: Any, place: str) -> Any:
    """The value of type ``hint`` that :func:`encode` made ``data`` from.

    Raises:
        NotPlain: the data does not fit.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any or hint is object:
        return _decode_any(data, place)
    if origin in (Union, types.UnionType):
        return _decode_scalar_union(arguments, data, place)
    if isinstance(hint, type) and issubclass(hint, Record):
        return _decode_record(hint, data, place)
    if isinstance(hint, type) and issubclass(hint, Enum):
        if data not in [member.value for member in hint]:
            raise NotPlain(f"{place}: {data!r} is not one of {', '.join(str(member.value) for member in hint)}")
        return hint(data)
    if origin is not None and issubclass(origin, Mapping):
        return _decode_mapping(arguments, data, place)
    if origin in (tuple, set, frozenset, list):
        return _decode_sequence(origin, arguments, data, place)
    if type(data) is not hint:
        raise NotPlain(f"{place}: {hint.__name__} expected, not {data!r}")
    return data


@cache
def _hints(cls: type[Record]) -> dict[str, Any]:
    # What the modules of plan/ import for the type checker only.
    hints = get_type_hints(cls, localns={"Any": Any, "Mapping": Mapping, "Value": Value})
    return {name: hints[name] for name in fields(cls)}


def _decode_record(cls: Any, data: Any, place: str) -> Any:
    if not isinstance(data, dict):
        raise NotPlain(f"{place}: an object expected, not {data!r}")
    hints = _hints(cls)
    members = {name: part for name, part in data.items() if name != _TAG}
    if _TAG in data and data[_TAG] != cls.__name__:
        raise NotPlain(f"{place}: {cls.__name__} expected, not {data[_TAG]!r}")
    if unknown := sorted(members.keys() - hints.keys()):
        raise NotPlain(f"{place}: unknown key {unknown[0]!r}")
    if missing := sorted(hints.keys() - members.keys()):
        raise NotPlain(f"{place}: {missing[0]!r} is missing")
    return cls(**{name: decode(hint, members[name], f"{place}.{name}") for name, hint in hints.items()})


def _decode_mapping(arguments: tuple[Any, ...], data: Any, place: str) -> dict[Any, Any]:
    key_hint, value_hint = arguments
    if isinstance(data, dict) and key_hint is str:
        return {key: decode(value_hint, part, f"{place}.{key}") for key, part in data.items()}
    if data == {}:  # an empty mapping of any key type
        return {}
    if not isinstance(data, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in data):
        raise NotPlain(f"{place}: a mapping expected")
    return {decode(key_hint, key, f"{place}[{i}]"): decode(value_hint, part, f"{place}[{i}]") for i, (key, part) in enumerate(data)}


def _decode_sequence(origin: Any, arguments: tuple[Any, ...], data: Any, place: str) -> Any:
    if not isinstance(data, list):
        raise NotPlain(f"{place}: a list expected, not {data!r}")
    if origin is tuple and Ellipsis not in arguments:
        if len(data) != len(arguments):
            raise NotPlain(f"{place}: {len(arguments)} values expected, not {len(data)}")
        return tuple(decode(hint, part, f"{place}[{i}]") for i, (hint, part) in enumerate(zip(arguments, data, strict=True)))
    return origin(decode(arguments[0], part, f"{place}[{i}]") for i, part in enumerate(data))


def _decode_scalar_union(arguments: tuple[Any, ...], data: Any, place: str) -> Any:
    """Unions here are of scalars and tuples (Value, path steps, optional members): the JSON type decides."""
    if isinstance(data, list):
        member = next((argument for argument in arguments if get_origin(argument) in (tuple, list)), None)
    elif isinstance(data, dict):
        member = next((argument for argument in arguments if isinstance(argument, type) and issubclass(argument, Record)), None)
    else:
        member = next((argument for argument in arguments if argument is type(data)), None)
    if member is None:
        raise NotPlain(f"{place}: {data!r} has the wrong type")
    return decode(member, data, place)


def _decode_any(data: Any, place: str) -> Any:
    if isinstance(data, list):
        return tuple(_decode_any(part, f"{place}[{i}]") for i, part in enumerate(data))
    if isinstance(data, dict):
        if _TAG in data:
            cls = _TAGGED.get(data[_TAG]) if isinstance(data[_TAG], str) else None
            if cls is None:
                raise NotPlain(f"{place}: unknown class {data[_TAG]!r}")
            return _decode_record(cls, data, place)
        return {key: _decode_any(part, f"{place}.{key}") for key, part in data.items()}
    if data is not None and not isinstance(data, (str, int)):
        raise NotPlain(f"{place}: {data!r} has the wrong type")
    return data
