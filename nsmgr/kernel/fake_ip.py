"""Addresses of the in-memory kernel, and what a link's state does to them (net/ipv4/devinet.c, net/ipv6/addrconf.c)."""

from __future__ import annotations

import errno
from socket import AF_INET6, inet_ntop, inet_pton

from nsmgr.kernel.fake_routes import (
    add_connected,
    connected,
    connected_prefix,
    contains,
    del_connected,
    flush_device,
    local,
    prefsrc_gone,
)
from nsmgr.kernel.fake_state import IFAPROT_KERNEL_LL, IFAPROT_KERNEL_LO, LO, Device, refuse
from nsmgr.kernel.fake_sysctl import device_value
from nsmgr.plan.state import PROTO_NSMGR, Address

IPV6_MIN_MTU = 1280


def is6(address: Address) -> bool:
    return ":" in address.address


def ipv6_possible(device: Device) -> bool:
    """Whether the device has an inet6_dev: gone below IPV6_MIN_MTU (addrconf_notify, NETDEV_CHANGEMTU)."""
    return int(str(device.attrs["mtu"])) >= IPV6_MIN_MTU


def disabled6(device: Device) -> bool:
    return device_value(device, "ipv6.disable_ipv6") == "1"


def _complete(device: Device, address: Address) -> Address:
    """The address as a dump shows it: what was not said has the kernel's default."""
    attrs = dict(address.attrs)
    ip = local(address)
    if ":" in ip:
        scope = "link" if contains("fe80::/10", ip) else "host" if ip == "::1" else "global"
        attrs["scope"] = scope  # computed from the address, whatever was sent
    else:
        attrs.setdefault("scope", "host" if ip.startswith("127.") else "global")
        attrs.setdefault("label", device.name)
    attrs.setdefault("proto", PROTO_NSMGR)
    return Address(device.name, address.address, attrs)


def add_address(device: Device, wanted: Address, *, replacing: bool = False) -> None:
    """RTM_NEWADDR with CREATE and EXCL, or CREATE and REPLACE."""
    address = _complete(device, wanted)
    six = is6(address)
    if six and not ipv6_possible(device):
        refuse(errno.EINVAL, "IPv6: MTU below 1280")
    if six and disabled6(device):
        refuse(errno.EACCES, "IPv6 is disabled on this device")
    twin = next(
        (own for own in device.addresses if own.address == address.address or (six and is6(own) and local(own) == local(address))),
        None,
    )
    if twin is not None:
        if not replacing:
            refuse(errno.EEXIST, "Address already assigned" if not six else "address already assigned")
        del_connected(device, twin)
        secondary = twin.attrs.get("secondary")
        twin.attrs = address.attrs
        if secondary:
            twin.attrs = {**twin.attrs, "secondary": True}
        add_connected(device, twin)
        return
    if not six and _primary_of(device, address) is not None:
        address.attrs = {**address.attrs, "secondary": True}
    device.addresses.append(address)
    add_connected(device, address)


def _primary_of(device: Device, address: Address) -> Address | None:
    """The first address of the same subnet and length (__inet_insert_ifa)."""
    subnet = connected_prefix(address)
    return next(
        (
            own
            for own in device.addresses
            if own is not address and not is6(own) and not own.attrs.get("secondary") and connected_prefix(own) == subnet
        ),
        None,
    )


def del_address(device: Device, unwanted: Address) -> None:
    """RTM_DELADDR. Deleting an IPv4 primary deletes its secondaries too unless promote_secondaries is set."""
    own = next((own for own in device.addresses if own.address == unwanted.address), None)
    if own is None:
        refuse(errno.EADDRNOTAVAIL, "address not found" if ":" in unwanted.address else "ipv4: Address not found")
    if is6(own):
        _remove6(device, own)
        return
    removed = [own]
    device.addresses.remove(own)
    heir: Address | None = None
    if not own.attrs.get("secondary"):
        subnet = connected_prefix(own)
        secondaries = [
            other
            for other in device.addresses
            if not is6(other) and other.attrs.get("secondary") and connected_prefix(other) == subnet
        ]
        if secondaries and device_value(device, "ipv4.promote_secondaries") == "1":
            heir = secondaries[0]
        else:
            removed += secondaries
            device.addresses = [other for other in device.addresses if other not in secondaries]
        del_connected(device, own)
    if heir is not None:
        heir.attrs = {name: value for name, value in heir.attrs.items() if name != "secondary"}
        add_connected(device, heir)
    for gone in removed:
        prefsrc_gone(device.home, local(gone))
    if not any(not is6(other) for other in device.addresses):
        flush_device(device, six=False)  # inetdev_destroy's fib_disable_ip: the last address takes every route along


def _remove6(device: Device, address: Address) -> None:
    device.addresses.remove(address)
    route = connected(device, address)
    # check_cleanup_prefix_route: the prefix route stays while another address of the prefix needs it
    if route is not None and not any(is6(other) and connected_prefix(other) == route.to for other in device.addresses):
        del_connected(device, address)
    prefsrc_gone(device.home, local(address))


# --------------------------------------------------------------------------------------------------------- follows the link


def link_up(device: Device) -> None:
    """NETDEV_UP: loopback addresses, connected routes of what is there; the link-local address comes with the carrier."""
    if device.name == LO and device.index == 1:
        if not any(own.address == "127.0.0.1/8" for own in device.addresses):
            first = Address(device.name, "127.0.0.1/8", {"scope": "host", "label": device.name, "proto": 0})
            device.addresses.insert(0, first)
        if not disabled6(device) and not any(own.address == "::1/128" for own in device.addresses):
            device.addresses.append(Address(device.name, "::1/128", {"scope": "host", "proto": IFAPROT_KERNEL_LO}))
    for address in device.addresses:
        add_connected(device, address)


def link_down(device: Device) -> None:
    """NETDEV_DOWN: IPv4 routes vanish, addresses stay; IPv6 loses both (keep_addr_on_down=0)."""
    flush_device(device, six=False)
    flush6(device)


def flush6(device: Device) -> None:
    """addrconf_ifdown: every IPv6 address and route of the link."""
    device.has6 = False
    gone = [address for address in device.addresses if is6(address)]
    device.addresses = [address for address in device.addresses if not is6(address)]
    for address in gone:
        prefsrc_gone(device.home, local(address))
    flush_device(device, six=True)


def autoconfigure(device: Device) -> None:
    """addrconf_dev_config, once per up period and when the carrier is there: fe80:: from the MAC."""
    mac = device.attrs.get("mac")
    if device.has6 or not device.carrier() or not ipv6_possible(device) or disabled6(device) or device.name == LO:
        return
    device.has6 = True
    if device.attrs.get("addrgenmode") == "none" or not isinstance(mac, str) or device.kind == "tun":
        return
    octets = [int(octet, 16) for octet in mac.split(":")]
    if not any(octets):
        return
    octets[0] ^= 2
    if device.attrs.get("addrgenmode") != "eui64":
        octets[0] ^= 1  # random, stable_secret: any other identifier, and reproducible
    groups = (octets[0] << 8 | octets[1], octets[2] << 8 | 0xFF, 0xFE00 | octets[3], octets[4] << 8 | octets[5])
    text = inet_ntop(AF_INET6, inet_pton(AF_INET6, "fe80::" + ":".join(f"{group:x}" for group in groups)))
    address = Address(device.name, f"{text}/64", {"scope": "link", "proto": IFAPROT_KERNEL_LL})
    device.addresses.append(address)
    add_connected(device, address)
