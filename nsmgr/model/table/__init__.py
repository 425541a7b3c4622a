"""Written by nsmgr.model.generate from the models: edit that, then `make tables`."""

from __future__ import annotations

# entry → the files it was made from, their stamp, the module it is in
ENTRIES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "link:": ((), "f46ffebf-00000000", "links"),
    "link:bond": (("links/bond.py",), "f46ffebf-8f923a25", "link_bond"),
    "link:bridge": (("links/bridge.py",), "f46ffebf-24bbcb0c", "link_bridge"),
    "link:dummy": (("links/dummy.py",), "f46ffebf-b290a74b", "link_dummy"),
    "link:ifb": (("links/ifb.py",), "f46ffebf-54fec008", "link_ifb"),
    "link:ipvlan": (("links/ipvlan.py",), "f46ffebf-e3217e93", "link_ipvlan"),
    "link:ipvtap": (("links/ipvlan.py", "links/ipvtap.py"), "f46ffebf-5fdc7134", "link_ipvtap"),
    "link:lo": (("links/lo.py",), "f46ffebf-bb6651d7", "link_lo"),
    "link:macvlan": (("links/macvlan.py",), "f46ffebf-86f53b61", "link_macvlan"),
    "link:macvtap": (("links/macvlan.py", "links/macvtap.py"), "f46ffebf-3a6aff3a", "link_macvtap"),
    "link:physical": (("links/physical.py",), "f46ffebf-8bc7e415", "link_physical"),
    "link:tap": (("links/tap.py", "links/tun.py"), "f46ffebf-429d5922", "link_tap"),
    "link:tun": (("links/tun.py",), "f46ffebf-1e58be50", "link_tun"),
    "link:veth": (("links/veth.py",), "f46ffebf-70321e38", "link_veth"),
    "link:vlan": (("links/vlan.py",), "f46ffebf-31f33e2c", "link_vlan"),
    "link:vrf": (("links/vrf.py",), "f46ffebf-ec99dd05", "link_vrf"),
    "link:vxlan": (("links/vxlan.py",), "f46ffebf-c453ab56", "link_vxlan"),
    "document": (("document.py", "namespace.py"), "f46ffebf-85f0cf60", "document"),
    "namespace": (("namespace.py",), "f46ffebf-cfbeab49", "namespace"),
    "host": (("namespace.py",), "f46ffebf-cfbeab49", "host"),
    "address": (("address.py",), "f46ffebf-905691fa", "address"),
    "route": (("address.py", "route.py"), "f46ffebf-3271aa5f", "route"),
    "rule": (("address.py", "route.py", "rule.py"), "f46ffebf-62e9e0b3", "rule"),
}
