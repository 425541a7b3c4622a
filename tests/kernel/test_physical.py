"""A device that rtnetlink does not make: netdevsim's ports, where the kernel has that driver (`make test-vm`)."""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from nsmgr import engine
from nsmgr.kernel.port import LINKS, Want
from nsmgr.plan.plan import Action
from nsmgr.plan.state import Link
from tests.kernel.conftest import ip
from tests.kernel.test_main_job import Lab

BUS = Path("/sys/bus/netdevsim")


@pytest.fixture
def lab(tmp_path: Path, privileged: None) -> Iterator[Lab]:
    made = Lab(tmp_path)
    try:
        yield made
    finally:
        engine.destroy(made.name, made.kernel, made.store)
        made.kernel.close()


@pytest.fixture
def card() -> Iterator[tuple[str, str]]:
    """Name and bus path of a netdevsim port in this namespace."""
    number = secrets.randbelow(60_000) + 1
    try:
        (BUS / "new_device").write_text(f"{number} 1")
    except OSError as error:
        pytest.skip(f"{BUS}/new_device: {error.strerror}")
    try:
        (name,) = [link["ifname"] for link in ip("-d", "link") if link.get("parentdev") == f"netdevsim{number}"]
        yield name, f"netdevsim/netdevsim{number}"
    finally:
        (BUS / "del_device").write_text(str(number))


def test_a_card_moves_in_by_its_bus_path_and_comes_home(lab: Lab, card: tuple[str, str]) -> None:
    name, path = card
    body = f"{{kind: physical, match: {{path: {path}}}, mtu: 1400, altnames: [uplink-{name}], addresses: [10.9.0.1/24]}}"
    desired = lab.load(f"version: 1\nnamespaces: {{'@a': {{links: {{wan: {body}}}}}}}\n")
    result = lab.converge(desired)
    assert [op.action for op in result.plan.operations if op.key == "wan"] == [Action.MOVE]
    full = f"{lab.prefix}a"
    found = lab.kernel.observe({full: Want(kinds=LINKS)}).namespaces[full].links["wan"]
    assert (found.kind, found.attrs["mtu"], found.attrs["path"]) == ("", 1400, path)
    assert name not in [link["ifname"] for link in ip("link")]
    changed = lab.load(f"version: 1\nnamespaces: {{'@a': {{links: {{wan: {body.replace('1400', '1300')}}}}}}}\n")
    result = lab.converge(changed)
    assert [op.action for op in result.plan.operations] == [Action.UPDATE]
    destroyed = engine.destroy(lab.name, lab.kernel, lab.store)
    assert destroyed.returned_nics
    assert name in [link["ifname"] for link in ip("link")]


def test_a_card_carries_links_and_comes_home_without_them(lab: Lab, card: tuple[str, str]) -> None:
    name, path = card
    links = f"{{wan: {{kind: physical, match: {{path: {path}}}}}, wan.7: {{kind: vlan, parent: wan, id: 7}}}}"
    missing = lab.kernel.probe(["vlan"])
    if missing:
        pytest.skip(str(missing))
    lab.converge(lab.load(f"version: 1\nnamespaces: {{'@a': {{links: {links}}}}}\n"))
    lab.converge(lab.load("version: 1\nnamespaces: {'@a': {}}\n"))  # out of the file: given back, the namespace stays
    assert name in [link["ifname"] for link in ip("link")]


def test_macsec_is_left_to_a_card_that_can(lab: Lab, card: tuple[str, str]) -> None:
    """netdevsim takes macsec over (drivers/net/netdevsim/macsec.c): set at birth, and changed while the link is down."""
    missing = lab.kernel.probe(["macsec"])
    if missing:
        pytest.skip(str(missing))

    def apply(offload: str) -> Link:
        links = f"{{wan: {{kind: physical, match: {{path: {card[1]}}}}}, x: {{kind: macsec, parent: wan, offload: {offload}}}}}"
        result = engine.apply(lab.load(f"version: 1\nnamespaces: {{'@a': {{links: {links}}}}}\n"), lab.kernel, lab.store)
        if any(failure.verdict.errno == errno.EOPNOTSUPP for failure in result.failures()):
            pytest.skip("this netdevsim takes no macsec over")
        assert result.ok, result.failures()
        full = f"{lab.prefix}a"
        return lab.kernel.observe({full: Want(kinds=LINKS)}).namespaces[full].links["x"]

    made = apply("mac")
    assert made.attrs["offload"] == "mac"
    changed = apply("off")
    assert (changed.index, changed.attrs["offload"], changed.attrs["state"]) == (made.index, "off", "up")
    again = apply("mac")
    assert (again.index, again.attrs["offload"]) == (made.index, "mac")


def test_nobody_s_card_is_named(lab: Lab) -> None:
    with pytest.raises(Exception, match="no device in the host namespace has path pci/nowhere"):
        lab.apply(lab.load("version: 1\nnamespaces: {'@a': {links: {wan: {kind: physical, match: {path: pci/nowhere}}}}}\n"))
