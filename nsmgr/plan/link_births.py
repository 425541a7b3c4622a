"""Steps that make links: born in place, in one message where the kernel allows it, the rest right behind."""

from __future__ import annotations

from nsmgr.model.attr import Value, Where
from nsmgr.model.kind import Kind
from nsmgr.model.kind import kind as kind_facts
from nsmgr.plan import references
from nsmgr.plan.link_context import Context
from nsmgr.plan.links import Decision
from nsmgr.plan.plan import Verb
from nsmgr.plan.removal import link_id
from nsmgr.plan.state import DesiredLink


class Births(Context):
    """Creation of links, and moving physical ones in."""

    def create(self, decision: Decision, link: DesiredLink) -> None:
        cls = kind_facts(link.kind)
        key = decision.id
        index = self.plan.index[key]
        if cls.MAKER == "ioctl":
            step = self._step(decision, Verb.TUN_ADD, link.netns, index=index, name=link.name, kind=link.kind,
                              attrs=self._birth(link, cls, own=False), needs=self._needs(link.netns, key))  # fmt: skip
            self.plan.made_by[key] = step.id
            self.draft.lane(link.netns).link.append(step)
            self.rest_of_birth(decision, link)
            return
        sender = references.sender(link.netns, self.plan.needed.get(key, ()))
        own = sender == link.netns
        args: dict[str, object] = {}
        needs = self._needs(sender, key)
        if not own and cls.MOVES_IN:
            self._move_in(decision, link, cls, sender, needs)
            return
        if sender != link.netns:
            args["target"] = link.netns
            needs = (*needs, *self._netns_need(link.netns))
        peer = self._peer(link, cls)
        if peer is not None:
            far_class = kind_facts(peer.kind)
            far_key = (peer.netns, peer.name)
            far_rows = far_class.rows()
            args["peer"] = {
                "netns": peer.netns, "name": peer.name, "index": self.plan.index[far_key],
                "attrs": {row: value for row, value in self._birth(peer, far_class, own=False).items()
                          if far_rows[row].where is not Where.DATA},
            }  # fmt: skip
            needs = (*needs, *self._netns_need(peer.netns))
        attrs = self._birth(link, cls, own=own)
        if peer is not None:
            attrs.update((said, peer.attrs[row]) for row, said in cls.PEER_ROWS.items() if peer.attrs.get(row) is not None)
        step = self._step(decision, Verb.LINK_ADD, sender, index=index, name=link.name, kind=link.kind,
                          attrs=attrs, args=args, needs=needs)  # fmt: skip
        self.plan.made_by[key] = step.id
        if peer is not None:
            self.plan.made_by[peer.netns, peer.name] = step.id
        self.draft.lane(sender).link.append(step)
        if own:
            self._after_birth_at_home(decision, link)
        else:
            self.rest_of_birth(decision, link)

    def _move_in(self, decision: Decision, link: DesiredLink, cls: type[Kind], sender: str, needs: tuple[int, ...]) -> None:
        """Made where its parent is, under a name that nobody has there, then moved.

        IFLA_LINK_NETNSID would do both in one message, but under the link's own name, which may be taken there (rtnl_create_link).
        """
        index = self.plan.index[decision.id]
        lane = self.draft.lane(sender).link
        made = self._step(decision, Verb.LINK_ADD, sender, index=index, name=f"nsm{index}-{link.name}"[:15], kind=link.kind,
                          attrs=self._birth(link, cls, own=False), needs=needs)  # fmt: skip
        moved = self._step(decision, Verb.LINK_MOVE, sender, index=index, name=made.name, kind=link.kind,
                           args={"target": link.netns, "rename": link.name, "new_index": index},
                           needs=(made.id, *self._netns_need(link.netns)))  # fmt: skip
        lane += [made, moved]
        self.plan.made_by[decision.id] = moved.id
        self.rest_of_birth(decision, link)

    def _peer(self, link: DesiredLink, cls: type[Kind]) -> DesiredLink | None:
        peer = link.attrs.get("peer")
        if not cls.PAIR or not isinstance(peer, str):
            return None
        netns, name = link_id(link.netns, peer)
        return self.desired.namespaces[netns].links[name]

    def _birth(self, link: DesiredLink, cls: type[Kind], *, own: bool) -> dict[str, Value]:
        """Attributes of the creating message. Born at home it also carries controller, late ones (sent right after) and UP."""
        ioctl = cls.MAKER == "ioctl"
        attrs: dict[str, Value] = {} if ioctl else dict(link.birth)
        rows = cls.rows()
        up_later = self._up_later(link, cls) if own else True
        for name, value in link.attrs.items():
            row = rows.get(name)
            if row is None or value is None or name == "peer" or name in cls.NAMES_PORTS or (name == "mtu" and row.late):
                continue
            if row.where is Where.GENL or row.last:
                continue  # see _options and _sysctls
            if name == "state":
                if own and not up_later:
                    attrs[name] = value
            elif name == "controller":
                if own and not self._port_down(link):
                    attrs[name] = self._reference(link, value)
            elif row.ref:
                attrs[name] = self._reference(link, value)
            elif (
                own
                or (row.where in (Where.LINK, Where.DATA) and not row.late)
                or (cls.MAKER == "ioctl" and row.where is Where.NONE)
            ):
                attrs[name] = value
        return attrs

    def _after_birth_at_home(self, decision: Decision, link: DesiredLink) -> None:
        lane = self.draft.lane(link.netns)
        index, made = self.plan.index[decision.id], self.plan.made_by[decision.id]
        self._options(decision, link, made)
        if self._port_down(link):
            controller = self._reference(link, link.attrs["controller"])
            lane.link.append(self._step(decision, Verb.LINK_SET, link.netns, index=index, name=link.name, kind=link.kind,
                                        attrs={"controller": controller}, needs=(made,)))  # fmt: skip
            self._down_again(decision, link, made)
        self._altnames(decision, link, (), made)
        self._sysctls(decision, link, made)
        cls = kind_facts(link.kind)
        ports = {row: value for row, value in link.attrs.items() if row in cls.NAMES_PORTS and value is not None}
        if ports:
            attrs: dict[str, Value] = {row: self._reference(link, value) for row, value in ports.items()}
            lane.port_names.append(self._step(decision, Verb.LINK_GENL if cls.GENL else Verb.LINK_DATA, link.netns, index=index,
                                              name=link.name, kind=link.kind, attrs=attrs, needs=(made,)))  # fmt: skip
        if link.port_kind:
            self._port_options(decision.op, link)
        if decision.id in self.delayed and link.attrs.get("state") == "up":
            self._up_lane(link).append(self._step(decision, Verb.LINK_SET, link.netns, index=index, name=link.name, kind=link.kind,
                                      attrs={"state": "up"}, needs=(made,)))  # fmt: skip

    def _down_again(self, decision: Decision, link: DesiredLink, made: int) -> None:
        """bond_enslave() and team_port_add() take the port up, whatever it shall be."""
        if link.attrs.get("state") == "down":
            step = self._step(decision, Verb.LINK_SET, link.netns, index=self.plan.index[decision.id], name=link.name,
                              kind=link.kind, attrs={"state": "down"}, needs=(made,))  # fmt: skip
            self.draft.lane(link.netns).up.append(step)

    def _options(self, decision: Decision, link: DesiredLink, made: int) -> None:
        """What generic netlink sets, right after the birth: before ports join."""
        cls = kind_facts(link.kind)
        if not cls.GENL:
            return
        rows = cls.rows()
        attrs = {
            name: value
            for name, value in link.attrs.items()
            if name in rows and rows[name].where is Where.GENL and value is not None and name not in cls.NAMES_PORTS
        }
        if attrs:
            step = self._step(decision, Verb.LINK_GENL, link.netns, index=self.plan.index[decision.id], name=link.name,
                              kind=link.kind, attrs=attrs, needs=(made,))  # fmt: skip
            self.draft.lane(link.netns).link.append(step)

    def rest_of_birth(self, decision: Decision, link: DesiredLink) -> None:
        """What a link born through another namespace's socket still lacks: controller, late attributes, flags, UP."""
        cls = kind_facts(link.kind)
        lane = self.draft.lane(link.netns)
        index, made = self.plan.index[decision.id], self.plan.made_by[decision.id]
        rows = cls.rows()
        self._options(decision, link, made)
        rest: dict[str, Value] = {}
        for name, value in link.attrs.items():
            row = rows.get(name)
            if row is None or value is None or name == "peer":
                continue
            if name == "controller":
                rest[name] = self._reference(link, value)
            elif name == "state" or (name == "mtu" and row.late) or row.last:
                continue
            elif row.late or row.where in (Where.FLAG, Where.INET6) or (cls.MAKER == "ioctl" and row.where is Where.LINK):
                rest[name] = value
        needs = self._needs(link.netns, decision.id, made)
        up = link.attrs.get("state") == "up"
        later = self._up_later(link, cls)
        if up and not later:
            rest["state"] = "up"
        if rest:
            lane.link.append(self._step(decision, Verb.LINK_SET, link.netns, index=index, name=link.name, kind=link.kind,
                                        attrs=rest, needs=needs))  # fmt: skip
        if self._port_down(link):
            self._down_again(decision, link, made)
        self._altnames(decision, link, (), made)
        self._sysctls(decision, link, made)
        if link.port_kind:
            self._port_options(decision.op, link)
        if up and later:
            self._up_lane(link).append(self._step(decision, Verb.LINK_SET, link.netns, index=index, name=link.name, kind=link.kind,
                                      attrs={"state": "up"}, needs=(made,)))  # fmt: skip

    def move(self, decision: Decision, link: DesiredLink) -> None:
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
        rows = kind_facts(link.kind).rows()
        attrs: dict[str, Value] = {}
        for name, value in link.attrs.items():
            row = rows.get(name)
            if row is not None and name != "state" and value is not None and row.where is not Where.NONE and not row.last:
                attrs[name] = self._reference(link, value) if row.ref else value
        index = self.plan.index[decision.id]
        needs = self._needs(link.netns, decision.id, step.id)
        if attrs:
            lane.link.append(self._step(decision, Verb.LINK_SET, link.netns, index=index, name=link.name, attrs=attrs, needs=needs))
        self._altnames(decision, link, decision.observed.altnames, step.id)
        self._sysctls(decision, link, step.id)
        if link.port_kind:
            self._port_options(decision.op, link)
        if link.attrs.get("state") == "up":
            self.delayed.add(decision.id)  # what is stacked on it comes up after it (vlan_dev_open: ENETDOWN)
            lane.up.append(
                self._step(decision, Verb.LINK_SET, link.netns, index=index, name=link.name, attrs={"state": "up"}, needs=needs)
            )
