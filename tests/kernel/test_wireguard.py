"""WireGuard on a real kernel, against wg(8): keys, peers, a tunnel that answers, and that no key is seen anywhere."""

from __future__ import annotations

import base64
import errno
import os
import subprocess
from pathlib import Path

import pytest

from nsmgr import cli, config, engine
from nsmgr.errors import ConfigError, UnsupportedByKernel
from nsmgr.icmp import ping
from nsmgr.kernel import wire
from nsmgr.kernel.genl import GenlSocket
from nsmgr.plan.plan import Action, Verb
from nsmgr.secret import SecretError
from nsmgr.x25519 import public_key
from tests.kernel.lab import Lab

FILE = """
version: 1
namespaces:
  @a:
    links:
      eth0: {kind: veth, peer: @b/eth0, addresses: [192.0.2.1/24]}
      wg0:
        kind: wireguard
        addresses: [10.0.0.1/24, "fd00::1/64"]
        wireguard:
          private_key: {file: A_KEY}
          listen_port: 51820
          fwmark: 0x10
          peers:
            - public_key: "B_PUBLIC"
              preshared_key: {file: SHARED}
              endpoint: {link: @b/eth0, port: 51821}
              allowed_ips: [10.0.0.2/32, "fd00::2/128"]
              persistent_keepalive: 25s
  @b:
    links:
      eth0: {addresses: [192.0.2.2/24]}
      wg0:
        kind: wireguard
        addresses: [10.0.0.2/24, "fd00::2/64"]
        wireguard:
          private_key: {file: B_KEY}
          listen_port: 51821
          peers:
            - public_key: "A_PUBLIC"
              preshared_key: {file: SHARED}
              endpoint: "192.0.2.1:51820"
              allowed_ips: [10.0.0.1/32, "fd00::1/128"]
"""
OTHER = base64.b64encode(public_key(bytes([7] * 32))).decode()


