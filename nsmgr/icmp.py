"""ICMP echo of our own (RFC 792, RFC 4443): a bare machine has no ``ping``, and a test wants an answer, not a program's text.

``ping("10.255.0.4", netns="leaf1")`` in a program, ``python -m nsmgr.icmp [-c N] [-I SOURCE] ADDRESS`` in a shell.
"""

from __future__ import annotations

import argparse
import os
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from nsmgr.errors import PrivilegeError, errno_text
from nsmgr.kernel import libc

_ECHO = {socket.AF_INET: (8, 0), socket.AF_INET6: (128, 129)}  # family → (request, reply)
_ERRORS = {socket.AF_INET: {3: "unreachable", 11: "time exceeded"}, socket.AF_INET6: {1: "unreachable", 3: "time exceeded"}}
_PROTOCOL = {socket.AF_INET: socket.IPPROTO_ICMP, socket.AF_INET6: socket.IPPROTO_ICMPV6}
_PAYLOAD = b"nsmgr echo".ljust(32, b".")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. ``bool(reply)`` is true when at least one echo was answered.

    rtts: round-trip times in seconds, one per answer; problem: why the last unanswered request had no answer
    ("no answer within 1.0 s", "unreachable, says 10.0.0.1", "ENETUNREACH (Network is unreachable)"), else "".
    """

    address: str
    sent: int
    rtts: tuple[float, ...] = ()
    problem: str = ""

    @property
    def received(self) -> int:
        return len(self.rtts)

    def __bool__(self) -> bool:
        return bool(self.rtts)


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071) of ``data``, as a 16-bit number in network order."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def request(family: int, identifier: int, sequence: int) -> bytes:
    """One echo request. ICMPv6's checksum stays 0: it covers a pseudo header, rawv6_push_pending_frames() fills it in."""
    kind = _ECHO[socket.AddressFamily(family)][0]
    head = struct.pack("!BBHHH", kind, 0, 0, identifier, sequence)
    total = checksum(head + _PAYLOAD) if family == socket.AF_INET else 0
    return struct.pack("!BBHHH", kind, 0, total, identifier, sequence) + _PAYLOAD


def answer(family: int, packet: bytes, identifier: int, sequence: int) -> str | None:
    """Judge one ICMP message: "" = the reply we wait for, a word = an error about our request, None = not for us.

    ``packet`` starts at the ICMP header. An error message quotes the IP header and at least 8 bytes of what it is about.
    """
    if len(packet) < 8:
        return None
    kind, _, _, ident, seq = struct.unpack_from("!BBHHH", packet)
    family = socket.AddressFamily(family)
    if kind == _ECHO[family][1]:
        return "" if (ident, seq) == (identifier, sequence) else None
    if (word := _ERRORS[family].get(kind)) is None or len(packet) < 9:
        return None
    header = (packet[8] & 15) * 4 if family == socket.AF_INET else 40
    quoted = packet[8 + header : 16 + header]
    if len(quoted) < 8:
        return None
    kind, _, _, ident, seq = struct.unpack("!BBHHH", quoted)
    return word if (kind, ident, seq) == (_ECHO[family][0], identifier, sequence) else None


def ping(address: str, *, netns: str | None = None, source: str | None = None, count: int = 1, timeout: float = 1.0) -> Reply:
    """Send ``count`` echo requests one after another, each waiting up to ``timeout`` seconds for its answer.

    Args:
        address: IPv4 or IPv6 text; a link-local one may carry its link: ``fe80::1%eth0``.
        netns: name under /run/netns (or a path to a namespace file); None = the calling thread's namespace.
        source: address to send from.

    Raises:
        PrivilegeError: neither a raw nor a datagram ICMP socket is allowed here.
        OSError: there is no such namespace, or ``source`` is not an address of it.
        ValueError: not an IP address.
    """
    if netns is None:
        return _ping(address, source, count, timeout)
    path = netns if "/" in netns else f"/run/netns/{netns}"
    outcome: list[Reply | BaseException] = []

    def inside() -> None:
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                libc.setns(fd, libc.CLONE_NEWNET)  # of this thread only; it ends here and takes the membership with it
            finally:
                os.close(fd)
            outcome.append(_ping(address, source, count, timeout))
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=inside, name=f"icmp-{netns}", daemon=True)
    thread.start()
    thread.join()
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


