"""Netlink framing: message headers, the kernel's answers with their extack attributes, tracing. Pure, but for the trace."""

from __future__ import annotations

import errno
import os
import struct
import sys

from nsmgr.errors import KernelError, errno_text
from nsmgr.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

NLMSG_HEADER = struct.Struct("=IHHII")  # length, type, flags, seq, portid
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST, NLM_F_ACK, NLM_F_ECHO, NLM_F_DUMP = 0x1, 0x4, 0x8, 0x300
NLM_F_REPLACE, NLM_F_EXCL, NLM_F_CREATE = 0x100, 0x200, 0x400
NLM_F_DUMP_INTR = 0x10
NLM_F_CAPPED, NLM_F_ACK_TLVS = 0x100, 0x200
NLMSGERR_ATTR_MSG, NLMSGERR_ATTR_OFFS = 1, 2
SOL_NETLINK = 270
NETLINK_ADD_MEMBERSHIP, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK = 1, 11, 12
SO_SNDBUFFORCE, SO_RCVBUFFORCE, SO_NETNS_COOKIE = 32, 33, 71

RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK = 16, 17, 18

LOST = -1  # Answer.errno: the answer was lost, the message may have been carried out
CHUNK_BYTES, CHUNK_MESSAGES = 64 * 1024, 200

INT = struct.Struct("=i")
_ATTR = struct.Struct("=HH")
IFINFOMSG = struct.Struct("=BxHiII")  # family, type, index, flags, change mask
U32 = struct.Struct("=I")
U16 = struct.Struct("=H")

Span: TypeAlias = tuple[bytes, int, int]
"""One message of a dump: datagram, start and end of the payload after the 16-byte nlmsghdr."""
FdOf: TypeAlias = "Callable[[str], int]"
"""Namespace name → open descriptor of it, for IFLA_NET_NS_FD."""


class Answer(Record, frozen=True):
    """The kernel's answer to one message.

    errno: 0 = done, positive = refused, :data:`LOST` = unknown. extack: NLMSGERR_ATTR_MSG (a warning when errno is 0).
    offset: NLMSGERR_ATTR_OFFS, the byte in ``message`` the kernel points at, 0 = none. message: the request as sent.
    """

    errno: int = 0
    extack: str = ""
    offset: int = 0
    message: bytes = b""


OK = Answer()

trace: Callable[[str, bytes], None] | None = None
"""Called with ("→" or "←", one or more complete messages) when set; NSMGR_DEBUG=nl sets it to :func:`trace_to_stderr`."""


def trace_to_stderr(direction: str, messages: bytes) -> None:
    """One line per message: type, sequence number, flags, header and attributes decoded; for an answer its errno."""
    from nsmgr.kernel.describe import describe  # only when tracing

    for kind, flags, seq, start, end in messages_of(messages):
        if kind in (NLMSG_ERROR, NLMSG_DONE):
            number = INT.unpack_from(messages, start)[0] if end - start >= 4 else 0
            name = "NLMSG_ERROR" if kind == NLMSG_ERROR else "NLMSG_DONE"
            text = f"{name} seq={seq} {errno_text(number) if number else 'ok'} flags=0x{flags:x} {messages[start:end].hex()}"
        else:
            shown = describe(messages[start - 16 : end])
            header = " ".join(f"{key}={value}" for key, value in shown["header"].items() if value)
            text = f"{shown['type']} seq={seq} {'|'.join(shown['flags'])} {header} {shown['attributes']}"
        print(f"nl {direction} {text}", file=sys.stderr)


if "nl" in os.environ.get("NSMGR_DEBUG", "").split(","):
    trace = trace_to_stderr


def message(kind: int, flags: int, body: bytes) -> bytes:
    """A complete netlink message with sequence number and port id 0; the socket fills in the number and NLM_F_ACK."""
    return NLMSG_HEADER.pack(16 + len(body), kind, flags | NLM_F_REQUEST, 0, 0) + body


def get_link(index: int = 0) -> bytes:
    """RTM_GETLINK for one interface index; for 0, a dump of all."""
    flags = NLM_F_REQUEST if index else NLM_F_REQUEST | NLM_F_DUMP
    return NLMSG_HEADER.pack(32, RTM_GETLINK, flags, 0, 0) + IFINFOMSG.pack(0, 0, index, 0, 0)


def messages_of(datagram: bytes) -> Iterator[tuple[int, int, int, int, int]]:
    """(type, flags, seq, payload start, payload end) of each message; stops at the first that is cut or malformed."""
    position, size = 0, len(datagram)
    while position + 16 <= size:
        length, kind, flags, seq, _ = NLMSG_HEADER.unpack_from(datagram, position)
        if length < 16 or position + length > size:
            return
        yield kind, flags, seq, position + 16, position + length
        position += (length + 3) & ~3


def parse_error(datagram: bytes, flags: int, start: int, end: int, message: bytes) -> Answer:
    """NLMSG_ERROR: errno, the request (only its header when CAPPED or on success), then the extack attributes."""
    (number,) = INT.unpack_from(datagram, start)
    if not flags & NLM_F_ACK_TLVS:
        return Answer(-number, message=message) if number else OK
    quoted = 16
    if number and not flags & NLM_F_CAPPED:
        quoted = (U32.unpack_from(datagram, start + 4)[0] + 3) & ~3
    extack, offset = parse_extack(datagram, start + 4 + quoted, end)
    return Answer(-number, extack, offset, message)


def parse_extack(datagram: bytes, position: int, end: int) -> tuple[str, int]:
    text, offset = "", 0
    while position + 4 <= end:
        length, kind = _ATTR.unpack_from(datagram, position)
        if length < 4 or position + length > end:
            break
        if kind & 0x3FFF == NLMSGERR_ATTR_MSG:
            text = datagram[position + 4 : position + length].rstrip(b"\0").decode(errors="replace")
        elif kind & 0x3FFF == NLMSGERR_ATTR_OFFS and length >= 8:
            (offset,) = U32.unpack_from(datagram, position + 4)
        position += (length + 3) & ~3
    return text, offset


def check_end(datagram: bytes, kind: int, flags: int, start: int, end: int, request: bytes, name: str, absent_ok: bool) -> None:
    """Raise what ended a dump: NLMSG_ERROR refuses it, NLMSG_DONE carries the dump callback's errno and extack."""
    if kind == NLMSG_ERROR:
        answer = parse_error(datagram, flags, start, end, request)
    elif kind == NLMSG_DONE and end - start >= 4:
        (number,) = INT.unpack_from(datagram, start)
        extack, offset = parse_extack(datagram, start + 4, end) if flags & NLM_F_ACK_TLVS else ("", 0)
        answer = Answer(-number, extack, offset, request)
    else:
        return
    if answer.errno and not (absent_ok and answer.errno == errno.ENOENT):
        raise KernelError(words(request), netns=name, errno=answer.errno, extack=answer.extack)


_READ = {18: "links", 22: "addresses", 26: "routes", 30: "neighbours", 34: "rules", 38: "qdiscs", 90: "namespace ids"}


def words(request: bytes) -> str:
    kind = U16.unpack_from(request, 4)[0]
    return f"read {_READ.get(kind, f'with message type {kind}')} of"
