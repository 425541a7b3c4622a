"""Tunnel attributes on the wire: golden bytes of words that several rows share, and pyroute2 as the oracle, both ways."""

from __future__ import annotations

from typing import Any

import pytest
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

from nsmgr.kernel.codec import CodecError
from nsmgr.kernel.linkcodec import IFINFOMSG, kind_codec
from nsmgr.kernel.messages import decode_link, encode
from nsmgr.kernel.schema import data_table
from nsmgr.plan.plan import Verb
from tests.wire.support import golden, no_fd, step


def message(kind: str, attrs: dict[str, Any], verb: Verb = Verb.LINK_DATA) -> bytes:
    (raw,) = encode(step(verb, index=9, name="x", kind=kind, attrs=attrs), no_fd)
    return raw


def data(kind: str, attrs: dict[str, Any]) -> bytes:
    return b"".join(kind_codec(kind).sort(attrs).data)


GOLDEN: list[tuple[str, dict[str, Any], str]] = [
    (
        "gre",
        {"ikey": 5, "okey": "none", "iseq": True, "icsum": False, "ocsum": True, "oseq": False},
        """
        0800 0400 00000005   # IFLA_GRE_IKEY, __be32; no OKEY, for there is none
        0600 0200 3000 0000  # IFLA_GRE_IFLAGS: GRE_KEY 0x2000, GRE_SEQ 0x1000, __be16
        0600 0300 8000 0000  # IFLA_GRE_OFLAGS: GRE_CSUM 0x8000
        """,
    ),
    (
        "gre",
        {"ikey": 0},
        """
        0800 0400 00000000   # a key of 0 is a key
        0600 0200 2000 0000  # because the flag says so
        """,
    ),
    (
        "ip6tnl",
        {"tclass": 0xB8, "flowlabel": "inherit", "encaplimit": 4, "fwmark": "inherit", "dscp_inherit": True},
        """
        0500 0600 04 000000  # IFLA_IPTUN_ENCAP_LIMIT
        0800 0700 0b800000   # IFLA_IPTUN_FLOWINFO, __be32: the traffic class in bits 20 to 27
        0800 0800 34000000   # IFLA_IPTUN_FLAGS, u32: USE_ORIG_FLOWLABEL 4, RCV_DSCP_COPY 0x10, USE_ORIG_FWMARK 0x20
        """,
    ),
    (
        "ip6gre",
        {"tclass": "inherit", "flowlabel": 0x12345, "encaplimit": "none"},
        """
        0800 0d00 03000000   # IFLA_GRE_FLAGS: IGN_ENCAP_LIMIT 1, USE_ORIG_TCLASS 2
        0800 0c00 00012345   # IFLA_GRE_FLOWINFO
        """,
    ),
    (
        "sit",
        {"isatap": True, "ttl": 64, "mode": "any", "remote": "any"},
        """
        0500 0900 00 000000  # IFLA_IPTUN_PROTO; neither a TTL of 64 nor an end of 0.0.0.0 is said
        0600 0800 0100 0000  # IFLA_IPTUN_FLAGS: SIT_ISATAP 1, in host order as iproute2 sends it
        """,
    ),
    ("geneve", {"ttl": "inherit"}, "0500 0c00 01 000000  # IFLA_GENEVE_TTL_INHERIT, and no TTL: geneve_nl2info would not read it"),
    ("geneve", {"ttl": 3}, "0500 0300 03 000000  # IFLA_GENEVE_TTL, and no TTL_INHERIT: beside it a TTL is not read"),
    ("geneve", {"remote": "any"}, "0800 0200 00000000  # IFLA_GENEVE_REMOTE: a change says only what is said"),
    ("geneve", {"remote": "2001:db8::1"}, "1400 0700 20010db8000000000000000000000001  # IFLA_GENEVE_REMOTE6"),
    ("geneve", {"label": 0x12345, "port": 6081}, "0800 0b00 00012345\n 0600 0500 17c1 0000  # __be32, __be16"),
    (
        "bareudp",
        {"port": 6635, "ethertype": "mpls_uc", "srcport_min": 1024, "multiproto": True},
        """
        0600 0100 19eb 0000  # IFLA_BAREUDP_PORT, __be16
        0600 0200 8847 0000  # IFLA_BAREUDP_ETHERTYPE, __be16
        0600 0300 0004 0000  # IFLA_BAREUDP_SRCPORT_MIN, u16 in host order
        0400 0400            # IFLA_BAREUDP_MULTIPROTO_MODE, a flag
        """,
    ),
    ("vti6", {"ikey": 7, "okey": "none"}, "0800 0200 00000007\n 0800 0300 00000000  # no flags here: 0 is no key"),
    ("xfrm", {"if_id": 7, "external": False}, "0800 0200 07000000  # host order; a flag that is not set is not there"),
]


