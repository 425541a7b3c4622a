"""One suite on FakeKernel and LinuxKernel, so that the fake cannot drift from Linux.

Every scenario asserts its errnos on each kernel; then both are run side by side and everything seen is compared.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from nsmgr.errors import NsmgrError
from nsmgr.kernel.fake import FakeKernel
from nsmgr.kernel.port import KernelPort
from nsmgr.model.links import kind_names
from nsmgr.plan.plan import Batch, Step, Verb
from tests.contract import scenarios_ip, scenarios_links
from tests.contract.rig import Rig, differences

SCENARIOS = [*scenarios_links.SCENARIOS, *scenarios_ip.SCENARIOS]
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
    found = differences(imagined.trace, real.trace)
    assert not found, "fake, Linux:\n" + "\n".join(found)


def test_every_kind_is_known() -> None:
    assert set(KINDS) <= set(kind_names())
