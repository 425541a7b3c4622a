"""Written by nsmgr.model.generate from the models: edit that, then `make tables`."""

from __future__ import annotations

# entry → the files it was made from, their stamp, the module it is in
ENTRIES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "link:": ((), "3ee00ea7-00000000", "links"),
    "link:bond": (("links/bond.py",), "3ee00ea7-8f923a25", "link_bond"),
    "link:bridge": (("links/bridge.py",), "3ee00ea7-24bbcb0c", "link_bridge"),
    "link:dummy": (("links/dummy.py",), "3ee00ea7-b290a74b", "link_dummy"),
    "link:ifb": (("links/ifb.py",), "3ee00ea7-ce508ff8", "link_ifb"),
    "link:ipvlan": (("links/ipvlan.py",), "3ee00ea7-e3217e93", "link_ipvlan"),
    "link:ipvtap": (("links/ipvlan.py", "links/ipvtap.py"), "3ee00ea7-5fdc7134", "link_ipvtap"),
    "link:lo": (("links/lo.py",), "3ee00ea7-bb6651d7", "link_lo"),
    "link:macvlan": (("links/macvlan.py",), "3ee00ea7-86f53b61", "link_macvlan"),
    "link:macvtap": (("links/macvlan.py", "links/macvtap.py"), "3ee00ea7-3a6aff3a", "link_macvtap"),
    "link:physical": (("links/physical.py",), "3ee00ea7-8bc7e415", "link_physical"),
    "link:tap": (("links/tap.py", "links/tun.py"), "3ee00ea7-429d5922", "link_tap"),
    "link:tun": (("links/tun.py",), "3ee00ea7-1e58be50", "link_tun"),
    "link:veth": (("links/veth.py",), "3ee00ea7-70321e38", "link_veth"),
    "link:vlan": (("links/vlan.py",), "3ee00ea7-31f33e2c", "link_vlan"),
    "link:vrf": (("links/vrf.py",), "3ee00ea7-ec99dd05", "link_vrf"),
    "link:vxlan": (("links/vxlan.py",), "3ee00ea7-c453ab56", "link_vxlan"),
    "document": (("document.py", "namespace.py"), "3ee00ea7-85f0cf60", "document"),
    "namespace": (("namespace.py",), "3ee00ea7-cfbeab49", "namespace"),
    "host": (("namespace.py",), "3ee00ea7-cfbeab49", "host"),
    "address": (("address.py",), "3ee00ea7-905691fa", "address"),
    "route": (("address.py", "route.py"), "3ee00ea7-3271aa5f", "route"),
    "rule": (("address.py", "route.py", "rule.py"), "3ee00ea7-62e9e0b3", "rule"),
}
