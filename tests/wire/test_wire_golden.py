"""Golden bytes, commented line by line, both directions. Host byte order is little-endian here (as on every machine we test)."""

from __future__ import annotations

import contextlib
import sys

import pytest

from nsmgr.kernel import messages
from nsmgr.kernel.codec import CodecError
from nsmgr.kernel.things import nexthop
from nsmgr.kernel.wire import messages_of
from nsmgr.plan.plan import Verb
from nsmgr.plan.state import Address, NextHop, Route, Rule
from tests.wire.support import golden, no_fd, step

pytestmark = pytest.mark.skipif(sys.byteorder != "little", reason="the bytes are written for a little-endian machine")


def test_veth_born_in_two_namespaces() -> None:
    made = step(
        Verb.LINK_ADD, index=10, name="eth0", kind="veth", attrs={"mtu": 1400, "tx_queues": 1, "state": "up"},
        args={"target": "blue", "peer": {"netns": "green", "name": "eth1", "index": 11, "attrs": {"mac": "02:00:00:00:00:01"}}},
    )  # fmt: skip
    assert messages.encode(made, {"blue": 5, "green": 6}.__getitem__) == [
        golden("""
        8c000000 1000 0106  # nlmsg_len 140, RTM_NEWLINK, REQUEST | EXCL | CREATE
        00000000 00000000   # sequence number and port id: the socket's
        00 00 0000          # ifi_family, padding, ifi_type
        0a000000            # ifi_index 10: chosen by the planner
        01000000            # ifi_flags IFF_UP
        01000000            # ifi_change: only that flag is meant
        0900 0300           # IFLA_IFNAME
        65746830 00 000000  #   "eth0", NUL, padding
        0800 0400           # IFLA_MTU
        78050000            #   1400
        0800 1f00           # IFLA_NUM_TX_QUEUES
        01000000            #   1
        0800 1c00           # IFLA_NET_NS_FD
        05000000            #   5: blue
        4800 1200           # IFLA_LINKINFO, 72 bytes
        0900 0100           #   IFLA_INFO_KIND
        76657468 00 000000  #     "veth", NUL, padding
        3800 0200           #   IFLA_INFO_DATA, 56 bytes
        3400 0100           #     VETH_INFO_PEER, 52 bytes
        00 00 0000          #       ifi_family, padding, ifi_type
        0b000000            #       ifi_index 11
        00000000 00000000   #       no flags: IFF_UP here is ENOTCONN
        0900 0300           #       IFLA_IFNAME
        65746831 00 000000  #         "eth1", NUL, padding
        0a00 0100           #       IFLA_ADDRESS
        020000000001 0000   #         02:00:00:00:00:01, padding
        0800 1c00           #       IFLA_NET_NS_FD
        06000000            #         6: green
    """)
    ]


def test_vlan() -> None:
    made = step(
        Verb.LINK_ADD, index=20, name="v", kind="vlan",
        attrs={"parent": 10, "id": 100, "protocol": "802.1ad", "gvrp": True, "reorder_hdr": False, "egress_qos": ((1, 2),)},
    )  # fmt: skip
    assert messages.encode(made, no_fd) == [
        golden("""
        70000000 1000 0106 00000000 00000000  # 112 bytes, RTM_NEWLINK, REQUEST | EXCL | CREATE
        00000000 14000000 00000000 00000000   # struct ifinfomsg: index 20
        0600 0300 7600 0000                   # IFLA_IFNAME "v"
        0800 0500 0a000000                    # IFLA_LINK 10
        4000 1200                             # IFLA_LINKINFO
        0900 0100 766c616e 00 000000          #   IFLA_INFO_KIND "vlan"
        3000 0200                             #   IFLA_INFO_DATA
        0600 0100 6400 0000                   #     IFLA_VLAN_ID 100
        0600 0500 88a8 0000                   #     IFLA_VLAN_PROTOCOL 0x88a8, network order
        1000 0300                             #     IFLA_VLAN_EGRESS_QOS
        0c00 0100 01000000 02000000           #       IFLA_VLAN_QOS_MAPPING from 1 to 2
        0c00 0200 02000000 03000000           #     IFLA_VLAN_FLAGS: flags GVRP, mask REORDER_HDR | GVRP
    """)
    ]


