"""What links do and refuse, as functions of a Rig. Each runs on the fake and on Linux; errnos are asserted on both."""

from __future__ import annotations

import errno

from nsmgr.model.base import Value
from nsmgr.plan.plan import Step, Verb
from tests.contract.rig import Rig


def fresh_namespace(rig: Rig) -> None:
    rig.netns("a")
    lo = rig.state("a").links["lo"]
    assert (lo.index, lo.kind, lo.attrs["state"], lo.attrs["mtu"]) == (1, "lo", "down", 65536)
    assert rig.netns_add("a") == errno.EEXIST
    rig.look()
    assert rig.set("a", "lo", state="up") == 0
    assert {"127.0.0.1/8", "::1/128"} <= {address for _, address in rig.state("a").addresses}
    rig.look()
    assert rig.set("a", "lo", state="down") == 0
    assert ("lo", "127.0.0.1/8") in rig.state("a").addresses
    assert ("lo", "::1/128") not in rig.state("a").addresses
    rig.look()


def namespaces_come_and_go(rig: Rig) -> None:
    rig.netns("a", "b")
    first, second = rig.state("a").cookie, rig.state("b").cookie
    assert 0 not in (first, second)
    assert first != second
    assert rig.netns_del("a") == 0
    assert rig.see("a") is None
    assert rig.full("a") not in rig.kernel.list_netns()
    assert rig.netns_del("a") == 0  # gone already: the aim is reached
    assert rig.kernel.wait_gone([rig.full("a")], [first], 5.0) == []
    assert rig.netns_add("a") == 0
    assert rig.state("a").cookie not in (first, second)  # never used again


def pair_across_namespaces(rig: Rig) -> None:
    rig.netns("a", "b", "c")
    far: dict[str, Value] = {"mtu": 1400, "mac": "02:00:00:00:00:0b", "group": 7, "tx_queues": 1, "rx_queues": 1}
    assert (
        rig.add("a", "e0", "veth", peer=("b", "e0"), peer_attrs=far, mac="02:00:00:00:00:0a", tx_queues=1, rx_queues=1, state="up")
        == 0
    )
    assert rig.state("a").links["e0"].attrs["peer"] == f"{rig.full('b')}/e0"
    assert rig.state("b").links["e0"].attrs["mtu"] == 1400
    rig.look()
    assert rig.add("a", "x0", "veth", target="b", peer=("c", "x0")) == 0
    rig.look()
    assert rig.add("a", "e1", "veth", peer=("b", "e0")) == errno.EEXIST  # the peer's name
    assert rig.add("a", "e0", "veth", peer=("b", "e1")) == errno.EEXIST  # its own
    assert rig.add("a", "e1", "veth", peer=("a", "e1")) == errno.EEXIST  # each other's
    assert rig.add("a", "e1", "veth", peer=("b", "e1"), index=rig.index("a", "e0")) == errno.EEXIST
    assert rig.add("a", "e1", "veth", peer=("b", "e1"), peer_index=rig.index("b", "e0")) == errno.EBUSY
    assert rig.add("a", "e1", "veth", peer=("b", "e1"), target="nowhere") == errno.ENOENT
    assert rig.add("a", "e1", "veth", peer=("b", "e1"), peer_attrs={"mtu": 20}) == errno.EINVAL
    assert rig.add("a", "e1", "veth", peer=("b", "e1"), controller=999) == errno.EINVAL
    rig.look()  # nothing was left behind by any of them
    assert rig.delete("b", "e0") == 0
    assert "e0" not in rig.state("a").links
    assert rig.delete("a", "e0") == 0  # went with its peer: the aim is reached
    rig.look()


def peer_dies_with_its_namespace(rig: Rig) -> None:
    rig.netns("a", "b")
    assert rig.add("a", "e0", "veth", peer=("b", "e0")) == 0
    assert rig.netns_del("b") == 0
    rig.eventually("a", lambda state: "e0" not in state.links)
    rig.look()


