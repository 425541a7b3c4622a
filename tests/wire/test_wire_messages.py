"""Steps → messages: which message carries what, what is refused, and what is said about a message."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest

from nsmgr.kernel import dumps as questions
from nsmgr.kernel import messages
from nsmgr.kernel.codec import CodecError, attribute
from nsmgr.kernel.describe import attribute_path, describe
from nsmgr.model.links import kind_names
from nsmgr.plan.plan import Verb
from nsmgr.plan.state import Address, NextHop, Route, Rule
from tests.wire.support import dumps, golden, no_fd, step


def said(message: bytes) -> tuple[str, dict[str, int], dict[str, Any]]:
    document = describe(message)
    return document["type"], document["header"], dict(document["attributes"])


def test_what_creation_ignores_is_sent_right_after() -> None:
    made = step(
        Verb.LINK_ADD, index=5, name="br0", kind="bridge", attrs={"mtu": 9000, "alias": "uplink", "state": "up", "group": 3}
    )
    born, after = messages.encode(made, no_fd)
    kind, header, attrs = said(born)
    assert (kind, header["index"], header["flags"], header["change"]) == ("RTM_NEWLINK", 5, 1, 1)
    assert list(attrs) == ["IFLA_IFNAME", "IFLA_GROUP", "IFLA_LINKINFO"]
    kind, header, attrs = said(after)
    assert (kind, header["index"], header["change"], attrs) == ("RTM_SETLINK", 5, 0, {"IFLA_MTU": 9000, "IFLA_IFALIAS": "uplink"})


def test_up_comes_after_the_address_generation_mode() -> None:
    made = step(Verb.LINK_ADD, index=5, name="i", kind="ifb", attrs={"state": "up", "arp": False, "addrgenmode": "none"})
    documents = [said(message) for message in messages.encode(made, no_fd)]
    assert [(kind, header["flags"], header["change"]) for kind, header, _ in documents] == [
        ("RTM_NEWLINK", 0x80, 0x80),
        ("RTM_SETLINK", 0, 0),
        ("RTM_SETLINK", 1, 1),
    ]
    assert documents[1][2] == {"IFLA_AF_SPEC": [["AF_INET6", [["IFLA_INET6_ADDR_GEN_MODE", 1]]]]}
    both = step(Verb.LINK_SET, index=5, name="i", kind="ifb", attrs={"state": "up", "addrgenmode": "eui64", "mtu": 1400})
    assert [(header["flags"], list(attrs)) for _, header, attrs in map(said, messages.encode(both, no_fd))] == [
        (0, ["IFLA_MTU", "IFLA_AF_SPEC"]),
        (1, []),
    ]


def test_flags_are_masked() -> None:
    changed = step(Verb.LINK_SET, index=5, attrs={"state": "down", "arp": True, "promisc": True, "multicast": False})
    ((_, header, _),) = map(said, messages.encode(changed, no_fd))
    assert (header["flags"], header["change"]) == (0x100, 0x1 | 0x80 | 0x100 | 0x1000)


def test_set_rename_and_release() -> None:
    changed = step(Verb.LINK_SET, index=5, attrs={"controller": None}, args={"rename": "eth9"})
    ((kind, _, attrs),) = map(said, messages.encode(changed, no_fd))
    assert (kind, attrs) == ("RTM_SETLINK", {"IFLA_MASTER": 0, "IFLA_IFNAME": "eth9"})


def test_kind_data_goes_by_newlink_without_create() -> None:
    (raw,) = messages.encode(step(Verb.LINK_DATA, index=5, kind="vxlan", attrs={"ttl": 9, "remote": "2001:db8::1"}), no_fd)
    document = describe(raw)
    assert (document["type"], document["flags"]) == ("RTM_NEWLINK", ["REQUEST"])
    data = [["IFLA_VXLAN_TTL", 9], ["IFLA_VXLAN_GROUP6", "2001:db8::1"]]
    assert document["attributes"] == [["IFLA_LINKINFO", [["IFLA_INFO_KIND", "vxlan"], ["IFLA_INFO_DATA", data]]]]


def test_move_delete_and_altnames() -> None:
    move = step(Verb.LINK_MOVE, index=5, name="a", args={"target": "blue", "rename": "b", "new_index": 77})
    ((kind, _, attrs),) = map(said, messages.encode(move, {"blue": 9}.__getitem__))
    assert (kind, attrs) == ("RTM_SETLINK", {"IFLA_NET_NS_FD": 9, "IFLA_IFNAME": "b", "IFLA_NEW_IFINDEX": 77})
    ((kind, header, attrs),) = map(said, messages.encode(step(Verb.LINK_DEL, index=5, name="a"), no_fd))
    assert (kind, header["index"], attrs) == ("RTM_DELLINK", 5, {})
    ((kind, _, attrs),) = map(said, messages.encode(step(Verb.ALTNAME_ADD, index=5, args={"names": ("x", "y")}), no_fd))
    assert (kind, attrs) == ("RTM_NEWLINKPROP", {"IFLA_PROP_LIST": [["IFLA_ALT_IFNAME", "x"], ["IFLA_ALT_IFNAME", "y"]]})
    ((kind, _, _),) = map(said, messages.encode(step(Verb.ALTNAME_DEL, index=5, args={"names": ("x",)}), no_fd))
    assert kind == "RTM_DELLINKPROP"


def test_group_delete() -> None:
    assert [said(message) for message in messages.encode_group_delete([5, 6], 4242)] == [
        ("RTM_SETLINK", said(messages.encode_group_delete([5], 1)[0])[1], {"IFLA_GROUP": 4242}),
        ("RTM_SETLINK", {"family": 0, "ifi_type": 0, "index": 6, "flags": 0, "change": 0}, {"IFLA_GROUP": 4242}),
        ("RTM_DELLINK", {"family": 0, "ifi_type": 0, "index": 0, "flags": 0, "change": 0}, {"IFLA_GROUP": 4242}),
    ]
    with pytest.raises(CodecError, match="group 0"):
        messages.encode_group_delete([5], 0)


def test_a_peer_in_the_senders_namespace_needs_no_descriptor() -> None:
    peer = {"netns": "red", "name": "b", "index": 6, "attrs": {"state": "up", "mtu": 1400}}
    (raw,) = messages.encode(step(Verb.LINK_ADD, index=5, name="a", kind="veth", attrs={}, args={"peer": peer}), no_fd)
    ((_, data),) = [item for item in said(raw)[2]["IFLA_LINKINFO"] if item[0] == "IFLA_INFO_DATA"]
    header, attrs = data[0][1]
    assert (header["index"], header["flags"], header["change"]) == (6, 0, 0), "a peer that is UP fails the request: ENOTCONN"
    assert attrs == [["IFLA_IFNAME", "b"], ["IFLA_MTU", 1400]]


_PEER: dict[str, Any] = {"netns": "red", "name": "b", "index": 1, "attrs": {}}

REFUSED: list[tuple[Verb, dict[str, Any], str]] = [
    (Verb.NETNS_ADD, {}, "NETNS_ADD is not a netlink request"),
    (Verb.SYSCTL, {"name": "net.ipv4.ip_forward"}, "not a netlink request"),
    (Verb.LINK_ADD, {"name": "a", "kind": "veth", "attrs": {"colour": 1}}, r"LINK_ADD red/a\.colour: a veth link has no such"),
    (Verb.LINK_ADD, {"name": "a", "kind": "ifb", "attrs": {"alias": "x"}, "args": {"target": "blue"}}, "born in blue"),
    (Verb.LINK_ADD, {"name": "a", "kind": "veth", "args": {"peer": {**_PEER, "attrs": {"alias": "x"}}}}, "peer b"),
    (Verb.LINK_SET, {"name": "a", "kind": "vxlan", "attrs": {"id": 3}}, "need LINK_DATA"),
    (Verb.LINK_DATA, {"name": "a", "kind": "vxlan", "attrs": {"mtu": 3}}, "need LINK_SET"),
    (Verb.ADDR_ADD, {"obj": Address("a", "10.0.0.1")}, "not an address with prefix length"),
    (Verb.ADDR_ADD, {"obj": Address("a", "10.0.0.1/33")}, "not an address with prefix length"),
    (Verb.ADDR_ADD, {"obj": Address("a", "10.0.0.1 peer ::1/64")}, "not an address with prefix length"),
    (Verb.ADDR_ADD, {"obj": Address("a", "10.0.0.1/24", {"valid_lifetime": "long"})}, "neither milliseconds"),
    (Verb.ADDR_ADD, {"obj": Address("a", "10.0.0.1/24", {"scope": "galaxy"})}, "no scope"),
    (Verb.ROUTE_ADD, {"obj": Route("10.0.0.0/8", nexthops=(NextHop("", "a"),))}, "no interface index for a"),
    (Verb.ROUTE_ADD, {"obj": Route("::/0", nexthops=(NextHop("10.0.0.1"),))}, "cannot go via"),
    (Verb.ROUTE_ADD, {"obj": Route("10.0.0.0/8", tos=300)}, "out of range"),
    (Verb.ROUTE_ADD, {"obj": Route("10.0.0.0")}, "no prefix"),
    (Verb.ROUTE_ADD, {"obj": Route("10.0.0.0/8", attrs={"type": "scenic"})}, "no route type"),
    (Verb.ROUTE_ADD, {"obj": Route("10.0.0.0/8", nexthops=(NextHop("10.0.0.1", "", 0), NextHop("10.0.0.2", "", 1)))}, "weight 0"),
    (Verb.ROUTE_ADD, {"obj": Route("10.0.0.0/8", attrs={"mtu": -1})}, "mtu: -1 does not fit"),
    (Verb.RULE_ADD, {"obj": Rule({"priority": 1, "family": "ipv4", "mood": 1})}, "mood: a rule has no such attribute"),
    (Verb.RULE_ADD, {"obj": Rule({"priority": 1, "family": "ipv4", "sport": "x"})}, "sport: 'x' is no range"),
    (Verb.RULE_ADD, {"obj": Rule({"priority": 1, "family": "ipx"})}, "no such family"),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "fields", "words"), REFUSED)
def test_what_cannot_be_said_is_refused_with_its_place(verb: Verb, fields: dict[str, Any], words: str) -> None:
    with pytest.raises(CodecError, match=words):
        messages.encode(step(verb, **fields), no_fd)


def test_attribute_path_finds_every_attribute_at_its_offset() -> None:
    made = step(Verb.LINK_ADD, index=5, name="v", kind="vxlan", attrs={"mtu": 1400, "id": 7, "port": 4789})
    (raw,) = messages.encode(made, no_fd)
    places = {raw.index(attribute(1, b"\7\0\0\0")): "IFLA_LINKINFO.IFLA_INFO_DATA.IFLA_VXLAN_ID", 32: "IFLA_IFNAME", 40: "IFLA_MTU"}
    places[48] = "IFLA_LINKINFO"
    places[52] = "IFLA_LINKINFO.IFLA_INFO_KIND"
    for offset, path in places.items():
        assert attribute_path(raw, offset) == path
    assert [attribute_path(raw, offset) for offset in (0, 15, 16, len(raw), 10**6)] == [""] * 5
    assert attribute_path(b"", 4) == attribute_path(raw[:30], 20) == attribute_path(b"\xff" * 60, 20) == ""


def test_attribute_path_into_a_peer_and_into_routes() -> None:
    peer = {"netns": "red", "name": "b", "index": 6, "attrs": {"mtu": 1400}}
    (raw,) = messages.encode(step(Verb.LINK_ADD, index=5, name="a", kind="veth", args={"peer": peer}), no_fd)
    offset = raw.index(golden("0800 0400 78050000"))
    assert attribute_path(raw, offset) == "IFLA_LINKINFO.IFLA_INFO_DATA.VETH_INFO_PEER.IFLA_MTU"
    (raw,) = messages.encode(step(Verb.ROUTE_ADD, obj=Route("10.0.0.0/8", attrs={"mtu": 1300})), no_fd)
    assert attribute_path(raw, raw.index(golden("0800 0200 14050000"))) == "RTA_METRICS.RTAX_MTU"


def test_describe_is_json_and_complete() -> None:
    for family in ("links_stats", "addresses", "routes", "rules"):
        for message in dumps()[family]:
            document = json.loads(json.dumps(describe(message)))
            assert bytes.fromhex(document["hex"]) == message
            assert document["type"].startswith("RTM_NEW")
            assert "malformed" not in json.dumps(document)
    assert describe(questions.GET_LINKS)["flags"] == ["REQUEST", "DUMP"]
    assert describe(golden("14000000 0f27 0100 00000000 00000000 00000000"))["type"] == "9999"
    broken = describe(dumps()["links"][0][:100])
    assert broken["attributes"][-1][0] == "malformed"
    with pytest.raises(CodecError):
        describe(b"short")


@pytest.mark.parametrize(
    ("request_", "kind", "header"),
    [(questions.GET_LINKS, "RTM_GETLINK", 16), (questions.GET_ADDRESSES, "RTM_GETADDR", 8),
     (questions.GET_ROUTES, "RTM_GETROUTE", 12), (questions.GET_RULES, "RTM_GETRULE", 12)],
)  # fmt: skip
def test_dump_requests_have_zero_headers(request_: bytes, kind: str, header: int) -> None:
    """NETLINK_GET_STRICT_CHK answers EINVAL for anything but zero in the family's header."""
    assert request_[16 : 16 + header] == bytes(header)
    assert int.from_bytes(request_[:4], "little") == len(request_)
    assert describe(request_)["type"] == kind


