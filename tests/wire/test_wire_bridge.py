"""Forwarding entries, groups and VLANs of bridges: golden bytes, and dumps truncated at every length."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from nsmgr.kernel import messages
from nsmgr.kernel.codec import CodecError
from nsmgr.kernel.things import fdb, mdb, vlan_options, vlans
from nsmgr.kernel.wire import Span, messages_of
from nsmgr.plan.plan import Step, Verb
from nsmgr.plan.state import Thing
from tests.wire.support import golden, no_fd, step

pytestmark = pytest.mark.skipif(sys.byteorder != "little", reason="the bytes are written for a little-endian machine")

NAMES = {5: "br0", 6: "p1", 7: "vx7", 8: "under"}


def spans(text: str) -> list[Span]:
    data = golden(text)
    found = [(data, start, end) for _, _, _, start, end in messages_of(data)]
    assert found[-1][2] == len(data)
    return found


def assert_cut_is_refused(decode: Callable[[list[Span]], object], whole: list[Span], header: int) -> None:
    """Cut anywhere but behind a top-level attribute, a message is refused."""
    for datagram, start, end in whole:
        fine = {header}
        at = start + header
        while at < end:
            length = int.from_bytes(datagram[at : at + 2], "little")
            fine |= set(range(at + length - start, at + ((length + 3) & ~3) - start + 1))
            at += (length + 3) & ~3
        for length in set(range(end - start)) - fine:
            with pytest.raises(CodecError):
                decode([(datagram[: start + length], start, start + length)])


GET_LINKS = spans(
    """
    40000000 1000 0200 00000000 00000000   # RTM_NEWLINK
    00000000 05000000 00000000 00000000    # struct ifinfomsg: index 5
    0a00 0100 02000000000b 0000            # IFLA_ADDRESS
    1400 1200                              # IFLA_LINKINFO
    0b00 0100 62726964676500 00            #   IFLA_INFO_KIND "bridge"
    0400 0200                              #   IFLA_INFO_DATA, empty
    34000000 1000 0200 00000000 00000000   # RTM_NEWLINK
    00000000 06000000 00000000 00000000    # index 6
    0a00 0100 02000000000c 0000            # IFLA_ADDRESS
    0800 0a00 05000000                     # IFLA_MASTER 5
    48000000 1000 0200 00000000 00000000   # RTM_NEWLINK
    00000000 07000000 00000000 00000000    # index 7
    0a00 0100 02000000000d 0000            # IFLA_ADDRESS
    1c00 1200                              # IFLA_LINKINFO
    0a00 0100 76786c616e00 0000            #   IFLA_INFO_KIND "vxlan"
    0c00 0200                              #   IFLA_INFO_DATA
    0800 0200 0a000002                     #     IFLA_VXLAN_GROUP 10.0.0.2
    """
)


def test_an_entry_of_a_port() -> None:
    attrs = {"lladdr": "02:00:00:00:00:01", "vlan": 10, "self": False, "state": "static", "sticky": True}
    made = step(Verb.THING_ADD, index=6, obj=Thing("fdb", "x", "p1", attrs))
    assert messages.encode(made, no_fd) == [
        golden("""
        30000000 1c00 0105 00000000 00000000  # 48 bytes, RTM_NEWNEIGH, REQUEST | REPLACE | CREATE
        07 000000 06000000                    # AF_BRIDGE, index 6
        4200 44 00                            # NUD_NOARP | NUD_REACHABLE, NTF_MASTER | NTF_STICKY
        0a00 0200 020000000001 0000           # NDA_LLADDR
        0600 0500 0a00 0000                   # NDA_VLAN 10
    """)
    ]


def test_a_remote_for_unknown_addresses_is_appended() -> None:
    attrs = {"lladdr": "00:00:00:00:00:00", "dst": "10.0.0.4", "port": 4790, "vni": 8, "via": "under", "self": True}
    made = step(Verb.THING_ADD, index=7, obj=Thing("fdb", "x", "vx7", attrs), args={"indexes": {"under": 8, "vx7": 7}})
    assert messages.encode(made, no_fd) == [
        golden("""
        48000000 1c00 010c 00000000 00000000  # 72 bytes, RTM_NEWNEIGH, REQUEST | CREATE | APPEND
        07 000000 07000000                    # AF_BRIDGE, index 7
        8000 02 00                            # NUD_PERMANENT, NTF_SELF
        0a00 0200 000000000000 0000           # NDA_LLADDR
        0800 0100 0a000004                    # NDA_DST
        0600 0600 12b6 0000                   # NDA_PORT 4790, network order
        0800 0700 08000000                    # NDA_VNI 8
        0800 0800 08000000                    # NDA_IFINDEX 8
    """)
    ]


def test_an_entry_is_deleted_with_its_remote() -> None:
    attrs = {"lladdr": "02:00:00:00:00:12", "dst": "2001:db8::2", "self": True, "state": "permanent"}
    gone = step(Verb.THING_DEL, index=7, obj=Thing("fdb", "x", "vx7", attrs))
    assert messages.encode(gone, no_fd) == [
        golden("""
        3c000000 1d00 0100 00000000 00000000  # 60 bytes, RTM_DELNEIGH, REQUEST
        07 000000 07000000 0000 02 00         # AF_BRIDGE, index 7, NTF_SELF
        0a00 0200 020000000012 0000           # NDA_LLADDR
        1400 0100 20010db8000000000000000000000002  # NDA_DST
    """)
    ]


@pytest.mark.parametrize(
    ("name", "value"), [("lladdr", "zz"), ("vlan", 70000), ("dst", "10.0.0"), ("port", -1), ("vni", 2**32), ("via", "nobody")]
)
def test_a_value_that_does_not_fit(name: str, value: object) -> None:
    attrs = {"lladdr": "02:00:00:00:00:01", "dst": "10.0.0.1", name: value}
    with pytest.raises(CodecError):
        messages.encode(step(Verb.THING_ADD, index=6, obj=Thing("fdb", "x", "p1", attrs)), no_fd)


ENTRIES = """
    40000000 1c00 0200 00000000 00000000   # RTM_NEWNEIGH: static, at a port, in VLAN 10
    07 000000 06000000 4000 40 00          # AF_BRIDGE, index 6, NUD_NOARP, NTF_STICKY
    0a00 0200 020000000001 0000            # NDA_LLADDR
    0800 0900 05000000                     # NDA_MASTER 5
    0600 0500 0a00 0000                    # NDA_VLAN 10
    0800 0f00 00000000                     # NDA_FLAGS_EXT
    34000000 1c00 0200 00000000 00000000   # RTM_NEWNEIGH: the port's own address
    07 000000 06000000 8000 00 00          # NUD_PERMANENT
    0a00 0200 02000000000c 0000            # NDA_LLADDR
    0800 0900 05000000 0400 fe00           # NDA_MASTER 5, and an attribute that nobody knows
    30000000 1c00 0200 00000000 00000000   # RTM_NEWNEIGH: learned
    07 000000 06000000 0200 00 00          # NUD_REACHABLE
    0a00 0200 020000000099 0000            # NDA_LLADDR
    0800 0900 05000000                     # NDA_MASTER 5
    30000000 1c00 0200 00000000 00000000   # RTM_NEWNEIGH: made by `remote`
    07 000000 07000000 8200 02 00          # index 7, NUD_PERMANENT | NUD_REACHABLE, NTF_SELF
    0a00 0200 000000000000 0000            # NDA_LLADDR
    0800 0100 0a000002                     # NDA_DST
    40000000 1c00 0200 00000000 00000000   # RTM_NEWNEIGH: another remote
    07 000000 07000000 8000 02 00          # index 7, NUD_PERMANENT, NTF_SELF
    0a00 0200 000000000000 0000            # NDA_LLADDR
    0800 0100 0a000004                     # NDA_DST
    0600 0600 12b6 0000                    # NDA_PORT 4790
    0800 0800 08000000                     # NDA_IFINDEX 8
    28000000 1c00 0200 00000000 00000000   # RTM_NEWNEIGH: a group that the port listens to
    07 000000 06000000 8000 02 00          # NUD_PERMANENT, NTF_SELF
    0a00 0200 333300000001 0000            # NDA_LLADDR
