"""What the options of every kind of port have in common. One file per kind of controller beside this one."""

from __future__ import annotations

from typing import ClassVar

from nsmgr.model.base import Resource
from nsmgr.model.kind import Kind


class Port(Resource, Kind):
    """Options of a link as a port of its controller.

    KIND is the controller's; DATA names the attributes of IFLA_LINKINFO/IFLA_INFO_SLAVE_DATA. The kernel ignores them in the
    message that makes or enslaves a link (rtnl_newlink looks for the controller first, EOPNOTSUPP), forgets them when the link
    leaves its controller, and reads them back in every link dump.
    """

    TYPE: ClassVar[str] = "port"

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        return self.shown_only()
