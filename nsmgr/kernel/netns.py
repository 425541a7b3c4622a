"""Network namespaces: make, list, open, identify, unname. Compatible with iproute2's /run/netns in both directions.

setns(2) and unshare(2) act on the calling thread, so everything that enters a namespace runs in a worker thread that ends
afterwards: no thread ever has to find its way back. One worker serves a whole call, however many namespaces.
"""

from __future__ import annotations

import _thread  # threading brings collections and functools along, 3 ms for what is used of it here
import errno
import fcntl
import os
import sys

from nsmgr.context import suppress
from nsmgr.errors import PrivilegeError
from nsmgr.kernel import libc
from nsmgr.kernel.descriptors import ensure_files
from nsmgr.kernel.rtnl import RtnlSocket
from nsmgr.kernel.wire import SO_NETNS_COOKIE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Literal, TypeVar

    from nsmgr.kernel.genl import GenlSocket

    Result = TypeVar("Result")

DIRECTORY = "/run/netns"
OWN = "/proc/thread-self/ns/net"  # not /proc/self: that is the leader's namespace, not this thread's
SIOCGSKNS = 0x894C  # linux/sockios.h: a descriptor of the namespace a socket belongs to
NS_GET_ID = 0x8008B70D  # linux/nsfs.h: _IOR(0xb7, 13, __u64)
SANDBOX_HINT = "run it as root, or use `nsmgr run --sandbox`, which needs no root and touches nothing outside"


class Netns:
    """An open namespace: its rtnetlink socket, its cookie, and on demand a descriptor of it.

    The descriptor is made from the socket (SIOCGSKNS), so it is the same namespace for sure, whatever became of the name,
    and namespaces that nothing refers to cost one descriptor, not two. Both pin the namespace until :meth:`close`.

    Args:
        name: as in the configuration. socket: opened by a thread inside the namespace.
    """

    __slots__ = ("_fd", "_genl", "cookie", "name", "socket")

    def __init__(self, name: str, socket: RtnlSocket) -> None:
        self.name, self.socket = name, socket
        self.cookie = socket.cookie()
        self._fd = -1
        self._genl: GenlSocket | None = None

    def fd(self) -> int:
        """A descriptor for IFLA_NET_NS_FD and setns; stays ours. Raises PrivilegeError without CAP_NET_ADMIN there."""
        if self._fd < 0:
            try:
                self._fd = fcntl.ioctl(self.socket.fileno(), SIOCGSKNS)
            except PermissionError as error:
                raise privilege(f"get a descriptor of namespace {self.name}", "CAP_NET_ADMIN", error) from error
        return self._fd

    def genl(self) -> GenlSocket:
        """Its generic netlink socket, opened by the first call: that must come from a thread inside the namespace."""
        if self._genl is None:
            from nsmgr.kernel.genl import GenlSocket

            self._genl = GenlSocket(self.name)
        return self._genl

    def close(self) -> None:
        self.socket.close()
        if self._genl is not None:
            self._genl.close()
            self._genl = None
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def privilege(what: str, capability: str, error: OSError) -> PrivilegeError:
    return PrivilegeError(f"cannot {what}: {error.strerror}; it takes {capability}", hint=SANDBOX_HINT)


def in_thread(work: Callable[[], Result]) -> Result:
    """Run ``work`` in a thread of its own, wait for it, hand on its result or exception."""
    outcome: list[Result] = []
    failure: list[BaseException] = []
    done = _thread.allocate_lock()
    done.acquire()

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:
            failure.append(error)
        finally:
            done.release()

    _thread.start_new_thread(run, ())
    try:
        done.acquire()
    except BaseException:  # Ctrl-C: the worker must not go on making things while the caller cleans up
        done.acquire()
        raise
    if failure:
        raise failure[0]
    return outcome[0]


# --------------------------------------------------------------------------------------------------------------- by name


def path_of(name: str) -> str:
    return f"{DIRECTORY}/{name}"


def entries() -> list[str]:
    """The names of all files in /run/netns, namespaces or not."""
    try:
        return os.listdir(DIRECTORY)
    except FileNotFoundError:
        return []


