"""Every kind compiles; every row's value survives the way out and back. New kinds are found by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, get_args

import pytest

from nsmgr.kernel import linkcodec, messages, schema
from nsmgr.kernel.codec import CodecError, attribute
from nsmgr.kernel.linkcodec import IFINFOMSG, KindCodec, kind_codec
from nsmgr.model.base import Attr, Change, Names, Scale, Where
from nsmgr.model.links import kind_class, kind_names
from nsmgr.model.links.base import Link
from nsmgr.plan.state import Link as State

_CANDIDATES: tuple[Any, ...] = (
    True, False, 3000, 3, 1, "02:00:00:00:00:07", "10.0.0.7", "2001:db8::7", "some text", (3, 5), ("10.0.0.7",), ("2001:db8::7",),
    ("02:00:00:00:00:07", "02:00:00:00:00:08"), ((1, 2), (3, 4)),
)  # fmt: skip


def _values(row: Attr) -> Iterator[Any]:
    if isinstance(row.convert, Names):
        yield from row.convert.numbers
    elif row.ref:
        yield 7
    elif isinstance(row.convert, Scale):
        yield 3000
    else:
        yield from _CANDIDATES


def _as_dump(kind: str, codec: KindCodec, attrs: dict[str, Any]) -> State:
    """What a dump would say of a link whose attributes are exactly these."""
    parts = codec.sort(attrs)
    data = b"".join(parts.data)
    if kind == "tap":
        data += attribute(3, b"\2")
    info = attribute(1, ("tun" if kind == "tap" else kind).encode() + b"\0") + (attribute(2, data) if data else b"")
    body = attribute(3, b"eth0\0") + b"".join(parts.top) + parts.af_spec()
    hardware = 772 if kind == "lo" else 1
    linkinfo = b"" if kind in ("lo", "physical") else attribute(18, info)
    raw = IFINFOMSG.pack(0, hardware, 5, parts.flags, 0) + body + linkinfo
    return messages.decode_link(raw, 0, len(raw))


@pytest.mark.parametrize("kind", [*kind_names(), "", "nosuch"])
def test_every_row_of_a_kind_goes_out_and_comes_back(kind: str) -> None:
    codec = kind_codec(kind)
    lost = []
    for name, row in kind_class(kind).rows().items():
        carried = row.nla != "IFLA_LINK" or codec.parent_from_link  # a veth's IFLA_LINK is its peer
        if row.where in (Where.NONE, Where.GENL) or row.told_by or row.change is Change.READ_ONLY or not carried:
            continue
        survived = 0
        for value in _values(row):
            try:
                link = _as_dump(kind, codec, {name: value})
            except CodecError:
                continue
            if type(link.attrs.get(name)) is type(value):
                assert link.attrs[name] == value, name
                survived += 1
        if not survived:
            lost.append(name)
    assert not lost


@pytest.mark.parametrize("kind", kind_names())
def test_twins_for_ipv6_are_told_by_the_value(kind: str) -> None:
    codec = kind_codec(kind)
    for name, row in kind_class(kind).rows().items():
        if row.nla6:
            for address in ("10.0.0.7", "2001:db8::7"):
                assert _as_dump(kind, codec, {name: address}).attrs[name] == address


@pytest.mark.parametrize("kind", kind_names())
def test_what_a_dump_leaves_out_has_the_meaning_the_row_says(kind: str) -> None:
    link = _as_dump(kind, kind_codec(kind), {})
    assert link.kind == ("" if kind == "physical" else kind)
    for name, row in kind_class(kind).rows().items():
        if row.absent is not None and row.where is not Where.GENL:
            assert link.attrs[name] == row.absent


@pytest.mark.parametrize("kind", kind_names())
def test_a_bit_does_not_disturb_its_neighbours(kind: str) -> None:
    codec = kind_codec(kind)
    for shared in codec.bits.values():
        rows = [(name, row) for name, row in shared if row.bit & (row.bit - 1) == 0 and row.bit]
        for name, row in rows:
            parts = codec.sort({name: True})
            attrs = _as_dump(kind, codec, {name: True}).attrs
            assert attrs[name] is True
            assert not any(attrs[other] for other, _ in rows if other != name)
            assert len(parts.data) == 1
            first = codec.data_table.by_name[row.nla] if codec.data_table else None
            assert first is not None
            if len(parts.data[0]) == 12:  # a {flags, mask} struct: the mask says which bit is meant
                assert first.decode(parts.data[0], 4, 12) == (row.bit, row.bit)
                (cleared,) = codec.sort({name: False}).data
                assert first.decode(cleared, 4, 12) == (0, row.bit)


class _Odd(Link):
    KIND: ClassVar[str] = "odd"
    DATA: ClassVar[str | None] = "vlan"
    mac: Annotated[int | None, Attr("IFLA_CARRIER")] = None  # type: ignore[assignment]
    operstate: Annotated[int | None, Attr("IFLA_OPERSTATE")] = None


def test_a_kind_may_redefine_what_every_link_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linkcodec, "kind_class", lambda kind: _Odd if kind == "odd" else kind_class(kind))
    codec = kind_codec("odd")
    try:
        attrs = _as_dump("odd", codec, {"mac": 9, "operstate": 6, "mtu": 1400}).attrs
        assert (attrs["mac"], attrs["operstate"], attrs["mtu"]) == (9, 6, 1400)
    finally:
        kind_codec.cache_clear()


def test_a_row_the_schema_does_not_know_fails_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong(Link):
        KIND: ClassVar[str] = "vxlan"
        colour: Annotated[int | None, Attr("IFLA_VXLAN_COLOUR", where=Where.DATA)] = None

    monkeypatch.setattr(linkcodec, "kind_class", lambda kind: Wrong)
    with pytest.raises(CodecError, match=r"row 'colour' of kind 'vxlan'.*no attribute 'IFLA_VXLAN_COLOUR'"):
        KindCodec("vxlan")


def test_names_and_values_that_do_not_exist_are_named() -> None:
    with pytest.raises(CodecError, match="colour: a veth link has no such attribute"):
        kind_codec("veth").sort({"colour": 1})
    with pytest.raises(CodecError, match="mtu: 'big' does not fit"):
        kind_codec("veth").sort({"mtu": "big"})
    with pytest.raises(CodecError, match="linkmode"):
        kind_codec("veth").sort({"linkmode": "sideways"})


def test_constant_companions_go_along() -> None:
    parts = kind_codec("macvlan").sort({"macaddrs": ("02:00:00:00:00:07",)})
    assert [int.from_bytes(part[2:4], "little") & 0x3FFF for part in parts.data] == [5, 3]
    assert schema.data_table("macvlan") is kind_codec("macvtap").data_table
    assert get_args(kind_class("macvlan").model_fields["kind"].annotation)
