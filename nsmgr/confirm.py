"""Confirmed commit: an apply that is undone again unless somebody confirms it.

``/run/nsmgr/NAME.pending`` says that one waits, or what became of it; ``NAME.guardian`` is a FIFO that a process of its own, the
guardian (:mod:`nsmgr.guardian`), has open for as long as it lives. So the kernel itself tells whether there is one (opening a FIFO
that nobody reads fails with ENXIO), in every pid namespace, and a byte ends its wait. Who reads or writes the file holds the
deployment's lock. The deadline is of CLOCK_MONOTONIC: what somebody does to the time of day moves nothing.
"""

from __future__ import annotations

import errno
import os
import stat
import time

from nsmgr import engine, history, journal, jsontext
from nsmgr.context import suppress
from nsmgr.errors import LockHeld, NsmgrError, StateError, Unconfirmed
from nsmgr.kernel.port import KernelPort
from nsmgr.plan.plan import Plan
from nsmgr.plan.state import DesiredState
from nsmgr.record import Record, as_dict, replace
from nsmgr.rounds import ApplyResult, Progress
from nsmgr.store import Store, boot_id
from nsmgr.text import milliseconds_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    Notice = Callable[[str], None]

    class Gate(Protocol):
        """What must hold after an apply: looked at before it, so that only what held then is asked for."""

        def before(self) -> None: ...

        def after(self, stop: Callable[[], bool] | None) -> str:
            """Why the apply must not stay; "" when it may."""


VERSION = 1
MARK = "nsmgr_pending"
SUFFIX = "pending"
FIFO = "guardian"
APPLYING, PENDING, ROLLED_BACK = "applying", "pending", "rolled_back"
PATIENCE = 30.0  # seconds for the deployment's lock where the guardian is ours, so that nobody has anything to do for long


class Pending(Record):
    """An apply that is not confirmed yet, or was not.

    token: whose guardian. pid: the guardian's, for people. before: number of the latest generation before the apply.
    deadline: CLOCK_MONOTONIC seconds. milliseconds: how long it was given. when: seconds since the epoch, of the outcome.
    words: why it was rolled back, or why that was not possible.
    """

    deployment: str
    token: str
    state: str
    pid: int
    before: int
    milliseconds: int = 0
    deadline: float = 0.0
    when: float = 0.0
    words: str = ""


def read(store: Store, name: str) -> Pending | None:
    """What waits or has come of it. Raises StateError for a damaged file, or another version's."""
    raw = store.read_private(name, SUFFIX)
    if raw is None:
        return None
    path = store.private_path(name, SUFFIX)
    try:
        data: Any = jsontext.loads(raw.decode())
        if not isinstance(data, dict) or data.pop(MARK, None) != VERSION:
            raise ValueError(f"not of version {VERSION}")
        boot = data.pop("boot")
        found = Pending(**data)
        types = {key: type(value) for key, value in as_dict(Pending("", "", "", 0, 0)).items()}
        good = all(
            isinstance(value, (int, float) if types[key] is float else types[key]) and not isinstance(value, bool)
            for key, value in as_dict(found).items()
        )
        if not good or found.deployment != name or found.state not in (APPLYING, PENDING, ROLLED_BACK):
            raise ValueError("a field has the wrong type or value")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise StateError(f"{path} is damaged: {error}", hint="look at it, then delete it; nothing was guessed") from error
    return found if boot == boot_id() else None


def write(store: Store, pending: Pending) -> None:
    """Replace the file."""
    document = {MARK: VERSION, "boot": boot_id(), **as_dict(pending)}
    store.write_private(pending.deployment, SUFFIX, jsontext.dumps(document).encode())


def guarded(store: Store, name: str) -> bool:
    """Whether a guardian lives."""
    descriptor = _bell(store, name)
    if descriptor < 0:
        return False
    os.close(descriptor)
    return True


def dismiss(store: Store, name: str) -> None:
    """Nothing waits any more; the guardian, if it lives, ends."""
    store.remove_private(name, SUFFIX)
    descriptor = _bell(store, name)
    if descriptor >= 0:
        os.write(descriptor, b".")
        os.close(descriptor)
    store.remove_private(name, FIFO)


def _bell(store: Store, name: str) -> int:
    path = store.private_path(name, FIFO)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a FIFO")
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENXIO):
            return -1
        raise StateError(f"{path}: {error.strerror}: refused", hint="look at it, then delete it") from error


# ----------------------------------------------------------------------------------------------------------- the apply


