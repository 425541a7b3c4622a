"""Keys by the place they are in: what may be read, what may be told, and what a state holds of them."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from nsmgr import engine
from nsmgr.config import load, loads, render_problems
from nsmgr.config.report import without_keys
from nsmgr.config.schema import explain, json_schema
from nsmgr.errors import ConfigError
from nsmgr.kernel.fake import FakeKernel
from nsmgr.plan.plan import Action
from nsmgr.render.plan_json import dumps
from nsmgr.secret import SecretError, digest, key, resolve, tell
from nsmgr.store import Store
from nsmgr.x25519 import public_key

PRIVATE = bytes(range(32))
PUBLIC = base64.b64encode(public_key(PRIVATE)).decode()
OTHER = base64.b64encode(public_key(bytes(32))).decode()
SPOKEN = base64.b64encode(PRIVATE).decode()
FILE = f"""
version: 1
name: lab
namespaces:
  red:
    links:
      eth0: {{kind: veth, peer: blue/eth0, addresses: [192.0.2.1/24, "2001:db8::1/64"]}}
      wg0:
        kind: wireguard
        wireguard:
          private_key: {{env: NSMGRT_KEY}}
          listen_port: 51820
          peers:
            - public_key: {OTHER}
              preshared_key: {{env: NSMGRT_KEY}}
              endpoint: {{link: blue/eth0, port: 1}}
              allowed_ips: [10.2.0.0/16, 10.1.0.0/16]
  blue:
    links:
      eth0: {{addresses: [192.0.2.2/24, "2001:db8::2/64"]}}
