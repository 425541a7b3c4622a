"""The options of a team device: generic netlink family ``team`` (drivers/net/team/team_core.c, linux/if_team.h)."""

from __future__ import annotations

import errno

from nsmgr.kernel.genl import genl_message
from nsmgr.kernel.payload import NLA_F_NESTED, attribute, walk
from nsmgr.kernel.wire import INT, U32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, TypeAlias

    from nsmgr.kernel.genl import GenlSocket

    Told: TypeAlias = tuple[dict[str, Any], dict[int, dict[str, Any]]]  # of the link; of its ports, by index

OPTIONS_SET, OPTIONS_GET = 1, 2  # TEAM_CMD_*
TEAM_IFINDEX, LIST_OPTION = 1, 2  # TEAM_ATTR_*
ITEM_OPTION = 1
NAME, TYPE, DATA, PORT_IFINDEX, ARRAY_INDEX = 1, 3, 4, 6, 7  # TEAM_ATTR_OPTION_*
NLA_U32, NLA_STRING, NLA_FLAG, NLA_S32 = 3, 5, 6, 14  # net/netlink.h: a word of the kernel's that this family lets out
NO_MODE = "*NOMODE*"
TRUTHS = frozenset({"enabled", "user_linkup", "user_linkup_enabled"})  # options that are NLA_FLAG
SIGNED = frozenset({"priority"})  # options that are s32
# The option is set; then the event about it found nobody who listens (netlink_broadcast), and that is the answer.
HARMLESS = frozenset({errno.ESRCH})


def read(genl: GenlSocket, index: int) -> Told:
    """The options of the device itself and those of its ports, by their index: numbers, texts, truth values; no arrays.

    TEAM_CMD_OPTIONS_GET answers like a dump without being one: several messages, then NLMSG_DONE.
    """
    own: dict[str, Any] = {}
    ports: dict[int, dict[str, Any]] = {}
    body = attribute(TEAM_IFINDEX, U32.pack(index))
    for datagram, start, end in genl.gather(genl.family("team"), OPTIONS_GET, body, dump=False):
        for number, s, e in walk(datagram, start, end):
            if number == LIST_OPTION:
                for _, first, last in walk(datagram, s, e):
                    option = {inner: datagram[a:b] for inner, a, b in walk(datagram, first, last)}
                    if ARRAY_INDEX not in option:
                        port = option.get(PORT_IFINDEX)
                        _take(own if port is None else ports.setdefault(U32.unpack(port)[0], {}), option)
    return own, ports


def _take(found: dict[str, Any], option: Mapping[int, bytes]) -> None:
    name = option[NAME].rstrip(b"\0").decode(errors="replace")
    kind = option[TYPE][0]
    if kind == NLA_U32:
        found[name] = U32.unpack(option[DATA])[0]
    elif kind == NLA_S32:
        found[name] = INT.unpack(option[DATA])[0]
    elif kind == NLA_FLAG:
        found[name] = DATA in option  # false is a flag that is not there
    elif kind == NLA_STRING:
        text = option[DATA].rstrip(b"\0").decode(errors="replace")
        if text != NO_MODE:
            found[name] = text


def encode(genl: GenlSocket, index: int, values: Mapping[str, Any], port: int = 0) -> list[bytes]:
    """One TEAM_CMD_OPTIONS_SET an option, the mode ahead of the options that it brings.

    Not all in one: without a listener the kernel stops behind the first, see HARMLESS.
    """
    which = attribute(TEAM_IFINDEX, U32.pack(index))
    names = sorted(values, key=lambda name: name != "mode")
    lists = [attribute(LIST_OPTION | NLA_F_NESTED, _item(name, values[name], port)) for name in names]
    return [genl_message(genl.family("team"), OPTIONS_SET, which + options) for options in lists]


def _item(name: str, value: Any, port: int) -> bytes:
    """Of the device, or with ``port`` of that port."""
    parts = attribute(NAME, name.encode() + b"\0") + (attribute(PORT_IFINDEX, U32.pack(port)) if port else b"")
    if name in TRUTHS:
        parts += attribute(TYPE, bytes((NLA_FLAG,))) + (attribute(DATA, b"") if value else b"")
    elif name in SIGNED:
        parts += attribute(TYPE, bytes((NLA_S32,))) + attribute(DATA, INT.pack(value))
    elif isinstance(value, str):
        parts += attribute(TYPE, bytes((NLA_STRING,))) + attribute(DATA, value.encode() + b"\0")
    else:
        parts += attribute(TYPE, bytes((NLA_U32,))) + attribute(DATA, U32.pack(value))
    return attribute(ITEM_OPTION | NLA_F_NESTED, parts)
