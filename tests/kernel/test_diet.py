"""A verb that finds nothing to do has loaded nothing that it did not use: counted in modules, not timed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.diet import HEAVY, probe

LAB = """
version: 1
name: {a}
namespaces:
  {a}:
    links:
      eth0: {{kind: veth, peer: {b}/eth0, addresses: [10.0.0.1/24, {{address: "2001:db8::1/64", nodad: true}}]}}
    routes:
      - {{to: default, via: 10.0.0.2}}
  {b}:
    links:
      eth0: {{addresses: [10.0.0.2/24]}}
"""
# Only needed to change something, or to say what went wrong.
WRITERS = frozenset(f"nsmgr.kernel.{name}" for name in ("describe", "gone", "linkmessages", "probe", "procfs", "tun", "writing"))


def test_what_apply_and_check_load(name: Callable[[str], str], tmp_path: Path) -> None:
    file = tmp_path / "lab.yaml"
    file.write_text(LAB.format(a=name("a"), b=name("b")))
    where = {"NSMGR_STATE_DIR": str(tmp_path / "state")}
    try:
        status, modules, _, printed = probe("apply", str(file), **where)
        assert (status, modules & HEAVY) == (0, set()), printed
        for verb in ("apply", "check"):
            status, modules, _, printed = probe(verb, str(file), **where)
            assert (status, modules & (HEAVY | WRITERS)) == (0, set()), printed
    finally:
        status, modules, _, printed = probe("destroy", str(file), **where)
    assert (status, modules & HEAVY) == (0, set()), printed
