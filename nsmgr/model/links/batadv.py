"""batadv: a B.A.T.M.A.N. mesh (net/batman-adv/)."""

from __future__ import annotations

from functools import partial
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Bool, Change, Names, Scale, Where
from nsmgr.model.convert import by_number
from nsmgr.model.links.base import Link, data
from nsmgr.types import Duration

GW_MODES = Names({"off": 0, "client": 1, "server": 2})
mesh = partial(Attr, where=Where.GENL)  # BATADV_CMD_SET_MESH
YES_NO = Bool()
_U32 = 2**32 - 1


class Batadv(Link):
    """A mesh as one Ethernet segment. Its hard interfaces are the links that have it for ``controller``.

    The routing algorithm is chosen at birth; the other attributes are the family ``batadv``'s of generic netlink.
    Cannot be moved to another namespace.
    """

    KIND: ClassVar[str] = "batadv"
    GENL: ClassVar[str] = "batadv"
    IMMUTABLE_NETNS: ClassVar[bool] = True
    CONTROLLER: ClassVar[bool] = True
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 1500)

    kind: Literal["batadv"] | None = "batadv"
    """The kind."""
    algo: Annotated[
        Literal["BATMAN_IV", "BATMAN_V"] | None,
        data("IFLA_BATADV_ALGO_NAME", Change.REPLACE, told_by="BATADV_ATTR_ALGO_NAME", default="BATMAN_IV"),
    ] = None
    """Routing algorithm, fixed at birth (ip: ``ra``)."""
    aggregated_ogms: Annotated[bool | None, mesh("BATADV_ATTR_AGGREGATED_OGMS_ENABLED", convert=YES_NO, default=True)] = None
    """Send several originator messages in one frame."""
    ap_isolation: Annotated[bool | None, mesh("BATADV_ATTR_AP_ISOLATION_ENABLED", convert=YES_NO, default=False)] = None
    """Keep clients of wireless ports from talking to each other."""
    isolation_mark: Annotated[int | None, Field(ge=0, le=_U32), mesh("BATADV_ATTR_ISOLATION_MARK", default=0)] = None
    """Packet mark by which clients count as isolated."""
    isolation_mask: Annotated[int | None, Field(ge=0, le=_U32), mesh("BATADV_ATTR_ISOLATION_MASK", default=0)] = None
    """Bits of the packet mark that ``isolation_mark`` is compared with."""
    bonding: Annotated[bool | None, mesh("BATADV_ATTR_BONDING_ENABLED", convert=YES_NO, default=False)] = None
    """Use all hard interfaces towards a neighbour in turn."""
    bridge_loop_avoidance: Annotated[
        bool | None, mesh("BATADV_ATTR_BRIDGE_LOOP_AVOIDANCE_ENABLED", convert=YES_NO, default=True)
    ] = None
    """Notice when the mesh and another network are bridged at several places."""
    distributed_arp_table: Annotated[
        bool | None, mesh("BATADV_ATTR_DISTRIBUTED_ARP_TABLE_ENABLED", convert=YES_NO, default=True)
    ] = None
    """Answer ARP requests from a table the mesh keeps."""
    fragmentation: Annotated[bool | None, mesh("BATADV_ATTR_FRAGMENTATION_ENABLED", convert=YES_NO, default=True)] = None
    """Split frames that a hard interface cannot carry whole."""
    gw_mode: Annotated[
        Literal["off", "client", "server"] | None, by_number(GW_MODES), mesh("BATADV_ATTR_GW_MODE", convert=GW_MODES, default="off")
    ] = None
    """Whether this node offers (server) or chooses (client) a gateway to the Internet."""
    gw_bandwidth_down: Annotated[int | None, Field(ge=0, le=_U32), mesh("BATADV_ATTR_GW_BANDWIDTH_DOWN", default=100)] = None
    """What a gateway announces, in units of 100 kbit/s."""
    gw_bandwidth_up: Annotated[int | None, Field(ge=0, le=_U32), mesh("BATADV_ATTR_GW_BANDWIDTH_UP", default=20)] = None
    """What a gateway announces, in units of 100 kbit/s."""
    gw_sel_class: Annotated[int | None, Field(ge=1, le=_U32), mesh("BATADV_ATTR_GW_SEL_CLASS")] = None
    """How a client chooses: BATMAN_IV, 1 to 255 (20 unless set); BATMAN_V, units of 100 kbit/s (50 unless set)."""
    hop_penalty: Annotated[int | None, Field(ge=0, le=255), mesh("BATADV_ATTR_HOP_PENALTY", default=30)] = None
    """How much worse a route counts for each node on it."""
    multicast_forceflood: Annotated[
        bool | None, mesh("BATADV_ATTR_MULTICAST_FORCEFLOOD_ENABLED", convert=YES_NO, default=False)
    ] = None
    """Send multicast to everybody."""
    multicast_fanout: Annotated[int | None, Field(ge=0, le=_U32), mesh("BATADV_ATTR_MULTICAST_FANOUT", default=16)] = None
    """Up to this many receivers get a multicast packet one by one."""
    orig_interval: Annotated[
        Duration | None, Field(ge=40, le=_U32), mesh("BATADV_ATTR_ORIG_INTERVAL", convert=Scale(1000), unit="ms", default=1000)
    ] = None
    """Time between originator messages, at least 40ms."""

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.gw_sel_class is not None and self.algo != "BATMAN_V" and self.gw_sel_class > 255:
            found.append(("gw_sel_class", "1 to 255 with BATMAN_IV (EINVAL)", "`algo: BATMAN_V` counts in units of 100 kbit/s"))
        return found
