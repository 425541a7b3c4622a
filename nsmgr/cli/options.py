"""Options and arguments that several verbs share, and the ones that every verb has."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

import typer

from nsmgr.cli import output


class LogLevel(StrEnum):
    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


def namespaces_here(incomplete: str) -> list[str]:
    """Completion: names under /run/netns; a directory listing, no socket."""
    return [name for name in _names("/run/netns", "") if name.startswith(incomplete)]


def deployments_here(incomplete: str) -> list[str]:
    """Completion: names of deployments, from the file names of their records."""
    directory = os.environ.get("NSMGR_STATE_DIR") or "/run/nsmgr"
    return [name for name in _names(directory, ".json") if name.startswith(incomplete)]


def _names(directory: str, suffix: str) -> list[str]:
    try:
        return sorted(name.removesuffix(suffix) for name in os.listdir(directory) if name.endswith(suffix))
    except OSError:
        return []


TextOrJson: TypeAlias = Literal["text", "json"]
PlanFormat: TypeAlias = Literal["text", "json", "ip-batch"]

Files = Annotated[list[str], typer.Argument(metavar="FILE", help="Configuration files; several are merged.", show_default=False)]
Name = Annotated[str, typer.Option("--name", metavar="NAME", help="Deployment name, instead of the file's.", show_default=False)]
Format = Annotated[TextOrJson, typer.Option("--format", "-f", help="How to print the result.")]
LockTimeout = Annotated[
    float, typer.Option("--lock-timeout", metavar="SECONDS", min=0, help="How long to wait for another nsmgr on this deployment.")
]

_EVERYWHERE: tuple[tuple[str, Any, Any], ...] = (
    ("quiet", Annotated[bool, typer.Option("--quiet", "-q", help="Only errors, and what was asked for.")], False),
    ("verbose", Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")], False),
    (
        "log_level",
        Annotated[LogLevel | None, typer.Option("--log-level", help="Log to stderr from this level on.", show_default=False)],
        None,
    ),
)


def configure(quiet: bool, verbose: bool, log_level: LogLevel | None) -> None:
    """Put the options that every verb has into effect; given before or after the verb."""
    output.settings.quiet |= quiet
    output.settings.verbose |= verbose
    if log_level is not None:
        import logging

        logging.basicConfig(level=log_level.value.upper(), format="%(levelname)s %(name)s: %(message)s")


def verb(function: Callable[..., int]) -> Callable[..., int]:
    """A command's function, with ``--quiet --verbose --log-level`` added to its signature."""

    @functools.wraps(function)
    def run(*args: Any, quiet: bool = False, verbose: bool = False, log_level: LogLevel | None = None, **kwargs: Any) -> int:
        configure(quiet, verbose, log_level)
        # Here and not only around the parser, which has its own ideas about a closed pipe and Ctrl-C.
        return output.guarded(lambda: function(*args, **kwargs))

    # A verb's module names its options for the type checker only: importing them would mean importing typer to run the verb.
    names = {**globals(), **function.__globals__}
    signature = inspect.signature(function, globals=names, eval_str=True)
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, annotation, default in _EVERYWHERE
    ]
    parameters = [*signature.parameters.values(), *more]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # inspect.signature() honours it
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


__all__ = ["Files", "Format", "LockTimeout", "LogLevel", "Name", "PlanFormat", "TextOrJson", "configure", "verb"]
