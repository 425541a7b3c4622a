"""Generic netlink against a real kernel: nlctrl is in every one, ethtool in most."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Iterator

import pytest

from nsmgr.errors import KernelError, UnsupportedByKernel
from nsmgr.kernel import genl, netns, wire
from nsmgr.kernel.genl import CONTROL, CTRL_ATTR_FAMILY_NAME, CTRL_CMD_GETFAMILY, Family, GenlSocket, genl_message
from nsmgr.kernel.payload import NLA_F_NESTED, attribute, walk
from nsmgr.kernel.port import Counters
from nsmgr.kernel.rtnl import Answer, RtnlSocket

ETHTOOL_MSG_LINKSTATE_GET, ETHTOOL_MSG_FEATURES_SET = 6, 12
HEADER, DEV_INDEX, DEV_NAME = 1, 1, 2  # ETHTOOL_A_*_HEADER, ETHTOOL_A_HEADER_*


def dev(name: str) -> bytes:
    return attribute(HEADER | NLA_F_NESTED, attribute(DEV_NAME, name.encode() + b"\0"))


@pytest.fixture
def ethtool(opened: GenlSocket) -> Family:
    try:
        return opened.family("ethtool")
    except UnsupportedByKernel as error:
        pytest.skip(f"CONFIG_ETHTOOL_NETLINK: {error}")


@pytest.fixture
def opened(scratch: RtnlSocket) -> Iterator[GenlSocket]:
    """A generic netlink socket in a new namespace."""
    fd = fcntl.ioctl(scratch.fileno(), netns.SIOCGSKNS)
    try:
        with genl.in_namespace(fd, "scratch", Counters()) as made:
            assert made.cookie() == scratch.cookie()
            yield made
    finally:
        os.close(fd)


def test_a_family_is_found_by_name(opened: GenlSocket, ethtool: Family) -> None:
    assert opened.family("nlctrl").number == CONTROL.number
    assert ethtool.number > CONTROL.number
    assert ethtool.version == 1
    assert ethtool.groups["monitor"] > 0
    before = opened.counters.reads
    assert opened.family("ethtool") is ethtool
    assert opened.counters.reads == before


def test_a_family_that_is_not_there_is_named(opened: GenlSocket) -> None:
    with pytest.raises(UnsupportedByKernel, match=r"no generic netlink family nsmgrt-none: ENOENT"):
        opened.family("nsmgrt-none")


def test_all_families_are_dumped(opened: GenlSocket) -> None:
    found = set()
    for datagram, start, end in opened.gather(CONTROL, CTRL_CMD_GETFAMILY):
        found |= {datagram[s : e - 1] for number, s, e in walk(datagram, start, end) if number == CTRL_ATTR_FAMILY_NAME}
    assert b"nlctrl" in found


def test_one_question_one_answer(opened: GenlSocket, ethtool: Family) -> None:
    found = opened.ask(ethtool, ETHTOOL_MSG_LINKSTATE_GET, dev("lo"))
    assert not isinstance(found, Answer)
    link = {number: found[0][s:e] for number, s, e in walk(*found)}
    assert link[2] == b"\1"[: len(link[2])] or link[2] == b"\0"  # ETHTOOL_A_LINKSTATE_LINK: lo's carrier


def test_a_refusal_has_errno_and_the_kernel_s_words(opened: GenlSocket, ethtool: Family) -> None:
    refused = opened.ask(ethtool, ETHTOOL_MSG_LINKSTATE_GET, dev("nsmgrt-none"))
    assert isinstance(refused, Answer)
    assert (refused.errno, refused.extack) == (errno.ENODEV, "no device matches name")
    with pytest.raises(KernelError, match=r"read ethtool \(generic netlink command 255\) of scratch: EOPNOTSUPP"):
        opened.gather(ethtool, 255)


def test_writing_gives_a_verdict_for_each_message(opened: GenlSocket, ethtool: Family) -> None:
    # ETHTOOL_A_FEATURES_WANTED 3: a bit set with one bit by name, ETHTOOL_A_BITSET_{BITS 3, BIT 1, BIT_NAME 2, BIT_VALUE 3}
    bit = attribute(1 | NLA_F_NESTED, attribute(2, b"tx-checksum-ip-generic\0") + attribute(3, b""))
    wanted = attribute(3 | NLA_F_NESTED, attribute(3 | NLA_F_NESTED, bit))
    before = opened.counters.writes
    good, bad, unknown = opened.transact(
        [
            genl_message(ethtool, ETHTOOL_MSG_FEATURES_SET, dev("lo") + wanted),
            genl_message(ethtool, ETHTOOL_MSG_FEATURES_SET, dev("nsmgrt-none") + wanted),
            genl_message(ethtool, ETHTOOL_MSG_FEATURES_SET, dev("lo")),
        ]
    )
    assert good.errno == 0
    assert (bad.errno, bad.extack) == (errno.ENODEV, "no device matches name")
    assert unknown.errno == errno.EINVAL  # without ETHTOOL_A_FEATURES_WANTED
    assert opened.counters.writes == before + 3


def test_a_trace_tells_no_payload(
    opened: GenlSocket, ethtool: Family, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(wire, "trace", wire.trace_to_stderr)
    opened.ask(ethtool, ETHTOOL_MSG_LINKSTATE_GET, dev("nsmgrt-none"))
    told = capsys.readouterr().err.splitlines()
    assert told[-2].startswith("genl → ethtool command=6 ")
    assert told[-1].startswith("genl ← NLMSG_ERROR ENODEV")
    assert not any("nsmgrt-none" in line or b"nsmgrt-none".hex() in line for line in told)


def test_the_header_is_the_kernel_s() -> None:
    raw = genl_message(CONTROL, CTRL_CMD_GETFAMILY, attribute(CTRL_ATTR_FAMILY_NAME, b"x\0"))
    assert struct.unpack_from("=IHHIIBBH", raw) == (28, 16, 1, 0, 0, 3, 2, 0)
