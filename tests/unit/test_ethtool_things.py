"""`features:` and `ethtool:` of a link: what may be written, and what it means."""

from __future__ import annotations

from pathlib import Path

import pytest

from nsmgr import engine
from nsmgr.config import loads
from nsmgr.config.schema import explain, json_schema
from nsmgr.errors import ConfigError
from nsmgr.kernel.fake import FakeKernel
from nsmgr.model.things.features import Features
from nsmgr.model.words import FEATURE_GROUPS
from nsmgr.plan.plan import Action
from nsmgr.plan.state import Thing
from nsmgr.store import Store

FILE = """
version: 1
name: lab
namespaces:
  red:
    links:
      eth0:
        kind: veth
        peer: blue/eth0
        BODY
  blue: {}
"""


def things(body: str) -> dict[tuple[str, str], Thing]:
    return loads(FILE.replace("BODY", body)).namespaces["red"].things


def test_names_and_short_names() -> None:
    (thing,) = things("features: {tx: off, rx-gro-list: true, tx-udp_tnl-segmentation: on, loopback: false}").values()
    assert (thing.type, thing.key, thing.link) == ("features", "eth0", "eth0")
    assert thing.attrs == {"tx": False, "rx-gro-list": True, "tx-udp_tnl-segmentation": True, "loopback": False}


def test_every_feature_of_a_group_is_a_row() -> None:
    assert {name for members in FEATURE_GROUPS.values() for name in members} <= Features.rows().keys()


def test_the_section_makes_a_thing_of_each_part() -> None:
    found = things("ethtool: {speed: 1000, rings: {rx: 512}, coalesce: {adaptive_rx: true}, pause: {}, channels: null}")
    assert {key: thing.attrs for key, thing in found.items()} == {
        ("ethtool", "eth0"): {"speed": 1000},
        ("rings", "eth0"): {"rx": 512},
        ("coalesce", "eth0"): {"adaptive_rx": True},
    }
    assert found[("rings", "eth0")].origin == ("namespaces", "red", "links", "eth0", "ethtool", "rings")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("features: {tx: off, tx-checksum-ip-generic: on}", "say different things"),
        ("features: {rx-gro-lst: on}", "unknown key `rx-gro-lst`"),
        ("features: {tx: maybe}", "maybe"),
        ("ethtool: {rings: {rx: -1}}", "-1"),
        ("ethtool: {ring: {rx: 1}}", "unknown key `ring`"),
        ("ethtool: {duplex: both}", "not one of half, full"),
    ],
)
def test_faults_are_told_with_their_place(body: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        things(body)
    (problem,) = caught.value.problems
    assert words in problem.message
    assert problem.line == 10


def test_they_are_changed_and_never_removed(tmp_path: Path) -> None:
    kernel, store = FakeKernel(), Store(tmp_path / "state")
    for body, expected in (
        ("features: {tx: off}", [(Action.CREATE, "features")]),
        ("features: {tx: on}", [(Action.UPDATE, "features")]),
        ("features: {}", []),
        ("arp: true", []),
    ):
        desired = loads(FILE.replace("BODY", body))
        result = engine.apply(desired, kernel, store)
        assert result.ok
        assert [(op.action, op.type) for op in result.plan.operations if op.type not in ("namespace", "link")] == expected
        assert not engine.check(desired, kernel, store)


def test_they_are_explained_and_in_the_schema() -> None:
    assert {key.path for key in explain("features")} >= {"features.tx", "features.rx-gro-list"}
    assert {key.path for key in explain("ethtool")} >= {"ethtool.rings", "ethtool.speed"}
    properties = json_schema()["$defs"]["link-veth"]["properties"]
    assert {"features", "ethtool"} <= properties.keys()
