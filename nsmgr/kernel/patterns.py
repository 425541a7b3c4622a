"""What was learnt from one message holds for all that are the same but for a few bytes. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Patterns:
    """Payloads as little-endian numbers → what was learnt from one that is the same under a mask.

    Args:
        limit: how many are kept for one mask; then all of them are forgotten: something in them never repeats.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known: dict[int, list[tuple[int, dict[int, Any]]]] = {}

    def find(self, size: int, payload: int) -> Any:
        """What :meth:`add` was given for a payload of that size that is alike, or None."""
        for mask, known in self._known.get(size, ()):
            found = known.get(payload & mask)
            if found is not None:
                return found
        return None

    def add(self, size: int, payload: int, mask: int, learnt: object) -> None:
        masks = self._known.setdefault(size, [])
        known = next((known for other, known in masks if other == mask), None)
        if known is None:
            known = {}
            masks.append((mask, known))
        if len(known) == self._limit:
            known.clear()
        known[payload & mask] = learnt
