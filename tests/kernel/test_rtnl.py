"""The rtnetlink socket against a real kernel: verdicts, dumps, and everything that can go wrong with either."""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Callable

import pytest

from nsmgr.errors import DumpInterrupted, KernelError, Overrun
from nsmgr.kernel import libc, netns, receive, wire
from nsmgr.kernel.rtnl import LOST, Answer, RtnlSocket, messages_of
from nsmgr.kernel.wire import IFINFOMSG, NLMSG_HEADER, get_link

CREATE, EXCL, DUMP = 0x400, 0x200, 0x300
NEWLINK, DELLINK, NEWADDR, GETROUTE, SETLINK = 16, 17, 20, 26, 19
IFNAME, MTU, LINKINFO, KIND, DATA, ALIAS = 3, 4, 18, 1, 2, 20


def attr(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) & 3)


def message(kind: int, flags: int, body: bytes) -> bytes:
    return NLMSG_HEADER.pack(16 + len(body), kind, 1 | flags, 0, 0) + body


def ifb(name: str, index: int = 0, extra: bytes = b"") -> bytes:
    body = IFINFOMSG.pack(0, 0, index, 0, 0) + attr(IFNAME, name.encode() + b"\0")
    return message(NEWLINK, CREATE | EXCL, body + attr(LINKINFO, attr(KIND, b"ifb\0")) + extra)


def mtu(index: int, value: int, extra: bytes = b"") -> bytes:
    return message(SETLINK, 0, IFINFOMSG.pack(0, 0, index, 0, 0) + extra + attr(MTU, struct.pack("=I", value)))


def address(index: int, host: int) -> bytes:
    body = struct.pack("=BBBBi", 2, 32, 0, 0, index) + attr(2, struct.pack("!I", 0x0A000000 + host))
    return message(NEWADDR, CREATE | EXCL, body)


def names(opened: RtnlSocket) -> set[bytes]:
    found = set()
    for datagram, start, end in opened.dump_spans(get_link()):
        at = start + 16
        while at < end:
            length, kind = struct.unpack_from("=HH", datagram, at)
            if kind == IFNAME:
                found.add(datagram[at + 4 : at + length - 1])
            at += (length + 3) & ~3
    return found


class Disturbed(RtnlSocket):
    """Something else happens in the namespace between a request and the reading of its answer, ``times`` times."""

    __slots__ = ("disturb", "times")

    def __init__(self, disturb: Callable[[int], None], times: int) -> None:
        super().__init__("disturbed")
        self.disturb, self.times = disturb, times

    def _receive(self) -> list[bytes] | None:
        if self.times:
            self.times -= 1
            self.disturb(self.times)
        return super()._receive()


def same_namespace(opened: RtnlSocket, make: Callable[[], RtnlSocket]) -> RtnlSocket:
    """Another socket in the namespace of the first."""
    import fcntl

    fd = fcntl.ioctl(opened.fileno(), netns.SIOCGSKNS)

    def work() -> RtnlSocket:
        libc.setns(fd)
        return make()

    try:
        return netns.in_thread(work)
    finally:
        os.close(fd)


def test_an_error_in_the_middle_stops_nothing_and_is_told_apart(scratch: RtnlSocket) -> None:
    answers = scratch.transact([ifb("a", 10), mtu(10, 70000), mtu(10, 0xFFFFFFFF), ifb("a", 12), mtu(10, 1400), ifb("b", 11)])
    assert [answer.errno for answer in answers] == [0, 0, errno.EINVAL, errno.EEXIST, 0, 0]
    assert answers[2].extack == "mtu less than device minimum" or answers[2].extack == ""
    assert answers[3].message == ifb("a", 12)
    assert names(scratch) == {b"lo", b"a", b"b"}


