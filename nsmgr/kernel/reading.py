"""Reading one namespace: a dump per family, decoded. References between links are still interface indexes here."""

from __future__ import annotations

from nsmgr.kernel import messages
from nsmgr.kernel.netns import Netns
from nsmgr.kernel.port import ADDRESSES, LOCAL_ROUTES, ROUTES, RULES
from nsmgr.kernel.rtnl import Answer, Span
from nsmgr.light import lru_cache
from nsmgr.model.attr import Value
from nsmgr.plan.state import Link, NetnsState, Rule
from nsmgr.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_GETS = 100  # answers that surely fit the receive buffer beside the first part of a dump


class Reading(Record):
    """A namespace as read. ``nsids``: id this namespace has for another → that one's name; ``asked``: names looked up."""

    handle: Netns
    state: NetnsState
    by_index: dict[int, Link] = field(default_factory=dict)
    nsids: dict[int, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)


def read(handle: Netns, kinds: int, others: Mapping[str, int]) -> Reading:
    """Dump the links, and what else ``kinds`` says; ask in the same send which ids the ``others`` (name → fd) have here.

    Links come first: addresses and routes that name a link made since are left out, as if read a moment earlier.
    """
    reading = Reading(handle, NetnsState(handle.name, handle.cookie))
    state, socket = reading.state, handle.socket
    gets = [messages.getnsid_request(fd) for fd in others.values()]
    early = socket.requests(gets[:-MAX_GETS]) if len(gets) > MAX_GETS else []
    late, spans = socket.get_and_dump(gets[-MAX_GETS:], messages.link_dump_request())
    learn(reading, others, [*early, *late])
    decode_link = messages.decode_link
    for span in spans:
        link = decode_link(*span)
        if not link.kind and (path := messages.bus_path(*span)):
            link.attrs["path"] = path
        state.links[link.name] = link
        reading.by_index[link.index] = link
    names = {index: link.name for index, link in reading.by_index.items()}
    if kinds & ADDRESSES:
        for datagram, start, end in socket.dump_spans(messages.address_dump_request()):
            address = messages.decode_address(datagram, start, end, names)
            if address is not None:
                state.addresses[address.link, address.address] = address
    if kinds & ROUTES:
        local = bool(kinds & LOCAL_ROUTES)
        for datagram, start, end in socket.dump_spans(messages.route_dump_request()):
            route = messages.decode_route(datagram, start, end, names, local=local)
            if route is not None:
                state.routes.setdefault(route.key, []).append(route)
    if kinds & RULES:
        for datagram, start, end in socket.dump_spans(messages.rule_dump_request()):
            key, rule = _rule(bytes(datagram[start:end]))
            state.rules.setdefault(key, []).append(rule)
    return reading


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