def test_bond_and_vrf() -> None:
    attrs = {"mode": "active-backup", "miimon": 100, "arp_ip_target": ("10.0.0.1",)}
    bond = step(Verb.LINK_ADD, index=21, name="b", kind="bond", attrs=attrs)
    assert messages.encode(bond, no_fd) == [
        golden("""
        58000000 1000 0106 00000000 00000000  # 88 bytes, RTM_NEWLINK, REQUEST | EXCL | CREATE
        00000000 15000000 00000000 00000000   # struct ifinfomsg: index 21
        0600 0300 6200 0000                   # IFLA_IFNAME "b"
        3000 1200                             # IFLA_LINKINFO
        0900 0100 626f6e64 00 000000          #   IFLA_INFO_KIND "bond"
        2000 0200                             #   IFLA_INFO_DATA
        0500 0100 01 000000                   #     IFLA_BOND_MODE 1, one byte
        0800 0300 64000000                    #     IFLA_BOND_MIIMON 100
        0c00 0800 0800 0100 0a000001          #     IFLA_BOND_ARP_IP_TARGET: one address
    """)
    ]
    vrf = step(Verb.LINK_ADD, index=22, name="r", kind="vrf", attrs={"table": 1000})
    assert messages.encode(vrf, no_fd) == [
        golden("""
        40000000 1000 0106 00000000 00000000  # 64 bytes, RTM_NEWLINK, REQUEST | EXCL | CREATE
        00000000 16000000 00000000 00000000   # struct ifinfomsg: index 22
        0600 0300 7200 0000                   # IFLA_IFNAME "r"
        1800 1200                             # IFLA_LINKINFO
        0800 0100 76726600                    #   IFLA_INFO_KIND "vrf"
        0c00 0200 0800 0100 e8030000          #   IFLA_INFO_DATA: IFLA_VRF_TABLE 1000
    """)
    ]


def test_dummy_and_ipvlan() -> None:
    dummy = step(Verb.LINK_ADD, index=23, name="d", kind="dummy", attrs={"state": "up"})
    assert messages.encode(dummy, no_fd) == [
        golden("""
        38000000 1000 0106 00000000 00000000  # 56 bytes, RTM_NEWLINK, REQUEST | EXCL | CREATE
        00000000 17000000 01000000 01000000   # struct ifinfomsg: index 23, IFF_UP
        0600 0300 6400 0000                   # IFLA_IFNAME "d"
        1000 1200                             # IFLA_LINKINFO, no data
        0a00 0100 64756d6d79 00 0000          #   IFLA_INFO_KIND "dummy"
    """)
    ]
    ipvlan = step(Verb.LINK_ADD, index=24, name="i", kind="ipvlan", attrs={"parent": 10, "mode": "l3s", "flags": "private"})
    assert messages.encode(ipvlan, no_fd) == [
        golden("""
        54000000 1000 0106 00000000 00000000  # 84 bytes, RTM_NEWLINK, REQUEST | EXCL | CREATE
        00000000 18000000 00000000 00000000   # struct ifinfomsg: index 24
        0600 0300 6900 0000                   # IFLA_IFNAME "i"
        0800 0500 0a000000                    # IFLA_LINK 10
        2400 1200                             # IFLA_LINKINFO
        0b00 0100 6970766c616e 00 00          #   IFLA_INFO_KIND "ipvlan"
        1400 0200                             #   IFLA_INFO_DATA
        0600 0100 0200 0000                   #     IFLA_IPVLAN_MODE l3s
        0600 0200 0100 0000                   #     IFLA_IPVLAN_FLAGS private
    """)
    ]


def test_address() -> None:
    added = step(
        Verb.ADDR_ADD, index=10, name="eth0", obj=Address("eth0", "10.0.0.1/24", {"preferred_lifetime": 60_000, "metric": 5})
    )
    assert messages.encode(added, no_fd) == [
        golden("""
        4c000000 1400 0106 00000000 00000000  # 76 bytes, RTM_NEWADDR, REQUEST | EXCL | CREATE
        02 18 00 00 0a000000                  # AF_INET, /24, no flags, scope global, index 10
        0800 0200 0a000001                    # IFA_LOCAL 10.0.0.1
        0800 0100 0a000001                    # IFA_ADDRESS 10.0.0.1
        1400 0600                             # IFA_CACHEINFO
        3c000000 ffffffff 00000000 00000000   #   preferred 60 s, valid for ever, stamps
        0800 0900 05000000                    # IFA_RT_PRIORITY 5
        0500 0b00 4e 000000                   # IFA_PROTO 78: nsmgr made this
    """)
    ]
    dumped = golden("""
        0a 80 80 00 0a000000                            # AF_INET6, /128, IFA_F_PERMANENT, scope global, index 10
        1400 0100 20010db8000000000000000000000002      # IFA_ADDRESS: the peer
        1400 0200 20010db8000000000000000000000001      # IFA_LOCAL
        0800 0800 82000000                              # IFA_FLAGS: PERMANENT | NODAD
    """)
    address = messages.decode_address(dumped, 0, len(dumped), {10: "eth0"})
    assert address is not None
    assert (address.link, address.address) == ("eth0", "2001:db8::1 peer 2001:db8::2/128")
    assert address.attrs == {
        "scope": "global", "valid_lifetime": "forever", "preferred_lifetime": "forever", "metric": 0, "nodad": True, "home": False,
        "mngtmpaddr": False, "noprefixroute": False, "optimistic": False, "autojoin": False,
        "flags": 0x82, "secondary": False, "tentative": False, "permanent": True,
    }  # fmt: skip


