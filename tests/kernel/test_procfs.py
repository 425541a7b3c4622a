"""Sysctls of a namespace, from outside it."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest

from nsmgr.errors import UnsupportedByKernel
from nsmgr.kernel import procfs
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.kernel.port import LINKS, Want
from nsmgr.plan.plan import Batch, Step, Verb, Verdict
from tests.kernel.lab import Lab

Name = Callable[[str], str]


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("net.ipv4.ip_forward", "/proc/sys/net/ipv4/ip_forward"),
        ("net/ipv4/conf/eth0.100/rp_filter", "/proc/sys/net/ipv4/conf/eth0.100/rp_filter"),
    ],
)
def test_paths(key: str, path: str) -> None:
    assert procfs.path_of(key) == path


@pytest.mark.parametrize("key", ["kernel.hostname", "net", "net/../kernel/hostname", "net..ipv4", "/proc/sys/net/x", "net/./x", ""])
def test_nothing_outside_net(key: str) -> None:
    with pytest.raises(ValueError, match="not a sysctl under net"):
        procfs.path_of(key)


def write(kernel: LinuxKernel, netns: str, *pairs: tuple[str, str]) -> list[Verdict]:
    steps = tuple(Step(n, 0, Verb.SYSCTL, netns, name=key, args={"value": value}) for n, (key, value) in enumerate(pairs))
    return kernel.transact(Batch(netns, steps))


def test_each_namespace_has_its_own(name: Name, kernel: LinuxKernel) -> None:
    a, b = name("a"), name("b")
    kernel.transact(Batch("", (Step(0, 0, Verb.NETNS_ADD, a), Step(1, 0, Verb.NETNS_ADD, b))))
    ports, forward = "net.ipv4.ip_local_port_range", "net.ipv4.ip_forward"
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        host = procfs.normal(file.read())
    before = kernel.counters.writes
    assert all(verdict.ok for verdict in write(kernel, a, (ports, "20000 30000"), (forward, "1")))
    assert kernel.counters.writes == before + 2
    keys = [ports, forward, "net.ipv4.conf.lo.forwarding", "net.ipv4.no_such_key", "net.ipv4.route.flush"]
    found = kernel.observe({each: Want(LINKS, keys) for each in (a, b)} | {"host": Want(LINKS, [ports])}).namespaces
    assert found[a].sysctls == {ports: "20000 30000", forward: "1", keys[2]: "1", keys[3]: None, keys[4]: None}
    assert found[b].sysctls[ports] == found["host"].sysctls[ports] == host


def test_refusals(name: Name, kernel: LinuxKernel) -> None:
    a = name("a")
    kernel.transact(Batch("", (Step(0, 0, Verb.NETNS_ADD, a),)))
    verdicts = write(
        kernel, a,
        ("net.ipv4.no_such_key", "1"),
        ("net.ipv4.ip_forward", "many"),
        ("net/../kernel/hostname", "x"),
        ("net.ipv4.ip_forward", "1"),
    )  # fmt: skip
    assert [verdict.errno for verdict in verdicts] == [errno.ENOENT, errno.EINVAL, errno.EINVAL, 0]
    assert verdicts[0].attribute == "net.ipv4.no_such_key"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("net.core.netdev_budget", "only in the initial namespace"),
        ("net.core.rmem_max", "read-only in this namespace"),
        ("net.ipv4.tcp_available_congestion_control", "read-only in this namespace"),
        ("net.ipv4.nonesuch", "No such file or directory"),
    ],
)
def test_what_a_new_namespace_would_not_take_is_found_before_it_is_made(lab: Lab, key: str, words: str) -> None:
    """The machine's kernel decides, in a namespace that is gone again; in a sandbox nobody has the initial namespace's keys."""
    text = f"version: 1\nnamespaces: {{@a: {{sysctls: {{{key}: 1}}}}}}"
    if "initial" in words and not procfs.exists(key):
        words = "No such file or directory"
    with pytest.raises(UnsupportedByKernel, match=words):
        lab.apply(lab.load(text))
    assert not [name for name in lab.kernel.list_netns() if name.startswith(lab.prefix)]
    assert not lab.kernel.probe_sysctls(["net.ipv4.ip_forward", "net.ipv4.ping_group_range"])
