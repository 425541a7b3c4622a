"""netkit, vxcan, vcan, nlmon, hsr, team, macsec, wireguard, batadv: what problems() names; pairs in the configuration."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from nsmgr import config
from nsmgr.errors import ConfigError
from nsmgr.model.links import kind_class, kind_names
from nsmgr.plan.state import DesiredState

HSR = {"slave1": "a", "slave2": "b"}
MACSEC = {"parent": "low"}


@pytest.mark.parametrize(
    ("kind", "fields", "named"),
    [
        ("vcan", {}, set()),
        ("vcan", {"mtu": 16}, set()),
        ("vcan", {"mtu": 2060}, set()),
        ("vcan", {"mtu": 70}, {"mtu"}),
        ("vcan", {"mtu": 2061}, {"mtu"}),
        ("vcan", {"mac": "02:00:00:00:00:01", "addrgenmode": "none"}, {"mac", "addrgenmode"}),
        ("vxcan", {"peer": "x"}, {"peer"}),
        ("vxcan", {"peer": "y", "mtu": 1500, "parent": "z"}, {"parent"}),
        ("vxcan", {"peer": "y", "broadcast": "02:00:00:00:00:01"}, {"broadcast"}),
        ("nlmon", {"mtu": 15}, {"mtu"}),
        ("nlmon", {"mac": "02:00:00:00:00:01"}, {"mac"}),
        ("wireguard", {"mtu": 1420, "addrgenmode": "none"}, set()),
        ("wireguard", {"mac": "02:00:00:00:00:01", "addrgenmode": "eui64"}, {"mac", "addrgenmode"}),
        ("netkit", {"peer": "y", "mode": "l2", "mac": "02:00:00:00:00:01"}, set()),
        ("netkit", {"peer": "y", "mac": "02:00:00:00:00:01"}, {"mac"}),
        ("netkit", {"peer": "y", "mode": "l3", "mac": "02:00:00:00:00:01"}, {"mac"}),
        ("netkit", {"peer": "x"}, {"peer"}),
        ("netkit", {"peer": "y", "peer_policy": "forward", "primary": True}, {"peer_policy", "primary"}),
        ("hsr", HSR, set()),
        ("hsr", {**HSR, "interlink": "c", "version": 1}, set()),
        ("hsr", {"slave1": "a", "slave2": "a"}, {"slave2"}),
        ("hsr", {**HSR, "interlink": "b"}, {"slave2", "interlink"}),
        ("hsr", {**HSR, "protocol": "prp", "version": 0, "interlink": "c"}, {"version", "interlink"}),
        ("hsr", {**HSR, "mac": "02:00:00:00:00:01", "mtu": 1501}, {"mac", "mtu"}),
        ("hsr", {**HSR, "seq_nr": 1}, {"seq_nr"}),
        ("macsec", {}, {"parent"}),
        ("macsec", {"parent": "x"}, {"parent"}),
        ("macsec", {**MACSEC, "replay": True, "window": 0}, set()),
        ("macsec", {**MACSEC, "replay": True}, {"replay"}),
        ("macsec", {**MACSEC, "window": 5}, {"window"}),
        ("macsec", {**MACSEC, "replay": True, "window": 2**30, "cipher": "gcm-aes-xpn-128"}, {"window"}),
        ("macsec", {**MACSEC, "replay": True, "window": 2**30}, set()),
        ("macsec", {**MACSEC, "sci": "0200000000010001", "port": 1}, {"port"}),
        ("macsec", {**MACSEC, "sci": "0200000000010001", "send_sci": False}, {"send_sci"}),
        ("macsec", {**MACSEC, "send_sci": True, "scb": True}, {"send_sci"}),
        ("macsec", {**MACSEC, "send_sci": False, "scb": True}, set()),
        ("team", {"mode": "activebackup", "activeport": "p"}, set()),
        ("team", {"mode": "roundrobin", "activeport": "p"}, {"activeport"}),
        ("team", {"lb_tx_method": "hash"}, {"lb_tx_method"}),
        ("team", {"mode": "loadbalance", "lb_stats_refresh_interval": "150ms"}, {"lb_stats_refresh_interval"}),
        ("batadv", {"gw_sel_class": 256}, {"gw_sel_class"}),
        ("batadv", {"gw_sel_class": 256, "algo": "BATMAN_V"}, set()),
        ("batadv", {"mtu": 1501}, {"mtu"}),
    ],
)  # fmt: skip
def test_problems(kind: str, fields: dict[str, Any], named: set[str]) -> None:
    found = kind_class(kind)(**fields).problems("x")
    assert {field for field, _, _ in found} == named
    assert all(message for _, message, _ in found)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("netkit", {"mode": "l4"}), ("netkit", {"policy": "redirect"}), ("netkit", {"headroom": 65536}),
        ("hsr", {"slave1": "a"}), ("hsr", {**HSR, "version": 2}), ("hsr", {**HSR, "slave1": "red/a"}),
        ("hsr", {**HSR, "multicast_spec": 256}), ("macsec", {"icvlen": 7}), ("macsec", {"encodingsa": 4}),
        ("macsec", {"sci": "1"}), ("macsec", {"sci": 1.5}), ("macsec", {"sci": True}), ("macsec", {"cipher": "aes"}),
        ("team", {"mode": "lacp"}), ("batadv", {"algo": "BATMAN_VI"}), ("batadv", {"orig_interval": "39ms"}),
    ],
)  # fmt: skip
def test_refuses(kind: str, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        kind_class(kind)(**fields)


@pytest.mark.parametrize(
    ("written", "value"), [("02000000000A0011", "02000000000a0011"), (200000000010001, "0200000000010001"), ("f" * 16, "f" * 16)]
)
def test_an_sci_is_sixteen_digits_however_yaml_reads_it(written: Any, value: str) -> None:
    assert vars(kind_class("macsec")(parent="low", sci=written))["sci"] == value


def test_a_cipher_in_any_letter_case_or_by_number() -> None:
    assert vars(kind_class("macsec")(cipher="GCM-AES-256"))["cipher"] == "gcm-aes-256"
    assert vars(kind_class("macsec")(cipher=0x0080C20001000004))["cipher"] == "gcm-aes-xpn-256"


def test_an_sci_made_of_the_mac_is_not_exported() -> None:
    implied = kind_class("macsec").implied
    assert implied({"sci": "0200000000a10007", "mac": "02:00:00:00:00:a1", "port": 7}) == {"sci"}
    assert implied({"sci": "0200000000a10007", "mac": "02:00:00:00:00:a2", "port": 7}) == {"port"}


@pytest.mark.parametrize("kind", kind_names())
def test_facts_of_pairs_name_rows(kind: str) -> None:
    cls = kind_class(kind)
    rows = cls.rows()
    assert {*cls.PEER_ROWS, *cls.PEER_ROWS.values(), *cls.PAIR_ROWS} <= rows.keys()
    assert bool(cls.PAIR) == ("peer" in rows)
    assert not cls.LEADER or (cls.PAIR and cls.LEADER in rows)
    assert {name for names in cls.TOGETHER.values() for name in names} | set(cls.TOGETHER) <= rows.keys()
    assert bool(cls.GENL) == any(row.where.name == "GENL" for row in rows.values())


# ------------------------------------------------------------------------------------------------------------------- pairs


def load(**spaces: dict[str, Any]) -> DesiredState:
    document = {"version": 1, "name": "lab", "namespaces": {name: {"links": links} for name, links in spaces.items()}}
    return config.loads(json.dumps(document))


def test_what_is_one_thing_for_both_ends_is_written_at_one() -> None:
    state = load(
        a={"x": {"kind": "netkit", "peer": "b/y", "mode": "l2", "policy": "blackhole"}}, b={"y": {"mac": "02:00:00:00:00:01"}}
    )
    assert state.namespaces["b"].links["y"].attrs["mode"] == "l2"
    assert "policy" not in state.namespaces["b"].links["y"].attrs
    born = load(a={"x": {"kind": "netkit", "peer": "b/y", "headroom": 8}}, b={})
    assert born.namespaces["b"].links["y"].attrs["headroom"] == 8


def test_ends_that_disagree_are_told_so() -> None:
    with pytest.raises(ConfigError) as caught:
        load(a={"x": {"kind": "netkit", "peer": "b/y", "mode": "l2"}}, b={"y": {"mode": "l3"}})
    (problem,) = caught.value.problems
    assert problem.message.startswith("the ends disagree: `mode` is one thing for both, `b/y` has l3")


@pytest.mark.parametrize("kind", ["netkit", "vxcan", "veth"])
def test_the_far_end_takes_the_kind_of_the_near_one(kind: str) -> None:
    state = load(a={"x": {"kind": kind, "peer": "b/y"}}, b={})
    assert state.namespaces["b"].links["y"].kind == kind
    assert state.namespaces["b"].links["y"].attrs["peer"] == "a/x"


def test_two_kinds_are_no_pair() -> None:
    with pytest.raises(ConfigError, match="is of kind vxcan, not netkit"):
        load(a={"x": {"kind": "netkit", "peer": "b/y"}}, b={"y": {"kind": "vxcan"}})
