"""Other ways to the same network, and the proof that it is the same."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.bench import gen
from tests.bench.bench import HERE, Bench, environment
from tests.bench.measure import Sample, Unavailable, run


class IpBatch:
    """ip(8) in batches; the scripts are written once, outside the clock."""

    def __init__(self, bench: Bench, n: int, *, one_queue: bool = True) -> None:
        self._directory = bench.work / f"ip-{n}-{'one' if one_queue else 'default'}"
        self._n, self._one_queue = n, one_queue

    def script(self, name: str) -> str:
        """Path of ``make.sh`` (one ip after the other) or ``parallel.sh`` (as many at once as there are CPUs)."""
        if not shutil.which("ip"):
            raise Unavailable("no ip(8) here (package iproute2)")
        if not self._directory.exists():
            gen.ip_batches(self._directory, self._n, one_queue=self._one_queue)
        return str(self._directory / name)

    def one_by_one(self) -> Sample:
        return run(["sh", self.script("make.sh")])

    def parallel(self) -> Sample:
        return run(["sh", self.script("parallel.sh")])


def pyroute2(n: int) -> Sample:
    return run([sys.executable, str(HERE / "peer_pyroute2.py"), str(n)], env=environment())


def ifstate(path: str) -> Sample:
    """``ifstatecli check``; only where somebody has installed it."""
    program = shutil.which("ifstatecli") or str(Path(sys.executable).parent / "ifstatecli")
    if not Path(program).exists():
        raise Unavailable("ifstatecli is not installed (IfState)")
    return run([program, "-c", path, "check"])


# What does not come from the description: chosen by chance, by the order of work, or by the clock.
_ACCIDENTAL = {
    "ifindex", "link_index", "link_netnsid", "link_netns", "address", "broadcast", "operstate", "min_mtu", "max_mtu",
    "promiscuity", "allmulti", "inet6_addr_gen_mode", "link",
}  # fmt: skip


def snapshot(netns: str) -> dict[str, Any]:
    """Links and addresses of a namespace as ip(8) sees them, without what is accidental or link-local."""
    if not shutil.which("ip"):
        raise Unavailable("no ip(8) here to compare with (package iproute2)")
    text = subprocess.run(["ip", "-n", netns, "-d", "-j", "addr"], capture_output=True, text=True, check=False).stdout
    links = json.loads(text or "[]")
    return {
        link["ifname"]: {key: value for key, value in link.items() if key not in _ACCIDENTAL and key != "addr_info"}
        | {
            "flags": sorted(set(link["flags"]) - {"LOWER_UP", "NO-CARRIER"}),  # follow the far end, a little later
            "addr_info": sorted(
                [entry["local"], entry["prefixlen"], entry["scope"], bool(entry.get("nodad"))]
                for entry in link["addr_info"]
                if entry["scope"] != "link"
            ),
        }
        for link in links
    }


def star_snapshot(n: int) -> dict[str, dict[str, Any]]:
    return {name: snapshot(name) for name in ["hub", *(f"n{i}" for i in range(n))]}
