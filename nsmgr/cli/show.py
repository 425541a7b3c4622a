"""nsmgr show"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from nsmgr.cli import output
from nsmgr.cli.options import namespaces_here

if TYPE_CHECKING:
    from nsmgr.plan.state import NetnsState

Namespaces = Annotated[
    list[str],
    typer.Argument(
        metavar="NETNS",
        help="Namespaces by name, `host` for this one; none = all under /run/netns.",
        show_default=False,
        autocompletion=namespaces_here,
    ),
]
DeploymentName = Annotated[str, typer.Option("--name", metavar="NAME", help="Deployment name in the YAML.")]


class ShowFormat(StrEnum):
    text = "text"
    json = "json"
    yaml = "yaml"


def show(
    namespaces: Namespaces = [],  # noqa: B006 - typer copies it
    format: Annotated[ShowFormat, typer.Option("--format", "-f", help="yaml is valid input again.")] = ShowFormat.text,
    name: DeploymentName = "exported",
) -> int:
    """Observed state of namespaces: links, addresses, routes, rules."""
    states = observe(namespaces)
    if format is ShowFormat.json:
        from nsmgr.render.jsondoc import dumps, states_document

        output.result(dumps(states_document(states)))
    elif format is ShowFormat.yaml:
        print_yaml(states, name)
    else:
        from nsmgr.render.table import state_tables

        output.tables(state_tables(states))
    return 0


def print_yaml(states: dict[str, NetnsState], name: str) -> None:
    from nsmgr.render.export import export_yaml

    output.result(export_yaml(states, name).rstrip("\n"))


def observe(names: list[str]) -> dict[str, NetnsState]:
    """Observed state by name, in the order asked for. Raises NsmgrError for one that does not exist."""
    from nsmgr.errors import NsmgrError
    from nsmgr.kernel.linux import LinuxKernel
    from nsmgr.kernel.port import Want
    from nsmgr.model.things import thing_types
    from nsmgr.plan.state import HOST
    from nsmgr.render.export import SYSCTL_DEFAULTS

    with LinuxKernel() as kernel:
        wanted = [*dict.fromkeys(names)] or sorted(kernel.list_netns())
        wants = {
            netns: Want(
                sysctls=[*SYSCTL_DEFAULTS],
                source=HOST if netns == HOST else "",
                peers=[other for other in wanted if other != netns],
                ports=True,
                things=frozenset(thing_types()),
            )
            for netns in wanted
        }
        observation = kernel.observe(wants)
        there = kernel.list_netns()
    for netns in wanted if names else ():
        if netns in observation.stale:
            raise NsmgrError(f"/run/netns/{netns} is no namespace: a stale file", hint=f"ip netns del {netns}")
        if netns not in observation.namespaces:
            raise NsmgrError(f"there is no namespace {netns}", hint=_known(there))
    return {netns: observation.namespaces[netns] for netns in wanted if netns in observation.namespaces}


def _known(there: list[str]) -> str:
    from nsmgr.render.values import join_names

    return f"there are: {join_names(sorted(there))}" if there else "there are none under /run/netns"
