"""Configuration files as the verbs take them."""

from __future__ import annotations

import os

from nsmgr.cli import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from nsmgr.plan.state import DesiredState


def load(files: Sequence[str], name: str) -> DesiredState:
    """Load, show the warnings, and make the file names absolute: `nsmgr list` reads them again from another directory.

    Messages name the files as they were given.
    """
    from nsmgr import config

    desired = config.load(files, name=name or None)
    output.warnings(desired)
    desired.files = tuple(map(os.path.abspath, desired.files))
    return desired