def apply(
    desired: DesiredState,
    kernel: KernelPort,
    store: Store,
    *,
    milliseconds: int = 0,
    gate: Gate | None = None,
    planned: Callable[[Plan], None] | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
    **options: Any,
) -> ApplyResult:
    """As :func:`nsmgr.engine.apply`, undone again unless :func:`confirm` comes in time.

    From before the first change a guardian watches: if this process dies at any moment, it goes back to what was there before.

    Args:
        milliseconds: how long to wait for the confirmation, counted from the end of the apply; 0 = none is needed (then the
            guardian only sees to it that an apply whose ``gate`` was never looked at does not stay).
        gate: what must hold afterwards, or the apply is undone at once.
        options: engine.apply's others.

    Returns:
        engine.apply's; "rolled_back" with cause "gate" when the gate did not hold. With nothing to do nothing waits.
    """
    from nsmgr import guardian

    name = desired.name
    watch: guardian.Watch | None = None
    waits: Pending | None = None

    def begin(plan: Plan) -> None:
        nonlocal watch, waits
        if planned is not None:
            planned(plan)
        if plan:
            if gate is not None:
                gate.before()
            watch = guardian.start(store, name)
            waits = Pending(name, watch.token, APPLYING, watch.pid, _latest(store, name), milliseconds)
            write(store, waits)

    try:
        result = engine.apply(desired, kernel, store, planned=begin, progress=progress, stop=stop, **options)
        if watch is None or waits is None:
            return result
        objection = gate.after(stop) if gate is not None and result.ok else ""
        with store.lock(name, PATIENCE):
            now = read(store, name)
            if now is None or now.token != watch.token:
                raise NsmgrError(f"the apply of {name} has been undone by another nsmgr meanwhile")
            if objection:
                _undone(result, end(waits, kernel, store, progress), objection)
            if milliseconds and result.ok:
                write(store, replace(waits, state=PENDING, deadline=time.monotonic() + milliseconds / 1000))
                watch.arm()
            else:
                dismiss(store, name)
        return result
    except Exception:
        # engine.apply has undone what it could. Only if something is left the guardian, too, has something to do.
        if waits is not None:
            with suppress(NsmgrError), store.lock(name, PATIENCE):
                now = read(store, name)
                if now is not None and now.token == waits.token and not _something(waits, store):
                    dismiss(store, name)
        raise
    finally:
        if watch is not None:
            watch.close()


def _undone(result: ApplyResult, back: ApplyResult | None, objection: str) -> None:
    result.cause = objection
    result.result = "rolled_back"
    if back is not None:
        result.rollback, result.lost = back, back.lost
        if not back.ok or back.lost:
            result.result = "rollback_incomplete"


def _latest(store: Store, name: str) -> int:
    return max(history.numbers(store, name), default=0)


def _something(pending: Pending, store: Store) -> bool:
    """Whether the apply did anything that is still there."""
    return journal.read(store, pending.deployment) is not None or _latest(store, pending.deployment) > pending.before


def end(
    pending: Pending, kernel: KernelPort, store: Store, progress: Callable[[Progress], None] | None = None
) -> ApplyResult | None:
    """Back to what was there before it; the lock is held. None: it had not done anything. The file stays."""
    from nsmgr.rollback import undo_last

    return undo_last(pending.deployment, kernel, store, progress) if _something(pending, store) else None


# ------------------------------------------------------------------------------------------- what other commands do with it


def confirm(name: str, kernel: Callable[[], KernelPort], store: Store, *, lock_timeout: float = 10.0) -> None:
    """Let an apply stay.

    Raises:
        NsmgrError: nothing waits, or it is too late. An apply whose guardian has died is rolled back here.
    """
    if not store.pending(name):
        raise NsmgrError(f"nothing of {name} waits for a confirmation", hint="`nsmgr list` shows what does")
    with store.lock(name, lock_timeout):
        pending = read(store, name)
        if pending is None:
            raise NsmgrError(f"nothing of {name} waits for a confirmation", hint="`nsmgr list` shows what does")
        if pending.state == ROLLED_BACK:
            dismiss(store, name)
            raise NsmgrError(f"too late: {outcome(pending)}")
        if not guarded(store, name):
            port = kernel()
            try:
                raise NsmgrError(f"too late: {_abandoned(pending, port, store)}")
            finally:
                port.close()
        if pending.state == APPLYING:
            raise LockHeld(f"the apply of {name} is not done yet", hint="confirm when it is")
        if time.monotonic() >= pending.deadline:
            raise NsmgrError(f"too late: {name} is being rolled back: {_nobody(pending)}")
        dismiss(store, name)
        if not store.has(name):
            store.remove(name)  # what was applied is that there is nothing any more


