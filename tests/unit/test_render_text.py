"""The plan as people read it, and the report of an apply that failed."""

from __future__ import annotations

import errno

import pytest

from nsmgr.plan.plan import Action, AttrChange, Operation, Plan, Step, Verb, Verdict
from nsmgr.render.hints import HINTS, hint
from nsmgr.render.report import Fate, apply_outcomes, failure_text, outcomes
from nsmgr.render.text import plan_text
from nsmgr.render.values import join_names, value_text
from nsmgr.text import duration, milliseconds_text

PLAN = Plan(
    "lab",
    operations=(
        Operation(0, Action.CREATE, "red", "namespace", "red"),
        Operation(
            1,
            Action.CREATE,
            "red",
            "link",
            "br0",
            (AttrChange("kind", None, "bridge"), AttrChange("ageing_time", None, 20_000), AttrChange("stp", None, False)),
        ),
        Operation(2, Action.UPDATE, "blue", "link", "eth0", (AttrChange("mtu", 1500, 9000), AttrChange("controller", "br0", None))),
        Operation(
            3,
            Action.REPLACE,
            "blue",
            "link",
            "br0",
            (AttrChange("kind", "bridge", "veth", True),),
            "kind differs",
            ("links", "br0"),
        ),
        Operation(4, Action.DELETE, "blue", "address", "10.0.0.1/24 dev eth0", (), "not in the configuration"),
        Operation(5, Action.MOVE, "blue", "link", "eno1", (), "from host/eno1"),
    ),
    steps=(
        Step(0, 0, Verb.NETNS_ADD, "red", name="red"),
        Step(1, 1, Verb.LINK_ADD, "red", 5, "br0", "bridge", needs=(0,)),
        Step(2, 2, Verb.LINK_SET, "blue", 6, "eth0", "veth"),
        Step(3, 3, Verb.LINK_DEL, "blue", 7, "br0", "bridge"),
        Step(4, 3, Verb.LINK_ADD, "blue", 8, "br0", "veth", needs=(3,)),
        Step(5, 4, Verb.ADDR_DEL, "blue", 6, "eth0"),
        Step(6, 5, Verb.LINK_MOVE, "host", 2, "eno1", args={"target": "blue", "rename": "eno1", "new_index": 9}),
    ),
)

TEXT = """\
red
  + namespace red
  + link br0
      kind: bridge
      ageing_time: 20s
      stp: false

blue
  ~ link eth0
      mtu: 1500 → 9000
      controller: br0 → none
-/+ link br0  # kind differs
      kind: bridge → veth  # forces replacement
  - address 10.0.0.1/24 dev eth0  # not in the configuration
  > link eno1  # from host/eno1

2 to create, 1 to change, 1 to replace, 1 to delete, 1 to move"""


def test_plan() -> None:
    assert plan_text(PLAN) == TEXT


def test_nothing_to_do() -> None:
    assert plan_text(Plan("lab")) == "Nothing to do: lab is in the described state."


def test_no_moves_are_not_counted() -> None:
    plan = Plan("lab", operations=PLAN.operations[:1])
    assert plan_text(plan).endswith("\n1 to create, 0 to change, 0 to replace, 0 to delete")


def test_colour_only_when_told_and_only_colour() -> None:
    import re

    colored = plan_text(PLAN, color=True)
    assert "\x1b[32m  +\x1b[0m link br0" in colored
    assert "\x1b[35m-/+\x1b[0m" in colored
    assert re.sub(r"\x1b\[\d+m", "", colored) == TEXT


def test_places() -> None:
    assert "-/+ link br0  # kind differs, lab.yaml:3:7\n" in plan_text(PLAN, locate=lambda path: "lab.yaml:3:7")


@pytest.mark.parametrize("milliseconds", [0, 1, 20, 999, 1000, 1500, 300_000, 86_400_000])
def test_durations_read_back(milliseconds: int) -> None:
    assert duration(milliseconds_text(milliseconds)) == milliseconds


def test_values() -> None:
    assert [value_text(value) for value in (None, True, "", ("a", 1), 7)] == ["none", "true", '""', "[a, 1]", "7"]
    assert join_names(["a", "b", "c"], limit=2) == "a, b and 1 more"


# --------------------------------------------------------------------------------------------------------------- outcomes

VERDICTS = {
    0: Verdict(0),
    1: Verdict(1, errno.EOPNOTSUPP, "Unknown device type", "IFLA_LINKINFO.IFLA_INFO_KIND"),
    2: Verdict(2),
    3: Verdict(3, errno.EBUSY),
    4: Verdict(4, skipped=True, blame=3),
    5: Verdict(5, skipped=True, blame=1),
}


