"""Ports of the in-memory kernel: options that live as long as the link is a port (br_setport, bond_slave_changelink)."""

from __future__ import annotations

import errno
from collections.abc import Mapping

from nsmgr.kernel.fake_state import Device, refuse
from nsmgr.model.attr import UNSET, Change, Value
from nsmgr.model.port import PREFIX, port, port_rows


def change(device: Device, kind: str, attrs: Mapping[str, Value]) -> None:
    """RTM_NEWLINK with IFLA_INFO_SLAVE_DATA, applied option by option: what came before a refusal stays."""
    controller = device.refs.get("controller")
    if controller is None or controller.kind != kind:
        refuse(errno.EOPNOTSUPP)
    rows = port_rows(kind)
    if any(PREFIX + name not in rows or rows[PREFIX + name].change is Change.READ_ONLY for name in attrs):
        refuse(errno.EINVAL, "cannot be encoded")
    told = _defaults(device, kind) | device.port | {PREFIX + name: value for name, value in attrs.items()}
    if told.get(f"{PREFIX}mab") and not (told[f"{PREFIX}locked"] and told[f"{PREFIX}learning"]):
        refuse(errno.EINVAL, "Bridge port must be locked and have learning enabled when MAB is enabled")
    for name in port(kind).UNIQUE & attrs.keys():
        key = PREFIX + name
        if attrs[name] != rows[key].default and any(
            other.port.get(key) == attrs[name] for other in controller.ports() if other is not device
        ):
            refuse(errno.EPERM)
    for name, value in attrs.items():
        key = PREFIX + name
        if not rows[key].ref:
            device.port[key] = value
            continue
        other = device.home.device(int(str(value))) if value else None
        if other is device:
            refuse(errno.EINVAL)
        if other is not None and other.refs.get("controller") is not controller:
            refuse(errno.EINVAL if "controller" in other.refs else errno.ENOENT)
        device.set_ref(key, other)


def forget(device: Device) -> None:
    """The link is a port no more: br_del_if, bond_release; it is nobody's backup either (nbp_backup_clear)."""
    device.port.clear()
    for key in [key for key in device.refs if key.startswith(PREFIX)]:
        device.set_ref(key, None)
    for key, user in [(key, user) for key, user in device.users if key.startswith(PREFIX)]:
        user.set_ref(key, None)


def shown(device: Device, kind: str) -> Mapping[str, Value]:
    """The options but references, as a dump has them; none for a link whose controller's ports have none."""
    return _defaults(device, kind) | device.port if kind else {}


def _defaults(device: Device, kind: str) -> dict[str, Value]:
    found = {key: row.default for key, row in port_rows(kind).items() if row.default is not UNSET and not row.ref}
    if kind == "bridge" and device.kind != "veth":  # port_cost(): 10 Gbit/s by ethtool, else "assume old 10Mbps"
        found[f"{PREFIX}cost"] = 100
    return found
