"""matchall: linux/pkt_cls.h, TCA_MATCHALL_*."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from nsmgr.model.attr import Value

CLASSID, ACT = 1, 2
HANDLE, SENT = 1, 1  # which entry of its pref is ours; what is asked for


def encode(attrs: Mapping[str, Any]) -> bytes:
    """Nothing to look for."""
    return b""


def decode(found: Mapping[int, bytes], protocol: int) -> dict[str, Value]:
    """Its opposite."""
    return {}
