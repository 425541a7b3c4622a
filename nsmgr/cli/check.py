"""nsmgr check"""

from __future__ import annotations

from nsmgr.cli import output
from nsmgr.cli.configuration import load, locator
from nsmgr.cli.kernel import kernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nsmgr.cli.options import Files, Format, Name

DIFFERS = 3


def check(files: Files, name: Name = "", format: Format = "text") -> int:
    """Is the kernel in the described state? Exit status 3, with the differences, if not. Changes nothing."""
    from nsmgr import engine
    from nsmgr.store import Store

    desired = load(files, name)
    with kernel() as linux:
        drift = engine.check(desired, linux, Store())
    locate = locator(desired)
    if format == "json":
        from nsmgr.render.jsondoc import dumps, plan_document

        output.result(dumps(plan_document(drift, locate)))
    elif drift:
        from nsmgr.render.text import plan_text

        output.result(plan_text(drift, color=output.color(), locate=locate if output.settings.verbose else None))
    else:
        output.news(f"In sync: {desired.name} is in the described state.")
    return DIFFERS if drift else 0
