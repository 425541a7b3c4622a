"""Static neighbours and proxies on the real kernel, against `ip neigh`.

Without the sysctls the kernel drops NUD_NOARP entries and proxies some time after the link came up and its far end had not yet
(linkwatch: NETDEV_CHANGE without carrier, neigh_carrier_down).
"""

from __future__ import annotations

import json

import pytest

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
        addresses: [10.0.0.1/24, "2001:db8::1/64"]
        sysctls: {ipv4.arp_evict_nocarrier: 0, ipv6.ndisc_evict_nocarrier: 0}
        neighbors:
          - 10.0.0.2 02:00:00:00:00:02
          - {to: "2001:db8::2", lladdr: "02:00:00:00:00:02", router: true}
          - {to: 10.0.0.3, lladdr: "02:00:00:00:00:03", state: noarp}
          - {to: 10.0.0.9, proxy: true}
          - {to: "2001:db8::9", proxy: true}
  @b:
    links:
      eth0: {addresses: [10.0.0.2/24]}
"""


def neighbours(lab: Lab, what: str = "") -> dict[str, dict[str, object]]:
    found = json.loads(lab.ip(f"-j -n @a neigh show {what}"))
    return {entry["dst"]: entry for entry in found if "dst" in entry}


def test_made_as_ip_shows_them(lab: Lab) -> None:
    lab.converge(lab.load(FILE))
    seen = neighbours(lab) | neighbours(lab, "nud noarp")
    assert seen["10.0.0.2"]["lladdr"] == "02:00:00:00:00:02"
    assert seen["10.0.0.2"]["state"] == ["PERMANENT"]
    assert seen["10.0.0.3"]["state"] == ["NOARP"]
    assert "router" in seen["2001:db8::2"]
    assert set(neighbours(lab, "proxy")) == {"10.0.0.9", "2001:db8::9"}


@pytest.mark.parametrize(
    ("command", "action"),
    [
        ("neigh del 10.0.0.2 dev eth0", Action.CREATE),
        ("neigh change 10.0.0.2 lladdr 02:00:00:00:00:99 dev eth0", Action.UPDATE),
        ("neigh change 10.0.0.3 lladdr 02:00:00:00:00:03 nud permanent dev eth0", Action.UPDATE),
        ("neigh add 10.0.0.77 lladdr 02:00:00:00:00:77 dev eth0", Action.DELETE),
        ("neigh del proxy 10.0.0.9 dev eth0", Action.CREATE),
        ("neigh add proxy 10.0.0.10 dev eth0", Action.DELETE),
    ],
)
def test_drift_is_seen_and_mended(lab: Lab, command: str, action: Action) -> None:
    desired = lab.load(FILE)
    lab.converge(desired)
    lab.ip(f"-n @a {command}")
    (operation,) = lab.check(desired).operations
    assert operation.action is action
    lab.converge(desired)


def test_what_was_learned_is_left_alone(lab: Lab) -> None:
    desired = lab.load(FILE)
    lab.converge(desired)
    lab.ip("-n @a neigh add 10.0.0.50 lladdr 02:00:00:00:00:50 nud reachable dev eth0")
    assert not lab.check(desired)


def test_an_entry_that_was_learned_becomes_the_declared_one(lab: Lab) -> None:
    desired = lab.load(FILE)
    lab.converge(desired)
    lab.ip("-n @a neigh replace 10.0.0.2 lladdr 02:00:00:00:00:98 nud stale dev eth0")
    lab.converge(desired)
    assert neighbours(lab)["10.0.0.2"]["lladdr"] == "02:00:00:00:00:02"


@pytest.mark.parametrize("change", ['mac: "02:00:00:00:00:0a"', "rx_queues: 2", "mtu: 1400"])
def test_they_outlive_what_happens_to_their_link(lab: Lab, change: str) -> None:
    """One round: neigh_changeaddr and the link's death are foreseen, not discovered."""
    lab.converge(lab.load(FILE))
    lab.converge(lab.load(FILE.replace("kind: veth", f"kind: veth\n        {change}")))
    assert set(neighbours(lab, "proxy")) == {"10.0.0.9", "2001:db8::9"}


def test_a_change_is_one_message(lab: Lab) -> None:
    lab.converge(lab.load(FILE))
    result = lab.converge(lab.load(FILE.replace("10.0.0.2 02:00:00:00:00:02", "10.0.0.2 02:00:00:00:00:12")))
    assert [step.verb for step in result.plan.steps] == [Verb.THING_SET]