_ROUTE = golden("""
    02 10 00 08 00 4e 00 01 00000000      # AF_INET, /16, tos 8, table by attribute, proto 78, scope global, unicast
    0800 0100 0a090000                    # RTA_DST 10.9.0.0
    0800 0600 32000000                    # RTA_PRIORITY 50
    0800 0f00 e8030000                    # RTA_TABLE 1000
    0800 0700 0a000001                    # RTA_PREFSRC 10.0.0.1
    0c00 0800 0800 0200 14050000          # RTA_METRICS: RTAX_MTU 1300
    3400 0900                             # RTA_MULTIPATH
    1000 00 00 0a000000                   #   16 bytes, no flags, weight 1, index 10
    0800 0500 0a000002                    #     RTA_GATEWAY 10.0.0.2
    2000 04 09 0b000000                   #   32 bytes, RTNH_F_ONLINK, weight 10, index 11
    1600 1200                             #     RTA_VIA
    0a00 fe800000000000000000000000000001 0000  #   AF_INET6 fe80::1, padding
""")


def test_route_both_ways() -> None:
    hops = (NextHop("10.0.0.2", "a"), NextHop("fe80::1", "b", 10, True))
    route = Route("10.9.0.0/16", 1000, 50, 8, hops, {"prefsrc": "10.0.0.1", "mtu": 1300})
    (raw,) = messages.encode(step(Verb.ROUTE_ADD, obj=route, args={"indexes": {"a": 10, "b": 11}}), no_fd)
    assert raw == golden(f"{16 + len(_ROUTE):02x}000000 1800 0106 00000000 00000000") + _ROUTE  # RTM_NEWROUTE, EXCL | CREATE
    route.attrs |= {"type": "unicast", "scope": "global", "proto": 78}
    assert messages.decode_route(_ROUTE, 0, len(_ROUTE), {10: "a", 11: "b"}) == route


_LABELLED = golden("""
    1c 14 00 00 fe 4e 00 01 00000000      # AF_MPLS, to /20, table 254, protocol 78, scope universe, RTN_UNICAST
    0800 0100 00064100                    # RTA_DST label 100, bottom of stack
    0500 1a00 00 000000                   # RTA_TTL_PROPAGATE off
    0a00 1200 0200 0a000002 0000          # RTA_VIA AF_INET 10.0.0.2
    0c00 1300 000c8000 0012c100           # RTA_NEWDST labels 200 and 300
    0800 0400 0a000000                    # RTA_OIF 10
""")
_WIDE = golden("""
    0a 30 30 00 fe 4e 00 01 00000000      # AF_INET6, to /48, from /48, table 254, protocol 78, RTN_UNICAST
    1400 0100 20010db8000100000000000000000000  # RTA_DST 2001:db8:1::
    1400 0200 20010db8000200000000000000000000  # RTA_SRC 2001:db8:2::
    0800 0600 32000000                    # RTA_PRIORITY 50
    2c00 0800                             # RTA_METRICS
    0800 0100 04200000                    #   RTAX_LOCK mtu, rto_min
    0800 0200 78050000                    #   RTAX_MTU 1400
    0800 0400 20030000                    #   RTAX_RTT 100 ms in eighths
    0800 0d00 14000000                    #   RTAX_RTO_MIN 20 ms
    0800 0c00 01000000                    #   RTAX_FEATURES ecn
    0500 1400 03 000000                   # RTA_PREF low
    0600 1500 0500 0000                   # RTA_ENCAP_TYPE LWTUNNEL_ENCAP_SEG6
    3400 1680                             # RTA_ENCAP, nested
    3000 0100                             #   SEG6_IPTUNNEL_SRH
    01000000                              #     SEG6_IPTUN_MODE_ENCAP
    00 04 04 01 01 00 0000                #     struct ipv6_sr_hdr: 4 units, type 4, one segment left, the first is 1
    fd000000000000000000000000000002      #     the last segment first
    fd000000000000000000000000000001
    0800 0400 0a000000                    # RTA_OIF 10
""")
_LABELLED_ROUTE = Route("mpls 100", nexthops=(NextHop("10.0.0.2", "a", labels="200/300"),), attrs={"ttl_propagate": False})
_WIDE_ROUTE = Route(
    "2001:db8:1::/48 from 2001:db8:2::/48", 254, 50, 0, (NextHop("", "a", encap="seg6 mode encap segs fd00::1,fd00::2"),),
    {"lock": ("mtu",), "mtu": 1400, "rtt": 100, "rto_min": 20, "features": ("ecn",), "pref": "low"},
)  # fmt: skip


