"""Remembered: with this input, and the kernel looking like this, there was nothing to do.

A check or an apply that found everything as described writes down what it concluded that from: digests of every file it read,
of all deployments' records, and an impression of every namespace (:mod:`nsmgr.kernel.glance`). The next one compares, and
when all of it is the same the conclusion is too; otherwise, and whenever anything about the memo is odd, it does the whole
work. So a memo is never needed and never trusted further than its own inputs. It lies beside the records, in the directory
only its owner can write to, and is refused if it is a link or somebody else's. Why, and what it brings: docs/design/008-memo.md.
"""

from __future__ import annotations

import os
import stat
import struct
import sys
from _blake2 import blake2b  # see nsmgr.kernel.glance

from nsmgr import __version__
from nsmgr.kernel.port import Impression
from nsmgr.store import Store, boot_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nsmgr.plan.state import DesiredState

_MAGIC = b"nsmgr memo 2\n"
_SIZE = struct.Struct("=I")
DIGEST_SIZE = 16
MAX_FILE = 64 * 2**20  # bytes; the loader's limit
_ABSENT = b"-"  # a sysctl that is not there


class Memo:
    """The memo of one command line: these files, this name.

    Args:
        files: as given; compared by their absolute paths.
        name: the deployment name that overrides the files', or "".
    """

    def __init__(self, store: Store, files: Sequence[str], name: str = "") -> None:
        self._store = store
        words = [name, *map(os.path.abspath, files)]
        self._key = blake2b(b"\0".join(map(os.fsencode, words)), digest_size=8).hexdigest()
        self._records = b""

    def recall(self) -> str:
        """The name of the deployment if nothing has changed since there was nothing to do with it, else ""."""
        if os.environ.get("NSMGR_DEBUG"):
            return ""  # whoever wants to see the messages wants them sent
        try:
            self._records = _records(self._store)
            file = next((name for name in self._store.memos() if name.endswith(f".{self._key}.memo")), "")
            if not file:
                return ""
            found = _parse(self._store.read_memo(file))
            if found is None:
                return ""
            name, inputs, records, impressions = found
            if records != self._records or any(digest != _file(path) for path, digest in inputs):
                return ""
        except OSError:
            return ""
        from nsmgr.kernel import glance

        return name if glance.unchanged(impressions, len(os.sched_getaffinity(0))) else ""

    def keep(self, desired: DesiredState, impressions: Sequence[Impression]) -> None:
        """Write it down: ``impressions`` are of what was compared, after :meth:`recall`, with the ``desired`` of these files.

        Silently does nothing where that cannot be: not our directory, no room, a pipe among the files, warnings that are to be
        shown again, records that have changed since.
        """
        from nsmgr.config.report import Source

        sources = [source for source in desired.sources if isinstance(source, Source)]
        if desired.warnings or not sources:
            return
        inputs = [(os.path.abspath(source.file), _digest(source.text.encode("utf-8", "surrogatepass"))) for source in sources]
        try:
            if _records(self._store) != self._records or not all(_plain(path) for path, _ in inputs):
                return
            text = _format(desired.name, inputs, self._records, impressions)
            self._store.write_memo(desired.name, f"{desired.name}.{self._key}.memo", text)
        except OSError:
            return


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=DIGEST_SIZE).digest()


def _plain(path: str) -> bool:
    """Whether it can be read once more: what comes out of a pipe or /dev/fd is gone then."""
    return stat.S_ISREG(os.stat(path).st_mode)


def _file(path: str) -> bytes:
    """Digest of a file's content; b"" for one that is not plain."""
    if not _plain(path):
        return b""
    with open(path, "rb") as file:
        return _digest(file.read(MAX_FILE))


def _records(store: Store) -> bytes:
    """What all deployments own is part of every plan."""
    made = blake2b(digest_size=DIGEST_SIZE)
    for name, text in store.raw_records():
        made.update(b"%s\0%d\0" % (os.fsencode(name), len(text)))
        made.update(text)
    return made.digest()


