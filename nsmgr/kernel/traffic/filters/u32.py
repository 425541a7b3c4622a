"""u32: linux/pkt_cls.h, TCA_U32_*; struct tc_u32_sel."""

from __future__ import annotations

import struct

from nsmgr.kernel.codec import attribute
from nsmgr.model.packets import key_of, key_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from nsmgr.model.attr import Value

CLASSID, ACT = 1, 7
HANDLE, SENT = 0x800, 0x800  # the first entry of its hash table; the kernel puts the table's number before it
HASH, LINK, SEL, DIVISOR, MARK = 2, 3, 5, 4, 10
HEAD = struct.Struct("=BBBx2sHhh4s")  # flags, offshift, nkeys, offmask, off, offoff, hoff, hmask
OFFSETS = struct.Struct("=ii")
TERMINAL = 1


def encode(attrs: Mapping[str, Any]) -> bytes:
    """The selector; it ends the search where something is done with the packet (TC_U32_TERMINAL)."""
    keys = [key_of(text) for text in attrs.get("match") or ()]
    said = HEAD.pack(TERMINAL, 0, len(keys), b"\0\0", 0, 0, 0, bytes(4))
    for offset, value, mask in keys:
        said += struct.pack(">II", mask, value) + OFFSETS.pack(offset, 0)
    return attribute(SEL, said)


def decode(found: Mapping[int, bytes], protocol: int) -> dict[str, Value]:
    """Its opposite; what jumps to other tables or looks at marks is not ours to say."""
    payload = found.get(SEL, b"")
    if len(payload) < HEAD.size or found.keys() & {LINK, MARK}:
        return {"action": "?u32"}
    flags, offshift, count, offmask, off, offoff, hoff, hmask = HEAD.unpack_from(payload)
    if flags & ~TERMINAL or offshift or offoff or off or hoff or any(offmask) or any(hmask):
        return {"action": "?u32"}
    keys = []
    for position in range(HEAD.size, min(HEAD.size + 16 * count, len(payload) - 15), 16):
        mask, value = struct.unpack_from(">II", payload, position)
        offset, each = OFFSETS.unpack_from(payload, position + 8)
        if each:
            return {"action": "?u32"}
        keys.append((offset, value & mask, mask))
    return {"match": tuple(key_text(key) for key in sorted(keys))}
