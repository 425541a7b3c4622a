"""Is a namespace still as it was? One look at the bytes of its dumps, without decoding them.

An *impression* is a digest of everything that a namespace answered to the four questions of :mod:`nsmgr.kernel.dumps`, but for
what the decoders do not read (counters, timers). Two equal impressions of the same namespace decode to the same state, so a
conclusion drawn from the one holds for the other. It is made from the very bytes that were decoded, and compared with
the bytes of another process's dump: sequence number and port are the same for both (:data:`nsmgr.kernel.rtnl.KNOWN_PORT`).
"""

from __future__ import annotations

import _socket as socket  # see nsmgr.kernel.rtnl
import mmap
import os
import struct
import sys
from _blake2 import blake2b  # hashlib would load OpenSSL, 4 ms, for a digest that is no secret's guardian

from nsmgr.kernel import dumps, libc, netns
from nsmgr.kernel.port import ADDRESSES, LINKS, ROUTES, RULES, Impression
from nsmgr.kernel.rtnl import DUMP_SEQ, KNOWN_PORT, numbered
from nsmgr.kernel.wire import NLMSG_DONE, SO_NETNS_COOKIE, messages_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

LEAST_SHARE = 100  # namespaces: below it a second process costs more than it brings
# The kernel fills datagrams up to the largest buffer it was ever offered, 32 KiB at most (netlink_recvmsg): one is never cut.
DATAGRAM = 32 * 1024
BUFFER = 64 << 20  # bytes of address space: all dumps of one namespace; memory is taken as it fills
_DONE = struct.pack("=IHHII", 20, NLMSG_DONE, 2, DUMP_SEQ, KNOWN_PORT) + bytes(4)  # NLM_F_MULTI, error 0
_LENGTHS = struct.Struct("=IIII")
DIGEST_SIZE = 16


def questions(kinds: int) -> list[bytes]:
    """The dump requests for the families in ``kinds``, numbered as a dump is; the links always and first."""
    families = (
        (LINKS, dumps.GET_LINKS), (ADDRESSES, dumps.GET_ADDRESSES), (ROUTES, dumps.GET_ROUTES), (RULES, dumps.GET_RULES)
    )  # fmt: skip
    return [numbered(request) for kind, request in families if (kinds | LINKS) & kind]


def digest(mask: int, answers: Sequence[bytes | memoryview], more: Sequence[bytes] = ()) -> bytes:
    """Sixteen bytes for the joined datagrams of each dump, links first; ``mask``: what of the links counts, little-endian.

    ``more``: fingerprints of things.
    """
    links = answers[0]
    lengths = [len(answer) for answer in answers] + [0] * (4 - len(answers))
    made = blake2b(_LENGTHS.pack(*lengths), digest_size=DIGEST_SIZE)
    made.update((int.from_bytes(links, "little") & mask).to_bytes(len(links), "little"))
    for answer in answers[1:]:
        made.update(answer)
    for fingerprint in more:
        made.update(_LENGTHS.pack(len(fingerprint), 0, 0, 0))
        made.update(fingerprint)
    return made.digest()


def unchanged(remembered: Sequence[Impression], processes: int = 1) -> bool:
    """Whether every one of these namespaces looks as it did. Reads only; any doubt or trouble is a no.

    "host" is the namespace of the calling thread. Works in threads of its own, with one socket open at a time.

    Args:
        processes: how many may share the work: dumps of different namespaces hardly wait for each other, Python's threads do.
            More than one only from a program without other threads: it forks.
    """
    order = sorted(remembered, key=lambda impression: impression.source != "host")  # first: the thread is there already
    shares = [order[first::processes] for first in range(min(processes, max(1, len(order) // LEAST_SHARE)))]
    if len(shares) != processes:
        shares = [order[first :: len(shares)] for first in range(len(shares))]
    helpers = [helper for share in shares[1:] if (helper := _fork(share)) is not None]
    own = [impression for share in (shares[0], *shares[1 + len(helpers) :]) for impression in share]
    same = netns.in_thread(lambda: _all_same(own))
    for helper in helpers:
        same &= os.waitpid(helper, 0)[1] == 0
    return same


def _fork(share: Sequence[Impression]) -> int | None:
    """A process that ends with status 0 if its share is unchanged; None = there can be no other process."""
    try:
        child = os.fork()
    except OSError:
        return None
    if child:
        return child
    status = 1
    try:
        status = 0 if _all_same(share) else 1
    finally:
        os._exit(status)  # nothing of the parent's is flushed, closed or unlocked by its copy


def _all_same(share: Sequence[Impression]) -> bool:
    asked: dict[int, list[bytes]] = {}
    masks: dict[bytes, int] = {}
    for impression in share:
        if impression.mask not in masks:
            masks[impression.mask] = int.from_bytes(impression.mask, "little")
        if impression.kinds not in asked:
            asked[impression.kinds] = questions(impression.kinds)
    buffer = memoryview(mmap.mmap(-1, BUFFER, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))  # a bytearray is zeroed: 56 ms
    try:
        return all(_same(impression, masks[impression.mask], asked[impression.kinds], buffer) for impression in share)
    except (OSError, _TooLong):
        return False


class _TooLong(Exception):
    """More than the buffer holds."""


def _same(impression: Impression, mask: int, asked: Sequence[bytes], buffer: memoryview) -> bool:
    if impression.source != "host":
        fd = os.open(netns.source_path(impression.name, impression.source), os.O_RDONLY | os.O_CLOEXEC)
        try:
            libc.setns(fd)
        finally:
            os.close(fd)
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
    try:
        cookie = sock.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, 8)
        if int.from_bytes(cookie, sys.byteorder) != impression.cookie:
            return False
        sock.bind((KNOWN_PORT, 0))
        answers = []
        start = end = 0
        for question in asked:
            sock.send(question)
            end = _receive(sock, buffer, start)
            answers.append(buffer[start:end])
            start = end
        more = _things(sock, impression, buffer, start) if impression.things else ()
    finally:
        sock.close()
    if len(answers[0]) != len(impression.mask) or digest(mask, answers, more) != impression.digest:
        return False
    if not impression.sysctls:
        return True
    from nsmgr.kernel import procfs

    return procfs.read(impression.sysctls) == impression.sysctls


def _things(sock: socket.socket, impression: Impression, buffer: memoryview, end: int) -> list[bytes]:
    """Fingerprints of the types that were read."""
    from nsmgr.kernel import things

    class Asking:
        """As much of a namespace's handle as asking takes."""

        @staticmethod
        def dump_spans(request: bytes) -> list[tuple[bytes, int, int]]:
            sock.send(numbered(request))
            datagrams = bytes(buffer[end : _receive(sock, buffer, end)])
            return [(datagrams, start, stop) for kind, _, _, start, stop in messages_of(datagrams) if kind > NLMSG_DONE]

    handle: Any = Asking
    handle.socket = Asking
    return [things.fingerprint(name, things.codec(name).ask(handle)) for name in impression.things]


def _receive(sock: socket.socket, buffer: memoryview, end: int) -> int:
    """All datagrams of a dump, behind each other from ``end`` on; returns their end. Raises OSError (EAGAIN: no dump), _TooLong."""
    while True:
        start = end
        if BUFFER - start < DATAGRAM:
            raise _TooLong
        end += sock.recv_into(buffer[start:], DATAGRAM, socket.MSG_DONTWAIT)
        if buffer[end - len(_DONE) : end] == _DONE:
            return end
