"""The kernel tests in other kernels: ``python -m tests.vm.suite [--kernels NAMES] [--shards N] [-- PYTEST ARGUMENTS]``.

Each kernel is booted once a shard; the shards run side by side, their lines come as they are printed, with the kernel's name before
them. Ends with a line a kernel and exit status 1 if one of them failed. A kernel that cannot be prepared here is a failure,
unless there is a smaller one to fall back to: that is said loudly.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.vm.kernels import KERNELS, Problem, prepare

ROOT = Path(__file__).resolve().parents[2]
DEFAULT = "uml-full"
FALLBACK = {"uml-full": "uml"}
TIME_LIMIT = 1800  # seconds, a shard
MEMORY = 2048  # MiB
TESTS = ("tests/kernel", "tests/contract", "tests/reliability/test_kill_sweep.py", "tests/reliability/test_faults.py")
# Not about the kernel: what processes load and how many calls they make is the same everywhere, and starting one is slow there.
ELSEWHERE = ("tests/kernel/test_figures.py", "tests/kernel/test_diet.py")
# A kernel with the tunnel drivers puts tunl0, gre0, sit0 … into every new namespace unless told not to; most tests count links.
PLAIN = 'echo 1 > /proc/sys/net/core/fb_tunnels_only_for_init_net; exec "$@"'
_SUMMARY = re.compile(r"\d+ (passed|failed|error|skipped|deselected)")


def run_shard(kernel: str, which: int, count: int, arguments: list[str]) -> tuple[int, str]:
    """(exit status, pytest's summary)."""
    command = [sys.executable, "-m", "tests.vm", "-k", kernel, "-m", str(MEMORY), "-t", str(TIME_LIMIT), "-C", str(ROOT), "--"]
    command += ["sh", "-c", PLAIN, "sh", sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    command += ["-p", "tests.vm.shard", "--shard", f"{which}/{count}"]
    command += [f"--ignore={path}" for path in ELSEWHERE]
    command += arguments or list(TESTS)
    summary = ""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=pipe, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            text = line.rstrip()
            print(f"{kernel} {which}/{count}: {text}", flush=True)
            if _SUMMARY.search(text):
                summary = text.strip("= ")
    return process.returncode, summary or "no summary"


def run_kernel(kernel: str, shards: int, arguments: list[str]) -> tuple[bool, list[str]]:
    """(whether all of it passed, lines for the end)."""
    note = ""
    try:
        prepare(kernel)
    except Problem as problem:
        print(f"{kernel}: {problem}", file=sys.stderr, flush=True)
        instead = FALLBACK.get(kernel)
        if instead is None:
            return False, [f"{kernel}: FAILED: could not be prepared"]
        note = f" INSTEAD OF {kernel}, which could not be prepared"
        print(f"\n*** {kernel} could not be prepared: running {instead} instead, which has fewer kinds ***\n", flush=True)
        kernel = instead
        try:
            prepare(kernel)
        except Problem as other:
            return False, [f"{kernel}: FAILED:{note}: {other}"]
    with ThreadPoolExecutor(shards) as pool:
        results = list(pool.map(lambda which: run_shard(kernel, which, shards, arguments), range(1, shards + 1)))
    lines = [f"{kernel} {number}/{shards}: {summary}{note}" for number, (_, summary) in enumerate(results, 1)]
    return all(status == 0 for status, _ in results), lines


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.vm.suite", description=__doc__)
    parser.add_argument("--kernels", default=DEFAULT, help=f"all, or some of {' '.join(KERNELS)} (default {DEFAULT})")
    parser.add_argument("--shards", type=int, default=min(4, len(os.sched_getaffinity(0))), help="kernels side by side")
    parser.add_argument("arguments", nargs="*", metavar="-- PYTEST ARGUMENTS")
    options = parser.parse_args()
    names = list(KERNELS) if options.kernels == "all" else options.kernels.replace(",", " ").split()
    passed, lines = True, []
    for name in names:
        fine, found = run_kernel(name, options.shards, options.arguments)
        passed &= fine
        lines += found
    print("\n".join(["", *lines]))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
