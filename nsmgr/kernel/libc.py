"""The system calls Python 3.11 has no name for, with ``OSError`` on failure."""

from __future__ import annotations

import ctypes
import os
import sys

CLONE_NEWNET = 0x40000000
CLONE_NEWUSER = 0x10000000
MS_BIND, MS_REC, MS_SHARED = 0x1000, 0x4000, 1 << 20  # linux/mount.h
MNT_DETACH = 2

_libc = ctypes.CDLL(None, use_errno=True)
_mount = _libc.mount
_mount.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)
_umount2 = _libc.umount2
_umount2.argtypes = (ctypes.c_char_p, ctypes.c_int)
_recvmmsg = _libc.recvmmsg
_recvmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)


def _failed(path: str = "") -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), path) if path else OSError(number, os.strerror(number))


if sys.version_info >= (3, 12):

    def setns(fd: int, kind: int = CLONE_NEWNET) -> None:
        """Put the calling thread into the namespace behind ``fd``; EINVAL = the fd is no namespace of that kind."""
        os.setns(fd, kind)

    def unshare(flags: int = CLONE_NEWNET) -> None:
        """Give the calling thread new namespaces; raises OSError (EPERM without CAP_SYS_ADMIN)."""
        os.unshare(flags)

else:

    def setns(fd: int, kind: int = CLONE_NEWNET) -> None:
        """Put the calling thread into the namespace behind ``fd``; EINVAL = the fd is no namespace of that kind."""
        if _libc.setns(fd, kind):
            raise _failed()

    def unshare(flags: int = CLONE_NEWNET) -> None:
        """Give the calling thread new namespaces; raises OSError (EPERM without CAP_SYS_ADMIN)."""
        if _libc.unshare(flags):
            raise _failed()


def mount(source: str, target: str, flags: int, kind: str = "none", data: str = "") -> None:
    """mount(2); ``kind`` is a file system type, "none" for bind mounts and changes of propagation."""
    if _mount(source.encode(), target.encode(), kind.encode(), flags, data.encode()):
        raise _failed(target)


def umount(target: str, flags: int = MNT_DETACH) -> None:
    """umount2(2); EINVAL = ``target`` is not a mount point."""
    if _umount2(target.encode(), flags):
        raise _failed(target)


def give_back() -> None:
    """malloc_trim(3): return what was freed to the kernel.

    The configuration parser's tree (20 times the text) was malloc's; Python's objects are not, and cannot use its memory.
    """
    trim = getattr(_libc, "malloc_trim", None)  # glibc's only
    if trim is not None:
        trim(0)


def recvmmsg(fd: int, headers: int, count: int, flags: int) -> int:
    """recvmmsg(2): how many of the ``count`` mmsghdr at address ``headers`` were filled (at least 1), without a timeout."""
    filled: int = _recvmmsg(fd, headers, count, flags, None)
    if filled < 0:
        raise _failed()
    return filled
