"""YAML 1.2 core schema, the fast way: text → values.

Two parsers that agree. :func:`parse` is ryaml's (a port of libyaml's scanner; 1.2 core schema, refuses duplicate keys).
:func:`nsmgr.config.positions.compose` reads libyaml's event stream and keeps the position of every key and value; it runs
only when there is an error to point at, when a position is asked for, or when the text may hold what the fast parser
reads without complaint and this language does not have: tags, anchors that expand without bound, merge keys.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from typing import Any

# An anchor, alias or tag starts after white space or an indicator; elsewhere these characters are ordinary text.
_SPECIAL = r"(?<![^\s\[\]{},:?\-\ufeff])(?:!|[&*](?=\S))|<<"


# The scanner looks for the end of every open bracket again and again: 50,000 nested ones take it seconds, these take none.
MANY = 2000
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_DEPTH = 64  # as in positions, which says so


class NeedsPositions(Exception):
    """The fast parser cannot vouch for this text: :func:`nsmgr.config.positions.compose` can. ``words``: its complaint or ""."""

    def __init__(self, words: str = "") -> None:
        super().__init__(words)
        self.words = words


def parse(text: str) -> Any:
    """The document's value, fast. Raises :class:`NeedsPositions` for an error and for whatever needs a closer look."""
    if "&" in text or "*" in text or "!" in text or "<<" in text:
        import re  # here and not above: 6 ms that most files need not wait for

        if re.search(_SPECIAL, text):
            raise NeedsPositions
    if text.count("{") + text.count("[") > MANY and _deep(text):
        raise NeedsPositions
    ryaml = _ryaml()
    try:
        return ryaml.loads(text)
    except (ryaml.InvalidYamlError, ValueError) as error:  # ValueError: an unhashable key
        raise NeedsPositions(str(error)) from None


def _deep(text: str) -> bool:
    """Whether brackets are nested too deeply, or do not match (those in quotes count too): look closer."""
    left = text.encode("utf-8", "replace").translate(None, _NO_BRACKETS)
    for _ in range(_DEPTH):
        before = len(left)
        left = left.replace(b"[]", b"").replace(b"{}", b"")
        if len(left) == before:
            break
    return len(left) > _DEPTH


def _ryaml() -> Any:
    """The compiled module inside the package ryaml; the package's own imports typing, which takes longer than a small file.

    Registered under its own name, as the import statement does: such a module can be initialised once only.
    """
    if (loaded := sys.modules.get("ryaml._ryaml")) is not None:
        return loaded
    package = _find("ryaml", None)
    found = _find("ryaml._ryaml", package.submodule_search_locations) if package is not None else None
    if found is None or found.loader is None:
        import ryaml

        return ryaml
    module = found.loader.create_module(found)
    assert module is not None
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module


def _find(name: str, places: list[str] | None) -> ModuleSpec | None:
    return next((spec for finder in sys.meta_path if (spec := finder.find_spec(name, places)) is not None), None)
