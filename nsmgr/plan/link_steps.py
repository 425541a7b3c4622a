"""Decisions about links → operations and steps, lower links before upper ones."""

from __future__ import annotations

from collections.abc import Mapping

from nsmgr.model.base import Change, Value, Where
from nsmgr.model.links import kind_class
from nsmgr.model.links.base import Link as LinkModel
from nsmgr.plan.draft import Draft
from nsmgr.plan.links import Decision, LinkPlan
from nsmgr.plan.plan import Action, AttrChange, Step, Verb
from nsmgr.plan.removal import LinkId, dependants, explicit, link_id
from nsmgr.plan.state import DesiredLink, DesiredState, Link, ObservedState


def emit(plan: LinkPlan, draft: Draft, desired: DesiredState, observed: ObservedState, born: Mapping[str, int]) -> None:
    """Operations and steps of all links. ``born``: namespace to be created → id of its NETNS_ADD step."""
    emitter = _Emitter(plan, draft, desired, observed, born)
    for decision in plan.decisions.values():
        emitter.operation(decision)
    emitter.deletions()
    for key in _lower_first(plan, desired):
        emitter.creation(plan.decisions[key])


def _lower_first(plan: LinkPlan, desired: DesiredState) -> list[LinkId]:
    """Desired links, each after the links it refers to (parent, controller, other references)."""
    order: list[LinkId] = []
    seen: set[LinkId] = set()
    for start, decision in plan.decisions.items():
        if decision.desired is None or start in seen:
            continue
        stack: list[tuple[LinkId, bool]] = [(start, False)]
        while stack:
            key, expanded = stack.pop()
            if expanded:
                order.append(key)
                continue
            if key in seen:
                continue
            seen.add(key)
            stack.append((key, True))
            current = plan.decisions[key].desired
            assert current is not None
            for target in references(current):
                other = plan.decisions.get(target)
                if target not in seen and other is not None and other.desired is not None:
                    stack.append((target, False))
    return order


def references(link: DesiredLink) -> list[LinkId]:
    """The links a desired link needs before itself: controller, parent and the like, never the peer."""
    attrs = link.attrs
    found = []
    rows = None
    for name, value in attrs.items():
        if isinstance(value, str) and name not in ("state", "mac", "alias", "peer"):
            if rows is None:
                rows = kind_class(link.kind).rows()
            if name in rows and rows[name].ref:
                found.append(link_id(link.netns, value))
    return found


