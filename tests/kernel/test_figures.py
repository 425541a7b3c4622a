"""Figures of speed that no load can change: counted, not timed. The timed ones are only printed: ``make bench``.

Everything happens in processes of their own, each in its own mount and network namespace (tests/bench/sandbox.py).
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.bench.figures import NETWORKS, SIZES
from tests.bench.parts import HOOKS
from tests.bench.work import PHASES, counted, figures

ROOT = Path(__file__).parents[2]
STAR = ""  # what tests.bench.figures measures when it is given no network

# How much dearer an object may be among 400 than among 40. Python's work varies by one per cent or two, with what the kernel had to
# say by then; a loop over everything of two lines a round makes the cheapest phase 1.9 and the dearest 1.17.
PYTHON_GROWTH = 1.1
GROWTH = 1.2
# System calls in fractions of one an object come in steps: a send for every 60 KiB, a page of memory.
STEP = 0.1


def _measure(network: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.figures", *([network] if network else [])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode and "no private namespaces" in done.stderr:
        return {"skip": done.stderr.strip()}
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def runs() -> Iterator[dict[str, Future[dict[str, Any]]]]:
    """All measurements, as many at a time as there are processors: the counts do not mind."""
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        yield {network: pool.submit(_measure, network) for network in (STAR, *NETWORKS)}


def _result(runs: dict[str, Future[dict[str, Any]]], network: str) -> dict[str, Any]:
    found = runs[network].result()
    if "skip" in found:
        pytest.skip(found["skip"])
    return found


@pytest.fixture
def star(runs: dict[str, Future[dict[str, Any]]]) -> dict[str, Any]:
    """The star network with 20 and with 120 namespaces, applied afresh, and once more with nothing to do."""
    return _result(runs, STAR)


@pytest.fixture(params=NETWORKS)
def growth(request: pytest.FixtureRequest, runs: dict[str, Future[dict[str, Any]]]) -> dict[str, Any]:
    """``cost``: figure → what an object costs in the middle and in the large network, the smallest one's cost taken off."""
    return _result(runs, request.param)


def test_system_calls_per_namespace(star: dict[str, Any]) -> None:
    """A namespace costs a file, a name, a socket and one send to make, two dumps to verify; no process, no probe, no sleep."""
    if "no_system_calls" in star:
        pytest.skip(star["no_system_calls"])
    calls = star["system_calls"]
    assert sum(calls.values()) <= 15, calls
    assert not {"clone", "clone3", "vfork", "fork", "execve"} & calls.keys(), calls


def test_messages_per_namespace(star: dict[str, Any]) -> None:
    """The namespace, the pair (its near end born up), lo up, the far end up, two addresses; links and addresses read back."""
    assert star["writes"] == 6
    assert star["reads"] <= 3
    assert star["bytes_out"] <= 450


def test_links_are_born_in_place(star: dict[str, Any]) -> None:
    """RTM_SETLINK with a namespace costs 17 ms of RCU, a rename 0.1 ms: a fresh apply needs neither."""
    assert star["links_moved"] == 0
    assert star["renames"] == 0


def test_nothing_to_do_writes_nothing(star: dict[str, Any]) -> None:
    assert star["noop_writes"] == 0


def dearer(cost: dict[str, list[float]], limit: float, keys: list[str], step: float = 0.0) -> dict[str, list[float]]:
    """The figures of which an object among many costs more than ``limit`` times (and ``step`` more than) one among few."""
    return {key: cost[key] for key in keys if cost[key][1] > max(cost[key][0], 0.0) * limit + step}


def test_work_of_python_is_linear(growth: dict[str, Any]) -> None:
    """Functions called and lines executed by load, plan, apply and check, for one object more."""
    keys = [f"{phase}_{what}" for phase in PHASES for what in ("calls", "lines")]
    assert dearer(growth["cost"], PYTHON_GROWTH, keys) == {}


def test_talk_with_the_kernel_is_linear(growth: dict[str, Any]) -> None:
    keys = [f"{phase}_{what}" for phase in ("apply", "check", "again") for what in ("messages", "bytes")]
    assert dearer(growth["cost"], GROWTH, keys) == {}


def test_system_calls_are_linear(growth: dict[str, Any]) -> None:
    if "no_system_calls" in growth:
        pytest.skip(growth["no_system_calls"])
    assert dearer(growth["cost"], GROWTH, ["apply_system_calls", "check_system_calls"], STEP) == {}


def test_the_parts_of_the_time_have_their_functions() -> None:
    """tests/bench/parts.py wraps them by name; a part whose function has moved would silently become "what is between"."""
    lost = []
    for name, hooks in HOOKS.items():
        for path in hooks:
            found: object = importlib.import_module(name)
            for step in path.split("."):
                found = getattr(found, step, None)
            if not callable(found):
                lost.append(f"{name}.{path}")
    assert not lost


def test_a_loop_in_a_loop_would_be_seen() -> None:
    """The counter itself, on work of a thousand lines an object and one line for every pair of objects."""

    def work(n: int, pairs: bool) -> None:
        for _ in range(n):
            for _ in range(500):
                pass
            for _ in range(n if pairs else 0):
                pass

    for pairs in (False, True):
        found = []
        for n in SIZES:
            with counted("load"):
                work(n, pairs)
            found.append(dict(figures))
        first, second, third = (each["load_lines"] for each in found)
        cost = {"load_lines": [(second - first) / (SIZES[1] - SIZES[0]), (third - first) / (SIZES[2] - SIZES[0])]}
        assert bool(dearer(cost, PYTHON_GROWTH, ["load_lines"])) is pairs
