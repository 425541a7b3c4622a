"""Tables for netem's delay distribution (TCA_NETEM_DELAY_DIST): the inverse of the distribution function, in steps of equal

probability; each entry is a deviation from the mean in standard deviations, times 8192 (NETEM_DIST_SCALE).
"""

from __future__ import annotations

import struct
from math import sqrt
from statistics import NormalDist

from nsmgr.light import cache

ENTRIES = 4096
SCALE = 8192
SHAPE = 3.0  # Pareto's exponent: the smallest whole one that has a variance
MEAN, DEVIATION = SHAPE / (SHAPE - 1), sqrt(SHAPE / ((SHAPE - 1) ** 2 * (SHAPE - 2)))


def normal(probability: float) -> float:
    """Gauss."""
    return NormalDist().inv_cdf(probability)


def pareto(probability: float) -> float:
    """Many a little early, few very late."""
    late: float = (1 - probability) ** (-1 / SHAPE)
    return (late - MEAN) / DEVIATION


def paretonormal(probability: float) -> float:
    """A quarter of the one, three quarters of the other: what was measured in the Internet, says netem's author."""
    return 0.25 * normal(probability) + 0.75 * pareto(probability)


@cache
def table(name: str) -> bytes:
    """The table as it is sent; what a 16-bit number cannot hold (four deviations) is cut off, as in tc(8)'s."""
    function = {"normal": normal, "pareto": pareto, "paretonormal": paretonormal}[name]
    entries = [round(function((position + 0.5) / ENTRIES) * SCALE) for position in range(ENTRIES)]
    return struct.pack(f"={ENTRIES}h", *(max(-0x8000, min(entry, 0x7FFF)) for entry in entries))
