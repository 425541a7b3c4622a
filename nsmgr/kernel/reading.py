"""Reading one namespace: a dump per family, decoded. References between links are still interface indexes here."""

from __future__ import annotations

from nsmgr.kernel import dumps, messages
from nsmgr.kernel.netns import Netns
from nsmgr.kernel.port import ADDRESSES, KERNEL_ROUTES, LOCAL_ROUTES, ROUTES, RULES, Impression
from nsmgr.kernel.rtnl import Answer, Span
from nsmgr.light import lru_cache
from nsmgr.model.attr import Value
from nsmgr.plan.foreign import RTPROT_KERNEL
from nsmgr.plan.state import Link, NetnsState, Rule, Thing
from nsmgr.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from typing import Any, TypeAlias

    from nsmgr.kernel.linklayout import Layout
    from nsmgr.kernel.things import Codec

    Inside: TypeAlias = "Callable[[Netns, Callable[[Netns], Any]], Any]"

MAX_GETS = 100  # answers that surely fit the receive buffer beside the first part of a dump
MAX_MASKS = 256
RT_TABLE_LOCAL = 255  # linux/rtnetlink.h


class Reading(Record):
    """A namespace as read. ``nsids``: id this namespace has for another → that one's name; ``asked``: names looked up.

    impression: of the bytes it was read from, without source and sysctls; None = not asked for, or not comparable.
    """

    handle: Netns
    state: NetnsState
    by_index: dict[int, Link] = field(default_factory=dict)
    nsids: dict[int, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    impression: Impression | None = None


def read(
    handle: Netns,
    kinds: int,
    others: Mapping[str, int],
    *,
    wanted: frozenset[str] | None = None,
    ports: bool = False,
    things: Collection[str] = (),
    declared: Sequence[Thing] = (),
    inside: Inside | None = None,
    remember: bool = False,
) -> Reading:
    """Dump the links, and what else ``kinds`` says; ask in the same send which ids the ``others`` (name → fd) have here.

    Links come first: addresses and routes that name a link made since are left out, as if read a moment earlier.
    ``wanted``, ``ports``, ``things``: as ``attrs``, ``ports`` and ``things`` of :class:`nsmgr.kernel.port.Want`; ``inside``: calls
    a function from a thread that is in the namespace. With ``remember`` the reading has an impression of the bytes it was made
    from, if the socket can be compared with others.
    """
    reading = Reading(handle, NetnsState(handle.name, handle.cookie))
    state, socket = reading.state, handle.socket
    gets = [messages.getnsid_request(fd) for fd in others.values()]
    early = socket.requests(gets[:-MAX_GETS]) if len(gets) > MAX_GETS else []
    late, spans = socket.get_and_dump(gets[-MAX_GETS:], dumps.GET_LINKS)
    learn(reading, others, [*early, *late])
    layouts: list[Layout] = []
    find = messages.decode_link.find
    for datagram, start, end in spans:
        layout, payload = find(datagram, start, end)
        link = layout.read(datagram, start, payload, wanted, ports=ports)
        if not link.kind and (path := messages.bus_path(datagram, start, end)):
            link.attrs["path"] = path
        state.links[link.name] = link
        reading.by_index[link.index] = link
        layouts.append(layout)
    answers = [socket.last_dump]
    names = {index: link.name for index, link in reading.by_index.items()}
    if kinds & ADDRESSES:
        for datagram, start, end in socket.dump_spans(dumps.GET_ADDRESSES):
            address = messages.decode_address(datagram, start, end, names)
            if address is not None:
                state.addresses[address.link, address.address] = address
        answers.append(socket.last_dump)
    if kinds & ROUTES:
        read_routes(socket.dump_spans(dumps.GET_ROUTES), kinds, names, state)
        answers.append(socket.last_dump)
    if kinds & RULES:
        for datagram, start, end in socket.dump_spans(dumps.GET_RULES):
            key, rule = _rule(bytes(datagram[start:end]))
            state.rules.setdefault(key, []).append(rule)
        answers.append(socket.last_dump)
    fingerprints = _read_things(handle, things, declared, names, state, inside, remember) if things else []
    if remember and socket.repeatable and fingerprints is not None:
        from nsmgr.kernel import glance

        mask = _mask(answers[0], spans, layouts, ports)
        seen = glance.digest(mask[1], [b"".join(datagrams) for datagrams in answers], fingerprints)
        reading.impression = Impression(handle.name, "", handle.cookie, kinds, mask[0], seen, things=tuple(things))
    socket.last_dump = []
    return reading


def _read_things(
    handle: Netns,
    types: Collection[str],
    declared: Sequence[Thing],
    names: Mapping[int, str],
    state: NetnsState,
    inside: Inside | None,
    remember: bool,
) -> list[bytes] | None:
    """Put the things of these types into the state. Returns their fingerprints; None = not wanted, or one of them has none."""
    from nsmgr.kernel import things
    from nsmgr.model.thing import always, thing_type

    repeatable = remember and set(types) <= {*always()}
    fingerprints = []
    for name in types:
        codec = things.codec(name)
        cls = thing_type(name)
        if cls.KINDS:
            links = {link.index: link.name for link in state.links.values() if link.kind in cls.KINDS}
            if not links:
                continue
            ask = _of_links(codec, links)
        else:
            ask = _comparing(codec, [thing for thing in declared if thing.type == name]) if cls.COMPARES else codec.ask
        answer = ask(handle) if cls.CARRIER == "rtnl" or inside is None else inside(handle, ask)
        for thing in things.decode(name, answer, names):
            state.things[thing.id] = thing
        if repeatable:
            fingerprints.append(things.fingerprint(name, answer))
    return fingerprints if repeatable else None


def _comparing(codec: Codec, declared: Sequence[Thing]) -> Callable[[Netns], Any]:
    return lambda handle: codec.ask_about(handle, declared)


def _of_links(codec: Codec, links: Mapping[int, str]) -> Callable[[Netns], Any]:
    return lambda handle: codec.ask_links(handle, links)


def read_routes(spans: Iterable[Span], kinds: int, names: Mapping[int, str], state: NetnsState) -> None:
    """The kernel's own routes are passed over by their header where they are not wanted: 80 for every ten addresses."""
    local, connected = bool(kinds & LOCAL_ROUTES), bool(kinds & KERNEL_ROUTES)
    for datagram, start, end in spans:
        if datagram[start + 5] == RTPROT_KERNEL and not (local if datagram[start + 4] == RT_TABLE_LOCAL else connected):
            continue
        route = messages.decode_route(datagram, start, end, names)
        if route is not None:
            state.routes.setdefault(route.key, []).append(route)


_masks: dict[tuple[object, ...], tuple[bytes, int]] = {}


def _mask(datagrams: Sequence[bytes], spans: Sequence[Span], layouts: Sequence[Layout], ports: bool) -> tuple[bytes, int]:
    """What counts of a link dump, over the joined datagrams: all of it but what the layouts do not read. As bytes and as a number.

    Namespaces of one make have one mask: it is made once.
    """
    positions: list[int] = []
    base = which = 0
    for datagram, start, _ in spans:
        while datagrams[which] is not datagram:
            base += len(datagrams[which])
            which += 1
        positions.append(base + start)
    size = sum(map(len, datagrams))
    key = (size, ports, *positions, *layouts)
    found = _masks.get(key)
    if found is None:
        mask = bytearray(b"\xff" * size)
        for position, layout in zip(positions, layouts, strict=True):
            mask[position : position + layout.size] = (layout.port_mask if ports else layout.read_mask).to_bytes(
                layout.size, "little"
            )
        if len(_masks) == MAX_MASKS:
            _masks.clear()
        found = _masks[key] = (bytes(mask), int.from_bytes(mask, "little"))
    return found


@lru_cache(maxsize=4096)
def _rule(payload: bytes) -> tuple[tuple[tuple[str, Value], ...], Rule]:
    """Nothing in a rule's message changes by itself, and every namespace has the same seven: decoded once."""
    rule = messages.decode_rule(payload, 0, len(payload))
    return rule.key, rule


def learn(reading: Reading, others: Mapping[str, int], results: Sequence[Span | Answer]) -> None:
    """Take in the answers to RTM_GETNSID for ``others``, in their order.

    One that has no id yet may be asked about again: dumping a link gives the namespace of its far end one
    (rtnl_fill_link_netnsid → peernet2id_alloc), after the question that went ahead of the dump.
    """
    for name, result in zip(others, results, strict=True):
        nsid = -1 if isinstance(result, Answer) else messages.decode_nsid(*result)
        if nsid >= 0:
            reading.nsids[nsid] = name
            reading.asked.add(name)


def ask(reading: Reading, others: Mapping[str, int]) -> None:
    """RTM_GETNSID for each of ``others`` (name → fd) in the namespace that was read."""
    learn(reading, others, reading.handle.socket.requests([messages.getnsid_request(fd) for fd in others.values()]))
