"""What addresses, routes, rules and sysctls do and refuse, as functions of a Rig; see scenarios_links."""

from __future__ import annotations

import errno

from nsmgr.plan.state import NextHop
from tests.contract.rig import Rig


def _pair(rig: Rig) -> None:
    rig.netns("a")
    assert rig.add("a", "e0", "veth", peer=("a", "e1"), state="up") == 0
    assert rig.set("a", "e1", state="up") == 0


def _v4(rig: Rig, link: str = "e0") -> set[str]:
    return {address for name, address in rig.state("a").addresses if name == link and ":" not in address}


def _v6(rig: Rig, link: str = "e0") -> set[str]:
    return {address for name, address in rig.state("a").addresses if name == link and address.startswith("2001")}


def _to(rig: Rig) -> set[str]:
    return {key[1] for key in rig.state("a").routes if key[0] != 255 and not key[1].startswith("fe80")}


def ipv4_addresses(rig: Rig) -> None:
    _pair(rig)
    assert rig.addr("a", "e0", "10.0.0.1/24") == 0
    assert rig.addr("a", "e0", "10.0.0.1/24") == errno.EEXIST
    assert rig.addr("a", "e0", "10.0.0.1/24", replace=True) == 0
    assert rig.addr("a", "e0", "10.0.0.1/16") == 0  # the same address with another length is another one
    assert rig.addr("a", "e0", "10.0.0.2/24") == 0
    assert rig.addr("a", "e0", "10.0.5.1/32", label="e0:five", scope="link") == 0
    assert rig.addr("a", "e0", "10.0.6.1 peer 10.0.6.2/32") == 0
    assert rig.addr("a", "e0", "10.0.7.1/24", broadcast="10.0.7.255", metric=9) == 0
    assert rig.addr("a", "e0", "10.0.8.1/24", noprefixroute=True) == 0
    assert rig.state("a").addresses["e0", "10.0.0.2/24"].attrs["secondary"] is True
    rig.look()
    assert rig.addr_del("a", "e0", "10.0.0.1/25") == 0  # not there: the aim is reached
    assert rig.addr_del("a", "e0", "10.0.5.1/32") == 0
    assert rig.addr_del("a", "e0", "10.0.7.1/24") == 0
    assert rig.addr_del("a", "e0", "10.0.6.1 peer 10.0.6.2/32") == 0
    rig.look()


def primary_takes_its_secondaries(rig: Rig) -> None:
    _pair(rig)
    for host in (1, 2, 3):
        assert rig.addr("a", "e0", f"10.0.0.{host}/24") == 0
    assert rig.addr("a", "e0", "10.1.0.1/24") == 0
    assert rig.addr_del("a", "e0", "10.0.0.2/24") == 0  # a secondary goes alone
    assert _v4(rig) == {"10.0.0.1/24", "10.0.0.3/24", "10.1.0.1/24"}
    assert rig.addr_del("a", "e0", "10.0.0.1/24") == 0
    assert _v4(rig) == {"10.1.0.1/24"}
    rig.look()


def secondaries_promoted(rig: Rig) -> None:
    _pair(rig)
    assert rig.sysctl("a", "net.ipv4.conf.e0.promote_secondaries", "1") == 0
    for host in (1, 2, 3):
        assert rig.addr("a", "e0", f"10.0.0.{host}/24") == 0
    assert rig.addr_del("a", "e0", "10.0.0.1/24") == 0
    assert _v4(rig) == {"10.0.0.2/24", "10.0.0.3/24"}
    assert rig.state("a").addresses["e0", "10.0.0.2/24"].attrs["secondary"] is False
    rig.look()


