"""Port options without pydantic: what planning, encoding and decoding ask. In states they are attributes ``port_options.cost``."""

from __future__ import annotations

from nsmgr.light import cache
from nsmgr.model.attr import Attr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from nsmgr.model.kind import Kind

PREFIX = "port_options."
NO_ROWS: Mapping[str, Attr] = {}


@cache
def port(kind: str) -> type[Kind]:
    """The facts of the ports of a controller of this kind, one of :func:`nsmgr.model.ports.port_kinds`."""
    from nsmgr.model.shape import entry

    found: type[Kind] | None = entry(f"port:{kind}")
    if found is not None:
        return found
    from nsmgr.model.ports import port_class

    return port_class(kind)


@cache
def port_rows(kind: str) -> Mapping[str, Attr]:
    """Attribute of a link → row, of the ports of such a controller; none for a controller whose ports have no options."""
    from nsmgr.model.ports import port_kinds

    if kind not in port_kinds():
        return NO_ROWS
    return {f"{PREFIX}{name}": row for name, row in port(kind).rows().items()}


@cache
def port_references(kind: str) -> tuple[str, ...]:
    """The attributes among them that name another link."""
    return tuple(name for name, row in port_rows(kind).items() if row.ref)
