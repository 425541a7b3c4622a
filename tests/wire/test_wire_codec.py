"""The compiler: value forms, refusals with their paths, every truncation. No kernel, no rows."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsmgr.kernel import schema
from nsmgr.kernel.codec import CodecError, Table, attribute, walk
from tests.wire.support import dumps, golden


def table(kind: str) -> Table:
    found = schema.data_table(kind)
    assert found is not None
    return found


LINK = schema.link_table().by_name

FORMS: list[tuple[str, Table, str, Any, str]] = [
    ("u8", table("vxlan"), "IFLA_VXLAN_TTL", 64, "0500 0500 40000000"),
    ("u16", table("vlan"), "IFLA_VLAN_ID", 100, "0600 0100 64000000"),
    ("u32", schema.link_table(), "IFLA_MTU", 1500, "0800 0400 dc050000"),
    ("u64", table("bridge"), "IFLA_BR_MCAST_QUERY_INTVL", 12500, "0c00 2100 d430000000000000"),
    ("s32", table("macvlan"), "IFLA_MACVLAN_BC_CUTOFF", -1, "0800 0900 ffffffff"),
    ("be16", table("vxlan"), "IFLA_VXLAN_PORT", 4789, "0600 0f00 12b50000"),
    ("be32", table("vxlan"), "IFLA_VXLAN_LABEL", 0x12345, "0800 1a00 00012345"),
    ("text with NUL", schema.link_table(), "IFLA_IFNAME", "eth0", "0900 0300 6574683000 000000"),
    ("text without", schema.link_table(), "IFLA_IFALIAS", "é", "0600 1400 c3a9 0000"),
    ("empty text", schema.link_table(), "IFLA_IFALIAS", "", "0400 1400"),
    ("not UTF-8", schema.link_table(), "IFLA_IFALIAS", "\udcff", "0500 1400 ff 000000"),
    ("MAC", schema.link_table(), "IFLA_ADDRESS", "02:00:00:00:00:01", "0a00 0100 020000000001 0000"),
    ("MAC of four octets", schema.link_table(), "IFLA_ADDRESS", "01:02:03:04", "0800 0100 01020304"),
    ("MAC of sixteen", schema.link_table(), "IFLA_ADDRESS", ":".join(["0a"] * 16), "1400 0100" + "0a" * 16),
    ("MAC of none", schema.link_table(), "IFLA_ADDRESS", "", "0400 0100"),
    ("IPv4", table("vxlan"), "IFLA_VXLAN_GROUP", "10.0.0.2", "0800 0200 0a000002"),
    ("IPv6", table("vxlan"), "IFLA_VXLAN_GROUP6", "::1", "1400 1000" + "00" * 15 + "01"),
    ("either, IPv4", schema.rule_table(), "FRA_SRC", "10.0.0.0", "0800 0200 0a000000"),
    ("either, IPv6", schema.rule_table(), "FRA_SRC", "::", "1400 0200" + "00" * 16),
    ("flag", table("vxlan"), "IFLA_VXLAN_GBP", True, "0400 1700"),
    ("bytes", schema.link_table(), "IFLA_PHYS_PORT_ID", b"\1\2\3", "0700 2200 010203 00"),
    ("struct", table("vlan"), "IFLA_VLAN_FLAGS", (3, 7), "0c00 0200 03000000 07000000"),
    ("big-endian struct", table("vxlan"), "IFLA_VXLAN_PORT_RANGE", (1000, 2000), "0800 0a00 03e8 07d0"),
    (
        "array",
        table("bond"),
        "IFLA_BOND_ARP_IP_TARGET",
        ("10.0.0.1", "10.0.0.2"),
        "1400 0800 0800 0100 0a000001 0800 0200 0a000002",
    ),
    ("array of nothing", table("bond"), "IFLA_BOND_NS_IP6_TARGET", (), "0400 1f00"),
    (
        "list of text, NLA_F_NESTED",
        schema.link_table(),
        "IFLA_PROP_LIST",
        ("a", "bb"),
        "1400 3480 0600 3500 6100 0000 0700 3500 626200 00",
    ),
    ("list of structs", table("vlan"), "IFLA_VLAN_EGRESS_QOS", ((1, 2),), "1000 0300 0c00 0100 01000000 02000000"),
    (
        "nest",
        schema.link_table(),
        "IFLA_LINKINFO",
        {"IFLA_INFO_KIND": "ifb", "IFLA_INFO_DATA": b""},
        "1000 1200 0800 0100 69666200 0400 0200",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("where", "name", "value", "wire"), [pytest.param(*row[1:], id=row[0]) for row in FORMS])
def test_value_form(where: Table, name: str, value: Any, wire: str) -> None:
    field = where.by_name[name]
    raw = field.encode(value)
    assert raw == golden(wire)
    ((number, start, end),) = walk(raw, 0, len(raw))
    assert (number, field.decode(raw, start, end)) == (field.number, value)
    view = memoryview(b"\xee" * 8 + raw)
    assert field.decode(view, 8 + start, 8 + end) == value, "any buffer, at any offset"


def test_a_flag_that_is_false_is_left_out() -> None:
    assert table("vxlan").by_name["IFLA_VXLAN_GBP"].encode(False) == b""


def test_a_flag_that_the_kernel_writes_as_a_byte() -> None:
    flag = table("vxlan").by_name["IFLA_VXLAN_TTL_INHERIT"]
    assert [flag.decode(payload, 0, len(payload)) for payload in (b"", b"\0", b"\1")] == [True, False, True]


def test_structs_may_grow_and_text_ends_at_NUL() -> None:  # noqa: N802
    assert table("vlan").by_name["IFLA_VLAN_FLAGS"].decode(bytes(12), 0, 12) == (0, 0)
    assert LINK["IFLA_IFNAME"].decode(b"lo\0junk", 0, 7) == "lo"


def test_nest_with_header() -> None:
    peer = table("veth").by_name["VETH_INFO_PEER"]
    raw = peer.encode({"index": 11, "IFLA_IFNAME": "p"})
    assert raw == golden("""
        1c00 0100       # nla_len 28, VETH_INFO_PEER
        00 00 0000      # ifi_family, padding, ifi_type
        0b000000        # ifi_index 11
        00000000        # ifi_flags
        00000000        # ifi_change
        0600 0300       # nla_len 6, IFLA_IFNAME
        7000 0000       # "p", padding
    """)
    assert peer.decode(raw, 4, len(raw)) == {"family": 0, "ifi_type": 0, "index": 11, "flags": 0, "change": 0, "IFLA_IFNAME": "p"}


def test_unknown_numbers_survive() -> None:
    link = schema.link_table()
    raw = bytes(16) + attribute(2000, b"xyz")
    values = link.decode(raw, 0, len(raw))
    assert values["#2000"] == b"xyz"
    assert link.encode(values) == raw


REFUSED: list[tuple[Table, str, Any]] = [
    (schema.link_table(), "IFLA_MTU", -1),
    (schema.link_table(), "IFLA_MTU", 2**32),
    (schema.link_table(), "IFLA_MTU", "1500"),
    (schema.link_table(), "IFLA_MTU", None),
    (schema.link_table(), "IFLA_IFNAME", "a\0b"),
    (schema.link_table(), "IFLA_IFNAME", 7),
    (schema.link_table(), "IFLA_IFALIAS", "\ud800"),
    (schema.link_table(), "IFLA_IFALIAS", "x" * 70_000),
    (schema.link_table(), "IFLA_ADDRESS", "zz"),
    (schema.link_table(), "IFLA_ADDRESS", "0:1"),
    (schema.link_table(), "IFLA_PHYS_PORT_ID", "text"),
    (schema.link_table(), "IFLA_LINKINFO", 5),
    (table("vxlan"), "IFLA_VXLAN_GROUP", "::1"),
    (table("vxlan"), "IFLA_VXLAN_GROUP6", "10.0.0.1"),
    (table("vxlan"), "IFLA_VXLAN_PORT", 65536),
    (table("vxlan"), "IFLA_VXLAN_PORT_RANGE", (1,)),
    (table("vlan"), "IFLA_VLAN_FLAGS", 3),
    (schema.rule_table(), "FRA_SRC", None),
]


@pytest.mark.parametrize(("where", "name", "value"), REFUSED)
def test_a_value_that_does_not_fit_is_named(where: Table, name: str, value: Any) -> None:
    with pytest.raises(CodecError) as caught:
        where.encode({name: value})
    assert caught.value.path == name


def test_paths_are_dotted() -> None:
    with pytest.raises(CodecError, match=r"IFLA_LINKINFO\.IFLA_INFO_KIND: text without NUL is needed, not 3"):
        schema.link_table().encode({"IFLA_LINKINFO": {"IFLA_INFO_KIND": 3}})
    with pytest.raises(CodecError) as caught:
        schema.link_table().encode({"IFLA_LINKINFO": {"IFLA_INFO_COLOUR": 3}})
    assert (caught.value.path, caught.value.reason) == ("IFLA_LINKINFO.IFLA_INFO_COLOUR", "unknown attribute")
    raw = bytes(16) + attribute(18, b"\3\0\1\0")
    with pytest.raises(CodecError) as caught:
        schema.link_table().decode(raw, 0, len(raw))
    assert caught.value.path == "IFLA_LINKINFO"


def test_classes_with_code_of_their_own_go_through_pyroute2() -> None:
    via = schema.route_table().by_name["RTA_VIA"]
    value = {"family": 10, "addr": "2001:db8::1"}
    raw = via.encode(value)
    assert raw == golden("1600 1200 0a00 20010db8000000000000000000000001 0000")
    assert via.decode(raw, 4, 22) == value
    with pytest.raises(CodecError, match=r"RTA_VIA: .*not supported"):
        schema.route_table().encode({"RTA_VIA": {"family": 99, "addr": "x"}})
    with pytest.raises(CodecError):
        via.decode(b"\x0a", 0, 1)


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_a_length_below_the_header_is_refused(size: int) -> None:
    raw = bytes(16) + size.to_bytes(2, "little") + b"\4\0" + bytes(4)
    with pytest.raises(CodecError, match=f"claims {size} bytes"):
        schema.link_table().decode(raw, 0, len(raw))


@pytest.mark.parametrize("family", ["links_stats", "addresses", "routes", "rules"])
def test_every_truncation_is_refused_or_shorter(family: str) -> None:
    """Cut at each byte: either a clean cut between attributes, or CodecError; never another exception."""
    for message in dumps()[family]:
        found = schema.message_table(int.from_bytes(message[4:6], "little"))
        assert found is not None
        whole = found.decode(message, 16, len(message))
        for end in range(16, len(message)):
            try:
                part = found.decode(message[:end], 16, end)
            except CodecError:
                continue
            assert part.items() <= whole.items()


@given(st.binary(max_size=200))
def test_garbage_raises_nothing_but_CodecError(raw: bytes) -> None:  # noqa: N802
    for found in (
        schema.link_table(),
        schema.route_table(),
        schema.rule_table(),
        schema.address_table(),
        table("bond"),
        table("veth"),
    ):
        with contextlib.suppress(CodecError):
            found.decode(raw, 0, len(raw))
