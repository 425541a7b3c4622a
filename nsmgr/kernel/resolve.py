"""Interface indexes → names, across all namespaces read together. Pure, but for the question it may ask of the kernel.

An ifindex means something only inside its namespace, and IFLA_LINK_NETNSID is the *dumping* namespace's own number for the
other one. Equal indexes in different namespaces are usual, so a reference is resolved only through that number.
A veth pair is symmetric: what one end says about the other settles both, so only one of the two has to be asked.
"""

from __future__ import annotations

from nsmgr.kernel.reading import Reading
from nsmgr.light import cache
from nsmgr.model.kind import kind as kind_class
from nsmgr.model.port import port_references
from nsmgr.plan.state import Link

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

Ends = dict[tuple[str, int], tuple[str, Link]]


@cache
def _references(kind: str) -> tuple[tuple[str, ...], bool]:
    """(reference rows of a kind, whether it is one end of a pair)."""
    cls = kind_class(kind)
    return tuple(name for name, row in cls.rows().items() if row.ref and not (cls.PAIR and name == "parent")), bool(cls.PAIR)


@cache
def _has_underlay(kind: str) -> bool:
    """Whether the kind tells which namespace its outer packets are in."""
    row = kind_class(kind).rows().get("underlay")
    return row is not None and row.absent is not None


def whom_to_ask(peers: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """namespace → those it shall be asked about, from who has links to whom; each pair of namespaces once.

    The one with fewer neighbours is asked about the other: in a star only the hub needs a descriptor.
    """
    near: dict[str, set[str]] = {name: set() for name in peers}
    for name, others in peers.items():
        for other in others:
            if other in near and other != name:
                near[name].add(other)
                near[other].add(name)
    asks: dict[str, list[str]] = {}
    for name, others in near.items():
        rank = (len(others), name)
        wanted = [other for other in sorted(others) if rank < (len(near[other]), other)]
        if wanted:
            asks[name] = wanted
    return asks


def resolve(readings: Mapping[str, Reading], ask: Callable[[Reading, list[str]], None]) -> None:
    """Replace every reference by its canonical text (see :mod:`nsmgr.plan.state`), in place.

    ``ask(reading, names)`` adds what the kernel says about these namespaces to ``reading.nsids``; it is called only where the
    ids known already do not suffice, and only about namespaces that have a link which could be the one meant.
    """
    ends: Ends = {}
    pending: dict[str, list[Link]] = {}
    for name, reading in readings.items():
        for link in reading.state.links.values():
            if not _settle(reading, link, readings, ends):
                pending.setdefault(name, []).append(link)
    for name in sorted(pending, key=lambda name: len({link.link_netnsid for link in pending[name]})):
        reading = readings[name]
        _learn_from_far_ends(reading, pending[name], ends)
        left = [link for link in pending[name] if not _settle(reading, link, readings, ends)]
        candidates = dict.fromkeys(other for link in left for other in _candidates(name, link, readings))
        unasked = [other for other in candidates if other not in reading.asked]
        if unasked:
            ask(reading, unasked)
            left = [link for link in left if not _settle(reading, link, readings, ends)]
        for link in left:
            for row in _far_rows(link):
                link.attrs[row] = "?" if row == "underlay" else f"?/#{link.link_index if row == 'peer' else link.attrs[row]}"


def _far_rows(link: Link) -> Iterator[str]:
    if _references(link.kind)[1]:
        yield "peer"
    elif isinstance(link.attrs.get("parent"), int):
        yield "parent"
    elif _has_underlay(link.kind):
        yield "underlay"


def _settle(reading: Reading, link: Link, readings: Mapping[str, Reading], ends: Ends) -> bool:
    """Resolve what can be resolved with the ids known now; False = something in another namespace is still open."""
    rows, pair = _references(link.kind)
    attrs = link.attrs
    for row in rows + port_references(link.port_kind) if link.port_kind else rows:
        index = attrs.get(row)
        if isinstance(index, int) and (row != "parent" or link.link_netnsid < 0):
            near = reading.by_index.get(index)
            attrs[row] = near.name if near is not None else f"?/#{index}"
    if not pair and not isinstance(attrs.get("parent"), int):
        return link.link_netnsid < 0 or not _has_underlay(link.kind) or _settle_underlay(reading, link)
    if pair and "peer" in attrs:
        return True
    target = reading
    if link.link_netnsid >= 0:
        other = readings.get(reading.nsids.get(link.link_netnsid, ""))
        if other is None:
            return False
        target = other
    home = target.state.name
    if not pair:
        if home != reading.state.name and _has_underlay(link.kind):
            attrs["underlay"] = home
        far = target.by_index.get(int(str(attrs["parent"])))
        attrs["parent"] = f"{home}/{far.name}" if far is not None else f"?/#{attrs['parent']}"
        return True
    far = target.by_index.get(link.link_index)
    attrs["peer"] = f"{home}/{far.name}" if far is not None else f"?/#{link.link_index}"
    ends[home, link.link_index] = (reading.state.name, link)
    return True


def _settle_underlay(reading: Reading, link: Link) -> bool:
    """IFLA_LINK_NETNSID of a tunnel without a parent: where its outer packets are (ip_tunnel_get_link_net)."""
    home = reading.nsids.get(link.link_netnsid)
    if home is not None:
        link.attrs["underlay"] = home
    return home is not None


def _learn_from_far_ends(reading: Reading, links: Iterable[Link], ends: Ends) -> None:
    """A far end that was resolved to one of these links tells whose id the link's IFLA_LINK_NETNSID is."""
    for link in links:
        other = ends.get((reading.state.name, link.index))
        if other is not None and other[1].index == link.link_index and link.link_netnsid >= 0:
            reading.nsids.setdefault(link.link_netnsid, other[0])


def _candidates(name: str, link: Link, readings: Mapping[str, Reading]) -> Iterator[str]:
    """Namespaces with a link of the index this one refers to; for a pair, one that refers back."""
    pair = _references(link.kind)[1]
    index = link.link_index if pair else link.attrs.get("parent")
    if index is None:
        yield from (other for other in readings if other != name)
        return
    for other, reading in readings.items():
        far = reading.by_index.get(int(str(index)))
        if other != name and far is not None and (not pair or (far.kind == link.kind and far.link_index == link.index)):
            yield other
