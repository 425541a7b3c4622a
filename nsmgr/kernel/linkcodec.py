"""The rows of a link kind compiled: configuration name → attribute bytes, attribute number → configuration value. Pure.

One :class:`KindCodec` per kind, made on first use from ``kind_class(kind).rows()`` and the schema. A row whose attribute the
schema lacks is a mistake in the program and fails then, with the row's name.
"""

from __future__ import annotations

import struct
from _socket import AF_INET6

from nsmgr.kernel import schema
from nsmgr.kernel.codec import Buffer, CodecError, Decoder, Encoder, Field, Table, attribute
from nsmgr.kernel.shapes import from_pyroute2, to_pyroute2
from nsmgr.light import cache, cached_property
from nsmgr.model.attr import Attr, Bool, Names, Value, Where
from nsmgr.model.kind import kind as kind_class
from nsmgr.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from nsmgr.model.kind import Kind

IFINFOMSG = struct.Struct("=BxHiII")  # family, type (ARPHRD_*), index, flags, change
IFLA_LINK, IFLA_AF_SPEC = 5, 26


class Parts(Record):
    """One link's attributes sorted by their place in the message; ``late`` are those the creating message would ignore."""

    top: list[bytes] = field(default_factory=list)
    data: list[bytes] = field(default_factory=list)
    inet6: list[bytes] = field(default_factory=list)
    late: list[bytes] = field(default_factory=list)
    flags: int = 0
    change: int = 0

    def af_spec(self) -> bytes:
        """IFLA_AF_SPEC/AF_INET6, or nothing."""
        return attribute(IFLA_AF_SPEC, attribute(AF_INET6, b"".join(self.inet6))) if self.inet6 else b""


class _Bits(Record, frozen=True):
    """Rows that share one attribute, each a bit or a run of bits. ``masked``: a {flags, mask} struct, else all is written."""

    field: Field
    masked: bool


class Reader:
    """How an attribute becomes the value of row ``name``, or with name "" a dict of the rows that are bits of it or told by it."""

    def __init__(
        self,
        field: Field,
        name: str,
        row: Attr | None = None,
        bits: Sequence[tuple[str, Attr]] = (),
        told: Sequence[tuple[str, Attr]] = (),
    ) -> None:
        self.field, self.name = field, name
        self._row, self._bits, self._told = row, bits, told

    @cached_property
    def decode(self) -> Decoder:
        if self._told:
            return _told_decoder(self.field, self._told)
        return _bits_decoder(self.field, self._bits) if self._row is None else _row_decoder(self.field, self._row)

    @property
    def overrides(self) -> bool:
        """Whether the attribute says that others do not count."""
        return any(row.gate is not None and row.gate.nla == self.field.name for _, row in self._bits)

    @cached_property
    def form(self) -> str:
        """What a struct can read as it is: the letter of a number in host order, "lladdr", or "" = ask :attr:`decode`."""
        if self._row is None or self._row.convert is not None:
            return ""
        return self.field.type if len(self.field.type) == 1 or self.field.type == "lladdr" else ""

    @cached_property
    def known(self) -> Known:
        return Known(self.decode)


class Known(dict[bytes, "Any"]):
    """Payload → value, decoded once: converted values are few (names, truth values, timers), converting them is dear."""

    def __init__(self, decode: Decoder) -> None:
        self._decode = decode

    def __missing__(self, payload: bytes) -> Any:
        value = self._decode(payload, 0, len(payload))
        if len(self) >= 1024:  # something that differs from link to link
            self.clear()
        self[payload] = value
        return value


