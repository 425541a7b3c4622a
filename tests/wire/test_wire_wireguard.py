"""The families "wireguard" and "macsec": requests byte by byte, answers in several messages, made by pyroute2's encoder."""

from __future__ import annotations

import base64
from pathlib import Path
from socket import inet_pton
from types import SimpleNamespace
from typing import Any

import pytest
from pyroute2.netlink.generic import wireguard as oracle

from nsmgr.kernel.genl import Family
from nsmgr.kernel.payload import NLA_F_NESTED, CodecError, attribute
from nsmgr.kernel.things import macsec_rx, macsec_rx_sa, macsec_tx, wireguard, wireguard_peer
from nsmgr.kernel.wire import U16, U32, Answer
from nsmgr.plan.plan import Verb
from nsmgr.plan.state import Thing
from nsmgr.secret import digest
from nsmgr.x25519 import public_key
from tests.wire.support import golden, step

PRIVATE = bytes(range(32))
PUBLIC = base64.b64encode(public_key(PRIVATE)).decode()
PEER = base64.b64encode(bytes([0xAA] * 32)).decode()
NEST = NLA_F_NESTED


class Genl:
    """Takes requests; every one is answered with success."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def family(self, name: str) -> Family:
        return Family(name, 0x20)

    def transact(self, messages: list[bytes]) -> list[Answer]:
        self.sent += [message[16:] for message in messages]  # without struct nlmsghdr
        return [Answer(0, "", 0, message) for message in messages]


@pytest.fixture
def genl() -> Genl:
    return Genl()


def handle(genl: Genl) -> Any:
    return SimpleNamespace(name="red", genl=lambda: genl)


@pytest.fixture
def place(tmp_path: Path) -> str:
    path = tmp_path / "key"
    path.write_text(base64.b64encode(PRIVATE).decode())
    path.chmod(0o600)
    return f"file:{path}"


def test_a_device(genl: Genl, place: str) -> None:
    attrs = {"private_key": place, "public_key": PUBLIC, "listen_port": 51820, "fwmark": 16}
    answer = wireguard.perform(handle(genl), step(Verb.THING_ADD, index=7, obj=Thing("wireguard", "wg0", "wg0", attrs)))
    assert answer == Answer()  # without the message: it holds the key
    (sent,) = genl.sent
    assert sent == golden("""
        01 01 0000                # WG_CMD_SET_DEVICE, version 1
        0800 0100 07000000        # WGDEVICE_A_IFINDEX 7
        2400 0300                 # WGDEVICE_A_PRIVATE_KEY
          000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
        0600 0600 6cca 0000       # WGDEVICE_A_LISTEN_PORT 51820
        0800 0700 10000000        # WGDEVICE_A_FWMARK 16
    """)


def test_a_key_that_is_not_the_one_of_the_plan_is_not_sent(genl: Genl, place: str) -> None:
    thing = Thing("wireguard", "wg0", "wg0", {"private_key": place, "public_key": PEER})
    answer = wireguard.perform(handle(genl), step(Verb.THING_ADD, index=7, obj=thing))
    assert answer.errno
    assert "another key than when the plan was made" in answer.extack
    assert not genl.sent


def peer(**attrs: Any) -> Thing:
    return Thing("wireguard_peer", f"{PEER} dev wg0", "wg0", {"public_key": PEER, **attrs})


def test_a_peer(genl: Genl) -> None:
    thing = peer(endpoint="192.0.2.1:51820", allowed_ips=("10.0.0.0/24",), persistent_keepalive=25000)
    wireguard_peer.perform(handle(genl), step(Verb.THING_ADD, index=7, obj=thing))
    assert genl.sent == [
        golden(
            """
        01 01 0000
        0800 0100 07000000
        7000 0880                 # WGDEVICE_A_PEERS, nested
          6c00 0080
            2400 0100 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa   # WGPEER_A_PUBLIC_KEY
            0800 0300 02000000    # WGPEER_A_FLAGS REPLACE_ALLOWEDIPS
            1400 0400             # WGPEER_A_ENDPOINT, struct sockaddr_in
              0200 ca6c c0000201 0000000000000000
            0600 0500 1900 0000   # WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL 25
            2000 0980             # WGPEER_A_ALLOWEDIPS
              1c00 0080
                0600 0100 0200 0000     # WGALLOWEDIP_A_FAMILY AF_INET
                0800 0200 0a000000      # WGALLOWEDIP_A_IPADDR
                0500 0300 18 000000     # WGALLOWEDIP_A_CIDR_MASK
    """.replace("7400 0880", "7800 0880").replace("7000 0080", "7400 0080")
        )
    ]


def test_removing_a_peer_and_changing_only_what_differs(genl: Genl) -> None:
    wireguard_peer.perform(handle(genl), step(Verb.THING_DEL, index=7, obj=peer(endpoint="192.0.2.1:1")))
    old, new = peer(endpoint="192.0.2.1:1", persistent_keepalive=0), peer(endpoint="192.0.2.1:1", persistent_keepalive=1000)
    wireguard_peer.perform(handle(genl), step(Verb.THING_SET, index=7, obj=new, args={"observed": old}))
    removing, changing = genl.sent
    assert removing.endswith(attribute(3, U32.pack(1)))  # WGPEER_F_REMOVE_ME, nothing else
    assert changing.endswith(attribute(3, U32.pack(4)) + attribute(5, U16.pack(1)))  # UPDATE_ONLY, keepalive


def test_more_addresses_than_fit_go_in_several_messages(genl: Genl) -> None:
    addresses = tuple(f"2001:db8:{number:x}::/48" for number in range(2500))
    wireguard_peer.perform(handle(genl), step(Verb.THING_ADD, index=7, obj=peer(allowed_ips=addresses)))
    assert len(genl.sent) == 3
    flags = [sent[sent.index(attribute(1, bytes([0xAA] * 32))) + 36 :][4:8] for sent in genl.sent]
    assert flags == [U32.pack(2), U32.pack(4), U32.pack(4)]  # replace, then add to the one that is there


def answer(*messages: list[list[Any]]) -> list[Any]:
    """A dump as pyroute2 encodes it."""
    spans = []
    for attrs in messages:
        made: Any = oracle.wgmsg()
        made["attrs"] = attrs
        made.encode()
        spans.append((bytes(made.data), 20, len(made.data)))
    return [(7, spans)]


def addresses(*networks: str) -> list[dict[str, Any]]:
    found = []
    for network in networks:
        address, length = network.split("/")
        family = 10 if ":" in address else 2
        found.append(
            {
                "attrs": [
                    ["WGALLOWEDIP_A_FAMILY", family],
                    ["WGALLOWEDIP_A_IPADDR", inet_pton(family, address)],
                    ["WGALLOWEDIP_A_CIDR_MASK", int(length)],
                ]
            }
        )
    return found


def test_a_dump_in_several_messages_is_one_device() -> None:
    """What does not fit goes on in the next message: pyroute2's issue 1212."""
    first = [["WGPEER_A_PUBLIC_KEY", PEER], ["WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL", 25]]
    first += [["WGPEER_A_ENDPOINT", {"family": 2, "addr": "192.0.2.1", "port": 51820}]]
    second = base64.b64encode(bytes([0xBB] * 32)).decode()
    dumped = answer(
        [
            ["WGDEVICE_A_PRIVATE_KEY", base64.b64encode(PRIVATE).decode()],
            ["WGDEVICE_A_PUBLIC_KEY", PUBLIC],
            ["WGDEVICE_A_LISTEN_PORT", 51820],
            ["WGDEVICE_A_FWMARK", 16],
            ["WGDEVICE_A_PEERS", [{"attrs": [*first, ["WGPEER_A_ALLOWEDIPS", addresses("10.0.1.0/24")]]}]],
        ],
        [
            [
                "WGDEVICE_A_PEERS",
                [
                    {"attrs": [["WGPEER_A_PUBLIC_KEY", PEER], ["WGPEER_A_ALLOWEDIPS", addresses("10.0.0.0/24")]]},
                    {"attrs": [["WGPEER_A_PUBLIC_KEY", second], ["WGPEER_A_ALLOWEDIPS", addresses("2001:db8::/32")]]},
                ],
            ]
        ],
    )
    (device,) = wireguard.decode(dumped, {7: "wg0"})
    assert device.attrs == {"public_key": PUBLIC, "listen_port": 51820, "fwmark": 16}  # not the private key
    one, two = wireguard_peer.decode(dumped, {7: "wg0"})
    assert one.attrs == {
        "public_key": PEER,
        "endpoint": "192.0.2.1:51820",
        "persistent_keepalive": 25000,
        "allowed_ips": ("10.0.0.0/24", "10.0.1.0/24"),
    }
    assert two.attrs == {"public_key": second, "allowed_ips": ("2001:db8::/32",)}
    assert not [*wireguard_peer.decode(dumped, {8: "wg0"})]


