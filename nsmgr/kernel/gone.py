"""Waiting until deleted namespaces are really destroyed. No sleep loop: the kernel says so.

A namespace whose last reference went is put on a list. cleanup_net(), one work item of a queue of its own, takes the whole
list and destroys what is on it together: first their ids in other namespaces (RTM_DELNSID), then their devices
(RTM_DELLINK), then the rest. Two namespaces of our own, without names, make that visible and disturb nobody:

* The *witness* has an id for each of the doomed (RTM_NEWNSID; an id does not keep a namespace alive). An id that is still
  in use belongs to a namespace that somebody else holds.
* The *sentinel* has one end of a veth pair, the witness the other. It is dropped after all the doomed, so it dies in the
  same run of cleanup_net() as the last of them or in a later one, and RTM_DELLINK of the far end comes when all devices
  of that run are off the lists. The list is last in, first out: the other devices' notifications, which take with them
  what was built on top of them elsewhere, come after ours, under the same RTNL. Whoever gets RTNL then is after the end.

RTM_DELNSID alone would come ten times too early for 1000 namespaces. Design: docs/design/007-teardown.md.
"""

from __future__ import annotations

import _socket
import errno
import os
import select
import struct
import time

from nsmgr.kernel import libc, netns, receive
from nsmgr.kernel.descriptors import let_go
from nsmgr.kernel.rtnl import Answer, RtnlSocket, messages_of
from nsmgr.kernel.wire import IFINFOMSG, NLM_F_DUMP, NLM_F_REQUEST, NLMSG_HEADER, RTM_DELLINK, RTM_NEWLINK, get_link

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

RTM_SETLINK, RTM_NEWNSID, RTM_DELNSID, RTM_GETNSID = 19, 88, 89, 90
RTNLGRP_LINK, RTNLGRP_NSID = 1, 28
NETNSA_NSID, NETNSA_FD = 1, 3
NLM_F_EXCL, NLM_F_CREATE = 0x200, 0x400
IFLA_LINKINFO, IFLA_INFO_KIND, IFLA_INFO_DATA, VETH_INFO_PEER = 18, 1, 2, 1
IFLA_NET_NS_FD, IFLA_NUM_TX_QUEUES, IFLA_NUM_RX_QUEUES = 28, 31, 32
EVENT_BUFFER = 4 << 20  # an RTM_DELNSID takes 832 bytes of it
SENTINEL = "\0sentinel"  # in the books; no file has such a name
PATIENCE = 0.1  # seconds before others are said to hold one: sockets and processes that have just ended let go late
NOBODY = 0x7FFFFFFF  # an interface index that is never used

_ATTRIBUTE = struct.Struct("=HH")
_NSID = struct.Struct("=B3xHHiHHI")  # struct rtgenmsg, NETNSA_NSID, NETNSA_FD


def newnsid_request(nsid: int, fd: int) -> bytes:
    """RTM_NEWNSID: let the receiver's namespace have this id for the namespace behind ``fd``."""
    return NLMSG_HEADER.pack(16 + _NSID.size, RTM_NEWNSID, NLM_F_REQUEST, 0, 0) + _NSID.pack(
        0, 8, NETNSA_NSID, nsid, 8, NETNSA_FD, fd
    )


def veth_request(index: int, fd: int) -> bytes:
    """RTM_NEWLINK: a veth pair, the end with this index here, the other in the namespace behind ``fd``; names by the kernel.

    One queue each way: with more, the making sleeps for an RCU grace period an end.
    """
    one = (1).to_bytes(4, "little")
    queues = _attribute(IFLA_NUM_TX_QUEUES, one) + _attribute(IFLA_NUM_RX_QUEUES, one)
    peer = IFINFOMSG.pack(0, 0, 0, 0, 0) + _attribute(IFLA_NET_NS_FD, struct.pack("=I", fd)) + queues
    data = _attribute(IFLA_INFO_DATA, _attribute(VETH_INFO_PEER, peer))
    body = IFINFOMSG.pack(0, 0, index, 0, 0) + queues + _attribute(IFLA_LINKINFO, _attribute(IFLA_INFO_KIND, b"veth") + data)
    return NLMSG_HEADER.pack(16 + len(body), RTM_NEWLINK, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL, 0, 0) + body


