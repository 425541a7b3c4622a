"""prio: struct tc_prio_qopt."""

from __future__ import annotations

import struct

from nsmgr.kernel.traffic import unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from nsmgr.model.attr import Value

QOPT = struct.Struct("=i16B")  # bands, priomap
PRIOMAP = (1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1)  # tc(8)'s; the kernel has none of its own


def encode(attrs: Mapping[str, Any]) -> bytes:
    """Bands that a narrower qdisc does not have become its last one, in a map that nobody wrote."""
    bands = attrs.get("bands") or 3
    return QOPT.pack(bands, *(min(band, bands - 1) for band in attrs.get("priomap") or PRIOMAP))


def decode(options: bytes) -> dict[str, Value]:
    """Its opposite."""
    bands, *priomap = unpack(QOPT, options)
    return {"bands": bands, "priomap": tuple(priomap)}
