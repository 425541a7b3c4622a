"""What a process may have loaded at its end, by what it had to do: each entry is a thing that some import once brought in.

A figure that no load of the machine can change, in the place of a time: which modules are in ``sys.modules``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

# Beside each, what it takes to import, in ms of a start of about 40 (docs/design/006-records.md).
HEAVY = frozenset(
    {
        "argparse",  # 9
        "ast",  # 4, with dataclasses
        "asyncio",  # 50
        "contextlib",  # 2
        "collections",  # 2
        "dataclasses",  # 11
        "enum",  # 2, and a quarter for each enumeration
        "functools",  # 1, and collections
        "importlib.metadata",  # 15
        "inspect",  # 8
        "json",  # 6, with re
        "logging",  # 6
        "multiprocessing",
        "pathlib",  # 6
        "pydantic",  # 80
        "pyroute2",  # 110
        "random",  # 3
        "re",  # 5
        "rich",
        "selectors",
        "signal",  # 1, and enum
        "shutil",  # 5
        "socket",  # 5
        "subprocess",
        "tempfile",
        "threading",  # 1, and functools
        "typer",  # 50
        "typing",  # 9, with re and contextlib
        "unittest",
        "yaml",
    }
)

# Runs a command line in this process with an audit hook; tells on stderr what was loaded and which sockets were made.
_PROBE = """
import sys
sockets = []
sys.addaudithook(lambda event, args: sockets.append(event) if event.startswith("socket.") else None)
from nsmgr.cli import invoke
try:
    status = invoke(sys.argv[1:])
except SystemExit as stop:
    status = stop.code
sys.stdout.flush()
modules = sorted(sys.modules)
import json
json.dump({"status": status, "sockets": sockets, "modules": modules}, sys.stderr)
"""


def probe(*args: str, **environment: str) -> tuple[int, set[str], list[str], str]:
    """Exit status, modules loaded, sockets made, what was printed."""
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, *args], capture_output=True, text=True, env=os.environ | environment, check=True
    )
    report = json.loads(done.stderr[done.stderr.index('{"status"') :])
    return report["status"], set(report["modules"]), report["sockets"], done.stdout