class Keys:
    """Random keys in files; ``text`` puts their places, and what is public of them, into a configuration."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.secret: dict[str, bytes] = {name: os.urandom(32) for name in ("A_KEY", "B_KEY", "SHARED", "NEW")}
        for name, value in self.secret.items():
            self.write(name, value)

    def write(self, name: str, value: bytes, mode: int = 0o600) -> None:
        path = self.directory / name
        path.write_bytes(base64.b64encode(value) + b"\n")
        path.chmod(mode)

    def public(self, name: str) -> str:
        return base64.b64encode(public_key(self.secret[name])).decode()

    def text(self, text: str = FILE) -> str:
        for name in self.secret:
            text = text.replace(f"{{file: {name}}}", f"{{file: {self.directory / name}}}")
        return text.replace("A_PUBLIC", self.public("A_KEY")).replace("B_PUBLIC", self.public("B_KEY"))


@pytest.fixture(autouse=True)
def family() -> None:
    with GenlSocket() as genl:
        try:
            genl.family("wireguard")
        except UnsupportedByKernel as error:
            pytest.skip(str(error))


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    directory = tmp_path / "keys"
    directory.mkdir()
    return Keys(directory)


def wg(lab: Lab, words: str, netns: str = "@a") -> str:
    command = ["ip", "netns", "exec", netns.replace("@", lab.prefix), "wg", *words.split()]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def dump(lab: Lab, netns: str = "@a") -> list[list[str]]:
    """The device, then its peers."""
    return [line.split("\t") for line in wg(lab, "show wg0 dump", netns).splitlines()]


def test_made_as_wg_shows_it(lab: Lab, keys: Keys) -> None:
    lab.converge(lab.load(keys.text()))
    device, peer = dump(lab)
    assert device == [base64.b64encode(_clamped(keys.secret["A_KEY"])).decode(), keys.public("A_KEY"), "51820", "0x10"]
    assert peer[:4] == [
        keys.public("B_KEY"),
        base64.b64encode(keys.secret["SHARED"]).decode(),
        "192.0.2.2:51821",
        "10.0.0.2/32,fd00::2/128",
    ]
    assert peer[7] == "25"


def _clamped(key: bytes) -> bytes:
    return bytes([key[0] & 248, *key[1:31], key[31] & 127 | 64])


@pytest.mark.parametrize(
    ("command", "action", "kind"),
    [
        ("set wg0 listen-port 51999", Action.UPDATE, "wireguard"),
        ("set wg0 fwmark 0x11", Action.UPDATE, "wireguard"),
        ("set wg0 private-key NEW", Action.UPDATE, "wireguard"),
        ("set wg0 peer B_PUBLIC persistent-keepalive 0", Action.UPDATE, "wireguard_peer"),
        ("set wg0 peer B_PUBLIC allowed-ips 10.9.0.0/16", Action.UPDATE, "wireguard_peer"),
        ("set wg0 peer B_PUBLIC preshared-key /dev/null", Action.UPDATE, "wireguard_peer"),
        ("set wg0 peer B_PUBLIC preshared-key NEW", Action.UPDATE, "wireguard_peer"),
        ("set wg0 peer B_PUBLIC endpoint 192.0.2.9:1", Action.UPDATE, "wireguard_peer"),
        ("set wg0 peer B_PUBLIC remove", Action.CREATE, "wireguard_peer"),
        (f"set wg0 peer {OTHER} allowed-ips 10.8.0.0/16", Action.DELETE, "wireguard_peer"),
    ],
)
def test_drift_is_seen_and_mended_in_place(lab: Lab, keys: Keys, command: str, action: Action, kind: str) -> None:
    desired = lab.load(keys.text())
    lab.converge(desired)
    index = lab.index("a", "wg0")
    wg(lab, command.replace("B_PUBLIC", keys.public("B_KEY")).replace("NEW", str(keys.directory / "NEW")))
    (operation,) = lab.check(desired).operations
    assert (operation.action, operation.type) == (action, kind)
    lab.converge(desired)
    assert lab.index("a", "wg0") == index
    assert [line[:3] for line in dump(lab)][1:] == [
        [keys.public("B_KEY"), base64.b64encode(keys.secret["SHARED"]).decode(), "192.0.2.2:51821"]
    ]


def test_every_attribute_is_changed_in_place(lab: Lab, keys: Keys) -> None:
    lab.converge(lab.load(keys.text()))
    index = lab.index("a", "wg0")
    text = FILE
    for old, new in (
        ("listen_port: 51820", "listen_port: 51830"),
        ("fwmark: 0x10", "fwmark: 0"),
        ("{link: @b/eth0, port: 51821}", '"192.0.2.2:51822"'),
        ('[10.0.0.2/32, "fd00::2/128"]', '[10.0.0.0/24, "fd00::/64"]'),
        ('[10.0.0.0/24, "fd00::/64"]', "[]"),
        ("25s", "0"),
        ("preshared_key: {file: SHARED}\n", "preshared_key: {file: NEW}\n"),
        ("preshared_key: {file: NEW}\n", "preshared_key: none\n"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
        result = lab.converge(lab.load(keys.text(text)))
        assert [step.verb for step in result.plan.steps] == [Verb.THING_SET], new
    assert lab.index("a", "wg0") == index
    device, peer = dump(lab)
    assert device[2:] == ["51830", "off"]
    assert peer[1:4] == ["(none)", "192.0.2.2:51822", "(none)"]
    assert peer[7] == "off"


def test_another_key_in_the_file_is_noticed(lab: Lab, keys: Keys) -> None:
    desired = lab.load(keys.text())
    lab.converge(desired)
    keys.write("A_KEY", keys.secret["NEW"])
    (operation,) = lab.check(desired).operations
    (change,) = operation.changes
    assert (change.name, change.observed, change.desired) == ("public_key", keys.public("A_KEY"), keys.public("NEW"))
    lab.converge(desired)
    assert dump(lab)[0][1] == keys.public("NEW")


def test_a_tunnel_that_answers(lab: Lab, keys: Keys) -> None:
    """Two namespaces, one apply, a handshake, an answer; afterwards there is no drift, though wg has seen its peer move."""
    desired = lab.load(keys.text())
    lab.converge(desired)
    # The keepalive of the first end to come up meets nobody yet: it asks again after REKEY_TIMEOUT, five seconds.
    for address in ("10.0.0.2", "fd00::2"):
        assert any(ping(address, netns=f"{lab.prefix}a") for _ in range(15))
    assert int(dump(lab)[1][4]) > 0
    assert not lab.check(desired)


def test_a_roaming_peer_is_left_where_it_is(lab: Lab, keys: Keys) -> None:
    desired = lab.load(keys.text(FILE.replace("endpoint: {link", "roaming: true\n              endpoint: {link")))
    lab.converge(desired)
    wg(lab, f"set wg0 peer {keys.public('B_KEY')} endpoint 192.0.2.9:1")
    assert not lab.check(desired)
    wg(lab, f"set wg0 peer {keys.public('B_KEY')} persistent-keepalive 0")
    lab.converge(desired)
    assert dump(lab)[1][2] == "192.0.2.9:1"


def test_addresses_that_change_peers(lab: Lab, keys: Keys) -> None:
    """set_allowedip takes an address from whoever has it: each peer has what is described, whichever is told first."""
    more = f'\n            - {{public_key: "{OTHER}", allowed_ips: [10.1.0.0/16, 10.2.0.0/16]}}\n  @b:'
    text = FILE.replace("\n  @b:", more, 1)
    lab.converge(lab.load(keys.text(text)))
    lab.converge(
        lab.load(keys.text(text.replace("10.0.0.2/32", "10.1.0.0/16").replace("[10.1.0.0/16, 10.2", "[10.0.0.2/32, 10.2")))
    )
    found = {peer[0]: peer[3] for peer in dump(lab)[1:]}
    assert found == {keys.public("B_KEY"): "10.1.0.0/16,fd00::2/128", OTHER: "10.0.0.2/32,10.2.0.0/16"}


def test_many_peers_and_many_addresses(lab: Lab, keys: Keys) -> None:
    """More than fits into a message, both ways: pyroute2's info() loses some of these (its issue 1212)."""
    big = ", ".join(f"10.{number >> 8}.{number & 255}.0/24" for number in range(3000))
    peers = "".join(
        f"\n            - {{public_key: {base64.b64encode(bytes([number, 1] * 16)).decode()}, allowed_ips: [172.16.{number}.0/24]}}"
        for number in range(200)
    )
    text = FILE.replace('[10.0.0.2/32, "fd00::2/128"]', f"[{big}]").replace("\n  @b:", f"{peers}\n  @b:", 1)
    desired = lab.load(keys.text(text))
    lab.converge(desired)
    found = {peer[0]: peer[3].split(",") for peer in dump(lab)[1:]}
    assert len(found) == 201
    assert len(found[keys.public("B_KEY")]) == 3000


