"""The main job on the real kernel: apply, no-op, drift by ip(8), repair in place, hard changes in one apply, destroy."""

from __future__ import annotations

import re
import secrets
import subprocess
from pathlib import Path

import pytest

from nsmgr import config, engine
from nsmgr.errors import ConflictError, UnsupportedByKernel
from nsmgr.icmp import ping
from nsmgr.kernel.port import LINKS, Want
from nsmgr.plan.plan import Action, Plan, Verb
from tests.kernel.lab import Lab

CONFIGS = Path(__file__).parent.parent.parent / "configs"


SMALL_MTU = """
version: 1
namespaces:
  @a: {links: {f: {kind: ifb, mtu: 1000}}}
"""


def test_ipv6_comes_back_with_the_mtu(lab: Lab) -> None:
    """Below 1280 the device has no IPv6, and no net.ipv6.conf.f: that is no key the kernel does not have."""
    lab.converge(lab.load(SMALL_MTU))
    lab.converge(lab.load(SMALL_MTU.replace("mtu: 1000", "mtu: 1500, sysctls: {ipv6.accept_ra: 0}")))
    with pytest.raises(UnsupportedByKernel):
        lab.apply(lab.load(SMALL_MTU.replace("ifb, mtu: 1000", "ifb, sysctls: {ipv6.nonesuch: 0}")))


RICH = """
version: 1
namespaces:
  @a:
    sysctls: {net.ipv4.ip_forward: 1}
    links:
      lo: {addresses: [10.255.0.1/32]}
      eth0:
        kind: veth
        peer: @b/eth0
        mtu: 1400
        mac: "02:00:00:00:00:01"
        alias: up
        group: 7
        txqlen: 500
        altnames: [uplink-to-b]
        addresses: [10.0.0.1/24, 10.0.0.9/24, {address: "2001:db8::1/64", nodad: true}]
        sysctls: {ipv4.rp_filter: 0}
      br0: {kind: bridge, stp: false, ageing_time: 100s, forward_delay: 4s}
      p1: {kind: veth, peer: @b/p1, controller: br0}
      vx: {kind: vxlan, id: 7, local: 10.0.0.1, remote: 10.0.0.2, ttl: 5, learning: false, controller: br0}
      mv: {kind: macvlan, parent: eth0, mode: bridge}
      f0: {kind: ifb}
    routes:
      - {to: default, via: 10.0.0.2}
      - {to: 10.9.0.0/16, nexthops: [{via: 10.0.0.2, weight: 1}, {via: 10.0.0.3, weight: 2}]}
      - {to: 192.0.2.0/24, type: blackhole, metric: 50, table: 100}
      - {to: "2001:db8:5::/48", via: "2001:db8::2", mtu: 1300}
    rules:
      - {priority: 1000, from: 10.0.0.0/24, table: 100}
  @b:
    links:
      eth0: {addresses: [10.0.0.2/24]}
"""

