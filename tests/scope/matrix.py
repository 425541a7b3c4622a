"""What tests/kernel/test_every_attribute.py found on which kernel: kept in tests/kernel/tested.json, shown in docs/kinds.md.

``python -m tests.scope.matrix [KERNEL …]`` (``make matrix``) tries it here and in those kernels of tests/vm, and keeps the result.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "tests/kernel/tested.json"
TEST = "tests/kernel/test_every_attribute.py"
PLAIN = 'echo 1 > /proc/sys/net/core/fb_tunnels_only_for_init_net; exec "$@"'  # no fallback tunnels in the test's namespaces


def label() -> str:
    """This kernel's name in the table: ``6.18``, ``6.12 uml-full``."""
    found = re.match(r"\d+\.\d+", os.uname().release)
    version = found[0] if found else os.uname().release
    return f"{version} {os.environ.get('RUN_IN_VM', '')}".strip()


@dataclass(slots=True)
class Results:
    """kind → row → what came of it, on this kernel. asked, witnessed: how often ip(8) was asked and knew."""

    kinds: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: int = 0
    witnessed: int = 0

    def write(self, file: Path) -> None:
        file.write_text(json.dumps({"kernel": label(), "kinds": self.kinds}))


@cache
def kept() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Kernel → kind → row → what came of it."""
    found: dict[str, dict[str, dict[str, str]]] = json.loads(FILE.read_text()) if FILE.exists() else {}
    return found


def keep(results: Path) -> None:
    """Put one kernel's results in the place of what was kept of it."""
    new = json.loads(results.read_text())
    every = {**kept(), new["kernel"]: new["kinds"]}
    kernels = [
        f" {json.dumps(kernel)}: {{\n"
        + ",\n".join(f"  {json.dumps(kind)}: {json.dumps(kinds[kind])}" for kind in sorted(kinds))
        + "\n }"
        for kernel, kinds in sorted(every.items())
    ]
    FILE.write_text("{\n" + ",\n".join(kernels) + "\n}\n")
    kept.cache_clear()


def main(kernels: list[str]) -> int:
    """Run the test everywhere; the exit status is that of the worst. Results are kept where it passed."""
    worst = 0
    pytest = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", TEST]
    with TemporaryDirectory(prefix="nsmgrt-matrix-") as directory:
        for kernel in ("", *kernels):
            file = Path(directory) / f"{kernel or 'host'}.json"
            guest = [sys.executable, "-m", "tests.vm", "-k", kernel, "-t", "900", "-w", directory, "--", "sh", "-c", PLAIN, "sh"]
            status = subprocess.run(
                [*(guest if kernel else []), *pytest], cwd=ROOT, env={**os.environ, "NSMGR_TESTED": str(file)}
            ).returncode
            if status == 0 and file.exists():
                keep(file)
            worst = max(worst, status)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
