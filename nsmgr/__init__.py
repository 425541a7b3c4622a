"""nsmgr: declarative configuration of Linux network namespaces.

``load``, ``plan``, ``apply``, ``observe`` and ``destroy`` are :mod:`nsmgr.api`'s; imported at first use, because a program
that only wants the version or an exception should not pay for pydantic.
"""

from __future__ import annotations

from nsmgr import plan as _package
from nsmgr.errors import NsmgrError

# The package nsmgr.plan and the function nsmgr.plan share a name. Importing the package first binds the attribute once
# and for all; the function then takes its place, and ``from nsmgr.plan.x import y`` goes through sys.modules as ever.
del _package

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from nsmgr.api import Deployment, Planned
    from nsmgr.engine import ApplyResult, DestroyResult
    from nsmgr.plan.state import NetnsState, ObservedState


def _api() -> Any:
    from nsmgr import api

    return api


def load(paths: Any, *, name: str | None = None, state_dir: Any = "") -> Deployment:
    """Read configuration files (a path or several, merged in order); see :func:`nsmgr.api.load`."""
    deployment: Deployment = _api().load(paths, name=name, state_dir=state_dir)
    return deployment


def loads(text: str, *, state_dir: Any = "") -> Deployment:
    """As :func:`load`, from YAML text."""
    deployment: Deployment = _api().loads(text, state_dir=state_dir)
    return deployment


def plan(deployment: Any) -> Planned:
    """What applying a deployment (or a file) would do; see :func:`nsmgr.api.plan`."""
    planned: Planned = _api().plan(deployment)
    return planned


def apply(deployment: Any) -> ApplyResult:
    """Make a deployment (or a file) so; see :func:`nsmgr.engine.apply`."""
    result: ApplyResult = _api().apply(deployment)
    return result


def observe(deployment: Any) -> ObservedState:
    """What is there of a deployment (or a file) now."""
    observed: ObservedState = _api().observe(deployment)
    return observed


def observe_netns(names: Any) -> dict[str, NetnsState]:
    """Observed state of namespaces by name."""
    states: dict[str, NetnsState] = _api().observe_netns(names)
    return states


def destroy(deployment: Any, *, timeout: float = 30.0) -> DestroyResult:
    """Remove everything a deployment made; returns when it is really gone."""
    result: DestroyResult = _api().destroy(deployment, timeout=timeout)
    return result


__all__ = ["NsmgrError", "__version__", "apply", "destroy", "load", "loads", "observe", "observe_netns", "plan"]
