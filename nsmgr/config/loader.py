"""Files → one document → DesiredState: read, parse, include, merge; every problem at once."""

from __future__ import annotations

import os
import zlib

from nsmgr.config import document, yaml12
from nsmgr.config.desired import expand
from nsmgr.config.report import Path, Report, Source
from nsmgr.config.report import locate as _locate
from nsmgr.context import Uncollected
from nsmgr.errors import ConfigError, Problem
from nsmgr.plan.state import DesiredState
from nsmgr.text import deployment_name_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

MAX_FILE = 64 * 2**20  # bytes
MAX_INCLUDES = 64  # files that include each other in a row


def load(
    paths: Sequence[str | os.PathLike[str]], *, name: str | None = None, texts: Mapping[str, str] | None = None
) -> DesiredState:
    """Read configuration files into one desired state.

    Several files merge like includes: mappings merge, two different scalars are a conflict.

    Args:
        paths: one or more files; the first one's stem names the deployment unless a file or ``name`` says otherwise.
        name: deployment name that overrides the files'.
        texts: file → text, instead of what the file system has: a configuration as it was.

    Returns:
        The state, with warnings in ``warnings``.

    Raises:
        ConfigError: with every problem of all files, in file order. Also for files that cannot be read.
    """
    with Uncollected():
        reader = _Reader(texts)
        for path in paths:
            file = os.fspath(path)
            if (text := reader.read(file, None, ())) is not None:
                reader.merged = reader.add(file, text, reader.merged)
        if not paths:
            reader.report.problems.append(Problem("no configuration file given"))
        return _finish(reader, _stem(os.fspath(paths[0])) if paths else "", name)


def loads(text: str, filename: str = "<string>") -> DesiredState:
    """As :func:`load`, of a text. ``filename`` is for messages, the default name, and relative includes."""
    with Uncollected():
        reader = _Reader()
        reader.merged = reader.add(filename, text, None)
        return _finish(reader, _stem(filename), None)


def locate(state: DesiredState, path: Path) -> str:
    """``lab.yaml:14:9``: where a document path stands (its key, or its list item), in the file it comes from.

    The nearest enclosing place when the path itself is not in a file; "" for a state that was not loaded from text.
    The first call parses the texts with positions.
    """
    sources = [source for source in state.sources if isinstance(source, Source)]
    return _locate(sources, path) if sources else ""


def _finish(reader: _Reader, stem: str, name: str | None) -> DesiredState:
    report = reader.report
    report.sources = reader.sources
    if name is not None and (words := document.name_problem(name)):
        report.problems.append(Problem(words))
    namespaces = {}
    broken = any(source.broken for source in reader.sources if isinstance(source, _File)) or not reader.sources
    if not broken:
        checked = document.check(reader.merged, stem, report)
        reader.merged = None  # tens of thousands of small mappings in a large file: let the state have their memory as it grows
        namespaces = expand(checked, report)
        stem = checked.name
    problems = report.resolve() if report.failed() or report.findings else ()
    if report.failed():
        raise ConfigError(problems)
    files = tuple(source.file for source in reader.sources)
    return DesiredState(name or stem, namespaces, files, reader.digest(name), problems, tuple(reader.sources), reader.attached)


class _File(Source):
    """A source whose text may turn out not to be YAML."""

    __slots__ = ("broken",)

    def __init__(self, file: str, text: str) -> None:
        super().__init__(file, text)
        self.broken = False


