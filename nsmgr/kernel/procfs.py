"""Sysctls of a network namespace: /proc/sys/net shows those of the thread that opens a file in it."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

ROOT = "/proc/sys"
ONLY_INITIAL = "it exists only in the initial namespace"
READ_ONLY_HERE = "it is read-only in this namespace"


def path_of(key: str) -> str:
    """``net.ipv4.ip_forward`` or ``net/ipv4/conf/eth0.100/rp_filter`` → the file. A key with a slash keeps its dots.

    Raises ValueError for a key outside net.* and for one that climbs out of it.
    """
    parts = key.split("/") if "/" in key else key.split(".")
    if len(parts) < 2 or parts[0] != "net" or any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise ValueError(f"{key!r} is not a sysctl under net.")
    return "/".join((ROOT, *parts))


def link_of(key: str) -> str:
    """The link a key belongs to: ``eth0`` of net.ipv4.conf.eth0.rp_filter and of net/ipv6/neigh/eth0/retrans_time; "" of others."""
    parts = key.split("/") if "/" in key else key.split(".")
    return parts[3] if len(parts) > 4 and parts[2] in ("conf", "neigh") else ""


def has_link(name: str) -> bool:
    """Whether the calling thread's namespace has the link: every device has this directory (inetdev_init)."""
    return os.path.isdir(f"{ROOT}/net/ipv4/conf/{name}")


def normal(text: str) -> str:
    """Values compare without regard to white space: the kernel separates with tabs, people with spaces."""
    return " ".join(text.split())


def read(keys: Iterable[str]) -> dict[str, str | None]:
    """Values as the calling thread's namespace has them, white space normalised; None = no such file, or not readable."""
    values: dict[str, str | None] = {}
    for key in keys:
        try:
            fd = os.open(path_of(key), os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            values[key] = None
            continue
        try:
            text = b""
            while block := os.read(fd, 65536):
                text += block
            values[key] = normal(text.decode(errors="replace"))
        except OSError:  # write-only files (route/flush: EACCES), a device that just went (ENOENT)
            values[key] = None
        finally:
            os.close(fd)
    return values


def exists(key: str) -> bool:
    """Whether the calling thread's namespace has the key."""
    return os.path.exists(path_of(key))


def unwritable_when_new(keys: Iterable[str], elsewhere: Collection[str]) -> dict[str, str]:
    """key → why, of those that a namespace just made does not let anybody write; ``elsewhere``: those that this namespace has.

    Moves the calling thread into that new namespace. Raises OSError EPERM where none can be made.
    """
    from nsmgr.kernel import libc

    libc.unshare(libc.CLONE_NEWNET)
    found: dict[str, str] = {}
    for key in keys:
        if not exists(key):
            found[key] = ONLY_INITIAL if key in elsewhere else "No such file or directory"
        elif not os.access(path_of(key), os.W_OK):  # the mode that net_ctl_permissions gives the owner, root or not
            found[key] = READ_ONLY_HERE if os.access(path_of(key), os.R_OK) else "Permission denied"
    return found


def write(key: str, value: str) -> None:
    """Set one value in the calling thread's namespace. Raises OSError as open(2) or write(2) does (ENOENT, EINVAL, EACCES …)."""
    fd = os.open(path_of(key), os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, value.encode())
    finally:
        os.close(fd)
