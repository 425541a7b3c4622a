"""A deployment on the real kernel for tests of the whole way, from YAML to the re-read: the fixture ``lab`` (see conftest)."""

from __future__ import annotations

import errno
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nsmgr import config, engine
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.plan.plan import Plan
from nsmgr.plan.state import DesiredState
from nsmgr.store import Store


class Lab:
    """One deployment under a random prefix; ``@`` in texts stands for the prefix."""

    def __init__(self, directory: Path) -> None:
        self.prefix = f"nsmgrt-{secrets.token_hex(3)}-"
        self.name = self.prefix.rstrip("-")
        self.kernel = LinuxKernel()
        self.store = Store(directory / "state")

    def load(self, text: str) -> DesiredState:
        return config.loads(f"name: {self.name}\n" + text.replace("@", self.prefix))

    def apply(self, desired: DesiredState) -> engine.ApplyResult:
        result = engine.apply(desired, self.kernel, self.store)
        assert result.ok, ([(f.operation, f.verdict) for f in result.failures()], result.remaining)
        return result

    def check(self, desired: DesiredState) -> Plan:
        return engine.check(desired, self.kernel, self.store)

    def converge(self, desired: DesiredState) -> engine.ApplyResult:
        """One apply, one round; then nothing to do and nothing written.

        A kernel before 6.2 refuses to rename a link that is up (EBUSY): that is found out by trying, and costs one round.
        """
        result = self.apply(desired)
        busy = any("rename" in f.args and result.verdicts[f.id].errno == errno.EBUSY for f in result.plan.steps)
        assert len(result.rounds) <= 1 + busy, [plan.operations for plan in result.executed]
        writes = self.kernel.counters.writes
        assert not self.apply(desired).plan
        assert self.kernel.counters.writes == writes
        return result

    def ip(self, command: str) -> str:
        done = subprocess.run(["ip", *command.replace("@", self.prefix).split()], capture_output=True, text=True)
        assert done.returncode == 0, f"ip {command}: {done.stderr}"
        return done.stdout

    def index(self, netns: str, link: str) -> int:
        return int(self.ip(f"-n @{netns} -o link show {link}").split(":")[0])


@contextmanager
def lab_in(directory: Path) -> Iterator[Lab]:
    """A lab whose namespaces are removed afterwards, whatever happened."""
    made = Lab(directory)
    try:
        yield made
    finally:
        result = engine.destroy(made.name, made.kernel, made.store)
        made.kernel.close()
        for name in subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout.split("\n"):
            if name.startswith(made.prefix):
                subprocess.run(["ip", "netns", "del", name.split()[0]], check=False)
        assert result.still_alive == []
