"""Nothing to do: the start of the process, and apply and check of what is as it should be."""

from __future__ import annotations

import sys

from tests.bench import gen, peers
from tests.bench.bench import Bench, figure, peak
from tests.bench.measure import Contender, race, run
from tests.bench.report import Row
from tests.bench.suites import IFSTATE, PYTHON

SMALL = """\
version: 1
name: quickstart
namespaces:
  red:
    links:
      eth0: {kind: veth, peer: blue/eth0, addresses: [10.0.0.1/24]}
  blue:
    links:
      eth0: {addresses: [10.0.0.2/24]}
"""

SMALL_IFSTATE = """\
interfaces: {}
namespaces:
  red:
    interfaces:
      eth0:
        addresses: [10.0.0.1/24]
        link: {state: up, kind: veth, peer: eth0, peer_netns: blue}
  blue:
    interfaces:
      eth0:
        addresses: [10.0.0.2/24]
        link: {state: up, kind: veth, peer: eth0, peer_netns: red}
"""


def start(bench: Bench) -> None:
    """What a person waits for before anything happens."""
    section = "Start of the process"
    path, other = bench.file("quickstart.yaml", SMALL), bench.file("ifstate.yaml", SMALL_IFSTATE)
    bench.clean()
    python = Contender(PYTHON, lambda: run([sys.executable, "-c", "pass"]))
    contenders = [
        python,
        Contender("--help", lambda: bench.nsmgr("--help")),
        Contender("validate", lambda: bench.nsmgr("validate", path)),
    ]
    found = race(contenders, 4 * bench.rounds)
    bench.ratio(section, "nsmgr --help", found, "--help", PYTHON, 5.0)
    bench.ratio(section, "nsmgr validate of 9 lines", found, "validate", PYTHON, 12.0)

    def made() -> None:
        """Both look at a network of their own making: IfState would have things to say about ours."""
        bench.clean()
        bench.nsmgr("apply", path)

    def made_by_ifstate() -> None:
        bench.clean()
        peers.ifstate("apply", other)

    def made_and_seen() -> None:
        made()
        bench.settle()
        bench.nsmgr("check", path)

    def made_and_forgotten() -> None:
        made()
        bench.settle()
        bench.forget()

    contenders = [
        python,
        Contender("first", lambda: bench.nsmgr("apply", path), made_and_forgotten),
        Contender("unchanged", lambda: bench.nsmgr("apply", path), made_and_seen),
        Contender("check first", lambda: bench.nsmgr("check", path), made_and_forgotten),
        Contender("check", lambda: bench.nsmgr("check", path), made_and_seen),
        Contender(IFSTATE, lambda: peers.ifstate("check", other), made_by_ifstate),
    ]
    found = race(contenders, bench.rounds)
    names = {"first": "apply, first run", "unchanged": "apply, unchanged file", "check first": "check, first run"}
    for name, words in (names | {"check": "check, unchanged file"}).items():
        what = f"{words}, 9 lines, nothing to do"
        bench.ratio(section, what, found, name, PYTHON)
        bench.ratio(section, what, found, name, IFSTATE, 0.15, label="ifstatecli check")
    bench.clean()


def noop(bench: Bench) -> None:
    """Nothing has changed: apply and check against a C program that reads the same, without and with what nsmgr remembers."""
    n = 100 if bench.quick else 1000
    section = f"Nothing to do, {n} namespaces × 10 links"
    path = bench.file("ring.yaml", gen.ring(n, 10))
    dump, dump_all = "C dump", "C dump with routes and rules"

    def remembered() -> None:
        bench.nsmgr("apply", path)

    with bench.section(section, "apply") as add:
        bench.clean()
        bench.nsmgr("apply", path)
        bench.settle()
        contenders = [
            Contender(dump, lambda: bench.floor("dump")),
            Contender(dump_all, lambda: bench.floor("dump", "-r")),
            Contender("first apply", lambda: bench.nsmgr("apply", path), bench.forget),
            Contender("first check", lambda: bench.nsmgr("check", path), bench.forget),
            Contender("next apply", lambda: bench.nsmgr("apply", path), remembered),
            Contender("next check", lambda: bench.nsmgr("check", path), remembered),
            Contender("library", lambda: bench.probe("check", path), bench.forget),
        ]
        found = race(contenders, bench.rounds)
        for which, words, goal in (("first", "first run", 3.0), ("next", "unchanged file", 2.0)):
            for verb in ("apply", "check"):
                for base, aim in ((dump, goal), (dump_all, None)):
                    bench.ratio(section, f"{verb}, whole process, {words}", found, f"{which} {verb}", base, aim)
        for clock, words in (("observe", "reading"), ("load", "the file"), ("plan", "the comparison")):
            what = f"check, first run: {words}"
            bench.ratio(section, what, found, "library", dump_all, of=figure(clock), base_of=figure("kernel"))
        for which in ("first", "next"):
            words = "first run" if which == "first" else "unchanged file"
            most = found.median(f"{which} apply", peak())
            add(Row(section, f"peak memory of a no-op apply, {words}", most, "MiB", goal=80))
    with bench.section(section, "netlink traffic") as add:
        bench.forget()
        ours, floor = bench.probe("apply", path).figures, bench.floor("dump", "-r").figures
        add(Row(section, "netlink writes of a no-op apply", ours["writes"], "", goal=0))
        add(Row(section, "requests to read, first run", ours["reads"], "", dump_all, floor["messages"]))
        add(Row(section, "bytes read, first run", ours["bytes_in"] / 1024, "KiB", dump_all, floor["bytes"] / 1024))
    bench.clean()
