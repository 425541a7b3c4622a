"""bridge: an Ethernet switch in the kernel (net/bridge/br_netlink.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from nsmgr.model.base import Attr, Bool, Names, Scale
from nsmgr.model.convert import CLOCK_T, HZ_ROUNDING, BridgeId, by_number, span
from nsmgr.model.links.base import READONLY, Link, data, shown
from nsmgr.types import AnyMac, Duration

CLOCK = Scale(CLOCK_T)
ROUTER = Names({"disabled": 0, "auto": 1, "permanent": 2})  # MDB_RTR_TYPE_*
PROTOCOLS = Names({"802.1Q": 0x8100, "802.1ad": 0x88A8})
STP_MODES = Names({"auto": 0, "user": 1, "kernel": 2})  # enum br_stp_mode
# enum br_boolopt_id, bits of struct br_boolopt_multi
NO_LL_LEARN, MCAST_VLAN_SNOOPING, MST_ENABLE, MDB_OFFLOAD_FAIL, FDB_LOCAL_VLAN_0 = 0x1, 0x2, 0x4, 0x8, 0x10
_DAY = 86_400_000
# IFLA_BR_MCAST_*_INTVL below 1 s or above a day: br_multicast_set_query_intvl clamps both ends, so drift would stay.
_CLAMPED = span(1000, _DAY, "br_multicast_set_query_intvl clamps it")


def _fwd_mask(mask: int | None) -> int | None:
    if mask is not None and mask & 7:
        raise ValueError("bits 0 to 2 (STP, pause, LACP frames) are never forwarded (BR_GROUPFWD_RESTRICTED)")
    return mask


def _group_address(address: str | None) -> str | None:
    if address is not None and (address[:-1] != "01:80:c2:00:00:0" or address[-1] in "123"):
        raise ValueError("01:80:c2:00:00:0X, X not 1, 2 or 3 (br_changelink: EINVAL)")
    return address


def _option(bit: int) -> Attr:
    """A row of IFLA_BR_MULTI_BOOLOPT. A kernel refuses bits that it does not know (br_boolopt_multi_toggle)."""
    return data("IFLA_BR_MULTI_BOOLOPT", bit=bit, masked=True, convert=Bool(), default=False)


class Bridge(Link):
    """An Ethernet switch. Everything changes in place; it cannot be moved to another namespace (netns_immutable).

    The MAC is the lowest of the ports' unless set. Timers are kept in jiffies: they read back up to 40 ms off.
    """

    KIND: ClassVar[str] = "bridge"
    IMMUTABLE_NETNS: ClassVar[bool] = True
    CONTROLLER: ClassVar[bool] = True
    # EBUSY while any port has a VLAN (br_vlan_set_stats_per_port, br_mst_set_enabled), and each gets vlan_default_pvid.
    WITHOUT_PORTS: ClassVar[frozenset[str]] = frozenset({"vlan_stats_per_port", "mst_enabled"})
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65535)

    kind: Literal["bridge"] | None = "bridge"
    """The kind."""
    mtu: Annotated[int | None, Field(ge=0, le=2**31 - 1), Attr("IFLA_MTU", late=True, unit="bytes")] = None
    """Largest layer-3 packet. Follows the smallest port unless set after creation: the creating message's does not stick."""

    stp: Annotated[bool | None, data("IFLA_BR_STP_STATE", convert=Bool(), default=False)] = None
    """Spanning tree (ip: stp_state). In a namespace always the kernel's own, unless ``stp_mode: user``."""
    stp_mode: Annotated[
        Literal["auto", "user", "kernel"] | None,
        by_number(STP_MODES),
        data("IFLA_BR_STP_MODE", convert=STP_MODES, default="auto"),
    ] = None
    """Who runs spanning tree. Linux 7 and later; EBUSY while ``stp`` is on."""
    forward_delay: Annotated[
        Duration | None,
        Field(ge=0, lt=2**32 * 10),
        data("IFLA_BR_FORWARD_DELAY", convert=CLOCK, tolerance=HZ_ROUNDING, unit="ms", default=15_000),
    ] = None
    """Time in listening and in learning. 2s to 30s when ``stp`` is on, else anything, 0 too."""
    hello_time: Annotated[
        Duration | None,
        span(1000, 10_000, "BR_MIN_HELLO_TIME, BR_MAX_HELLO_TIME: ERANGE"),
        data("IFLA_BR_HELLO_TIME", convert=CLOCK, tolerance=HZ_ROUNDING, unit="ms", default=2000),
    ] = None
    """Time between configuration BPDUs of the root bridge."""
    max_age: Annotated[
        Duration | None,
        span(6000, 40_000, "BR_MIN_MAX_AGE, BR_MAX_MAX_AGE: ERANGE"),
        data("IFLA_BR_MAX_AGE", convert=CLOCK, tolerance=HZ_ROUNDING, unit="ms", default=20_000),
    ] = None
    """Age at which a BPDU is forgotten."""
    ageing_time: Annotated[
        Duration | None,
        Field(ge=0, lt=2**32 * 10),
        data("IFLA_BR_AGEING_TIME", convert=CLOCK, tolerance=HZ_ROUNDING, unit="ms", default=300_000),
    ] = None
    """How long a learned address stays without traffic; 0 = forget at once."""
    priority: Annotated[int | None, Field(ge=0, le=65535), data("IFLA_BR_PRIORITY", default=32768)] = None
    """Upper 16 bits of the bridge identifier."""
    group_fwd_mask: Annotated[
        int | None, Field(ge=0, le=65535), AfterValidator(_fwd_mask), data("IFLA_BR_GROUP_FWD_MASK", default=0)
    ] = None
    """Link-local groups 01:80:c2:00:00:0X to forward, bit X; bits 0 to 2 are refused (EINVAL)."""
    group_address: Annotated[
        AnyMac | None, AfterValidator(_group_address), data("IFLA_BR_GROUP_ADDR", default="01:80:c2:00:00:00")
    ] = None
    """Destination of the bridge's BPDUs, a link-local group."""
    no_linklocal_learn: Annotated[bool | None, _option(NO_LL_LEARN)] = None
    """Do not learn addresses from link-local frames."""
    fdb_max_learned: Annotated[int | None, Field(ge=0, lt=2**32), data("IFLA_BR_FDB_MAX_LEARNED", default=0)] = None
    """Most learned addresses; 0 = no limit. Linux 6.7 and later."""

    vlan_filtering: Annotated[bool | None, data("IFLA_BR_VLAN_FILTERING", convert=Bool(), default=False)] = None
    """Forward by VLAN membership. EOPNOTSUPP on a kernel without CONFIG_BRIDGE_VLAN_FILTERING, as all ``vlan_…``."""
    vlan_protocol: Annotated[
        Literal["802.1Q", "802.1ad"] | None,
        by_number(PROTOCOLS),
        data("IFLA_BR_VLAN_PROTOCOL", convert=PROTOCOLS, default="802.1Q"),
    ] = None
    """Which tag the bridge looks at."""
    vlan_default_pvid: Annotated[int | None, Field(ge=0, le=4094), data("IFLA_BR_VLAN_DEFAULT_PVID", default=1)] = None
    """VLAN of untagged frames on a new port; 0 = none. EINVAL on a bridge that lost its last port and with it its MAC."""
    vlan_stats_enabled: Annotated[bool | None, data("IFLA_BR_VLAN_STATS_ENABLED", convert=Bool(), default=False)] = None
    """Count packets per VLAN."""
    vlan_stats_per_port: Annotated[bool | None, data("IFLA_BR_VLAN_STATS_PER_PORT", convert=Bool(), default=False)] = None
    """Count packets per VLAN and port. Changes only while no port has a VLAN: the ports leave and join again meanwhile."""
    mst_enabled: Annotated[bool | None, _option(MST_ENABLE)] = None
    """Multiple spanning trees. Changes only while no port has a VLAN: the ports leave and join again. Linux 5.18 and later."""
    fdb_local_vlan_0: Annotated[bool | None, _option(FDB_LOCAL_VLAN_0)] = None
    """Keep the ports' own addresses once, in VLAN 0, not once per VLAN. Linux 6.18 and later."""

    mcast_snooping: Annotated[bool | None, data("IFLA_BR_MCAST_SNOOPING", convert=Bool(), default=True)] = None
    """IGMP and MLD snooping. All ``mcast_…`` need CONFIG_BRIDGE_IGMP_SNOOPING."""
    mcast_vlan_snooping: Annotated[bool | None, _option(MCAST_VLAN_SNOOPING)] = None
    """Snooping per VLAN; needs ``vlan_filtering`` (EINVAL)."""
    mdb_offload_fail_notification: Annotated[bool | None, _option(MDB_OFFLOAD_FAIL)] = None
    """Notify of group entries that hardware could not take. Linux 6.16 and later."""
    mcast_router: Annotated[
        Literal["disabled", "auto", "permanent"] | None,
        by_number(ROUTER),
        data("IFLA_BR_MCAST_ROUTER", convert=ROUTER, default="auto"),
    ] = None
    """Whether the bridge itself receives all multicast: never, when a querier says so, always."""
    mcast_query_use_ifaddr: Annotated[bool | None, data("IFLA_BR_MCAST_QUERY_USE_IFADDR", convert=Bool(), default=False)] = None
    """Send queries from the bridge's own address, not from 0.0.0.0."""
    mcast_querier: Annotated[bool | None, data("IFLA_BR_MCAST_QUERIER", convert=Bool(), default=False)] = None
    """Send IGMP and MLD queries."""
    mcast_hash_max: Annotated[int | None, Field(ge=0, lt=2**32), data("IFLA_BR_MCAST_HASH_MAX", default=4096)] = None
    """Most group entries; beyond it snooping switches itself off."""
    mcast_last_member_count: Annotated[int | None, Field(ge=0, lt=2**32), data("IFLA_BR_MCAST_LAST_MEMBER_CNT", default=2)] = None
    """Queries sent after a leave."""
    mcast_startup_query_count: Annotated[int | None, Field(ge=0, lt=2**32), data("IFLA_BR_MCAST_STARTUP_QUERY_CNT", default=2)] = (
        None
    )
    """Queries sent at start."""
    mcast_last_member_interval: Annotated[
        Duration | None,
        Field(ge=0),
        data("IFLA_BR_MCAST_LAST_MEMBER_INTVL", convert=CLOCK, tolerance=HZ_ROUNDING, unit="ms", default=1000),
    ] = None
    """Time between the queries after a leave."""
    mcast_membership_interval: Annotated[
        Duration | None,
        Field(ge=0),
        data("IFLA_BR_MCAST_MEMBERSHIP_INTVL", convert=CLOCK, tolerance=HZ_ROUNDING, unit="ms", default=260_000),
    ] = None
    """How long a group stays without reports."""
    mcast_querier_interval: Annotated[
        Duration | None,
        Field(ge=0),
        data("IFLA_BR_MCAST_QUERIER_INTVL", convert=CLOCK, tolerance=HZ_ROUNDING, unit="ms", default=255_000),
    ] = None
    """How long another querier is believed in."""
    mcast_query_interval: Annotated[
        Duration | None,
        _CLAMPED,
        data("IFLA_BR_MCAST_QUERY_INTVL", convert=CLOCK, tolerance=HZ_ROUNDING, unit="ms", default=125_000),
    ] = None
    """Time between queries; the kernel clamps to at least 1s."""
    mcast_query_response_interval: Annotated[
        Duration | None,
        Field(ge=0),
        data("IFLA_BR_MCAST_QUERY_RESPONSE_INTVL", convert=CLOCK, tolerance=HZ_ROUNDING, unit="ms", default=10_000),
    ] = None
    """Longest time hosts may take to answer a query."""
    mcast_startup_query_interval: Annotated[
        Duration | None,
        _CLAMPED,
        data("IFLA_BR_MCAST_STARTUP_QUERY_INTVL", convert=CLOCK, tolerance=HZ_ROUNDING, unit="ms", default=31_240),
    ] = None
    """Time between the queries at start; the kernel clamps to at least 1s. 31.25s, read back as 31.24s at HZ=250."""
    mcast_stats_enabled: Annotated[bool | None, data("IFLA_BR_MCAST_STATS_ENABLED", convert=Bool(), default=False)] = None
    """Count IGMP and MLD packets."""
    mcast_igmp_version: Annotated[int | None, Field(ge=2, le=3), data("IFLA_BR_MCAST_IGMP_VERSION", default=2)] = None
    """IGMP version of the queries."""
    mcast_mld_version: Annotated[int | None, Field(ge=1, le=2), data("IFLA_BR_MCAST_MLD_VERSION", default=1)] = None
    """MLD version of the queries."""

    nf_call_iptables: Annotated[bool | None, data("IFLA_BR_NF_CALL_IPTABLES", convert=Bool(), default=False)] = None
    """Bridged IPv4 packets pass iptables (CONFIG_BRIDGE_NETFILTER)."""
    nf_call_ip6tables: Annotated[bool | None, data("IFLA_BR_NF_CALL_IP6TABLES", convert=Bool(), default=False)] = None
    """Bridged IPv6 packets pass ip6tables."""
    nf_call_arptables: Annotated[bool | None, data("IFLA_BR_NF_CALL_ARPTABLES", convert=Bool(), default=False)] = None
    """Bridged ARP packets pass arptables."""

    bridge_id: Annotated[str | None, READONLY, shown("IFLA_BR_BRIDGE_ID", convert=BridgeId())] = None
    """Own identifier, ``8000.02:00:00:00:00:01``: priority and MAC."""
    root_id: Annotated[str | None, READONLY, shown("IFLA_BR_ROOT_ID", convert=BridgeId())] = None
    """Identifier of the spanning tree's root; own one = this bridge is root."""
    root_port: Annotated[int | None, READONLY, shown("IFLA_BR_ROOT_PORT")] = None
    """Port number towards the root; 0 = this bridge is root."""
    root_path_cost: Annotated[int | None, READONLY, shown("IFLA_BR_ROOT_PATH_COST")] = None
    """Path cost to the root."""
    topology_change: Annotated[bool | None, READONLY, shown("IFLA_BR_TOPOLOGY_CHANGE", convert=Bool())] = None
    """A topology change is going on."""
    topology_change_detected: Annotated[bool | None, READONLY, shown("IFLA_BR_TOPOLOGY_CHANGE_DETECTED", convert=Bool())] = None
    """A topology change was seen here."""
    fdb_n_learned: Annotated[int | None, READONLY, shown("IFLA_BR_FDB_N_LEARNED")] = None
    """Learned addresses now."""
    mcast_hash_elasticity: Annotated[int | None, READONLY, shown("IFLA_BR_MCAST_HASH_ELASTICITY")] = None
    """Always 16: the kernel takes any value and ignores it since the group table is an rhashtable."""

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.stp and self.forward_delay is not None and not 2000 <= self.forward_delay <= 30_000:
            found.append(("forward_delay", "`forward_delay` is 2s to 30s while `stp` is on (ERANGE)", ""))
        if self.stp and self.stp_mode not in (None, "auto"):
            found.append(("stp_mode", "`stp_mode` cannot change while `stp` is on (EBUSY)", "apply it with `stp: false` first"))
        if self.mcast_vlan_snooping and not self.vlan_filtering:
            found.append(
                ("mcast_vlan_snooping", "`mcast_vlan_snooping` needs `vlan_filtering` (EINVAL)", "set `vlan_filtering: true`")
            )
        if self.mcast_querier and self.mcast_snooping is False:
            found.append(
                ("mcast_querier", "`mcast_querier` sends nothing while `mcast_snooping` is off", "set `mcast_snooping: true`")
            )
        return found
