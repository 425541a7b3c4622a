"""Shared by the wire tests: captured dumps, hex with comments, and pyroute2's view of a message in the codec's value forms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from nsmgr.plan.plan import Step, Verb


def golden(text: str) -> bytes:
    """Bytes from hex lines, each with a comment after ``#``."""
    return bytes.fromhex("".join(line.partition("#")[0] for line in text.splitlines()))


@cache
def dumps() -> Mapping[str, list[bytes]]:
    """Messages captured from a real kernel, by family of dump; tests/kernel/test_wire_kernel.py compares with a live one."""
    stored = json.loads((Path(__file__).parent / "dumps.json").read_text())
    return {name: [bytes.fromhex(message) for message in stored[name]] for name in stored if name != "about"}


def step(verb: Verb, netns: str = "red", **fields: Any) -> Step:
    return Step(1, 1, verb, netns, **fields)


def no_fd(netns: str) -> int:
    raise AssertionError(f"no descriptor of {netns} is needed")


def oracle(nla: Any) -> Any:
    """A decoded pyroute2 object as the codec would give it: nests are dicts, structs tuples, hex text bytes."""
    if nla.nla_map:
        found: dict[str, Any] = {name: nla[name] for name, fmt in nla.fields if not fmt.endswith("x")}
        for slot in nla["attrs"]:
            inner = slot.nla
            if slot.name == "UNKNOWN":
                found[f"#{inner['header']['type'] & 0x3FFF}"] = bytes(inner.data[inner.offset + 4 : inner.offset + inner.length])
            else:
                found[slot.name] = oracle(inner)
        return found
    if nla._nla_array:
        return tuple(oracle(cell) for cell in nla.value)
    fields = [name for name, fmt in nla.fields if not fmt.endswith("x")]
    if len(fields) > 1:
        return tuple(nla[name] for name in fields)
    if "value" in nla and isinstance(nla["value"], int):
        return nla["value"]  # the number, not its name in value_map
    value = nla.getvalue()
    if type(nla).__name__ in ("hex", "br_id"):
        return bytes(nla["value"])
    return value