def test_namespace_ids() -> None:
    assert messages.getnsid_request(9) == golden("""
        1c000000 5a00 0100 00000000 00000000  # 28 bytes, RTM_GETNSID, REQUEST
        00 000000                             # AF_UNSPEC, padding
        0800 0300 09000000                    # NETNSA_FD 9
    """)
    for payload, found in (("00000000 0800 0100 ffffffff", -1), ("00000000 0800 0100 07000000", 7), ("00000000", -1)):
        raw = golden(payload)
        assert messages.decode_nsid(raw, 0, len(raw)) == found
    with pytest.raises(CodecError):
        messages.decode_nsid(b"\0", 0, 1)


def test_the_captured_links() -> None:
    links = {link.name: link for link in (messages.decode_link(raw, 16, len(raw)) for raw in dumps()["links"])}
    assert {name: link.kind for name, link in links.items()} == {
        "lo": "lo", "v0": "veth", "v1": "veth", "br0": "bridge", "vx": "vxlan", "mv": "macvlan", "mt": "macvtap", "ifbx": "ifb"
    }  # fmt: skip
    assert {link.kind for link in links.values()} <= set(kind_names())
    assert links["v1"].attrs["controller"] == 12
    assert "controller" not in links["v0"].attrs
    assert "parent" not in links["v0"].attrs, "IFLA_LINK of a veth is its peer"
    assert (links["v0"].link_index, links["v0"].link_netnsid) == (11, -1)
    assert links["vx"].attrs["parent"] == links["mv"].attrs["parent"] == 10
    assert links["br0"].altnames == ("a-very-long-alternative-name",)
    assert links["br0"].attrs["alias"] == "x" * 255
    assert links["ifbx"].attrs["promisc"] is True
    assert links["v1"].attrs["promisc"] is False, "promiscuous as a bridge port, but nobody asked for it: not in ifi_flags"
    with_stats = [messages.decode_link(raw, 16, len(raw)) for raw in dumps()["links_stats"]]
    assert with_stats == list(links.values())


