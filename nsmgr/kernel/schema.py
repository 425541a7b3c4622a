"""Which attributes there are: the tables of the messages and link kinds nsmgr speaks.

The texts in ``tables.py`` come from pyroute2's classes and ``overlay.py``; pyroute2 itself is not imported to use them.
"""

from __future__ import annotations

from nsmgr.kernel.codec import Table, Tables
from nsmgr.kernel.tables import TABLES

RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK, RTM_SETLINK = 16, 17, 18, 19
RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 20, 21, 22
RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE = 24, 25, 26
RTM_NEWRULE, RTM_DELRULE, RTM_GETRULE = 32, 33, 34
RTM_NEWQDISC, RTM_DELQDISC, RTM_GETQDISC = 36, 37, 38
RTM_NEWTCLASS, RTM_DELTCLASS, RTM_GETTCLASS = 40, 41, 42
RTM_NEWTFILTER, RTM_DELTFILTER, RTM_GETTFILTER = 44, 45, 46
RTM_NEWNSID, RTM_DELNSID, RTM_GETNSID = 88, 89, 90
RTM_NEWLINKPROP, RTM_DELLINKPROP = 108, 109


_tables = Tables(TABLES)


def link_table() -> Table:
    """RTM_*LINK. IFLA_INFO_DATA inside is bytes: its table depends on the kind, see :func:`data_table`."""
    return _tables["link"]


def linkinfo_table() -> Table:
    """IFLA_LINKINFO."""
    return _tables["link.IFLA_LINKINFO"]


def inet6_table() -> Table:
    """IFLA_AF_SPEC/AF_INET6."""
    return _tables["link.IFLA_AF_SPEC.AF_INET6"]


def data_table(key: str) -> Table | None:
    """IFLA_INFO_DATA of a kind, by pyroute2's ``data_map`` key; None when nobody knows that kind's attributes."""
    return _tables.get(f"data.{key}")


def address_table() -> Table:
    """RTM_*ADDR."""
    return _tables["address"]


def route_table() -> Table:
    """RTM_*ROUTE. RTA_MULTIPATH is bytes (struct rtnexthop has a header of its own)."""
    return _tables["route"]


def metrics_table() -> Table:
    """RTA_METRICS."""
    return _tables["route.RTA_METRICS"]


def rule_table() -> Table:
    """RTM_*RULE."""
    return _tables["rule"]


def nsid_table() -> Table:
    """RTM_*NSID."""
    return _tables["nsid"]


def traffic_table() -> Table:
    """RTM_*QDISC, RTM_*TCLASS, RTM_*TFILTER."""
    return _tables["traffic"]


def message_table(message_type: int) -> Table | None:
    """The table of an rtnetlink message type, None for types nsmgr does not speak."""
    if message_type in (RTM_NEWLINKPROP, RTM_DELLINKPROP) or RTM_NEWLINK <= message_type <= RTM_SETLINK:
        return link_table()
    for first, get in (
        (RTM_NEWADDR, address_table),
        (RTM_NEWROUTE, route_table),
        (RTM_NEWRULE, rule_table),
        (RTM_NEWNSID, nsid_table),
        (RTM_NEWQDISC, traffic_table),
        (RTM_NEWTCLASS, traffic_table),
        (RTM_NEWTFILTER, traffic_table),
    ):
        if first <= message_type <= first + 2:
            return get()
    return None