"""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NSMGRT_KEY", f"{SPOKEN}\n")


def written(tmp_path: Path, text: bytes, mode: int = 0o600) -> str:
    path = tmp_path / "key"
    path.write_bytes(text)
    path.chmod(mode)
    return f"file:{path}"


def test_a_key_from_a_file_and_from_the_environment(tmp_path: Path) -> None:
    assert key(written(tmp_path, f"  {SPOKEN}\n".encode()), "x25519") == PRIVATE
    assert key("env:NSMGRT_KEY", "psk") == PRIVATE
    assert key(written(tmp_path, PRIVATE.hex().encode(), 0o640), "hex") == PRIVATE
    assert key(written(tmp_path, PRIVATE[:16].hex().encode()), "hex") == PRIVATE[:16]


@pytest.mark.parametrize(
    ("text", "mode", "form", "words"),
    [
        (SPOKEN.encode(), 0o604, "x25519", "everybody may read"),
        (SPOKEN.encode(), 0o602, "x25519", "everybody may read or write"),
        (SPOKEN[:-4].encode(), 0o600, "x25519", "holds no WireGuard key"),
        (b"\xff" * 44, 0o600, "psk", "holds no WireGuard key"),
        (b"00" * 15, 0o600, "hex", "holds no MACsec key"),
        (b"zz" * 16, 0o600, "hex", "holds no MACsec key"),
        (b"", 0o600, "x25519", "holds no WireGuard key"),
    ],
)
def test_what_is_no_key_is_refused_without_showing_it(tmp_path: Path, text: bytes, mode: int, form: str, words: str) -> None:
    with pytest.raises(SecretError, match=words) as caught:
        key(written(tmp_path, text, mode), form)
    assert SPOKEN[:12] not in str(caught.value) + caught.value.hint
    assert str(tmp_path / "key") in str(caught.value)


def test_places_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="No such file"):
        key(f"file:{tmp_path}/none", "x25519")
    with pytest.raises(SecretError, match="not a regular file"):
        key(f"file:{tmp_path}", "x25519")
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(SecretError, match="not a regular file"):
        key(f"file:{tmp_path}/fifo", "x25519")
    with pytest.raises(SecretError, match="no environment variable NSMGRT_NONE"):
        key("env:NSMGRT_NONE", "x25519")


def test_what_is_told() -> None:
    assert tell("env:NSMGRT_KEY", "x25519", {}) == PUBLIC
    told = tell("env:NSMGRT_KEY", "psk", {"public_key": OTHER})
    assert told == digest(PRIVATE, OTHER) != digest(PRIVATE, PUBLIC)
    assert len(told) == len("blake2s-") + 16
    assert digest(bytes(32), OTHER) == "none" == tell("none", "psk", {})


def test_a_state_has_places_and_after_resolving_what_may_be_told() -> None:
    desired = loads(FILE)
    things = desired.namespaces["red"].things
    assert things[("wireguard", "wg0")].attrs == {"private_key": "env:NSMGRT_KEY", "listen_port": 51820}
    resolved = resolve(desired)
    assert resolved.namespaces["red"].things[("wireguard", "wg0")].attrs["public_key"] == PUBLIC
    assert "public_key" not in things[("wireguard", "wg0")].attrs
    assert resolved.namespaces["blue"] is desired.namespaces["blue"]
    peer = resolved.namespaces["red"].things[("wireguard_peer", f"{OTHER} dev wg0")]
    assert peer.attrs["endpoint"] == "192.0.2.2:1"
    assert peer.attrs["allowed_ips"] == ("10.1.0.0/16", "10.2.0.0/16")
    assert SPOKEN not in repr(resolved)


def test_a_state_without_secrets_is_the_same_object() -> None:
    desired = loads(FILE.partition("      wg0:")[0] + "  blue: {}\n")
    assert resolve(desired) is desired


def test_validate_needs_no_keys_and_planning_names_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NSMGRT_KEY")
    desired = loads(FILE)
    with pytest.raises(ConfigError) as caught:
        resolve(desired)
    assert [(problem.line, problem.code) for problem in caught.value.problems] == [(11, "secret"), (15, "secret")]


def test_another_public_key_than_the_private_one_says(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not the one of `public_key`"):
        resolve(loads(FILE.replace("listen_port: 51820", f"public_key: {OTHER}")))


def test_a_file_is_named_as_seen_from_the_configuration(tmp_path: Path) -> None:
    written(tmp_path, SPOKEN.encode())
    (tmp_path / "lab.yaml").write_text(FILE.replace("{env: NSMGRT_KEY}", "{file: key}"))
    desired = load([tmp_path / "lab.yaml"])
    assert desired.namespaces["red"].things[("wireguard", "wg0")].attrs["private_key"] == f"file:{tmp_path}/key"
    resolve(desired)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("private_key: {env: NSMGRT_KEY}", f"private_key: {SPOKEN}", "a key is not written into a configuration"),
        ("private_key: {env: NSMGRT_KEY}", f"private_key: {{key: {SPOKEN}}}", "a key is not written into a configuration"),
        ("private_key: {env: NSMGRT_KEY}", f"privat_key: {SPOKEN}", "unknown key `privat_key`"),
        ("preshared_key: {env: NSMGRT_KEY}", f"preshared_key: {SPOKEN}", "a key is not written into a configuration"),
        ("preshared_key: {env: NSMGRT_KEY}", f"preshared: {SPOKEN}", "unknown key `preshared`"),
        ("preshared_key: {env: NSMGRT_KEY}", f"preshared_key: /{SPOKEN[:20]}", "a key is not written into a configuration"),
        ("private_key: {env: NSMGRT_KEY}", f"private_key: '{SPOKEN[:-1]}'", "a key is not written into a configuration"),
        ("private_key: {env: NSMGRT_KEY}", f"private_key: {PRIVATE.hex()}", "a key is not written into a configuration"),
        ("listen_port: 51820", "listen_port: 0", ""),
        ("port: 1}", "port: 0}", "not a port"),
        ("{link: blue/eth0, port: 1}", "{link: blue/eth7, port: 1}", "not declared"),
        ("{link: blue/eth0, port: 1}", "example.org:1", "names are not looked up"),
        (OTHER, "abc", "not a WireGuard key"),
        ("10.1.0.0/16]", "10.1.2.0/16]", "host bits are set"),
        ("kind: wireguard", "kind: dummy", "needs a link of kind wireguard"),
    ],
)
def test_faults_never_show_a_key(old: str, new: str, words: str) -> None:
    assert old in FILE
    with pytest.raises(ConfigError) as caught:
        loads(FILE.replace(old, new, 1))
    shown = render_problems(caught.value.problems) + repr(caught.value.problems) + str(caught.value)
    assert words in shown
    assert SPOKEN[:12] not in shown
    assert PRIVATE.hex()[:12] not in shown


def test_paths_are_no_keys() -> None:
    long = "/home/administrator/configurations/production/wireguard"
    assert without_keys(f"cannot read {long}: no such file") == f"cannot read {long}: no such file"
    assert without_keys("private_key: {file: /etc/wg/red.key}") == "private_key: {file: /etc/wg/red.key}"
    assert without_keys("preshared_key: none") == "preshared_key: none"
    assert without_keys(f"a {SPOKEN} b") == f"a {'*' * 44} b"


def test_an_endpoint_by_the_name_of_a_link_and_family() -> None:
    text = FILE.replace("{link: blue/eth0, port: 1}", "{link: eth0, port: 7, family: ipv6}")
    peer = loads(text).namespaces["red"].things[("wireguard_peer", f"{OTHER} dev wg0")]
    assert peer.attrs["endpoint"] == "[2001:db8::1]:7"
    with pytest.raises(ConfigError, match="has no declared address"):
        loads(FILE.replace('192.0.2.2/24, "2001:db8::2/64"', ""))


def test_one_address_for_two_peers() -> None:
    more = f"            - {{public_key: {PUBLIC}, allowed_ips: [10.1.0.0/16]}}\n  blue:"
    with pytest.raises(ConfigError, match="allowed for two peers"):
        loads(FILE.replace("  blue:", more, 1))


def test_the_whole_way_over_the_kernel_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel, store = FakeKernel(), Store(tmp_path / "state")
    desired = loads(FILE)
    result = engine.apply(desired, kernel, store)
    assert result.ok, (result.failures(), result.remaining)
    assert not engine.check(desired, kernel, store)
    monkeypatch.setenv("NSMGRT_KEY", base64.b64encode(bytes(range(1, 33))).decode())
    plan = engine.check(desired, kernel, store)
    assert [(op.action, op.type, [change.name for change in op.changes]) for op in plan.operations] == [
        (Action.UPDATE, "wireguard", ["public_key"]),
        (Action.UPDATE, "wireguard_peer", ["preshared_key_digest"]),
    ]
    assert SPOKEN not in dumps(plan, desired, "x")


def test_they_are_explained_and_in_the_schema() -> None:
    assert {"links.wireguard.private_key", "links.wireguard.peers"} <= {entry.path for entry in explain("links.wireguard")}
    assert [entry.path for entry in explain("wireguard.peers.endpoint")] == ["wireguard.peers.endpoint"]
    assert "wireguard" in json_schema()["$defs"]["link-wireguard"]["properties"]
