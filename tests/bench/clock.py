"""Time by part of the work, for the programs that look inside nsmgr: :mod:`probe` and :mod:`parts`.

A part's time is its own only: what is spent in another part inside of it, above all in imports, which nsmgr does at first
use, belongs to that one.
"""

from __future__ import annotations

import functools
import importlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

IMPORTS, REST = "imports", "rest"


class Parts:
    """``spent``: ns by part. ``whole``: parts that keep what is called inside of them (imports excepted)."""

    def __init__(self, whole: frozenset[str] = frozenset()) -> None:
        self.spent: dict[str, int] = {}
        self._whole = whole
        self._stack = [REST]
        self._since = time.perf_counter_ns()

    def switch(self) -> None:
        """Book the time since the last switch on the part that is on top."""
        now = time.perf_counter_ns()
        part = self._stack[-1]
        self.spent[part] = self.spent.get(part, 0) + now - self._since
        self._since = now

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        self.switch()
        stays = name != IMPORTS and (self._stack[-1] in self._whole or self._stack[-1] == IMPORTS)
        self._stack.append(self._stack[-1] if stays else name)
        try:
            yield
        finally:
            self.switch()
            self._stack.pop()

    def wrap(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.part(name):
                return function(*args, **kwargs)

        return timed

    def watch(self, hooks: Mapping[str, Mapping[str, str]] | None = None) -> None:
        """Book imports, and wrap what ``hooks`` names, module → function or Class.method → part, once it is imported.

        A name that is not there any more is passed over: its time is then found in the part that called it. The
        interpreter looks ``_find_and_load`` up at every import that is not in sys.modules (Python/import.c).
        """
        bootstrap: Any = importlib._bootstrap  # private, and the only door that all imports pass
        find_and_load = bootstrap._find_and_load
        waiting = dict(hooks or {})

        def timed(name: str, import_: Any) -> Any:
            with self.part(IMPORTS):
                module = find_and_load(name, import_)
            for ready in [known for known in waiting if known in sys.modules and _loaded(sys.modules[known])]:
                self._wrap_names(sys.modules[ready], waiting.pop(ready))
            return module

        bootstrap._find_and_load = timed

    def _wrap_names(self, module: Any, names: Mapping[str, str]) -> None:
        for path, part in names.items():
            *outer, last = path.split(".")
            owner = functools.reduce(lambda place, step: getattr(place, step, None), outer, module)
            function = getattr(owner, last, None)
            if owner is not None and callable(function):
                setattr(owner, last, self.wrap(function, part))


def _loaded(module: Any) -> bool:
    return not getattr(getattr(module, "__spec__", None), "_initializing", False)