class _Emitter:
    def __init__(
        self, plan: LinkPlan, draft: Draft, desired: DesiredState, observed: ObservedState, born: Mapping[str, int]
    ) -> None:
        self.plan, self.draft, self.desired, self.observed, self.born = plan, draft, desired, observed, born
        self.delayed: set[LinkId] = set()

    # -- what people read

    def operation(self, decision: Decision) -> None:
        if decision.action is None:
            return
        netns, name = decision.id
        link = decision.desired
        if netns in self.born and link is not None and link.kind == "lo" and link.attrs == {"state": "up"}:
            decision.op = self._netns_op(netns)  # that lo comes up is part of making the namespace, not news of its own
            return
        changes = decision.changes
        if link is not None and decision.action in (Action.CREATE, Action.MOVE):
            changes = [AttrChange("kind", None, link.kind)] if decision.action is Action.CREATE else []
            changes += [AttrChange(row, None, value) for row, value in link.attrs.items() if row != "state" or value != "up"]
            if link.altnames:
                changes.append(AttrChange("altnames", None, link.altnames))
            changes += [AttrChange(key, None, value) for key, value in link.sysctls.items()]
        if decision.action is Action.MOVE and link is None:
            changes = []
        decision.op = self.draft.operation(
            decision.action, netns, "link", name, changes, decision.reason, link.origin if link is not None else ()
        )

    def _netns_op(self, netns: str) -> int:
        born = self.born[netns]
        return next(step.op for step in self.draft.netns_add if step.id == born)

    # -- deletions

    def deletions(self) -> None:
        plan, draft = self.plan, self.draft
        for decision in plan.decisions.values():
            if decision.action is Action.MOVE and decision.desired is None:
                self._return_physical(decision)
        if not plan.removed:
            return
        graph = dependants(self.observed.namespaces)
        # A replaced link that its cause deletes anyway needs no message; one in a namespace that is going away as a whole
        # neither, unless its far end lives on elsewhere: that end is deleted by name, because cleanup_net is asynchronous.
        roots = [key for key in plan.removed if key in plan.decisions]
        far_ends = [key for key, cause in plan.removed.items() if key not in plan.decisions and cause[0] in plan.doomed_netns]
        for key in explicit([key for key in (*roots, *far_ends) if key[0] not in plan.doomed_netns], graph):
            link = self.observed.namespaces[key[0]].links[key[1]]
            decision_ = plan.decisions.get(key)
            op = decision_.op if decision_ is not None else self._cause_op(key)
            draft.lane(key[0]).link_del.append(
                draft.step(op, Verb.LINK_DEL, key[0], index=link.index, name=link.name, kind=link.kind)
            )

    def _cause_op(self, key: LinkId) -> int:
        seen = set()
        while key not in seen:
            seen.add(key)
            decision = self.plan.decisions.get(key)
            if decision is not None and decision.op >= 0:
                return decision.op
            key = self.plan.removed.get(key, key)
        return next((operation.id for operation in self.draft.operations if operation.netns == key[0]), 0)

    def _return_physical(self, decision: Decision) -> None:
        netns, name = decision.id
        origin = self.observed.owned.physical[f"{netns}/{name}"]
        assert decision.observed is not None
        step = self.draft.step(
            decision.op, Verb.LINK_MOVE, netns, index=decision.observed.index, name=name,
            args={"target": origin["netns"], "rename": origin["name"]},
        )  # fmt: skip
        self.draft.lane(netns).link_del.append(step)

    # -- creations and changes

    def creation(self, decision: Decision) -> None:
        link = decision.desired
        assert link is not None
        if decision.id in self.plan.made_by:
            self._rest_of_birth(decision, link)
        elif decision.action in (Action.CREATE, Action.REPLACE):
            self._create(decision, link)
        elif decision.action is Action.MOVE:
            self._move(decision, link)
        elif decision.action is Action.UPDATE:
            self._update(decision, link)

    def _create(self, decision: Decision, link: DesiredLink) -> None:
        cls = kind_class(link.kind)
        key = decision.id
        index = self.plan.index[key]
        if cls.MAKER == "ioctl":
            step = self._step(decision, Verb.TUN_ADD, link.netns, index=index, name=link.name, kind=link.kind,
                              attrs=self._birth(link, cls, own=False), needs=self._needs(link.netns, key, link))  # fmt: skip
            self.plan.made_by[key] = step.id
            self.draft.lane(link.netns).link.append(step)
            self._rest_of_birth(decision, link)
            return
        sender, own = self._sender(link)
        args: dict[str, object] = {}
        needs = self._needs(sender, key, link)
        if sender != link.netns:
            args["target"] = link.netns
            needs = (*needs, *self._netns_need(link.netns))
        peer = self._peer(link, cls)
        if peer is not None:
            far_class = kind_class(peer.kind)
            far_key = (peer.netns, peer.name)
            args["peer"] = {
                "netns": peer.netns, "name": peer.name, "index": self.plan.index[far_key],
                "attrs": self._birth(peer, far_class, own=False),
            }  # fmt: skip
            needs = (*needs, *self._netns_need(peer.netns))
        step = self._step(decision, Verb.LINK_ADD, sender, index=index, name=link.name, kind=link.kind,
                          attrs=self._birth(link, cls, own=own), args=args, needs=needs)  # fmt: skip
        self.plan.made_by[key] = step.id
        if peer is not None:
            self.plan.made_by[peer.netns, peer.name] = step.id
        self.draft.lane(sender).link.append(step)
        if own:
            self._after_birth_at_home(decision, link)
        else:
            self._rest_of_birth(decision, link)

    def _sender(self, link: DesiredLink) -> tuple[str, bool]:
        """Whose socket makes the link: the namespace of its parent, since IFLA_LINK is looked up in the sender's."""
        for netns, _ in (target for target in references(link) if target[0] != link.netns):
            return netns, False
        return link.netns, True

    def _peer(self, link: DesiredLink, cls: type[LinkModel]) -> DesiredLink | None:
        peer = link.attrs.get("peer")
        if not cls.PAIR or not isinstance(peer, str):
            return None
        netns, name = link_id(link.netns, peer)
        return self.desired.namespaces[netns].links[name]

    def _birth(self, link: DesiredLink, cls: type[LinkModel], *, own: bool) -> dict[str, Value]:
        """Attributes of the creating message. Born at home it also carries controller, late ones (sent right after) and UP."""
        ioctl = cls.MAKER == "ioctl"
        attrs: dict[str, Value] = {} if ioctl else dict(link.birth)
        rows = cls.rows()
        up_later = self._up_later(link, cls) if own else True
        for name, value in link.attrs.items():
            row = rows.get(name)
            if row is None or value is None or name == "peer":
                continue
            if name == "state":
                if own and not up_later:
                    attrs[name] = value
            elif name == "controller":
                if own and not self._port_down(link):
                    attrs[name] = self.plan.index[link.netns, str(value)]
            elif row.ref:
                attrs[name] = self.plan.index[link_id(link.netns, str(value))]
            elif (
                own
                or (row.where in (Where.LINK, Where.DATA) and not row.late)
                or (cls.MAKER == "ioctl" and row.where is Where.NONE)
            ):
                attrs[name] = value
        return attrs

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

    def _after_birth_at_home(self, decision: Decision, link: DesiredLink) -> None:
        lane = self.draft.lane(link.netns)
        index, made = self.plan.index[decision.id], self.plan.made_by[decision.id]
        if self._port_down(link):
            controller = self.plan.index[link.netns, str(link.attrs["controller"])]
            lane.link.append(self._step(decision, Verb.LINK_SET, link.netns, index=index, name=link.name, kind=link.kind,
                                        attrs={"controller": controller}, needs=(made,)))  # fmt: skip
        self._altnames(decision, link, (), made)
        self._sysctls(decision, link, made)
        if decision.id in self.delayed and link.attrs.get("state") == "up":
            lane.up.append(self._step(decision, Verb.LINK_SET, link.netns, index=index, name=link.name, kind=link.kind,
                                      attrs={"state": "up"}, needs=(made,)))  # fmt: skip

    def _rest_of_birth(self, decision: Decision, link: DesiredLink) -> None:
        """What a link born through another namespace's socket still lacks: controller, late attributes, flags, UP."""
        cls = kind_class(link.kind)
        lane = self.draft.lane(link.netns)
        index, made = self.plan.index[decision.id], self.plan.made_by[decision.id]
        rows = cls.rows()
        rest: dict[str, Value] = {}
        for name, value in link.attrs.items():
            row = rows.get(name)
            if row is None or value is None or name == "peer":
                continue
            if name == "controller":
                rest[name] = self.plan.index[link.netns, str(value)]
            elif name == "state":
                continue
            elif row.late or row.where in (Where.FLAG, Where.INET6) or (cls.MAKER == "ioctl" and row.where is Where.LINK):
                rest[name] = value
        needs = self._needs(link.netns, decision.id, link, made)
        up = link.attrs.get("state") == "up"
        later = self._up_later(link, cls)
        if up and not later:
            rest["state"] = "up"
        if rest:
            lane.link.append(self._step(decision, Verb.LINK_SET, link.netns, index=index, name=link.name, kind=link.kind,
                                        attrs=rest, needs=needs))  # fmt: skip
        self._altnames(decision, link, (), made)
        self._sysctls(decision, link, made)
        if up and later:
            lane.up.append(self._step(decision, Verb.LINK_SET, link.netns, index=index, name=link.name, kind=link.kind,
                                      attrs={"state": "up"}, needs=(made,)))  # fmt: skip

    def _move(self, decision: Decision, link: DesiredLink) -> None:
        assert decision.source is not None
        assert decision.observed is not None
        step = self._step(
            decision, Verb.LINK_MOVE, decision.source[0], index=decision.observed.index, name=decision.source[1],
            args={"target": link.netns, "rename": link.name, "new_index": self.plan.index[decision.id]},
            needs=self._netns_need(link.netns),
        )  # fmt: skip
        self.plan.made_by[decision.id] = step.id
        self.draft.lane(decision.source[0]).link.append(step)
        lane = self.draft.lane(link.netns)
        rows = kind_class(link.kind).rows()
        attrs: dict[str, Value] = {}
        for name, value in link.attrs.items():
            if name in rows and name != "state" and value is not None and rows[name].where is not Where.NONE:
                attrs[name] = self.plan.index[link_id(link.netns, str(value))] if rows[name].ref else value
        index = self.plan.index[decision.id]
        needs = self._needs(link.netns, decision.id, link, step.id)
        if attrs:
            lane.link.append(self._step(decision, Verb.LINK_SET, link.netns, index=index, name=link.name, attrs=attrs, needs=needs))
        self._altnames(decision, link, decision.observed.altnames, step.id)
        self._sysctls(decision, link, step.id)
        if link.attrs.get("state") == "up":
            lane.up.append(
                self._step(decision, Verb.LINK_SET, link.netns, index=index, name=link.name, attrs={"state": "up"}, needs=needs)
            )

    def _update(self, decision: Decision, link: DesiredLink) -> None:
        existing = decision.observed
        assert existing is not None
        kind = existing.kind
        rows = kind_class(link.kind or kind).rows()
        full_set = kind_class(kind).FULL_SET
        data: dict[str, Value] = {}
        top: dict[str, Value] = {}
        down = False
        needs: tuple[int, ...] = self._netns_need(link.netns)
        for change in decision.changes:
            if change.name in ("state", "altnames", "name"):
                continue
            row = rows[change.name]
            value = change.desired
            if row.ref:
                value = self._reference(link, value)
                made = self.plan.made_by.get(link_id(link.netns, str(change.desired)))
                needs = (*needs, made) if made is not None else needs
            if change.name == "controller":
                down |= self._port_down(link)
            down |= row.change is Change.WHEN_DOWN
            (data if row.where is Where.DATA else top)[change.name] = value
        if data and full_set:
            data = self._full_set(link, existing, rows) | data
        lane = self.draft.lane(link.netns)
        index = existing.index
        was_up = existing.attrs.get("state") == "up"
        up = link.attrs.get("state") == "up"

        def set_(attrs: dict[str, Value], verb: Verb = Verb.LINK_SET) -> Step:
            return self._step(decision, verb, link.netns, index=index, name=link.name, kind=kind, attrs=attrs, needs=needs)

        if was_up and (down or not up):
            lane.link.append(set_({"state": "down"}))
        if data:
            lane.link.append(set_(data, Verb.LINK_DATA))
        if top:
            lane.link.append(set_(top))
        self._altnames(decision, link, existing.altnames, None)
        if up and (down or not was_up):
            lane.up.append(set_({"state": "up"}))
        if (was_up and down) or self._enslaved_with_a_bounce(decision, link):
            self.plan.bounced[decision.id] = decision.op

    def _enslaved_with_a_bounce(self, decision: Decision, link: DesiredLink) -> bool:
        """cycle_netdev() in vrf.c: becoming or ceasing to be a port of a vrf takes the link down and up."""
        for change in decision.changes:
            if change.name == "controller":
                links = self.desired.namespaces[link.netns].links
                observed = self.observed.namespaces[link.netns].links
                for name in (change.desired, change.observed):
                    kind = links[name].kind if name in links else observed[name].kind if name in observed else ""
                    if kind_class(kind).PORT_BOUNCES:
                        return True
        return False

    def _full_set(self, link: DesiredLink, existing: Link, rows: Mapping[str, object]) -> dict[str, Value]:
        """Every kind attribute as it shall be: the driver's changelink starts from zero (ipgre_netlink_parms)."""
        full: dict[str, Value] = {}
        for name, row in kind_class(existing.kind).rows().items():
            if row.where is Where.DATA and row.change is not Change.READ_ONLY:
                value = link.attrs.get(name, existing.attrs.get(name))
                if value is not None:
                    full[name] = self._reference(link, value) if row.ref else value
        return full

    def _reference(self, link: DesiredLink, value: Value) -> int:
        return self.plan.index[link_id(link.netns, str(value))] if value is not None else 0

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

    # -- small print

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
