"""Written by nsmgr.model.generate from nsmgr.model.ports.bond.BondPort: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Change, Names, Where
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, optional, text, whole, word

STATES = Names({"active": 0, "backup": 1})

MII = Names({"up": 0, "fail": 1, "down": 2, "back": 3})


class Port(Plain):
    def problems(self, name: str) -> list[tuple[str, str, str]]:
        return self.shown_only()


class BondPort(Port):
    KIND = "bond"
    DATA = "bond_slave"
    UNIQUE = frozenset(["queue_id"])
    ROWS = {
        "queue_id": Attr("IFLA_BOND_SLAVE_QUEUE_ID", where=Where.DATA, default=0),
        "prio": Attr("IFLA_BOND_SLAVE_PRIO", where=Where.DATA, default=0),
        "actor_port_prio": Attr("IFLA_BOND_SLAVE_ACTOR_PORT_PRIO", where=Where.DATA, default=255),
        "state": Attr("IFLA_BOND_SLAVE_STATE", Change.READ_ONLY, Where.DATA, STATES, export=False),
        "mii_status": Attr("IFLA_BOND_SLAVE_MII_STATUS", Change.READ_ONLY, Where.DATA, MII, export=False),
        "link_failure_count": Attr("IFLA_BOND_SLAVE_LINK_FAILURE_COUNT", Change.READ_ONLY, Where.DATA, export=False),
        "perm_hwaddr": Attr("IFLA_BOND_SLAVE_PERM_HWADDR", Change.READ_ONLY, Where.DATA, export=False),
        "ad_aggregator_id": Attr("IFLA_BOND_SLAVE_AD_AGGREGATOR_ID", Change.READ_ONLY, Where.DATA, export=False),
        "ad_actor_oper_port_state": Attr("IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE", Change.READ_ONLY, Where.DATA, export=False),
        "ad_partner_oper_port_state": Attr(
            "IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE", Change.READ_ONLY, Where.DATA, export=False
        ),
    }


BondPort.SHAPE = Shape(
    {
        "queue_id": optional(whole(0, 65535)),
        "prio": optional(whole(-2147483648, 2147483647)),
        "actor_port_prio": optional(whole(0, 65535)),
        "state": optional(word("active", "backup")),
        "mii_status": optional(word("up", "fail", "down", "back")),
        "link_failure_count": optional(whole()),
        "perm_hwaddr": optional(text()),
        "ad_aggregator_id": optional(whole()),
        "ad_actor_oper_port_state": optional(whole()),
        "ad_partner_oper_port_state": optional(whole()),
    },
    {
        "queue_id": None,
        "prio": None,
        "actor_port_prio": None,
        "state": None,
        "mii_status": None,
        "link_failure_count": None,
        "perm_hwaddr": None,
        "ad_aggregator_id": None,
        "ad_actor_oper_port_state": None,
        "ad_partner_oper_port_state": None,
    },
    (),
    make=BondPort,
)
ENTRY = BondPort
