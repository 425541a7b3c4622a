"""Real namespaces for tests: random names, removed whatever happens; a skip that names the kernel's answer without root."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nsmgr.kernel import libc, netns
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.kernel.rtnl import RtnlSocket
from tests.kernel.lab import Lab, lab_in

PREFIX = "nsmgrt-"


@pytest.fixture(scope="session")
def privileged() -> None:
    """Skip unless a network namespace can be made."""
    try:
        netns.in_thread(lambda: libc.unshare(libc.CLONE_NEWNET))
    except OSError as error:
        pytest.skip(f"unshare(CLONE_NEWNET): {error.strerror}; it takes CAP_SYS_ADMIN and CAP_NET_ADMIN")


@pytest.fixture
def name(privileged: None) -> Iterator[Callable[[str], str]]:
    """Names for namespaces: ``name("red")``. All that start alike are removed afterwards, and must be gone then."""
    own = f"{PREFIX}{secrets.token_hex(3)}"

    def make(suffix: str) -> str:
        return f"{own}-{suffix}"

    yield make
    for entry in netns.entries():
        if entry.startswith(own):
            netns.remove(entry)
    assert not [entry for entry in netns.entries() if entry.startswith(own)]


@pytest.fixture
def kernel(name: Callable[[str], str]) -> Iterator[LinuxKernel]:
    """A LinuxKernel, closed before the namespaces are removed."""
    with LinuxKernel() as opened:
        yield opened


@pytest.fixture
def scratch(privileged: None) -> Iterator[RtnlSocket]:
    """The rtnetlink socket of a new namespace without a name: it lives as long as the socket."""

    def work() -> RtnlSocket:
        libc.unshare(libc.CLONE_NEWNET)
        return RtnlSocket("scratch")

    socket = netns.in_thread(work)
    yield socket
    socket.close()


@pytest.fixture
def lab(privileged: None, tmp_path: Path) -> Iterator[Lab]:
    """A deployment of its own on the real kernel."""
    with lab_in(tmp_path) as made:
        yield made


def ip(*argv: str) -> Any:
    """ip(8) with JSON output where there is any; skips without ip."""
    try:
        done = subprocess.run(["ip", "-j", *argv], capture_output=True, text=True, check=True)
    except FileNotFoundError:
        pytest.skip("there is no ip(8)")
    return json.loads(done.stdout) if done.stdout.strip() else None


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))