# command → what check must name: {(namespace, type, object start, attribute)}; "" = the object itself is missing or too many
DRIFT = [
    ("-n @a link set eth0 mtu 1300", {("a", "link", "eth0", "mtu")}),
    ("-n @a link set eth0 address 02:00:00:00:00:09", {("a", "link", "eth0", "mac")}),
    ("-n @a link set eth0 alias other", {("a", "link", "eth0", "alias")}),
    ("-n @a link set eth0 group 9", {("a", "link", "eth0", "group")}),
    ("-n @a link set eth0 txqueuelen 900", {("a", "link", "eth0", "txqlen")}),
    ("-n @a link property add dev eth0 altname foo", {("a", "link", "eth0", "altnames")}),
    ("-n @a link set br0 down", {("a", "link", "br0", "state")}),
    ("-n @a link set br0 type bridge stp_state 1", {("a", "link", "br0", "stp")}),
    ("-n @a link set br0 type bridge ageing_time 5000", {("a", "link", "br0", "ageing_time")}),
    ("-n @a link set p1 nomaster", {("a", "link", "p1", "controller")}),
    ("-n @a link set vx type vxlan id 7 ttl 9", {("a", "link", "vx", "ttl")}),
    ("-n @a link set mv type macvlan mode private", {("a", "link", "mv", "mode")}),
    ("-n @a link set lo down", {("a", "link", "lo", "state")}),
    ("-n @a addr add 10.0.0.99/24 dev eth0", {("a", "address", "10.0.0.99/24 dev eth0", "")}),
    ("-n @a addr del 2001:db8::1/64 dev eth0", {("a", "address", "2001:db8::1/64 dev eth0", "")}),
    ("-n @a route del default", {("a", "route", "default", "")}),
    ("-n @a route replace default via 10.0.0.3", {("a", "route", "default", "nexthops")}),
    ("-n @a route replace 10.9.0.0/16 via 10.0.0.2", {("a", "route", "10.9.0.0/16", "nexthops")}),
    ("-n @a route del blackhole 192.0.2.0/24 table 100", {("a", "route", "192.0.2.0/24 table 100 metric 50", "")}),
    ("-n @a -6 route replace 2001:db8:5::/48 via 2001:db8::3", {("a", "route", "2001:db8:5::/48", "nexthops")}),
    ("-n @a rule add priority 1001 from 10.0.0.0/24 table 100", {("a", "rule", "1001: from 10.0.0.0/24 lookup 100", "")}),
    ("-n @a link add extra type bridge", {("a", "link", "extra", "")}),
    ("-n @b link set eth0 mtu 1280", {("b", "link", "eth0", "")}),
]


def _named(plan: Plan, lab: Lab) -> set[tuple[str, str, str, str]]:
    found = set()
    for operation in plan.operations:
        netns = operation.netns.removeprefix(lab.prefix)
        for change in operation.changes or (None,):
            found.add((netns, operation.type, operation.key, change.name if change and operation.action is Action.UPDATE else ""))
    return found


def test_every_manual_change_is_seen_and_repaired_in_place(lab: Lab) -> None:
    desired = lab.load(RICH.replace("eth0: {addresses: [10.0.0.2/24]}", "eth0: {mtu: 1400, addresses: [10.0.0.2/24]}"))
    lab.converge(desired)
    links = {("a", name): lab.index("a", name) for name in ("eth0", "br0", "p1", "vx", "mv", "f0")}
    for command, expected in DRIFT:
        lab.ip(command)
        plan = lab.check(desired)
        named = _named(plan, lab)
        if command.endswith("mtu 1280"):
            expected = {("b", "link", "eth0", "mtu")}
        assert expected <= named, (command, named)
        verbs = {step.verb for step in plan.steps if step.name != "extra"}
        assert not verbs & {Verb.LINK_DEL, Verb.LINK_ADD}, command
        lab.converge(desired)
        assert {key: lab.index(*key) for key in links} == links, f"{command}: a link was made anew"


def test_counters_survive_an_in_place_repair(lab: Lab) -> None:
    desired = lab.load(RICH)
    lab.converge(desired)
    assert ping("10.0.0.2", netns=f"{lab.prefix}a", timeout=5).received
    before = _packets(lab, "a", "eth0")
    lab.ip("-n @a link set eth0 alias changed")
    lab.converge(desired)
    assert _packets(lab, "a", "eth0") >= before > 0


def _packets(lab: Lab, netns: str, link: str) -> int:
    text = lab.ip(f"-n @{netns} -s link show {link}")
    match = re.search(r"TX:.*\n\s*\d+\s+(\d+)", text)
    assert match, text
    return int(match[1])


def test_deleted_link_comes_back_with_everything_on_it(lab: Lab) -> None:
    desired = lab.load(RICH)
    lab.converge(desired)
    lab.ip("-n @a link del eth0")
    keys = {operation.key for operation in lab.check(desired).operations}
    assert {"eth0", "mv", "10.0.0.1/24 dev eth0", "default"} <= keys
    lab.converge(desired)
    lab.ip("netns del @b")
    lab.converge(desired)


