"""Options of ports, one file per kind of controller: ``port_class("bridge")`` is the Port subclass of ports/bridge.py."""

from __future__ import annotations

import os

from nsmgr.light import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nsmgr.model.ports.base import Port


@cache
def port_kinds() -> tuple[str, ...]:
    """Kinds of controllers whose ports have options, sorted; found by looking into the package, not from a list."""
    files = [file.partition(".") for file in os.listdir(os.path.dirname(__file__))]
    return tuple(sorted({stem for stem, _, end in files if end in ("py", "pyc") and stem not in ("__init__", "base")}))


@cache
def port_class(kind: str) -> type[Port]:
    """The pydantic model of the options of a port of such a controller."""
    from importlib import import_module

    from nsmgr.model.ports.base import Port

    module = import_module(f"{__name__}.{kind}")
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Port) and kind == value.KIND:
            return value
    raise TypeError(f"{module.__name__} defines no Port subclass with KIND = {kind!r}")
