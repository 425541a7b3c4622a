"""Mutations without a guide, for the few seconds of every test run, and for where atheris does not install."""

from __future__ import annotations

import random
import struct
import time

from tests.fuzz.targets import Target

NUMBERS = (0, 1, 2, 3, 4, 5, 7, 8, 0x7F, 0x80, 0xFF, 0x100, 0x3FFF, 0x4000, 0x7FFF, 0x8000, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1)


def mutated(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """One to four changes: bits, lengths, numbers, pieces taken out, doubled, or from elsewhere."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(made) + 1)
        match chance.randrange(7):
            case 0 if at < len(made):
                made[at] ^= 1 << chance.randrange(8)
            case 1:
                number = chance.choice(NUMBERS)
                made[at : at + 2] = struct.pack("=H", number & 0xFFFF)
            case 2:
                at &= ~3
                made[at : at + 4] = struct.pack("=I", chance.choice(NUMBERS))
            case 3:
                del made[at : at + chance.choice((1, 2, 4, 8, 16, 64))]
            case 4:
                made[at:at] = made[at : at + chance.choice((1, 4, 8, 32))]
            case 5:
                other = chance.choice(others)
                start = chance.randrange(len(other) + 1)
                made[at : at + chance.choice((0, 4, 16))] = other[start : start + chance.choice((1, 4, 12, 40))]
            case _:
                del made[at:]
    return bytes(made)


def run(target: Target, seconds: float, seed: int = 0) -> tuple[int, bytes | None, BaseException | None]:
    """(inputs tried, the one that broke it, how)."""
    chance, seeds = random.Random(seed), target.seeds()
    deadline, tried, data = time.monotonic() + seconds, 0, b""
    try:
        while time.monotonic() < deadline:
            data = mutated(chance.choice(seeds), chance, seeds)
            target(data)
            tried += 1
    except Exception as error:
        return tried, data, error
    return tried, None, None
