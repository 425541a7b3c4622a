"""Written by nsmgr.model.generate from the models: edit that, then `make tables`."""

from __future__ import annotations

# entry → the files it was made from, their stamp, the module it is in
ENTRIES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "link:": ((), "957f79e1-00000000", "links"),
    "link:bond": (("links/bond.py",), "957f79e1-8f923a25", "link_bond"),
    "link:bridge": (("links/bridge.py",), "957f79e1-24bbcb0c", "link_bridge"),
    "link:dummy": (("links/dummy.py",), "957f79e1-b290a74b", "link_dummy"),
    "link:ifb": (("links/ifb.py",), "957f79e1-54fec008", "link_ifb"),
    "link:ipvlan": (("links/ipvlan.py",), "957f79e1-53288ff0", "link_ipvlan"),
    "link:ipvtap": (("links/ipvlan.py", "links/ipvtap.py"), "957f79e1-0b498593", "link_ipvtap"),
    "link:lo": (("links/lo.py",), "957f79e1-bb6651d7", "link_lo"),
    "link:macvlan": (("links/macvlan.py",), "957f79e1-86f53b61", "link_macvlan"),
    "link:macvtap": (("links/macvlan.py", "links/macvtap.py"), "957f79e1-3a6aff3a", "link_macvtap"),
    "link:physical": (("links/physical.py",), "957f79e1-8bc7e415", "link_physical"),
    "link:tap": (("links/tap.py", "links/tun.py"), "957f79e1-429d5922", "link_tap"),
    "link:tun": (("links/tun.py",), "957f79e1-1e58be50", "link_tun"),
    "link:veth": (("links/veth.py",), "957f79e1-70321e38", "link_veth"),
    "link:vlan": (("links/vlan.py",), "957f79e1-5b1c0677", "link_vlan"),
    "link:vrf": (("links/vrf.py",), "957f79e1-ec99dd05", "link_vrf"),
    "link:vxlan": (("links/vxlan.py",), "957f79e1-c453ab56", "link_vxlan"),
    "document": (("document.py", "namespace.py"), "957f79e1-3f7e9f8a", "document"),
    "namespace": (("namespace.py",), "957f79e1-cfbeab49", "namespace"),
    "host": (("namespace.py",), "957f79e1-cfbeab49", "host"),
    "address": (("address.py",), "957f79e1-905691fa", "address"),
    "route": (("address.py", "route.py"), "957f79e1-3271aa5f", "route"),
    "rule": (("address.py", "route.py", "rule.py"), "957f79e1-62e9e0b3", "rule"),
}
