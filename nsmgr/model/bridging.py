"""Keys and canonical texts of what bridges hold, which models and codecs share. Pure, and imports nothing heavy."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from nsmgr.model.attr import Value

LIGHT = True  # nsmgr.model.generate may let the tables import this module
ZERO_MAC = "00:00:00:00:00:00"


def may_have_many(lladdr: str) -> bool:
    """Whether a vxlan's address may have several remotes: all zeros (for unknown ones) and groups (vxlan_fdb_update_existing)."""
    return lladdr == ZERO_MAC or bool(int(lladdr[:2], 16) & 1)


def fdb_key(attrs: Mapping[str, Value], link: str) -> str:
    """``02:00:00:00:00:05 vlan 10 dev p1``; the remote is part of it where there may be several."""
    lladdr = str(attrs["lladdr"])
    remote = ("dst", "port", "vni", "via") if may_have_many(lladdr) else ()
    words = [f"{name} {attrs[name]}" for name in ("vlan", "src_vni", *remote) if attrs.get(name) is not None]
    return " ".join([lladdr, *words, "dev", link] + (["self"] if attrs.get("self") else []))


# ----------------------------------------------------------------------------------------------------------------- VLANs

MAX_VLAN = 4094
# What a VLAN of a port has unless told, as in the texts of options.
VLAN_DEFAULTS: Mapping[str, str] = {
    "state": "forwarding",
    "mcast_router": "auto",
    "mcast_max_groups": "0",
    "neigh_suppress": "false",
}
# The same of VLANs of a bridge as a whole; durations in milliseconds (br_multicast_ctx_init).
GLOBAL_DEFAULTS: Mapping[str, str] = {
    "msti": "0",
    "mcast_snooping": "true",
    "mcast_querier": "false",
    "mcast_igmp_version": "2",
    "mcast_mld_version": "1",
    "mcast_last_member_count": "2",
    "mcast_startup_query_count": "2",
    "mcast_last_member_interval": "1000",
    "mcast_membership_interval": "260000",
    "mcast_querier_interval": "255000",
    "mcast_query_interval": "125000",
    "mcast_query_response_interval": "10000",
    "mcast_startup_query_interval": "31250",
}
INTERVALS = tuple(name for name in GLOBAL_DEFAULTS if name.endswith("_interval"))


def runs(values: Mapping[int, Any]) -> list[tuple[int, int, Any]]:
    """Neighbouring numbers of equal value, as (first, last, value), ascending."""
    found: list[tuple[int, int, Any]] = []
    for number in sorted(values):
        value = values[number]
        if found and found[-1][1] == number - 1 and found[-1][2] == value:
            found[-1] = (found[-1][0], number, value)
        else:
            found.append((number, number, value))
    return found


def joined(told: Iterable[tuple[int, int, Any]]) -> list[tuple[int, int, Any]]:
    """The same of runs in any order that do not overlap; without going through the numbers, of which there may be 4,094 a port."""
    found: list[tuple[int, int, Any]] = []
    for first, last, value in sorted(told):
        if found and found[-1][1] == first - 1 and found[-1][2] == value:
            found[-1] = (found[-1][0], last, value)
        else:
            found.append((first, last, value))
    return found


def run_texts(told: Iterable[tuple[int, int, str]]) -> tuple[str, ...]:
    """Canonically: ``1 pvid untagged``, ``20-29``, ``30-39 blocking``."""
    return tuple(f"{span(first, last)} {word}".rstrip() for first, last, word in told)


def texts(values: Mapping[int, str]) -> tuple[str, ...]:
    """The same of VLAN → word."""
    return run_texts(runs(values))


def tunnel_texts(told: Iterable[tuple[int, int, int]]) -> tuple[str, ...]:
    """Of (first VLAN, last VLAN, tunnel id of the first): ``10-19 10010``; the ids count up with the VLANs."""
    offsets = joined((first, last, tunnel - first) for first, last, tunnel in told)
    return tuple(f"{span(first, last)} {first + offset}" for first, last, offset in offsets)


def by_vlan(said: Iterable[str]) -> dict[int, str]:
    """The opposite of :func:`texts`."""
    found: dict[int, str] = {}
    for text in said:
        numbers, _, word = text.partition(" ")
        first, last = ends(numbers)
        found.update(dict.fromkeys(range(first, last + 1), word))
    return found


