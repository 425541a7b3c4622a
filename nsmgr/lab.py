"""Test networks that live as long as one command: bring up, run, tear down whatever happens.

With a sandbox the network exists in namespaces of its own and the kernel does the tearing down (see :mod:`nsmgr.sandbox`);
without, the command sees the network on this host, beside everything else, and nsmgr removes it again.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from nsmgr import sandbox as box
from nsmgr.errors import ApplyError, ConflictError, NsmgrError
from nsmgr.store import Store

if TYPE_CHECKING:  # a sandbox without a network needs none of them
    from nsmgr.engine import ApplyResult
    from nsmgr.kernel.port import KernelPort
    from nsmgr.plan.state import DesiredState

# A process that the command left behind in a namespace keeps it alive; there is no use in waiting long for that.
_GONE_SECONDS = 5.0


def run(
    files: Sequence[str],
    command: Sequence[str],
    *,
    sandbox: bool,
    kernel: Callable[[], KernelPort],
    store: Callable[[], Store] = Store,
    report: Callable[[NsmgrError], int] | None = None,
) -> int:
    """Bring up what ``files`` describe, run ``command`` in the (sandbox's) host namespace, tear down, return its exit status.

    Args:
        files: configuration files; may be empty with ``sandbox``: then the sandbox is all there is.
        command: program and arguments; 127 and 126 when it cannot be found or executed, 128+n when signal n ended it.
        sandbox: work in a throw-away sandbox: no privileges needed, nothing outside is touched.
        kernel: makes the kernel port. A factory, because its sockets must be opened inside the sandbox.
        store: makes the state directory's handle.
        report: prints an error that occurs inside the sandbox and returns the exit status for it; default: two lines to
            stderr. Errors outside are raised.

    Raises:
        ConfigError: before anything was made.
        ConflictError: the deployment is up already (``run`` would tear it down), or asks for what no sandbox has.
        ApplyError: bringing up or tearing down failed; what had been made is removed again.
    """
    desired = None
    if files:
        from nsmgr.config import load

        desired = load(files)
    if not sandbox:
        return _on_this_host(desired, command, kernel(), store())
    if desired is not None:
        _refuse_adoption(desired)

    def inside() -> int:
        try:
            with _Interrupts() as interrupts:
                if desired is not None:
                    port = kernel()
                    try:
                        _bring_up(desired, port, store(), interrupts)
                    finally:
                        port.close()
                return interrupts.status or box.command(command)
        except NsmgrError as error:
            return (report or _print)(error)

    return box.run(inside)


def sandboxed(argv: Sequence[str]) -> int:
    """Run a program in a throw-away sandbox; its exit status. Raises PrivilegeError where the machine refuses one."""
    return box.run(lambda: box.command(argv))


def _on_this_host(desired: DesiredState | None, command: Sequence[str], port: KernelPort, store: Store) -> int:
    try:
        if desired is None:
            return box.command(command)
        record = store.read(desired.name)
        if record is not None and not record.empty:
            raise ConflictError(
                f"deployment {desired.name} is up already; `run` would tear it down at the end",
                hint=f"`nsmgr destroy {desired.name}` first, or give this one another name",
            )
        with _Interrupts() as interrupts:
            try:
                _bring_up(desired, port, store, interrupts)
                return interrupts.status or box.command(command)
            finally:
                _tear_down(desired, port, store)
    finally:
        port.close()


def _bring_up(desired: DesiredState, port: KernelPort, store: Store, interrupts: _Interrupts) -> None:
    from nsmgr.engine import apply

    result = apply(desired, port, store, stop=lambda: bool(interrupts.status), on_error="stop")  # all of it goes anyway
    if result.result == "failed":
        raise ApplyError(f"{desired.name} could not be brought up\n{_told(desired, result)}", result)


def _told(desired: DesiredState, result: ApplyResult) -> str:
    """What the kernel refused, or took and ignored, as ``apply`` says it."""
    from nsmgr import config
    from nsmgr.render.report import apply_outcomes, failure_text

    found = apply_outcomes(result.executed, result.rounds)
    return failure_text(
        result.deployment,
        found,
        result=result.result,
        remaining=result.remaining,
        locate=lambda path: config.locate(desired, path),
    )


def _tear_down(desired: DesiredState, port: KernelPort, store: Store) -> None:
    from nsmgr.engine import destroy

    result = destroy(desired.name, port, store, timeout=_GONE_SECONDS)
    if result.apply is not None and not result.apply.ok:
        raise ApplyError(f"{desired.name} could not be torn down", result.apply, hint=f"nsmgr destroy {desired.name}")
    for netns in result.still_alive:
        print(f"warning: namespace {netns} has no name any more but lives on: a process or a socket holds it", file=sys.stderr)


def _refuse_adoption(desired: DesiredState) -> None:
    for netns in desired.namespaces.values():
        if netns.source.startswith(("pid:", "path:")):
            raise ConflictError(
                f"namespace {netns.name}: {netns.source} is outside, a sandbox cannot reach it", hint="run without --sandbox"
            )


def _print(error: NsmgrError) -> int:
    print(f"error: {error}", *([f"hint: {error.hint}"] if error.hint else []), sep="\n", file=sys.stderr)
    return error.exit_status


class _Interrupts:
    """SIGHUP, SIGINT and SIGTERM are noted instead of ending the process, so that tearing down is never cut short.

    ``status``: 128+n of the last one, 0 = none. Bringing up asks between batches; while the command runs, they go to it.
    """

    SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.status = 0
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> _Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in self.SIGNALS:
                if signal.getsignal(number) != signal.SIG_IGN:  # nohup's wish is respected
                    self._before[number] = signal.signal(number, self._note)
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.status = 128 + number

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal() returned
