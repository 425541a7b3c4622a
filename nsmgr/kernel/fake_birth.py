"""Links of the in-memory kernel: how they come into being (rtnl_newlink in net/core/rtnetlink.c, the drivers' newlink)."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Any

from nsmgr.kernel import fake_kinds, fake_sysctl
from nsmgr.kernel.fake_links import ZERO_MAC, check_name, destroy, set_controller, set_state, unbind
from nsmgr.kernel.fake_state import LO, Device, Netns, World, refuse
from nsmgr.model.attr import Value, Where
from nsmgr.model.kind import kind as kind_class


def make_lo(world: World, netns: Netns) -> Device:
    """Every namespace is born with lo: index 1, down (loopback_net_init)."""
    lo = Device(LO, LO, 1, netns, netns, fake_kinds.birth_attrs(world, LO))
    lo.attrs |= {"mtu": 65536, "mac": ZERO_MAC, "broadcast": ZERO_MAC, "multicast": False}
    netns.register(lo)
    netns.last_index = 1
    fake_sysctl.inherit(lo)
    return lo


def make_fallback(world: World, netns: Netns, name: str, kind: str) -> None:
    """A fallback tunnel (sit0, tunl0 …): appears by itself with its driver, cannot be moved or deleted."""
    device = Device(name, kind, netns.free_index(), netns, netns, fake_kinds.birth_attrs(world, kind))
    device.attrs |= {"mtu": 1480, "arp": False, "multicast": False}
    device.fallback = True
    netns.register(device)
    fake_sysctl.inherit(device)


def add(
    world: World,
    sender: Netns,
    target: Netns,
    name: str,
    kind: str,
    index: int,
    attrs: Mapping[str, Value],
    peer: Mapping[str, Any] | None,
) -> None:
    """RTM_NEWLINK CREATE|EXCL: one transaction, whatever fails undoes all of it."""
    cls = kind_class(kind)
    rows = cls.rows()
    if cls.DATA_REQUIRED and not any(rows[key].where is Where.DATA for key in attrs if key in rows):
        refuse(errno.EINVAL, "Required attributes not provided to perform the operation")
    if (index and index in target.by_index) or (not index and target.taken(name)):
        refuse(errno.EEXIST)
    if kind not in world.kinds or cls.MAKER == "none":
        refuse(errno.EOPNOTSUPP, "Unknown device type")
    if cls.MAKER != "netlink":
        refuse(errno.EOPNOTSUPP, "tun/tap creation via rtnetlink is not supported.")
    if any(rows[key].where is Where.INET6 for key in attrs if key in rows):
        refuse(errno.EAFNOSUPPORT)  # validate_linkmsg: no inet6_dev to ask yet
    device = _build(world, sender, target, name, kind, attrs)
    far = _far_end(world, sender, device, index, peer) if cls.PAIR else None
    if far is not None:
        _register(far[0], far[1], far[2])
    try:
        fake_kinds.check_birth(world, device, attrs)
        _register(target, device, index)
    except BaseException:
        unbind(device)
        if far is not None:
            destroy(far[1])
        raise
    if far is not None:
        device.set_ref("peer", far[1])
        far[1].set_ref("peer", device)
        fake_kinds.join_pair(device, far[1])
    try:
        if attrs.get("state") == "up":
            set_state(device, up=True)
        if attrs.get("controller"):
            set_controller(device, attrs["controller"])
    except BaseException:
        destroy(device)
        raise


def _build(world: World, sender: Netns, target: Netns, name: str, kind: str, attrs: Mapping[str, Value]) -> Device:
    """The device with its creation attributes; not registered yet. Late attributes are ignored, as the kernel does."""
    check_name(name)
    rows = kind_class(kind).rows()
    device = Device(name, kind, 0, target, sender, fake_kinds.birth_attrs(world, kind))
    device.attrs["mac"], device.mac_set = attrs.get("mac") or world.mac(), "mac" in attrs
    try:
        for key, value in attrs.items():
            row = rows.get(key)
            if key in ("state", "controller") or row is None or row.late or row.where in (Where.NONE, Where.GENL):
                continue
            if row.ref:
                if value:
                    device.set_ref(key, sender.device(int(str(value))))
            else:
                device.attrs[key] = value
        if kind in fake_kinds.WITHOUT_MAC:
            del device.attrs["mac"]
        fake_kinds.inherit_lower(device, attrs)
        if attrs.get("mtu") is not None:
            device.attrs["mtu"] = fake_kinds.valid_mtu(device, int(str(attrs["mtu"])), creating=True)
    except BaseException:
        unbind(device)
        raise
    return device


def _far_end(world: World, sender: Netns, device: Device, index: int, peer: Mapping[str, Any] | None) -> tuple[Netns, Device, int]:
    """The peer of a pair. MASTER of its nest is ignored; IFF_UP is never sent there, it would fail the request (veth_open)."""
    nest = dict(peer or {})
    attrs: dict[str, Value] = dict(nest.get("attrs", {}))
    netns = world.netns(str(nest["netns"])) if "netns" in nest else sender
    name = str(nest.get("name") or _numbered(netns, device.kind))
    rows = kind_class(device.kind).rows()
    if any(key not in rows or rows[key].late for key in attrs):
        refuse(errno.EINVAL, "cannot be encoded")
    told = {key: value for key, value in attrs.items() if key not in ("state", "controller")}
    far = _build(world, sender, netns, name, device.kind, told)
    # VETH_INFO_PEER's ifi_index is honoured only beside one of the main end's.
    return netns, far, int(nest.get("index") or 0) if index else 0


def _numbered(netns: Netns, stem: str) -> str:
    number = 0
    while netns.taken(f"{stem}{number}"):
        number += 1
    return f"{stem}{number}"


def _register(netns: Netns, device: Device, index: int) -> None:
    if netns.taken(device.name):
        refuse(errno.EEXIST)
    if index and index in netns.by_index:
        refuse(errno.EBUSY)
    device.index = index or netns.free_index()
    netns.register(device)
    fake_sysctl.inherit(device)


def add_tun(world: World, netns: Netns, name: str, kind: str, index: int, attrs: Mapping[str, Value]) -> None:
    """TUNSETIFF with the name and index, and TUNSETPERSIST."""
    if kind not in world.kinds:
        refuse(errno.ENOENT, "no /dev/net/tun")
    if netns.taken(name) or (index and index in netns.by_index):
        refuse(errno.EBUSY)  # IFF_TUN_EXCL
    device = _build(world, netns, netns, name, kind, {key: value for key, value in attrs.items() if key != "mtu"})
    if kind == "tun":
        del device.attrs["mac"]
    _register(netns, device, index)
