"""Written by nsmgr.model.generate from nsmgr.model.links.bridge.Bridge: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Names, Scale, Where
from nsmgr.model.convert import CLOCK_T, BridgeId, ByNumber, Span
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, optional, text, truth, whole, word
from nsmgr.model.table.links import Link
from nsmgr.text import duration, mac

STP_MODES = Names({"auto": 0, "user": 1, "kernel": 2})

CLOCK = Scale(CLOCK_T)

PROTOCOLS = Names({"802.1Q": 0x8100, "802.1ad": 0x88A8})

ROUTER = Names({"disabled": 0, "auto": 1, "permanent": 2})


def _fwd_mask(mask: int | None) -> int | None:
    if mask is not None and mask & 7:
        raise ValueError("bits 0 to 2 (STP, pause, LACP frames) are never forwarded (BR_GROUPFWD_RESTRICTED)")
    return mask


def _group_address(address: str | None) -> str | None:
    if address is not None and (address[:-1] != "01:80:c2:00:00:0" or address[-1] in "123"):
        raise ValueError("01:80:c2:00:00:0X, X not 1, 2 or 3 (br_changelink: EINVAL)")
    return address


class Bridge(Plain):
    KIND = "bridge"
    IMMUTABLE_NETNS = True
    CONTROLLER = True
    WITHOUT_PORTS = frozenset(["mst_enabled", "vlan_stats_per_port"])
    MTU_RANGE = (68, 65535)
    ROWS = {
        **Link.ROWS,
        "mtu": Attr("IFLA_MTU", late=True, unit="bytes"),
        "stp": Attr("IFLA_BR_STP_STATE", where=Where.DATA, convert=Bool(), default=False),
        "stp_mode": Attr("IFLA_BR_STP_MODE", where=Where.DATA, convert=STP_MODES, default="auto"),
        "forward_delay": Attr("IFLA_BR_FORWARD_DELAY", where=Where.DATA, convert=CLOCK, default=15000, tolerance=40, unit="ms"),
        "hello_time": Attr("IFLA_BR_HELLO_TIME", where=Where.DATA, convert=CLOCK, default=2000, tolerance=40, unit="ms"),
        "max_age": Attr("IFLA_BR_MAX_AGE", where=Where.DATA, convert=CLOCK, default=20000, tolerance=40, unit="ms"),
        "ageing_time": Attr("IFLA_BR_AGEING_TIME", where=Where.DATA, convert=CLOCK, default=300000, tolerance=40, unit="ms"),
        "priority": Attr("IFLA_BR_PRIORITY", where=Where.DATA, default=32768),
        "group_fwd_mask": Attr("IFLA_BR_GROUP_FWD_MASK", where=Where.DATA, default=0),
        "group_address": Attr("IFLA_BR_GROUP_ADDR", where=Where.DATA, default="01:80:c2:00:00:00"),
        "no_linklocal_learn": Attr("IFLA_BR_MULTI_BOOLOPT", where=Where.DATA, convert=Bool(), bit=1, masked=True, default=False),
        "fdb_max_learned": Attr("IFLA_BR_FDB_MAX_LEARNED", where=Where.DATA, default=0),
        "vlan_filtering": Attr("IFLA_BR_VLAN_FILTERING", where=Where.DATA, convert=Bool(), default=False),
        "vlan_protocol": Attr("IFLA_BR_VLAN_PROTOCOL", where=Where.DATA, convert=PROTOCOLS, default="802.1Q"),
        "vlan_default_pvid": Attr("IFLA_BR_VLAN_DEFAULT_PVID", where=Where.DATA, default=1),
        "vlan_stats_enabled": Attr("IFLA_BR_VLAN_STATS_ENABLED", where=Where.DATA, convert=Bool(), default=False),
        "vlan_stats_per_port": Attr("IFLA_BR_VLAN_STATS_PER_PORT", where=Where.DATA, convert=Bool(), default=False),
        "mst_enabled": Attr("IFLA_BR_MULTI_BOOLOPT", where=Where.DATA, convert=Bool(), bit=4, masked=True, default=False),
        "fdb_local_vlan_0": Attr("IFLA_BR_MULTI_BOOLOPT", where=Where.DATA, convert=Bool(), bit=16, masked=True, default=False),
        "mcast_snooping": Attr("IFLA_BR_MCAST_SNOOPING", where=Where.DATA, convert=Bool(), default=True),
        "mcast_vlan_snooping": Attr("IFLA_BR_MULTI_BOOLOPT", where=Where.DATA, convert=Bool(), bit=2, masked=True, default=False),
        "mdb_offload_fail_notification": Attr(
            "IFLA_BR_MULTI_BOOLOPT", where=Where.DATA, convert=Bool(), bit=8, masked=True, default=False
        ),
        "mcast_router": Attr("IFLA_BR_MCAST_ROUTER", where=Where.DATA, convert=ROUTER, default="auto"),
        "mcast_query_use_ifaddr": Attr("IFLA_BR_MCAST_QUERY_USE_IFADDR", where=Where.DATA, convert=Bool(), default=False),
        "mcast_querier": Attr("IFLA_BR_MCAST_QUERIER", where=Where.DATA, convert=Bool(), default=False),
        "mcast_hash_max": Attr("IFLA_BR_MCAST_HASH_MAX", where=Where.DATA, default=4096),
        "mcast_last_member_count": Attr("IFLA_BR_MCAST_LAST_MEMBER_CNT", where=Where.DATA, default=2),
        "mcast_startup_query_count": Attr("IFLA_BR_MCAST_STARTUP_QUERY_CNT", where=Where.DATA, default=2),
        "mcast_last_member_interval": Attr(
            "IFLA_BR_MCAST_LAST_MEMBER_INTVL", where=Where.DATA, convert=CLOCK, default=1000, tolerance=40, unit="ms"
        ),
        "mcast_membership_interval": Attr(
            "IFLA_BR_MCAST_MEMBERSHIP_INTVL", where=Where.DATA, convert=CLOCK, default=260000, tolerance=40, unit="ms"
        ),
        "mcast_querier_interval": Attr(
            "IFLA_BR_MCAST_QUERIER_INTVL", where=Where.DATA, convert=CLOCK, default=255000, tolerance=40, unit="ms"
        ),
        "mcast_query_interval": Attr(
            "IFLA_BR_MCAST_QUERY_INTVL", where=Where.DATA, convert=CLOCK, default=125000, tolerance=40, unit="ms"
        ),
        "mcast_query_response_interval": Attr(
            "IFLA_BR_MCAST_QUERY_RESPONSE_INTVL", where=Where.DATA, convert=CLOCK, default=10000, tolerance=40, unit="ms"
        ),
        "mcast_startup_query_interval": Attr(
            "IFLA_BR_MCAST_STARTUP_QUERY_INTVL", where=Where.DATA, convert=CLOCK, default=31240, tolerance=40, unit="ms"
        ),
        "mcast_stats_enabled": Attr("IFLA_BR_MCAST_STATS_ENABLED", where=Where.DATA, convert=Bool(), default=False),
        "mcast_igmp_version": Attr("IFLA_BR_MCAST_IGMP_VERSION", where=Where.DATA, default=2),
        "mcast_mld_version": Attr("IFLA_BR_MCAST_MLD_VERSION", where=Where.DATA, default=1),
        "nf_call_iptables": Attr("IFLA_BR_NF_CALL_IPTABLES", where=Where.DATA, convert=Bool(), default=False),
        "nf_call_ip6tables": Attr("IFLA_BR_NF_CALL_IP6TABLES", where=Where.DATA, convert=Bool(), default=False),
        "nf_call_arptables": Attr("IFLA_BR_NF_CALL_ARPTABLES", where=Where.DATA, convert=Bool(), default=False),
        "bridge_id": Attr("IFLA_BR_BRIDGE_ID", Change.READ_ONLY, Where.DATA, BridgeId(), export=False),
        "root_id": Attr("IFLA_BR_ROOT_ID", Change.READ_ONLY, Where.DATA, BridgeId(), export=False),
        "root_port": Attr("IFLA_BR_ROOT_PORT", Change.READ_ONLY, Where.DATA, export=False),
        "root_path_cost": Attr("IFLA_BR_ROOT_PATH_COST", Change.READ_ONLY, Where.DATA, export=False),
        "topology_change": Attr("IFLA_BR_TOPOLOGY_CHANGE", Change.READ_ONLY, Where.DATA, Bool(), export=False),
        "topology_change_detected": Attr("IFLA_BR_TOPOLOGY_CHANGE_DETECTED", Change.READ_ONLY, Where.DATA, Bool(), export=False),
        "fdb_n_learned": Attr("IFLA_BR_FDB_N_LEARNED", Change.READ_ONLY, Where.DATA, export=False),
        "mcast_hash_elasticity": Attr("IFLA_BR_MCAST_HASH_ELASTICITY", Change.READ_ONLY, Where.DATA, export=False),
    }

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


Bridge.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("bridge")),
        "stp": optional(truth),
        "stp_mode": chain(ByNumber(STP_MODES), word("auto", "user", "kernel")),
        "forward_delay": optional(chain(duration, whole(0, 42949672959))),
        "hello_time": chain(chain(duration, whole()), Span(1000, 10000, "BR_MIN_HELLO_TIME, BR_MAX_HELLO_TIME: ERANGE")),
        "max_age": chain(chain(duration, whole()), Span(6000, 40000, "BR_MIN_MAX_AGE, BR_MAX_MAX_AGE: ERANGE")),
        "ageing_time": optional(chain(duration, whole(0, 42949672959))),
        "priority": optional(whole(0, 65535)),
        "group_fwd_mask": chain(whole(0, 65535), _fwd_mask),
        "group_address": chain(chain(text(), mac), _group_address),
        "no_linklocal_learn": optional(truth),
        "fdb_max_learned": optional(whole(0, 4294967295)),
        "vlan_filtering": optional(truth),
        "vlan_protocol": chain(ByNumber(PROTOCOLS), word("802.1Q", "802.1ad")),
        "vlan_default_pvid": optional(whole(0, 4094)),
        "vlan_stats_enabled": optional(truth),
        "vlan_stats_per_port": optional(truth),
        "mst_enabled": optional(truth),
        "fdb_local_vlan_0": optional(truth),
        "mcast_snooping": optional(truth),
        "mcast_vlan_snooping": optional(truth),
        "mdb_offload_fail_notification": optional(truth),
        "mcast_router": chain(ByNumber(ROUTER), word("disabled", "auto", "permanent")),
        "mcast_query_use_ifaddr": optional(truth),
        "mcast_querier": optional(truth),
        "mcast_hash_max": optional(whole(0, 4294967295)),
        "mcast_last_member_count": optional(whole(0, 4294967295)),
        "mcast_startup_query_count": optional(whole(0, 4294967295)),
        "mcast_last_member_interval": optional(chain(duration, whole(0))),
        "mcast_membership_interval": optional(chain(duration, whole(0))),
        "mcast_querier_interval": optional(chain(duration, whole(0))),
        "mcast_query_interval": chain(chain(duration, whole()), Span(1000, 86400000, "br_multicast_set_query_intvl clamps it")),
        "mcast_query_response_interval": optional(chain(duration, whole(0))),
        "mcast_startup_query_interval": chain(
            chain(duration, whole()), Span(1000, 86400000, "br_multicast_set_query_intvl clamps it")
        ),
        "mcast_stats_enabled": optional(truth),
        "mcast_igmp_version": optional(whole(2, 3)),
        "mcast_mld_version": optional(whole(1, 2)),
        "nf_call_iptables": optional(truth),
        "nf_call_ip6tables": optional(truth),
        "nf_call_arptables": optional(truth),
        "bridge_id": optional(text()),
        "root_id": optional(text()),
        "root_port": optional(whole()),
        "root_path_cost": optional(whole()),
        "topology_change": optional(truth),
        "topology_change_detected": optional(truth),
        "fdb_n_learned": optional(whole()),
        "mcast_hash_elasticity": optional(whole()),
    },
    {
        **Link.SHAPE.defaults,
        "kind": "bridge",
        "stp": None,
        "stp_mode": None,
        "forward_delay": None,
        "hello_time": None,
        "max_age": None,
        "ageing_time": None,
        "priority": None,
        "group_fwd_mask": None,
        "group_address": None,
        "no_linklocal_learn": None,
        "fdb_max_learned": None,
        "vlan_filtering": None,
        "vlan_protocol": None,
        "vlan_default_pvid": None,
        "vlan_stats_enabled": None,
        "vlan_stats_per_port": None,
        "mst_enabled": None,
        "fdb_local_vlan_0": None,
        "mcast_snooping": None,
        "mcast_vlan_snooping": None,
        "mdb_offload_fail_notification": None,
        "mcast_router": None,
        "mcast_query_use_ifaddr": None,
        "mcast_querier": None,
        "mcast_hash_max": None,
        "mcast_last_member_count": None,
        "mcast_startup_query_count": None,
        "mcast_last_member_interval": None,
        "mcast_membership_interval": None,
        "mcast_querier_interval": None,
        "mcast_query_interval": None,
        "mcast_query_response_interval": None,
        "mcast_startup_query_interval": None,
        "mcast_stats_enabled": None,
        "mcast_igmp_version": None,
        "mcast_mld_version": None,
        "nf_call_iptables": None,
        "nf_call_ip6tables": None,
        "nf_call_arptables": None,
        "bridge_id": None,
        "root_id": None,
        "root_port": None,
        "root_path_cost": None,
        "topology_change": None,
        "topology_change_detected": None,
        "fdb_n_learned": None,
        "mcast_hash_elasticity": None,
    },
    (),
    make=Bridge,
)
ENTRY = Bridge