def test_a_preshared_key_is_a_digest_or_none() -> None:
    for key, told in ((PRIVATE, digest(PRIVATE, PEER)), (bytes(32), "none")):
        body = attribute(1, bytes([0xAA] * 32)) + attribute(2, key)
        data = attribute(8 | NEST, attribute(NEST, body))
        (thing,) = wireguard_peer.decode([(7, [(data, 0, len(data))])], {7: "wg0"})
        assert thing.attrs["preshared_key_digest"] == told


@pytest.mark.parametrize("text", ["192.0.2.1:51820", "[2001:db8::1]:65535", "[fe80::1%3]:1"])
def test_endpoints_go_out_and_come_back(text: str) -> None:
    body = attribute(1, bytes(32)) + attribute(4, wireguard.sockaddr(text))
    data = attribute(8 | NEST, attribute(NEST, body))
    (thing,) = wireguard_peer.decode([(7, [(data, 0, len(data))])], {7: "wg0"})
    assert thing.attrs["endpoint"] == text


# ------------------------------------------------------------------------------------------------------------------- MACsec


def association(an: int, *, active: bool, pn: bytes, more: bytes = b"") -> bytes:
    body = attribute(1, bytes((an,))) + attribute(5, bytes([an]) * 16) + attribute(2, bytes((active,))) + attribute(3, pn) + more
    return attribute((an + 1) | NEST, body)


