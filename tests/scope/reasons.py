"""Attributes of the kernel that are no row, and why: section (or several) → attribute → words; see :mod:`tests.scope.coverage`.

A section is a kind of link, ``links`` (what every link has), ``inet6``, or a model: address, route, rule …
A test compares: an attribute that is neither a row nor here fails by name, and so does a word about one that is a row.
"""

from __future__ import annotations

from collections.abc import Mapping

Table = Mapping[str, Mapping[str, str]]

_FLOWER_MASKS = dict.fromkeys(
    (
        f"TCA_FLOWER_KEY_{name}_MASK"
        for name in (
            "ETH_DST", "ETH_SRC", "IPV4_SRC", "IPV4_DST", "IPV6_SRC", "IPV6_DST", "TCP_SRC", "TCP_DST", "UDP_SRC", "UDP_DST",
            "SCTP_SRC", "SCTP_DST", "ICMPV4_CODE", "ICMPV4_TYPE", "ICMPV6_CODE", "ICMPV6_TYPE", "IP_TOS", "IP_TTL",
        )
    ),
    "by the field's own value: the whole of it, or a prefix",
)  # fmt: skip
_RATE_TABLE = "a rate table: not wanted where the rate says its link layer, as it does here"
_TUNNELLED = "the header of a tunnel that has been taken off: for links in metadata mode, which test networks do without"
_TRACKED = "what connection tracking says, which takes its action `ct`"
_RARE = "a protocol that few test networks have: u32 finds its fields"
_OFFLOAD = "hardware offload"


def _flower(reason: str, *names: str, mask: bool = True) -> dict[str, str]:
    return {f"TCA_FLOWER_KEY_{name}{end}": reason for name in names for end in (("", "_MASK") if mask else ("",))}


