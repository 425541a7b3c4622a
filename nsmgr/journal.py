"""The journal of an apply: the way back, written down before the first change, and how far it got.

``/run/nsmgr/NAME.journal``, lines of JSON. The first holds the way back (:class:`nsmgr.plan.undo.Undo`), in terms of state, not of
steps: it is right wherever the process dies. Those after it say what is about to be sent and what was answered, for people and
for the next command to tell how far it got. The file goes when the apply has come to its end, for then its generation
(:mod:`nsmgr.history`) has the way back; one that is there when nobody holds the lock is of a process that died. A last line without
its end was being written then, and counts for nothing; anything else that is not as it should be is refused by name.
"""

from __future__ import annotations

import os
import time

from nsmgr import jsontext
from nsmgr.errors import StateError
from nsmgr.plan.undo import Undo, merge
from nsmgr.record import Record
from nsmgr.store import Store, boot_id
from nsmgr.text import netns_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from nsmgr.plan.plan import Batch, Verdict

VERSION = 1
SUFFIX = "journal"
MARK = "nsmgr_journal"
GROUP = 64  # batches that share a line: one system call more for each would be felt in an apply of a thousand


class Entry(Record):
    """An open journal as read.

    sent: steps that were about to be sent. pid: who wrote it. started: seconds since the epoch.
    """

    deployment: str
    undo: Undo
    pid: int = 0
    started: float = 0.0
    sent: int = 0
    refused: int = 0


class Journal:
    """The journal of one apply that is going on; the deployment's lock is held."""

    def __init__(self, store: Store, name: str, undo: Undo) -> None:
        earlier = read(store, name)
        self._store, self._name = store, name
        self.undo = merge(earlier.undo, undo) if earlier is not None else undo
        self._rounds = 0
        self._descriptor = -1
        self._open()

    def _open(self) -> None:
        """Put a file with the way back in the place of the one that is there."""
        head = {
            MARK: VERSION,
            "deployment": self._name,
            "boot": boot_id(),
            "pid": os.getpid(),
            "started": time.time(),
            "undo": encode_undo(self.undo),
        }
        self.close()
        self._descriptor = self._store.append_to(self._name, SUFFIX, jsontext.dumps(head) + "\n")

    def extend(self, undo: Undo) -> None:
        """Another round, planned from what was observed meanwhile: it may touch more."""
        self._rounds += 1
        if self._rounds > 1:
            wider = merge(self.undo, undo)
            if wider != self.undo:
                self.undo = wider
                self._open()

    def intend(self, batches: Sequence[Batch]) -> None:
        """These batches are about to be sent."""
        self._line({"sending": [[batch.netns, [step.id for step in batch.steps]] for batch in batches]})

    def refused(self, verdicts: Sequence[Verdict]) -> None:
        """The kernel did not do these."""
        self._line({"refused": [[verdict.step, verdict.errno] for verdict in verdicts]})

    def _line(self, data: Any) -> None:
        os.write(self._descriptor, (jsontext.dumps(data) + "\n").encode())

    def done(self) -> None:
        """The apply has come to its end, or has been undone: there is nothing left to be undone."""
        self.close()
        forget(self._store, self._name)

    def close(self) -> None:
        """Leave the file as it is: the way back is still wanted."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def forget(store: Store, name: str) -> None:
    """Take the journal away."""
    store.remove_private(name, SUFFIX)


def read(store: Store, name: str) -> Entry | None:
    """The deployment's journal, None when there is none (or it is of another boot: what it speaks of is gone).

    Raises:
        StateError: it is damaged, or not a journal of this version: named, and left alone.
    """
    raw = store.read_private(name, SUFFIX)
    if raw is None:
        return None
    path = f"{store.directory}/{name}.{SUFFIX}"
    lines = raw.split(b"\n")
    whole = lines[:-1]  # what follows the last line's end was being written when the process died
    if not whole:
        return None  # not even the first line: nothing had been done
    try:
        head, *rest = (jsontext.loads(line.decode()) for line in whole)
        if not isinstance(head, dict) or head.get(MARK) != VERSION:
            raise ValueError(f"version {head.get(MARK) if isinstance(head, dict) else '?'} is not {VERSION}")
        if head.keys() != {MARK, "deployment", "boot", "pid", "started", "undo"} or head["deployment"] != name:
            raise ValueError("the first line is not a journal's of this deployment")
        if type(head["boot"]) is not str or type(head["pid"]) is not int or type(head["started"]) not in (int, float):
            raise ValueError("a field of the first line has the wrong type")
        sent = refused = 0
        for line in rest:
            ((word, entries),) = line.items()
            if word == "sending" and all(type(netns) is str and _numbers(steps) for netns, steps in entries):
                sent += sum(len(steps) for _, steps in entries)
            elif word == "refused" and all(len(pair) == 2 and _numbers(pair) for pair in entries):
                refused += len(entries)
            else:
                raise ValueError(f"a line says {word!r}")
        entry = Entry(name, decode_undo(head["undo"]), head["pid"], head["started"], sent, refused)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise StateError(f"{path} is damaged: {error}", hint="look at it, then delete it; nothing was guessed") from error
    return entry if head["boot"] == boot_id() else None


def _numbers(found: object) -> bool:
    return isinstance(found, list) and all(type(number) is int for number in found)


def encode_undo(undo: Undo) -> Any:
    """As JSON data. Most applies make namespaces and nothing else: that needs no machinery."""
    if not undo.namespaces and not undo.lost:
        return {"made": [*undo.made]}
    from nsmgr.render.plain import encode

    return encode(undo)


def decode_undo(data: Any) -> Undo:
    """The same back. Raises ValueError for what is no way back."""
    if isinstance(data, dict) and data.keys() == {"made"}:
        if not isinstance(data["made"], list) or not all(isinstance(name, str) for name in data["made"]):
            raise ValueError("the names of namespaces are texts")
        for name in data["made"]:
            netns_name(name)
        return Undo(made=tuple(data["made"]))
    from nsmgr.plan.trust import check_names
    from nsmgr.render.plain import decode

    found: Undo = decode(Undo, data, "undo")
    for name in found.made:
        netns_name(name)
    check_names(found.namespaces, observed=True)
    return found
