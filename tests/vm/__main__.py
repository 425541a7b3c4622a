"""Run a command as root in another Linux kernel, over this machine's own files: ``python -m tests.vm -k KERNEL -- COMMAND``.

Needs no KVM and, once the kernel is prepared, no network. Exit status: the command's own, 124 = timed out, 125 = the kernel could
not be fetched, built or booted.
"""

from __future__ import annotations

import argparse
import signal
import sys

from tests.vm import boot
from tests.vm.kernels import KERNELS, Problem, cache, prepare, prepared

NO_KERNEL = 125


def main() -> int:
    names = "\n".join(
        f"  {name:10} {'' if prepared(name) else '(to be prepared) '}{kernel.what}" for name, kernel in KERNELS.items()
    )
    parser = argparse.ArgumentParser(
        prog="python -m tests.vm",
        description=__doc__,
        epilog=f"kernels, kept in {cache()}:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("-k", "--kernel", default="uml-full")
    add("-m", "--memory", type=int, default=1024, metavar="MB")
    add("-t", "--timeout", type=float, default=1800, metavar="S")
    add("-C", "--directory", default=".", metavar="DIR")
    add("-w", "--writable", action="append", default=[], metavar="DIR")
    add("-e", "--env", action="append", default=[], metavar="VAR=VALUE")
    add("-a", "--append", default="", metavar="TEXT", help="more kernel parameters")
    add("-v", "--verbose", action="store_true", help="the kernel's log to stderr")
    add("--prepare", action="store_true", help="only fetch or build the kernel")
    add("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    command: list[str] = options.command[options.command[:1] == ["--"] :]
    if not command and not options.prepare:
        parser.error("no command")
    try:
        if options.prepare:
            prepare(options.kernel)
            return 0
        return boot.run(
            options.kernel,
            command,
            memory=options.memory,
            timeout=options.timeout,
            writable=options.writable,
            environment=dict(word.split("=", 1) for word in options.env),
            directory=options.directory,
            parameters=options.append,
            log_to_stderr=options.verbose,
        )
    except Problem as problem:
        print(f"vm: {problem}", file=sys.stderr)
        return NO_KERNEL
    except boot.TimedOut as late:
        print(f"vm: {late}", file=sys.stderr)
        return boot.TIMED_OUT
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
