"""Offloads and driver settings on the real kernel, against ethtool(8): veth has features and channels, tap coalescing and speed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from nsmgr.errors import UnsupportedByKernel
from nsmgr.kernel.genl import GenlSocket
from nsmgr.plan.plan import Action, Verb
from tests.kernel.lab import Lab

FILE = """
version: 1
namespaces:
  @a:
    links:
      eth0:
        kind: veth
        peer: @b/eth0
        tx_queues: 2
        features: {tx-checksum-ip-generic: false, rx-gro-list: true}
        ethtool: {channels: {rx: 1, tx: 2}}
      tap0:
        kind: tap
        ethtool: {speed: 1000, duplex: half, coalesce: {rx_frames: 7}}
  @b: {}
"""


@pytest.fixture(autouse=True)
def family() -> None:
    """Skipped where the kernel has no ethtool over netlink (CONFIG_ETHTOOL_NETLINK), with its words."""
    with GenlSocket() as genl:
        try:
            genl.family("ethtool")
        except UnsupportedByKernel as error:
            pytest.skip(str(error))


def ethtool(lab: Lab, words: str, link: str = "eth0", netns: str = "@a") -> str:
    option, _, rest = words.partition(" ")
    command = ["ip", "netns", "exec", netns.replace("@", lab.prefix), "ethtool", option, link, *rest.split()]
    if not option.startswith("-"):
        command = [*command[:5], link]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def features(lab: Lab, link: str = "eth0") -> dict[str, bool]:
    found = re.findall(r"^\s*([\w-]+): (on|off)", ethtool(lab, "-k", link), re.MULTILINE)
    return {name: value == "on" for name, value in found}


def test_made_as_ethtool_shows_them(lab: Lab) -> None:
    lab.converge(lab.load(FILE))
    seen = features(lab)
    assert seen["tx-checksum-ip-generic"] is False
    assert seen["rx-gro-list"] is True
    assert re.findall(r"^[RT]X:\t\t(\d+)", ethtool(lab, "-l"), re.MULTILINE)[2:] == ["1", "2"]
    shown = ethtool(lab, "show", "tap0")
    assert "Speed: 1000Mb/s" in shown
    assert "Duplex: Half" in shown
    assert re.search(r"^rx-frames:\s+7$", ethtool(lab, "-c", "tap0"), re.MULTILINE)


@pytest.mark.parametrize(
    ("command", "link", "kind"),
    [
        ("-K tx-checksum-ip-generic on", "eth0", "features"),
        ("-K rx-gro-list off", "eth0", "features"),
        ("-L tx 1", "eth0", "channels"),
        ("-C rx-frames 9", "tap0", "coalesce"),
        ("-s speed 100", "tap0", "ethtool"),
        ("-s duplex full", "tap0", "ethtool"),
    ],
)
def test_drift_is_seen_and_mended(lab: Lab, command: str, link: str, kind: str) -> None:
    desired = lab.load(FILE)
    lab.converge(desired)
    ethtool(lab, command, link)
    (operation,) = lab.check(desired).operations
    assert (operation.action, operation.type, operation.key) == (Action.UPDATE, kind, link)
    result = lab.converge(desired)
    assert [step.verb for step in result.plan.steps] == [Verb.THING_SET]


@pytest.mark.parametrize(
    ("short", "members"),
    [
        ("tx", ["tx-checksum-ip-generic", "tx-checksum-sctp"]),
        ("sg", ["tx-scatter-gather", "tx-scatter-gather-fraglist"]),
        ("tso", ["tx-tcp-segmentation", "tx-tcp6-segmentation", "tx-tcp-ecn-segmentation", "tx-tcp-mangleid-segmentation"]),
        ("gso", ["tx-generic-segmentation"]),
        ("gro", ["rx-gro"]),
        ("rxvlan", ["rx-vlan-hw-parse"]),
        ("txvlan", ["tx-vlan-hw-insert"]),
    ],
)
def test_short_names(lab: Lab, short: str, members: list[str]) -> None:
    """Off is all of them, on again all that the driver can change; each a change in place."""
    text = FILE.replace("{tx-checksum-ip-generic: false, rx-gro-list: true}", f"{{{short}: OFF}}")
    lab.converge(lab.load(text.replace("OFF", "off")))
    seen = features(lab)
    assert not any(seen.get(name) for name in [*members, {"gro": "generic-receive-offload"}.get(short, "")])
    index = lab.index("a", "eth0")
    lab.converge(lab.load(text.replace("OFF", "on")))
    seen = features(lab)
    # ethtool(8) shows a feature that is alone in its group under the group's old name only.
    assert all(seen.get(name, True) for name in members)
    assert lab.index("a", "eth0") == index


def test_everything_that_a_veth_can_change_is_changed_and_changed_back(lab: Lab) -> None:
    lab.converge(lab.load(FILE))
    listed = re.findall(r"^\s*([\w-]+): (on|off)$", ethtool(lab, "-k"), re.MULTILINE)
    plain = {name: value == "on" for name, value in listed if name.startswith(("tx-", "rx-")) and name != "rx-checksumming"}
    plain = {name: value for name, value in plain.items() if name not in ("tx-checksumming", "rx-vlan-offload", "tx-vlan-offload")}
    assert len(plain) > 10
    alone = ("tx-tcp", "tx-scatter", "tx-checksum", "tx-generic")  # these depend on each other (netdev_fix_features)
    for name, value in plain.items():
        if name.startswith(alone):
            continue
        for wanted in (not value, value):
            text = FILE.replace("{tx-checksum-ip-generic: false, rx-gro-list: true}", f"{{{name}: {str(wanted).lower()}}}")
            lab.converge(lab.load(text))
            assert features(lab)[name] is wanted


def test_a_fixed_feature_is_refused_with_its_name(lab: Lab) -> None:
    from nsmgr import engine

    desired = lab.load(FILE.replace("{tx-checksum-ip-generic: false, rx-gro-list: true}", "{rx-all: on}"))
    result = engine.apply(desired, lab.kernel, lab.store)
    (failure,) = result.failures()
    assert failure.verdict.extack == "fixed by the driver: rx-all"
    assert (failure.operation.type, failure.operation.key) == ("features", "eth0")


def test_what_needs_another_feature_is_not_called_done(lab: Lab) -> None:
    """netdev_fix_features drops TSO without checksums: the kernel says 0, the re-read says no."""
    from nsmgr import engine

    desired = lab.load(FILE.replace("{tx-checksum-ip-generic: false, rx-gro-list: true}", "{tx: off, tso: on}"))
    result = engine.apply(desired, lab.kernel, lab.store)
    assert not result.ok
    assert result.remaining is not None
    assert [(op.type, [c.name for c in op.changes]) for op in result.remaining.operations] == [("features", ["tso"])]


def test_what_a_driver_lacks_is_refused(lab: Lab) -> None:
    from nsmgr import engine

    desired = lab.load(FILE.replace("{channels: {rx: 1, tx: 2}}", "{rings: {rx: 512}}"))
    result = engine.apply(desired, lab.kernel, lab.store)
    (failure,) = result.failures()
    assert failure.operation.type == "rings"
    assert failure.verdict.errno == 95


SIMULATED = """
version: 1
host:
  links:
    NAME:
      ethtool:
        rings: {rx: 512, rx_mini: 16, rx_jumbo: 32, tx: 256}
        coalesce: {rx_usecs: 50, tx_frames: 8, adaptive_rx: true, sample_interval: 3}
        channels: {combined: 2}
        pause: {rx: true, tx: false}
