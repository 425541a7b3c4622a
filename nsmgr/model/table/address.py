"""Written by nsmgr.model.generate from nsmgr.model.address.AddressModel: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.shape import Shape, chain, either, optional, text, truth, whole
from nsmgr.model.words import address_protocol, lifetime, local_address, scope
from nsmgr.text import ip

ENTRY = Shape(
    {
        "address": chain(local_address, text()),
        "peer": chain(local_address, text()),
        "broadcast": optional(chain(text(), ip)),
        "label": optional(text(1)),
        "scope": optional(chain(scope, text())),
        "valid_lifetime": optional(chain(lifetime, either(whole(), text()))),
        "preferred_lifetime": optional(chain(lifetime, either(whole(), text()))),
        "nodad": optional(truth),
        "home": optional(truth),
        "optimistic": optional(truth),
        "autojoin": optional(truth),
        "mngtmpaddr": optional(truth),
        "noprefixroute": optional(truth),
        "metric": optional(whole(0, 4294967295)),
        "proto": chain(address_protocol, whole()),
    },
    {
        "peer": None,
        "broadcast": None,
        "label": None,
        "scope": None,
        "valid_lifetime": None,
        "preferred_lifetime": None,
        "nodad": None,
        "home": None,
        "optimistic": None,
        "autojoin": None,
        "mngtmpaddr": None,
        "noprefixroute": None,
        "metric": None,
        "proto": None,
    },
    ("address",),
)
