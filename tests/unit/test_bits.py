"""Switches that share an attribute: alone where it is a {flags, mask} struct, all together where the word replaces all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nsmgr import config, engine
from nsmgr.kernel.fake import FakeKernel
from nsmgr.plan.plan import Verb
from nsmgr.store import Store

KINDS = ("bridge", "macvlan", "vlan", "veth")


@pytest.mark.parametrize(
    ("body", "key", "sent"),
    [
        # br_boolopt_multi_toggle refuses a mask with a bit that the kernel does not know
        ("kind: bridge", "no_linklocal_learn", {"no_linklocal_learn"}),
        ("kind: vlan, id: 5, parent: low", "loose_binding", {"loose_binding"}),
        # macvlan_changelink: IFLA_MACVLAN_FLAGS has no mask
        ("kind: macvlan, parent: low", "nodst", {"nodst", "nopromisc"}),
    ],
)
def test_which_bits_are_sent(body: str, key: str, sent: set[str], tmp_path: Path) -> None:
    kernel, store = FakeKernel(kinds=KINDS), Store(tmp_path)
    text = f"version: 1\nname: x\nnamespaces: {{a: {{links: {{low: {{kind: veth, peer: far}}, x: {{{body}, {key}: %s}}}}}}}}\n"
    assert engine.apply(config.loads(text % "false"), kernel, store).ok
    planned = engine.check(config.loads(text % "true"), kernel, store)
    (step,) = [step for step in planned.steps if step.verb is Verb.LINK_DATA]
    assert step.attrs.keys() == sent
    assert step.attrs[key] is True
