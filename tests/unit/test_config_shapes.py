"""The table says what the models say; what it accepts, they accept with the same values; nobody waits for them in vain."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from nsmgr.config import loads
from nsmgr.config.translate import wrong_scalars
from nsmgr.model import generate, shape
from nsmgr.model.kind import Kind, Plain, kind
from nsmgr.model.links import kind_class, kind_names
from tests.effort import examples

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "nsmgr/model/table"
KINDS = ("", *kind_names())


# -------------------------------------------------------------------------------------------------------------- freshness


def test_the_table_is_what_the_models_say() -> None:
    """``make tables`` mends this."""
    written = {path.name: ast.dump(ast.parse(path.read_text())) for path in TABLE.glob("*.py")}
    made = {name: ast.dump(ast.parse(text)) for name, text in generate.generate().items()}
    assert [name for name in written.keys() | made.keys() if written.get(name) != made.get(name)] == [], "make tables"


def test_every_entry_fits_its_sources() -> None:
    assert all(issubclass(kind(name), Plain) for name in KINDS)
    assert all(shape.shape(name) is not None for name in shape.MODELS)


EDITED = """
from nsmgr.model import attr, shape
from nsmgr.model.kind import Plain, kind
from nsmgr.config import loads
print(issubclass(kind("dummy"), Plain), issubclass(kind("veth"), Plain), kind("dummy").MTU_RANGE)
print(kind("newborn").KIND, kind("nosuch").KIND, sorted(kind("newborn").rows().keys() - kind("").rows().keys()))
state = loads("version: 1\\nnamespaces: {n: {links: {d: {kind: dummy, mtu: 99}, b: {kind: newborn, volume: 11}}}}")
print(state.namespaces["n"].links["b"].attrs)
"""
NEWBORN = """
from typing import Annotated, ClassVar, Literal
from nsmgr.model.links.base import Link, data
class Newborn(Link):
    KIND: ClassVar[str] = "newborn"
    kind: Literal["newborn"] | None = "newborn"
    volume: Annotated[int | None, data("IFLA_NEWBORN_VOLUME")] = None