def queues_of_a_veth(rig: Rig) -> None:
    """Unless told otherwise as many as CPUs are possible."""
    rig.netns("a")
    assert rig.add("a", "e0", "veth", peer=("a", "e1")) == 0
    rig.look()


def indexes_of_an_unready_batch(rig: Rig) -> None:
    """One send makes a bridge, a port of it, an address; a refusal in the middle does not stop the rest."""
    rig.netns("a")
    name = rig.full("a")
    wire = {"peer": {"netns": name, "name": "e1", "index": 52, "attrs": {}}}
    verdicts = rig.send(
        name,
        Step(0, 0, Verb.LINK_ADD, name, 50, "br0", "bridge", {"state": "up"}),
        Step(1, 0, Verb.LINK_ADD, name, 50, "br1", "bridge", {}),
        Step(2, 0, Verb.LINK_ADD, name, 51, "e0", "veth", {"controller": 50, "state": "up"}, wire),
        Step(3, 0, Verb.LINK_SET, name, 60, "br1", "bridge", {"state": "up"}, needs=(1,)),
        Step(4, 0, Verb.LINK_SET, name, 61, "zz", "bridge", {"state": "up"}),
    )
    assert [verdict.errno for verdict in verdicts] == [0, errno.EEXIST, 0, 0, errno.ENODEV]
    assert [verdict.skipped for verdict in verdicts] == [False, False, False, True, False]
    assert verdicts[3].blame == 1
    rig.look()


def unknown_kind(rig: Rig) -> None:
    rig.netns("a")
    assert rig.add("a", "x", "bond") == errno.EOPNOTSUPP
    assert "bond" in rig.kernel.probe(["bond", "veth", "bridge", "tun"])
    assert not rig.kernel.probe(["veth", "bridge", "vxlan", "macvlan", "macvtap", "ifb", "tun", "tap"])


def names(rig: Rig) -> None:
    rig.netns("a")
    assert rig.add("a", "e0", "ifb") == 0
    assert rig.add("a", "e1", "ifb") == 0
    assert rig.altnames("a", "e0", "uplink", "second") == 0
    assert rig.altnames("a", "e1", "uplink") == errno.EEXIST
    assert rig.altnames("a", "e1", "e0") == errno.EEXIST
    assert rig.add("a", "uplink", "ifb") == errno.EEXIST
    assert rig.set("a", "e1", rename="uplink") == errno.EEXIST
    assert rig.set("a", "e1", rename="e0") == errno.EEXIST
    assert rig.set("a", "e1", rename="all") == errno.EINVAL
    assert rig.set("a", "e0", rename="e2") == 0
    assert rig.state("a").links["e2"].altnames == ("uplink", "second")
    rig.look()
    assert rig.altnames("a", "e2", "second", add=False) == 0
    assert rig.altnames("a", "e2", "never", add=False) == 0  # not there: the aim is reached
    assert rig.altnames("a", "e2", "e2", add=False) == errno.EINVAL
    rig.look()


def set_is_not_atomic(rig: Rig) -> None:
    """do_setlink: what comes before the refused attribute stays."""
    rig.netns("a")
    assert rig.add("a", "e0", "ifb") == 0
    assert rig.add("a", "e1", "ifb") == 0
    assert rig.set("a", "e1", rename="e0", mtu=1300, group=5, alias="never") == errno.EEXIST
    link = rig.state("a").links["e1"]
    assert (link.attrs["mtu"], link.attrs["group"], link.attrs["alias"]) == (1300, 5, "")
    rig.look()


def late_attributes(rig: Rig) -> None:
    rig.netns("a", "b")
    assert rig.add("a", "e0", "ifb", alias="hello", addrgenmode="none", state="up", group=3) == 0
    assert not [a for _, a in rig.state("a").addresses if a.startswith("fe80")]
    rig.look()
    assert rig.add("a", "e1", "ifb", target="b", alias="hello") == errno.EINVAL  # the second message has no way there
    assert rig.set("a", "e0", alias="", arp=True, txqlen=5) == 0
    rig.look()


