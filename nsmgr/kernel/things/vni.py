"""VNIs of a vxlan with a filter: RTM_NEWTUNNEL, RTM_DELTUNNEL, RTM_GETTUNNEL (struct tunnel_msg; vxlan_vnifilter.c)."""

from __future__ import annotations

import errno
import struct
from _socket import AF_INET, AF_INET6, inet_ntop

from nsmgr.errors import KernelError
from nsmgr.kernel.codec import attribute, walk
from nsmgr.kernel.payload import NLA_F_NESTED
from nsmgr.kernel.wire import NLM_F_CREATE, NLM_F_DUMP, FdOf, Span, message
from nsmgr.plan.plan import Step, Verb
from nsmgr.plan.state import Thing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nsmgr.kernel.netns import Netns

RTM_NEWTUNNEL, RTM_DELTUNNEL, RTM_GETTUNNEL = 120, 121, 122  # linux/rtnetlink.h
AF_BRIDGE = 7
TUNNEL_MSG = struct.Struct("=BBHI")  # family, flags, reserved, ifindex
ENTRY = 1  # VXLAN_VNIFILTER_ENTRY, and what is in it
START, END, GROUP, GROUP6 = 1, 2, 3, 4
DUMP = message(RTM_GETTUNNEL, NLM_F_DUMP, TUNNEL_MSG.pack(AF_BRIDGE, 0, 0, 0))
_u32 = struct.Struct("=I")


def ask(handle: Netns) -> list[Span]:
    """The entries of all vxlans; the driver answers, and where it is not loaded yet there are none."""
    try:
        return handle.socket.dump_spans(DUMP)
    except KernelError as error:
        if error.errno == errno.EOPNOTSUPP:
            return []
        raise


def decode(answer: list[Span], names: Mapping[int, str]) -> Iterator[Thing]:
    """One thing for each VNI: the kernel joins those of one group to ranges (vxlan_vnifilter_dump_dev)."""
    for datagram, start, end in answer:
        name = names.get(TUNNEL_MSG.unpack_from(datagram, start)[3])
        if name is None:
            continue
        for number, s, e in walk(datagram, start + TUNNEL_MSG.size, end):
            if number == ENTRY:
                yield from _entry(datagram, s, e, name)


def _entry(datagram: bytes, start: int, end: int, name: str) -> Iterator[Thing]:
    first = last = 0
    group = ""
    for number, s, e in walk(datagram, start, end):
        if number == START:
            first = _u32.unpack_from(datagram, s)[0]
        elif number == END:
            last = _u32.unpack_from(datagram, s)[0]
        elif number in (GROUP, GROUP6):
            group = inet_ntop(AF_INET if number == GROUP else AF_INET6, datagram[s:e])
    for vni in range(first, (last or first) + 1):
        yield Thing("vni", f"{vni} dev {name}", name, {"vni": vni, "group": group} if group else {"vni": vni})


def encode(step: Step, fd_of: FdOf) -> list[bytes]:
    """The nest needs NLA_F_NESTED (nlmsg_parse is strict here)."""
    thing: Thing = step.obj
    entry = attribute(START, _u32.pack(thing.attrs["vni"]))
    group = thing.attrs.get("group")
    if step.verb is Verb.THING_ADD and group:
        from nsmgr.kernel.inetcodec import packed

        address = packed(str(group))
        entry += attribute(GROUP if len(address) == 4 else GROUP6, address)
    kind, flags = (RTM_DELTUNNEL, 0) if step.verb is Verb.THING_DEL else (RTM_NEWTUNNEL, NLM_F_CREATE)
    return [message(kind, flags, TUNNEL_MSG.pack(AF_BRIDGE, 0, 0, step.index) + attribute(ENTRY | NLA_F_NESTED, entry))]