"""


def test_an_edited_or_added_kind_needs_no_table(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "nsmgr", tmp_path / "nsmgr", ignore=shutil.ignore_patterns("__pycache__"))
    links = tmp_path / "nsmgr/model/links"
    links.joinpath("newborn.py").write_text(NEWBORN)
    dummy = links.joinpath("dummy.py")
    dummy.write_text(dummy.read_text() + '    MTU_RANGE: ClassVar[tuple[int, int]] = (99, 101)\n    """"""\n')
    done = subprocess.run(
        [sys.executable, "-c", EDITED], cwd=tmp_path, env=os.environ | {"PYTHONPATH": ""}, capture_output=True, text=True
    )
    assert done.stdout.splitlines() == [
        "False True (99, 101)",
        "newborn  ['volume']",
        "{'state': 'up', 'volume': 11}",
    ], done.stderr


# --------------------------------------------------------------------------------------------------- the same facts as the class


@pytest.mark.parametrize("name", KINDS)
def test_facts_and_rows(name: str) -> None:
    cls, plain = kind_class(name), kind(name)
    facts = [fact for fact in vars(Kind) if fact.isupper() and fact != "SHAPE"]
    assert {fact: getattr(plain, fact) for fact in facts} == {fact: getattr(cls, fact) for fact in facts}
    assert list(plain.rows().items()) == list(cls.rows().items())
    assert set(plain.rows()) <= set(cls.model_fields), "a key is its field's name"


VALUES: list[Any] = [None, 0, 1, 5, 1500, True, "passthru", "vepa", "10.0.0.1", "fe80::1", "eth0", (), ((0, 1),), ((0, 1), (1, 2))]


@pytest.mark.parametrize("name", KINDS)
def test_replaces(name: str) -> None:
    cls, plain = kind_class(name), kind(name)
    for row in cls.rows():
        for observed in VALUES:
            for desired in VALUES:
                assert plain.replaces(row, observed, desired) == cls.replaces(row, observed, desired), (row, observed, desired)


# ------------------------------------------------------------------------------------------- whatever is accepted is accepted

WORDS: list[Any] = [
    *(None, True, False, 0, 1, 7, 8, 200, 1500, 4096, 65536, -1, 2**31, 2**32, 2**64, 2**70, 1.0, 1.5, float("nan")),
    *("", "up", "x", "eth0", "red/eth0", "host/eth0", "/", "a b", "ü" * 8, "\ud800", "x" * 16, "x" * 256, "1", "64k", "20ms"),
    *("10.0.0.1", "10.0.0.1/24", "10.0.0.0/24", "224.0.0.1", "fe80::1", "::", "fd00::/8", "default", "all", "forever", "300s"),
    *("02:00:00:00:00:01", "01:80:c2:00:00:00", "FF-ff-ff-ff-ff-ff", "main", "static", "kernel", "global", "ipv4", "ipv6", "tcp"),
    *("80", "1000-2000", "0-1", "inherit", "set", "802.3ad", "Active-Backup", "source", "bridge", "vepa", "l2", "L3"),
    "gcm-aes-256",
    *("802.1Q", "fixed", "on", "yes", "no\n", "/proc/1/ns/net", "/\0", "lab", "lab\n", "declared", "lookup", "goto", "blackhole"),
    *([], {}, ["10.0.0.1"], ["fd00::1"], ["eth0", "x"], [1], ["02:00:00:00:00:01"], [None], ["x" * 128], {"ipv4.rp_filter": 0}),
    *({"a": True}, {"a": None}, {1: 2}, {"a": 1.5}, [{"via": "10.0.0.1"}], [{"dev": "eth0", "weight": 2}], [{"weight": 0}]),
    *(["mtu", "window"], ["ecn"], "mpls 100", "mpls 100/200", {"type": "seg6", "mode": "encap", "segs": ["fd00::1"]}, "10/20"),
    *({"pid": 42}, {"path": "/x"}, {"links": ["docker*"]}, {"routes": [{"proto": "dhcp"}]}, {"name": "enp3s0"}, (1, 2), b"x"),
]  # fmt: skip


def judged(model: type[BaseModel], data: dict[Any, Any]) -> Any:
    """What the slow way makes of it: the model's instance or None."""
    try:
        found = model.model_validate(data)
    except ValidationError:
        return None
    return None if wrong_scalars(model, data) else found


def plain_value(value: Any) -> Any:
    """Models and records as (type-independent) mappings; everything else with its type: True is not 1 here."""
    if isinstance(value, (BaseModel, shape.Body, Plain)):
        return {"set": sorted(value.model_fields_set), **{key: plain_value(part) for key, part in vars(value).items()}}
    if isinstance(value, (list, tuple)):
        return (type(value), [plain_value(part) for part in value])
    if isinstance(value, dict):
        return [(plain_value(key), plain_value(part)) for key, part in value.items()]
    return (type(value), value)


def agree(found: shape.Shape, model: type[BaseModel], data: dict[Any, Any]) -> bool:
    """Whether the shape accepts; if it does, the model must, with the same values."""
    accepted = found.accept(data)
    if accepted is None:
        return False
    slow = judged(model, data)
    assert slow is not None, data
    assert plain_value(accepted) == plain_value(slow), data
    if isinstance(accepted, Plain):
        for name in ("eth0", "lo"):
            assert accepted.problems(name) == slow.problems(name), data
    return True


def pairs() -> list[tuple[str, shape.Shape, type[BaseModel]]]:
    found: list[tuple[str, shape.Shape, type[BaseModel]]] = []
    for name in KINDS:
        one = kind(name).SHAPE
        assert one is not None
        found.append((f"link:{name}", one, kind_class(name)))
    for name in shape.MODELS:
        other = shape.shape(name)
        assert other is not None
        found.append((name, other, shape.model(name)))
    return found


