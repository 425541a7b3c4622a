"""What holds for the repository as a whole: layers, file sizes, examples that load, documentation that is complete."""

from __future__ import annotations

import ast
import os
import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

import nsmgr
from nsmgr.config import load

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "nsmgr").rglob("*.py"))
CONFIGS = sorted((ROOT / "configs").rglob("*.yaml"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

# ------------------------------------------------------------------------------------------------------------- layers

# Which of nsmgr's own modules a layer may import. The first component after "nsmgr." decides; longer entries name one module.
BASE = {"context", "errors", "light", "record", "text"}
PURE = {
    "record": set[str](),
    "context": set[str](),
    "light": set[str](),
    "errors": {"record"},
    "text": set[str](),
    "types": BASE,
    "model": {*BASE, "types", "model"},
    "plan": {*BASE, "types", "model", "plan"},
    "config": {*BASE, "types", "model", "plan", "config"},
    "render": {*BASE, "types", "model", "plan", "config", "render"},
}
# These see the kernel through the Protocol only, so that FakeKernel serves them as well as Linux.
PORT_ONLY = {"engine", "journal", "lock", "ownership", "reading", "store", "watch", "lab"}
# Modules that reach outside the process, or make the outcome depend on when it runs.
EFFECTS = {
    *("asyncio", "ctypes", "fcntl", "mmap", "multiprocessing", "pyroute2", "random", "secrets", "select", "selectors", "shutil"),
    *("signal", "socketserver", "ssl", "subprocess", "tempfile", "threading", "time", "urllib"),
}
SOCKET_NAMES = {"AF_INET", "AF_INET6", "AF_UNSPEC", "AF_BRIDGE", "inet_ntop", "inet_pton"}
OS_EFFECTS = {"open", "fork", "system", "popen", "mkdir", "makedirs", "remove", "unlink", "rename", "replace", "kill", "write"}


def layer_of(path: Path) -> str:
    return path.relative_to(ROOT / "nsmgr").parts[0].removesuffix(".py")


def imports(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    """(line, module, name) of every import wherever it stands; name is "" for a plain ``import module``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute here"
            yield from ((node.lineno, node.module or "", alias.name) for alias in node.names)


def effects(tree: ast.AST) -> Iterator[str]:
    """What in this module a pure layer must not have, as "line: what"."""
    for line, module, name in imports(tree):
        if module.partition(".")[0] in EFFECTS:
            yield f"{line}: imports {module}"
        if module in ("socket", "_socket") and name not in SOCKET_NAMES:
            yield f"{line}: imports socket{name and '.'}{name}"
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "os"
            and node.attr in OS_EFFECTS
        ):
            yield f"{node.lineno}: os.{node.attr}"


@pytest.mark.parametrize("path", [p for p in SOURCES if layer_of(p) in PURE], ids=lambda p: str(p.relative_to(ROOT)))
def test_pure_layers_have_no_effects(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert not list(effects(tree))
    allowed = PURE[layer_of(path)]
    for line, module, name in imports(tree):
        package, _, rest = module.partition(".")
        if package == "nsmgr":
            target = (rest or name).partition(".")[0]
            assert target in allowed, f"{path.name}:{line}: {layer_of(path)} must not know nsmgr.{target}"


def test_the_engine_and_lab_know_only_the_port() -> None:
    found = []
    for path in SOURCES:
        if layer_of(path) in PORT_ONLY:
            for line, module, name in imports(ast.parse(path.read_text())):
                whole = f"{module}.{name}" if name else module
                if whole.startswith("nsmgr.kernel") and not whole.startswith("nsmgr.kernel.port"):
                    found.append(f"{path.name}:{line}: {whole}")
                if module.partition(".")[0] in ("pyroute2", "socket", "_socket", "subprocess", "typer", "rich"):
                    found.append(f"{path.name}:{line}: {whole}")
    assert not found


def test_the_layer_rule_bites() -> None:
    """Each kind of offence is found: a rule that finds nothing proves nothing."""
    for offence in (
        "import pyroute2.netlink",
        "from pyroute2 import IPRoute",
        "import socket",
        "from socket import socket",
        "import _socket",
        "def f():\n    import subprocess",
        "import time",
        "from threading import Lock",
        "import os\nos.open('/x', 0)",
    ):
        assert list(effects(ast.parse(offence))), offence
    assert not list(effects(ast.parse("from socket import AF_INET, inet_pton\nimport os\nos.strerror(1)")))


def test_files_stay_readable() -> None:
    """Near 500 lines, ask which noun is hiding in the file."""
    assert not [f"{p.relative_to(ROOT)}: {n}" for p in SOURCES if (n := len(p.read_text().splitlines())) > 500]


# ------------------------------------------------------------------------------------------- examples and documentation


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.name)
def test_example_configurations_load_without_a_warning(path: Path) -> None:
    desired = load([path])
    assert desired.name == path.stem
    assert not desired.warnings


def yaml_blocks() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        if not page.exists():  # the test below says so
            continue
        text = page.read_text()
        for match in re.finditer(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            if match[1].startswith("version: 1"):
                yield f"{page.name}:{text[: match.start()].count(chr(10)) + 1}", match[1]


@pytest.mark.parametrize(("where", "text"), list(yaml_blocks()), ids=[where for where, _ in yaml_blocks()])
def test_yaml_in_the_documentation_loads(where: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / "example.yaml"
    file.write_text(text)
    assert load([file]).namespaces, where


def verbs() -> list[str]:
    import typer.main

    from nsmgr.cli.app import app

    return sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]  # a click.Group: typer types it as Command


def test_every_command_is_documented() -> None:
    page = (ROOT / "docs/cli.md").read_text()
    assert not [verb for verb in verbs() if f"`nsmgr {verb}" not in page]


def test_no_command_is_documented_that_does_not_exist() -> None:
    known = set(verbs())
    for page in PAGES:
        told = set(re.findall(r"(?:`|^[$#] )nsmgr ([a-z]+)\b", page.read_text(), re.MULTILINE))
        assert told <= known, f"{page.name}: {told - known}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    assert text.startswith("# ")
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_reference_is_what_the_models_say() -> None:
    page = runpy.run_path(str(ROOT / "docs/reference.py"))["page"]
    assert ((ROOT / "docs/reference.md").read_text() == page()) is True, "out of date: make docs"


def test_every_example_is_introduced() -> None:
    text = "".join(page.read_text() for page in PAGES)
    assert not [path.name for path in CONFIGS if path.name not in text]


def test_the_changelog_says_something() -> None:
    assert re.search(r"^- \S", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_make_has_the_targets_that_are_promised() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):.*##", text, re.MULTILINE))
    assert {"setup", "check", "test", "test-kernel", "bench", "bench-quick", "demo", "fmt", "docs", "clean", "help"} <= targets


def test_ci_and_demo_can_be_run() -> None:
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert (ROOT / "docs/demo.sh").read_text().startswith("#!/bin/sh\n")


def test_public_names_are_documented() -> None:
    page = (ROOT / "docs/library.md").read_text()
    assert not [name for name in nsmgr.__all__ if name not in page]


def test_files_of_tests_have_names_of_their_own() -> None:
    """pytest takes two files of one name in directories that are no packages for one module."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py") if not (path.parent / "__init__.py").exists()]
    assert sorted(names) == sorted(set(names))
