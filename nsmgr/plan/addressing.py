"""Addresses of links: what differs, in which order it is changed, and what the kernel drops on the way."""

from __future__ import annotations

from _socket import AF_INET, inet_pton

from nsmgr.plan.diff import address_changes, address_key
from nsmgr.plan.draft import Draft
from nsmgr.plan.foreign import ignored_address, kernel_made_address
from nsmgr.plan.links import LinkPlan
from nsmgr.plan.plan import Action, AttrChange, Step, Verb
from nsmgr.plan.removal import LinkId
from nsmgr.plan.state import NOTHING, Address, DesiredLink, DesiredNetns, NetnsState
from nsmgr.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_AS_NEW: Mapping[str, object] = {"replace": False}
_IN_PLACE: Mapping[str, object] = {"replace": True}


class Lost(Record):
    """What the kernel drops as a side effect; desired routes among it are put back.

    v4_links / v6_links: links whose routes of that family are flushed → operation that causes it.
    mtu_links: links whose MTU changes: rt6_mtu_change() rewrites the mtu metric of IPv6 routes that equals or exceeds it.
    sources: addresses that go away → operation (routes that prefer them lose them: fib_sync_down_addr, rt6_remove_prefsrc).
    """

    v4_links: dict[str, int] = field(default_factory=dict)
    v6_links: dict[str, int] = field(default_factory=dict)
    mtu_links: dict[str, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)


def emit(
    netns: DesiredNetns, state: NetnsState, links: LinkPlan, draft: Draft, owned: frozenset[tuple[str, str]], born: tuple[int, ...]
) -> Lost:
    """Operations and steps for the addresses of one namespace; returns what will be lost on the way."""
    lost = Lost()
    for (where, name), op in links.bounced.items():
        if where == netns.name:
            lost.v4_links[name] = lost.v6_links[name] = op
    for name in netns.links:
        decision = links.decisions[netns.name, name]
        if decision.action is Action.UPDATE and any(change.name == "mtu" for change in decision.changes):
            lost.mtu_links[name] = decision.op
    on_link: dict[str, dict[str, Address]] = {}
    for address in state.addresses.values():
        on_link.setdefault(address.link, {})[address.address] = address
    emitter = _Emitter(netns, links, draft, owned, lost, born)
    nothing: dict[str, Address] = {}
    for name, link in netns.links.items():
        have = on_link.pop(name, nothing)
        if link.addresses or have:
            emitter.emit(link, have)
    declared = netns.manage == "declared"
    for name, have in on_link.items():
        rest = state.links.get(name)
        if rest is None or (netns.name, name) in links.removed or (declared and not owned):
            continue
        # A physical NIC or a fallback device that nobody declared is left alone where the namespace is described completely.
        if not declared and name != "lo" and (rest.fallback or not rest.kind):
            continue
        emitter.emit(DesiredLink(netns.name, name, rest.kind), have)
    return lost


