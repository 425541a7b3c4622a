"""The outermost grammar of nftables files, and what the document says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nsmgr.config import load, loads
from nsmgr.errors import ConfigError
from nsmgr.model import nft
from nsmgr.model.things import thing_class
from nsmgr.plan.plan import Action, AttrChange, Operation, Plan
from nsmgr.render.text import plan_text

FILE = """#!/usr/sbin/nft -f
flush ruleset
define WEB = { 22, 80 }   # a comment with { and "
table inet filter {
  set s { type ipv4_addr; elements = { 192.0.2.1 }; }
  chain input { type filter hook input priority 0; log prefix "a } b # c"
    tcp dport $WEB accept
  }
}
define LAN = "eth0"
table nat { chain p { type nat hook postrouting priority 100
  oifname $LAN masquerade } }; table netdev d { }
"""


def test_tables_with_the_definitions_above_them() -> None:
    found = nft.tables(FILE)
    assert list(found) == ["inet filter", "ip nat", "netdev d"]
    assert found["inet filter"].startswith("redefine WEB = { 22, 80 }\ntable inet filter {")
    assert 'log prefix "a } b # c"' in found["inet filter"]
    assert found["ip nat"].splitlines()[:2] == ["redefine WEB = { 22, 80 }", 'redefine LAN = "eth0"']
    assert "comment" not in "".join(found.values())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("table inet f {", "line 1: the brace opened above is not closed"),
        ("table inet f { } }", "line 1: a closing brace too many"),
        ("\n\nadd rule inet f c accept\n", "line 3: `add rule inet` is a command"),
        ('include "x.nft"', "line 1: `include` is not read here"),
        ("table x y z { }", "line 1: a table is written"),
        ("table inet f; evil { }", "line 1: `table inet f` is a command"),
        ("table inet a { }\ntable inet a { }", "line 2: table inet a is there twice"),
        ('table inet f { } "', "the text opened above is not closed"),
    ],
)
def test_what_is_no_description_is_refused(text: str, words: str) -> None:
    with pytest.raises(nft.Unreadable, match=words.replace("{", r"\{")):
        nft.tables(text)


def document(section: str) -> str:
    return f"version: 1\nname: lab\nnamespaces:\n  red:\n    nftables: {section}\n"


def test_a_file_is_read_beside_the_document(tmp_path: Path) -> None:
    (tmp_path / "fw.nft").write_text(FILE)
    (tmp_path / "lab.yaml").write_text(document("{file: fw.nft}"))
    state = load([tmp_path / "lab.yaml"])
    assert [key for _, key in state.namespaces["red"].things] == ["inet filter", "ip nat", "netdev d"]
    (tmp_path / "fw.nft").write_text(FILE.replace("22, 80", "22"))
    assert load([tmp_path / "lab.yaml"]).digest != state.digest


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("{file: nonesuch.nft}", "cannot read nonesuch.nft"),
        ("{}", "needs `file` or `ruleset`"),
        ("{ruleset: 'add table x'}", "is a command"),
        ("{ruleset: '# nothing'}", "there is no table in it"),
        ("{ruleset: 'table inet f { }', file: x}", "exclude each other"),
        ("{rulset: x}", "unknown key `rulset`"),
    ],
)
def test_faults_have_their_place(section: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loads(document(section))
    (problem,) = caught.value.problems
    assert words in problem.message
    assert problem.line == 5


def test_only_the_lines_that_differ_are_shown() -> None:
    before = "".join(f"line {number}\n" for number in range(20))
    change = AttrChange("ruleset", before, before.replace("line 10\n", "line ten\n"))
    text = plan_text(Plan("lab", (Operation(0, Action.UPDATE, "red", "nftables", "inet f", (change,)),)))
    assert "        -line 10\n        +line ten\n" in text
    assert "line 3\n" not in text


def test_the_same_meaning_is_no_difference() -> None:
    compare = thing_class("nftables").compare
    assert compare({"ruleset": "a"}, {"ruleset": "a", "wanted": "a"}) == []
    assert compare({"ruleset": "a"}, {"ruleset": "listed b", "wanted": "listed a"}) == [("ruleset", "listed b", "listed a")]
