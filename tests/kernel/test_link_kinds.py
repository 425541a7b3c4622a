"""The rows against a real kernel: what a new link has, what changes in place and reads back, what the kernel refuses to change.

Every kind this kernel lacks is skipped with its words.
"""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from nsmgr.errors import PrivilegeError
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.kernel.port import LINKS, Want
from nsmgr.model.base import UNSET, Change, Value, Where
from nsmgr.model.links import kind_class
from nsmgr.plan.plan import Batch, Step, Verb, Verdict
from nsmgr.plan.state import Link
from tests.since import lacking

LOWER, LINK, OTHER = 100, 101, 102  # interface indexes
STACKED = {"macvlan", "macvtap", "ipvlan", "ipvtap", "vlan"}
REQUIRED: dict[str, dict[str, Value]] = {"vxlan": {"id": 7}, "vlan": {"id": 5}, "vrf": {"table": 10}}
KINDS = ("bond", "bridge", "dummy", "ifb", "ipvlan", "ipvtap", "macvlan", "macvtap", "tap", "tun", "vlan", "vrf", "vxlan")


class Scratch:
    """One namespace of a random name, a veth pair in it to stack on, and one request at a time."""

    def __init__(self, kernel: LinuxKernel, name: str) -> None:
        self.kernel, self.name = kernel, name

    def send(self, verb: Verb, index: int = 0, name: str = "", kind: str = "", **fields: Any) -> Verdict:
        step = Step(id=1, op=1, verb=verb, netns=self.name, index=index, name=name, kind=kind, **fields)
        (verdict,) = self.kernel.transact(Batch("" if verb in (Verb.NETNS_ADD, Verb.NETNS_DEL) else self.name, (step,)))
        return verdict

    def lower(self) -> None:
        peer = {"netns": self.name, "name": "far", "index": OTHER, "attrs": {}}
        assert self.send(Verb.LINK_ADD, LOWER, "low", "veth", attrs={}, args={"peer": peer}).errno == 0

    def make(self, kind: str, **attrs: Value) -> Verdict:
        """The link ``x``, as nsmgr makes it: with the kind's BIRTH, on the veth when it must be stacked."""
        cls = kind_class(kind)
        if words := self.kernel.probe([kind]).get(kind):
            pytest.skip(f"kind {kind}: {words}")
        birth: dict[str, Value] = dict(cls.BIRTH) | REQUIRED.get(kind, {})
        if kind in STACKED:
            self.lower()
            birth["parent"] = LOWER
        return self.send(Verb.TUN_ADD if cls.MAKER == "ioctl" else Verb.LINK_ADD, LINK, "x", kind, attrs=birth | attrs)

    def change(self, kind: str, **attrs: Value) -> Verdict:
        return self.send(Verb.LINK_DATA, LINK, "x", kind, attrs=attrs)

    def read(self, name: str = "x") -> Link:
        return self.kernel.observe({self.name: Want(kinds=LINKS)}).namespaces[self.name].links[name]


@pytest.fixture
def scratch() -> Iterator[Scratch]:
    with LinuxKernel() as kernel:
        space = Scratch(kernel, f"nsmgrt-{secrets.token_hex(4)}")
        try:
            made = space.send(Verb.NETNS_ADD)
        except PrivilegeError as error:
            pytest.skip(str(error))
        if made.errno in (errno.EPERM, errno.EACCES):
            pytest.skip(f"no namespace can be made: {made.extack or errno.errorcode[made.errno]}")
        assert made.errno == 0
        try:
            yield space
        finally:
            space.send(Verb.NETNS_DEL)


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_link_has_the_rows_defaults(scratch: Scratch, kind: str) -> None:
    assert scratch.make(kind).errno == 0
    found = scratch.read()
    assert found.kind == kind
    for name, row in kind_class(kind).rows().items():
        if row.default is UNSET or name == "state" or name not in found.attrs:
            continue
        assert row.equal(row.default, found.attrs[name]), (name, row.default, found.attrs[name])


def test_loopback_has_the_rows_defaults(scratch: Scratch) -> None:
    found = scratch.read("lo")
    assert found.attrs["mtu"] == kind_class("lo").DEFAULT_MTU
    for name, row in kind_class("lo").rows().items():
        if row.default is not UNSET and name != "state" and name in found.attrs:
            assert row.equal(row.default, found.attrs[name]), name


