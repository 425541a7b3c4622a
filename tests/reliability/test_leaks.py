"""What a process holds after many cycles of apply and destroy is what it held before."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator

import pytest

from nsmgr import engine
from nsmgr.kernel import netns
from nsmgr.kernel.linux import LinuxKernel
from tests.effort import EXHAUSTIVE
from tests.reliability.network import Bench, bench

SMALL = """
version: 1
namespaces:
  @a: {links: {e: {kind: veth, peer: @b/e, addresses: [10.0.0.1/24]}}, sysctls: {net.ipv4.ip_forward: 1}}
  @b: {links: {e: {addresses: [10.0.0.2/24]}}, routes: [{to: default, via: 10.0.0.1}]}
"""
CYCLES = 1000 if EXHAUSTIVE else 100
WARM = 20  # caches have filled by then
SPARE = 4 << 20  # bytes: less than 5 kB a cycle, and what an allocator keeps in hand


@pytest.fixture
def network(privileged: None) -> Iterator[Bench]:
    with bench(SMALL, SMALL) as made:
        yield made


def held(prefix: str) -> dict[str, int]:
    """Of this process, and what is called like the deployment."""
    with open("/proc/self/mounts") as mounts:
        mounted = sum(prefix in line for line in mounts)
    return {
        "descriptors": len(os.listdir("/proc/self/fd")),
        "threads": len(os.listdir("/proc/self/task")) - threading.active_count(),
        "mounts": mounted,
        "names": sum(name.startswith(prefix) for name in netns.entries()),
    }


def memory() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_nothing_is_left_behind(network: Bench, record_property: Callable[[str, object], None]) -> None:
    """Each cycle as a process of its own would do it, and with one kernel object for all."""
    with LinuxKernel() as lasting:
        before, base = {}, 0
        for cycle in range(WARM + CYCLES):
            if cycle == WARM:
                gc.collect()
                before, base = held(network.prefix), memory()
            kernel = lasting if cycle % 2 else LinuxKernel()
            assert engine.apply(network.a, kernel, network.store).ok
            assert engine.destroy(network.name, kernel, network.store).still_alive == []
            if kernel is not lasting:
                kernel.close()
        gc.collect()
        assert held(network.prefix) == before
        assert memory() - base < SPARE
    assert network.left() == []
    record_property("points", CYCLES)
