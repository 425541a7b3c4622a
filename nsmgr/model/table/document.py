"""Written by nsmgr.model.generate from nsmgr.model.document.Document: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.shape import Shape, anything, chain, items, mapping, optional, text, word
from nsmgr.text import deployment_name

ENTRY = Shape(
    {
        "version": word(1),
        "name": optional(chain(text(), deployment_name)),
        "include": optional(items(text())),
        "defaults": optional(mapping(anything, anything)),
        "host": optional(mapping(anything, anything)),
        "namespaces": optional(mapping(anything, anything)),
    },
    {"name": None, "include": None, "defaults": None, "host": None, "namespaces": None},
    ("version",),
)