def test_spine_leaf_every_leaf_reaches_every_loopback(lab: Lab) -> None:
    text = (CONFIGS / "spine-leaf.yaml").read_text()
    text = re.sub(r"\b((?:leaf|spine)\d)\b", rf"{lab.prefix}\1", text)
    text = re.sub(r"^name:.*\n", "", text, flags=re.M)
    desired = lab.load(text)
    result = lab.converge(desired)
    assert not any(step.verb is Verb.LINK_MOVE or "rename" in step.args for step in result.plan.steps)
    leaves = [name for name in desired.namespaces if "leaf" in name]
    assert len(leaves) == 4
    loopback = {}
    for leaf in leaves:
        address = next(iter(desired.namespaces[leaf].links["lo"].addresses))
        loopback[leaf] = address.partition("/")[0]
    for source in leaves:
        for target in leaves:
            if source != target:
                reply = ping(loopback[target], netns=source, source=loopback[source], count=3, timeout=2)
                assert reply.received, f"{source} does not reach {target} ({loopback[target]})"


HARD: list[tuple[str, str, str]] = [
    (
        "rename a link",
        "@a: {links: {eth0: {kind: veth, peer: @b/eth0, addresses: [10.0.0.1/24]}}}\n  @b: {}",
        "@a: {links: {wan: {kind: veth, peer: @b/eth0, addresses: [10.0.0.1/24]}}}\n  @b: {}",
    ),
    (
        "move a link to another namespace",
        "@a: {links: {d0: {kind: ifb, addresses: [10.0.0.1/24]}, vx: {kind: vxlan, id: 9, local: 10.0.0.1}}}\n  @b: {}",
        "@a: {}\n  @b: {links: {d0: {kind: ifb, addresses: [10.0.0.1/24]}, vx: {kind: vxlan, id: 9, local: 10.0.0.1}}}",
    ),
    (
        "swap two peers",
        "@a: {links: {x: {kind: veth, peer: @b/x, addresses: [10.0.0.1/24]}, y: {kind: veth, peer: @b/y}}}\n  @b: {}",
        "@a: {links: {x: {kind: veth, peer: @b/y, addresses: [10.0.0.1/24]}, y: {kind: veth, peer: @b/x}}}\n  @b: {}",
    ),
    (
        "swap peers over three namespaces",
        "@a: {links: {x: {kind: veth, peer: @b/e}, y: {kind: veth, peer: @c/e}}}\n  @b: {}\n  @c: {}",
        "@a: {links: {x: {kind: veth, peer: @c/e}, y: {kind: veth, peer: @b/e}}}\n  @b: {}\n  @c: {}",
    ),
    (
        "change a vxlan id",
        "@a: {links: {vx: {kind: vxlan, id: 7, port: 4789, local: 127.0.0.1, addresses: [10.1.0.1/24]}}}",
        "@a: {links: {vx: {kind: vxlan, id: 8, port: 4789, local: 127.0.0.1, addresses: [10.1.0.1/24]}}}",
    ),
    (
        "a bridge port changes its name and another takes the old one",
        "@a: {links: {br: {kind: bridge}, p1: {kind: veth, peer: @b/p1, controller: br},"
        " p2: {kind: veth, peer: @b/p2, controller: br}}}\n  @b: {}",
        "@a: {links: {br: {kind: bridge}, p9: {kind: veth, peer: @b/p1, controller: br},"
        " p1: {kind: veth, peer: @b/p2, controller: br}}}\n  @b: {}",
    ),
    (
        "prefix of the primary of two addresses",
        "@a: {links: {f: {kind: ifb, addresses: [10.0.0.1/24, 10.0.0.2/24]}}, routes: [{to: 10.9.0.0/16, via: 10.0.0.77}]}",
        "@a: {links: {f: {kind: ifb, addresses: [10.0.0.1/25, 10.0.0.2/24]}}, routes: [{to: 10.9.0.0/16, via: 10.0.0.77}]}",
    ),
    (
        "kind of a link, under a macvlan",
        "@a: {links: {l: {kind: ifb}, mv: {kind: macvlan, parent: l, addresses: [10.3.0.1/24]}},"
        " routes: [{to: 10.9.0.0/16, dev: mv}]}",
        "@a: {links: {l: {kind: bridge}, mv: {kind: macvlan, parent: l, addresses: [10.3.0.1/24]}},"
        " routes: [{to: 10.9.0.0/16, dev: mv}]}",
    ),
    (
        "IPv6 prefix length and route to multipath",
        '@a: {links: {f: {kind: ifb, addresses: [{address: "2001:db8::1/64", nodad: true}]}}, '
        'routes: [{to: "2001:db8:1::/48", via: "2001:db8::2"}]}',
        '@a: {links: {f: {kind: ifb, addresses: [{address: "2001:db8::1/96", nodad: true}]}}, '
        'routes: [{to: "2001:db8:1::/48", nexthops: [{via: "2001:db8::2"}, {via: "2001:db8::3"}]}]}',
    ),
    (
        "parent in another namespace changes",
        "@a: {links: {mv: {kind: macvlan, parent: @b/x}}}\n  @b: {links: {x: {kind: ifb}, y: {kind: ifb}}}",
        "@a: {links: {mv: {kind: macvlan, parent: @b/y}}}\n  @b: {links: {x: {kind: ifb}, y: {kind: ifb}}}",
    ),
]


