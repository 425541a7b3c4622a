"""Written by nsmgr.model.generate from the models: edit that, then `make tables`."""

from __future__ import annotations

# entry → the files it was made from, their stamp, the module it is in
ENTRIES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "link:": ((), "500d9bed-00000000", "links"),
    "link:bond": (("links/bond.py",), "500d9bed-8f923a25", "link_bond"),
    "link:bridge": (("links/bridge.py",), "500d9bed-94541966", "link_bridge"),
    "link:dummy": (("links/dummy.py",), "500d9bed-b290a74b", "link_dummy"),
    "link:ifb": (("links/ifb.py",), "500d9bed-54fec008", "link_ifb"),
    "link:ipvlan": (("links/ipvlan.py",), "500d9bed-53288ff0", "link_ipvlan"),
    "link:ipvtap": (("links/ipvlan.py", "links/ipvtap.py"), "500d9bed-0b498593", "link_ipvtap"),
    "link:lo": (("links/lo.py",), "500d9bed-f0494964", "link_lo"),
    "link:macvlan": (("links/macvlan.py",), "500d9bed-6c0d1a52", "link_macvlan"),
    "link:macvtap": (("links/macvlan.py", "links/macvtap.py"), "500d9bed-93363291", "link_macvtap"),
    "link:physical": (("links/physical.py",), "500d9bed-8bc7e415", "link_physical"),
    "link:tap": (("links/tap.py", "links/tun.py"), "500d9bed-347a0c4d", "link_tap"),
    "link:tun": (("links/tun.py",), "500d9bed-5c80e905", "link_tun"),
    "link:veth": (("links/veth.py",), "500d9bed-70321e38", "link_veth"),
    "link:vlan": (("links/vlan.py",), "500d9bed-30672ef5", "link_vlan"),
    "link:vrf": (("links/vrf.py",), "500d9bed-ec99dd05", "link_vrf"),
    "link:vxlan": (("links/vxlan.py",), "500d9bed-c453ab56", "link_vxlan"),
    "port:bond": (("ports/base.py", "ports/bond.py"), "500d9bed-d23dc7e5", "port_bond"),
    "port:bridge": (("ports/base.py", "ports/bridge.py"), "500d9bed-b73434db", "port_bridge"),
    "thing:neighbor": (("things/base.py", "things/neighbor.py"), "500d9bed-2f32964b", "thing_neighbor"),
    "thing:proxy": (("things/base.py", "things/proxy.py"), "500d9bed-e048aafe", "thing_proxy"),
    "document": (("document.py", "namespace.py"), "500d9bed-3f7e9f8a", "document"),
    "namespace": (("namespace.py",), "500d9bed-cfbeab49", "namespace"),
    "host": (("namespace.py",), "500d9bed-cfbeab49", "host"),
    "address": (("address.py",), "500d9bed-905691fa", "address"),
    "route": (("address.py", "route.py"), "500d9bed-3271aa5f", "route"),
    "rule": (("address.py", "route.py", "rule.py"), "500d9bed-62e9e0b3", "rule"),
}
# (type of thing, where its section stands, section); types read in every namespace that is described completely
SECTIONS = (("neighbor", "link", "neighbors"), ("proxy", "link", ""))
ALWAYS = ("neighbor",)