def tunnels_by_vlan(said: Iterable[str]) -> dict[int, int]:
    """The opposite of :func:`tunnel_texts`."""
    found: dict[int, int] = {}
    for text in said:
        numbers, _, tunnel = text.partition(" ")
        first, last = ends(numbers)
        found.update({vlan: int(tunnel) + vlan - first for vlan in range(first, last + 1)})
    return found


def span(first: int, last: int) -> str:
    return f"{first}-{last}" if last > first else str(first)


def ends(text: str) -> tuple[int, int]:
    """``20-29`` → (20, 29), ``10`` → (10, 10)."""
    first, dash, last = text.partition("-")
    return int(first), int(last if dash else first)


def vlan_range(value: Any) -> str:
    """10, ``10`` or ``20-29``, canonically. Raises ValueError."""
    text = str(value)
    first, dash, last = text.partition("-")
    if isinstance(value, bool) or not first.isdecimal() or not (last if dash else first).isdecimal():
        raise ValueError("not a VLAN (1 to 4094, or a range: 20-29)")
    low, high = ends(text)
    if not 1 <= low <= high <= MAX_VLAN:
        raise ValueError("VLANs are 1 to 4094, the lower end of a range first")
    return span(low, high)


def vlan_differences(desired: Mapping[str, Any], observed: Mapping[str, Any]) -> list[tuple[str, Value, Value]]:
    """Of two attributes of type ``vlans``: (name, observed, desired)."""
    found: list[tuple[str, Value, Value]] = []
    for name in ("vlans", "tunnels"):
        have = observed.get(name) or ()
        if desired.get(name, have) != have:
            found.append((name, have, desired[name]))
    return found + option_differences(desired, observed, VLAN_DEFAULTS)


def option_differences(
    desired: Mapping[str, Any], observed: Mapping[str, Any], defaults: Mapping[str, str], rounding: int = 0
) -> list[tuple[str, Value, Value]]:
    """Of options of VLANs those that are written and differ; intervals may be off by ``rounding`` milliseconds."""
    found: list[tuple[str, Value, Value]] = []
    for name, default in defaults.items():
        if said := desired.get(name):
            wanted, there = by_vlan(said), by_vlan(observed.get(name) or ())
            now = {vlan: there.get(vlan, default) for vlan in wanted}
            slack = rounding if name in INTERVALS else 0
            if now != wanted and (not slack or any(abs(int(now[vlan]) - int(word)) > slack for vlan, word in wanted.items())):
                found.append((name, texts(now), said))
    return found


def vlan_entries(attrs: Mapping[str, Any]) -> list[Any]:
    """What the document says for attributes of type ``vlans``: plain entries where there is nothing but membership."""
    members = by_vlan(attrs.get("vlans") or ())
    tunnels = tunnels_by_vlan(attrs.get("tunnels") or ())
    options = {name: by_vlan(attrs.get(name) or ()) for name in VLAN_DEFAULTS}
    told: dict[int, tuple[str, int | None, tuple[tuple[str, str], ...]]] = {
        vlan: (
            word,
            tunnels[vlan] - vlan if vlan in tunnels else None,
            tuple((name, values[vlan]) for name, values in options.items() if vlan in values),
        )
        for vlan, word in members.items()
    }
    return [_entry(first, last, *said) for first, last, said in runs(told)]


def option_entries(attrs: Mapping[str, Any], defaults: Mapping[str, str]) -> list[Any]:
    """What the document says for options of VLANs that are not the default."""
    told: dict[int, list[tuple[str, str]]] = {}
    for name in defaults:
        for vlan, word in by_vlan(attrs.get(name) or ()).items():
            told.setdefault(vlan, []).append((name, word))
    return [_entry(first, last, "", None, said) for first, last, said in runs(told)]


def _entry(first: int, last: int, word: str, offset: int | None, options: Sequence[tuple[str, str]]) -> Any:
    numbers = span(first, last) if last > first else first
    if offset is None and not options:
        return f"{numbers} {word}" if word else numbers
    entry: dict[str, Any] = {"id": numbers, **dict.fromkeys(word.split(), True)}
    if offset is not None:
        entry["tunnel"] = first + offset
    for name, value in options:
        entry[name] = int(value) if value.isdecimal() else value == "true" if value in ("true", "false") else value
    return entry


# --------------------------------------------------------------------------------------------------------------- groups


def mdb_key(attrs: Mapping[str, Value], link: str) -> str:
    """``239.1.1.1 vlan 10 dev p1``."""
    words = [f"{name} {attrs[name]}" for name in ("source", "vlan") if attrs.get(name) is not None]
    return " ".join([str(attrs["group"]), *words, "dev", link])