@pytest.mark.parametrize(("kind", "attrs", "text"), GOLDEN)
def test_golden_bytes(kind: str, attrs: dict[str, Any], text: str) -> None:
    wanted, found = golden(text), data(kind, attrs)
    table = data_table(kind)
    assert table is not None
    assert table.decode(found, 0, len(found)) == table.decode(wanted, 0, len(wanted))  # whatever the order
    assert sorted(found) == sorted(wanted)


@pytest.mark.parametrize(("kind", "attrs", "text"), GOLDEN)
def test_golden_bytes_come_back(kind: str, attrs: dict[str, Any], text: str) -> None:
    raw = golden(text)
    info = len(kind) + 5
    body = bytes((info, 0, 1, 0)) + kind.encode() + b"\0" + bytes(-info % 4) + (len(raw) + 4).to_bytes(2, "little") + b"\2\0" + raw
    payload = IFINFOMSG.pack(0, 1, 5, 0, 0) + (len(body) + 4).to_bytes(2, "little") + b"\x12\0" + body
    found = decode_link(payload, 0, len(payload)).attrs
    # What was not said is not in the bytes: a key that is none has no attribute, its flag is another row's word.
    assert {name: found.get(name) for name in attrs} == attrs


ORACLE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "gre",
        {"local": "10.0.0.1", "remote": "10.0.0.2", "ikey": 5, "okey": 6, "ttl": 64, "tos": "inherit", "pmtudisc": False,
         "fwmark": 3},
        {"IFLA_GRE_LOCAL": "10.0.0.1", "IFLA_GRE_REMOTE": "10.0.0.2", "IFLA_GRE_IKEY": 5, "IFLA_GRE_OKEY": 6, "IFLA_GRE_TTL": 64,
         "IFLA_GRE_TOS": 1, "IFLA_GRE_PMTUDISC": 0, "IFLA_GRE_FWMARK": 3, "IFLA_GRE_IFLAGS": 0x2000, "IFLA_GRE_OFLAGS": 0x2000},
    ),
    (
        "ip6gre",
        {"local": "2001:db8::1", "hoplimit": 64, "flowlabel": 5, "encap": "gue", "encap_dport": 5555, "encap_csum6": True},
        {"IFLA_IP6GRE_LOCAL": "2001:db8::1", "IFLA_IP6GRE_TTL": 64, "IFLA_IP6GRE_FLOWINFO": 5, "IFLA_IP6GRE_ENCAP_TYPE": 2,
         "IFLA_IP6GRE_ENCAP_DPORT": 5555, "IFLA_IP6GRE_ENCAP_FLAGS": 2},
    ),
    ("ipip", {"remote": "10.0.0.2", "mode": "mplsip", "external": True},
     {"IFLA_IPIP_REMOTE": "10.0.0.2", "IFLA_IPIP_PROTO": 137, "IFLA_IPIP_COLLECT_METADATA": True}),
    ("sit", {"prefix_6rd": "2001:db8::", "prefixlen_6rd": 32, "relay_prefix_6rd": "10.0.0.0", "relay_prefixlen_6rd": 8},
     {"IFLA_SIT_6RD_PREFIX": "2001:db8::", "IFLA_SIT_6RD_PREFIXLEN": 32, "IFLA_SIT_6RD_RELAY_PREFIX": "10.0.0.0",
      "IFLA_SIT_6RD_RELAY_PREFIXLEN": 8}),
    ("ip6tnl", {"tclass": 1, "flowlabel": 2, "encaplimit": "none", "mode": "ipip6"},
     {"IFLA_IP6TNL_FLOWINFO": 0x100002, "IFLA_IP6TNL_FLAGS": 1, "IFLA_IP6TNL_PROTO": 4}),
    ("vti", {"ikey": 5, "local": "10.0.0.1"}, {"IFLA_VTI_IKEY": 5, "IFLA_VTI_LOCAL": "10.0.0.1"}),
    ("vti6", {"okey": 5, "remote": "2001:db8::1", "fwmark": 7},
     {"IFLA_VTI_OKEY": 5, "IFLA_VTI_REMOTE": "2001:db8::1", "IFLA_VTI_FWMARK": 7}),
    ("xfrm", {"if_id": 5, "parent": 3}, {"IFLA_XFRM_IF_ID": 5, "IFLA_XFRM_LINK": 3}),
    ("geneve", {"id": 7, "remote": "2001:db8::1", "port": 6081, "tos": 4, "label": 9, "inner_proto_inherit": True},
     {"IFLA_GENEVE_ID": 7, "IFLA_GENEVE_REMOTE6": "2001:db8::1", "IFLA_GENEVE_PORT": 6081, "IFLA_GENEVE_TOS": 4,
      "IFLA_GENEVE_LABEL": 9, "IFLA_GENEVE_INNER_PROTO_INHERIT": True}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "attrs", "expected"), ORACLE)
