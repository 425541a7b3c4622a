"""What a bridge's ports are told, and when it is forgotten (br_setport, br_del_if, nbp_backup_clear)."""

from __future__ import annotations

import errno

from tests.contract.rig import Rig


def options_of_a_port(rig: Rig) -> None:
    _bridge(rig)
    assert rig.port("a", "e0", "bridge", cost=10, isolated=True, learning=False, mcast_router="permanent") == 0
    rig.look()
    assert rig.port("a", "e0", "bridge", isolated=False, priority=63, group_fwd_mask=8) == 0
    rig.look()
    assert rig.set("a", "e0", state="up") == 0
    rig.look()
    assert rig.set("a", "e0", controller="br1") == 0  # straight from one to the other
    rig.look()


def options_before_the_link_is_a_port(rig: Rig) -> None:
    _bridge(rig)
    assert rig.set("a", "e0", controller=0) == 0
    assert rig.port("a", "e0", "bridge", cost=10) == errno.EOPNOTSUPP
    rig.look()
    assert rig.set("a", "e0", controller="br0") == 0
    rig.look()


def locked_ports(rig: Rig) -> None:
    _bridge(rig)
    assert rig.port("a", "e0", "bridge", mab=True) == errno.EINVAL
    assert rig.port("a", "e0", "bridge", locked=True, mab=True) == 0
    assert rig.port("a", "e0", "bridge", learning=False) == errno.EINVAL
    rig.look()


def backup_ports(rig: Rig) -> None:
    _bridge(rig)
    assert rig.port("a", "e0", "bridge", backup_port="e0") == errno.EINVAL
    assert rig.port("a", "e0", "bridge", backup_port="i1") == errno.ENOENT  # no port
    assert rig.set("a", "i1", controller="br1") == 0
    assert rig.port("a", "e0", "bridge", backup_port="i1") == errno.EINVAL  # of another bridge
    assert rig.port("a", "e0", "bridge", backup_port="i0") == 0
    assert rig.port("a", "i0", "bridge", backup_port="e0") == 0
    rig.look()
    assert rig.set("a", "i0", controller=0) == 0
    rig.look()
    assert rig.set("a", "i0", controller="br0") == 0
    assert rig.port("a", "e0", "bridge", backup_port="i0") == 0
    assert rig.delete("a", "br0") == 0
    rig.look()


def _bridge(rig: Rig) -> None:
    rig.netns("a")
    for name in ("br0", "br1"):
        assert rig.add("a", name, "bridge") == 0
    assert rig.add("a", "e0", "veth", peer=("a", "e1"), controller="br0") == 0
    assert rig.add("a", "i0", "ifb", controller="br0") == 0
    assert rig.add("a", "i1", "ifb") == 0
    rig.look()


SCENARIOS = (options_of_a_port, options_before_the_link_is_a_port, locked_ports, backup_ports)
