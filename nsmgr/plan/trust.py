"""Descriptions that come from a file and not from a configuration: saved plans, journals, generations.

Their members have the right types already (:mod:`nsmgr.render.plain`). Here names are held to the same rules as in a
configuration, since they become paths below /run/netns and /proc/sys, and words become those that the planner knows.
"""

from __future__ import annotations

from nsmgr.model.kind import kind as kind_facts
from nsmgr.model.links import kind_names
from nsmgr.model.port import port_rows
from nsmgr.model.sysctl import namespace_key
from nsmgr.model.thing import thing_type
from nsmgr.model.things import thing_types
from nsmgr.plan.state import HOST
from nsmgr.text import ifname, link_ref, netns_name, underlay_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nsmgr.plan.state import DesiredLink, DesiredNetns

_REFERENCES = ("peer", "parent", "controller")


def check_names(namespaces: Mapping[str, DesiredNetns], *, observed: bool = False) -> None:
    """Refuse what no configuration could have said. Raises ValueError, naming it.

    observed: it was read from the kernel, which has links and attributes that no configuration speaks of.
    """
    for name, netns in namespaces.items():
        where = f"namespace {name!r}"
        try:
            _check(name, netns, observed)
        except (ValueError, KeyError) as error:
            raise ValueError(f"{where}: {error}") from error


def check_namespace_names(names: Iterable[str]) -> None:
    """The same for names alone."""
    for name in names:
        if name != HOST:
            netns_name(name)


def _check(name: str, netns: DesiredNetns, observed: bool) -> None:
    check_namespace_names((name,))
    if netns.name != name:
        raise ValueError(f"it calls itself {netns.name!r}")
    scheme, _, rest = netns.source.partition(":")
    known = netns.source in ("create", "host") or (scheme == "pid" and rest.isdecimal()) or (scheme == "path" and rest[:1] == "/")
    if not known or (netns.source == "host") != (name == HOST):
        raise ValueError(f"{netns.source!r} is no place to take it from")
    if netns.manage not in ("all", "declared"):
        raise ValueError(f"{netns.manage!r} is no way to manage it")
    for key in netns.sysctls:
        if namespace_key(key, ())[0] != key:
            raise ValueError(f"{key!r} is not the name of a sysctl")
    for word, link in netns.links.items():
        if (link.netns, link.name) != (name, word):
            raise ValueError(f"link {word!r} calls itself {link.netns!r}/{link.name!r}")
        _check_sysctls(link)
        if not observed:
            _check_link(link)
    types = {*thing_types()}
    for word in (*netns.types, *(kind for kind, _ in netns.things)):
        if word not in types:
            raise ValueError(f"there are no things of type {word!r}")
    for (kind, _), thing in netns.things.items():
        if thing.type != kind:
            raise ValueError(f"a thing of type {kind!r} calls itself {thing.type!r}")
        thing_type(kind)


def _check_link(link: DesiredLink) -> None:
    ifname(link.name)
    for name in link.altnames or ():
        if not name or "/" in name or "\0" in name:
            raise ValueError(f"{name!r} is no name of a link")
    if link.kind not in ("", "lo", *kind_names()):
        raise ValueError(f"link {link.name}: there is no kind {link.kind!r}")
    rows = kind_facts(link.kind).rows()
    rows = {**rows, **port_rows(link.port_kind)} if link.port_kind else rows
    for name, value in (*link.attrs.items(), *link.birth.items()):
        if name not in rows and name not in _REFERENCES:
            raise ValueError(f"link {link.name} of kind {link.kind} has no attribute {name!r}")
        if name in _REFERENCES and value is not None:
            if not isinstance(value, str):
                raise ValueError(f"link {link.name}: `{name}` is {value!r}")
            link_ref(value)
        elif name == "underlay":
            underlay_name(str(value))
    for address in link.addresses.values():
        if address.link != link.name:
            raise ValueError(f"an address of link {link.name} calls itself {address.link!r}'s")


def _check_sysctls(link: DesiredLink) -> None:
    for key in link.sysctls:
        if namespace_key(key, (link.name,))[0] != key:
            raise ValueError(f"{key!r} is not the name of a sysctl")
