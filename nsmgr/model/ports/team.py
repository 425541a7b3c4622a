"""Ports of a team (drivers/net/team/team_core.c: the per-port options of team_options)."""

from __future__ import annotations

from functools import partial
from typing import Annotated, ClassVar

from pydantic import Field

from nsmgr.model.base import Attr, Bool, Where
from nsmgr.model.ports.base import Port

option = partial(Attr, where=Where.GENL)  # by the option's name; TEAM_CMD_OPTIONS_SET with TEAM_ATTR_OPTION_PORT_IFINDEX


class TeamPort(Port):
    """A port of a team. Set by generic netlink; everything changes in place, and is forgotten when the link leaves the team."""

    KIND: ClassVar[str] = "team"
    DATA: ClassVar[str | None] = ""
    GENL: ClassVar[str] = "team"

    enabled: Annotated[bool | None, option("enabled", convert=Bool(), default=True)] = None
    """Whether the port is used at all."""
    user_linkup_enabled: Annotated[bool | None, option("user_linkup_enabled", convert=Bool(), default=False)] = None
    """Whether ``user_linkup`` counts, instead of the link's carrier."""
    user_linkup: Annotated[bool | None, option("user_linkup", convert=Bool(), default=False)] = None
    """Whether the port counts as having carrier."""
    priority: Annotated[int | None, Field(ge=-(2**31), lt=2**31), option("priority", default=0)] = None
    """Of several ports with one ``queue_id``, the first that is used: the highest."""
    queue_id: Annotated[int | None, Field(ge=0, lt=2**16), option("queue_id", default=0)] = None
    """The team's transmit queue that leaves by this port; 0 = none. Below the team's ``tx_queues``."""
