"""Link attributes in the words of ip-link(8). What ip cannot say is told apart, not dropped."""

from __future__ import annotations

from nsmgr.model.base import Attr, Scale, Value, Where
from nsmgr.model.kind import kind as kind_facts
from nsmgr.model.links.base import Link
from nsmgr.model.ports.base import Port
from nsmgr.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Words(Record, frozen=True):
    """How ip spells a kind's attributes, where it differs from the configuration's own names.

    rename: name → word. switches: spelled ``word`` / ``noword``, without a value. bare: ``word`` when true, nothing when false.
    onoff: ``word on|off``. keys: the value ``none`` is spelled ``noword``. numbers: the kernel's number for a name.
    unsaid: ip 6.1 has no word.
    """

    rename: Mapping[str, str] = field(default_factory=dict)
    switches: frozenset[str] = frozenset()
    bare: frozenset[str] = frozenset()
    onoff: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    unsaid: frozenset[str] = frozenset()


_VXLAN = Words(
    rename={
        "port": "dstport", "parent": "dev", "label": "flowlabel", "limit": "maxaddress", "udp_csum": "udpcsum",
        "remcsum_tx": "remcsumtx", "remcsum_rx": "remcsumrx",
    },
    switches=frozenset((
        "learning", "proxy", "rsc", "l2miss", "l3miss", "udp_csum", "udp6zerocsumtx", "udp6zerocsumrx", "remcsum_tx", "remcsum_rx",
        "external", "vnifilter",
    )),
    bare=frozenset(("gbp", "gpe")),
    unsaid=frozenset(("label_policy", "remcsum_nopartial", "localbypass", "mc_route", "reserved_bits")),
)  # fmt: skip
_MACVLAN = Words(
    rename={"bc_queue_len": "bcqueuelen"}, unsaid=frozenset(("bc_cutoff", "macaddrs", "nopromisc", "nodst", "macaddr_mode"))
)
_ENCAP = {name: name.replace("_", "-") for name in ("encap_sport", "encap_dport", "encap_csum", "encap_csum6", "encap_remcsum")}
_TUNNEL = Words(
    rename={
        **_ENCAP, "parent": "dev", "ignore_df": "ignore-df", "erspan_index": "erspan", "dscp_inherit": "dscp inherit",
        "allow_localremote": "allow-localremote",
    },
    switches=frozenset((
        "icsum", "ocsum", "iseq", "oseq", "pmtudisc", "ignore_df", "encap_csum", "encap_csum6", "encap_remcsum",
        "allow_localremote",
    )),
    bare=frozenset(("external", "isatap", "dscp_inherit")),
    keys=frozenset(("ikey", "okey")),
    unsaid=frozenset(("mip6", "prefix_6rd", "prefixlen_6rd", "relay_prefix_6rd", "relay_prefixlen_6rd")),
)  # fmt: skip


def _of(kind: str, words: Words) -> Words:
    """What of a family's words is about this kind."""
    rows = kind_facts(kind).rows().keys()
    parts = {name: frozenset(getattr(words, name) & rows) for name in ("switches", "bare", "keys", "unsaid")}
    return Words(rename={name: word for name, word in words.rename.items() if name in rows}, **parts)


_GRES = ("gre", "gretap", "erspan", "ip6gre", "ip6gretap", "ip6erspan")
_VTI = Words(rename={"parent": "dev"})
KINDS: Mapping[str, Words] = {
    **{kind: _of(kind, _TUNNEL) for kind in (*_GRES, "ipip", "sit", "ip6tnl")},
    "vti": _VTI,
    "vti6": _VTI,
    "xfrm": Words(rename={"parent": "dev"}, bare=frozenset(("external",))),
    "geneve": Words(
        rename={"port": "dstport", "label": "flowlabel", "udp_csum": "udpcsum", "inner_proto_inherit": "innerprotoinherit"},
        switches=frozenset(("udp_csum", "udp6zerocsumtx", "udp6zerocsumrx", "external")),
        bare=frozenset(("inner_proto_inherit",)),
        unsaid=frozenset(("port_range",)),
    ),
    "bareudp": Words(rename={"port": "dstport", "srcport_min": "srcportmin"}, switches=frozenset(("multiproto",))),
    "gtp": Words(rename={"pdp_hashsize": "hsize"}, unsaid=frozenset(("local", "create_sockets"))),
    "bridge": Words(
        rename={"stp": "stp_state"},
        unsaid=frozenset(("stp_mode", "fdb_max_learned", "mst_enabled", "fdb_local_vlan_0", "mdb_offload_fail_notification")),
    ),
    "vxlan": _VXLAN,
    "macvlan": _MACVLAN,
    "macvtap": _MACVLAN,
    "hsr": Words(rename={"multicast_spec": "supervision", "protocol": "proto"}, numbers=frozenset(("protocol",))),
    "macsec": Words(
        onoff=frozenset(("encrypt", "protect", "send_sci", "end_station", "scb", "replay")), rename={"validation": "validate"}
    ),
    "netkit": Words(unsaid=frozenset(("policy", "peer_policy", "scrub", "peer_scrub", "mode", "headroom", "tailroom"))),
    "batadv": Words(rename={"algo": "ra"}),
    "vlan": Words(
        onoff=frozenset(("reorder_hdr", "gvrp", "mvrp", "loose_binding", "bridge_binding")),
        rename={"ingress_qos": "ingress-qos-map", "egress_qos": "egress-qos-map"},
    ),
}
PORTS: Mapping[str, Words] = {
    "bridge": Words(
        rename={"fast_leave": "mcast_fast_leave"},
        onoff=frozenset((
            "guard", "hairpin", "fast_leave", "root_block", "learning", "flood", "proxy_arp", "proxy_arp_wifi", "mcast_flood",
            "bcast_flood", "mcast_to_unicast", "neigh_suppress", "vlan_tunnel", "isolated", "locked",
        )),
        unsaid=frozenset(("mab", "neigh_vlan_suppress", "backup_nhid", "mcast_max_groups", "mcast_eht_hosts_limit")),
    ),
    "bond": Words(unsaid=frozenset(("actor_port_prio",))),
}  # fmt: skip