"""


def test_entries_are_read() -> None:
    read = list(fdb.decode(fdb.Answered(GET_LINKS, spans(ENTRIES)), NAMES))
    assert [(thing.key, thing.link) for thing in read] == [
        ("02:00:00:00:00:01 vlan 10 dev p1", "p1"),
        ("00:00:00:00:00:00 dst 10.0.0.2 dev vx7 self", "vx7"),
        ("00:00:00:00:00:00 dst 10.0.0.4 port 4790 via under dev vx7 self", "vx7"),
    ]
    assert read[0].attrs == {"lladdr": "02:00:00:00:00:01", "vlan": 10, "self": False, "state": "static", "sticky": True}
    assert read[1].attrs["by"] == "kernel"
    assert "by" not in read[2].attrs


def test_copies_in_every_vlan_are_the_kernels() -> None:
    pair = """
    38000000 1c00 0200 00000000 00000000   # RTM_NEWNEIGH, in VLAN 10
    07 000000 06000000 4000 00 00
    0a00 0200 020000000001 0000
    0800 0900 05000000
    0600 0500 0a00 0000                    # NDA_VLAN 10
    30000000 1c00 0200 00000000 00000000   # RTM_NEWNEIGH, in none
    07 000000 06000000 4000 00 00
    0a00 0200 020000000001 0000
    0800 0900 05000000
    """
    copy, plain = fdb.decode(fdb.Answered(GET_LINKS, spans(pair)), NAMES)
    assert (copy.attrs["vlan"], copy.attrs["by"]) == (10, "kernel")
    assert "by" not in plain.attrs


def test_a_dump_of_entries_that_is_cut() -> None:
    told = [span for span in spans(ENTRIES) if span[0][span[1] + 8] != 0x02]  # learned ones are passed over by their header
    assert_cut_is_refused(lambda cut: list(fdb.decode(fdb.Answered([], cut), NAMES)), told, 12)
    assert_cut_is_refused(lambda cut: list(fdb.decode(fdb.Answered(cut, []), NAMES)), GET_LINKS, 16)


# ----------------------------------------------------------------------------------------------------------------- VLANs


def vlan_step(verb: Verb, attrs: dict[str, Any], observed: dict[str, Any] | None = None) -> Step:
    args = {"observed": Thing("vlans", "p1", "p1", observed)} if observed is not None else {}
    return step(verb, index=6, obj=Thing("vlans", "p1", "p1", attrs), args=args)


def test_a_new_port_gets_its_vlans_and_loses_the_default() -> None:
    made = vlan_step(Verb.THING_ADD, {"vlans": ("10 pvid untagged", "20-29"), "tunnels": ()})
    assert messages.encode(made, no_fd) == [
        golden("""
        54000000 1100 0100 00000000 00000000  # 84 bytes, RTM_DELLINK, REQUEST
        07 00 0000 06000000 00000000 00000000 # struct ifinfomsg: AF_BRIDGE, index 6
        3400 1a00                             # IFLA_AF_SPEC
        0800 0200 0800 0100                   #   IFLA_BRIDGE_VLAN_INFO: RANGE_BEGIN, 1
        0800 0200 1000 0900                   #   RANGE_END, 9
        0800 0200 0800 0b00                   #   from 11
        0800 0200 1000 1300                   #   to 19
        0800 0200 0800 1e00                   #   from 30
        0800 0200 1000 fe0f                   #   to 4094
    """),
        golden("""
        3c000000 1300 0100 00000000 00000000  # 60 bytes, RTM_SETLINK, REQUEST
        07 00 0000 06000000 00000000 00000000 # struct ifinfomsg: AF_BRIDGE, index 6
        1c00 1a00                             # IFLA_AF_SPEC
        0800 0200 0600 0a00                   #   IFLA_BRIDGE_VLAN_INFO: PVID | UNTAGGED, 10
        0800 0200 0800 1400                   #   RANGE_BEGIN, 20
        0800 0200 1000 1d00                   #   RANGE_END, 29
    """),
    ]


def test_of_a_living_bridge_only_what_differs_changes() -> None:
    observed = {"vlans": ("1 pvid untagged", "10-20"), "tunnels": (), "self": True}
    change = vlan_step(Verb.THING_SET, {"vlans": ("10-19", "20 untagged")}, observed)
    assert messages.encode(change, no_fd) == [
        golden("""
        34000000 1100 0100 00000000 00000000  # 52 bytes, RTM_DELLINK, REQUEST
        07 00 0000 06000000 00000000 00000000 # struct ifinfomsg: AF_BRIDGE, index 6
        1400 1a00                             # IFLA_AF_SPEC
        0600 0000 0200 0000                   #   IFLA_BRIDGE_FLAGS: BRIDGE_FLAGS_SELF
        0800 0200 0000 0100                   #   IFLA_BRIDGE_VLAN_INFO: 1
    """),
        golden("""
        34000000 1300 0100 00000000 00000000  # 52 bytes, RTM_SETLINK, REQUEST
        07 00 0000 06000000 00000000 00000000 # struct ifinfomsg: AF_BRIDGE, index 6
        1400 1a00                             # IFLA_AF_SPEC
        0600 0000 0200 0000                   #   IFLA_BRIDGE_FLAGS: BRIDGE_FLAGS_SELF
        0800 0200 0400 1400                   #   IFLA_BRIDGE_VLAN_INFO: UNTAGGED, 20
    """),
    ]


def test_a_tunnel_id_is_deleted_before_another_is_set() -> None:
    observed = {"vlans": ("10-12",), "tunnels": ("10-11 10010",)}
    change = vlan_step(Verb.THING_SET, {"vlans": ("10-12",), "tunnels": ("10 10010", "11-12 20011")}, observed)
    assert messages.encode(change, no_fd) == [
        golden("""
        40000000 1100 0100 00000000 00000000  # 64 bytes, RTM_DELLINK, REQUEST
        07 00 0000 06000000 00000000 00000000 # struct ifinfomsg: AF_BRIDGE, index 6
        2000 1a00                             # IFLA_AF_SPEC
        1c00 0300                             #   IFLA_BRIDGE_VLAN_TUNNEL_INFO
        0800 0100 1b270000                    #     IFLA_BRIDGE_VLAN_TUNNEL_ID 10011
        0600 0200 0b00 0000                   #     IFLA_BRIDGE_VLAN_TUNNEL_VID 11
        0600 0300 0000 0000                   #     IFLA_BRIDGE_VLAN_TUNNEL_FLAGS
    """),
        golden("""
        5c000000 1300 0100 00000000 00000000  # 92 bytes, RTM_SETLINK, REQUEST
        07 00 0000 06000000 00000000 00000000 # struct ifinfomsg: AF_BRIDGE, index 6
        3c00 1a00                             # IFLA_AF_SPEC
        1c00 0300                             #   IFLA_BRIDGE_VLAN_TUNNEL_INFO
        0800 0100 2b4e0000                    #     IFLA_BRIDGE_VLAN_TUNNEL_ID 20011
        0600 0200 0b00 0000                   #     IFLA_BRIDGE_VLAN_TUNNEL_VID 11
        0600 0300 0800 0000                   #     IFLA_BRIDGE_VLAN_TUNNEL_FLAGS: RANGE_BEGIN
        1c00 0300                             #   IFLA_BRIDGE_VLAN_TUNNEL_INFO
        0800 0100 2c4e0000                    #     20012
        0600 0200 0c00 0000                   #     12
        0600 0300 1000 0000                   #     RANGE_END
    """),
    ]


def test_options_of_a_range() -> None:
    same = {"vlans": ("10-12",), "tunnels": ()}
    change = vlan_step(Verb.THING_SET, {**same, "state": ("10-11 blocking",), "mcast_max_groups": ("12 5",)}, same)
    assert messages.encode(change, no_fd) == [
        golden("""
        34000000 7000 0100 00000000 00000000  # 52 bytes, RTM_NEWVLAN, REQUEST
        07 00 0000 06000000                   # struct br_vlan_msg: AF_BRIDGE, index 6
        1c00 0180                             # BRIDGE_VLANDB_ENTRY, NLA_F_NESTED
        0800 0100 4000 0a00                   #   BRIDGE_VLANDB_ENTRY_INFO: ONLY_OPTS, 10
        0600 0200 0b00 0000                   #   BRIDGE_VLANDB_ENTRY_RANGE 11
        0500 0300 04 000000                   #   BRIDGE_VLANDB_ENTRY_STATE: BR_STATE_BLOCKING
    """),
        golden("""
        2c000000 7000 0100 00000000 00000000  # 44 bytes, RTM_NEWVLAN, REQUEST
        07 00 0000 06000000                   # struct br_vlan_msg: AF_BRIDGE, index 6
        1400 0180                             # BRIDGE_VLANDB_ENTRY, NLA_F_NESTED
        0800 0100 4000 0c00                   #   BRIDGE_VLANDB_ENTRY_INFO: ONLY_OPTS, 12
        0800 0800 05000000                    #   BRIDGE_VLANDB_ENTRY_MCAST_MAX_GROUPS 5
    """),
    ]


@pytest.mark.parametrize("attrs", [{"vlans": ("x",)}, {"vlans": ("70000",)}, {"tunnels": ("10",)}, {"state": ("10 odd",)}])
def test_vlans_that_do_not_fit(attrs: dict[str, Any]) -> None:
    with pytest.raises(CodecError):
        messages.encode(vlan_step(Verb.THING_SET, attrs, {}), no_fd)


MEMBERS = """
    44000000 1000 0200 00000000 00000000   # RTM_NEWLINK: the bridge itself
    07 00 0100 05000000 00000000 00000000  # struct ifinfomsg: AF_BRIDGE, index 5
    0800 0a00 05000000                     # IFLA_MASTER 5
    1c00 1a00                              # IFLA_AF_SPEC
    0800 0200 0600 0100                    #   IFLA_BRIDGE_VLAN_INFO: PVID | UNTAGGED, 1
    0800 0200 0800 1400                    #   RANGE_BEGIN, 20
    0800 0200 1000 1d00                    #   RANGE_END, 29
    84000000 1000 0200 00000000 00000000   # RTM_NEWLINK: a port
    07 00 0100 06000000 00000000 00000000  # index 6
    0800 0a00 05000000                     # IFLA_MASTER 5
    5c00 1a00                              # IFLA_AF_SPEC
    0800 0200 0800 0a00                    #   RANGE_BEGIN, 10
    0800 0200 1000 0b00                    #   RANGE_END, 11
    0800 0200 0400 0c00                    #   UNTAGGED, 12
    1c00 0300                              #   IFLA_BRIDGE_VLAN_TUNNEL_INFO
    0800 0100 1a270000                     #     IFLA_BRIDGE_VLAN_TUNNEL_ID 10010
    0600 0200 0a00 0000                    #     IFLA_BRIDGE_VLAN_TUNNEL_VID 10
    0600 0300 0800 0000                    #     IFLA_BRIDGE_VLAN_TUNNEL_FLAGS: RANGE_BEGIN
    1c00 0300 0800 0100 1b270000           #   the range's end: 10011
    0600 0200 0b00 0000 0600 0300 1000 0000 #    VLAN 11, RANGE_END
    0800 0200 0200 0e00                    #   PVID, 14
    28000000 1000 0200 00000000 00000000   # RTM_NEWLINK: a port in no VLAN
    07 00 0100 07000000 00000000 00000000  # index 7
    0800 0a00 05000000                     # IFLA_MASTER 5
    2c000000 1000 0200 00000000 00000000   # RTM_NEWLINK: a network card with a bridge inside
    07 00 0100 08000000 00000000 00000000  # index 8
    0c00 1a00                              # IFLA_AF_SPEC
    0600 0100 0000 0000                    #   IFLA_BRIDGE_MODE
