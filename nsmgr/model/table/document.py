"""Written by nsmgr.model.generate from nsmgr.model.document.Document: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.shape import Shape, anything, items, mapping, optional, text, word

ENTRY = Shape(
    {
        "version": word(1),
        "name": optional(text(pattern="[a-z0-9][a-z0-9-]{0,31}")),
        "include": optional(items(text())),
        "defaults": optional(mapping(anything, anything)),
        "host": optional(mapping(anything, anything)),
        "namespaces": optional(mapping(anything, anything)),
    },
    {"name": None, "include": None, "defaults": None, "host": None, "namespaces": None},
    ("version",),
)
