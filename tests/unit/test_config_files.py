"""Files: reading, including, merging, and what is said when that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from nsmgr.config import load, locate, render_problems
from nsmgr.config import loader as loader_module
from nsmgr.errors import ConfigError, Problem


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)


def faults(*files: str, name: str | None = None) -> list[tuple[str, str, str]]:
    with pytest.raises(ConfigError) as caught:
        load(list(files), name=name)
    return [(f"{p.file}:{p.line}:{p.column}" if p.file else "", p.message, p.hint) for p in caught.value.problems]


def test_include_merges_mappings_and_positions_name_the_right_file(folder: Path) -> None:
    write(
        folder,
        lab="version: 1\ninclude: [common.yaml]\nnamespaces:\n  red:\n    links:\n      b: {kind: ifb}\n",
        common="version: 1\nnamespaces:\n  red: {links: {a: {kind: ifb}}, sysctls: {net.ipv4.ip_forward: 1}}\n  blue:\n",
    )
    state = load(["lab.yaml"])
    assert state.name == "lab"
    assert state.files == ("common.yaml", "lab.yaml")
    assert list(state.namespaces) == ["red", "blue"]
    assert list(state.namespaces["red"].links) == ["lo", "a", "b"]
    assert locate(state, ("namespaces", "red", "links", "a")) == "common.yaml:3:17"
    assert locate(state, ("namespaces", "red", "links", "b")) == "lab.yaml:6:7"
    assert locate(state, ("namespaces", "red")) == "lab.yaml:4:3"  # in both: the including file


def test_included_files_need_no_version_and_paths_are_relative_to_the_including_file(folder: Path) -> None:
    (folder / "sub").mkdir()
    write(folder, lab="version: 1\ninclude: [sub/a.yaml]\n")
    (folder / "sub" / "a.yaml").write_text("include: [b.yaml]\n")
    (folder / "sub" / "b.yaml").write_text("namespaces: {red: {}}\n")
    state = load([folder / "lab.yaml"])
    assert [Path(file).name for file in state.files] == ["b.yaml", "a.yaml", "lab.yaml"]
    assert "red" in state.namespaces


def test_conflicts_name_both_places(folder: Path) -> None:
    write(
        folder,
        lab="version: 1\ninclude: [common.yaml]\ndefaults: {link: {mtu: 1400}}\nnamespaces: {red: {routes: []}}\n",
        common="defaults: {link: {mtu: 1500}}\nnamespaces: {red: {routes: [{to: default, dev: lo}]}}\n",
    )
    assert faults("lab.yaml") == [
        ("lab.yaml:3:24", "`mtu` has another value at common.yaml:1:19", "write it in one of the files"),
        ("lab.yaml:4:28", "`routes` has another list at common.yaml:2:20", "lists are not merged: keep the whole list in one file"),
    ]


def test_equal_values_and_the_same_file_twice_are_no_conflict(folder: Path) -> None:
    write(folder, a="version: 1\ninclude: [c.yaml]\n", b="version: 1\ninclude: [c.yaml]\n", c="defaults: {link: {mtu: 1500}}\n")
    state = load(["a.yaml", "b.yaml"])
    assert state.files == ("c.yaml", "a.yaml", "b.yaml")
    assert state.name == "a"


def test_true_and_one_are_different(folder: Path) -> None:
    write(folder, a="version: 1\nhost: {sysctls: {net.x.y: 1}}\n", b="version: 1\nhost: {sysctls: {net.x.y: true}}\n")
    assert faults("a.yaml", "b.yaml")[0][:2] == ("b.yaml:2:27", "`net.x.y` has another value at a.yaml:2:18")


def test_include_circle(folder: Path) -> None:
    write(folder, a="version: 1\ninclude: [b.yaml]\n", b="include:\n  - a.yaml\n")
    assert faults("a.yaml") == [
        ("b.yaml:2:5", "files include each other in a circle: a.yaml → b.yaml → a.yaml", "remove one of the includes")
    ]


def test_missing_files(folder: Path) -> None:
    write(folder, a="version: 1\ninclude: [nope.yaml]\n")
    hint = "the path is relative to the including file"
    assert faults("a.yaml") == [("a.yaml:2:11", "cannot read nope.yaml: No such file or directory", hint)]
    assert faults("none.yaml") == [("", "cannot read none.yaml: No such file or directory", "")]
    assert faults(".") == [("", "cannot read .: Is a directory", "")]
    assert faults() == [("", "no configuration file given", "")]


def test_problems_of_several_files_come_together_in_order(folder: Path) -> None:
    write(
        folder,
        a="version: 1\ninclude: [b.yaml]\nfoo: 1\n",
        b="namespaces:\n  red: {linkz: {}}\n  red: {}\n",
    )
    assert [where for where, _, _ in faults("a.yaml")] == ["b.yaml:2:9", "b.yaml:3:3", "a.yaml:3:1"]


def test_a_broken_include_is_reported_alone(folder: Path) -> None:
    write(folder, a="version: 1\ninclude: [b.yaml]\n", b="x: [1\n")
    assert [where for where, _, _ in faults("a.yaml")] == ["b.yaml:1:4"]


def test_not_utf8(folder: Path) -> None:
    (folder / "a.yaml").write_bytes(b"version: 1\nname: \xff\n")
    assert faults("a.yaml") == [("a.yaml:2:7", "not UTF-8 text: byte 0xff", "save the file as UTF-8")]


def test_binary_file(folder: Path) -> None:
    (folder / "a.yaml").write_bytes(b"\x7fELF\x00\x01")
    assert faults("a.yaml")[0][:2] == ("a.yaml:1:1", "control character U+007F: this is not text")


def test_too_large(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader_module, "MAX_FILE", 2**20)
    (folder / "a.yaml").write_bytes(b"#" * (2**20 + 1))
    assert faults("a.yaml") == [("", "cannot read a.yaml: larger than 1 MiB", "")]


def test_name_argument(folder: Path) -> None:
    write(folder, a="version: 1\nname: lab\n")
    assert load(["a.yaml"], name="other").name == "other"
    assert load(["a.yaml"], name="other").digest != load(["a.yaml"]).digest
    assert "`No Good` is not a deployment name" in faults("a.yaml", name="No Good")[0][1]


def test_problems_without_a_place_render_as_one_line() -> None:
    assert render_problems([Problem("cannot read x", hint="try y")]) == "error: cannot read x\n    hint: try y"
