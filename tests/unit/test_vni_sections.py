"""VNIs of a vxlan with a filter: what they stand for in the document, faults, and export."""

from __future__ import annotations

from typing import Any

import pytest

from nsmgr.config import loads
from nsmgr.errors import ConfigError
from nsmgr.kernel.things import vni as codec
from nsmgr.model.thing import Part, thing_type
from nsmgr.plan.plan import Step, Verb
from nsmgr.plan.state import Thing

HEAD = "version: 1\nname: v\nnamespaces: {red: {links: {vx0: {kind: vxlan, external: true, vnifilter: true, vnis: "


def things(text: str) -> dict[str, Any]:
    state = loads(f"{HEAD}{text}}}}}}}}}").namespaces["red"]
    assert all(thing.link == "vx0" for thing in state.things.values())
    return {key: thing.attrs.get("group", "") for (_, key), thing in state.things.items()}


def test_numbers_ranges_and_mappings() -> None:
    assert things("[7, 10-12, {vni: 20, end: 21, group: 239.1.1.1}, {vni: 30, group: '2001:db8::1'}]") == {
        "7 dev vx0": "", "10 dev vx0": "", "11 dev vx0": "", "12 dev vx0": "", "20 dev vx0": "239.1.1.1",
        "21 dev vx0": "239.1.1.1", "30 dev vx0": "2001:db8::1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[0]", "a number from 1 to 16777215"),
        ("[16777216]", "a number from 1 to 16777215"),
        ("[5-x]", "a number from 1 to 16777215"),
        ("[9-5]", "the range 9-5 is empty"),
        ("[1-5000]", "more than 4096"),
        ("[5, 4-6]", "vni 5 dev vx0 stands at"),
        ("[{vni: 5, grp: 10.0.0.1}]", "unknown key `grp`"),
        ("[{vni: 5, group: x}]", "x"),
    ],
)
def test_faults(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        things(text)
    assert any(message in problem.message for problem in caught.value.problems), caught.value.problems


@pytest.mark.parametrize("link", ["{kind: vxlan, id: 5, vnis: [5]}", "{kind: ifb, vnis: [5]}"])
def test_only_a_vxlan_with_a_filter_has_them(link: str) -> None:
    with pytest.raises(ConfigError, match="needs a link with `vnifilter: true`"):
        loads(f"version: 1\nname: v\nnamespaces: {{red: {{links: {{x: {link}}}}}}}")


def test_neighbours_of_one_group_are_a_range_again() -> None:
    said = [(7, ""), (10, ""), (11, ""), (12, "10.0.0.1"), (13, "10.0.0.1"), (20, "10.0.0.1")]
    parts = [Part("vni", f"{vni} dev vx0", {"vni": vni, **({"group": group} if group else {})}) for vni, group in reversed(said)]
    assert thing_type("vni").section(parts) == [
        7, "10-11", {"vni": 12, "end": 13, "group": "10.0.0.1"}, {"vni": 20, "group": "10.0.0.1"},
    ]  # fmt: skip


def test_bytes() -> None:
    """What `bridge vni add vni 20 group 239.1.1.1 dev …` sends, and what the kernel's dump says of a range."""
    step = Step(0, 0, Verb.THING_ADD, "red", index=7, obj=Thing("vni", "20 dev vx0", "vx0", {"vni": 20, "group": "239.1.1.1"}))
    (sent,) = codec.encode(step, lambda name: 0)
    assert sent[4:6] == b"\x78\x00"  # RTM_NEWTUNNEL
    assert sent[16:] == bytes.fromhex(
        "07000000" "07000000"  # AF_BRIDGE, ifindex 7
        "1400" "0180"  # VXLAN_VNIFILTER_ENTRY, nested
        "0800" "0100" "14000000"  # _START 20
        "0800" "0300" "ef010101"  # _GROUP 239.1.1.1
    )  # fmt: skip
    step = Step(0, 0, Verb.THING_DEL, "red", index=7, obj=Thing("vni", "20 dev vx0", "vx0", {"vni": 20, "group": "239.1.1.1"}))
    (sent,) = codec.encode(step, lambda name: 0)
    assert (sent[4:6], sent[24:]) == (b"\x79\x00", bytes.fromhex("0c0001800800010014000000"))
    dump = bytes.fromhex(
        "07000000" "07000000"
        "14000180" "080001000a000000" "080002000b000000"
        "20000180" "0800010014000000" "14000400" "20010db8000000000000000000000001"
    )  # fmt: skip
    found = list(codec.decode([(dump, 0, len(dump))], {7: "vx0"}))
    assert [(thing.key, thing.attrs) for thing in found] == [
        ("10 dev vx0", {"vni": 10}), ("11 dev vx0", {"vni": 11}), ("20 dev vx0", {"vni": 20, "group": "2001:db8::1"}),
    ]  # fmt: skip
    assert list(codec.decode([(dump, 0, len(dump))], {})) == []
