"""Writes docs/reliability.md from what tests/reliability tried (tests/reliability/tried.json). `make reliability`, `make docs`."""

from __future__ import annotations

import json
from pathlib import Path

PAGE = Path(__file__).with_name("reliability.md")
RESULTS = Path(__file__).parents[1] / "tests" / "reliability" / "tried.json"
HEAD = """# What becomes of a network when an apply goes wrong

Made by `make docs` from what `make reliability` tried; do not edit. The design: [design/014-way-back.md](design/014-way-back.md).

## What apply guarantees

- **All of it, or none.** An apply ends with what is described, verified by reading it again (exit 0), or goes back to what was
  there before, verified likewise (`rolled_back`). Where it cannot, it names what is left and what cannot be brought back
  (`rollback_incomplete`), and `nsmgr rollback NAME` tries again once the obstacle is gone.
- **Death is no special case.** What is about to be done is written down before the first change: the names that may become ours,
  and the way back. After SIGKILL at any moment the next `apply` arrives, `destroy` removes everything, `rollback` goes back, each
  in one run. A process that dies holds no lock.
- **Nothing of ours is forgotten, nothing of others is touched.** An answer that was lost counts as "it may have been done".
- **Others may write meanwhile.** Refusals that say that the state has moved lead to another look and another plan, four at most.

Not guaranteed: packets that are on their way while a link is made anew, what others change after the last look (the next apply
mends it), and what the kernel does not tell: counters, learned entries, random addresses of links that never were.

## What was tried

The network: two states of a deployment, {operations} operations in nine namespaces between them (made, changed, replaced, renamed,
moved in from the host and deleted: namespaces, links, addresses, routes, rules, neighbours, sysctls), one of the namespaces
somebody else's. On Linux {kernel}, unless the kernel is said to be the one in memory (`nsmgr/kernel/fake.py`).

| fault | then | points tried | outcome |
|---|---|---|---|
"""
FAULTS = "EPERM, EBUSY, EEXIST, ENODEV, ENOBUFS, ENOMEM, EINVAL, a lost answer, no answer to the whole call"
# test → (fault, what is done then, outcome where the test allows only one)
ROWS = {
    "test_kill_sweep.py::test_then_rollback": (
        "SIGKILL between any two messages, amid or between any two writes of state",
        "`rollback`",
        "equal to before",
    ),
    "test_kill_sweep.py::test_then_apply": (
        "the same",
        "`apply`, then `rollback`",
        "equal to an apply that was not killed, then equal to before",
    ),
    "test_kill_sweep.py::test_then_destroy": (
        "the same",
        "`destroy`",
        "no namespace, no link in others' namespaces, no file; the device is home",
    ),
    "test_faults.py::test_each_operation_refused_in_each_way[linux]": (f"one of {FAULTS}, at each step", "nothing", ""),
    "test_faults.py::test_each_operation_refused_in_each_way[fake]": (
        "each of them at each step, in memory",
        "nothing",
        "",
    ),
    "test_faults.py::test_refused_on_the_way_back_too[linux]": ("EINVAL, then EPERM on the way back", "`rollback`", ""),
    "test_faults.py::test_refused_on_the_way_back_too[fake]": ("the same, in memory", "`rollback`", ""),
    "test_faults.py::test_a_read_without_an_answer[linux]": ("a read that is not answered", "`rollback` where needed", ""),
    "test_faults.py::test_a_read_without_an_answer[fake]": ("the same, in memory", "`rollback` where needed", ""),
    "test_hostile.py::test_a_flood_of_changes": (
        "10,000 changes of addresses by others meanwhile",
        "`apply`",
        "done or refused with a clear word within a minute, then equal",
    ),
    "test_hostile.py::test_two_at_once": (
        "two applies at the same moment",
        "nothing",
        "one after the other, the last one's state, whole",
    ),
    "test_leaks.py::test_nothing_is_left_behind": (
        "cycles of apply and destroy in one process",
        "nothing",
        "no descriptor, thread, mount or name more, memory level",
    ),
}
EITHER = "as before, or converged, or what is left is told and `rollback` mends it"
HOSTILE = "test_hostile.py::test_somebody_else_writes["


def page() -> str:
    """The whole page."""
    data = json.loads(RESULTS.read_text(encoding="utf-8"))
    tried: dict[str, dict[str, int]] = data["tried"]
    lines = []
    for name, counts in sorted(tried.items(), key=lambda entry: _place(entry[0])):
        if name.startswith(HOSTILE):
            fault, then = f"meanwhile {name.removeprefix(HOSTILE).removesuffix(']')}", "`apply`"
            outcome = "converged, or refused and as before; then equal"
        else:
            fault, then, outcome = ROWS[name]
        told = [f"{what}: {number}" for what, number in counts.items() if what != "points"]
        lines.append(f"| {fault} | {then} | {counts['points']:,} | {outcome or ', '.join(told) or EITHER} |")
    total = sum(counts["points"] for counts in tried.values())
    lines.append(f"| all | | {total:,} | |")
    return HEAD.format(kernel=data["kernel"], operations=data["operations"]) + "\n".join(lines) + "\n"


def _place(name: str) -> tuple[int, str]:
    names = list(ROWS)
    return (names.index(name), "") if name in ROWS else (names.index("test_hostile.py::test_a_flood_of_changes") - 1, name)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
