"""Written by nsmgr.model.generate from nsmgr.model.links.bond.Bond: edit that, then `make tables`."""

from __future__ import annotations

from collections.abc import Mapping

from nsmgr.model.attr import Attr, Bool, Change, Names, Scale, Where
from nsmgr.model.convert import ByNumber, Listed, Whole
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, items, optional, text, truth, whole, word
from nsmgr.model.table.links import Link
from nsmgr.text import duration, ifname, ip, mac

MODES = Names(
    {
        "balance-rr": 0,
        "active-backup": 1,
        "balance-xor": 2,
        "broadcast": 3,
        "802.3ad": 4,
        "balance-tlb": 5,
        "balance-alb": 6,
    }
)

MILLISECONDS = Scale(1000)

ARP_VALIDATE = Names({"none": 0, "active": 1, "backup": 2, "all": 3, "filter": 4, "filter_active": 5, "filter_backup": 6})

ARP_ALL_TARGETS = Names({"any": 0, "all": 1})

PRIMARY_RESELECT = Names({"always": 0, "better": 1, "failure": 2})

FAIL_OVER_MAC = Names({"none": 0, "active": 1, "follow": 2})

XMIT_HASH = Names({"layer2": 0, "layer3+4": 1, "layer2+3": 2, "encap2+3": 3, "encap3+4": 4, "vlan+srcmac": 5})

LACP_RATE = Names({"slow": 0, "fast": 1})

AD_SELECT = Names({"stable": 0, "bandwidth": 1, "count": 2, "actor_port_prio": 3})

_ACTIVE = frozenset({"active-backup", "balance-tlb", "balance-alb"})

_NOT_ARP = frozenset({"802.3ad", "balance-tlb", "balance-alb"})

_ARP = frozenset(MODES.numbers) - _NOT_ARP

_LACP = frozenset({"802.3ad"})

_MODES_OF: Mapping[str, frozenset[str]] = {
    "primary": _ACTIVE,
    "packets_per_slave": frozenset({"balance-rr"}),
    "tlb_dynamic_lb": frozenset({"balance-tlb", "balance-alb"}),
    "arp_interval": _ARP,
    "arp_validate": _ARP,
    "arp_missed_max": _ARP,
    "lacp_rate": _LACP,
    "lacp_active": _LACP,
    "ad_actor_sys_prio": _LACP,
    "ad_actor_system": _LACP,
    "ad_user_port_key": _LACP,
    "coupled_control": _LACP,
    "broadcast_neighbor": _LACP,
}


