"""Written by nsmgr.model.generate from nsmgr.model.links.vlan.Vlan: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Names, Value, Where
from nsmgr.model.convert import ByNumber, Pairs
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, optional, truth, whole, word
from nsmgr.model.table.links import Link

PROTOCOLS = Names({"802.1Q": 0x8100, "802.1ad": 0x88A8})

_ADDITIVE = ("ingress_qos", "egress_qos")


class Vlan(Plain):
    KIND = "vlan"
    DIES_WITH = ("parent",)
    DATA_REQUIRED = True
    RISES_UNLESS = "loose_binding"
    PARENT_REQUIRED = True
    TAKES_PARENT = True
    DEFAULT_MTU = 0
    MTU_RANGE = (0, 65535)
    ROWS = {
        **Link.ROWS,
        "id": Attr("IFLA_VLAN_ID", Change.REPLACE, Where.DATA),
        "protocol": Attr("IFLA_VLAN_PROTOCOL", Change.REPLACE, Where.DATA, PROTOCOLS, default="802.1Q"),
        "reorder_hdr": Attr("IFLA_VLAN_FLAGS", where=Where.DATA, convert=Bool(), bit=1, masked=True, absent=False, default=True),
        "gvrp": Attr("IFLA_VLAN_FLAGS", where=Where.DATA, convert=Bool(), bit=2, masked=True, absent=False, default=False),
        "mvrp": Attr("IFLA_VLAN_FLAGS", where=Where.DATA, convert=Bool(), bit=8, masked=True, absent=False, default=False),
        "loose_binding": Attr("IFLA_VLAN_FLAGS", where=Where.DATA, convert=Bool(), bit=4, masked=True, absent=False, default=False),
        "bridge_binding": Attr(
            "IFLA_VLAN_FLAGS", where=Where.DATA, convert=Bool(), bit=16, masked=True, absent=False, default=False
        ),
        "ingress_qos": Attr(
            "IFLA_VLAN_INGRESS_QOS", where=Where.DATA, convert=Pairs("IFLA_VLAN_QOS_MAPPING"), absent=(), default=()
        ),
        "egress_qos": Attr("IFLA_VLAN_EGRESS_QOS", where=Where.DATA, convert=Pairs("IFLA_VLAN_QOS_MAPPING"), absent=(), default=()),
    }

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


Vlan.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("vlan")),
        "id": whole(0, 4094),
        "protocol": chain(ByNumber(PROTOCOLS), word("802.1Q", "802.1ad")),
        "reorder_hdr": optional(truth),
        "gvrp": optional(truth),
        "mvrp": optional(truth),
        "loose_binding": optional(truth),
        "bridge_binding": optional(truth),
        "ingress_qos": None,
        "egress_qos": None,
    },
    {
        **Link.SHAPE.defaults,
        "kind": "vlan",
        "protocol": None,
        "reorder_hdr": None,
        "gvrp": None,
        "mvrp": None,
        "loose_binding": None,
        "bridge_binding": None,
        "ingress_qos": None,
        "egress_qos": None,
    },
    ("id",),
    make=Vlan,
)
ENTRY = Vlan
