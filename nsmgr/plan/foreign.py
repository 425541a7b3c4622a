"""What in a namespace is not ours to prune: made by the kernel or by a daemon, or excluded by ``ignore:``.

Shared by prune and by export, so that what one leaves alone the other does not claim.
"""

from __future__ import annotations

from nsmgr.model.thing import thing_type
from nsmgr.plan.state import PROTO_NSMGR, Address, DesiredNetns, Ignore, Link, Route, Rule, Thing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

RTPROT_REDIRECT, RTPROT_KERNEL, RTPROT_BOOT, RTPROT_STATIC = 1, 2, 3, 4  # linux/rtnetlink.h
IFAPROT_KERNEL_LO, IFAPROT_KERNEL_RA, IFAPROT_KERNEL_LL = 1, 2, 3  # linux/if_addr.h
FRA_PROTO_KERNEL = RTPROT_KERNEL

OUR_ROUTE_PROTOCOLS = frozenset((RTPROT_BOOT, RTPROT_STATIC, PROTO_NSMGR))


def kernel_made_address(address: Address) -> bool:
    """Loopback's own, link-local and router-advertised addresses, and those with a lifetime (a DHCP client keeps them)."""
    attrs = address.attrs
    proto = attrs.get("proto")
    if proto in (IFAPROT_KERNEL_LO, IFAPROT_KERNEL_RA, IFAPROT_KERNEL_LL):
        return True
    if proto == PROTO_NSMGR:
        return False
    if address.address in ("127.0.0.1/8", "::1/128"):
        return address.link == "lo"
    if attrs.get("mngtmpaddr") or attrs.get("permanent") is False:
        return True
    if "proto" in attrs:
        return False
    # Kernels before 5.18 have no IFA_PROTO; there a link-local /64 is taken as addrconf's own.
    if address.address.startswith("fe80:") and address.address.endswith("/64"):
        return True
    # add_v4_addrs(): a sit link without a remote end gets its IPv4 addresses as ::10.0.0.1/96, with no protocol told to this day.
    return address.address.startswith("::") and address.address.endswith("/96") and "." in address.address


def foreign_route(route: Route) -> bool:
    """Connected, local and advertised routes, and those a routing daemon put there (its protocol number is its name)."""
    return route.attrs.get("proto") not in OUR_ROUTE_PROTOCOLS


def kernel_rule(rule: Rule) -> bool:
    """Rules 0, 32766, 32767 and the l3mdev rule (fib_default_rules_init, vrf_fib_rule): FRA_PROTOCOL is kernel."""
    if rule.proto == FRA_PROTO_KERNEL:
        return True
    # Kernels before 4.17 do not report FRA_PROTOCOL.
    return rule.proto == 0 and rule.attrs.get("priority") in (0, 32766, 32767) and "from" not in rule.attrs


def _fits(text: str, pattern: str) -> bool:
    from fnmatch import fnmatchcase  # here: it brings `re`, and few files ignore anything

    return fnmatchcase(text, pattern)


def ignored_link(link: Link, ignore: Ignore) -> bool:
    return ignored_link_name(link.name, ignore)


def ignored_link_name(name: str, ignore: Ignore) -> bool:
    return any(_fits(name, pattern) for pattern in ignore.links)


def ignored_address(address: Address, ignore: Ignore) -> bool:
    if not ignore.addresses:
        return False
    seen = {"address": address.address, "link": address.link, "dev": address.link}
    seen.update((name, str(value)) for name, value in address.attrs.items())
    return any(_matches(seen, patterns) for patterns in ignore.addresses)


def ignored_route(route: Route, ignore: Ignore) -> bool:
    if not ignore.routes:
        return False
    seen = {"to": route.to, "table": str(route.table), "metric": str(route.metric)}
    seen.update((name, str(value)) for name, value in route.attrs.items())
    seen["protocol"] = seen.get("proto", "")
    if route.nexthops:
        seen["dev"], seen["via"] = route.nexthops[0].dev, route.nexthops[0].via
    return any(_matches(seen, patterns) for patterns in ignore.routes)


def ignored_rule(rule: Rule, ignore: Ignore) -> bool:
    if not ignore.rules:
        return False
    seen = {name: str(value) for name, value in rule.attrs.items()} | {"protocol": str(rule.proto)}
    return any(_matches(seen, patterns) for patterns in ignore.rules)


def ignored_thing(thing: Thing, ignore: Ignore) -> bool:
    patterns = ignore.things.get(thing.type) if ignore.things else None
    if not patterns:
        return False
    seen = {name: str(value) for name, value in thing.attrs.items()} | {"link": thing.link}
    return any(_matches(seen, entry) for entry in patterns)


def prunable(thing: Thing, netns: DesiredNetns, owned: Collection[tuple[str, str]]) -> bool:
    """Whether an observed thing that nobody declared is to be removed. ``owned``: what is ours where only that is managed."""
    cls = thing_type(thing.type)
    if (
        cls.SETTINGS
        or cls.foreign(thing.attrs)
        or ignored_thing(thing, netns.ignore)
        or ignored_link_name(thing.link, netns.ignore)
    ):
        return False
    return netns.manage == "all" or thing.id in owned


def _matches(seen: dict[str, str], patterns: object) -> bool:
    """Every pattern of one entry fits; a protocol may be given by number or by its rt_protos name."""
    assert hasattr(patterns, "items")
    return all(name in seen and _fits(seen[name], str(pattern)) for name, pattern in patterns.items())
