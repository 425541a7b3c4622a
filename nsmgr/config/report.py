"""Findings without positions, and their way to :class:`nsmgr.errors.Problem` with file, line, column, excerpt.

Checks work on plain values and name a place by its path in the document. Positions are looked up once, at the end, and
only if there is something to show: the good case never pays for them.
"""

from __future__ import annotations

from nsmgr.errors import Problem
from nsmgr.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nsmgr.config.positions import Composed, Node

Path = tuple[str | int, ...]
Position = tuple[int, int]  # line and column, both from 1
_EXCERPT = 160  # columns of a line that are shown around the caret


class Source:
    """One input file: the name to show, the text, and — parsed when first asked for — where everything stands."""

    __slots__ = ("_composed", "_lines", "file", "text")

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self._composed: Composed | None = None
        self._lines: list[str] | None = None

    def composed(self) -> Composed:
        """The document with positions."""
        if self._composed is None:
            from nsmgr.config.positions import compose  # good files never need it

            self._composed = compose(self.text)
        return self._composed

    def line(self, number: int) -> str:
        """A line's text, "" beyond the end."""
        if self._lines is None:
            from nsmgr.config.positions import lines

            self._lines = lines(self.text)
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    def find(self, path: Path, at: str = "value") -> tuple[int, Position]:
        """How many steps of the path exist here, and the position of the last one: of its key, or of its value."""
        root = self.composed().root
        if root is None:
            return (-1, (1, 1))
        node: Node = root
        position = node.position
        key_position = position
        for depth, step in enumerate(path):
            children = node.children
            if isinstance(children, dict) and step in children:
                key_position, node = children[step]
            elif isinstance(children, list) and isinstance(step, int) and 0 <= step < len(children):
                node = children[step]
                key_position = node.position
            else:
                return (depth, key_position)
        empty = node.value is None and not node.source
        return (len(path), key_position if at == "key" or empty else node.position)


class Finding(Record):
    """A problem by path. ``{other}`` in the message stands for the position of the path ``other``."""

    message: str
    path: Path
    hint: str = ""
    code: str = "value"
    at: str = "value"  # which position the caret shows: "key" or "value"
    severity: str = "error"
    other: Path | None = None


class Report:
    """Everything found wrong so far; nothing is raised before the whole document has been looked at.

    attach: reads a file that the document names at a place; None with the reason reported. None = there are no files here.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.problems: list[Problem] = []  # of the text itself, with positions
        self.sources: list[Source] = []
        self.attach: Callable[[str, Path], str | None] | None = None
        self._wrong: set[Path] = set()

    def error(
        self, path: Path, message: str, hint: str = "", code: str = "value", *, at: str = "value", other: Path | None = None
    ) -> None:
        """Record an error at a place in the document."""
        self.findings.append(Finding(message, path, hint, code, at, "error", other))
        self._wrong.add(path)

    def warning(self, path: Path, message: str, hint: str = "", code: str = "warning", *, other: Path | None = None) -> None:
        """Record something that is allowed and probably not meant."""
        self.findings.append(Finding(message, path, hint, code, "key", "warning", other))

    def has(self, path: Path) -> bool:
        """Whether an error about exactly this place is recorded already."""
        return path in self._wrong

    def failed(self) -> bool:
        """Whether there is an error, not only warnings."""
        return bool(self.problems) or any(finding.severity == "error" for finding in self.findings)

    def add_yaml_problems(self, source: Source) -> None:
        """Take over the faults of a file's text."""
        for problem in source.composed().problems:
            message = problem.message
            if problem.other is not None:
                message = message.replace("{other}", f"{source.file}:{problem.other[0]}:{problem.other[1]}")
            self.problems.append(place(source, problem.position, message, hint=problem.hint, code=problem.code))

    def resolve(self) -> tuple[Problem, ...]:
        """All problems with their positions, in file order; of several alike at one place only the first."""
        order = {source.file: number for number, source in enumerate(self.sources)}
        found = [*self.problems, *(self._resolve(finding) for finding in self.findings)]
        found.sort(key=lambda problem: (order.get(problem.file, -1), problem.line, problem.column))
        return tuple({(p.file, p.line, p.column, p.message): p for p in reversed(found)}.values())[::-1]

    def _resolve(self, finding: Finding) -> Problem:
        message = finding.message
        if finding.other is not None:
            message = message.replace("{other}", locate(self.sources, finding.other))
        if not self.sources:
            words = without_keys(message), without_keys(finding.hint)
            return Problem(words[0], path=finding.path, hint=words[1], severity=finding.severity, code=finding.code)
        source, position = best(self.sources, finding.path, finding.at)
        return place(source, position, message, finding.path, finding.hint, finding.severity, finding.code)


