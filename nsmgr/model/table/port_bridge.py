"""Written by nsmgr.model.generate from nsmgr.model.ports.bridge.BridgePort: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Names, Where
from nsmgr.model.convert import BridgeId, ByNumber
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, optional, text, truth, whole, word
from nsmgr.text import ifname

ROUTER = Names({"disabled": 0, "auto": 1, "permanent": 2, "temporary": 3})

STATES = Names({"disabled": 0, "listening": 1, "learning": 2, "forwarding": 3, "blocking": 4})

PAUSE = 0x2


def _fwd_mask(mask: int | None) -> int | None:
    if mask is not None and mask & PAUSE:
        raise ValueError("bit 1 (pause frames) is never forwarded (BR_GROUPFWD_MACPAUSE)")
    return mask


class Port(Plain):
    def problems(self, name: str) -> list[tuple[str, str, str]]:
        return self.shown_only()


class BridgePort(Port):
    KIND = "bridge"
    DATA = "bridge_slave"
    ROWS = {
        "priority": Attr("IFLA_BRPORT_PRIORITY", where=Where.DATA, default=32),
        "cost": Attr("IFLA_BRPORT_COST", where=Where.DATA, default=2),
        "hairpin": Attr("IFLA_BRPORT_MODE", where=Where.DATA, convert=Bool(), default=False),
        "guard": Attr("IFLA_BRPORT_GUARD", where=Where.DATA, convert=Bool(), default=False),
        "root_block": Attr("IFLA_BRPORT_PROTECT", where=Where.DATA, convert=Bool(), default=False),
        "fast_leave": Attr("IFLA_BRPORT_FAST_LEAVE", where=Where.DATA, convert=Bool(), default=False),
        "learning": Attr("IFLA_BRPORT_LEARNING", where=Where.DATA, convert=Bool(), default=True),
        "flood": Attr("IFLA_BRPORT_UNICAST_FLOOD", where=Where.DATA, convert=Bool(), default=True),
        "mcast_flood": Attr("IFLA_BRPORT_MCAST_FLOOD", where=Where.DATA, convert=Bool(), default=True),
        "bcast_flood": Attr("IFLA_BRPORT_BCAST_FLOOD", where=Where.DATA, convert=Bool(), default=True),
        "mcast_to_unicast": Attr("IFLA_BRPORT_MCAST_TO_UCAST", where=Where.DATA, convert=Bool(), default=False),
        "mcast_router": Attr("IFLA_BRPORT_MULTICAST_ROUTER", where=Where.DATA, convert=ROUTER, default="auto"),
        "mcast_max_groups": Attr("IFLA_BRPORT_MCAST_MAX_GROUPS", where=Where.DATA, default=0),
        "mcast_eht_hosts_limit": Attr("IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT", where=Where.DATA, default=512),
        "proxy_arp": Attr("IFLA_BRPORT_PROXYARP", where=Where.DATA, convert=Bool(), default=False),
        "proxy_arp_wifi": Attr("IFLA_BRPORT_PROXYARP_WIFI", where=Where.DATA, convert=Bool(), default=False),
        "neigh_suppress": Attr("IFLA_BRPORT_NEIGH_SUPPRESS", where=Where.DATA, convert=Bool(), default=False),
        "neigh_vlan_suppress": Attr("IFLA_BRPORT_NEIGH_VLAN_SUPPRESS", where=Where.DATA, convert=Bool(), default=False),
        "vlan_tunnel": Attr("IFLA_BRPORT_VLAN_TUNNEL", where=Where.DATA, convert=Bool(), default=False),
        "group_fwd_mask": Attr("IFLA_BRPORT_GROUP_FWD_MASK", where=Where.DATA, default=0),
        "isolated": Attr("IFLA_BRPORT_ISOLATED", where=Where.DATA, convert=Bool(), default=False),
        "locked": Attr("IFLA_BRPORT_LOCKED", where=Where.DATA, convert=Bool(), default=False),
        "mab": Attr("IFLA_BRPORT_MAB", where=Where.DATA, convert=Bool(), default=False),
        "backup_port": Attr("IFLA_BRPORT_BACKUP_PORT", where=Where.DATA, ref=True),
        "backup_nhid": Attr("IFLA_BRPORT_BACKUP_NHID", where=Where.DATA, absent=0, default=0),
        "state": Attr("IFLA_BRPORT_STATE", Change.READ_ONLY, Where.DATA, STATES, export=False),
        "port_no": Attr("IFLA_BRPORT_NO", Change.READ_ONLY, Where.DATA, export=False),
        "port_id": Attr("IFLA_BRPORT_ID", Change.READ_ONLY, Where.DATA, export=False),
        "designated_root": Attr("IFLA_BRPORT_ROOT_ID", Change.READ_ONLY, Where.DATA, BridgeId(), export=False),
        "designated_bridge": Attr("IFLA_BRPORT_BRIDGE_ID", Change.READ_ONLY, Where.DATA, BridgeId(), export=False),
        "designated_port": Attr("IFLA_BRPORT_DESIGNATED_PORT", Change.READ_ONLY, Where.DATA, export=False),
        "designated_cost": Attr("IFLA_BRPORT_DESIGNATED_COST", Change.READ_ONLY, Where.DATA, export=False),
        "topology_change_ack": Attr("IFLA_BRPORT_TOPOLOGY_CHANGE_ACK", Change.READ_ONLY, Where.DATA, Bool(), export=False),
        "config_pending": Attr("IFLA_BRPORT_CONFIG_PENDING", Change.READ_ONLY, Where.DATA, Bool(), export=False),
        "mcast_n_groups": Attr("IFLA_BRPORT_MCAST_N_GROUPS", Change.READ_ONLY, Where.DATA, export=False),
        "mcast_eht_hosts_cnt": Attr("IFLA_BRPORT_MCAST_EHT_HOSTS_CNT", Change.READ_ONLY, Where.DATA, export=False),
        "mrp_ring_open": Attr("IFLA_BRPORT_MRP_RING_OPEN", Change.READ_ONLY, Where.DATA, Bool(), export=False),
        "mrp_in_open": Attr("IFLA_BRPORT_MRP_IN_OPEN", Change.READ_ONLY, Where.DATA, Bool(), export=False),
    }

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = self.shown_only()
        if self.mab and (not self.locked or self.learning is False):
            found.append(("mab", "`mab` needs `locked` and `learning` (EINVAL)", "set `locked: true`"))
        if self.backup_port == name:
            found.append(("backup_port", "a port cannot be its own backup (EINVAL)", "name another port of the bridge"))
        if self.backup_nhid and self.backup_port is None:
            found.append(("backup_nhid", "`backup_nhid` is used together with `backup_port` only", "name the `backup_port`"))
        return found


BridgePort.SHAPE = Shape(
    {
        "priority": optional(whole(0, 63)),
        "cost": optional(whole(1, 65535)),
        "hairpin": optional(truth),
        "guard": optional(truth),
        "root_block": optional(truth),
        "fast_leave": optional(truth),
        "learning": optional(truth),
        "flood": optional(truth),
        "mcast_flood": optional(truth),
        "bcast_flood": optional(truth),
        "mcast_to_unicast": optional(truth),
        "mcast_router": chain(ByNumber(ROUTER), word("disabled", "auto", "permanent", "temporary")),
        "mcast_max_groups": optional(whole(0, 4294967295)),
        "mcast_eht_hosts_limit": optional(whole(1, 4294967295)),
        "proxy_arp": optional(truth),
        "proxy_arp_wifi": optional(truth),
        "neigh_suppress": optional(truth),
        "neigh_vlan_suppress": optional(truth),
        "vlan_tunnel": optional(truth),
        "group_fwd_mask": chain(whole(0, 65535), _fwd_mask),
        "isolated": optional(truth),
        "locked": optional(truth),
        "mab": optional(truth),
        "backup_port": optional(chain(text(1, 15), ifname)),
        "backup_nhid": optional(whole(0, 2147483647)),
        "state": optional(word("disabled", "listening", "learning", "forwarding", "blocking")),
        "port_no": optional(whole()),
        "port_id": optional(whole()),
        "designated_root": optional(text()),
        "designated_bridge": optional(text()),
        "designated_port": optional(whole()),
        "designated_cost": optional(whole()),
        "topology_change_ack": optional(truth),
        "config_pending": optional(truth),
        "mcast_n_groups": optional(whole()),
        "mcast_eht_hosts_cnt": optional(whole()),
        "mrp_ring_open": optional(truth),
        "mrp_in_open": optional(truth),
    },
    {
        "priority": None,
        "cost": None,
        "hairpin": None,
        "guard": None,
        "root_block": None,
        "fast_leave": None,
        "learning": None,
        "flood": None,
        "mcast_flood": None,
        "bcast_flood": None,
        "mcast_to_unicast": None,
        "mcast_router": None,
        "mcast_max_groups": None,
        "mcast_eht_hosts_limit": None,
        "proxy_arp": None,
        "proxy_arp_wifi": None,
        "neigh_suppress": None,
        "neigh_vlan_suppress": None,
        "vlan_tunnel": None,
        "group_fwd_mask": None,
        "isolated": None,
        "locked": None,
        "mab": None,
        "backup_port": None,
        "backup_nhid": None,
        "state": None,
        "port_no": None,
        "port_id": None,
        "designated_root": None,
        "designated_bridge": None,
        "designated_port": None,
        "designated_cost": None,
        "topology_change_ack": None,
        "config_pending": None,
        "mcast_n_groups": None,
        "mcast_eht_hosts_cnt": None,
        "mrp_ring_open": None,
        "mrp_in_open": None,
    },
    (),
    make=BridgePort,
)
ENTRY = BridgePort
