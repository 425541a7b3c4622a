"""Sysctls of the in-memory kernel: the keys worth having, their defaults in a fresh namespace, and who overwrites whom."""

from __future__ import annotations

import errno
from collections.abc import Mapping

from nsmgr.kernel.fake_state import Device, Netns, refuse

# One value per device, under net.ipv4.conf.<name> and net.ipv6.conf.<name>; also under "all" and "default".
CONF: Mapping[str, str] = {
    **{f"ipv4.{name}": "0" for name in (
        "accept_local", "arp_accept", "arp_announce", "arp_filter", "arp_ignore", "arp_notify", "bc_forwarding", "bootp_relay",
        "disable_policy", "disable_xfrm", "drop_gratuitous_arp", "drop_unicast_in_l2_multicast", "force_igmp_version", "forwarding",
        "ignore_routes_with_linkdown", "log_martians", "medium_id", "promote_secondaries", "proxy_arp", "proxy_arp_pvlan",
        "route_localnet", "rp_filter", "src_valid_mark", "tag",
    )},
    **{f"ipv4.{name}": "1" for name in (
        "accept_redirects", "accept_source_route", "arp_evict_nocarrier", "secure_redirects", "send_redirects", "shared_media",
    )},
    **{f"ipv6.{name}": "0" for name in (
        "accept_ra_from_local", "accept_ra_rt_info_max_plen", "accept_ra_rt_info_min_plen", "accept_source_route",
        "accept_untracked_na", "addr_gen_mode", "disable_ipv6", "disable_policy", "drop_unicast_in_l2_multicast",
        "drop_unsolicited_na", "force_tllao", "forwarding", "ignore_routes_with_linkdown", "keep_addr_on_down", "ndisc_notify",
        "optimistic_dad", "proxy_ndp", "seg6_enabled", "use_oif_addrs_only", "use_optimistic", "use_tempaddr",
    )},
    **{f"ipv6.{name}": "1" for name in (
        "accept_dad", "accept_ra", "accept_ra_defrtr", "accept_ra_mtu", "accept_ra_pinfo", "accept_redirects", "autoconf",
        "dad_transmits", "enhanced_dad", "ndisc_evict_nocarrier", "suppress_frag_ndisc",
    )},
    "ipv6.hop_limit": "64",
    "ipv6.max_addresses": "16",
    "ipv6.mtu": "1280",
    "ipv6.router_solicitations": "-1",
}  # fmt: skip

NETNS: Mapping[str, str] = {
    "net.core.somaxconn": "4096",
    "net.ipv4.fib_multipath_hash_fields": "7",
    "net.ipv4.fib_multipath_hash_policy": "0",
    "net.ipv4.fib_multipath_use_neigh": "0",
    "net.ipv4.icmp_echo_ignore_all": "0",
    "net.ipv4.icmp_echo_ignore_broadcasts": "1",
    "net.ipv4.icmp_ratelimit": "1000",
    "net.ipv4.ip_default_ttl": "64",
    "net.ipv4.ip_forward": "0",
    "net.ipv4.ip_forward_use_pmtu": "0",
    "net.ipv4.ip_local_port_range": "32768 60999",
    "net.ipv4.ip_nonlocal_bind": "0",
    "net.ipv4.ip_unprivileged_port_start": "1024",
    "net.ipv4.ping_group_range": "1 0",
    "net.ipv4.tcp_ecn": "2",
    "net.ipv4.tcp_fin_timeout": "60",
    "net.ipv4.tcp_l3mdev_accept": "0",
    "net.ipv4.tcp_syncookies": "1",
    "net.ipv4.udp_l3mdev_accept": "0",
    "net.ipv6.auto_flowlabels": "1",
    "net.ipv6.bindv6only": "0",
    "net.ipv6.fib_multipath_hash_policy": "0",
    "net.ipv6.ip_nonlocal_bind": "0",
}
_GROUPS = ("all", "default")
_GENERATION_MODES = ("eui64", "none", "stable_secret", "random")


def device_value(device: Device, key: str) -> str:
    """Effective per-device value of "ipv4.rp_filter": its own, else what conf/default says."""
    if key == "ipv6.addr_gen_mode":
        mode = device.attrs.get("addrgenmode", "eui64")
        return str(_GENERATION_MODES.index(str(mode)))
    own = device.sysctls.get(key)
    if own is not None:
        return own
    return CONF[key] if key.startswith("ipv6.") else _group_value(device.home, "default", key)


