"""Random documents over all kinds and sections, as plain data: what tests/kernel/test_random_documents.py applies in turn.

Few names in few namespaces, so that two documents overlap a lot: a name is a bridge here and a tunnel there, a port changes its
controller, a pair is rewired, what a vlan stands on is made anew. Kinds, their rows and two values of each come from
tests/scope/cases.py, so a new kind comes along by itself; what ``loads`` finds wrong is taken out of the document. Where only the
kernel knows better, a comment says how.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from nsmgr import config
from nsmgr.errors import ConfigError
from nsmgr.light import cache
from nsmgr.model.links import kind_class
from nsmgr.model.ports import port_kinds
from nsmgr.plan.state import DesiredState
from tests.scope.cases import BODIES, PORT, Case, cases
from tests.since import lacking

Body = dict[str, Any]

SPACES = ("a", "b", "c")
NAMES = ("e0", "e1", "e2", "e3", "e4", "e5")
WEIGHTS = {"veth": 9, "bridge": 3, "bond": 3, "vrf": 3, "team": 2, "vlan": 2, "macvlan": 2, "vxlan": 2}  # of others 1
NOT_DRAWN = {"lo": "dressed in every namespace", "physical": "needs a network card"}

# Rows that are drawn by hand (references, state), or whose values must be of one link alone in its namespace (identities).
BY_HAND = frozenset(("state", "controller", "parent", "peer", "underlay", "mac", "mtu"))
IDENTITY = frozenset(("local", "remote", "id", "port", "table", "if_id", "ikey", "okey", "key", "external", "ethertype", "group"))
CAN = ("vcan", "vxcan")
# What others are stacked on, and of these what hsr takes as a slave (hsr_check_dev_ok).
LOWERS = ("veth", "dummy", "ifb", "bridge", "bond", "team", "vxlan", "gretap", "geneve", "tap", "macvlan", "vlan")
RINGS = ("veth", "dummy")
FAMILIES = {
    kind: {kind, other} for one, two in (("macvlan", "macvtap"), ("ipvlan", "ipvtap")) for kind, other in ((one, two), (two, one))
}
HANDLERS = ("macvlan", "macvtap", "ipvlan", "ipvtap", "macsec", "hsr")  # set the rx_handler of what they stand on
WITH_IPV6 = ("veth", "dummy", "ifb", "bridge", "bond", "team", "vrf", "vxlan")  # whatever their MTU follows: 1280 at least
# Not vlan: bond_enslave() opens it, which is refused (ENETDOWN) while its lower link is not up yet, and plans take links up later.
SLAVES = frozenset(("veth", "dummy", "vxlan", "gretap", "geneve", "tap"))

SYSCTLS: Mapping[str, tuple[int, ...]] = {
    "net.ipv4.ip_forward": (0, 1),
    "net.ipv6.conf.all.forwarding": (0, 1),
    "net.ipv4.conf.all.rp_filter": (0, 1, 2),
    "net.ipv4.ip_default_ttl": (64, 65),
}
LINK_SYSCTLS: Mapping[str, tuple[int, ...]] = {
    "ipv4.rp_filter": (0, 1, 2),
    "ipv4.forwarding": (0, 1),
    "ipv4.arp_ignore": (0, 1),
    "ipv6.accept_ra": (0, 1, 2),
    "ipv6.forwarding": (0, 1),
}
QDISCS: tuple[Any, ...] = (
    None,
    "fq_codel",
    "fq",
    {"kind": "netem", "delay": "20ms", "loss": "1%"},
    {"kind": "netem", "delay": "5ms", "limit": 100},
    {"kind": "tbf", "rate": "10mbit", "burst": "32k", "latency": "50ms"},
    {"kind": "prio", "bands": 4},
    {
        "kind": "htb",
        "default": 32,
        "classes": {"1:10": {"rate": "10mbit"}, "1:20": {"rate": "1mbit", "ceil": "2mbit", "qdisc": "fq_codel"}},
        "filters": [{"kind": "u32", "dst": "10.0.0.0/24", "flowid": "1:10"}],
    },
    {"kind": "clsact", "ingress": [{"kind": "matchall", "action": "drop"}]},
    ["fq_codel", {"kind": "ingress", "filters": [{"kind": "flower", "protocol": "ip", "ip_proto": "tcp", "action": "drop"}]}],
)
SMALL_QDISCS = (None, {"kind": "tbf", "rate": "10mbit", "burst": "32k", "latency": "50ms"}, {"kind": "pfifo", "limit": 50})
RULESETS = tuple(
    "table inet filter {\n"
    " chain input {\n"
    "  type filter hook input priority 0; policy accept;\n"
    f"  tcp dport {port} counter accept\n"
    " }\n"
    "}\n"
    for port in (80, 443)
)
TESTED = Path(__file__).parent.parent / "kernel" / "tested.json"


def newer(case: Case) -> bool:
    """Whether one of the values came with a later kernel than the oldest that is tested."""
    return bool(lacking([str(case.a)]) or lacking([str(case.b)]))


@cache
def tried(subject: str) -> tuple[Case, ...]:
    """The rows of a kind, or of the ports of one, with two values each, that need no other link, and that every kernel has

    which tests/kernel/tested.json tells of: the rest is refused, or ignored and told so.
    """
    told: list[dict[str, dict[str, str]]] = list(json.loads(TESTED.read_text()).values())
    refused = {
        name
        for kernel in told
        for name, words in kernel.get(subject, {}).items()
        if words.startswith(("lacking", "refused", "not for this kind"))
    }
    return tuple(
        case
        for case in cases(subject)
        if not case.why_not and not case.row.ref and case.row_name not in refused and not newer(case)
    )


class Draw:
    """One document. ``kinds``: those that the kernel has. ``prefix``: of its namespaces' names."""

    def __init__(self, dice: random.Random, kinds: Collection[str], prefix: str) -> None:
        self.dice, self.prefix = dice, prefix
        self.kinds = [kind for kind in kinds if kind not in NOT_DRAWN]
        self.full = "bond" in self.kinds  # else a kernel of few kinds, which has few qdiscs, encapsulations and no packet filter
        self.spaces: dict[str, Body] = {f"{prefix}{name}": {"links": {}} for name in SPACES[: dice.choice((2, 3, 3))]}

    def chance(self, one_in: int) -> bool:
        return self.dice.randrange(one_in) == 0

    def links(self) -> Iterator[tuple[str, str, Body]]:
        for space, body in self.spaces.items():
            for name, link in body["links"].items():
                yield space, name, link

    def number(self, space: str, name: str) -> int:
        """Of a link's place: what is made of it is of no other link."""
        return list(SPACES).index(space.removeprefix(self.prefix)) * len(NAMES) + NAMES.index(name)

    def document(self) -> Body:
        self._kinds()
        self._stack()
        self._ports()
        for space, _, link in sorted(self.links(), key=lambda place: len(self._below(*place[:2]))):
            if self.chance(6) or ("parent" in link and self._down(space, link["parent"])):
                link["state"] = "down"
        for space, name, link in self.links():
            self._rows(space, name, link)
            self._sections(space, name, link)
        for space, body in self.spaces.items():
            self._space(space, body)
        return {"version": 1, "name": self.prefix.rstrip("-"), "namespaces": self.spaces}

    # Which links there are.

    def _kinds(self) -> None:
        weights = [WEIGHTS.get(kind, 1) for kind in self.kinds]
        free = [(space, name) for space in self.spaces for name in NAMES]
        self.dice.shuffle(free)
        while free:
            space, name = free.pop()
            if self.chance(4):
                continue
            (kind,) = self.dice.choices(self.kinds, weights)
            serial = self.number(space, name) + self.dice.choice((0, 100))
            body: Body = {"kind": kind, **(BODIES[kind](serial) if kind in BODIES else {})}
            cls = kind_class(kind)
            if cls.PAIR:
                if not free:
                    continue
                other, far = free.pop()
                body["peer"] = f"{other}/{far}"
                self.spaces[other]["links"][far] = {}
            for required, about in cls.model_fields.items():
                if about.is_required() and required not in body:
                    body[required] = 1000 + serial if required == "table" else 10 + serial
            self.spaces[space]["links"][name] = body

    def kind(self, link: Body) -> str:
        return str(link.get("kind", "veth"))  # a far end: as good as a veth

    def _stack(self) -> None:
        for space, name, link in self.links():
            cls = kind_class(self.kind(link))
            for row_name, row in cls.rows().items():
                if row.ref and row_name in cls.model_fields and cls.model_fields[row_name].is_required():
                    link[row_name] = self._lower(space, name, ())
            if cls.PARENT_REQUIRED or (cls.TAKES_PARENT and self.chance(4)):
                others = self.dice.sample(list(self.spaces), 1) if self.chance(3) and link["kind"] != "ipvtap" else ()
                link["parent"] = self._lower(space, name, others)
            elif "underlay" in cls.rows() and self.chance(4):
                link["underlay"] = self.dice.choice(list(self.spaces))

    def _lower(self, space: str, name: str, others: Collection[str]) -> str:
        """An Ethernet link that is there whatever comes, mostly nearby, and that does not stand on this one."""
        kind = self.kind(self.spaces[space]["links"][name])
        found = [
            (where, low)
            for where, low, link in self.links()
            if (where in others or (where == space and not others)) and (where, low) != (space, name)
            if self._real(where, low) in (RINGS if kind == "hsr" else LOWERS)
            if (space, name) not in self._below(where, low)
            if kind not in HANDLERS or not (self._real(where, low) in HANDLERS or self._handled(where, low, kind))
        ]
        if not found:
            return "missing"  # and the document loses this link
        where, low = self.dice.choice(found)
        if kind in HANDLERS:
            self.spaces[where]["links"][low]["controller"] = None  # unsaid it may still be a port from before: EBUSY
        return low if where == space else f"{where}/{low}"

    def _uppers(self, space: str, name: str) -> list[Body]:
        """The links that stand on this one."""
        return [
            link
            for where, _, link in self.links()
            for key in ("parent", "slave1", "slave2")
            if link.get(key) == f"{space}/{name}" or (link.get(key) == name and where == space)
        ]

    def _handled(self, space: str, name: str, kind: str) -> bool:
        """Whether another kind, or an earlier hsr, has the link's rx_handler."""
        uppers = {self.kind(link) for link in self._uppers(space, name)} & {*HANDLERS}
        return "hsr" in uppers or bool(uppers - FAMILIES.get(kind, {kind}))

    def _below(self, space: str, name: str) -> set[tuple[str, str]]:
        """All that the link stands on (netdev_upper_dev_link): lower links, and ports of what is a controller."""
        found: set[tuple[str, str]] = set()
        todo = [(space, name)]
        while todo:
            where, low = todo.pop()
            if (where, low) in found or low not in self.spaces.get(where, {"links": {}})["links"]:
                continue
            found.add((where, low))
            links = self.spaces[where]["links"]
            todo += [(where, port) for port, link in links.items() if link.get("controller") == low]
            for key in ("parent", "slave1", "slave2"):
                if isinstance(target := links[low].get(key), str):
                    netns, _, end = target.rpartition("/")
                    todo.append((netns or where, end))
        return found - {(space, name)}

    def _ports(self) -> None:
        for space, body in self.spaces.items():
            controllers = [name for name, link in body["links"].items() if kind_class(self.kind(link)).CONTROLLER]
            for name, link in body["links"].items():
                others = [other for other in controllers if other != name and self._takes(space, other, name)]
                if not others or self.chance(2):
                    continue
                link["controller"] = self.dice.choice(others)
                controller = self.kind(body["links"][link["controller"]])
                if controller in port_kinds() and self.chance(2):
                    options: Body = {}
                    for case in self.dice.sample(tried(f"{controller}{PORT}"), self.dice.randrange(4)):
                        options |= case.options | {case.row_name: self.dice.choice((case.a, case.b))}
                    link["port_options"] = options
            for controller in controllers:
                ports = [name for name, link in body["links"].items() if link.get("controller") == controller]
                link = body["links"][controller]
                if ports and link["kind"] == "bond" and self.chance(3):
                    link |= {"mode": "active-backup", "primary": self.dice.choice(ports)}
                if ports and link["kind"] == "team" and self.chance(3):
                    link |= {"mode": "activebackup", "activeport": self.dice.choice(ports)}

    def _takes(self, space: str, controller: str, name: str) -> bool:
        """Whether the kernel lets the link be a port of this controller."""
        links = self.spaces[space]["links"]
        link, kind, over = links[name], self._real(space, name), links[controller]["kind"]
        if (space, name) in self._below(space, controller) or (space, controller) in self._below(space, name):
            return False
        if kind == "vrf" or kind in CAN:
            return False
        if over == "vrf":
            return kind_class(kind).ETHERNET
        if any(self.spaces[at]["links"].get(end, {}).get("controller") for at, end in self._other_ends(space, name)):
            return False  # two bridges with two cables, or one with both ends of one: a storm that takes every processor
        # an rx_handler is one of a link, and one of the bridge's, bond's, team's, batadv's ports
        if not kind_class(kind).ETHERNET or any(self.kind(upper) in HANDLERS for upper in self._uppers(space, name)):
            return False
        if over in ("bond", "team"):
            return kind in SLAVES and not (
                kind == "vxlan" and "parent" in link
            )  # of one type (dev->type), with a MAC that can be set while down
        return kind != over and kind not in ("bridge", "ipvlan", "ipvtap", "netkit", "batadv", "hsr", "macvtap")

    def _other_ends(self, space: str, name: str) -> list[tuple[str, str]]:
        """Where the pair of the link ends, if it is one."""
        peer = self.spaces[space]["links"][name].get("peer")
        ends = [(at, end) for at, end, other in self.links() if other.get("peer") == f"{space}/{name}"]
        return ends + ([(at, end) for at, _, end in [str(peer).partition("/")]] if peer else [])

    def _real(self, space: str, name: str) -> str:
        """The kind, of far ends too."""
        link = self.spaces[space]["links"][name]
        near = next((other for _, _, other in self.links() if other.get("peer") == f"{space}/{name}"), link)
        return str(link.get("kind") or near["kind"])

    # What is said of them.

    def _rows(self, space: str, name: str, link: Body) -> None:
        kind = self.kind(link)
        choice = [
            case
            for case in tried(kind)
            if case.row_name != "addrgenmode" or self._six(space, name, link)  # its MTU may be too small for IPv6
            if case.row_name not in BY_HAND
            and case.row_name not in IDENTITY
            and case.row_name not in link
            and case.row_name != "token"
        ]
        for case in self.dice.sample(choice, min(len(choice), self.dice.randrange(5))):
            more = {
                key: value for key, value in case.body.items() if key not in BY_HAND | IDENTITY | {"kind"} and value is not None
            }
            for key, value in (more | {case.row_name: self.dice.choice((case.a, case.b))}).items():
                link.setdefault(key, value)
        if link.get("mode") == "passthru" or kind in ("ipvlan", "ipvtap"):
            link.pop("mode", None)  # passthru with any other on the same lower link: EBUSY; of an ipvlan it is that of all of them
        number = self.number(space, name)
        if kind_class(kind).ETHERNET and self.chance(4):
            link["mac"] = f"02:00:00:00:{number:02x}:{self.dice.choice((1, 2)):02x}"
        team = self.spaces[space]["links"].get(link.get("controller") or "", {}).get("kind") == "team"
        # team_device_event() refuses a port another MTU than the team's
        uppers = self._uppers(space, name)  # of a vlan in a bond the bond's MTU must go through this one: bond_enslave() sets it
        stiff = (
            team
            or kind in ("macsec", "hsr")
            or (kind == "vxlan" and "parent" in link)
            or any(upper.get("controller") for upper in uppers)
        )
        if not stiff and self.chance(4):  # what stands on another has no more than that one
            link["mtu"] = 1280 if "parent" in link else self.dice.choice((1280, 1400, 1500))
        six = self._six(space, name, link)
        if self.chance(6):
            link["sysctls"] = {
                key: self.dice.choice(LINK_SYSCTLS[key])
                for key in self.dice.sample(sorted(LINK_SYSCTLS), 2)
                if six or key.startswith("ipv4")  # else the MTU may be too small for IPv6
            }
        if self.chance(2):
            hosts = self.dice.sample((1, 2, 3), self.dice.choice((1, 2)))
            found: list[Any] = [f"10.{number}.0.{host}/24" for host in hosts]
            if six and self.chance(2):
                found.append({"address": f"2001:db8:{number + 1:x}::{self.dice.choice((1, 2))}/64", "nodad": True})
            link["addresses"] = found

    def _sections(self, space: str, name: str, link: Body) -> None:
        number = self.number(space, name)
        draw: Mapping[str, Callable[[], Any]] = {
            "neighbors": lambda: [f"10.{number}.0.{host} 02:00:00:00:ff:{host:02x}" for host in self.dice.sample((7, 8, 9), 2)],
            "qdisc": lambda: self.dice.choice(QDISCS if self.full else SMALL_QDISCS),
            "fdb": lambda: [self._fdb(link, 4 * number + last) for last in self.dice.sample((1, 2, 3), 2)],
            "vlans": lambda: self.dice.sample(["1 pvid untagged", 10, "20-29", {"id": 30, "untagged": True}], 2),
        }
        for section, body in draw.items():
            if section == "neighbors" and not self._resolves(space, name, link):
                continue
            if section in ("vlans", "fdb") and not self._switched(space, link, section):
                continue
            if self.chance(6 if section in ("neighbors", "qdisc") else 2):
                link[section] = body()

    def _fdb(self, link: Body, last: int) -> Any:
        text = f"02:00:00:00:fd:{last:02x}"
        return f"{text} dst 10.99.0.{self.dice.choice((1, 2))}" if link.get("kind") == "vxlan" else text

    def _down(self, space: str, reference: str) -> bool:
        """vlan_dev_open, macsec_dev_open: ENETDOWN while the lower link is down."""
        where, _, low = reference.rpartition("/")
        lower: Body = self.spaces[where or space]["links"].get(low, {})
        return lower.get("state") == "down"

    def _six(self, space: str, name: str, link: Body) -> bool:
        """Whether the link surely has IPv6."""
        kind = self._real(space, name)
        return kind in WITH_IPV6 and not (kind == "vxlan" and "parent" in link)

    def _resolves(self, space: str, name: str, link: Body) -> bool:
        """Whether there are neighbours: not where arp_constructor() knows the address without them (IFF_NOARP, IFF_POINTOPOINT)."""
        kind = self._real(space, name)
        return kind_class(kind).ETHERNET and kind not in ("netkit", "vrf", "ifb", "dummy") and link.get("arp") is not False

    def _switched(self, space: str, link: Body, section: str) -> bool:
        """Whether the link is a port of a bridge (for VLANs of one that has them), or for forwarding entries a vxlan."""
        controller = self.spaces[space]["links"].get(link.get("controller") or "", {})
        bridged = controller.get("kind") == "bridge"
        if section == "vlans":
            return bridged and bool(controller.get("vlan_filtering"))
        return bridged or link.get("kind") == "vxlan"

    def _space(self, space: str, body: Body) -> None:
        if self.chance(2):
            body["sysctls"] = {key: self.dice.choice(SYSCTLS[key]) for key in self.dice.sample(sorted(SYSCTLS), 2)}
        if self.chance(3):
            body["links"]["lo"] = {"addresses": [f"10.255.{SPACES.index(space.removeprefix(self.prefix))}.1/32"]}
        if self.full and self.chance(6):
            body["nftables"] = {"ruleset": self.dice.choice(RULESETS)}
        steady = [name for name in body["links"] if name in NAMES and self._steady(space, name)]
        gates = [(f"10.{self.number(space, name)}.0.254", name) for name in steady]
        six = [
            (f"2001:db8:{self.number(space, name) + 1:x}::fe", name)
            for name in steady
            if any(isinstance(address, dict) for address in body["links"][name]["addresses"])
        ]
        if self.chance(2):
            self._nexthops(body, gates)
        body["routes"] = [*self._routes(body, gates, "10.200.{}.0/24"), *self._routes(body, six, "2001:db8:ff{}::/48")]
        if self.chance(2):
            body["rules"] = [
                {"priority": priority, "from": f"10.{self.dice.choice((0, 1))}.0.0/16", "table": self.dice.choice((100, 254))}
                for priority in self.dice.sample((1000, 1001, 2000), 2)
            ]

    def _steady(self, space: str, name: str) -> bool:
        """Whether routes and next hops may go by the link: the kernel refuses them (ENETDOWN) while it is down or has no carrier.

        A port's carrier is its controller's business, and a route by a vrf's port belongs into the vrf's table.
        """
        link = self.spaces[space]["links"][name]
        ends = [link, *([self._end(link["peer"])] if "peer" in link else [])]
        ends += [other for _, _, other in self.links() if other.get("peer") == f"{space}/{name}"]
        up = all(end.get("state") != "down" and not end.get("controller") for end in ends)
        return up and bool(link.get("addresses")) and self.kind(link) in ("veth", "dummy", "ifb") and not self._foreign_end(ends)

    @staticmethod
    def _foreign_end(ends: list[Body]) -> bool:
        return any(end.get("kind", "veth") not in ("veth", "dummy", "ifb") for end in ends)

    def _end(self, reference: str) -> Body:
        space, _, name = reference.rpartition("/")
        found: Body = self.spaces[space]["links"][name]
        return found

    def _nexthops(self, body: Body, gates: list[tuple[str, str]]) -> None:
        hops: dict[int, Body] = {9: {"blackhole": True}}
        for number, (via, dev) in enumerate(self.dice.sample(gates, min(len(gates), 2)), 1):
            hops[number] = {"via": via, "dev": dev}
        if len(hops) > 2:
            hops[5] = {"group": [1, {"id": 2, "weight": self.dice.choice((1, 3))}]}
        body["nexthops"] = hops

    def _routes(self, body: Body, gates: list[tuple[str, str]], pattern: str) -> Iterator[Body]:
        four = "." in pattern.partition("/")[0]
        for last in self.dice.sample((1, 2, 3), self.dice.randrange(3)):
            route: Body = {"to": pattern.format(last), "metric": self.dice.choice((50, 60))}
            if four and body.get("nexthops") and self.chance(3):
                route["nhid"] = self.dice.choice(list(body["nexthops"]))
            elif len(gates) > 1 and self.chance(3):
                route["nexthops"] = [{"via": via, "dev": dev} for via, dev in self.dice.sample(gates, 2)]
            elif gates and not self.chance(4):
                route["via"], route["dev"] = self.dice.choice(gates)
                if self.full and self.chance(4):
                    route["encap"] = "ip id 30 dst 10.0.0.7" if four else {"type": "seg6", "mode": "encap", "segs": ["fd00:a::1"]}
            else:
                route["type"] = self.dice.choice(("blackhole", "unreachable", "prohibit"))
            yield route


