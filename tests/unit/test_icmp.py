"""ICMP messages as bytes: RFC 792, RFC 4443, RFC 1071. No sockets."""

from __future__ import annotations

import struct
from socket import AF_INET, AF_INET6

import pytest

from nsmgr import icmp

# The worked example of RFC 1071, section 3: sum ddf2, checksum its complement.
RFC1071 = bytes.fromhex("0001f203f4f5f6f7")


def test_checksum_of_the_rfc() -> None:
    assert icmp.checksum(RFC1071) == ~0xDDF2 & 0xFFFF
    assert icmp.checksum(RFC1071 + b"\x01") == icmp.checksum(RFC1071 + b"\x01\x00"), "an odd byte is padded with zero"


def test_request_v4_carries_a_checksum_that_verifies() -> None:
    packet = icmp.request(AF_INET, 0x1234, 7)
    assert packet[:2] == b"\x08\x00"  # type 8 echo request, code 0
    assert packet[4:8] == b"\x12\x34\x00\x07"  # identifier, sequence number
    assert icmp.checksum(packet) == 0, "the sum over a message with its checksum is all ones (RFC 1071)"


def test_request_v6_leaves_the_checksum_to_the_kernel() -> None:
    assert icmp.request(AF_INET6, 0x1234, 7)[:8] == bytes.fromhex("80 00 0000 1234 0007")


def reply(family: int, identifier: int, sequence: int) -> bytes:
    return struct.pack("!BBHHH", 0 if family == AF_INET else 129, 0, 0, identifier, sequence) + b"payload"


@pytest.mark.parametrize("family", [AF_INET, AF_INET6])
def test_answer_takes_only_our_reply(family: int) -> None:
    assert icmp.answer(family, reply(family, 1, 2), 1, 2) == ""
    assert icmp.answer(family, reply(family, 9, 2), 1, 2) is None, "another process's"
    assert icmp.answer(family, reply(family, 1, 3), 1, 2) is None, "late answer to another request"
    assert icmp.answer(family, icmp.request(family, 1, 2), 1, 2) is None, "lo delivers the request itself too"


def error(family: int, kind: int, quoted: bytes) -> bytes:
    header = b"\x45".ljust(20, b"\0") if family == AF_INET else b"\x60".ljust(40, b"\0")
    return struct.pack("!BBHI", kind, 0, 0, 0) + header + quoted


@pytest.mark.parametrize(
    ("family", "kind", "word"),
    [(AF_INET, 3, "unreachable"), (AF_INET, 11, "time exceeded"), (AF_INET6, 1, "unreachable"), (AF_INET6, 3, "time exceeded")],
)
def test_answer_reads_errors_about_our_request(family: int, kind: int, word: str) -> None:
    ours, other = icmp.request(family, 1, 2)[:8], icmp.request(family, 9, 2)[:8]
    assert icmp.answer(family, error(family, kind, ours), 1, 2) == word
    assert icmp.answer(family, error(family, kind, other), 1, 2) is None


def test_answer_skips_ipv4_options_of_the_quoted_header() -> None:
    header = b"\x46".ljust(24, b"\0")  # IHL 6: one word of options
    packet = struct.pack("!BBHI", 3, 0, 0, 0) + header + icmp.request(AF_INET, 1, 2)[:8]
    assert icmp.answer(AF_INET, packet, 1, 2) == "unreachable"


@pytest.mark.parametrize("family", [AF_INET, AF_INET6])
def test_answer_survives_every_truncation(family: int) -> None:
    for whole in (reply(family, 1, 2), error(family, 3 if family == AF_INET else 1, icmp.request(family, 1, 2)[:8])):
        for length in range(len(whole)):
            assert icmp.answer(family, whole[:length], 1, 2) in (None, "")


def test_reply_is_true_when_anything_came_back() -> None:
    assert icmp.Reply("10.0.0.1", 2, (0.001,))
    assert icmp.Reply("10.0.0.1", 2, (0.001,)).received == 1
    assert not icmp.Reply("10.0.0.1", 2, (), "no answer within 1 s")


def test_address_must_be_one() -> None:
    with pytest.raises(ValueError, match="not an IP address"):
        icmp.ping("localhost")


def test_usage_error_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        icmp.main([])
    assert stop.value.code == 2
    assert "ADDRESS" in capsys.readouterr().err