def mtu_limits(rig: Rig) -> None:
    rig.netns("a")
    assert rig.add("a", "e0", "veth", peer=("a", "e1"), mtu=67) == errno.EINVAL
    assert rig.add("a", "e0", "veth", peer=("a", "e1"), mtu=65535) == 0
    assert rig.set("a", "e0", mtu=65536) == errno.EINVAL
    assert rig.set("a", "e0", mtu=68) == 0
    assert rig.add("a", "br0", "bridge") == 0
    assert rig.set("a", "br0", mtu=67) == errno.EINVAL
    assert rig.set("a", "br0", mtu=65536) == errno.EINVAL
    assert rig.add("a", "i0", "ifb", mtu=10) == 0
    assert rig.set("a", "i0", mtu=200_000) == 0
    rig.look()


def macs(rig: Rig) -> None:
    rig.netns("a")
    assert rig.add("a", "e0", "veth", peer=("a", "e1")) == 0
    assert rig.set("a", "e0", mac="01:00:00:00:00:01") == errno.EADDRNOTAVAIL
    assert rig.set("a", "e0", mac="00:00:00:00:00:00") == errno.EADDRNOTAVAIL
    assert rig.set("a", "e0", mac="02:00:00:00:00:01", state="up") == 0
    assert rig.set("a", "e0", mac="02:00:00:00:00:02") == 0  # also while up
    assert rig.add("a", "i0", "ifb", state="up") == 0
    assert rig.set("a", "i0", mac="02:00:00:00:00:03") == errno.EOPNOTSUPP  # an ifb gets its MAC at birth or never
    rig.look()


def bridge_ports(rig: Rig) -> None:
    rig.netns("a")
    assert rig.add("a", "br0", "bridge") == 0
    assert rig.add("a", "br1", "bridge") == 0
    assert rig.add("a", "e0", "veth", peer=("a", "e1"), controller="br0", mac="02:00:00:00:00:05") == 0
    assert rig.set("a", "lo", controller="br0") == errno.EINVAL
    assert rig.set("a", "br1", controller="br0") == errno.ELOOP
    assert rig.set("a", "br0", controller="br0") == errno.ELOOP
    assert rig.set("a", "e1", controller="e0") == errno.EOPNOTSUPP
    assert rig.set("a", "e1", controller=999) == errno.EINVAL
    assert rig.set("a", "e0", controller="br1") == 0  # straight from one to the other
    rig.look()
    assert rig.add("a", "m0", "macvlan", parent="e1") == 0
    assert rig.set("a", "e1", controller="br0") == errno.EBUSY
    assert rig.add("a", "m1", "macvlan", parent="e0") == errno.EBUSY
    assert rig.add("a", "t0", "tun") == 0
    assert rig.set("a", "t0", controller="br0") == errno.EINVAL
    assert rig.add("a", "t1", "tap") == 0
    assert rig.set("a", "t1", controller="br0") == 0
    assert rig.delete("a", "br1") == 0
    assert "controller" not in rig.state("a").links["e0"].attrs
    assert rig.set("a", "t1", controller=0) == 0
    rig.look()