def best(sources: Sequence[Source], path: Path, at: str = "value") -> tuple[Source, Position]:
    """The file that has most of the path; of equals the one merged last, which is the including one."""
    found = [(source, *source.find(path, at)) for source in sources]
    source, _, position = max(reversed(found), key=lambda entry: entry[1])
    return source, position


def locate(sources: Sequence[Source], path: Path) -> str:
    """``lab.yaml:14:9``: where a path's key (or list item) stands."""
    source, (line, column) = best(sources, path, "key")
    return f"{source.file}:{line}:{column}"


def place(
    source: Source,
    position: Position,
    message: str,
    path: Path = (),
    hint: str = "",
    severity: str = "error",
    code: str = "config",
) -> Problem:
    """A Problem at a position of a file. What looks like a key is shown as stars: people do write keys where they do not belong."""
    line, column = position
    return Problem(
        without_keys(message), source.file, line, column, path, without_keys(source.line(line)), without_keys(hint), severity, code
    )


def without_keys(text: str) -> str:
    """The same length, with stars for what looks like a key: what is written where the place of one belongs, base64, hex digits.

    A path is letters, digits and slashes too, but starts with a slash or does not mix them as 32 random bytes do.
    """
    import re

    def hide(found: re.Match[str]) -> str:
        word = found[0]
        mixed = word[0] != "/" and all(re.search(some, word) for some in ("[A-Z]", "[a-z]", "[0-9]"))
        return "*" * len(word) if mixed or word[-1] == "=" or re.fullmatch("[0-9A-Fa-f]+", word) else word

    text = re.sub(r"((?:private|preshared)_key[\"']?\s*:\s*)(?!none\b)([^\s{,}#]+)", lambda m: m[1] + "*" * len(m[2]), text)
    return re.sub(r"[A-Za-z0-9+/]{40,}={0,2}|[0-9A-Fa-f]{32,}", hide, text)


def render_problems(problems: Iterable[Problem]) -> str:
    """Plain text for people: ``file:line:col: error: message``, the line, a caret, the hint."""
    return "\n".join(_render(problem) for problem in problems)


def _render(problem: Problem) -> str:
    text = [_printable(str(problem))]
    if problem.excerpt.strip() and problem.column:
        start = max(0, problem.column - _EXCERPT * 3 // 4) if len(problem.excerpt) > _EXCERPT else 0
        shown = problem.excerpt[start : start + _EXCERPT]
        import unicodedata

        before = shown[: problem.column - 1 - start]
        pad = "".join("\t" if c == "\t" else "  " if unicodedata.east_asian_width(c) in "WF" else " " for c in before)
        text += [f"    {_printable(shown)}", f"    {pad}^"]
    if problem.hint:
        text.append(f"    hint: {_printable(problem.hint)}")
    return "\n".join(text)


def _printable(text: str) -> str:
    """Control characters replaced: what a broken file contains is not to steer a terminal."""
    return "".join(c if (c >= " " and c != "\x7f" and not "\x80" <= c < "\xa0") or c in "\t\n" else "\ufffd" for c in text)


def did_you_mean(word: object, known: Iterable[str], otherwise: str = "") -> str:
    """``did you mean `addresses`?`` when something known is close enough."""
    import difflib

    close = difflib.get_close_matches(str(word), sorted(known), n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else otherwise