def last_address_takes_the_routes(rig: Rig) -> None:
    _pair(rig)
    assert rig.addr("a", "e0", "10.0.0.1/24") == 0
    assert rig.addr("a", "e0", "10.1.0.1/24") == 0
    assert rig.route("a", "192.0.2.0/24", NextHop("10.0.0.9")) == 0
    assert rig.route("a", "198.51.100.0/24", NextHop(dev="e0")) == 0
    assert rig.route("a", "203.0.113.0/24", NextHop("10.0.0.9"), table=100, metric=5) == 0
    assert rig.addr_del("a", "e0", "10.0.0.1/24") == 0
    assert _to(rig) == {"10.1.0.0/24", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"}  # even without their gateway's subnet
    rig.look()
    assert rig.addr_del("a", "e0", "10.1.0.1/24") == 0
    assert _to(rig) == set()
    rig.look()


def preferred_source_goes(rig: Rig) -> None:
    _pair(rig)
    for address in ("10.0.0.1/24", "10.1.0.1/24", "2001:db8::1/64", "2001:db8:1::1/64"):
        assert rig.addr("a", "e0", address) == 0
    assert rig.route("a", "192.0.2.0/24", NextHop("10.0.0.9"), prefsrc="10.9.9.9") == errno.EINVAL
    assert rig.route("a", "192.0.2.0/24", NextHop("10.0.0.9"), prefsrc="10.1.0.1") == 0
    assert rig.route("a", "2001:db8:ff::/48", NextHop("2001:db8::9"), prefsrc="2001:db8:9::1") == errno.EINVAL
    assert rig.route("a", "2001:db8:ff::/48", NextHop("2001:db8::9"), prefsrc="2001:db8:1::1") == 0
    rig.look()
    assert rig.addr_del("a", "e0", "10.1.0.1/24") == 0
    assert rig.addr_del("a", "e0", "2001:db8:1::1/64") == 0
    assert "192.0.2.0/24" not in _to(rig)
    assert "2001:db8:ff::/48" in _to(rig)  # IPv6 keeps the route and forgets the preference
    rig.look()


def ipv6_addresses(rig: Rig) -> None:
    _pair(rig)
    assert rig.addr("a", "e0", "2001:db8::1/64") == 0
    assert rig.addr("a", "e0", "2001:db8::1/64") == errno.EEXIST
    assert rig.addr("a", "e0", "2001:db8::1/48") == errno.EEXIST  # the length is no part of its identity
    assert rig.addr("a", "e1", "2001:db8::1/64") == 0  # on another link it is
    assert rig.addr("a", "e0", "2001:db8::1/64", replace=True) == 0
    assert rig.addr("a", "e0", "2001:db8::2/64") == 0
    assert rig.addr("a", "e0", "2001:db8:5::1/128") == 0
    rig.look()
    assert rig.addr_del("a", "e0", "2001:db8::1/64") == 0
    assert "2001:db8::/64" in _to(rig)  # another address still needs it
    assert rig.addr_del("a", "e0", "2001:db8::2/64") == 0
    assert rig.addr_del("a", "e0", "2001:db8:5::1/128") == 0
    rig.look()
    assert rig.set("a", "e0", mtu=1279) == 0
    assert rig.addr("a", "e0", "2001:db8::1/64") == errno.EINVAL
    assert rig.set("a", "e0", mtu=1500) == 0
    assert rig.sysctl("a", "net.ipv6.conf.e0.disable_ipv6", "1") == 0
    assert rig.addr("a", "e0", "2001:db8::1/64") == errno.EACCES
    rig.look()


def mtu_below_ipv6(rig: Rig) -> None:
    _pair(rig)
    assert rig.addr("a", "e0", "2001:db8::1/64") == 0
    assert rig.addr("a", "e0", "10.0.0.1/24") == 0
    assert rig.set("a", "e0", mtu=1000) == 0
    assert _v6(rig) == set()
    rig.look()
    assert rig.set("a", "e0", mtu=1500) == 0
    rig.look()


def down_and_up(rig: Rig) -> None:
    """IPv4 loses its routes and keeps the addresses; IPv6 loses both; UP brings the connected ones."""
    _pair(rig)
    for address in ("10.0.0.1/24", "10.0.0.2/24", "2001:db8::1/64"):
        assert rig.addr("a", "e0", address) == 0
    assert rig.addr("a", "e1", "10.1.0.1/24") == 0
    assert rig.route("a", "192.0.2.0/24", NextHop("10.0.0.9")) == 0
    assert rig.route("a", "198.51.100.0/24", NextHop("10.0.0.9"), NextHop("10.1.0.9")) == 0
    assert rig.route("a", "2001:db8:ff::/48", NextHop("2001:db8::9")) == 0
    rig.look()
    assert rig.set("a", "e0", state="down") == 0
    assert _v6(rig) == set()
    assert _v4(rig) == {"10.0.0.1/24", "10.0.0.2/24"}
    assert _to(rig) == {"10.1.0.0/24", "198.51.100.0/24"}
    rig.look()
    assert rig.route("a", "192.0.2.0/24", NextHop("10.0.0.9")) == errno.ENETUNREACH
    assert rig.route("a", "192.0.2.0/24", NextHop(dev="e0")) == errno.ENETDOWN
    assert rig.route("a", "2001:db8:ff::/48", NextHop(dev="e0")) == errno.ENETDOWN
    assert rig.addr("a", "e0", "2001:db8::7/64") == 0
    assert "2001:db8::/64" not in _to(rig)
    assert rig.set("a", "e0", state="up") == 0
    rig.eventually("a", lambda state: any(key[1] == "2001:db8::/64" for key in state.routes))
    assert rig.set("a", "e1", state="down") == 0
    assert rig.set("a", "e0", state="down") == 0
    rig.look()


def link_local_addresses(rig: Rig) -> None:
    """fe80:: of the MAC, with the carrier; none in mode none."""
    rig.netns("a")

    def made(link: str) -> bool:
        return any(name == link and address.startswith("fe80") for name, address in rig.state("a").addresses)

    assert rig.add("a", "e0", "veth", peer=("a", "e1"), state="up", mac="02:00:00:00:00:01") == 0
    assert not made("e0")  # no carrier yet
    assert rig.set("a", "e1", addrgenmode="none", state="up") == 0
    rig.eventually("a", lambda state: ("e0", "fe80::ff:fe00:1/64") in state.addresses)
    assert not made("e1")
    assert rig.add("a", "i0", "ifb", state="up") == 0
    rig.eventually("a", lambda state: any(name == "i0" for name, _ in state.addresses))
    assert rig.add("a", "br0", "bridge", state="up") == 0
    assert rig.set("a", "e0", state="down") == 0
    assert not made("e0")
    rig.look()


def gateways(rig: Rig) -> None:
    _pair(rig)
    assert rig.addr("a", "e0", "10.0.0.1/24") == 0
    assert rig.addr("a", "e0", "2001:db8::1/64") == 0
    assert rig.route("a", "192.0.2.0/24", NextHop("10.7.0.1")) == errno.ENETUNREACH
    assert rig.route("a", "192.0.2.0/24", NextHop("10.0.0.1", "e0", onlink=True)) == errno.EINVAL
    assert rig.route("a", "172.16.0.0/12", NextHop("10.0.0.1")) == 0  # its own address: IPv4 does not mind
    assert rig.route("a", "192.0.2.0/24", NextHop("10.0.0.9", "e1")) == errno.ENETUNREACH
    assert rig.route("a", "192.0.2.0/24", NextHop("10.7.0.1", "e0", onlink=True)) == 0
    assert rig.route("a", "198.51.100.0/24", NextHop("192.0.2.5")) == errno.ENETUNREACH  # through another gateway
    assert rig.route("a", "10.9.0.0/16", NextHop(dev="e0")) == 0
    assert rig.route("a", "198.51.100.0/24", NextHop("10.9.1.1")) == 0  # a route without gateway will do
    assert rig.route("a", "2001:db8:ff::/48", NextHop("2001:db8:7::1")) == errno.EHOSTUNREACH
    assert rig.route("a", "2001:db8:ff::/48", NextHop("2001:db8::1")) == errno.EINVAL
    assert rig.route("a", "2001:db8:ff::/48", NextHop("fe80::1")) == errno.EINVAL
    assert rig.route("a", "2001:db8:ff::/48", NextHop("fe80::1", "e0")) == 0
    assert rig.route("a", "::/0", NextHop("2001:db8::9", "e0")) == 0
    assert rig.route("a", "0.0.0.0/0", NextHop("10.0.0.9")) == 0
    rig.look()


def route_identity(rig: Rig) -> None:
    _pair(rig)
    assert rig.addr("a", "e0", "10.0.0.1/24") == 0
    assert rig.addr("a", "e0", "2001:db8::1/64") == 0
    one, two = NextHop("10.0.0.8"), NextHop("10.0.0.9")
    assert rig.route("a", "192.0.2.0/24", one) == 0
    assert rig.route("a", "192.0.2.0/24", one) == errno.EEXIST
    assert rig.route("a", "192.0.2.0/24", two) == errno.EEXIST
    assert rig.route("a", "192.0.2.0/24", two, metric=5) == 0
    assert rig.route("a", "192.0.2.0/24", two, table=100) == 0
    assert rig.route("a", "192.0.2.0/24", two, replace=True, mtu=1300) == 0
    assert rig.route("a", "198.51.100.0/24", two, replace=True) == 0  # REPLACE makes what is not there
    assert rig.route("a", "203.0.113.0/24", type="blackhole") == 0
    assert rig.route("a", "203.0.113.0/24", type="unreachable", metric=3, table=1000) == 0
    rig.look()
    six = NextHop("2001:db8::8")
    assert rig.route("a", "2001:db8:ff::/48", six) == 0
    assert rig.route("a", "2001:db8:ff::/48", NextHop("2001:db8::9")) == errno.EEXIST
    assert rig.route("a", "2001:db8:ff::/48", NextHop("2001:db8::9"), replace=True) == 0
    assert rig.route("a", "2001:db8:ff::/48", type="prohibit", metric=7) == 0
    rig.look()
    assert rig.route_del("a", "192.0.2.0/24", one) == 0  # not that gateway: nothing goes, and that is all right
    assert "192.0.2.0/24" in _to(rig)
    assert rig.route_del("a", "192.0.2.0/24", two) == 0
    assert rig.route_del("a", "192.0.2.0/24", two, metric=5) == 0
    assert rig.route_del("a", "192.0.2.0/24", two, table=100, proto=3) == 0  # not that protocol
    assert rig.route_del("a", "203.0.113.0/24", type="blackhole") == 0
    assert rig.route_del("a", "2001:db8:ff::/48", NextHop("2001:db8::9")) == 0
    rig.look()


def multipath(rig: Rig) -> None:
    _pair(rig)
    assert rig.addr("a", "e0", "10.0.0.1/24") == 0
    assert rig.addr("a", "e1", "10.1.0.1/24") == 0
    assert rig.route("a", "192.0.2.0/24", NextHop("10.0.0.9", weight=1), NextHop("10.1.0.9", weight=5)) == 0
    assert rig.route("a", "198.51.100.0/24", NextHop("10.0.0.9"), NextHop("10.7.0.9")) == errno.ENETUNREACH
    rig.look()
    assert rig.delete("a", "e0") == 0
    rig.look()


def rules(rig: Rig) -> None:
    rig.netns("a")
    rig.look()
    assert rig.rule("a", priority=1000, from_="10.0.0.0/24", table=100) == 0
    assert rig.rule("a", priority=1000, from_="10.0.0.0/24", table=100) == errno.EEXIST
    assert rig.rule("a", priority=1000, from_="10.0.0.0/24", table=101) == 0
    assert rig.rule("a", priority=1001, family="ipv6", fwmark=7, table=100) == 0
    assert rig.rule("a", priority=1002, iif="e0", type="blackhole") == 0
    assert rig.rule("a", priority=1003, type="goto", goto=1000) == errno.EINVAL
    assert rig.rule("a", priority=1003, type="goto", goto=2000) == 0
    assert rig.rule("a", priority=1004, invert=True, to="10.1.0.0/16", table=254) == 0
    rig.look()
    assert rig.rule_del("a", priority=999, table=100) == 0  # not there: the aim is reached
    assert rig.rule_del("a", priority=1000, from_="10.0.0.0/24", table=100) == 0
    assert rig.rule_del("a", priority=1002, iif="e0", type="blackhole") == 0
    assert rig.rule_del("a", priority=32767, table=253) == 0
    rig.look()


KEYS = (
    "net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding", "net.ipv4.conf.default.forwarding", "net.ipv4.conf.e0.forwarding",
    "net.ipv4.conf.e1.forwarding", "net.ipv4.conf.e0.rp_filter", "net.ipv4.conf.e1.rp_filter", "net.ipv4.conf.all.rp_filter",
    "net.ipv4.conf.default.rp_filter", "net.ipv6.conf.all.forwarding", "net.ipv6.conf.default.forwarding",
    "net.ipv6.conf.e0.forwarding", "net.ipv6.conf.e0.accept_ra", "net.ipv6.conf.default.accept_ra",
    "net.ipv6.conf.e0.addr_gen_mode", "net.ipv6.conf.e0.disable_ipv6", "net.ipv4.ip_local_port_range",
    "net/ipv4/conf/e0/arp_ignore", "net.ipv4.no_such_thing",
    "net.ipv4.conf.nobody.rp_filter", "net.ipv4.ip_default_ttl", "net.ipv4.conf.lo.disable_policy", "net.ipv6.conf.e0.accept_dad",
)  # fmt: skip


def sysctls(rig: Rig) -> None:
    _pair(rig)
    rig.look(*KEYS)
    assert rig.sysctl("a", "net.ipv4.no_such_thing", "1") == errno.ENOENT
    assert rig.sysctl("a", "net.ipv4.conf.nobody.rp_filter", "1") == errno.ENOENT
    assert rig.sysctl("a", "net.ipv4.conf.e0.rp_filter", "many") == errno.EINVAL
    assert rig.sysctl("a", "net.ipv4.conf.e0.forwarding", "1") == 0
    assert rig.sysctl("a", "net.ipv4.conf.e0.rp_filter", "2") == 0
    assert rig.sysctl("a", "net.ipv4.conf.default.rp_filter", "1") == 0  # e1, never written, follows
    assert rig.sysctl("a", "net.ipv4.ip_local_port_range", "1024 65000") == 0
    assert rig.sysctl("a", "net.ipv6.conf.default.accept_ra", "0") == 0  # IPv6 links that exist do not
    rig.look(*KEYS)
    assert rig.sysctl("a", "net.ipv4.ip_forward", "0") == 0  # no change, so nobody's forwarding is touched
    assert rig.sysctl("a", "net.ipv6.conf.all.forwarding", "1") == 0
    rig.look(*KEYS)
    assert rig.sysctl("a", "net.ipv4.ip_forward", "1") == 0
    assert rig.sysctl("a", "net.ipv4.conf.e1.forwarding", "0") == 0
    assert rig.sysctl("a", "net.ipv6.conf.e0.addr_gen_mode", "1") == 0
    rig.look(*KEYS)
    assert rig.add("a", "i0", "ifb") == 0
    rig.look(
        "net.ipv4.conf.i0.forwarding", "net.ipv4.conf.i0.rp_filter", "net.ipv6.conf.i0.forwarding", "net.ipv6.conf.i0.accept_ra"
    )
    assert rig.sysctl("a", "net.ipv4.conf.all.forwarding", "0") == 0
    rig.look(*KEYS)


def ipv6_switched_off(rig: Rig) -> None:
    _pair(rig)
    assert rig.addr("a", "e0", "2001:db8::1/64") == 0
    assert rig.addr("a", "e1", "2001:db8:1::1/64") == 0
    assert rig.sysctl("a", "net.ipv6.conf.e0.disable_ipv6", "1") == 0
    assert _v6(rig) == set()
    rig.look()
    assert rig.sysctl("a", "net.ipv6.conf.all.disable_ipv6", "1") == 0
    assert _v6(rig, "e1") == set()
    assert rig.sysctl("a", "net.ipv6.conf.all.disable_ipv6", "0") == 0
    rig.look()
    assert rig.addr("a", "e0", "2001:db8::1/64") == 0
    rig.look()


SCENARIOS = (
    ipv4_addresses, primary_takes_its_secondaries, secondaries_promoted, last_address_takes_the_routes, preferred_source_goes,
    ipv6_addresses, mtu_below_ipv6, down_and_up, link_local_addresses, gateways, route_identity, multipath, rules, sysctls,
    ipv6_switched_off,
)  # fmt: skip