class _Emitter:
    """Of one namespace, link after link: ``link`` is the one in hand."""

    link: DesiredLink
    have: Mapping[str, Address]
    id: LinkId
    index: int
    needs: tuple[int, ...]

    def __init__(
        self,
        netns: DesiredNetns,
        links: LinkPlan,
        draft: Draft,
        owned: frozenset[tuple[str, str]],
        lost: Lost,
        born: tuple[int, ...],
    ) -> None:
        self.netns, self.links, self.draft, self.owned, self.lost, self.born = netns, links, draft, owned, lost, born

    def emit(self, link: DesiredLink, have: Mapping[str, Address]) -> None:
        self.link, self.have = link, have
        self.id = (self.netns.name, link.name)
        self.index = self.links.index.get(self.id, 0)
        made = self.links.made_by.get(self.id)
        self.needs = (made,) if made is not None else self.born
        decision = self.links.decisions.get(self.id)
        wanted = link.addresses
        if decision is not None and decision.action in (Action.CREATE, Action.REPLACE, Action.MOVE):
            for key, address in wanted.items():
                carried = key in self.have and decision.action is Action.REPLACE
                self._add(address, decision.op if carried else self._create(address), replace=carried)
            return
        doomed: list[tuple[Address, int]] = []
        adds: list[tuple[Address, int]] = []
        for key, address in wanted.items():
            existing = self.have.get(key)
            if existing is None:
                adds.append((address, self._create(address)))
                continue
            changes = address_changes(address, existing)
            if any(change.forces_replacement for change in changes):
                op = self._operation(Action.REPLACE, address, changes, f"{changes[0].name} differs")
                doomed.append((existing, op))
                adds.append((address, op))
            elif changes:
                self._add(address, self._operation(Action.UPDATE, address, changes, f"{changes[0].name} differs"), replace=True)
            elif self.id in self.links.bounced and ":" in key:
                self._add(address, self.links.bounced[self.id], replace=True)
        for key, existing in self.have.items():
            if key not in wanted and self._prune(existing):
                doomed.append((existing, self._operation(Action.DELETE, existing, (), "not in the configuration")))
        if doomed:
            self._delete(doomed, adds)
        for address, op in adds:
            self._add(address, op, replace=False)

    def _prune(self, address: Address) -> bool:
        if ignored_address(address, self.netns.ignore):
            return False
        if self.netns.manage == "declared":
            return ("address", address_key(address)) in self.owned
        return not kernel_made_address(address)

    def _delete(self, doomed: list[tuple[Address, int]], adds: list[tuple[Address, int]]) -> None:
        """Delete, minding three habits of the kernel (net/ipv4/devinet.c).

        A primary IPv4 address takes the secondaries of its subnet along (promote_secondaries=0): those we want come back
        with NLM_F_REPLACE. The last IPv4 address takes every IPv4 route of the link along (fib_disable_ip): so a new
        address goes in before the old one goes out, unless it would become its secondary. IPv6 does neither.
        """
        lane = self.draft.lane(self.netns.name)
        gone = {address.address: op for address, op in doomed}
        primaries = {_subnet(address.address): op for address, op in doomed if not address.attrs.get("secondary")}
        for key, existing in self.have.items():
            if (
                key not in gone
                and ":" not in key
                and existing.attrs.get("secondary")
                and (op := primaries.get(_subnet(key))) is not None
            ):
                gone[key] = op
                wanted = self.link.addresses.get(key)
                if wanted is not None:
                    self._add(wanted, op, replace=True)
        early = [
            (address, op)
            for address, op in adds
            if ":" not in address.address
            and _subnet(address.address) not in primaries
            and address.address not in gone
            and not self.needs
        ]
        for address, op in early:
            adds.remove((address, op))
            lane.address_early.append(self._step(op, Verb.ADDR_ADD, address, _AS_NEW))
        for address, op in doomed:
            lane.address_del.append(self._step(op, Verb.ADDR_DEL, address, NOTHING))
        for key, op in gone.items():
            self.lost.sources[key.partition("/")[0].partition(" ")[0]] = op
        if not early and all(key in gone for key in self.have if ":" not in key):
            self.lost.v4_links.setdefault(self.link.name, doomed[0][1])

    def _add(self, address: Address, op: int, *, replace: bool) -> None:
        step = self._step(op, Verb.ADDR_ADD, address, _IN_PLACE if replace else _AS_NEW)
        self.draft.lane(self.netns.name).address.append(step)

    def _step(self, op: int, verb: Verb, address: Address, args: Mapping[str, object]) -> Step:
        return self.draft.step(
            op, verb, self.netns.name, index=self.index, name=self.link.name, obj=address, args=args, needs=self.needs
        )

    def _create(self, address: Address) -> int:
        return self._operation(Action.CREATE, address, self.draft.written(address.attrs))

    def _operation(
        self, action: Action, address: Address, changes: tuple[AttrChange, ...] | list[AttrChange], reason: str = ""
    ) -> int:
        return self.draft.operation(action, self.netns.name, "address", address_key(address), changes, reason, address.origin)


def _subnet(address: str) -> tuple[int, int]:
    """(prefix length, network number) of an IPv4 address text; IPv6 gets a value of its own that matches nothing."""
    if ":" in address:
        return (-1, hash(address))
    local, _, peer = address.partition(" peer ")
    text, _, length = (peer or local).partition("/")
    bits = int(length)
    return (bits, int.from_bytes(inet_pton(AF_INET, text), "big") >> (32 - bits))
