"""One rtnetlink socket: batches with a verdict per message, dumps that are complete or say so.

The kernel handles a request inside sendmsg (netlink_rcv_skb): when send returns, every answer is queued already. So each
exchange is one send and one receive, and "nothing queued" means "no answer will come" unless the queue overflowed.
"""

from __future__ import annotations

import _socket as socket  # the socket module itself brings enumerations and selectors: 5 ms that netlink has no use for
import errno
import select
import sys
import time

from nsmgr.context import suppress
from nsmgr.errors import DumpInterrupted, KernelError, Overrun
from nsmgr.kernel import receive, wire
from nsmgr.kernel.budget import chunks, receive_memory
from nsmgr.kernel.port import Counters
from nsmgr.kernel.wire import (
    LOST,
    NETLINK_ADD_MEMBERSHIP,
    NETLINK_EXT_ACK,
    NETLINK_GET_STRICT_CHK,
    NLM_F_ACK,
    NLM_F_DUMP_INTR,
    NLMSG_DONE,
    NLMSG_ERROR,
    NLMSG_HEADER,
    OK,
    SO_NETNS_COOKIE,
    SO_RCVBUFFORCE,
    SO_SNDBUFFORCE,
    SOL_NETLINK,
    U16,
    U32,
    Answer,
    Span,
    check_end,
    messages_of,
    parse_error,
    words,
)
from nsmgr.light import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import ClassVar

__all__ = ["LOST", "OK", "Answer", "RtnlSocket", "Span", "messages_of"]

ANSWER_TIMEOUT_MS = 2000
DUMP_ATTEMPTS = 10
# Requests count below it. A dump has the same number every time and, from a socket with the known port, the same port: nothing
# in the answer then depends on who asks. Above PID_MAX_LIMIT, so that no process gets it by itself (netlink_autobind).
LAST_SEQ, DUMP_SEQ, KNOWN_PORT = 0x7FFFFFFF, 0x80000000, 0x6E736D67


@lru_cache(maxsize=64)
def numbered(request: bytes) -> bytes:
    """A dump request with the number that every dump has."""
    return request[:8] + U32.pack(DUMP_SEQ) + request[12:]