PAIRS = pairs()
LEAST: dict[str, dict[str, Any]] = {
    "link:hsr": {"slave1": "eth0", "slave2": "eth1"},
    "link:vlan": {"id": 7},
    "link:vrf": {"table": 7},
    "link:bareudp": {"port": 7, "ethertype": "ipv4"},
    "link:physical": {"match": {"name": "x"}},
    "document": {"version": 1},
    "address": {"address": "10.0.0.1"},
    "route": {"to": "default"},
    "rule": {"priority": 7},
}


@pytest.mark.parametrize(("name", "found", "model"), PAIRS, ids=[name for name, _, _ in PAIRS])
def test_each_key_with_each_word(name: str, found: shape.Shape, model: type[BaseModel]) -> None:
    accepted = dict.fromkeys(found.fields, 0)
    for key in found.fields:
        for word in WORDS:
            accepted[key] += agree(found, model, {**LEAST.get(name, {}), key: word})
    dull = [key for key, count in accepted.items() if not count and found.fields[key] is not None]
    assert name == "link:physical" or not dull, "no word of these tests is accepted there"
    assert found.accept({**LEAST.get(name, {}), "nosuch": 1}) is None
    assert found.accept({**LEAST.get(name, {}), 1: 1}) is None
    assert found.accept([]) is None


@given(st.data())
@settings(max_examples=examples(1500), deadline=None)
def test_bodies(data: st.DataObject) -> None:
    name, found, model = data.draw(st.sampled_from(PAIRS), "model")
    keys = data.draw(st.lists(st.sampled_from(sorted(found.fields)), max_size=8, unique=True), "keys")
    words = st.sampled_from(WORDS) | st.integers() | st.text(max_size=20) | st.booleans()
    agree(found, model, {**LEAST.get(name, {}), **{key: data.draw(words, key) for key in keys}})


@given(st.data())
@settings(max_examples=examples(1500), deadline=None)
def test_valid_bodies(data: st.DataObject) -> None:
    """Of words that are accepted one by one, so that whole bodies and what they mean together are compared."""
    name, found, model = data.draw(st.sampled_from(PAIRS), "model")
    least = LEAST.get(name, {})
    body = dict(least)
    for key in data.draw(st.lists(st.sampled_from(sorted(found.fields)), max_size=8, unique=True), "keys"):
        good = [word for word in WORDS if found.accept({**least, key: word}) is not None]
        if good:
            body[key] = data.draw(st.sampled_from(good), key)
    agree(found, model, body)


def test_the_slow_way_gives_the_same_state(monkeypatch: pytest.MonkeyPatch) -> None:
    for path in sorted((ROOT / "configs").glob("*.yaml")):
        text = path.read_text()
        fast = loads(text, path.name)
        with monkeypatch.context() as without:
            without.setattr(shape.Shape, "accept", lambda *_, **__: None)
            without.setattr("nsmgr.config.bodies.empty", lambda name: shape.model(name)())
            assert loads(text, path.name).namespaces == fast.namespaces


# ------------------------------------------------------------------------------------------------------------- what is imported

PROBE = """
import json, sys
before = set(sys.modules)
from nsmgr.config import load
from nsmgr.plan.planner import plan
from nsmgr.plan.state import ObservedState
import nsmgr.engine
desired = load([sys.argv[1]])
if all(netns.source == "create" for netns in desired.namespaces.values()):
    assert plan(desired, ObservedState({})).steps
json.dump(sorted(set(sys.modules) - before), sys.stdout)
"""
HEAVY = {
    *("annotated_types", "asyncio", "email", "importlib.metadata", "pydantic", "pydantic_core", "pyroute2", "rich", "subprocess"),
    *("typer", "typing_extensions", "urllib", "yaml", "difflib"),
}


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_valid_file_waits_for_no_pydantic(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", PROBE, str(path)], capture_output=True, text=True, check=True)
    assert not HEAVY & set(json.loads(done.stdout))
