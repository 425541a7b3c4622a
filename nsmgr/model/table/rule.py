"""Written by nsmgr.model.generate from nsmgr.model.rule.RuleModel: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.shape import Shape, chain, optional, text, truth, whole, word
from nsmgr.model.words import Range, cidr_or_default, ip_protocol, protocol, table
from nsmgr.text import ifname

ENTRY = Shape(
    {
        "priority": whole(0, 4294967295),
        "family": optional(word("ipv4", "ipv6")),
        "from": chain(cidr_or_default, text()),
        "to": chain(cidr_or_default, text()),
        "iif": optional(chain(text(1, 15), ifname)),
        "oif": optional(chain(text(1, 15), ifname)),
        "fwmark": optional(whole(0, 4294967295)),
        "fwmask": optional(whole(0, 4294967295)),
        "tos": optional(whole(0, 255)),
        "type": optional(word("lookup", "goto", "nop", "blackhole", "unreachable", "prohibit")),
        "table": optional(chain(table, whole())),
        "goto": optional(whole(0, 4294967295)),
        "invert": optional(truth),
        "suppress_prefixlength": optional(whole(0, 128)),
        "ipproto": chain(ip_protocol, whole()),
        "sport": chain(Range(65535), text()),
        "dport": chain(Range(65535), text()),
        "uidrange": chain(Range(4294967294), text()),
        "l3mdev": optional(truth),
        "proto": optional(chain(protocol, whole())),
    },
    {
        "family": None,
        "from_": None,
        "to": None,
        "iif": None,
        "oif": None,
        "fwmark": None,
        "fwmask": None,
        "tos": None,
        "type": None,
        "table": None,
        "goto": None,
        "invert": None,
        "suppress_prefixlength": None,
        "ipproto": None,
        "sport": None,
        "dport": None,
        "uidrange": None,
        "l3mdev": None,
        "proto": None,
    },
    ("priority",),
    renamed={"from": "from_"},
)
