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
from nsmgr.model.port import port, port_rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Protocol

    from nsmgr.kernel.team import Told
    from nsmgr.model.attr import Attr, Value
    from nsmgr.plan.plan import Step
    from nsmgr.plan.state import Link

    class _Family(Protocol):
        """read: attribute → value on the wire, of the link with that index, and of its ports. encode: the messages that set these.

        HARMLESS: errors that a message is answered with although it was carried out.
        """

        HARMLESS: frozenset[int]

        def read(self, genl: GenlSocket, index: int) -> Told: ...
        def encode(self, genl: GenlSocket, index: int, values: Mapping[str, Any], port: int = 0) -> list[bytes]: ...


_FAMILIES: dict[str, _Family] = {"team": team, "batadv": batadv}
# The link went since it was read (ENODEV, EINVAL), or the family tells only those with CAP_NET_ADMIN: its rows stay unknown.
_UNTOLD = frozenset({errno.ENODEV, errno.EINVAL, errno.EPERM})


def complete(
    genl: GenlSocket, links: Mapping[int, Link], wanted: frozenset[str] | None = None, *, with_ports: bool = False
) -> None:
    """Add what the families tell to the attributes of links (by index); references are interface indexes.

    ``wanted``, ``with_ports``: ``attrs`` and ``ports`` of :class:`nsmgr.kernel.port.Want`. Raises KernelError, Overrun,
    UnsupportedByKernel.
    """
    for link in links.values():
        cls = kind_class(link.kind)
        if not cls.GENL:
            continue
        try:
            own, ports = _FAMILIES[cls.GENL].read(genl, link.index)
        except KernelError as error:
            if error.errno in _UNTOLD:
                continue
            raise
        _take(link, cls.rows(), own, wanted)
        for index, options in ports.items() if with_ports else ():
            if index in links:
                links[index].port_kind = link.kind
                _take(links[index], port_rows(link.kind), options, wanted)


def _take(link: Link, rows: Mapping[str, Attr], told: Mapping[str, Any], wanted: frozenset[str] | None) -> None:
    for name, row in rows.items():
        raw = told.get(row.told_by or row.nla)
        if raw is None or (row.ref and not raw) or (wanted is not None and name not in wanted and not row.ref):
            continue
        link.attrs[name] = row.convert.from_wire(raw) if row.convert is not None else raw


def write(genl: GenlSocket, step: Step, controller: int = 0) -> Answer:
    """Carry out one LINK_GENL step, or with the index of the ``controller`` a LINK_PORT step."""
    cls = port(step.kind) if controller else kind_class(step.kind)
    rows = cls.rows()
    values: dict[str, Any] = {}
    for name, value in step.attrs.items():
        row = rows[name]
        assert row.where is Where.GENL, name
        values[row.nla] = _wire(row.convert, value)
    family = _FAMILIES[cls.GENL]
    if controller:
        messages = family.encode(genl, controller, values, step.index)
    else:
        messages = family.encode(genl, step.index, values)
    for answer in genl.transact(messages):
        if answer.errno and answer.errno not in family.HARMLESS:
            return answer
    return OK


def _wire(convert: Any, value: Value) -> Any:
    return convert.to_wire(value) if convert is not None else value
