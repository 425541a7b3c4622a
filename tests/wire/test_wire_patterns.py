"""A remembered pattern says what a fresh walk says, or the same refusal: of addresses and routes, for any payload."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsmgr.kernel.codec import CodecError
from nsmgr.kernel.inetdecode import AddressDecoder
from nsmgr.kernel.patterns import Patterns
from nsmgr.kernel.routedecode import RouteDecoder
from tests.wire.support import dumps

NAMES = {1: "lo", 2: "a", 3: "b", 10: "v0", 11: "v1", 12: "br0"}
ADDRESSES = [message[16:] for message in dumps()["addresses"]]
ROUTES = [message[16:] for message in dumps()["routes"]]
Decode = AddressDecoder | RouteDecoder
CASES = [(AddressDecoder, ADDRESSES), (RouteDecoder, ROUTES)]


def said(decode: Decode, payload: bytes) -> Any:
    try:
        return decode(payload, 0, len(payload), NAMES)
    except CodecError as error:
        return str(error)


def warm(make: Callable[[], Decode], payloads: list[bytes]) -> Decode:
    decode = make()
    for payload in payloads:
        said(decode, payload)
    return decode


@pytest.mark.parametrize(("make", "payloads"), CASES)
def test_the_second_time_is_the_first(make: Callable[[], Decode], payloads: list[bytes]) -> None:
    decode = warm(make, payloads)
    for payload in payloads:
        assert said(decode, payload) == said(make(), payload)
        shifted = b"\xee" * 8 + payload + b"\xee"
        assert decode(shifted, 8, 8 + len(payload), NAMES) == said(make(), payload), "any buffer, at any offset"


@pytest.mark.parametrize(("make", "payloads"), CASES)
def test_every_byte_counts_alike(make: Callable[[], Decode], payloads: list[bytes]) -> None:
    """Each byte turned over once: families, lengths and numbers must lead elsewhere, values to other values."""
    decode = warm(make, payloads)
    for payload in payloads[:20]:
        for position in range(len(payload)):
            changed = payload[:position] + bytes([payload[position] ^ 0xFF]) + payload[position + 1 :]
            assert said(decode, changed) == said(make(), changed), position


@given(st.data())
def test_any_change_of_a_payload_is_seen(data: st.DataObject) -> None:
    make, payloads = data.draw(st.sampled_from(CASES))
    decode = warm(make, payloads)
    payload = bytearray(data.draw(st.sampled_from(payloads)))
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    for _ in range(2):  # nor is a wrong pattern remembered
        assert said(decode, bytes(payload)) == said(make(), bytes(payload))


def test_a_device_belongs_to_its_namespace() -> None:
    """The same bytes in two namespaces name two devices."""
    decode = RouteDecoder()
    payload = next(raw for raw in ROUTES if (route := said(RouteDecoder(), raw)).nexthops and route.nexthops[0].dev)
    index = next(index for index in range(1, 100) if _device(decode, payload, {index: "here"}) == "here")
    assert _device(decode, payload, {index: "there"}) == "there"
    assert _device(decode, payload, {}) == f"?/#{index}"


def _device(decode: RouteDecoder, payload: bytes, names: dict[int, str]) -> str:
    route = decode(payload, 0, len(payload), names)
    assert route is not None
    return route.nexthops[0].dev


def test_patterns_are_not_kept_without_end() -> None:
    patterns = Patterns(3)
    for payload in range(10):
        patterns.add(4, payload, 0xFF, f"learnt {payload}")
    assert [payload for payload in range(10) if patterns.find(4, payload)] == [9]
    assert patterns.find(4, 0xAB09) == "learnt 9", "what the mask leaves out does not count"
    assert patterns.find(5, 9) is None
