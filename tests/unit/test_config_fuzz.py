"""Whatever a document says, the answer is a state or a ConfigError whose problems have places. Nothing else gets out."""

from __future__ import annotations

import copy
import random
from typing import Any

import ryaml
from hypothesis import given, settings
from hypothesis import strategies as st

from nsmgr.config import loads, locate, render_problems
from nsmgr.errors import ConfigError, Problem
from nsmgr.model.links import kind_names
from nsmgr.plan.state import DesiredState
from tests.effort import examples

BASE: dict[str, Any] = {
    "version": 1,
    "name": "lab",
    "defaults": {"link": {"mtu": 1500}, "veth": {"queues": 1}},
    "host": {"links": {"up": {"kind": "veth", "peer": "red/up"}}, "sysctls": {"net.ipv4.ip_forward": 1}},
    "namespaces": {
        "red": {
            "links": {
                "eth0": {
                    "kind": "veth",
                    "peer": "blue/eth0",
                    "addresses": ["10.0.0.1/24", {"address": "fd00::1/64", "nodad": True}],
                },
                "br0": {"kind": "bridge", "stp": False, "sysctls": {"ipv4.rp_filter": 0}, "altnames": ["bridge"]},
                "p": {"kind": "ifb", "controller": "br0"},
                "m": {"kind": "macvlan", "parent": "eth0"},
            },
            "routes": [{"to": "default", "via": "10.0.0.2"}, {"to": "10.9.0.0/16", "nexthops": [{"via": "10.0.0.3"}]}],
            "rules": [{"priority": 1, "from": "10.0.0.0/8", "table": 7}],
            "sysctls": {"net.ipv4.conf.eth0.rp_filter": 1},
            "ignore": {"links": ["docker*"], "routes": [{"protocol": "dhcp"}]},
        },
        "blue": {"links": {"eth0": {"addresses": ["10.0.0.2/24"]}}, "adopt": True},
        "web": {"from": {"pid": 42}},
    },
}
WORDS: list[Any] = [
    *(None, True, False, 0, -1, 2**40, 1.5, "", "x", "/", "a/b", "host/x", "red/eth0", "10.0.0.1", "fe80::", "default", "\0", "\n"),
    *("kind", "peer", "controller", "parent", "to", "via", "lo", "all", "eth0", "net.ipv4", "kernel", "forever", "1m", [], {}),
    *([None], {"x": 1}, {"kind": "veth"}, [["a"]], {1: 2}, "é", *kind_names()),
]  # fmt: skip


def places(part: Any) -> list[tuple[Any, Any]]:
    """(container, key) of everything in a document."""
    keys = list(part) if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else []
    return [(part, key) for key in keys] + [place for key in keys for place in places(part[key])]


def outcome(text: str) -> tuple[DesiredState | None, tuple[Problem, ...]]:
    """The state, or the problems, which can be printed."""
    try:
        return loads(text, "lab.yaml"), ()
    except ConfigError as error:
        render_problems(error.problems)
        return None, error.problems


def mutate(seed: int) -> dict[str, Any]:
    chance = random.Random(seed)
    document = copy.deepcopy(BASE)
    for _ in range(chance.randint(1, 4)):
        container, key = chance.choice(places(document) or [(document, "version")])
        word = copy.deepcopy(chance.choice(WORDS))
        match chance.randrange(3):
            case 0:
                container[key] = word
            case 1 if isinstance(container, dict) and not isinstance(word, list | dict):
                container[word] = container.pop(key)
            case 1 if isinstance(container, list):
                container.insert(0, word)
            case _:
                del container[key]
    return document


@given(st.integers(0, 2**32))
@settings(max_examples=examples(600), deadline=None)
def test_mutated_documents(seed: int) -> None:
    text = ryaml.dumps(mutate(seed))
    state, problems = outcome(text)
    assert all(problem.line > 0 and problem.column > 0 for problem in problems), problems
    assert (state is None) == bool(problems)
    for netns in state.namespaces.values() if state else ():
        for link in netns.links.values():
            assert link.attrs["state"] in ("up", "down")
            assert state is not None
            assert locate(state, link.origin)


@given(st.text(max_size=60))
@settings(max_examples=examples(300), deadline=None)
def test_any_text(text: str) -> None:
    state, problems = outcome(text)
    assert (state is None) == bool(problems)
