"""A namespace while it is being expanded."""

from __future__ import annotations

from nsmgr.config.bodies import empty
from nsmgr.config.document import Checked
from nsmgr.config.phrases import value_message
from nsmgr.config.report import Path, Report, did_you_mean
from nsmgr.model.thing import sections
from nsmgr.plan.state import HOST, DesiredNetns
from nsmgr.text import ifname

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from nsmgr.model.namespace import HostModel, NamespaceModel
    from nsmgr.plan.state import DesiredLink


class Reference:
    """A link's attribute that names another link, to be checked when all links are known."""

    __slots__ = ("attribute", "link", "netns", "path", "target")

    def __init__(self, netns: str, link: str, attribute: str, target: str, path: Path) -> None:
        self.netns = netns
        self.link = link
        self.attribute = attribute
        self.target = target  # as in DesiredLink.attrs: bare, or netns/name
        self.path = path


class Space:
    """``bodies``: declared links by name, as written. ``lenient``: links that are not in the file may exist.

    ``sections``: of things, (link or "", section, what is written there, its place).
    """

    __slots__ = ("bodies", "faulty", "ignored", "lenient", "model", "names", "path", "sections", "state")

    def __init__(self, state: DesiredNetns, model: HostModel, path: Path, lenient: bool) -> None:
        self.state = state
        self.model = model
        self.path = path
        self.lenient = lenient
        self.bodies: dict[str, dict[Any, Any]] = {}
        self.names: set[str] = set()  # of all links: declared, far ends, lo
        self.sections: list[tuple[str, str, Any, Path]] = []
        self.ignored: dict[str, Any] = {}  # section → patterns of things that shall not be seen
        self.faulty: set[str] = set()  # links whose body is no mapping: reported already

    @property
    def name(self) -> str:
        return self.state.name


class Spaces:
    """All namespaces of a deployment, and what the expansion shares. ``ports``: links with options as a port."""

    __slots__ = ("by_name", "checked", "ports", "references", "report")

    def __init__(self, checked: Checked, report: Report) -> None:
        self.checked = checked
        self.report = report
        self.by_name: dict[str, Space] = {}
        self.references: list[Reference] = []
        self.ports: list[DesiredLink] = []

    def host(self) -> Space:
        """The host's space; it exists whether the document mentions it or not, and becomes part of the state when used."""
        if HOST not in self.by_name:
            state = DesiredNetns(HOST, "host", manage="declared", origin=(HOST,))
            self.by_name[HOST] = Space(state, empty("host"), (HOST,), lenient=True)
        return self.by_name[HOST]

    def find(self, netns: str) -> Space | None:
        """A namespace by name; None when it is not declared."""
        return self.host() if netns == HOST else self.by_name.get(netns)

    def undeclared(self, netns: str, path: Path) -> None:
        """Report a reference into a namespace that is not there."""
        hint = did_you_mean(netns, (*self.by_name, HOST), f"declare it: `namespaces: {{{netns}: {{}}}}`")
        self.report.error(path, f"namespace `{netns}` is not declared", hint, "dangling_reference")


def open_spaces(checked: Checked, report: Report) -> Spaces:
    """The spaces of all bodies with their source, manage, and the names of declared links."""
    spaces = Spaces(checked, report)
    for netns, path, model, things in checked.bodies:
        source, adopt = "create", False
        if netns == HOST:
            source = "host"
        else:
            namespace: Any = model  # NamespaceModel: only the host's body is not
            adopt = bool(namespace.adopt)
            source = _source(namespace, path, report)
        manage = model.manage or ("all" if source == "create" else "declared")
        state = DesiredNetns(netns, source, adopt, manage, origin=path)
        space = Space(state, model, path, lenient=adopt or source != "create" or manage == "declared")
        space.ignored = things.pop("ignore", {})
        for section, raw in things.items():
            space.sections.append(("", section, raw, (*path, section)))
        written = model.links or {}
        known = sections("link")
        for name, body in written.items():
            if type(body) is dict and not known.keys().isdisjoint(body):
                taken = {key: body[key] for key in body if key in known}
                body = {key: value for key, value in body.items() if key not in known}
                space.sections += [(name, section, raw, (*path, "links", name, section)) for section, raw in taken.items()]
            _link_body(space, name, body, report)
        written.clear()  # from here on in the space only, which lets go of each body when it is expanded
        if source == "create":
            space.names.add("lo")
        space.names.update(space.bodies)
        spaces.by_name[netns] = space
    return spaces


def _link_body(space: Space, name: Any, body: Any, report: Report) -> None:
    if type(name) is not str:
        report.error((*space.path, "links", name), f"key `{name}` is not text", f"quote it: `'{name}'`", at="key")
        return
    try:
        ifname(name)
    except ValueError as error:
        report.error((*space.path, "links", name), *value_message(name, str(error)), at="key")
        return
    if body is not None and type(body) is not dict:
        kind = (
            f"write `{name}: {{addresses: [{body}]}}`" if isinstance(body, str) and "/" in body else f"write `{name}: {{kind: …}}`"
        )
        report.error((*space.path, "links", name), f"the body of link `{name}` is not a mapping", kind)
        body = None
        space.faulty.add(name)
    space.bodies[name] = body or {}


def _source(model: NamespaceModel, path: Path, report: Report) -> str:
    origin = model.from_
    if origin is None:
        return "create"
    if (origin.pid is None) == (origin.path is None):
        report.error((*path, "from"), "`from` needs exactly one of `pid` and `path`", "for example `from: {pid: 4242}`")
    if model.adopt:
        report.error(
            (*path, "adopt"), "`adopt` and `from` exclude each other", "`from` names a namespace that exists: remove `adopt`"
        )
    return f"pid:{origin.pid}" if origin.pid is not None else f"path:{origin.path}"