# Configured, or used, in another way than by a row of that section.
ELSEWHERE: Table = {
    "batadv": {
        "BATADV_ATTR_MESH_IFINDEX": "the link itself",
        "BATADV_ATTR_MESH_IFNAME": "the link itself",
        "BATADV_ATTR_HARD_IFINDEX": "links with the mesh for `controller`",
        "BATADV_ATTR_HARD_IFNAME": "links with the mesh for `controller`",
    },
    "links": {
        "IFLA_IFNAME": "the link's key in `links:`",
        "IFLA_LINKINFO": "`kind`, and the kind's own attributes",
        "IFLA_AF_SPEC": "IPv4: sysctls of the link; IPv6: below",
        "IFLA_NET_NS_FD": "the namespace under which the link is written",
        "IFLA_LINK_NETNSID": "`namespace/link` in a reference",
        "IFLA_PROP_LIST": "`altnames`",
        "IFLA_ALT_IFNAME": "`altnames`",
        "IFLA_PARENT_DEV_NAME": "`match: {path: …}` of a physical link",
        "IFLA_PARENT_DEV_BUS_NAME": "`match: {path: …}` of a physical link",
        "IFLA_NETNS_IMMUTABLE": "known for each kind: such a link is made where it belongs and never moved",
    },
    "inet6": {"IFLA_INET6_CONF": "sysctls of the link, `ipv6.…`"},
    "macvlan macvtap": {"IFLA_MACVLAN_MACADDR_MODE": "how to read MACADDR_DATA: goes along with `macaddrs`, never dumped"},
    "tun tap": {"IFLA_TUN_TYPE": "tells kind tun from kind tap"},
    "veth": {"VETH_INFO_PEER": "`peer`, and what is written for the other end"},
    "vxcan": {"VXCAN_INFO_PEER": "`peer`, and what is written for the other end"},
    "netkit": {"IFLA_NETKIT_PEER_INFO": "`peer`, and what is written for the other end"},
    "tfilter.flower": {
        **_FLOWER_MASKS,
        "TCA_FLOWER_CLASSID": "`flowid`",
        "TCA_FLOWER_ACT": "`police`, `mirror`, `redirect`, `action`",
        "TCA_FLOWER_KEY_ETH_TYPE": "`protocol`",
        "TCA_FLOWER_KEY_VLAN_ETH_TYPE": "taken off the packet before it is compared",
        **dict.fromkeys(
            (f"TCA_FLOWER_KEY_{proto}_{end}" for proto in ("UDP", "SCTP") for end in ("SRC", "DST")),
            "`src_port`, `dst_port` by `ip_proto`",
        ),
    },
    "tfilter.u32": {
        "TCA_U32_CLASSID": "`flowid`",
        "TCA_U32_ACT": "`police`, `mirror`, `redirect`, `action`",
    },
    "tfilter": {"TCA_POLICE_RATE64": "a `police` that does not fit TCA_POLICE_TBF"},
    "tclass": {
        "TCA_HTB_INIT": "the qdisc's",
        "TCA_HTB_DIRECT_QLEN": "the qdisc's",
        "TCA_HTB_RATE64": "a `rate` that does not fit TCA_HTB_PARMS",
        "TCA_HTB_CEIL64": "a `ceil` that does not fit TCA_HTB_PARMS",
    },
    "qdisc.htb": dict.fromkeys(("TCA_HTB_PARMS", "TCA_HTB_RATE64", "TCA_HTB_CEIL64"), "of its classes"),
    "qdisc.netem": {
        "TCA_NETEM_LOSS": "`loss_state`, `loss_gemodel`",
        "TCA_NETEM_RATE64": "a `rate` that does not fit TCA_NETEM_RATE",
    },
    "qdisc.tbf": {
        "TCA_TBF_RATE64": "a `rate` that does not fit TCA_TBF_PARMS",
        "TCA_TBF_PRATE64": "a `peakrate` that does not fit TCA_TBF_PARMS",
    },
    "hsr": {"IFLA_HSR_SUPERVISION_ADDR": "its last byte is `multicast_spec`, the rest is fixed"},
    "route": {
        "RTA_METRICS": "the nest of the attributes RTAX_…",
        "RTA_VIA": "`via` of the other family, and of MPLS routes",
        "RTA_ENCAP_TYPE": "the type in `encap`",
    },
    "nexthop": {
        "NHA_ENCAP_TYPE": "the type in `encap`",
        "NHA_RES_GROUP": "the nest of the attributes of a resilient group",
        "NHA_OP_FLAGS": "read: whether a weight has a high byte",
    },
}

_ONLY6 = "IPv6 tunnels have it; the enumeration is shared"
_ONLY4 = "IPv4 tunnels have it; the enumeration is shared"
_ERSPAN = "erspan's; the enumeration is shared"
_SIT = "sit's; the enumeration is shared"
_UNREAD6 = dict.fromkeys(("IFLA_GRE_ENCAP_LIMIT", "IFLA_GRE_FLOWINFO", "IFLA_GRE_FLAGS"), _ONLY6)
_UNREAD4 = dict.fromkeys(("IFLA_GRE_PMTUDISC", "IFLA_GRE_IGNORE_DF", "IFLA_GRE_TOS"), _ONLY4)
_ERSPANS = dict.fromkeys((f"IFLA_GRE_ERSPAN_{name}" for name in ("INDEX", "VER", "DIR", "HWID")), _ERSPAN)
_SIXRD = dict.fromkeys((f"IFLA_IPTUN_6RD_{name}" for name in ("PREFIX", "RELAY_PREFIX", "PREFIXLEN", "RELAY_PREFIXLEN")), _SIT)

