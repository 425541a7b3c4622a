"""The rows of every link kind: names, netlink attributes, defaults, documentation. What has no row and why: test_coverage.py."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import TypeAdapter

from nsmgr.config.schema import docstrings
from nsmgr.model.base import UNSET, Attr, Change, Names, Where
from nsmgr.model.links import kind_class, kind_names
from nsmgr.model.links.base import Link
from tests.scope import uapi
from tests.scope.coverage import kernels_name

KINDS = (
    "bareudp", "batadv", "bond", "bridge", "dummy", "erspan", "geneve", "gre", "gretap", "gtp", "hsr", "ifb", "ip6erspan", "ip6gre",
    "ip6gretap", "ip6tnl", "ipip", "ipvlan", "ipvtap", "lo", "macsec", "macvlan", "macvtap", "netkit", "nlmon", "physical", "sit",
    "tap", "team", "tun", "vcan", "veth", "vlan", "vrf", "vti", "vti6", "vxcan", "vxlan", "wireguard", "xfrm",
)  # fmt: skip
HEADER = Path("/usr/include/linux/if_link.h")

# Attributes newer than the oldest UAPI header the tests meet (6.1), with the kernel that brought them.
NEWER = {
    "IFLA_MACVLAN_BC_CUTOFF": "6.4",
    "IFLA_VXLAN_LOCALBYPASS": "6.5",
    "IFLA_VXLAN_LABEL_POLICY": "6.7",
    "IFLA_BR_FDB_N_LEARNED": "6.7",
    "IFLA_BR_FDB_MAX_LEARNED": "6.7",
    "IFLA_BOND_COUPLED_CONTROL": "6.9",
    "IFLA_VXLAN_RESERVED_BITS": "6.14",
    "IFLA_GTP_LOCAL": "6.11",
    "IFLA_GTP_LOCAL6": "6.11",
    "IFLA_GENEVE_PORT_RANGE": "6.15",
    "IFLA_VXLAN_MC_ROUTE": "6.17",
    "IFLA_BOND_BROADCAST_NEIGH": "6.17",
    "IFLA_BR_STP_MODE": "7",
}


def data_rows(kind: str) -> dict[str, Attr]:
    return {name: row for name, row in kind_class(kind).rows().items() if row.where is Where.DATA}


def pyroute2_names(key: str) -> set[str]:
    """Attribute names of IFLA_INFO_DATA, none where pyroute2 lacks the kind; macvtap's and ipvtap's rows use their twin's."""
    from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

    cls = ifinfmsg.ifinfo.data_map.get(key)
    return {row[0] for row in cls.nla_map} if cls is not None else set()


def header_names() -> set[str]:
    newest = {name for members in uapi.enumerations().values() for name in members}
    return newest | set(re.findall(r"^\s*(IFLA_\w+)", HEADER.read_text(), re.MULTILINE) if HEADER.exists() else ())


def test_the_kinds_are_found_in_the_package() -> None:
    assert kind_names() == KINDS


def test_an_unknown_kind_has_what_every_link_has() -> None:
    assert kind_class("nosuch") is Link