@pytest.mark.parametrize(("payload", "route"), [(_LABELLED, _LABELLED_ROUTE), (_WIDE, _WIDE_ROUTE)], ids=["mpls", "seg6"])
def test_route_with_an_encapsulation(payload: bytes, route: Route) -> None:
    (raw,) = messages.encode(step(Verb.ROUTE_ADD, obj=route, args={"indexes": {"a": 10}}), no_fd)
    assert raw == golden(f"{16 + len(payload):08x}")[::-1] + golden("1800 0106 00000000 00000000") + payload
    wanted = Route(route.to, route.table, route.metric, 0, route.nexthops, {"type": "unicast", "scope": "global", "proto": 78})
    wanted.attrs |= route.attrs
    assert messages.decode_route(payload, 0, len(payload), {10: "a"}) == wanted


def test_two_next_hops_in_one_datagram() -> None:
    datagram = golden("""
        44000000 6800 0200 00000000 00000000  # 68 bytes, RTM_NEWNEXTHOP, NLM_F_MULTI
        02 fd 4e 00 04000000                  # AF_INET, scope link, protocol 78, RTNH_F_ONLINK
        0800 0100 01000000                    # NHA_ID 1
        0800 0500 0a000000                    # NHA_OIF 10
        0800 0600 0a000002                    # NHA_GATEWAY 10.0.0.2
        0600 0700 0100 0000                   # NHA_ENCAP_TYPE LWTUNNEL_ENCAP_MPLS
        0c00 0880 0800 0100 00064100          # NHA_ENCAP: MPLS_IPTUNNEL_DST label 100, bottom of stack
        60000000 6800 0200 00000000 00000000  # 96 bytes, RTM_NEWNEXTHOP, NLM_F_MULTI
        00 00 4e 00 00000000                  # AF_UNSPEC, protocol 78
        0800 0100 03000000                    # NHA_ID 3
        1400 0200                             # NHA_GROUP
        02000000 02 01 0000                   #   2, weight 259: the high byte counts where the kernel says so below
        01000000 00 00 0000                   #   1, weight 1
        0800 0e00 00000080                    # NHA_OP_FLAGS RESP_GRP_RESVD_0
        0600 0300 0100 0000                   # NHA_GROUP_TYPE resilient
        1c00 0c80                             # NHA_RES_GROUP
        0600 0100 2000 0000                   #   NHA_RES_GROUP_BUCKETS 32
        0800 0200 70170000                    #   NHA_RES_GROUP_IDLE_TIMER 6000/100 s
        0800 0300 00000000                    #   NHA_RES_GROUP_UNBALANCED_TIMER 0
    """)
    spans = [(datagram, start, end) for _, _, _, start, end in messages_of(datagram)]
    single, group = nexthop.decode(spans, {10: "a"})
    assert (single.key, single.link, single.on) == ("1", "a", ())
    assert single.attrs == {
        "id": 1, "via": "10.0.0.2", "dev": "a", "onlink": True, "encap": "mpls 100", "family": "ipv4", "proto": 78,
    }  # fmt: skip
    assert (group.key, group.link, group.on) == ("3", "", (("nexthop", "1"), ("nexthop", "2")))
    assert group.attrs == {
        "id": 3, "group": ((1, 1), (2, 259)), "type": "resilient", "buckets": 32, "idle_timer": 60_000, "unbalanced_timer": 0,
        "proto": 78,
    }  # fmt: skip
    assert list(nexthop.decode(spans, {})) == [group], "that of a link without a name is left out"
    for thing in (single, group):
        (raw,) = messages.encode(step(Verb.THING_SET, obj=thing, args={"indexes": {"a": 10}}), no_fd)
        assert raw[4:8] == golden("6800 0105")  # RTM_NEWNEXTHOP, REQUEST | REPLACE | CREATE
        flagged = raw + golden("0800 0e00 00000080")
        assert list(nexthop.decode([(flagged, 16, len(flagged))], {10: "a"})) == [thing]
    (raw,) = messages.encode(step(Verb.THING_DEL, obj=group), no_fd)
    assert raw == golden("20000000 6900 0100 00000000 00000000 0000000000000000 0800 0100 03000000")  # RTM_DELNEXTHOP, NHA_ID 3
    for start, end in ((start, end) for _, start, end in spans):
        for cut in range(start, end):
            with contextlib.suppress(CodecError):
                list(nexthop.decode([(datagram[:cut], start, cut)], {10: "a"}))


