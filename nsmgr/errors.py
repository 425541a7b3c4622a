"""Every exception nsmgr raises on purpose: a code, the exit status, whether a retry can help, one hint.

Exit statuses (CLI): 1 failed, 2 usage, 4 configuration invalid, 5 locked or stale plan.
"""

from __future__ import annotations

import errno as _errno
import os

from nsmgr.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class NsmgrError(Exception):
    """Base of all errors a user can meet. ``str(error)`` is one paragraph without the hint."""

    code = "error"
    exit_status = 1
    retryable = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Problem(Record, frozen=True):
    """One finding in a configuration: where, what, how to mend it.

    ``path`` is the place in the document as keys and list positions, e.g. ``("namespaces", "red", "links", "eth0")``;
    ``line`` and ``column`` count from 1, 0 = not known; ``excerpt`` is the offending line of the file.
    """

    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    path: tuple[str | int, ...] = ()
    excerpt: str = ""
    hint: str = ""
    severity: str = "error"  # or "warning"
    code: str = "config"  # dangling_reference, cycle, duplicate_key, unknown_key, conflict, yaml, value …

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}: " if self.line else (f"{self.file}: " if self.file else "")
        return f"{where}{self.severity}: {self.message}"


class ConfigError(NsmgrError):
    """The configuration is invalid; carries every problem found, in file order."""

    code = "config"
    exit_status = 4

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ConflictError(NsmgrError):
    """Something that is not ours stands where we would write. Nothing has been touched."""

    code = "conflict"


class UnsupportedByKernel(NsmgrError):
    """A probe of this kernel refused a feature the configuration needs; ``kernel_words`` is its answer.

    ``users``: who wants it, ``namespace/link``, and where the document says so.
    """

    code = "unsupported"
    SHOWN = 5  # users that are named

    def __init__(
        self,
        feature: str,
        kernel_words: str,
        *,
        netns: str = "",
        hint: str = "",
        users: Sequence[tuple[str, tuple[str | int, ...]]] = (),
    ) -> None:
        self.feature, self.kernel_words, self.netns, self.users = feature, kernel_words, netns, tuple(users)
        super().__init__(self._text(lambda path: ""), hint=hint)

    def locate(self, place: Callable[[tuple[str | int, ...]], str]) -> None:
        """Say where the configuration asks for it: ``place`` of a document path is ``lab.yaml:14:9``, or ""."""
        self.message = self._text(place)
        self.args = (self.message,)

    def _text(self, place: Callable[[tuple[str | int, ...]], str]) -> str:
        text = f"this kernel has no {self.feature}: {self.kernel_words}"
        if not self.users:
            return text
        shown = [f"{user} at {at}" if (at := place(path)) else user for user, path in self.users[: self.SHOWN]]
        return f"{text} (wanted by {', '.join(shown)}{' …' if len(self.users) > self.SHOWN else ''})"


class PrivilegeError(NsmgrError):
    """The process lacks a capability; the message names it, the hint names the way that needs none."""

    code = "privilege"


class KernelError(NsmgrError):
    """The kernel refused one message.

    Args:
        op: what was tried, in words ("create link").
        netns: namespace name; ``key``: object name.
        errno: positive errno; 0 = no answer came.
        extack: the kernel's words (NLMSGERR_ATTR_MSG), often empty.
        attribute: dotted path of the attribute NLMSGERR_ATTR_OFFS points at, or empty.
    """

    code = "kernel"

    def __init__(
        self, op: str, *, netns: str = "", key: str = "", errno: int = 0, extack: str = "", attribute: str = "", hint: str = ""
    ) -> None:
        self.op, self.netns, self.key, self.errno, self.extack, self.attribute = op, netns, key, errno, extack, attribute
        where = "/".join(part for part in (netns, key) if part)
        text = f"{op} {where}: {errno_text(errno)}" if errno else f"{op} {where}: no answer from the kernel"
        if extack:
            text += f' "{extack}"'
        if attribute:
            text += f" ({attribute})"
        super().__init__(text, hint=hint)


class DumpInterrupted(NsmgrError):
    """A dump was flagged NLM_F_DUMP_INTR at every attempt: another process keeps changing the namespace."""

    code = "dump_interrupted"
    retryable = True


class Overrun(NsmgrError):
    """The socket's receive buffer overflowed (ENOBUFS): answers were lost, the operations may have been done."""

    code = "overrun"
    retryable = True


class ApplyError(NsmgrError):
    """The plan was not carried out completely; ``result`` (:class:`nsmgr.engine.ApplyResult`) has every verdict."""

    code = "apply"

    def __init__(self, message: str, result: object = None, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.result = result


class VerifyError(NsmgrError):
    """The kernel answered success and the re-read state still differs: ``path desired X, current Y`` per line."""

    code = "verify"

    def __init__(self, message: str, result: object = None, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.result = result


class LockHeld(NsmgrError):
    """Another nsmgr works on this deployment."""

    code = "locked"
    exit_status = 5
    retryable = True


class Unconfirmed(LockHeld):
    """An apply of this deployment waits for its confirmation."""

    code = "unconfirmed"


class StalePlan(NsmgrError):
    """A saved plan does not fit the present state any more."""

    code = "stale_plan"
    exit_status = 5


class StateError(NsmgrError):
    """A file under the state directory is damaged or not ours: refused with its name, never guessed at."""

    code = "state"


def errno_text(number: int) -> str:
    """``EBUSY (Device or resource busy)`` for 16; negative numbers are accepted as the kernel writes them."""
    number = abs(number)
    name = "EOPNOTSUPP" if number == _errno.EOPNOTSUPP else _errno.errorcode.get(number, number)  # Python prefers ENOTSUP
    return f"{name} ({os.strerror(number)})"