@pytest.mark.parametrize(("what", "before", "after"), HARD, ids=[what for what, _, _ in HARD])
def test_hard_change_converges_in_one_apply(lab: Lab, what: str, before: str, after: str) -> None:
    first, second = (lab.load(f"version: 1\nnamespaces:\n  {text}\n") for text in (before, after))
    lab.converge(first)
    lab.converge(second)
    lab.converge(first)


def test_namespace_that_leaves_the_file_is_removed_and_foreign_ones_stay(lab: Lab) -> None:
    lab.ip("netns add @foreign")
    both = lab.load("version: 1\nnamespaces:\n  @a: {links: {e: {kind: veth, peer: @b/e}}}\n  @b: {}\n")
    one = lab.load("version: 1\nnamespaces:\n  @a: {}\n")
    lab.converge(both)
    lab.converge(one)
    names = lab.ip("netns list")
    assert f"{lab.prefix}foreign" in names
    assert f"{lab.prefix}b" not in names


def test_foreign_namespace_of_a_declared_name_is_refused_untouched(lab: Lab) -> None:
    lab.ip("netns add @a")
    writes = lab.kernel.counters.writes
    with pytest.raises(ConflictError, match="was not made by deployment"):
        engine.apply(lab.load("version: 1\nnamespaces:\n  @a: {}\n  @b: {}\n"), lab.kernel, lab.store)
    assert lab.kernel.counters.writes == writes
    assert f"{lab.prefix}b" not in lab.ip("netns list")
    lab.converge(lab.load("version: 1\nnamespaces:\n  @a: {adopt: true, links: {br: {kind: bridge}}}\n"))


def test_kind_the_kernel_lacks_is_found_before_anything_is_touched(lab: Lab) -> None:
    lacking = lab.kernel.probe(["dummy", "vlan", "bond", "vrf", "ipvlan"])
    if "dummy" not in lacking:
        pytest.skip("this kernel makes dummy links; the refusal is tested where it does not")
    with pytest.raises(UnsupportedByKernel, match="Unknown device type"):
        engine.apply(lab.load("version: 1\nnamespaces:\n  @a: {links: {d: {kind: dummy}}}\n"), lab.kernel, lab.store)
    assert f"{lab.prefix}a" not in lab.ip("netns list")


def test_refusal_in_the_middle_is_reported_and_the_next_apply_converges(lab: Lab) -> None:
    wrong = (
        "version: 1\nnamespaces:\n  @a: {links: {f: {kind: ifb, addresses: [10.0.0.1/24]}}, routes: [{to: 10.9.0.0/16, via: %s}]}\n"
    )
    assert engine.apply(lab.load(wrong % "172.16.0.1"), lab.kernel, lab.store).result == "rolled_back"
    assert f"{lab.prefix}a" not in lab.ip("netns list")
    result = engine.apply(lab.load(wrong % "172.16.0.1"), lab.kernel, lab.store, on_error="continue")
    assert result.result == "failed"
    (failure,) = result.failures()
    assert failure.operation.key == "10.9.0.0/16"
    assert "invalid gateway" in failure.verdict.extack
    assert {operation.key for operation in result.done()} >= {"f", "10.0.0.1/24 dev f"}
    lab.converge(lab.load(wrong % "10.0.0.2"))