def stamp() -> tuple[int, dict[str, int]]:
    """Something that changes when a name under /run/netns comes, goes or is made anew: mtime (ns), name → inode of its file.

    The time alone does not tell: tmpfs takes it from the coarse clock, so that all changes within a tick have the same.
    The inode is the directory entry's, which getdents gives for nothing; tmpfs does not use one twice, and where a file
    system does, its times are fine-grained.
    """
    try:
        with os.scandir(DIRECTORY) as entries:
            return os.stat(DIRECTORY).st_mtime_ns, {entry.name: entry.inode() for entry in entries}
    except FileNotFoundError:
        return 0, {}


def inode(path: str) -> int:
    """The namespace's inode number, reliable while it is held open by whoever compares it; 0 = no such file."""
    try:
        return os.stat(path).st_ino
    except FileNotFoundError:
        return 0


def is_namespace(path: str) -> bool:
    """Whether nsfs is mounted there. A plain file is what a crash or another mount namespace leaves behind."""
    try:
        return os.stat(path).st_dev == os.stat(OWN).st_dev  # all of nsfs is one device
    except FileNotFoundError:
        return False


def listing() -> tuple[list[str], list[str]]:
    """(namespaces, stale names) under /run/netns, each sorted."""
    live: list[str] = []
    stale: list[str] = []
    for name in sorted(entries()):
        (live if is_namespace(path_of(name)) else stale).append(name)
    return live, stale


