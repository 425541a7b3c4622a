"""Settings of a link's driver: the section ``ethtool`` (net/ethtool)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Value
from nsmgr.model.thing import Part, rows_of
from nsmgr.model.things.base import ThingModel
from nsmgr.model.things.channels import Channels
from nsmgr.model.things.coalesce import Coalesce
from nsmgr.model.things.pause import Pause
from nsmgr.model.things.rings import Rings

GROUPS = ("rings", "channels", "coalesce", "pause")


class Ethtool(ThingModel):
    """What a driver lets people choose: ``{rings: {rx: 512}, coalesce: {rx_usecs: 50}}``. Offloads are `features`.

    What the driver lacks is refused (EOPNOTSUPP). Nothing is exported: the kernel does not tell what was set from what the driver
    came up with.
    """

    TYPE: ClassVar[str] = "ethtool"
    SECTION: ClassVar[str] = "ethtool"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    FORM: ClassVar[Literal["list", "mapping", "one"]] = "one"
    ALSO: ClassVar[tuple[str, ...]] = ("rings", "channels", "coalesce", "pause")
    CARRIER: ClassVar[Literal["rtnl", "own"]] = "own"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "up"
    SETTINGS: ClassVar[bool] = True

    speed: Annotated[int | None, Field(ge=0, lt=2**32), Attr("ETHTOOL_A_LINKMODES_SPEED", unit="Mbit/s", export=False)] = None
    """Speed of the line."""
    duplex: Annotated[Literal["half", "full"] | None, Attr("ETHTOOL_A_LINKMODES_DUPLEX", export=False)] = None
    """Whether both ends may send at once."""
    autoneg: Annotated[bool | None, Attr("ETHTOOL_A_LINKMODES_AUTONEG", export=False)] = None
    """Agree on speed and duplex with the far end."""
    rings: Rings | None = None
    """Ring sizes."""
    channels: Channels | None = None
    """Channels."""
    coalesce: Coalesce | None = None
    """Interrupt coalescing."""
    pause: Pause | None = None
    """Flow control."""

    def parts(self, link: str) -> list[Part]:
        own = self.attributes()
        found = [Part("ethtool", link, own)] if own else []
        for name in GROUPS:
            body = getattr(self, name)
            said: dict[str, Value] = {}
            if body is not None:
                values = vars(body)
                said = {key: values[key] for key in rows_of(name) if values.get(key) is not None}
            if said:
                found.append(Part(name, link, said, path=(name,)))
        return found

    @classmethod
    def section(cls, parts: Sequence[Part]) -> Any:
        return {}
