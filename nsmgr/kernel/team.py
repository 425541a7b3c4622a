"""The options of a team device: generic netlink family ``team`` (drivers/net/team/team_core.c, linux/if_team.h)."""

from __future__ import annotations

import errno

from nsmgr.kernel.genl import genl_message
from nsmgr.kernel.payload import NLA_F_NESTED, attribute, walk
from nsmgr.kernel.wire import U32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from nsmgr.kernel.genl import GenlSocket

OPTIONS_SET, OPTIONS_GET = 1, 2  # TEAM_CMD_*
TEAM_IFINDEX, LIST_OPTION = 1, 2  # TEAM_ATTR_*
ITEM_OPTION = 1
NAME, TYPE, DATA, PORT_IFINDEX, ARRAY_INDEX = 1, 3, 4, 6, 7  # TEAM_ATTR_OPTION_*
NLA_U32, NLA_STRING = 3, 5  # net/netlink.h: a word of the kernel's that this family lets out
NO_MODE = "*NOMODE*"
# The option is set; then the event about it found nobody who listens (netlink_broadcast), and that is the answer.
HARMLESS = frozenset({errno.ESRCH})


def read(genl: GenlSocket, index: int) -> dict[str, Any]:
    """The options of the device itself that are numbers or texts; those of its ports and arrays are left out.

    TEAM_CMD_OPTIONS_GET answers like a dump without being one: several messages, then NLMSG_DONE.
    """
    found: dict[str, Any] = {}
    body = attribute(TEAM_IFINDEX, U32.pack(index))
    for datagram, start, end in genl.gather(genl.family("team"), OPTIONS_GET, body, dump=False):
        for number, s, e in walk(datagram, start, end):
            if number == LIST_OPTION:
                for _, first, last in walk(datagram, s, e):
                    option = {inner: datagram[a:b] for inner, a, b in walk(datagram, first, last)}
                    if PORT_IFINDEX not in option and ARRAY_INDEX not in option and DATA in option:
                        _take(found, option)
    return found


def _take(found: dict[str, Any], option: Mapping[int, bytes]) -> None:
    name = option[NAME].rstrip(b"\0").decode(errors="replace")
    if option[TYPE][0] == NLA_U32:
        found[name] = U32.unpack(option[DATA])[0]
    elif option[TYPE][0] == NLA_STRING:
        text = option[DATA].rstrip(b"\0").decode(errors="replace")
        if text != NO_MODE:
            found[name] = text


def encode(genl: GenlSocket, index: int, values: Mapping[str, Any]) -> list[bytes]:
    """One TEAM_CMD_OPTIONS_SET an option, the mode ahead of the options that it brings.

    Not all in one: without a listener the kernel stops behind the first, see HARMLESS.
    """
    which = attribute(TEAM_IFINDEX, U32.pack(index))
    names = sorted(values, key=lambda name: name != "mode")
    lists = [attribute(LIST_OPTION | NLA_F_NESTED, _item(name, values[name])) for name in names]
    return [genl_message(genl.family("team"), OPTIONS_SET, which + options) for options in lists]


def _item(name: str, value: Any) -> bytes:
    kind, data = (NLA_STRING, value.encode() + b"\0") if isinstance(value, str) else (NLA_U32, U32.pack(value))
    parts = attribute(NAME, name.encode() + b"\0") + attribute(TYPE, bytes((kind,))) + attribute(DATA, data)
    return attribute(ITEM_OPTION | NLA_F_NESTED, parts)