def settle(name: str, kernel: KernelPort, store: Store, notice: Notice | None) -> None:
    """Before an apply, whose lock is held: tell what has come of one that waited; undo one that nobody watches any more.

    Raises:
        Unconfirmed: one waits. NsmgrError: it could not be undone completely; the next apply goes on all the same.
    """
    pending = read(store, name)
    if pending is not None and pending.state != ROLLED_BACK and guarded(store, name):
        raise Unconfirmed(
            f"{name} has an apply that nobody has confirmed yet: {_until(pending)} (guardian: pid {pending.pid})",
            hint=f"`nsmgr confirm {name}` to keep it, `nsmgr rollback {name}` to undo it now",
        )
    if pending is None:
        dismiss(store, name)
    else:
        _tell(notice, _settled(pending, kernel, store))


def withdraw(name: str, kernel: KernelPort, store: Store, notice: Notice | None) -> ApplyResult | None:
    """Before a destroy, and as a rollback: whatever waits is undone now; the lock is held.

    Returns what came of that; None when there was nothing to be undone any more.
    """
    pending = read(store, name)
    if pending is None or pending.state == ROLLED_BACK:
        if pending is not None:
            _tell(notice, outcome(pending))
        dismiss(store, name)
        return None
    alive = guarded(store, name)
    result = end(pending, kernel, store)
    dismiss(store, name)
    if not alive:
        _tell(notice, f"{_gone(pending)}: rolled back now")
    elif notice is not None:
        notice(f"{name} had an apply that nobody had confirmed yet: rolled back now")
    return result


def _settled(pending: Pending, kernel: KernelPort, store: Store) -> str:
    if pending.state == ROLLED_BACK:
        dismiss(store, pending.deployment)
        return outcome(pending)
    return _abandoned(pending, kernel, store)


def _abandoned(pending: Pending, kernel: KernelPort, store: Store) -> str:
    """Undo what nobody watches any more; what happened, in words."""
    result = end(pending, kernel, store)
    dismiss(store, pending.deployment)
    if result is None:
        return f"{_gone(pending)}: it had not changed anything"
    if not result.ok:
        raise NsmgrError(
            f"{_gone(pending)}, and rolling back is incomplete: {left(result)}",
            hint=f"`nsmgr rollback {pending.deployment}` tries again, `nsmgr apply` goes on instead",
        )
    return f"{_gone(pending)}: rolled back now" + "".join(f"; lost: {words}" for words in result.lost)


def left(result: ApplyResult) -> str:
    """What a rollback could not bring back, in one line."""
    remaining = result.remaining.operations if result.remaining else ()
    still = [f"{operation.netns}: {operation.type} {operation.key}" for operation in remaining]
    return "; ".join([*still, *result.lost]) or "the kernel refused"


def _tell(notice: Notice | None, words: str) -> None:
    if notice is not None:
        notice(f"warning: {words}")


# ----------------------------------------------------------------------------------------------------------------- words


def status(pending: Pending, store: Store) -> str:
    """For `list` and `check`, which change nothing."""
    if pending.state == ROLLED_BACK:
        return outcome(pending)
    if not guarded(store, pending.deployment):
        return f"{_gone(pending)}: the next apply, confirm, rollback or destroy rolls it back first"
    return f"not confirmed yet: {_until(pending)}"


def outcome(pending: Pending) -> str:
    """What has become of it."""
    return f"{pending.deployment} was rolled back at {_clock(pending.when)}: {pending.words}"


def until(pending: Pending) -> float:
    """The deadline as seconds since the epoch."""
    return time.time() + pending.deadline - time.monotonic()


def _until(pending: Pending) -> str:
    if pending.state == APPLYING:
        return "it is still going on"
    seconds = max(0, int(pending.deadline - time.monotonic()))
    return f"pending until {_clock(until(pending))} ({seconds}s left), then rolled back"


def _nobody(pending: Pending) -> str:
    return f"nobody confirmed within {milliseconds_text(pending.milliseconds)}"


def _gone(pending: Pending) -> str:
    trouble = f", it could not roll back: {pending.words}" if pending.words else ""
    return f"{pending.deployment} has an apply that nobody confirmed, and its guardian (pid {pending.pid}) is gone{trouble}"


def late(pending: Pending) -> str:
    """Why the guardian rolls back."""
    return _nobody(pending) if pending.state == PENDING else "the command that applied it died before it was done"


def _clock(when: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(when))
