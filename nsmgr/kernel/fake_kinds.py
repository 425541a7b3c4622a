"""What is particular to a link kind in the in-memory kernel: defaults, MTU limits, uniqueness, ports (KERNEL.md section 3)."""

from __future__ import annotations

import errno
from collections.abc import Mapping

from nsmgr.kernel.fake_state import LO, Device, World, refuse
from nsmgr.model.attr import UNSET, Change, Value, Where
from nsmgr.model.kind import kind as kind_class

ETH_MIN_MTU, ETH_MAX_MTU, ETH_DATA_LEN = 68, 65535, 1500
VXLAN_HEADROOM, MACSEC_HEADROOM = 50, 32
BROADCAST = "ff:ff:ff:ff:ff:ff"
WITHOUT_MAC = ("vcan", "vxcan", "nlmon", "wireguard")
_STACKED = ("macvlan", "macvtap", "ipvlan", "ipvtap", "vlan")

# Where a driver's setup() differs from ether_setup's values in Link's rows.
_BIRTH: Mapping[str, Mapping[str, Value]] = {
    "ifb": {"arp": False, "multicast": False, "txqlen": 32},
    "macvtap": {"txqlen": 500},
    "tun": {"arp": False, "txqlen": 500},
    "vxlan": {"id": 0, "port": 8472},  # the port from before IANA's
}
_ANY_MTU = ("ifb", "dummy", LO, "vcan", "vxcan", "wireguard")  # min_mtu = max_mtu = 0 switches the check off (dev_validate_mtu)


def birth_attrs(world: World, kind: str) -> dict[str, Value]:
    """Every attribute a dump of a fresh link shows, from the rows' defaults."""
    cls = kind_class(kind)
    attrs: dict[str, Value] = {
        name: row.default for name, row in cls.rows().items() if row.default is not UNSET and name != "state" and not row.ref
    }
    attrs |= {"mtu": cls.DEFAULT_MTU or ETH_DATA_LEN, "broadcast": BROADCAST}
    attrs |= _BIRTH.get(kind, {})
    if kind == "tun":
        del attrs["broadcast"]
    if kind == "veth":  # veth_get_num_queues
        attrs["tx_queues"] = attrs["rx_queues"] = world.cpus
    return attrs


def inherit_lower(device: Device, told: Mapping[str, Value]) -> None:
    """The lower link's MTU, less the encapsulation, unless told otherwise."""
    lower = device.refs.get("parent")
    if lower is None:
        return
    if device.kind in ("macvlan", "macvtap"):
        while lower.kind in ("macvlan", "macvtap") and "parent" in lower.refs:
            lower = lower.refs["parent"]  # macvlan_common_newlink: on a macvlan means on its lower
        device.set_ref("parent", lower)
    if told.get("mtu") is None:
        mtu = int(str(lower.attrs["mtu"]))
        less = {"vxlan": VXLAN_HEADROOM, "macsec": MACSEC_HEADROOM}.get(device.kind, 0)
        if less or device.kind in _STACKED:
            device.attrs["mtu"] = mtu - less


def valid_mtu(device: Device, mtu: int, *, creating: bool = False) -> int:
    """The MTU the device would get; EINVAL outside the driver's limits."""
    if device.kind in _ANY_MTU or not device.kind:
        return mtu
    lowest, highest = kind_class(device.kind).MTU_RANGE
    if mtu < (lowest or ETH_MIN_MTU):
        refuse(errno.EINVAL, "mtu less than device minimum")
    lower = device.refs.get("parent")
    highest = highest or (65521 if device.kind == "tap" else ETH_MAX_MTU)
    if lower is not None and device.kind == "vxlan":
        highest = int(str(lower.attrs["mtu"])) - VXLAN_HEADROOM
        if creating:
            return min(mtu, highest)  # vxlan_config_apply clips without a word
    elif lower is not None and device.kind in _STACKED:
        highest = int(str(lower.attrs["mtu"]))
    if mtu > highest:
        refuse(errno.EINVAL, "" if creating or lower is not None else "mtu greater than device maximum")
    return mtu


