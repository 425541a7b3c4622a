"""``python -m tests.fuzz [TARGET…] [--seconds N]``: each target for so long, guided by coverage where atheris is installed.

An input that breaks one is left in tests/fuzz/corpus/TARGET; the exit status is 1 then.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
from pathlib import Path

HANG = 10  # seconds for one input


def _guided(name: str, seconds: int) -> None:
    """In a child process: atheris does not return."""
    import atheris  # type: ignore[import-not-found]

    atheris.instrument_imports(include=["nsmgr"]).__enter__()  # and never left: what is imported when it is needed counts too
    from tests.fuzz.targets import CORPUS, TARGETS, corpus

    target = TARGETS[name]
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate([*target.seeds(), *(path.read_bytes() for path in corpus(name))]):
            Path(folder, f"{number:04}").write_bytes(seed)
        (CORPUS / name).mkdir(parents=True, exist_ok=True)
        options = [f"-max_total_time={seconds}", f"-timeout={HANG}", "-rss_limit_mb=2048", "-max_len=4096", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={CORPUS / name}/", folder], target)
        atheris.Fuzz()


def _unguided(name: str, seconds: int) -> int:
    from tests.fuzz.mutate import run
    from tests.fuzz.targets import CORPUS, TARGETS

    tried, broken, error = run(TARGETS[name], seconds, int.from_bytes(os.urandom(4), "little"))
    print(f"{name}: {tried} inputs, {error!r}" if error else f"{name}: {tried} inputs")
    if broken is not None:
        (CORPUS / name).mkdir(parents=True, exist_ok=True)
        (CORPUS / name / f"crash-{hashlib.sha1(broken).hexdigest()}").write_bytes(broken)
    return int(error is not None)


def _one(name: str, seconds: int, guided: bool) -> int:
    child = os.fork()
    if not child:
        status = 1
        try:
            if guided:
                _guided(name, seconds)
            status = _unguided(name, seconds)
        finally:
            sys.stdout.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--unguided", action="store_true", help="by mutation alone, also where atheris is installed")
    given = parser.parse_args()
    from importlib.util import find_spec

    guided = find_spec("atheris") is not None and not given.unguided
    print(
        "fuzz: guided by coverage (atheris)" if guided else "fuzz: by mutation alone; `pip install atheris` guides it by coverage"
    )
    names = given.targets or _names()
    broken = [name for name in names if _one(name, given.seconds, guided)]
    print(f"fuzz: broken: {', '.join(broken)}; see tests/fuzz/corpus" if broken else f"fuzz: {len(names)} targets, nothing found")
    return int(bool(broken))


def _names() -> list[str]:
    """Read in a child, so that nothing is imported here before atheris can instrument it."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        from tests.fuzz.targets import TARGETS

        os.write(writing, " ".join(TARGETS).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        names = file.read().split()
    os.waitpid(child, 0)
    return names


if __name__ == "__main__":
    sys.exit(main())
