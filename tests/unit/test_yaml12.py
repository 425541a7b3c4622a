"""The two YAML parsers agree, and what this language refuses is refused with its place."""

from __future__ import annotations

import math
import string
import time
from typing import Any

import pytest
import ryaml
from hypothesis import given, settings
from hypothesis import strategies as st

from nsmgr.config import positions, yaml12
from tests.effort import examples

SCALARS = """
no on yes off y n Yes True TRUE true tRue False FALSE false null Null NULL ~ nULL 0 -0 +0 1 -1 +1 00 014 -014 +014 09
0o17 0o8 0o -0o7 0x1F 0X1F 0x -0x1f +0x1f 0x+1 0b11 0b2 -0b1 1_000 10:20:30:40:50:10 02:00:00:00:00:01 1.5 -1.5 +.5 .5
5. . -. .e3 e3 1e 1e+ 1e3 1E3 1.e3 1.5e-3 1e999 00.5 00e3 0e0 0.0 -0.0 .inf .Inf .INF -.inf +.inf +.INF .nan .NaN .NAN
-.nan +.nan inf nan infinity 2001-01-01 2001-01-01T00:00:00Z 12:30 = + - ++1 +-1 -+1 0x0001 18446744073709551615
-9223372036854775808 10.0.0.1 10.0.0.1/24 ::1 fe80::1 1.2.3 1e1.5 1__0 ٣ 0.1.2 --- 123abc 0xg 1,5 1;2
""".split()  # noqa: SIM905 - a table, not a list of 90 quoted words

DOCUMENTS = [
    "",
    "# only a comment\n",
    "a: 1\nb: [1, 2, {c: d}]\n",
    "a:\n  b:\n    - c\n    - d: 1\n      e: 2\n",
    "a: |\n  x\n  y\n",
    "a: >-\n  x\n  y\n\n  z\n",
    "a: 'it''s'\nb: \"\\x41\\n\\u00e9\"\n",
    "a: 'no'\nb: \"5\"\n",
    "a:\t1\n",
    "a: 1\r\nb: 2\r\n",
    "\ufeffa: 1\n",
    "---\na: 1\n...\n",
    "%YAML 1.2\n---\na: no\n",
    "%YAML 1.1\n---\na: no\n",
    "{a, b}",
    '{"a":1,"b":[true,null]}',
    "7: 2\n2.5: 3\ntrue: 4\nnull: 5\n",
    "1: a\n'1': b\n",
    "a: x\n  y\n  z\n",
    "a: b # c\n",
    "a: b#c\n",
    "é: ü\n名: 前\n",
    "? a\n: b\n",
    "- - 1\n  - 2\n- 3\n",
    "a: ''\nb: \"\"\nc:\n",
]


