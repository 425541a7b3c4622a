"""Written by nsmgr.model.generate from nsmgr.model.links.batadv.Batadv: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Names, Scale, Where
from nsmgr.model.convert import ByNumber
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, optional, truth, whole, word
from nsmgr.model.table.links import Link
from nsmgr.text import duration

YES_NO = Bool()

GW_MODES = Names({"off": 0, "client": 1, "server": 2})


class Batadv(Plain):
    KIND = "batadv"
    IMMUTABLE_NETNS = True
    CONTROLLER = True
    GENL = "batadv"
    MTU_RANGE = (68, 1500)
    ROWS = {
        **Link.ROWS,
        "algo": Attr("IFLA_BATADV_ALGO_NAME", Change.REPLACE, Where.DATA, told_by="BATADV_ATTR_ALGO_NAME", default="BATMAN_IV"),
        "aggregated_ogms": Attr("BATADV_ATTR_AGGREGATED_OGMS_ENABLED", where=Where.GENL, convert=YES_NO, default=True),
        "ap_isolation": Attr("BATADV_ATTR_AP_ISOLATION_ENABLED", where=Where.GENL, convert=YES_NO, default=False),
        "isolation_mark": Attr("BATADV_ATTR_ISOLATION_MARK", where=Where.GENL, default=0),
        "isolation_mask": Attr("BATADV_ATTR_ISOLATION_MASK", where=Where.GENL, default=0),
        "bonding": Attr("BATADV_ATTR_BONDING_ENABLED", where=Where.GENL, convert=YES_NO, default=False),
        "bridge_loop_avoidance": Attr("BATADV_ATTR_BRIDGE_LOOP_AVOIDANCE_ENABLED", where=Where.GENL, convert=YES_NO, default=True),
        "distributed_arp_table": Attr("BATADV_ATTR_DISTRIBUTED_ARP_TABLE_ENABLED", where=Where.GENL, convert=YES_NO, default=True),
        "fragmentation": Attr("BATADV_ATTR_FRAGMENTATION_ENABLED", where=Where.GENL, convert=YES_NO, default=True),
        "gw_mode": Attr("BATADV_ATTR_GW_MODE", where=Where.GENL, convert=GW_MODES, default="off"),
        "gw_bandwidth_down": Attr("BATADV_ATTR_GW_BANDWIDTH_DOWN", where=Where.GENL, default=100),
        "gw_bandwidth_up": Attr("BATADV_ATTR_GW_BANDWIDTH_UP", where=Where.GENL, default=20),
        "gw_sel_class": Attr("BATADV_ATTR_GW_SEL_CLASS", where=Where.GENL),
        "hop_penalty": Attr("BATADV_ATTR_HOP_PENALTY", where=Where.GENL, default=30),
        "multicast_forceflood": Attr("BATADV_ATTR_MULTICAST_FORCEFLOOD_ENABLED", where=Where.GENL, convert=YES_NO, default=False),
        "multicast_fanout": Attr("BATADV_ATTR_MULTICAST_FANOUT", where=Where.GENL, default=16),
        "orig_interval": Attr("BATADV_ATTR_ORIG_INTERVAL", where=Where.GENL, convert=Scale(1000), default=1000, unit="ms"),
    }

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.gw_sel_class is not None and self.algo != "BATMAN_V" and self.gw_sel_class > 255:
            found.append(("gw_sel_class", "1 to 255 with BATMAN_IV (EINVAL)", "`algo: BATMAN_V` counts in units of 100 kbit/s"))
        return found


Batadv.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("batadv")),
        "algo": optional(word("BATMAN_IV", "BATMAN_V")),
        "aggregated_ogms": optional(truth),
        "ap_isolation": optional(truth),
        "isolation_mark": optional(whole(0, 4294967295)),
        "isolation_mask": optional(whole(0, 4294967295)),
        "bonding": optional(truth),
        "bridge_loop_avoidance": optional(truth),
        "distributed_arp_table": optional(truth),
        "fragmentation": optional(truth),
        "gw_mode": chain(ByNumber(GW_MODES), word("off", "client", "server")),
        "gw_bandwidth_down": optional(whole(0, 4294967295)),
        "gw_bandwidth_up": optional(whole(0, 4294967295)),
        "gw_sel_class": optional(whole(1, 4294967295)),
        "hop_penalty": optional(whole(0, 255)),
        "multicast_forceflood": optional(truth),
        "multicast_fanout": optional(whole(0, 4294967295)),
        "orig_interval": optional(chain(duration, whole(40, 4294967295))),
    },
    {
        **Link.SHAPE.defaults,
        "kind": "batadv",
        "algo": None,
        "aggregated_ogms": None,
        "ap_isolation": None,
        "isolation_mark": None,
        "isolation_mask": None,
        "bonding": None,
        "bridge_loop_avoidance": None,
        "distributed_arp_table": None,
        "fragmentation": None,
        "gw_mode": None,
        "gw_bandwidth_down": None,
        "gw_bandwidth_up": None,
        "gw_sel_class": None,
        "hop_penalty": None,
        "multicast_forceflood": None,
        "multicast_fanout": None,
        "orig_interval": None,
    },
    (),
    make=Batadv,
)
ENTRY = Batadv
