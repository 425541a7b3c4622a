"""Receiving netlink datagrams: one recvmmsg(2) takes all that are queued, into buffers reused for the process's life.

A dump costs two system calls (send, receive) instead of one per 32 KiB datagram plus one for NLMSG_DONE: every receive
inside recvmmsg makes the kernel fill the next datagram (netlink_recvmsg → netlink_dump).
"""

from __future__ import annotations

import _socket as socket  # the socket module itself brings enumerations and selectors: 5 ms that netlink has no use for
import ctypes
import struct

from nsmgr.kernel import libc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

# The kernel sizes dump datagrams after the largest buffer ever passed to recv (nlk->max_recvmsg_len, at most 32 KiB):
# one constant size, and never smaller than that cap, or a later datagram is cut silently.
BUFFER_SIZE = 64 * 1024
SLOTS = 8

_U32 = struct.Struct("=I")
_SOCKADDR_NL = struct.Struct("=HHII")
_FLAGS = socket.MSG_DONTWAIT | socket.MSG_TRUNC  # MSG_TRUNC: report the real length, so that a cut is noticed


class _Iovec(ctypes.Structure):
    _fields_: ClassVar = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class _Msghdr(ctypes.Structure):
    _fields_: ClassVar = [
        ("name", ctypes.c_void_p),
        ("namelen", ctypes.c_uint32),
        ("iov", ctypes.c_void_p),
        ("iovlen", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("controllen", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    ]


class _Mmsghdr(ctypes.Structure):
    _fields_: ClassVar = [("header", _Msghdr), ("length", ctypes.c_uint32)]


_STRIDE = ctypes.sizeof(_Mmsghdr)
_LENGTH_AT = _Mmsghdr.length.offset


class Truncated(Exception):
    """A datagram was longer than its buffer; ``needed`` is its length in bytes."""

    def __init__(self, needed: int) -> None:
        super().__init__(needed)
        self.needed = needed


class Receiver:
    """A set of buffers. Used by one thread at a time: :func:`borrow` and :func:`give_back`."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._data = bytearray(size * SLOTS)
        self._names = bytearray(_SOCKADDR_NL.size * SLOTS)
        data = ctypes.addressof(ctypes.c_char.from_buffer(self._data))
        names = ctypes.addressof(ctypes.c_char.from_buffer(self._names))
        self._iovecs = (_Iovec * SLOTS)()
        headers = (_Mmsghdr * SLOTS)()
        for slot in range(SLOTS):
            self._iovecs[slot].base = data + slot * size
            self._iovecs[slot].length = size
            header = headers[slot].header
            header.name = names + slot * _SOCKADDR_NL.size
            header.namelen = _SOCKADDR_NL.size  # the kernel writes back the same number: set once
            header.iov = ctypes.addressof(self._iovecs) + slot * ctypes.sizeof(_Iovec)
            header.iovlen = 1
        self._headers = headers
        self._address = ctypes.addressof(headers)
        self._results = memoryview(headers).cast("B")
        self._view = memoryview(self._data)

    def take(self, fd: int) -> list[bytes]:
        """The datagrams queued on the socket, at most SLOTS of them; raises BlockingIOError when there is none.

        Datagrams another process sent (CAP_NET_ADMIN in the namespace suffices for a unicast) are dropped: the kernel is
        port 0. Raises :class:`Truncated` after taking everything of this call off the queue, OSError ENOBUFS on overrun.
        """
        filled = libc.recvmmsg(fd, self._address, SLOTS, _FLAGS)
        datagrams = []
        longest = 0
        for slot in range(filled):
            (length,) = _U32.unpack_from(self._results, slot * _STRIDE + _LENGTH_AT)
            if _U32.unpack_from(self._names, slot * _SOCKADDR_NL.size + 4)[0]:
                continue
            if length > self.size:
                longest = max(longest, length)
            start = slot * self.size
            datagrams.append(bytes(self._view[start : start + min(length, self.size)]))
        if longest:
            raise Truncated(longest)
        return datagrams


_idle: list[Receiver] = []


def borrow() -> Receiver:
    """A receiver no other thread uses; list.pop and list.append are atomic, so no lock."""
    try:
        receiver = _idle.pop()
    except IndexError:
        return Receiver(BUFFER_SIZE)
    return receiver if receiver.size >= BUFFER_SIZE else Receiver(BUFFER_SIZE)


def give_back(receiver: Receiver) -> None:
    _idle.append(receiver)


def grow(needed: int) -> None:
    """From now on use buffers of at least ``needed`` bytes, rounded up to 64 KiB."""
    global BUFFER_SIZE
    BUFFER_SIZE = max(BUFFER_SIZE, -(-needed // 65536) * 65536)
