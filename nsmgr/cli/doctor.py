"""nsmgr doctor"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsmgr.cli import output
from nsmgr.cli.options import Format

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nsmgr.kernel.doctor import DoctorReport, Ordinary, Privileges, SocketProof
    from nsmgr.render.table import Table


def doctor(format: Format = "text") -> int:
    """What this kernel and these privileges allow: kinds, qdiscs, rtnetlink handlers, groups, and what works without root.

    Proves the per-namespace rtnetlink socket with a scratch namespace. Leaves nothing behind. Exit status 1 when nsmgr
    cannot make namespaces here.
    """
    from nsmgr.kernel.doctor import doctor as examine

    report = examine()
    if format == "json":
        import dataclasses

        from nsmgr.render.jsondoc import FORMAT_VERSION, dumps

        output.result(dumps({"format_version": FORMAT_VERSION, **dataclasses.asdict(report)}))
    else:
        output.tables(tables(report))
    return 1 if report.privileges.new_namespace else 0


def tables(report: DoctorReport) -> list[Table]:
    """The report for people."""
    from nsmgr.render.table import Table

    general = Table("this machine", ("WHAT", "ANSWER"))
    general.rows += [
        ("kernel", report.kernel),
        ("/run/netns", report.run_netns),
        *_privileges(report.privileges),
        ("multicast groups", f"1 to {report.highest_group}"),
        ("netlink families", _wrapped([f"{name}({number})" for number, name in report.families.items()])),
    ]
    if report.stale:
        general.rows.append(("stale files", f"{', '.join(report.stale)} (no namespaces; apply repairs those it needs)"))
    found = [general, _proof(report.proof, report.privileges.new_namespace)]
    found.append(_presence("link kinds", report.kinds))
    if report.qdiscs:
        found.append(_presence("queueing disciplines", report.qdiscs))
    found.append(_handlers(report.handlers))
    found.append(_without_root(report.ordinary, report.without_root))
    return found


def _privileges(privileges: Privileges) -> list[tuple[str, str]]:
    held = [name for name, held in privileges.capabilities.items() if held]
    missing = [name for name, held in privileges.capabilities.items() if not held]
    return [
        ("user", str(privileges.uid)),
        ("capabilities", ", ".join(held) or "none"),
        *([("without", ", ".join(missing))] if missing else []),
        ("new namespace", privileges.new_namespace or "yes"),
        ("/dev/net/tun", privileges.tun or "yes"),
    ]


def _proof(proof: SocketProof | None, refused: str) -> Table:
    from nsmgr.render.table import Table

    table = Table("rtnetlink socket of a scratch namespace", ("WHAT", "ANSWER"))
    if proof is None:
        table.rows.append(("not proved", refused))
        return table
    link = proof.link
    verdict = "one, as it should be" if proof.rows == 1 else "expected exactly 1"
    table.rows += [
        ("RTM_GETLINK at once", f"{link['name']}: index {link['index']}, mtu {link['mtu']}, flags {int(link['flags']):#x}"),
        ("namespace cookie", str(proof.cookie)),
        ("portid-0 rows in /proc/thread-self/net/netlink", f"{proof.rows} ({verdict})"),
        ("its inode, drops", f"{proof.inode}, {proof.drops}"),
    ]
    return table


def _presence(title: str, answers: Mapping[str, str]) -> Table:
    """Names by the kernel's answer: two rows when every refusal says the same, as where things are simply not built."""
    from nsmgr.render.table import Table

    table = Table(title, ("KERNEL", "NAMES"))
    groups: dict[str, list[str]] = {}
    for name, words in answers.items():
        groups.setdefault(words, []).append(name)
    table.rows += [(words or "has", _wrapped(names)) for words, names in sorted(groups.items())]
    return table


def _wrapped(names: list[str], room: int = 72) -> str:
    lines = [""]
    for name in names:
        if lines[-1] and len(lines[-1]) + len(name) + 1 > room:
            lines.append("")
        lines[-1] += f" {name}" if lines[-1] else name
    return "\n".join(lines)


def _handlers(handlers: Mapping[str, Mapping[str, bool]]) -> Table:
    from nsmgr.render.table import Table

    families = list(next(iter(handlers.values()), {}))
    table = Table("rtnetlink handlers, family × type", ("TYPE", *families))
    table.rows += [(kind, *("yes" if answer[family] else "-" for family in families)) for kind, answer in handlers.items()]
    return table


def _without_root(ordinary: Ordinary, works: tuple[str, ...]) -> Table:
    from nsmgr.render.table import Table

    table = Table(f"without root (as user {ordinary.uid})", ("WHAT", "ANSWER"))
    table.rows += [
        ("read links", ordinary.read_links or "yes"),
        ("subscribe to events", ordinary.subscribe or "yes"),
        ("change links", ordinary.change_links or "yes"),
        ("user namespace", ordinary.user_namespace or "yes"),
        ("change links inside it", ordinary.sandbox_links or "yes"),
        *(("works", text) for text in works),
    ]
    return table
