"""A kernel in memory: the same refusals and cascades as Linux, faults on demand, no privilege, no clock.

``FakeKernel`` implements :class:`nsmgr.kernel.port.KernelPort` for tests, for examples and for trying a plan out. What it
claims about Linux is held against Linux by tests/contract. Its parts: fake_state (devices, namespaces),
fake_birth, fake_links and fake_kinds, fake_ip, fake_routes, fake_sysctl, fake_view; fake_byhand plays other people.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from nsmgr.kernel import fake_birth, fake_ip, fake_kinds, fake_links, fake_ports, fake_routes, fake_sysctl, fake_things, fake_view
from nsmgr.kernel.fake_byhand import ByHand
from nsmgr.kernel.fake_state import Device, Netns, Refused, World, refuse
from nsmgr.kernel.port import Counters, Observation, Want
from nsmgr.kernel.verdicts import gone
from nsmgr.model.attr import Where
from nsmgr.model.kind import kind as kind_class
from nsmgr.model.links import kind_names
from nsmgr.plan.plan import Batch, Step, Verb, Verdict
from nsmgr.plan.state import HOST
from nsmgr.record import replace

FALLBACK_DEVICES: Mapping[str, str] = {"sit0": "sit", "tunl0": "ipip", "ip6tnl0": "ip6tnl"}
LOST = -1  # Verdict.errno: no answer came

# What the kernel answers to a step whose link, address or route an earlier step of the same send failed to make.
_CONSEQUENCES = frozenset(
    {
        errno.ENODEV, errno.ENXIO, errno.EINVAL, errno.ESRCH, errno.ENOENT, errno.EADDRNOTAVAIL,
        errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENOTCONN,
    }
)  # fmt: skip


@dataclass(slots=True)
class _Fault:
    at: int
    errno: int
    extack: str
    lost: bool


class FakeKernel(ByHand):
    """See the module. Not thread-safe.

    Args:
        kinds: link kinds it can make; the others answer EOPNOTSUPP. Default: all that nsmgr knows.
        fallback_devices: new namespaces hold sit0, tunl0 and ip6tnl0, as with the tunnel drivers loaded.
        cpus: num_possible_cpus(), a veth's queues when nobody says how many.

    Attributes:
        steps_done: ordinal of the next step to be carried out, over all batches.
        before_step: called with each step before it is carried out; may change this kernel (a second writer) or raise
            (a kill): what was done before stays done.
        sources: ``pid:<n>`` or ``path:<p>`` → name of the namespace it means.
        stale: names under /run/netns that are no namespaces.
        lacks: kinds of things that it does not have, as ``qdisc.netem``.
        ignores: attributes of links that this kernel does not know: taken with success, never shown (rtnetlink is lenient).
    """

    def __init__(self, kinds: Collection[str] | None = None, *, fallback_devices: bool = False, cpus: int = 2) -> None:
        self.world = World(frozenset(kind_names() if kinds is None else kinds), cpus)
        self.counters = Counters()
        self.steps_done = 0
        self.before_step: Callable[[Step], None] = lambda step: None
        self.sources: dict[str, str] = {}
        self.stale: set[str] = set()
        self.ignores: set[str] = set()
        self.lacks: set[str] = set()
        self._fallback = fallback_devices
        self._aliases: dict[str, str] = {}
        self._faults: list[_Fault] = []
        self._make_netns(HOST)

    # ------------------------------------------------------------------------------------------------------- KernelPort

    def observe(self, wants: Mapping[str, Want], *, remember: bool = False) -> Observation:
        """Deep copies; a namespace that does not exist is missing from the result, a stale name is in ``stale``."""
        found = Observation()
        present: dict[str, Netns] = {}
        for name, want in wants.items():
            if want.source and want.source != HOST:
                if want.source not in self.sources:
                    continue
                self._aliases[name] = self.sources[want.source]
            actual = self.world.namespaces.get(self._aliases.get(name, name))
            if actual is not None:
                present[name] = actual
            elif name in self.stale:
                found.stale.add(name)
        read = {id(netns): name for name, netns in present.items()}
        for name, netns in present.items():
            want = wants[name]
            found.namespaces[name] = fake_view.show(netns, name, want, read)
            self.counters.reads += want.kinds.bit_count()
            for link in found.namespaces[name].links.values() if self.ignores else ():
                for unknown in self.ignores & link.attrs.keys():
                    del link.attrs[unknown]
        return found

    def probe(self, kinds: Iterable[str]) -> dict[str, str]:
        return {
            kind: "Operation not supported (Unknown device type)"
            for kind in kinds
            if kind in self.lacks or ("." not in kind and kind not in self.world.kinds and kind_class(kind).MAKER != "none")
        }

    def probe_sysctls(self, keys: Iterable[str]) -> dict[str, str]:
        """Every namespace has every key here."""
        return {}

    def transact(self, batch: Batch) -> list[Verdict]:
        """Every step in order, whatever became of those before it: that is what one sendmsg does.

        A refusal that only follows from an earlier one (``Step.needs``) is a skip with its blame, not news of its own.
        """
        failed: dict[int, int] = {}
        return [self._attempt(step, failed) for step in batch.steps]

    def list_netns(self) -> list[str]:
        return sorted([*(name for name in self.world.namespaces if name != HOST), *self.stale])

    def wait_gone(
        self, names: Sequence[str], cookies: Sequence[int], timeout: float, held: Callable[[list[str]], None] | None = None
    ) -> list[str]:
        """Namespaces die at once here."""
        return [name for name, cookie in zip(names, cookies, strict=True) if self._cookie(name) == cookie and cookie]

    def close(self) -> None:
        """Nothing is held open."""

    # ------------------------------------------------------------------------------------------------------------ faults

    def fail(self, at: int, errno: int, extack: str = "", *, lost: bool = False) -> None:
        """Refuse the step with the ordinal ``at`` (see ``steps_done``); ``lost``: do it and lose the answer instead."""
        self._faults.append(_Fault(at, errno, extack, lost))

    # ----------------------------------------------------------------------------------------------------------- inside

    def _attempt(self, step: Step, failed: dict[int, int]) -> Verdict:
        self.before_step(step)
        ordinal, self.steps_done = self.steps_done, self.steps_done + 1
        fault = next((fault for fault in self._faults if fault.at == ordinal), None)
        self.counters.writes += 1
        try:
            if fault is not None and not fault.lost:
                refuse(fault.errno, fault.extack)
            self.carry_out(self._understood(step))
        except Refused as refused:
            if refused.errno in gone(step):
                return Verdict(step.id)
            blame = next((failed[need] for need in step.needs if need in failed), None)
            if blame is not None and refused.errno in _CONSEQUENCES:
                failed[step.id] = blame
                return Verdict(step.id, skipped=True, blame=blame)
            failed[step.id] = step.id
            return Verdict(step.id, refused.errno, refused.extack)
        if fault is not None:
            failed[step.id] = step.id
        return Verdict(step.id, LOST if fault is not None else 0)

    def _understood(self, step: Step) -> Step:
        """The step without what this kernel does not know."""
        if not self.ignores & step.attrs.keys():
            return step
        return replace(step, attrs={name: value for name, value in step.attrs.items() if name not in self.ignores})

    def carry_out(self, step: Step) -> None:
        match step.verb:
            case Verb.NETNS_ADD:
                self._netns_add(step)
            case Verb.NETNS_DEL:
                self._netns_del(step.netns)
            case Verb.LINK_ADD | Verb.TUN_ADD:
                self._link_add(step)
            case (
                Verb.LINK_SET
                | Verb.LINK_DATA
                | Verb.LINK_PORT
                | Verb.LINK_GENL
                | Verb.LINK_MOVE
                | Verb.LINK_DEL
                | Verb.ALTNAME_ADD
                | Verb.ALTNAME_DEL
            ):
                self._link(step, self._device(step))
            case Verb.ADDR_ADD:
                fake_ip.add_address(self._device(step), step.obj, replacing=bool(step.args.get("replace")))
            case Verb.ADDR_DEL:
                fake_ip.del_address(self._device(step), step.obj)
            case Verb.ROUTE_ADD:
                fake_routes.add_route(
                    self.find_netns(step.netns), step.obj, step.args.get("indexes", {}), replacing=bool(step.args.get("replace"))
                )
            case Verb.ROUTE_DEL:
                fake_routes.del_route(self.find_netns(step.netns), step.obj, step.args.get("indexes", {}))
            case Verb.RULE_ADD:
                fake_routes.add_rule(self.find_netns(step.netns), step.obj)
            case Verb.RULE_DEL:
                fake_routes.del_rule(self.find_netns(step.netns), step.obj)
            case Verb.THING_ADD | Verb.THING_SET | Verb.THING_DEL:
                fake_things.carry_out(self.find_netns(step.netns), step)
            case Verb.SYSCTL:
                for device in fake_sysctl.write(self.find_netns(step.netns), step.name, str(step.args["value"])):
                    fake_links.switch_ipv6(device)

    def _device(self, step: Step) -> Device:
        return self.find_netns(step.netns).device(step.index)

    def _netns_add(self, step: Step) -> None:
        name = step.netns
        if name in self.world.namespaces or (name in self.stale and not step.args.get("repair")):
            refuse(errno.EEXIST)
        self.stale.discard(name)
        self._make_netns(name)

    def _make_netns(self, name: str) -> None:
        self.world.cookies += 1
        netns = self.world.namespaces[name] = Netns(name, self.world.cookies)
        netns.rules = fake_routes.kernel_rules()
        fake_birth.make_lo(self.world, netns)
        if self._fallback:
            for device, kind in FALLBACK_DEVICES.items():
                fake_birth.make_fallback(self.world, netns, device, kind)

    def _netns_del(self, name: str) -> None:
        if name in self.stale:
            self.stale.discard(name)
            return
        if name == HOST or name not in self.world.namespaces:
            refuse(errno.ENOENT)
        netns = self.world.namespaces.pop(name)
        fake_links.netns_gone(self.world, netns)

    def _link_add(self, step: Step) -> None:
        netns = self.find_netns(step.netns)
        if step.verb is Verb.TUN_ADD:
            fake_birth.add_tun(self.world, netns, step.name, step.kind, step.index, step.attrs)
            return
        target = self.find_netns(str(step.args["target"])) if "target" in step.args else netns
        peer = step.args.get("peer")
        if peer is not None and "netns" in peer:
            self.find_netns(str(peer["netns"]))
        rows = kind_class(step.kind).rows()
        late = {name: value for name, value in step.attrs.items() if name in rows and rows[name].late}
        now = {name: value for name, value in step.attrs.items() if name not in late}
        if any(name not in rows for name in step.attrs) or (late and target is not netns):
            refuse(errno.EINVAL, "cannot be encoded")  # late ones take a second message, which looks in the sender's namespace
        up_last = "addrgenmode" in late and now.get("state") == "up"  # the link-local address is made at UP
        if up_last:
            del now["state"]
        fake_birth.add(self.world, netns, target, step.name, step.kind, step.index, now, peer)
        if late:  # the second message of the step, by the name the first one made
            fake_links.change(netns.devices[step.name], late)
        if up_last:
            fake_links.set_state(netns.devices[step.name], up=True)

    def _link(self, step: Step, device: Device) -> None:
        match step.verb:
            case Verb.LINK_SET | Verb.LINK_DATA | Verb.LINK_GENL if self._misplaced(step):
                refuse(errno.EINVAL, "cannot be encoded")
            case Verb.LINK_SET:
                # As encode_set: UP goes in a message of its own after an address generation mode.
                up_last = "addrgenmode" in step.attrs and step.attrs.get("state") == "up"
                now = {name: value for name, value in step.attrs.items() if name != "state" or not up_last}
                fake_links.change(device, now, step.args.get("rename"))
                if up_last:
                    fake_links.set_state(device, up=True)
            case Verb.LINK_GENL:
                fake_kinds.change_options(device, step.attrs)
            case Verb.LINK_DATA:
                fake_links.change_data(device, step.kind, step.attrs)
            case Verb.LINK_PORT:
                fake_ports.change(device, step.kind, step.attrs)
            case Verb.LINK_MOVE:
                fake_links.move(
                    device,
                    self.find_netns(str(step.args["target"])),
                    rename=str(step.args.get("rename") or ""),
                    new_index=int(step.args.get("new_index") or 0),
                )
            case Verb.LINK_DEL:
                fake_links.delete(device)
            case _:
                fake_links.set_altnames(device, tuple(step.args["names"]), add=step.verb is Verb.ALTNAME_ADD)

    @staticmethod
    def _misplaced(step: Step) -> bool:
        """RTM_SETLINK ignores kind data, changelink and generic netlink take nothing else: each has its own verb."""
        rows = kind_class(step.kind).rows()
        own = {Verb.LINK_DATA: Where.DATA, Verb.LINK_GENL: Where.GENL}
        elsewhere = own.get(step.verb)
        return any(
            name not in rows or (rows[name].where if rows[name].where in own.values() else None) is not elsewhere
            for name in step.attrs
        )

    def find_netns(self, name: str) -> Netns:
        return self.world.netns(self._aliases.get(name, name))

    def _cookie(self, name: str) -> int:
        netns = self.world.namespaces.get(name)
        return netns.cookie if netns is not None else 0
