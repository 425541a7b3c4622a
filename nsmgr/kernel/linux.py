"""LinuxKernel: the KernelPort that talks to Linux. Puts the parts together; each part knows one mechanism."""

from __future__ import annotations

import errno
import gc
import os
from itertools import groupby

from nsmgr.context import suppress
from nsmgr.errors import NsmgrError, PrivilegeError, UnsupportedByKernel
from nsmgr.kernel import libc, netns
from nsmgr.kernel.netns import Netns
from nsmgr.kernel.port import Counters, Impression, Observation, Want
from nsmgr.kernel.rtnl import OK, Answer, RtnlSocket
from nsmgr.kernel.unnaming import Unnaming
from nsmgr.kernel.verdicts import verdict
from nsmgr.kernel.wire import get_link
from nsmgr.model.kind import kind as kind_class
from nsmgr.model.port import port
from nsmgr.plan.plan import Batch, Step, Verb, Verdict
from nsmgr.plan.state import HOST, NetnsState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, TypeAlias

    from nsmgr.kernel.genl import GenlSocket
    from nsmgr.kernel.reading import Reading
    from nsmgr.model.attr import Value

_THINGS = (Verb.THING_ADD, Verb.THING_SET, Verb.THING_DEL)
_MANY = 100  # namespaces worth a look at the memory that is left over from before


