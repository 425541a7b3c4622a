"""Steps that change living links in place."""

from __future__ import annotations

from nsmgr.model.attr import Change, Value, Where
from nsmgr.model.kind import Kind
from nsmgr.model.kind import kind as kind_facts
from nsmgr.model.port import PREFIX
from nsmgr.model.port import port as port_facts
from nsmgr.plan.link_context import Context
from nsmgr.plan.links import Decision
from nsmgr.plan.plan import Step, Verb
from nsmgr.plan.removal import link_id
from nsmgr.plan.state import DesiredLink, Link

# netif_set_gso_max_size(), netif_set_gro_max_size() set the IPv4 size as well; said in the same message it comes after.
_FOLLOW = {"gso_max_size": ("gso_ipv4_max_size",), "gro_max_size": ("gro_ipv4_max_size",)}


class Updates(Context):
    """Changes of attributes: the delta, in the order and the state (down, without ports) the kernel wants."""

    def update(self, decision: Decision, link: DesiredLink) -> None:
        existing = decision.observed
        assert existing is not None
        kind = existing.kind
        cls = kind_facts(link.kind or kind)
        rows = cls.rows()
        full_set = kind_facts(kind).FULL_SET
        data: dict[str, Value] = {}
        top: dict[str, Value] = {}
        ports: dict[str, Value] = {}
        options: set[str] = set()
        told: dict[str, Value] = {}
        last: dict[str, Value] = {}
        down = False
        needs: tuple[int, ...] = self._netns_need(link.netns)
        for change in decision.changes:
            if change.name in ("state", "altnames", "name"):
                # Another state than was observed: what it is a port of dies and closes it, see links._note_lost_references.
                down |= change.name == "state" and change.observed != existing.attrs.get("state")
                continue
            if change.name.startswith(PREFIX):
                options.add(change.name)
                continue
            row = rows[change.name]
            if change.name == "mtu" and row.late:
                continue  # see controller_mtus
            value = change.desired
            if row.ref:
                value = self._reference(link, value)
                made = self.plan.made_by.get(link_id(link.netns, str(change.desired)))
                needs = (*needs, made) if made is not None else needs
            if change.name == "controller":
                down |= self._port_down(link)
            down |= row.change is Change.WHEN_DOWN
            place = data if row.where is Where.DATA else told if row.where is Where.GENL else last if row.last else top
            (ports if change.name in cls.NAMES_PORTS else place)[change.name] = value
            for other in cls.TOGETHER.get(change.name, _FOLLOW.get(change.name, ())):
                value = link.attrs.get(other)
                if value is not None:
                    where = rows[other].where
                    place = (
                        ports if other in cls.NAMES_PORTS else data if where is Where.DATA else told if where is Where.GENL else top
                    )
                    place.setdefault(other, self._reference(link, value) if rows[other].ref else value)
        self._whole_masks(link, existing, data)
        if data and full_set:
            data = self._full_set(link, existing) | data
        if data and cls.MTU_FOLLOWS and link.attrs.get("mtu") is not None:
            top["mtu"] = link.attrs["mtu"]  # also where it did not differ: the driver has just worked out another one
        lane = self.draft.lane(link.netns)
        index = existing.index
        was_up = existing.attrs.get("state") == "up"
        up = link.attrs.get("state", existing.attrs.get("state")) == "up"

        def set_(attrs: dict[str, Value], verb: Verb = Verb.LINK_SET) -> Step:
            return self._step(decision, verb, link.netns, index=index, name=link.name, kind=kind, attrs=attrs, needs=needs)

        self._make_way(decision, link, existing, options)
        if was_up and (down or not up):
            lane.link.append(set_({"state": "down"}))
        options_verb = Verb.LINK_GENL if cls.GENL else Verb.LINK_DATA
        alone = {name: place.pop(name) for place in (data, told) for name in [*place] if name in cls.WITHOUT_PORTS}
        if alone:
            # No more than must be: a bridge without ports has no hardware address, and so no VLAN can be added (fdb_add_local).
            released = self._release_ports(decision, existing)
            lane.link.append(set_(alone, options_verb))
            for port in released:
                self._enslave_again(decision, port, index)
        if data and cls.LEADER and not existing.attrs.get(cls.LEADER):
            self._through_leader(decision, link, cls, data, needs)
        elif data:
            lane.link.append(set_(data, Verb.LINK_DATA))
        if told:
            lane.link.append(set_(told, Verb.LINK_GENL))
        if ports:
            lane.port_names.append(set_(ports, options_verb))
        if top:
            lane.link.append(set_(top))
        if options:
            self._port_options(decision.op, link, options)
        self._altnames(decision, link, existing.altnames, None)
        if last:
            lane.up.append(set_(last))
        joins, leaves = self._port_switches(decision, link)
        if up and (down or leaves or not was_up):
            self._up_lane(link).append(set_({"state": "up"}))
        elif joins and not up:
            lane.up.append(set_({"state": "down"}))
        if (was_up and (down or leaves)) or self._enslaved_with_a_bounce(decision, link):
            self.plan.bounced[decision.id] = decision.op

    def _through_leader(
        self, decision: Decision, link: DesiredLink, cls: type[Kind], data: dict[str, Value], needs: tuple[int, ...]
    ) -> None:
        """Changes of the end of a pair that takes none itself: said to the other end (netkit_change_link: EACCES)."""
        netns, name = link_id(link.netns, str(link.attrs.get("peer")))
        far = self.observed.namespaces[netns].links[name]
        attrs = {cls.PEER_ROWS[row]: value for row, value in data.items()}
        self.draft.lane(netns).link.append(
            self._step(decision, Verb.LINK_DATA, netns, index=far.index, name=name, kind=link.kind, attrs=attrs, needs=needs)
        )

    def _enslaved_with_a_bounce(self, decision: Decision, link: DesiredLink) -> bool:
        """cycle_netdev() in vrf.c: becoming or ceasing to be a port of a vrf takes the link down and up."""
        for change in decision.changes:
            if change.name == "controller":
                links = self.desired.namespaces[link.netns].links
                observed = self.observed.namespaces[link.netns].links
                for name in (change.desired, change.observed):
                    kind = links[name].kind if name in links else observed[name].kind if name in observed else ""
                    if kind_facts(kind).PORT_BOUNCES:
                        return True
        return False

    def _make_way(self, decision: Decision, link: DesiredLink, existing: Link, options: set[str]) -> None:
        """What no two ports may share is given up by all who change it before anybody gets it: ports that swap."""
        if not options or existing.attrs.get("controller") != link.attrs.get("controller"):
            return
        facts = port_facts(link.port_kind)
        rows = facts.rows()
        given = {name: rows[name].default for name in facts.UNIQUE if PREFIX + name in options}
        attrs = {name: value for name, value in given.items() if existing.attrs.get(PREFIX + name, value) != value}
        if attrs:
            step = self._step(decision, Verb.LINK_PORT, link.netns, index=existing.index, name=link.name,
                              kind=link.port_kind, attrs=attrs)  # fmt: skip
            self.draft.lane(link.netns).link.append(step)

    def _port_switches(self, decision: Decision, link: DesiredLink) -> tuple[bool, bool]:
        """Whether the link becomes a port that the kernel takes up (bond_enslave, team_port_add), ceases to be one (taken down)."""
        change = next((change for change in decision.changes if change.name == "controller"), None)
        if change is None:
            return False, False
        old = self.observed.namespaces[link.netns].links.get(str(change.observed))
        return self._port_down(link), old is not None and kind_facts(old.kind).PORT_DOWN

    def _whole_masks(self, link: DesiredLink, existing: Link, data: dict[str, Value]) -> None:
        """Bits that share one attribute go together: without a mask of its own the word replaces all of them (macvlan flags)."""
        rows = kind_facts(existing.kind).rows()
        shared = {rows[name].nla for name in data if rows[name].bit and not rows[name].masked}
        for name, row in rows.items():
            if row.bit and row.nla in shared and name not in data:
                value = link.attrs.get(name, existing.attrs.get(name))
                if value is not None:
                    data[name] = value

    def _full_set(self, link: DesiredLink, existing: Link) -> dict[str, Value]:
        """Every kind attribute as it shall be: the driver's changelink starts from zero (ipgre_netlink_parms)."""
        full: dict[str, Value] = {}
        cls = kind_facts(existing.kind)
        for name, row in cls.rows().items():
            if row.where is Where.DATA and row.change is not Change.READ_ONLY and name not in cls.ONCE:
                value = link.attrs.get(name, existing.attrs.get(name))
                if value is not None:
                    full[name] = self._again(link, value) if row.ref else value
        return full

    def _again(self, link: DesiredLink, value: Value) -> int:
        """A reference as it is: also one to a link that is gone, of which only the index is left."""
        unknown = isinstance(value, str) and value.startswith("?/#") and value[3:].isdecimal()
        return int(str(value)[3:]) if unknown else self._reference(link, value)

    def _release_ports(self, decision: Decision, existing: Link) -> list[Link]:
        """Free the controller of its ports: bond_option_mode_set() and its like refuse while there are any (ENOTEMPTY)."""
        netns = decision.id[0]
        lane = self.draft.lane(netns).link
        ports = [
            port
            for name, port in self.observed.namespaces[netns].links.items()
            if port.attrs.get("controller") == existing.name and (netns, name) not in self.plan.removed
        ]
        for port in ports:
            self.plan.released[netns, port.name] = decision.op
            lane.append(self._step(decision, Verb.LINK_SET, netns, index=port.index, name=port.name, attrs={"controller": 0}))
        return ports

    def _enslave_again(self, decision: Decision, port: Link, controller: int) -> None:
        netns = decision.id[0]
        wanted = self.desired.namespaces[netns].links.get(port.name)
        if wanted is not None and wanted.attrs.get("controller", decision.id[1]) != decision.id[1]:
            return
        # A port that nobody described goes back as it was, as far as a link dump says it.
        attrs = port.attrs if wanted is None else wanted.attrs
        down = kind_facts(decision.observed.kind if decision.observed is not None else "").PORT_DOWN
        lane = self.draft.lane(netns)
        for change in ({"state": "down"}, {"controller": controller}) if down else ({"controller": controller},):
            lane.link.append(self._step(decision, Verb.LINK_SET, netns, index=port.index, name=port.name, attrs=change))
        if wanted is not None and wanted.port_kind:
            self._port_options(decision.op, wanted)
        if attrs.get("state") == "up" and down:
            lane.up.append(self._step(decision, Verb.LINK_SET, netns, index=port.index, name=port.name, attrs={"state": "up"}))
            self.plan.bounced.setdefault((netns, port.name), decision.op)
        elif down:
            lane.up.append(self._step(decision, Verb.LINK_SET, netns, index=port.index, name=port.name, attrs={"state": "down"}))
