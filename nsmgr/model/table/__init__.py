"""Written by nsmgr.model.generate from the models: edit that, then `make tables`."""

from __future__ import annotations

# entry → the files it was made from, their stamp, the module it is in
ENTRIES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "link:": ((), "b60b5469-00000000", "links"),
    "link:bond": (("links/bond.py",), "b60b5469-8f923a25", "link_bond"),
    "link:bridge": (("links/bridge.py",), "b60b5469-24bbcb0c", "link_bridge"),
    "link:dummy": (("links/dummy.py",), "b60b5469-b290a74b", "link_dummy"),
    "link:ifb": (("links/ifb.py",), "b60b5469-54fec008", "link_ifb"),
    "link:ipvlan": (("links/ipvlan.py",), "b60b5469-e3217e93", "link_ipvlan"),
    "link:ipvtap": (("links/ipvlan.py", "links/ipvtap.py"), "b60b5469-5fdc7134", "link_ipvtap"),
    "link:lo": (("links/lo.py",), "b60b5469-bb6651d7", "link_lo"),
    "link:macvlan": (("links/macvlan.py",), "b60b5469-86f53b61", "link_macvlan"),
    "link:macvtap": (("links/macvlan.py", "links/macvtap.py"), "b60b5469-3a6aff3a", "link_macvtap"),
    "link:physical": (("links/physical.py",), "b60b5469-8bc7e415", "link_physical"),
    "link:tap": (("links/tap.py", "links/tun.py"), "b60b5469-429d5922", "link_tap"),
    "link:tun": (("links/tun.py",), "b60b5469-1e58be50", "link_tun"),
    "link:veth": (("links/veth.py",), "b60b5469-70321e38", "link_veth"),
    "link:vlan": (("links/vlan.py",), "b60b5469-31f33e2c", "link_vlan"),
    "link:vrf": (("links/vrf.py",), "b60b5469-ec99dd05", "link_vrf"),
    "link:vxlan": (("links/vxlan.py",), "b60b5469-c453ab56", "link_vxlan"),
    "document": (("document.py", "namespace.py"), "b60b5469-85f0cf60", "document"),
    "namespace": (("namespace.py",), "b60b5469-cfbeab49", "namespace"),
    "host": (("namespace.py",), "b60b5469-cfbeab49", "host"),
    "address": (("address.py",), "b60b5469-905691fa", "address"),
    "route": (("address.py", "route.py"), "b60b5469-3271aa5f", "route"),
    "rule": (("address.py", "route.py", "rule.py"), "b60b5469-62e9e0b3", "rule"),
}