def bridge_follows_its_ports(rig: Rig) -> None:
    """MAC: the lowest port's, MTU: the smallest port's, until somebody says otherwise; saying the present value is nothing said."""
    rig.netns("a")
    assert rig.add("a", "br0", "bridge", mtu=9000) == 0
    assert rig.add("a", "br1", "bridge") == 0
    assert rig.set("a", "br1", mtu=1450) == 0
    assert rig.add("a", "br2", "bridge") == 0
    assert rig.set("a", "br2", mtu=1500) == 0
    assert rig.add("a", "br3", "bridge", mac="02:00:00:00:00:99") == 0
    for position, bridge in enumerate(("br0", "br1", "br2", "br3")):
        near, far = f"p{position}", f"q{position}"
        assert rig.add("a", near, "veth", peer=("a", far), mtu=1250, mac=f"02:00:00:00:01:{position:02x}", controller=bridge) == 0
        assert rig.set("a", far, controller=bridge, mac=f"02:00:00:00:00:{position:02x}" if position else "02:00:00:00:00:f0") == 0
    state = rig.state("a")
    assert [state.links[f"br{n}"].attrs["mtu"] for n in range(4)] == [9000, 1450, 1250, 1250]
    rig.look()
    assert rig.set("a", "p0", mtu=1200) == 0
    assert rig.set("a", "p0", mac="02:00:00:00:00:01") == 0
    rig.look()
    for name in ("p0", "q0", "p3", "q3"):
        assert rig.set("a", name, controller=0) == 0
    assert rig.state("a").links["br0"].attrs["mac"] == "00:00:00:00:00:00"
    rig.look()


def bridge_data(rig: Rig) -> None:
    rig.netns("a")
    assert rig.add("a", "br0", "bridge", forward_delay=4000, ageing_time=60_000) == 0
    assert rig.data("a", "br0", "bridge", hello_time=500) == errno.ERANGE
    assert rig.data("a", "br0", "bridge", hello_time=3000, stp=True) == 0
    assert rig.data("a", "br0", "bridge", max_age=5000) == errno.ERANGE
    assert rig.data("a", "br0", "bridge", group_fwd_mask=1) == errno.EINVAL
    assert rig.data("a", "br0", "bridge", priority=4096, mcast_snooping=False) == 0
    assert rig.set("a", "br0", ageing_time=0) == errno.EINVAL  # kind data has its own verb
    assert rig.data("a", "br0", "bridge", mtu=1400) == errno.EINVAL
    rig.look()


def no_changelink(rig: Rig) -> None:
    rig.netns("a")
    assert rig.add("a", "e0", "veth", peer=("a", "e1")) == 0
    assert rig.add("a", "i0", "ifb") == 0
    assert rig.data("a", "e0", "veth") == 0  # nothing asked
    assert rig.data("a", "i0", "bridge", ageing_time=1000) == errno.EOPNOTSUPP
    rig.look()


def vxlan_rules(rig: Rig) -> None:
    rig.netns("a", "b")
    assert rig.add("a", "v0", "vxlan") == errno.EINVAL  # no INFO_DATA
    assert rig.add("a", "vz", "vxlan", port=4789) == 0  # VNI 0
    assert rig.add("a", "v0", "vxlan", id=7) == 0
    assert rig.state("a").links["v0"].attrs["port"] == 8472
    assert rig.add("a", "v1", "vxlan", id=7) == errno.EEXIST
    assert rig.add("a", "v1", "vxlan", id=7, port=4789) == 0
    assert rig.add("a", "v2", "vxlan", id=7, target="b") == errno.EEXIST  # the underlay is the sender's
    assert rig.add("b", "v2", "vxlan", id=7) == 0
    assert rig.add("a", "v6", "vxlan", id=7, local="2001:db8::1", remote="2001:db8::2") == 0  # another family, another socket
    assert rig.add("a", "v3", "vxlan", id=8, remote="239.1.1.1") == errno.EINVAL
    assert rig.add("a", "v3", "vxlan", id=8, parent=999) == errno.ENODEV
    assert rig.add("a", "v3", "vxlan", id=8, local="192.0.2.1", remote="192.0.2.2", ttl=5, mtu=1400) == 0
    rig.look()
    assert rig.data("a", "v3", "vxlan", id=9) == errno.EOPNOTSUPP
    assert rig.data("a", "v3", "vxlan", id=8, port=8472) == errno.EOPNOTSUPP  # even the same
    assert rig.data("a", "v3", "vxlan", id=8, remote="192.0.2.3", ttl=9) == 0
    assert rig.set("a", "v3", mtu=1300, state="up") == 0
    rig.look()