@pytest.mark.parametrize("kind", KINDS)
class TestKind:
    def test_class(self, kind: str) -> None:
        cls = kind_class(kind)
        assert kind == cls.KIND
        assert cls.__doc__
        assert cls.PARENT_REQUIRED <= cls.TAKES_PARENT
        assert set(cls.DIES_WITH) <= cls.rows().keys()
        assert set(cls.WITHOUT_PORTS | cls.NAMES_PORTS) <= cls.rows().keys()
        assert all(cls.rows()[name].ref for name in cls.NAMES_PORTS)
        assert cls.COMPANIONS.keys() <= cls.rows().keys()
        assert cls.DEFAULTS.keys() <= cls.rows().keys()
        assert set(cls.BIRTH) <= cls.rows().keys()
        assert cls.rows().keys() >= cls.ONCE
        assert all(short in cls.model_fields and set(names) <= cls.rows().keys() for short, names in cls.SHORT.items())
        assert not (cls.PORT_DOWN or cls.PORT_BOUNCES or cls.WITHOUT_PORTS or cls.NAMES_PORTS) or cls.CONTROLLER
        low, high = cls.MTU_RANGE
        assert not cls.DEFAULT_MTU or low <= cls.DEFAULT_MTU <= (high or cls.DEFAULT_MTU)

    def test_every_field_says_what_it_is(self, kind: str) -> None:
        cls = kind_class(kind)
        docs = docstrings(cls)
        assert [name for name, field in cls.model_fields.items() if not (field.description or docs.get(name))] == []

    def test_no_attribute_is_claimed_twice(self, kind: str) -> None:
        claimed = [(row.where, nla, row.bit) for row in kind_class(kind).rows().values() for nla in (row.nla, row.nla6) if nla]
        assert len(claimed) == len(set(claimed))

    def test_bits_of_one_attribute_are_distinct_runs(self, kind: str) -> None:
        taken: dict[tuple[Where, str], int] = {}
        for row in kind_class(kind).rows().values():
            if row.bit:
                run = row.bit // (row.bit & -row.bit)
                assert run & (run + 1) == 0
            claims = [(row.nla, row.bit)] if row.bit else []
            claims += [(row.gate.nla, row.gate.bit)] if row.gate is not None else []
            for word, bits in claims:
                assert not taken.get((row.where, word), 0) & bits
                taken[row.where, word] = taken.get((row.where, word), 0) | bits

    def test_attribute_names_are_the_kernel_s(self, kind: str) -> None:
        cls = kind_class(kind)
        key = kind if cls.DATA is None else cls.DATA
        names = {nla for row in data_rows(kind).values() for nla in (row.nla, row.nla6) if nla}
        known = (pyroute2_names(key) if names else set()) | header_names() | NEWER.keys()
        if not HEADER.exists():
            pytest.skip("no linux/if_link.h")
        assert {name for name in names - known if kernels_name(name) not in known} == set()

    def test_the_schema_compiles(self, kind: str) -> None:
        from nsmgr.kernel.linkcodec import kind_codec

        assert kind_codec(kind)

    def test_defaults_are_valid_and_canonical(self, kind: str) -> None:
        cls = kind_class(kind)
        for name, row in cls.rows().items():
            if row.default is UNSET or row.change is Change.READ_ONLY:
                continue
            field = cls.model_fields[name]
            value = TypeAdapter(field.rebuild_annotation()).validate_python(exported(row, row.default))
            assert row.equal(value, row.default), name

    def test_defaults_survive_the_wire(self, kind: str) -> None:
        for name, row in kind_class(kind).rows().items():
            if row.convert is None or row.default is UNSET:
                continue
            wire = row.convert.to_wire(row.default)
            back = row.absent if wire is None else row.convert.from_wire(wire)
            assert row.equal(row.default, back), name

    def test_enumerations_are_the_names_of_their_conversion(self, kind: str) -> None:
        cls = kind_class(kind)
        for name, row in cls.rows().items():
            if isinstance(row.convert, Names):
                assert set(literals(cls.model_fields[name].annotation)) == set(row.convert.numbers), name

    def test_flags_are_absent_when_false(self, kind: str) -> None:
        for name, row in kind_class(kind).rows().items():
            if type(row.convert).__name__ == "Flag":
                assert row.absent is False, name

    def test_what_the_kernel_alone_sets_is_not_exported(self, kind: str) -> None:
        cls = kind_class(kind)
        for name, row in cls.rows().items():
            read_only = row.change is Change.READ_ONLY
            assert row.export or read_only or name in ("mac", "broadcast")
            extra: Any = cls.model_fields[name].json_schema_extra
            assert bool(extra and extra.get("readOnly")) == read_only, name


def exported(row: Attr, value: Any) -> Any:
    """A canonical value as a person writes it: durations in seconds."""
    return f"{value}ms" if row.unit == "ms" and isinstance(value, int) else value