_RULE = golden("""
    02 00 18 10 64 00 00 01 02000000      # AF_INET, to /0, from /24, tos 16, table 100, FR_ACT_TO_TBL, FIB_RULE_INVERT
    0800 0600 e8030000                    # FRA_PRIORITY 1000
    0800 0200 0a000000                    # FRA_SRC 10.0.0.0
    0900 0300 65746830 00 000000          # FRA_IIFNAME "eth0"
    0800 1800 5000 5a00                   # FRA_DPORT_RANGE 80 to 90
    0800 0f00 64000000                    # FRA_TABLE 100
    0500 1500 4e 000000                   # FRA_PROTOCOL 78
""")


def test_rule_both_ways() -> None:
    rule = Rule(
        {
            "priority": 1000, "family": "ipv4", "from": "10.0.0.0/24", "iif": "eth0", "dport": "80-90", "tos": 16, "invert": True,
            "table": 100,
        }
    )  # fmt: skip
    (raw,) = messages.encode(step(Verb.RULE_ADD, obj=rule), no_fd)
    assert raw == golden(f"{16 + len(_RULE):02x}000000 2000 0106 00000000 00000000") + _RULE  # RTM_NEWRULE, EXCL | CREATE
    read = messages.decode_rule(_RULE, 0, len(_RULE))
    assert (read.attrs, read.proto) == (rule.attrs, 78)


def test_two_links_in_one_datagram() -> None:
    datagram = golden("""
        3c000000 1000 0200 00000000 00000000  # 60 bytes, RTM_NEWLINK, NLM_F_MULTI
        00 00 0403 01000000                   # ARPHRD_LOOPBACK, index 1
        49000100 00000000                     # UP | LOOPBACK | RUNNING | LOWER_UP
        0700 0300 6c6f 00 00                  # IFLA_IFNAME "lo"
        0800 0400 00000100                    # IFLA_MTU 65536
        0a00 0100 000000000000 0000           # IFLA_ADDRESS
        74000000 1000 0200 00000000 00000000  # 116 bytes, RTM_NEWLINK, NLM_F_MULTI
        00 00 0100 07000000                   # ARPHRD_ETHER, index 7
        02130000 00000000                     # BROADCAST | PROMISC | ALLMULTI | MULTICAST
        0a00 0300 62723000 0000 0000          # IFLA_IFNAME "br0", longer than it needs to be
        0800 0a00 05000000                    # IFLA_MASTER 5
        0500 2700 01 000000                   # IFLA_PROTO_DOWN
        0700 1400 68 c3a9 00                  # IFLA_IFALIAS "hé", not terminated
        2400 1200                             # IFLA_LINKINFO
        0b00 0100 62726964676500 00           #   IFLA_INFO_KIND "bridge"
        1400 0200                             #   IFLA_INFO_DATA
        0800 0400 30750000                    #     IFLA_BR_AGEING_TIME 30000/100 s
        0800 0500 01000000                    #     IFLA_BR_STP_STATE
        0c00 3480 0600 3500 7800 0000         # IFLA_PROP_LIST: IFLA_ALT_IFNAME "x"
    """)
    spans = [(start, end) for _, _, _, start, end in messages_of(datagram)]
    lo, bridge = (messages.decode_link(datagram, start, end) for start, end in spans)
    assert (lo.name, lo.kind, lo.index, lo.fallback, lo.attrs["state"], lo.attrs["mtu"]) == ("lo", "lo", 1, True, "up", 65536)
    assert "controller" not in lo.attrs
    assert (bridge.name, bridge.kind, bridge.fallback, bridge.altnames) == ("br0", "bridge", False, ("x",))
    expected = {
        "state": "down", "promisc": True, "allmulticast": True, "multicast": True, "arp": True, "controller": 5, "protodown": True,
        "alias": "hé", "ageing_time": 300_000, "stp": True,
    }  # fmt: skip
    assert {name: bridge.attrs[name] for name in expected} == expected
