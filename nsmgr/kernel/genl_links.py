"""Attributes of links that generic netlink carries (``Where.GENL``): read after the links, written by LINK_GENL steps.

The rows say what there is; a family's module (:mod:`nsmgr.kernel.team`, :mod:`nsmgr.kernel.batadv`) knows its messages.
"""

from __future__ import annotations

import errno

from nsmgr.errors import KernelError
from nsmgr.kernel import batadv, team
from nsmgr.kernel.genl import GenlSocket
from nsmgr.kernel.rtnl import OK, Answer
from nsmgr.model.attr import Where
from nsmgr.model.kind import kind as kind_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Protocol

    from nsmgr.model.attr import Value
    from nsmgr.plan.plan import Step
    from nsmgr.plan.state import Link

    class _Family(Protocol):
        """read: attribute → value on the wire, of the link with that index. encode: the messages that set these.

        HARMLESS: errors that a message is answered with although it was carried out.
        """

        HARMLESS: frozenset[int]

        def read(self, genl: GenlSocket, index: int) -> dict[str, Any]: ...
        def encode(self, genl: GenlSocket, index: int, values: Mapping[str, Any]) -> list[bytes]: ...


_FAMILIES: dict[str, _Family] = {"team": team, "batadv": batadv}
# The link went since it was read (ENODEV, EINVAL), or the family tells only those with CAP_NET_ADMIN: its rows stay unknown.
_UNTOLD = frozenset({errno.ENODEV, errno.EINVAL, errno.EPERM})


def complete(genl: GenlSocket, links: Iterable[Link], wanted: frozenset[str] | None = None) -> None:
    """Add what the families tell to the links' attributes; references are interface indexes.

    ``wanted``: as :class:`nsmgr.kernel.port.Want` ``attrs``. Raises KernelError, Overrun, UnsupportedByKernel.
    """
    for link in links:
        cls = kind_class(link.kind)
        try:
            told = _FAMILIES[cls.GENL].read(genl, link.index)
        except KernelError as error:
            if error.errno in _UNTOLD:
                continue
            raise
        for name, row in cls.rows().items():
            raw = told.get(row.told_by or row.nla)
            if raw is None or (row.ref and not raw) or (wanted is not None and name not in wanted and not row.ref):
                continue
            link.attrs[name] = row.convert.from_wire(raw) if row.convert is not None else raw


def write(genl: GenlSocket, step: Step) -> Answer:
    """Carry out one LINK_GENL step."""
    cls = kind_class(step.kind)
    rows = cls.rows()
    values: dict[str, Any] = {}
    for name, value in step.attrs.items():
        row = rows[name]
        assert row.where is Where.GENL, name
        values[row.nla] = _wire(row.convert, value)
    family = _FAMILIES[cls.GENL]
    for answer in genl.transact(family.encode(genl, step.index, values)):
        if answer.errno and answer.errno not in family.HARMLESS:
            return answer
    return OK


def _wire(convert: Any, value: Value) -> Any:
    return convert.to_wire(value) if convert is not None else value