CHANGES: list[tuple[str, dict[str, Value], dict[str, Value]]] = [
    # kind, attributes at birth, attributes to change
    ("bridge", {}, {"stp": True}),
    ("bridge", {}, {"forward_delay": 4000}),
    ("bridge", {}, {"hello_time": 1230}),
    ("bridge", {}, {"max_age": 12_340}),
    ("bridge", {}, {"ageing_time": 123_450}),
    ("bridge", {}, {"priority": 4096}),
    ("bridge", {}, {"group_fwd_mask": 0x4008}),
    ("bridge", {}, {"group_address": "01:80:c2:00:00:0e"}),
    ("bridge", {}, {"no_linklocal_learn": True}),
    ("bridge", {"no_linklocal_learn": True}, {"fdb_local_vlan_0": True}),
    ("bridge", {}, {"mdb_offload_fail_notification": True}),
    ("bridge", {}, {"fdb_max_learned": 100}),
    ("bridge", {}, {"mcast_snooping": False}),
    ("bridge", {}, {"mcast_router": "permanent"}),
    ("bridge", {}, {"mcast_query_use_ifaddr": True}),
    ("bridge", {}, {"mcast_querier": True}),
    ("bridge", {}, {"mcast_hash_max": 512}),
    ("bridge", {}, {"mcast_last_member_count": 5}),
    ("bridge", {}, {"mcast_startup_query_count": 5}),
    ("bridge", {}, {"mcast_last_member_interval": 1230}),
    ("bridge", {}, {"mcast_membership_interval": 123_450}),
    ("bridge", {}, {"mcast_querier_interval": 123_450}),
    ("bridge", {}, {"mcast_query_interval": 12_340}),
    ("bridge", {}, {"mcast_query_response_interval": 1230}),
    ("bridge", {}, {"mcast_startup_query_interval": 12_340}),
    ("bridge", {}, {"mcast_stats_enabled": True}),
    ("bridge", {}, {"mcast_igmp_version": 3}),
    ("bridge", {}, {"mcast_mld_version": 2}),
    ("bridge", {}, {"nf_call_iptables": True, "nf_call_ip6tables": True, "nf_call_arptables": True}),
    ("vxlan", {"remote": "10.0.0.1"}, {"remote": "10.0.0.2"}),
    ("vxlan", {"remote": "2001:db8::1"}, {"remote": "2001:db8::2"}),
    ("vxlan", {}, {"remote": "10.0.0.2"}),
    ("vxlan", {"local": "10.0.0.1"}, {"local": "10.0.0.2"}),
    ("vxlan", {}, {"local": "10.0.0.2"}),
    ("vxlan", {}, {"ttl": 64}),
    ("vxlan", {}, {"tos": "inherit"}),
    ("vxlan", {}, {"tos": 16}),
    ("vxlan", {}, {"df": "inherit"}),
    ("vxlan", {"remote": "2001:db8::1"}, {"label": 5}),
    ("vxlan", {"remote": "2001:db8::1"}, {"label_policy": "inherit"}),
    ("vxlan", {}, {"learning": False}),
    ("vxlan", {}, {"ageing": 17_000}),
    ("vxlan", {}, {"localbypass": False}),
    ("macvlan", {}, {"mode": "bridge"}),
    ("macvlan", {}, {"mode": "source"}),
    ("macvlan", {"mode": "source"}, {"macaddrs": ("02:00:00:00:00:01", "02:00:00:00:00:02")}),
    ("macvlan", {"mode": "source", "macaddrs": ("02:00:00:00:00:01",)}, {"macaddrs": ("02:00:00:00:00:03",)}),
    ("macvlan", {"mode": "source", "macaddrs": ("02:00:00:00:00:01",)}, {"macaddrs": ()}),
    ("macvlan", {}, {"nodst": True}),
    ("macvlan", {"mode": "passthru"}, {"nopromisc": True}),
    ("macvlan", {}, {"bc_queue_len": 5}),
    ("macvlan", {}, {"bc_cutoff": 7}),
    ("macvtap", {}, {"mode": "private"}),
    ("ipvlan", {}, {"mode": "l2"}),
    ("ipvlan", {}, {"flags": "vepa"}),
    ("tun", {}, {"owner": 1000}),
    ("tun", {"owner": 1000}, {"owner_group": 100}),
    ("tap", {"multi_queue": True}, {"vnet_hdr": True}),
    ("tap", {"vnet_hdr": True}, {"pi": True}),
    ("tap", {"pi": True, "vnet_hdr": True}, {"pi": False}),
    ("vlan", {}, {"reorder_hdr": False}),
    ("vlan", {}, {"loose_binding": True}),
    ("vlan", {}, {"egress_qos": ((0, 1), (3, 5)), "ingress_qos": ((1, 2),)}),
    ("bond", {}, {"miimon": 200}),
    ("bond", {}, {"mode": "802.3ad"}),
    ("bond", {}, {"arp_interval": 1000, "arp_ip_target": ("10.0.0.1", "10.0.0.2")}),
    ("bond", {"mode": "802.3ad"}, {"lacp_rate": "fast", "ad_actor_system": "02:00:00:00:00:09"}),
    ("bond", {}, {"xmit_hash_policy": "vlan+srcmac"}),
    ("bond", {"mode": "active-backup"}, {"fail_over_mac": "active"}),
]


