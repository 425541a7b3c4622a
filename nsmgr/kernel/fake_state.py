"""What the in-memory kernel is made of: devices, namespaces, routes. Plain objects; the rules of Linux live beside, by noun."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from nsmgr.model.attr import Value
from nsmgr.model.kind import kind as kind_class
from nsmgr.plan.state import Address, Route, Rule, Thing

LO = "lo"
TUNS = ("tun", "tap")
RT_TABLE_DEFAULT, RT_TABLE_MAIN, RT_TABLE_LOCAL = 253, 254, 255
RTPROT_KERNEL, RTPROT_BOOT = 2, 3
IFAPROT_KERNEL_LO, IFAPROT_KERNEL_LL = 1, 3  # linux/if_addr.h


class Refused(Exception):
    """The errno and extack text the kernel would answer with."""

    def __init__(self, number: int, extack: str = "") -> None:
        super().__init__(errno.errorcode.get(number, str(number)), extack)
        self.errno, self.extack = number, extack


def refuse(number: int, extack: str = "") -> NoReturn:
    raise Refused(number, extack)


@dataclass(slots=True, eq=False)
class Device:
    """struct net_device. ``refs``: reference attributes and "peer"; ``users``: the reverse, (attribute, device).

    underlay: the namespace whose message created it (dev_net of a vxlan's socket, of a macvlan's lower).
    mac_set / mtu_set: addr_assign_type NET_ADDR_SET and BROPT_MTU_SET_BY_USER: a bridge stops following its ports.
    port: what it has been told as a port, beyond the defaults; ``backup_port`` and the like are in ``refs`` with their prefix.
    has6: the link-local address was made for the present up period (addrconf ran).
    """

    name: str
    kind: str
    index: int
    home: Netns
    underlay: Netns
    attrs: dict[str, Value] = field(default_factory=dict)
    refs: dict[str, Device] = field(default_factory=dict)
    users: list[tuple[str, Device]] = field(default_factory=list)
    altnames: list[str] = field(default_factory=list)
    addresses: list[Address] = field(default_factory=list)
    sysctls: dict[str, str] = field(default_factory=dict)
    port: dict[str, Value] = field(default_factory=dict)
    up: bool = False
    mac_set: bool = False
    mtu_set: bool = False
    has6: bool = False
    fallback: bool = False

    def set_ref(self, attribute: str, target: Device | None) -> None:
        old = self.refs.pop(attribute, None)
        if old is not None:
            old.users.remove((attribute, self))
        if target is not None:
            self.refs[attribute] = target
            target.users.append((attribute, self))

    def ports(self) -> list[Device]:
        return [user for attribute, user in self.users if attribute == "controller"]

    def uppers(self) -> list[Device]:
        """Stacked devices: those whose ``parent`` this is."""
        return [user for attribute, user in self.users if attribute == "parent"]

    def dependants(self) -> list[Device]:
        """Devices that the kernel unregisters together with this one."""
        doomed = [user for attribute, user in self.users if attribute in kind_class(user.kind).DIES_WITH]
        peer = self.refs.get("peer")
        return doomed if peer is None else [*doomed, peer]

    def carrier(self) -> bool:
        """netif_oper_up: what IPv6 waits for before it makes the link-local address."""
        if not self.up:
            return False
        match self.kind:
            case kind if kind_class(kind).PAIR:
                return "peer" in self.refs and self.refs["peer"].up
            case "bridge" | "bond" | "team":
                return any(port.carrier() for port in self.ports())
            case "tun" | "tap":
                return False  # no process holds the queue open
            case "macvlan" | "macvtap" | "ipvlan" | "ipvtap" | "vlan":
                return "parent" not in self.refs or self.refs["parent"].carrier()
            case _:
                return True


@dataclass(slots=True, eq=False)
class Entry:
    """A route with its nexthops bound to devices, so that it follows renames. ``devices`` is parallel to route.nexthops."""

    route: Route
    devices: tuple[Device | None, ...] = ()

    @property
    def six(self) -> bool:
        return ":" in self.route.to

    def uses(self, device: Device) -> bool:
        return any(used is device for used in self.devices)


@dataclass(slots=True, eq=False)
class Thinglike:
    """A thing bound to its device, so that it follows renames."""

    thing: Thing
    device: Device | None


@dataclass(slots=True, eq=False)
class Netns:
    """struct net. ``device_defaults``: conf/default and conf/all written values; ``sysctls``: namespace-wide ones."""

    name: str
    cookie: int
    devices: dict[str, Device] = field(default_factory=dict)
    by_index: dict[int, Device] = field(default_factory=dict)
    routes: dict[tuple[int, str, int, int], list[Entry]] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    sysctls: dict[str, str] = field(default_factory=dict)
    things: list[Thinglike] = field(default_factory=list)
    last_index: int = 0

    def device(self, index: int) -> Device:
        found = self.by_index.get(index)
        if found is None:
            refuse(errno.ENODEV)
        return found

    def taken(self, name: str) -> bool:
        """Names and altnames share one hash per namespace (netdev_name_node_lookup)."""
        return name in self.devices or any(name in device.altnames for device in self.devices.values() if device.altnames)

    def free_index(self) -> int:
        """dev_index_reserve: cyclic, the next above the last one the kernel itself chose."""
        self.last_index += 1
        while self.last_index in self.by_index:
            self.last_index += 1
        return self.last_index

    def register(self, device: Device) -> None:
        self.devices[device.name] = device
        self.by_index[device.index] = device
        device.home = self

    def unregister(self, device: Device) -> None:
        del self.devices[device.name], self.by_index[device.index]

    def entries(self) -> Iterator[Entry]:
        for group in self.routes.values():
            yield from group

    def add_entry(self, entry: Entry, *, first: bool = False) -> None:
        group = self.routes.setdefault(entry.route.key, [])
        group.insert(0 if first else len(group), entry)

    def drop_entries(self, doomed: Callable[[Entry], bool]) -> None:
        for key in list(self.routes):
            kept = [entry for entry in self.routes[key] if not doomed(entry)]
            if kept:
                self.routes[key] = kept
            else:
                del self.routes[key]


@dataclass(slots=True)
class World:
    """Every namespace of the machine. ``kinds``: link kinds this kernel can make; ``cpus``: num_possible_cpus()."""

    kinds: frozenset[str]
    cpus: int = 2
    namespaces: dict[str, Netns] = field(default_factory=dict)
    cookies: int = 0
    macs: int = 0

    def mac(self) -> str:
        """The next "random" address: locally administered, reproducible."""
        self.macs += 1
        return "0e:" + ":".join(f"{byte:02x}" for byte in self.macs.to_bytes(5, "big"))

    def netns(self, name: str) -> Netns:
        found = self.namespaces.get(name)
        if found is None:
            refuse(errno.ENOENT, "no such network namespace")
        return found