"""
VLAN_OPTIONS = """
    50000000 7000 0200 00000000 00000000   # RTM_NEWVLAN
    07 00 0000 06000000                    # struct br_vlan_msg: AF_BRIDGE, index 6
    1c00 0180                              # BRIDGE_VLANDB_ENTRY
    0800 0100 0000 0a00                    #   BRIDGE_VLANDB_ENTRY_INFO: 10
    0600 0200 0b00 0000                    #   BRIDGE_VLANDB_ENTRY_RANGE 11
    0500 0300 04 000000                    #   BRIDGE_VLANDB_ENTRY_STATE: BR_STATE_BLOCKING
    1c00 0180                              # BRIDGE_VLANDB_ENTRY
    0800 0100 0400 0c00                    #   BRIDGE_VLANDB_ENTRY_INFO: 12
    0500 0300 03 000000                    #   BRIDGE_VLANDB_ENTRY_STATE: BR_STATE_FORWARDING, as ever
    0500 0600 02 000000                    #   BRIDGE_VLANDB_ENTRY_MCAST_ROUTER: MDB_RTR_TYPE_PERM
"""


def test_vlans_are_read() -> None:
    read = list(vlans.decode(vlans.Answered(spans(MEMBERS), []), NAMES))
    assert [(thing.key, dict(thing.attrs)) for thing in read] == [
        ("br0", {"vlans": ("1 pvid untagged", "20-29"), "tunnels": (), "self": True}),
        ("p1", {"vlans": ("10-11", "12 untagged", "14 pvid"), "tunnels": ("10-11 10010",)}),
        ("vx7", {"vlans": (), "tunnels": ()}),
    ]


def test_options_of_vlans_are_read() -> None:
    _, port, _ = vlans.decode(vlans.Answered(spans(MEMBERS), spans(VLAN_OPTIONS)), NAMES)
    assert (port.attrs["state"], port.attrs["mcast_router"]) == (("10-11 blocking",), ("12 permanent",))


def test_a_dump_of_vlans_that_is_cut() -> None:
    whole = spans(MEMBERS)
    assert_cut_is_refused(lambda cut: list(vlans.decode(vlans.Answered(cut, []), NAMES)), whole, 16)
    assert_cut_is_refused(lambda cut: list(vlans.decode(vlans.Answered(whole, cut), NAMES)), spans(VLAN_OPTIONS), 8)


def test_options_of_vlans_as_a_whole() -> None:
    attrs = {"msti": ("10-11 2",), "mcast_querier": ("10-11 true", "12 false"), "mcast_query_interval": ("10-11 20000",)}
    change = step(Verb.THING_SET, index=5, obj=Thing("vlan_options", "br0", "br0", attrs))
    assert messages.encode(change, no_fd) == [
        golden("""
        48000000 7000 0100 00000000 00000000  # 72 bytes, RTM_NEWVLAN, REQUEST
        07 00 0000 05000000                   # struct br_vlan_msg: AF_BRIDGE, index 5
        3000 0280                             # BRIDGE_VLANDB_GLOBAL_OPTIONS, NLA_F_NESTED
        0600 0100 0a00 0000                   #   BRIDGE_VLANDB_GOPTS_ID 10
        0600 0200 0b00 0000                   #   BRIDGE_VLANDB_GOPTS_RANGE 11
        0600 1200 0200 0000                   #   BRIDGE_VLANDB_GOPTS_MSTI 2
        0500 0f00 01 000000                   #   BRIDGE_VLANDB_GOPTS_MCAST_QUERIER
        0c00 0c00 d007000000000000            #   BRIDGE_VLANDB_GOPTS_MCAST_QUERY_INTVL 2000, clock_t
    """),
        golden("""
        2c000000 7000 0100 00000000 00000000  # 44 bytes, RTM_NEWVLAN, REQUEST
        07 00 0000 05000000                   # struct br_vlan_msg
        1400 0280                             # BRIDGE_VLANDB_GLOBAL_OPTIONS
        0600 0100 0c00 0000                   #   BRIDGE_VLANDB_GOPTS_ID 12
        0500 0f00 00 000000                   #   BRIDGE_VLANDB_GOPTS_MCAST_QUERIER
    """),
    ]
    with pytest.raises(CodecError):
        messages.encode(step(Verb.THING_SET, index=5, obj=Thing("vlan_options", "x", "x", {"msti": ("10 x",)})), no_fd)


GLOBALS = """
    6c000000 7000 0200 00000000 00000000   # RTM_NEWVLAN
    07 00 0000 05000000                    # struct br_vlan_msg: AF_BRIDGE, index 5
    3000 0280                              # BRIDGE_VLANDB_GLOBAL_OPTIONS
    0600 0100 0a00 0000                    #   BRIDGE_VLANDB_GOPTS_ID 10
    0600 0200 0b00 0000                    #   BRIDGE_VLANDB_GOPTS_RANGE 11
    0500 0300 00 000000                    #   BRIDGE_VLANDB_GOPTS_MCAST_SNOOPING
    0500 0f00 00 000000                    #   BRIDGE_VLANDB_GOPTS_MCAST_QUERIER, as ever
    0c00 0a00 b801000000000000             #   BRIDGE_VLANDB_GOPTS_MCAST_MEMBERSHIP_INTVL 440, clock_t
    2400 0280                              # BRIDGE_VLANDB_GLOBAL_OPTIONS
    0600 0100 0c00 0000                    #   BRIDGE_VLANDB_GOPTS_ID 12
    0800 0600 05000000                     #   BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_CNT 5
    0800 1000 0400 0100                    #   BRIDGE_VLANDB_GOPTS_MCAST_ROUTER_PORTS
    0600 1200 0300 0000                    #   BRIDGE_VLANDB_GOPTS_MSTI 3
