"""Filters: RTM_NEWTFILTER, RTM_DELTFILTER, RTM_GETTFILTER (struct tcmsg; net/sched/cls_api.c).

Identity is (parent, chain, pref, protocol, handle). Ours are the only entry of their pref, with a handle that is always the same.
"""

from __future__ import annotations

from nsmgr.kernel.codec import attribute
from nsmgr.kernel.payload import NLA_F_NESTED
from nsmgr.kernel.things import qdisc
from nsmgr.kernel.things.tclass import made
from nsmgr.kernel.traffic import (
    HOOKS,
    RTM_DELTFILTER,
    RTM_GETTFILTER,
    RTM_NEWTFILTER,
    TCA_CHAIN,
    TCA_KIND,
    TCA_OPTIONS,
    TCMSG,
    U32,
    actions,
    attributes,
    number,
    options,
    text,
    unpack,
)
from nsmgr.kernel.wire import NLM_F_CREATE, NLM_F_DUMP, NLM_F_REPLACE, FdOf, Span, message
from nsmgr.model.packets import ETHER_TYPES, number_of
from nsmgr.model.thing import facts, kinds_of
from nsmgr.plan.plan import Step, Verb
from nsmgr.plan.state import Thing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Protocol, TypeAlias

    from nsmgr.kernel.netns import Netns
    from nsmgr.model.attr import Value

    Answer: TypeAlias = "tuple[list[Span], list[Span]]"  # of qdiscs, of filters

    class Codec(Protocol):
        """A module of nsmgr.kernel.traffic.filters."""

        CLASSID: int
        ACT: int
        HANDLE: int
        SENT: int

        def encode(self, attrs: Mapping[str, Any]) -> bytes: ...
        def decode(self, found: Mapping[int, bytes], protocol: int) -> dict[str, Value]: ...


HTABLE_NODE = 0xFFF  # TC_U32_NODE: 0 in what describes a hash table


def codec(kind: str) -> Codec:
    """The module of a kind of filter."""
    found: Codec = __import__(f"nsmgr.kernel.traffic.filters.{kind}", fromlist=("encode",))
    return found


def parents(kind: str, handle: int) -> tuple[int, ...]:
    """Where a qdisc of this kind can have filters."""
    if kind in ("ingress", "clsact"):
        return (HOOKS["ingress"],) if kind == "ingress" else (*HOOKS.values(),)
    cls = facts("qdisc", {"kind": kind})
    return (handle,) if any(field == "filters" for field, _, _ in cls.NESTED) else ()


def ask(handle: Netns) -> Answer:
    """Those of every qdisc that can have some: a dump is of one parent."""
    qdiscs = qdisc.ask(handle)
    found: list[Span] = []
    for index, number_, kind in made(qdiscs):
        for parent in parents(kind, number_):
            found += qdisc.dump(handle, message(RTM_GETTFILTER, NLM_F_DUMP, TCMSG.pack(0, index, 0, parent, 0)))
    return qdiscs, found


def decode(answer: Answer, names: Mapping[int, str]) -> Iterator[Thing]:
    """Every entry; a pref's own message and those of u32's hash tables are left out."""
    qdiscs, filters = answer
    places = qdisc.slots(qdiscs)
    hooks = {value: name for name, value in HOOKS.items()}
    for datagram, start, end in filters:
        _, index, handle, parent, info = TCMSG.unpack_from(datagram, start)
        name = names.get(index)
        kind, payload, chain = options(datagram, start + TCMSG.size, end)
        if name is None or not handle or (kind == "u32" and not handle & HTABLE_NODE):
            continue
        place = hooks.get(parent) or text(parent)
        above = "ingress" if parent in hooks else places.get((index, parent & 0xFFFF0000))
        if above is None:
            continue
        attrs = _attributes(kind, payload, info, place, names)
        key = f"{place} pref {info >> 16}"
        if kind not in kinds_of("tfilter") or (handle & HTABLE_NODE if kind == "u32" else handle) != codec(kind).HANDLE:
            attrs["handle"] = handle
            key += f" handle {handle:#x}"
        if chain:
            attrs["chain"] = chain
            key += f" chain {chain}"
        flowid = attrs.get("flowid")
        after = (("tclass", f"{flowid} dev {name}"),) if flowid else ()
        yield Thing("tfilter", f"{key} dev {name}", name, attrs, (("qdisc", f"{above} dev {name}"),), after)


def _attributes(kind: str, payload: bytes, info: int, place: str, names: Mapping[int, str]) -> dict[str, Value]:
    swapped = info & 0xFFFF
    protocol = swapped >> 8 | (swapped & 0xFF) << 8  # network order
    shown = next((name for name, value in ETHER_TYPES.items() if value == protocol), str(protocol))
    attrs: dict[str, Value] = {"kind": kind, "parent": place, "pref": info >> 16, "protocol": shown}
    if kind in kinds_of("tfilter"):
        module, found = codec(kind), attributes(payload)
        if module.CLASSID in found:
            attrs["flowid"] = text(unpack(U32, found[module.CLASSID])[0])
        attrs |= actions.decode(found.get(module.ACT, b""), names)
        attrs |= module.decode(found, protocol)
    return attrs


def encode(step: Step, fd_of: FdOf) -> list[bytes]:
    """A change is the whole filter again, under the same handle."""
    attrs: Mapping[str, Any] = step.obj.attrs
    kind, place = str(attrs["kind"]), str(attrs["parent"])
    parent = HOOKS[place] if place in HOOKS else number(place)
    protocol = number_of(str(attrs.get("protocol", "all")), ETHER_TYPES)
    info = int(attrs["pref"]) << 16 | protocol >> 8 | (protocol & 0xFF) << 8
    if step.verb is Verb.THING_DEL:
        body = TCMSG.pack(0, step.index, attrs.get("handle", 0), parent, info) + attribute(TCA_KIND, kind.encode() + b"\0")
        return [message(RTM_DELTFILTER, 0, body + (attribute(TCA_CHAIN, U32.pack(attrs["chain"])) if attrs.get("chain") else b""))]
    module = codec(kind)
    said = module.encode(attrs)
    if attrs.get("flowid"):
        said = attribute(module.CLASSID, U32.pack(number(attrs["flowid"]))) + said
    done = actions.encode(attrs, step.args["indexes"])
    if done:
        said += attribute(module.ACT | NLA_F_NESTED, done)
    handle = attrs.get("handle", module.SENT)  # of one that was somebody else's, and is put back as it was
    body = TCMSG.pack(0, step.index, handle, parent, info) + attribute(TCA_KIND, kind.encode() + b"\0")
    body += attribute(TCA_CHAIN, U32.pack(attrs["chain"])) if attrs.get("chain") else b""
    body += attribute(TCA_OPTIONS | NLA_F_NESTED, said)
    return [message(RTM_NEWTFILTER, _flags(step), body)]


def _flags(step: Step) -> int:
    """tc_new_tfilter: CREATE also for a change, which finds the entry by its handle."""
    return qdisc.creating(step) or NLM_F_CREATE | NLM_F_REPLACE