@pytest.mark.parametrize("name", ["sit0", "tunl0"])
def test_fallback_devices_are_told_by_name_and_kind(name: str) -> None:
    kind = {"sit0": b"sit\0", "tunl0": b"ipip\0"}[name]
    for info, fallback in ((kind, True), (b"veth\0", False)):
        raw = bytes(16) + attribute(3, name.encode() + b"\0") + attribute(18, attribute(1, info))
        assert messages.decode_link(raw, 0, len(raw)).fallback is fallback


def test_links_cut_at_every_length() -> None:
    for raw in dumps()["links"]:
        for end in range(16, len(raw)):
            with contextlib.suppress(CodecError):
                messages.decode_link(raw[:end], 16, end)


def test_options_of_a_port_are_described_by_the_kind_of_its_controller() -> None:
    told = step(Verb.LINK_PORT, index=7, name="p1", kind="bridge", attrs={"cost": 10, "isolated": True, "backup_port": 8})
    (message,) = messages.encode(told, no_fd)
    document = describe(message)
    assert (document["type"], document["flags"], document["header"]["index"]) == ("RTM_NEWLINK", ["REQUEST"], 7)
    assert document["attributes"] == [
        [
            "IFLA_LINKINFO",
            [
                ["IFLA_INFO_SLAVE_KIND", "bridge"],
                ["IFLA_INFO_SLAVE_DATA", [["IFLA_BRPORT_COST", 10], ["IFLA_BRPORT_ISOLATED", 1], ["IFLA_BRPORT_BACKUP_PORT", 8]]],
            ],
        ]
    ]
    at = message.index(bytes.fromhex("080003000a000000"))
    assert attribute_path(message, at) == "IFLA_LINKINFO.IFLA_INFO_SLAVE_DATA.IFLA_BRPORT_COST"