def test_extack_and_offset(scratch: RtnlSocket) -> None:
    bad = message(SETLINK, 0, IFINFOMSG.pack(0, 0, 1, 0, 0) + attr(MTU, b"\1\2"))
    (answer,) = scratch.transact([bad])
    assert answer.errno == errno.ERANGE
    assert answer.extack == "Attribute failed policy validation"
    assert answer.offset == 32  # behind nlmsghdr and ifinfomsg
    unknown = message(NEWLINK, CREATE | EXCL, IFINFOMSG.pack(0, 0, 0, 0, 0) + attr(LINKINFO, attr(KIND, b"nonesuch\0")))
    assert scratch.transact([unknown]) == [Answer(errno.EOPNOTSUPP, "Unknown device type", 0, unknown)]


def test_more_messages_than_answers_fit_the_buffer(scratch: RtnlSocket) -> None:
    """256 acknowledgements fill the default receive buffer; here every third of 1500 messages fails, quoting its request."""
    assert not scratch.transact([ifb("a", 10)])[0].errno
    batch = [address(99 if n % 3 == 0 else 10, n) for n in range(1500)]
    answers = scratch.transact(batch)
    assert [answer.errno for answer in answers] == [errno.ENODEV if n % 3 == 0 else 0 for n in range(1500)]


def test_all_fail_with_long_requests(scratch: RtnlSocket) -> None:
    answers = scratch.transact([mtu(99, 1400, attr(ALIAS, b"x" * 250)) for _ in range(1000)])
    assert {answer.errno for answer in answers} == {errno.ENODEV}


def test_a_message_beyond_the_send_buffer(scratch: RtnlSocket) -> None:
    huge = mtu(99, 1400, b"".join(attr(200, bytes(60000)) for _ in range(5)))
    assert [answer.errno for answer in scratch.transact([ifb("a"), huge, ifb("b")])] == [0, errno.ENODEV, 0]


