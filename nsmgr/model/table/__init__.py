"""Written by nsmgr.model.generate from the models: edit that, then `make tables`."""

from __future__ import annotations

# entry → the files it was made from, their stamp, the module it is in
ENTRIES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "link:": ((), "83877426-00000000", "links"),
    "link:batadv": (("links/batadv.py",), "83877426-f7cd3ace", "link_batadv"),
    "link:bond": (("links/bond.py",), "83877426-8f923a25", "link_bond"),
    "link:bridge": (("links/bridge.py",), "83877426-94541966", "link_bridge"),
    "link:dummy": (("links/dummy.py",), "83877426-b290a74b", "link_dummy"),
    "link:hsr": (("links/hsr.py",), "83877426-269f0fa2", "link_hsr"),
    "link:ifb": (("links/ifb.py",), "83877426-54fec008", "link_ifb"),
    "link:ipvlan": (("links/ipvlan.py",), "83877426-53288ff0", "link_ipvlan"),
    "link:ipvtap": (("links/ipvlan.py", "links/ipvtap.py"), "83877426-0b498593", "link_ipvtap"),
    "link:lo": (("links/lo.py",), "83877426-f0494964", "link_lo"),
    "link:macsec": (("links/macsec.py",), "83877426-b8c4b193", "link_macsec"),
    "link:macvlan": (("links/macvlan.py",), "83877426-6c0d1a52", "link_macvlan"),
    "link:macvtap": (("links/macvlan.py", "links/macvtap.py"), "83877426-93363291", "link_macvtap"),
    "link:netkit": (("links/netkit.py",), "83877426-a2353ff6", "link_netkit"),
    "link:nlmon": (("links/nlmon.py",), "83877426-df855551", "link_nlmon"),
    "link:physical": (("links/physical.py",), "83877426-8bc7e415", "link_physical"),
    "link:tap": (("links/tap.py", "links/tun.py"), "83877426-347a0c4d", "link_tap"),
    "link:team": (("links/team.py",), "83877426-c0b6c21e", "link_team"),
    "link:tun": (("links/tun.py",), "83877426-5c80e905", "link_tun"),
    "link:vcan": (("links/vcan.py",), "83877426-127130a4", "link_vcan"),
    "link:veth": (("links/veth.py",), "83877426-016c3519", "link_veth"),
    "link:vlan": (("links/vlan.py",), "83877426-30672ef5", "link_vlan"),
    "link:vrf": (("links/vrf.py",), "83877426-ec99dd05", "link_vrf"),
    "link:vxcan": (("links/vcan.py", "links/vxcan.py"), "83877426-e169ceec", "link_vxcan"),
    "link:vxlan": (("links/vxlan.py",), "83877426-c453ab56", "link_vxlan"),
    "link:wireguard": (("links/wireguard.py",), "83877426-2d4e5913", "link_wireguard"),
    "port:bond": (("ports/base.py", "ports/bond.py"), "83877426-d23dc7e5", "port_bond"),
    "port:bridge": (("ports/base.py", "ports/bridge.py"), "83877426-b73434db", "port_bridge"),
    "thing:neighbor": (("things/base.py", "things/neighbor.py"), "83877426-2f32964b", "thing_neighbor"),
    "thing:proxy": (("things/base.py", "things/proxy.py"), "83877426-e048aafe", "thing_proxy"),
    "thing:vni": (("things/base.py", "things/vni.py"), "83877426-0812f059", "thing_vni"),
    "document": (("document.py", "namespace.py"), "83877426-3f7e9f8a", "document"),
    "namespace": (("namespace.py",), "83877426-cfbeab49", "namespace"),
    "host": (("namespace.py",), "83877426-cfbeab49", "host"),
    "address": (("address.py",), "83877426-905691fa", "address"),
    "route": (("address.py", "route.py"), "83877426-3271aa5f", "route"),
    "rule": (("address.py", "route.py", "rule.py"), "83877426-62e9e0b3", "rule"),
}
# (type of thing, where its section stands, section); types read in every namespace that is described completely
SECTIONS = (("neighbor", "link", "neighbors"), ("proxy", "link", ""), ("vni", "link", "vnis"))
ALWAYS = ("neighbor",)