def literals(annotation: Any) -> tuple[str, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(word for part in get_args(annotation) for word in literals(part))


@pytest.mark.parametrize(
    ("kind", "twin"), [("gretap", "gre"), ("ip6gretap", "ip6gre"), ("macvtap", "macvlan"), ("ipvtap", "ipvlan"), ("tap", "tun")]
)
def test_twins_have_the_same_rows(kind: str, twin: str) -> None:
    assert data_rows(kind) == data_rows(twin)


# KERNEL.md, section 3: what can change on a living link.
@pytest.mark.parametrize(
    ("kind", "change", "names"),
    [
        ("bridge", Change.REPLACE, set()),
        ("bridge", Change.WHEN_DOWN, set()),
        ("vxlan", Change.IN_PLACE,
         {"parent", "remote", "local", "ttl", "tos", "df", "label", "label_policy", "learning", "ageing", "localbypass"}),
        ("macvlan", Change.IN_PLACE, {"mode", "nopromisc", "nodst", "macaddrs", "bc_queue_len", "bc_cutoff"}),
        ("ipvlan", Change.IN_PLACE, {"mode", "flags"}),
        ("vlan", Change.REPLACE, {"id", "protocol"}),
        ("vrf", Change.REPLACE, {"table"}),
        ("bond", Change.WHEN_DOWN,
         {"mode", "lacp_rate", "lacp_active", "ad_select", "tlb_dynamic_lb", "ad_user_port_key", "coupled_control"}),
        ("bond", Change.REPLACE, set()),
        ("tun", Change.REPLACE, {"multi_queue"}),
        ("gre", Change.REPLACE, {"external"}),
        ("erspan", Change.REPLACE, {"external"}),
        ("ip6gre", Change.REPLACE, {"external"}),
        ("ipip", Change.REPLACE, {"mode", "external"}),
        ("sit", Change.REPLACE, {"mode", "isatap"}),
        ("ip6tnl", Change.REPLACE, {"external"}),
        ("vti", Change.REPLACE, set()),
        ("vti6", Change.REPLACE, set()),
        ("xfrm", Change.IN_PLACE, {"if_id"}),
        ("geneve", Change.IN_PLACE, {"remote", "ttl", "tos", "df", "label"}),
        ("bareudp", Change.IN_PLACE, set()),
        ("gtp", Change.IN_PLACE, set()),
        ("tun", Change.IN_PLACE, {"owner", "owner_group", "pi", "vnet_hdr"}),
    ],
)  # fmt: skip
def test_what_can_change_in_place(kind: str, change: Change, names: set[str]) -> None:
    assert {name for name, row in data_rows(kind).items() if row.change is change} == names


def test_a_bridge_s_mtu_is_sent_after_its_creation() -> None:
    assert kind_class("bridge").rows()["mtu"].late
    assert not kind_class("vxlan").rows()["mtu"].late


def test_a_vxlan_s_parent_is_in_its_own_data() -> None:
    row = kind_class("vxlan").rows()["parent"]
    assert (row.nla, row.where, row.ref) == ("IFLA_VXLAN_LINK", Where.DATA, True)
    assert kind_class("macvlan").rows()["parent"].nla == "IFLA_LINK"


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("lo", {"multicast": False}),
        ("ifb", {"arp": False, "multicast": False, "txqlen": 32}),
        ("tun", {"arp": False, "txqlen": 500}),
        ("macvtap", {"txqlen": 500}),
        ("bond", {"tx_queues": 16}),
        ("vxlan", {"port": 4789}),
    ],
)
def test_defaults_of_the_kind(kind: str, names: dict[str, object]) -> None:
    rows = kind_class(kind).rows()
    assert {name: rows[name].default for name in names} == names


@pytest.mark.parametrize(
    ("kind", "name", "observed", "desired", "replaces"),
    [
        ("macvlan", "mode", "bridge", "private", False),
        ("macvlan", "mode", "bridge", "passthru", True),
        ("macvlan", "mode", "passthru", "vepa", True),
        ("macvtap", "mode", "passthru", "vepa", True),
        ("macvlan", "parent", "eth0", "eth1", True),
        ("vxlan", "remote", "10.0.0.1", "10.0.0.2", False),
        ("vxlan", "remote", "10.0.0.1", "2001:db8::1", True),
        ("vxlan", "remote", None, "10.0.0.1", False),
        ("vxlan", "local", None, "2001:db8::1", True),
        ("vxlan", "parent", "eth0", "eth1", False),
        ("vxlan", "parent", None, "eth1", False),
        ("vxlan", "parent", "eth0", None, True),
        ("vxlan", "id", 1, 2, True),
        ("vlan", "id", 1, 2, True),
        ("vlan", "egress_qos", ((0, 1),), ((0, 2), (3, 4)), False),
        ("vlan", "egress_qos", ((0, 1), (5, 1)), ((0, 1),), True),
        ("vlan", "ingress_qos", (), ((0, 1),), False),
        ("bridge", "stp", False, True, False),
        ("bond", "mode", "broadcast", "802.3ad", False),
    ],
)
def test_replaces(kind: str, name: str, observed: Any, desired: Any, replaces: bool) -> None:
    assert kind_class(kind).replaces(name, observed, desired) is replaces
