"""Rules and addresses with everything they can have, and IPv6 tokens, on the real kernel."""

from __future__ import annotations

import json

import pytest

from nsmgr import engine
from nsmgr.config import loads
from nsmgr.kernel.port import EVERYTHING, Want
from nsmgr.plan.plan import Action
from nsmgr.render.export import export_yaml
from tests.kernel.lab import Lab

FILE = """
version: 1
namespaces:
  @a:
    links:
      eth0: {kind: veth, peer: @b/eth0, sysctls: {ipv6.optimistic_dad: 1}ADDRESSES}
    rules: [RULES]
  @b: {links: {eth0: {}}}
"""


def rules(lab: Lab, *said: str) -> str:
    return FILE.replace("RULES", ", ".join(f"{{{rule}}}" for rule in said)).replace("ADDRESSES", "")


# What one rule says and another, and what ip 6.1 shows of the first ("" = it does not know the attribute).
RULES = [
    ("table: 100, suppress_ifgroup: 7", "table: 100, suppress_ifgroup: 8", "suppress_ifgroup 7"),
    ("table: 100, tun_id: 77", "table: 100, tun_id: 78", "tun_id 77"),
    ("table: 100, dscp: 46", "table: 100, dscp: 0", ""),
    ("table: 100, dscp: 46, dscp_mask: 62", "table: 100, dscp: 46", ""),
    ("table: 100, family: ipv6, flowlabel: 5", "table: 100, family: ipv6, flowlabel: 5, flowlabel_mask: 255", ""),
    ("table: 100, sport: 80, ipproto: tcp", "table: 100, sport: 80, sport_mask: 0xfff0, ipproto: tcp", "sport 80"),
    ("table: 100, dport: 80, dport_mask: 240", "table: 100, dport: 80-90", "dport 80"),
    ("table: 100, family: ipv6, iif: eth0, tos: 16", "table: 100, family: ipv6, oif: eth0", "tos"),
    ("type: nop", "type: goto, goto: 2000", "nop"),
]


@pytest.mark.parametrize(("first", "second", "seen"), RULES, ids=[f"{first}; {second}" for first, second, _ in RULES])
def test_rules_made_and_changed(lab: Lab, first: str, second: str, seen: str) -> None:
    """What the kernel does not know it leaves out without a word: that is told, and the rule is not left behind as another one."""
    texts = [rules(lab, f"priority: 1000, {said}", "priority: 2000, table: 200") for said in (first, second)]
    lab.converge(lab.load(rules(lab)))
    for text in texts:
        result = engine.apply(lab.load(text), lab.kernel, lab.store)
        if not result.ok:
            assert result.remaining, "never success for a rule that is not there"
            assert {operation.key.partition(":")[0] for operation in result.remaining.operations} == {"1000"}
            pytest.skip("this kernel does not know the attribute")
    for text in (*texts, *texts):
        lab.converge(lab.load(text))
        if text == texts[0]:
            assert seen in lab.ip("-n @a rule") + lab.ip("-n @a -6 rule")
        observed = lab.kernel.observe({f"{lab.prefix}{name}": Want(EVERYTHING) for name in "ab"})
        assert not lab.check(loads(export_yaml(observed.namespaces, lab.name)))


ADDRESSES = [
    '{address: "2001:db8::1/64", optimistic: true}',
    '{address: "ff05::77/128", autojoin: true, nodad: true}',
    "{address: 239.1.1.1/32, autojoin: true}",
    '{address: "2001:db8::2/64", mngtmpaddr: true, nodad: true}',
    '{address: "2001:db8::3/64", nodad: true, metric: 77, proto: 9}',
    "{address: 10.0.0.1/24, metric: 77, proto: 9, noprefixroute: true}",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_addresses(lab: Lab, address: str) -> None:
    desired = lab.load(FILE.replace("RULES", "").replace("ADDRESSES", f", addresses: [{address}]"))
    lab.converge(desired)
    (shown,) = (
        entry
        for entry in json.loads(lab.ip("-j -n @a addr show eth0"))[0]["addr_info"]
        if entry["local"] in address  # not the link-local one
    )
    for flag in ("autojoin", "mngtmpaddr", "noprefixroute"):
        assert bool(shown.get(flag)) == (flag in address)
    if "autojoin" in address:
        groups = json.loads(lab.ip("-j -n @a maddr show eth0"))[0]["maddr"]
        assert shown["local"] in [group.get("address") for group in groups]
    lab.ip("-n @a addr flush dev eth0")
    assert {operation.action for operation in lab.check(desired).operations} == {Action.CREATE}
    lab.converge(desired)


TOKEN = """
version: 1
namespaces:
  @a:
    sysctls: {net.ipv6.conf.all.forwarding: 1}
    links:
      eth0: {kind: veth, peer: @b/eth0, token: "::a:b:c", sysctls: {ipv6.accept_ra: 2}}
  @b: {links: {eth0: {}}}
"""


def token(lab: Lab, netns: str = "a") -> str:
    return str(json.loads(lab.ip(f"-j -n @{netns} token show dev eth0") or "[{}]")[0].get("token", ""))


def test_token(lab: Lab) -> None:
    """A router takes advertisements only with accept_ra 2, and a token only with advertisements: the sysctl first."""
    desired = lab.load(TOKEN)
    lab.converge(desired)
    assert token(lab) == "::a:b:c"
    result = lab.converge(lab.load(TOKEN.replace("::a:b:c", "::5")))
    assert [operation.action for operation in result.plan.operations] == [Action.UPDATE]
    assert token(lab) == "::5"
    lab.ip("-n @a token set ::7 dev eth0")
    (operation,) = lab.check(desired).operations
    assert [(change.name, change.observed, change.desired) for change in operation.changes] == [("token", "::7", "::a:b:c")]
    lab.converge(desired)
    lab.ip("-n @a link set eth0 down")
    lab.converge(desired)
    lab.converge(lab.load(TOKEN.replace("kind: veth", "kind: veth, tx_queues: 2")))
    assert token(lab) == "::a:b:c"
    lab.converge(lab.load(TOKEN.replace("::a:b:c", "::")))
    assert token(lab) in ("::", "")


def test_a_token_without_advertisements_is_refused_in_the_kernels_words(lab: Lab) -> None:
    result = engine.apply(lab.load(TOKEN.replace("accept_ra: 2", "accept_ra: 0")), lab.kernel, lab.store)
    words = [failure.verdict.extack for failure in result.failures() if failure.verdict]
    assert any("Router advertisement is disabled on device" in word for word in words)


def test_a_token_of_an_existing_link_comes_after_its_sysctl(lab: Lab) -> None:
    lab.converge(lab.load(TOKEN.replace("accept_ra: 2", "accept_ra: 0").replace('token: "::a:b:c", ', "")))
    lab.converge(lab.load(TOKEN))
    assert token(lab) == "::a:b:c"