def test_stale_namespace_file_is_repaired(lab: Lab) -> None:
    Path("/run/netns").mkdir(exist_ok=True)
    stale = Path(f"/run/netns/{lab.prefix}a")
    stale.touch()
    result = lab.converge(lab.load("version: 1\nnamespaces:\n  @a: {}\n"))
    assert "stale" in result.plan.operations[0].reason


def test_adopted_namespace_keeps_what_is_not_declared(lab: Lab) -> None:
    lab.ip("netns add @ct")
    lab.ip("-n @ct link add keep type bridge")
    lab.ip("-n @ct addr add 192.0.2.1/24 dev keep")
    text = (
        "version: 1\nnamespaces:\n  @ct:\n    from: {path: /run/netns/@ct}\n"
        "    links:\n      br9: {kind: bridge, addresses: [10.0.0.1/24]}\n"
    )
    lab.converge(lab.load(text))
    assert "192.0.2.1/24" in lab.ip("-n @ct addr show keep")
    lab.converge(lab.load(text.replace("br9: {kind: bridge, addresses: [10.0.0.1/24]}", "keep: {addresses: [10.0.0.2/24]}")))
    shown = lab.ip("-n @ct addr")
    assert "br9" not in shown
    assert "192.0.2.1/24" in shown
    engine.destroy(lab.name, lab.kernel, lab.store)
    shown = lab.ip("-n @ct addr")
    assert "10.0.0.2/24" not in shown
    assert "192.0.2.1/24" in shown


def test_a_second_writer_takes_the_planned_index(lab: Lab) -> None:
    """The creation fails, nothing is written to the stranger's link, and the next round gets through."""
    desired = lab.load("version: 1\nnamespaces:\n  @a: {}\n")
    lab.converge(desired)
    desired = lab.load(
        "version: 1\nnamespaces:\n  @a: {ignore: {links: [stranger]}, links: {mine: {kind: bridge, addresses: [10.0.0.1/24]}}}\n"
    )
    transact = lab.kernel.transact
    done: list[bool] = []

    def meddling(batch):  # type: ignore[no-untyped-def]
        if not done and any(step.verb is Verb.LINK_ADD for step in batch.steps):
            done.append(True)
            lab.ip(f"-n @a link add stranger index {next(s.index for s in batch.steps if s.verb is Verb.LINK_ADD)} type bridge")
        return transact(batch)

    lab.kernel.transact = meddling  # type: ignore[method-assign]
    result = lab.apply(desired)
    assert len(result.rounds) == 2
    assert "10.0.0.1" not in lab.ip("-n @a addr show stranger")
    assert "10.0.0.1" in lab.ip("-n @a addr show mine")


def test_export_plans_to_nothing(lab: Lab) -> None:
    from nsmgr.render.export import export_yaml

    desired = lab.load(RICH)
    lab.converge(desired)
    states = engine.observe(desired, lab.kernel, lab.store).namespaces
    text = export_yaml(states, lab.name)
    assert not lab.check(config.loads(text)), text
    for name, state in states.items():
        alone = config.loads(export_yaml({name: state}, "another"))
        observed = engine.observe(alone, lab.kernel, lab.store)
        assert not engine.plan(alone, observed), name


