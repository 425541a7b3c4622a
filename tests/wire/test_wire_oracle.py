"""pyroute2's own decode and encode as the oracle, on captured dumps and on every attribute of every kind it knows."""

from __future__ import annotations

from collections.abc import Collection
from types import FunctionType
from typing import Any

import pytest
from pyroute2.netlink import nlmsg_atoms as atoms
from pyroute2.netlink.rtnl.fibmsg import fibmsg
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from nsmgr.kernel import generate, schema
from nsmgr.kernel.codec import Table, Tables, walk
from tests.wire.support import dumps, oracle

# Where the overlay knows better than pyroute2, or where pyroute2's form of the value is another one by design.
_DIFFERENT = {
    "IFLA_AF_SPEC", "IFLA_PROP_LIST", "IFLA_NEW_NETNSID", "RTA_MULTIPATH", "RTA_VIA", "IFLA_VXLAN_LABEL", "IFLA_VXLAN_TTL_INHERIT",
    "IFLA_MACVLAN_MACADDR_DATA", "IFLA_VLAN_EGRESS_QOS", "IFLA_VLAN_INGRESS_QOS", "IFLA_INFO_SLAVE_DATA", "IFLA_BR_PAD",
}  # fmt: skip
_CLASSES: dict[int, Any] = {16: ifinfmsg, 20: ifaddrmsg, 24: rtmsg, 32: fibmsg}
_NUMBERS = {
    name: field.number
    for table in (schema.link_table(), schema.rule_table(), *(schema.data_table(kind) for kind in ("bridge", "vxlan", "macvlan")))
    if table is not None
    for name, field in table.by_name.items()
}
_KINDS = sorted(kind for kind in ifinfmsg.ifinfo.data_map if isinstance(ifinfmsg.ifinfo.data_map[kind], type))


def _kind_data(values: dict[str, Any]) -> None:
    """INFO_DATA is bytes for the table, a nest for pyroute2: decode it with the kind's."""
    info = values.get("IFLA_LINKINFO")
    table = schema.data_table(info["IFLA_INFO_KIND"]) if info and "IFLA_INFO_DATA" in info else None
    if info and table is not None:
        info["IFLA_INFO_DATA"] = table.decode(info["IFLA_INFO_DATA"], 0, len(info["IFLA_INFO_DATA"]))


def _compare(ours: Any, theirs: Any, path: str) -> int:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        checked = 0
        for name in ours.keys() | theirs.keys():
            if name not in _DIFFERENT and f"#{_NUMBERS.get(name, 0)}" not in theirs and not name.startswith("#"):
                checked += _compare(ours.get(name), theirs.get(name), f"{path}.{name}")
        return checked
    assert ours == theirs, path
    return 1


@pytest.mark.parametrize("family", ["links", "links_stats", "addresses", "routes", "rules"])
def test_captured_dumps_decode_as_pyroute2_does(family: str) -> None:
    checked = 0
    for message in dumps()[family]:
        number = int.from_bytes(message[4:6], "little")
        theirs = _CLASSES[number](message)
        theirs.decode()
        table = schema.message_table(number)
        assert table is not None
        ours = table.decode(message, 16, len(message))
        _kind_data(ours)
        checked += _compare(ours, oracle(theirs), family)
    assert checked > 50


def _compiled(cls: Any) -> Table:
    """The table of a plain class, by the way tables.py is made."""
    return Tables(generate.texts({"plain": cls}))["plain"]


def _field_names(cls: Any) -> tuple[str, ...]:
    names = tuple(name for name, fmt in cls.fields if not fmt.endswith("x"))
    return names if len(names) > 1 else ()


def _sample(cls: Any) -> list[tuple[Any, Any]]:
    """(our value, pyroute2's value) pairs for an attribute type; empty for types that depend on context."""
    if isinstance(cls, FunctionType) or cls.nla_map or issubclass(cls, atoms.none):
        return []
    same: list[Any] = []
    if issubclass(cls, atoms.flag):
        same = [True]
    elif issubclass(cls, atoms.asciiz | atoms.string):
        same = ["", "abc", "abcd"]
    elif issubclass(cls, atoms.ip4addr):
        same = ["10.1.2.3"]
    elif issubclass(cls, atoms.ip6addr):
        same = ["2001:db8::7"]
    elif issubclass(cls, atoms.ipaddr):
        same = ["10.1.2.3", "2001:db8::7"]
    elif issubclass(cls, atoms.l2addr):
        same = ["02:00:00:00:00:01"]
    elif issubclass(cls, atoms.cdata):
        same = [b"\1\2\3"]
    elif issubclass(cls, atoms.hex):
        return [(b"\1\2\3", b"\1\2\3")]
    elif _field_names(cls):
        names = _field_names(cls)
        values = tuple(range(1, len(names) + 1))
        return [(values, dict(zip(names, values, strict=True)))]
    elif cls.__name__ == "state":
        return [(6, "UP")]
    elif cls.__name__ == "br_id":
        return [(b"\x80\0\2\0\0\0\0\1", {"prio": 128, "addr": "02:00:00:00:00:01"})]
    elif cls.fields:
        same = [0, 1, 0x20]
    return [(value, value) for value in same]


def _check_encoding(cls: Any, table: Table, skip: Collection[str] = ()) -> int:
    checked = 0
    for row in generate.rows(cls):
        name, field = row.name, table.by_name[row.name]
        for ours, theirs in _sample(row.cls) if name not in skip else ():
            if row.is_array:
                ours, theirs = (ours, ours), [theirs, theirs]
            nla = cls()
            nla["attrs"] = [(name, theirs)]
            nla.encode()
            header = 4 if nla.is_nla else 16
            expected = bytes(nla.data)[header + (table.header_size) :]
            raw = field.encode(ours)
            assert raw == expected, name
            ((_, start, end),) = walk(raw, 0, len(raw))
            assert field.decode(raw, start, end) == ours, name
            checked += 1
    return checked


@pytest.mark.parametrize("kind", _KINDS)
def test_every_attribute_of_a_kind_encodes_as_pyroute2_does(kind: str) -> None:
    """The plain classes, overlay apart: dummy, vlan, bond, vrf, ipvlan too, which no kernel is needed for."""
    cls = ifinfmsg.ifinfo.data_map[kind]
    if kind not in ("veth", "tuntap", "can"):  # a nest only; not rtnetlink; structs with fields of a type pyroute2 cannot pack
        assert _check_encoding(cls, _compiled(cls)) > 0


@pytest.mark.parametrize("cls", [ifinfmsg, ifaddrmsg, fibmsg, ifinfmsg.ifinfo, ifinfmsg.af_spec_inet.inet6, rtmsg.metrics])
def test_every_attribute_of_a_message_encodes_as_pyroute2_does(cls: Any) -> None:
    # ranges are "a:b" in pyroute2
    skip = {"FRA_UID_RANGE", "FRA_SPORT_RANGE", "FRA_DPORT_RANGE"}
    assert _check_encoding(cls, _compiled(cls), skip) > 3


def test_the_overlay_leaves_pyroute2_alone() -> None:
    generate.module()
    assert [name for name, _ in ifinfmsg.nla_map][-1] == "IFLA_ALLMULTI"
    assert dict(ifinfmsg.ifinfo.data_map["vxlan"].nla_map)["IFLA_VXLAN_LABEL"] == "uint32"
    message = ifinfmsg(dumps()["links"][0])
    message.decode()
    assert message.get_attr("IFLA_IFNAME") == "lo"
