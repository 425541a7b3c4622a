"""Waiting until deleted namespaces are really destroyed. No sleep loop: the kernel says so.

What there is to see of a namespace's death is RTM_DELNSID (group RTNLGRP_NSID), sent to every namespace that had an id for
it when cleanup_net() begins; the devices go afterwards. cleanup_net() is one work item on a queue of its own, so a
*sentinel*, an anonymous namespace dropped after the last RTM_DELNSID arrived, is only begun with when that run has ended:
its own RTM_DELNSID means that the devices of all the others are gone. That costs one namespace, however many die.
"""

from __future__ import annotations

import errno
import os
import select
import struct
import time
from collections.abc import Mapping

from nsmgr.kernel import libc, netns, receive
from nsmgr.kernel.messages import decode_nsid, getnsid_request
from nsmgr.kernel.rtnl import Answer, RtnlSocket, messages_of
from nsmgr.kernel.wire import NLM_F_DUMP, NLM_F_REQUEST, NLMSG_HEADER

RTM_NEWNSID, RTM_DELNSID, RTM_GETNSID = 88, 89, 90
RTNLGRP_NSID = 28
NETNSA_NSID, NETNSA_FD = 1, 3
EVENT_BUFFER = 4 << 20  # an RTM_DELNSID takes 832 bytes of it


def newnsid_request(fd: int) -> bytes:
    """RTM_NEWNSID: let the receiver's namespace have the next free id for the namespace behind ``fd``."""
    body = struct.pack("=B3xHHiHHI", 0, 8, NETNSA_NSID, -1, 8, NETNSA_FD, fd)
    return NLMSG_HEADER.pack(16 + len(body), RTM_NEWNSID, NLM_F_REQUEST, 0, 0) + body


class DeathWatch:
    """Sees namespaces die. Opened before they are unnamed: :meth:`announce` them first, then :meth:`wait`.

    Args:
        requests: the host namespace's socket; ids are asked for and given on it.
        events: another socket of the host namespace, not used for anything else.
    """

    def __init__(self, requests: RtnlSocket, events: RtnlSocket) -> None:
        self._requests, self._events = requests, events
        self._names: dict[int, str] = {}
        events.reserve(receive=EVENT_BUFFER)
        events.subscribe(RTNLGRP_NSID)

    def close(self) -> None:
        self._events.close()

    def announce(self, descriptors: Mapping[str, int]) -> None:
        """Make the deaths of these namespaces visible: give those an id that have none here (an id does not pin)."""
        ids = self._ids(descriptors)
        nameless = {name: fd for name, fd in descriptors.items() if ids.get(name, -1) < 0}
        if nameless:
            self._requests.transact([newnsid_request(fd) for fd in nameless.values()])
            ids |= self._ids(nameless)
        self._names.update((nsid, name) for name, nsid in ids.items() if nsid >= 0)

    def _ids(self, descriptors: Mapping[str, int]) -> dict[str, int]:
        results = self._requests.requests([getnsid_request(fd) for fd in descriptors.values()])
        return {
            name: decode_nsid(*result) for name, result in zip(descriptors, results, strict=True) if not isinstance(result, Answer)
        }

    def wait(self, names: set[str], timeout: float) -> set[str]:
        """Wait at most ``timeout`` seconds until the announced ones among ``names`` are destroyed; returns those that are not."""
        deadline = time.monotonic() + timeout
        announced = names & set(self._names.values())
        if not announced:
            return set()
        alive = self._until(announced, deadline)
        if alive:
            return alive
        sentinel = self._sentinel()
        if sentinel and self._until({sentinel}, deadline):
            return announced  # begun to die, but not known to have ended
        return set()

    def _until(self, names: set[str], deadline: float) -> set[str]:
        poll = select.poll()
        poll.register(self._events.fileno(), select.POLLIN)
        while names & set(self._names.values()):
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                break
            self._read_events()
        return names & set(self._names.values())

    def _read_events(self) -> None:
        receiver = receive.borrow()
        try:
            datagrams = receiver.take(self._events.fileno())
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            self._resync()
            return
        finally:
            receive.give_back(receiver)
        for datagram in datagrams:
            for kind, _, _, start, end in messages_of(datagram):
                if kind == RTM_DELNSID:
                    self._names.pop(decode_nsid(datagram, start, end), None)

    def _resync(self) -> None:
        """Events were lost: an id that is not in use any more belonged to a namespace that is gone."""
        request = NLMSG_HEADER.pack(20, RTM_GETNSID, NLM_F_REQUEST | NLM_F_DUMP, 0, 0) + bytes(4)
        used = {decode_nsid(*span) for span in self._requests.dump_spans(request)}
        for nsid in self._names.keys() - used:
            del self._names[nsid]

    def _sentinel(self) -> str:
        """Make and drop an anonymous namespace; returns its name in the books, "" when it could not be made."""

        def work() -> int:
            libc.unshare(libc.CLONE_NEWNET)
            return os.open(netns.OWN, os.O_RDONLY | os.O_CLOEXEC)

        name = "\0sentinel"  # no file name, so no namespace's name
        try:
            fd = netns.in_thread(work)
        except OSError:
            return ""
        try:
            self.announce({name: fd})
        finally:
            os.close(fd)
        return name if name in self._names.values() else ""
