"""What this host's deployments own, under /run/nsmgr: gone after a reboot, exactly as the kernel state it speaks of.

One JSON record a deployment, replaced atomically, plus a lock file. The directory is 0700, files 0600; symbolic links are
not followed. Ownership is written down *before* the first change (cookie 0 = intended), so a process killed in the middle
leaves a record of everything that may be its own.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import stat
import time

from nsmgr import jsontext
from nsmgr.context import suppress
from nsmgr.errors import LockHeld, PrivilegeError, StateError
from nsmgr.plan.state import Owned
from nsmgr.record import Record, as_dict, field
from nsmgr.text import deployment_name, netns_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

_NEEDS_ROOT = "configuring namespaces needs root (CAP_SYS_ADMIN and CAP_NET_ADMIN)"
_SANDBOX = "`nsmgr run --sandbox FILE -- COMMAND` needs no privileges and touches nothing of the host"

FORMAT_VERSION = 1
DEFAULT_DIRECTORY = "/run/nsmgr"


class DeploymentRecord(Record):
    """Everything a deployment made, and where from. ``created``/``updated``: seconds since the epoch."""

    name: str
    files: list[str] = field(default_factory=list)
    created: float = 0.0
    updated: float = 0.0
    boot: str = ""
    namespaces: dict[str, int] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    objects: dict[str, list[list[str]]] = field(default_factory=dict)
    physical: dict[str, dict[str, str]] = field(default_factory=dict)
    types: dict[str, list[str]] = field(default_factory=dict)

    def owned(self) -> Owned:
        return Owned(
            dict(self.namespaces),
            {netns: {(kind, key) for kind, key in objects} for netns, objects in self.objects.items()},
            {key: dict(origin) for key, origin in self.physical.items()},
            dict(self.sources),
            {netns: set(types) for netns, types in self.types.items()},
        )

    def take(self, owned: Owned) -> None:
        self.namespaces = dict(owned.namespaces)
        self.objects = {netns: sorted([kind, key] for kind, key in objects) for netns, objects in owned.objects.items() if objects}
        self.physical = {key: dict(origin) for key, origin in owned.physical.items()}
        self.sources = {netns: source for netns, source in owned.sources.items() if netns in self.objects}
        self.types = {netns: sorted(types) for netns, types in owned.types.items() if types}

    @property
    def empty(self) -> bool:
        return not (self.namespaces or self.objects or self.physical)


class Store:
    """The state directory. Reading a missing directory is reading an empty one; it is made by the first write."""

    def __init__(self, path: str | os.PathLike[str] = "") -> None:
        self.directory = os.path.normpath(path or os.environ.get("NSMGR_STATE_DIR") or DEFAULT_DIRECTORY)

    @property
    def path(self) -> Path:
        """The state directory."""
        from pathlib import Path  # as much work as all the rest of this module, and nothing here needs it

        return Path(self.directory)

    def deployments(self) -> list[DeploymentRecord]:
        """All records of this boot, by name. Raises StateError for a damaged one."""
        try:
            names = sorted(entry.name for entry in os.scandir(self.directory) if entry.name.endswith(".json"))
        except FileNotFoundError:
            return []
        except PermissionError as error:
            raise PrivilegeError(f"cannot read {self.directory}: {error.strerror}: {_NEEDS_ROOT}", hint=_SANDBOX) from error
        found = (self.read(name.removesuffix(".json")) for name in names)
        return [record for record in found if record is not None]

    def read(self, name: str) -> DeploymentRecord | None:
        """One record, or None when there is none (or it is of another boot: everything it speaks of is gone)."""
        raw = self.read_private(name, "json")
        if raw is None:
            return None
        record = parse(raw, self._file(name, "json"), name)
        return record if record.boot == boot_id() else None

    def has(self, name: str) -> bool:
        """Whether there is a record of the deployment."""
        return os.path.exists(self._file(name, "json"))

    def write(self, record: DeploymentRecord) -> None:
        """Replace the record atomically."""
        self._ensure()
        record.boot = boot_id()
        record.updated = time.time()
        record.created = record.created or record.updated
        text = jsontext.dumps({"format_version": FORMAT_VERSION, **as_dict(record)})
        self._replace(os.path.basename(self._file(record.name, "json")), text.encode())

    def remove(self, name: str) -> None:
        """Forget a deployment: its record, its history, and what was remembered about it."""
        with suppress(FileNotFoundError):
            for file in os.listdir(self.directory):
                # With what was being written by those who died: ``.NAME.journal.4242``.
                if file.endswith(".lock"):
                    if file.startswith("netns."):
                        _unlink_free(f"{self.directory}/{file}")
                elif file.removeprefix(".").partition(".")[0] == name:
                    _unlink(f"{self.directory}/{file}")

    def remove_record(self, name: str) -> None:
        """It owns nothing any more; what it was may still be wanted."""
        _unlink(self._file(name, "json"))
        self._drop_memos(name)

    # -- journals and generations: files of a deployment's own, private, by their suffix

    def private_files(self, suffix: str) -> list[str]:
        """Names of all files with this ending, of whatever deployment."""
        return self._listed(suffix)

    def read_private(self, name: str, suffix: str) -> bytes | None:
        """The content, None when there is no such file. Raises StateError for a link, and what others may write or read."""
        path = self._file(name, suffix)
        try:
            return self._read_private(os.path.basename(path))
        except FileNotFoundError:
            return None
        except PermissionError as error:
            raise PrivilegeError(f"cannot read {path}: {error.strerror}: {_NEEDS_ROOT}", hint=_SANDBOX) from error
        except OSError as error:
            hint = "state files are plain files, never links; look at it, then delete it"
            raise StateError(f"{path}: {error.strerror}: refused", hint=hint) from error

    def write_private(self, name: str, suffix: str, content: bytes) -> None:
        """Replace the file atomically."""
        self._ensure()
        self._replace(os.path.basename(self._file(name, suffix)), content)

    def append_to(self, name: str, suffix: str, first: str) -> int:
        """A descriptor for adding lines to a file that begins with this one, put in the place of whatever was there."""
        self.write_private(name, suffix, first.encode())
        return os.open(self._file(name, suffix), os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)

    def private_path(self, name: str, suffix: str) -> str:
        """Where such a file is."""
        return self._file(name, suffix)

    def pending(self, name: str) -> bool:
        """Whether an apply waits for its confirmation, or did: :mod:`nsmgr.confirm` knows more."""
        return os.path.exists(self._file(name, "pending"))

    def remove_private(self, name: str, suffix: str) -> None:
        """Take it away, if it is there."""
        _unlink(self._file(name, suffix))

    def raw_records(self) -> list[tuple[str, bytes]]:
        """(file name, content) of all records, unparsed, by name. Raises OSError."""
        return [(file, self._read_private(file)) for file in self._listed(".json")]

    def memos(self) -> list[str]:
        """File names of all memos: ``<deployment>.<key>.memo``. Raises OSError."""
        return self._listed(".memo")

    def read_memo(self, file: str) -> bytes:
        """The content of one of :meth:`memos`. Raises OSError for what is not a plain file only its owner, this user, can read."""
        return self._read_private(file)

    def write_memo(self, name: str, file: str, content: bytes) -> None:
        """Put it in the place of all memos of the deployment. Raises StateError, PrivilegeError, OSError."""
        self._ensure()
        self._drop_memos(name, but=file)
        self._replace(file, content)

    def _drop_memos(self, name: str, but: str = "") -> None:
        for file in self._listed(".memo"):
            if file.partition(".")[0] == name and file != but:
                _unlink(f"{self.directory}/{file}")

    def _listed(self, suffix: str) -> list[str]:
        try:
            return sorted(entry for entry in os.listdir(self.directory) if entry.endswith(suffix) and not entry.startswith("."))
        except FileNotFoundError:
            return []

    def _read_private(self, file: str) -> bytes:
        descriptor = os.open(f"{self.directory}/{file}", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as opened:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
                raise OSError(errno.EINVAL, "not a plain file that only its owner can read", file)
            return opened.read()

    def _replace(self, file: str, content: bytes) -> None:
        """Write a file so that there is always one, the old or the new. No fsync: a tmpfs lives and dies with the kernel."""
        temporary = f"{self.directory}/.{file}.{os.getpid()}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as opened:
            opened.write(content)
        os.replace(temporary, f"{self.directory}/{file}")

    def lock(self, name: str, timeout: float) -> Lock:
        """Only one writer a deployment: ``with store.lock(name, seconds):``."""
        return Lock(self, name, timeout)

    def acquire(self, name: str, timeout: float) -> int:
        """A descriptor that holds the deployment's lock, with a word about its holder in the file. See :class:`Lock`."""
        self._ensure()
        return self._hold(self._file(name, "lock"), f"deployment {name}", time.monotonic() + timeout)

    def release(self, name: str, descriptor: int) -> None:
        """The end of :meth:`acquire`; a deployment that is no more leaves no lock file."""
        if not (os.path.exists(self._file(name, "json")) or os.path.exists(self._file(name, "journal"))):
            _unlink(self._file(name, "lock"))  # whoever waits for it notices, see _locked
        os.close(descriptor)

    def acquire_shared(self, netns: str, cookie: int, deadline: float) -> int:
        """As :meth:`acquire`, of a namespace that several deployments may write to; deadline: of the monotonic clock.

        By the cookie, for deployments may call it by different names. No deployment's name has a dot.
        """
        return self._hold(f"{self.directory}/netns.{cookie}.lock", f"namespace {netns}", deadline)

    def release_shared(self, cookie: int, descriptor: int) -> None:
        """The end of :meth:`acquire_shared`."""
        _unlink(f"{self.directory}/netns.{cookie}.lock")
        os.close(descriptor)

    def _hold(self, path: str, what: str, deadline: float) -> int:
        try:
            descriptor = self._locked(path, what, deadline)
        except OSError as error:
            raise StateError(f"{path}: {error.strerror}: refused", hint="lock files are plain files, never links") from error
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"pid {os.getpid()} ({_command_line()})".encode(), 0)
        except OSError as error:
            os.close(descriptor)
            raise StateError(f"{path}: {error.strerror}: refused", hint="lock files are plain files, never links") from error
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _locked(self, path: str, what: str, deadline: float) -> int:
        """A descriptor that holds the lock on the file that ``path`` names now: the previous holder may have removed it."""
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                self._wait_for(descriptor, what, deadline)
                if os.fstat(descriptor).st_ino == os.stat(path).st_ino:
                    return descriptor
            except FileNotFoundError:
                pass
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)

    def _wait_for(self, descriptor: int, what: str, deadline: float) -> None:
        while True:
            try:
                return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    holder = os.pread(descriptor, 4096, 0).decode(errors="replace").strip() or "another process"
                    raise LockHeld(
                        f"{what} is being changed by {holder}", hint="try again when it is done, or raise --lock-timeout"
                    ) from None
                select.select([], [], [], 0.02)  # flock has no time-out of its own

    def _file(self, name: str, suffix: str) -> str:
        try:
            deployment_name(name)
        except ValueError as error:
            raise StateError(str(error)) from None
        return f"{self.directory}/{name}.{suffix}"

    def _ensure(self) -> None:
        try:
            with suppress(FileExistsError):
                os.mkdir(self.directory, 0o700)
            found = os.lstat(self.directory)
        except OSError as error:
            if isinstance(error, PermissionError) or error.errno == 30:
                raise PrivilegeError(f"cannot write {self.directory}: {error.strerror}: {_NEEDS_ROOT}", hint=_SANDBOX) from error
            raise StateError(f"{self.directory}: {error.strerror}") from error
        if os.geteuid() not in (0, found.st_uid):
            raise PrivilegeError(f"{self.directory} belongs to uid {found.st_uid}: {_NEEDS_ROOT}", hint=_SANDBOX)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise StateError(
                f"{self.directory} is not a directory that only its owner (uid {os.geteuid()}) can write", hint="move it away"
            )


