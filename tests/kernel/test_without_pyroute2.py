"""A whole job on a real namespace in a process of its own: pyroute2 is installed, and never imported."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

_PROGRAM = """
import json, sys
from pathlib import Path
from nsmgr import config, engine
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.store import Store
name, directory = sys.argv[1:]
desired = config.loads(Path(directory, "network.yaml").read_text())
with LinuxKernel() as kernel:
    store = Store(Path(directory, "state"))
    done = engine.apply(desired, kernel, store)
    assert done.ok, [(failure.operation, failure.verdict) for failure in done.failures()]
    assert not engine.apply(desired, kernel, store).plan
    assert not engine.check(desired, kernel, store)
print(json.dumps(sorted(module for module in sys.modules if module.partition(".")[0] in ("pyroute2", "asyncio"))))
"""

_NETWORK = """
version: 1
name: {name}
namespaces:
  {name}:
    manage: all
    links:
      eth0: {{kind: veth, peer: eth1, controller: br0}}
      eth1: {{addresses: [10.1.0.1/24, "2001:db8::1/64"]}}
      br0: {{kind: bridge, addresses: [10.2.0.1/24]}}
      vx0: {{kind: vxlan, id: 7, port: 4789, controller: br0}}
      mv0: {{kind: macvlan, parent: eth1, mode: bridge}}
    routes:
      - {{to: 10.9.0.0/16, via: 10.1.0.9}}
      - {{to: 10.8.0.0/16, type: blackhole, mtu: 1400}}
    rules:
      - {{priority: 100, from: 10.1.0.0/24, table: 100}}
"""


def test_apply_and_check_import_no_pyroute2(name: Callable[[str], str], tmp_path: Path) -> None:
    netns = name("plain")
    (tmp_path / "network.yaml").write_text(_NETWORK.format(name=netns))
    done = subprocess.run([sys.executable, "-c", _PROGRAM, netns, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []
