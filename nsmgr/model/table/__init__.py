"""Written by nsmgr.model.generate from the models: edit that, then `make tables`."""

from __future__ import annotations

# entry → the files it was made from, their stamp, the module it is in
ENTRIES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "link:": ((), "405e513f-00000000", "links"),
    "link:bond": (("links/bond.py",), "405e513f-8f923a25", "link_bond"),
    "link:bridge": (("links/bridge.py",), "405e513f-683e2f9b", "link_bridge"),
    "link:dummy": (("links/dummy.py",), "405e513f-b290a74b", "link_dummy"),
    "link:ifb": (("links/ifb.py",), "405e513f-54fec008", "link_ifb"),
    "link:ipvlan": (("links/ipvlan.py",), "405e513f-53288ff0", "link_ipvlan"),
    "link:ipvtap": (("links/ipvlan.py", "links/ipvtap.py"), "405e513f-0b498593", "link_ipvtap"),
    "link:lo": (("links/lo.py",), "405e513f-f0494964", "link_lo"),
    "link:macvlan": (("links/macvlan.py",), "405e513f-6c0d1a52", "link_macvlan"),
    "link:macvtap": (("links/macvlan.py", "links/macvtap.py"), "405e513f-93363291", "link_macvtap"),
    "link:physical": (("links/physical.py",), "405e513f-8bc7e415", "link_physical"),
    "link:tap": (("links/tap.py", "links/tun.py"), "405e513f-347a0c4d", "link_tap"),
    "link:tun": (("links/tun.py",), "405e513f-5c80e905", "link_tun"),
    "link:veth": (("links/veth.py",), "405e513f-70321e38", "link_veth"),
    "link:vlan": (("links/vlan.py",), "405e513f-30672ef5", "link_vlan"),
    "link:vrf": (("links/vrf.py",), "405e513f-ec99dd05", "link_vrf"),
    "link:vxlan": (("links/vxlan.py",), "405e513f-c453ab56", "link_vxlan"),
    "port:bond": (("ports/base.py", "ports/bond.py"), "405e513f-d23dc7e5", "port_bond"),
    "port:bridge": (("ports/base.py", "ports/bridge.py"), "405e513f-b73434db", "port_bridge"),
    "document": (("document.py", "namespace.py"), "405e513f-3f7e9f8a", "document"),
    "namespace": (("namespace.py",), "405e513f-cfbeab49", "namespace"),
    "host": (("namespace.py",), "405e513f-cfbeab49", "host"),
    "address": (("address.py",), "405e513f-905691fa", "address"),
    "route": (("address.py", "route.py"), "405e513f-3271aa5f", "route"),
    "rule": (("address.py", "route.py", "rule.py"), "405e513f-62e9e0b3", "rule"),
}