class Lock:
    """Held between enter and exit. The kernel drops the lock with its holder: a stale lock cannot exist.

    Entering raises LockHeld, naming the holder, after ``timeout`` seconds.
    """

    __slots__ = ("_descriptor", "_name", "_store", "_timeout")

    def __init__(self, store: Store, name: str, timeout: float) -> None:
        self._store, self._name, self._timeout = store, name, timeout

    def __enter__(self) -> None:
        self._descriptor = self._store.acquire(self._name, self._timeout)

    def __exit__(self, *_: object) -> None:
        self._store.release(self._name, self._descriptor)


def _unlink_free(path: str) -> None:
    """Take away a lock file that nobody holds: left by one that was killed."""
    with suppress(OSError):  # gone, or held
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_ino == os.stat(path).st_ino:
                _unlink(path)  # whoever waits for it notices, see _hold
        finally:
            os.close(descriptor)


def _unlink(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)


def parse(raw: bytes, path: str, name: str) -> DeploymentRecord:
    """A record from its file's content. Strict: every field has its type, nothing unknown. Raises StateError."""
    try:
        data = jsontext.loads(raw.decode())
        version = data.pop("format_version")
        if version != FORMAT_VERSION:
            raise StateError(f"{path}: format version {version} is not {FORMAT_VERSION}", hint="written by another nsmgr version")
        record = DeploymentRecord(**data)
        for netns in record.namespaces:
            netns_name(netns)
        valid = (
            record.name == name
            and _texts(record.files, list)
            and type(record.boot) is str
            and {type(record.created), type(record.updated)} <= {int, float}
            and type(record.namespaces) is dict
            and all(type(cookie) is int for cookie in record.namespaces.values())
            and _texts(record.sources, dict)
            and type(record.objects) is dict
            and all(_texts(entry, list) and len(entry) == 2 for entries in record.objects.values() for entry in entries)
            and type(record.physical) is dict
            and all(_texts(origin, dict) and origin.keys() == {"netns", "name"} for origin in record.physical.values())
            and type(record.types) is dict
            and all(_texts(types, list) for types in record.types.values())
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise StateError(f"{path} is damaged: {error}", hint="look at it, then delete it; nothing was guessed") from error
    if not valid:
        raise StateError(f"{path} is damaged: a field has the wrong type", hint="look at it, then delete it; nothing was guessed")
    return record


def _texts(found: object, container: type) -> bool:
    """A list or mapping of that very type, whose members are texts."""
    if type(found) is not container:
        return False
    members: Any = found.values() if isinstance(found, dict) else found
    return all(type(member) is str for member in members)


def boot_id() -> str:
    """This boot's identity: namespace cookies start again with the next."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""


def _command_line() -> str:
    try:
        with open("/proc/self/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode(errors="replace").strip()[:200]
    except OSError:
        return "unknown command"
