"""What every part of the link emitter shares: indexes of references, what a step needs, sysctls and alternative names."""

from __future__ import annotations

from nsmgr.errors import NsmgrError
from nsmgr.model.attr import Value
from nsmgr.model.kind import Kind
from nsmgr.model.kind import kind as kind_facts
from nsmgr.model.port import PREFIX, port_rows
from nsmgr.plan.draft import Draft
from nsmgr.plan.links import Decision, LinkPlan
from nsmgr.plan.plan import Step, Verb
from nsmgr.plan.removal import LinkId, link_id
from nsmgr.plan.state import DesiredLink, DesiredState, Link, ObservedState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from typing import Any


LAST_ROWS = ("token",)  # those with Attr.last: every link has the same


class Context:
    """The sheet links are emitted on. ``born``: namespace to be created → id of its NETNS_ADD step."""

    def __init__(
        self, plan: LinkPlan, draft: Draft, desired: DesiredState, observed: ObservedState, born: Mapping[str, int]
    ) -> None:
        self.plan, self.draft, self.desired, self.observed, self.born = plan, draft, desired, observed, born
        self.delayed: set[LinkId] = set()
        self.netns_ops: dict[str, int] = {}  # namespace to be created → operation

    def _up_later(self, link: DesiredLink, cls: type[Kind]) -> bool:
        """Whether UP must wait for sysctls, addrgenmode, a controller that takes only links that are down, or a lower link."""
        key = (link.netns, link.name)
        if (
            link.sysctls
            or link.port_kind  # isolated, locked: before the first frame
            or "addrgenmode" in link.attrs
            or self._port_down(link)
            or cls.opens_on_address(link.attrs)
            or any(target in self.delayed for target in self.plan.needed.get(key, ()))
        ):
            self.delayed.add(key)
        return key in self.delayed

    def _up_lane(self, link: DesiredLink) -> list[Step]:
        """Where the step that takes a link up belongs: before addresses, or behind them."""
        lane = self.draft.lane(link.netns)
        return lane.up_last if kind_facts(link.kind).opens_on_address(link.attrs) else lane.up

    def _port_down(self, link: DesiredLink) -> bool:
        controller = link.attrs.get("controller")
        if not isinstance(controller, str):
            return False
        other = self.desired.namespaces[link.netns].links.get(controller)
        return other is not None and kind_facts(other.kind).PORT_DOWN

    def _port_options(self, op: int, link: DesiredLink, names: Container[str] | None = None) -> None:
        """Options as a port, or those of these names; the link is a port by then, and so is its backup."""
        rows = port_rows(link.port_kind)
        self._check_controller(link)
        attrs: dict[str, Value] = {}
        key = (link.netns, link.name)
        made_by = self.plan.made_by
        needs = self._needs(link.netns, key, *((made_by[key],) if key in made_by else ()))
        for name, value in link.attrs.items():
            row = rows.get(name)
            if row is None or (names is not None and name not in names):
                continue
            if row.ref:
                made = made_by.get(link_id(link.netns, str(value)))
                needs = (*needs, made) if made is not None else needs
                value = self._reference(link, value)
            attrs[name.removeprefix(PREFIX)] = value
        step = self.draft.step(op, Verb.LINK_PORT, link.netns, index=self.plan.index[key], name=link.name,
                               kind=link.port_kind, attrs=attrs, needs=needs)  # fmt: skip
        self.draft.lane(link.netns).port.append(step)

    def _check_controller(self, link: DesiredLink) -> None:
        """A controller that the configuration does not describe turns out to be of another kind than the options are for."""
        name = str(link.attrs["controller"])
        wanted = self.desired.namespaces[link.netns].links.get(name)
        state = self.observed.namespaces.get(link.netns)
        existing = state.links.get(name) if state is not None else None
        kind = (wanted.kind if wanted is not None else "") or (existing.kind if existing is not None else "")
        if kind != link.port_kind:
            raise NsmgrError(
                f"link {link.netns}/{link.name} has options of a {link.port_kind} port, and {name} is of kind {kind}",
                hint=f"`nsmgr explain port_options.{kind}` lists what a port of it can be told",
            )

    def _reference(self, link: DesiredLink, value: Value) -> int:
        """The ifindex a reference will have; 0 for None ("none wanted"). Raises NsmgrError where nothing of that name will be."""
        if value is None:
            return 0
        index = self.plan.index.get(link_id(link.netns, str(value)))
        if index is None:
            raise NsmgrError(
                f"link {link.netns}/{link.name} refers to {value}, which does not exist",
                hint="it is not declared, and nobody else has made it",
            )
        return index

    def _altnames(self, decision: Decision, link: DesiredLink, have: tuple[str, ...], made: int | None) -> None:
        """All alternative names of a link, as they shall be; taken from a link that has one where nobody asked for it."""
        if link.altnames is None:
            return
        index = self.plan.index[decision.id]
        needs = (made,) if made is not None else ()
        lane = self.draft.lane(link.netns).link
        added = tuple(name for name in link.altnames if name not in have)
        removed = tuple(name for name in have if name not in link.altnames)
        for holder in self._holders(decision, added):
            names = tuple(name for name in holder.altnames if name in added)
            lane.append(
                self._step(decision, Verb.ALTNAME_DEL, link.netns, index=holder.index, name=holder.name, args={"names": names})
            )
        for verb, names in ((Verb.ALTNAME_DEL, removed), (Verb.ALTNAME_ADD, added)):
            if names:
                lane.append(self._step(decision, verb, link.netns, index=index, name=link.name, args={"names": names}, needs=needs))

    def _holders(self, decision: Decision, names: tuple[str, ...]) -> list[Link]:
        """Other links that have one of these alternative names, stay, and do not say which they shall have."""
        netns, own = decision.id
        state = self.observed.namespaces.get(netns)
        if state is None or not names:
            return []
        wanted = self.desired.namespaces[netns].links
        return [
            holder
            for name, holder in state.links.items()
            if name != own
            and (netns, name) not in self.plan.removed
            and not set(names).isdisjoint(holder.altnames)
            and (name not in wanted or wanted[name].altnames is None)
        ]

    def _sysctls(self, decision: Decision, link: DesiredLink, made: int) -> None:
        lane = self.draft.lane(link.netns).link_sysctl
        for key, value in link.sysctls.items():
            lane.append(self._step(decision, Verb.SYSCTL, link.netns, name=key, args={"value": value}, needs=(made,)))
        last = {name: link.attrs[name] for name in LAST_ROWS if link.attrs.get(name) is not None}
        if last:
            index = self.plan.index[decision.id]
            step = self._step(
                decision, Verb.LINK_SET, link.netns, index=index, name=link.name, kind=link.kind, attrs=last, needs=(made,)
            )
            self.draft.lane(link.netns).up.append(step)

    def _step(self, decision: Decision, verb: Verb, netns: str, **fields: Any) -> Step:
        return self.draft.step(decision.op, verb, netns, **fields)

    def _netns_need(self, netns: str) -> tuple[int, ...]:
        born = self.born.get(netns)
        return (born,) if born is not None else ()

    def _needs(self, netns: str, key: LinkId, *more: int) -> tuple[int, ...]:
        needs = (*self._netns_need(netns), *more)
        made_by = self.plan.made_by
        for target in self.plan.needed.get(key, ()):
            made = made_by.get(target)
            if made is not None and made not in needs:
                needs = (*needs, made)
        return needs
