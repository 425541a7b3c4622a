"""Values and types in the words of this language."""

from __future__ import annotations

from nsmgr.text import NO_SECRETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BOOLEANS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
EXPECTED = {
    "int": "a whole number",
    "bool": "true or false",
    "string": "text",
    "float": "a number",
    "list": "a list",
    "tuple": "a list",
    "dict": "a mapping",
    "model": "a mapping",
    "mapping": "a mapping",
}


def value_message(value: Any, words: str) -> tuple[str, str]:
    """A validator's words about a value → (message, hint): ``not an IP address`` → ``\\`x\\` is not an IP address``."""
    words, _, advice = words.partition("; ")
    if words == NO_SECRETS:
        return words, advice
    return (f"{show(value)} is {words}" if words.startswith("not ") else f"{show(value)}: {words}"), advice


def show(value: Any) -> str:
    """A value in a message, short."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{text if len(text) <= 60 else text[:57] + '…'}`"


def expected(kind: str, value: Any) -> tuple[str, str]:
    """(message, hint) for a value of the wrong type; ``kind``: bool, int, string, list …"""
    kind = "string" if kind == "str" else kind
    advice = ""
    if kind == "bool" and isinstance(value, str):
        meant = _BOOLEANS.get(value.lower())
        advice = f"`{value}` is text in YAML 1.2: write `{meant}`" if meant else ""
    elif kind == "bool" and value in (0, 1):
        advice = f"write `{str(bool(value)).lower()}`"
    elif kind == "int" and isinstance(value, str) and value.lstrip("+-").isdecimal():
        advice = "a number has no leading zero" if value.lstrip("+-").startswith("0") and len(value) > 1 else "remove the quotes"
    elif kind == "string" and isinstance(value, int | float):
        advice = f'quote it: "{str(value).lower() if isinstance(value, bool) else value}"'
    elif kind == "list" and isinstance(value, str | int):
        advice = f"write `[{value}]`"
    return f"expected {EXPECTED[kind]}, not {show(value)}", advice
