"""A memo speaks only while nothing has changed: the files, the records, the namespaces, the memo itself."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from nsmgr import config, engine
from nsmgr.icmp import ping
from nsmgr.kernel import glance, libc, netns, procfs
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.kernel.rtnl import KNOWN_PORT, RtnlSocket
from nsmgr.memo import Memo
from nsmgr.plan.plan import Plan
from nsmgr.plan.state import DesiredState
from nsmgr.reading import Sight
from nsmgr.store import DeploymentRecord, Store

# Without duplicate address detection, which changes addresses some time after the apply.
TEXT = """\
version: 1
include: [more.yaml]
namespaces:
  @a:
    sysctls: {net.ipv4.ip_forward: 1, net.ipv6.conf.default.accept_dad: 0}
    links:
      br0: {kind: bridge, addresses: [192.0.2.1/24]}
      eth0: {kind: veth, peer: @b/eth0, addresses: [10.0.0.1/24, "2001:db8::1/64"]}
    routes:
      - {to: 198.51.100.0/24, via: 10.0.0.2}
    rules:
      - {priority: 100, from: 10.0.0.0/24, table: 254}
  @b:
    sysctls: {net.ipv6.conf.default.accept_dad: 0}
    links:
      eth0: {addresses: [10.0.0.2/24]}
