"""Written by nsmgr.model.generate from nsmgr.model.route.RouteModel: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.shape import Shape, chain, items, optional, text, truth, whole, word
from nsmgr.model.words import destination, protocol, scope, table
from nsmgr.text import ifname, ip

ENTRY = Shape(
    {
        "to": chain(destination, text()),
        "family": optional(word("ipv4", "ipv6")),
        "via": optional(chain(text(), ip)),
        "dev": optional(chain(text(1, 15), ifname)),
        "onlink": optional(truth),
        "nexthops": optional(
            items(
                Shape(
                    {
                        "via": optional(chain(text(), ip)),
                        "dev": optional(chain(text(1, 15), ifname)),
                        "weight": whole(1, 256),
                        "onlink": truth,
                    },
                    {"via": None, "dev": None, "weight": 1, "onlink": False},
                    (),
                ).nested,
                1,
            )
        ),
        "type": optional(
            word("unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit", "throw")
        ),
        "table": optional(chain(table, whole())),
        "metric": optional(whole(0, 4294967295)),
        "tos": optional(whole(0, 255)),
        "proto": optional(chain(protocol, whole())),
        "scope": optional(chain(scope, text())),
        "prefsrc": optional(chain(text(), ip)),
        "mtu": optional(whole(0, 4294967295)),
        "advmss": optional(whole(0, 4294967295)),
    },
    {
        "family": None,
        "via": None,
        "dev": None,
        "onlink": None,
        "nexthops": None,
        "type": None,
        "table": None,
        "metric": None,
        "tos": None,
        "proto": None,
        "scope": None,
        "prefsrc": None,
        "mtu": None,
        "advmss": None,
    },
    ("to",),
)
