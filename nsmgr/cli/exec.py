"""nsmgr exec"""

from __future__ import annotations

import os
import sys
from typing import Annotated, NoReturn

import typer

from nsmgr.cli.options import namespaces_here

_ETC = "/etc/netns"
_KEPT = ("/sys/fs/cgroup", "/sys/fs/bpf", "/sys/kernel/debug", "/sys/kernel/tracing")  # mounts of their own below /sys
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_SLAVE = 2, 4, 8, 1 << 19  # linux/mount.h
_CLONE_NEWNS = 0x00020000


def exec_(
    netns: Annotated[
        str,
        typer.Argument(
            metavar="NETNS", help="A namespace's name, `pid:N` or `path:P`.", show_default=False, autocompletion=namespaces_here
        ),
    ],
    command: Annotated[list[str], typer.Argument(metavar="COMMAND", help="Program and arguments.", show_default=False)],
) -> int:
    """Run COMMAND in a namespace, with its /etc/netns/NETNS files in place of those in /etc, and its own /sys.

    This very process becomes COMMAND (no fork): same pid, same terminal, signals reach it directly.
    """
    argv = command[1:] if command[:1] == ["--"] else command
    if not argv:
        raise typer.BadParameter("the command to run is missing: nsmgr exec NETNS -- COMMAND")
    enter(netns)
    become(argv)


def enter(netns: str) -> None:
    """Move this process into the namespace and a mount namespace of its own that fits it.

    Raises:
        NsmgrError: no such namespace. PrivilegeError: CAP_SYS_ADMIN is missing.
    """
    from nsmgr.errors import NsmgrError, PrivilegeError
    from nsmgr.kernel import libc
    from nsmgr.kernel.netns import source_path

    path = source_path(netns, netns)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise NsmgrError(f"cannot open namespace {netns}: {path}: {error.strerror}", hint="`nsmgr list`, `ip netns`") from error
    try:
        libc.setns(fd, libc.CLONE_NEWNET)
        libc.unshare(_CLONE_NEWNS)
        # Slave: mounts of the host still arrive here, ours do not leave.
        libc.mount("none", "/", _MS_SLAVE | libc.MS_REC)
        _own_sys(netns)
        _own_etc(netns)
    except PermissionError as error:
        raise PrivilegeError(
            f"cannot enter namespace {netns}: {error.strerror}; it takes CAP_SYS_ADMIN",
            hint="run as root, or inside `nsmgr run --sandbox`",
        ) from error
    except OSError as error:
        raise NsmgrError(f"cannot enter namespace {netns}: {error.strerror} ({error.filename or path})") from error
    finally:
        os.close(fd)


def _own_sys(netns: str) -> None:
    """A sysfs of this namespace over /sys: an instance shows the devices of the namespace that mounted it (sysfs_init_fs_context).

    The old one stays below, so that cgroups and the like can be bound from it into the new one.
    """
    from nsmgr.kernel import libc

    below = {path: os.open(path, os.O_PATH | os.O_CLOEXEC) for path in _KEPT if os.path.ismount(path)}
    try:
        libc.mount(netns, "/sys", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, "sysfs")
        for path, fd in below.items():
            libc.mount(f"/proc/self/fd/{fd}", path, libc.MS_BIND | libc.MS_REC)
    finally:
        for fd in below.values():
            os.close(fd)


def _own_etc(netns: str) -> None:
    """Each file in /etc/netns/NETNS over its namesake in /etc, as ip-netns(8) does."""
    from nsmgr.kernel import libc

    directory = os.path.join(_ETC, netns)
    if os.sep in netns or not os.path.isdir(directory):
        return
    for name in sorted(os.listdir(directory)):
        source, target = os.path.join(directory, name), os.path.join("/etc", name)
        try:
            libc.mount(source, target, libc.MS_BIND)
        except FileNotFoundError:
            print(f"warning: {source}: there is no {target} to put it over", file=sys.stderr)


def become(argv: list[str]) -> NoReturn:
    import signal

    sys.stdout.flush()
    sys.stderr.flush()
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores both; exec would hand that down
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvp(argv[0], argv)
    except OSError as error:
        from nsmgr.sandbox import not_run

        raise typer.Exit(not_run(argv[0], error)) from error
