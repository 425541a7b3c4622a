"""Links of the in-memory kernel: change, move, death (do_setlink in net/core/rtnetlink.c, net/core/dev.c)."""

from __future__ import annotations

import errno
from collections.abc import Mapping

from nsmgr.kernel import fake_ip, fake_kinds, fake_ports, fake_routes, fake_sysctl, fake_things
from nsmgr.kernel.fake_state import LO, Device, Netns, World, refuse
from nsmgr.model.attr import Change, Value, Where
from nsmgr.model.kind import kind as kind_class
from nsmgr.plan.state import HOST
from nsmgr.text import ifname

# do_setlink's order: what comes before a refusal stays (a SETLINK is no transaction).
_ORDER = ("mac", "mtu", "group", "rename", "alias", "broadcast", "state", "controller")
ZERO_MAC = "00:00:00:00:00:00"


def check_name(name: str) -> None:
    try:
        ifname(name)
    except ValueError:
        refuse(errno.EINVAL)


def change(device: Device, attrs: Mapping[str, Value], rename: str | None = None) -> None:
    """RTM_SETLINK (do_setlink): in the kernel's order, not atomic."""
    rows = kind_class(device.kind).rows()
    todo: dict[str, Value] = {
        key: value for key, value in attrs.items() if key in rows and rows[key].where not in (Where.DATA, Where.GENL)
    }
    if rename is not None:
        todo["rename"] = rename
    for key in sorted(todo, key=lambda key: _ORDER.index(key) if key in _ORDER else len(_ORDER)):
        value = todo[key]
        match key:
            case "mac":
                _set_mac(device, str(value))
            case "mtu" if rows[key].change is Change.WHEN_DOWN and device.up:
                refuse(errno.EBUSY)  # vcan_change_mtu
            case "mtu":
                set_mtu(device, int(str(value)))
            case "rename":
                _rename(device, str(value))
            case "state":
                set_state(device, up=value == "up")
            case "controller":
                set_controller(device, value)
            case "addrgenmode":
                device.attrs[key] = value
                if value == "none":  # inet6_set_link_af: nothing is removed, nothing made any more
                    continue
                device.has6 = any(address.attrs.get("scope") == "link" for address in device.addresses)
                fake_ip.autoconfigure(device)
            case _:
                if not rows[key].ref and key not in ("tx_queues", "rx_queues"):  # IFLA_LINK and queue counts: silently ignored
                    device.attrs[key] = value


def _set_mac(device: Device, mac: str) -> None:
    if "mac" not in device.attrs or device.kind == "ifb":  # no ndo_set_mac_address
        refuse(errno.EOPNOTSUPP)
    if mac == ZERO_MAC or int(mac[:2], 16) & 1:
        refuse(errno.EADDRNOTAVAIL)
    if device.attrs["mac"] != mac:
        fake_things.happened(device, "mac")
    device.attrs["mac"], device.mac_set = mac, True
    controller = device.refs.get("controller")
    if controller is not None:
        fake_kinds.bridge_follows(controller)


def _rename(device: Device, name: str) -> None:
    check_name(name)
    if name == device.name:
        return
    netns = device.home
    if netns.taken(name):
        refuse(errno.EEXIST)
    del netns.devices[device.name]
    device.name = name
    netns.devices[name] = device
    for address in device.addresses:
        if address.attrs.get("label") == address.link:  # inetdev_changename
            address.attrs = {**address.attrs, "label": name}
        address.link = name


def set_mtu(device: Device, mtu: int) -> None:
    """dev_set_mtu: the same value never reaches the driver, so a bridge given its present MTU goes on following its ports."""
    if device.attrs["mtu"] == mtu:
        return
    device.attrs["mtu"] = fake_kinds.valid_mtu(device, mtu)
    device.mtu_set = device.kind == "bridge"
    mtu_changed(device)


def mtu_changed(device: Device) -> None:
    """NETDEV_CHANGEMTU: macvlans shrink and stay small, a bridge takes the smallest of its ports, IPv6 needs 1280."""
    mtu = int(str(device.attrs["mtu"]))
    for upper in device.uppers():
        if upper.kind in ("macvlan", "macvtap", "vlan", "ipvlan", "ipvtap") and int(str(upper.attrs["mtu"])) > mtu:
            upper.attrs["mtu"] = mtu
            mtu_changed(upper)
    controller = device.refs.get("controller")
    if controller is not None and fake_kinds.bridge_follows(controller):
        mtu_changed(controller)
    if not fake_ip.ipv6_possible(device):
        fake_ip.flush6(device)
        device.attrs["addrgenmode"] = "eui64"  # the inet6_dev is gone, and its successor knows nothing
    else:
        fake_ip.autoconfigure(device)


def set_state(device: Device, *, up: bool) -> None:
    if device.up == up:
        return
    if up:
        fake_kinds.check_up(device)
        device.up = True
        fake_ip.link_up(device)
    else:
        device.up = False
        fake_ip.link_down(device)
        fake_things.happened(device, "down")
    settle(device)


def settle(device: Device) -> None:
    """Carrier may have come to this device or to those that hang on it: let IPv6 configure itself there."""
    seen: list[Device] = []
    queue = [device]
    while queue:
        at = queue.pop()
        if any(at is other for other in seen):
            continue
        seen.append(at)
        fake_ip.autoconfigure(at)
        queue += [*at.uppers(), *(at.refs[key] for key in ("peer", "controller") if key in at.refs)]


