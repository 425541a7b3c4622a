"""Ctrl-C and SIGTERM during changes: stop between two batches, not in the middle of one."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from types import FrameType
    from typing import Any
else:
    import _signal as signal  # signal itself makes enumerations of all the numbers at import: 1 ms, and enum


class Stop:
    """Calling it tells whether a signal asked to stop; ``status`` is 128+n of that signal.

    A second signal raises KeyboardInterrupt: the person at the keyboard has the last word.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.status = 0
        self._before: dict[int, Any] = {}

    def __call__(self) -> bool:
        return self.status != 0

    def __enter__(self) -> Stop:
        for number in self.SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:  # nohup's wish is respected
                try:
                    self._before[number] = signal.signal(number, self._note)
                except ValueError:  # not the main thread: signals are its business
                    break
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.status:
            raise KeyboardInterrupt
        self.status = 128 + number

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