class _Reader:
    """Reads files and merges them; ``sources`` are in merge order, included files before the including one.

    ``merged``: the documents that were named, merged so far.
    """

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        self.texts = texts
        self.report = Report()
        self.report.attach = self.attach
        self.attached: dict[str, str] = {}  # files that are no documents: name → text
        self.merged: Any = None
        self.sources: list[Source] = []
        self.open: list[str] = []  # real paths of the files being included: to find circles
        self.done: set[str] = set()

    def digest(self, name: str | None) -> str:
        """Changes with the text of any input, and with the name."""
        crc, adler = zlib.crc32(repr(name).encode()), 1  # two sums: hashlib takes 3 ms to import, and nobody means harm here
        for source in self.sources:
            for part in (f"{len(source.file)} {source.file} {len(source.text)} ", source.text):
                data = part.encode("utf-8", "surrogatepass")
                crc, adler = zlib.crc32(data, crc), zlib.adler32(data, adler)
        for file, text in self.attached.items():
            data = f"{len(file)} {file} {len(text)} {text}".encode("utf-8", "surrogatepass")
            crc, adler = zlib.crc32(data, crc), zlib.adler32(data, adler)
        return f"{crc:08x}{adler:08x}"

    def read(self, file: str, source: Source | None, path: Path) -> str | None:
        """A file's text; None with the reason reported, at the ``include`` that asked for it."""
        if self.texts is not None and file in self.texts:
            return self.texts[file]
        try:
            with open(file, "rb") as stream:
                raw = stream.read(MAX_FILE + 1)
            if len(raw) > MAX_FILE:
                self._unreadable(f"cannot read {file}: larger than {MAX_FILE >> 20} MiB", file, source, path)
                return None
            return raw.decode("utf-8")
        except OSError as error:
            self._unreadable(f"cannot read {file}: {error.strerror}", file, source, path)
        except UnicodeDecodeError as error:
            before = raw[: error.start].decode("utf-8", "replace")
            line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
            words = f"not UTF-8 text: byte 0x{raw[error.start]:02x}"
            self.report.problems.append(Problem(words, file, line, column, hint="save the file as UTF-8", code="yaml"))
        return None

    def attach(self, name: str, path: Path) -> str | None:
        """The text of a file that is named at ``path``, relative to the file that names it; None with the reason reported there."""
        from nsmgr.config.report import best

        source, _ = best(self.sources, path)
        file = os.path.normpath(os.path.join(os.path.dirname(source.file), name))
        if file not in self.attached:
            text = self.read(file, source, path) if name and "\0" not in name else None
            if text is None:
                return None
            self.attached[file] = text
        return self.attached[file]

    def _unreadable(self, words: str, file: str, source: Source | None, path: Path) -> None:
        if source is None:
            self.report.problems.append(Problem(words, code="file"))
        else:
            self._at(source, path, words, "the path is relative to the including file", "file")

    def _at(self, source: Source, path: Path, words: str, hint: str, code: str) -> None:
        from nsmgr.config.report import place

        _, position = source.find(path)
        self.report.problems.append(place(source, position, words, path, hint, code=code))

    def add(self, file: str, text: str, merged: Any) -> Any:
        """Parse a file, merge what it includes and then the file itself into ``merged``; the result."""
        source = _File(file, text)
        data = self._parse(source)
        real = os.path.realpath(file)
        self.open.append(real)
        includes = data.get("include") if isinstance(data, dict) else None
        for position, name in enumerate(includes if isinstance(includes, list) else ()):
            merged = self._include(source, ("include", position), name, merged)
        self.open.pop()
        self.done.add(real)
        self.sources.append(source)
        if source.broken or merged is None:
            return merged if source.broken else data
        if not isinstance(data, dict) or not isinstance(merged, dict):
            if data is not None:
                self._at(source, (), "the document is not a mapping", "start with `version: 1`", "value")
            return merged
        own = {key: value for key, value in data.items() if key != "include"}
        return self._merge(merged, own, (), source)

    def _include(self, source: _File, path: Path, name: Any, merged: Any) -> Any:
        if not isinstance(name, str):
            return merged  # reported with the document's other types
        if not name or "\0" in name or len(self.open) > MAX_INCLUDES:
            words = f"more than {MAX_INCLUDES} files deep" if len(self.open) > MAX_INCLUDES else "not the name of a file"
            self._at(source, path, f"cannot include {name!r}: {words}", "the path is relative to the including file", "file")
            return merged
        file = os.path.normpath(os.path.join(os.path.dirname(source.file), name))
        real = os.path.realpath(file)
        if real in self.open:
            circle = " → ".join(os.path.basename(step) for step in [*self.open[self.open.index(real) :], real])
            self._at(source, path, f"files include each other in a circle: {circle}", "remove one of the includes", "cycle")
        elif real not in self.done:  # twice is as good as once
            text = self.read(file, source, path)
            if text is not None:
                return self.add(file, text, merged)
        return merged

    def _parse(self, source: _File) -> Any:
        try:
            return yaml12.parse(source.text)
        except yaml12.NeedsPositions as complaint:
            self.report.add_yaml_problems(source)
            composed = source.composed()
            if complaint.words and not composed.problems:
                # The fast parser saw something that the other did not: refuse rather than guess which of them is right.
                self.report.problems.append(Problem(complaint.words, source.file, code="yaml"))
            source.broken = composed.root is None and bool(composed.problems)
            return composed.root.value if composed.root else None

    def _merge(self, base: dict[Any, Any], over: dict[Any, Any], path: Path, source: Source) -> dict[Any, Any]:
        result = dict(base)
        for key, value in over.items():
            old = result.get(key)
            if key not in result or (old is None and isinstance(value, dict)):
                result[key] = value
            elif isinstance(old, dict) and isinstance(value, dict):
                result[key] = self._merge(old, value, (*path, key), source)
            elif value is None and isinstance(old, dict):
                continue  # `green:` beside `green: {…}`: an empty mapping
            elif type(old) is not type(value) or old != value:
                self._conflict(source, (*path, key), isinstance(value, list) and isinstance(old, list))
        return result

    def _conflict(self, source: Source, path: Path, lists: bool) -> None:
        from nsmgr.config.report import locate as position

        other = position([s for s in self.sources if s is not source], path)
        what = "another list" if lists else "another value"
        hint = "lists are not merged: keep the whole list in one file" if lists else "write it in one of the files"
        self._at(source, path, f"`{path[-1]}` has {what} at {other}", hint, "conflict")


def _stem(file: str) -> str:
    stem = os.path.basename(file)
    for suffix in (".j2", ".yaml", ".yml"):
        stem = stem.removesuffix(suffix)
    return deployment_name_of(stem)
