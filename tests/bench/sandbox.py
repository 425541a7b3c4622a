"""A private place to measure in: own mount and network namespace with a tmpfs on /run, gone with the process."""

from __future__ import annotations

import ctypes
import os
import shutil
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
MNT_DETACH = 2
MS_BIND, MS_REC, MS_PRIVATE, MS_SHARED = 4096, 16384, 1 << 18, 1 << 20

_libc = ctypes.CDLL(None, use_errno=True)


def _check(status: int, what: str) -> None:
    if status:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _mount(source: str, target: str, kind: str | None, flags: int) -> None:
    _check(_libc.mount(source.encode(), target.encode(), kind and kind.encode(), ctypes.c_ulong(flags), None), f"mount {target}")


def drop(state: Path) -> None:
    """Remove every name under /run/netns and nsmgr's records, without waiting for the kernel to be done with it."""
    shutil.rmtree(state, ignore_errors=True)
    for entry in os.scandir("/run/netns"):
        _libc.umount2(entry.path.encode(), MNT_DETACH)
        os.unlink(entry.path)


def enter() -> Path:
    """Move this process there; returns an empty directory on the tmpfs. Call it before any thread is started.

    As an ordinary user the network and the mounts belong to a user namespace of one's own. Raises OSError where that is
    not allowed. ``/run/netns`` is made as ip-netns(8) makes it, so no contender has to.
    """
    uid, gid = os.geteuid(), os.getegid()
    _check(_libc.unshare(CLONE_NEWNS | CLONE_NEWNET | (CLONE_NEWUSER if uid else 0)), "unshare")
    if uid:
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1", encoding="ascii")
    _mount("none", "/", None, MS_REC | MS_PRIVATE)  # else the tmpfs would appear on the host's /run as well
    _mount("tmpfs", "/run", "tmpfs", 0)
    names = "/run/netns"
    os.mkdir(names)
    _mount(names, names, None, MS_BIND | MS_REC)
    _mount("none", names, None, MS_SHARED | MS_REC)
    work = Path("/run/bench")
    work.mkdir()
    os.environ["TMPDIR"] = str(work)  # the compiler's and everybody's temporary files
    return work
