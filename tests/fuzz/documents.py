"""Documents of the shape that the JSON Schema allows, and a little beside it: what a person with an editor might write."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

from nsmgr.config.schema import json_schema

DEPTH = 9
NAMES = ("eth0", "br0", "red", "blue", "red/eth0", "host/up", "lo", "x", "a.b", "$(id)", "é", "all")
TEXTS = (*NAMES, "10.0.0.1/24", "10.0.0.0/8", "fd00::1/64", "10.0.0.1", "fe80::1", "default", "02:00:00:00:00:01", "1mbit", "20ms")
TEXTS += ("0x1f", "1:1", "ffff:", "50%", "1-3", "file:/nowhere", "env:NOT_THERE", "10k", "any", "none", "", "net.ipv4.ip_forward")
ODD: tuple[Any, ...] = (None, True, 0, -1, 2**63, 1.5, "", "..", "\0", "a b", [], {}, [None], {"kind": "veth"})


@cache
def schema() -> dict[str, Any]:
    return json_schema()


def document(chance: random.Random) -> Any:
    """One document; each choice is asked of ``chance``."""
    made = _make(schema(), chance, 0)
    if isinstance(made, dict):
        made["version"] = 1
    return made


def _make(node: Any, chance: random.Random, depth: int) -> Any:
    if node is True or not isinstance(node, dict) or chance.random() < 0.01:
        return chance.choice(ODD)
    if "$ref" in node:
        return _make(schema()["$defs"][node["$ref"].rpartition("/")[2]], chance, depth)
    if "const" in node:
        return node["const"]
    if "enum" in node:
        return chance.choice(node["enum"])
    for word in ("anyOf", "oneOf"):
        if word in node:
            return _make(chance.choice(node[word]), chance, depth)
    kind = node.get("type")
    if isinstance(kind, list):
        kind = chance.choice(kind)
    if kind == "object":
        return _object(node, chance, depth)
    if kind == "array":
        most = 0 if depth > DEPTH else min(node.get("maxItems", 3), 3)
        return [
            _make(node.get("items", True), chance, depth + 1)
            for _ in range(chance.randint(min(node.get("minItems", 0), most), most))
        ]
    if kind in ("integer", "number"):
        least, most = node.get("minimum", -1), node.get("maximum", 2**32)
        return chance.choice((least, most, least + 1, chance.randint(int(least), int(most)), most + 1))
    if kind == "boolean":
        return chance.random() < 0.5
    return None if kind == "null" else chance.choice(TEXTS)


def _object(node: dict[str, Any], chance: random.Random, depth: int) -> dict[str, Any]:
    known, required = node.get("properties", {}), node.get("required", ())
    few = [name for name in known if name not in required]
    chosen = [*required, *chance.sample(few, min(len(few), 0 if depth > DEPTH else chance.randint(0, 4)))]
    made = {name: _make(known.get(name, True), chance, depth + 1) for name in chosen}
    other = node.get("additionalProperties", False)
    if other and depth <= DEPTH:
        made |= {chance.choice(NAMES): _make(other, chance, depth + 1) for _ in range(chance.randint(0, 3))}
    return made
