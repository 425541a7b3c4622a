"""Qdiscs: RTM_NEWQDISC, RTM_DELQDISC, RTM_GETQDISC (struct tcmsg; net/sched/sch_api.c).

A qdisc without a handle is the kernel's own (attach_default_qdiscs): it is not there for us, and is replaced by whatever is made.
"""

from __future__ import annotations

import errno

from nsmgr.errors import KernelError, errno_text
from nsmgr.kernel.codec import attribute
from nsmgr.kernel.payload import NLA_F_NESTED
from nsmgr.kernel.traffic import (
    CLSACT,
    PARENTS,
    RTM_DELQDISC,
    RTM_GETQDISC,
    RTM_NEWQDISC,
    TCA_KIND,
    TCA_OPTIONS,
    TCA_STAB,
    TCMSG,
    codec,
    number,
    options,
    text,
)
from nsmgr.kernel.wire import NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REPLACE, FdOf, Span, message
from nsmgr.light import cache
from nsmgr.model.attr import Change
from nsmgr.model.thing import facts, kinds_of
from nsmgr.plan.plan import Step, Verb
from nsmgr.plan.state import Thing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from nsmgr.kernel.netns import Netns
    from nsmgr.model.attr import Value

DUMP = message(RTM_GETQDISC, NLM_F_DUMP, TCMSG.pack(0, 0, 0, 0, 0))


@cache
def has_options(kind: str) -> bool:
    """Whether there is anything to say about a qdisc of this kind."""
    return kind in kinds_of("qdisc") and not facts("qdisc", {"kind": kind}).rows().keys() <= {"kind", "handle"}


def ask(handle: Netns) -> list[Span]:
    """Those of all links."""
    return dump(handle, DUMP)


def dump(handle: Netns, request: bytes) -> list[Span]:
    """What the kernel answers; nothing where it has no traffic control, or no filters (CONFIG_NET_SCHED, CONFIG_NET_CLS)."""
    try:
        return handle.socket.dump_spans(request)
    except KernelError as error:
        if error.errno != errno.EOPNOTSUPP:
            raise
        return []


def missing(handle: Netns, kinds: Iterable[str]) -> dict[str, str]:
    """Asked for on lo with a size table that is none: qdisc_create looks the kind up first, and qdisc_get_stab refuses the rest."""
    asked = list(kinds)
    head = TCMSG.pack(0, 1, 0, PARENTS["root"], 0)
    flags = NLM_F_CREATE | NLM_F_REPLACE | NLM_F_EXCL  # whatever lo has: another one, not a change
    bodies = [head + attribute(TCA_KIND, kind.encode() + b"\0") + attribute(TCA_STAB | NLA_F_NESTED, b"") for kind in asked]
    answers = handle.socket.transact([message(RTM_NEWQDISC, flags, body) for body in bodies])
    handle.socket.counters.writes -= len(asked)
    handle.socket.counters.reads += len(asked)
    lacking = [(kind, answer) for kind, answer in zip(asked, answers, strict=True) if answer.errno == errno.ENOENT]
    return {kind: f'{errno_text(answer.errno)} "{answer.extack}"' for kind, answer in lacking}


def slots(answer: Iterable[Span]) -> dict[tuple[int, int], str]:
    """(interface index, handle) → the place of that qdisc, as in its key."""
    headers = (TCMSG.unpack_from(datagram, start) for datagram, start, _ in answer)
    return {(index, handle): slot(parent) for _, index, handle, parent, _ in headers if handle}


def slot(parent: int) -> str:
    """``root``, ``ingress``, or the class that a qdisc is of."""
    return next((name for name, known in PARENTS.items() if known == parent), "") or text(parent)


def decode(answer: list[Span], names: Mapping[int, str]) -> Iterator[Thing]:
    """Those that somebody made."""
    places = slots(answer)
    for datagram, start, end in answer:
        _, index, handle, parent, _ = TCMSG.unpack_from(datagram, start)
        name = names.get(index)
        if name is None or not handle:
            continue
        kind, payload, _ = options(datagram, start + TCMSG.size, end)
        attrs: dict[str, Value] = {"kind": kind, "handle": text(handle), "parent": slot(parent)}
        if has_options(kind):
            attrs |= codec("qdiscs", kind).decode(payload)
        on: tuple[tuple[str, str], ...] = ()
        if parent not in PARENTS.values():
            above = places.get((index, parent & 0xFFFF0000), "root")
            on = (("qdisc", f"{above} dev {name}"), ("tclass", f"{slot(parent)} dev {name}"))
        yield Thing("qdisc", f"{slot(parent)} dev {name}", name, attrs, on)


def encode(step: Step, fd_of: FdOf) -> list[bytes]:
    """A change sends all that is known: most kinds keep what they are not told, some do not."""
    attrs = full(step)
    kind, place = str(attrs["kind"]), str(attrs["parent"])
    parent = PARENTS[place] if place in PARENTS else number(place)
    handle = number(CLSACT) if place == "ingress" else number(attrs["handle"])
    body = TCMSG.pack(0, step.index, handle, parent, 0)
    if step.verb is Verb.THING_DEL:
        return [message(RTM_DELQDISC, 0, body)]
    body += attribute(TCA_KIND, kind.encode() + b"\0")
    if has_options(kind):
        if step.verb is Verb.THING_SET:
            # Some refuse to be told again what cannot change (fq_codel_change: flows).
            attrs = {name: value for name, value in attrs.items() if name not in _fixed(kind)}
        said = codec("qdiscs", kind).encode(attrs)
        body += attribute(TCA_OPTIONS, said) if said else b""  # an empty one is a wrong one (fifo_init)
    return [message(RTM_NEWQDISC, creating(step), body)]


@cache
def _fixed(kind: str) -> frozenset[str]:
    """Rows that are replaced, not changed."""
    return frozenset(name for name, row in facts("qdisc", {"kind": kind}).rows().items() if row.change is Change.REPLACE)


def full(step: Step) -> dict[str, Any]:
    """What the thing shall have: what is wanted, over what it has where the body does not say all."""
    thing: Thing = step.obj
    attrs: dict[str, Any] = dict(thing.attrs)
    observed = step.args.get("observed") if step.args else None
    if observed is not None and not facts(thing.type, attrs).WHOLE:
        attrs = {**observed.attrs, **attrs}
    return attrs


def creating(step: Step) -> int:
    """Flags: a change must find it there, a creation must not, unless it may have been left."""
    if step.verb is Verb.THING_SET:
        return 0
    return NLM_F_CREATE | (NLM_F_REPLACE if step.args.get("replace") else NLM_F_EXCL)
