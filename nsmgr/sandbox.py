"""A throw-away world for test networks: own network, mount and process namespaces, no root needed, nothing left behind.

Three processes, because a pid namespace is only entered by a *child* of the process that unshared it::

    caller ─fork→ keeper ─fork→ init (pid 1 of the sandbox; the callback runs here)
    waits          unshares       mounts, runs

Each dies with the one before it (PR_SET_PDEATHSIG, SIGKILL), and the kernel kills every process of a pid namespace with
its init (zap_pid_ns_processes). So whatever ends the caller, kill -9 included, no process, mount, interface or namespace
survives: the last reference to the mount and network namespaces goes with the last process.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import select
import shutil
import signal
import socket
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import NoReturn

from nsmgr.errors import NsmgrError, PrivilegeError, errno_text
from nsmgr.kernel import libc

MARK = "NSMGR_SANDBOX"  # set to "1" in the environment of everything inside

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_PRIVATE = 2, 4, 8, 1 << 18  # linux/mount.h
_CLONE_NEWNS, _CLONE_NEWPID = 0x00020000, 0x20000000  # linux/sched.h
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
_CAP_SYS_ADMIN = 21
_SI_USER, _SI_TKILL = 0, -6  # siginfo.si_code: sent by kill(2)/tkill(2); a terminal's signals have SI_KERNEL

_FORWARDED = {signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2}
_WATCHED = _FORWARDED | {signal.SIGCHLD}


class SandboxError(NsmgrError):
    """The sandbox could not be set up for a reason other than a missing privilege."""

    code = "sandbox"


# ------------------------------------------------------------------------------------------------------------- public


def enter() -> None:
    """Continue this program inside a new sandbox, as its pid 1 and with uid 0.

    Returns only inside. The calling process itself stays outside as a waiting shell: it forwards signals and ends
    (``SystemExit``) with the inner program's exit status. Call it from the main thread, before other threads exist.

    Raises:
        PrivilegeError: this machine refuses user namespaces; the hint names the switch.
        SandboxError: any other refusal while setting up.
    """
    status = _fork()
    if status is not None:
        raise SystemExit(status)


def run(main: Callable[[], int]) -> int:
    """Run ``main()`` inside a new sandbox and return what it returned; 128+n when signal n ended it.

    Raises as :func:`enter`. An exception out of ``main`` is printed there and counts as status 1.
    """
    status = _fork()
    if status is not None:
        return status
    code = 1
    try:
        code = main()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        _leave(code)


def not_run(program: str, error: OSError) -> int:
    """Say why a program could not be run; the shells' exit status for it: 127 not found, 126 found.

    One unreadable directory in PATH turns "not found" into EACCES (execvp(3)); the shells say 127 then, too.
    """
    missing = error.errno == errno.ENOENT or ("/" not in program and shutil.which(program, os.F_OK) is None)
    print(f"{program}: {os.strerror(errno.ENOENT if missing else error.errno or 0)}", file=sys.stderr)
    return 127 if missing else 126


def command(argv: Sequence[str], env: Mapping[str, str] | None = None) -> int:
    """Run a program and wait for it: signals that other processes send here are passed on to it.

    As pid 1 also reaps the orphans that the kernel hands over. Returns its exit status, 128+n for death by signal n,
    127 when there is no such program and 126 when it cannot be executed (the shell's conventions).
    """
    with _Blocked() as blocked:
        try:
            child = os.posix_spawnp(
                argv[0],
                list(argv),
                dict(os.environ if env is None else env),
                setsigmask=blocked.before,
                setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],  # Python ignores both; exec would hand that down
            )
        except OSError as error:
            return not_run(argv[0], error)
        return _wait(child, reap=os.getpid() == 1)


def refusal(error: OSError) -> PrivilegeError:
    """What the kernel's refusal of an unprivileged user namespace means on this machine, with the one thing to do."""
    words = errno_text(error.errno or 0)
    if _read("/proc/sys/kernel/unprivileged_userns_clone") == "0":
        hint = "allow them: sudo sysctl kernel.unprivileged_userns_clone=1; or run as root"
    elif _read("/proc/sys/user/max_user_namespaces") == "0" or error.errno == errno.ENOSPC:
        hint = "raise the limit: sudo sysctl user.max_user_namespaces=10000; or run as root"
    elif _read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1":
        hint = "AppArmor forbids them here: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0; or run as root"
    elif error.errno == errno.EUSERS:
        hint = "user namespaces are nested 32 deep already; start from the outside"
    else:
        hint = "a container's seccomp filter or a chroot refuses them; run as root, in Docker with --privileged"
    return PrivilegeError(f"the sandbox needs an unprivileged user namespace, the kernel refuses: {words}", hint=hint)


# ------------------------------------------------------------------------------------------------------ three processes


def _fork() -> int | None:
    """None in the sandbox's init; in the caller, once all is over, the exit status."""
    sys.stdout.flush()
    sys.stderr.flush()
    with _Blocked() as blocked:
        reader, writer = os.pipe()
        caller = os.getpid()
        keeper = os.fork()
        if keeper == 0:
            os.close(reader)
            if _keep(caller, writer):
                blocked.undo()
                return None
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            trouble = pipe.read()  # ends when init has set up everything, or when both are dead
        if trouble:
            os.waitpid(keeper, 0)
            raise _understand(trouble)
        return _wait(keeper)


def _keep(caller: int, report: int) -> bool:
    """The keeper: returns (True) only in init, ends with init's exit status otherwise."""
    try:
        user = not _capable(_CAP_SYS_ADMIN)
        uid, gid = os.geteuid(), os.getegid()
        try:
            libc.unshare((libc.CLONE_NEWUSER if user else 0) | _CLONE_NEWNS | libc.CLONE_NEWNET | _CLONE_NEWPID)
            if user:
                _write("/proc/self/setgroups", "deny")  # user_namespaces(7): required before gid_map without CAP_SETGID
                _write("/proc/self/uid_map", f"0 {uid} 1")
                _write("/proc/self/gid_map", f"0 {gid} 1")
        except OSError as error:
            _fail(report, "userns" if user else "unshare", error)
        # After unshare: commit_creds() clears the death signal when capabilities grow.
        die_with_parent()
        if os.getppid() != caller:
            os._exit(1)
        me = os.pidfd_open(os.getpid())
        init = os.fork()
        if init == 0:
            die_with_parent()
            if select.select([me], [], [], 0)[0]:  # the keeper died before the line above; getppid() is 0 either way
                os._exit(1)
            os.close(me)
            _furnish(report)
            os.close(report)
            return True
        os.close(report)
        os._exit(_wait(init))
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)


