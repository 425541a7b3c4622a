"""Sections of things (neighbours, next hops, qdiscs …): bodies at links and at namespaces → plan.state.Thing."""

from __future__ import annotations

import os

from nsmgr.config.phrases import show, value_message
from nsmgr.config.report import Path, Report, best, did_you_mean
from nsmgr.config.space import Space, Spaces
from nsmgr.model.thing import Misplaced, Part, ThingType, facts, kinds_of, sections, thing_type
from nsmgr.plan.state import Thing
from nsmgr.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from nsmgr.model.attr import Value


def expand(space: Space, spaces: Spaces, report: Report) -> None:
    """Put the namespace's things into its state: its own, then its links'."""
    if space.ignored:
        space.state.ignore = replace(space.state.ignore, things=_ignored(space, report))
    if not space.sections:
        return
    types: set[str] = set()
    for link, section, raw, path in space.sections:
        cls = thing_type(sections("link" if link else "namespace")[section])
        types.update((cls.TYPE, *cls.ALSO))
        if raw is None:
            continue
        if cls.GATHERED:
            _gather(space, cls, link, raw, path, report)
            continue
        for entry, place in _entries(cls, cls.FORM, raw, path, report):
            for part in _parts(space, cls, link, entry, place, report) or ():
                _add(space, link, part, (*place, *part.path), report)
    _look_up(space, spaces, report)
    space.state.types = frozenset(types)
    _check_references(space, report)


def _ignored(space: Space, report: Report) -> dict[str, tuple[Mapping[str, str], ...]]:
    """``ignore: {neighbors: [{link: eth0}]}``: type → patterns over the attributes' text, for all types of the section."""
    found: dict[str, tuple[Mapping[str, str], ...]] = {}
    for section, raw in space.ignored.items():
        cls = thing_type({**sections("namespace"), **sections("link")}[section])
        known = ["link", *cls.rows()]
        path = (*space.path, "ignore", section)
        if not isinstance(raw, list) or not all(isinstance(entry, dict) and entry for entry in raw):
            report.error(path, "expected a list of patterns", f"for example `{section}: [{{{known[-1]}: '*'}}]`")
            continue
        for position, entry in enumerate(raw):
            for key in entry:
                if key not in known:
                    hint = did_you_mean(key, known, f"known keys: {', '.join(known)}")
                    report.error((*path, position, key), f"unknown key `{key}`", hint, "unknown_key", at="key")
        patterns = tuple({str(key): str(value) for key, value in entry.items()} for entry in raw)
        found |= dict.fromkeys((cls.TYPE, *cls.ALSO), patterns)
    return found


def _entries(cls: type[ThingType], form: str, raw: Any, path: Path, report: Report) -> Iterator[tuple[Any, Path]]:
    """The bodies of a section, each with its place."""
    if form == "some":
        form = "list" if isinstance(raw, list) else "one"
    match form:
        case "one":
            body = raw if isinstance(raw, dict) else _short(cls, raw, path, report)
            if body is not None:
                yield body, path
        case "mapping":
            if not isinstance(raw, dict):
                report.error(path, f"expected a mapping, not {show(raw)}", f"`nsmgr explain {cls.SECTION}` shows the keys")
                return
            for key, body in raw.items():
                if body is not None and not isinstance(body, dict):
                    body = _short(cls, body, (*path, key), report)
                    if body is None:
                        continue
                body = body or {}
                if cls.KEY and cls.KEY in body:
                    report.error((*path, key, cls.KEY), f"`{cls.KEY}` is the key already", f"remove `{cls.KEY}`")
                    continue
                yield {cls.KEY: key, **body} if cls.KEY else body, (*path, key)
        case _:
            if not isinstance(raw, list):
                report.error(path, f"expected a list, not {show(raw)}", f"`nsmgr explain {cls.SECTION}` shows the keys of an entry")
                return
            for position, body in enumerate(raw):
                if not isinstance(body, dict):
                    body = _short(cls, body, (*path, position), report)
                    if body is None:
                        continue
                yield body, (*path, position)