@pytest.mark.parametrize(("kind", "birth", "wanted"), CHANGES, ids=lambda value: value if isinstance(value, str) else None)
def test_changes_in_place(scratch: Scratch, kind: str, birth: dict[str, Value], wanted: dict[str, Value]) -> None:
    if words := lacking(birth | wanted):
        pytest.skip(words)
    assert scratch.make(kind, **birth).errno == 0
    cls, before = kind_class(kind), scratch.read().attrs
    if "nf_call_iptables" in wanted and "nf_call_iptables" not in before:
        pytest.skip("this kernel's RTM_NEWLINK has no IFLA_BR_NF_CALL_IPTABLES (CONFIG_BRIDGE_NETFILTER)")
    verdict = scratch.change(kind, **wanted)
    assert (verdict.errno, verdict.extack) == (0, "")
    found = scratch.read()
    assert found.index == LINK
    for name, value in (birth | wanted).items():
        absent = cls.rows()[name].absent
        assert name not in wanted or not cls.replaces(name, before.get(name, absent), value), name
        assert cls.rows()[name].equal(value, found.attrs.get(name, absent)), name


def test_every_in_place_row_of_the_present_kinds_is_tried() -> None:
    tried = {(kind, name) for kind, _, wanted in CHANGES for name in wanted}
    optional = {
        "vlan_filtering",
        "vlan_protocol",
        "vlan_default_pvid",
        "vlan_stats_enabled",
        "vlan_stats_per_port",
    }  # kernel option
    optional |= {"mst_enabled", "mcast_vlan_snooping", "stp_mode", "parent"}
    for kind in ("bridge", "vxlan", "macvlan"):
        for name, row in kind_class(kind).rows().items():
            if row.where is Where.DATA and row.change is Change.IN_PLACE and name not in optional:
                assert (kind, name) in tried


OTHER_VALUE: dict[str, Value] = {"id": 8, "port": 4789, "srcport": (1, 2), "limit": 5, "udp_csum": False, "reserved_bits": 0xFF}


@pytest.mark.parametrize(
    "name", [name for name, row in kind_class("vxlan").rows().items() if row.change is Change.REPLACE and row.where is Where.DATA]
)
def test_a_vxlan_refuses_to_change(scratch: Scratch, name: str) -> None:
    if words := lacking([name]):
        pytest.skip(words)
    assert scratch.make("vxlan").errno == 0
    assert scratch.change("vxlan", **{name: OTHER_VALUE.get(name, True)}).errno == errno.EOPNOTSUPP


@pytest.mark.parametrize(
    ("kind", "birth", "wanted", "refusal"),
    [
        ("vxlan", {"remote": "10.0.0.1"}, {"remote": "2001:db8::1"}, errno.EOPNOTSUPP),
        ("vxlan", {"local": "10.0.0.1"}, {"local": "2001:db8::1"}, errno.EOPNOTSUPP),
        ("vxlan", {}, {"remote": "2001:db8::1"}, errno.EOPNOTSUPP),
        ("vxlan", {}, {"local": "2001:db8::1"}, errno.EOPNOTSUPP),
        ("macvlan", {}, {"mode": "passthru"}, errno.EINVAL),
        ("macvlan", {"mode": "passthru"}, {"mode": "bridge"}, errno.EINVAL),
        ("bridge", {}, {"hello_time": 990}, errno.ERANGE),
        ("bridge", {}, {"max_age": 40_010}, errno.ERANGE),
        ("bridge", {"stp": True}, {"forward_delay": 1000}, errno.ERANGE),
        ("bridge", {}, {"group_fwd_mask": 4}, errno.EINVAL),
        ("bridge", {}, {"group_address": "01:80:c2:00:00:02"}, errno.EINVAL),
        ("bridge", {}, {"group_address": "01:80:c2:00:00:10"}, errno.EINVAL),
        ("bridge", {}, {"mcast_vlan_snooping": True}, errno.EINVAL),
    ],
)
def test_what_the_model_says_the_kernel_refuses(
    scratch: Scratch, kind: str, birth: dict[str, Value], wanted: dict[str, Value], refusal: int
) -> None:
    assert scratch.make(kind, **birth).errno == 0
    assert scratch.change(kind, **wanted).errno == refusal


