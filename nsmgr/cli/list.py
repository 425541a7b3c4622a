"""nsmgr list"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nsmgr.cli import output
from nsmgr.cli.confirm import pending_document, waiting
from nsmgr.cli.options import Format

if TYPE_CHECKING:
    from nsmgr.store import DeploymentRecord, Store


def list_(format: Format = "text") -> int:
    """Deployments on this host: namespaces, age, in sync or drifted."""
    from nsmgr.store import Store

    store = Store()
    rows = [(record, *_state(record, store)) for record in store.deployments()]
    waits = waiting(store)
    now = time.time()
    if format == "json":
        from nsmgr.render.jsondoc import FORMAT_VERSION, dumps

        documents = [
            {
                "name": record.name,
                "files": record.files,
                "namespaces": [*record.namespaces],
                "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
                "age_seconds": max(0, int(now - record.created)),
                "state": state,
                "reason": reason,
                "pending": pending_document(record.name, store),
            }
            for record, state, reason in rows
        ]
        output.result(dumps({"format_version": FORMAT_VERSION, "deployments": documents}))
        return 0
    if not rows:
        output.news("No deployments.")
        return _unconfirmed(waits)
    from nsmgr.render.table import Table
    from nsmgr.render.values import join_names

    table = Table("", ("NAME", "NAMESPACES", "AGE", "STATE", "FILES"))
    for record, state, reason in rows:
        described = f"{state} ({reason})" if reason else state
        table.rows.append(
            (record.name, join_names([*record.namespaces]), age(now - record.created), described, " ".join(record.files))
        )
    output.tables([table])
    return _unconfirmed(waits)


def _unconfirmed(waits: list[str]) -> int:
    for words in waits:
        output.news(words)
    return 0


def age(seconds: float) -> str:
    """``42s``, ``7m``, ``3h``, ``12d``: one unit, rounded down."""
    whole = max(0, int(seconds))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if whole >= size:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def _state(record: DeploymentRecord, store: Store) -> tuple[str, str]:
    """("in sync" | "drifted" | "unknown", why unknown or how much drifted)."""
    if not record.files:
        return "unknown", "made from text, not from a file"
    from nsmgr import engine
    from nsmgr.config import load
    from nsmgr.errors import ConfigError, NsmgrError
    from nsmgr.kernel.linux import LinuxKernel

    try:
        desired = load(record.files, name=record.name)
        with LinuxKernel() as kernel:
            drift = engine.check(desired, kernel, store)
    except ConfigError as error:
        return "unknown", error.problems[0].message
    except NsmgrError as error:
        return "unknown", str(error)
    if not drift:
        return "in sync", ""
    return "drifted", f"{len(drift.operations)} difference{'s' * (len(drift.operations) != 1)}"
