"""A pytest plugin: ``-p tests.vm.shard --shard 2/3`` runs the second third of the tests, whole modules together.

Kernels have one CPU each: several of them share a suite. Modules, because their fixtures are dear; dealt out by size.
"""

from __future__ import annotations

from collections import Counter

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shard", default="1/1", metavar="I/N", help="run the I-th of N parts of the suite")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    which, count = map(int, str(config.getoption("--shard")).split("/"))
    if not 1 <= which <= count:
        raise pytest.UsageError(f"--shard {which}/{count}: there is no such part")
    sizes = Counter(item.path for item in items)
    loads = [0] * count
    place = {}
    for path, size in sorted(sizes.items(), key=lambda entry: (-entry[1], entry[0])):
        place[path] = loads.index(min(loads))
        loads[place[path]] += size
    left = [item for item in items if place[item.path] != which - 1]
    items[:] = [item for item in items if place[item.path] == which - 1]
    config.hook.pytest_deselected(items=left)
