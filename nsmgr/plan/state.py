"""The two values a plan is computed from: what is desired and what was observed. Plain data, no kernel, no clock.

Both sides speak the same canonical language, so that diff is ``==`` with tolerances:

* attributes are ``dict[str, Value]`` keyed by *configuration* names ("mtu", "ageing_time");
* ``attrs["state"]`` is "up" or "down"; MACs are lower case with colons; durations are int milliseconds;
* a reference to a link is text: the bare name inside the same namespace, ``netns/name`` across; ``controller`` is always
  bare; ``peer`` is always ``netns/name``. An observed reference that cannot be resolved is ``?/#<ifindex>``;
  an observed link without controller/parent simply lacks the key (desired None = "none wanted");
* IP addresses are inet_ntop text; prefixes are ``address/len`` ("default" is written 0.0.0.0/0 and ::/0 here);
* ``host`` is the namespace nsmgr runs in.
"""

from __future__ import annotations

from nsmgr.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from nsmgr.model.attr import Value

HOST = "host"
Path = tuple[str | int, ...]  # a place in the document: ("namespaces", "red", "routes", 0)

# Own number in rt_protos space: not in iproute2's rt_protos, so `ip route` shows "proto 78".
# Written into routes, rules and addresses (RTA_PROTOCOL is rtm_protocol, FRA_PROTOCOL, IFA_PROTO): the mark "nsmgr made this".
PROTO_NSMGR = 78

# What most objects have none of: one for all of them. There are tens of thousands, and a dictionary of its own is 64 bytes.
NOTHING: Mapping[str, Any] = {}


class Address(Record):
    """One address of one link. Identity: (link, address) where address is "10.0.0.1/24" or "10.0.0.1 peer 10.0.0.2/32".

    attrs (desired: only those written): label str, scope str|int name, valid_lifetime / preferred_lifetime ms or "forever",
    nodad bool, optimistic bool, noprefixroute bool, home bool, mngtmpaddr bool, autojoin bool, metric int, proto int,
    broadcast str.
    observed also: flags (raw IFA_F_*), secondary bool, tentative bool, permanent bool.
    """

    link: str
    address: str
    attrs: Mapping[str, Value] = NOTHING  # may be shared with others that say the same
    origin: Path = ()


class NextHop(Record):
    """via: gateway text or "" ; dev: link name or "" (unset/not managed); weight 1..256; onlink.

    encap: canonical text of nsmgr.model.encap, "" = none; labels: those that take the place of an MPLS route's own, "200/300".
    """

    via: str = ""
    dev: str = ""
    weight: int = 1
    onlink: bool = False
    encap: str = ""
    labels: str = ""


class Route(Record):
    """One route. Identity: (table, to, metric, tos); IPv6 metric 0 is written 1024 (IP6_RT_PRIO_USER) on both sides.

    to: canonical prefix "10.9.0.0/16", "0.0.0.0/0", "::/0"; of IPv6 source routing "2001:db8::/32 from 2001:db8:1::/48"; of MPLS
    "mpls 100".
    attrs: type ("unicast", "blackhole", "unreachable", "prohibit", "local", …), scope, proto, prefsrc, mtu, advmss …; nhid int
    (the next hop object; then nexthops is empty). observed always has type, scope, proto (int); desired only what is written
    (type defaults to unicast).
    """

    to: str
    table: int = 254
    metric: int = 0
    tos: int = 0
    nexthops: tuple[NextHop, ...] = ()
    attrs: dict[str, Value] = field(default_factory=dict)
    origin: Path = ()

    @property
    def key(self) -> tuple[int, str, int, int]:
        return (self.table, self.to, self.metric, self.tos)


class Rule(Record):
    """One policy rule; everything except ``proto`` is identity (a rule cannot be changed, only replaced).

    attrs: priority int, family "ipv4"|"ipv6", from/to prefix, iif, oif, fwmark int, fwmask int, tos int, table int,
    type "lookup"|"blackhole"|"unreachable"|"prohibit"|"goto", goto int, invert bool, suppress_prefixlength int, ipproto int,
    sport/dport "low-high", uidrange "low-high", l3mdev bool. Values equal to the kernel default are left out on both sides.
    """

    attrs: dict[str, Value]
    proto: int = 0
    origin: Path = ()

    @property
    def key(self) -> tuple[tuple[str, Value], ...]:
        return tuple(sorted(self.attrs.items()))


class Thing(Record):
    """One thing of a type in nsmgr.model.things: a neighbour, a next hop, a qdisc … Identity: (type, key), see :attr:`id`.

    link: the link it is on, bare name; "" = on none. It is gone when the link is.
    attrs: canonical values, those of the identity among them; desired: only what is written.
    on: things of the namespace it lives on: deleted by the kernel with any of them. after: things that must be there before it.
    """

    type: str
    key: str
    link: str = ""
    attrs: Mapping[str, Value] = NOTHING
    on: tuple[tuple[str, str], ...] = ()
    after: tuple[tuple[str, str], ...] = ()
    origin: Path = ()

    @property
    def id(self) -> tuple[str, str]:
        return (self.type, self.key)


# ---------------------------------------------------------------------------------------------------------------- desired


class DesiredLink(Record):
    """kind "" = a link that must already exist (made by a container runtime): configured in place, never made or deleted.

    attrs: managed attributes; birth: attributes only of the creating message (a veth's one queue).
    """

    netns: str
    name: str
    kind: str
    attrs: dict[str, Value] = field(default_factory=dict)
    birth: Mapping[str, Value] = NOTHING
    addresses: dict[str, Address] = field(default_factory=dict)  # by Address.address
    altnames: tuple[str, ...] | None = None  # None = not managed
    sysctls: Mapping[str, str] = NOTHING  # full dotted key: net.ipv4.conf.eth0.rp_filter → value text
    match: Mapping[str, str] = NOTHING  # kind physical: {name|mac|path: …}
    origin: Path = ()
    port_kind: str = ""  # with options as a port, ``port_options.…`` in attrs: the kind of controller they are for


