"""Written by nsmgr.model.generate from nsmgr.model.namespace.HostModel: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.shape import Shape, anything, either, items, mapping, optional, text, truth, whole, word

ENTRY = Shape(
    {
        "links": optional(mapping(anything, anything)),
        "routes": optional(items(anything)),
        "rules": optional(items(anything)),
        "sysctls": optional(mapping(anything, anything)),
        "manage": optional(word("all", "declared")),
        "ignore": optional(
            Shape(
                {
                    "links": optional(items(text())),
                    "addresses": optional(items(mapping(text(), either(text(), whole(), truth)))),
                    "routes": optional(items(mapping(text(), either(text(), whole(), truth)))),
                    "rules": optional(items(mapping(text(), either(text(), whole(), truth)))),
                },
                {"links": None, "addresses": None, "routes": None, "rules": None},
                (),
            ).nested
        ),
    },
    {"links": None, "routes": None, "rules": None, "sysctls": None, "manage": None, "ignore": None},
    (),
)