def _group_value(netns: Netns, group: str, key: str) -> str:
    family, _, name = key.partition(".")
    default = "0" if key == "ipv6.accept_dad" and group == "all" else CONF[key]
    return netns.sysctls.get(f"net.{family}.conf.{group}.{name}", default)


def inherit(device: Device) -> None:
    """A new inet6_dev copies conf/default (addrconf); IPv4 values follow it until written (devinet_conf_proc)."""
    device.sysctls.clear()
    prefix = "net.ipv6.conf.default."
    for key, value in device.home.sysctls.items():
        if key.startswith(prefix):
            device.sysctls["ipv6." + key[len(prefix) :]] = value
    if device.home.sysctls.get("net.ipv4.ip_forward") == "1":
        device.sysctls["ipv4.forwarding"] = "1"
    if device.index == 1:
        device.sysctls |= {"ipv4.disable_policy": "1", "ipv4.disable_xfrm": "1", "ipv6.accept_dad": "-1", "ipv6.use_tempaddr": "-1"}


def _split(key: str) -> tuple[str, str] | None:
    """("ipv4.rp_filter", "eth0") of net.ipv4.conf.eth0.rp_filter, also with slashes for eth0.5; None for other keys."""
    parts = key.split("/") if "/" in key else key.split(".")
    if len(parts) == 5 and parts[0] == "net" and parts[1] in ("ipv4", "ipv6") and parts[2] == "conf":
        return f"{parts[1]}.{parts[4]}", parts[3]
    return None


def read(netns: Netns, key: str) -> str | None:
    """The value as text, None when there is no such file."""
    conf = _split(key)
    if conf is None:
        default = NETNS.get(key)
        return None if default is None else netns.sysctls.get(key, default)
    name, owner = conf
    if name not in CONF:
        return None
    if name == "ipv4.forwarding" and owner == "all":
        return netns.sysctls.get("net.ipv4.ip_forward", "0")
    if owner in _GROUPS:
        return _group_value(netns, owner, name)
    return device_value(netns.devices[owner], name) if owner in netns.devices else None


def write(netns: Netns, key: str, text: str) -> list[Device]:
    """Write one key; returns the devices whose IPv6 was switched (disable_ipv6), for the caller to carry out."""
    if read(netns, key) is None:
        refuse(errno.ENOENT)
    words = text.split()
    if not words or not all(word.removeprefix("-").isdecimal() for word in words):
        refuse(errno.EINVAL)
    value = " ".join(words)  # the kernel separates with tabs; the port normalises
    conf = _split(key)
    if key == "net.ipv4.ip_forward" or conf == ("ipv4.forwarding", "all"):
        _forward4(netns, value)
        return []
    if conf is None:
        netns.sysctls[key] = value
        return []
    name, owner = conf
    if owner not in _GROUPS:
        device = netns.devices[owner]
        before = device_value(device, name)
        if name == "ipv6.addr_gen_mode":
            if value not in ("0", "1", "2", "3"):
                refuse(errno.EINVAL)
            device.attrs["addrgenmode"] = _GENERATION_MODES[int(value)]
            return []
        device.sysctls[name] = value
        return [device] if name == "ipv6.disable_ipv6" and before != value else []
    netns.sysctls[key] = value
    if owner == "all" and name in ("ipv6.forwarding", "ipv6.disable_ipv6"):  # addrconf_fixup_forwarding, addrconf_disable_ipv6
        netns.sysctls[key.replace(".all.", ".default.")] = value
        switched = [device for device in netns.devices.values() if device_value(device, name) != value]
        for device in netns.devices.values():
            device.sysctls[name] = value
        return switched if name == "ipv6.disable_ipv6" else []
    return []


def _forward4(netns: Netns, value: str) -> None:
    """inet_forward_change: a changed ip_forward overwrites conf.default and every device's forwarding."""
    if netns.sysctls.get("net.ipv4.ip_forward", "0") == value:
        return
    netns.sysctls["net.ipv4.ip_forward"] = netns.sysctls["net.ipv4.conf.default.forwarding"] = value
    for device in netns.devices.values():
        device.sysctls["ipv4.forwarding"] = value
