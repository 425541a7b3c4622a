"""The example configurations on a real kernel, each in a sandbox of its own: everybody reaches whom the drawing promises."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEAVES = range(1, 5)

# (namespace, source or None, address)
Echo = tuple[str, str | None, str]
EXAMPLES: dict[str, list[Echo]] = {
    "quickstart": [("red", None, "10.0.0.2"), ("blue", None, "10.0.0.1"), ("red", None, "2001:db8::2")],
    "router-chain": [("h1", None, "10.2.0.2"), ("h2", None, "10.1.0.2"), ("h1", None, "2001:db8:2::2")],
    "bridge-lan": [("h1", None, "10.10.0.13"), ("h3", None, "10.10.0.12"), ("h2", None, "10.10.0.1")],
    "spine-leaf": [
        *((f"leaf{a}", f"10.255.0.{a}", f"10.255.0.{b}") for a, b in permutations(LEAVES, 2)),
        *((f"leaf{a}", None, f"10.255.1.{spine}") for a in LEAVES for spine in (1, 2)),
    ],
    "srv6": [("h1", None, "10.2.0.2"), ("h2", None, "10.1.0.2")],
    "tunnels": [
        *(("west", None, f"192.168.{net}.2") for net in (1, 2, 3)),
        ("app", None, "192.168.4.2"),
        ("east", None, "192.168.4.1"),
    ],
    "vlan-bridge": [
        ("red1", None, "192.168.10.12"),
        ("blue1", None, "192.168.20.12"),
        ("red1", None, "192.168.20.11"),
        ("red2", None, "192.168.10.254"),
    ],
    "impaired": [("home", None, "10.2.0.2"), ("far", None, "10.1.0.2")],
    "vxlan-static": [("a", None, "192.168.42.2"), ("a", None, "192.168.42.3"), ("b", None, "192.168.42.3")],
    "vxlan": [("west", None, "192.168.42.2"), ("east", None, "192.168.42.1")],
    "wireguard": [("east", None, "10.255.0.2"), ("west", None, "10.1.0.1")],
}

# Runs in the sandbox's host namespace: what does not answer, as JSON. Several requests: an IPv6 router's link-local address is
# tentative for a second, and a veth's carrier is announced by the linkwatch work queue, up to a second late.
PROBE = """
import json, sys
from nsmgr.icmp import ping

def silent(netns, source, address):
    reply = None
    for attempt in range(5):
        if reply := ping(address, netns=netns, source=source):
            return []
    return [[netns, source, address, reply.problem]]

print(json.dumps([echo for arguments in json.loads(sys.argv[1]) for echo in silent(*arguments)]))
"""
RUN = """
import sys
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.lab import run
sys.exit(run([sys.argv[1]], sys.argv[2:], sandbox=True, kernel=LinuxKernel))
"""


def run(config: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, str(config), *command],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture(autouse=True, scope="module")
def _allowed() -> None:
    done = subprocess.run([sys.executable, "-m", "nsmgr.sandbox", "true"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no sandbox on this machine: {done.stderr.strip()}")


@pytest.mark.parametrize("name", EXAMPLES)
def test_everybody_reaches_whom_the_drawing_promises(name: str) -> None:
    done = run(ROOT / f"configs/{name}.yaml", sys.executable, "-c", PROBE, json.dumps(EXAMPLES[name]))
    if "this kernel has no" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


def test_every_example_that_a_sandbox_can_hold_is_here() -> None:
    assert {path.stem for path in (ROOT / "configs").glob("*.yaml")} - {"adopt-by-pid"} == set(EXAMPLES)


def test_the_network_of_run_is_not_the_hosts() -> None:
    before = set(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else set()
    done = run(ROOT / "configs/quickstart.yaml", "ls", "/run/netns")
    assert (done.returncode, done.stdout.split()) == (0, ["blue", "red"]), done.stderr
    after = set(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else set()
    assert not {"red", "blue"} & (after - before)


def console(text: str) -> list[tuple[str, str]]:
    """(command, output) of a console block whose prompt is "# "."""
    (block,) = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    parts = re.split(r"^# (.*)\n", block, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.skipif(not shutil.which("ip"), reason="no ip(8) on this machine")
def test_the_tour_of_the_readme_is_what_happens() -> None:
    tour = console((ROOT / "README.md").read_text())
    script = "\n".join(f"{command} 2>&1; printf '\\036'" for command, _ in tour)
    done = subprocess.run(
        [sys.executable, "-m", "nsmgr.sandbox", "sh", "-c", script],
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    happened = [re.sub(r"[0-9.]+ ms", "0.395 ms", output) for output in done.stdout.split("\036")[:-1]]
    assert list(zip((command for command, _ in tour), happened, strict=True)) == tour