def test_physical_link_moves_in_and_comes_home(lab: Lab) -> None:
    """A device made in the host stands for a NIC: moved by name, configured, given back with its name on destroy."""
    name = f"nsm{secrets.token_hex(3)}"
    lab.ip(f"link add {name} type ifb")
    try:
        desired = lab.load(
            "version: 1\nnamespaces:\n  @a: "
            f"{{links: {{wan: {{kind: physical, match: {{name: {name}}}, mtu: 1400, addresses: [10.0.0.1/24]}}}}}}\n"
        )
        result = lab.converge(desired)
        assert [operation.action for operation in result.plan.operations if operation.key == "wan"] == [Action.MOVE]
        destroyed = engine.destroy(lab.name, lab.kernel, lab.store)
        assert destroyed.returned_nics
        assert name in lab.ip("link")
    finally:
        subprocess.run(["ip", "link", "del", name], check=False)


def test_interrupt_stops_between_operations_and_the_next_apply_goes_on(lab: Lab) -> None:
    desired = lab.load(RICH)
    calls: list[int] = []

    def stop() -> bool:
        calls.append(1)
        return len(calls) > 2

    result = engine.apply(desired, lab.kernel, lab.store, stop=stop, on_error="stop")
    assert result.result == "interrupted"
    assert result.skipped()
    calls.clear()
    assert engine.apply(desired, lab.kernel, lab.store, stop=stop).result == "rolled_back"
    assert f"{lab.prefix}a" not in lab.ip("netns list")
    lab.converge(desired)


def test_far_ends_inherit_the_defaults_of_their_namespace(lab: Lab) -> None:
    """The far end is born by the other namespace's send; conf.default must be what the file says by then."""
    text = (
        "version: 1\nnamespaces:\n  @a: {links: {e: {kind: veth, peer: @b/e}}}\n"
        "  @b: {sysctls: {net.ipv4.conf.default.rp_filter: 2}}\n"
    )
    lab.converge(lab.load(text))
    shown = subprocess.run(
        ["ip", "netns", "exec", f"{lab.prefix}b", "cat", "/proc/sys/net/ipv4/conf/e/rp_filter"], capture_output=True, text=True
    )
    assert shown.stdout.strip() == "2"


def test_routes_of_every_type_are_recognised(lab: Lab) -> None:
    kinds = ("blackhole", "unreachable", "prohibit", "throw")
    routes = ", ".join(f"{{to: 10.{number}.0.0/16, type: {kind}}}" for number, kind in enumerate(kinds))
    text = "version: 1\nnamespaces:\n  @a:\n    routes: [%s]\n"
    lab.converge(lab.load(text % f"{routes}, {{to: 198.51.100.7, type: local, dev: lo, table: local}}"))
    lab.converge(lab.load(text % ""))


def test_a_real_device_tells_its_bus_path(lab: Lab) -> None:
    """What `match: {path: …}` is compared with is what sysfs says."""
    paths = {}
    for device in Path("/sys/class/net").glob("*/device"):
        paths[device.parent.name] = f"{(device / 'subsystem').resolve().name}/{device.resolve().name}"
    links = lab.kernel.observe({"host": Want(LINKS, source="host")}).namespaces["host"].links
    told = {name: link.attrs["path"] for name, link in links.items() if "path" in link.attrs}
    if not paths or not set(paths) & set(links):
        pytest.skip(f"this namespace has no device with a parent: {sorted(links)}")
    assert told == {name: path for name, path in paths.items() if name in links and not links[name].kind}


PARTLY = """
version: 1
namespaces:
  @a:
    manage: declared
    links:
      f: {kind: ifb, addresses: [10.0.0.1/24], rx_queues: 1}
      g: {kind: ifb}
"""


def test_a_namespace_of_ours_may_be_managed_as_declared(lab: Lab) -> None:
    """What we made there goes when it leaves the file, and may be replaced; what somebody else made stays."""
    lab.converge(lab.load(PARTLY))
    lab.ip("-n @a link add theirs type ifb")
    lab.converge(lab.load(PARTLY.replace("rx_queues: 1", "rx_queues: 2")))
    lab.converge(lab.load(PARTLY.replace("      g: {kind: ifb}\n", "").replace("addresses: [10.0.0.1/24], ", "")))
    assert {line.split()[1] for line in lab.ip("-n @a -o link show").splitlines()} == {"lo:", "f:", "theirs:"}
    assert "10.0.0.1" not in lab.ip("-n @a address show f")
