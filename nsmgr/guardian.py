"""The guardian: a process of its own that rolls an apply back unless it is dismissed in time.

Nothing that ends the command line ends it: a session of its own without a terminal, a child of init, nothing but /dev/null and
what it waits for open, deaf to SIGHUP and SIGTERM. It is a new interpreter, not a fork: no sockets, locks or threads come along.
All that the way back needs is loaded before the first change is made.
"""

from __future__ import annotations

import fcntl
import os
import select
import sys
import time

from nsmgr.context import suppress
from nsmgr.errors import LockHeld, NsmgrError
from nsmgr.record import Record
from nsmgr.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from nsmgr.confirm import Pending

ARMED = b"armed"
_FIRST = 10  # the least descriptor number for its pipes: with stdin closed a pipe may be 0
_START = "import sys; sys.path.append(sys.argv.pop(1)); from nsmgr.guardian import main; main()"


class Watch(Record):
    """A guardian as its maker sees it. It acts when this is closed, or the maker dies, before :meth:`arm`."""

    token: str
    pid: int
    descriptor: int

    def arm(self) -> None:
        """From now on the deadline counts, and the maker may go."""
        os.write(self.descriptor, ARMED)

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def start(store: Store, name: str) -> Watch:
    """Start one; the deployment's lock is held. Raises NsmgrError when it cannot be."""
    token = os.urandom(16).hex()
    bell = store.private_path(name, "guardian")
    with suppress(FileNotFoundError):
        os.unlink(bell)
    os.mkfifo(bell, 0o600)
    ours, theirs = _pipe(), _pipe()  # (read, write): of which the guardian gets ours' read and theirs' write end
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    # -P: no module from the directory that somebody happens to be in.
    words = [package, os.path.abspath(store.directory), name, token, str(ours[0]), str(theirs[1])]
    argv = [sys.executable, "-P", "-c", _START, *words]
    quiet = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0), (os.POSIX_SPAWN_DUP2, 0, 1), (os.POSIX_SPAWN_DUP2, 0, 2)
    kept = (os.POSIX_SPAWN_CLOSE, ours[1]), (os.POSIX_SPAWN_CLOSE, theirs[0])
    try:
        child = os.posix_spawn(sys.executable, argv, os.environ, file_actions=[*quiet, *kept])
    except OSError as error:
        for descriptor in (*ours, *theirs):
            os.close(descriptor)
        raise NsmgrError(f"the guardian cannot be started: {sys.executable}: {error.strerror}; nothing has been changed") from error
    os.close(ours[0])
    os.close(theirs[1])
    os.set_inheritable(ours[1], False)
    with suppress(ChildProcessError), os.fdopen(theirs[0], "rb") as pipe:
        said = pipe.read().decode(errors="replace")
        os.waitpid(child, 0)
    if not said.isdecimal():
        os.close(ours[1])
        raise NsmgrError(f"the guardian did not start: {said or 'it died'}; nothing has been changed")
    return Watch(token, int(said), ours[1])


def _pipe() -> tuple[int, int]:
    low = os.pipe()
    high = fcntl.fcntl(low[0], fcntl.F_DUPFD, _FIRST), fcntl.fcntl(low[1], fcntl.F_DUPFD, _FIRST)
    for descriptor in low:
        os.close(descriptor)
    return high


# ---------------------------------------------------------------------------------------------------- the process itself


def main() -> NoReturn:
    """``sys.argv``: state directory, deployment, token, the descriptor that tells about the maker, the one to answer on."""
    directory, name, token, control, answer = sys.argv[1:]
    os.setsid()
    if os.fork():
        os._exit(0)  # init's child from here on, and never a session leader: no terminal can become its own
    status = 1
    try:
        try:
            bell = _detach(Store(directory), name, int(control), int(answer))
            said = str(os.getpid())
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
        os.write(int(answer), said.encode())
        os.close(int(answer))
        if said.isdecimal():
            _watch(Store(directory), name, token, int(control), bell)
            status = 0
    finally:
        os._exit(status)


def _detach(store: Store, name: str, control: int, answer: int) -> int:
    """Let go of everything; the descriptor of the FIFO, open for both so that it is never at its end."""
    import signal

    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    os.chdir("/")
    os.umask(0o077)
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        if descriptor > 2 and descriptor not in (control, answer):
            with suppress(OSError):  # the listing's own
                os.close(descriptor)
    import nsmgr.confirm
    import nsmgr.kernel.linux
    import nsmgr.render.plain
    import nsmgr.rollback  # noqa: F401 - all loaded now: there may be no reading files at the deadline

    return os.open(store.private_path(name, "guardian"), os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)


def _watch(store: Store, name: str, token: str, control: int, bell: int) -> None:
    poll = select.poll()
    poll.register(bell, select.POLLIN)
    poll.register(control, select.POLLIN)
    if any(descriptor == bell for descriptor, _ in poll.poll()):
        return
    if os.read(control, len(ARMED)) == ARMED:
        from nsmgr.confirm import read

        poll.unregister(control)
        os.close(control)
        pending = read(store, name)
        while pending is not None and (left := pending.deadline - time.monotonic()) > 0:
            if poll.poll(int(left * 1000) + 1):
                return
    while not _finish(store, name, token):
        pass


def _finish(store: Store, name: str, token: str) -> bool:
    """Roll back, unless it was confirmed just now. False: somebody has the lock, again."""
    from nsmgr import confirm

    try:
        with store.lock(name, 600.0):
            pending = confirm.read(store, name)
            if pending is not None and pending.token == token and pending.state != confirm.ROLLED_BACK:
                _roll_back(store, pending)
    except LockHeld:
        return False
    return True


def _roll_back(store: Store, pending: Pending) -> None:
    """What cannot be done stays written down, for the next command to try again: it finds the guardian gone."""
    from nsmgr import confirm
    from nsmgr.kernel.linux import LinuxKernel
    from nsmgr.record import replace

    name = pending.deployment
    try:
        with LinuxKernel() as kernel:
            result = confirm.end(pending, kernel, store)
    except Exception as error:
        return confirm.write(store, replace(pending, words=f"{type(error).__name__}: {error}"))
    if result is not None and not result.ok:
        return confirm.write(store, replace(pending, words=confirm.left(result)))
    if result is None:
        store.remove_private(name, confirm.SUFFIX)
    else:
        lost = "".join(f"; lost: {words}" for words in result.lost)
        done = replace(pending, state=confirm.ROLLED_BACK, when=time.time(), words=confirm.late(pending) + lost)
        confirm.write(store, done)
    store.remove_private(name, confirm.FIFO)
    return None
