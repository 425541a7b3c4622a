"""Link kinds, one file each: ``kind_class("vxlan")`` imports nsmgr/model/links/vxlan.py and returns its Link subclass."""

from __future__ import annotations

import os

from nsmgr.light import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nsmgr.model.links.base import Link


@cache
def kind_names() -> tuple[str, ...]:
    """All kinds this version knows, sorted; found by looking into the package, not from a list."""
    files = [file.partition(".") for file in os.listdir(os.path.dirname(__file__))]
    return tuple(sorted({stem for stem, _, end in files if end in ("py", "pyc") and stem not in ("__init__", "base")}))


@cache
def kind_class(kind: str) -> type[Link]:
    """The pydantic model of a kind; :class:`Link` itself for an unknown one (a foreign link that is only observed).

    A module may define several kinds' common base, but exactly one class whose KIND is the module's name.
    """
    from importlib import import_module

    from nsmgr.model.links.base import Link

    if kind not in kind_names():
        return Link
    module = import_module(f"{__name__}.{kind}")
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Link) and kind == value.KIND:
            return value
    raise TypeError(f"{module.__name__} defines no Link subclass with KIND = {kind!r}")