def test_pyroute2_reads_what_we_write(kind: str, attrs: dict[str, Any], expected: dict[str, Any]) -> None:
    raw = message(kind, attrs)
    theirs = ifinfmsg(raw)
    theirs.decode()
    info = theirs.get_nested("IFLA_LINKINFO")
    assert info.get_attr("IFLA_INFO_KIND") == kind
    found = {}
    for name, value in info.get_attr("IFLA_INFO_DATA")["attrs"]:
        found[name] = value["value"] if isinstance(value, dict) else value
    for name in ("IFLA_IP6GRE_IFLAGS", "IFLA_IP6GRE_OFLAGS"):
        found.pop(name, None)  # pyroute2 reads these in host order
    assert found == expected


@pytest.mark.parametrize(("kind", "attrs", "expected"), ORACLE)
def test_we_read_what_pyroute2_writes(kind: str, attrs: dict[str, Any], expected: dict[str, Any]) -> None:
    theirs = ifinfmsg()
    theirs["index"] = 9
    values = [
        (name, {"value": value} if name in ("IFLA_GRE_IFLAGS", "IFLA_GRE_OFLAGS") else value) for name, value in expected.items()
    ]
    theirs["attrs"] = [
        ("IFLA_IFNAME", "x"),
        ("IFLA_LINKINFO", {"attrs": [("IFLA_INFO_KIND", kind), ("IFLA_INFO_DATA", {"attrs": values})]}),
    ]
    theirs.encode()
    raw = bytes(theirs.data)
    found = decode_link(raw, 16, len(raw)).attrs
    assert {name: found.get(name) for name in attrs} == attrs


def test_numbers_that_do_not_fit_their_bits_are_named() -> None:
    for attrs in ({"tclass": 256}, {"flowlabel": 2**20}, {"tclass": "much"}):
        (name,) = attrs
        with pytest.raises(CodecError, match=name):
            data("ip6tnl", attrs)
