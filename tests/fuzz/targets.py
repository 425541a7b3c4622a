"""What is fuzzed: functions of bytes. Each returns, or raises what it may raise, which is swallowed; anything else is a find.

A target knows how to begin: ``seeds``, inputs that say something.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nsmgr import config, journal, jsontext, memo
from nsmgr.config import loader, positions, yaml12
from nsmgr.errors import ConfigError, StateError
from nsmgr.kernel import genl, messages, nfnetlink, things, wire
from nsmgr.kernel.codec import CodecError
from nsmgr.kernel.describe import attribute_path
from nsmgr.kernel.things.fdb import Answered as FdbAnswer
from nsmgr.kernel.things.vlans import Answered as VlanAnswer
from nsmgr.model.things import thing_types
from nsmgr.render import plan_json
from nsmgr.store import parse as parse_record
from tests.wire.support import dumps

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "corpus"
HEADER = bytes(16)  # of the message that a payload is of: decoders are told where it starts


@dataclass(frozen=True, slots=True)
class Target:
    name: str
    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    allowed: tuple[type[Exception], ...] = field(default=(CodecError,))

    def __call__(self, data: bytes) -> None:
        with contextlib.suppress(*self.allowed):
            self.run(data)


def _unread(self: Any, file: str, source: Any, path: Any) -> None:
    """Instead of reading a file that a document names: /dev/zero, /dev/stdin."""
    self._unreadable(f"cannot read {file}", file, source, path)


def _load(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    read, loader._Reader.read = loader._Reader.read, _unread  # type: ignore[method-assign]
    try:
        config.loads(text, "lab.yaml")
    except ConfigError as error:
        config.render_problems(error.problems)
        raise
    finally:
        loader._Reader.read = read  # type: ignore[method-assign]


def _yaml(data: bytes) -> None:
    """Two parsers that agree, wherever the fast one vouches for the text."""
    text = data.decode("utf-8", "replace")
    composed = positions.compose(text)
    try:
        fast = yaml12.parse(text)
    except yaml12.NeedsPositions:
        return
    if not composed.problems:
        slow = composed.root.value if composed.root is not None else None
        assert repr(fast) == repr(slow), (fast, slow)


def _json(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    try:
        expected = json.loads(text)
    except (ValueError, RecursionError) as error:
        expected = type(error)
    try:
        found = jsontext.loads(text)
    except (ValueError, RecursionError) as error:
        found = type(error)
    assert repr(found) == repr(expected), (found, expected)


def _span(data: bytes) -> wire.Span:
    return HEADER + data, len(HEADER), len(HEADER) + len(data)


def _link(data: bytes) -> None:
    buffer, start, end = _span(data)
    messages.bus_path(buffer, start, end)
    messages.decode_link(buffer, start, end)


def _route(data: bytes) -> None:
    messages.decode_route(*_span(data), things.Numbers())


def _address(data: bytes) -> None:
    messages.decode_address(*_span(data), things.Numbers())


def _rule(data: bytes) -> None:
    messages.decode_rule(*_span(data))


def _parts(data: bytes) -> list[wire.Span]:
    """The rest of the input as messages: each with its length before it."""
    spans = []
    while len(data) > 2:
        size = int.from_bytes(data[:2], "little") % 2048
        spans.append(_span(data[2 : 2 + size]))
        data = data[2 + size :]
    return spans


def _thing(data: bytes) -> None:
    """The first byte chooses the type, and what is said of which links in between."""
    types = thing_types()
    name = types[data[0] % len(types)] if data else types[0]
    spans = _parts(data[1:])
    answer: Any = spans
    if name in ("fdb",):
        answer = FdbAnswer(spans[:1], spans[1:])
    elif name in ("vlans", "vlan_tunnels"):
        answer = VlanAnswer(spans[:1], spans[1:])
    elif name == "features":
        answer = (("", "rx", "tx", "gro"), spans)
    elif name in ("wireguard", "wireguard_peer"):
        answer = [(7, spans)]
    elif name in ("nftables", "macsec"):
        return
    elif name in ("tclass", "tfilter"):
        answer = spans
    things.decode(name, answer, things.Numbers())


class _Nft:
    """Answers each question with the next message."""

    def __init__(self, data: bytes) -> None:
        self.spans = _parts(data)

    def dump_spans(self, request: bytes) -> list[wire.Span]:
        taken, self.spans = self.spans[:2], self.spans[2:]
        return taken


def _nft(data: bytes) -> None:
    nfnetlink.tables(_Nft(data))  # type: ignore[arg-type]


def _genl(data: bytes) -> None:
    genl._family("wireguard", *_span(data))


def _answers(data: bytes) -> None:
    """What ends a request: framing, errors with their extack, what an offset points at."""
    for kind, flags, _, start, end in wire.messages_of(data):
        if kind == wire.NLMSG_ERROR and end - start >= 4:
            wire.parse_error(data, flags, start, end, data[:64])
        wire.parse_extack(data, start, end)
    for offset in range(0, min(len(data), 64), 4):
        attribute_path(data, offset)


def _record(data: bytes) -> None:
    parse_record(data, "lab.json", "lab")


def _undo(data: bytes) -> None:
    journal.decode_undo(jsontext.loads(data.decode()))


def _plan(data: bytes) -> None:
    plan_json.loads(data.decode("utf-8", "replace"))


def _memo(data: bytes) -> None:
    assert memo._parse(data) is None  # nobody guesses a digest
    list_of = memo._fields(memo._MAGIC + data)
    for _ in list_of:
        pass


def _configs() -> list[bytes]:
    return [path.read_bytes() for path in sorted((ROOT / "configs").glob("*.yaml")) if path.stat().st_size < 4096]


def _payloads(*families: str) -> Callable[[], list[bytes]]:
    return lambda: [message[16:] for family in families for message in dumps()[family]]


def _of_things() -> list[bytes]:
    some = [message[16:] for family in ("links", "routes") for message in dumps()[family]][:12]
    packed = [len(message).to_bytes(2, "little") + message for message in some]
    return [bytes([number]) + one + other for number in range(len(thing_types())) for one, other in itertools.pairwise(packed)]


def _documents() -> list[bytes]:
    return [
        b'{"format_version": 1, "name": "lab", "namespaces": {"red": 7}, "objects": {"host": [["link", "d1"]]}}',
        b'{"made": ["red"]}',
        b'{"namespaces": {}, "made": [], "lost": []}',
        b'{"nsmgr_plan": 1, "fingerprint": "", "desired": {}, "plan": {}, "places": []}',
    ]


TARGETS = {
    target.name: target
    for target in (
        Target("load", _load, _configs, (ConfigError,)),
        Target("yaml", _yaml, _configs, ()),
        Target("json", _json, _documents, ()),
        Target("link", _link, _payloads("links", "links_stats")),
        Target("address", _address, _payloads("addresses")),
        Target("route", _route, _payloads("routes")),
        Target("rule", _rule, _payloads("rules")),
        Target("thing", _thing, _of_things),
        Target("nft", _nft, _of_things),
        Target("genl", _genl, _payloads("links")),
        Target("answers", _answers, lambda: [message for family in dumps().values() for message in family]),
        Target("record", _record, _documents, (StateError,)),
        Target("undo", _undo, _documents, (ValueError, RecursionError)),
        Target("plan", _plan, _documents, (StateError,)),
        Target("memo", _memo, lambda: [b"", bytes(64)], (ValueError, struct.error)),
    )
}


def corpus(target: str) -> Iterator[Path]:
    """Inputs that once broke it."""
    folder = CORPUS / target
    return iter(sorted(folder.iterdir())) if folder.is_dir() else iter(())


__all__ = ["CORPUS", "TARGETS", "Target", "corpus"]
