"""The stand-ins behave as what they stand for."""

from __future__ import annotations

import copy
import enum
import functools
import json
import pickle

import pytest

from nsmgr import light
from nsmgr.plan.plan import Action, Verb


class Light(light.Enum):
    ONE = "one"
    TWO = "two"

    @property
    def twice(self) -> str:
        return str(self.value) * 2


class Real(enum.Enum):
    ONE = "one"
    TWO = "two"


def test_an_enumeration() -> None:
    assert [member.value for member in Light] == [member.value for member in Real]
    assert [member.name for member in Light] == [member.name for member in Real]
    assert [repr(member).replace("Light", "Real") for member in Light] == [repr(member) for member in Real]
    assert (Light("two"), Light(Light.TWO), Light.ONE.twice, len(Light)) == (Light.TWO, Light.TWO, "oneone", 2)
    assert Light.ONE != Light.TWO
    assert {Light.ONE: 1}[Light("one")] == 1
    assert isinstance(Verb.LINK_ADD, light.Enum)


@pytest.mark.parametrize("value", ["three", "ONE", None, []])
def test_a_value_that_is_none_is_refused_in_the_same_words(value: object) -> None:
    with pytest.raises(ValueError) as expected:
        Real(value)
    with pytest.raises(ValueError) as found:
        Light(value)
    assert str(found.value) == str(expected.value).replace("Real", "Light")


@pytest.mark.parametrize("member", [Action.CREATE, Verb.LINK_ADD])
def test_a_copy_is_the_member_itself(member: light.Enum) -> None:
    assert copy.copy(member) is copy.deepcopy(member) is pickle.loads(pickle.dumps(member)) is member


def test_numbers_are_numbers() -> None:
    assert (Verb.LINK_ADD + 0, json.dumps(Verb.LINK_ADD), f"{Verb.LINK_ADD}", str(Verb.LINK_ADD)) == (3, "3", "3", "3")
    match Verb(6):
        case Verb.LINK_DATA:
            pass
        case _:
            pytest.fail("matched by value")


@pytest.mark.parametrize("package", [light, functools])
def test_memories(package: object) -> None:
    calls: list[object] = []

    class Thing:
        @package.cached_property
        def size(self) -> int:
            calls.append(self)
            return 3

    @package.cache
    def double(number: int) -> int:
        calls.append(number)
        return 2 * number

    @package.lru_cache(maxsize=1)
    def triple(number: int) -> int:
        calls.append(-number)
        return 3 * number

    thing = Thing()
    assert (thing.size, thing.size, Thing().size) == (3, 3, 3)
    assert [double(n) for n in (1, 2, 1, 2)] == [2, 4, 2, 4]
    assert [triple(n) for n in (1, 2, 1, 1)] == [3, 6, 3, 3]
    assert len(calls) == 2 + 2 + 3
    double.cache_clear()
    assert double(1) == 2
    assert calls[-1] == 1