def set_controller(device: Device, value: Value) -> None:
    """do_set_master: leave the old one first, then join; 0 or None = leave only."""
    old = device.refs.get("controller")
    index = int(str(value)) if value else 0
    if old is not None and old.index == index:
        return
    fake_things.happened(device, "controller")
    if old is not None:
        device.set_ref("controller", None)
        fake_ports.forget(device)
        if fake_kinds.bridge_follows(old):
            mtu_changed(old)
        if kind_class(old.kind).PORT_DOWN:  # __bond_release_one, team_port_del: dev_close
            set_state(device, up=False)
    if not index:
        return
    controller = device.home.by_index.get(index)
    if controller is None:
        refuse(errno.EINVAL)
    fake_kinds.check_port(device, controller)
    device.set_ref("controller", controller)
    if kind_class(controller.kind).PORT_DOWN:  # bond_enslave, team_port_add: dev_open
        set_state(device, up=True)
    if fake_kinds.bridge_follows(controller):
        mtu_changed(controller)
    settle(device)


def change_data(device: Device, kind: str, attrs: Mapping[str, Value]) -> None:
    """RTM_NEWLINK with INFO_DATA on a living link (changelink)."""
    if kind != device.kind:
        refuse(errno.EOPNOTSUPP)
    fake_kinds.change_data(device, attrs)


def move(device: Device, target: Netns, *, rename: str = "", new_index: int = 0) -> None:
    """__dev_change_net_namespace: goes down, loses addresses, routes, controller and sysctls; keeps index if free."""
    if device.home is target:
        return
    name = rename or device.name
    if kind_class(device.kind).IMMUTABLE_NETNS or device.fallback or device.kind == LO:
        refuse(errno.EINVAL, "The interface netns is immutable")
    if target.taken(name):
        refuse(errno.EEXIST, "An interface with the same name exists in the target netns")
    if any(target.taken(altname) for altname in device.altnames):
        refuse(errno.EEXIST, "An interface with the same altname exists in the target netns")
    if new_index and new_index in target.by_index:
        refuse(errno.EBUSY, "The ifindex is taken in the target netns")
    set_state(device, up=False)
    _strip(device)
    device.home.unregister(device)
    device.name = name
    index = new_index or (device.index if device.index not in target.by_index else 0)
    device.index = index or target.free_index()
    device.attrs["addrgenmode"] = "eui64"  # a new inet6_dev
    target.register(device)
    fake_sysctl.inherit(device)


def _strip(device: Device) -> None:
    """What NETDEV_UNREGISTER takes: controller, ports, addresses, routes."""
    controller = device.refs.get("controller")
    if controller is not None:
        set_controller(device, 0)
    for port in device.ports():
        port.set_ref("controller", None)
        fake_ports.forget(port)
        if kind_class(device.kind).PORT_DOWN:
            set_state(port, up=False)
    fake_things.happened(device, "removed")
    gone, device.addresses = device.addresses, []
    fake_routes.forget_device(device)
    for address in gone:
        fake_routes.prefsrc_gone(device.home, fake_routes.local(address))


def delete(device: Device) -> None:
    """RTM_DELLINK."""
    if device.kind == LO or not device.kind:
        refuse(errno.EOPNOTSUPP)
    if not device.fallback:  # ipip6_dellink and friends leave the fallback device alone and say success
        destroy(device)


def destroy(device: Device) -> None:
    """Unregister a device and all that dies with it: peer, stacked devices, in whatever namespace."""
    doomed = [device]
    for at in doomed:  # grows while it is walked
        doomed += [other for other in at.dependants() if not any(other is known for known in doomed)]
    for at in reversed(doomed):
        at.up = False
        fake_ip.link_down(at)
        _strip(at)
        if at.home.by_index.get(at.index) is at:
            at.home.unregister(at)
    for at in doomed:
        unbind(at)
        for attribute, user in list(at.users):
            user.set_ref(attribute, None)


def netns_gone(world: World, netns: Netns) -> None:
    """cleanup_net: every device dies, peers elsewhere too, and tunnels whose socket lives here (vxlan_exit_net).

    A device without rtnl_link_ops (a physical NIC) goes back to the initial namespace (default_device_exit_net).
    """
    for device in list(netns.devices.values()):
        if device.home is netns and netns.by_index.get(device.index) is device:
            if device.kind:
                destroy(device)
            else:
                home = world.namespaces[HOST]
                move(device, home, rename=f"dev{device.index}" if home.taken(device.name) else "")
    for other in list(world.namespaces.values()):
        for device in list(other.devices.values()):
            bound = device.kind == "vxlan" or kind_class(device.kind).MOVES_IN  # vxlan_exit_batch_rtnl, ip_tunnel_delete_net
            if device.underlay is netns and bound and other.by_index.get(device.index) is device:
                destroy(device)


def set_altnames(device: Device, names: tuple[str, ...], *, add: bool) -> None:
    """RTM_NEWLINKPROP / RTM_DELLINKPROP: a list is applied name by name; what came before a refusal stays."""
    for name in names:
        if add:
            if device.home.taken(name):
                refuse(errno.EEXIST)
            device.altnames.append(name)
        else:
            if name not in device.altnames:
                refuse(errno.EINVAL if name == device.name else errno.ENOENT)
            device.altnames.remove(name)


def switch_ipv6(device: Device) -> None:
    """disable_ipv6 was written: 1 takes every IPv6 address and route, 0 brings the kernel's own back."""
    if fake_ip.disabled6(device):
        fake_ip.flush6(device)
    elif device.up:
        fake_ip.link_up(device)
        fake_ip.autoconfigure(device)


def unbind(device: Device) -> None:
    for attribute in list(device.refs):
        device.set_ref(attribute, None)
