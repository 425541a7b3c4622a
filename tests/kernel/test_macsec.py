"""MACsec associations on a real kernel, against `ip macsec show`: keys by their identifiers, channels, traffic that arrives."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nsmgr import cli, config, engine
from nsmgr.errors import UnsupportedByKernel
from nsmgr.icmp import ping
from nsmgr.kernel import wire
from nsmgr.kernel.genl import GenlSocket
from nsmgr.plan.plan import Action, Verb
from tests.kernel.lab import Lab

FILE = """
version: 1
namespaces:
  @a:
    links:
      eth0: {kind: veth, peer: @b/eth0, mac: "02:00:00:00:00:0a"}
      m0:
        kind: macsec
        parent: eth0
        encrypt: true
        addresses: [10.0.0.1/24]
        macsec:
          tx:
            - {an: 0, key: {file: ONE}, key_id: "01"}
            - {an: 1, key: {file: TWO}, active: false, pn: 7}
          rx:
            - mac: "02:00:00:00:00:0b"
              sas: [{an: 0, key: {file: ONE}, key_id: "01"}]
            - {sci: "0200000000990003", active: false}
  @b:
    links:
      eth0: {mac: "02:00:00:00:00:0b"}
      m0:
        kind: macsec
        parent: eth0
        encrypt: true
        addresses: [10.0.0.2/24]
        macsec:
          tx: [{an: 0, key: {file: ONE}, key_id: "01"}]
          rx: [{mac: "02:00:00:00:00:0a", port: 1, sas: [{an: 0, key: {file: ONE}, key_id: "01"}]}]
"""
ID = "01" + "00" * 15


class Keys:
    """Random keys in files; ``text`` puts their places into a configuration."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.secret = {name: os.urandom(16) for name in ("ONE", "TWO", "NEW")}
        for name, value in self.secret.items():
            self.write(name, value)

    def write(self, name: str, value: bytes) -> None:
        path = self.directory / name
        path.write_text(value.hex() + "\n")
        path.chmod(0o600)

    def text(self, text: str = FILE) -> str:
        for name in self.secret:
            text = text.replace(f"{{file: {name}}}", f"{{file: {self.directory / name}}}")
        return text


@pytest.fixture(autouse=True)
def family() -> None:
    with GenlSocket() as genl:
        try:
            genl.family("macsec")
        except UnsupportedByKernel as error:
            pytest.skip(str(error))


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    directory = tmp_path / "keys"
    directory.mkdir()
    return Keys(directory)


def shown(lab: Lab, netns: str = "a") -> dict[str, Any]:
    done = subprocess.run(
        ["ip", "netns", "exec", f"{lab.prefix}{netns}", "ip", "-j", "macsec", "show"], capture_output=True, text=True, check=True
    )
    (device,) = json.loads(done.stdout)
    found: dict[str, Any] = device
    for channel in found["rx_sc"]:
        channel["sci"] = f"{int(channel['sci'], 16):016x}"  # ip leaves out zeros in front
    return found


def macsec(lab: Lab, words: str) -> None:
    command = ["ip", "-n", f"{lab.prefix}a", "macsec", *words.split()]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_made_as_ip_shows_it_and_it_answers(lab: Lab, keys: Keys) -> None:
    desired = lab.load(keys.text())
    lab.converge(desired)
    device = shown(lab)
    first, second = device["sa_list"]
    assert (first["an"], first["active"], first["key"]) == (0, True, ID)
    assert (second["an"], second["active"], second["pn"]) == (1, False, 7)
    channels = {channel["sci"]: channel for channel in device["rx_sc"]}
    assert channels.keys() == {"02000000000b0001", "0200000000990003"}
    assert (channels["02000000000b0001"]["active"], channels["0200000000990003"]["active"]) == (True, False)
    (received,) = channels["02000000000b0001"]["sa_list"]
    assert (received["an"], received["active"], received["key"]) == (0, True, ID)
    assert any(ping("10.0.0.2", netns=f"{lab.prefix}a") for _ in range(5))
    assert not lab.check(desired)  # packet numbers have gone up


@pytest.mark.parametrize(
    ("command", "action", "kind"),
    [
        ("set m0 tx sa 0 off", Action.UPDATE, "macsec_tx"),
        ("set m0 tx sa 1 on", Action.UPDATE, "macsec_tx"),
        ("del m0 tx sa 1", Action.CREATE, "macsec_tx"),
        ("add m0 tx sa 2 pn 1 on key 09 00112233445566778899aabbccddeeff", Action.DELETE, "macsec_tx"),
        ("set m0 rx sci 0200000000990003 on", Action.UPDATE, "macsec_rx"),
        ("del m0 rx sci 0200000000990003", Action.CREATE, "macsec_rx"),
        ("add m0 rx sci 0200000000770001 on", Action.DELETE, "macsec_rx"),
        ("set m0 rx sci 02000000000b0001 sa 0 off", Action.UPDATE, "macsec_rx_sa"),
        ("add m0 rx sci 02000000000b0001 sa 3 pn 1 on key 09 00112233445566778899aabbccddeeff", Action.DELETE, "macsec_rx_sa"),
    ],
)
def test_drift_is_seen_and_mended(lab: Lab, keys: Keys, command: str, action: Action, kind: str) -> None:
    desired = lab.load(keys.text())
    lab.converge(desired)
    before = shown(lab)
    macsec(lab, command)
    (operation,) = lab.check(desired).operations
    assert (operation.action, operation.type) == (action, kind)
    lab.converge(desired)
    after = shown(lab)
    assert [(sa["an"], sa["active"], sa["key"]) for sa in after["sa_list"]] == [
        (sa["an"], sa["active"], sa["key"]) for sa in before["sa_list"]
    ]
    assert {channel["sci"]: channel["active"] for channel in after["rx_sc"]} == {
        channel["sci"]: channel["active"] for channel in before["rx_sc"]
    }


