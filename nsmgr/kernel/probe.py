"""Asking the kernel what it can do, by trying, never by its version. Nothing is left behind; nothing outside is touched."""

from __future__ import annotations

import errno
import os
import struct

from nsmgr.errors import KernelError, errno_text
from nsmgr.kernel import tun
from nsmgr.kernel.rtnl import RtnlSocket
from nsmgr.kernel.wire import IFINFOMSG, NLM_F_DUMP, NLM_F_REQUEST, NLMSG_HEADER, RTM_DELLINK, RTM_NEWLINK
from nsmgr.model.kind import kind as kind_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE = 0x400, 0x200, 0x100
IFLA_IFNAME, IFLA_LINKINFO, IFLA_NUM_TX_QUEUES, IFLA_INFO_KIND = 3, 18, 31, 1
RTM_NEWQDISC, TCA_KIND, TC_H_ROOT = 36, 1, 0xFFFFFFFF
UNKNOWN_KIND = "Unknown device type"
UNKNOWN_QDISC = "Specified qdisc kind is unknown"

QDISCS = (
    "pfifo", "bfifo", "pfifo_fast", "noqueue", "mq", "prio", "multiq", "tbf", "htb", "hfsc", "drr", "qfq", "ets", "sfq", "sfb",
    "red", "gred", "choke", "codel", "fq_codel", "fq", "fq_pie", "pie", "hhf", "cake", "netem", "mqprio", "taprio", "etf", "cbs",
    "skbprio", "plug", "ingress", "clsact",
)  # fmt: skip
# family × RTM_GET*; a family without a handler of its own answers with AF_UNSPEC's
FAMILIES = {"unspec": 0, "inet": 2, "bridge": 7, "inet6": 10, "mpls": 28}
GETS = {
    "RTM_GETLINK": 18, "RTM_GETADDR": 22, "RTM_GETROUTE": 26, "RTM_GETNEIGH": 30, "RTM_GETRULE": 34, "RTM_GETQDISC": 38,
    "RTM_GETTCLASS": 42, "RTM_GETTFILTER": 46, "RTM_GETACTION": 50, "RTM_GETMULTICAST": 58, "RTM_GETANYCAST": 62,
    "RTM_GETNEIGHTBL": 66, "RTM_GETADDRLABEL": 74, "RTM_GETDCB": 78, "RTM_GETNETCONF": 82, "RTM_GETMDB": 86, "RTM_GETNSID": 90,
    "RTM_GETSTATS": 94, "RTM_GETCHAIN": 102, "RTM_GETNEXTHOP": 106, "RTM_GETVLAN": 114, "RTM_GETNEXTHOPBUCKET": 118,
    "RTM_GETTUNNEL": 122,
}  # fmt: skip


def _message(kind: int, flags: int, body: bytes) -> bytes:
    return NLMSG_HEADER.pack(16 + len(body), kind, NLM_F_REQUEST | flags, 0, 0) + body


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) & 3)


def _impossible_link(kind: str, name: str) -> bytes:
    """RTM_NEWLINK that cannot succeed: no transmit queue. rtnl_newlink looks the kind up first, rtnl_create_link refuses."""
    body = IFINFOMSG.pack(0, 0, 0, 0, 0) + _attribute(IFLA_IFNAME, name.encode() + b"\0")
    body += _attribute(IFLA_NUM_TX_QUEUES, bytes(4)) + _attribute(IFLA_LINKINFO, _attribute(IFLA_INFO_KIND, kind.encode() + b"\0"))
    return _message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, body)


def missing_kinds(socket: RtnlSocket, kinds: Iterable[str]) -> dict[str, str]:
    """kind → the kernel's words, for those it cannot make. A modular kernel loads the module to answer, as creation would.

    Without CAP_NET_ADMIN the kernel does not say: nothing is reported missing then. These requests count as reads.
    """
    missing: dict[str, str] = {}
    asked: list[str] = []
    for kind in kinds:
        maker = kind_class(kind).MAKER
        if maker == "netlink":
            asked.append(kind)
        elif maker == "ioctl" and (words := tun.unavailable()):
            missing[kind] = words
    names = [f"nsm-{os.urandom(4).hex()}" for _ in asked]
    answers = socket.transact([_impossible_link(kind, name) for kind, name in zip(asked, names, strict=True)])
    for kind, name, answer in zip(asked, names, answers, strict=True):
        if answer.errno == errno.EOPNOTSUPP and answer.extack in ("", UNKNOWN_KIND):
            missing[kind] = errno_text(answer.errno) + (f' "{answer.extack}"' if answer.extack else "")
        elif not answer.errno:  # made after all
            header = IFINFOMSG.pack(0, 0, 0, 0, 0)
            socket.transact([_message(RTM_DELLINK, 0, header + _attribute(IFLA_IFNAME, name.encode() + b"\0"))])
    socket.counters.writes -= len(asked)
    socket.counters.reads += len(asked)
    return missing


def missing_qdiscs(socket: RtnlSocket) -> dict[str, str]:
    """qdisc → the kernel's words, for those it does not have. Puts the others on lo: for a scratch namespace only."""
    missing = {}
    for name in QDISCS:
        body = struct.pack("=BxxxiIII", 0, 1, 0, TC_H_ROOT, 0) + _attribute(TCA_KIND, name.encode() + b"\0")
        (answer,) = socket.transact([_message(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, body)])
        if answer.errno == errno.ENOENT and answer.extack in ("", UNKNOWN_QDISC):
            missing[name] = errno_text(answer.errno) + (f' "{answer.extack}"' if answer.extack else "")
    return missing


def handlers(socket: RtnlSocket) -> dict[str, dict[str, bool]]:
    """RTM_GET* name → family name → whether something handles it (for one object or as a dump; EOPNOTSUPP = neither)."""
    return {name: {family: _handled(socket, number, kind) for family, number in FAMILIES.items()} for name, kind in GETS.items()}


def _handled(socket: RtnlSocket, family: int, kind: int) -> bool:
    (answer,) = socket.requests([_message(kind, 0, struct.pack("=B3x", family))])
    if isinstance(answer, tuple) or answer.errno != errno.EOPNOTSUPP:
        return True
    try:
        socket.dump_spans(_message(kind, NLM_F_DUMP, struct.pack("=B3x", family)), absent_ok=True)
    except KernelError as error:
        return error.errno != errno.EOPNOTSUPP
    return True


def highest_group(socket: RtnlSocket) -> int:
    """The highest rtnetlink multicast group (RTNLGRP_MAX) that can be joined; joins them all: for a scratch socket."""
    highest = 0
    for group in range(1, 129):
        try:
            socket.subscribe(group)
        except PermissionError:
            continue  # RTNLGRP_IPV4_MROUTE_R and its IPv6 twin are for CAP_NET_ADMIN
        except OSError:
            break
        highest = group
    return highest


def netlink_families() -> tuple[int, ...]:
    """Protocol numbers of AF_NETLINK that a socket can be made for (EPROTONOSUPPORT = not there)."""
    import socket

    found = []
    for protocol in range(32):
        try:
            socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol).close()
        except OSError:
            continue
        found.append(protocol)
    return tuple(found)


def effective_capabilities() -> int:
    """CapEff of the calling thread as a bit mask."""
    with open("/proc/thread-self/status") as status:
        return next(int(line.split()[1], 16) for line in status if line.startswith("CapEff:"))
