"""Other ways to the same network, and the proof that it is the same."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection
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


def ifstate(verb: str, path: str) -> Sample:
    """``ifstatecli VERB``: the one that ``IFSTATECLI`` names, or of PATH. Raises Unavailable where nobody has installed it.

    ``apply`` removes what the file does not describe, so it runs only here, in the private mount and network namespace of the
    benchmark, and in a PID namespace of its own: it looks for namespaces behind every process it can see.
    """
    program = os.environ.get("IFSTATECLI") or shutil.which("ifstatecli")
    if not program or not Path(program).exists():
        raise Unavailable("IfState is not installed (ifstatecli in PATH, or IFSTATECLI=…/ifstatecli)")
    alone = shutil.which("unshare")
    if not alone:
        raise Unavailable("no unshare(1) to run IfState in (package util-linux)")
    # "unchanged": what is mounted under /run/netns inside is to be seen outside.
    isolation = [alone, "--pid", "--fork", "--mount-proc", "--propagation", "unchanged"]
    return run([*isolation, program, "-q", "-c", path, verb])


# What does not come from the description: chosen by chance, by the order of work, or by the clock.
_ACCIDENTAL = {
    "ifindex", "link_index", "link_netnsid", "link_netns", "address", "broadcast", "operstate", "min_mtu", "max_mtu",
    "promiscuity", "allmulti", "inet6_addr_gen_mode", "link",
}  # fmt: skip


def snapshot(netns: str, unsaid: Collection[str] = ()) -> dict[str, Any]:
    """Links and addresses of a namespace as ip(8) sees them, without what is accidental, link-local or ``unsaid``."""
    passed_over = _ACCIDENTAL | {*unsaid}
    if not shutil.which("ip"):
        raise Unavailable("no ip(8) here to compare with (package iproute2)")
    text = subprocess.run(["ip", "-n", netns, "-d", "-j", "addr"], capture_output=True, text=True, check=False).stdout
    links = json.loads(text or "[]")
    return {
        link["ifname"]: {key: value for key, value in link.items() if key not in passed_over and key != "addr_info"}
        | {
            "flags": sorted(set(link["flags"]) - {"LOWER_UP", "NO-CARRIER"}),  # follow the far end, a little later
            "addr_info": sorted(
                [entry["local"], entry["prefixlen"], entry["scope"], bool(entry.get("nodad")) and "nodad" not in passed_over]
                for entry in link["addr_info"]
                if entry["scope"] != "link"
            ),
        }
        for link in links
    }


def star_snapshot(n: int, unsaid: Collection[str] = ()) -> dict[str, dict[str, Any]]:
    return {name: snapshot(name, unsaid) for name in ["hub", *(f"n{i}" for i in range(n))]}
