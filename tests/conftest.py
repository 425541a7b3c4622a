"""Options of the whole suite."""

from __future__ import annotations

import base64
import os

import pytest

# configs/wireguard.yaml has the public keys of the first two
KEYS = {name: bytes(range(at, at + 32)) for name, at in (("EAST_KEY", 0), ("WEST_KEY", 32), ("SHARED_KEY", 64))}


def pytest_configure() -> None:
    """What the example configurations expect of the environment."""
    for name, key in KEYS.items():
        os.environ.setdefault(name, base64.b64encode(key).decode())


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-cases", action="store_true", help="rewrite tests/cases/*/plan.txt, for review")
