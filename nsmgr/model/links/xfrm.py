"""xfrm: an interface for IPsec policies and states of one interface number (net/xfrm/xfrm_interface_core.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.attr import Attr
from nsmgr.model.base import Change, Value
from nsmgr.model.convert import Flag
from nsmgr.model.links.base import READONLY, data
from nsmgr.model.tunnel import Tunnel
from nsmgr.types import LinkRef


class Xfrm(Tunnel):
    """What is routed into it is handled by the IPsec policies of its number, which is unique in the namespace (EEXIST)."""

    KIND: ClassVar[str] = "xfrm"
    ETHERNET: ClassVar[bool] = False
    MTU_FOLLOWS: ClassVar[bool] = False
    DEFAULT_MTU: ClassVar[int] = 1500
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 65535)
    DEFAULTS: ClassVar[Mapping[str, Value]] = {"arp": False, "multicast": False, "addrgenmode": "random"}

    kind: Literal["xfrm"] | None = "xfrm"
    """The kind."""
    parent: Annotated[LinkRef | None, data("IFLA_XFRM_LINK", Change.REPLACE, ref=True)] = None
    """The link that packets leave by (ip: dev); xfrmi_change refuses another one (EINVAL)."""
    if_id: Annotated[int | None, Field(ge=1, lt=2**32), data("IFLA_XFRM_IF_ID")] = None
    """Interface number of the policies and states; not with ``external``."""
    external: Annotated[
        bool | None, data("IFLA_XFRM_COLLECT_METADATA", Change.REPLACE, convert=Flag(), absent=False, default=False)
    ] = None
    """The interface number comes with each packet (collect metadata). One such device in a namespace. Linux 6.1 and later."""
    mac: Annotated[str | None, READONLY, Attr("IFLA_ADDRESS", Change.READ_ONLY, export=False)] = None
    """Empty: the device has no hardware address."""
    broadcast: Annotated[str | None, READONLY, Attr("IFLA_BROADCAST", Change.READ_ONLY, export=False)] = None
    """Empty: the device has no hardware address."""

    @classmethod
    def fixed(cls, observed: Mapping[str, Value]) -> tuple[str, ...]:
        # xfrmi_changelink: "collect_md can't be changed", nor can anything else then.
        return ("if_id",) if observed.get("external") else ()

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.addrgenmode == "eui64":
            found.append(("addrgenmode", "there is no hardware address to make one of (addrconf_dev_config)", "use `random`"))
        if self.external:
            for field in ("if_id", "parent"):
                if getattr(self, field) is not None:
                    found.append((field, f"`{field}` does not go with `external` (xfrmi_newlink: EINVAL)", f"remove `{field}`"))
        elif self.if_id is None:
            found.append(("if_id", "an xfrm link needs its interface number", "set `if_id`, or `external: true`"))
        return found
