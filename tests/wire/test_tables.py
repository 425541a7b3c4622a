"""tables.py is what the generator makes of the installed pyroute2; nothing that runs imports pyroute2 for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nsmgr.kernel import generate, overlay, schema, tables
from nsmgr.kernel.codec import Table, Tables

ROOT = Path(__file__).parents[2]


def test_the_tables_are_up_to_date() -> None:
    assert Path(tables.__file__).read_text() == generate.module(), "make tables"


def test_generating_twice_gives_the_same() -> None:
    """Another process has another hash seed."""
    again = subprocess.run([sys.executable, "-m", "nsmgr.kernel.generate", "--stdout"], cwd=ROOT, capture_output=True, text=True)
    assert (again.returncode, again.stdout) == (0, generate.module())


def every_table(found: Tables) -> list[Table]:
    return [found[name] for name in tables.TABLES]


def test_every_attribute_of_every_table_compiles() -> None:
    for table in every_table(Tables(tables.TABLES)):
        assert len(table.by_name) >= len(table.by_number) > 0
        for field in table.by_name.values():
            assert callable(field.encode)
            assert callable(field.decode)
            assert field.table is None or field.table.by_name, "a nest's table is there"


def test_every_kind_and_message_has_its_table() -> None:
    assert {f"data.{key}" for key in overlay.data()} | overlay.messages().keys() <= tables.TABLES.keys()
    assert schema.data_table("no such kind") is None
    with pytest.raises(KeyError):
        Tables({})["link"]


def test_the_same_words_are_one_table() -> None:
    peer = schema.data_table("veth")
    assert peer is not None
    assert peer.by_name["VETH_INFO_PEER"].table is schema.link_table()
    assert schema.data_table("gre") is schema.data_table("erspan")


def test_a_nest_may_contain_itself() -> None:
    found = Tables({"t": "1:VALUE:I 2:INNER:{t} 3:LIST:*{t}"})["t"]
    value = {"VALUE": 1, "INNER": {"VALUE": 2}, "LIST": ({"VALUE": 3}, {})}
    raw = found.encode(value)
    assert found.decode(raw, 0, len(raw)) == value


_PURE = """
import json, sys
from nsmgr.kernel import messages
from nsmgr.kernel.describe import attribute_path, describe
from nsmgr.plan.plan import Verb
from nsmgr.plan.state import Address, NextHop, Route, Rule
from tests.wire.support import dumps, step
for family, decode in (("links", messages.decode_link), ("links_stats", messages.decode_link), ("rules", messages.decode_rule)):
    for message in dumps()[family]:
        decode(message, 16, len(message))
for family, decode in (("addresses", messages.decode_address), ("routes", messages.decode_route)):
    for message in dumps()[family]:
        decode(message, 16, len(message), {})
peer = {"name": "b", "netns": "red", "index": 6, "attrs": {"mtu": 1400}}
for kind, attrs, args in (
    ("veth", {"mtu": 1400, "mac": "02:00:00:00:00:01", "state": "up"}, {"peer": peer}),
    ("bridge", {"priority": 7, "vlan_filtering": True, "addrgenmode": "none"}, {}),
    ("vxlan", {"id": 7, "remote": "10.0.0.9", "port": 4789}, {}),
    ("macvlan", {"mode": "bridge", "parent": 3}, {}),
):
    assert messages.encode(step(Verb.LINK_ADD, index=5, name="a", kind=kind, attrs=attrs, args=args), lambda netns: 3)
for verbs, thing in (
    ((Verb.ADDR_ADD, Verb.ADDR_DEL), Address("a", "10.0.0.1/24", {"label": "a:1"})),
    ((Verb.ROUTE_ADD, Verb.ROUTE_DEL), Route("::/0", 300, 7, 0, (NextHop("2001:db8::1", "a"),), {"mtu": 1400})),
    ((Verb.RULE_ADD, Verb.RULE_DEL), Rule({"priority": 10, "family": "ipv4", "from": "10.0.0.0/8", "table": 7}, 0)),
):
    for verb in verbs:
        for message in messages.encode(step(verb, index=5, name="a", obj=thing, args={"indexes": {"a": 5}}), lambda netns: 3):
            describe(message)
            attribute_path(message, 30)
print(json.dumps(sorted(name for name in sys.modules if name.partition(".")[0] in ("pyroute2", "asyncio", "multiprocessing"))))
"""


def loaded(program: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_encoding_and_decoding_load_no_pyroute2() -> None:
    assert loaded(_PURE) == []


def test_code_of_pyroute2s_own_is_loaded_when_it_is_needed() -> None:
    program = """
import json, sys
from nsmgr.kernel import schema
via = schema.route_table().by_name["RTA_VIA"]
before = "pyroute2" in sys.modules
via.encode({"family": 10, "addr": "2001:db8::1"})
print(json.dumps([before, "pyroute2" in sys.modules]))
"""
    assert loaded(program) == [False, True]
