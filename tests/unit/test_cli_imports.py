"""What answers at once: ``--help``, ``validate``, ``schema``, ``explain``, completion load no pyroute2 and open no socket."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from nsmgr import cli
from nsmgr.cli import app, generate, help
from tests.diet import HEAVY, probe

ROOT = Path(__file__).parents[2]
QUICKSTART = str(ROOT / "configs/quickstart.yaml")


def test_the_help_is_what_the_parser_says() -> None:
    if f"typer {typer.__version__}" == help.MADE_WITH:
        assert Path(help.__file__).read_text() == generate.module(), "make tables"
    else:
        assert help.TEXTS.keys() == generate.texts().keys(), "make tables"


@pytest.mark.parametrize("args", [("--help",), ("-h",), ("apply", "--help"), ("exec", "-h")], ids=" ".join)
@pytest.mark.parametrize("columns", ["", "0", "40", "79", "80", "200", "many"])
def test_help_follows_the_width_of_the_terminal(
    args: tuple[str, ...], columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if f"typer {typer.__version__}" != help.MADE_WITH:
        pytest.skip(f"the help was made with {help.MADE_WITH}")
    monkeypatch.setenv("COLUMNS", columns)
    assert app.invoke(args) == 0
    expected = capsys.readouterr()
    assert cli.invoke(args) == 0
    assert capsys.readouterr() == expected


@pytest.mark.parametrize("args", [("--help",), ("apply", "--help"), ("validate", QUICKSTART)], ids=" ".join)
def test_what_needs_no_parser_loads_next_to_nothing(args: tuple[str, ...]) -> None:
    status, modules, sockets, printed = probe(*args, COLUMNS="80")
    assert (status, modules & HEAVY, sockets) == (0, set(), [])
    assert printed


@pytest.mark.parametrize(
    ("args", "heavy"),
    [
        (("--version",), ("pydantic", "rich", "yaml", "ryaml")),
        (("validate", QUICKSTART), ("rich", "yaml")),
        (("validate", "--format", "json", QUICKSTART), ("rich", "yaml")),
        (("schema",), ("rich", "yaml")),
        (("explain", "vxlan.id"), ("rich", "yaml")),
        (("explain",), ("rich", "yaml")),
    ],
    ids=" ".join,
)
def test_light_verbs(args: tuple[str, ...], heavy: tuple[str, ...]) -> None:
    status, modules, sockets, printed = probe(*args)
    assert status == 0
    assert printed
    assert sockets == []
    assert not {"pyroute2", "subprocess", "asyncio", *heavy} & modules - _typers_own()


@functools.cache
def _typers_own() -> frozenset[str]:
    """What importing typer alone brings along."""
    code = "import typer, sys, json; json.dump(sorted(sys.modules), sys.stdout)"
    return frozenset(json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout))


@pytest.mark.parametrize(
    ("words", "expected"),
    [("nsmgr ap", "apply"), ("nsmgr plan --for", "--format"), ("nsmgr explain vxl", "vxlan.id"), ("nsmgr exec ", None)],
)
def test_completion(words: str, expected: str | None) -> None:
    shell = {"_NSMGR_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    _, modules, sockets, printed = probe(**shell)
    assert sockets == []
    assert "pyroute2" not in modules
    if expected is not None:
        assert expected in printed


def test_errors_of_a_configuration_need_no_kernel_either(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("version: 1\nnamespaces: {red: {linkz: {}}}\n")
    status, modules, sockets, _ = probe("validate", str(broken))
    assert (status, sockets) == (4, [])
    assert "pyroute2" not in modules
