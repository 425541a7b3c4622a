"""Decisions about links → operations and steps, lower links before upper ones."""

from __future__ import annotations

from nsmgr.model.attr import Change
from nsmgr.model.kind import kind as kind_facts
from nsmgr.plan.draft import Draft
from nsmgr.plan.link_births import Births
from nsmgr.plan.link_updates import Updates
from nsmgr.plan.links import Decision, LinkPlan
from nsmgr.plan.plan import Action, AttrChange, Step, Verb
from nsmgr.plan.removal import LinkId, dependants, explicit, link_id
from nsmgr.plan.state import DesiredState, ObservedState
from nsmgr.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def emit(plan: LinkPlan, draft: Draft, desired: DesiredState, observed: ObservedState, born: Mapping[str, int]) -> None:
    """Operations and steps of all links. ``born``: namespace to be created → id of its NETNS_ADD step."""
    emitter = _Emitter(plan, draft, desired, observed, born)
    for decision in plan.decisions.values():
        emitter.operation(decision)
    emitter.deletions()
    for key, cause in plan.shaken.items():
        plan.bounced.setdefault(key, emitter.cause_op(cause))
    for key in _lower_first(plan, desired):
        emitter.creation(plan.decisions[key])
    emitter.controller_mtus()
    emitter.port_values()
    emitter.down_after_all()
    emitter.up_after_lower()


def _lower_first(plan: LinkPlan, desired: DesiredState) -> list[LinkId]:
    """Desired links, each after the links it refers to (parent, controller, other references)."""
    order: list[LinkId] = []
    seen: set[LinkId] = set()
    for start, decision in plan.decisions.items():
        if decision.desired is None or start in seen:
            continue
        if start not in plan.needed:
            seen.add(start)
            order.append(start)
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
            for target in plan.needed.get(key, ()):
                other = plan.decisions.get(target)
                if target not in seen and other is not None and other.desired is not None:
                    stack.append((target, False))
    return order


def _anew(decision: Decision) -> bool:
    """Whether a link is made, becomes a port, or as a controller tells its ports its MTU or MAC."""
    told = any(change.name in ("controller", "mtu", "mac", "mode") for change in decision.changes)
    return decision.op >= 0 and (decision.action is not Action.UPDATE or told)