class Bond(Plain):
    KIND = "bond"
    IMMUTABLE_NETNS = True
    PORT_DOWN = True
    CONTROLLER = True
    WITHOUT_PORTS = frozenset(["fail_over_mac", "mode"])
    NAMES_PORTS = frozenset(["active_slave", "primary"])
    DEFAULTS = {"tx_queues": 16, "rx_queues": 16}
    MTU_RANGE = (68, 65535)
    ROWS = {
        **Link.ROWS,
        "tx_queues": Attr("IFLA_NUM_TX_QUEUES", Change.REPLACE, default=16),
        "rx_queues": Attr("IFLA_NUM_RX_QUEUES", Change.REPLACE, untold=True, default=16),
        "mode": Attr("IFLA_BOND_MODE", Change.WHEN_DOWN, Where.DATA, MODES, default="balance-rr"),
        "miimon": Attr("IFLA_BOND_MIIMON", where=Where.DATA, convert=MILLISECONDS, default=0, unit="ms"),
        "updelay": Attr("IFLA_BOND_UPDELAY", where=Where.DATA, convert=MILLISECONDS, default=0, unit="ms"),
        "downdelay": Attr("IFLA_BOND_DOWNDELAY", where=Where.DATA, convert=MILLISECONDS, default=0, unit="ms"),
        "peer_notify_delay": Attr("IFLA_BOND_PEER_NOTIF_DELAY", where=Where.DATA, convert=MILLISECONDS, default=0, unit="ms"),
        "use_carrier": Attr("IFLA_BOND_USE_CARRIER", where=Where.DATA, convert=Bool(), default=True),
        "arp_interval": Attr("IFLA_BOND_ARP_INTERVAL", where=Where.DATA, convert=MILLISECONDS, default=0, unit="ms"),
        "arp_ip_target": Attr("IFLA_BOND_ARP_IP_TARGET", where=Where.DATA, convert=Listed(), absent=(), default=()),
        "ns_ip6_target": Attr("IFLA_BOND_NS_IP6_TARGET", where=Where.DATA, convert=Listed(), absent=(), default=()),
        "arp_validate": Attr("IFLA_BOND_ARP_VALIDATE", where=Where.DATA, convert=ARP_VALIDATE, default="none"),
        "arp_all_targets": Attr("IFLA_BOND_ARP_ALL_TARGETS", where=Where.DATA, convert=ARP_ALL_TARGETS, default="any"),
        "arp_missed_max": Attr("IFLA_BOND_MISSED_MAX", where=Where.DATA, default=2),
        "primary": Attr("IFLA_BOND_PRIMARY", where=Where.DATA, ref=True),
        "primary_reselect": Attr("IFLA_BOND_PRIMARY_RESELECT", where=Where.DATA, convert=PRIMARY_RESELECT, default="always"),
        "fail_over_mac": Attr("IFLA_BOND_FAIL_OVER_MAC", where=Where.DATA, convert=FAIL_OVER_MAC, default="none"),
        "xmit_hash_policy": Attr("IFLA_BOND_XMIT_HASH_POLICY", where=Where.DATA, convert=XMIT_HASH, default="layer2"),
        "resend_igmp": Attr("IFLA_BOND_RESEND_IGMP", where=Where.DATA, default=1),
        "num_peer_notif": Attr("IFLA_BOND_NUM_PEER_NOTIF", where=Where.DATA, default=1),
        "all_slaves_active": Attr("IFLA_BOND_ALL_SLAVES_ACTIVE", where=Where.DATA, convert=Bool(), default=False),
        "min_links": Attr("IFLA_BOND_MIN_LINKS", where=Where.DATA, default=0),
        "lp_interval": Attr("IFLA_BOND_LP_INTERVAL", where=Where.DATA, convert=Scale(1), default=1000, unit="ms"),
        "packets_per_slave": Attr("IFLA_BOND_PACKETS_PER_SLAVE", where=Where.DATA, default=1),
        "tlb_dynamic_lb": Attr("IFLA_BOND_TLB_DYNAMIC_LB", Change.WHEN_DOWN, Where.DATA, Bool(), default=True),
        "lacp_rate": Attr("IFLA_BOND_AD_LACP_RATE", Change.WHEN_DOWN, Where.DATA, LACP_RATE, default="slow"),
        "lacp_active": Attr("IFLA_BOND_AD_LACP_ACTIVE", Change.WHEN_DOWN, Where.DATA, Bool(), default=True),
        "ad_select": Attr("IFLA_BOND_AD_SELECT", Change.WHEN_DOWN, Where.DATA, AD_SELECT, default="stable"),
        "ad_actor_sys_prio": Attr("IFLA_BOND_AD_ACTOR_SYS_PRIO", where=Where.DATA, default=65535),
        "ad_user_port_key": Attr("IFLA_BOND_AD_USER_PORT_KEY", Change.WHEN_DOWN, Where.DATA, default=0),
        "ad_actor_system": Attr("IFLA_BOND_AD_ACTOR_SYSTEM", where=Where.DATA, default="00:00:00:00:00:00"),
        "coupled_control": Attr("IFLA_BOND_COUPLED_CONTROL", Change.WHEN_DOWN, Where.DATA, Bool(), default=True),
        "broadcast_neighbor": Attr("IFLA_BOND_BROADCAST_NEIGH", where=Where.DATA, convert=Bool(), default=False),
        "active_slave": Attr("IFLA_BOND_ACTIVE_SLAVE", Change.READ_ONLY, Where.DATA, ref=True, export=False),
    }

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        mode = self.mode or "balance-rr"
        for field, modes in _MODES_OF.items():
            if mode not in modes and getattr(self, field) is not None:
                found.append((field, f"`{field}` is refused in mode {mode} (EACCES)", f"modes with it: {', '.join(sorted(modes))}"))
        if self.active_slave is not None:
            found.append(("active_slave", "`active_slave` is the kernel's choice of the moment", "use `primary`"))
        if self.miimon and self.arp_validate not in (None, "none"):
            found.append(("arp_validate", "`arp_validate` excludes `miimon` (EINVAL)", "remove one of the two"))
        if self.miimon and self.arp_interval:
            found.append(("arp_interval", "`arp_interval` excludes `miimon`: each switches the other off", "remove one of the two"))
        if self.arp_interval and not (self.arp_ip_target or self.ns_ip6_target):
            found.append(
                ("arp_interval", "`arp_interval` checks nothing without `arp_ip_target` or `ns_ip6_target`", "name the targets")
            )
        found += self._delay_problems(mode)
        for field, targets, sign in (("arp_ip_target", self.arp_ip_target, "."), ("ns_ip6_target", self.ns_ip6_target, ":")):
            if any(sign not in target for target in targets or ()):
                found.append((field, f"`{field}` takes only IPv{4 if sign == '.' else 6} addresses", ""))
        if self.ad_actor_system and int(self.ad_actor_system[:2], 16) & 1:
            found.append(("ad_actor_system", "`ad_actor_system` is a multicast address (EINVAL)", ""))
        return found

    def _delay_problems(self, mode: str) -> list[tuple[str, str, str]]:
        found = []
        miimon = self.miimon if self.miimon is not None else (100 if mode in _NOT_ARP else 0)
        for field in ("updelay", "downdelay", "peer_notify_delay"):
            delay = getattr(self, field)
            if delay and not miimon:
                found.append((field, f"`{field}` needs `miimon` (EPERM)", "set `miimon: 100ms`"))
            elif delay and delay % miimon:
                found.append((field, f"`{field}` is rounded down to a multiple of `miimon`", f"write {delay // miimon * miimon}ms"))
        return found


