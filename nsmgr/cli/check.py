"""nsmgr check"""

from __future__ import annotations

from nsmgr.cli import output
from nsmgr.cli.configuration import load, locator
from nsmgr.cli.kernel import kernel
from nsmgr.render.unchanged import in_sync

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nsmgr.cli.options import Files, Format, Name

DIFFERS = 3


def check(files: Files, name: Name = "", format: Format = "text") -> int:
    """Is the kernel in the described state? Exit status 3, with the differences, if not. Changes nothing."""
    from nsmgr.memo import Memo
    from nsmgr.store import Store

    memo = Memo(Store(), files, name)
    if format == "text" and (remembered := memo.recall()):
        output.news(in_sync(remembered))
        return 0
    from nsmgr import engine

    desired = load(files, name)
    with kernel() as linux:
        drift = engine.check(desired, linux, Store(), memo=memo if format == "text" else None)
    if Store().pending(desired.name):
        from nsmgr.cli.confirm import remark

        remark(desired.name, Store())
    locate = locator(desired)
    if format == "json":
        from nsmgr.render.jsondoc import dumps, plan_document

        output.result(dumps(plan_document(drift, locate)))
    elif drift:
        from nsmgr.render.text import plan_text

        output.result(plan_text(drift, color=output.color(), locate=locate if output.settings.verbose else None))
    else:
        output.news(in_sync(desired.name))
    return DIFFERS if drift else 0