def _attribute(kind: int, payload: bytes) -> bytes:
    return _ATTRIBUTE.pack(4 + len(payload), kind) + payload + bytes(-len(payload) & 3)


def nsid_of(datagram: bytes, start: int, end: int) -> int:
    """The id in RTM_NEWNSID or RTM_DELNSID, -1 without one; start, end: the payload, struct rtgenmsg first."""
    position = start + 4
    while position + 8 <= end:
        length, kind = _ATTRIBUTE.unpack_from(datagram, position)
        if kind == NETNSA_NSID and length == 8:
            return int(struct.unpack_from("=i", datagram, position + 4)[0])
        if length < 4:
            break
        position += (length + 3) & ~3
    return -1


class DeathWatch:
    """Sees namespaces die. :meth:`expect` them, unname them, :meth:`release`, then :meth:`wait`.

    Raises OSError when no namespace can be made (EPERM without CAP_SYS_ADMIN, ENOSPC at the limit of the user).
    """

    def __init__(self) -> None:
        def work() -> tuple[RtnlSocket, RtnlSocket]:
            libc.unshare(libc.CLONE_NEWNET)
            requests = RtnlSocket()
            try:
                return requests, RtnlSocket()
            except BaseException:
                requests.close()
                raise

        self._requests, self._events = netns.in_thread(work)
        self._names: dict[int, str] = {}  # by id in the witness: expected, and RTM_DELNSID has not come
        self._dying: set[str] = set()  # it has, but the end is not known
        self._ending: set[str] = set()  # those of them that the sentinel's run, or one before it, destroys
        self._next_id = 0
        self._next_far = 2  # interface index of the far end of the next sentinel; 1 is lo
        self._far = 0  # that of the last one, 0 without one
        self._far_gone = True
        self._sentinel = -1  # a descriptor that holds it
        try:
            self._events.reserve(receive=EVENT_BUFFER)
            self._events.subscribe(RTNLGRP_NSID)
            self._events.subscribe(RTNLGRP_LINK)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self.release()
        self._requests.close()
        self._events.close()

    def expect(self, descriptors: Mapping[str, int], sockets: bool = False) -> None:
        """These are about to be unnamed. The descriptors may be closed afterwards; one that is no namespace is passed over.

        sockets: netlink sockets in them are closed only just before :meth:`release`. They let go of their namespaces after
        an RCU grace period, and so will the sentinel then, to be neither a run earlier than the doomed nor a run later.

        Makes the sentinel as well: later cleanup_net() would hold RTNL for long at a time.
        """
        answers = self._requests.transact([newnsid_request(self._next_id + n, fd) for n, fd in enumerate(descriptors.values())])
        for name, answer in zip(descriptors, answers, strict=True):
            if not answer.errno:
                self._names[self._next_id] = name
            self._next_id += 1
        if self._sentinel < 0:
            self._make_sentinel(sockets)

    def release(self, held: Iterable[int] = ()) -> None:
        """All that was expected is unnamed: let go of these descriptors and of the sentinel, in as short a time as can be.

        It takes 40 µs from the first death until cleanup_net() looks at the list: what is late by more is in for a second run.
        """
        let_go([*held, self._sentinel] if self._sentinel >= 0 else held)
        self._sentinel = -1

    def wait(self, names: Iterable[str], timeout: float, held: Callable[[list[str]], None] | None = None) -> set[str]:
        """Wait at most ``timeout`` seconds until the expected ones among ``names`` are destroyed; returns those that are not.

        held: told once, before waiting for others, which of them others hold: processes, sockets, mounts elsewhere.
        """
        names = set(names)
        deadline = time.monotonic() + timeout
        while names & self._unfinished() and self._run_ended(deadline):
            self._dying -= self._ending
            if not names & self._unfinished():
                break
            if not self._until(lambda: bool(self._dying & names), min(deadline, time.monotonic() + PATIENCE)):
                if held is not None:
                    held(sorted(names.intersection(self._names.values())))
                    held = None
                if not self._until(lambda: bool(self._dying & names), deadline):
                    break
            try:
                self._make_sentinel()
            except OSError:
                break
            self.release()
        return names & self._unfinished()

    # ------------------------------------------------------------------------------------------------------------- inside

    def _unfinished(self) -> set[str]:
        return self._dying.union(self._names.values())

    def _make_sentinel(self, socket: bool = False) -> None:
        def work() -> tuple[int, int]:
            libc.unshare(libc.CLONE_NEWNET)
            held = _socket.socket(_socket.AF_NETLINK, _socket.SOCK_RAW | _socket.SOCK_CLOEXEC, 0).detach() if socket else -1
            return os.open(netns.OWN, os.O_RDONLY | os.O_CLOEXEC), held

        fd, held = netns.in_thread(work)
        self._sentinel = fd
        pair, _ = self._requests.transact([veth_request(self._next_far, fd), newnsid_request(self._next_id, fd)])
        self._far, self._far_gone = (0, True) if pair.errno else (self._next_far, False)
        self._next_far += 1
        self._names[self._next_id] = SENTINEL
        self._next_id += 1
        if held >= 0:
            os.close(fd)
            self._sentinel = held

    def _run_ended(self, deadline: float) -> bool:
        """Wait for the end of the run of cleanup_net() that the released sentinel dies in; False = not before the deadline."""
        if self._far:
            if not self._until(lambda: self._far_gone, deadline):
                return False
            # Whatever changes links waits for RTNL; this is refused then (ENODEV).
            self._requests.transact([NLMSG_HEADER.pack(32, RTM_SETLINK, NLM_F_REQUEST, 0, 0) + IFINFOMSG.pack(0, 0, NOBODY, 0, 0)])
            return True
        # A kernel without veth. The id goes when a run begins: that of a second sentinel when the run of the first has ended.
        if not self._until(lambda: SENTINEL not in self._names.values(), deadline):
            return False
        self._ending = set(self._dying)
        self._make_sentinel()
        self.release()
        return self._until(lambda: SENTINEL not in self._names.values(), deadline)

    def _until(self, condition: Callable[[], bool], deadline: float) -> bool:
        """Read events until the condition holds; False = not before the deadline."""
        poll = select.poll()
        poll.register(self._events.fileno(), select.POLLIN)
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                return False
            self._read_events()
        return True

    def _read_events(self) -> None:
        """All that is queued. Lost ones are made up for only then: until the queue is empty, more are dropped without a word."""
        lost = False
        receiver = receive.borrow()
        try:
            while True:
                try:
                    datagrams = receiver.take(self._events.fileno())
                except BlockingIOError:
                    break
                except OSError as error:
                    if error.errno != errno.ENOBUFS:
                        raise
                    lost = True
                    continue
                for datagram in datagrams:
                    self._note(datagram)
        finally:
            receive.give_back(receiver)
        if lost:
            self._resync()

    def _note(self, datagram: bytes) -> None:
        for kind, _, _, start, end in messages_of(datagram):
            if kind == RTM_DELNSID:
                self._begun(nsid_of(datagram, start, end))
            elif kind == RTM_DELLINK and IFINFOMSG.unpack_from(datagram, start)[2] == self._far and not self._far_gone:
                self._far_gone = True
                self._ending = set(self._dying)  # their RTM_DELNSID came before: their devices are as far

    def _begun(self, nsid: int) -> None:
        name = self._names.pop(nsid, None)
        if name is not None:
            self._dying.add(name)

    def _resync(self) -> None:
        """Events were lost, and their order with them: who has begun to die is known, the next sentinel tells of the end."""
        request = NLMSG_HEADER.pack(20, RTM_GETNSID, NLM_F_REQUEST | NLM_F_DUMP, 0, 0) + bytes(4)
        used = {nsid_of(*span) for span in self._requests.dump_spans(request)}
        for nsid in self._names.keys() - used:
            self._begun(nsid)
        self._far_gone = self._far_gone or isinstance(self._requests.request(get_link(self._far)), Answer)
