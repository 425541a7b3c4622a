"""What the in-memory kernel shows: deep copies in the canonical form of plan.state, as a dump decodes to."""

from __future__ import annotations

from nsmgr.kernel import fake_ip, fake_ports, fake_sysctl, fake_things
from nsmgr.kernel.fake_state import LO, Device, Entry, Netns
from nsmgr.kernel.port import ADDRESSES, LINKS, ROUTES, RULES, Want
from nsmgr.model.attr import IFF_UP, Value
from nsmgr.model.kind import kind as kind_class
from nsmgr.model.port import PREFIX
from nsmgr.model.ports import port_kinds
from nsmgr.plan.state import Address, Link, NetnsState, Route, Rule
from nsmgr.record import replace

IFA_F_SECONDARY, IFA_F_PERMANENT = 0x01, 0x80
_FLAGS = {"nodad": 0x02, "optimistic": 0x04, "home": 0x10, "mngtmpaddr": 0x100, "noprefixroute": 0x200, "autojoin": 0x400}
IFF_LOOPBACK = 0x8


def show(netns: Netns, name: str, want: Want, read: dict[int, str]) -> NetnsState:
    """``read``: id(Netns) → the name it is observed under, for all namespaces of the same observe call."""
    state = NetnsState(name, netns.cookie)
    kinds = want.kinds
    devices = sorted(netns.devices.values(), key=lambda device: device.index)
    if kinds & LINKS:
        state.links = {device.name: _link(device, read, want.ports) for device in devices}
    if kinds & ADDRESSES:
        for device in devices:
            for address in device.addresses:
                shown = _address(device, address)
                state.addresses[shown.link, shown.address] = shown
    if kinds & ROUTES:
        state.routes = {key: [_route(entry) for entry in group] for key, group in netns.routes.items()}
    if kinds & RULES:
        for rule in netns.rules:
            copy = Rule(dict(rule.attrs), rule.proto)
            state.rules.setdefault(copy.key, []).append(copy)
    state.things = fake_things.show(netns, want.things)
    state.sysctls = {key: fake_sysctl.read(netns, key) for key in want.sysctls}
    return state


def reference(target: Device, home: Netns, read: dict[int, str], *, always: bool = False) -> str:
    """Bare name at home, ``netns/name`` elsewhere, ``?/#index`` in a namespace that was not read."""
    if target.home is home and not always:
        return target.name
    netns = read.get(id(target.home))
    return f"?/#{target.index}" if netns is None else f"{netns}/{target.name}"


def _link(device: Device, read: dict[int, str], ports: bool) -> Link:
    rows = kind_class(device.kind).rows()
    attrs = dict(device.attrs)
    for name, row in rows.items():
        if row.absent is not None and name not in attrs:
            attrs[name] = row.absent
    if not fake_ip.ipv6_possible(device):
        attrs.pop("addrgenmode", None)  # no AF_INET6 nest without an inet6_dev
        if "token" in attrs:
            attrs["token"] = rows["token"].absent
    attrs["state"] = "up" if device.up else "down"
    for attribute, target in device.refs.items():
        if attribute.startswith(PREFIX) and not ports:
            continue
        attrs[attribute] = reference(target, device.home, read, always=attribute == "peer")
    controller = device.refs.get("controller")
    port_kind = controller.kind if ports and controller is not None and controller.kind in port_kinds() else ""
    attrs |= fake_ports.shown(device, port_kind)
    if "underlay" in rows and rows["underlay"].absent is not None and device.underlay is not device.home:
        attrs["underlay"] = read.get(id(device.underlay), "?")
    flags = 0
    for name, row in rows.items():
        if row.flag and row.convert is not None and name in attrs and (row.convert.to_wire(attrs[name]) != 0):
            flags |= row.flag
    far = device.refs.get("peer") or device.refs.get("parent")
    return Link(
        device.name,
        device.kind,
        device.index,
        attrs,
        tuple(device.altnames),
        flags | (IFF_LOOPBACK if device.kind == LO else 0) | (IFF_UP if device.up else 0),
        far.index if far is not None else 0,
        0 if far is not None and far.home is not device.home else -1,
        device.fallback or device.kind == LO,
        port_kind,
    )


def _address(device: Device, address: Address) -> Address:
    shown: dict[str, Value] = {"scope": "global", "valid_lifetime": "forever", "preferred_lifetime": "forever", "metric": 0}
    shown |= dict.fromkeys(_FLAGS, False) | {"secondary": False, "tentative": False} | dict(address.attrs)
    shown["permanent"] = shown["valid_lifetime"] == "forever"
    if not shown.get("proto"):  # IFA_PROTO is left out when it is 0
        shown.pop("proto", None)
    bits = _FLAGS | {"secondary": IFA_F_SECONDARY, "permanent": IFA_F_PERMANENT}
    shown["flags"] = sum(bit for name, bit in bits.items() if shown[name])
    return Address(device.name, address.address, shown)


def _route(entry: Entry) -> Route:
    hops = tuple(
        replace(hop, dev=device.name if device is not None else "")
        for hop, device in zip(entry.route.nexthops, entry.devices, strict=True)
    )
    return replace(entry.route, nexthops=hops, attrs=dict(entry.route.attrs))