class KindCodec:
    """Encoders and decoders of one kind; each is made when it is first needed.

    top, data, inet6: attribute number → how it is read.
    absent: what attributes mean that a dump leaves out.
    refs: rows whose 0 means "none".
    peer: number of the nest that makes a pair's other end, 0 = no pair.
    parent_from_link: the row that IFLA_LINK carries, "" when it carries something else.
    """

    def __init__(self, kind: str, cls: type[Kind] | None = None) -> None:
        cls = cls or kind_class(kind)
        self.kind = kind
        key = kind if cls.DATA is None else cls.DATA
        self.data_table: Table | None = schema.data_table(key) if key and kind else None
        self.encoders: dict[str, tuple[Where, bool, Any, Attr]] = {}
        self.top: dict[int, Reader] = {}
        self.data: dict[int, Reader] = {}
        self.inet6: dict[int, Reader] = {}
        self.bits: dict[int, list[tuple[str, Attr]]] = {}
        self.told: dict[int, list[tuple[str, Attr]]] = {}
        self.absent: dict[str, Value] = {}
        self.refs: set[str] = set()
        self.flag_rows: list[tuple[str, Attr]] = []
        self.flag_values: dict[int, dict[str, Value]] = {}
        self.companions: dict[str, bytes] = {}
        self.gates: dict[str, _Bits] = {}
        self.parent_from_link = ""
        self._rows = cls.rows()
        for name, row in self._rows.items():
            self._add(bool(cls.PAIR), name, row)
        self.peer = self._field("peer", Where.DATA, cls.PAIR).number if cls.PAIR else 0
        for name, constants in cls.COMPANIONS.items():
            if self.data_table is None:
                raise CodecError(f"kind {kind} has no INFO_DATA in the schema", name)
            self.companions[name] = self.data_table.encode(constants)

    def _add(self, is_pair: bool, name: str, row: Attr) -> None:
        if row.absent is not None:
            self.absent[name] = row.absent
        if row.where is Where.FLAG:
            self.flag_rows.append((name, row))
        if row.where in (Where.FLAG, Where.NONE, Where.GENL):
            return
        if row.told_by and self.data_table is not None and row.told_by not in self.data_table.by_name:
            return  # the kind's generic netlink family tells it
        first = self._field(name, row.where, row.told_by or row.nla)
        readers = self.top if row.where is Where.LINK else self.data if row.where is Where.DATA else self.inet6
        shared = [first] if row.bit else []
        if row.gate is not None:
            word = self._field(name, row.where, row.gate.nla)
            self.gates[name] = _Bits(word, bool(word.members))
            shared.append(word)
        for known in shared:
            self.bits.setdefault(known.number, []).append((name, row))
            readers[known.number] = Reader(known, "", bits=self.bits[known.number])
        if row.bit:
            return
        if row.nla6:
            second = self._field(name, row.where, row.nla6)
            readers[second.number] = Reader(second, name, row)
        if row.where is Where.LINK and first.number == IFLA_LINK:
            # A pair's IFLA_LINK is the peer, not something it is stacked on.
            self.parent_from_link = "" if is_pair else name
            return
        if row.ref:
            self.refs.add(name)
        if row.told_by:
            told = self.told.setdefault(first.number, [])
            told.append((name, row))
            readers[first.number] = Reader(first, "", told=told)
        else:
            readers[first.number] = Reader(first, name, row)

    def _encoder(self, name: str) -> tuple[Where, bool, Any, Attr]:
        """Made on first use, for the rows that are configured."""
        row = self._rows.get(name)
        if row is None:
            raise CodecError(f"a {self.kind or 'physical'} link has no such attribute", name)
        encode: Any = None
        if row.where not in (Where.FLAG, Where.NONE, Where.GENL):
            first = self._field(name, row.where, row.nla)
            encode = _Bits(first, bool(first.members)) if row.bit else _row_encoder(first, row)
            if row.nla6:
                encode = _by_family(encode, _row_encoder(self._field(name, row.where, row.nla6), row))
        entry = self.encoders[name] = (row.where, row.late, encode, row)
        return entry

    def _field(self, name: str, where: Where, nla: str) -> Field:
        if where is Where.DATA:
            source = self.data_table
        else:
            source = schema.link_table() if where is Where.LINK else schema.inet6_table()
        known = source.by_name.get(nla) if source is not None else None
        if known is None:
            place = f"kind {self.kind!r}, {where.value}"
            raise CodecError(f"row {name!r} of {place}: the schema has no attribute {nla!r}")
        return known

    # -- values → bytes

    def sort(self, attrs: Mapping[str, Value], *, birth: bool = False, skip: frozenset[str] = frozenset()) -> Parts:
        """Encode attributes by configuration name. At birth, late top-level rows go to ``late``, as do all in AF_SPEC.

        Raises CodecError with the configuration name for an unknown attribute or a value that does not fit.
        """
        parts = Parts()
        encoders = self.encoders
        masks: dict[int, tuple[_Bits, int, int, Where]] = {}
        for name, value in attrs.items():
            if name in skip:
                continue
            where, late, encode, row = encoders.get(name) or self._encoder(name)
            if row.gate is not None:
                shut = value == row.gate.word
                if shut is row.gate.when:
                    _put(masks, self.gates[name], row.gate.bit, row.gate.bit, where)
                if shut:
                    continue
            try:
                if where is Where.FLAG:
                    parts.change |= row.flag
                    if _wire(row, value):
                        parts.flags |= row.flag
                elif where is Where.NONE or where is Where.GENL:
                    pass
                elif row.bit:
                    _put(masks, encode, _run(row, value), row.bit, where)
                elif where is Where.DATA:
                    parts.data.append(encode(value))
                    if name in self.companions:
                        parts.data.append(self.companions[name])
                elif where is Where.INET6:
                    parts.inet6.append(encode(value))
                else:
                    (parts.late if late and birth else parts.top).append(encode(value))
            except CodecError as error:
                raise error.within(name) from None
        for bits, flags, mask, where in masks.values():
            target = parts.data if where is Where.DATA else parts.top
            target.append(bits.field.encode((flags, mask) if bits.masked else flags))
        return parts

    # -- bytes → values

    def flags_to_attrs(self, flags: int) -> dict[str, Value]:
        """The FLAG rows of an ifi_flags value; cached, so do not change the result."""
        known = self.flag_values.get(flags)
        if known is None:
            known = {}
            for name, row in self.flag_rows:
                bit = int(bool(flags & row.flag))
                known[name] = row.convert.from_wire(bit) if row.convert is not None else bool(bit)
            self.flag_values[flags] = known
        return known


