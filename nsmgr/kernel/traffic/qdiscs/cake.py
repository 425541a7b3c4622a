"""cake: linux/pkt_sched.h, TCA_CAKE_*."""

from __future__ import annotations

from nsmgr.kernel.traffic import flat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from nsmgr.model.attr import Value

FIELDS: flat.Fields = {
    2: ("bandwidth", flat.RATE64),
    3: ("diffserv", flat.words("I", "diffserv3", "diffserv4", "diffserv8", "besteffort", "precedence")),
    4: ("framing", flat.words("I", "noatm", "atm", "ptm")),
    5: (
        "flows",
        flat.words("I", "flowblind", "srchost", "dsthost", "hosts", "flows", "dual-srchost", "dual-dsthost", "triple-isolate"),
    ),
    6: ("overhead", flat.SIGNED),
    7: ("rtt", flat.MICROSECONDS),
    8: ("target", flat.MICROSECONDS),
    9: ("autorate", flat.TRUTH),
    10: ("memlimit", flat.NUMBER),
    11: ("nat", flat.TRUTH),
    13: ("wash", flat.TRUTH),
    14: ("mpu", flat.NUMBER),
    15: ("ingress", flat.TRUTH),
    16: ("ack_filter", flat.words("I", "no-ack-filter", "ack-filter", "ack-filter-aggressive")),
    17: ("split_gso", flat.TRUTH),
    18: ("fwmark", flat.NUMBER),
}


def encode(attrs: Mapping[str, Any]) -> bytes:
    """The payload of TCA_OPTIONS."""
    return flat.encode(FIELDS, attrs)


def decode(options: bytes) -> dict[str, Value]:
    """Its opposite."""
    return flat.decode(FIELDS, options)