_MESH = (
    "VERSION", "ALGO_NAME", "MESH_ADDRESS", "HARD_ADDRESS", "ORIG_ADDRESS", "TPMETER_RESULT", "TPMETER_TEST_TIME", "TPMETER_BYTES",
    "TPMETER_COOKIE", "ACTIVE", "TT_ADDRESS", "TT_TTVN", "TT_LAST_TTVN", "TT_CRC32", "TT_VID", "TT_FLAGS", "FLAG_BEST",
    "LAST_SEEN_MSECS", "NEIGH_ADDRESS", "TQ", "THROUGHPUT", "BANDWIDTH_UP", "BANDWIDTH_DOWN", "ROUTER", "BLA_OWN", "BLA_ADDRESS",
    "BLA_VID", "BLA_BACKBONE", "BLA_CRC", "DAT_CACHE_IP4ADDRESS", "DAT_CACHE_HWADDRESS", "DAT_CACHE_VID", "MCAST_FLAGS",
    "MCAST_FLAGS_PRIV",
)  # fmt: skip

# Out of scope.
OUT: Table = {
    "qdisc.htb": {"TCA_HTB_CTAB": _RATE_TABLE, "TCA_HTB_RTAB": _RATE_TABLE, "TCA_HTB_OFFLOAD": _OFFLOAD},
    "tclass": {"TCA_HTB_CTAB": _RATE_TABLE, "TCA_HTB_RTAB": _RATE_TABLE, "TCA_HTB_OFFLOAD": _OFFLOAD},
    "qdisc.tbf": {"TCA_TBF_RTAB": _RATE_TABLE, "TCA_TBF_PTAB": _RATE_TABLE},
    "qdisc.cake": {"TCA_CAKE_RAW": "the lower layers' headers as they are: `framing: noatm` and `overhead: 0` in one"},
    "qdisc.fq": {
        "TCA_FQ_FLOW_DEFAULT_RATE": "the kernel takes it and does nothing (fq_change)",
        "TCA_FQ_PRIOMAP": "which priorities share fq's three bands (Linux 6.7): prio says that more plainly",
        "TCA_FQ_WEIGHTS": "the weights of fq's three bands (Linux 6.7)",
        "TCA_FQ_OFFLOAD_HORIZON": _OFFLOAD,
    },
    "qdisc.netem": {"TCA_NETEM_SLOT_DIST": "a table for the times between slots, which the kernel does not tell"},
    "tfilter": {
        "TCA_POLICE_RATE": "sent along: a table that nothing looks into any more",
        "TCA_POLICE_PEAKRATE": "a second bucket; with TCA_POLICE_PEAKRATE64",
        "TCA_POLICE_PEAKRATE64": "the rate of a second bucket",
        "TCA_POLICE_AVRATE": "by the kernel's rate estimator, which the filter does not have",
        "TCA_POLICE_TM": "shown only: when it was used",
        "TCA_POLICE_PKTRATE64": "packets a second instead of bytes (Linux 5.13)",
        "TCA_POLICE_PKTBURST64": "packets a second instead of bytes (Linux 5.13)",
    },
    "tfilter.u32": {
        "TCA_U32_HASH": "hash tables: for thousands of filters",
        "TCA_U32_LINK": "hash tables: for thousands of filters",
        "TCA_U32_DIVISOR": "hash tables: for thousands of filters",
        "TCA_U32_POLICE": "before actions: `police` instead",
        "TCA_U32_INDEV": "the filter stands at its link",
        "TCA_U32_PCNT": "shown only: a counter",
        "TCA_U32_MARK": "the firewall's mark: nftables acts on it itself",
        "TCA_U32_FLAGS": _OFFLOAD,
    },
    "tfilter.flower": {
        "TCA_FLOWER_INDEV": "the filter stands at its link",
        "TCA_FLOWER_FLAGS": _OFFLOAD,
        "TCA_FLOWER_IN_HW_COUNT": _OFFLOAD,
        **_flower(_TUNNELLED, "ENC_IPV4_SRC", "ENC_IPV4_DST", "ENC_IPV6_SRC", "ENC_IPV6_DST", "ENC_UDP_SRC_PORT"),
        **_flower(_TUNNELLED, "ENC_UDP_DST_PORT", "ENC_IP_TOS", "ENC_IP_TTL", "ENC_OPTS", "ENC_FLAGS"),
        **_flower(_TUNNELLED, "ENC_KEY_ID", mask=False),
        **_flower(_TRACKED, "CT_STATE", "CT_ZONE", "CT_MARK", "CT_LABELS"),
        **_flower("fragments: u32 finds them", "FLAGS"),
        **_flower("the flags of TCP: u32 finds them", "TCP_FLAGS"),
        **_flower("ARP: u32 finds its fields", "ARP_SIP", "ARP_TIP", "ARP_OP", "ARP_SHA", "ARP_THA"),
        **_flower(_RARE, "MPLS_TTL", "MPLS_BOS", "MPLS_TC", "MPLS_LABEL", "MPLS_OPTS", "PPPOE_SID", "PPP_PROTO", mask=False),
        **_flower(_RARE, "L2TPV3_SID", "CFM", mask=False),
        **_flower(_RARE, "SPI"),
        **_flower("a second VLAN tag", "CVLAN_ID", "CVLAN_PRIO", "CVLAN_ETH_TYPE", "NUM_OF_VLANS", mask=False),
        **_flower(
            "a range of ports: several filters do", *(f"PORT_{e}_{m}" for e in ("SRC", "DST") for m in ("MIN", "MAX")), mask=False
        ),
        **_flower("the hash of another filter's action", "HASH"),
        "TCA_FLOWER_L2_MISS": "what a bridge's FDB did not know: for offload",
    },
    "batadv": {
        **dict.fromkeys((f"BATADV_ATTR_{name}" for name in _MESH), "what the mesh found out: runtime"),
        "BATADV_ATTR_LOG_LEVEL": "for those who work on batman-adv (CONFIG_BATMAN_ADV_DEBUG)",
    },
    "gre gretap": _UNREAD6 | _ERSPANS,
    "erspan": _UNREAD6,
    "ip6gre ip6gretap": _UNREAD4 | _ERSPANS,
    "ip6erspan": _UNREAD4,
    "ipip": {"IFLA_IPTUN_ENCAP_LIMIT": _ONLY6, "IFLA_IPTUN_FLOWINFO": _ONLY6, "IFLA_IPTUN_FLAGS": _ONLY6} | _SIXRD,
    "sit": {
        "IFLA_IPTUN_ENCAP_LIMIT": _ONLY6,
        "IFLA_IPTUN_FLOWINFO": _ONLY6,
        "IFLA_IPTUN_COLLECT_METADATA": "ipip's and ip6tnl's; the enumeration is shared",
    },
    "ip6tnl": {"IFLA_IPTUN_PMTUDISC": _ONLY4, "IFLA_IPTUN_TOS": _ONLY4} | _SIXRD,
    "geneve": dict.fromkeys(
        ("IFLA_GENEVE_GRO_HINT", "IFLA_GENEVE_LOCAL", "IFLA_GENEVE_LOCAL6"), "newer than any kernel it could be tried on"
    ),
    "gtp": dict.fromkeys(("IFLA_GTP_FD0", "IFLA_GTP_FD1"), "a socket of the caller's: no configuration can hand one over"),
    "links": {
        "IFLA_QDISC": "name of the root qdisc: reported",
        "IFLA_STATS": "counters: reported only",
        "IFLA_STATS64": "counters: reported only",
        "IFLA_COST": "nothing in the kernel reads or sends it",
        "IFLA_PRIORITY": "nothing in the kernel reads or sends it",
        "IFLA_WEIGHT": "nothing in the kernel reads or sends it",
        "IFLA_WIRELESS": "an event of Wireless Extensions",
        "IFLA_PROTINFO": "a bridge port's, in messages of AF_BRIDGE: the same as IFLA_INFO_SLAVE_DATA once more",
        "IFLA_MAP": "I/O ports and interrupts of ISA cards: EOPNOTSUPP without ndo_set_config",
        "IFLA_OPERSTATE": "operational state (RFC 2863): runtime",
        "IFLA_NET_NS_PID": "a namespace by process: descriptors are used, a process number may be somebody else's by then",
        "IFLA_NUM_VF": "SR-IOV hardware",
        "IFLA_VFINFO_LIST": "SR-IOV hardware",
        "IFLA_VF_PORTS": "SR-IOV hardware (802.1Qbg)",
        "IFLA_PORT_SELF": "SR-IOV hardware (802.1Qbg)",
        "IFLA_EXT_MASK": "what a dump shall contain: no state",
        "IFLA_PROMISCUITY": "how many ask for it, programs included: a count; `promisc` is the configuration's own",
        "IFLA_ALLMULTI": "how many ask for it, programs included: a count; `allmulticast` is the configuration's own",
        "IFLA_CARRIER": "state of the wire; only drivers without one (dummy, team) let it be set",
        "IFLA_CARRIER_CHANGES": "counter",
        "IFLA_CARRIER_UP_COUNT": "counter",
        "IFLA_CARRIER_DOWN_COUNT": "counter",
        "IFLA_PHYS_PORT_ID": "hardware: reported",
        "IFLA_PHYS_SWITCH_ID": "hardware: reported",
        "IFLA_PHYS_PORT_NAME": "hardware: reported",
        "IFLA_PERM_ADDRESS": "hardware: reported",
        "IFLA_DEVLINK_PORT": "hardware: reported",
        "IFLA_DPLL_PIN": "hardware: reported",
        "IFLA_MAX_PACING_OFFLOAD_HORIZON": "hardware: reported",
        "IFLA_XDP": "a program that bpf(2) has loaded, by descriptor: nothing that a file could describe or export could write",
        "IFLA_EVENT": "part of an event: no state",
        "IFLA_NEW_NETNSID": "part of an event: where the link went",
        "IFLA_NEW_IFINDEX": "part of a move: the planner picks indexes at birth",
        "IFLA_IF_NETNSID": "the older name of IFLA_TARGET_NETNSID",
        "IFLA_TARGET_NETNSID": "a request on behalf of another namespace: each namespace has its own socket",
        "IFLA_MIN_MTU": "the driver's limit: reported",
        "IFLA_MAX_MTU": "the driver's limit: reported",
        "IFLA_TSO_MAX_SIZE": "the driver's limit: reported",
        "IFLA_TSO_MAX_SEGS": "the driver's limit: reported",
        "IFLA_PROTO_DOWN_REASON": "bits whose meaning programs agree on among themselves (protodown.d)",
        "IFLA_HEADROOM": "the driver's: reported",
        "IFLA_TAILROOM": "the driver's: reported",
    },
    "inet6": {
        "IFLA_INET6_FLAGS": "runtime (IF_READY, IF_RA_RCVD)",
        "IFLA_INET6_STATS": "counters: reported only",
        "IFLA_INET6_MCAST": "nothing in the kernel sends it",
        "IFLA_INET6_CACHEINFO": "timers: runtime",
        "IFLA_INET6_ICMP6STATS": "counters: reported only",
        "IFLA_INET6_RA_MTU": "learned from router advertisements: runtime",
    },
    "bond": {
        "IFLA_BOND_AD_INFO": "what LACP negotiated: runtime",
        "IFLA_BOND_LACP_STRICT": "newer than any kernel it could be tried on",
    },
    "bridge": {
        "IFLA_BR_HELLO_TIMER": "counts down by itself",
        "IFLA_BR_TCN_TIMER": "counts down by itself",
        "IFLA_BR_TOPOLOGY_CHANGE_TIMER": "counts down by itself",
        "IFLA_BR_GC_TIMER": "counts down by itself",
        "IFLA_BR_FDB_FLUSH": "an action, not a state",
        "IFLA_BR_MCAST_QUERIER_STATE": "which querier was elected: runtime",
    },
    "bond-port": {
        "IFLA_BOND_SLAVE_AD_CHURN_ACTOR_STATE": "what LACP found: runtime",
        "IFLA_BOND_SLAVE_AD_CHURN_PARTNER_STATE": "what LACP found: runtime",
    },
    "bridge-port": {
        "IFLA_BRPORT_LEARNING_SYNC": "of switch drivers (ndo_bridge_setlink): the bridge itself does not read it",
        "IFLA_BRPORT_MESSAGE_AGE_TIMER": "counts down by itself",
        "IFLA_BRPORT_FORWARD_DELAY_TIMER": "counts down by itself",
        "IFLA_BRPORT_HOLD_TIMER": "counts down by itself",
        "IFLA_BRPORT_FLUSH": "an action, not a state",
        "IFLA_BRPORT_NEIGH_FORWARD_GRAT": "newer than any kernel it could be tried on",
    },
    "macvlan macvtap": {
        "IFLA_MACVLAN_MACADDR": "one address for the add and del verbs; the list is set whole",
        "IFLA_MACVLAN_MACADDR_COUNT": "length of MACADDR_DATA",
    },
    "netkit": {
        "IFLA_NETKIT_PAIRING": "a netkit without a peer, for queues leased from hardware; newer than any kernel it was tried on"
    },
    "address": {
        "IFA_ANYCAST": "no kernel takes it; dumps of anycast addresses (RTM_GETANYCAST) have it",
        "IFA_MULTICAST": "no kernel takes it; dumps of group memberships (RTM_GETMULTICAST) have it",
        "IFA_TARGET_NETNSID": "a request on behalf of another namespace: each namespace has its own socket",
    },
    "route": {
        "RTA_PROTOINFO": "marked as not used any more in rtnetlink.h",
        "RTA_SESSION": "marked as not used any more in rtnetlink.h",
        "RTA_MP_ALGO": "marked as not used any more in rtnetlink.h",
        "RTA_CACHEINFO": "timers and use counts: runtime",
        "RTA_MFC_STATS": "counters of a multicast route: those are made by a routing daemon",
        "RTA_IIF": "of a lookup (RTM_GETROUTE), and of multicast routes",
        "RTA_MARK": "of a lookup (RTM_GETROUTE): which mark to ask for",
        "RTA_UID": "of a lookup (RTM_GETROUTE): whose packet",
        "RTA_IP_PROTO": "of a lookup (RTM_GETROUTE): which protocol",
        "RTA_SPORT": "of a lookup (RTM_GETROUTE): which port",
        "RTA_DPORT": "of a lookup (RTM_GETROUTE): which port",
        "RTA_FLOWLABEL": "of a lookup (RTM_GETROUTE): which flow label",
    },
    "neighbor proxy": {
        "NDA_CACHEINFO": "timers: runtime",
        "NDA_PROBES": "count of requests that were not answered: runtime",
        "NDA_VLAN": "of forwarding entries (AF_BRIDGE)",
        "NDA_PORT": "of forwarding entries (AF_BRIDGE)",
        "NDA_VNI": "of forwarding entries (AF_BRIDGE)",
        "NDA_SRC_VNI": "of forwarding entries (AF_BRIDGE)",
        "NDA_IFINDEX": "of forwarding entries (AF_BRIDGE)",
        "NDA_LINK_NETNSID": "of forwarding entries (AF_BRIDGE)",
        "NDA_NH_ID": "of forwarding entries (AF_BRIDGE)",
        "NDA_FDB_EXT_ATTRS": "of forwarding entries (AF_BRIDGE)",
        "NDA_MASTER": "a filter of dumps: no state",
        "NDA_NDM_STATE_MASK": "a filter of bulk deletions: no state",
        "NDA_NDM_FLAGS_MASK": "a filter of bulk deletions: no state",
    },
    "proxy": {
        "NDA_LLADDR": "a proxy answers with the link's own",
        "NDA_FLAGS_EXT": "of entries that are no proxies",
    },
    "mdb": {"MDBE_ATTR_STATE_MASK": "a filter of bulk deletions: no state"},
    "vlan_options": {
        "BRIDGE_VLANDB_GOPTS_RANGE": "`id` here: the last of a range",
        "BRIDGE_VLANDB_GOPTS_MCAST_ROUTER_PORTS": "where routers are: runtime",
        "BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_STATE": "who queries: runtime",
    },
    "vlans": {
        "BRIDGE_VLANDB_ENTRY_INFO": "`id` here: which VLAN an option is for",
        "BRIDGE_VLANDB_ENTRY_RANGE": "`id` here: the last of a range",
        "BRIDGE_VLANDB_ENTRY_TUNNEL_INFO": "`tunnel`, which IFLA_BRIDGE_VLAN_TUNNEL_INFO sets as well",
        "BRIDGE_VLANDB_ENTRY_STATS": "counters: runtime",
        "BRIDGE_VLANDB_ENTRY_MCAST_N_GROUPS": "the number of groups: runtime",
        "IFLA_BRIDGE_FLAGS": "how a request is addressed: the port's bridge, or the link itself",
        "IFLA_BRIDGE_MODE": "bridges inside network cards (VEB, VEPA)",
        "IFLA_BRIDGE_MRP": "set up by a daemon (mrp), as it runs",
        "IFLA_BRIDGE_CFM": "set up by a daemon (cfm), as it runs",
        "IFLA_BRIDGE_MST": "states of spanning trees: a daemon's (mstpd)",
    },
    "nexthop": {
        "NHA_GROUPS": "of a dump: only groups",
        "NHA_MASTER": "of a dump: only those of one controller's ports",
        "NHA_RES_BUCKET": "of RTM_GETNEXTHOPBUCKET: which bucket uses which next hop, runtime",
        "NHA_GROUP_STATS": "counters: reported only",
        "NHA_HW_STATS_ENABLE": "counters of switching hardware",
        "NHA_HW_STATS_USED": "counters of switching hardware: reported only",
        "NHA_RES_GROUP_UNBALANCED_TIME": "for how long a group is out of balance: runtime",
    },
    "fdb": {
        "NDA_CACHEINFO": "timers: runtime",
        "NDA_PROBES": "of neighbours",
        "NDA_MASTER": "in answers: the bridge",
        "NDA_LINK_NETNSID": "in answers: where `via` is",
        "NDA_PROTOCOL": "of neighbours: a forwarding entry keeps no protocol (rtnl_fdb_add)",
        "NDA_FLAGS_EXT": "locked entries: the kernel's own (BR_PORT_MAB)",
        "NDA_NDM_STATE_MASK": "a filter of bulk deletions: no state",
        "NDA_NDM_FLAGS_MASK": "a filter of bulk deletions: no state",
    },
}

