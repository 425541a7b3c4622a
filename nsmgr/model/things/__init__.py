"""Types of things, one file each: ``thing_class("neighbor")`` imports nsmgr/model/things/neighbor.py and returns its ThingModel.

A type with kinds is a package, with a file for each kind: ``thing_class("qdisc.netem")``.
"""

from __future__ import annotations

import os

from nsmgr.light import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nsmgr.model.things.base import ThingModel


@cache
def thing_types() -> tuple[str, ...]:
    """All types this version knows, sorted; found by looking into the package, not from a list."""
    here = os.path.dirname(__file__)
    packages = [file for file in os.listdir(here) if os.path.isfile(f"{here}/{file}/__init__.py")]
    return tuple(sorted({*_modules(here), *packages}))


@cache
def thing_kinds(name: str) -> tuple[str, ...]:
    """The kinds of a type, sorted; none where it is no package."""
    place = f"{os.path.dirname(__file__)}/{name}"
    return tuple(sorted(_modules(place))) if os.path.isdir(place) else ()


def _modules(place: str) -> set[str]:
    files = [file.partition(".") for file in os.listdir(place)]
    return {stem for stem, _, end in files if end in ("py", "pyc") and stem not in ("__init__", "base")}


@cache
def thing_class(name: str) -> type[ThingModel]:
    """The pydantic model of a type or kind: of its module, the class whose TYPE (and KIND) is the module's name."""
    from importlib import import_module

    from nsmgr.model.things.base import ThingModel

    module = import_module(f"{__name__}.{name}")
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, ThingModel) and name == ".".join(filter(None, (value.TYPE, value.KIND))):
            return value
    raise TypeError(f"{module.__name__} defines no ThingModel with TYPE = {name!r}")