namespaces: {}
"""


@pytest.fixture
def simulated() -> Iterator[str]:
    """A network device of the driver netdevsim, which has all of these settings; 4 queues."""
    bus = Path("/sys/bus/netdevsim")
    if not (bus / "new_device").exists():
        pytest.skip("this kernel has no netdevsim")
    (bus / "new_device").write_text("7 1 4")
    try:
        (device,) = (bus / "devices/netdevsim7/net").iterdir()
        yield device.name
    finally:
        (bus / "del_device").write_text("7")


def test_a_driver_that_has_all_of_them(lab: Lab, simulated: str) -> None:
    def told(option: str) -> str:
        return subprocess.run(["ethtool", option, simulated], capture_output=True, text=True, check=True).stdout

    text = SIMULATED.replace("NAME", simulated)
    lab.converge(lab.load(text))
    for old, new, option, words in (
        ("rx: 512", "rx: 1024", "-g", r"^RX:\s+1024$"),
        ("rx_mini: 16", "rx_mini: 17", "-g", r"^RX Mini:\s+17$"),
        ("rx_jumbo: 32", "rx_jumbo: 33", "-g", r"^RX Jumbo:\s+33$"),
        ("tx: 256", "tx: 257", "-g", r"^TX:\s+257$"),
        ("rx_usecs: 50", "rx_usecs: 60", "-c", r"^rx-usecs:\s+60$"),
        ("tx_frames: 8", "tx_frames: 9", "-c", r"^tx-frames:\s+9$"),
        ("adaptive_rx: true", "adaptive_rx: false", "-c", r"^Adaptive RX: off"),
        ("sample_interval: 3", "sample_interval: 4", "-c", r"^sample-interval:\s+4$"),
        ("combined: 2", "combined: 3", "-l", r"^Combined:\s+3$"),
        ("{rx: true, tx: false}", "{rx: false, tx: false}", "-a", r"^RX:\s+off$"),
        ("{rx: false, tx: false}", "{rx: false, tx: true}", "-a", r"^TX:\s+on$"),
    ):
        assert old in text
        text = text.replace(old, new)
        result = lab.converge(lab.load(text))
        assert [step.verb for step in result.plan.steps] == [Verb.THING_SET], new
        assert re.search(words, told(option), re.MULTILINE), (new, told(option))
    subprocess.run(["ethtool", "-G", simulated, "rx", "100"], check=True)
    (operation,) = lab.check(lab.load(text)).operations
    assert (operation.type, operation.key) == ("rings", simulated)
    lab.converge(lab.load(text))


def test_more_than_a_driver_takes_is_refused_with_the_kernels_words(lab: Lab, simulated: str) -> None:
    from nsmgr import engine

    desired = lab.load(SIMULATED.replace("NAME", simulated).replace("rx: 512", "rx: 5000"))
    result = engine.apply(desired, lab.kernel, lab.store)
    (failure,) = result.failures()
    assert (failure.operation.type, failure.verdict.extack) == ("rings", "requested ring size exceeds maximum")


def test_settings_are_made_again_with_a_link_that_is_replaced(lab: Lab) -> None:
    lab.converge(lab.load(FILE))
    lab.converge(lab.load(FILE.replace("queues: 2", "queues: 3")))
    assert features(lab)["tx-checksum-ip-generic"] is False


def test_export_says_nothing_of_them_and_loads(lab: Lab) -> None:
    from nsmgr import config
    from nsmgr.cli.show import observe
    from nsmgr.render.export import export_yaml

    lab.converge(lab.load(FILE))
    names = [f"{lab.prefix}a", f"{lab.prefix}b"]
    states = observe(names)
    text = export_yaml(states, lab.name)
    assert "features" not in text
    assert states[names[0]].things[("features", "eth0")].attrs["tx-checksum-ip-generic"] is False
    assert states[names[0]].things[("coalesce", "tap0")].attrs["rx_frames"] == 7
    assert not lab.check(config.loads(text))
