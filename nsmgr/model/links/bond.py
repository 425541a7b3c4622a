"""bond: several links as one (drivers/net/bonding/bond_netlink.c, bond_options.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Bool, Change, Names, Scale, Value
from nsmgr.model.convert import Listed, by_number, whole
from nsmgr.model.links.base import READONLY, Link, data, shown
from nsmgr.types import AnyMac, Duration, IfName, IpAddress

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
ARP_VALIDATE = Names({"none": 0, "active": 1, "backup": 2, "all": 3, "filter": 4, "filter_active": 5, "filter_backup": 6})
ARP_ALL_TARGETS = Names({"any": 0, "all": 1})
PRIMARY_RESELECT = Names({"always": 0, "better": 1, "failure": 2})
FAIL_OVER_MAC = Names({"none": 0, "active": 1, "follow": 2})
XMIT_HASH = Names({"layer2": 0, "layer3+4": 1, "layer2+3": 2, "encap2+3": 3, "encap3+4": 4, "vlan+srcmac": 5})
LACP_RATE = Names({"slow": 0, "fast": 1})
AD_SELECT = Names({"stable": 0, "bandwidth": 1, "count": 2, "actor_port_prio": 3})
MILLISECONDS = Scale(1000)
_INT_MAX = 2**31 - 1

_LACP = frozenset({"802.3ad"})
_ACTIVE = frozenset({"active-backup", "balance-tlb", "balance-alb"})
_NOT_ARP = frozenset({"802.3ad", "balance-tlb", "balance-alb"})
_ARP = frozenset(MODES.numbers) - _NOT_ARP
# bond_opts[].unsuppmodes: the option is refused (EACCES) in every other mode.
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


class Bond(Link):
    """Several links as one. A port must be down when it joins (EPERM) and takes the bond's MTU and MAC until it leaves.

    The MAC is the first port's unless set. Cannot be moved to another namespace. ``mode`` and ``fail_over_mac`` change
    only while there are no ports.
    """

    KIND: ClassVar[str] = "bond"
    IMMUTABLE_NETNS: ClassVar[bool] = True
    CONTROLLER: ClassVar[bool] = True
    PORT_DOWN: ClassVar[bool] = True
    WITHOUT_PORTS: ClassVar[frozenset[str]] = frozenset({"mode", "fail_over_mac"})
    NAMES_PORTS: ClassVar[frozenset[str]] = frozenset({"primary", "active_slave"})
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65535)
    DEFAULTS: ClassVar[Mapping[str, Value]] = {"tx_queues": 16, "rx_queues": 16}  # BOND_DEFAULT_TX_QUEUES

    kind: Literal["bond"] | None = "bond"
    """The kind."""
    mode: Annotated[
        Literal["balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"] | None,
        by_number(MODES),
        data("IFLA_BOND_MODE", Change.WHEN_DOWN, convert=MODES, default="balance-rr"),
    ] = None
    """How ports are used. Changes only while the bond is down and has no ports (BOND_OPTFLAG_NOSLAVES, IFDOWN)."""
    miimon: Annotated[
        Duration | None,
        Field(ge=0, le=_INT_MAX),
        data("IFLA_BOND_MIIMON", convert=MILLISECONDS, unit="ms", default=0),
    ] = None
    """Time between link checks; 0 = none. 802.3ad, balance-tlb and balance-alb force 100ms when nothing is set."""
    updelay: Annotated[
        Duration | None, Field(ge=0, le=_INT_MAX), data("IFLA_BOND_UPDELAY", convert=MILLISECONDS, unit="ms", default=0)
    ] = None
    """Wait after link up. Rounded down to a multiple of ``miimon``, without which it is refused (EPERM)."""
    downdelay: Annotated[
        Duration | None, Field(ge=0, le=_INT_MAX), data("IFLA_BOND_DOWNDELAY", convert=MILLISECONDS, unit="ms", default=0)
    ] = None
    """Wait after link down. Rounded down to a multiple of ``miimon``, without which it is refused (EPERM)."""
    peer_notify_delay: Annotated[
        Duration | None,
        Field(ge=0, le=300_000),
        data("IFLA_BOND_PEER_NOTIF_DELAY", convert=MILLISECONDS, unit="ms", default=0),
    ] = None
    """Time between peer notifications. Rounded down to a multiple of ``miimon``, without which it is refused (EPERM)."""
    use_carrier: Annotated[bool | None, data("IFLA_BOND_USE_CARRIER", convert=Bool(), default=True)] = None
    """Check links by carrier, not by MII ioctl. Linux 7 refuses false (EINVAL)."""
    arp_interval: Annotated[
        Duration | None,
        Field(ge=0, le=_INT_MAX),
        data("IFLA_BOND_ARP_INTERVAL", convert=MILLISECONDS, unit="ms", default=0),
    ] = None
    """Time between ARP checks; 0 = none. Excludes ``miimon``."""
    arp_ip_target: Annotated[
        tuple[IpAddress, ...] | None,
        Field(max_length=16),
        data("IFLA_BOND_ARP_IP_TARGET", convert=Listed(), absent=(), default=()),
    ] = None
    """IPv4 addresses to ask; the list replaces whatever is there (BOND_MAX_ARP_TARGETS 16)."""
    ns_ip6_target: Annotated[
        tuple[IpAddress, ...] | None,
        Field(max_length=16),
        data("IFLA_BOND_NS_IP6_TARGET", convert=Listed(), absent=(), default=()),
    ] = None
    """IPv6 addresses to ask; the list replaces whatever is there. Linux 5.18 and later."""
    arp_validate: Annotated[
        Literal["none", "active", "backup", "all", "filter", "filter_active", "filter_backup"] | None,
        by_number(ARP_VALIDATE),
        data("IFLA_BOND_ARP_VALIDATE", convert=ARP_VALIDATE, default="none"),
    ] = None
    """On which ports ARP answers are checked."""
    arp_all_targets: Annotated[
        Literal["any", "all"] | None,
        by_number(ARP_ALL_TARGETS),
        data("IFLA_BOND_ARP_ALL_TARGETS", convert=ARP_ALL_TARGETS, default="any"),
    ] = None
    """How many targets must answer."""
    arp_missed_max: Annotated[int | None, Field(ge=1, le=255), data("IFLA_BOND_MISSED_MAX", default=2)] = None
    """Missed ARP checks before a port counts as down. Linux 5.17 and later."""
    primary: Annotated[IfName | None, data("IFLA_BOND_PRIMARY", ref=True)] = None
    """Preferred port, which has the bond as ``controller``; modes active-backup, balance-tlb, balance-alb."""
    primary_reselect: Annotated[
        Literal["always", "better", "failure"] | None,
        by_number(PRIMARY_RESELECT),
        data("IFLA_BOND_PRIMARY_RESELECT", convert=PRIMARY_RESELECT, default="always"),
    ] = None
    """When the primary takes over again."""
    fail_over_mac: Annotated[
        Literal["none", "active", "follow"] | None,
        by_number(FAIL_OVER_MAC),
        data("IFLA_BOND_FAIL_OVER_MAC", convert=FAIL_OVER_MAC, default="none"),
    ] = None
    """active-backup: which MAC the bond has. Changes only while there are no ports (BOND_OPTFLAG_NOSLAVES)."""
    xmit_hash_policy: Annotated[
        Literal["layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac"] | None,
        by_number(XMIT_HASH),
        data("IFLA_BOND_XMIT_HASH_POLICY", convert=XMIT_HASH, default="layer2"),
    ] = None
    """What picks the port: modes balance-xor, 802.3ad, balance-tlb."""
    resend_igmp: Annotated[int | None, Field(ge=0, le=255), data("IFLA_BOND_RESEND_IGMP", default=1)] = None
    """IGMP reports after a failover."""
    num_peer_notif: Annotated[int | None, Field(ge=0, le=255), data("IFLA_BOND_NUM_PEER_NOTIF", default=1)] = None
    """Gratuitous ARP and unsolicited NA after a failover (ip: num_grat_arp, num_unsol_na)."""
    all_slaves_active: Annotated[bool | None, data("IFLA_BOND_ALL_SLAVES_ACTIVE", convert=Bool(), default=False)] = None
    """Take frames that arrive on inactive ports."""
    min_links: Annotated[int | None, Field(ge=0, le=_INT_MAX), data("IFLA_BOND_MIN_LINKS", default=0)] = None
    """Fewest active ports for carrier."""
    lp_interval: Annotated[
        Duration | None,
        Field(ge=1000, le=_INT_MAX * 1000),
        whole(1000),
        data("IFLA_BOND_LP_INTERVAL", convert=Scale(1), unit="ms", default=1000),
    ] = None
    """Time between learning packets (balance-tlb, balance-alb); whole seconds."""
    packets_per_slave: Annotated[int | None, Field(ge=0, le=65535), data("IFLA_BOND_PACKETS_PER_SLAVE", default=1)] = None
    """balance-rr: packets before the next port's turn; 0 = a random port each time."""
    tlb_dynamic_lb: Annotated[bool | None, data("IFLA_BOND_TLB_DYNAMIC_LB", Change.WHEN_DOWN, convert=Bool(), default=True)] = None
    """balance-tlb, balance-alb: move flows by load. Only while the bond is down."""
    lacp_rate: Annotated[
        Literal["slow", "fast"] | None,
        by_number(LACP_RATE),
        data("IFLA_BOND_AD_LACP_RATE", Change.WHEN_DOWN, convert=LACP_RATE, default="slow"),
    ] = None
    """802.3ad: LACPDUs every 30s or every second. Only while the bond is down."""
    lacp_active: Annotated[bool | None, data("IFLA_BOND_AD_LACP_ACTIVE", Change.WHEN_DOWN, convert=Bool(), default=True)] = None
    """802.3ad: send LACPDUs unasked. Only while the bond is down. Linux 5.15 and later."""
    ad_select: Annotated[
        Literal["stable", "bandwidth", "count", "actor_port_prio"] | None,
        by_number(AD_SELECT),
        data("IFLA_BOND_AD_SELECT", Change.WHEN_DOWN, convert=AD_SELECT, default="stable"),
    ] = None
    """802.3ad: how the aggregator is chosen. Only while the bond is down. actor_port_prio: Linux 6.18 and later."""
    ad_actor_sys_prio: Annotated[int | None, Field(ge=1, le=65535), data("IFLA_BOND_AD_ACTOR_SYS_PRIO", default=65535)] = None
    """802.3ad: system priority. Dumped only in that mode."""
    ad_user_port_key: Annotated[
        int | None, Field(ge=0, le=1023), data("IFLA_BOND_AD_USER_PORT_KEY", Change.WHEN_DOWN, default=0)
    ] = None
    """802.3ad: upper ten bits of the port key. Only while the bond is down."""
    ad_actor_system: Annotated[AnyMac | None, data("IFLA_BOND_AD_ACTOR_SYSTEM", default="00:00:00:00:00:00")] = None
    """802.3ad: system MAC; zeros = the bond's own. Dumped only in that mode, to CAP_NET_ADMIN."""
    coupled_control: Annotated[bool | None, data("IFLA_BOND_COUPLED_CONTROL", Change.WHEN_DOWN, convert=Bool(), default=True)] = (
        None
    )
    """802.3ad: collecting and distributing start together. Only while the bond is down. Linux 6.9 and later."""
    broadcast_neighbor: Annotated[bool | None, data("IFLA_BOND_BROADCAST_NEIGH", convert=Bool(), default=False)] = None
    """802.3ad: send ARP and ND through every port. Linux 6.17 and later."""
    active_slave: Annotated[IfName | None, READONLY, shown("IFLA_BOND_ACTIVE_SLAVE", ref=True)] = None
    """The port in use. The kernel moves it at every failover, so it is not configuration: ``primary`` is."""

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