def vxlan_and_its_lower(rig: Rig) -> None:
    rig.netns("a", "b")
    assert rig.add("a", "e0", "veth", peer=("a", "e1")) == 0
    assert rig.add("a", "v0", "vxlan", id=1, parent="e0") == 0
    assert rig.state("a").links["v0"].attrs["mtu"] == 1450
    assert rig.add("a", "v1", "vxlan", id=2, parent="e0", mtu=1500) == 0
    assert rig.state("a").links["v1"].attrs["mtu"] == 1450  # clipped without a word
    assert rig.set("a", "v1", mtu=1451) == errno.EINVAL
    assert rig.add("a", "v2", "vxlan", id=3, parent="e0", target="b") == 0
    rig.look()
    assert rig.data("a", "v1", "vxlan", id=2, parent="e1") == 0
    assert rig.data("a", "v1", "vxlan", id=2, parent=0) == 0
    assert rig.state("a").links["v1"].attrs["parent"] == "e1"  # clearing is answered with success and does nothing
    assert rig.delete("a", "e0") == 0
    assert set(rig.state("a").links) == {"lo"}
    assert set(rig.state("b").links) == {"lo"}
    rig.look()


def vxlan_dies_with_its_underlay(rig: Rig) -> None:
    rig.netns("a", "b")
    assert rig.add("a", "v0", "vxlan", id=1, target="b") == 0
    assert rig.add("b", "v1", "vxlan", id=1) == 0
    assert rig.netns_del("a") == 0
    rig.eventually("b", lambda state: "v0" not in state.links)
    rig.look()


def macvlan_rules(rig: Rig) -> None:
    rig.netns("a", "b")
    assert rig.add("a", "e0", "veth", peer=("a", "e1"), mtu=1400) == 0
    assert rig.add("a", "m0", "macvlan") == errno.EINVAL
    assert rig.add("a", "m0", "macvlan", parent=999) == errno.ENODEV
    assert rig.add("a", "m0", "macvlan", parent="e0", mtu=1401) == errno.EINVAL
    assert rig.add("a", "m0", "macvlan", parent="lo") == errno.EINVAL
    assert rig.add("a", "m0", "macvlan", parent="e0") == 0
    assert rig.add("a", "m1", "macvlan", parent="m0", mode="bridge") == 0
    assert rig.state("a").links["m1"].attrs["parent"] == "e0"  # the real lower link
    assert rig.add("a", "m2", "macvlan", parent="e0", target="b", mac="02:00:00:00:00:20") == 0
    assert rig.state("b").links["m2"].attrs["parent"] == f"{rig.full('a')}/e0"
    rig.look()
    assert rig.set("a", "e0", mtu=1300) == 0
    assert rig.set("a", "e0", mtu=1500) == 0
    assert rig.state("a").links["m0"].attrs["mtu"] == 1300  # follows down, not up
    assert rig.set("a", "m0", mtu=1501) == errno.EINVAL
    assert rig.data("a", "m0", "macvlan", mode="private") == 0
    assert rig.data("a", "m0", "macvlan", mode="passthru") == errno.EINVAL
    rig.look()
    assert rig.add("a", "m3", "macvlan", parent="e0", mac="02:00:00:00:00:20", state="up") == 0
    assert rig.set("b", "m2", state="up") == errno.EADDRINUSE
    assert rig.delete("a", "e1") == 0
    assert set(rig.state("b").links) == {"lo"}
    rig.look()


def macvtap(rig: Rig) -> None:
    rig.netns("a")
    assert rig.add("a", "e0", "veth", peer=("a", "e1")) == 0
    assert rig.add("a", "mt0", "macvtap", parent="e0", mode="bridge") == 0
    rig.look()
    assert rig.delete("a", "e0") == 0
    assert set(rig.state("a").links) == {"lo"}


