"""What a deployment was: a generation for each apply that changed something, the last ones kept.

``/run/nsmgr/NAME.0007.generation``, one JSON document: the texts of the configuration that was applied, and the way back to what
was there before. `nsmgr rollback` takes the way back of the latest; `--to N` applies the texts of an earlier one again. Like
everything in that directory it is gone after a reboot, as is the state it speaks of.
"""

from __future__ import annotations

import time

from nsmgr import jsontext
from nsmgr.errors import StateError
from nsmgr.journal import decode_undo, encode_undo
from nsmgr.model.thing import thing_type
from nsmgr.plan.state import DesiredState
from nsmgr.plan.undo import Told, Undo
from nsmgr.record import Record, field
from nsmgr.store import Store, boot_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

VERSION = 1
MARK = "nsmgr_generation"
SUFFIX = "generation"
KEPT = 10


class Generation(Record):
    """number: counts up; when: seconds since the epoch; files: as given; texts: file → text of every file that was read.

    undo: the way back to what was there before it. told: what its configuration says and the kernel does not, see :func:`told`.
    """

    number: int
    when: float
    files: list[str]
    texts: dict[str, str]
    undo: Undo
    told: list[list[Any]] = field(default_factory=list)


def keep(store: Store, desired: DesiredState, undo: Undo) -> int:
    """Write a generation down; the oldest beyond :data:`KEPT` go. Returns its number."""
    kept = numbers(store, desired.name)
    number = (kept[-1] if kept else 0) + 1
    texts = {str(getattr(source, "file", "")): str(getattr(source, "text", "")) for source in desired.sources}
    texts |= desired.attached
    document = {
        MARK: VERSION,
        "number": number,
        "boot": boot_id(),
        "when": time.time(),
        "files": [*desired.files],
        "texts": texts,
        "undo": encode_undo(undo),
        "told": _told(desired),
    }
    store.write_private(desired.name, f"{number:04}.{SUFFIX}", jsontext.dumps(document).encode())
    for old in [*kept, number][:-KEPT]:
        drop(store, desired.name, old)
    return number


def _told(desired: DesiredState) -> list[list[Any]]:
    """What :class:`Told` has, as JSON: ["sysctls", namespace, link or "", keys], ["types", namespace, "", types],
    ["things", namespace, type, keys], ["settings", namespace, type, key, rows], ["keys", namespace, type, key, attributes]."""
    found: list[list[Any]] = []
    for netns in desired.namespaces.values():
        for name, keys in (("", netns.sysctls), *((link.name, link.sysctls) for link in netns.links.values())):
            if keys:
                found.append(["sysctls", netns.name, name, [*keys]])
        things: dict[str, list[str]] = {}
        if netns.types:
            found.append(["types", netns.name, "", sorted(netns.types)])
        for thing in netns.things.values() if netns.types else ():
            rows = thing_type(thing.type).SECRETS
            if not thing_type(thing.type).SETTINGS:
                things.setdefault(thing.type, []).append(thing.key)
            else:
                found.append(["settings", netns.name, thing.type, thing.key, [*thing.attrs]])
            attrs = {row: thing.attrs[row] for pair in rows.items() for row in (pair[0], pair[1][0]) if row in thing.attrs}
            if attrs:
                attrs |= {"public_key": thing.attrs["public_key"]} if "public_key" in thing.attrs else {}
                found.append(["keys", netns.name, thing.type, thing.key, attrs])
        found += [["things", netns.name, type_, keys] for type_, keys in things.items()]
    return found


def told(store: Store, name: str) -> Told:
    """What the configuration says of what is there. Secrets whose place holds another key by now are not in it."""
    from nsmgr import secret

    found = Told()
    generation = latest(store, name)
    for what, netns, *rest in generation.told if generation is not None else ():
        if what == "sysctls":
            found.sysctls.setdefault(netns, {})[rest[0]] = rest[1]
            continue
        if what == "types":
            found.types[netns] = rest[1]
            continue
        if what == "things":
            found.things.update((netns, rest[0], key) for key in rest[1])
            continue
        type_, key, attrs = rest
        if what == "settings":
            found.settings[netns, type_, key] = attrs
            continue
        for row, (shown, form) in thing_type(type_).SECRETS.items():
            if row in attrs and secret.still(str(attrs[row]), form, attrs, shown):
                found.keys.setdefault((netns, type_, key), {})[row] = str(attrs[row])
    return found


def generations(store: Store, name: str) -> list[Generation]:
    """All that are kept, the oldest first. Raises StateError for a damaged one."""
    found = (_read(store, name, number) for number in numbers(store, name))
    return [generation for generation in found if generation is not None]


def latest(store: Store, name: str) -> Generation | None:
    """The one whose way back a rollback takes."""
    kept = numbers(store, name)
    return _read(store, name, kept[-1]) if kept else None


def drop(store: Store, name: str, number: int) -> None:
    """Forget one."""
    store.remove_private(name, f"{number:04}.{SUFFIX}")


def numbers(store: Store, name: str) -> list[int]:
    """Of the generations that are kept, the oldest first."""
    parts = (file.split(".") for file in store.private_files(f".{SUFFIX}"))
    return sorted(int(part[1]) for part in parts if len(part) == 3 and part[0] == name and part[1].isdecimal())


def _read(store: Store, name: str, number: int) -> Generation | None:
    raw = store.read_private(name, f"{number:04}.{SUFFIX}")
    if raw is None:
        return None
    try:
        data: Any = jsontext.loads(raw.decode())
        if (version := data.pop(MARK)) != VERSION:
            raise ValueError(f"version {version} is not {VERSION}")
        boot = data.pop("boot")
        valid = (
            type(boot) is str
            and type(data["number"]) is int
            and data["number"] == number
            and type(data["when"]) in (int, float)
            and type(data["files"]) is list
            and all(isinstance(file, str) for file in data["files"])
            and all(isinstance(text, str) for pair in data["texts"].items() for text in pair)
            and all(isinstance(entry, list) and len(entry) in (4, 5) for entry in data["told"])
        )
        if not valid:
            raise ValueError("a field has the wrong type")
        found = Generation(**{**data, "undo": decode_undo(data["undo"])})
        return found if boot == boot_id() else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        path = f"{store.directory}/{name}.{number:04}.{SUFFIX}"
        raise StateError(f"{path} is damaged: {error}", hint="look at it, then delete it; nothing was guessed") from error
