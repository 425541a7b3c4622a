"""Rulesets in real namespaces, by nft(8): loaded as a whole, compared by meaning, mended, and taken away."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from nsmgr import config
from nsmgr.kernel import netns
from nsmgr.kernel.nfnetlink import NftSocket, tables
from nsmgr.plan.plan import Action
from nsmgr.plan.state import DesiredState
from tests.kernel.lab import Lab

pytestmark = pytest.mark.skipif(
    not (shutil.which("nft") or shutil.which("nft", path="/usr/sbin:/sbin")), reason="there is no program nft here"
)

FILE = """
version: 1
namespaces:
  @a:
    nftables:
      ruleset: |
        define WEB = { 22, 80 }
        table inet filter {
          set bad { type ipv4_addr; elements = { 192.0.2.1, 192.0.2.7 }; }
          set seen { type ipv4_addr; flags dynamic, timeout; timeout 1m; }
          counter hits { }
          map verdicts { type inet_service : verdict; elements = { 7 : drop }; }
          chain input {
            type filter hook input priority 0; policy accept;
            ip saddr @bad counter drop
            tcp dport $WEB accept comment "web"
            add @seen { ip saddr limit rate 10/second } counter name hits
            tcp dport vmap @verdicts
          }
        }
        table ip nat {
          chain post { type nat hook postrouting priority 100; oifname "eth0" masquerade; }
        }
    links:
      eth0: {kind: veth, peer: @b/eth0, addresses: [10.0.0.1/24]}
  @b:
    links:
      eth0: {addresses: [10.0.0.2/24]}
"""


def described(lab: Lab, text: str) -> DesiredState:
    """As the lab loads it, but ``@set`` is nft's."""
    return config.loads(f"name: {lab.name}\n" + re.sub(r"@(?=[ab]\b)", lab.prefix, text))


@pytest.fixture(autouse=True)
def nft_works(lab: Lab) -> None:
    """A kernel without nf_tables says so."""
    lab.apply(lab.load("version: 1\nnamespaces: {@probe: {}}"))
    done = subprocess.run(["ip", "netns", "exec", f"{lab.prefix}probe", "nft", "list", "ruleset"], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"nft list ruleset: {done.stderr.strip()}")


def nft(lab: Lab, command: str) -> str:
    return lab.ip(f"netns exec @a nft {command}")


def test_loaded_and_then_nothing_to_do(lab: Lab) -> None:
    lab.converge(described(lab, FILE))
    assert 'tcp dport { 22, 80 } accept comment "web"' in nft(lab, "list ruleset")


@pytest.mark.parametrize(
    ("command", "action", "key"),
    [
        ("add rule inet filter input tcp dport 99 drop", Action.UPDATE, "inet filter"),
        ("flush chain inet filter input", Action.UPDATE, "inet filter"),
        ("add element inet filter bad { 192.0.2.9 }", Action.UPDATE, "inet filter"),
        ("delete element inet filter bad { 192.0.2.1 }", Action.UPDATE, "inet filter"),
        ("add element inet filter verdicts { 9 : accept }", Action.UPDATE, "inet filter"),
        ("chain inet filter input { policy drop; }", Action.UPDATE, "inet filter"),
        ("add chain inet filter more", Action.UPDATE, "inet filter"),
        ("delete table ip nat", Action.CREATE, "ip nat"),
        ("add table ip6 x", Action.DELETE, "ip6 x"),
        ("flush ruleset", Action.CREATE, "inet filter"),
    ],
)
def test_drift_is_seen_and_mended(lab: Lab, command: str, action: Action, key: str) -> None:
    desired = described(lab, FILE)
    lab.converge(desired)
    nft(lab, command)
    operation = lab.check(desired).operations[0]
    assert (operation.action, operation.key) == (action, key)
    lab.converge(desired)


def test_what_counts_by_itself_is_no_drift(lab: Lab) -> None:
    desired = described(lab, FILE)
    lab.converge(desired)
    nft(lab, "add element inet filter seen { 10.0.0.9 }")
    assert not lab.check(desired)


def test_two_tables_change_in_one_transaction_or_not_at_all(lab: Lab) -> None:
    from nsmgr import engine

    lab.converge(described(lab, FILE))
    before = nft(lab, "list ruleset")
    broken = FILE.replace("policy accept;", "policy drop;").replace("masquerade", "nonsense")
    result = engine.apply(described(lab, broken), lab.kernel, lab.store)
    assert not result.ok
    assert all("nft: " in failure.verdict.extack for failure in result.failures())
    assert nft(lab, "list ruleset") == before
    lab.converge(described(lab, FILE.replace("policy accept;", "policy drop;").replace("masquerade", "accept")))


def test_devices_by_index_are_known(lab: Lab) -> None:
    with_device = FILE.replace("tcp dport $WEB", "iif eth0 tcp dport $WEB")
    lab.converge(described(lab, with_device))
    lab.converge(described(lab, FILE))


def test_it_goes_when_it_leaves_the_file(lab: Lab) -> None:
    lab.converge(described(lab, FILE))
    start, end = FILE.index("    nftables:"), FILE.index("    links:")
    result = lab.converge(described(lab, FILE[:start] + FILE[end:]))
    assert {operation.action for operation in result.plan.operations} == {Action.DELETE}
    assert nft(lab, "list ruleset") == ""


def test_others_tables_stay_where_only_the_declared_is_managed(lab: Lab) -> None:
    text = FILE.replace("  @a:\n", "  @a:\n    manage: declared\n")
    lab.converge(described(lab, text))
    nft(lab, "add table ip theirs")
    assert not lab.check(described(lab, text))
    start, end = text.index("    nftables:"), text.index("    links:")
    lab.converge(described(lab, text[:start] + text[end:]))
    assert nft(lab, "list ruleset").split("\n")[0] == "table ip theirs {"


def test_without_any_table_there_is_nothing(privileged: None) -> None:
    from nsmgr.kernel import libc

    def work() -> dict[str, tuple[bytes, ...]]:
        libc.unshare(libc.CLONE_NEWNET)
        socket = NftSocket()
        try:
            return tables(socket)
        finally:
            socket.close()

    assert netns.in_thread(work) == {}
