"""Kinds that are not written, and the two ends of a pair (veth, netkit, vxcan): who is whose peer, and do they agree."""

from __future__ import annotations

from nsmgr.config.report import Path, did_you_mean
from nsmgr.config.space import Spaces
from nsmgr.model.kind import kind as kind_facts
from nsmgr.model.links import kind_names
from nsmgr.text import ifname

End = tuple[str, str]  # namespace, link


class Pairs:
    """``kinds``: kind of every link, "" = an existing one of whatever kind. ``peers``: end → the other end.

    ``born``: far ends without a body, with the path of the ``peer`` key they come from.
    """

    __slots__ = ("born", "kinds", "peers")

    def __init__(self) -> None:
        self.kinds: dict[End, str] = {}
        self.peers: dict[End, End] = {}
        self.born: dict[End, Path] = {}


def resolve(spaces: Spaces) -> Pairs:
    """Kind and peer of every link. Reports unknown and missing kinds, and all disagreements about peers."""
    pairs = Pairs()
    written = _written(spaces, pairs)
    claims: dict[End, End] = {}  # end → the first link that calls it its peer
    for end, target in written.items():
        _claim(spaces, pairs, written, claims, end, target)
    for target, end in claims.items():
        pairs.peers.setdefault(target, end)
        kind = pairs.kinds[end]
        if target not in pairs.kinds:
            pairs.kinds[target] = kind
            pairs.born[target] = (*_path(spaces, end), "peer")
            spaces.by_name[target[0]].names.add(target[1])
    _missing(spaces, pairs)
    return pairs


def _written(spaces: Spaces, pairs: Pairs) -> dict[End, End]:
    """Fill in the kinds that are written; return the peers that are: end → what its ``peer`` says."""
    known = frozenset(kind_names())
    peers: dict[End, End] = {}
    for netns, space in spaces.by_name.items():
        for name, body in space.bodies.items():
            kind = body.get("kind")
            if kind is None:
                kind = "lo" if name == "lo" else "?" if name in space.faulty else ""
            elif type(kind) is not str or kind not in known:
                path = (*space.path, "links", name, "kind")
                hint = did_you_mean(kind, known, "`nsmgr explain links` lists the kinds")
                spaces.report.error(path, f"unknown kind `{kind}`", hint, "unknown_kind")
                kind = "?"
            elif (kind == "lo") != (name == "lo"):
                words = "`lo` is the loopback device" if name == "lo" else f"only `lo` can be of kind lo, not `{name}`"
                spaces.report.error(
                    (*space.path, "links", name, "kind"), words, "leave `kind` out" if name == "lo" else "use kind dummy"
                )
                kind = "?"
            pairs.kinds[netns, name] = kind
            peer = body.get("peer")
            if type(peer) is str and (not kind or (kind != "?" and kind_facts(kind).PAIR)):
                target, slash, link = peer.rpartition("/")
                if _is_name(link):  # else the kind's model complains
                    peers[netns, name] = (target if slash else netns, link)
    return peers


def _claim(spaces: Spaces, pairs: Pairs, written: dict[End, End], claims: dict[End, End], end: End, target: End) -> None:
    """Judge one ``peer:`` and, if it stands, record both directions."""
    path = (*_path(spaces, end), "peer")
    report = spaces.report
    shown = "/".join(target)
    space = spaces.find(target[0])
    if space is None:
        spaces.undeclared(target[0], path)
        return
    kind = pairs.kinds[end]
    theirs = pairs.kinds.get(target)
    if not kind and theirs and theirs not in ("?", "lo") and kind_facts(theirs).PAIR:
        kind = pairs.kinds[end] = theirs  # `eth0: {peer: red/p1}` beside red's `p1: {kind: veth}`
    back = written.get(target)
    if not kind and theirs == "?":
        pairs.kinds[end] = "?"  # of the kind that the other end fails to say
        return
    if not kind and back == end:
        return  # neither end says what they are: reported as a missing kind
    if not kind:
        report.error(path, "a `peer` needs a kind", "add `kind: veth`", "missing")
        pairs.kinds[end] = "?"
    elif target == end:
        report.error(path, f"`{shown}` cannot be its own peer", "name the other end of the pair", "conflict")
    elif back is not None and back != end:
        other = (*_path(spaces, target), "peer")
        words = f"the ends disagree: `{shown}` has the peer `{'/'.join(back)}`, at {{other}}"
        report.error(path, words, f"`{shown}` needs `peer: {'/'.join(end)}`, or no `peer` at all", "conflict", other=other)
    elif target in claims:
        other = (*_path(spaces, claims[target]), "peer")
        words = f"`{shown}` is the peer of two links, also of `{'/'.join(claims[target])}` at {{other}}"
        report.error(path, words, "a pair has two ends: give this one another peer", "conflict", other=other)
    elif theirs and theirs not in ("?", kind):
        other = (*_path(spaces, target), "kind") if "kind" in space.bodies.get(target[1], {}) else _path(spaces, target)
        words = f"`{shown}` is of kind {theirs}, not {kind}, at {{other}}"
        report.error(path, words, f"leave the `kind` of `{shown}` out, or name another peer", "conflict", other=other)
    else:
        claims[target] = end
        pairs.peers[end] = target
        if theirs == "":
            pairs.kinds[target] = kind


def _missing(spaces: Spaces, pairs: Pairs) -> None:
    """A link of no known kind exists already or is a mistake; a pair has two ends."""
    for netns, space in spaces.by_name.items():
        if space.lenient:
            continue
        for name in space.bodies:
            end = (netns, name)
            kind = pairs.kinds[end]
            if not kind:
                hint = "write `kind: …`, or name this link as the `peer` of a veth"
                path = (*space.path, "links", name)
                spaces.report.error(path, f"the kind of `{name}` is missing", hint, "missing", at="key")
                pairs.kinds[end] = "?"
            elif kind != "?" and kind_facts(kind).PAIR and end not in pairs.peers and space.bodies[name].get("peer") is None:
                path = (*space.path, "links", name)
                spaces.report.error(
                    path, f"`peer` is missing: a {kind} is a pair", "add `peer: namespace/link`", "missing", at="key"
                )


def _path(spaces: Spaces, end: End) -> Path:
    return (*spaces.by_name[end[0]].path, "links", end[1])


def _is_name(text: str) -> bool:
    try:
        ifname(text)
    except ValueError:
        return False
    return True
