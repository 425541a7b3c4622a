"""vlan: an IEEE 802.1Q or 802.1ad tag on a lower link (net/8021q/vlan_netlink.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from nsmgr.model.base import Attr, Bool, Change, Names, Value
from nsmgr.model.convert import Pairs, by_number
from nsmgr.model.links.base import Link, data

PROTOCOLS = Names({"802.1Q": 0x8100, "802.1ad": 0x88A8})
REORDER_HDR, GVRP, LOOSE_BINDING, MVRP, BRIDGE_BINDING = 0x1, 0x2, 0x4, 0x8, 0x10  # enum vlan_flags
_ADDITIVE = ("ingress_qos", "egress_qos")


def _pairs(value: Any) -> Any:
    """``{0: 1, 3: 5}`` → sorted pairs; a target of 0 is the absence of a mapping and left out."""
    if isinstance(value, Mapping):
        value = value.items()
    if not isinstance(value, (list, tuple)) and not hasattr(value, "__iter__"):
        return value
    try:
        pairs = {int(source): int(target) for source, target in value}
    except (TypeError, ValueError):
        raise ValueError("a mapping of numbers, {0: 1, 3: 5}") from None
    return tuple(sorted((source, target) for source, target in pairs.items() if target))


def _flag(bit: int, *, default: bool) -> Attr:
    """A row of IFLA_VLAN_FLAGS, which a dump leaves out when no flag is set (vlan_fill_info)."""
    return data("IFLA_VLAN_FLAGS", bit=bit, masked=True, convert=Bool(), absent=False, default=default)


Number32 = Annotated[int, Field(ge=0, lt=2**32)]
Priority = Annotated[int, Field(ge=0, le=7)]


class Vlan(Link):
    """A VLAN of a lower link. Deleted by the kernel with it; takes its MAC; its MTU cannot exceed and follows it down."""

    KIND: ClassVar[str] = "vlan"
    DIES_WITH: ClassVar[tuple[str, ...]] = ("parent",)
    RISES_UNLESS: ClassVar[str] = "loose_binding"
    DATA_REQUIRED: ClassVar[bool] = True
    TAKES_PARENT: ClassVar[bool] = True
    PARENT_REQUIRED: ClassVar[bool] = True
    DEFAULT_MTU: ClassVar[int] = 0  # the lower link's
    MTU_RANGE: ClassVar[tuple[int, int]] = (0, 65535)

    kind: Literal["vlan"] | None = "vlan"
    """The kind."""
    id: Annotated[int, Field(ge=0, le=4094), data("IFLA_VLAN_ID", Change.REPLACE)]
    """VLAN number. vlan_changelink ignores another one without a word, so a change replaces the link."""
    protocol: Annotated[
        Literal["802.1Q", "802.1ad"] | None,
        by_number(PROTOCOLS),
        data("IFLA_VLAN_PROTOCOL", Change.REPLACE, convert=PROTOCOLS, default="802.1Q"),
    ] = None
    """Tag protocol: 802.1Q (0x8100) or 802.1ad (0x88a8). Ignored by vlan_changelink, like ``id``."""
    reorder_hdr: Annotated[bool | None, _flag(REORDER_HDR, default=True)] = None
    """Take the tag out of received frames, so that the link looks like a plain Ethernet one."""
    gvrp: Annotated[bool | None, _flag(GVRP, default=False)] = None
    """Announce the VLAN by GVRP; EINVAL unless the kernel has CONFIG_VLAN_8021Q_GVRP."""
    mvrp: Annotated[bool | None, _flag(MVRP, default=False)] = None
    """Announce the VLAN by MVRP; EINVAL unless the kernel has CONFIG_VLAN_8021Q_MVRP."""
    loose_binding: Annotated[bool | None, _flag(LOOSE_BINDING, default=False)] = None
    """The link does not go up and down with its lower one."""
    bridge_binding: Annotated[bool | None, _flag(BRIDGE_BINDING, default=False)] = None
    """On a bridge: carrier follows the bridge ports that are in this VLAN."""
    ingress_qos: Annotated[
        tuple[tuple[Priority, Number32], ...] | None,
        BeforeValidator(_pairs, json_schema_input_type=dict[int, int]),
        data("IFLA_VLAN_INGRESS_QOS", convert=Pairs("IFLA_VLAN_QOS_MAPPING"), absent=(), default=()),
    ] = None
    """Tag priority (0-7) → packet priority. The kernel only adds: taking an entry out replaces the link."""
    egress_qos: Annotated[
        tuple[tuple[Number32, Priority], ...] | None,
        BeforeValidator(_pairs, json_schema_input_type=dict[int, int]),
        data("IFLA_VLAN_EGRESS_QOS", convert=Pairs("IFLA_VLAN_QOS_MAPPING"), absent=(), default=()),
    ] = None
    """Packet priority → tag priority (0-7). The kernel only adds: taking an entry out replaces the link."""

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        # vlan_changelink sets the mappings it is given and leaves all others in place.
        if name in _ADDITIVE and isinstance(observed, tuple) and isinstance(desired, tuple):
            return not {source for source, _ in observed} <= {source for source, _ in desired}
        return super().replaces(name, observed, desired)

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.parent == name:
            found.append(("parent", "a link cannot be its own parent", ""))
        return found