def check_birth(world: World, device: Device, told: Mapping[str, Value]) -> None:
    """The driver's newlink, before anything is registered."""
    cls = kind_class(device.kind)
    lower = device.refs.get("parent")
    if cls.PARENT_REQUIRED and lower is None:
        refuse(errno.EINVAL)
    match device.kind:
        case "vxlan":
            _check_vxlan(world, device, told)
        case "macvlan" | "macvtap" | "ipvlan" | "ipvtap":
            assert lower is not None
            if lower.kind in (LO, "tun"):
                refuse(errno.EINVAL)  # macvlan_port_create: not Ethernet
            if "controller" in lower.refs:
                refuse(errno.EBUSY)  # the rx_handler is the bridge's
        case "bridge":
            _check_bridge_values(device, told)


# VXLAN_F_RCV_FLAGS: what tells two tunnels of one VNI and port apart on receipt
_VXLAN_RECEIVE = ("gbp", "gpe", "udp6zerocsumrx", "remcsum_rx", "remcsum_nopartial", "external", "vnifilter")


def _vxlan_key(device: Device) -> tuple[Value, ...]:
    attrs = device.attrs
    six = any(":" in str(attrs.get(end, "")) for end in ("local", "remote"))
    return (
        attrs.get("id"),
        attrs.get("port", 8472),
        six,
        *(bool(attrs.get(flag)) for flag in _VXLAN_RECEIVE),
    )


def _check_vxlan(world: World, device: Device, told: Mapping[str, Value]) -> None:
    remote = str(told.get("remote") or "")
    multicast = remote.lower().startswith("ff") if ":" in remote else remote != "" and 224 <= int(remote.partition(".")[0]) < 240
    if multicast and "parent" not in device.refs:
        refuse(errno.EINVAL, "Local interface required for multicast remote destination")
    key = _vxlan_key(device)
    for netns in world.namespaces.values():
        for other in netns.devices.values():
            if other.kind == "vxlan" and other.underlay is device.underlay and _vxlan_key(other) == key:
                refuse(errno.EEXIST, "A VXLAN device with the specified VNI already exists")


_BRIDGE_LIMITS: Mapping[str, tuple[int, int]] = {"hello_time": (1000, 10_000), "max_age": (6000, 40_000)}  # br_private_stp.h, ms


def _check_bridge_values(device: Device, told: Mapping[str, Value]) -> None:
    for name, value in told.items():
        limits = _BRIDGE_LIMITS.get(name)
        if name == "forward_delay" and device.attrs.get("stp"):  # br_set_forward_delay: only while STP runs
            limits = (2000, 30_000)
        if limits is not None and isinstance(value, int) and not limits[0] <= value <= limits[1]:
            refuse(errno.ERANGE)
        if name == "group_fwd_mask" and isinstance(value, int) and value & 7:
            refuse(errno.EINVAL)  # BR_GROUPFWD_RESTRICTED


def check_port(device: Device, controller: Device) -> None:
    """ndo_add_slave."""
    if controller.kind == "vrf":
        return
    if controller.kind in ("bond", "team"):
        if device.up:
            refuse(errno.EPERM if controller.kind == "bond" else errno.EBUSY, "Device can not be enslaved while up")
        return
    if controller.kind == "batadv":
        return
    if controller.kind != "bridge":
        refuse(errno.EOPNOTSUPP)
    if device.kind in (LO, "tun"):
        refuse(errno.EINVAL)
    if device.kind == "bridge":
        refuse(errno.ELOOP, "Can not enslave a bridge to a bridge")
    if any(upper.kind in ("macvlan", "macvtap", "ipvlan", "ipvtap") for upper in device.uppers()):
        refuse(errno.EBUSY)  # netdev_rx_handler_register


def bridge_follows(bridge: Device) -> bool:
    """A bridge's MAC is its lowest port's, its MTU its smallest port's, until the user says otherwise. True = MTU changed."""
    if bridge.kind != "bridge":
        return False
    ports = bridge.ports()
    if not bridge.mac_set:  # br_stp_recalculate_bridge_id; without ports it becomes all zeros
        bridge.attrs["mac"] = min((str(port.attrs["mac"]) for port in ports), default="00:00:00:00:00:00")
    if bridge.mtu_set:
        return False
    mtu = min((int(str(port.attrs["mtu"])) for port in ports), default=ETH_DATA_LEN)  # br_mtu_min
    changed = bridge.attrs["mtu"] != mtu
    bridge.attrs["mtu"] = mtu
    return changed