class RtnlSocket:
    """A plain rtnetlink socket of the namespace the calling thread is in; it stays there whatever setns(2) does later.

    Two system calls to open. Not subscribed to anything: a subscribed socket loses answers when events overflow it.
    An open socket pins its namespace: close it before waiting for the namespace to go.

    Args:
        name: the namespace's name, for error messages.
        counters: where to count; shared by all sockets of a kernel object.

    ``last_dump``: the datagrams of the last dump, NLMSG_DONE included.
    """

    PROTOCOL: ClassVar[int] = socket.NETLINK_ROUTE
    __slots__ = ("_bound", "_chunk_memory", "_seq", "_sock", "counters", "last_dump", "name", "repeatable")

    def __init__(self, name: str = "", counters: Counters | None = None) -> None:
        self.name = name
        self.counters = counters if counters is not None else Counters()
        self._sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, self.PROTOCOL)
        self._sock.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self._seq = 0
        self._bound = False
        self.repeatable = False
        self.last_dump: list[bytes] = []
        self._chunk_memory = receive_memory(self._sock)

    def fileno(self) -> int:
        return self._sock.fileno()

    def close(self) -> None:
        self._sock.close()

    def cookie(self) -> int:
        """The namespace's identity (SO_NETNS_COOKIE): 64 bits, never reused until reboot."""
        return int.from_bytes(self._sock.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, 8), sys.byteorder)

    def strict(self) -> None:
        """Have dump requests checked and their filters honoured (NETLINK_GET_STRICT_CHK).

        Without it a filtered dump answers with everything; unfiltered ones are the same either way, so this is not done
        for every socket: it would be one more system call a namespace.
        """
        self._sock.setsockopt(SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1)

    def take_known_port(self) -> None:
        """Before the first request: take KNOWN_PORT, unless another process has it in this namespace; ``repeatable`` tells."""
        with suppress(OSError):
            self._sock.bind((KNOWN_PORT, 0))
            self._bound = self.repeatable = True

    def subscribe(self, group: int) -> None:
        """Join a multicast group by number (ADD_MEMBERSHIP: bind's mask ends at 32). OSError EINVAL = no such group.

        Bound first: a socket that never sent has port 0, and do_one_broadcast() leaves out the sender's port, which is 0.
        """
        if not self._bound:
            self._sock.bind((0, 0))
            self._bound = True
        self._sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)

    def reserve(self, *, receive: int = 0, send: int = 0) -> None:
        """Ask for larger socket buffers, in bytes: beyond rmem_max/wmem_max with CAP_NET_ADMIN, up to them without."""
        for wanted, forced, plain in ((receive, SO_RCVBUFFORCE, socket.SO_RCVBUF), (send, SO_SNDBUFFORCE, socket.SO_SNDBUF)):
            if not wanted:
                continue
            try:
                self._sock.setsockopt(socket.SOL_SOCKET, forced, wanted)
            except PermissionError:
                self._sock.setsockopt(socket.SOL_SOCKET, plain, wanted)
        if receive:
            self._chunk_memory = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)

    # ------------------------------------------------------------------------------------------------------------ writing

    def transact(self, messages: Sequence[bytes]) -> list[Answer]:
        """Send complete messages in order, one answer per message; an error does not stop those behind it.

        Only the last message of a chunk asks for an ACK: errors are answered anyway. A chunk is bounded so that even
        an error for every message, each quoting its request, fits the receive buffer.

        Raises:
            OSError: the send itself failed (EMSGSIZE with no larger buffer to be had); earlier chunks are done.
        """
        answers = [OK] * len(messages)
        self.counters.writes += len(messages)
        for first, last in chunks(messages, self._chunk_memory):
            self._transact_chunk(messages, first, last, answers)
        return answers

    def _transact_chunk(self, messages: Sequence[bytes], first: int, last: int, answers: list[Answer]) -> None:
        base, final = self._send(messages[first:last], ack=True)
        known = base - 1  # the last seq that was answered: answers come in order, so all before it are settled
        while known < final:
            try:
                datagrams = self._receive()
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                continue  # answers were dropped; take what is queued, then nothing more will come
            if datagrams is None:
                break
            for datagram in datagrams:
                for kind, flags, seq, start, end in messages_of(datagram):
                    if not base <= seq <= final or kind != NLMSG_ERROR:
                        continue  # an echo or a late answer to an earlier, abandoned exchange
                    known = max(known, seq)
                    index = first + seq - base
                    answer = parse_error(datagram, flags, start, end, messages[index])
                    if answer.errno or answer.extack:
                        answers[index] = answer
        for index in range(first + known - base + 1, last):
            answers[index] = Answer(LOST, message=messages[index])

    # ------------------------------------------------------------------------------------------------------------ reading

    def request(self, message: bytes) -> bytes | Answer:
        """A doit GET: the payload after the nlmsghdr, or the refusal."""
        (result,) = self.requests((message,))
        return result if isinstance(result, Answer) else result[0][result[1] : result[2]]

    def requests(self, messages: Sequence[bytes]) -> list[Span | Answer]:
        """Many doit GETs, one result each; an Answer with errno LOST when nothing came."""
        results: list[Span | Answer] = []
        for first, last in chunks(messages, self._chunk_memory):
            try:
                results += self._collect(messages[first:last], None)[0]
            except receive.Truncated as cut:
                receive.grow(cut.needed)
                self._drain()
                results += self._collect(messages[first:last], None)[0]
        return results

    def dump(self, request: bytes, *, absent_ok: bool = False) -> list[bytes]:
        """The datagrams of a dump, complete and undisturbed. See :meth:`dump_spans` for the errors."""
        datagrams: dict[int, bytes] = {}
        for datagram, _, _ in self.dump_spans(request, absent_ok=absent_ok):
            datagrams[id(datagram)] = datagram
        return list(datagrams.values())

    def dump_spans(self, request: bytes, *, absent_ok: bool = False) -> list[Span]:
        """The messages of a dump.

        Args:
            request: one message with NLM_F_DUMP.
            absent_ok: ENOENT at the end (a filter names a table that does not exist) is an empty dump.

        Raises:
            KernelError: the kernel refused, in NLMSG_ERROR or in the payload of NLMSG_DONE.
            DumpInterrupted: the namespace changed during each of 10 attempts (NLM_F_DUMP_INTR).
            Overrun: ENOBUFS.
        """
        return self.get_and_dump((), request, absent_ok=absent_ok)[1]

    def get_and_dump(
        self, gets: Sequence[bytes], request: bytes, *, absent_ok: bool = False
    ) -> tuple[list[Span | Answer], list[Span]]:
        """Up to about 100 doit GETs and a dump in one send: the gets are answered before the dump begins."""
        settled: list[Span | Answer] = []
        for attempt in range(DUMP_ATTEMPTS):
            if attempt:
                self.counters.retries += 1
                # No event says that a namespace has come to rest: whoever changes it between the chunks of a dump gets out of
                # step with us by a jittered pause (1 to 48 ms), a bounded number of times.
                import random  # brings hashes along that nothing else needs

                time.sleep(random.uniform(0.5, 1.5) * 0.001 * 2 ** min(attempt, 5))
            try:
                if gets:
                    results, spans = self._collect(gets, request, absent_ok)
                else:
                    spans = self._dump(request, absent_ok)
            except receive.Truncated as cut:
                receive.grow(cut.needed)
                self._drain()
                continue
            if gets:
                settled += results
                gets = ()
            if spans is not None:
                return settled, spans
        raise DumpInterrupted(
            f"{self.name or 'this namespace'} changed during each of {DUMP_ATTEMPTS} attempts to read it",
            hint="another process keeps adding or removing links or addresses; try again when it is done",
        )

    def _dump(self, request: bytes, absent_ok: bool) -> list[Span] | None:
        """One dump and nothing else, which is nearly all of reading. None = it was interrupted."""
        self.counters.reads += 1
        self._put(numbered(request))
        spans: list[Span] = []
        self.last_dump = []
        intact = True
        unpack = NLMSG_HEADER.unpack_from
        while True:
            for datagram in self._answers(request):
                self.last_dump.append(datagram)
                position, size = 0, len(datagram)
                while position + 16 <= size:  # messages_of, inlined: this loop sees every message of every dump
                    length, kind, flags, seq, _ = unpack(datagram, position)
                    if length < 16 or position + length > size or seq != DUMP_SEQ:
                        break
                    if flags & NLM_F_DUMP_INTR:
                        intact = False
                    if kind <= NLMSG_DONE:
                        check_end(datagram, kind, flags, position + 16, position + length, request, self.name, absent_ok)
                        return spans if intact else None
                    spans.append((datagram, position + 16, position + length))
                    position += (length + 3) & ~3

    def _answers(self, request: bytes) -> list[bytes]:
        """The queued datagrams. Raises Overrun, KernelError when none comes."""
        try:
            datagrams = self._receive()
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            self._drain()
            raise Overrun(f"answers of the kernel in {self.name or 'this namespace'} were lost (ENOBUFS)") from error
        if datagrams is None:
            raise KernelError(words(request), netns=self.name)
        return datagrams

    def _collect(
        self, gets: Sequence[bytes], request: bytes | None, absent_ok: bool = False
    ) -> tuple[list[Span | Answer], list[Span] | None]:
        """Send gets and at most one dump, read until all are answered. Spans None = the dump was interrupted."""
        messages = list(gets) if request is None else [*gets, request]
        self.counters.reads += len(messages)
        base, final = self._send(messages, ack=False, dump=request is not None)
        dump_seq = DUMP_SEQ if request is not None else -1
        results: list[Span | Answer | None] = [None] * len(gets)
        missing = len(gets)
        spans: list[Span] = []
        intact, done = True, request is None
        dumped = self.last_dump = []
        while missing or not done:
            for datagram in self._answers(messages[-1]):
                position, size = 0, len(datagram)
                if NLMSG_HEADER.unpack_from(datagram)[3] == dump_seq:  # an answer never shares a datagram with another request's
                    dumped.append(datagram)
                while position + 16 <= size:
                    length, kind, flags, seq, _ = NLMSG_HEADER.unpack_from(datagram, position)
                    if length < 16 or position + length > size:
                        break
                    if seq == dump_seq:
                        if flags & NLM_F_DUMP_INTR:
                            intact = False
                        if kind > NLMSG_DONE:
                            spans.append((datagram, position + 16, position + length))
                        else:
                            done = True
                            check_end(datagram, kind, flags, position + 16, position + length, messages[-1], self.name, absent_ok)
                    elif base <= seq <= final and results[seq - base] is None:
                        span = (datagram, position + 16, position + length)
                        results[seq - base] = parse_error(datagram, flags, *span[1:], b"") if kind == NLMSG_ERROR else span
                        missing -= 1
                    position += (length + 3) & ~3
        return [Answer(LOST) if result is None else result for result in results], spans if intact else None

    # ------------------------------------------------------------------------------------------------------------- plumbing

    def _send(self, messages: Sequence[bytes], *, ack: bool, dump: bool = False) -> tuple[int, int]:
        """Number the messages and send them; returns the first and last sequence number. The last may be a dump."""
        if self._seq + len(messages) > LAST_SEQ:
            self._seq = 0
        base = self._seq + 1
        self._seq += len(messages)
        buffer = bytearray(b"".join([m if not len(m) & 3 else m + bytes(-len(m) & 3) for m in messages]))
        position = last = 0
        for seq, message in enumerate(messages, base):
            U32.pack_into(buffer, position + 8, seq)
            last = position
            position += (len(message) + 3) & ~3
        if dump:
            U32.pack_into(buffer, last + 8, DUMP_SEQ)
        if ack:
            U16.pack_into(buffer, last + 6, U16.unpack_from(buffer, last + 6)[0] | NLM_F_ACK)
        self._put(buffer)
        return base, self._seq

    def _put(self, buffer: bytes | bytearray) -> None:
        if wire.trace:
            self._trace("→", bytes(buffer))
        self.counters.bytes_out += len(buffer)
        try:
            self._sock.send(buffer)
        except OSError as error:
            if error.errno != errno.EMSGSIZE:  # netlink_sendmsg: len > sk_sndbuf - 32; nothing was processed
                raise
            self.reserve(send=2 * len(buffer) + 1024)
            self._sock.send(buffer)

    def _receive(self) -> list[bytes] | None:
        """The queued datagrams; None when none came within the time limit. OSError ENOBUFS = some were dropped."""
        receiver = receive.borrow()
        try:
            try:
                datagrams = receiver.take(self._sock.fileno())
            except BlockingIOError:
                poll = select.poll()
                poll.register(self._sock.fileno(), select.POLLIN)
                if not poll.poll(ANSWER_TIMEOUT_MS):
                    return None
                datagrams = receiver.take(self._sock.fileno())
        finally:
            receive.give_back(receiver)
        self.counters.bytes_in += sum(map(len, datagrams))
        if wire.trace:
            for datagram in datagrams:
                self._trace("←", datagram)
        return datagrams

    def _trace(self, direction: str, messages: bytes) -> None:
        if wire.trace:
            wire.trace(direction, messages)

    def _drain(self) -> None:
        """Throw away what is queued, so that the next exchange begins with an empty queue and no dump running."""
        receiver = receive.borrow()
        try:
            while True:
                with suppress(receive.Truncated):
                    try:
                        receiver.take(self._sock.fileno())
                    except BlockingIOError:
                        return
                    except OSError as error:
                        if error.errno != errno.ENOBUFS:
                            raise
        finally:
            receive.give_back(receiver)
