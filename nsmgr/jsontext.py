"""JSON by the standard library's C half: its Python half compiles regular expressions at import, 5 ms that no small job has."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Strict:
    """json.JSONDecoder as the C scanner sees it: defaults everywhere."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float, parse_int = float, int

    @staticmethod
    def parse_constant(text: str) -> Any:
        raise ValueError(text)  # NaN, Infinity: json's to judge


def loads(text: str) -> Any:
    """As :func:`json.loads`. Whatever is not plainly right is left to that, errors included."""
    body = text.strip(" \t\n\r")
    try:
        from _json import make_scanner

        context: Any = _Strict
        value, end = make_scanner(context)(body, 0)
        if end == len(body):
            return value
    except (ImportError, AttributeError, TypeError, StopIteration, ValueError, RecursionError):
        pass
    import json

    return json.loads(text)


def dumps(value: Any) -> str:
    """As :func:`json.dumps`."""
    try:
        from _json import encode_basestring_ascii, make_encoder

        # markers (no look-out for cycles), default, encoder, indent, the separators, sort_keys, skipkeys, allow_nan
        return "".join(make_encoder(None, _refuse, encode_basestring_ascii, None, ": ", ", ", False, False, True)(value, 0))
    except (ImportError, TypeError):
        import json

        return json.dumps(value)


def _refuse(value: Any) -> Any:
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