class LinuxKernel:
    """The real thing. Not thread-safe; several of them in different threads are fine.

    Namespaces that were read or made stay open (one descriptor each, which pins them) until :meth:`close` or NETNS_DEL.
    "host" is the namespace of the thread that constructs it. Nothing is opened before the first call, and no mechanism
    imported before it is used: removing namespaces needs no codec.
    """

    def __init__(self) -> None:
        self.counters = Counters()
        self._host_fd = os.open(netns.OWN, os.O_RDONLY | os.O_CLOEXEC)
        self._open: dict[str, Netns] = {}
        self._sources: dict[str, str] = {HOST: HOST}
        self._stamp: tuple[int, dict[str, int]] = (-1, {})
        self._unnaming = Unnaming()

    def close(self) -> None:
        for handle in self._open.values():
            handle.close()
        self._open.clear()
        self._unnaming.close()
        if self._host_fd >= 0:
            os.close(self._host_fd)
            self._host_fd = -1

    def __enter__(self) -> LinuxKernel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------------------------------------------- KernelPort

    def observe(self, wants: Mapping[str, Want], *, remember: bool = False) -> Observation:
        """See the port. Raises KernelError, DumpInterrupted, Overrun, PrivilegeError."""
        collecting = gc.isenabled()
        gc.disable()  # decoding makes only objects that stay: collections in between cost as much as the decoding
        if len(wants) >= _MANY:
            libc.give_back()
        try:
            return self._observe(wants, remember)
        finally:
            if collecting:
                gc.enable()

    def _observe(self, wants: Mapping[str, Want], remember: bool) -> Observation:
        observation = Observation()
        known, wants = self._identify(wants)
        for name, want in wants.items():
            source = HOST if name == HOST else want.source
            if self._sources.get(name, source) != source:
                self._forget(name)
            self._sources[name] = source
        observation.stale |= self._open_missing(wants, repeatable=remember)
        opened = {name: self._open[name] for name in wants if name in self._open}
        if opened:
            self._read(opened, wants, observation, remember)
        observation.namespaces |= known
        return observation

    def _read(self, opened: Mapping[str, Netns], wants: Mapping[str, Want], observation: Observation, remember: bool) -> None:
        from nsmgr.kernel import reading
        from nsmgr.kernel.resolve import resolve, whom_to_ask

        asks = whom_to_ask({name: wants[name].peers for name in opened})

        def look(name: str) -> Reading:
            others = {other: opened[other].fd() for other in asks.get(name, ())}
            want = wants[name]
            found = reading.read(
                opened[name],
                want.kinds,
                others,
                wanted=want.attrs,
                ports=want.ports,
                things=want.things,
                declared=want.declared,
                inside=self._inside,
                remember=remember,
            )
            if any(kind_class(kind).GENL for kind in {link.kind for link in found.state.links.values()}):
                self._ask_families(opened[name], found, want)
            return found

        readings: dict[str, Reading] = {name: look(name) for name in opened}
        sysctls = {name: want.sysctls for name, want in wants.items() if want.sysctls and name in opened}
        if sysctls:
            values = netns.in_thread(lambda: {name: self._read_sysctls(readings[name], keys) for name, keys in sysctls.items()})
            for name, (found, went) in values.items():
                if went:
                    readings[name] = look(name)
                readings[name].state.sysctls = found
        resolve(readings, lambda asker, names: reading.ask(asker, {name: opened[name].fd() for name in names}))
        for name, read in readings.items():
            observation.namespaces[name] = read.state
        observation.impressions = _impressions(readings, wants)

    def _ask_families(self, handle: Netns, read: Reading, want: Want) -> None:
        """What generic netlink knows of links; nothing for who may not enter the namespace. No dump has it: no impression."""
        from nsmgr.kernel import genl_links

        read.impression = None
        with suppress(PermissionError, PrivilegeError), self._generic(handle) as genl:
            genl_links.complete(genl, read.by_index, want.attrs, with_ports=want.ports)

    def _generic(self, handle: Netns) -> GenlSocket:
        """A generic netlink socket in the namespace; the caller closes it. Raises PermissionError, PrivilegeError."""
        from nsmgr.kernel.genl import GenlSocket

        def work() -> GenlSocket:
            self._enter(handle)
            return GenlSocket(handle.name, self.counters)

        return netns.in_thread(work)

    def _identify(self, wants: Mapping[str, Want]) -> tuple[dict[str, NetnsState], Mapping[str, Want]]:
        """Answer those of whom only the identity is asked without opening a socket; what that cannot answer is left."""
        asked = [name for name, want in wants.items() if not want.kinds and not want.source]
        known = {name: NetnsState(name, cookie) for name, cookie in netns.identify(asked).items()} if asked else {}
        return known, {name: want for name, want in wants.items() if name not in known} if known else wants

    def probe(self, kinds: Iterable[str]) -> dict[str, str]:
        from nsmgr.kernel import probe

        wanted = list(kinds)
        missing = probe.missing_kinds(self._handle(HOST).socket, [kind for kind in wanted if "." not in kind])
        for name in dict.fromkeys(kind.partition(".")[0] for kind in wanted if "." in kind):
            from nsmgr.kernel import things

            asked = [kind.partition(".")[2] for kind in wanted if kind.startswith(f"{name}.")]
            found = things.codec(name).missing(self._handle(HOST), asked)
            missing |= {f"{name}.{kind}": words for kind, words in found.items()}
        return missing

    def probe_sysctls(self, keys: Iterable[str]) -> dict[str, str]:
        """See the port. Asks in a namespace that is made for it and gone at once."""
        from nsmgr.kernel import procfs

        wanted = list(keys)
        own = netns.in_thread(lambda: set(filter(procfs.exists, wanted)))
        try:
            return netns.in_thread(lambda: procfs.unwritable_when_new(wanted, own))
        except PermissionError:
            return {}  # what is wanted fails for that, and says so

    def transact(self, batch: Batch) -> list[Verdict]:
        """See the port. Steps whose needs failed in an earlier part of the batch are skipped."""
        failed: dict[int, int] = {}
        verdicts: list[Verdict] = []
        for carrier, group in groupby(batch.steps, key=_carrier):
            run: list[Step] = []
            position = len(verdicts)
            skipped: dict[int, Verdict] = {}
            order = list(group)
            for step in order:
                blame = next((failed[need] for need in step.needs if need in failed), None)
                if blame is None:
                    run.append(step)
                else:
                    failed[step.id] = blame
                    skipped[step.id] = Verdict(step.id, skipped=True, blame=blame)
            done = {v.step: v for v in carrier(self, batch.netns, run, failed)} if run else {}
            verdicts[position:] = [skipped.get(step.id) or done[step.id] for step in order]
        return verdicts

    def list_netns(self) -> list[str]:
        """Every file name under /run/netns, sorted; ``observe`` says which are stale."""
        return sorted(netns.entries())

    def wait_gone(
        self, names: Sequence[str], cookies: Sequence[int], timeout: float, held: Callable[[list[str]], None] | None = None
    ) -> list[str]:
        """See the port. Knows of the namespaces that this object's NETNS_DEL unnamed; others count as gone."""
        return self._unnaming.wait(names, timeout, held)

    # --------------------------------------------------------------------------------------------------------- handles

    def _socket(self, name: str) -> RtnlSocket:
        return RtnlSocket(name, self.counters)

    def _repeatable_socket(self, name: str) -> RtnlSocket:
        opened = self._socket(name)
        opened.take_known_port()
        return opened

    def _forget(self, name: str) -> None:
        handle = self._open.pop(name, None)
        if handle is not None:
            handle.close()

    def _open_missing(self, names: Iterable[str], *, repeatable: bool = False) -> set[str]:
        """Open those namespaces that exist and are not open; returns the names whose file is no namespace."""
        listed = self._check_names()
        missing = []
        for name in names:
            source = self._sources.setdefault(name, "")
            if name not in self._open and (source or name in listed):
                missing.append((name, source))
        stale = set()
        if missing:
            for name, found in netns.open_many(
                missing, self._host_fd, self._repeatable_socket if repeatable else self._socket
            ).items():
                if isinstance(found, Netns):
                    self._open[name] = found
                elif found is not None:
                    stale.add(name)
        return stale

    def _check_names(self) -> set[str]:
        """The names under /run/netns. When any of them changed since last time, drop handles that no name leads to any more.

        The directory tells; asking every name each time would be a system call per namespace.
        """
        stamp = netns.stamp()
        if stamp != self._stamp:
            for name, handle in list(self._open.items()):
                if not self._sources.get(name) and netns.inode(netns.path_of(name)) != os.fstat(handle.fd()).st_ino:
                    self._forget(name)
            self._stamp = stamp
        return set(stamp[1])

    def _handle(self, name: str) -> Netns:
        """The open namespace of that name. Raises OSError ENOENT when there is none."""
        handle = self._open.get(name)
        if handle is None:
            self._open_missing((name,))
            handle = self._open.get(name)
            if handle is None:
                raise FileNotFoundError(errno.ENOENT, f"no namespace {name}")
        return handle

    def _fd_of(self, name: str) -> int:
        return self._handle(name).fd()

    def _enter(self, handle: Netns) -> None:
        """Put the calling (worker) thread into a namespace; the host's needs no privilege for a thread that is there."""
        if self._sources.get(handle.name) == HOST:
            netns.enter_host(self._host_fd)
        else:
            libc.setns(handle.fd())

    def _inside(self, handle: Netns, work: Callable[[Netns], Any]) -> Any:
        """Call it in a thread that is in the namespace."""

        def inside() -> Any:
            self._enter(handle)
            return work(handle)

        return netns.in_thread(inside)

    def _read_sysctls(self, read: Reading, keys: Iterable[str]) -> tuple[dict[str, str | None], bool]:
        """The values, and whether a link that was there a moment ago has gone meanwhile, and its keys with it.

        cleanup_net takes the far ends of a dying namespace's links away whenever it comes to that.
        """
        self._enter(read.handle)
        from nsmgr.kernel import procfs

        values = procfs.read(keys)
        gone = {link for key, value in values.items() if value is None and (link := procfs.link_of(key)) in read.state.links}
        return values, any(not procfs.has_link(link) for link in gone)

    # -------------------------------------------------------------------------------------------------------- carriers

    def _add_namespaces(self, _: str, steps: Sequence[Step], failed: dict[int, int]) -> list[Verdict]:
        unchanged = not self._open or netns.stamp() == self._stamp
        wanted = []
        for step in steps:
            self._forget(step.netns)
            self._sources[step.netns] = ""
            wanted.append((step.netns, bool(step.args.get("repair"))))
        verdicts = []
        for step, made in zip(steps, netns.create(wanted, self._socket), strict=True):
            self.counters.writes += 1
            if isinstance(made, Netns):
                self._open[step.netns] = made
            verdicts.append(verdict(step, failed, _answer(made if isinstance(made, OSError) else None)))
        if unchanged:
            self._stamp = netns.stamp()
        return verdicts

    def _delete_namespaces(self, _: str, steps: Sequence[Step], failed: dict[int, int]) -> list[Verdict]:
        unchanged = not self._open or netns.stamp() == self._stamp
        names = [step.netns for step in steps]
        opened = [name for name in names if name in self._open]

        def close_sockets() -> None:
            for name in opened:
                self._forget(name)

        errors = self._unnaming.unname(names, close_sockets if opened else None)
        self.counters.writes += len(steps)
        if unchanged:
            self._stamp = netns.stamp()
        return [verdict(step, failed, _answer(error)) for step, error in zip(steps, errors, strict=True)]

    def _send(self, name: str, steps: Sequence[Step], failed: dict[int, int]) -> list[Verdict]:
        try:
            socket = self._handle(name).socket
        except OSError as error:
            return [verdict(step, failed, _answer(error)) for step in steps]
        from nsmgr.kernel import writing

        return writing.send(socket, steps, self._fd_of, failed)

    def _tell_families(self, name: str, steps: Sequence[Step], failed: dict[int, int]) -> list[Verdict]:
        """What generic netlink sets of links."""
        from nsmgr.kernel import genl_links

        try:
            handle = self._handle(name)
            opened = self._generic(handle)
        except OSError as error:
            return [verdict(step, failed, _answer(error)) for step in steps]
        with opened as genl:
            verdicts: list[Verdict] = []
            for step in steps:
                blame = next((failed[need] for need in step.needs if need in failed), None)
                if blame is not None:
                    failed[step.id] = blame
                    verdicts.append(Verdict(step.id, skipped=True, blame=blame))
                    continue
                try:
                    controller = self._present(handle, step.index).get("controller") if step.verb is Verb.LINK_PORT else None
                    answer = genl_links.write(genl, step, controller if isinstance(controller, int) else 0)
                except OSError as error:
                    answer = _answer(error)
                except UnsupportedByKernel as error:
                    answer = Answer(errno.EOPNOTSUPP, str(error))
                verdicts.append(verdict(step, failed, answer))
        return verdicts

    def _enter_and_do(self, name: str, steps: Sequence[Step], failed: dict[int, int]) -> list[Verdict]:
        """Sysctls, tun/tap devices, things with a carrier of their own: from a thread inside the namespace."""
        try:
            handle = self._handle(name)
        except OSError as error:
            return [verdict(step, failed, _answer(error)) for step in steps]

        def work() -> list[Verdict]:
            self._enter(handle)
            verdicts: list[Verdict] = []
            transactions: dict[str, Answer] = {}
            for step in steps:
                blame = next((failed[need] for need in step.needs if need in failed), None)
                if blame is not None:
                    failed[step.id] = blame
                    verdicts.append(Verdict(step.id, skipped=True, blame=blame))
                else:
                    verdicts.append(verdict(step, failed, self._do(handle, step, steps, transactions), step.name))
            return verdicts

        return netns.in_thread(work)

    def _do(self, handle: Netns, step: Step, steps: Sequence[Step], transactions: dict[str, Answer]) -> Answer:
        """``transactions``: answers to types of things whose ``steps`` are carried out together, with the first of them."""
        from nsmgr.kernel import procfs, tun

        try:
            if step.verb is Verb.SYSCTL:
                self.counters.writes += 1
                procfs.write(step.name, str(step.args["value"]))
            elif step.verb in _THINGS:
                from nsmgr.kernel import things

                self.counters.writes += 1
                codec = things.codec(step.obj.type)
                if not hasattr(codec, "perform_all"):
                    return codec.perform(handle, step)
                if step.obj.type not in transactions:
                    alike = [other for other in steps if other.verb in _THINGS and other.obj.type == step.obj.type]
                    transactions[step.obj.type] = codec.perform_all(handle, alike)
                return transactions[step.obj.type]
            elif step.verb is Verb.TUN_ADD:
                self.counters.writes += tun.create(step.name, step.kind, step.index, step.attrs)
            else:
                self.counters.writes += tun.change(step.name, step.kind, {**self._present(handle, step.index), **step.attrs})
        except OSError as error:
            return _answer(error)
        except (NsmgrError, ValueError) as error:
            return Answer(errno.EINVAL if isinstance(error, ValueError) else errno.ENODEV, str(error))
        return OK

    def _present(self, handle: Netns, index: int) -> dict[str, Value]:
        """The attributes of one link as they are now."""
        from nsmgr.kernel.messages import decode_link

        payload = handle.socket.request(get_link(index))
        if isinstance(payload, Answer):
            raise OSError(payload.errno, os.strerror(payload.errno))
        return decode_link(payload, 0, len(payload)).attrs