def same(left: Any, right: Any) -> bool:
    """Equal in value and type, NaN included."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float):
        return (math.isnan(left) and math.isnan(right)) or (left == right and math.copysign(1, left) == math.copysign(1, right))
    return bool(left == right)


def agree(text: str) -> None:
    """The fast parser's verdict and value are the slow one's."""
    try:
        fast = ryaml.loads(text)
    except (ryaml.InvalidYamlError, ValueError):
        assert positions.compose(text).problems, text
        return
    composed = positions.compose(text)
    assert not composed.problems, (text, composed.problems)
    assert same(composed.root.value if composed.root else None, fast), text


@pytest.mark.parametrize("scalar", SCALARS)
def test_scalars_agree(scalar: str) -> None:
    agree(f"a: {scalar}\n")
    agree(f"[{scalar}]")


@pytest.mark.parametrize("text", DOCUMENTS)
def test_documents_agree(text: str) -> None:
    agree(text)


@given(st.text(st.sampled_from("0123456789+-._eExXobinfaNulltrueFALSE~:"), min_size=1, max_size=12))
@settings(max_examples=examples(1500), deadline=None)
def test_scalar_resolution_agrees(text: str) -> None:
    try:
        ours: Any = positions.scalar(text)
    except ValueError:
        with pytest.raises(ryaml.InvalidYamlError):
            ryaml.loads(f"[{text}]")
        return
    try:
        theirs = ryaml.loads(f"[{text}]")
    except ryaml.InvalidYamlError:
        return  # not a plain scalar
    if isinstance(theirs, list) and len(theirs) == 1 and not isinstance(theirs[0], dict):
        assert same(ours, theirs[0])


_keys = st.text(string.ascii_letters + "-_.é", min_size=1, max_size=8)
_plain = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.sampled_from(SCALARS), st.text(max_size=10))
_values = st.recursive(_plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=4), max_leaves=20)


@given(_values)
@settings(max_examples=examples(300), deadline=None)
def test_dumped_values_agree(value: Any) -> None:
    agree(ryaml.dumps(value))


@given(st.text(st.sampled_from("ab:-?[]{},#'\"|>%@` \n\t1"), max_size=30))
@settings(max_examples=examples(2000), deadline=None)
def test_soup_agrees(text: str) -> None:
    agree(text)


@pytest.mark.parametrize(
    "text",
    ["a: &x 1", "a: *x", "a: !t 1", "[*x]", "{a: &x 1}", "&a [*a]", "!t\na: 1", "- !t", "<<: {a: 1}", "[1,*x]", '{"a":*x}', "! x"],
)
def test_what_the_fast_parser_may_not_judge(text: str) -> None:
    with pytest.raises(yaml12.NeedsPositions):
        yaml12.parse(text)


@pytest.mark.parametrize("text", ['links: ["docker*"]', "a: x&y", "a: x*y!", "a: 'b! c'", "a: 5*3"])
def test_ordinary_text_stays_fast(text: str) -> None:
    assert yaml12.parse(text) == ryaml.loads(text)


PROBLEMS = [
    ("a: 1\nb: 2\na: 3\n", (3, 1), "duplicate key `a`", "duplicate_key"),
    ("a: {b: 1, 'b': 2}", (1, 11), "duplicate key `b`", "duplicate_key"),
    ("1: a\n0x1: b", (2, 1), "duplicate key `1`", "duplicate_key"),
    ("a: !foo 5", (1, 4), "unknown tag `!foo`", "tag"),
    ("a: !!binary aGk=", (1, 4), "unknown tag `!!binary`", "tag"),
    ("a: ! 5", (1, 4), "unknown tag `!`", "tag"),
    ("a: !!map [1]", (1, 4), "unknown tag `!!map`", "tag"),
    ("a: !!int x", (1, 4), "`x` is not of the type !!int", "yaml"),
    ("b:\n  <<: {a: 1}", (2, 3), "merge keys (`<<`) are not part of YAML 1.2", "yaml"),
    ("a: 1\n---\nb: 2", (2, 1), "a second document starts here", "yaml"),
    ("a:\n\tb: 1", (2, 1), "a tab where YAML wants spaces", "yaml"),
    ("\ta: 1", (1, 1), "a tab where YAML wants spaces", "yaml"),
    ("a: &a [*a]", (1, 8), "`*a` stands inside of what it repeats", "limit"),
    ("a: *nope", (1, 4), "unknown anchor `*nope`", "yaml"),
    ("? [1]\n: 2", (1, 3), "a key must be a plain text", "yaml"),
    ("a: [1,\nb: 2\n", (1, 4), "did not find expected ',' or ']'", "yaml"),
    ("a: 'x\nb: 1\n", (1, 4), "found unexpected end of stream", "yaml"),
    ("a: b: c", (1, 5), "mapping values are not allowed", "yaml"),
    ("a: @x", (1, 4), "found character that cannot start any token", "yaml"),
    ("x: 1\na: \x1b[0m", (2, 4), "control character U+001B", "yaml"),
    ("a: 99999999999999999999", (1, 4), "an integer is between", "yaml"),
    ("a: " + "[" * 70 + "]" * 70, (1, 67), "nested more than 64 levels deep", "limit"),
]


@pytest.mark.parametrize(("text", "position", "message", "code"), PROBLEMS)
def test_problems_have_places(text: str, position: tuple[int, int], message: str, code: str) -> None:
    if "[[[" not in text:  # the fast parser takes 128 levels; no valid document needs more than a dozen
        with pytest.raises(yaml12.NeedsPositions):
            yaml12.parse(text)
    (problem,) = positions.compose(text).problems
    assert (problem.position, problem.code) == (position, code)
    assert problem.message.startswith(message)


def test_all_duplicates_are_found_in_one_go() -> None:
    composed = positions.compose("a: 1\na: 2\nb: {c: 1, c: 2}\na: 3\n")
    assert [(problem.position, problem.other) for problem in composed.problems] == [
        ((2, 1), (1, 1)),
        ((3, 11), (3, 5)),
        ((4, 1), (1, 1)),
    ]
    assert composed.root is not None
    assert composed.root.value == {"a": 1, "b": {"c": 1}}


def test_harmless_aliases_and_known_tags_work() -> None:
    composed = positions.compose("a: &x {b: 1}\nc: *x\nd: !!str 5\ne: !!int '5'\nf: !!float 1\ng: !!null ''\n")
    assert not composed.problems
    assert composed.root is not None
    assert composed.root.value == {"a": {"b": 1}, "c": {"b": 1}, "d": "5", "e": 5, "f": 1.0, "g": None}


def test_alias_bomb_is_refused_quickly() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    started = time.perf_counter()
    (problem,) = positions.compose("\n".join(rows)).problems
    assert time.perf_counter() - started < 1
    assert problem.message == "aliases stand for more than 1000000 nodes"
    assert problem.position[0] == 7


def test_nesting_by_aliases_counts() -> None:
    rows = ["a0: &a0 [x]", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 80))]
    (problem,) = positions.compose("\n".join(rows)).problems
    assert problem.message == "nested more than 64 levels deep"


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 50_000, "{a: " * 50_000])
def test_depth_cannot_exhaust_the_stack(text: str) -> None:
    assert positions.compose(text).problems[0].code == "limit"


def test_positions_count_characters() -> None:
    root = positions.compose("é: {ü: x, b: y}\n").root
    assert root is not None
    assert isinstance(root.children, dict)
    inner = root.children["é"][1]
    assert isinstance(inner.children, dict)
    assert inner.children["b"][0] == (1, 11)
    assert inner.children["b"][1].position == (1, 14)
