"""nsmgr explain"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nsmgr.cli import output
from nsmgr.cli.options import Format

if TYPE_CHECKING:
    from nsmgr.config.schema import Explanation


def _keys(incomplete: str) -> list[str]:
    """Completion from the models; pydantic, but neither pyroute2 nor a socket."""
    from nsmgr.config.schema import every

    # The short forms are known too: `vxlan.id` for `links.vxlan.id`.
    known = {word for explanation in every() for word in (explanation.path, explanation.path.removeprefix("links."))}
    return sorted(word for word in known if word.startswith(incomplete))


def explain(
    path: Annotated[
        str,
        typer.Argument(metavar="PATH", help="A key: `mtu`, `vxlan.id`, `routes.via`.", show_default=False, autocompletion=_keys),
    ] = "",
    format: Format = "text",
) -> int:
    """What a key means: type, unit, default, netlink attribute, and what the kernel needs to change it."""
    from nsmgr.config.schema import explain as find
    from nsmgr.config.schema import suggest
    from nsmgr.errors import NsmgrError

    found = find(path)
    if not found:
        raise NsmgrError(f"there is no key {path}", hint=suggest(path) or "`nsmgr explain` lists the top level")
    if format == "json":
        import dataclasses

        from nsmgr.render.jsondoc import FORMAT_VERSION, dumps

        output.result(dumps({"format_version": FORMAT_VERSION, "keys": [dataclasses.asdict(key) for key in found]}))
    elif len(found) == 1:
        output.result(_detail(found[0]))
    else:
        from nsmgr.render.table import Table

        table = Table("", ("KEY", "TYPE", "DEFAULT", "MEANING"))
        table.rows += [(key.path, key.type, key.default, key.doc.split("\n")[0]) for key in found]
        output.tables([table])
    return 0


def _detail(key: Explanation) -> str:
    unit = f" ({key.unit})" if key.unit else ""
    lines = [key.path, f"  {key.doc}"] if key.doc else [key.path]
    lines.append(f"  type:      {key.type}{unit}")
    if key.default:
        lines.append(f"  default:   {key.default}")
    if key.attribute:
        lines.append(f"  netlink:   {key.attribute}")
    if key.change:
        lines.append(f"  to change: {key.change}")
    return "\n".join(lines)