_TOP = {
    "mtu": "mtu", "mac": "address", "broadcast": "broadcast", "txqlen": "txqueuelen", "group": "group", "tx_queues": "numtxqueues",
    "rx_queues": "numrxqueues", "gso_max_size": "gso_max_size", "gso_max_segs": "gso_max_segs", "gro_max_size": "gro_max_size",
    "alias": "alias", "linkmode": "mode", "addrgenmode": "addrgenmode",
}  # fmt: skip
_TOP_ONOFF = frozenset(("arp", "multicast", "allmulticast", "promisc", "protodown"))
_ONLY_AT_BIRTH = frozenset(("tx_queues", "rx_queues"))


class Spelled(Record):
    """``birth``: words for ``link add`` before ``type``; ``data``: after it; ``later``: for ``link set``; ``unsaid``: names."""

    birth: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    unsaid: list[str] = field(default_factory=list)
    parent: str = ""


def spell(model: type[Link | Port], attrs: Mapping[str, Value], name_of: Mapping[int, str]) -> Spelled:
    """The attributes of a step. ``name_of``: ifindex → name for references; ``if7`` (which ip takes too) where unknown."""
    spelled = Spelled()
    rows = model.rows()
    words = (PORTS if issubclass(model, Port) else KINDS).get(model.KIND, Words())
    for name, value in attrs.items():
        row = rows.get(name)
        if row is None or not sayable(value):
            spelled.unsaid.append(name)
        elif name == "state":
            spelled.later.append(str(value))
        elif name == "controller":
            spelled.later += ["master", _reference(value, name_of)] if value else ["nomaster"]
        elif row.nla == "IFLA_LINK":
            spelled.parent = _reference(value, name_of)
        elif row.where is Where.DATA or (row.where is Where.NONE and row.nla):
            found = list(_data(name, value, row, words, name_of))
            spelled.data += found
            if not found and name not in words.bare:
                spelled.unsaid.append(name)
        elif name in _TOP_ONOFF:
            spelled.later += [name, "on" if value else "off"]
        elif name in _TOP:
            early = row.where is Where.LINK and not row.late and name != "linkmode"
            (spelled.birth if early or name in _ONLY_AT_BIRTH else spelled.later).extend((_TOP[name], _text(value)))
        else:
            spelled.unsaid.append(name)
    return spelled


def _data(name: str, value: Value, row: Attr, words: Words, name_of: Mapping[int, str]) -> Iterator[str]:
    word = words.rename.get(name, name)
    if name in words.unsaid or value is None:
        return
    if row.ref:
        yield from (word, _reference(value, name_of))
    elif name in words.switches:
        yield word if value else f"no{word}"
    elif name in words.keys and value == "none":
        yield f"no{word}"
    elif name in words.bare:
        if value:
            yield word
    elif name in words.onoff:
        yield from (word, "on" if value else "off")
    elif name in words.numbers and row.convert is not None:
        yield from (word, str(row.convert.to_wire(value)))
    elif isinstance(value, bool):
        yield from (word, str(int(value)))
    elif isinstance(value, tuple):
        yield word
        yield from (":".join(map(str, part)) if isinstance(part, tuple) else _text(part) for part in value)
    elif isinstance(row.convert, Scale) or (word == "mcast_router" and row.convert is not None):
        yield from (word, str(row.convert.to_wire(value)))  # ip passes timers and this switch on as the kernel's number
    else:
        yield from (word, _text(value))


def _reference(value: Value, name_of: Mapping[int, str]) -> str:
    return name_of.get(value, f"if{value}") if isinstance(value, int) else str(value)


def _text(value: Value) -> str:
    """One word of a batch file: in quotes when ip's makeargs() would split it."""
    text = str(value)
    if text and not any(c in " \t'\"" for c in text):
        return text
    return f"'{text}'" if '"' in text else f'"{text}"'


def sayable(value: Value) -> bool:
    """Whether a batch line can hold the text: makeargs() has no escapes, and getcmdline() cuts at a # even within quotes."""
    text = str(value)
    return not any(c in text for c in "#\n\r\\") and not ('"' in text and "'" in text)
