"""The outermost grammar of nftables files (nft(8)): which tables a file describes, and the text of each. Pure text.

What is inside a table is nft's business. Outside, a file of ours says ``define NAME = …``, ``flush ruleset`` (which means nothing
here: a table is always replaced as a whole) and ``table [FAMILY] NAME { … }``; commands such as ``add rule`` would depend on what
was there before and are refused.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LIGHT = True  # nsmgr.model.generate may let the tables import this module
FAMILIES = ("ip", "ip6", "inet", "arp", "bridge", "netdev")  # nfproto of a table; ip when none is written


class Unreadable(ValueError):
    """Not such a file; the message says where and why."""


def tables(text: str) -> dict[str, str]:
    """``inet filter`` → its text, the definitions above it included, in the order of the file.

    Definitions are written ``redefine``, so that the texts of several tables can be loaded one behind the other.
    """
    found: dict[str, str] = {}
    defined: list[str] = []
    for line, statement in _statements(text):
        words = statement.split()
        if words[0] in ("define", "redefine"):
            defined.append(f"redefine {statement.split(None, 1)[1]}")
        elif words[0] == "undefine":
            defined.append(statement)
        elif words[:2] == ["flush", "ruleset"]:
            continue
        elif words[0] == "table" and "{" in statement:
            name = _name(statement, line)
            if name in found:
                raise Unreadable(f"line {line}: table {name} is there twice")
            found[name] = "\n".join([*defined, statement]) + "\n"
        else:
            what = "`include` is not read here" if words[0] == "include" else f"`{' '.join(words[:3])}` is a command"
            raise Unreadable(f"line {line}: {what}; only definitions and `table FAMILY NAME {{ … }}` can be described")
    return found


def _name(statement: str, line: int) -> str:
    """``inet filter`` of ``table inet filter {``."""
    words = statement[: statement.index("{")].split()[1:]
    if len(words) == 1:
        words.insert(0, "ip")
    if len(words) != 2 or words[0] not in FAMILIES or not words[1].replace("_", "a").replace("-", "a").replace(".", "a").isalnum():
        raise Unreadable(f"line {line}: a table is written `table FAMILY NAME {{ … }}`, the family one of {', '.join(FAMILIES)}")
    return " ".join(words)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """(line, text) of each statement at the outermost level, comments left out."""
    depth, quoted, start, line, first = 0, False, 0, 1, 1
    kept: list[str] = []

    def take(end: int) -> str:
        kept.append(text[start:end])
        statement = "".join(kept).strip(" \t\r\n;")
        kept.clear()
        return statement

    position = 0
    while position < len(text):
        char = text[position]
        if char == '"':
            quoted = not quoted
        elif quoted:
            pass
        elif char == "#":
            kept.append(text[start:position])
            position = text.find("\n", position)
            if position < 0:
                position = start = len(text)
                break
            start = position
            continue
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth < 0:
                raise Unreadable(f"line {line}: a closing brace too many")
        if not quoted and depth == 0 and (char in "\n;" or char == "}") and not text[start:position].endswith("\\"):
            statement = take(position + 1)
            start = position + 1
            if statement:
                yield first, statement
            first = line + (char == "\n")
        line += char == "\n"
        position += 1
    if depth or quoted:
        raise Unreadable(f"line {line}: the {'text' if quoted else 'brace'} opened above is not closed")
    rest = take(len(text))
    if rest:
        yield first, rest