def _short(cls: type[ThingType], value: Any, path: Path, report: Report) -> dict[str, Any] | None:
    """The body that plain text stands for."""
    try:
        found = cls.short(str(value)) if isinstance(value, (str, int)) and not isinstance(value, bool) else None
    except ValueError as error:
        report.error(path, *value_message(value, str(error)))
        return None
    if found is None:
        report.error(path, f"expected a mapping, not {show(value)}", f"`nsmgr explain {cls.SECTION}` shows the keys")
    return found


def _gather(space: Space, cls: type[ThingType], link: str, raw: Any, path: Path, report: Report) -> None:
    """One thing of all bodies of a section."""
    found: list[Part] = []
    faulty = not isinstance(raw, list)
    for entry, place in _entries(cls, cls.FORM, raw, path, report):
        parts = _parts(space, cls, link, entry, place, report)
        faulty |= parts is None
        found += [replace(part, path=(*place[len(path) :], *part.path)) for part in parts or ()]
    if faulty or len(found) < len(raw):
        return  # reported already
    kind = space.state.links[link].kind if link in space.state.links else ""
    try:
        _add(space, link, cls.gathered(link, kind, found), path, report)
    except Misplaced as error:
        report.error((*path, *error.path), str(error), error.hint)


def _parts(space: Space, cls: type[ThingType], link: str, body: Any, path: Path, report: Report) -> list[Part] | None:
    """What a body describes; None with the reason reported."""
    if cls.FILES and isinstance(body, dict):
        read = _with_files(cls, body, path, report)
        if read is None:
            return None
        body = read
    model = _validated(cls, body, path, report)
    if model is None:
        return None
    there = space.state.links.get(link)
    kind = there.kind if there is not None else ""
    faults = model.problems(link, kind)
    if kind and cls.KINDS and kind not in cls.KINDS:
        faults.append(("", f"`{cls.SECTION}` needs a link of kind {' or '.join(cls.KINDS)}; `{link}` is a {kind}", ""))
    if kind and there is not None:
        faults += [
            ("", f"a {cls.TYPE} needs a link with `{name}: {show(value).strip('`')}`, which `{link}` is not", "")
            for name, value in cls.NEEDS.items()
            if there.attrs.get(name) != value
        ]
    faults = faults or model.misfits(link, lambda name: _declared(space, name))
    for field, message, hint in faults:
        report.error((*path, *_steps(body, field)), message, hint)
    if faults:
        return None
    try:
        found: list[Part] = model.parts(link)
    except ValueError as error:
        report.error(path, str(error))
        return None
    return found


def _add(space: Space, link: str, part: Part, path: Path, report: Report) -> None:
    for row in thing_type(part.type).SECRETS:
        if str(part.attrs.get(row, "")).startswith("file:"):
            part.attrs[row] = f"file:{_beside(str(part.attrs[row])[5:], path, report)}"
    thing = Thing(part.type, part.key, link or part.link, part.attrs, part.on, part.after, path)
    first = space.state.things.setdefault(thing.id, thing)
    if first is not thing:
        report.error(path, f"{thing.type} {thing.key} stands at {{other}} already", "remove one", "duplicate", other=first.origin)


def _beside(name: str, path: Path, report: Report) -> str:
    """A file's name as seen from the file that names it, absolute: whoever needs it may be elsewhere."""
    sources = [source for source in report.sources if os.path.dirname(source.file)]
    if os.path.isabs(name) or not sources:
        return os.path.abspath(name)
    source, _ = best(report.sources, path)
    return os.path.abspath(os.path.join(os.path.dirname(source.file), name))


def _look_up(space: Space, spaces: Spaces, report: Report) -> None:
    """Values ``@netns/link:port``, with ``/ipv6`` for one family: the first declared address of that link takes their place."""
    for thing in space.state.things.values():
        for row in thing_type(thing.type).ADDRESS_OF:
            value = thing.attrs.get(row)
            if not isinstance(value, str) or not value.startswith("@"):
                continue
            target, _, rest = value[1:].rpartition(":")
            port, _, family = rest.partition("/")
            netns, _, name = target.rpartition("/")
            path = (*thing.origin, row)
            other = spaces.find(netns) if netns else space
            link = other.state.links.get(name) if other is not None else None
            if link is None:
                report.error(path, f"`{row}` names the link `{target}`, which is not declared", "", "dangling_reference")
                continue
            found = [text.split("/")[0].split(" ")[0] for text in link.addresses]
            fitting = [text for text in found if not family or (":" in text) == (family == "ipv6")]
            if not fitting:
                report.error(
                    path, f"the link `{target}` has no {family or 'declared'} address", "give it one, or write the address"
                )
                continue
            address = f"[{fitting[0]}]" if ":" in fitting[0] else fitting[0]
            thing.attrs = {**thing.attrs, row: f"{address}:{port}"}


