"""Written by nsmgr.model.generate from nsmgr.model.links.team.Team: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Change, Scale, Where
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, optional, text, whole, word
from nsmgr.model.table.links import Link
from nsmgr.text import duration, ifname

MILLISECONDS = Scale(1000)


class Team(Plain):
    KIND = "team"
    DATA = ""
    IMMUTABLE_NETNS = True
    PORT_DOWN = True
    CONTROLLER = True
    WITHOUT_PORTS = frozenset(["mode"])
    NAMES_PORTS = frozenset(["activeport"])
    TOGETHER = {"mode": ("activeport", "lb_tx_method", "lb_stats_refresh_interval")}
    GENL = "team"
    DEFAULTS = {"tx_queues": 16, "rx_queues": 16}
    MTU_RANGE = (68, 65535)
    ROWS = {
        **Link.ROWS,
        "tx_queues": Attr("IFLA_NUM_TX_QUEUES", Change.REPLACE, default=16),
        "rx_queues": Attr("IFLA_NUM_RX_QUEUES", Change.REPLACE, untold=True, default=16),
        "mode": Attr("mode", where=Where.GENL),
        "activeport": Attr("activeport", where=Where.GENL, ref=True),
        "notify_peers_count": Attr("notify_peers_count", where=Where.GENL, default=0),
        "notify_peers_interval": Attr("notify_peers_interval", where=Where.GENL, convert=MILLISECONDS, default=0, unit="ms"),
        "mcast_rejoin_count": Attr("mcast_rejoin_count", where=Where.GENL, default=0),
        "mcast_rejoin_interval": Attr("mcast_rejoin_interval", where=Where.GENL, convert=MILLISECONDS, default=0, unit="ms"),
        "lb_tx_method": Attr("lb_tx_method", where=Where.GENL, default="hash"),
        "lb_stats_refresh_interval": Attr("lb_stats_refresh_interval", where=Where.GENL, convert=Scale(10), default=0, unit="ms"),
    }

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        for field, mode in (
            ("activeport", "activebackup"),
            ("lb_tx_method", "loadbalance"),
            ("lb_stats_refresh_interval", "loadbalance"),
        ):
            if getattr(self, field) is not None and self.mode != mode:
                found.append((field, f"`{field}` is an option of mode {mode} (ENOENT)", f"set `mode: {mode}`"))
        if self.lb_stats_refresh_interval is not None and self.lb_stats_refresh_interval % 100:
            found.append(("lb_stats_refresh_interval", "counted in tenths of a second", "a multiple of 100ms"))
        return found


Team.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("team")),
        "mode": optional(word("activebackup", "loadbalance", "roundrobin", "broadcast", "random")),
        "activeport": optional(chain(text(1, 15), ifname)),
        "notify_peers_count": optional(whole(0, 2147483647)),
        "notify_peers_interval": optional(chain(duration, whole(0, 2147483647))),
        "mcast_rejoin_count": optional(whole(0, 2147483647)),
        "mcast_rejoin_interval": optional(chain(duration, whole(0, 2147483647))),
        "lb_tx_method": optional(word("hash", "hash_to_port_mapping")),
        "lb_stats_refresh_interval": optional(chain(duration, whole(0, 2147483647))),
    },
    {
        **Link.SHAPE.defaults,
        "kind": "team",
        "mode": None,
        "activeport": None,
        "notify_peers_count": None,
        "notify_peers_interval": None,
        "mcast_rejoin_count": None,
        "mcast_rejoin_interval": None,
        "lb_tx_method": None,
        "lb_stats_refresh_interval": None,
    },
    (),
    make=Team,
)
ENTRY = Team
