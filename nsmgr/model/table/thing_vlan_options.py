"""Written by nsmgr.model.generate from nsmgr.model.things.vlan_options.VlanOptions: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model import bridging
from nsmgr.model.attr import Attr, Value
from nsmgr.model.convert import HZ_ROUNDING
from nsmgr.model.shape import Shape, chain, optional, text, truth, whole
from nsmgr.model.thing import Misplaced, Part, PlainThing
from nsmgr.text import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


def _vlans(value: Any) -> Any:
    """10, ``10`` or ``20-29``."""
    return bridging.vlan_range(value)


class VlanOptions(PlainThing):
    TYPE = "vlan_options"
    SECTION = "vlan_options"
    LEVEL = "link"
    STAGE = "up"
    SETTINGS = True
    PROBED = True
    GATHERED = True
    ROWS = {
        "id": Attr("BRIDGE_VLANDB_GOPTS_ID"),
        "msti": Attr("BRIDGE_VLANDB_GOPTS_MSTI"),
        "mcast_snooping": Attr("BRIDGE_VLANDB_GOPTS_MCAST_SNOOPING"),
        "mcast_querier": Attr("BRIDGE_VLANDB_GOPTS_MCAST_QUERIER"),
        "mcast_igmp_version": Attr("BRIDGE_VLANDB_GOPTS_MCAST_IGMP_VERSION"),
        "mcast_mld_version": Attr("BRIDGE_VLANDB_GOPTS_MCAST_MLD_VERSION"),
        "mcast_last_member_count": Attr("BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_CNT"),
        "mcast_startup_query_count": Attr("BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_CNT"),
        "mcast_last_member_interval": Attr("BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_INTVL", unit="ms"),
        "mcast_membership_interval": Attr("BRIDGE_VLANDB_GOPTS_MCAST_MEMBERSHIP_INTVL", unit="ms"),
        "mcast_querier_interval": Attr("BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_INTVL", unit="ms"),
        "mcast_query_interval": Attr("BRIDGE_VLANDB_GOPTS_MCAST_QUERY_INTVL", unit="ms"),
        "mcast_query_response_interval": Attr("BRIDGE_VLANDB_GOPTS_MCAST_QUERY_RESPONSE_INTVL", unit="ms"),
        "mcast_startup_query_interval": Attr("BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_INTVL", unit="ms"),
    }

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


VlanOptions.SHAPE = Shape(
    {
        "id": chain(_vlans, text()),
        "msti": optional(whole(0, 4094)),
        "mcast_snooping": optional(truth),
        "mcast_querier": optional(truth),
        "mcast_igmp_version": optional(whole(2, 3)),
        "mcast_mld_version": optional(whole(1, 2)),
        "mcast_last_member_count": optional(whole(0, 4294967295)),
        "mcast_startup_query_count": optional(whole(0, 4294967295)),
        "mcast_last_member_interval": optional(chain(duration, whole(0, 86400000))),
        "mcast_membership_interval": optional(chain(duration, whole(0, 86400000))),
        "mcast_querier_interval": optional(chain(duration, whole(0, 86400000))),
        "mcast_query_interval": optional(chain(duration, whole(1000, 86400000))),
        "mcast_query_response_interval": optional(chain(duration, whole(0, 86400000))),
        "mcast_startup_query_interval": optional(chain(duration, whole(1000, 86400000))),
    },
    {
        "msti": None,
        "mcast_snooping": None,
        "mcast_querier": None,
        "mcast_igmp_version": None,
        "mcast_mld_version": None,
        "mcast_last_member_count": None,
        "mcast_startup_query_count": None,
        "mcast_last_member_interval": None,
        "mcast_membership_interval": None,
        "mcast_querier_interval": None,
        "mcast_query_interval": None,
        "mcast_query_response_interval": None,
        "mcast_startup_query_interval": None,
    },
    ("id",),
    make=VlanOptions,
)
ENTRY = VlanOptions