def test_it_is_made_again_with_its_link(lab: Lab, keys: Keys) -> None:
    desired = lab.load(keys.text())
    lab.converge(desired)
    lab.ip("-n @a link del wg0")
    lab.converge(desired)
    lab.ip("-n @a link set wg0 down")
    lab.converge(desired)
    assert len(dump(lab)) == 2


def test_what_left_the_file_goes(lab: Lab, keys: Keys) -> None:
    lab.converge(lab.load(keys.text()))
    head, _, rest = FILE.partition("          peers:\n")
    lab.converge(lab.load(keys.text(head + "          peers: []\n  @b:" + rest.partition("\n  @b:")[2])))
    assert len(dump(lab)) == 1


def test_a_stranger_stays_where_only_what_is_declared_is_managed(lab: Lab, keys: Keys) -> None:
    text = FILE.replace("  @a:\n", "  @a:\n    manage: declared\n")
    lab.converge(lab.load(keys.text(text)))
    wg(lab, f"set wg0 peer {OTHER} allowed-ips 10.8.0.0/16")
    assert not lab.check(lab.load(keys.text(text)))
    head, _, rest = text.partition("          peers:\n")
    lab.converge(lab.load(keys.text(head + "          peers: []\n  @b:" + rest.partition("\n  @b:")[2])))
    assert [peer[0] for peer in dump(lab)[1:]] == [OTHER]  # ours went, the stranger stays


def test_ignored_peers_are_left_alone(lab: Lab, keys: Keys) -> None:
    text = FILE.replace("  @a:\n", f"  @a:\n    ignore: {{wireguard: [{{public_key: '{OTHER}'}}]}}\n")
    lab.converge(lab.load(keys.text(text)))
    wg(lab, f"set wg0 peer {OTHER} allowed-ips 10.8.0.0/16")
    assert not lab.check(lab.load(keys.text(text)))


def test_export_loads_and_plans_to_nothing(lab: Lab, keys: Keys) -> None:
    from nsmgr.cli.show import observe
    from nsmgr.render.export import export_yaml
    from nsmgr.store import Store

    lab.converge(lab.load(keys.text()))
    states = observe([f"{lab.prefix}a", f"{lab.prefix}b"])
    text = export_yaml(states, "again")
    assert keys.public("B_KEY") in text
    assert "persistent_keepalive: 25s" in text
    plan = engine.check(config.loads(text), lab.kernel, Store(keys.directory / "again"))
    assert not plan, plan.operations


