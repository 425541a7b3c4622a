"""Coverage is measured: every attribute of the kernel's headers and of pyroute2's tables is a row, or has a reason not to be.

A hole fails by name, for the kind that has it. The reasons are in tests/scope/reasons.py, the page is docs/coverage.md.
So is what was tried in a kernel: docs/kinds.md is made from the results of tests/kernel/test_every_attribute.py.
"""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from nsmgr.model.base import Attr, Change
from nsmgr.model.links import kind_names
from nsmgr.model.shape import MODELS
from tests.scope import matrix, uapi
from tests.scope.cases import BODIES, HAND, MORE, PORT_OF, UNTRIED, cases, model, subjects
from tests.scope.coverage import Section, kernels_name, sections
from tests.scope.reasons import ELSEWHERE, MISSING, OUT

ROOT = Path(__file__).parents[2]
SECTIONS = {section.name: section for section in sections()}


@pytest.mark.parametrize("name", SECTIONS)
def test_every_attribute_is_a_row_or_has_a_reason(name: str) -> None:
    assert SECTIONS[name].holes() == [], "make it a row, or say why not in tests/scope/reasons.py"


@pytest.mark.parametrize("name", SECTIONS)
def test_no_reason_is_given_for_a_row_or_for_what_does_not_exist(name: str) -> None:
    assert SECTIONS[name].contradictions() == [], "tests/scope/reasons.py is out of date"


def test_reasons_are_given_once_and_for_sections_that_exist() -> None:
    told = [
        (section, name) for table in (ELSEWHERE, OUT, MISSING) for key in table for section in key.split() for name in table[key]
    ]
    assert len(told) == len(set(told))
    assert {section for section, _ in told} <= SECTIONS.keys()


def test_every_kind_and_every_model_is_compared() -> None:
    assert set(kind_names()) <= SECTIONS.keys()
    assert MODELS.keys() - {"document", "namespace", "host"} <= SECTIONS.keys()
    assert {name for name in kind_names() if not SECTIONS[name].wanted} <= {
        "dummy", "ifb", "lo", "nlmon", "physical", "team", "vcan", "wireguard",
    }  # fmt: skip


def test_a_hole_and_a_contradiction_are_found() -> None:
    """The comparison bites: without a row and without a reason, and with both."""
    vxlan, bridge = SECTIONS["vxlan"], SECTIONS["bridge"]
    without = {name: rows for name, rows in vxlan.rows.items() if name != "IFLA_VXLAN_DF"}
    assert Section("vxlan", "", without, {}, vxlan.wanted).holes() == ["IFLA_VXLAN_DF"]
    assert Section("bridge", "", {"IFLA_BR_GC_TIMER": {"gc": Attr()}}, {}, bridge.wanted).contradictions() == ["IFLA_BR_GC_TIMER"]
    assert "IFLA_BR_GC_TIMER" in Section("bridge", "", {}, {}, []).contradictions()


def test_numbers_agree_with_the_headers() -> None:
    """pyroute2's tables and the overlay count as the kernel does."""
    from nsmgr.kernel import schema, tables
    from nsmgr.kernel.codec import Table

    known = {name: number for members in uapi.enumerations().values() for name, number in members.items()}
    wrong = []
    for title in tables.TABLES:
        table: Table | None = schema._tables.get(title)
        assert table is not None
        for name, field in table.by_name.items():
            number = known.get(kernels_name(name))
            if number is not None and number != field.number:
                wrong.append(f"{title}: {name} is {field.number}, in the headers {number}")
    assert not wrong


def test_the_extract_is_made_by_its_script(tmp_path: Path) -> None:
    header = """
        /* a comment, with IFLA_COMMENT */
        enum { IFLA_TOY_UNSPEC, IFLA_TOY_A, IFLA_TOY_B = 7, /* one */ IFLA_TOY_C, IFLA_TOY_PAD, IFLA_TOY_SAME = IFLA_TOY_B,
        #define IFLA_TOY_SAME IFLA_TOY_SAME
        __IFLA_TOY_MAX };
        #define IFLA_TOY_MAX (__IFLA_TOY_MAX - 1)
        enum toy_mode { TOY_FIRST, TOY_SECOND };
    """
    (tmp_path / "if_link.h").write_text(header)
    assert uapi.read(tmp_path) == {"IFLA_TOY": {"IFLA_TOY_A": 1, "IFLA_TOY_B": 7, "IFLA_TOY_C": 8, "IFLA_TOY_SAME": 7}}
    assert uapi.version() == json.loads(uapi.FILE.read_text())["version"]
    assert uapi.enumerations()["IFLA"]["IFLA_MTU"] == 4


@pytest.mark.parametrize("name", ["coverage", "kinds"])
def test_the_pages_are_what_their_programs_write(name: str) -> None:
    page = runpy.run_path(str(ROOT / f"docs/{name}.py"))["page"]
    assert ((ROOT / f"docs/{name}.md").read_text() == page()) is True, "out of date: make docs"


def test_only_what_passed_is_kept_in_the_matrix() -> None:
    kept = matrix.kept()
    assert kept
    words = [what for kinds in kept.values() for rows in kinds.values() for what in rows.values()]
    assert all(words)
    assert not [what for what in words if what.startswith("failed")]


def test_results_of_a_kernel_take_the_place_of_its_earlier_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "FILE", tmp_path / "tested.json")
    monkeypatch.setenv("RUN_IN_VM", "toy")
    matrix.kept.cache_clear()
    try:
        for what in ("in place", "replaced"):
            matrix.Results({"dummy": {"mtu": what}}).write(tmp_path / "one.json")
            matrix.keep(tmp_path / "one.json")
            assert matrix.kept() == {matrix.label(): {"dummy": {"mtu": what}}}
    finally:
        matrix.kept.cache_clear()


@pytest.mark.parametrize("kind", subjects())
def test_every_row_is_tried_with_two_values_or_there_is_a_reason(kind: str) -> None:
    """tests/kernel/test_every_attribute.py tries what it finds by itself: here without a kernel, that it finds it."""
    found = {case.row_name for case in cases(kind)}
    assert found == {name for name, row in model(kind).rows().items() if row.change is not Change.READ_ONLY}
    for case in cases(kind):
        assert not case.why_not.startswith("failed"), case.why_not
        assert case.why_not or case.a != case.b


def test_reasons_and_values_are_for_rows_that_exist() -> None:
    for kind, name in (*HAND, *MORE, *UNTRIED):
        assert kind in ("", *subjects())
        assert name in model(kind).rows() or (not kind and name == "peer"), (kind, name)
    assert BODIES.keys() | PORT_OF.keys() <= set(kind_names())
