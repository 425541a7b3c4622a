"""The attributes of a mesh: generic netlink family ``batadv`` (net/batman-adv/netlink.c, linux/batman_adv.h)."""

from __future__ import annotations

import sys

from nsmgr.errors import KernelError
from nsmgr.kernel.genl import genl_message
from nsmgr.kernel.payload import attribute, walk
from nsmgr.kernel.rtnl import Answer
from nsmgr.kernel.wire import U32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from nsmgr.kernel.genl import GenlSocket
    from nsmgr.kernel.team import Told

GET_MESH, SET_MESH = 1, 15  # BATADV_CMD_*
ALGO_NAME, MESH_IFINDEX = "BATADV_ATTR_ALGO_NAME", 3
# name → number, bytes; the algorithm's name is text
ATTRIBUTES = {
    ALGO_NAME: (2, 0),
    "BATADV_ATTR_AGGREGATED_OGMS_ENABLED": (41, 1),
    "BATADV_ATTR_AP_ISOLATION_ENABLED": (42, 1),
    "BATADV_ATTR_ISOLATION_MARK": (43, 4),
    "BATADV_ATTR_ISOLATION_MASK": (44, 4),
    "BATADV_ATTR_BONDING_ENABLED": (45, 1),
    "BATADV_ATTR_BRIDGE_LOOP_AVOIDANCE_ENABLED": (46, 1),
    "BATADV_ATTR_DISTRIBUTED_ARP_TABLE_ENABLED": (47, 1),
    "BATADV_ATTR_FRAGMENTATION_ENABLED": (48, 1),
    "BATADV_ATTR_GW_BANDWIDTH_DOWN": (49, 4),
    "BATADV_ATTR_GW_BANDWIDTH_UP": (50, 4),
    "BATADV_ATTR_GW_MODE": (51, 1),
    "BATADV_ATTR_GW_SEL_CLASS": (52, 4),
    "BATADV_ATTR_HOP_PENALTY": (53, 1),
    "BATADV_ATTR_MULTICAST_FORCEFLOOD_ENABLED": (55, 1),
    "BATADV_ATTR_ORIG_INTERVAL": (57, 4),
    "BATADV_ATTR_MULTICAST_FANOUT": (60, 4),
}
HARMLESS: frozenset[int] = frozenset()
_NAMES = {number: name for name, (number, _) in ATTRIBUTES.items()}


def read(genl: GenlSocket, index: int) -> Told:
    """The attributes of a mesh; none of its ports. Raises KernelError."""
    answer = genl.ask(genl.family("batadv"), GET_MESH, attribute(MESH_IFINDEX, U32.pack(index)))
    if isinstance(answer, Answer):
        raise KernelError("read mesh", netns=genl.name, key=f"#{index}", errno=max(answer.errno, 0), extack=answer.extack)
    datagram, start, end = answer
    found: dict[str, Any] = {}
    for number, s, e in walk(datagram, start, end):
        name = _NAMES.get(number)
        if name == ALGO_NAME:
            found[name] = datagram[s:e].rstrip(b"\0").decode(errors="replace")
        elif name is not None:
            found[name] = int.from_bytes(datagram[s:e], sys.byteorder)
    return found, {}


def encode(genl: GenlSocket, index: int, values: Mapping[str, Any], port: int = 0) -> list[bytes]:
    """One BATADV_CMD_SET_MESH."""
    body = attribute(MESH_IFINDEX, U32.pack(index))
    for name, value in values.items():
        number, size = ATTRIBUTES[name]
        body += attribute(number, int(value).to_bytes(size, sys.byteorder))
    return [genl_message(genl.family("batadv"), SET_MESH, body)]
