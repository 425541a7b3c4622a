"""A child process that is killed at the k-th moment of what it does: between two messages to the kernel, two writes of state."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

from nsmgr.kernel import libc, netns, procfs, tun
from nsmgr.kernel.rtnl import RtnlSocket

NEVER = 1 << 60


class Reaper:
    """Counts moments; at the one that is due, SIGKILL. One lies before each write, and one amid those that can be torn."""

    def __init__(self, due: int = NEVER) -> None:
        self.due, self.count = due, 0

    def moment(self) -> None:
        if self.count == self.due:
            os.kill(os.getpid(), signal.SIGKILL)
        self.count += 1

    def install(self, watched: str) -> None:
        """``watched``: the state directory. Of the other calls of these names nobody is interested in."""

        def here(path: object) -> bool:
            return str(path).startswith((watched, netns.DIRECTORY))

        for name in ("mknod", "replace", "unlink"):
            self._wrap(os, name, lambda first, *_: here(first))
        for module, name in ((libc, "mount"), (libc, "umount"), (procfs, "write"), (tun, "create"), (tun, "change")):
            self._wrap(module, name, lambda *_: True)
        write, opening, transact = os.write, os.open, RtnlSocket.transact

        def torn(descriptor: int, data: Any) -> int:
            self.moment()
            if self.count == self.due:
                write(descriptor, bytes(data)[: len(data) // 2])
            self.moment()
            return write(descriptor, data)

        def opened(path: Any, flags: int, *rest: Any, **more: Any) -> int:
            found = opening(path, flags, *rest, **more)
            if flags & os.O_CREAT and here(path):
                self.moment()  # a file is there, with nothing in it
            return found

        def sent(socket: RtnlSocket, messages: Any) -> Any:
            if self.count <= self.due < self.count + len(messages):
                if self.due > self.count:
                    transact(socket, messages[: self.due - self.count])
                self.count = self.due
                self.moment()
            self.count += len(messages)
            return transact(socket, messages)

        os.write, os.open, RtnlSocket.transact = torn, opened, sent  # type: ignore[assignment, method-assign]

    def _wrap(self, module: Any, name: str, counts: Callable[..., bool]) -> None:
        real = getattr(module, name)

        def wrapped(*args: Any, **more: Any) -> Any:
            if counts(*args):
                self.moment()
            return real(*args, **more)

        setattr(module, name, wrapped)


def run(work: Callable[[], object], due: int, watched: str) -> int:
    """Do it in a child that dies at moment ``due``. Returns 0 when it died; else, having come to its end, how many there are."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.close(reading)
            tell = os.write
            reaper = Reaper(due)
            reaper.install(watched)
            work()
            tell(writing, str(reaper.count).encode())
            status = 0
        except BaseException:
            traceback.print_exc(file=sys.stderr)
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as answers:
        told = answers.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return 0
    assert status == 0, f"the child failed at {due}"
    return int(told)
