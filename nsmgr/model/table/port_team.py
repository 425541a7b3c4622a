"""Written by nsmgr.model.generate from nsmgr.model.ports.team.TeamPort: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Where
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, optional, truth, whole


class Port(Plain):
    def problems(self, name: str) -> list[tuple[str, str, str]]:
        return self.shown_only()


class TeamPort(Port):
    KIND = "team"
    DATA = ""
    GENL = "team"
    ROWS = {
        "enabled": Attr("enabled", where=Where.GENL, convert=Bool(), default=True),
        "user_linkup_enabled": Attr("user_linkup_enabled", where=Where.GENL, convert=Bool(), default=False),
        "user_linkup": Attr("user_linkup", where=Where.GENL, convert=Bool(), default=False),
        "priority": Attr("priority", where=Where.GENL, default=0),
        "queue_id": Attr("queue_id", where=Where.GENL, default=0),
    }


TeamPort.SHAPE = Shape(
    {
        "enabled": optional(truth),
        "user_linkup_enabled": optional(truth),
        "user_linkup": optional(truth),
        "priority": optional(whole(-2147483648, 2147483647)),
        "queue_id": optional(whole(0, 65535)),
    },
    {"enabled": None, "user_linkup_enabled": None, "user_linkup": None, "priority": None, "queue_id": None},
    (),
    make=TeamPort,
)
ENTRY = TeamPort