def test_fates() -> None:
    found = outcomes(PLAN, VERDICTS)
    assert [outcome.fate for outcome in found] == [Fate.DONE, Fate.FAILED, Fate.DONE, Fate.FAILED, Fate.SKIPPED, Fate.NOT_RUN]
    assert found[4].because is PLAN.operations[1]
    assert found[1].units.keys() >= {"ageing_time", "hello_time"}


def test_an_operation_without_steps_shares_the_fate_of_the_message_that_carries_it() -> None:
    plan = Plan(
        "lab",
        (Operation(0, Action.CREATE, "red", "link", "a"), Operation(1, Action.CREATE, "blue", "link", "b")),
        (Step(0, 0, Verb.LINK_ADD, "red", 5, "a", "veth", args={"peer": {"netns": "blue", "name": "b", "index": 5, "attrs": {}}}),),
    )
    assert [outcome.fate for outcome in outcomes(plan, {0: Verdict(0, errno.EEXIST)})] == [Fate.FAILED, Fate.FAILED]
    assert [outcome.fate for outcome in outcomes(plan, {0: Verdict(0)})] == [Fate.DONE, Fate.DONE]


def test_a_later_round_has_the_last_word() -> None:
    again = Plan("lab", PLAN.operations[3:4], PLAN.steps[3:5])
    found = apply_outcomes([PLAN, again], [VERDICTS, {3: Verdict(3), 4: Verdict(4)}])
    assert [outcome.fate for outcome in found] == [Fate.DONE] * 6
    found = apply_outcomes([PLAN, again], [VERDICTS, {3: Verdict(3), 4: Verdict(4, errno.EINVAL)}])
    assert [outcome.operation.key for outcome in found if outcome.fate is Fate.FAILED] == ["br0"]


FAILED = """\
apply of lab failed: 2 done, 2 failed, 1 skipped, 1 not finished of 6 operations
failed
  red: create link br0: EOPNOTSUPP (Operation not supported) "Unknown device type"
      attribute: IFLA_LINKINFO.IFLA_INFO_KIND
      hint: this kernel lacks the kind (no such module): `nsmgr doctor` lists what it has
  blue: replace link br0: EBUSY (Device or resource busy)
      asked for at: lab.yaml:14:9
      hint: a link that is a bridge port cannot carry a macvlan, and the reverse: remove one of the two
skipped
  blue: delete address 10.0.0.1/24 dev eth0  because of: red: create link br0
not finished
  blue: move link eno1"""


def test_failure() -> None:
    text = failure_text("lab", outcomes(PLAN, VERDICTS), locate=lambda path: "lab.yaml:14:9")
    assert text == FAILED
    assert "done\n  red: create namespace red\n" in failure_text("lab", outcomes(PLAN, VERDICTS), verbose=True)


def test_failed_verify_shows_what_still_differs() -> None:
    plan = Plan("lab", PLAN.operations[2:3], PLAN.steps[2:3])
    text = failure_text("lab", outcomes(plan, {2: Verdict(2)}), remaining=plan)
    assert text.splitlines()[:3] == [
        "apply of lab failed: 1 done, 0 failed of 1 operation",
        "still different after the re-read",
        "  blue: link eth0: mtu desired 9000, current 1500",
    ]


@pytest.mark.parametrize(
    ("number", "words", "type_", "part"),
    [
        (errno.ENETUNREACH, "Nexthop has invalid gateway", "route", "onlink"),
        (errno.EINVAL, "Invalid prefsrc address", "route", "nodad"),
        (errno.EACCES, "IPv6 is disabled on this device", "address", "disable_ipv6"),
        (errno.EPERM, "", "link", "root"),
        (errno.EEXIST, "", "link", "run apply again"),
        (errno.EOPNOTSUPP, "Unknown device type", "link", "doctor"),
        (errno.EBUSY, "", "link", "macvlan"),
        (-1, "", "link", "lost"),
        (errno.ENOTTY, "", "link", ""),
    ],
)
def test_hints(number: int, words: str, type_: str, part: str) -> None:
    found = hint(number, words, type=type_)
    assert part in found
    assert bool(found) == bool(part)


def test_every_hint_can_be_reached() -> None:
    for row in HINTS:
        assert hint(row.errno, row.words, type=row.type, action=row.action) == row.text


def test_what_was_not_done_is_cut_short_for_people() -> None:
    many = Plan(
        "lab",
        tuple(Operation(n, Action.CREATE, "red", "link", f"l{n}") for n in range(100)),
        tuple(Step(n, n, Verb.LINK_ADD, "red", n, f"l{n}", "ifb") for n in range(100)),
    )
    text = failure_text("lab", outcomes(many, {}), result="interrupted", remaining=many)
    assert text.splitlines()[-1] == "  … and 60 more (-v lists them all)"
    assert len(failure_text("lab", outcomes(many, {}), result="interrupted", verbose=True).splitlines()) == 102
