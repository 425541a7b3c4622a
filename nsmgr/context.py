"""Two context managers that are needed before anything else; importing contextlib takes 3 ms, a tenth of a no-op."""

from __future__ import annotations

import gc


class suppress:  # noqa: N801 - named as contextlib's, which it stands for
    """As :class:`contextlib.suppress`."""

    __slots__ = ("_kinds",)

    def __init__(self, *kinds: type[BaseException]) -> None:
        self._kinds = kinds

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, self._kinds)


class Uncollected:
    """No cyclic garbage collection: what is made here stays until the end, and each pass would visit all of it for nothing."""

    __slots__ = ("_collecting",)

    def __enter__(self) -> None:
        self._collecting = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._collecting:
            gc.enable()
