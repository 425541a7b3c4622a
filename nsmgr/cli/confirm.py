"""nsmgr confirm, and what other verbs say of an apply that waits for it."""

from __future__ import annotations

from nsmgr.cli import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Annotated, Any

    import typer

    from nsmgr.cli.options import LockTimeout, deployments_here
    from nsmgr.store import Store


def confirm(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A deployment's name.", show_default=False, autocompletion=deployments_here)
    ],
    lock_timeout: LockTimeout = 10.0,
) -> int:
    """Keep what `nsmgr apply --confirm` made: it is not rolled back any more."""
    from nsmgr.confirm import confirm as keep
    from nsmgr.kernel.linux import LinuxKernel
    from nsmgr.store import Store

    keep(name, LinuxKernel, Store(), lock_timeout=lock_timeout)
    output.news(f"Confirmed: {name} stays as it is.")
    return 0


def duration(text: str, option: str) -> int:
    """Milliseconds of an option's value. Raises typer.BadParameter."""
    import typer

    from nsmgr import text as texts

    try:
        milliseconds = texts.duration(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text}: {error}", param_hint=option) from None
    if milliseconds <= 0:
        raise typer.BadParameter(f"{text}: too short", param_hint=option)
    return milliseconds


def gate(probes: list[str], timeout: str) -> Any:
    """The probes of a command line as a gate. Raises typer.BadParameter."""
    import typer

    from nsmgr.cli.probe import Probes, parse

    try:
        return Probes(parse(probes), duration(timeout, "--probe-timeout"))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--probe") from None


def remark(name: str, store: Store) -> None:
    """On stderr, what waits or what has come of it."""
    from nsmgr.confirm import read, status

    pending = read(store, name)
    if pending is not None:
        output.note(status(pending, store))


def waiting(store: Store) -> list[str]:
    """What waits, and what has come of what waited, in words."""
    from nsmgr.confirm import SUFFIX, read, status

    names = [file.removesuffix(f".{SUFFIX}") for file in store.private_files(f".{SUFFIX}")]
    return [status(found, store) for name in names if (found := read(store, name)) is not None]


def pending_document(name: str, store: Store) -> dict[str, Any] | None:
    """``pending`` of JSON: ``until`` in seconds since the epoch, null unless the time is running."""
    from nsmgr import confirm

    pending = confirm.read(store, name)
    if pending is None:
        return None
    return {
        "state": pending.state,
        "until": round(confirm.until(pending), 3) if pending.state == confirm.PENDING else None,
        "guardian": pending.pid,
        "reason": pending.words,
    }
