"""How much goes into one send: as many messages as can all be refused without their answers overflowing the receive buffer."""

from __future__ import annotations

import _socket as socket  # see nsmgr.kernel.rtnl

from nsmgr.kernel import receive
from nsmgr.kernel.wire import CHUNK_BYTES, CHUNK_MESSAGES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_default = 0


def receive_memory(sock: socket.socket) -> int:
    """Bytes of answers a fresh socket's receive buffer holds (sk_rcvbuf); asked once, all new sockets have the same."""
    global _default
    if not _default:
        _default = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    return _default


def chunks(messages: Sequence[bytes], memory: int) -> Iterator[tuple[int, int]]:
    """[first, last) of each send. ``memory``: what the receive buffer holds, in bytes. A message too long for that goes alone."""
    first = size = taken = 0
    for position, message in enumerate(messages):
        if len(message) > CHUNK_BYTES // 2:
            receive.grow(len(message) + 4096)  # an error quotes the whole request
        need = _answer_memory(len(message))
        full = size + len(message) > CHUNK_BYTES or position - first == CHUNK_MESSAGES or taken + need > memory
        if full and position > first:
            yield first, position
            first, size, taken = position, 0, 0
        size += len(message)
        taken += need
    if first < len(messages):
        yield first, len(messages)


def _answer_memory(length: int) -> int:
    """What an error answer to a message of ``length`` bytes takes from the receive buffer (skb->truesize), rounded up.

    sk_buff and skb_shared_info are about 600 bytes; the data is the quoted request plus the extack texts, in a
    power-of-two slab object. An ACK alone is 832: 256 of them fill the default buffer.
    """
    data = 320 + 36 + length + 160
    return 320 + (1 << (data - 1).bit_length())