def _ping(address: str, source: str | None, count: int, timeout: float) -> Reply:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    target = _resolve(family, address)
    with _open(family) as sock:
        if source is not None:
            sock.bind(_resolve(family, source))
        raw = sock.type == socket.SOCK_RAW
        # The kernel puts its own identifier into a datagram socket's requests (ping_v4_sendmsg: inet_sport), chosen at bind.
        if not raw and source is None:
            sock.bind(("", 0) if family == socket.AF_INET else ("::", 0))
        identifier = int.from_bytes(os.urandom(2)) if raw else int(sock.getsockname()[1])
        rtts: list[float] = []
        problem = ""
        for sequence in range(1, count + 1):
            started = time.monotonic()
            try:
                sock.sendto(request(family, identifier, sequence), target)
            except OSError as error:
                problem = errno_text(error.errno or 0)
                continue
            word = _listen(sock, family, identifier, sequence, started + timeout)
            if word == "":
                rtts.append(time.monotonic() - started)
            else:
                problem = word or f"no answer within {timeout:g} s"
    return Reply(address, count, tuple(rtts), problem)


def _listen(sock: socket.socket, family: int, identifier: int, sequence: int, deadline: float) -> str | None:
    """Read until our reply ("") or an error about our request (words), None at the deadline (monotonic seconds)."""
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([sock], [], [], left)[0]:
            return None
        try:
            packet, sender = sock.recvfrom(2048)
        except OSError as error:  # a datagram socket reports ICMP errors this way
            return errno_text(error.errno or 0)
        if family == socket.AF_INET and sock.type == socket.SOCK_RAW:
            packet = packet[(packet[0] & 15) * 4 :]  # raw(7): IPv4 packets come with their IP header, IPv6 ones without
        word = answer(family, packet, identifier, sequence)
        if word is not None:
            return word and f"{word}, says {sender[0]}"
    return None


def _open(family: socket.AddressFamily) -> socket.socket:
    """A raw ICMP socket, or, without CAP_NET_RAW, a datagram one (for groups in net.ipv4.ping_group_range)."""
    refused: PermissionError | None = None
    for kind in (socket.SOCK_RAW, socket.SOCK_DGRAM):
        try:
            return socket.socket(family, kind | socket.SOCK_CLOEXEC, _PROTOCOL[family])
        except PermissionError as error:
            refused = error
    raise PrivilegeError(
        "ICMP echo needs CAP_NET_RAW, or this group in net.ipv4.ping_group_range",
        hint="run as root, or inside `nsmgr run --sandbox -- …`, which needs no root",
    ) from refused


def _resolve(family: int, address: str) -> tuple[str, int] | tuple[str, int, int, int]:
    """A socket address, never asking a name server; the scope (``%eth0``) is looked up in the thread's namespace."""
    host, _, scope = address.partition("%")
    try:
        socket.inet_pton(family, host)
    except OSError:
        raise ValueError(f"{address}: not an IP address") from None
    if family == socket.AF_INET:
        return (host, 0)
    return (host, 0, 0, int(scope) if scope.isdecimal() else socket.if_nametoindex(scope) if scope else 0)


def main(argv: Sequence[str] | None = None) -> int:
    """The command: exit status 0 = at least one reply, 1 = none, 2 = usage."""
    parser = argparse.ArgumentParser(prog="python -m nsmgr.icmp", description="ICMP echo, IPv4 and IPv6.")
    parser.add_argument("-c", dest="count", type=int, default=1, metavar="N", help="requests to send (default 1)")
    parser.add_argument("-W", dest="timeout", type=float, default=1.0, metavar="SECONDS", help="wait for each answer (default 1)")
    parser.add_argument("-I", dest="source", metavar="SOURCE", help="address to send from")
    parser.add_argument("-N", dest="netns", metavar="NETNS", help="namespace to send in")
    parser.add_argument("address", metavar="ADDRESS")
    args = parser.parse_args(argv)
    try:
        reply = ping(args.address, netns=args.netns, source=args.source, count=args.count, timeout=args.timeout)
    except (OSError, ValueError, PrivilegeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    origin = f" from {args.source}" if args.source else ""
    if reply:
        print(f"{args.address} answers{origin}: {reply.received} of {reply.sent}, {min(reply.rtts) * 1000:.3f} ms")
        return 0
    print(f"{args.address} does not answer{origin}: {reply.problem}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
