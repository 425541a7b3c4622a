"""team: several links as one, steered by options (drivers/net/team/team_core.c)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Scale, Value, Where
from nsmgr.model.links.base import Link
from nsmgr.types import Duration, IfName

MILLISECONDS = Scale(1000)
option = partial(Attr, where=Where.GENL)  # by the option's name; TEAM_CMD_OPTIONS_SET
_INT_MAX = 2**31 - 1


class Team(Link):
    """Several links as one. The link is rtnetlink's, its mode and options are set by generic netlink (family ``team``).

    A port must be down when it joins (EBUSY); the kernel then takes it up, and it has the team's MTU until it leaves.
    ``mode`` is set before ports join and changes only while there are none: they are released and taken back. The kernel
    alone does not do what teamd's runners do: mode activebackup sends nothing until ``activeport`` says which port to use, and
    ports of activebackup and loadbalance keep their MAC, to which nobody answers the team: set ``mac`` of all to the same.
    """

    KIND: ClassVar[str] = "team"
    DATA: ClassVar[str | None] = ""
    GENL: ClassVar[str] = "team"
    IMMUTABLE_NETNS: ClassVar[bool] = True
    CONTROLLER: ClassVar[bool] = True
    PORT_DOWN: ClassVar[bool] = True
    WITHOUT_PORTS: ClassVar[frozenset[str]] = frozenset({"mode"})
    NAMES_PORTS: ClassVar[frozenset[str]] = frozenset({"activeport"})
    # A new mode begins with options of its own (team_mode.ops.init).
    TOGETHER: ClassVar[Mapping[str, tuple[str, ...]]] = {"mode": ("activeport", "lb_tx_method", "lb_stats_refresh_interval")}
    DEFAULTS: ClassVar[Mapping[str, Value]] = {"tx_queues": 16, "rx_queues": 16}  # TEAM_DEFAULT_NUM_TX_QUEUES
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65535)

    kind: Literal["team"] | None = "team"
    """The kind."""
    mode: Annotated[Literal["activebackup", "loadbalance", "roundrobin", "broadcast", "random"] | None, option("mode")] = None
    """How ports are used. A team without a mode drops all it should send."""
    activeport: Annotated[IfName | None, option("activeport", ref=True)] = None
    """activebackup: the port in use. Set once the ports are there; lost with the port and with a change of ``mode``."""
    notify_peers_count: Annotated[int | None, Field(ge=0, le=_INT_MAX), option("notify_peers_count", default=0)] = None
    """Gratuitous ARPs and unsolicited NAs after a port was enabled or disabled."""
    notify_peers_interval: Annotated[
        Duration | None, Field(ge=0, le=_INT_MAX), option("notify_peers_interval", convert=MILLISECONDS, unit="ms", default=0)
    ] = None
    """Time between these."""
    mcast_rejoin_count: Annotated[int | None, Field(ge=0, le=_INT_MAX), option("mcast_rejoin_count", default=0)] = None
    """How often multicast groups are joined again after a port was enabled or disabled."""
    mcast_rejoin_interval: Annotated[
        Duration | None, Field(ge=0, le=_INT_MAX), option("mcast_rejoin_interval", convert=MILLISECONDS, unit="ms", default=0)
    ] = None
    """Time between these."""
    lb_tx_method: Annotated[Literal["hash", "hash_to_port_mapping"] | None, option("lb_tx_method", default="hash")] = None
    """loadbalance: how a packet's hash chooses the port."""
    lb_stats_refresh_interval: Annotated[
        Duration | None,
        Field(ge=0, le=_INT_MAX),
        option("lb_stats_refresh_interval", convert=Scale(10), unit="ms", default=0),
    ] = None
    """loadbalance: time between updates of the statistics; tenths of a second, 0 = none."""

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