def test_a_channel_that_somebody_deleted_comes_back_with_its_associations(lab: Lab, keys: Keys) -> None:
    desired = lab.load(keys.text())
    lab.converge(desired)
    macsec(lab, "del m0 rx sci 02000000000b0001")
    assert {operation.type for operation in lab.check(desired).operations} == {"macsec_rx", "macsec_rx_sa"}
    lab.converge(desired)
    assert any(ping("10.0.0.2", netns=f"{lab.prefix}a") for _ in range(5))


def test_what_changes_in_place_and_what_is_made_again(lab: Lab, keys: Keys) -> None:
    lab.converge(lab.load(keys.text()))
    index = lab.index("a", "m0")
    text = FILE.replace("active: false, pn: 7", "active: true, pn: 9")
    result = lab.converge(lab.load(keys.text(text)))
    assert [step.verb for step in result.plan.steps] == [Verb.THING_SET]
    assert [sa["pn"] for sa in shown(lab)["sa_list"]][1] == 7  # `pn` is where counting starts
    text = text.replace('{file: ONE}, key_id: "01"}', '{file: ONE}, key_id: "02"}', 1)
    result = lab.converge(lab.load(keys.text(text)))
    assert [step.verb for step in result.plan.steps] == [Verb.THING_DEL, Verb.THING_ADD]
    assert shown(lab)["sa_list"][0]["key"] == "02" + "00" * 15
    assert lab.index("a", "m0") == index


def test_another_key_in_the_file_is_noticed_by_its_identifier(lab: Lab, keys: Keys) -> None:
    desired = lab.load(keys.text())
    lab.converge(desired)
    keys.write("TWO", keys.secret["NEW"])
    (operation,) = lab.check(desired).operations
    assert (operation.action, operation.type, operation.key) == (Action.REPLACE, "macsec_tx", "1 dev m0")
    lab.converge(desired)


def test_they_are_made_again_with_their_link(lab: Lab, keys: Keys) -> None:
    lab.converge(lab.load(keys.text()))
    lab.converge(
        lab.load(keys.text(FILE.replace("encrypt: true\n        addresses: [10.0.0.1", "icvlen: 8\n        addresses: [10.0.0.1")))
    )
    assert len(shown(lab)["sa_list"]) == 2


def test_what_left_the_file_goes(lab: Lab, keys: Keys) -> None:
    lab.converge(lab.load(keys.text()))
    head, _, rest = FILE.partition("          tx:\n")
    lab.converge(lab.load(keys.text(head + "          tx: []\n  @b:" + rest.partition("\n  @b:")[2])))
    device = shown(lab)
    assert not device["sa_list"]
    assert not device["rx_sc"]


def test_xpn_takes_longer_numbers(lab: Lab, keys: Keys) -> None:
    """macsec_add_txsa: 64-bit packet numbers, a short identifier and a salt with an xpn cipher, which others must not have."""
    text = FILE.replace("encrypt: true", "cipher: gcm-aes-xpn-128").replace(
        'key_id: "01"}', 'key_id: "01", ssci: 5, salt: "000102030405060708090a0b", pn: 5000000000}'
    )
    text = text.replace("active: false, pn: 7", 'ssci: 6, salt: "000102030405060708090a0b"')
    lab.converge(lab.load(keys.text(text)))
    assert [(sa["an"], int(sa["ssci"], 16)) for sa in shown(lab)["sa_list"]] == [(0, 5), (1, 6)]


def test_export_loads_and_plans_to_nothing(lab: Lab, keys: Keys) -> None:
    from nsmgr.cli.show import observe
    from nsmgr.render.export import export_yaml
    from nsmgr.store import Store

    lab.converge(lab.load(keys.text()))
    text = export_yaml(observe([f"{lab.prefix}a", f"{lab.prefix}b"]), "again")
    plan = engine.check(config.loads(text), lab.kernel, Store(keys.directory / "again"))
    assert not plan, plan.operations


def test_no_key_is_seen_anywhere(
    lab: Lab, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NSMGR_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(wire, "trace", wire.trace_to_stderr)
    monkeypatch.chdir(tmp_path)
    text = keys.text(f"name: {lab.name}\n" + FILE).replace("@", lab.prefix)
    (tmp_path / "first.yaml").write_text(text)
    (tmp_path / "wrong.yaml").write_text(text.replace(f"{{file: {keys.directory / 'ONE'}}}", f'"{keys.secret["ONE"].hex()}"'))
    for words in (
        ("plan", "first.yaml", "--format", "json", "--out", "saved.json"),
        ("plan", "first.yaml", "--messages"),
        ("apply", "saved.json"),
        ("show", f"{lab.prefix}a", "--format", "json"),
        ("export", f"{lab.prefix}a"),
    ):
        assert cli.invoke(words) == 0, (words, capfd.readouterr())
    assert cli.invoke(("validate", "wrong.yaml")) == 4
    assert cli.invoke(("destroy", lab.name)) == 0
    out, err = capfd.readouterr()
    assert "genl → macsec command=" in err
    seen = (out + err).encode() + (tmp_path / "saved.json").read_bytes()
    for path in (tmp_path / "state").rglob("*"):
        seen += path.read_bytes() if path.is_file() else b""
    for name, key in keys.secret.items():
        for form in (key.hex(), key.hex().upper(), key.hex(":"), key.hex()[:16], repr(key)[2:-1]):
            assert form.encode() not in seen, name
        assert key not in seen, name
