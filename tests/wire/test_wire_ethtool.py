"""The family "ethtool": requests byte by byte, answers made by pyroute2's encoder, every truncation."""

from __future__ import annotations

from typing import Any

import pytest
from pyroute2.netlink.generic import ethtool as oracle

from nsmgr.kernel.payload import NLA_F_NESTED, CodecError, attribute
from nsmgr.kernel.things import channels, coalesce, ethtool, features, pause, rings
from nsmgr.kernel.wire import U32
from nsmgr.model.things import thing_class
from tests.wire.support import golden

HEADER = attribute(1 | NLA_F_NESTED, attribute(1, U32.pack(7)))
KNOWN = ("tx-scatter-gather", "tx-checksum-ipv4", "", "tx-checksum-ip-generic", "tx-checksum-ipv6", "rx-gro", "rx-all")


def test_a_request_for_features() -> None:
    assert features.request({"rx-gro": True, "rx-all": False}) == golden("""
        2c00 0380        # ETHTOOL_A_FEATURES_WANTED, nested
          2800 0380      # ETHTOOL_A_BITSET_BITS, nested; no NOMASK: the bits that are listed are the mask
            1400 0180    # ETHTOOL_A_BITSET_BITS_BIT
              0b00 0200 72782d67726f00 00    # NAME rx-gro
              0400 0300                      # VALUE: on
            1000 0180
              0b00 0200 72782d616c6c00 00    # NAME rx-all, no VALUE: off
    """)


def reply(**bits: int) -> tuple[bytes, int, int]:
    """A FEATURES_GET reply with compact bitsets, as net/ethtool/bitset.c writes them."""
    numbers = {"hw": 2, "wanted": 3, "active": 4, "nochange": 5}
    body = HEADER
    for name, value in bits.items():
        sets = attribute(2, U32.pack(len(KNOWN))) + attribute(4, U32.pack(value))
        body += attribute(numbers[name] | NLA_F_NESTED, sets)
    return body, 0, len(body)


def test_features_of_an_answer() -> None:
    """Fixed as off is left out, fixed as on is there and named; a group is on when all of it is that can be changed."""
    span = reply(hw=0b0101001, active=0b0010001, nochange=0)
    (thing,) = features.decode((KNOWN, [span]), {7: "eth0"})
    assert thing.id == ("features", "eth0")
    single = {name: value for name, value in thing.attrs.items() if name in KNOWN}
    assert single == {"tx-scatter-gather": True, "tx-checksum-ip-generic": False, "tx-checksum-ipv6": True, "rx-gro": False}
    assert thing.attrs["fixed"] == ("tx-checksum-ipv6",)
    assert (thing.attrs["sg"], thing.attrs["tx"], thing.attrs["gro"], thing.attrs["lro"]) == (True, "partly", False, False)


def test_what_can_never_change_is_fixed() -> None:
    (thing,) = features.decode((KNOWN, [reply(hw=0b1, active=0b1, nochange=0b1)]), {7: "eth0"})
    assert thing.attrs["fixed"] == ("tx-scatter-gather",)


def test_links_that_are_not_known_are_left_out() -> None:
    assert not [*features.decode((KNOWN, [reply(hw=1)]), {8: "eth0"})]
    assert not [*rings.decode([(HEADER, 0, len(HEADER))], {8: "eth0"})]


def test_every_truncation_is_an_error_or_less() -> None:
    body, _, end = reply(hw=5, active=1, nochange=0)
    for cut in range(end):
        try:
            found = [*features.decode((KNOWN, [(body[:cut], 0, cut)]), {7: "eth0"})]
        except CodecError:
            continue
        assert len(found) <= 1


def test_ring_sizes_as_pyroute2_writes_them() -> None:
    message: Any = oracle.ethtool_rings_msg()
    message["attrs"] = [
        ("ETHTOOL_A_RINGS_HEADER", {"attrs": [("ETHTOOL_A_HEADER_DEV_INDEX", 7)]}),
        ("ETHTOOL_A_RINGS_RX_MAX", 4096),
        ("ETHTOOL_A_RINGS_RX", 512),
        ("ETHTOOL_A_RINGS_TCP_DATA_SPLIT", 2),
        ("ETHTOOL_A_RINGS_TX_PUSH", 1),
    ]
    message.encode()
    data = bytes(message.data)
    (thing,) = rings.decode([(data, 20, len(data))], {7: "eth0"})
    assert (thing.type, thing.link, thing.attrs) == ("rings", "eth0", {"rx": 512, "tcp_data_split": "on", "tx_push": True})


def test_a_request_for_ring_sizes() -> None:
    assert rings.RINGS.body({"tx_push": True, "rx": 512, "tcp_data_split": "off"}) == golden("""
        0800 0600 00020000    # ETHTOOL_A_RINGS_RX 512
        0500 0b00 01 000000   # TCP_DATA_SPLIT disabled
        0500 0d00 01 000000   # TX_PUSH
    """)


@pytest.mark.parametrize("module", [rings.RINGS, channels.CHANNELS, coalesce.COALESCE, pause.PAUSE, ethtool.MODES])
def test_every_row_goes_out_and_comes_back(module: Any) -> None:
    rows = thing_class(module.kind).rows()
    assert rows.keys() == module.fields.keys()
    words = {"duplex": "half", "tcp_data_split": "on"}
    attrs = {name: words.get(name, name in module.truth or 3) for name in rows}
    data = HEADER + module.body(attrs)
    (thing,) = module.decode([(data, 0, len(data))], {7: "eth0"})
    assert thing.attrs == attrs


def test_what_a_driver_does_not_know_is_none() -> None:
    data = HEADER + attribute(5, b"\xff" * 4) + attribute(6, b"\xff")
    (thing,) = ethtool.decode([(data, 0, len(data))], {7: "eth0"})
    assert thing.attrs == {"speed": None, "duplex": None}
