"""How long random tests may search: `make check` looks for a moment, `make test` and CI in earnest (NSMGR_THOROUGH=1)."""

from __future__ import annotations

import os

THOROUGH = os.environ.get("NSMGR_THOROUGH") == "1"
# Every point of the sweeps in tests/reliability, minutes: `make reliability`.
EXHAUSTIVE = os.environ.get("NSMGR_RELIABILITY") == "1"


def examples(number: int) -> int:
    """``number`` in earnest, a tenth of it (at least 10) else."""
    return number if THOROUGH else max(10, number // 10)


def searched(number: int) -> int:
    """As ``examples``, of searches so deep that what they find is found by chance: ``number`` with `make reliability` only."""
    return number if EXHAUSTIVE else max(10, number // 10)
