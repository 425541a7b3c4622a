"""Pairs other than veth, attributes told by another one than sets them, and the families team and batadv, as bytes."""

from __future__ import annotations

import sys
from typing import Any, cast

import pytest

from nsmgr.kernel import batadv, messages, team
from nsmgr.kernel.codec import attribute
from nsmgr.kernel.genl import Family, GenlSocket
from nsmgr.kernel.linkcodec import IFINFOMSG, kind_codec
from nsmgr.plan.plan import Verb
from nsmgr.plan.state import Link
from tests.wire.support import golden, no_fd, step

pytestmark = pytest.mark.skipif(sys.byteorder != "little", reason="the bytes are written for a little-endian machine")


class Kernel:
    """A generic netlink socket that knows one family and has one answer."""

    name = "here"

    def __init__(self, family: str, answer: bytes = b"") -> None:
        self._family, self._answer = Family(family, 30), answer

    def family(self, name: str) -> Family:
        assert name == self._family.name
        return self._family

    def gather(self, family: Family, command: int, body: bytes, *, dump: bool) -> list[tuple[bytes, int, int]]:
        assert not dump
        return [(self._answer, 0, len(self._answer))]

    def ask(self, family: Family, command: int, body: bytes) -> tuple[bytes, int, int]:
        return self._answer, 0, len(self._answer)


def socket(family: str, answer: bytes = b"") -> GenlSocket:
    return cast(GenlSocket, Kernel(family, answer))


def test_netkit_says_the_policies_of_both_ends() -> None:
    peer = {"netns": "green", "name": "n1", "index": 11, "attrs": {"mtu": 1400, "state": "up"}}
    made = step(
        Verb.LINK_ADD, index=10, name="n0", kind="netkit", attrs={"mode": "l2", "policy": "blackhole", "peer_policy": "forward"},
        args={"peer": peer},
    )  # fmt: skip
    assert messages.encode(made, {"green": 6}.__getitem__) == [
        golden("""
        80000000 1000 0106  # nlmsg_len 128, RTM_NEWLINK, REQUEST | EXCL | CREATE
        00000000 00000000   # sequence number and port id: the socket's
        00 00 0000          # ifi_family, padding, ifi_type
        0a000000            # ifi_index 10
        00000000 00000000   # no flags
        0700 0300           # IFLA_IFNAME
        6e3000 00           #   "n0", NUL, padding
        5800 1200           # IFLA_LINKINFO, 88 bytes
        0b00 0100           #   IFLA_INFO_KIND
        6e65746b697400 00   #     "netkit", NUL, padding
        4800 0200           #   IFLA_INFO_DATA, 72 bytes
        0800 0500 00000000  #     IFLA_NETKIT_MODE NETKIT_L2
        0800 0300 02000000  #     IFLA_NETKIT_POLICY NETKIT_DROP
        0800 0400 00000000  #     IFLA_NETKIT_PEER_POLICY NETKIT_PASS
        2c00 0100           #     IFLA_NETKIT_PEER_INFO, 44 bytes
        00 00 0000          #       ifi_family, padding, ifi_type
        0b000000            #       ifi_index 11
        00000000 00000000   #       no flags: UP here is refused
        0700 0300           #       IFLA_IFNAME
        6e3100 00           #         "n1", NUL, padding
        0800 0400 78050000  #       IFLA_MTU 1400
        0800 1c00 06000000  #       IFLA_NET_NS_FD 6: green
    """)
    ]


@pytest.mark.parametrize(("kind", "number"), [("veth", 1), ("vxcan", 1), ("netkit", 1)])
def test_the_peer_is_in_the_nest_the_kind_names(kind: str, number: int) -> None:
    peer = {"netns": "red", "name": "n1", "index": 11, "attrs": {}}
    (raw,) = messages.encode(step(Verb.LINK_ADD, index=10, name="n0", kind=kind, attrs={}, args={"peer": peer}), no_fd)
    assert kind_codec(kind).peer == number
    assert raw.endswith(attribute(number, IFINFOMSG.pack(0, 0, 11, 0, 0) + attribute(3, b"n1\0")))
    assert kind_codec("bridge").peer == 0


def dumped(kind: str, data: bytes) -> Link:
    info = attribute(1, kind.encode() + b"\0") + attribute(2, data)
    raw = IFINFOMSG.pack(0, 1, 5, 0, 0) + attribute(3, b"x\0") + attribute(18, info)
    return messages.decode_link(raw, 0, len(raw))


def test_an_sci_tells_the_port_as_well() -> None:
    found = dumped("macsec", attribute(1, bytes.fromhex("02000000000a0007"))).attrs
    assert (found["sci"], found["port"]) == ("02000000000a0007", 7)
    (sci,) = kind_codec("macsec").sort({"sci": "02000000000a0007"}).data
    (port,) = kind_codec("macsec").sort({"port": 7}).data
    assert (sci, port) == (golden("0c00 0100 02000000000a0007"), golden("0600 0200 0007 0000"))


