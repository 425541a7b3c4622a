"""Options of a bridge's VLANs as a whole, not of single ports (BRIDGE_VLANDB_GLOBAL_OPTIONS; net/bridge/br_vlan_options.c)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from nsmgr.model import bridging
from nsmgr.model.base import Attr, Value
from nsmgr.model.convert import HZ_ROUNDING
from nsmgr.model.thing import Misplaced, Part
from nsmgr.model.things.base import ThingModel
from nsmgr.types import Duration

_DAY = 86_400_000


def _vlans(value: Any) -> Any:
    """10, ``10`` or ``20-29``."""
    return bridging.vlan_range(value)


class VlanOptions(ThingModel):
    """Snooping and spanning tree of VLANs, at the bridge: ``{id: 10-19, mcast_querier: true}``. Linux 5.15 and later.

    A VLAN is there when the bridge or one of its ports is a member (ENOENT else). What is not written is left alone. Those of
    multicast have effect with ``mcast_vlan_snooping`` of the bridge.
    """

    TYPE: ClassVar[str] = "vlan_options"
    SECTION: ClassVar[str] = "vlan_options"
    LEVEL: ClassVar[Literal["link", "namespace"]] = "link"
    STAGE: ClassVar[Literal["port", "up", "address", "route"]] = "up"
    SETTINGS: ClassVar[bool] = True
    GATHERED: ClassVar[bool] = True
    PROBED: ClassVar[bool] = True

    id: Annotated[str, BeforeValidator(_vlans, json_schema_input_type=int | str), Attr("BRIDGE_VLANDB_GOPTS_ID")]
    """The VLAN, or a range of them."""
    msti: Annotated[int | None, Field(ge=0, le=4094), Attr("BRIDGE_VLANDB_GOPTS_MSTI")] = None
    """Spanning tree instance, with ``mst_enabled`` of the bridge; 0 = the common one. Linux 5.18 and later."""
    mcast_snooping: Annotated[bool | None, Attr("BRIDGE_VLANDB_GOPTS_MCAST_SNOOPING")] = None
    """IGMP and MLD snooping; on in a new VLAN."""
    mcast_querier: Annotated[bool | None, Attr("BRIDGE_VLANDB_GOPTS_MCAST_QUERIER")] = None
    """Send IGMP and MLD queries."""
    mcast_igmp_version: Annotated[int | None, Field(ge=2, le=3), Attr("BRIDGE_VLANDB_GOPTS_MCAST_IGMP_VERSION")] = None
    """IGMP version of queries."""
    mcast_mld_version: Annotated[int | None, Field(ge=1, le=2), Attr("BRIDGE_VLANDB_GOPTS_MCAST_MLD_VERSION")] = None
    """MLD version of queries."""
    mcast_last_member_count: Annotated[int | None, Field(ge=0, lt=2**32), Attr("BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_CNT")] = None
    """Queries sent after a leave."""
    mcast_startup_query_count: Annotated[int | None, Field(ge=0, lt=2**32), Attr("BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_CNT")] = (
        None
    )
    """Queries sent at start."""
    mcast_last_member_interval: Annotated[
        Duration | None, Field(ge=0, le=_DAY), Attr("BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_INTVL", unit="ms")
    ] = None
    """Time between queries after a leave."""
    mcast_membership_interval: Annotated[
        Duration | None, Field(ge=0, le=_DAY), Attr("BRIDGE_VLANDB_GOPTS_MCAST_MEMBERSHIP_INTVL", unit="ms")
    ] = None
    """How long a group without reports stays."""
    mcast_querier_interval: Annotated[
        Duration | None, Field(ge=0, le=_DAY), Attr("BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_INTVL", unit="ms")
    ] = None
    """How long another querier is believed to be there."""
    mcast_query_interval: Annotated[
        Duration | None, Field(ge=1000, le=_DAY), Attr("BRIDGE_VLANDB_GOPTS_MCAST_QUERY_INTVL", unit="ms")
    ] = None
    """Time between queries; at least 1s (br_multicast_set_query_intvl clamps it)."""
    mcast_query_response_interval: Annotated[
        Duration | None, Field(ge=0, le=_DAY), Attr("BRIDGE_VLANDB_GOPTS_MCAST_QUERY_RESPONSE_INTVL", unit="ms")
    ] = None
    """Time that receivers have for their answer."""
    mcast_startup_query_interval: Annotated[
        Duration | None, Field(ge=1000, le=_DAY), Attr("BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_INTVL", unit="ms")
    ] = None
    """Time between queries at start; at least 1s."""

    def parts(self, link: str) -> list[Part]:
        return [Part("vlan_options", link, self.attributes())]

    def problems(self, link: str, kind: str) -> list[tuple[str, str, str]]:
        if kind not in ("bridge", ""):
            return [("", "options of VLANs as a whole are the bridge's", "options of single ports stand in their `vlans`")]
        return []

    @classmethod
    def gathered(cls, link: str, kind: str, parts: Sequence[Part]) -> Part:
        options: dict[str, dict[int, str]] = {}
        for part in parts:
            first, last = bridging.ends(str(part.attrs["id"]))
            for name in bridging.GLOBAL_DEFAULTS:
                if name not in part.attrs:
                    continue
                values = options.setdefault(name, {})
                if any(vlan in values for vlan in range(first, last + 1)):
                    raise Misplaced(f"`{name}` of VLAN {first} has two values", "keep one", (*part.path, name))
                values.update(dict.fromkeys(range(first, last + 1), str(part.attrs[name]).lower()))
        return Part("vlan_options", link, {name: bridging.texts(values) for name, values in options.items()})

    @classmethod
    def compare(cls, desired: Mapping[str, Value], observed: Mapping[str, Value]) -> list[tuple[str, Value, Value]] | None:
        """Intervals are kept in jiffies: they read back up to 40 ms off."""
        return bridging.option_differences(desired, observed, bridging.GLOBAL_DEFAULTS, HZ_ROUNDING)

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        return False

    @classmethod
    def foreign(cls, attrs: Mapping[str, Value]) -> bool:
        """As every new VLAN is."""
        return not attrs

    @classmethod
    def body(cls, attrs: Mapping[str, Value]) -> dict[str, Any]:
        return {name: attrs[name] for name in bridging.GLOBAL_DEFAULTS if attrs.get(name)}

    @classmethod
    def section(cls, parts: Sequence[Part]) -> Any:
        return bridging.option_entries(parts[0].attrs, bridging.GLOBAL_DEFAULTS)
