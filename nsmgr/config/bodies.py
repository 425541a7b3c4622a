"""Bodies that have a model of their own: accepted fast where they surely are valid, else judged by the model."""

from __future__ import annotations

from nsmgr.config.report import Path, Report
from nsmgr.model.shape import model, shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def validate(name: str, data: Any, path: Path, report: Report) -> Any:
    """The body as its model has it, or None when there was an error; all errors go into the report.

    ``name``: one of nsmgr.model.shape.MODELS. The result is a model's instance or a nsmgr.model.shape.Body with the same
    attributes.
    """
    found = shape(name)
    if found is not None and (accepted := found.accept(data)) is not None:
        return accepted
    from nsmgr.config.translate import validate as judge

    return judge(model(name), data, path, report)


def empty(name: str) -> Any:
    """The body of a mapping without keys."""
    found = shape(name)
    return found.accept({}) if found is not None else model(name)()
