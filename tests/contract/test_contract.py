"""One suite on FakeKernel and LinuxKernel, so that the fake cannot drift from Linux.

Every scenario asserts its errnos on each kernel; then both are run side by side and everything seen is compared.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from tempfile import TemporaryDirectory

import pytest

from nsmgr import engine
from nsmgr.config import loads
from nsmgr.errors import NsmgrError
from nsmgr.kernel.fake import FakeKernel
from nsmgr.kernel.port import KernelPort, Want
from nsmgr.model.links import kind_names
from nsmgr.plan.plan import Batch, Step, Verb
from nsmgr.store import Store
from tests.contract import scenarios_ip, scenarios_links, scenarios_ports
from tests.contract.rig import Rig, differences

SCENARIOS = [*scenarios_links.SCENARIOS, *scenarios_ports.SCENARIOS, *scenarios_ip.SCENARIOS]
KINDS = ("bridge", "ifb", "macvlan", "macvtap", "tap", "tun", "veth", "vxlan")  # used here
Scenario = Callable[[Rig], None]


def fake() -> KernelPort:
    return FakeKernel(KINDS, cpus=len(os.sched_getaffinity(0)))


def linux() -> KernelPort:
    """The real one, or a skip that says what it answered."""
    module = pytest.importorskip("nsmgr.kernel.linux")
    kernel: KernelPort = module.LinuxKernel()
    name = f"nsmgrt-probe-{os.getpid():x}"
    try:
        verdict = kernel.transact(Batch("", (Step(0, 0, Verb.NETNS_ADD, name, name=name),)))[0]
    except NsmgrError as error:
        kernel.close()
        pytest.skip(f"no namespaces here: {error}")
    if not verdict.ok:
        kernel.close()
        pytest.skip(f"no namespaces here: {errno.errorcode.get(verdict.errno, verdict.errno)} {verdict.extack}")
    kernel.transact(Batch("", (Step(0, 0, Verb.NETNS_DEL, name, name=name),)))
    missing = kernel.probe(KINDS)
    if missing:
        kernel.close()
        pytest.skip(f"this kernel lacks {', '.join(f'{kind} ({words})' for kind, words in missing.items())}")
    return kernel


@contextmanager
def rig_on(make: Callable[[], KernelPort], tag: str = "") -> Iterator[Rig]:
    kernel = make()
    rig = Rig(kernel, tag) if tag else Rig(kernel)
    try:
        yield rig
    finally:
        try:
            rig.close()
        finally:
            kernel.close()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
@pytest.mark.parametrize("make", [fake, linux], ids=["fake", "linux"])
def test_scenario(make: Callable[[], KernelPort], scenario: Scenario) -> None:
    if scenario is scenarios_links.unknown_kind and make is linux and "bond" not in _missing():
        pytest.skip("this kernel has bonds")
    with rig_on(make) as rig:
        scenario(rig)


def _missing() -> dict[str, str]:
    kernel = linux()
    try:
        return kernel.probe(["bond"])
    finally:
        kernel.close()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_the_fake_sees_what_linux_shows(scenario: Scenario) -> None:
    if scenario is scenarios_links.unknown_kind and "bond" not in _missing():
        pytest.skip("this kernel has bonds")
    with rig_on(linux) as real:
        scenario(real)
    with rig_on(fake, real.tag) as imagined:
        scenario(imagined)
    found = [line for line in differences(imagined.trace, real.trace) if not _of_this_kernel(line)]
    assert not found, "fake, Linux:\n" + "\n".join(found)


def _of_this_kernel(difference: str) -> bool:
    """Whether a line is about how this kernel was built, and not about what it does."""
    path, _, values = difference.partition(": ")
    name = path.rpartition("/")[2]
    if values.endswith(", '-'") and name in _unreported():
        return True
    # 31.25 s in jiffies and back: exact with 250 of them in a second, not with 100 or 1000 (br_multicast_init, jiffies_to_clock_t).
    fake_value, _, real_value = values.partition(", ")
    return name == "mcast_startup_query_interval" and abs(int(fake_value) - int(real_value)) <= 10


@cache
def _unreported() -> frozenset[str]:
    """What this kernel does not report of lo, a bridge and a port: rx_queues (CONFIG_RPS), nf_call_* (BRIDGE_NETFILTER)."""
    name = f"nsmgrt-{secrets.token_hex(4)}"
    links = "{br0: {kind: bridge}, p: {kind: ifb, controller: br0}}"
    text = f"version: 1\nname: {name}\nnamespaces: {{{name}: {{links: {links}}}}}\n"
    shown: list[set[str]] = []
    with TemporaryDirectory() as directory:
        for number, kernel in enumerate((fake(), linux())):
            try:
                store = Store(f"{directory}/{number}")
                assert engine.apply(loads(text), kernel, store).ok
                seen = kernel.observe({name: Want(ports=True)}).namespaces[name].links
                shown.append({attribute for link in ("lo", "br0", "p") for attribute in seen[link].attrs})
                assert engine.destroy(name, kernel, store).still_alive == []
            finally:
                kernel.close()
    return frozenset(shown[0] - shown[1])


def test_every_kind_is_known() -> None:
    assert set(KINDS) <= set(kind_names())
