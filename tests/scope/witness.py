"""ip(8) as a witness: what ``ip -j -d link show`` says of an attribute, against what nsmgr read.

iproute2 prints most attributes under the name we use too, or under that of the table; numbers as they are on the wire or in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nsmgr.model.base import Attr, Value

UNSEEN: Any = object()

# row → key at the top level of ip's JSON, or flag.
_TOP: Mapping[str, str] = {
    "mtu": "mtu", "mac": "address", "broadcast": "broadcast", "controller": "master", "alias": "ifalias", "group": "group",
    "txqlen": "txqlen", "tx_queues": "num_tx_queues", "rx_queues": "num_rx_queues", "gso_max_size": "gso_max_size",
    "gso_max_segs": "gso_max_segs", "gro_max_size": "gro_max_size", "addrgenmode": "inet6_addr_gen_mode",
    "peer": "link", "parent": "link", "linkmode": "linkmode",
}  # fmt: skip
_FLAGS: Mapping[str, str] = {
    "state": "UP", "arp": "NOARP", "multicast": "MULTICAST", "allmulticast": "ALLMULTI", "promisc": "PROMISC",
}  # fmt: skip
_TUNNEL: Mapping[str, str] = {
    "parent": "link",
    "hoplimit": "ttl",
    "encaplimit": "encap_limit",
    "dscp_inherit": "ip6_tnl_f_rcv_dscp_copy",
    "allow_localremote": "ip6_tnl_f_allow_local_remote",
    "encap": "encap.type",
    "encap_sport": "encap.sport",
    "encap_dport": "encap.dport",
    "encap_csum": "encap.csum",
    "encap_csum6": "encap.csum6",
    "encap_remcsum": "encap.remcsum",
    "prefix_6rd": "prefix",
    "prefixlen_6rd": "prefixlen",
    "relay_prefix_6rd": "relay_prefix",
    "relay_prefixlen_6rd": "relay_prefixlen",
}
# kind → row → key in linkinfo.info_data, where it is not called as here.
_DATA: Mapping[str, Mapping[str, str]] = {
    "bridge": {
        "stp": "stp_state", "mcast_last_member_interval": "mcast_last_member_intvl",
        "mcast_membership_interval": "mcast_membership_intvl", "mcast_querier_interval": "mcast_querier_intvl",
        "mcast_query_interval": "mcast_query_intvl", "mcast_query_response_interval": "mcast_query_response_intvl",
        "mcast_startup_query_interval": "mcast_startup_query_intvl", "mcast_last_member_count": "mcast_last_member_cnt",
        "mcast_startup_query_count": "mcast_startup_query_cnt", "group_address": "group_addr",
    },
    "bond": {"lacp_rate": "ad_lacp_rate", "lacp_active": "ad_lacp_active"},
    "vxlan": {
        "srcport": "port_range", "parent": "link", "udp6zerocsumtx": "udp_zero_csum6_tx", "udp6zerocsumrx": "udp_zero_csum6_rx",
    },
    "macvlan": {"bc_queue_len": "bcqueuelen"},
    "macvtap": {"bc_queue_len": "bcqueuelen"},
    "tun": {"owner": "user", "owner_group": "group"},
    "tap": {"owner": "user", "owner_group": "group"},
    "geneve": {"udp6zerocsumtx": "udp_zero_csum6_tx", "udp6zerocsumrx": "udp_zero_csum6_rx"},
    "bareudp": {"port": "dstport", "srcport_min": "srcportmin"},
    "gtp": {"pdp_hashsize": "hsize"},
    "hsr": {"protocol": "proto"},
    "macsec": {
        "cipher": "cipher_suite", "encodingsa": "encoding_sa", "end_station": "es", "icvlen": "icv_len", "send_sci": "inc_sci",
        "replay": "replay_protect",
    },
    "bridge-port": {"fast_leave": "fastleave", "mcast_router": "multicast_router"},
    "gre": _TUNNEL, "gretap": _TUNNEL, "erspan": _TUNNEL, "ip6gre": _TUNNEL, "ip6gretap": _TUNNEL, "ip6erspan": _TUNNEL,
    **dict.fromkeys(("ipip", "sit", "ip6tnl"), _TUNNEL | {"mode": "proto"}), "vti": _TUNNEL, "vti6": _TUNNEL, "xfrm": _TUNNEL,
}  # fmt: skip


_ONLY_TRUE = frozenset(("dscp_inherit", "allow_localremote"))  # flags that ip prints when they are set
_WORDS: Mapping[str, str] = {"on": "1", "off": "0", "ip": "ipv4"}


def says(shown: Mapping[str, Any], kind: str, name: str) -> Any:
    """ip's value of a row, or UNSEEN."""
    if kind.endswith("-port"):
        return shown.get("linkinfo", {}).get("info_slave_data", {}).get(_DATA.get(kind, {}).get(name, name), UNSEEN)
    if name in _FLAGS:
        flag = _FLAGS[name] in shown["flags"]
        return not flag if name == "arp" else ("up" if flag else "down") if name == "state" else flag
    if name == "group":
        return {"default": 0}.get(shown.get("group", UNSEEN), shown.get("group", UNSEEN))
    if kind == "vlan" and name in ("reorder_hdr", "gvrp", "mvrp", "loose_binding", "bridge_binding"):
        return name.upper() in shown["linkinfo"]["info_data"].get("flags", ())
    if kind in ("ipvlan", "ipvtap") and name == "flags":
        data = shown["linkinfo"]["info_data"]
        return next((word for word in ("private", "vepa") if data.get(word)), "bridge")
    if name == "protodown":
        return bool(shown.get("proto_down", False))
    if name in _TOP and not (kind == "vxlan" and name == "parent"):
        return shown.get(_TOP[name], UNSEEN)
    found: Any = shown.get("linkinfo", {}).get("info_data", {})
    for key in _DATA.get(kind, {}).get(name, name).split("."):
        found = found.get(key, UNSEEN) if isinstance(found, dict) else UNSEEN
    return False if found is UNSEEN and name in _ONLY_TRUE else found


def knows(shown: Mapping[str, Any], *, common: bool) -> bool:
    """Whether this ip(8) knows the kind of the link, where the attribute is the kind's own."""
    info = shown.get("linkinfo", {})
    return common or "info_data" in info or "info_slave_data" in info


def agrees(said: Any, value: Value, row: Attr) -> bool:
    """Whether what ip said can mean the value: the canonical one, the number on the wire, or its word in any letter case."""
    if said is UNSEEN:
        return True
    meanings = {_plain(value), _plain(value).partition("/")[2] if isinstance(value, str) else ""}  # a reference with its namespace
    if isinstance(value, int):
        meanings |= {
            f"{value:#04x}",
            f"{value:#07x}",
            f"{value:#x}",
            ".".join(map(str, (value & 0xFFFFFFFF).to_bytes(4, "big"))),
            *(_plain(value + off) for off in (-row.tolerance, row.tolerance)),
        }
    if row.convert is not None and value is not None:
        wire = row.convert.to_wire(value)
        meanings.add(_plain(wire))
        if isinstance(wire, int):
            meanings |= {_plain(wire - 1), _plain(wire + 1)} if row.tolerance else {f"{wire:#x}"}
    return _plain(said) in meanings


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, dict):  # {"from": 1, "to": 2}
        return _plain(list(value.values()))
    if isinstance(value, list | tuple):
        return f"[{','.join(_plain(part) for part in value)}]"
    return _WORDS.get(str(value).lower(), str(value).lower())
