"""What other people do to the in-memory kernel with ip(8), sysctl(8) and a screwdriver: the second writer in tests."""

from __future__ import annotations

import errno
from abc import abstractmethod
from collections.abc import Mapping

from nsmgr.kernel import fake_kinds, fake_routes, fake_sysctl
from nsmgr.kernel.fake_state import RTPROT_BOOT, Device, Netns, World, refuse
from nsmgr.model.attr import Value
from nsmgr.model.kind import kind as kind_class
from nsmgr.plan.plan import Step, Verb
from nsmgr.plan.state import HOST, Address, NextHop, Route, Rule
from nsmgr.text import family


class ByHand:
    """Mixed into FakeKernel. Everything raises :class:`nsmgr.kernel.fake_state.Refused` where ip(8) prints an error."""

    world: World

    @abstractmethod
    def find_netns(self, name: str) -> Netns: ...

    @abstractmethod
    def carry_out(self, step: Step) -> None: ...

    def netns_add(self, name: str) -> None:
        """``ip netns add``. Raises :class:`Refused`, as all of these do."""
        self.carry_out(Step(0, 0, Verb.NETNS_ADD, name, name=name))

    def netns_del(self, name: str) -> None:
        self.carry_out(Step(0, 0, Verb.NETNS_DEL, name, name=name))

    def ip_link_add(self, ns: str, name: str, kind: str, *, peer: tuple[str, str] | None = None, **attrs: Value) -> None:
        """``ip link add``; references by name. ``peer``: (namespace, name) of a pair's far end."""
        args = {"peer": {"netns": peer[0], "name": peer[1], "attrs": {}}} if peer else {}
        verb = Verb.TUN_ADD if kind_class(kind).MAKER == "ioctl" else Verb.LINK_ADD
        self.carry_out(Step(0, 0, verb, ns, name=name, kind=kind, attrs=self._indexed(ns, attrs), args=args))

    def ip_link_set(self, ns: str, name: str, *, rename: str = "", netns: str = "", **attrs: Value) -> None:
        """``ip link set``: attributes, ``rename`` (the ``name`` of ip), or ``netns`` to move it."""
        device = self.device(ns, name)
        if netns:
            self.carry_out(Step(0, 0, Verb.LINK_MOVE, ns, device.index, name, args={"target": netns, "rename": rename}))
            return
        args = {"rename": rename} if rename else {}
        self.carry_out(Step(0, 0, Verb.LINK_SET, ns, device.index, name, device.kind, attrs=self._indexed(ns, attrs), args=args))

    def ip_link_data(self, ns: str, name: str, **attrs: Value) -> None:
        """``ip link set NAME type KIND …``."""
        device = self.device(ns, name)
        self.carry_out(Step(0, 0, Verb.LINK_DATA, ns, device.index, name, device.kind, attrs=self._indexed(ns, attrs)))

    def bridge_link_set(self, ns: str, name: str, **attrs: Value) -> None:
        """``bridge link set dev NAME …``: options of a port; references by index."""
        device = self.device(ns, name)
        kind = device.refs["controller"].kind
        self.carry_out(Step(0, 0, Verb.LINK_PORT, ns, device.index, name, kind, attrs=attrs))

    def ip_link_del(self, ns: str, name: str) -> None:
        self.carry_out(Step(0, 0, Verb.LINK_DEL, ns, self.device(ns, name).index, name))

    def ip_addr_add(self, ns: str, link: str, address: str, **attrs: Value) -> None:
        self.carry_out(
            Step(0, 0, Verb.ADDR_ADD, ns, self.device(ns, link).index, link, obj=Address(link, address, {"proto": 0, **attrs}))
        )

    def ip_addr_del(self, ns: str, link: str, address: str) -> None:
        self.carry_out(Step(0, 0, Verb.ADDR_DEL, ns, self.device(ns, link).index, link, obj=Address(link, address)))

    def ip_route_add(
        self,
        ns: str,
        to: str,
        *,
        via: str = "",
        dev: str = "",
        table: int = 254,
        metric: int = 0,
        replace: bool = False,
        **attrs: Value,
    ) -> None:
        """``ip route add|replace``; by protocol boot, as ip(8) does."""
        self.carry_out(self._route_step(Verb.ROUTE_ADD, ns, to, via, dev, table, metric, {"replace": replace}, attrs))

    def ip_route_del(self, ns: str, to: str, *, via: str = "", dev: str = "", table: int = 254, metric: int = 0) -> None:
        self.carry_out(self._route_step(Verb.ROUTE_DEL, ns, to, via, dev, table, metric, {}, {}))

    def ip_rule_add(self, ns: str, *, exclusive: bool = True, proto: int = RTPROT_BOOT, **attrs: Value) -> None:
        """``ip rule add``; write ``from`` as ``from_``. ``exclusive=False`` plays a program that forgets NLM_F_EXCL."""
        clean = {name.rstrip("_"): value for name, value in attrs.items()}
        fake_routes.add_rule(self.find_netns(ns), Rule(clean, proto), exclusive=exclusive)

    def ip_rule_del(self, ns: str, **attrs: Value) -> None:
        self.carry_out(Step(0, 0, Verb.RULE_DEL, ns, obj=Rule({name.rstrip("_"): value for name, value in attrs.items()})))

    def sysctl(self, ns: str, key: str, value: str) -> None:
        """``sysctl -w key=value`` in the namespace."""
        self.carry_out(Step(0, 0, Verb.SYSCTL, ns, name=key, args={"value": value}))

    def add_physical(self, name: str, mac: str, *, ns: str = HOST) -> None:
        """Plug in a network card: a device without rtnl_link_ops, which survives its namespace."""
        netns = self.find_netns(ns)
        device = Device(name, "", netns.free_index(), netns, netns, fake_kinds.birth_attrs(self.world, "") | {"mac": mac})
        netns.register(device)
        fake_sysctl.inherit(device)

    def device(self, ns: str, name: str) -> Device:
        """The live object, for tests that look inside. Raises :class:`Refused` ENODEV."""
        found = self.find_netns(ns).devices.get(name)
        return refuse(errno.ENODEV) if found is None else found

    def _indexed(self, ns: str, attrs: Mapping[str, Value]) -> dict[str, Value]:
        """References by name → by index, as a step carries them."""
        ready = dict(attrs)
        for name in ("controller", "parent"):
            if name in ready:
                ready[name] = self.device(ns, str(ready[name])).index if ready[name] else 0
        return ready

    def _route_step(
        self,
        verb: Verb,
        ns: str,
        to: str,
        via: str,
        dev: str,
        table: int,
        metric: int,
        args: dict[str, object],
        attrs: Mapping[str, Value],
    ) -> Step:
        to = {"default": "::/0" if ":" in via else "0.0.0.0/0"}.get(to, to)
        six = family(to) == family("::")
        hops = (NextHop(via, dev),) if via or dev else ()
        said = {"proto": RTPROT_BOOT, **attrs} if verb is Verb.ROUTE_ADD else dict(attrs)
        route = Route(to, table, metric or (fake_routes.IP6_RT_PRIO_USER if six else 0), 0, hops, said)
        indexes = {dev: self.device(ns, dev).index} if dev else {}
        return Step(0, 0, verb, ns, obj=route, args={**args, "indexes": indexes})
