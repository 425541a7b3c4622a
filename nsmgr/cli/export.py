"""nsmgr export"""

from __future__ import annotations

from nsmgr.cli.show import DeploymentName, Namespaces, observe, print_yaml


def export(namespaces: Namespaces = [], name: DeploymentName = "exported") -> int:  # noqa: B006 - typer copies it
    """Observed state as a configuration: valid input that plans to nothing here (`show --format yaml`)."""
    print_yaml(observe(namespaces), name)
    return 0
