"""Routes and rules of the in-memory kernel (net/ipv4/fib_*.c, net/ipv6/route.c, net/core/fib_rules.c)."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from socket import inet_ntop, inet_pton

from nsmgr.kernel.fake_state import (
    LO,
    RT_TABLE_MAIN,
    RTPROT_KERNEL,
    Device,
    Entry,
    Netns,
    refuse,
)
from nsmgr.model.attr import Value
from nsmgr.plan.state import PROTO_NSMGR, Address, NextHop, Route, Rule
from nsmgr.record import replace
from nsmgr.text import family

RT_SCOPE_UNIVERSE, RT_SCOPE_LINK, RT_SCOPE_HOST, RT_SCOPE_NOWHERE = 0, 253, 254, 255
SCOPES: Mapping[str, int] = {"global": 0, "universe": 0, "site": 200, "link": 253, "host": 254, "nowhere": 255}
IP6_RT_PRIO_USER, IP6_RT_PRIO_ADDRCONF = 1024, 256
WITHOUT_NEXTHOP = ("blackhole", "unreachable", "prohibit", "throw")


def number(address: str) -> int:
    return int.from_bytes(inet_pton(family(address), address), "big")


def contains(prefix: str, address: str) -> bool:
    """Whether the prefix covers the address; False across families."""
    network, _, length = prefix.partition("/")
    if family(network) != family(address):
        return False
    shift = (128 if ":" in network else 32) - int(length)
    return number(network) >> shift == number(address) >> shift


def local(address: Address) -> str:
    """The address without its length: "10.0.0.1" of "10.0.0.1/24" and of "10.0.0.1 peer 10.0.0.2/32"."""
    return address.address.partition(" ")[0].partition("/")[0]


def is_local(netns: Netns, address: str) -> bool:
    return any(local(own) == address for device in netns.devices.values() for own in device.addresses)


# ------------------------------------------------------------------------------------------------------------- by the user


def add_route(netns: Netns, wanted: Route, indexes: Mapping[str, int], *, replacing: bool, exclusive: bool = True) -> None:
    """RTM_NEWROUTE. CREATE|EXCL, or CREATE|REPLACE, or (neither) CREATE alone."""
    six = ":" in wanted.to
    table_key = wanted.key
    devices = tuple(_device(netns, hop, indexes) for hop in wanted.nexthops)
    route = replace(wanted, attrs=dict(wanted.attrs), nexthops=tuple(replace(hop) for hop in wanted.nexthops))
    route.attrs.setdefault("type", "unicast")
    route.attrs.setdefault("proto", PROTO_NSMGR)
    kind = route.attrs["type"]
    by_object = "nhid" in route.attrs
    if by_object:
        _check_object(netns, route)
        route.nexthops = devices = ()
    elif kind in WITHOUT_NEXTHOP:
        route.nexthops = devices = ()
    elif not route.nexthops:
        refuse(errno.ENODEV if six else errno.EINVAL, "" if six else "Nexthop gateway or device is required")
    prefsrc = route.attrs.get("prefsrc")
    gated = any(hop.via for hop in route.nexthops)
    if six or by_object:
        route.attrs["scope"] = "global"  # IPv6 has no scopes: always RT_SCOPE_UNIVERSE in the dump
    elif "scope" not in route.attrs:  # as ip(8) fills it in
        route.attrs["scope"] = "host" if kind == "local" else "link" if kind == "unicast" and not gated else "global"
    bound = tuple(_check_hop(netns, route, hop, device) for hop, device in zip(route.nexthops, devices, strict=True))
    if isinstance(prefsrc, str) and not is_local(netns, prefsrc):
        refuse(errno.EINVAL, "Invalid source address" if six else "Invalid prefsrc address")
    entry = Entry(route, bound)
    present = netns.routes.get(table_key, [])
    if present and replacing:
        present[0] = entry
        return
    if present and exclusive:
        refuse(errno.EEXIST)
    if any(other.route.nexthops == route.nexthops and other.devices == bound for other in present):
        refuse(errno.EEXIST)  # the identical route again
    netns.add_entry(entry, first=not six)  # IPv4 without EXCL prepends a duplicate


def _check_object(netns: Netns, route: Route) -> None:
    if not any(held.thing.id == ("nexthop", str(route.attrs["nhid"])) for held in netns.things):
        refuse(errno.EINVAL, "Nexthop id does not exist")


def _device(netns: Netns, hop: NextHop, indexes: Mapping[str, int]) -> Device | None:
    if not hop.dev:
        return None
    if hop.dev not in indexes:
        refuse(errno.EINVAL, f"no interface index for {hop.dev}")
    return netns.device(indexes[hop.dev])


def _check_hop(netns: Netns, route: Route, hop: NextHop, device: Device | None) -> Device:
    """fib_check_nh / ip6_route_info_create: the gateway must be on link, the device up. Returns the device it goes out of."""
    if not hop.via:
        if device is None:
            refuse(errno.EINVAL, "Nexthop gateway or device is required")
        if not device.up:
            refuse(errno.ENETDOWN, "" if ":" in route.to else "Device for nexthop is not up")
        return device
    six = ":" in hop.via
    if hop.onlink:
        if device is None:
            refuse(errno.EINVAL, "Nexthop device required for onlink")
        if not device.up:
            refuse(errno.ENETDOWN, "Nexthop device is not up")
        if is_local(netns, hop.via):
            refuse(errno.EINVAL, "Nexthop has invalid gateway")
        return device
    if six and number(hop.via) >> 118 == 0x3FA:  # fe80::/10
        if device is None:
            refuse(errno.EINVAL, "Nexthop device required for link-local gateway")
        if not device.up:
            refuse(errno.ENETDOWN)
        return device
    if six and device is not None and not device.up:
        refuse(errno.ENETDOWN)
    if six and is_local(netns, hop.via):
        refuse(errno.EINVAL, "Gateway can not be a local address")
    out = _on_link(netns, hop.via, device, route.table) or _owner(netns, hop.via, device)
    if out is None:
        refuse(errno.EHOSTUNREACH if six else errno.ENETUNREACH, "" if six else "Nexthop has invalid gateway")
    return out


def _on_link(netns: Netns, gateway: str, device: Device | None, table: int) -> Device | None:
    """The device of the longest route without gateway that covers it (scope link or narrower), in its table or main."""
    best: tuple[int, Device] | None = None
    for entry in netns.entries():
        if entry.route.table not in (table, RT_TABLE_MAIN) or not contains(entry.route.to, gateway):
            continue
        if entry.route.attrs["type"] != "unicast" or (not entry.six and _scope(entry.route.attrs["scope"]) < RT_SCOPE_LINK):
            continue
        length = int(entry.route.to.partition("/")[2])
        for hop, out in zip(entry.route.nexthops, entry.devices, strict=True):
            if hop.via or out is None or not out.up or (device is not None and out is not device):
                continue
            if best is None or length > best[0]:
                best = (length, out)
    return best[1] if best else None


def _owner(netns: Netns, gateway: str, device: Device | None) -> Device | None:
    """IPv4 takes an address of its own as gateway (RTN_LOCAL in fib_check_nh_v4_gw): the local table leads to its link."""
    for owner in netns.devices.values():
        if owner.up and device in (None, owner) and any(local(own) == gateway for own in owner.addresses):
            return owner
    return None


def _scope(value: Value) -> int:
    return value if isinstance(value, int) else SCOPES.get(str(value), RT_SCOPE_UNIVERSE)


def del_route(netns: Netns, unwanted: Route, indexes: Mapping[str, int]) -> None:
    """RTM_DELROUTE: the first route of the key that fits the nexthops given; ESRCH when there is none."""
    if "nhid" in unwanted.attrs:
        _check_object(netns, unwanted)
    devices = tuple(_device(netns, hop, indexes) if indexes.get(hop.dev) else None for hop in unwanted.nexthops)
    group = netns.routes.get(unwanted.key, [])
    for position, entry in enumerate(group):
        if any(entry.route.attrs[name] != unwanted.attrs.get(name, entry.route.attrs[name]) for name in ("type", "scope", "proto")):
            continue
        if len(unwanted.nexthops) > 1 and len(unwanted.nexthops) != len(entry.route.nexthops):
            continue
        if all(
            (not hop.via or hop.via == own.via) and (device is None or device is used)
            for hop, device, own, used in zip(unwanted.nexthops, devices, entry.route.nexthops, entry.devices, strict=False)
        ):
            del group[position]
            if not group:
                del netns.routes[unwanted.key]
            return
    refuse(errno.ESRCH)


# ----------------------------------------------------------------------------------------------------------- by the kernel


def connected_prefix(address: Address) -> str:
    """The network of an address, of its peer if it has one."""
    text = address.address.partition(" peer ")[2] or address.address
    ip, _, length = text.partition("/")
    width = 128 if ":" in ip else 32
    shift = width - int(length)
    return f"{inet_ntop(family(ip), (number(ip) >> shift << shift).to_bytes(width // 8, 'big'))}/{length}"


def connected(device: Device, address: Address) -> Route | None:
    """The route the kernel makes in the main table for an address of an up link (fib_add_ifaddr, addrconf_prefix_route)."""
    to = connected_prefix(address)
    six = ":" in to
    if device.name == LO and device.index == 1 and not six:
        return None  # RTN_LOCAL, in the local table only
    full = to.endswith("/128" if six else "/32") and " peer " not in address.address
    if address.attrs.get("noprefixroute") or address.attrs.get("secondary") or (full and not six) or to in ("::1/128",):
        return None
    metric = int(str(address.attrs.get("metric") or (IP6_RT_PRIO_ADDRCONF if six else 0)))
    attrs: dict[str, Value] = {"type": "unicast", "scope": "global" if six else "link", "proto": RTPROT_KERNEL}
    if not six:
        attrs["prefsrc"] = local(address)
    return Route(to, RT_TABLE_MAIN, metric, 0, (NextHop(dev=device.name),), attrs)


def add_connected(device: Device, address: Address) -> None:
    route = connected(device, address)
    if route is None or not device.up:
        return
    present = device.home.routes.get(route.key, [])
    if not any(entry.uses(device) and entry.route.attrs["proto"] == RTPROT_KERNEL for entry in present):
        device.home.add_entry(Entry(route, (device,)))


def del_connected(device: Device, address: Address) -> None:
    route = connected(device, address)
    if route is None:
        return
    key = route.key
    device.home.drop_entries(
        lambda entry: entry.route.key == key and entry.uses(device) and entry.route.attrs["proto"] == RTPROT_KERNEL
    )


def flush_device(device: Device, *, six: bool) -> None:
    """fib_disable_ip / rt6_disable_ip: routes go when no nexthop is left on a living up device."""

    def dead(entry: Entry) -> bool:
        return (
            entry.six == six and entry.uses(device) and all(used is None or used is device or not used.up for used in entry.devices)
        )

    device.home.drop_entries(dead)


def forget_device(device: Device) -> None:
    """The device is going for good: its nexthops leave multipath routes too."""
    netns = device.home
    netns.drop_entries(lambda entry: entry.uses(device))


def prefsrc_gone(netns: Netns, address: str) -> None:
    """fib_sync_down_addr deletes IPv4 routes that prefer the address; IPv6 only takes the preference away."""
    if is_local(netns, address):
        return
    if ":" in address:
        for entry in netns.entries():
            if entry.route.attrs.get("prefsrc") == address:
                del entry.route.attrs["prefsrc"]
    else:
        netns.drop_entries(lambda entry: entry.route.attrs.get("prefsrc") == address)


# ------------------------------------------------------------------------------------------------------------------- rules


def kernel_rules() -> list[Rule]:
    """fib_default_rules_init and fib6_rules_net_init."""
    return [
        Rule({"family": family_name, "priority": priority, "table": table}, RTPROT_KERNEL)
        for family_name, priority, table in (
            ("ipv4", 0, 255), ("ipv4", 32766, 254), ("ipv4", 32767, 253), ("ipv6", 0, 255), ("ipv6", 32766, 254),
        )
    ]  # fmt: skip


def _rule_family(rule: Rule) -> str:
    given = rule.attrs.get("family")
    if isinstance(given, str):
        return given
    return "ipv6" if any(":" in str(rule.attrs.get(end, "")) for end in ("from", "to")) else "ipv4"


def _priority(rule: Rule) -> int:
    return int(str(rule.attrs.get("priority", 0)))


def add_rule(netns: Netns, wanted: Rule, *, exclusive: bool = True) -> None:
    """RTM_NEWRULE. Without a priority: one less than the second rule's (fib_default_rule_pref)."""
    rule = Rule(dict(wanted.attrs), wanted.proto or PROTO_NSMGR)
    name = rule.attrs["family"] = _rule_family(rule)
    own = [other for other in netns.rules if _rule_family(other) == name]
    goto = rule.attrs.get("goto")
    if isinstance(goto, int) and goto <= _priority(rule):
        refuse(errno.EINVAL, "Backward goto not supported")
    if "priority" not in rule.attrs:
        priorities = sorted({_priority(other) for other in own})
        rule.attrs["priority"] = max(priorities[1] - 1, 0) if len(priorities) > 1 else 0
    if exclusive and any(other.attrs == rule.attrs for other in own):
        refuse(errno.EEXIST)
    position = next((at for at, other in enumerate(netns.rules) if _priority(other) > _priority(rule)), len(netns.rules))
    netns.rules.insert(position, rule)


def del_rule(netns: Netns, unwanted: Rule) -> None:
    """RTM_DELRULE: the first rule that has every attribute given; ENOENT when there is none."""
    attrs = dict(unwanted.attrs)
    attrs["family"] = _rule_family(unwanted)
    for position, rule in enumerate(netns.rules):
        if unwanted.proto not in (0, rule.proto):
            continue
        if _rule_family(rule) == attrs["family"] and attrs.items() <= rule.attrs.items():
            del netns.rules[position]
            return
    refuse(errno.ENOENT)
