"""Records behave as slotted dataclasses do, and cost nothing until used."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import ClassVar

import pytest

from nsmgr import record
from nsmgr.record import Record, field, fields, replace


class Hop(Record):
    LIMIT: ClassVar[int] = 256
    via: str
    weight: int = 1
    attrs: dict[str, int] = field(default_factory=dict)
    source: tuple[str, ...] = field(default=(), compare=False)

    @property
    def key(self) -> tuple[str, int]:
        return (self.via, self.weight)


class Named(Hop):
    name: str = "x"


class Key(Record, frozen=True):
    table: int
    to: str = "default"


@dataclasses.dataclass(slots=True)
class Twin:
    via: str
    weight: int = 1
    attrs: dict[str, int] = dataclasses.field(default_factory=dict)
    source: tuple[str, ...] = dataclasses.field(default=(), compare=False, repr=False)


@pytest.fixture(params=[0, 1000], ids=["compiled", "at first"], autouse=True)
def _patience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything holds for the first instances of a class, and for those after its ``__init__`` was compiled."""
    monkeypatch.setattr(record, "PATIENCE", request.param)
    for cls in (Hop, Named, Key):
        monkeypatch.setattr(cls, "__init__", record._init)


def test_fields_by_position_and_by_name() -> None:
    hop = Hop("a", weight=2)
    assert (hop.via, hop.weight, hop.attrs, hop.source, hop.key) == ("a", 2, {}, (), ("a", 2))
    assert fields(hop) == fields(Hop) == ("via", "weight", "attrs", "source")
    assert Hop.LIMIT == 256


def test_a_factory_makes_a_value_for_each_instance() -> None:
    given: dict[str, int] = {}
    assert Hop("a").attrs is not Hop("a").attrs
    assert Hop("a", 1, given).attrs is given


@pytest.mark.parametrize(
    ("values", "named"),
    [((), {}), (("a", 1, {}, (), 5), {}), (("a",), {"via": "b"}), (("a",), {"nothing": 1})],
    ids=["missing", "too many", "twice", "unknown"],
)
def test_wrong_arguments_are_refused_as_a_dataclass_refuses_them(values: tuple[object, ...], named: dict[str, object]) -> None:
    with pytest.raises(TypeError) as expected:
        Twin(*values, **named)
    with pytest.raises(TypeError) as error:
        Hop(*values, **named)
    assert str(error.value).replace("Hop", "Twin") == str(expected.value)


def test_equal_and_shown_like_a_dataclass() -> None:
    assert repr(Hop("a", 2, {"x": 1}, ("text",))) == repr(Twin("a", 2, {"x": 1}, ("text",))).replace("Twin", "Hop")
    assert Hop("a") == Hop("a", source=("elsewhere",))
    assert Hop("a") != Hop("b")
    assert Hop("a") != Named("a")
    assert Hop("a") != ("a", 1, {}, ())


def test_frozen_records_are_keys_and_others_are_not() -> None:
    assert {Key(1): "x"}[Key(1, "default")] == "x"
    with pytest.raises(TypeError, match="unhashable"):
        hash(Hop("a"))


def test_slots() -> None:
    with pytest.raises(AttributeError):
        Hop("a").color = "red"
    assert not hasattr(Named("a"), "__dict__")


def test_a_subclass_adds_fields_after_those_of_its_base() -> None:
    assert fields(Named) == (*fields(Hop), "name")
    assert Named("a", name="n").name == "n"
    assert Hop("a").weight == 1  # building one __init__ leaves the other alone


def test_matched_by_position() -> None:
    match Hop("a", 7):
        case Hop(via, weight):
            assert (via, weight) == ("a", 7)


def test_replace_copies() -> None:
    hop = Hop("a", 2, {"x": 1}, ("text",))
    other = replace(hop, weight=3)
    assert (other.via, other.weight, other.source) == ("a", 3, ("text",))
    assert other.attrs is hop.attrs
    with pytest.raises(TypeError):
        replace(hop, nothing=1)


@pytest.mark.parametrize("value", [Hop("a", 2, {"x": 1}), Key(4, "::/0")])
def test_copied_and_pickled(value: Record) -> None:
    assert copy.copy(value) == value
    assert copy.deepcopy(value) == value
    assert pickle.loads(pickle.dumps(value)) == value


def test_methods_are_built_when_they_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    built = []
    original = record._build
    monkeypatch.setattr(
        record, "_build", lambda cls, source, scope: built.append(source.split("(")[0]) or original(cls, source, scope)
    )
    monkeypatch.setattr(record, "PATIENCE", 2)

    class Late(Record, frozen=True):
        value: int = 0

    assert (Late(3).value, Late().value, built) == (3, 0, [])
    late = Late(3)
    assert (late.value, Late().value, built) == (3, 0, ["def __init__"])
    assert (late == Late(3), late == Late(), hash(late), hash(Late())) == (True, False, hash((3,)), hash((0,)))
    assert built == ["def __init__", "def __eq__", "def __hash__"]
