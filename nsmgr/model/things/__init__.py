"""Types of things, one file each: ``thing_class("neighbor")`` imports nsmgr/model/things/neighbor.py and returns its ThingModel."""

from __future__ import annotations

import os

from nsmgr.light import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nsmgr.model.things.base import ThingModel


@cache
def thing_types() -> tuple[str, ...]:
    """All types this version knows, sorted; found by looking into the package, not from a list."""
    files = [file.partition(".") for file in os.listdir(os.path.dirname(__file__))]
    return tuple(sorted({stem for stem, _, end in files if end in ("py", "pyc") and stem not in ("__init__", "base")}))


@cache
def thing_class(name: str) -> type[ThingModel]:
    """The pydantic model of a type: of its module, the class whose TYPE is the module's name."""
    from importlib import import_module

    from nsmgr.model.things.base import ThingModel

    module = import_module(f"{__name__}.{name}")
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, ThingModel) and name == value.TYPE:
            return value
    raise TypeError(f"{module.__name__} defines no ThingModel with TYPE = {name!r}")