"""


def test_options_of_vlans_as_a_whole_are_read() -> None:
    (thing,) = vlan_options.decode(spans(GLOBALS), NAMES)
    assert (thing.key, dict(thing.attrs)) == (
        "br0",
        {
            "mcast_snooping": ("10-11 false",),
            "mcast_membership_interval": ("10-11 4400",),
            "mcast_last_member_count": ("12 5",),
            "msti": ("12 3",),
        },
    )
    assert_cut_is_refused(lambda cut: list(vlan_options.decode(cut, NAMES)), spans(GLOBALS), 8)


# ---------------------------------------------------------------------------------------------------------------- groups


def group_step(verb: Verb, attrs: dict[str, Any]) -> Step:
    return step(verb, index=6, obj=Thing("mdb", "x", "p1", attrs), args={"controller": 5})


def test_a_group_with_sources() -> None:
    attrs = {"group": "239.1.1.3", "vlan": 10, "mode": "include", "sources": ("10.0.0.1",), "proto": 78}
    assert messages.encode(group_step(Verb.THING_ADD, attrs), no_fd) == [
        golden("""
        5c000000 5400 0105 00000000 00000000  # 92 bytes, RTM_NEWMDB, REQUEST | REPLACE | CREATE
        07 000000 05000000                    # struct br_port_msg: AF_BRIDGE, the bridge
        2000 0100                             # MDBA_SET_ENTRY: struct br_mdb_entry
        06000000 01 00 0a00                   #   the port, MDB_PERMANENT, flags, VLAN 10
        ef010103 00000000 00000000 00000000   #   239.1.1.3
        0800 0000                             #   ETH_P_IP, network order
        2400 0280                             # MDBA_SET_ENTRY_ATTRS, NLA_F_NESTED
        1000 0280                             #   MDBE_ATTR_SRC_LIST, NLA_F_NESTED
        0c00 0180                             #     MDBE_SRC_LIST_ENTRY, NLA_F_NESTED
        0800 0100 0a000001                    #       MDBE_SRCATTR_ADDRESS
        0500 0300 01 000000                   #   MDBE_ATTR_GROUP_MODE: MCAST_INCLUDE
        0500 0400 4e 000000                   #   MDBE_ATTR_RTPROT 78
    """)
    ]


def test_a_group_of_one_source_is_deleted_with_it() -> None:
    attrs = {"group": "ff05::1:3", "source": "2001:db8::1", "proto": 78}
    assert messages.encode(group_step(Verb.THING_DEL, attrs), no_fd) == [
        golden("""
        50000000 5500 0100 00000000 00000000  # 80 bytes, RTM_DELMDB, REQUEST
        07 000000 05000000                    # struct br_port_msg
        2000 0100                             # MDBA_SET_ENTRY
        06000000 01 00 0000                   #   the port, MDB_PERMANENT, flags, no VLAN
        ff050000000000000000000000010003      #   ff05::1:3
        86dd 0000                             #   ETH_P_IPV6
        1800 0280                             # MDBA_SET_ENTRY_ATTRS
        1400 0100 20010db8000000000000000000000001  # MDBE_ATTR_SOURCE
    """)
    ]


def test_an_ethernet_group() -> None:
    assert messages.encode(group_step(Verb.THING_ADD, {"group": "01:02:03:04:05:06"}), no_fd) == [
        golden("""
        38000000 5400 0105 00000000 00000000  # 56 bytes, RTM_NEWMDB
        07 000000 05000000
        2000 0100
        06000000 01 00 0000
        01020304 05060000 00000000 00000000   #   the address
        0000 0000                             #   no ethertype: a group of layer 2
    """)
    ]


@pytest.mark.parametrize(("name", "value"), [("group", "239.1"), ("vlan", 70000), ("source", "x"), ("mode", "x"), ("proto", 256)])
def test_a_group_that_does_not_fit(name: str, value: object) -> None:
    with pytest.raises(CodecError):
        messages.encode(group_step(Verb.THING_ADD, {"group": "239.1.1.1", name: value}), no_fd)


GROUPS = """
    f8000000 5400 0200 00000000 00000000   # RTM_NEWMDB
    07 000000 05000000                     # struct br_port_msg: the bridge
    e000 0100                              # MDBA_MDB
    5400 0100                              #   MDBA_MDB_ENTRY
    5000 0100                              #     MDBA_MDB_ENTRY_INFO
    06000000 01 00 0a00                    #       port 6, MDB_PERMANENT, VLAN 10
    ef010103 00000000 00000000 00000000    #       239.1.1.3
    0800 0000                              #       ETH_P_IP
    0800 0100 00000000                     #       MDBA_MDB_EATTR_TIMER
    1800 0200                              #       MDBA_MDB_EATTR_SRC_LIST
    1400 0100                              #         MDBA_MDB_SRCLIST_ENTRY
    0800 0100 0a000001                     #           MDBA_MDB_SRCATTR_ADDRESS
    0800 0200 00000000                     #           MDBA_MDB_SRCATTR_TIMER
    0500 0300 01 000000                    #       MDBA_MDB_EATTR_GROUP_MODE: MCAST_INCLUDE
    0500 0500 04 000000                    #       MDBA_MDB_EATTR_RTPROT: static
    3c00 0100                              #   MDBA_MDB_ENTRY: what the kernel made of the source
    3800 0100                              #     MDBA_MDB_ENTRY_INFO
    06000000 01 00 0a00                    #       port 6, MDB_PERMANENT, VLAN 10
    ef010103 00000000 00000000 00000000    #       239.1.1.3
    0800 0000                              #       ETH_P_IP
    0800 0400 0a000001                     #       MDBA_MDB_EATTR_SOURCE
    0500 0300 01 000000                    #       MDBA_MDB_EATTR_GROUP_MODE
    0800 0100 00000000                     #       MDBA_MDB_EATTR_TIMER
    4c00 0100                              #   MDBA_MDB_ENTRY: two ports
    2000 0100 06000000 00 00 0000          #     MDBA_MDB_ENTRY_INFO: learned
    ef010101 00000000 00000000 00000000 0800 0000
    2800 0100 05000000 00 00 0000          #     MDBA_MDB_ENTRY_INFO: the bridge itself
    01020304 05060000 00000000 00000000 0000 0000
    0800 0100 00000000                     #       MDBA_MDB_EATTR_TIMER
"""


def test_groups_are_read() -> None:
    read = list(mdb.decode(spans(GROUPS), NAMES))
    assert [(thing.key, dict(thing.attrs)) for thing in read] == [
        ("239.1.1.3 vlan 10 dev p1", {"group": "239.1.1.3", "vlan": 10, "mode": "include", "sources": ("10.0.0.1",), "proto": 4}),
        ("239.1.1.3 source 10.0.0.1 vlan 10 dev p1", {"group": "239.1.1.3", "vlan": 10, "source": "10.0.0.1", "by": "kernel"}),
        ("01:02:03:04:05:06 dev br0", {"group": "01:02:03:04:05:06"}),
    ]


def test_a_dump_of_groups_that_is_cut() -> None:
    assert_cut_is_refused(lambda cut: list(mdb.decode(cut, NAMES)), spans(GROUPS), 8)
