"""sfq: struct tc_sfq_qopt_v1."""

from __future__ import annotations

import struct

from nsmgr.kernel.traffic import unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from nsmgr.model.attr import Value

QOPT = struct.Struct("=IiIIIII44x")  # quantum, perturb_period, limit, divisor, flows, depth, headdrop; RED and its statistics
SECOND = 10**9


def encode(attrs: Mapping[str, Any]) -> bytes:
    """Zero is the kernel's default, but for the period."""
    numbers = [attrs.get(name) or 0 for name in ("limit", "divisor", "flows", "depth")]
    return QOPT.pack(attrs.get("quantum") or 0, (attrs.get("perturb") or 0) // SECOND, *numbers, 0)


def decode(options: bytes) -> dict[str, Value]:
    """Its opposite."""
    quantum, perturb, limit, divisor, flows, depth, _ = unpack(QOPT, options)
    return {
        "limit": limit,
        "quantum": quantum,
        "perturb": perturb * SECOND,
        "flows": flows,
        "divisor": divisor,
        "depth": depth,
    }