def _with_files(cls: type[ThingType], body: dict[str, Any], path: Path, report: Report) -> dict[str, Any] | None:
    """The body with the texts of the files it names; None with the reason reported."""
    for field, target in cls.FILES.items():
        name = body.get(field)
        if not isinstance(name, str):
            continue
        if body.get(target) is not None:
            report.error((*path, field), f"`{field}` and `{target}` exclude each other", "keep one of them")
            return None
        if report.attach is None:
            report.error((*path, field), "no files can be read here", f"write `{target}`")
            return None
        text = report.attach(name, (*path, field))
        if text is None:
            return None
        body = {**body, target: text}
    return body


def _declared(space: Space, name: str) -> Mapping[str, Value]:
    link = space.state.links.get(name)
    return {**link.birth, **link.attrs} if link is not None else {}


def _steps(body: Any, field: str) -> Iterator[str | int]:
    """The path that ``filters.0.flowid`` means in a body."""
    for step in field.split(".") if field else ():
        if isinstance(body, list):
            body = body[int(step)]
            yield int(step)
        else:
            body = body.get(step) if isinstance(body, dict) else None
            yield step


def _validated(cls: type[ThingType], body: Any, path: Path, report: Report) -> Any:
    """The model of a body, those of the bodies in it in their places; None when something is wrong."""
    kinds = kinds_of(cls.TYPE)
    if kinds and isinstance(body, dict):
        kind = body.get("kind")
        if kind not in kinds:
            words = f"`{kind}` is no kind of {cls.TYPE} that nsmgr knows" if "kind" in body else "`kind` is missing"
            hint = did_you_mean(str(kind), kinds, f"kinds: {', '.join(kinds)}")
            report.error((*path, "kind") if "kind" in body else path, words, hint)
            return None
        cls = cls.of(kind)
    for field, name, form in cls.NESTED:
        if not isinstance(body, dict) or body.get(field) is None:
            continue
        inner = thing_type(name)
        entries = list(_entries(inner, form, body[field], (*path, field), report))
        found = [(place, _validated(inner, entry, place, report)) for entry, place in entries]
        if (not entries and body[field]) or any(model is None for _, model in found):
            return None
        models = {place[-1]: model for place, model in found} if form == "mapping" else [model for _, model in found]
        body = {**body, field: models[0] if form == "one" else models}
    if cls.SHAPE is not None and (accepted := cls.SHAPE.accept(body)) is not None:
        return accepted
    from nsmgr.config.translate import validate
    from nsmgr.model.things import thing_class

    return validate(thing_class(f"{cls.TYPE}.{cls.KIND}" if cls.KIND else cls.TYPE), body, path, report)


def _check_references(space: Space, report: Report) -> None:
    """Links that things name must be declared where everything is; a thing's ``after`` must be there where nobody else makes it."""
    for thing in space.state.things.values():
        rows = facts(thing.type, thing.attrs).rows()
        for kind, key in (*thing.on, *thing.after):
            if (kind, key) not in space.state.things and not space.lenient:
                known = [other for name, other in space.state.things if name == kind]
                hint = did_you_mean(key, known, "declare it in the same namespace")
                report.error(
                    thing.origin, f"{kind} {key}, which {thing.type} {thing.key} needs, is not declared", hint, "dangling_reference"
                )
        for name, value in thing.attrs.items():
            row = rows.get(name)
            if row is None or not row.ref or value is None or space.lenient:
                continue
            for target in value if isinstance(value, tuple) else (value,):
                if target not in space.names:
                    words = f"`{name}` names the link `{target}`, which is not declared"
                    hint = did_you_mean(str(target), space.names, f"declare it under `links:` of `{space.name}`")
                    report.error((*thing.origin, name), words, hint, "dangling_reference")
