"""Written by nsmgr.model.generate from the models: edit that, then `make tables`."""

from __future__ import annotations

# entry → the files it was made from, their stamp, the module it is in
ENTRIES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "link:": ((), "9ef51607-00000000", "links"),
    "link:bond": (("links/bond.py",), "9ef51607-8f923a25", "link_bond"),
    "link:bridge": (("links/bridge.py",), "9ef51607-94541966", "link_bridge"),
    "link:dummy": (("links/dummy.py",), "9ef51607-b290a74b", "link_dummy"),
    "link:ifb": (("links/ifb.py",), "9ef51607-54fec008", "link_ifb"),
    "link:ipvlan": (("links/ipvlan.py",), "9ef51607-53288ff0", "link_ipvlan"),
    "link:ipvtap": (("links/ipvlan.py", "links/ipvtap.py"), "9ef51607-0b498593", "link_ipvtap"),
    "link:lo": (("links/lo.py",), "9ef51607-f0494964", "link_lo"),
    "link:macvlan": (("links/macvlan.py",), "9ef51607-6c0d1a52", "link_macvlan"),
    "link:macvtap": (("links/macvlan.py", "links/macvtap.py"), "9ef51607-93363291", "link_macvtap"),
    "link:physical": (("links/physical.py",), "9ef51607-8bc7e415", "link_physical"),
    "link:tap": (("links/tap.py", "links/tun.py"), "9ef51607-347a0c4d", "link_tap"),
    "link:tun": (("links/tun.py",), "9ef51607-5c80e905", "link_tun"),
    "link:veth": (("links/veth.py",), "9ef51607-70321e38", "link_veth"),
    "link:vlan": (("links/vlan.py",), "9ef51607-30672ef5", "link_vlan"),
    "link:vrf": (("links/vrf.py",), "9ef51607-ec99dd05", "link_vrf"),
    "link:vxlan": (("links/vxlan.py",), "9ef51607-c453ab56", "link_vxlan"),
    "port:bond": (("ports/base.py", "ports/bond.py"), "9ef51607-d23dc7e5", "port_bond"),
    "port:bridge": (("ports/base.py", "ports/bridge.py"), "9ef51607-b73434db", "port_bridge"),
    "thing:neighbor": (("things/base.py", "things/neighbor.py"), "9ef51607-2f32964b", "thing_neighbor"),
    "thing:proxy": (("things/base.py", "things/proxy.py"), "9ef51607-e048aafe", "thing_proxy"),
    "thing:vni": (("things/base.py", "things/vni.py"), "9ef51607-0812f059", "thing_vni"),
    "document": (("document.py", "namespace.py"), "9ef51607-3f7e9f8a", "document"),
    "namespace": (("namespace.py",), "9ef51607-cfbeab49", "namespace"),
    "host": (("namespace.py",), "9ef51607-cfbeab49", "host"),
    "address": (("address.py",), "9ef51607-905691fa", "address"),
    "route": (("address.py", "route.py"), "9ef51607-3271aa5f", "route"),
    "rule": (("address.py", "route.py", "rule.py"), "9ef51607-62e9e0b3", "rule"),
}
# (type of thing, where its section stands, section); types read in every namespace that is described completely
SECTIONS = (("neighbor", "link", "neighbors"), ("proxy", "link", ""), ("vni", "link", "vnis"))
ALWAYS = ("neighbor",)