def test_without_its_key_a_link_cannot_be_made(lab: Lab, keys: Keys) -> None:
    text = FILE.replace("private_key: {file: A_KEY}", f'public_key: "{OTHER}"')
    desired = lab.load(keys.text(text))
    result = engine.apply(desired, lab.kernel, lab.store)
    (failure,) = result.failures()
    assert failure.verdict.errno == errno.ENOKEY
    assert "no `private_key`" in failure.verdict.extack


@pytest.mark.parametrize("fault", ["missing", "everybody", "nonsense"])
def test_a_key_that_cannot_be_had_stops_all_before_anything_is_touched(lab: Lab, keys: Keys, fault: str) -> None:
    if fault == "missing":
        (keys.directory / "A_KEY").unlink()
    elif fault == "everybody":
        keys.write("A_KEY", keys.secret["A_KEY"], 0o644)
    else:
        (keys.directory / "A_KEY").write_bytes(b"AAAA" + base64.b64encode(keys.secret["A_KEY"]))
    desired = lab.load(keys.text())  # validate needs no key
    with pytest.raises((ConfigError, SecretError)) as caught:
        engine.apply(desired, lab.kernel, lab.store)
    assert str(keys.directory / "A_KEY") in str(caught.value)
    assert ":12:" in str(caught.value)
    assert f"{lab.prefix}a" not in lab.kernel.list_netns()


def test_no_key_is_seen_anywhere(
    lab: Lab, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A whole life: plans of every form, traces, saved plans, the record, show, faults. None of it holds a key in any form."""
    monkeypatch.setenv("NSMGR_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("NSMGRT_KEY", base64.b64encode(keys.secret["NEW"]).decode())
    monkeypatch.setattr(wire, "trace", wire.trace_to_stderr)
    monkeypatch.chdir(tmp_path)
    first, second, literal, wrong = (tmp_path / f"{name}.yaml" for name in ("first", "second", "literal", "wrong"))
    text = keys.text(f"name: {lab.name}\n" + FILE).replace("@", lab.prefix)
    first.write_text(text)
    second.write_text(text.replace(f"{{file: {keys.directory / 'A_KEY'}}}", "{env: NSMGRT_KEY}").replace("25s", "26s"))
    spoken = base64.b64encode(keys.secret["NEW"]).decode()
    literal.write_text(text.replace(f"{{file: {keys.directory / 'A_KEY'}}}", f"{{key: {spoken}}}"))
    wrong.write_text(text.replace(f"preshared_key: {{file: {keys.directory / 'SHARED'}}}\n", f"preshared_key: {spoken}\n"))
    runs = [
        ("validate", "first.yaml"),
        ("plan", "first.yaml"),
        ("plan", "first.yaml", "--format", "json"),
        ("plan", "first.yaml", "--format", "ip-batch"),
        ("plan", "first.yaml", "--messages"),
        ("plan", "first.yaml", "--out", "saved.json"),
        ("apply", "saved.json"),
        ("check", "first.yaml"),
        ("--verbose", "plan", "second.yaml"),
        ("plan", "second.yaml", "--format", "json", "--out", "change.json"),
        ("apply", "second.yaml", "--format", "json"),
        ("show", f"{lab.prefix}a"),
        ("show", f"{lab.prefix}a", "--format", "json"),
        ("export", f"{lab.prefix}a"),
        ("check", "first.yaml", "--format", "json"),
    ]
    for words in runs:
        assert cli.invoke(words) in (0, 3), (words, capfd.readouterr())
    for words in (("validate", "literal.yaml"), ("validate", "wrong.yaml"), ("plan", "wrong.yaml", "--format", "json")):
        assert cli.invoke(words) == 4, words
    (keys.directory / "A_KEY").write_bytes(b"x" + base64.b64encode(keys.secret["A_KEY"]))
    assert cli.invoke(("apply", "first.yaml")) == 4
    assert cli.invoke(("destroy", lab.name)) == 0
    out, err = capfd.readouterr()
    assert "genl → wireguard command=1" in err
    assert keys.public("B_KEY") in out
    seen = (out + err).encode()
    for path in [*(tmp_path / "state").rglob("*"), tmp_path / "saved.json", tmp_path / "change.json"]:
        seen += path.read_bytes() if path.is_file() else b""
    for name, key in keys.secret.items():
        for form in (key, _clamped(key)):
            text64 = base64.b64encode(form).decode().rstrip("=")[:-1]
            for shown in (text64, form.hex(), form.hex(":"), repr(form)[2:-1], form.hex().upper(), text64[:20], form.hex()[:20]):
                assert shown.encode() not in seen, (name, shown)
            assert form not in seen, name