def _surroundings() -> bytes:
    """What else a conclusion hangs on: this boot, this user, this nsmgr, this Python.

    A directory's time changes with every file that is replaced in it: an nsmgr run from its sources is another one then.
    """
    package = os.path.dirname(os.path.abspath(__file__))
    parts = (
        "cli", "config", "kernel", "kernel/things", "kernel/traffic", "kernel/traffic/filters", "kernel/traffic/qdiscs", "model",
        "model/links", "model/things", "model/things/qdisc", "model/things/tfilter", "plan", "render",
    )  # fmt: skip
    places = [package, *(f"{package}/{part}" for part in parts)]
    stamps = ",".join(str(os.stat(place).st_mtime_ns) for place in places)
    return f"{boot_id()} {os.geteuid()} {__version__} {sys.version_info[:3]} {os.path.realpath(package)} {stamps}".encode()


def _format(name: str, inputs: Iterable[tuple[str, bytes]], records: bytes, impressions: Sequence[Impression]) -> bytes:
    """Fields, each with its length before it; the last 16 bytes are the digest of what is before them."""
    masks = list(dict.fromkeys(impression.mask for impression in impressions))
    position = {mask: number for number, mask in enumerate(masks)}
    inputs = list(inputs)
    fields: list[bytes] = [_surroundings(), name.encode(), records, b"%d %d %d" % (len(inputs), len(masks), len(impressions))]
    for path, digest in inputs:
        fields += [os.fsencode(path), digest]
    fields += masks
    for seen in impressions:
        numbers = b"%d %d %d %d" % (seen.cookie, seen.kinds, position[seen.mask], len(seen.sysctls))
        fields += [seen.name.encode(), seen.source.encode(), numbers, " ".join(seen.things).encode(), seen.digest]
        for key, value in seen.sysctls.items():
            fields += [key.encode(), _ABSENT if value is None else b"=" + value.encode("utf-8", "surrogateescape")]
    body = _MAGIC + b"".join([part for field in fields for part in (_SIZE.pack(len(field)), field)])
    return body + _digest(body)


def _parse(text: bytes) -> tuple[str, list[tuple[str, bytes]], bytes, list[Impression]] | None:
    """(name, [(path, digest)], records, impressions), or None for what is damaged or was made elsewhere."""
    body, digest = text[:-DIGEST_SIZE], text[-DIGEST_SIZE:]
    if not body.startswith(_MAGIC) or _digest(body) != digest:
        return None
    try:
        fields = _fields(body)
        if next(fields) != _surroundings():
            return None
        name, records = next(fields).decode(), next(fields)
        files, masks, namespaces = map(int, next(fields).split())
        inputs = [(os.fsdecode(next(fields)), next(fields)) for _ in range(files)]
        known = [next(fields) for _ in range(masks)]
        impressions = [_impression(fields, known) for _ in range(namespaces)]
    except (StopIteration, RuntimeError, ValueError, IndexError, struct.error):
        return None
    return name, inputs, records, impressions


def _fields(body: bytes) -> Iterator[bytes]:
    position = len(_MAGIC)
    while position < len(body):
        start = position + _SIZE.size
        position = start + _SIZE.unpack_from(body, position)[0]
        if position > len(body):
            raise ValueError("a field ends beyond the end")
        yield body[start:position]


def _impression(fields: Iterator[bytes], masks: Sequence[bytes]) -> Impression:
    name, source = next(fields).decode(), next(fields).decode()
    cookie, kinds, mask, count = map(int, next(fields).split())
    things = tuple(next(fields).decode().split())
    digest = next(fields)
    sysctls: dict[str, str | None] = {}
    for _ in range(count):
        key, value = next(fields).decode(), next(fields)
        sysctls[key] = None if value == _ABSENT else value[1:].decode("utf-8", "surrogateescape")
    return Impression(name, source, cookie, kinds, masks[mask], digest, sysctls, things)
