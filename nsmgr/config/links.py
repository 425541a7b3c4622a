"""Link bodies → DesiredLink: defaults, the kind's model, canonical attributes, references, addresses, sysctls."""

from __future__ import annotations

from nsmgr.config.addresses import Addresses
from nsmgr.config.pairs import End, Pairs
from nsmgr.config.phrases import show
from nsmgr.config.report import Path
from nsmgr.config.space import Reference, Space, Spaces
from nsmgr.model import sysctl
from nsmgr.model.attr import Value
from nsmgr.model.kind import kind as kind_facts
from nsmgr.plan.state import DesiredLink

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_QUEUES = ("tx_queues", "rx_queues")


class _Kind:
    """What the expansion needs of a kind, gathered once. ``rows``: key → whether it names a link."""

    __slots__ = ("birth", "defaults", "name", "rows", "shape", "short")

    def __init__(self, name: str, defaults: dict[str, Any]) -> None:
        facts = kind_facts(name)
        self.name = name
        self.shape = facts.SHAPE
        self.rows = {key: row.ref for key, row in facts.rows().items()}
        self.defaults = defaults
        self.birth: Mapping[str, Value] = facts.BIRTH
        self.short = facts.SHORT


class Links:
    """Expands the links of all namespaces; one instance per document."""

    def __init__(self, spaces: Spaces, pairs: Pairs) -> None:
        self.spaces = spaces
        self.report = spaces.report
        self.pairs = pairs
        self.kinds: dict[str, _Kind] = {}
        self.addresses = Addresses(spaces.report)
        self.shared: dict[End, dict[str, Any]] = {}

    def expand(self) -> None:
        """Put the links into the namespaces' states: the declared in file order, then far ends that have no body."""
        self.shared = self._pair_rows()
        for space in list(self.spaces.by_name.values()):
            links = space.state.links
            base = (*space.path, "links")
            self.addresses.begin()
            if space.state.source == "create" and "lo" not in space.bodies:
                self._add(space, "lo", "lo", {}, space.path)  # lo always exists, and is up unless told otherwise
            for name, body in space.bodies.items():
                kind = self.pairs.kinds[space.name, name]
                if kind != "?":
                    self._add(space, name, kind, body, (*base, name))
                space.bodies[name] = {}  # not looked at again
            if len(links) > 1:
                self._unique_names(space)
        for (netns, name), origin in self.pairs.born.items():
            self._add(self.spaces.by_name[netns], name, self.pairs.kinds[netns, name], {}, origin)
        self._pairs_agree()

    def _pair_rows(self) -> dict[End, dict[str, Any]]:
        """What is one thing for both ends of a pair and written at one: end → what the other end's body says of it."""
        found: dict[End, dict[str, Any]] = {}
        for end, (netns, name) in self.pairs.peers.items():
            shared = kind_facts(self.pairs.kinds[end]).PAIR_ROWS if self.pairs.kinds[end] not in ("", "?") else ()
            if shared:
                body = self.spaces.by_name[netns].bodies.get(name, {})
                found[end] = {key: body[key] for key in body if key in shared}
        return found

    def _pairs_agree(self) -> None:
        for end in self.shared:
            mine = self.spaces.by_name[end[0]].state.links.get(end[1])
            netns, name = self.pairs.peers[end]
            theirs = self.spaces.by_name[netns].state.links.get(name)
            if mine is None or theirs is None or end > (netns, name):
                continue
            for key in sorted(kind_facts(mine.kind).PAIR_ROWS & mine.attrs.keys() & theirs.attrs.keys()):
                if mine.attrs[key] != theirs.attrs[key]:
                    words = (
                        f"the ends disagree: `{key}` is one thing for both, `{netns}/{name}` has {theirs.attrs[key]}, at {{other}}"
                    )
                    other = (*theirs.origin, key)
                    self.report.error((*mine.origin, key), words, f"write `{key}` at one end", "conflict", other=other)

    def kind(self, name: str) -> _Kind:
        """The gathered facts of a kind; "" is a link that exists already."""
        found = self.kinds.get(name)
        if found is None:
            general: dict[str, Any] = {} if name == "lo" else self.spaces.checked.link_defaults
            defaults = _merged(general, self.spaces.checked.kind_defaults.get(name, {}))
            found = self.kinds[name] = _Kind(name, defaults)
        return found

    def _add(self, space: Space, name: str, kind_name: str, body: dict[Any, Any], path: Path) -> None:
        kind = self.kind(kind_name)
        if self.shared and (told := self.shared.get((space.name, name))):
            body = {**told, **body}
        if kind.defaults:
            body = _merged(kind.defaults, body)
        model: Any = kind.shape.accept(body) if kind.shape is not None else None
        if model is None:
            model = self._judged(kind_name, body, path)
        if model is None:
            self._check_rest(space, name, kind, body, path)
            return
        for field, message, hint in model.problems(name):
            if field and self.report.has((*path, field)):
                continue
            if message.startswith("is "):
                message = f"`{field}` {message}"
            self.report.error((*path, field) if field else path, message, hint, at="value" if field in body else "key")
        state = self._desired(space, name, kind, model, body, path)
        space.state.links[name] = state

    def _judged(self, kind: str, body: dict[Any, Any], path: Path) -> Any:
        """The pydantic model of a body that is not surely valid, or None with the faults reported."""
        from nsmgr.config.translate import validate_link

        return validate_link(kind, body, path, self.report)

    def _check_rest(self, space: Space, name: str, kind: _Kind, body: dict[Any, Any], path: Path) -> None:
        """What can still be judged of a body with faults, so that all of its problems come at once."""
        for key, ref in kind.rows.items():
            if ref and isinstance(body.get(key), str) and not self.report.has((*path, key)):
                self._reference(space, name, key, body[key], (*path, key))
        if isinstance(body.get("addresses"), list):
            self.addresses.expand(DesiredLink(space.name, name, kind.name), body["addresses"], (*path, "addresses"))
        sysctls = body.get("sysctls")
        if isinstance(sysctls, dict):
            self._sysctls(name, {key: value for key, value in sysctls.items() if isinstance(key, str)}, (*path, "sysctls"))

    def _desired(self, space: Space, name: str, kind: _Kind, model: Any, body: dict[Any, Any], path: Path) -> DesiredLink:
        values = model.__dict__
        attrs: dict[str, Value] = {"state": model.state}
        birth = kind.birth  # shared, until one differs
        rows = kind.rows
        for key in body:
            if key not in rows:
                continue
            value = values[key]
            if value is None:
                if key == "controller":
                    attrs[key] = None
                continue
            if key == "underlay":
                value = self._underlay(space, name, value, (*path, key))
            elif rows[key]:
                value = self._reference(space, name, key, value, (*path, key))
            elif type(value) is list:
                value = tuple(value)
            attrs[key] = value
            if key in birth:
                birth = _without(birth, key)
        for key, names in kind.short.items():
            if (value := values[key]) is not None:
                for row in names:
                    if attrs.get(row) is None:
                        attrs[row] = value
                        birth = _without(birth, row)
        if model.queues is not None:
            for key in _QUEUES:
                birth = _without(birth, key)
                if model.queues != "kernel" and attrs.get(key) is None:
                    attrs[key] = model.queues
        link = DesiredLink(space.name, name, kind.name, attrs, birth, origin=path)
        peer = self.pairs.peers.get((space.name, name))
        if peer is not None:
            attrs["peer"] = "/".join(peer)
        if model.altnames is not None:
            link.altnames = self._altnames(model.altnames, (*path, "altnames"))
        if model.addresses:
            self.addresses.expand(link, model.addresses, (*path, "addresses"))
        if model.sysctls:
            link.sysctls = self._sysctls(name, model.sysctls, (*path, "sysctls"))
        if model.port_options:
            from nsmgr.config import ports

            ports.expand(self.spaces, space, link, model.port_options, (*path, "port_options"), self.pairs.kinds)
        if "match" in values and "match" not in rows:
            link.match = _match(values["match"])
        return link

    def _reference(self, space: Space, name: str, attribute: str, value: Any, path: Path) -> Any:
        """Canonical text of a reference: bare in the link's own namespace."""
        if not isinstance(value, str):
            return tuple(self._reference(space, name, attribute, item, (*path, i)) for i, item in enumerate(value))
        netns, slash, target = value.rpartition("/")
        if slash and netns == space.name:
            value = target
        self.spaces.references.append(Reference(space.name, name, attribute, value, path))
        return value

    def _underlay(self, space: Space, name: str, value: str, path: Path) -> str:
        """A namespace, judged by its ``lo``, which it has surely; "" is the link's own, as the kernel tells it."""
        if value in ("", space.name):
            return ""
        self.spaces.references.append(Reference(space.name, name, "underlay", f"{value}/lo", path))
        return value

    def _altnames(self, names: list[str], path: Path) -> tuple[str, ...]:
        for position, name in enumerate(names):
            if any(c in "/:" or c.isspace() for c in name) or name in (".", ".."):  # dev_valid_name, with 127 bytes
                self.report.error((*path, position), f"{show(name)} is not a name for a link", "no '/', ':' or white space")
        return tuple(names)

    def _sysctls(self, link: str, raw: Mapping[str, Any], path: Path) -> dict[str, str]:
        found: dict[str, str] = {}
        for key, value in raw.items():
            try:
                full = sysctl.link_key(key, link)
            except sysctl.SysctlError as error:
                self.report.error((*path, key), str(error), error.hint, at="key")
                continue
            try:
                found[full] = sysctl.value(value)
            except sysctl.SysctlError as error:
                self.report.error((*path, key), str(error), error.hint)
        return found

    def _unique_names(self, space: Space) -> None:
        """Names and alternative names of a namespace are one set (dev_get_by_name finds both): EEXIST."""
        taken: dict[str, Path] = {}
        for name, link in space.state.links.items():
            for position, alternative in enumerate(link.altnames or ()):
                path = (*link.origin, "altnames", position)
                other = (*space.path, "links", alternative) if alternative in space.bodies else taken.get(alternative)
                if other is not None or alternative == name:
                    words = f"the name `{alternative}` is taken in this namespace, at {{other}}"
                    self.report.error(
                        path, words, "links and alternative names share one set", "conflict", other=other or link.origin
                    )
                taken[alternative] = path


def _merged(defaults: dict[str, Any], body: dict[Any, Any]) -> dict[Any, Any]:
    """The link's own keys win; sysctls merge key by key."""
    if not defaults:
        return body
    merged = {**defaults, **body}
    if isinstance(body.get("sysctls"), dict) and isinstance(defaults.get("sysctls"), dict):
        merged["sysctls"] = {**defaults["sysctls"], **body["sysctls"]}
    return merged


def _without(attributes: Mapping[str, Value], name: str) -> Mapping[str, Value]:
    return {key: value for key, value in attributes.items() if key != name}


def _match(value: Any) -> dict[str, str]:
    """What a physical link is recognised by; the body's mapping or its model."""
    entries = value if isinstance(value, dict) else vars(value)
    return {key: str(text) for key, text in entries.items() if text is not None}