def test_the_supervision_address_tells_its_last_byte() -> None:
    assert dumped("hsr", attribute(4, bytes.fromhex("01154e00012d"))).attrs["multicast_spec"] == 45
    assert kind_codec("hsr").sort({"multicast_spec": 45}).data == [golden("0500 0300 2d 000000")]


def test_a_can_controller_is_a_physical_device() -> None:
    for kind in ("can", "dsa"):
        assert dumped(kind, attribute(1, bytes(32))).kind == ""
    assert dumped("vcan", b"").kind == "vcan"


def test_team_options_one_a_message_the_mode_first() -> None:
    mode, count = team.encode(socket("team"), 7, {"notify_peers_count": 3, "mode": "random"})
    assert mode == golden("""
        4400 0000 1e00 0100  # nlmsg_len 68, type 30 (the family's number), REQUEST
        00000000 00000000    # sequence number and port id: the socket's
        01 01 0000           # TEAM_CMD_OPTIONS_SET, version 1
        0800 0100 07000000   # TEAM_ATTR_TEAM_IFINDEX 7
        2800 0280            # TEAM_ATTR_LIST_OPTION, nested, 40 bytes
        2400 0180            #   TEAM_ATTR_ITEM_OPTION, nested
        0900 0100            #     TEAM_ATTR_OPTION_NAME
        6d6f6465 00 000000   #       "mode"
        0500 0300 05 000000  #     TEAM_ATTR_OPTION_TYPE NLA_STRING
        0b00 0400            #     TEAM_ATTR_OPTION_DATA
        72616e646f6d 00 00   #       "random"
    """)
    assert count.endswith(golden("0500 0300 03 000000 0800 0400 03000000"))


def _option(name: str, kind: int, data: bytes, *more: bytes) -> bytes:
    parts = attribute(1, name.encode() + b"\0") + b"".join(more) + attribute(3, bytes((kind,))) + attribute(4, data)
    return attribute(1, parts)


def test_team_options_of_the_device_and_of_its_ports() -> None:
    options = _option("mode", 5, b"loadbalance\0") + _option("notify_peers_count", 3, b"\2\0\0\0")
    options += _option("priority", 14, b"\1\0\0\0", attribute(6, b"\7\0\0\0"))  # of a port
    options += attribute(1, attribute(1, b"enabled\0") + attribute(6, b"\7\0\0\0") + attribute(3, b"\6"))  # a flag that is not
    options += _option("lb_tx_hash_to_port_mapping", 3, b"\0\0\0\0", attribute(7, b"\1\0\0\0"))  # of an array
    options += _option("bpf_hash_func", 11, b"")
    answer = attribute(1, b"\7\0\0\0") + attribute(2, options)
    ports = {7: {"priority": 1, "enabled": False}}
    assert team.read(socket("team", answer), 7) == ({"mode": "loadbalance", "notify_peers_count": 2}, ports)
    assert team.read(socket("team", attribute(2, _option("mode", 5, b"*NOMODE*\0"))), 7) == ({}, {})


def test_options_of_a_port_name_it_and_have_their_types() -> None:
    truth, lie, signed = team.encode(socket("team"), 7, {"enabled": True, "user_linkup": False, "priority": -2}, 9)
    port = golden("0800 0600 09000000")  # TEAM_ATTR_OPTION_PORT_IFINDEX
    assert truth.endswith(attribute(1, b"enabled\0") + port + golden("0500 0300 06 000000 0400 0400"))  # NLA_FLAG, there
    assert lie.endswith(attribute(1, b"user_linkup\0") + port + golden("0500 0300 06 000000"))  # not there
    assert signed.endswith(attribute(1, b"priority\0") + port + golden("0500 0300 0e 000000 0800 0400 feffffff"))  # NLA_S32


def test_mesh_attributes_have_the_kernel_s_sizes() -> None:
    values: dict[str, Any] = {"BATADV_ATTR_HOP_PENALTY": 15, "BATADV_ATTR_ORIG_INTERVAL": 5000}
    (raw,) = batadv.encode(socket("batadv"), 7, values)
    assert raw[16:] == golden("0f 01 0000 0800 0300 07000000 0500 3500 0f 000000 0800 3900 88130000")
    answer = attribute(2, b"BATMAN_V\0") + attribute(53, b"\x0f") + attribute(57, b"\x88\x13\0\0") + attribute(9, b"\1" * 6)
    assert batadv.read(socket("batadv", answer), 7) == ({"BATADV_ATTR_ALGO_NAME": "BATMAN_V", **values}, {})