def prepare_directory() -> None:
    """Make /run/netns a shared mount of its own, as ``ip netns add`` does, so that mounts reach other mount namespaces.

    The directory is locked meanwhile (iproute2 does the same): two at once would stack two mounts.
    """
    try:
        os.makedirs(DIRECTORY, 0o755, exist_ok=True)
        lock = os.open(DIRECTORY, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError as error:
        raise privilege(f"make {DIRECTORY}", "root", error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            libc.mount("", DIRECTORY, libc.MS_SHARED | libc.MS_REC)
        except OSError as error:
            if error.errno != errno.EINVAL:  # EINVAL: not a mount point yet
                raise
            libc.mount(DIRECTORY, DIRECTORY, libc.MS_BIND | libc.MS_REC)
            libc.mount("", DIRECTORY, libc.MS_SHARED | libc.MS_REC)
    except PermissionError as error:
        raise privilege(f"mount {DIRECTORY}", "CAP_SYS_ADMIN", error) from error
    finally:
        os.close(lock)


def create(wanted: Sequence[tuple[str, bool]], socket: Callable[[str], RtnlSocket]) -> list[Netns | OSError]:
    """Make named namespaces, all in one worker thread; each comes back open, or as the error that stopped it.

    Args:
        wanted: (name, repair): repair removes a file of that name that is no namespace.
        socket: makes the rtnetlink socket for a name; called inside the new namespace.

    A name that exists answers EEXIST: creating the file exclusively is the lock between two who want the same name.
    Raises PrivilegeError without CAP_SYS_ADMIN; nothing is left behind by a namespace that failed.
    """
    ensure_files(2 * len(wanted))

    def work() -> list[Netns | OSError]:
        prepare_directory()
        made: list[Netns | OSError] = []
        for name, repair in wanted:
            if repair:
                unlink_stale(name)
            try:
                made.append(_create_one(name, socket))
            except OSError as error:
                if error.errno in (errno.EPERM, errno.EACCES):
                    for other in made:
                        if isinstance(other, Netns):
                            other.close()
                            remove(other.name)
                    raise privilege(f"create namespace {name}", "CAP_SYS_ADMIN", error) from error
                made.append(error)
        return made

    return in_thread(work)


def _create_one(name: str, socket: Callable[[str], RtnlSocket]) -> Netns:
    path = path_of(name)
    os.mknod(path, 0)  # a regular file, exclusively, in one system call; mode 000 as iproute2's
    try:
        libc.unshare(libc.CLONE_NEWNET)
        libc.mount(OWN, path, libc.MS_BIND)
        opened = socket(name)
    except BaseException:
        remove(name)
        raise
    return Netns(name, opened)


def remove(name: str) -> None:
    """Take the name away; the namespace dies when nothing else holds it. OSError ENOENT = there is no such name."""
    path = path_of(name)
    try:
        libc.umount(path)
    except OSError as error:
        if error.errno != errno.EINVAL:  # EINVAL: a plain file
            raise
    os.unlink(path)


def hold(names: Iterable[str]) -> dict[str, int]:
    """Descriptors of what those names lead to, without those that cannot be opened; namespaces stay alive until they are closed."""
    held: dict[str, int] = {}
    for name in names:
        with suppress(OSError):
            held[name] = os.open(path_of(name), os.O_RDONLY | os.O_CLOEXEC)
    return held


def unlink_stale(name: str) -> bool:
    """Remove the file of that name if it is no namespace; True when it was there and is gone."""
    path = path_of(name)
    if is_namespace(path) or not os.path.lexists(path):
        return False
    remove(name)
    return True


# --------------------------------------------------------------------------------------------------------------- opening


class Stale(Exception):
    """The file exists and is no network namespace."""


def identify(names: Iterable[str]) -> dict[str, int]:
    """The cookies of those names that are namespaces, without a socket that would stay.

    By ioctl NS_GET_ID (Linux 6.18) without entering them; else by SO_NETNS_COOKIE, the same number, of a Unix socket, which
    lets go of the namespace when it is closed (a netlink socket an RCU grace period later).
    Raises PrivilegeError without CAP_SYS_ADMIN over one of them, where it must be entered.
    """
    found: dict[str, int] = {}
    answer = bytearray(8)
    enter: list[str] = []
    for name in names:
        try:
            fd = os.open(path_of(name), os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.ioctl(fd, NS_GET_ID, answer)
            found[name] = int.from_bytes(answer, sys.byteorder)
        except OSError as error:
            if error.errno == errno.ENOTTY:
                enter.append(name)
        finally:
            os.close(fd)
    return found | in_thread(lambda: _cookies(enter)) if enter else found


def _cookies(names: Iterable[str]) -> dict[str, int]:
    import socket  # only where the kernel is older than 6.18

    found: dict[str, int] = {}
    for name in names:
        if _enter(name, "") is True:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as opened:
                found[name] = int.from_bytes(opened.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, 8), sys.byteorder)
    return found


def source_path(name: str, source: str) -> str:
    """The file to open for a :class:`nsmgr.kernel.port.Want` source."""
    if source.startswith("pid:"):
        return f"/proc/{source[4:]}/ns/net"
    if source.startswith("path:"):
        return source[5:]
    return path_of(name)


def open_many(
    wanted: Iterable[tuple[str, str]], host_fd: int, socket: Callable[[str], RtnlSocket]
) -> dict[str, Netns | Stale | None]:
    """Open (name, source) namespaces in one worker thread. None = there is none of that name.

    ``source`` "host" is the namespace behind ``host_fd``. Raises PrivilegeError without CAP_SYS_ADMIN over a namespace.
    """
    wanted = list(wanted)
    ensure_files(2 * len(wanted))

    def work() -> dict[str, Netns | Stale | None]:
        found: dict[str, Netns | Stale | None] = {}
        for name, source in sorted(wanted, key=lambda pair: pair[1] != "host"):  # first: this thread may be there already
            if source == "host":
                enter_host(host_fd)
                found[name] = Netns(name, socket(name))
            else:
                found[name] = _open_one(name, source, socket)
        return found

    return in_thread(work)


def enter_host(fd: int) -> None:
    """setns to the host's namespace; without privilege that works for a thread that is there already."""
    try:
        libc.setns(fd)
    except PermissionError as error:
        if os.fstat(fd).st_ino != os.stat(OWN).st_ino:
            raise privilege("enter the host's namespace", "CAP_SYS_ADMIN", error) from error


def _open_one(name: str, source: str, socket: Callable[[str], RtnlSocket]) -> Netns | Stale | None:
    entered = _enter(name, source)
    return Netns(name, socket(name)) if entered is True else entered


def _enter(name: str, source: str) -> Literal[True] | Stale | None:
    """Put the calling (worker) thread there; True = done, None = there is none of that name."""
    path = source_path(name, source)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, ProcessLookupError):
        return None
    except PermissionError as error:
        if not source and not is_namespace(path):
            return Stale(path)  # iproute2's and our files have mode 000 until something is mounted on them
        raise privilege(f"open {path}", "CAP_SYS_PTRACE" if source.startswith("pid:") else "CAP_DAC_OVERRIDE", error) from error
    try:
        libc.setns(fd)
    except PermissionError as error:
        raise privilege(f"enter namespace {name}", "CAP_SYS_ADMIN", error) from error
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return Stale(path)
    finally:
        os.close(fd)
    return True