def tun_and_tap(rig: Rig) -> None:
    rig.netns("a")
    assert rig.add("a", "t0", "tun") == 0
    assert rig.add("a", "t1", "tap") == 0
    assert rig.add("a", "t1", "tap") == errno.EBUSY
    assert rig.add("a", "t2", "tap", index=rig.index("a", "t1")) == errno.EBUSY
    assert rig.set("a", "t0", mac="02:00:00:00:00:01") == errno.EOPNOTSUPP
    assert rig.set("a", "t0", state="up", mtu=1400) == 0
    assert rig.set("a", "t0", mtu=65536) == errno.EINVAL
    assert rig.set("a", "t1", mtu=65521) == 0
    assert rig.set("a", "t1", mtu=65522) == errno.EINVAL
    rig.look()
    assert rig.delete("a", "t0") == 0
    rig.look()


def moving(rig: Rig) -> None:
    rig.netns("a", "b")
    assert rig.add("a", "br0", "bridge") == 0
    assert rig.move("a", "br0", "b") == errno.EINVAL
    assert rig.move("a", "lo", "b", rename="lo9") == errno.EINVAL
    assert rig.add("a", "e0", "veth", peer=("a", "e1"), controller="br0", state="up", mac="02:00:00:00:00:11") == 0
    assert rig.set("a", "e0", alias="keep", mtu=1400, group=5, txqlen=77) == 0
    assert rig.altnames("a", "e0", "uplink") == 0
    assert rig.addr("a", "e0", "10.0.0.1/24") == 0
    assert rig.addr("a", "e0", "2001:db8::1/64") == 0
    assert rig.sysctl("a", "net.ipv4.conf.e0.rp_filter", "2") == 0
    assert rig.set("a", "e0", addrgenmode="none") == 0
    rig.look("net.ipv4.conf.e0.rp_filter")
    assert rig.add("b", "e0", "ifb") == 0
    assert rig.move("a", "e0", "b") == errno.EEXIST
    assert rig.move("a", "e0", "b", rename="x0", new_index=rig.index("b", "e0")) == errno.EBUSY
    assert rig.altnames("b", "e0", "uplink") == 0
    assert rig.move("a", "e0", "b", rename="x0", new_index=77) == errno.EEXIST  # the altname
    assert rig.altnames("b", "e0", "uplink", add=False) == 0
    assert rig.move("a", "e0", "b", rename="x0", new_index=77) == 0
    moved = rig.state("b").links["x0"]
    assert (moved.index, moved.attrs["state"], moved.attrs["mtu"], moved.attrs["alias"]) == (77, "down", 1400, "keep")
    assert moved.attrs["peer"] == f"{rig.full('a')}/e1"
    rig.look("net.ipv4.conf.x0.rp_filter")
    assert rig.move("b", "x0", "a", rename="e0") == 0
    rig.look()


def deleting(rig: Rig) -> None:
    rig.netns("a")
    assert rig.delete("a", "lo") == errno.EOPNOTSUPP
    assert rig.delete("a", "nothing", index=4711) == 0
    for position in range(5):
        assert rig.add("a", f"i{position}", "ifb") == 0
    name = rig.full("a")
    steps = [Step(position, 0, Verb.LINK_DEL, name, rig.index("a", f"i{position}"), f"i{position}") for position in range(5)]
    assert all(verdict.ok for verdict in rig.send(name, *steps))
    rig.look()
    assert rig.set("a", "i0", state="up") == errno.ENODEV


SCENARIOS = (
    fresh_namespace, namespaces_come_and_go, pair_across_namespaces, peer_dies_with_its_namespace, queues_of_a_veth,
    indexes_of_an_unready_batch, unknown_kind, names, set_is_not_atomic, late_attributes, mtu_limits, macs, bridge_ports,
    bridge_follows_its_ports, bridge_data, no_changelink, vxlan_rules, vxlan_and_its_lower, vxlan_dies_with_its_underlay,
    macvlan_rules, macvtap, tun_and_tap, moving, deleting,
)  # fmt: skip
