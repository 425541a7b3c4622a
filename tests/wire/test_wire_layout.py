"""A remembered layout says what a fresh walk says, or the same refusal: for the payload learnt from and for any other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsmgr.kernel import linkdecode
from nsmgr.kernel.codec import CodecError, attribute
from nsmgr.kernel.linkcodec import IFINFOMSG
from nsmgr.kernel.linkdecode import LinkDecoder
from tests.wire.support import dumps

PAYLOADS = [message[16:] for message in dumps()["links"] + dumps()["links_stats"]]


def said(decoder: LinkDecoder, payload: bytes) -> Any:
    try:
        return decoder(payload, 0, len(payload))
    except CodecError as error:
        return str(error)


def warm() -> LinkDecoder:
    decoder = LinkDecoder()
    for payload in PAYLOADS:
        said(decoder, payload)
    return decoder


def test_the_second_time_is_the_first() -> None:
    decoder = warm()
    for payload in PAYLOADS:
        assert said(decoder, payload) == said(LinkDecoder(), payload)
        shifted = memoryview(b"\xee" * 8 + payload + b"\xee")
        assert decoder(shifted, 8, 8 + len(payload)) == said(LinkDecoder(), payload), (
            "any buffer, at any offset that is a multiple of four"
        )


@given(st.data())
def test_any_change_of_a_payload_is_seen(data: st.DataObject) -> None:
    payload = bytearray(data.draw(st.sampled_from(PAYLOADS)))
    decoder = warm()
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    changed = bytes(payload)
    assert said(decoder, changed) == said(LinkDecoder(), changed)
    assert said(decoder, changed) == said(LinkDecoder(), changed), "nor is a wrong layout remembered"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_every_byte_counts_alike(payload: bytes) -> None:
    """Each byte turned over once: kinds, lengths and numbers must lead elsewhere, values to other values."""
    decoder = warm()
    for position in range(len(payload)):
        changed = payload[:position] + bytes([payload[position] ^ 0xFF]) + payload[position + 1 :]
        assert said(decoder, changed) == said(LinkDecoder(), changed), position


def link(kind: bytes, *attributes: bytes, hardware: int = 1) -> bytes:
    info = attribute(18, attribute(1, kind + b"\0")) if kind else b""
    return IFINFOMSG.pack(0, hardware, 5, 0, 0) + attribute(3, b"eth0\0") + b"".join(attributes) + info


def test_alike_in_size_but_not_in_kind() -> None:
    decoder = LinkDecoder()
    for _ in range(2):
        for kind in (b"veth", b"ifb4", b"vlan"):
            assert said(decoder, link(kind)).kind == kind.decode()
        for hardware, kind_name in ((772, "lo"), (1, "")):
            assert said(decoder, link(b"", hardware=hardware)).kind == kind_name


def test_an_attribute_that_comes_twice() -> None:
    decoder = LinkDecoder()
    for first, second in ((1400, 9000), (9000, 1400)):
        twice = link(b"veth", attribute(4, first.to_bytes(4, "little")), attribute(4, second.to_bytes(4, "little")))
        assert said(decoder, twice).attrs["mtu"] == second, "the later one counts"


def test_references_to_nothing_are_missing() -> None:
    decoder = LinkDecoder()
    for index in (0, 7, 0):
        attrs = said(decoder, link(b"veth", attribute(10, index.to_bytes(4, "little")))).attrs
        assert attrs.get("controller") == (index or None)
        assert ("controller" in attrs) == bool(index)


def test_layouts_are_not_kept_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linkdecode, "MAX_LAYOUTS", 3)
    decoder = LinkDecoder()
    for _ in range(2):
        for size in range(1, 9):
            assert said(decoder, link(b"veth", attribute(20, b"x" * size))).attrs["alias"] == "x" * size
            assert sum(map(len, decoder._layouts.values())) <= 3


@pytest.mark.parametrize("payload", PAYLOADS)
def test_only_what_is_wanted_is_read(payload: bytes) -> None:
    """And the references, without which links could not be told apart; whatever was read of the same payload before."""
    decoder = LinkDecoder()
    whole = decoder(payload, 0, len(payload))
    layout, number = decoder.find(payload, 0, len(payload))
    for wanted in (frozenset({"mtu", "state"}), frozenset({"mac"}), frozenset()):
        part = layout.read(payload, 0, number, wanted)
        kept = wanted | layout.codec.refs | {layout.codec.parent_from_link}
        assert part.attrs == {name: value for name, value in whole.attrs.items() if name in kept}
        assert (part.name, part.index, part.altnames, part.kind) == (whole.name, whole.index, whole.altnames, whole.kind)
    assert layout.read(payload, 0, number, ports=True) == whole


def test_options_of_ports_are_read_where_asked_for() -> None:
    """Whatever is read of them is under the mask by which a memo compares; nothing of it is under the other one."""
    payload = next(payload for payload in PAYLOADS if said(LinkDecoder(), payload).port_kind == "bridge")
    decoder = LinkDecoder()
    layout, number = decoder.find(payload, 0, len(payload))
    plain, whole = layout.read(payload, 0, number), layout.read(payload, 0, number, ports=True)
    options = {name: value for name, value in whole.attrs.items() if name.startswith("port_options.")}
    assert (plain.attrs | options, plain.port_kind) == (whole.attrs, "")
    assert options["port_options.learning"] is True
    (only,) = (layout.read(payload, 0, number, frozenset({"port_options.cost"}), ports=True),)
    assert {name for name in only.attrs if name in options} == {"port_options.cost"}
    read = 0
    for position in range(16, len(payload)):
        turned = payload[:position] + bytes([payload[position] ^ 0xFF]) + payload[position + 1 :]
        try:
            differs = LinkDecoder()(turned, 0, len(turned)) != whole
        except CodecError:
            continue
        if differs:
            read += 1
            assert layout.port_mask >> (8 * position) & 0xFF == 0xFF
    assert read > 40


def test_a_port_of_what_nobody_knows() -> None:
    known = attribute(18, attribute(4, b"nosuch\0") + attribute(5, attribute(1, b"\1\0\0\0")))
    found = said(LinkDecoder(), link(b"", known))
    assert (found.port_kind, [name for name in found.attrs if name.startswith("port_options.")]) == ("", [])