def test_lost_answers_are_unknown_not_success(scratch: RtnlSocket, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch.reserve(receive=2304)
    monkeypatch.setattr(scratch, "_chunk_memory", 1 << 30)
    monkeypatch.setattr("nsmgr.kernel.rtnl.ANSWER_TIMEOUT_MS", 1)
    answers = scratch.transact([address(99, n) for n in range(50)] + [ifb("done")])
    numbers = [answer.errno for answer in answers]
    assert numbers[0] == errno.ENODEV
    assert numbers[-1] == LOST
    assert set(numbers) == {errno.ENODEV, LOST}
    assert b"done" in names(scratch)  # carried out all the same; and the socket is usable again


def test_dump_is_one_receive_for_many_datagrams(scratch: RtnlSocket) -> None:
    scratch.transact([ifb(f"a{n}", 100 + n) for n in range(60)])
    datagrams = scratch.dump(get_link())
    assert len(datagrams) > 1
    assert sum(1 for datagram in datagrams for kind, *_ in messages_of(datagram) if kind == NEWLINK) == 61
    assert len(names(scratch)) == 61


def test_error_in_the_done_message(scratch: RtnlSocket) -> None:
    scratch.strict()
    filtered = NLMSG_HEADER.pack(32, wire.RTM_GETLINK, 1 | DUMP, 0, 0) + IFINFOMSG.pack(0, 0, 5, 0, 0)
    with pytest.raises(KernelError) as caught:
        scratch.dump(filtered)
    assert caught.value.errno == errno.EINVAL
    assert caught.value.extack == "Filter by device index not supported for link dumps"
    assert caught.value.netns == "scratch"


def test_absent_table_is_an_error_or_empty(scratch: RtnlSocket) -> None:
    scratch.strict()
    body = struct.pack("=BBBBBBBBI", 2, 0, 0, 0, 0, 0, 0, 0, 0) + attr(15, struct.pack("=I", 4711))
    request = message(GETROUTE, DUMP, body)
    with pytest.raises(KernelError) as caught:
        scratch.dump(request)
    assert caught.value.errno == errno.ENOENT
    assert scratch.dump(request, absent_ok=True) == []


def test_refused_dump(scratch: RtnlSocket) -> None:
    with pytest.raises(KernelError) as caught:
        scratch.dump(message(114, DUMP, bytes(8)))  # RTM_GETVLAN for AF_UNSPEC: nobody answers it
    assert caught.value.errno == errno.EOPNOTSUPP


@pytest.mark.parametrize("times", [1, 3])
def test_interrupted_dump_is_repeated(scratch: RtnlSocket, times: int) -> None:
    """A link that appears between two parts of a dump: NLM_F_DUMP_INTR on one message of the later part."""
    scratch.transact([ifb(f"a{n}", 100 + n) for n in range(60)])
    disturbed = same_namespace(scratch, lambda: Disturbed(lambda n: void(scratch.transact([ifb(f"new{n}")])), times))
    try:
        found = names(disturbed)
        assert disturbed.counters.retries == times
        assert len(found) == 61 + times
    finally:
        disturbed.close()


def void(_: object) -> None:
    pass


def test_interrupted_every_time(scratch: RtnlSocket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nsmgr.kernel.rtnl.time.sleep", void)
    scratch.transact([ifb(f"a{n}", 100 + n) for n in range(60)])
    disturbed = same_namespace(scratch, lambda: Disturbed(lambda n: void(scratch.transact([ifb(f"new{n}")])), 100))
    try:
        with pytest.raises(DumpInterrupted, match="changed during each of 10 attempts"):
            names(disturbed)
    finally:
        disturbed.close()


def test_overrun_during_a_dump(scratch: RtnlSocket) -> None:
    """Events overflow a socket that is also used for reading (nsmgr never does that): loss is noticed, not passed over."""
    listener = same_namespace(scratch, lambda: Disturbed(lambda n: void(scratch.transact([ifb(f"n{i}") for i in range(9)])), 1))
    try:
        listener.reserve(receive=2304)
        listener.subscribe(1)
        with pytest.raises(Overrun):
            listener.requests([message(18, 0, IFINFOMSG.pack(0, 0, 1, 0, 0))] * 20)
        assert len(names(listener)) == 10
    finally:
        listener.close()


def test_truncated_datagrams_grow_the_buffer(scratch: RtnlSocket, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch.transact([ifb(f"a{n}", 100 + n) for n in range(20)])
    monkeypatch.setattr(receive, "BUFFER_SIZE", 2048)
    monkeypatch.setattr(receive, "_idle", [])
    assert len(names(scratch)) == 21
    assert receive.BUFFER_SIZE == 65536
    assert scratch.counters.retries


def test_forged_answers_are_dropped(scratch: RtnlSocket) -> None:
    """Whoever has CAP_NET_ADMIN in the namespace may send to our port; only the kernel's is 0."""
    assert scratch.request(message(18, 0, IFINFOMSG.pack(0, 0, 1, 0, 0)))
    own = socket.socket(fileno=os.dup(scratch.fileno()))
    port = own.getsockname()[0]
    own.close()
    forger = same_namespace(scratch, lambda: RtnlSocket("forger"))
    try:
        raw = socket.socket(fileno=os.dup(forger.fileno()))
        forged = NLMSG_HEADER.pack(36, 2, 0, 2, 0) + struct.pack("=i", -errno.EPERM) + bytes(16)
        raw.sendto(forged, (port, 0))
        raw.close()
        assert scratch.transact([ifb("a")]) == [Answer()]
    finally:
        forger.close()


def test_sequence_numbers_wrap(scratch: RtnlSocket) -> None:
    scratch._seq = 0xFFFFFFFE
    assert [answer.errno for answer in scratch.transact([ifb("a"), ifb("a"), ifb("b")])] == [0, errno.EEXIST, 0]


def test_trace(scratch: RtnlSocket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(wire, "trace", wire.trace_to_stderr)
    scratch.transact([ifb("a"), mtu(99, 1400)])
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["nl", "→", "RTM_NEWLINK"],
        ["nl", "→", "RTM_SETLINK"],
        ["nl", "←", "NLMSG_ERROR"],
    ]
