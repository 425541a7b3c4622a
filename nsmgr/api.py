"""The library: the same objects the command line uses.

>>> import nsmgr
>>> lab = nsmgr.load("lab.yaml")          # Deployment
>>> planned = lab.plan()                  # Planned: bool(planned) is False when there is nothing to do
>>> result = planned.apply()              # ApplyResult; result.ok
>>> lab.check()                           # Plan of the differences; empty = in sync
>>> lab.destroy()
"""

from __future__ import annotations

import os

from nsmgr import engine
from nsmgr.engine import ApplyResult, DestroyResult, Progress
from nsmgr.plan.plan import Operation, Plan
from nsmgr.plan.state import DesiredState, NetnsState, ObservedState
from nsmgr.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from nsmgr.kernel.port import KernelPort

StrPath = str | os.PathLike[str]


def load(paths: StrPath | Sequence[StrPath], *, name: str | None = None, state_dir: StrPath = "") -> Deployment:
    """Read configuration files (merged in order). Raises ConfigError with every problem found."""
    from nsmgr.config import load as load_config

    files = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    return Deployment(load_config(files, name=name), state_dir=state_dir)


def loads(text: str, *, state_dir: StrPath = "") -> Deployment:
    """As :func:`load`, from YAML text."""
    from nsmgr.config import loads as loads_config

    return Deployment(loads_config(text), state_dir=state_dir)


def plan(deployment: Deployment | StrPath) -> Planned:
    """What applying would do. Writes nothing."""
    return _deployment(deployment).plan()


def apply(deployment: Deployment | StrPath) -> ApplyResult:
    """Make it so; see :func:`nsmgr.engine.apply`."""
    return _deployment(deployment).apply()


def observe(deployment: Deployment | StrPath) -> ObservedState:
    """What is there now, of all that the deployment describes or owns."""
    return _deployment(deployment).observe()


def observe_netns(names: Sequence[str]) -> dict[str, NetnsState]:
    """Observed state of namespaces by name (``host`` = the caller's own); names that do not exist are left out."""
    from nsmgr.kernel.linux import LinuxKernel
    from nsmgr.kernel.port import Want

    kernel = LinuxKernel()
    try:
        wants = {
            name: Want(source="host" if name == "host" else "", peers=[other for other in names if other != name], ports=True)
            for name in names
        }
        return kernel.observe(wants).namespaces
    finally:
        kernel.close()


def destroy(deployment: Deployment | StrPath, *, timeout: float = 30.0) -> DestroyResult:
    """Remove all that the deployment made; returns when its namespaces are really gone."""
    return _deployment(deployment).destroy(timeout=timeout)


def _deployment(what: Deployment | StrPath) -> Deployment:
    return what if isinstance(what, Deployment) else load(what)


class Deployment:
    """A loaded configuration, bound to this machine's kernel and state directory.

    A context manager; leaving it closes the sockets and namespace descriptors, and destroys nothing.
    """

    def __init__(self, desired: DesiredState, *, kernel: KernelPort | None = None, state_dir: StrPath = "") -> None:
        self.desired = desired
        self.store = Store(state_dir)
        self._kernel = kernel

    @property
    def name(self) -> str:
        return self.desired.name

    @property
    def kernel(self) -> KernelPort:
        """The kernel, opened at first use."""
        if self._kernel is None:
            from nsmgr.kernel.linux import LinuxKernel

            self._kernel = LinuxKernel()
        return self._kernel

    def observe(self) -> ObservedState:
        return engine.observe(self.desired, self.kernel, self.store)

    def plan(self) -> Planned:
        observed = self.observe()
        return Planned(self, engine.plan(self.desired, observed), observed)

    def check(self) -> Plan:
        """The differences; empty = in sync."""
        return engine.check(self.desired, self.kernel, self.store)

    def apply(
        self,
        *,
        progress: Callable[[Progress], None] | None = None,
        planned: Callable[[Plan], None] | None = None,
        lock_timeout: float = 10.0,
    ) -> ApplyResult:
        return engine.apply(self.desired, self.kernel, self.store, progress=progress, planned=planned, lock_timeout=lock_timeout)

    def destroy(self, *, timeout: float = 30.0) -> DestroyResult:
        return engine.destroy(self.desired, self.kernel, self.store, timeout=timeout)

    def close(self) -> None:
        if self._kernel is not None:
            self._kernel.close()
            self._kernel = None

    def __enter__(self) -> Deployment:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class Planned:
    """A plan together with the state it was computed from. ``bool(planned)``: whether there is anything to do."""

    def __init__(self, deployment: Deployment, plan: Plan, observed: ObservedState) -> None:
        self.deployment, self.plan, self.observed = deployment, plan, observed

    def __bool__(self) -> bool:
        return bool(self.plan)

    @property
    def operations(self) -> tuple[Operation, ...]:
        return self.plan.operations

    def __str__(self) -> str:
        from nsmgr.render.text import plan_text

        return plan_text(self.plan)

    def apply(self, *, progress: Callable[[Progress], None] | None = None, lock_timeout: float = 10.0) -> ApplyResult:
        """Carry out exactly this plan. Raises StalePlan when the kernel's state has moved since."""
        from nsmgr.errors import StalePlan
        from nsmgr.render.plan_json import fingerprint

        then = fingerprint(self.observed)

        def guard(now: ObservedState) -> None:
            if fingerprint(now) != then:
                raise StalePlan("the state has moved since this plan was made", hint="plan again")

        return engine.apply(
            self.deployment.desired,
            self.deployment.kernel,
            self.deployment.store,
            saved=self.plan,
            guard=guard,
            progress=progress,
            lock_timeout=lock_timeout,
        )
