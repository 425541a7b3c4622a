"""The codec against a real kernel, in a namespace without a name: what was sent is what the dumps say; pyroute2 agrees.

tests/wire/dumps.json holds the dumps of this network.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Any

import pytest

from nsmgr.kernel import dumps, libc, messages, netns
from nsmgr.kernel.describe import attribute_path
from nsmgr.kernel.rtnl import Answer, RtnlSocket
from nsmgr.kernel.wire import messages_of
from nsmgr.plan.plan import Verb
from nsmgr.plan.state import Address, Link, NextHop, Route, Rule
from tests.since import lacking
from tests.wire.support import no_fd, oracle, step

PEER = {"netns": "here", "name": "v1", "index": 11, "attrs": {"mtu": 1400, "tx_queues": 1, "rx_queues": 1}}
LINKS: list[tuple[int, str, str, dict[str, Any], dict[str, Any]]] = [
    (
        10, "v0", "veth",
        {"mtu": 1400, "tx_queues": 1, "rx_queues": 1, "mac": "02:00:00:00:00:01", "state": "up", "addrgenmode": "none",
         "alias": "héllo"},
        {"peer": PEER},
    ),
    (
        12, "br0", "bridge",
        {"mtu": 1400, "stp": True, "ageing_time": 3000, "alias": "x" * 255, "state": "up", "no_linklocal_learn": True, "group": 7},
        {},
    ),
    (
        13, "vx", "vxlan",
        {"id": 7, "remote": "2001:db8::2", "local": "2001:db8::1", "port": 4789, "ttl_inherit": True, "label": 0x12345,
         "srcport": (1000, 2000), "gbp": True, "parent": 10, "learning": False},
        {},
    ),
    (
        14, "mv", "macvlan",
        {"parent": 10, "mode": "source", "macaddrs": ("02:00:00:00:00:09", "02:00:00:00:00:0a"), "nodst": True, "bc_queue_len": 500,
         "bc_cutoff": 2},
        {},
    ),
    (15, "mt", "macvtap", {"parent": 10, "mode": "bridge"}, {}),
    (16, "ifb0", "ifb", {"txqlen": 55, "promisc": True, "gso_ipv4_max_size": 3000, "linkmode": "dormant"}, {}),
]  # fmt: skip
ADDRESSES = [
    Address("v0", "10.0.0.1/24"),
    Address("v0", "10.0.0.2 peer 10.9.9.9/32", {"label": "v0:x"}),
    Address("v0", "10.7.0.1/16", {"broadcast": "10.7.255.255", "scope": "link", "proto": 9, "noprefixroute": True, "metric": 5}),
    Address("v0", "2001:db8::1/64", {"nodad": True, "metric": 77}),
    Address(
        "v0", "2001:db8::5 peer 2001:db8:9::1/128", {"valid_lifetime": 9_000_000, "preferred_lifetime": 5_000_000, "nodad": True}
    ),
]
ROUTES = [
    Route("10.20.0.0/16", nexthops=(NextHop("10.0.0.9", "v0"),)),
    Route("10.21.0.0/16", 1000, 50, 16, (NextHop("10.0.0.9", "v0"),), {"mtu": 1300, "advmss": 1200, "prefsrc": "10.0.0.1"}),
    Route("0.0.0.0/0", nexthops=(NextHop("10.0.0.8", "v0"), NextHop("10.0.0.9", "v0", 200))),
    Route("10.22.0.0/16", attrs={"type": "blackhole"}),
    Route("10.23.0.0/16", nexthops=(NextHop("172.16.0.1", "v0", 1, True),)),
    Route("10.24.0.0/16", nexthops=(NextHop("2001:db8::77", "v0"),)),
    Route("10.25.0.0/16", nexthops=(NextHop("", "v0"),), attrs={"hoplimit": 9, "initcwnd": 3}),
    Route("10.26.0.0/16", nexthops=(NextHop("2001:db8::77", "v0", 2), NextHop("10.0.0.9", "v0"))),
    Route("2001:db8:5::/48", metric=1024, nexthops=(NextHop("2001:db8::9", "v0"),)),
    Route("2001:db8:6::/48", metric=1024, nexthops=(NextHop("2001:db8::9", "v0", 3), NextHop("2001:db8::8", "v0"))),
    Route("2001:db8:7::/48", metric=1024, attrs={"type": "unreachable"}),
]
RULES = [
    Rule({"priority": 1000, "family": "ipv4", "from": "10.0.0.0/24", "table": 100}),
    Rule({"priority": 1001, "family": "ipv6", "to": "2001:db8::/32", "table": 1000, "fwmark": 5, "fwmask": 255, "iif": "v0"}),
    Rule({"priority": 1002, "family": "ipv4", "type": "goto", "goto": 2000, "invert": True, "sport": "10-20", "dport": "80-80",
          "ipproto": 6, "oif": "v0"}),
    Rule({"priority": 2000, "family": "ipv4", "type": "prohibit", "tos": 16, "uidrange": "0-0", "fwmark": 1}),
    Rule({"priority": 2001, "family": "ipv4", "table": 254, "suppress_prefixlength": 0}),
]  # fmt: skip
INDEXES = {"v0": 10}


class Here:
    """One namespace without a name: gone when its socket is closed."""

    def __init__(self, socket: RtnlSocket) -> None:
        self.socket = socket

    def send(self, verb: Verb, **fields: Any) -> list[Answer]:
        return self.socket.transact(messages.encode(step(verb, "here", **fields), no_fd))

    def do(self, verb: Verb, **fields: Any) -> None:
        answers = self.send(verb, **fields)
        assert not any(answer.errno for answer in answers), (verb, fields, answers)

    def links(self) -> dict[str, Link]:
        return {link.name: link for link in (messages.decode_link(*span) for span in self.socket.dump_spans(dumps.GET_LINKS))}

    def names(self) -> dict[int, str]:
        return {link.index: link.name for link in self.links().values()}

    def addresses(self) -> dict[str, Address]:
        names = self.names()
        spans = self.socket.dump_spans(dumps.GET_ADDRESSES)
        return {found.address: found for found in (messages.decode_address(*span, names) for span in spans) if found is not None}

    def routes(self) -> list[Route]:
        names = self.names()
        spans = self.socket.dump_spans(dumps.GET_ROUTES)
        return [found for found in (messages.decode_route(*span, names) for span in spans) if found is not None]

    def rules(self) -> list[Rule]:
        return [messages.decode_rule(*span) for span in self.socket.dump_spans(dumps.GET_RULES)]


@pytest.fixture
def here() -> Iterator[Here]:
    def inside() -> RtnlSocket:
        libc.unshare(libc.CLONE_NEWNET)
        return RtnlSocket("here")

    try:
        socket = netns.in_thread(inside)
    except OSError as error:
        pytest.skip(f"no namespace of our own: {error.strerror}")
    socket.strict()
    try:
        yield Here(socket)
    finally:
        socket.close()


@pytest.fixture
def network(here: Here) -> Here:
    for index, name, kind, attrs, args in LINKS:
        here.do(Verb.LINK_ADD, index=index, name=name, kind=kind, attrs=attrs, args=args)
    here.do(Verb.LINK_SET, index=11, name="v1", kind="veth", attrs={"controller": 12, "state": "up"})
    here.do(Verb.LINK_SET, index=1, name="lo", kind="lo", attrs={"state": "up"})
    return here


def test_links_read_back(network: Here) -> None:
    links = network.links()
    for index, name, kind, attrs, _ in LINKS:
        link = links[name]
        assert (link.index, link.kind) == (index, kind)
        # A kernel without CONFIG_RPS takes IFLA_NUM_RX_QUEUES and never reports it (rtnl_fill_ifinfo).
        told = {key: value for key, value in attrs.items() if key != "rx_queues" or key in links["lo"].attrs}
        told = {key: value for key, value in told.items() if not lacking([key])}
        assert {key: link.attrs[key] for key in told} == told, name
    assert links["v1"].attrs["controller"] == 12
    assert links["v1"].attrs["promisc"] is False, "a bridge port is promiscuous (IFLA_PROMISCUITY 1) without anybody asking"


def test_links_change(network: Here) -> None:
    network.do(
        Verb.LINK_DATA, index=12, kind="bridge", attrs={"ageing_time": 60_000, "fdb_max_learned": 100, "no_linklocal_learn": False}
    )
    network.do(Verb.ALTNAME_ADD, index=12, args={"names": ("an1", "a-very-long-alternative-name")})
    network.do(Verb.ALTNAME_DEL, index=12, args={"names": ("an1",)})
    network.do(Verb.LINK_SET, index=16, attrs={"promisc": False, "alias": "a"}, args={"rename": "ifbx"})
    network.do(Verb.LINK_SET, index=16, attrs={"alias": ""})
    network.do(Verb.LINK_SET, index=11, attrs={"controller": None})
    links = network.links()
    assert links["br0"].attrs["ageing_time"] == 60_000
    assert lacking(["fdb_max_learned"]) or links["br0"].attrs["fdb_max_learned"] == 100
    assert (links["br0"].attrs["no_linklocal_learn"], links["br0"].altnames) == (False, ("a-very-long-alternative-name",))
    assert (links["ifbx"].attrs["promisc"], links["ifbx"].attrs["alias"]) == (False, "")
    assert "controller" not in links["v1"].attrs


def test_the_attribute_the_kernel_points_at(network: Here) -> None:
    (answer,) = network.send(Verb.LINK_DATA, index=13, kind="vxlan", attrs={"ttl": 3, "id": 2**24})
    assert answer.errno == errno.ERANGE
    assert attribute_path(answer.message, answer.offset) == "IFLA_LINKINFO.IFLA_INFO_DATA.IFLA_VXLAN_ID"


def test_addresses_both_ways(network: Here) -> None:
    for address in ADDRESSES:
        network.do(Verb.ADDR_ADD, index=10, obj=address)
    found = network.addresses()
    for address in ADDRESSES:
        assert {"proto": 78, **address.attrs}.items() <= found[address.address].attrs.items()
    assert network.send(Verb.ADDR_ADD, index=10, obj=ADDRESSES[0])[0].errno == errno.EEXIST
    network.do(Verb.ADDR_ADD, index=10, obj=Address("v0", "10.0.0.1/24", {"metric": 9}), args={"replace": True})
    assert network.addresses()["10.0.0.1/24"].attrs["metric"] == 9
    for address in ADDRESSES:
        network.do(Verb.ADDR_DEL, index=10, obj=found[address.address])
    assert not [address for address in network.addresses().values() if address.link == "v0"]


def test_routes_both_ways(network: Here) -> None:
    for address in ADDRESSES:
        network.do(Verb.ADDR_ADD, index=10, obj=address)
    for route in ROUTES:
        network.do(Verb.ROUTE_ADD, obj=route, args={"indexes": INDEXES})
    mine = [route for route in network.routes() if route.attrs["proto"] == 78]
    assert len(mine) == len(ROUTES)
    for route in ROUTES:
        (read,) = [found for found in mine if found.key == route.key]
        assert read.nexthops == route.nexthops
        assert route.attrs.items() <= read.attrs.items()
    assert network.send(Verb.ROUTE_ADD, obj=ROUTES[0], args={"indexes": INDEXES})[0].errno == errno.EEXIST
    changed = Route(ROUTES[0].to, nexthops=(NextHop("10.0.0.7", "v0"),))
    network.do(Verb.ROUTE_ADD, obj=changed, args={"indexes": INDEXES, "replace": True})
    mine = [route for route in network.routes() if route.attrs["proto"] == 78]
    assert [route.nexthops for route in mine if route.to == changed.to] == [changed.nexthops]
    for route in mine:
        network.do(Verb.ROUTE_DEL, obj=route, args={"indexes": INDEXES})
    assert not [route for route in network.routes() if route.attrs["proto"] == 78]


def test_only_the_meant_route_is_deleted(network: Here) -> None:
    network.do(Verb.ADDR_ADD, index=10, obj=ADDRESSES[0])
    routes = [Route("10.30.0.0/16", table, metric, tos, (NextHop("10.0.0.9", "v0"),))
              for table, metric, tos in ((254, 0, 0), (254, 5, 0), (254, 5, 16), (1000, 5, 16))]  # fmt: skip
    for route in routes:
        network.do(Verb.ROUTE_ADD, obj=route, args={"indexes": INDEXES})
    network.do(Verb.ROUTE_DEL, obj=routes[2], args={"indexes": INDEXES})
    assert {route.key for route in network.routes() if route.to == "10.30.0.0/16"} == {routes[i].key for i in (0, 1, 3)}
    other = Route("10.30.0.0/16", nexthops=(NextHop("10.0.0.8", "v0"),))
    assert network.send(Verb.ROUTE_DEL, obj=other, args={"indexes": INDEXES})[0].errno == errno.ESRCH


def test_rules_both_ways(network: Here) -> None:
    for rule in RULES:
        network.do(Verb.RULE_ADD, obj=rule)
    mine = [rule for rule in network.rules() if rule.proto == 78]
    assert sorted(rule.key for rule in mine) == sorted(rule.key for rule in RULES)
    assert network.send(Verb.RULE_ADD, obj=RULES[0])[0].errno == errno.EEXIST
    for rule in mine:
        network.do(Verb.RULE_DEL, obj=rule)
    assert not [rule for rule in network.rules() if rule.proto == 78]


def test_group_delete_takes_exactly_its_members(network: Here) -> None:
    answers = network.socket.transact(messages.encode_group_delete([14, 15, 16], 4242))
    assert not any(answer.errno for answer in answers)
    assert set(network.links()) == {"lo", "v0", "v1", "br0", "vx"}


def test_a_live_dump_decodes_as_pyroute2_does(network: Here) -> None:
    """Whatever this kernel writes, attribute by attribute, through both decoders."""
    from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
    from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

    from nsmgr.kernel import schema

    for address in ADDRESSES:
        network.do(Verb.ADDR_ADD, index=10, obj=address)
    compared = 0
    for cls, request in ((ifinfmsg, dumps.GET_LINKS), (ifaddrmsg, dumps.GET_ADDRESSES)):
        for datagram in network.socket.dump(request):
            for kind, _, _, start, end in messages_of(datagram):
                table = schema.message_table(kind)
                if table is None:
                    continue
                theirs = cls(datagram[start - 16 : end])
                theirs.decode()
                expected = oracle(theirs)
                for name, value in table.decode(datagram, start, end).items():
                    if isinstance(value, int | str) and name in expected:
                        assert value == expected[name], name
                        compared += 1
    assert compared > 200
