"""TUN and TAP devices by ioctl, read back by rtnetlink."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

import pytest

from nsmgr.errors import UnsupportedByKernel
from nsmgr.kernel import tun
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.kernel.port import LINKS, Want
from nsmgr.plan.plan import Batch, Step, Verb, Verdict
from nsmgr.plan.state import Link
from tests.kernel.conftest import ip

Name = Callable[[str], str]


@pytest.fixture
def netns(name: Name, kernel: LinuxKernel) -> str:
    if words := tun.unavailable():
        pytest.skip(words)
    kernel.transact(Batch("", (Step(0, 0, Verb.NETNS_ADD, name("a")),)))
    return name("a")


def add(netns: str, kind: str, index: int, name: str, **attrs: Any) -> Step:
    return Step(index, 0, Verb.TUN_ADD, netns, index=index, name=name, kind=kind, attrs=attrs)


def send(kernel: LinuxKernel, netns: str, *steps: Step) -> list[Verdict]:
    return kernel.transact(Batch(netns, steps))


def links(kernel: LinuxKernel, netns: str) -> dict[str, Link]:
    return kernel.observe({netns: Want(LINKS)}).namespaces[netns].links


def test_made_as_asked(netns: str, kernel: LinuxKernel) -> None:
    verdicts = send(
        kernel, netns,
        add(netns, "tun", 50, "t0", owner=1000, owner_group=2**32 - 2),
        add(netns, "tap", 51, "t1", multi_queue=True, vnet_hdr=True, pi=True),
    )  # fmt: skip
    assert all(verdict.ok for verdict in verdicts), verdicts
    found = links(kernel, netns)
    t0, t1 = found["t0"], found["t1"]
    assert (t0.kind, t0.index, t1.kind, t1.index) == ("tun", 50, "tap", 51)
    assert [t0.attrs.get(key) for key in ("owner", "owner_group", "pi", "multi_queue")] == [1000, 2**32 - 2, False, False]
    assert [t1.attrs.get(key) for key in ("multi_queue", "vnet_hdr", "pi", "persist")] == [True, True, True, True]
    assert "owner" not in t1.attrs
    (shown,) = [link for link in ip("-n", netns, "-d", "link") if link["ifname"] == "t1"]
    assert shown["linkinfo"]["info_data"]["type"] == "tap"


def test_taken_names_and_indexes(netns: str, kernel: LinuxKernel) -> None:
    assert send(kernel, netns, add(netns, "tun", 50, "t0"))[0].ok
    verdicts = send(kernel, netns, add(netns, "tap", 51, "t0"), add(netns, "tap", 50, "t1"), add(netns, "tap", 52, "lo"))
    assert [verdict.errno for verdict in verdicts] == [errno.EBUSY] * 3
    assert set(links(kernel, netns)) == {"lo", "t0"}
    assert links(kernel, netns)["t0"].kind == "tun"


def test_change_in_place(netns: str, kernel: LinuxKernel) -> None:
    """rtnetlink refuses to change them; the step goes through the ioctl and keeps what it does not mention."""
    assert send(kernel, netns, add(netns, "tap", 50, "t0", vnet_hdr=True, owner=7))[0].ok
    change = Step(1, 0, Verb.LINK_DATA, netns, index=50, name="t0", kind="tap", attrs={"owner": 1001, "pi": True})
    assert send(kernel, netns, change)[0].ok
    attrs = links(kernel, netns)["t0"].attrs
    assert [attrs[key] for key in ("owner", "pi", "vnet_hdr")] == [1001, True, True]
    gone = Step(2, 0, Verb.LINK_DATA, netns, index=99, name="t9", kind="tap", attrs={"owner": 1001})
    assert send(kernel, netns, gone)[0].errno == errno.ENODEV


def test_deleted_like_any_other(netns: str, kernel: LinuxKernel) -> None:
    assert send(kernel, netns, add(netns, "tun", 50, "t0"))[0].ok
    assert send(kernel, netns, Step(1, 0, Verb.LINK_DEL, netns, index=50, name="t0"))[0].ok
    assert set(links(kernel, netns)) == {"lo"}


def test_without_the_device_file(netns: str, kernel: LinuxKernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tun, "DEVICE", "/dev/net/nonesuch")
    assert kernel.probe(["tun", "veth"]) == {"tun": "/dev/net/nonesuch: No such file or directory"}
    with pytest.raises(UnsupportedByKernel, match="no tap devices: /dev/net/nonesuch"):
        tun.create("t0", "tap", 0, {})
    (verdict,) = send(kernel, netns, add(netns, "tun", 50, "t0"))
    assert verdict.errno == errno.ENODEV
    assert "/dev/net/nonesuch" in verdict.extack
