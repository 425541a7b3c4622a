"""What every part of the link emitter shares: indexes of references, what a step needs, sysctls and alternative names."""

from __future__ import annotations

from collections.abc import Mapping

from nsmgr.errors import NsmgrError
from nsmgr.model.base import Value
from nsmgr.model.links import kind_class
from nsmgr.model.links.base import Link as LinkModel
from nsmgr.plan.draft import Draft
from nsmgr.plan.links import Decision, LinkPlan
from nsmgr.plan.plan import Step, Verb
from nsmgr.plan.removal import LinkId, link_id
from nsmgr.plan.state import DesiredLink, DesiredState, ObservedState

_NEVER_REFERENCES = frozenset(("state", "mac", "alias", "peer", "mode"))


def references(link: DesiredLink) -> list[LinkId]:
    """The links a desired link needs before itself: controller, parent and the like, never the peer."""
    attrs = link.attrs
    found = []
    rows = None
    cls = LinkModel
    for name, value in attrs.items():
        if isinstance(value, str) and name not in _NEVER_REFERENCES:
            if rows is None:
                cls = kind_class(link.kind)
                rows = cls.rows()
            if name in rows and rows[name].ref and name not in cls.NAMES_PORTS:
                found.append(link_id(link.netns, value))
    return found


class Context:
    """The sheet links are emitted on. ``born``: namespace to be created → id of its NETNS_ADD step."""

    def __init__(
        self, plan: LinkPlan, draft: Draft, desired: DesiredState, observed: ObservedState, born: Mapping[str, int]
    ) -> None:
        self.plan, self.draft, self.desired, self.observed, self.born = plan, draft, desired, observed, born
        self.delayed: set[LinkId] = set()
        self.netns_ops: dict[str, int] = {}  # namespace to be created → operation

    def _up_later(self, link: DesiredLink, cls: type[LinkModel]) -> bool:
        """Whether UP must wait for sysctls, addrgenmode, a controller that takes only links that are down, or a lower link."""
        key = (link.netns, link.name)
        if (
            link.sysctls
            or "addrgenmode" in link.attrs
            or self._port_down(link)
            or any(target in self.delayed for target in references(link))
        ):
            self.delayed.add(key)
        return key in self.delayed

    def _port_down(self, link: DesiredLink) -> bool:
        controller = link.attrs.get("controller")
        if not isinstance(controller, str):
            return False
        other = self.desired.namespaces[link.netns].links.get(controller)
        return other is not None and kind_class(other.kind).PORT_DOWN

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
        if link.altnames is None:
            return
        index = self.plan.index[decision.id]
        needs = (made,) if made is not None else ()
        lane = self.draft.lane(link.netns).link
        for verb, names in (
            (Verb.ALTNAME_DEL, tuple(name for name in have if name not in link.altnames)),
            (Verb.ALTNAME_ADD, tuple(name for name in link.altnames if name not in have)),
        ):
            if names:
                lane.append(self._step(decision, verb, link.netns, index=index, name=link.name, args={"names": names}, needs=needs))

    def _sysctls(self, decision: Decision, link: DesiredLink, made: int) -> None:
        lane = self.draft.lane(link.netns).link_sysctl
        for key, value in link.sysctls.items():
            lane.append(self._step(decision, Verb.SYSCTL, link.netns, name=key, args={"value": value}, needs=(made,)))

    def _step(self, decision: Decision, verb: Verb, netns: str, **fields: object) -> Step:
        return self.draft.step(decision.op, verb, netns, **fields)

    def _netns_need(self, netns: str) -> tuple[int, ...]:
        born = self.born.get(netns)
        return (born,) if born is not None else ()

    def _needs(self, netns: str, key: LinkId, link: DesiredLink, *more: int) -> tuple[int, ...]:
        needs = (*self._netns_need(netns), *more)
        made_by = self.plan.made_by
        for target in references(link):
            made = made_by.get(target)
            if made is not None and made not in needs:
                needs = (*needs, made)
        return needs
