"""A checked document → DesiredState: every inference made, every reference resolved, every value canonical."""

from __future__ import annotations

from nsmgr.config import graph, pairs, things
from nsmgr.config.document import Checked
from nsmgr.config.links import Links
from nsmgr.config.report import Path, Report, did_you_mean
from nsmgr.config.routes import expand_routes, expand_rules
from nsmgr.config.space import Space, open_spaces
from nsmgr.model import sysctl
from nsmgr.model.words import PROTOCOLS, TABLES
from nsmgr.plan.state import DesiredNetns, Ignore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from nsmgr.model.namespace import IgnoreModel

_IGNORE_KEYS: Mapping[str, tuple[str, ...]] = {
    "addresses": ("link", "address", "label", "scope", "proto"),
    "routes": ("to", "table", "metric", "tos", "type", "scope", "proto", "via", "dev", "prefsrc"),
    "rules": (
        "priority", "family", "from", "to", "iif", "oif", "fwmark", "fwmask", "tos", "table", "type", "goto", "invert",
        "suppress_prefixlength", "suppress_ifgroup", "ipproto", "sport", "sport_mask", "dport", "dport_mask", "dscp", "dscp_mask",
        "flowlabel", "flowlabel_mask", "tun_id", "realms", "uidrange", "l3mdev", "proto",
    ),
}  # fmt: skip


def expand(checked: Checked, report: Report) -> dict[str, DesiredNetns]:
    """The namespaces of a document. Problems go into the report; the result is complete only if there are none."""
    spaces = open_spaces(checked, report)
    found = pairs.resolve(spaces)
    links = Links(spaces, found)
    links.expand()
    graph.check(spaces, links)
    for space in spaces.by_name.values():
        if space.model.sysctls:
            _sysctls(space, space.model.sysctls, report)
        if space.model.ignore is not None:
            space.state.ignore = _ignore(space.model.ignore, (*space.path, "ignore"), report)
        things.expand(space, spaces, report)
        expand_routes(space, report)
        expand_rules(space, report)
    return {name: space.state for name, space in spaces.by_name.items()}


def _sysctls(space: Space, raw: Mapping[Any, Any], report: Report) -> None:
    """Keys of a declared link go to that link, so that they are written when it exists and not before."""
    state = space.state
    origins: dict[str, Path] = {}
    for key, value in raw.items():
        path = (*space.path, "sysctls", key)
        if type(key) is not str:
            report.error(path, f"key `{key}` is not text", f"quote it: `'{key}'`", at="key")
            continue
        try:
            full, link = sysctl.namespace_key(key, space.names)
        except sysctl.SysctlError as error:
            report.error(path, str(error), error.hint, "sysctl", at="key")
            continue
        try:
            text = sysctl.value(value)
        except sysctl.SysctlError as error:
            report.error(path, str(error), error.hint, "sysctl")
            continue
        owner = state.links.get(link)
        if (state.sysctls if owner is None else owner.sysctls).get(full, text) != text:
            other = origins.get(full, (*space.path, "links", link, "sysctls"))
            report.error(path, f"`{full}` has another value at {{other}}", "write it once", "conflict", other=other)
        if owner is None:
            state.sysctls[full] = text
        else:
            owner.sysctls = {**owner.sysctls, full: text}
        origins[full] = path
        device = sysctl.device(full)
        if device and not link and device not in ("all", "default") and not space.lenient:
            hint = did_you_mean(device, space.names, "a name with dots is written with slashes: `net/ipv4/conf/eth0.5/rp_filter`")
            report.warning(path, f"the link `{device}` is not declared", hint, "dangling_reference")


def _ignore(model: IgnoreModel, path: Path, report: Report) -> Ignore:
    def entries(name: str) -> tuple[Mapping[str, str], ...]:
        return tuple(
            _pattern(name, entry, (*path, name, position), report) for position, entry in enumerate(getattr(model, name) or ())
        )

    return Ignore(tuple(model.links or ()), entries("addresses"), entries("routes"), entries("rules"))


def _pattern(kind: str, entry: Mapping[str, str | int | bool], path: Path, report: Report) -> Mapping[str, str]:
    """Attribute → pattern over the canonical value's text: names of protocols and tables become their numbers."""
    found: dict[str, str] = {}
    for key, value in entry.items():
        name = "proto" if key == "protocol" else key
        if name not in _IGNORE_KEYS[kind]:
            hint = did_you_mean(key, _IGNORE_KEYS[kind], f"known keys: {', '.join(_IGNORE_KEYS[kind])}")
            report.error((*path, key), f"unknown key `{key}`", hint, "unknown_key", at="key")
            continue
        text = str(value)
        if name == "proto" and kind != "addresses":
            text = str(PROTOCOLS.get(text, text))
        elif name == "table":
            text = str(TABLES.get(text, text))
        elif name == "to" and text == "default":
            text = "*/0"
        found[name] = text
    if not entry:
        report.error(path, "an empty pattern fits everything", f"for example `{_IGNORE_KEYS[kind][0]}: …`")
    return found
