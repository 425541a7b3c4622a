"""Generic netlink: the families that have a name instead of a number (team, wireguard, macsec, ethtool …).

One :class:`GenlSocket` asks, dumps and writes with the same verdict per message as rtnetlink's. Attributes are made with
:func:`nsmgr.kernel.payload.attribute` (``number | NLA_F_NESTED`` for a nest) and read with :func:`nsmgr.kernel.payload.walk`::

    with in_namespace(fd, "red") as genl:
        team = genl.family("team")
        for datagram, start, end in genl.gather(team, OPTIONS_GET, attribute(1, U32.pack(index)), dump=False):
            for number, s, e in walk(datagram, start, end): ...
        (answer,) = genl.transact([genl_message(team, OPTIONS_SET, body)])      # answer.errno, answer.extack
"""

from __future__ import annotations

import errno
import struct
import sys

from nsmgr.errors import KernelError, UnsupportedByKernel, errno_text
from nsmgr.kernel import libc, netns, wire
from nsmgr.kernel.payload import Understood, attribute, walk
from nsmgr.kernel.rtnl import Answer, RtnlSocket, Span
from nsmgr.kernel.wire import INT, NLM_F_DUMP, NLMSG_DONE, NLMSG_ERROR, U16, U32, messages_of
from nsmgr.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import ClassVar

    from nsmgr.kernel.port import Counters

NETLINK_GENERIC = 16  # linux/netlink.h
GENL_HEADER = struct.Struct("=BBH")  # struct genlmsghdr: command, version, reserved
# linux/genetlink.h: the family that knows the others
CTRL_CMD_GETFAMILY = 3
CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME, CTRL_ATTR_VERSION, CTRL_ATTR_MCAST_GROUPS = 1, 2, 3, 7
CTRL_ATTR_MCAST_GRP_NAME, CTRL_ATTR_MCAST_GRP_ID = 1, 2


class Family(Record, frozen=True):
    """A family as this kernel has it. ``number``: its message type; ``groups``: multicast groups, for ``subscribe``."""

    name: str
    number: int
    version: int = 1
    groups: Mapping[str, int] = field(default_factory=dict)


CONTROL = Family("nlctrl", 16, 2)  # GENL_ID_CTRL, the one fixed number


def genl_message(family: Family, command: int, body: bytes = b"", flags: int = 0) -> bytes:
    """A complete message; the socket fills in its number and the request for an ACK."""
    return wire.message(family.number, flags, GENL_HEADER.pack(command, family.version, 0) + body)


class GenlSocket(RtnlSocket):
    """A generic netlink socket of the namespace the calling thread is in; like an rtnetlink socket, it stays there and pins it.

    To write: :meth:`transact` (inherited) with messages of :func:`genl_message`, one Answer each. To read: :meth:`ask` and
    :meth:`gather`. A trace shows commands and lengths only: what these families carry may be a private key.
    """

    PROTOCOL: ClassVar[int] = NETLINK_GENERIC
    __slots__ = ("_families",)

    def __init__(self, name: str = "", counters: Counters | None = None) -> None:
        super().__init__(name, counters)
        self._families: dict[str, Family] = {}

    def __enter__(self) -> GenlSocket:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def family(self, name: str) -> Family:
        """The family of that name; asking loads its module where the kernel has modules (genl: net-pf-16-proto-16-family-…).

        Raises:
            UnsupportedByKernel: this kernel, or this namespace (a family without ``netnsok``), has none.
            KernelError: any other refusal.
        """
        known = self._families.get(name)
        if known is None:
            found = self.ask(CONTROL, CTRL_CMD_GETFAMILY, attribute(CTRL_ATTR_FAMILY_NAME, name.encode() + b"\0"))
            if isinstance(found, Answer):
                if found.errno == errno.ENOENT:
                    raise UnsupportedByKernel(f"generic netlink family {name}", errno_text(found.errno), netns=self.name)
                raise KernelError(f"find generic netlink family {name} in", netns=self.name, errno=max(found.errno, 0))
            known = self._families[name] = _family(name, *found)
        return known

    def ask(self, family: Family, command: int, body: bytes = b"") -> Span | Answer:
        """A doit GET with one message for an answer: the span of its attributes, or the refusal."""
        (result,) = self.requests((genl_message(family, command, body),))
        return result if isinstance(result, Answer) else _attributes(result)

    def gather(self, family: Family, command: int, body: bytes = b"", *, dump: bool = True) -> list[Span]:
        """The attributes of each message of a dump, repeated until it is undisturbed.

        ``dump`` False: a doit that answers like a dump, in several messages and NLMSG_DONE (team_nl_send_options_get).

        Raises:
            KernelError, DumpInterrupted, Overrun: as :meth:`RtnlSocket.dump_spans`.
        """
        try:
            spans = self.dump_spans(genl_message(family, command, body, NLM_F_DUMP if dump else 0))
        except KernelError as error:  # says it as rtnetlink's
            words = f"read {family.name} (generic netlink command {command}) of"
            raise KernelError(words, netns=self.name, errno=error.errno, extack=error.extack) from None
        finally:
            self.last_dump = []
        return [_attributes(span) for span in spans]

    def _trace(self, direction: str, messages: bytes) -> None:
        if wire.trace is not wire.trace_to_stderr:
            super()._trace(direction, messages)
            return
        for kind, flags, seq, start, end in messages_of(messages):
            if kind in (NLMSG_ERROR, NLMSG_DONE):
                number = INT.unpack_from(messages, start)[0] if end - start >= 4 else 0
                text = f"{'NLMSG_ERROR' if kind == NLMSG_ERROR else 'NLMSG_DONE'} {errno_text(number) if number else 'ok'}"
            else:
                family = next((one.name for one in self._families.values() if one.number == kind), str(kind))
                text = f"{family} command={messages[start] if end > start else '?'} {end - start} bytes"
            print(f"genl {direction} {text} seq={seq} flags=0x{flags:x}", file=sys.stderr)


def in_namespace(fd: int, name: str = "", counters: Counters | None = None) -> GenlSocket:
    """A socket in the namespace behind a descriptor; close it before waiting for the namespace to go.

    Opened by a thread made for that, as namespaces belong to threads. Raises OSError EPERM without CAP_SYS_ADMIN there.
    """

    def work() -> GenlSocket:
        libc.setns(fd)
        return GenlSocket(name, counters)

    return netns.in_thread(work)


def _attributes(span: Span) -> Span:
    datagram, start, end = span
    return datagram, min(start + GENL_HEADER.size, end), end


def _family(name: str, datagram: bytes, start: int, end: int) -> Family:
    with Understood(f"family {name}"):
        return _read_family(name, datagram, start, end)


def _read_family(name: str, datagram: bytes, start: int, end: int) -> Family:
    number, version = 0, 1
    groups: dict[str, int] = {}
    for attr, s, e in walk(datagram, start, end):
        if attr == CTRL_ATTR_FAMILY_ID:
            (number,) = U16.unpack_from(datagram, s)
        elif attr == CTRL_ATTR_VERSION:
            (version,) = U32.unpack_from(datagram, s)
        elif attr == CTRL_ATTR_MCAST_GROUPS:
            for _, first, last in walk(datagram, s, e):
                group = {inner: datagram[a:b] for inner, a, b in walk(datagram, first, last)}
                title = group[CTRL_ATTR_MCAST_GRP_NAME].rstrip(b"\0").decode(errors="replace")
                groups[title] = U32.unpack(group[CTRL_ATTR_MCAST_GRP_ID])[0]
    return Family(name, number, version, groups)