DEVICE = (
    attribute(1, U32.pack(7))
    + attribute(5 | NEST, association(0, active=True, pn=b"\x05\0\0\0") + association(3, active=False, pn=b"\1" + bytes(7)))
    + attribute(
        6 | NEST,
        attribute(
            1 | NEST,
            attribute(2, b"\1")
            + attribute(1, bytes.fromhex("02000000000b0001"))
            + attribute(3 | NEST, association(1, active=True, pn=b"\x09\0\0\0", more=attribute(8, b"\0\0\0\x06"))),
        ),
    )
)


def test_associations_and_channels_of_a_dump() -> None:
    answer, names = [(DEVICE, 0, len(DEVICE))], {7: "m0"}
    assert [(thing.key, thing.attrs) for thing in macsec_tx.decode(answer, names)] == [
        ("0 dev m0", {"an": 0, "active": True, "key_id": "00" * 16, "pn": 5}),
        ("3 dev m0", {"an": 3, "active": False, "key_id": "03" * 16, "pn": 1}),
    ]
    (channel,) = macsec_rx.decode(answer, names)
    assert (channel.key, channel.attrs) == ("02000000000b0001 dev m0", {"sci": "02000000000b0001", "active": True})
    (received,) = macsec_rx_sa.decode(answer, names)
    assert received.key == "02000000000b0001 1 dev m0"
    assert received.attrs == {"sci": "02000000000b0001", "an": 1, "active": True, "key_id": "01" * 16, "pn": 9, "ssci": 6}
    assert received.on == (("macsec_rx", channel.key),)
    assert not [*macsec_tx.decode(answer, {8: "m0"})]


def test_every_truncation_is_an_error_or_less() -> None:
    for cut in range(len(DEVICE)):
        for module in (macsec_tx, macsec_rx, macsec_rx_sa):
            try:
                [*module.decode([(DEVICE[:cut], 0, cut)], {7: "m0"})]
            except (CodecError, KeyError, IndexError):
                continue


def test_an_association_to_receive_with(genl: Genl, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("000102030405060708090a0b0c0d0e0f")
    path.chmod(0o600)
    attrs = {"sci": "02000000000b0001", "an": 1, "active": True, "key": f"file:{path}", "key_id": "01" + "00" * 15}
    thing = Thing("macsec_rx_sa", "02000000000b0001 1 dev m0", "m0", attrs)
    assert macsec_rx_sa.perform(handle(genl), step(Verb.THING_ADD, index=7, obj=thing)) == Answer()
    macsec_rx_sa.perform(handle(genl), step(Verb.THING_DEL, index=7, obj=thing))
    made, stopped, deleted = genl.sent
    assert made == golden(
        """
        07 01 0000                 # MACSEC_CMD_ADD_RXSA
        0800 0100 07000000         # MACSEC_ATTR_IFINDEX
        1000 0280                  # MACSEC_ATTR_RXSC_CONFIG
          0c00 0100 02000000000b0001     # SCI, in network order
        4400 0380                  # MACSEC_ATTR_SA_CONFIG
          0500 0100 01 000000      # AN 1
          0500 0200 01 000000      # ACTIVE
          1400 0400 000102030405060708090a0b0c0d0e0f   # KEY
          1400 0500 01000000000000000000000000000000   # KEYID
          0800 0300 01000000       # PN 1: 32 bits without an xpn cipher
    """.replace("4400 0380", "4400 0380")
    )
    assert (stopped[0], deleted[0]) == (9, 8)  # UPD_RXSA out of use, then DEL_RXSA
    assert attribute(2, b"\0") in stopped
