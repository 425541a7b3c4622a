"""Things of the in-memory kernel: kept as they are told, by the facts of their types; but next hops take their routes along."""

from __future__ import annotations

import errno
from collections.abc import Collection

from nsmgr.kernel.fake_state import Device, Netns, Thinglike, refuse
from nsmgr.model.attr import UNSET
from nsmgr.model.thing import facts, renamed_key, thing_type
from nsmgr.plan.plan import Step, Verb
from nsmgr.plan.state import PROTO_NSMGR, Thing
from nsmgr.record import replace


def carry_out(netns: Netns, step: Step) -> None:
    """THING_ADD (EEXIST unless it may replace), THING_SET, THING_DEL; a link or thing that it needs must be there."""
    thing: Thing = step.obj
    device = netns.device(step.index) if thing.link else None
    held = find(netns, thing.id)
    cls = thing_type(thing.type)
    if step.verb is Verb.THING_DEL:
        if held is None:
            refuse(cls.GONE[0] if cls.GONE else errno.ENOENT)
        if cls.STRICT and any(held.thing.id in _shown(other).after for other in netns.things):
            refuse(errno.EBUSY)
        drop(netns, [held])
        return
    if any(find(netns, other) is None for other in (*thing.on, *thing.after)):
        refuse(errno.ENOENT)
    if cls.RUNNING and device is not None and not _running(device):
        refuse(errno.ENETDOWN, f"Carrier for {thing.type} device is down")
    if step.verb is Verb.THING_SET and held is None:
        refuse(errno.ENOENT)
    if step.verb is Verb.THING_ADD and held is not None and not step.args.get("replace"):
        refuse(errno.EEXIST)
    rows = facts(thing.type, thing.attrs).rows()
    attrs = {name: row.default for name, row in rows.items() if row.default not in (UNSET, None)}
    if "proto" in cls.rows():
        attrs["proto"] = PROTO_NSMGR
    attrs |= held.thing.attrs if held is not None and not facts(thing.type, thing.attrs).WHOLE else {}
    made = replace(thing, attrs={**attrs, **thing.attrs}, origin=())
    if held is None:
        netns.things.append(Thinglike(made, device))
    else:
        held.thing, held.device = made, device


def _running(device: Device) -> bool:
    """netif_carrier_ok, as far as it is modelled: of a pair both ends are up."""
    far = device.refs.get("peer")
    return device.up and (far is None or far.up)


def find(netns: Netns, key: tuple[str, str]) -> Thinglike | None:
    return next((held for held in netns.things if _shown(held).id == key), None)


def drop(netns: Netns, gone: Collection[Thinglike]) -> None:
    """Take them away, and what lives on them."""
    doomed = list(gone)
    for held in doomed:  # grows while it is walked
        key = _shown(held).id
        doomed += [other for other in netns.things if key in _shown(other).on and other not in doomed]
    netns.things = [held for held in netns.things if held not in doomed]
    gone_ids = {held.thing.key for held in doomed if held.thing.type == "nexthop"}
    if gone_ids:  # remove_nexthop: the routes by it go
        netns.drop_entries(lambda entry: str(entry.route.attrs.get("nhid", "")) in gone_ids)


def happened(device: Device, what: str) -> None:
    """Something befell a link (see ThingType.LOST), or with "removed" the link itself went."""
    if device.home.things:
        gone = [
            held
            for held in device.home.things
            if held.device is device and (what == "removed" or what in thing_type(held.thing.type).LOST)
        ]
        drop(device.home, gone)


def show(netns: Netns, types: Collection[str]) -> dict[tuple[str, str], Thing]:
    """Copies of those of these types."""
    shown = [_shown(held) for held in netns.things if held.thing.type in types]
    return {thing.id: thing for thing in shown}


def _shown(held: Thinglike) -> Thing:
    """As a dump has it: the link's name is the one it has now."""
    thing, device = held.thing, held.device
    if device is None or device.name == thing.link:
        return replace(thing, attrs=dict(thing.attrs))
    now = device.name

    def renamed(name: str) -> str:
        return now if name == thing.link else name

    on, after = (tuple([(kind, renamed_key(key, renamed)) for kind, key in ids]) for ids in (thing.on, thing.after))
    return replace(thing, attrs=dict(thing.attrs), link=now, key=renamed_key(thing.key, renamed), on=on, after=after)