# Could be configured and cannot be yet.
MISSING: Table = {
    "mdb": dict.fromkeys(
        ("MDBE_ATTR_DST", "MDBE_ATTR_DST_PORT", "MDBE_ATTR_VNI", "MDBE_ATTR_IFINDEX", "MDBE_ATTR_SRC_VNI"),
        "groups of a vxlan, Linux 6.4 and later: not yet a key",
    ),
    "batadv": {
        "BATADV_ATTR_VLANID": "options of a VLAN on the mesh (BATADV_CMD_SET_VLAN)",
        "BATADV_ATTR_ELP_INTERVAL": "an option of a hard interface (BATADV_CMD_SET_HARDIF)",
        "BATADV_ATTR_THROUGHPUT_OVERRIDE": "an option of a hard interface (BATADV_CMD_SET_HARDIF)",
        "BATADV_ATTR_NETWORK_CODING_ENABLED": "network coding (CONFIG_BATMAN_ADV_NC)",
    },
    "vlans": {"BRIDGE_VLANDB_ENTRY_NEIGH_FORWARD_GRAT": "gratuitous ARP past `neigh_suppress`, Linux 7 and later"},
    "fdb": {"NDA_FDB_EXT_ATTRS": "notifications of activity (NFEA_ACTIVITY_NOTIFY, NFEA_DONT_REFRESH)"},
    "neighbor": {"NDA_FLAGS_EXT": "entries that the kernel keeps alive by itself (NTF_EXT_MANAGED)"},
}  # fmt: skip
