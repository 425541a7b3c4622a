"""Written by nsmgr.model.generate from the models: edit that, then `make tables`."""

from __future__ import annotations

# entry → the files it was made from, their stamp, the module it is in
ENTRIES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "link:": ((), "7305276d-00000000", "links"),
    "link:bond": (("links/bond.py",), "7305276d-8f923a25", "link_bond"),
    "link:bridge": (("links/bridge.py",), "7305276d-24bbcb0c", "link_bridge"),
    "link:dummy": (("links/dummy.py",), "7305276d-b290a74b", "link_dummy"),
    "link:ifb": (("links/ifb.py",), "7305276d-54fec008", "link_ifb"),
    "link:ipvlan": (("links/ipvlan.py",), "7305276d-53288ff0", "link_ipvlan"),
    "link:ipvtap": (("links/ipvlan.py", "links/ipvtap.py"), "7305276d-0b498593", "link_ipvtap"),
    "link:lo": (("links/lo.py",), "7305276d-bb6651d7", "link_lo"),
    "link:macvlan": (("links/macvlan.py",), "7305276d-86f53b61", "link_macvlan"),
    "link:macvtap": (("links/macvlan.py", "links/macvtap.py"), "7305276d-3a6aff3a", "link_macvtap"),
    "link:physical": (("links/physical.py",), "7305276d-8bc7e415", "link_physical"),
    "link:tap": (("links/tap.py", "links/tun.py"), "7305276d-429d5922", "link_tap"),
    "link:tun": (("links/tun.py",), "7305276d-1e58be50", "link_tun"),
    "link:veth": (("links/veth.py",), "7305276d-70321e38", "link_veth"),
    "link:vlan": (("links/vlan.py",), "7305276d-5b1c0677", "link_vlan"),
    "link:vrf": (("links/vrf.py",), "7305276d-ec99dd05", "link_vrf"),
    "link:vxlan": (("links/vxlan.py",), "7305276d-c453ab56", "link_vxlan"),
    "port:bond": (("ports/base.py", "ports/bond.py"), "7305276d-d23dc7e5", "port_bond"),
    "port:bridge": (("ports/base.py", "ports/bridge.py"), "7305276d-b73434db", "port_bridge"),
    "document": (("document.py", "namespace.py"), "7305276d-3f7e9f8a", "document"),
    "namespace": (("namespace.py",), "7305276d-cfbeab49", "namespace"),
    "host": (("namespace.py",), "7305276d-cfbeab49", "host"),
    "address": (("address.py",), "7305276d-905691fa", "address"),
    "route": (("address.py", "route.py"), "7305276d-3271aa5f", "route"),
    "rule": (("address.py", "route.py", "rule.py"), "7305276d-62e9e0b3", "rule"),
}
