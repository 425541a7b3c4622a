"""Classes of htb: RTM_NEWTCLASS, RTM_DELTCLASS, RTM_GETTCLASS (struct tcmsg; tc_ctl_tclass in net/sched/sch_api.c)."""

from __future__ import annotations

from nsmgr.kernel.codec import attribute
from nsmgr.kernel.things import qdisc
from nsmgr.kernel.traffic import (
    PARENTS,
    RTM_DELTCLASS,
    RTM_GETTCLASS,
    RTM_NEWTCLASS,
    TCA_KIND,
    TCA_OPTIONS,
    TCMSG,
    number,
    options,
    text,
)
from nsmgr.kernel.wire import NLM_F_DUMP, FdOf, Span, message
from nsmgr.plan.plan import Step, Verb
from nsmgr.plan.state import Thing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TypeAlias

    from nsmgr.kernel.netns import Netns
    from nsmgr.model.attr import Value

    Answer: TypeAlias = "tuple[list[Span], list[Span]]"  # of qdiscs, of classes

KIND = "htb"


def ask(handle: Netns) -> Answer:
    """Those of every link that has an htb: a dump is of one link."""
    qdiscs = qdisc.ask(handle)
    links = dict.fromkeys(index for index, _, kind in made(qdiscs) if kind == KIND)
    classes: list[Span] = []
    for index in links:
        classes += qdisc.dump(handle, message(RTM_GETTCLASS, NLM_F_DUMP, TCMSG.pack(0, index, 0, 0, 0)))
    return qdiscs, classes


def made(qdiscs: list[Span]) -> Iterator[tuple[int, int, str]]:
    """(interface index, handle, kind) of qdiscs that somebody made."""
    for datagram, start, end in qdiscs:
        _, index, handle, _, _ = TCMSG.unpack_from(datagram, start)
        if handle:
            yield index, handle, options(datagram, start + TCMSG.size, end)[0]


def decode(answer: Answer, names: Mapping[int, str]) -> Iterator[Thing]:
    """Those of htb; other classes are there by themselves, or none of ours."""
    from nsmgr.kernel.traffic.qdiscs.htb import decode_class

    qdiscs, classes = answer
    places = qdisc.slots(qdiscs)
    for datagram, start, end in classes:
        _, index, handle, parent, _ = TCMSG.unpack_from(datagram, start)
        name = names.get(index)
        kind, payload, _ = options(datagram, start + TCMSG.size, end)
        place = places.get((index, handle & 0xFFFF0000))
        if name is None or kind != KIND or place is None:
            continue
        major = text(handle & 0xFFFF0000)
        above = major if parent in (PARENTS["root"], handle & 0xFFFF0000) else text(parent)
        attrs: dict[str, Value] = {"classid": text(handle), "parent": above, **decode_class(payload)}
        after = () if above == major else (("tclass", f"{above} dev {name}"),)
        yield Thing("tclass", f"{text(handle)} dev {name}", name, attrs, (("qdisc", f"{place} dev {name}"),), after)


def encode(step: Step, fd_of: FdOf) -> list[bytes]:
    """A quantum is sent where it is wanted only: else the kernel computes it again (htb_change_class)."""
    from nsmgr.kernel.traffic.qdiscs.htb import encode_class

    attrs = qdisc.full(step)
    body = TCMSG.pack(0, step.index, number(attrs["classid"]), number(attrs["parent"]), 0)
    if step.verb is Verb.THING_DEL:
        return [message(RTM_DELTCLASS, 0, body)]
    attrs["quantum"] = step.obj.attrs.get("quantum")
    body += attribute(TCA_KIND, KIND.encode() + b"\0") + attribute(TCA_OPTIONS, encode_class(attrs))
    return [message(RTM_NEWTCLASS, qdisc.creating(step), body)]