def text(value: Any) -> str:
    """As YAML in one line. JSON would do, if its keys could be numbers."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {text(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(text(part) for part in value) + "]"
    return json.dumps(value)


def mended(document: Body) -> DesiredState:
    """Loaded, with what is refused taken out: the key that is blamed, and if that does not help, what it is in."""
    blamed: dict[tuple[str | int, ...], int] = {}
    while True:
        try:
            return config.loads(text(document))
        except ConfigError as error:
            # from the end, so that positions in lists stay true
            for path in sorted({problem.path for problem in error.problems}, key=repr, reverse=True):
                blamed[path] = blamed.get(path, -1) + 1
                _take_out(document, path[: len(path) - blamed[path]])
            if all(times > 6 for times in blamed.values()):
                raise


def _take_out(document: Any, path: tuple[str | int, ...]) -> None:
    """What is at the path, or the nearest around it that is there; never a namespace."""
    inner, trail = document, []
    for part in path:
        if not (
            part in inner if isinstance(inner, dict) else isinstance(inner, list) and isinstance(part, int) and part < len(inner)
        ):
            break
        trail.append((inner, part))
        inner = inner[part]
    if len(trail) > 2:
        container, part = trail[-1]
        del container[part]


def drawn(dice: random.Random, kinds: Collection[str], prefix: str) -> tuple[Body, DesiredState]:
    """A random document that loads, as data and loaded."""
    document = Draw(dice, kinds, prefix).document()
    return document, mended(document)
