"""A hand on any KernelPort: short words for steps, namespaces of one's own, and what was answered and seen as plain values."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nsmgr.kernel.port import KernelPort, Want
from nsmgr.model.base import Change, Value
from nsmgr.model.links import kind_class
from nsmgr.model.port import port_rows
from nsmgr.plan.foreign import IFAPROT_KERNEL_LL
from nsmgr.plan.plan import Batch, Step, Verb, Verdict
from nsmgr.plan.state import Address, NetnsState, NextHop, Route, Rule

_FAMILIES = ("ipv4", "ipv6")  # multicast routing has rules too (RTNL_FAMILY_IPMR)
PATIENCE = 5.0  # seconds for what Linux does asynchronously: carrier, cleanup_net

# What is not compared, beside what cannot be configured (Change.READ_ONLY) and the raw numbers of a link (flags, link_index,
# link_netnsid): attributes that a kernel shows or leaves out depending on how old it is and how it was built.
RANDOM_MAC = "(random)"
_KERNEL_DEPENDENT = {
    "bridge": {
        "vlan_protocol", "vlan_default_pvid", "vlan_stats_enabled", "vlan_stats_per_port",  # CONFIG_BRIDGE_VLAN_FILTERING
        "stp_mode",  # Linux 7.0
        "fdb_local_vlan_0",  # Linux 6.18
    },
    "vxlan": {"mc_route", "reserved_bits", "label_policy", "localbypass"},  # Linux 6.5 to 6.17
    "macvlan": {"bc_cutoff"},  # only reported when it is not 1
    "macvtap": {"bc_cutoff"},
}  # fmt: skip


@dataclass(slots=True)
class Rig:
    """``trace`` collects (words, errno) of every step and every :meth:`look`, to be compared between two kernels."""

    kernel: KernelPort
    tag: str = field(default_factory=lambda: secrets.token_hex(3))
    trace: list[Any] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)
    macs: set[str] = field(default_factory=set)
    indexes: dict[tuple[str, str], int] = field(default_factory=dict)
    _steps: int = 0
    _index: int = 100

    # -- namespaces

    def full(self, letter: str) -> str:
        return f"nsmgrt-{self.tag}-{letter}"

    def netns(self, *letters: str) -> None:
        for letter in letters:
            assert self.netns_add(letter) == 0

    def netns_add(self, letter: str, *, repair: bool = False) -> int:
        name = self.full(letter)
        self.names[name] = None
        self.indexes[letter, "lo"] = 1
        return self._one("", Verb.NETNS_ADD, letter, {"name": name, "args": {"repair": repair}})

    def netns_del(self, letter: str) -> int:
        return self._one("", Verb.NETNS_DEL, letter, {"name": self.full(letter)})

    def close(self) -> None:
        """Remove every namespace this rig named."""
        left = [name for name in self.names if name in self.kernel.list_netns()]
        if left:
            steps = tuple(Step(position, 0, Verb.NETNS_DEL, name, name=name) for position, name in enumerate(left))
            self.kernel.transact(Batch("", steps))
        self.kernel.wait_gone(list(self.names), [0] * len(self.names), PATIENCE)

    # -- links

    def index(self, letter: str, name: str) -> int:
        return self.indexes[letter, name]

    def _new_index(self, letter: str, name: str) -> int:
        self._index += 1
        self.indexes[letter, name] = self._index
        return self._index

    def add(
        self,
        letter: str,
        name: str,
        kind: str,
        *,
        peer: tuple[str, str] | None = None,
        peer_attrs: Mapping[str, Value] | None = None,
        target: str = "",
        index: int = -1,
        peer_index: int = -1,
        **attrs: Value,
    ) -> int:
        """LINK_ADD (TUN_ADD for tun and tap). ``controller`` and ``parent`` by name; index -1 = a fresh one."""
        args: dict[str, Any] = {}
        home = target or letter
        ready = self._ready(letter, attrs, home)
        before = dict(self.indexes)
        number = self._new_index(home, name) if index < 0 else index
        if target:
            args["target"] = self.full(target)
        if peer is not None:
            far = self._new_index(*peer) if peer_index < 0 else peer_index
            args["peer"] = {"netns": self.full(peer[0]), "name": peer[1], "index": far, "attrs": dict(peer_attrs or {})}
            self._note_macs(peer_attrs or {})
        verb = Verb.TUN_ADD if kind in ("tun", "tap") else Verb.LINK_ADD
        answer = self._one(letter, verb, letter, {"index": number, "name": name, "kind": kind, "attrs": ready, "args": args})
        if answer:
            self.indexes = before
        return answer

    def set(self, letter: str, name: str, *, rename: str = "", **attrs: Value) -> int:
        """LINK_SET."""
        fields = {
            "index": self.index(letter, name),
            "name": name,
            "kind": self._kind(letter, name),
            "attrs": self._ready(letter, attrs),
        }
        answer = self._one(letter, Verb.LINK_SET, letter, fields | {"args": {"rename": rename} if rename else {}})
        if rename and not answer:
            self.indexes[letter, rename] = self.indexes.pop((letter, name))
        return answer

    def port(self, letter: str, name: str, kind: str, **options: Value) -> int:
        """LINK_PORT; a backup by name."""
        if options.get("backup_port"):
            options["backup_port"] = self.index(letter, str(options["backup_port"]))
        return self._one(
            letter, Verb.LINK_PORT, letter, {"index": self.index(letter, name), "name": name, "kind": kind, "attrs": options}
        )

    def data(self, letter: str, name: str, kind: str, **attrs: Value) -> int:
        fields = {"index": self.index(letter, name), "name": name, "kind": kind, "attrs": self._ready(letter, attrs)}
        return self._one(letter, Verb.LINK_DATA, letter, fields)

    def delete(self, letter: str, name: str, *, index: int = 0) -> int:
        return self._one(letter, Verb.LINK_DEL, letter, {"index": index or self.index(letter, name), "name": name})

    def move(self, letter: str, name: str, target: str, *, rename: str = "", new_index: int = 0) -> int:
        args = {"target": self.full(target), "rename": rename or name, "new_index": new_index}
        answer = self._one(letter, Verb.LINK_MOVE, letter, {"index": self.index(letter, name), "name": name, "args": args})
        if not answer:
            self.indexes[target, rename or name] = new_index or self.indexes[letter, name]
        return answer

    def altnames(self, letter: str, name: str, *names: str, add: bool = True) -> int:
        verb = Verb.ALTNAME_ADD if add else Verb.ALTNAME_DEL
        return self._one(letter, verb, letter, {"index": self.index(letter, name), "name": name, "args": {"names": names}})

    # -- addresses, routes, rules, sysctls

    def addr(self, letter: str, link: str, address: str, *, replace: bool = False, **attrs: Value) -> int:
        """ADDR_ADD; IPv6 without duplicate address detection, unless told."""
        if ":" in address:
            attrs.setdefault("nodad", True)
        fields = {
            "index": self.index(letter, link),
            "name": link,
            "obj": Address(link, address, attrs),
            "args": {"replace": replace},
        }
        return self._one(letter, Verb.ADDR_ADD, letter, fields)

    def addr_del(self, letter: str, link: str, address: str) -> int:
        return self._one(
            letter, Verb.ADDR_DEL, letter, {"index": self.index(letter, link), "name": link, "obj": Address(link, address)}
        )

    def route(
        self, letter: str, to: str, *hops: NextHop, replace: bool = False, table: int = 254, metric: int = -1, **attrs: Value
    ) -> int:
        return self._route(Verb.ROUTE_ADD, letter, to, hops, table, metric, attrs, replace=replace)

    def route_del(self, letter: str, to: str, *hops: NextHop, table: int = 254, metric: int = -1, **attrs: Value) -> int:
        return self._route(Verb.ROUTE_DEL, letter, to, hops, table, metric, attrs)

    def _route(
        self,
        verb: Verb,
        letter: str,
        to: str,
        hops: tuple[NextHop, ...],
        table: int,
        metric: int,
        attrs: Mapping[str, Value],
        *,
        replace: bool = False,
    ) -> int:
        if metric < 0:
            metric = 1024 if ":" in to else 0
        indexes = {hop.dev: self.index(letter, hop.dev) for hop in hops if hop.dev}
        obj = Route(to, table, metric, 0, hops, dict(attrs))
        return self._one(letter, verb, letter, {"obj": obj, "args": {"replace": replace, "indexes": indexes}})

    def rule(self, letter: str, **attrs: Value) -> int:
        return self._one(letter, Verb.RULE_ADD, letter, {"obj": self._rule(attrs)})

    def rule_del(self, letter: str, **attrs: Value) -> int:
        return self._one(letter, Verb.RULE_DEL, letter, {"obj": self._rule(attrs)})

    @staticmethod
    def _rule(attrs: Mapping[str, Value]) -> Rule:
        said: dict[str, Value] = {"family": "ipv4"}
        return Rule(said | {name.rstrip("_"): value for name, value in attrs.items()})

    def sysctl(self, letter: str, key: str, value: str) -> int:
        return self._one(letter, Verb.SYSCTL, letter, {"name": key, "args": {"value": value}})

    # -- sending

    def send(self, netns: str, *steps: Step) -> list[Verdict]:
        """A batch as it is."""
        verdicts = self.kernel.transact(Batch(netns, steps))
        self.trace.append([(step.verb.name, verdict.errno, verdict.skipped) for step, verdict in zip(steps, verdicts, strict=True)])
        return verdicts

    def _one(self, batch: str, verb: Verb, letter: str, fields: Mapping[str, Any]) -> int:
        self._steps += 1
        step = Step(self._steps, 0, verb, self.full(letter), **fields)
        verdict = self.kernel.transact(Batch(self.full(batch) if batch else "", (step,)))[0]
        said = step.obj if step.obj is not None else {**step.attrs, **step.args}
        self.trace.append((verb.name, letter, step.name, str(said), verdict.errno))
        return verdict.errno

    def _ready(self, letter: str, attrs: Mapping[str, Value], home: str = "") -> dict[str, Value]:
        """References by name → by index."""
        self._note_macs(attrs)
        ready = dict(attrs)
        for reference, where in (("controller", home or letter), ("parent", letter)):
            if isinstance(ready.get(reference), str):
                ready[reference] = self.index(where, str(ready[reference]))
        return ready

    def _note_macs(self, attrs: Mapping[str, Value]) -> None:
        if isinstance(mac := attrs.get("mac"), str):
            self.macs.add(mac)

    def _kind(self, letter: str, name: str) -> str:
        state = self.see(letter)
        return state.links[name].kind if state is not None and name in state.links else ""

    # -- seeing

    def see(self, letter: str, *sysctls: str) -> NetnsState | None:
        """One namespace, read together with all of the rig's; None when it is not there."""
        return self._observe(dict.fromkeys(self.names, sysctls)).get(self.full(letter))

    def state(self, letter: str, *sysctls: str) -> NetnsState:
        state = self.see(letter, *sysctls)
        assert state is not None
        return state

    def _observe(self, names: Mapping[str, tuple[str, ...]]) -> dict[str, NetnsState]:
        wants = {
            name: Want(sysctls=sysctls, peers=[other for other in names if other != name], ports=True)
            for name, sysctls in names.items()
        }
        return self.kernel.observe(wants).namespaces

    def eventually(self, letter: str, holds: Callable[[NetnsState], bool]) -> None:
        """Wait for what Linux does on its own time, by looking again."""
        deadline = time.monotonic() + PATIENCE
        while not holds(self.state(letter)):
            assert time.monotonic() < deadline, "it did not come about in time"

    def look(self, *sysctls: str) -> None:
        """Put the normalised state of every namespace into the trace."""
        seen = self._observe(dict.fromkeys(self.names, sysctls))
        self.trace.append({name: self._normal(state) for name, state in seen.items()})

    def _normal(self, state: NetnsState) -> dict[str, Any]:
        """Without what is random (MACs nobody set), asynchronous (link-local addresses), or not claimed by the fake."""
        links = {}
        for name, link in state.links.items():
            rows = {**kind_class(link.kind).rows(), **port_rows(link.port_kind)}
            hidden = {key for key, row in rows.items() if row.change is Change.READ_ONLY} | _KERNEL_DEPENDENT.get(link.kind, set())
            attrs = {key: value for key, value in link.attrs.items() if key not in hidden}
            if attrs.get("mac") not in (*self.macs, "00:00:00:00:00:00", None):
                attrs["mac"] = RANDOM_MAC
            links[name] = (link.kind, link.index, dict(sorted(attrs.items())), sorted(link.altnames), link.fallback, link.port_kind)
        addresses = {
            key: dict(sorted(address.attrs.items()))
            for key, address in state.addresses.items()
            if address.attrs.get("proto") != IFAPROT_KERNEL_LL
        }
        routes = {
            key: sorted((sorted(map(str, route.nexthops)), sorted(route.attrs.items())) for route in group)
            for key, group in state.routes.items()
            if key[0] != 255 and not key[1].startswith("fe80::/")  # the local table follows from the addresses
        }
        rules = {key: [rule.proto for rule in group] for key, group in state.rules.items() if dict(key)["family"] in _FAMILIES}
        return {
            "links": dict(sorted(links.items())),
            "addresses": dict(sorted(addresses.items())),
            "routes": dict(sorted(routes.items())),
            "rules": dict(sorted(rules.items(), key=str)),
            "sysctls": dict(sorted(state.sysctls.items())),
        }


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Where two traces differ, a line each: ``3/nsmgrt-…-a/links/e0/2/mtu: 1500, 1450``."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = [*one, *(key for key in other if key not in one)]
        return [line for key in keys for line in differences(one.get(key, "-"), other.get(key, "-"), f"{path}/{key}")]
    if type(one) is type(other) and isinstance(one, list | tuple) and len(one) == len(other):
        return [line for at in range(len(one)) for line in differences(one[at], other[at], f"{path}/{at}")]
    return [] if one == other else [f"{path}: {one!r}, {other!r}"]
