"""Speed and duplex: ETHTOOL_MSG_LINKMODES_GET and _SET (net/ethtool/linkmodes.c)."""

from __future__ import annotations

from nsmgr.kernel.ethtool import Numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nsmgr.model.attr import Value

DUPLEX = ("half", "full")  # DUPLEX_HALF, DUPLEX_FULL; 255 = unknown
SPEED_UNKNOWN = 0xFFFFFFFF


class LinkModes(Numbers):
    """As the others; what the driver does not know is None."""

    def read(self, name: str, value: Value) -> Value:
        if name == "duplex" and isinstance(value, int):
            return DUPLEX[value] if value < len(DUPLEX) else None
        return None if name == "speed" and value == SPEED_UNKNOWN else value

    def write(self, name: str, value: Value) -> int:
        return DUPLEX.index(str(value)) if name == "duplex" else super().write(name, value)


MODES = LinkModes("ethtool", 4, 5, {"autoneg": (2, 1), "speed": (5, 4), "duplex": (6, 1)}, ("autoneg",))
ask, decode, perform = MODES.ask, MODES.decode, MODES.perform