@pytest.mark.parametrize(
    "attrs",
    [
        {"remote": "239.1.1.1"},
        {"remote": "fe80::1"},
        {"local": "10.0.0.1", "remote": "2001:db8::1"},
        {"label": 5, "remote": "10.0.0.1"},
        {"vnifilter": True},
        {"gpe": True},
        {"gpe": True, "external": True},
        {"local": "239.1.1.1"},
        {"srcport": (2, 1)},
    ],
)
def test_what_problems_names_a_vxlan_is_not_born_with(scratch: Scratch, attrs: dict[str, Value]) -> None:
    assert scratch.make("vxlan", **attrs).errno == errno.EINVAL


@pytest.mark.parametrize(
    "attrs",
    [
        {"gpe": True, "external": True, "learning": False, "id": None},
        {"external": True, "id": None},
        {"external": True, "vnifilter": True, "id": None},
        {"ttl_inherit": True, "gbp": True, "remcsum_nopartial": False},
        {"srcport": (1024, 2048), "limit": 9, "udp_csum": False, "udp6zerocsumtx": True, "udp6zerocsumrx": True, "proxy": True},
        {"rsc": True, "l2miss": True, "l3miss": True, "remcsum_tx": True, "remcsum_rx": True, "remcsum_nopartial": True},
        {"reserved_bits": 0xFF000000000000FF & ~0x0800000000000000},
    ],
)
def test_a_vxlan_born_so_reads_back_so(scratch: Scratch, attrs: dict[str, Value]) -> None:
    told = {name: value for name, value in attrs.items() if value is not None}
    if words := lacking(told):
        pytest.skip(words)
    assert scratch.make("vxlan", **told).errno == 0
    found = scratch.read().attrs
    assert {name: found[name] for name in told} == told


def test_a_vxlan_s_parent_can_be_exchanged_but_clearing_it_is_ignored(scratch: Scratch) -> None:
    scratch.lower()
    assert scratch.make("vxlan", parent=LOWER).errno == 0
    assert scratch.read().attrs["parent"] == "low"
    assert scratch.change("vxlan", parent=OTHER).errno == 0
    assert scratch.read().attrs["parent"] == "far"
    assert scratch.change("vxlan", parent=0).errno == 0
    assert scratch.read().attrs["parent"] == "far"


def test_a_bridge_s_mtu_sticks_only_when_set_after_creation(scratch: Scratch) -> None:
    assert scratch.make("bridge").errno == 0
    scratch.lower()
    assert scratch.send(Verb.LINK_SET, LINK, "x", "bridge", attrs={"mtu": 9000}).errno == 0
    assert scratch.send(Verb.LINK_SET, LOWER, "low", "veth", attrs={"controller": LINK}).errno == 0
    assert scratch.read().attrs["mtu"] == 9000


@pytest.mark.parametrize("name", ["mcast_query_interval", "mcast_startup_query_interval"])
@pytest.mark.parametrize(("told", "kept"), [(500, 1000), (90_000_000, 86_400_000)])
def test_a_bridge_clamps_query_intervals(scratch: Scratch, name: str, told: int, kept: int) -> None:
    assert scratch.make("bridge").errno == 0
    assert scratch.change("bridge", **{name: told}).errno == 0
    assert scratch.read().attrs[name] == kept


def test_a_vxlan_takes_mc_route_and_never_tells(scratch: Scratch) -> None:
    assert scratch.make("vxlan", mc_route=True).errno == 0
    assert "mc_route" not in scratch.read().attrs


@pytest.mark.parametrize("kind", ["tun", "tap"])
def test_a_tun_device_is_made_as_told(scratch: Scratch, kind: str) -> None:
    told: dict[str, Value] = {"owner": 1000, "owner_group": 100, "pi": True, "vnet_hdr": True, "multi_queue": True}
    assert scratch.make(kind, **told).errno == 0
    found = scratch.read()
    assert (found.kind, found.attrs["persist"]) == (kind, True)
    assert {name: found.attrs.get(name) for name in told} == told
