"""Written by nsmgr.model.generate from the models: edit that, then `make tables`."""

from __future__ import annotations

# entry → the files it was made from, their stamp, the module it is in
ENTRIES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "link:": ((), "bd404858-00000000", "links"),
    "link:bond": (("links/bond.py",), "bd404858-8f923a25", "link_bond"),
    "link:bridge": (("links/bridge.py",), "bd404858-24bbcb0c", "link_bridge"),
    "link:dummy": (("links/dummy.py",), "bd404858-b290a74b", "link_dummy"),
    "link:ifb": (("links/ifb.py",), "bd404858-54fec008", "link_ifb"),
    "link:ipvlan": (("links/ipvlan.py",), "bd404858-e3217e93", "link_ipvlan"),
    "link:ipvtap": (("links/ipvlan.py", "links/ipvtap.py"), "bd404858-5fdc7134", "link_ipvtap"),
    "link:lo": (("links/lo.py",), "bd404858-bb6651d7", "link_lo"),
    "link:macvlan": (("links/macvlan.py",), "bd404858-86f53b61", "link_macvlan"),
    "link:macvtap": (("links/macvlan.py", "links/macvtap.py"), "bd404858-3a6aff3a", "link_macvtap"),
    "link:physical": (("links/physical.py",), "bd404858-8bc7e415", "link_physical"),
    "link:tap": (("links/tap.py", "links/tun.py"), "bd404858-429d5922", "link_tap"),
    "link:tun": (("links/tun.py",), "bd404858-1e58be50", "link_tun"),
    "link:veth": (("links/veth.py",), "bd404858-70321e38", "link_veth"),
    "link:vlan": (("links/vlan.py",), "bd404858-31f33e2c", "link_vlan"),
    "link:vrf": (("links/vrf.py",), "bd404858-ec99dd05", "link_vrf"),
    "link:vxlan": (("links/vxlan.py",), "bd404858-c453ab56", "link_vxlan"),
    "document": (("document.py", "namespace.py"), "bd404858-3f7e9f8a", "document"),
    "namespace": (("namespace.py",), "bd404858-cfbeab49", "namespace"),
    "host": (("namespace.py",), "bd404858-cfbeab49", "host"),
    "address": (("address.py",), "bd404858-905691fa", "address"),
    "route": (("address.py", "route.py"), "bd404858-3271aa5f", "route"),
    "rule": (("address.py", "route.py", "rule.py"), "bd404858-62e9e0b3", "rule"),
}
