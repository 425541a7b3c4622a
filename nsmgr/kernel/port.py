"""The one door to Linux. ``apply``, ``watch`` and ``lab`` know only this Protocol; LinuxKernel and FakeKernel implement it."""

from __future__ import annotations

from nsmgr.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Protocol

    from nsmgr.plan.plan import Batch, Verdict
    from nsmgr.plan.state import NetnsState, Thing
else:
    Protocol = object

# Beside ROUTES the kernel's own (RTPROT_KERNEL), several for every address and of no use to most plans: KERNEL_ROUTES those of
# connected networks, which can stand in a declared route's way; LOCAL_ROUTES those it keeps in table local.
LINKS, ADDRESSES, ROUTES, RULES, LOCAL_ROUTES, KERNEL_ROUTES = 1, 2, 4, 8, 16, 32
EVERYTHING = LINKS | ADDRESSES | ROUTES | RULES | LOCAL_ROUTES | KERNEL_ROUTES


class Want(Record):
    """What to read in one namespace; ``kinds`` 0 = nothing but its identity, a kernel may read more than is asked.

    attrs: which link attributes are wanted, references always being so; None = all.
    ports: with the options of ports among them, which are many and cost time.
    things: types of things (:mod:`nsmgr.model.thing`). declared: those of types with COMPARES, as they are described.

    ``source``: "" = by name under /run/netns, "host", "pid:<n>", "path:<p>".
    """

    kinds: int = EVERYTHING
    sysctls: Sequence[str] = ()
    source: str = ""
    peers: Sequence[str] = ()  # namespaces whose nsid is needed to resolve references (netns names)
    attrs: frozenset[str] | None = None
    ports: bool = False
    things: frozenset[str] = frozenset()
    declared: Sequence[Thing] = ()


class Impression(Record):
    """What one namespace looked like at one moment; see :mod:`nsmgr.kernel.glance`.

    source: as in :class:`Want`. cookie: its identity. kinds: which dumps were taken.
    mask: over the bytes of the link dump, what of them is read. digest: of the dumps. sysctls: the values asked for.
    things: types that were read as well; part of the digest.
    """

    name: str
    source: str
    cookie: int
    kinds: int
    mask: bytes
    digest: bytes
    sysctls: dict[str, str | None] = field(default_factory=dict)
    things: tuple[str, ...] = ()


class Observation(Record):
    """namespaces: those that exist and could be read; absent names are simply missing; stale: file there, no namespace.

    impressions: what each of ``namespaces`` looked like, by which a later process can tell that nothing has changed; None =
    not asked for, or this kernel object cannot say.
    """

    namespaces: dict[str, NetnsState] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)
    impressions: list[Impression] | None = None


class Counters(Record):
    """What went over the wire since construction. A no-op apply has writes == 0 (asserted by tests)."""

    writes: int = 0  # netlink requests that change something, plus sysctl writes and ioctls
    reads: int = 0  # dumps and gets
    bytes_out: int = 0
    bytes_in: int = 0
    retries: int = 0  # dumps repeated after NLM_F_DUMP_INTR


class KernelPort(Protocol):
    """All methods may raise KernelError / PrivilegeError for trouble that concerns the whole call, never per step."""

    counters: Counters

    def observe(self, wants: Mapping[str, Want], *, remember: bool = False) -> Observation:
        """One dump per family and namespace; references resolved across all the namespaces read in this call.

        With ``remember`` the result may have ``impressions``.
        """

    def probe(self, kinds: Iterable[str]) -> dict[str, str]:
        """kind → the kernel's words, for those kinds that this kernel cannot make. Creates nothing.

        Kinds of links, and as ``qdisc.netem`` those of types of things that can be asked about (ThingType.PROBED).
        """

    def probe_sysctls(self, keys: Iterable[str]) -> dict[str, str]:
        """key → why it cannot be written in a namespace that is new, for those that cannot. Changes nothing."""

    def transact(self, batch: Batch) -> list[Verdict]:
        """Send the batch's steps in order (one send where it is all netlink), one verdict per step, in order."""

    def list_netns(self) -> list[str]:
        """Names under /run/netns."""

    def wait_gone(
        self, names: Sequence[str], cookies: Sequence[int], timeout: float, held: Callable[[list[str]], None] | None = None
    ) -> list[str]:
        """Wait until the namespaces that NETNS_DEL unnamed are really destroyed; returns those not known to be so at the end.

        held: told, before waiting for others, which of them others hold: processes, sockets, mounts elsewhere.
        """

    def close(self) -> None: ...