def _furnish(report: int) -> None:
    """Mounts and lo of a new sandbox; runs as its pid 1."""
    flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    step = ""
    try:
        step = "make mounts private"  # else a mount under /run/netns would propagate to the host
        libc.mount("none", "/", libc.MS_REC | _MS_PRIVATE)
        step = "mount tmpfs on /run"
        libc.mount("tmpfs", "/run", _MS_NOSUID | _MS_NODEV, "tmpfs", "mode=0755")
        os.mkdir("/run/netns", 0o755)
        step = "share /run/netns"  # as `ip netns add` leaves it: names then come and go in every mount namespace made inside
        libc.mount("/run/netns", "/run/netns", libc.MS_BIND)
        libc.mount("none", "/run/netns", libc.MS_SHARED)
        step = "bring up lo"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            (bits,) = struct.unpack_from("16xh", fcntl.ioctl(sock, _SIOCGIFFLAGS, struct.pack("16s24x", b"lo")))
            fcntl.ioctl(sock, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", bits | _IFF_UP))
    except OSError as error:
        _fail(report, step, error)
    # Both are refused where the outer one is partly covered (mount_too_revealing(), a container's masked /proc).
    # Then the outer instances stay: /proc/self still works in them, /sys/class/net shows the outer namespace.
    for kind, target in (("proc", "/proc"), ("sysfs", "/sys")):
        with suppress(OSError):
            libc.mount(kind, target, flags, kind)
    os.environ[MARK] = "1"
    os.environ.pop("NSMGR_STATE_DIR", None)  # /run/nsmgr is private here; another directory would be the host's


def _fail(report: int, step: str, error: OSError) -> NoReturn:
    os.write(report, json.dumps([step, error.errno or 0]).encode())
    os._exit(1)


def _understand(report: bytes) -> NsmgrError:
    step, number = json.loads(report)
    if step == "userns":
        return refusal(OSError(number, os.strerror(number)))
    if step == "unshare":
        return PrivilegeError(f"unshare(mount, network, pid namespaces): {errno_text(number)}", hint="run as root")
    if _read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" and number in (errno.EPERM, errno.EACCES):
        # Ubuntu 24.04 lets the namespace be made and takes its capabilities away (profile unprivileged_userns).
        return refusal(OSError(number, os.strerror(number)))
    return SandboxError(f"sandbox: {step}: {errno_text(number)}", hint="`nsmgr doctor` shows what this machine allows")


def _leave(code: int) -> NoReturn:
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code & 0xFF)


# ------------------------------------------------------------------------------------------------------ signals, waiting


class _Blocked:
    """The watched signals are held back for :func:`_wait` meanwhile; ``before`` is the mask to give to children."""

    def __enter__(self) -> _Blocked:
        self.before = signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
        return self

    def undo(self) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self.before)

    def __exit__(self, *_: object) -> None:
        self.undo()


def _wait(child: int, *, reap: bool = False) -> int:
    """Wait for ``child`` with the watched signals blocked, passing them on; ``reap``: collect every other child too.

    Ctrl-C is *not* passed on: the terminal sends it to the whole foreground process group, the child has it already.
    """
    while True:
        # The second is for callers with threads, one of which may have swallowed SIGCHLD: then look without being told.
        info = signal.sigtimedwait(_WATCHED, 1.0)
        if info is not None and info.si_signo in _FORWARDED:
            if info.si_code in (_SI_USER, _SI_TKILL):
                with suppress(ProcessLookupError):
                    os.kill(child, info.si_signo)
            continue
        while True:
            try:
                pid, status = os.waitpid(-1 if reap else child, os.WNOHANG)
            except ChildProcessError:  # SIGCHLD is ignored by the caller: the kernel kept no status
                return 1
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
            if pid == 0:
                break


# ---------------------------------------------------------------------------------------------------------- small tools


def die_with_parent() -> None:
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")


def _capable(capability: int) -> bool:
    """Whether this process has the capability in effect in its own user namespace (uid 0 in a container may not)."""
    for line in _read("/proc/self/status").splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> capability & 1)
    return os.geteuid() == 0


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def _write(path: str, text: str) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode("ascii"))
    finally:
        os.close(fd)


def _main(argv: Sequence[str]) -> int:
    """``python -m nsmgr.sandbox COMMAND…``: the command in a sandbox, without a configuration."""
    if not argv:
        print("usage: python -m nsmgr.sandbox COMMAND [ARGUMENT…]", file=sys.stderr)
        return 2
    try:
        return run(lambda: command(argv))
    except NsmgrError as error:
        print(f"error: {error}", *([f"hint: {error.hint}"] if error.hint else []), sep="\n", file=sys.stderr)
        return error.exit_status


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
