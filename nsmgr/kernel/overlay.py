"""pyroute2's message classes plus the overlay of what they lack or get wrong: the source that ``generate.py`` reads.

The overlay makes *subclasses*; pyroute2's own classes stay as they are for everybody else in the process.
Numbers are those of include/uapi/linux/{if_link,if_addr,rtnetlink,fib_rules,net_namespace}.h as of Linux 7.0.
Not imported by anything that runs: a change here takes effect with ``make tables``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pyroute2.netlink import nla
from pyroute2.netlink.rtnl.fibmsg import fibmsg
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg, ifinfveth
from pyroute2.netlink.rtnl.nsidmsg import nsidmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

_Rows = tuple[tuple[int, str, str], ...]

# Added to, or replacing by number, the rows of pyroute2's classes. Types are pyroute2's, or classes of _types().
_LINK: _Rows = (
    (20, "IFLA_IFALIAS", "string"),  # with a NUL the longest alias (255 bytes) would be EINVAL, the empty one would not clear
    (45, "IFLA_NEW_NETNSID", "int32"),
    (46, "IFLA_TARGET_NETNSID", "int32"),
    (62, "IFLA_DEVLINK_PORT", "hex"),
    (63, "IFLA_GSO_IPV4_MAX_SIZE", "uint32"),
    (64, "IFLA_GRO_IPV4_MAX_SIZE", "uint32"),
    (65, "IFLA_DPLL_PIN", "hex"),
    (66, "IFLA_MAX_PACING_OFFLOAD_HORIZON", "hex"),  # NLA_UINT: four bytes or eight
    (67, "IFLA_NETNS_IMMUTABLE", "uint8"),
    (68, "IFLA_HEADROOM", "uint16"),
    (69, "IFLA_TAILROOM", "uint16"),
)
_INET6: _Rows = ((9, "IFLA_INET6_RA_MTU", "uint32"),)
_ERSPAN: _Rows = (
    (21, "IFLA_{}_ERSPAN_INDEX", "uint32"),
    (22, "IFLA_{}_ERSPAN_VER", "uint8"),
    (23, "IFLA_{}_ERSPAN_DIR", "uint8"),
    (24, "IFLA_{}_ERSPAN_HWID", "uint16"),
)
# Flags are __be16 in the header's bit order; pyroute2 has code of its own for the one, and reads the other in host order.
_GRE: _Rows = (
    (2, "IFLA_GRE_IFLAGS", "be16"),
    (3, "IFLA_GRE_OFLAGS", "be16"),
    *((number, name.format("GRE"), kind) for number, name, kind in _ERSPAN),
)
_IP6GRE: _Rows = (
    (2, "IFLA_IP6GRE_IFLAGS", "be16"),
    (3, "IFLA_IP6GRE_OFLAGS", "be16"),
    (18, "IFLA_IP6GRE_COLLECT_METADATA", "flag"),
    (19, "IFLA_IP6GRE_IGNORE_DF", "uint8"),
    (20, "IFLA_IP6GRE_FWMARK", "uint32"),
    *((number, name.format("IP6GRE"), kind) for number, name, kind in _ERSPAN),
)
_DATA: Mapping[str, _Rows] = {
    "bridge": (
        (45, "IFLA_BR_VLAN_STATS_PER_PORT", "uint8"),
        (46, "IFLA_BR_MULTI_BOOLOPT", "boolopt"),
        (47, "IFLA_BR_MCAST_QUERIER_STATE", "hex"),
        (48, "IFLA_BR_FDB_N_LEARNED", "uint32"),
        (49, "IFLA_BR_FDB_MAX_LEARNED", "uint32"),
        (50, "IFLA_BR_STP_MODE", "uint32"),
    ),
    "bond": (
        (26, "IFLA_BOND_AD_ACTOR_SYSTEM", "l2addr"),
        (28, "IFLA_BOND_PEER_NOTIF_DELAY", "uint32"),
        (29, "IFLA_BOND_AD_LACP_ACTIVE", "uint8"),
        (30, "IFLA_BOND_MISSED_MAX", "uint8"),
        (31, "IFLA_BOND_NS_IP6_TARGET", "*ip6addr"),
        (32, "IFLA_BOND_COUPLED_CONTROL", "uint8"),
        (33, "IFLA_BOND_BROADCAST_NEIGH", "uint8"),
        (34, "IFLA_BOND_LACP_STRICT", "uint8"),
    ),
    "vxlan": (
        (26, "IFLA_VXLAN_LABEL", "be32"),  # vxlan_fill_info puts a __be32; pyroute2 reads it in host order
        (30, "IFLA_VXLAN_VNIFILTER", "uint8"),
        (31, "IFLA_VXLAN_LOCALBYPASS", "uint8"),
        (32, "IFLA_VXLAN_LABEL_POLICY", "uint32"),
        (33, "IFLA_VXLAN_RESERVED_BITS", "reserved_bits"),
        (34, "IFLA_VXLAN_MC_ROUTE", "uint8"),
    ),
    "macvlan": (
        (5, "IFLA_MACVLAN_MACADDR_DATA", "macaddr_list"),
        (7, "IFLA_MACVLAN_BC_QUEUE_LEN", "uint32"),
        (8, "IFLA_MACVLAN_BC_QUEUE_LEN_USED", "uint32"),
        (9, "IFLA_MACVLAN_BC_CUTOFF", "int32"),
    ),
    "ipvlan": ((2, "IFLA_IPVLAN_FLAGS", "uint16"),),
    "vlan": ((3, "IFLA_VLAN_EGRESS_QOS", "qos_list"), (4, "IFLA_VLAN_INGRESS_QOS", "qos_list")),
    "geneve": ((13, "IFLA_GENEVE_DF", "uint8"), (15, "IFLA_GENEVE_PORT_RANGE", "port_range")),  # DF is a u8, pyroute2 says u16
    "gre": _GRE,
    "gretap": _GRE,
    "erspan": _GRE,
    "ip6gre": _IP6GRE,
    "ip6gretap": _IP6GRE,
    "ip6erspan": _IP6GRE,
    "sit": ((8, "IFLA_SIT_FLAGS", "uint16"),),  # ipip6_policy and ipip6_fill_info; ip6tnl's flags are 32 bits
    "vti": ((6, "IFLA_VTI_FWMARK", "uint32"),),
    "xfrm": ((3, "IFLA_XFRM_COLLECT_METADATA", "flag"),),
    "gtp": (
        (4, "IFLA_GTP_ROLE", "uint32"),
        (5, "IFLA_GTP_CREATE_SOCKETS", "uint8"),
        (6, "IFLA_GTP_RESTART_COUNT", "uint8"),
        (7, "IFLA_GTP_LOCAL", "ip4addr"),
        (8, "IFLA_GTP_LOCAL6", "ip6addr"),
    ),
    "veth": ((1, "VETH_INFO_PEER", "peer"),),
    # IFLA_INFO_SLAVE_DATA
    "bond_slave": (
        (7, "IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE", "uint8"),
        (8, "IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE", "uint16"),
        (9, "IFLA_BOND_SLAVE_PRIO", "int32"),
        (10, "IFLA_BOND_SLAVE_ACTOR_PORT_PRIO", "uint16"),
    ),
}
# Kinds that pyroute2 has no class for.
_OURS: Mapping[str, _Rows] = {
    "vxcan": ((1, "VXCAN_INFO_PEER", "peer"),),
    "netkit": (
        (1, "IFLA_NETKIT_PEER_INFO", "peer"),
        (2, "IFLA_NETKIT_PRIMARY", "uint8"),
        (3, "IFLA_NETKIT_POLICY", "uint32"),
        (4, "IFLA_NETKIT_PEER_POLICY", "uint32"),
        (5, "IFLA_NETKIT_MODE", "uint32"),
        (6, "IFLA_NETKIT_SCRUB", "uint32"),
        (7, "IFLA_NETKIT_PEER_SCRUB", "uint32"),
        (8, "IFLA_NETKIT_HEADROOM", "uint16"),
        (9, "IFLA_NETKIT_TAILROOM", "uint16"),
    ),
    "hsr": (
        (1, "IFLA_HSR_SLAVE1", "uint32"),
        (2, "IFLA_HSR_SLAVE2", "uint32"),
        (3, "IFLA_HSR_MULTICAST_SPEC", "uint8"),
        (4, "IFLA_HSR_SUPERVISION_ADDR", "l2addr"),
        (5, "IFLA_HSR_SEQ_NR", "uint16"),
        (6, "IFLA_HSR_VERSION", "uint8"),
        (7, "IFLA_HSR_PROTOCOL", "uint8"),
        (8, "IFLA_HSR_INTERLINK", "uint32"),
    ),
    "macsec": (
        (1, "IFLA_MACSEC_SCI", "be64"),
        (2, "IFLA_MACSEC_PORT", "be16"),
        (3, "IFLA_MACSEC_ICV_LEN", "uint8"),
        (4, "IFLA_MACSEC_CIPHER_SUITE", "uint64"),
        (5, "IFLA_MACSEC_WINDOW", "uint32"),
        (6, "IFLA_MACSEC_ENCODING_SA", "uint8"),
        (7, "IFLA_MACSEC_ENCRYPT", "uint8"),
        (8, "IFLA_MACSEC_PROTECT", "uint8"),
        (9, "IFLA_MACSEC_INC_SCI", "uint8"),
        (10, "IFLA_MACSEC_ES", "uint8"),
        (11, "IFLA_MACSEC_SCB", "uint8"),
        (12, "IFLA_MACSEC_REPLAY_PROTECT", "uint8"),
        (13, "IFLA_MACSEC_VALIDATION", "uint8"),
        (15, "IFLA_MACSEC_OFFLOAD", "uint8"),
    ),
    "bareudp": (
        (1, "IFLA_BAREUDP_PORT", "be16"),
        (2, "IFLA_BAREUDP_ETHERTYPE", "be16"),
        (3, "IFLA_BAREUDP_SRCPORT_MIN", "uint16"),
        (4, "IFLA_BAREUDP_MULTIPROTO_MODE", "flag"),
    ),
    "batadv": ((1, "IFLA_BATADV_ALGO_NAME", "asciiz"),),
}
_ALIASES = {"erspan": "gretap", "ip6erspan": "ip6gretap"}  # same attributes, no entry of their own in pyroute2's data_map
_ADDRESS: _Rows = ((10, "IFA_TARGET_NETNSID", "int32"),)
_ROUTE: _Rows = (
    (23, "RTA_EXPIRES", "uint32"),
    (25, "RTA_UID", "uint32"),
    (26, "RTA_TTL_PROPAGATE", "uint8"),
    (27, "RTA_IP_PROTO", "uint8"),
    (28, "RTA_SPORT", "be16"),
    (29, "RTA_DPORT", "be16"),
    (30, "RTA_NH_ID", "uint32"),
    (31, "RTA_FLOWLABEL", "be32"),
)
_RULE: _Rows = (
    (25, "FRA_DSCP", "uint8"),
    (26, "FRA_FLOWLABEL", "be32"),
    (27, "FRA_FLOWLABEL_MASK", "be32"),
    (28, "FRA_SPORT_MASK", "uint16"),
    (29, "FRA_DPORT_MASK", "uint16"),
    (30, "FRA_DSCP_MASK", "uint8"),
)
_NSID: _Rows = ((1, "NETNSA_NSID", "int32"), (4, "NETNSA_TARGET_NSID", "int32"), (5, "NETNSA_CURRENT_NSID", "int32"))
_METRICS: _Rows = ((17, "RTAX_FASTOPEN_NO_COOKIE", "uint32"),)


@cache
def _types() -> dict[str, Any]:
    """Attribute types of the overlay, by the name the rows use."""

    class boolopt(nla):  # type: ignore[misc]  # noqa: N801 - pyroute2's naming; its classes are untyped
        fields = (("optval", "I"), ("optmask", "I"))  # struct br_boolopt_multi

    class reserved_bits(nla):  # type: ignore[misc]  # noqa: N801
        fields = (("flags", ">I"), ("vni", ">I"))  # struct vxlanhdr

    class port_range(nla):  # type: ignore[misc]  # noqa: N801
        fields = (("low", ">H"), ("high", ">H"))

    class macaddr_list(nla):  # type: ignore[misc]  # noqa: N801
        nla_map = ((4, "IFLA_MACVLAN_MACADDR", "l2addr"),)
        list_of = "IFLA_MACVLAN_MACADDR"

    class qos_list(nla):  # type: ignore[misc]  # noqa: N801
        nla_map = (("IFLA_VLAN_QOS_UNSPEC", "none"), ("IFLA_VLAN_QOS_MAPPING", "qos_mapping"))
        list_of = "IFLA_VLAN_QOS_MAPPING"

        class qos_mapping(nla):  # type: ignore[misc]  # noqa: N801
            fields = (("from", "I"), ("to", "I"))

    class inet_conf(nla):  # type: ignore[misc]  # noqa: N801
        # What AF_INET really holds; pyroute2 reads the inner attribute header as the first field of a struct.
        nla_map = (("IFLA_INET_UNSPEC", "none"), ("IFLA_INET_CONF", "binary"))

    return {
        "boolopt": boolopt,
        "reserved_bits": reserved_bits,
        "port_range": port_range,
        "macaddr_list": macaddr_list,
        "qos_list": qos_list,
        "inet": inet_conf,
    }


def _overlay(cls: Any, rows: _Rows, **members: Any) -> Any:
    """A subclass of a pyroute2 class whose ``nla_map`` has our rows too; where numbers meet, ours wins."""
    base = list(cls.nla_map)
    numbered = [tuple(row) for row in base] if isinstance(base[0][0], int) else [(n, *row) for n, row in enumerate(base)]
    ours = {row[0] for row in rows}
    merged = [row for row in numbered if row[0] not in ours] + list(rows)
    wanted = {kind: _types()[kind] for _, _, kind in rows if kind in _types()}
    return type(cls.__name__, (cls,), {"nla_map": tuple(merged), "__slots__": (), **wanted, **members})


@cache
def _link_class(nested: bool = False) -> Any:
    """ifinfmsg, or the same as a nest (VETH_INFO_PEER and its like: struct ifinfomsg followed by attributes)."""
    inet = ifinfmsg.af_spec_inet
    spec = _overlay(inet, (), inet=_types()["inet"], inet6=_overlay(inet.inet6, _INET6))
    names = type("proplist", (ifinfmsg.proplist,), {"list_of": "IFLA_ALT_IFNAME", "__slots__": ()})
    return _overlay(ifinfveth if nested else ifinfmsg, _LINK, af_spec=spec, proplist=names)


# TCA_OPTIONS is another thing for each kind (nsmgr.kernel.traffic): bytes here.
_TRAFFIC = type(
    "tcmsg",
    (nla,),
    {
        "fields": (("family", "B"), ("pad1", "3x"), ("index", "i"), ("handle", "I"), ("parent", "I"), ("info", "I")),
        "nla_map": (
            (1, "TCA_KIND", "asciiz"), (2, "TCA_OPTIONS", "hex"), (8, "TCA_STAB", "hex"), (11, "TCA_CHAIN", "uint32"),
        ),
    },
)  # fmt: skip


def messages() -> dict[str, Any]:
    """Table name → class, of every message: ``link``, ``address``, ``route``, ``rule``, ``nsid``."""
    return {
        "link": _link_class(),
        "address": _overlay(ifaddrmsg, _ADDRESS),
        "route": _overlay(rtmsg, _ROUTE, metrics=_overlay(rtmsg.metrics, _METRICS)),
        "rule": _overlay(fibmsg, _RULE),
        "nsid": _overlay(nsidmsg, _NSID),
        "traffic": _TRAFFIC,
    }


def data() -> dict[str, Any]:
    """IFLA_INFO_DATA of every kind pyroute2 knows, by its ``data_map`` key, and of those that share another's."""
    known = ifinfmsg.ifinfo.data_map
    classes = {key: cls for key, cls in known.items() if isinstance(cls, type)} | {
        key: known[same] for key, same in _ALIASES.items()
    }
    classes["bond_slave"] = ifinfmsg.ifinfo.bond_slave_data
    ours = {key: type(key, (nla,), {"nla_map": rows, "__slots__": ()}) for key, rows in _OURS.items()}
    made = {}
    for key, cls in (classes | ours).items():
        rows = _DATA.get(key, ()) + _OURS.get(key, ())
        peer = {"peer": _link_class(nested=True)} if any(kind == "peer" for _, _, kind in rows) else {}
        made[key] = _overlay(cls, rows, **peer)
    return made
