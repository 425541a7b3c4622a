"""Which links a desired link needs before itself."""

from __future__ import annotations

from nsmgr.model.kind import Kind
from nsmgr.model.kind import kind as kind_facts
from nsmgr.plan.removal import LinkId, link_id
from nsmgr.plan.state import DesiredLink

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_NEVER_REFERENCES = frozenset(("state", "mac", "alias", "peer", "mode"))


def references(link: DesiredLink) -> list[LinkId]:
    """The links a desired link needs before itself: controller, parent and the like, never the peer."""
    attrs = link.attrs
    found = []
    if underlay := attrs.get("underlay"):
        found.append((str(underlay), "lo"))  # the namespace as such
    rows = None
    cls = Kind
    for name, value in attrs.items():
        if isinstance(value, str) and name not in _NEVER_REFERENCES:
            if rows is None:
                cls = kind_facts(link.kind)
                rows = cls.rows()
            if name in rows and rows[name].ref and name not in cls.NAMES_PORTS:
                found.append(link_id(link.netns, value))
    return found


def sender(netns: str, needed: Iterable[LinkId]) -> str:
    """Whose socket makes a link of ``netns``: the namespace of its parent, since IFLA_LINK is looked up in the sender's."""
    for other, _ in needed:
        if other != netns:
            return other
    return netns