"""
MORE = "defaults: {veth: {mtu: 1400}}\n"


class Lab:
    """Two namespaces as described, and the memo of it."""

    def __init__(self, directory: Path, a: str, b: str) -> None:
        self.a, self.b = a, b
        self.file, self.more = directory / "lab.yaml", directory / "more.yaml"
        self.file.write_text(TEXT.replace("@a", a).replace("@b", b))
        self.more.write_text(MORE)
        self.store = Store(directory / "state")
        assert self.apply().ok
        self.settle()

    def settle(self) -> None:
        """Note it once the kernel has come to rest: operational states follow a moment later (linkwatch_event)."""
        rest = {self.a: {"eth0": "up"}, self.b: {"eth0": "up"}}
        deadline = time.monotonic() + 10
        while {name: self.operational(name, states) for name, states in rest.items()} != rest or self.check() or not self.recall():
            assert time.monotonic() < deadline, "it never comes to rest"

    def operational(self, name: str, links: Iterable[str]) -> dict[str, str]:
        states: dict[str, str] = {}

        def read() -> None:
            with socket.socket() as any_socket:
                for link in links:
                    # SIOCGIFFLAGS: IFF_RUNNING is operational state UP, or still UNKNOWN; IFF_LOWER_UP is not among these.
                    request = fcntl.ioctl(any_socket, 0x8913, struct.pack("16sH22x", link.encode(), 0))
                    states[link] = "up" if struct.unpack_from("16xH", request)[0] & 0x40 else "down"

        self.inside(name, read)
        return states

    def recall(self) -> str:
        return Memo(self.store, [str(self.file)]).recall()

    def desired(self) -> DesiredState:
        desired = config.load([self.file])
        desired.files = tuple(map(os.path.abspath, desired.files))
        return desired

    def apply(self) -> engine.ApplyResult:
        with LinuxKernel() as kernel:
            return engine.apply(self.desired(), kernel, self.store)

    def check(self) -> Plan:
        """The whole work; notes it when there are no differences."""
        memo = Memo(self.store, [str(self.file)])
        memo.recall()
        with LinuxKernel() as kernel:
            return engine.check(self.desired(), kernel, self.store, memo=memo)

    def ip(self, command: str) -> None:
        subprocess.run(["ip", *command.replace("@a", self.a).replace("@b", self.b).split()], check=True, capture_output=True)

    def inside(self, name: str, work: Callable[[], object]) -> None:
        fd = os.open(netns.path_of(name), os.O_RDONLY | os.O_CLOEXEC)

        def work_there() -> None:
            libc.setns(fd)
            work()

        try:
            netns.in_thread(work_there)
        finally:
            os.close(fd)

    def memo_file(self) -> Path:
        (name,) = self.store.memos()
        return self.store.path / name


@pytest.fixture
def lab(tmp_path: Path, name: Callable[[str], str]) -> Iterator[Lab]:
    made = Lab(tmp_path, name("a"), name("b"))
    yield made
    with LinuxKernel() as kernel:
        assert engine.destroy("lab", kernel, made.store).still_alive == []
    assert made.store.memos() == []


DRIFT = [
    "-n @a link set eth0 mtu 1300",
    "-n @b link set eth0 down",
    "-n @b link set lo down",
    "-n @a link add x type veth peer name y",
    "-n @b address add 10.0.0.7/24 dev eth0",
    "-n @b address del 10.0.0.2/24 dev eth0",
    "-n @a route del 198.51.100.0/24",
    "-n @a route add 203.0.113.0/24 via 10.0.0.2",
    "-n @a rule del priority 100",
    "-n @a rule add priority 200 table 254",
    "-n @a link del br0",
    "netns del @b",
]  # fmt: skip


@pytest.mark.parametrize("command", DRIFT)
def test_what_a_check_would_see_is_seen(lab: Lab, command: str) -> None:
    lab.ip(command)
    assert lab.recall() == ""
    assert lab.check()


UNDECLARED = [
    "-n @a link set br0 mtu 1300",
    "-n @a link set eth0 address 02:00:00:00:00:99",
    "-n @a link set br0 type bridge ageing_time 20000",
    "-n @a link set eth0 alias renamed",
]


@pytest.mark.parametrize("command", UNDECLARED)
def test_what_nobody_declared_is_looked_at_and_remembered_anew(lab: Lab, command: str) -> None:
    lab.ip(command)
    assert lab.recall() == ""
    lab.settle()


def test_a_drifted_sysctl_is_seen(lab: Lab) -> None:
    lab.inside(lab.a, lambda: procfs.write("net.ipv4.ip_forward", "0"))
    assert lab.recall() == ""
    assert lab.check()


def test_another_namespace_of_the_same_name_is_another(lab: Lab) -> None:
    """Described alike and looking alike, but for its identity."""
    with LinuxKernel() as kernel:
        assert engine.destroy("lab", kernel, lab.store).still_alive == []
    assert lab.apply().ok
    assert lab.recall() == ""
    lab.settle()


def test_counters_are_no_change(lab: Lab) -> None:
    """What the decoders do not read may differ: traffic changes the statistics in every RTM_NEWLINK."""
    lab.inside(lab.a, lambda: ping("10.0.0.2", timeout=5))
    assert lab.recall() == "lab"


@pytest.mark.parametrize("which", ["file", "more"])
def test_another_text_is_another_question(lab: Lab, which: str) -> None:
    path: Path = getattr(lab, which)
    before = path.read_text()
    path.write_text(before + "\n# a remark\n")
    assert lab.recall() == ""
    path.write_text(before)
    assert lab.recall() == "lab", "what counts is the content, not the time"
    path.unlink()
    assert lab.recall() == ""
    os.mkfifo(path)
    assert lab.recall() == "", "nor is a pipe read, which would take from it what the loader needs"
    path.unlink()
    path.write_text(before)


def test_who_traces_wants_to_see_messages(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NSMGR_DEBUG", "nl")
    assert lab.recall() == ""


def test_every_record_counts(lab: Lab) -> None:
    """Whom a namespace belongs to decides what may be done with it."""
    lab.store.write(DeploymentRecord("other", namespaces={lab.b: 5}))
    assert lab.recall() == ""
    lab.store.remove("other")
    assert lab.recall() == "lab"


def test_a_memo_that_is_not_ours_or_damaged_is_nothing(lab: Lab, tmp_path: Path) -> None:
    path = lab.memo_file()
    content = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    for position in range(0, len(content), max(1, len(content) // 40)):
        path.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
        assert lab.recall() == ""
        path.write_bytes(content[:position])
        assert lab.recall() == ""
    path.write_bytes(content)
    assert lab.recall() == "lab"
    path.chmod(0o644)
    assert lab.recall() == ""
    path.chmod(0o600)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert lab.recall() == ""
    path.unlink()
    assert lab.recall() == "", "a memo is never needed"
    lab.settle()


def test_who_has_the_port_is_not_disturbed(lab: Lab) -> None:
    """Another process reads the same namespace at the moment: then there is no comparing, and no memo either."""
    lab.memo_file().unlink()
    opened: list[RtnlSocket] = []

    def occupy() -> None:
        opened.append(RtnlSocket("busy"))
        opened[-1].take_known_port()

    lab.inside(lab.a, occupy)
    try:
        assert opened[0].repeatable
        assert not lab.check()
        assert lab.store.memos() == []
    finally:
        opened[0].close()
    lab.settle()
    lab.inside(lab.a, occupy)
    try:
        assert opened[1].repeatable
        assert lab.recall() == ""
    finally:
        opened[-1].close()


def test_several_processes_say_what_one_says(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.settle()
    monkeypatch.setattr(glance, "LEAST_SHARE", 1)
    with LinuxKernel() as kernel:
        sight = Sight()
        engine.observe(lab.desired(), kernel, lab.store, sight)
    assert len(sight.impressions) == 2
    for processes in (1, 2, 5):
        assert glance.unchanged(sight.impressions, processes)
        for index in (0, 1):
            good = sight.impressions[index].digest
            sight.impressions[index].digest = bytes(16)
            assert not glance.unchanged(sight.impressions, processes)
            sight.impressions[index].digest = good
    assert KNOWN_PORT > 1 << 22, "beyond every process id"
