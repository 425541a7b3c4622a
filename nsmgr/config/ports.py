"""``port_options`` of a link → attributes ``port_options.cost`` … and the kind of controller they are for."""

from __future__ import annotations

from nsmgr.config.report import Path
from nsmgr.config.space import Reference, Space, Spaces
from nsmgr.model.port import PREFIX, port
from nsmgr.model.ports import port_kinds
from nsmgr.plan.state import DesiredLink

# bond_opts[].unsuppmodes of BOND_OPT_PRIO and BOND_OPT_ACTOR_PORT_PRIO.
BOND_QUEUES = 16  # BOND_DEFAULT_TX_QUEUES
MODES_OF = {"prio": ("active-backup", "balance-alb", "balance-tlb"), "actor_port_prio": ("802.3ad",)}

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def expand(
    spaces: Spaces, space: Space, link: DesiredLink, written: Mapping[Any, Any], path: Path, kinds: Mapping[tuple[str, str], str]
) -> None:
    """Put the options into the link's attributes. ``kinds``: of every link that is in the document, "" and "?" = not said."""
    report = spaces.report
    controller = link.attrs.get("controller")
    if not isinstance(controller, str):
        report.error(
            path,
            f"`port_options` of `{link.name}`, which is a port of nothing",
            "name its bridge or bond: `controller: br0`",
            at="key",
        )
        return
    kind = kinds.get((space.name, controller), "")
    if kind in ("", "?"):
        kind = _guess(written)
    if kind not in port_kinds():
        words = f"ports of a {kind} have no options, and `{controller}` is one"
        report.error(path, words, f"kinds whose ports have: {', '.join(port_kinds())}", at="key")
        return
    model = _accepted(spaces, kind, written, path)
    if model is None:
        return
    for field, message, hint in model.problems(link.name):
        report.error((*path, field), message, hint, at="value" if field in written else "key")
    rows = port(kind).rows()
    link.port_kind = kind
    spaces.ports.append(link)
    for key in written:
        row, value = rows[key], vars(model)[key]
        if row.ref and value is not None:
            spaces.references.append(Reference(space.name, link.name, PREFIX + key, value, (*path, key)))
        if row.ref or value is not None:
            link.attrs[PREFIX + key] = value


def check(spaces: Spaces) -> None:
    """What can be judged when all links are known: the backup is a port of the same bridge, the bond's mode has the option."""
    taken: dict[tuple[str, str, str, Any], DesiredLink] = {}
    for link in spaces.ports:
        links = spaces.by_name[link.netns].state.links
        name = str(link.attrs["controller"])
        path = (*link.origin, "port_options")
        controller, backup = links.get(name), links.get(str(link.attrs.get(f"{PREFIX}backup_port")))
        if backup is not None and backup.attrs.get("controller") != name:
            words = f"`backup_port` `{backup.name}` is no port of `{name}`"
            spaces.report.error((*path, "backup_port"), words, f"give it `controller: {name}`, or name another port")
        facts = port(link.port_kind)
        for option in facts.UNIQUE:
            value = link.attrs.get(PREFIX + option)
            if value is None or value == facts.rows()[option].default:
                continue
            first = taken.setdefault((link.netns, name, option, value), link)
            if first is not link:
                words = f"`{option}` {value} of `{name}` is that of `{first.name}` already, at {{other}}"
                place = (*first.origin, "port_options", option)
                spaces.report.error((*path, option), words, "no two ports share one", "conflict", other=place)
        if link.port_kind == "bond" and controller is not None and controller.kind == "bond":
            queues, queue = controller.attrs.get("tx_queues", BOND_QUEUES), link.attrs.get(f"{PREFIX}queue_id")
            if isinstance(queue, int) and isinstance(queues, int) and queue > queues:
                words = f"`queue_id` {queue} is more than `{name}` has transmit queues, {queues} (EPERM)"
                spaces.report.error((*path, "queue_id"), words, f"give `{name}` more `tx_queues`")
            mode = str(controller.attrs.get("mode", "balance-rr"))
            for option, modes in MODES_OF.items():
                if PREFIX + option in link.attrs and mode not in modes:
                    words = f"`{option}` is refused in mode {mode} (EACCES), which `{name}` is in"
                    spaces.report.error((*path, option), words, f"modes with it: {', '.join(modes)}", at="key")


def _guess(written: Mapping[Any, Any]) -> str:
    """The controller exists already and is not described: whose ports have such options. The plan sees what it is."""
    return next((kind for kind in port_kinds() if written.keys() <= port(kind).rows().keys()), "bridge")


def _accepted(spaces: Spaces, kind: str, written: Mapping[Any, Any], path: Path) -> Any:
    facts = port(kind)
    model = facts.SHAPE.accept(written) if facts.SHAPE is not None else None
    if model is not None:
        return model
    from nsmgr.config.translate import validate
    from nsmgr.model.ports import port_class

    return validate(port_class(kind), written, path, spaces.report, hint=f"`nsmgr explain port_options.{kind}` lists the keys")
