"""nsmgr destroy"""

from __future__ import annotations

import os

from nsmgr.cli import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Annotated

    import typer

    from nsmgr.cli.options import Format, LockTimeout, deployments_here
    from nsmgr.teardown import DestroyResult


def destroy(
    target: Annotated[
        str,
        typer.Argument(
            metavar="NAME|FILE", help="A deployment's name, or its file.", show_default=False, autocompletion=deployments_here
        ),
    ],
    format: Format = "text",
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="How long to wait until namespaces are really gone.")
    ] = 30.0,
    lock_timeout: LockTimeout = 10.0,
) -> int:
    """Remove everything the deployment made and give physical links back; returns when it is really gone."""
    name = _name(target)
    from nsmgr import teardown
    from nsmgr.kernel.linux import LinuxKernel
    from nsmgr.store import Store

    with LinuxKernel() as kernel, output.ProgressBar(f"destroying {name}") as progress:
        result = teardown.destroy(
            name, kernel, Store(), timeout=timeout, progress=progress, held=_held, notice=output.note, lock_timeout=lock_timeout
        )
    applied = result.apply
    failed = applied is not None and not applied.ok
    if format == "json":
        _print_json(name, result)
    elif not failed:
        output.news(_summary(name, result))
    if applied is not None and failed:
        from nsmgr.cli.apply import report

        report(applied, "text", lambda path: "")
        return 1
    if result.still_alive:
        from nsmgr.errors import NsmgrError

        raise NsmgrError(
            f"not known to be gone after {timeout:g} s: {', '.join(result.still_alive)} (unnamed already)",
            hint="a process or an open socket holds the namespace; it goes when that ends",
        )
    return 0


def _held(names: list[str]) -> None:
    from nsmgr.render.values import join_names

    output.note(f"waiting for {join_names(names)}: unnamed, but a process, a socket or another mount holds it")


def _name(target: str) -> str:
    """A file's deployment, or the name itself: what has a dot or a slash in it cannot be a name."""
    if not (os.sep in target or "." in target or os.path.isfile(target)):
        return target
    from nsmgr.config import load

    return load([target]).name


def _summary(name: str, result: DestroyResult) -> str:
    from nsmgr.render.values import join_names, plural

    if not (result.namespaces or result.links or result.returned_nics):
        return f"Nothing to destroy: no deployment {name} here."
    parts = [plural(len(result.namespaces), "namespace")] if result.namespaces else []
    parts += [plural(len(result.links), "link")] if result.links else []
    text = f"Destroyed {name}: {', '.join(parts)}" if parts else f"Destroyed {name}"
    return text + (f"; returned {join_names(result.returned_nics)}" if result.returned_nics else "")


def _print_json(name: str, result: DestroyResult) -> None:
    from nsmgr.render.jsondoc import FORMAT_VERSION, dumps

    output.result(
        dumps(
            {
                "format_version": FORMAT_VERSION,
                "deployment": name,
                "result": result.apply.result if result.apply is not None else "done",
                "namespaces": result.namespaces,
                "links": result.links,
                "returned": result.returned_nics,
                "still_alive": result.still_alive,
            }
        )
    )