Bond.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("bond")),
        "mode": chain(
            ByNumber(MODES),
            word("balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"),
        ),
        "miimon": optional(chain(duration, whole(0, 2147483647))),
        "updelay": optional(chain(duration, whole(0, 2147483647))),
        "downdelay": optional(chain(duration, whole(0, 2147483647))),
        "peer_notify_delay": optional(chain(duration, whole(0, 300000))),
        "use_carrier": optional(truth),
        "arp_interval": optional(chain(duration, whole(0, 2147483647))),
        "arp_ip_target": optional(items(chain(text(), ip), None, 16, make=tuple)),
        "ns_ip6_target": optional(items(chain(text(), ip), None, 16, make=tuple)),
        "arp_validate": chain(
            ByNumber(ARP_VALIDATE), word("none", "active", "backup", "all", "filter", "filter_active", "filter_backup")
        ),
        "arp_all_targets": chain(ByNumber(ARP_ALL_TARGETS), word("any", "all")),
        "arp_missed_max": optional(whole(1, 255)),
        "primary": optional(chain(text(1, 15), ifname)),
        "primary_reselect": chain(ByNumber(PRIMARY_RESELECT), word("always", "better", "failure")),
        "fail_over_mac": chain(ByNumber(FAIL_OVER_MAC), word("none", "active", "follow")),
        "xmit_hash_policy": chain(
            ByNumber(XMIT_HASH), word("layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac")
        ),
        "resend_igmp": optional(whole(0, 255)),
        "num_peer_notif": optional(whole(0, 255)),
        "all_slaves_active": optional(truth),
        "min_links": optional(whole(0, 2147483647)),
        "lp_interval": chain(chain(duration, whole(1000, 2147483647000)), Whole(1000)),
        "packets_per_slave": optional(whole(0, 65535)),
        "tlb_dynamic_lb": optional(truth),
        "lacp_rate": chain(ByNumber(LACP_RATE), word("slow", "fast")),
        "lacp_active": optional(truth),
        "ad_select": chain(ByNumber(AD_SELECT), word("stable", "bandwidth", "count", "actor_port_prio")),
        "ad_actor_sys_prio": optional(whole(1, 65535)),
        "ad_user_port_key": optional(whole(0, 1023)),
        "ad_actor_system": optional(chain(text(), mac)),
        "coupled_control": optional(truth),
        "broadcast_neighbor": optional(truth),
        "active_slave": optional(chain(text(1, 15), ifname)),
    },
    {
        **Link.SHAPE.defaults,
        "kind": "bond",
        "mode": None,
        "miimon": None,
        "updelay": None,
        "downdelay": None,
        "peer_notify_delay": None,
        "use_carrier": None,
        "arp_interval": None,
        "arp_ip_target": None,
        "ns_ip6_target": None,
        "arp_validate": None,
        "arp_all_targets": None,
        "arp_missed_max": None,
        "primary": None,
        "primary_reselect": None,
        "fail_over_mac": None,
        "xmit_hash_policy": None,
        "resend_igmp": None,
        "num_peer_notif": None,
        "all_slaves_active": None,
        "min_links": None,
        "lp_interval": None,
        "packets_per_slave": None,
        "tlb_dynamic_lb": None,
        "lacp_rate": None,
        "lacp_active": None,
        "ad_select": None,
        "ad_actor_sys_prio": None,
        "ad_user_port_key": None,
        "ad_actor_system": None,
        "coupled_control": None,
        "broadcast_neighbor": None,
        "active_slave": None,
    },
    (),
    make=Bond,
)
ENTRY = Bond