def _put(masks: dict[int, tuple[_Bits, int, int, Where]], bits: _Bits, value: int, mask: int, where: Where) -> None:
    """Add bits to a word that is sent once for all rows that share it."""
    _, flags, known, _ = masks.get(bits.field.number, (bits, 0, 0, where))
    masks[bits.field.number] = (bits, flags | value, known | mask, where)


def _run(row: Attr, value: Value) -> int:
    """A row's bits in their place."""
    number = _wire(row, value)
    lowest = row.bit & -row.bit
    if not isinstance(number, int) or not 0 <= number <= row.bit // lowest:
        raise CodecError(f"{value!r} does not fit into {row.bit.bit_count()} bits")
    return number * lowest


def _wire(row: Attr, value: Value) -> Any:
    return row.convert.to_wire(value) if row.convert is not None else value


def _row_encoder(known: Field, row: Attr) -> Encoder:
    encode, convert = known.encode, row.convert
    if convert is not None:
        to_wire, reshape = convert.to_wire, from_pyroute2(known)

        def encode_converted(value: Value) -> bytes:
            try:
                wire = to_wire(value)
            except (ValueError, TypeError, KeyError, LookupError):
                raise CodecError(f"{value!r} cannot be expressed", known.name) from None
            return b"" if wire is None else encode(wire if reshape is None else reshape(wire))

        return encode_converted
    if row.ref:
        return lambda value: encode(0 if value is None else value)
    return encode


def _by_family(four: Encoder, six: Encoder) -> Encoder:
    return lambda value: six(value) if isinstance(value, str) and ":" in value else four(value)


def _row_decoder(known: Field, row: Attr) -> Decoder:
    decode, convert = known.decode, row.convert
    if convert is None:
        return decode
    from_wire = convert.from_wire
    if isinstance(convert, Names):
        names: dict[Any, Value] = {}
        for name, number in convert.numbers.items():
            names.setdefault(number, name)

        def decode_name(buf: Buffer, start: int, end: int) -> Value:
            number = decode(buf, start, end)
            return names[number] if number in names else from_wire(number)

        return decode_name
    if isinstance(convert, Bool):
        inverted = convert.inverted
        return lambda buf, start, end: bool(decode(buf, start, end)) != inverted
    reshape = to_pyroute2(known)
    if reshape is not None:
        return lambda buf, start, end: from_wire(reshape(decode(buf, start, end)))
    return lambda buf, start, end: from_wire(decode(buf, start, end))


def _bits_decoder(known: Field, rows: Sequence[tuple[str, Attr]]) -> Decoder:
    """The rows that are bits of one attribute, a mask or a {flags, mask} struct, and those that do not count because of it."""
    decode = known.decode
    runs = [(name, row.convert, row.bit, row.bit & -row.bit) for name, row in rows if row.nla == known.name]
    gates = [(name, row.gate) for name, row in rows if row.gate is not None and row.gate.nla == known.name]

    def decode_bits(buf: Buffer, start: int, end: int) -> dict[str, Value]:
        value = decode(buf, start, end)
        mask = value[0] if isinstance(value, tuple) else value
        found: dict[str, Value] = {}
        for name, convert, bit, lowest in runs:
            number = (mask & bit) // lowest
            found[name] = convert.from_wire(number) if convert is not None else number if bit != lowest else bool(number)
        for name, gate in gates:
            if bool(mask & gate.bit) is gate.when:
                found[name] = gate.word
        return found

    return decode_bits


def _told_decoder(known: Field, rows: Sequence[tuple[str, Attr]]) -> Decoder:
    """The rows that are told by one attribute, each in its own way."""
    decoders = [(name, _row_decoder(known, row)) for name, row in rows]
    return lambda buf, start, end: {name: decode(buf, start, end) for name, decode in decoders}


@cache
def port_codec(kind: str) -> KindCodec:
    """The codec of the options of a port, by the kind of its controller; its ``data`` is IFLA_INFO_SLAVE_DATA."""
    from nsmgr.model.port import port

    return KindCodec(kind, port(kind))


@cache
def kind_codec(kind: str) -> KindCodec:
    """The codec of a kind; an unknown one has the rows every link has."""
    return KindCodec(kind)
