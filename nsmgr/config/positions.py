"""YAML 1.2 core schema with positions: libyaml's event stream → values, and where each key and value stands.

The slow twin of :mod:`nsmgr.config.yaml12`, and the one that explains what is wrong with a text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

MAX_DEPTH = 64
MAX_ALIASED_NODES = 1_000_000  # nodes that aliases stand for, all together
Position = tuple[int, int]  # line and column, both from 1

_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # what libyaml counts as one
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\Z")
_RADIX = re.compile(r"([-+]?)0(?:x([0-9a-fA-F]+)|o([0-7]+)|b([01]+))\Z")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_DIGITS = re.compile(r"[-+]?[0-9]+\Z")
_MAY_BE_SPECIAL = frozenset("0123456789+-.tTfFnN~")
_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".inf": float("inf"), ".Inf": float("inf"), ".INF": float("inf"),
    "+.inf": float("inf"), "+.Inf": float("inf"), "+.INF": float("inf"),
    "-.inf": float("-inf"), "-.Inf": float("-inf"), "-.INF": float("-inf"),
    ".nan": float("nan"), ".NaN": float("nan"), ".NAN": float("nan"),
}  # fmt: skip
_TAGS = {f"tag:yaml.org,2002:{name}": name for name in ("str", "int", "float", "bool", "null", "map", "seq")}
# libyaml's words → what to do about it
_HINTS = {
    "mapping values are not allowed in this context": "quote a text that contains `: `, or check the indentation of this line",
    "could not find expected ':'": "a key is followed by `: `; or a quote or bracket above is not closed",
    "did not find expected key": "check the indentation: keys of one mapping start in the same column",
    "did not find expected ',' or ']'": "close the list with `]`",
    "did not find expected ',' or '}'": "close the mapping with `}`",
    "did not find expected '-' indicator": "items of one list start with `-` in the same column",
    "found unexpected end of stream": "a quote is not closed",
    "found character that cannot start any token": "quote a text that starts with `@`, `` ` `` or `%`",
}


@dataclass(frozen=True, slots=True)
class YamlProblem:
    """A fault of the text itself; ``other`` is the second place it is about (the first of two duplicate keys)."""

    message: str
    position: Position
    hint: str = ""
    code: str = "yaml"
    other: Position | None = None


class Node:
    """A value with its place. ``children``: key → (key's position, node) of a mapping, nodes of a list, None of a scalar."""

    __slots__ = ("children", "height", "position", "size", "source", "value")

    def __init__(self, position: Position, value: Any, children: Any = None, source: str = "") -> None:
        self.position = position
        self.value = value
        self.children: dict[Any, tuple[Position, Node]] | list[Node] | None = children
        self.source = source  # a scalar's own text: `0x1F`, where value is 31
        self.height = 0
        self.size = 1


@dataclass(slots=True)
class Composed:
    """``root`` is None when the text is not YAML at all; ``problems`` may be there with a usable root."""

    root: Node | None
    problems: list[YamlProblem] = field(default_factory=list)


def lines(text: str) -> list[str]:
    """The text's lines as libyaml counts them."""
    return _LINE_BREAK.split(text)


def scalar(text: str) -> Any:
    """A plain scalar by the 1.2 core schema, with the fast parser's additions: a sign before 0x/0o, and 0b.

    Raises ValueError for an integer outside of -2**63 … 2**64-1.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _MAY_BE_SPECIAL:
        return text
    number: int | None = None
    if radix := _RADIX.match(text):
        digits = radix[2] or radix[3] or radix[4]
        number = int(radix[1] + digits, 16 if radix[2] else 8 if radix[3] else 2)
    elif _DECIMAL.match(text):
        number = int(text)
    if number is not None:
        if -(2**63) <= number < 2**64:
            return number
        raise ValueError("an integer is between -2**63 and 2**64-1")
    if _FLOAT.match(text) and not _DIGITS.match(text):  # 014 is text: neither octal nor decimal
        value = float(text)
        if value - value == 0:  # finite; 1e999 is text
            return value
    return text


def compose(text: str) -> Composed:
    """The document with the position of everything, and all faults of the text up to the first that ends the parse."""
    if match := _CONTROL.search(text[1:] if text.startswith("\ufeff") else text):
        offset = match.start() + text.startswith("\ufeff")
        before = lines(text[:offset])
        words = f"control character U+{ord(match[0]):04X}: this is not text"
        return Composed(
            None, [YamlProblem(words, (len(before), len(before[-1]) + 1), "YAML is UTF-8 text without control characters")]
        )
    return _Composer(text).run()


_DROPPED = object()  # stands for a key that was refused: its value is left out


class _Fatal(Exception):
    def __init__(self, problem: YamlProblem) -> None:
        self.problem = problem


class _Composer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.problems: list[YamlProblem] = []
        self.anchors: dict[str, Node | None] = {}  # None: still open, an alias to it would be endless
        self.aliased = 0

    def run(self) -> Composed:
        import yaml

        root: Node | None = None
        try:
            root = self._document(yaml)
        except _Fatal as fatal:
            self.problems.append(fatal.problem)
        except yaml.MarkedYAMLError as error:
            self.problems.append(self._syntax(error))
        except yaml.YAMLError as error:
            self.problems.append(YamlProblem(str(error).splitlines()[0], (1, 1)))
        return Composed(root, self.problems)

    def _document(self, yaml: Any) -> Node | None:
        """The first document's node. A stack of open collections instead of recursion: depth cannot hurt."""
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        root: Node | None = None
        stack: list[tuple[Node, str | None]] = []  # open collections with their anchors
        keys: list[tuple[Any, Position] | None] = []  # per open mapping: the key that waits for its value
        documents = 0
        scalar_event, alias_event = yaml.ScalarEvent, yaml.AliasEvent
        mapping_start, sequence_start = yaml.MappingStartEvent, yaml.SequenceStartEvent
        ends = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
        for event in yaml.parse(self.text, Loader=loader):
            kind = type(event)
            anchor: str | None = None
            if kind is scalar_event:
                mark = event.start_mark
                node = self._scalar(event, (mark.line + 1, mark.column + 1))
                anchor = event.anchor
            elif kind is mapping_start or kind is sequence_start:
                mark = event.start_mark
                position = (mark.line + 1, mark.column + 1)
                self._check_tag(event.tag, position, ("map",) if kind is mapping_start else ("seq",))
                if len(stack) >= MAX_DEPTH:
                    raise _Fatal(YamlProblem(f"nested more than {MAX_DEPTH} levels deep", position, code="limit"))
                node = Node(position, {}, {}) if kind is mapping_start else Node(position, [], [])
                stack.append((node, event.anchor))
                keys.append(None)
                if event.anchor is not None:
                    self.anchors[event.anchor] = None
                continue
            elif kind in ends:
                node, anchor = stack.pop()
                keys.pop()
            elif kind is alias_event:
                node = self._alias(event, len(stack))
            else:
                if kind is yaml.DocumentStartEvent:
                    documents += 1
                    if documents > 1:
                        mark = event.start_mark
                        words = "a second document starts here"
                        self.problems.append(YamlProblem(words, (mark.line + 1, mark.column + 1), "one file holds one document"))
                        return root
                continue
            if anchor is not None:
                self.anchors[anchor] = node
            if not stack:
                root = node
                continue
            self._attach(stack[-1][0], keys, node)
        return root

    def _attach(self, parent: Node, keys: list[tuple[Any, Position] | None], node: Node) -> None:
        parent.height = max(parent.height, node.height + 1)
        parent.size += node.size
        if isinstance(parent.children, list):
            parent.children.append(node)
            parent.value.append(node.value)
            return
        waiting = keys[-1]
        if waiting is None:
            keys[-1] = (self._key(node), node.position)
            return
        keys[-1] = None
        key, position = waiting
        if key is _DROPPED:
            return
        children = parent.children
        assert children is not None
        if key in children:
            first = children[key][0]
            words = f"duplicate key `{key}`, first written at {{other}}"
            hint = "a key is written once: merge the two or remove one"
            self.problems.append(YamlProblem(words, position, hint, "duplicate_key", first))
            return
        children[key] = (position, node)
        parent.value[key] = node.value

    def _key(self, node: Node) -> Any:
        if node.children is not None:
            raise _Fatal(
                YamlProblem(
                    "a key must be a plain text, not a list or mapping", node.position, "close braces need quotes: `'{{x}}'`"
                )
            )
        if node.source == "<<":
            words = "merge keys (`<<`) are not part of YAML 1.2"
            self.problems.append(YamlProblem(words, node.position, "use `defaults:` or `include:`"))
            return _DROPPED
        return node.value

    def _scalar(self, event: Any, position: Position) -> Node:
        tag, text = event.tag, event.value
        if tag is None:
            if event.implicit[0] and not event.style:  # plain
                try:
                    return Node(position, scalar(text), None, text)
                except ValueError as error:
                    self.problems.append(YamlProblem(str(error), position, "quote it if it is meant as text"))
            return Node(position, text)
        name = self._check_tag(tag, position, ("str", "int", "float", "bool", "null"))
        return Node(position, text if name == "str" else self._tagged(name, text, position))

    def _tagged(self, name: str, text: str, position: Position) -> Any:
        """`!!int '5'`: the text must be what the tag says; an unknown tag was reported already."""
        if not name:
            return text
        try:
            value = scalar(text)
        except ValueError:
            value = text
        if name == "float" and type(value) is int:
            value = float(value)
        if type(value).__name__ != {"null": "NoneType"}.get(name, name):
            self.problems.append(YamlProblem(f"`{text}` is not of the type !!{name}", position, "leave the tag out"))
        return value

    def _check_tag(self, tag: str | None, position: Position, allowed: tuple[str, ...]) -> str:
        if tag is None:
            return ""
        name = _TAGS.get(tag, "")
        if name not in allowed:
            shown = tag.replace("tag:yaml.org,2002:", "!!")
            self.problems.append(
                YamlProblem(f"unknown tag `{shown}`", position, "quote the text if it really starts with `!`", "tag")
            )
            return ""
        return name

    def _alias(self, event: Any, depth: int) -> Node:
        position = (event.start_mark.line + 1, event.start_mark.column + 1)
        if event.anchor not in self.anchors:
            raise _Fatal(YamlProblem(f"unknown anchor `*{event.anchor}`", position, "quote a text that starts with `*`"))
        target = self.anchors[event.anchor]
        if target is None:
            raise _Fatal(YamlProblem(f"`*{event.anchor}` stands inside of what it repeats", position, code="limit"))
        self.aliased += target.size
        if self.aliased > MAX_ALIASED_NODES:
            words = f"aliases stand for more than {MAX_ALIASED_NODES} nodes"
            raise _Fatal(YamlProblem(words, position, "write the parts out, or use `defaults:`", "limit"))
        if depth + target.height > MAX_DEPTH:
            raise _Fatal(YamlProblem(f"nested more than {MAX_DEPTH} levels deep", position, code="limit"))
        return target

    def _syntax(self, error: Any) -> YamlProblem:
        mark = error.problem_mark or error.context_mark
        position = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        words = str(error.problem or error.context)
        text = lines(self.text)
        if position[0] > len(text) or (position[0] == len(text) and not text[-1] and len(text) > 1 and error.context_mark):
            # The scanner noticed at the end of the file: the opening bracket or quote is what a person looks for.
            if error.context_mark:
                position = (error.context_mark.line + 1, error.context_mark.column + 1)
            words = f"{words} ({error.context}, here)" if error.context else words
        hint = next((hint for start, hint in _HINTS.items() if words.startswith(start)), "")
        line = text[position[0] - 1] if position[0] <= len(text) else ""
        if line[position[1] - 1 : position[1]] == "\t" or (line[: position[1]].strip(" ").startswith("\t")):
            return YamlProblem("a tab where YAML wants spaces", position, "indent with spaces")
        if words == "exceeded maximum nesting depth":  # libyaml from 0.2.6 on counts too, and sees the brackets before we do
            return YamlProblem(f"nested more than {MAX_DEPTH} levels deep", position, code="limit")
        return YamlProblem(words, position, hint)
