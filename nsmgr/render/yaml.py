"""A small YAML writer for our own documents: block mappings, flow items in lists, scalars that every YAML reads back as meant.

YAML 1.2 reads ``no`` and ``10:20:30:40:50:10`` as text; 1.1 does not. Both are quoted here, so that any reader agrees.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*\Z")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+(?:/\d+)?\Z")  # more than one dot: no number in any YAML
_DURATION = re.compile(r"\d+(?:s|ms)\Z")
# Several lines that a literal block says as they are: the first begins with what is no blank, nothing needs an escape.
_LITERAL = re.compile(r"[!-~][\t -~\u00a0-\u2027]*\n[\t\n -~\u00a0-\u2027]*\Z")
_WORDS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))


def scalar(value: Any) -> str:
    """One scalar. Text is left plain only where no YAML version takes it for something else."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if (_PLAIN.match(text) and text.lower() not in _WORDS) or _ADDRESS.match(text) or _DURATION.match(text):
        return text
    # JSON's strings are YAML's double-quoted ones; DEL and the C1 controls must be escaped in YAML though not in JSON.
    return re.sub(r"[\x7f-\x9f\u2028\u2029\ufeff]", lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))


def flow(value: Any) -> str:
    """``{to: default, via: 10.0.0.2}``, ``[10.0.0.1/24]``."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(part)}" for key, part in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(part) for part in value) + "]"
    return scalar(value)


def block(mapping: Mapping[str, Any], indent: int = 0) -> Iterator[str]:
    """Lines of a mapping: nested mappings as blocks, lists one item a line, an empty mapping as ``{}``."""
    pad = " " * indent
    for key, value in mapping.items():
        name = f"{pad}{scalar(key)}:"
        if isinstance(value, Mapping) and value:
            yield name
            yield from block(value, indent + 2)
        elif isinstance(value, Sequence) and not isinstance(value, str) and value:
            yield name
            yield from (f"{pad}  - {flow(item)}" for item in value)
        elif isinstance(value, str) and _LITERAL.match(value):
            chomp = "+" if value.endswith("\n\n") else "" if value.endswith("\n") else "-"
            yield f"{name} |{chomp}"
            yield from (f"{pad}  {line}" if line else "" for line in value.removesuffix("\n").split("\n"))
        else:
            yield f"{name} {flow(value)}"