def check_up(device: Device) -> None:
    """ndo_open."""
    if device.kind in ("macvlan", "macvtap") and "parent" in device.refs and device.attrs.get("mode") != "passthru":
        lower = device.refs["parent"]
        mac = device.attrs["mac"]
        if lower.attrs.get("mac") == mac or any(
            other.up and other.attrs.get("mac") == mac
            for other in lower.uppers()
            if other is not device and other.kind == device.kind
        ):
            refuse(errno.EADDRINUSE)  # macvlan_addr_busy
    if "peer" not in device.refs and kind_class(device.kind).PAIR:
        refuse(errno.ENOTCONN)


def join_pair(device: Device, far: Device) -> None:
    """What each end of a pair says of the other, and what is one thing for both; the first to be made takes the changes."""
    cls = kind_class(device.kind)
    for mine, theirs in cls.PEER_ROWS.items():
        far.attrs[mine] = device.attrs.get(theirs, far.attrs.get(mine))
        device.attrs[theirs], far.attrs[theirs] = far.attrs[mine], device.attrs[mine]
    far.attrs.update((name, device.attrs[name]) for name in cls.PAIR_ROWS)
    if cls.LEADER:
        device.attrs[cls.LEADER], far.attrs[cls.LEADER] = True, False


def change_options(device: Device, attrs: Mapping[str, Value]) -> None:
    """What generic netlink sets: a team's mode only while it has no ports (EBUSY), a reference only to a port (ENOENT)."""
    cls = kind_class(device.kind)
    rows = cls.rows()
    for name in sorted(attrs, key=lambda name: name not in cls.WITHOUT_PORTS):
        value = attrs[name]
        if name in cls.WITHOUT_PORTS:
            if device.ports():
                refuse(errno.EBUSY)
            for other in cls.TOGETHER.get(name, ()):
                device.set_ref(other, None)
        if rows[name].ref:
            port = device.home.device(int(str(value)))
            if port not in device.ports():
                refuse(errno.ENOENT)
            device.set_ref(name, port)
        else:
            device.attrs[name] = value


def _start_from_zero(device: Device, told: Mapping[str, Value]) -> None:
    """ipgre_netlink_parms and its like: memset() first, so that what the message does not say is as if it had never been set."""
    cls = kind_class(device.kind)
    refused = cls.ONCE & {name for name in told if told[name]}
    if refused:
        refuse(errno.EINVAL)
    for name, row in cls.rows().items():
        if row.where is Where.DATA and row.change is Change.IN_PLACE and name not in told:
            if row.ref:
                device.set_ref(name, None)
            elif row.default is not UNSET:
                device.attrs[name] = row.default


def change_data(device: Device, attrs: Mapping[str, Value]) -> None:
    """ndo changelink: applied attribute by attribute, so that what came before a refusal stays."""
    rows = kind_class(device.kind).rows()
    if not attrs:
        return  # no INFO_DATA, nothing to refuse
    if not any(row.where is Where.DATA and row.change in (Change.IN_PLACE, Change.WHEN_DOWN) for row in rows.values()):
        refuse(errno.EOPNOTSUPP)  # the driver has no changelink
    cls = kind_class(device.kind)
    if cls.LEADER and not device.attrs.get(cls.LEADER):
        refuse(errno.EACCES, "netkit link settings can be changed only through the primary device")
    far = device.refs.get("peer")
    theirs = {said: name for name, said in cls.PEER_ROWS.items()}
    for name in attrs:
        if far is not None and name in theirs:
            far.attrs[theirs[name]] = attrs[name]
        elif far is not None and name in cls.PEER_ROWS:
            far.attrs[cls.PEER_ROWS[name]] = attrs[name]
    for name, value in attrs.items():
        row = rows[name]
        if row.ref:
            if value:  # 0 is accepted and does nothing (vxlan)
                device.set_ref(name, device.underlay.device(int(str(value))))
            continue
        if row.where is not Where.DATA:
            continue
        if name in kind_class(device.kind).WITHOUT_PORTS and device.ports():
            refuse(errno.EBUSY if device.kind == "bridge" else errno.ENOTEMPTY)
        if device.kind in ("macvlan", "macvtap") and name == "mode" and "passthru" in (value, device.attrs.get("mode")):
            if value != device.attrs.get("mode"):
                refuse(errno.EINVAL)
            continue
        if row.change is Change.REPLACE:
            if device.kind == "vxlan" and not (name == "id" and device.attrs.get("id") == value):
                refuse(errno.EOPNOTSUPP)
            continue
        if device.kind == "bridge":
            _check_bridge_values(device, {name: value})
        device.attrs[name] = value