def _impressions(readings: Mapping[str, Reading], wants: Mapping[str, Want]) -> list[Impression] | None:
    """One of each namespace, or None: some without others are of no use."""
    found: list[Impression] = []
    for name, read in readings.items():
        if read.impression is None:
            return None
        read.impression.source, read.impression.sysctls = HOST if name == HOST else wants[name].source, read.state.sysctls
        found.append(read.impression)
    return found


def _answer(error: OSError | None) -> Answer:
    return OK if error is None else Answer(error.errno or errno.EIO, "" if error.filename is None else str(error.filename))


Carrier: TypeAlias = "Callable[[LinuxKernel, str, Sequence[Step], dict[int, int]], list[Verdict]]"


def _carried_apart(name: str) -> bool:
    from nsmgr.model.thing import thing_type

    return thing_type(name).CARRIER == "own"


def _carrier(step: Step) -> Carrier:
    """What carries a step; neighbours with the same carrier go together."""
    match step.verb:
        case Verb.NETNS_ADD:
            return LinuxKernel._add_namespaces
        case Verb.NETNS_DEL:
            return LinuxKernel._delete_namespaces
        case Verb.SYSCTL | Verb.TUN_ADD:
            return LinuxKernel._enter_and_do
        case Verb.LINK_DATA if kind_class(step.kind).MAKER == "ioctl":
            return LinuxKernel._enter_and_do
        case Verb.THING_ADD | Verb.THING_SET | Verb.THING_DEL if _carried_apart(step.obj.type):
            return LinuxKernel._enter_and_do
        case Verb.LINK_PORT if port(step.kind).GENL:
            return LinuxKernel._tell_families
        case Verb.LINK_GENL:
            return LinuxKernel._tell_families
        case _:
            return LinuxKernel._send
