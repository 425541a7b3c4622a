"""The short way to read JSON gives what json gives, errors included."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsmgr import jsontext

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES, st.sampled_from([None, 1]), st.booleans())
def test_what_json_writes_is_read_back(value: object, indent: int | None, ascii: bool) -> None:
    assert jsontext.loads(json.dumps(value, indent=indent, ensure_ascii=ascii)) == value


@given(VALUES)
def test_the_same_text_is_written(value: object) -> None:
    assert jsontext.dumps(value) == json.dumps(value)


def test_what_json_cannot_carry_is_refused() -> None:
    with pytest.raises(TypeError, match="set is not JSON serializable"):
        jsontext.dumps({"a": {1}})


def judged(loads: Callable[[str], object], text: str) -> object:
    try:
        return loads(text)
    except json.JSONDecodeError as error:
        return str(error)


@given(st.text(alphabet='{}[]:,"\\\n\u00a0 tfn01e.-'))
def test_it_agrees_with_json_about_anything(text: str) -> None:
    assert judged(jsontext.loads, text) == judged(json.loads, text)


@pytest.mark.parametrize("text", ["", "{", "{} x", '{"a": 1,}', "nul", '"\t"'])
def test_errors_are_those_of_json(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        jsontext.loads(text)
