"""Features of links: ETHTOOL_MSG_FEATURES_GET and _SET (net/ethtool/features.c, bitset.c)."""

from __future__ import annotations

import errno

from nsmgr.errors import UnsupportedByKernel
from nsmgr.kernel import ethtool
from nsmgr.kernel.ethtool import A_HEADER, FLAG_COMPACT_BITSETS, header
from nsmgr.kernel.payload import NLA_F_NESTED, attribute, walk
from nsmgr.kernel.wire import U32, Answer
from nsmgr.model.words import FEATURE_GROUPS
from nsmgr.plan.state import Thing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nsmgr.kernel.netns import Netns
    from nsmgr.kernel.wire import Span
    from nsmgr.model.attr import Value
    from nsmgr.plan.plan import Step

STRSET_GET, FEATURES_GET, FEATURES_SET = 1, 11, 12  # ETHTOOL_MSG_*
ETH_SS_FEATURES = 4  # linux/ethtool.h
A_HW, A_WANTED, A_ACTIVE, A_NOCHANGE = 2, 3, 4, 5  # ETHTOOL_A_FEATURES_*
BITSET_NOMASK, BITSET_SIZE, BITSET_BITS, BITSET_VALUE = 1, 2, 3, 4
BITS_BIT, BIT_NAME, BIT_VALUE = 1, 2, 3
NEST = NLA_F_NESTED

Known = tuple[str, ...]
"""The kernel's names of features, by their bit; "" = none."""


def ask(handle: Netns) -> tuple[Known, list[Span]]:
    """The names of all bits, and the features of all devices as bits."""
    spans = ethtool.gather(handle, FEATURES_GET, FLAG_COMPACT_BITSETS)
    return (_names(handle) if spans else ()), spans


def decode(answer: tuple[Known, list[Span]], names: Mapping[int, str]) -> Iterator[Thing]:
    """Features that can be changed, and those that the driver has fixed as on: what is not mentioned is fixed as off."""
    known, spans = answer
    for span in spans:
        index, bits = _bits(span)
        link = names.get(index)
        if link is not None:
            yield Thing("features", link, link, _attrs(known, bits))


def _attrs(known: Known, bits: Mapping[int, int]) -> dict[str, Value]:
    changeable = bits.get(A_HW, 0) & ~bits.get(A_NOCHANGE, 0)
    active = bits.get(A_ACTIVE, 0)
    on = {name: bool(active >> number & 1) for number, name in enumerate(known) if (changeable | active) >> number & 1}
    free = {name for number, name in enumerate(known) if changeable >> number & 1}
    attrs: dict[str, Value] = {**on}
    for group, members in FEATURE_GROUPS.items():
        # On: as much of it as the driver can; off: all of it; else neither.
        lit = [name for name in members if on.get(name)]
        if not lit:
            attrs[group] = False
        elif all(name in lit for name in members if name in free):
            attrs[group] = True
        else:
            attrs[group] = "partly"
    fixed = tuple(sorted(name for name in on if name not in free and name))
    if fixed:
        attrs["fixed"] = fixed
    return attrs


def perform(handle: Netns, step: Step) -> Answer:
    """The kernel ignores requests for features that the driver does not let it change: they are refused here."""
    thing: Thing = step.obj
    try:
        known = _names(handle)
        _, bits = _bits(ethtool.ask(handle, FEATURES_GET, header(step.index, FLAG_COMPACT_BITSETS)))
    except UnsupportedByKernel as error:
        return ethtool.unsupported(error)
    changeable, active = bits.get(A_HW, 0) & ~bits.get(A_NOCHANGE, 0), bits.get(A_ACTIVE, 0)
    numbers = {name: number for number, name in enumerate(known)}
    wanted: dict[str, bool] = {}
    fixed: list[str] = []
    for name, value in thing.attrs.items():
        members = [member for member in FEATURE_GROUPS.get(name, (name,)) if member in numbers]
        free = [member for member in members if changeable >> numbers[member] & 1]
        lit = [member for member in members if active >> numbers[member] & 1]
        if (not free and not lit) if value else not set(lit) <= set(free):
            fixed.append(name)
        wanted |= dict.fromkeys(free, bool(value))
    if fixed:
        return Answer(errno.EOPNOTSUPP, f"fixed by the driver: {', '.join(fixed)}")
    return ethtool.tell(handle, FEATURES_SET, step.index, request(wanted))


def request(wanted: Mapping[str, bool]) -> bytes:
    """ETHTOOL_A_FEATURES_WANTED as a list: the bits that are mentioned are the mask."""
    bits = b"".join(
        [
            attribute(BITS_BIT | NEST, attribute(BIT_NAME, name.encode() + b"\0") + (attribute(BIT_VALUE, b"") if on else b""))
            for name, on in wanted.items()
        ]
    )
    return attribute(A_WANTED | NEST, attribute(BITSET_BITS | NEST, bits))


def _names(handle: Netns) -> Known:
    """ETHTOOL_MSG_STRSET_GET: without a device, the set that all devices share."""
    wanted = attribute(1 | NEST, attribute(1, U32.pack(ETH_SS_FEATURES)))
    datagram, start, end = ethtool.ask(handle, STRSET_GET, header() + attribute(2 | NEST, wanted))
    found: dict[int, str] = {}
    for number, s, e in walk(datagram, start, end):  # STRSET_STRINGSETS → STRINGSETS_STRINGSET → STRINGSET_STRINGS → STRING
        if number != 2:
            continue
        for _, s1, e1 in walk(datagram, s, e):
            for part, s2, e2 in walk(datagram, s1, e1):
                if part == 3:
                    for _, s3, e3 in walk(datagram, s2, e2):
                        text = {inner: datagram[a:b] for inner, a, b in walk(datagram, s3, e3)}
                        found[U32.unpack(text[1])[0]] = text[2].rstrip(b"\0").decode(errors="replace")
    return tuple(found.get(number, "") for number in range(max(found, default=-1) + 1))


def _bits(span: Span) -> tuple[int, dict[int, int]]:
    """The device, and ETHTOOL_A_FEATURES_* → the bits as a number, of compact bitsets (32-bit words in host order)."""
    datagram, start, end = span
    index = 0
    found: dict[int, int] = {}
    for number, s, e in walk(datagram, start, end):
        if number == A_HEADER:
            index = ethtool.device(datagram, s, e)
        else:
            for part, a, b in walk(datagram, s, e):
                if part == BITSET_VALUE:
                    found[number] = sum(U32.unpack_from(datagram, at)[0] << 8 * (at - a) for at in range(a, b, 4))
    return index, found
