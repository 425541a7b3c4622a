"""Which Linux brought what: tests of newer things skip on an older kernel, which ignores attributes that it does not know."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

SINCE = {
    "prio": (6, 0),
    "mab": (6, 2),
    "mcast_max_groups": (6, 3),
    "gro_ipv4_max_size": (6, 3),
    "gso_ipv4_max_size": (6, 3),
    "bc_cutoff": (6, 4),
    "neigh_vlan_suppress": (6, 4),
    "localbypass": (6, 5),
    "backup_nhid": (6, 6),
    "fdb_max_learned": (6, 7),
    "label_policy": (6, 7),
    "scrub": (6, 10),
    "interlink": (6, 10),
    "reserved_bits": (6, 14),
    "headroom": (6, 14),
    "tailroom": (6, 14),
    "port_range": (6, 15),
    "mdb_offload_fail_notification": (6, 15),
    "broadcast_neighbor": (6, 17),
    "actor_port_prio": (6, 18),
    "fdb_local_vlan_0": (6, 18),
    "stp_mode": (7, 0),
}


def release() -> tuple[int, int]:
    found = re.match(r"(\d+)\.(\d+)", os.uname().release)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def lacking(names: Iterable[str]) -> str:
    """Why attributes of these names cannot be tried here, or ""."""
    newer = [f"{name} came with Linux {SINCE[name][0]}.{SINCE[name][1]}" for name in names if SINCE.get(name, (0, 0)) > release()]
    return f"{', '.join(newer)}, this is {os.uname().release}" if newer else ""
