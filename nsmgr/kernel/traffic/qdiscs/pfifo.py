"""pfifo: struct tc_fifo_qopt."""

from __future__ import annotations

from nsmgr.kernel.traffic import U32, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from nsmgr.model.attr import Value


def encode(attrs: Mapping[str, Any]) -> bytes:
    """Without a limit nothing: the kernel takes the link's txqlen (fifo_init)."""
    return b"" if attrs.get("limit") is None else U32.pack(attrs["limit"])


def decode(options: bytes) -> dict[str, Value]:
    """Its opposite."""
    return {"limit": unpack(U32, options)[0]}