class _Emitter(Births, Updates):
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
        if not self.netns_ops:
            self.netns_ops.update((step.netns, step.op) for step in self.draft.netns_add)
        return self.netns_ops[netns]

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
        named = [key for key in (*roots, *far_ends) if key[0] not in plan.doomed_netns]
        for key in explicit([*named, *self._holding()], graph):
            link = self.observed.namespaces[key[0]].links[key[1]]
            decision_ = plan.decisions.get(key)
            op = decision_.op if decision_ is not None else self.cause_op(key)
            draft.lane(key[0]).link_del.append(
                draft.step(op, Verb.LINK_DEL, key[0], index=link.index, name=link.name, kind=link.kind)
            )

    def _holding(self) -> list[LinkId]:
        """Links of namespaces that go, which hold on to something in one that stays: deleted by name, for cleanup_net is late.

        Until then a macvlan keeps its lower link from becoming a port (netdev_rx_handler_register: EBUSY), and a tunnel its
        addresses in the namespace it was made in.
        """
        found = []
        for netns in self.plan.doomed_netns & self.observed.namespaces.keys():
            for name, link in self.observed.namespaces[netns].links.items():
                lower = link_id(netns, str(link.attrs.get("parent") or ""))
                for where, stays in ((lower[0], lower not in self.plan.removed), (str(link.attrs.get("underlay") or netns), True)):
                    state = self.observed.namespaces.get(where)
                    if state is not None and where not in self.plan.doomed_netns and stays and link.kind and not link.fallback:
                        found.append((netns, name))
                        break
        return found

    def cause_op(self, key: LinkId) -> int:
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

    def controller_mtus(self) -> None:
        """The MTU of a bridge follows its smallest port until somebody *changes* it: said once the ports are there.

        br_change_mtu() remembers the user's wish (BROPT_MTU_SET_BY_USER), but dev_set_mtu() does not even call it for the
        value the bridge has already.
        """
        ports: dict[LinkId, list[Decision]] = {}
        for (netns, _), decision in self.plan.decisions.items():
            if (
                decision.op >= 0
                and decision.desired is not None
                and isinstance(master := decision.desired.attrs.get("controller"), str)
            ):
                ports.setdefault((netns, master), []).append(decision)
        for (netns, name), decision in self.plan.decisions.items():
            link = decision.desired
            mtu = link.attrs.get("mtu") if link is not None else None
            if link is None or mtu is None or not kind_facts(link.kind).rows()["mtu"].late:
                continue
            op = next((one.op for one in (decision, *ports.get((netns, name), ())) if one.op >= 0), -1)
            if op >= 0:
                made = self.plan.made_by.get((netns, name))
                step = self.draft.step(
                    op, Verb.LINK_SET, netns, index=self.plan.index[netns, name], name=name, kind=link.kind,
                    attrs={"mtu": mtu}, needs=(made,) if made is not None else (),
                )  # fmt: skip
                self.draft.lane(netns).port_names.append(step)

    def port_values(self) -> None:
        """A port's own MTU and MAC, said after bond_enslave() and team_port_add() gave it theirs, and after those changed."""
        for (netns, name), decision in self.plan.decisions.items():
            link = decision.desired
            master = link.attrs.get("controller") if link is not None else None
            over = self.plan.decisions.get((netns, master)) if isinstance(master, str) else None
            if link is None or over is None or over.desired is None or not kind_facts(over.desired.kind).PORT_DOWN:
                continue
            rows = kind_facts(link.kind).rows()
            attrs = {
                row: value
                for row in ("mtu", "mac")
                if (value := link.attrs.get(row)) is not None and rows[row].change is Change.IN_PLACE  # not an ifb's MAC
            }
            op = next((one.op for one in (decision, over) if _anew(one)), -1)
            if attrs and op >= 0:
                made = self.plan.made_by.get((netns, name))
                step = self.draft.step(
                    op, Verb.LINK_SET, netns, index=self.plan.index[netns, name], name=name, kind=link.kind,
                    attrs=attrs, needs=(made,) if made is not None else (),
                )  # fmt: skip
                self.draft.lane(netns).port_names.append(step)

    def down_after_all(self) -> None:
        """Links that shall be down, and that the kernel takes up with their parent: down again once that is up."""
        ups: dict[LinkId, Step] | None = None
        for (netns, name), decision in self.plan.decisions.items():
            link = decision.desired
            if link is None or link.attrs.get("state") != "down" or not isinstance(parent := link.attrs.get("parent"), str):
                continue
            unless = kind_facts(link.kind).RISES_UNLESS
            if not unless or link.attrs.get(unless):
                continue
            if ups is None:
                ups = self._raised()
            raised = ups.get(link_id(netns, parent))
            if raised is not None:
                step = self.draft.step(
                    decision.op if decision.op >= 0 else raised.op, Verb.LINK_SET, netns, index=self.plan.index[netns, name],
                    name=name, kind=link.kind, attrs={"state": "down"}, needs=(raised.id,),
                )  # fmt: skip
                self.draft.lane(netns).up_last.append(step)

    def _raised(self) -> dict[LinkId, Step]:
        """The steps that take links up, of those that are not born so."""
        return {
            (where, step.name): step
            for where, lanes in self.draft.lanes.items()
            for step in (*lanes.link, *lanes.up)
            if step.verb is Verb.LINK_SET and step.attrs.get("state") == "up"
        }

    def up_after_lower(self) -> None:
        """vlan_dev_open() and macsec_dev_open() refuse (ENETDOWN) while the lower link is down, be it in another namespace.

        Within one the order of the steps says it. Links come after their lower ones there, so no two wait for each other.
        """
        ups: dict[LinkId, Step] | None = None
        for (netns, name), decision in self.plan.decisions.items():
            link = decision.desired
            parent = link.attrs.get("parent") if link is not None else None
            if link is None or not isinstance(parent, str) or "/" not in parent or "parent" not in kind_facts(link.kind).DIES_WITH:
                continue
            if ups is None:
                ups = self._raised()
            mine, lower = ups.get((netns, name)), ups.get(link_id(netns, parent))
            if mine is None or lower is None:
                continue
            lanes = self.draft.lane(netns)
            lane = lanes.up if any(step is mine for step in lanes.up) else lanes.link
            place = next(number for number, step in enumerate(lane) if step is mine)
            lane[place] = ups[netns, name] = replace(mine, needs=(*mine.needs, lower.id))

    def creation(self, decision: Decision) -> None:
        link = decision.desired
        assert link is not None
        if decision.id in self.plan.made_by:
            self.rest_of_birth(decision, link)
        elif decision.action in (Action.CREATE, Action.REPLACE):
            self.create(decision, link)
        elif decision.action is Action.MOVE:
            self.move(decision, link)
        elif decision.action is Action.UPDATE:
            self.update(decision, link)