class Ignore(Record):
    """Patterns (fnmatch) of objects nsmgr shall not see. Each entry of routes/addresses/rules maps an attribute to a pattern.

    things: type → such entries.
    """

    links: tuple[str, ...] = ()
    addresses: tuple[Mapping[str, str], ...] = ()
    routes: tuple[Mapping[str, str], ...] = ()
    rules: tuple[Mapping[str, str], ...] = ()
    things: Mapping[str, tuple[Mapping[str, str], ...]] = NOTHING


class DesiredNetns(Record):
    """source: "create" | "host" | "pid:<n>" | "path:<p>"; adopt: take over an existing one; manage: "all" | "declared".

    types: of things, those whose section is written, be it empty.
    """

    name: str
    source: str = "create"
    adopt: bool = False
    manage: str = "all"
    links: dict[str, DesiredLink] = field(default_factory=dict)
    routes: dict[tuple[int, str, int, int], Route] = field(default_factory=dict)  # by Route.key
    rules: dict[tuple[tuple[str, Value], ...], Rule] = field(default_factory=dict)
    sysctls: dict[str, str] = field(default_factory=dict)  # namespace-wide dotted keys, in file order
    things: dict[tuple[str, str], Thing] = field(default_factory=dict)  # by Thing.id, in file order
    types: frozenset[str] = frozenset()
    ignore: Ignore = field(default_factory=Ignore)
    origin: Path = ()


class DesiredState(Record):
    """A whole deployment. ``files`` are the inputs in merge order; ``digest`` changes with any of them."""

    name: str
    namespaces: dict[str, DesiredNetns]
    files: tuple[str, ...] = ()
    digest: str = ""
    warnings: tuple[object, ...] = ()  # Problem of severity "warning"
    sources: tuple[object, ...] = field(default=(), compare=False)  # the texts, for config.locate
    attached: dict[str, str] = field(default_factory=dict, compare=False)  # files named by the document: name → text


# --------------------------------------------------------------------------------------------------------------- observed


class Link(Record):
    """One link as dumped. kind "" = a device without rtnl_link_ops (physical NIC); "lo" = the loopback device.

    link_index / link_netnsid: IFLA_LINK and IFLA_LINK_NETNSID as dumped (-1 = absent).
    port_kind: IFLA_INFO_SLAVE_KIND, where the options of ports were asked for; they are ``port_options.…`` in attrs.
    """

    name: str
    kind: str
    index: int
    attrs: dict[str, Value] = field(default_factory=dict)
    altnames: tuple[str, ...] = ()
    flags: int = 0
    link_index: int = 0
    link_netnsid: int = -1
    fallback: bool = False  # sit0, tunl0 … and lo: made by the kernel, undeletable
    port_kind: str = ""


class NetnsState(Record):
    """One namespace as read. ``cookie`` is its identity (SO_NETNS_COOKIE), never reused until reboot."""

    name: str
    cookie: int = 0
    links: dict[str, Link] = field(default_factory=dict)
    addresses: dict[tuple[str, str], Address] = field(default_factory=dict)  # (link, address)
    routes: dict[tuple[int, str, int, int], list[Route]] = field(default_factory=dict)  # a key can repeat (append)
    rules: dict[tuple[tuple[str, Value], ...], list[Rule]] = field(default_factory=dict)
    sysctls: dict[str, str | None] = field(default_factory=dict)  # asked-for keys only; None = no such file
    things: dict[tuple[str, str], Thing] = field(default_factory=dict)  # asked-for types only, by Thing.id


class Owned(Record):
    """What the state directory says this deployment made. Keys are object texts as in Operation.key."""

    namespaces: dict[str, int] = field(default_factory=dict)  # name → cookie; 0 = intended, cookie not recorded yet
    objects: dict[str, set[tuple[str, str]]] = field(default_factory=dict)  # netns → {(type, key)} in manage: declared
    physical: dict[str, dict[str, str]] = field(default_factory=dict)  # netns/name → {"netns", "name"} it came from
    sources: dict[str, str] = field(default_factory=dict)  # netns with objects → its DesiredNetns.source
    types: dict[str, set[str]] = field(default_factory=dict)  # netns → types of things that were made in it


class ObservedState(Record):
    """namespaces: those that exist; stale: names whose /run/netns file is no namespace (left after a reboot or a crash);

    live_rename: whether this kernel renames a link that is up (since 6.2; found out by a refusal, EBUSY).
    foreign_owner: namespace → other deployment that claims it.
    foreign_objects: namespace → (type, key) → other deployment that made it, where both write.
    unsupported: kind → the kernel's words (from a probe).
    unwritable: namespace-wide sysctl → why a namespace that is made does not take it (from a probe).
    """

    namespaces: dict[str, NetnsState] = field(default_factory=dict)
    stale: frozenset[str] = frozenset()
    foreign_owner: dict[str, str] = field(default_factory=dict)
    foreign_objects: dict[str, dict[tuple[str, str], str]] = field(default_factory=dict)
    unsupported: dict[str, str] = field(default_factory=dict)
    unwritable: dict[str, str] = field(default_factory=dict)
    owned: Owned = field(default_factory=Owned)
    live_rename: bool = True
