"""Configuration files as the verbs take them."""

from __future__ import annotations

import os

from nsmgr.cli import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from nsmgr.plan.state import DesiredState, Path
    from nsmgr.render.text import Locate


def load(files: Sequence[str], name: str) -> DesiredState:
    """Load, show the warnings, and make the file names absolute: `nsmgr list` reads them again from another directory.

    Messages name the files as they were given.
    """
    from nsmgr import config

    desired = config.load(files, name=name or None)
    output.warnings(desired)
    desired.files = tuple(map(os.path.abspath, desired.files))
    return desired


def locator(desired: DesiredState) -> Locate:
    """Where a path of the document stands in its file; the texts are parsed again when it is first asked."""

    def locate(path: Path) -> str:
        from nsmgr import config

        return config.locate(desired, path)

    return locate
