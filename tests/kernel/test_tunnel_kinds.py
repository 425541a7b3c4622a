"""Every attribute of the tunnel kinds through the engine on a real kernel: born with A, changed to B, changed back.

The re-read says what was asked for, the interface index says whether the link was changed or replaced, and the rows have said so
before. A kind that this kernel lacks is skipped with its words.
"""

from __future__ import annotations

import errno
import json
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nsmgr import config, engine
from nsmgr.errors import ConfigError, ConflictError, PrivilegeError
from nsmgr.icmp import ping
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.kernel.port import LINKS, Want
from nsmgr.model.base import UNSET, Change, Value, Where
from nsmgr.model.links import kind_class
from nsmgr.plan.plan import Action, Batch, Step, Verb, Verdict
from nsmgr.plan.state import DesiredState, Link
from nsmgr.render.export import export_yaml
from nsmgr.store import Store
from tests.since import lacking, release

Body = dict[str, Any]
FOUR: Body = {"local": "10.0.0.1", "remote": "10.0.0.2"}
SIX: Body = {"local": "2001:db8::1", "remote": "2001:db8::2"}
GROUP: Body = {"local": "10.0.0.1", "remote": "239.1.1.1", "state": "down"}
# What a link of the kind is born with unless the attribute in question is among it.
BASE: dict[str, Body] = {
    "gre": FOUR,
    "gretap": FOUR,
    "erspan": FOUR | {"ikey": 9, "okey": 9, "oseq": True},
    "ip6gre": SIX,
    "ip6gretap": SIX,
    "ip6erspan": SIX | {"ikey": 9, "okey": 9, "oseq": True},
    "ipip": FOUR,
    "sit": FOUR,
    "ip6tnl": SIX,
    "vti": FOUR,
    "vti6": SIX,
    "xfrm": {"if_id": 7},
    "geneve": {"id": 7, "remote": "10.0.0.2"},
    "bareudp": {"port": 6635, "ethertype": "mpls_uc"},
    "gtp": {"local": "127.0.0.1"},
}
KINDS = tuple(BASE)
BOOL = [(False, True)]
# Attribute → values to go from and to, None = not written; a third member is what must be written beside them.
VALUES: dict[str, list[tuple[Any, ...]]] = {
    "parent": [("low", "far"), (None, "low")],
    "ikey": [(5, 6), ("none", 7), (None, "0.0.1.0")],
    "okey": [(5, 6), ("none", 7), (None, "0.0.1.0")],
    "icsum": BOOL,
    "ocsum": BOOL,
    "iseq": BOOL,
    "oseq": BOOL,
    "ttl": [(64, "inherit"), (None, 3), ("inherit", 255)],
    "tos": [(0, 16), ("inherit", 4)],
    "hoplimit": [(64, 0), (None, 255)],
    "tclass": [(0, 0xB8), ("inherit", 4), (None, "inherit")],
    "flowlabel": [(0, 0xFFFFF), ("inherit", 4), (None, "inherit")],
    "encaplimit": [(4, 0), ("none", 255), (None, "none")],
    "dscp_inherit": BOOL,
    "mip6": BOOL,
    "allow_localremote": BOOL,
    "fwmark": [(0, 0xFFFFFFFF), (None, 1)],
    "encap": [("none", "fou", {"encap_dport": 5555}), ("fou", "gue", {"encap_dport": 5555})],
    "encap_sport": [(0, 4444, {"encap": "fou", "encap_dport": 5555})],
    "encap_dport": [(5555, 6666, {"encap": "gue"})],
    "encap_csum": [(False, True, {"encap": "gue", "encap_dport": 5555})],
    "encap_csum6": [(False, True, {"encap": "gue", "encap_dport": 5555})],
    "encap_remcsum": [(False, True, {"encap": "gue", "encap_dport": 5555})],
    "pmtudisc": [(True, False)],
    "ignore_df": [(False, True, {"pmtudisc": False})],
    "external": [(None, True), (True, False)],
    "isatap": [(False, True), (None, True)],
    "erspan_ver": [(1, 2), (None, 2)],
    "erspan_index": [(0, 0xFFFFF), (None, 5)],
    "erspan_dir": [("ingress", "egress", {"erspan_ver": 2})],
    "erspan_hwid": [(0, 63, {"erspan_ver": 2})],
    "if_id": [(7, 0xFFFFFFFF)],
    "id": [(7, 8)],
    "port": [(6635, 6636), (6081, 6635)],
    "df": [("unset", "set"), ("inherit", "unset")],
    "label": [(0, 0xFFFFF, {"remote": "2001:db8::2"})],
    "udp_csum": [(False, True), (None, True)],
    "udp6zerocsumtx": [(False, True, {"remote": "2001:db8::2"})],
    "udp6zerocsumrx": [(False, True, {"remote": "2001:db8::2"})],
    "inner_proto_inherit": [(False, True), (None, True)],
    "port_range": [((1, 65535), (1024, 2048))],
    "ethertype": [("mpls_uc", "ipv4"), ("ipv6", 0x1234)],
    "srcport_min": [(0, 1024)],
    "multiproto": [(False, True), (None, True)],
    "role": [("ggsn", "sgsn"), (None, "sgsn")],
    "pdp_hashsize": [(1024, 64)],
    "restart_count": [(0, 5)],
    "prefix_6rd": [
        ("2001:db8::", "2001:db8:1::", {"prefixlen_6rd": 48, "relay_prefix_6rd": "10.0.0.0", "relay_prefixlen_6rd": 16})
    ],
    "prefixlen_6rd": [(32, 31, {"prefix_6rd": "2001:db8::"})],
    "relay_prefix_6rd": [("10.0.0.0", "10.1.0.0", {"prefix_6rd": "2001:db8::", "prefixlen_6rd": 32, "relay_prefixlen_6rd": 16})],
    "relay_prefixlen_6rd": [(8, 16, {"prefix_6rd": "2001:db8::", "prefixlen_6rd": 32, "relay_prefix_6rd": "10.0.0.0"})],
}
OF_KIND: dict[tuple[str, str], list[tuple[Any, ...]]] = {
    ("ipip", "mode"): [("ipip", "any"), ("mplsip", "ipip")],
    ("sit", "mode"): [("ip6ip", "any"), ("mplsip", "ipip")],
    ("ip6tnl", "mode"): [("any", "ip6ip6"), ("ipip6", "any"), (None, "ip6ip6")],
    ("erspan", "ikey"): [(5, 1023), (None, 7)],
    ("erspan", "okey"): [(5, 1023), (None, 7)],
    ("erspan", "icsum"): [(False, True, {"erspan_ver": 0})],
    ("erspan", "ocsum"): [(False, True, {"erspan_ver": 0})],
    ("ip6erspan", "icsum"): [(False, True, {"external": True})],
    ("ip6erspan", "ocsum"): [(False, True, {"external": True})],
    ("erspan", "iseq"): [(False, True)],
    ("erspan", "oseq"): [(False, True, {"iseq": True})],
    ("erspan", "erspan_ver"): [(1, 2), (None, 0)],
    ("ip6erspan", "ikey"): [(5, 1023), (None, 7)],
    ("ip6erspan", "okey"): [(5, 1023), (None, 7)],
    ("ip6erspan", "iseq"): [(False, True)],
    ("ip6erspan", "oseq"): [(False, True, {"iseq": True})],
    ("vti", "ikey"): [(5, 6), ("none", 7)],
    ("sit", "ttl"): [(64, "inherit"), (None, 3), ("inherit", 64, {"pmtudisc": False}), (3, 64)],
    ("sit", "pmtudisc"): [(True, False), (False, True, {"ttl": "inherit"})],
    ("ipip", "pmtudisc"): [(True, False), (False, True, {"ttl": "inherit"})],
    ("geneve", "ttl"): [(64, "inherit"), (None, 3), ("inherit", 0), (None, "inherit")],
    ("geneve", "remote"): [
        ("10.0.0.2", "10.0.0.3"), ("10.0.0.2", "any"), ("2001:db8::2", "2001:db8::3"), ("10.0.0.2", "2001:db8::2"),
        (None, "10.0.0.9"),
    ],
    ("geneve", "external"): [(None, True)],
    ("xfrm", "external"): [(None, True)],
    ("gtp", "local"): [],  # never dumped: see below
    ("gtp", "create_sockets"): [],
}  # fmt: skip
FOURS: list[tuple[Any, ...]] = [("10.0.0.1", "10.0.0.9"), (None, "10.0.0.9")]
REMOTES4: list[tuple[Any, ...]] = [
    ("10.0.0.2", "10.0.0.9"), ("10.0.0.2", "any"), (None, "10.0.0.9"), ("any", "239.1.1.1"), ("10.0.0.2", "239.1.1.1"),
    ("239.1.1.1", "239.2.2.2"),
]  # fmt: skip
SIXES: list[tuple[Any, ...]] = [("2001:db8::1", "2001:db8::9"), ("any", "2001:db8::9"), (None, "2001:db8::9")]
# Things that depend on what the link is besides: kind, attributes, other attributes.
TOGETHER: list[tuple[str, Body, Body]] = [
    ("gre", GROUP, GROUP | {"local": "10.0.0.3"}),
    ("gre", GROUP | {"key": 4}, GROUP | {"key": 5}),
    ("gre", GROUP | {"ttl": 4}, GROUP | {"ttl": 5}),
    ("ipip", {"local": "10.0.0.1", "remote": "239.1.1.1"}, {"local": "10.0.0.3", "remote": "239.1.1.1"}),
    ("vti", {"local": "10.0.0.1", "remote": "239.1.1.1"}, {"local": "10.0.0.3", "remote": "239.1.1.1"}),
    ("gre", FOUR | {"ignore_df": True, "pmtudisc": False}, FOUR | {"ignore_df": False, "pmtudisc": True}),
    ("gre", {"external": True}, {"external": True, "ttl": 9}),
    ("ip6gre", {"external": True}, {"external": True, "hoplimit": 9}),
    ("ipip", {"external": True}, {"external": True, "ttl": 9}),
    ("ip6tnl", {"external": True}, {"external": True, "hoplimit": 9}),
    ("geneve", {"external": True}, {"external": True, "df": "set"}),
    ("geneve", {"external": True, "port": 6081}, {"external": True, "port": 7777}),
    ("erspan", FOUR | {"erspan_ver": 0}, FOUR | {"key": 3, "seq": True, "erspan_ver": 2, "erspan_dir": "egress", "erspan_hwid": 4}),
    ("gre", FOUR | {"key": 5, "csum": True, "seq": True}, FOUR | {"key": "none", "csum": False, "seq": False}),
    ("gre", FOUR | {"mtu": 1300, "fwmark": 1}, FOUR | {"mtu": 1300, "fwmark": 2, "csum": True}),
    ("ip6tnl", SIX | {"mtu": 1300, "tclass": 1}, SIX | {"mtu": 1300, "tclass": 2, "parent": "low"}),
    ("ip6gretap", SIX | {"mtu": 1300, "hoplimit": 1}, SIX | {"mtu": 1301, "hoplimit": 2, "parent": "low"}),
    ("geneve", {"id": 1, "mtu": 1300, "remote": "10.0.0.2"}, {"id": 1, "mtu": 1300, "remote": "127.0.0.1"}),
]


def _values(kind: str, name: str) -> list[tuple[Any, ...]]:
    if (kind, name) in OF_KIND:
        return OF_KIND[kind, name]
    six = any(":" in str(value) for value in BASE[kind].values())
    if name == "local":
        return SIXES if six else FOURS
    if name == "remote":
        return SIXES if six else [pair for pair in REMOTES4 if kind in ("gre", "ipip", "vti") or "239" not in str(pair)]
    return VALUES[name]


def _cases() -> Iterator[Any]:
    for kind in KINDS:
        for name, row in kind_class(kind).rows().items():
            if row.where is not Where.DATA:
                continue
            for a, b, *more in _values(kind, name):
                beside = {key: value for key, value in BASE[kind].items() if key != name} | (more[0] if more else {})
                first = beside | ({name: a} if a is not None else {})
                second = beside | {name: b}
                if name == "external":
                    first, second = ({"external": True} if body.get("external") else body for body in (first, second))
                if kind == "gre" and "239" in f"{a} {b}":  # ipgre_open joins the group: that takes a route to it
                    first, second = ({"state": "down"} | body for body in (first, second))
                yield pytest.param(kind, first, second, id=f"{kind}-{name}-{a}-{b}")
    for number, (kind, first, second) in enumerate(TOGETHER):
        yield pytest.param(kind, first, second, id=f"{kind}-together-{number}")


class Lab:
    """One namespace with a pair of links to leave by, and one link ``x`` that the tests are about."""

    def __init__(self, directory: Path) -> None:
        self.netns = f"nsmgrt-{secrets.token_hex(4)}"
        self.kernel = LinuxKernel()
        self.store = Store(directory / "state")

    def load(self, **links: Body) -> DesiredState:
        all_links: dict[str, Body] = {"low": {"kind": "veth", "peer": "far"}, "far": {}} | links
        return config.loads(json.dumps({"version": 1, "name": self.netns, "namespaces": {self.netns: {"links": all_links}}}))

    def converge(self, desired: DesiredState) -> engine.ApplyResult:
        """One apply, one round; then nothing to do and nothing written."""
        result = engine.apply(desired, self.kernel, self.store)
        assert result.ok, ([(f.operation, f.verdict) for f in result.failures()], result.remaining)
        assert len(result.rounds) <= 1, [plan.operations for plan in result.executed]
        writes = self.kernel.counters.writes
        again = engine.apply(desired, self.kernel, self.store)
        assert not again.plan, again.plan.operations
        assert self.kernel.counters.writes == writes
        return result

    def encaps(self, kind: str) -> bool:
        """Whether this kernel has encapsulations for the kind."""
        attrs = {"encap": "fou"} | ({"ikey": 9, "oseq": True} if "erspan" in kind else {})
        made, gone = (
            Step(1, 1, verb, self.netns, index=901, name="probe", kind=kind, attrs=attrs if verb is Verb.LINK_ADD else {})
            for verb in (Verb.LINK_ADD, Verb.LINK_DEL)
        )
        (verdict,) = self.kernel.transact(Batch(self.netns, (made,)))
        if verdict.ok:
            self.kernel.transact(Batch(self.netns, (gone,)))
        return verdict.errno != errno.EINVAL

    def links(self) -> dict[str, Link]:
        return dict(self.kernel.observe({self.netns: Want(kinds=LINKS)}).namespaces[self.netns].links)

    def ip(self, *words: str) -> Any:
        done = subprocess.run(["ip", "-n", self.netns, "-j", "-d", *words], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(tmp_path_factory.mktemp("lab"))
    try:
        made.converge(made.load())
    except PrivilegeError as error:
        made.kernel.close()
        pytest.skip(str(error))
    yield made
    engine.apply(config.loads(f"{{version: 1, name: {made.netns}, namespaces: {{}}}}"), made.kernel, made.store)
    made.kernel.close()


def wanted(desired: DesiredState, netns: str) -> dict[str, Value]:
    link = desired.namespaces[netns].links["x"]
    return {**link.birth, **link.attrs}


def reads_back(found: Link, attrs: dict[str, Value], kind: str) -> None:
    rows = kind_class(kind).rows()
    for name, value in attrs.items():
        if rows[name].change is not Change.CREATE_ONLY:
            assert rows[name].equal(value, found.attrs.get(name, rows[name].absent)), (name, value, found.attrs.get(name))


def supported(lab: Lab, kind: str, *bodies: Body) -> None:
    if words := lab.kernel.probe([kind]).get(kind):
        pytest.skip(f"kind {kind}: {words}")
    if release() < (6, 12):
        pytest.skip("these values and refusals are those of Linux 6.12; test_every_attribute.py tries the rows on an older one")
    if words := lacking(name for body in bodies for name in body):
        pytest.skip(words)
    if any(body.get("encap") in ("fou", "gue") for body in bodies) and not lab.encaps(kind):
        pytest.skip(f"kind {kind}: this kernel has no CONFIG_NET_FOU_IP_TUNNELS (ip_encap_hlen: EINVAL)")


@pytest.mark.parametrize(("kind", "first", "second"), list(_cases()))
def test_an_attribute_changes_and_changes_back(lab: Lab, kind: str, first: Body, second: Body) -> None:
    supported(lab, kind, first, second)
    cls = kind_class(kind)
    lab.converge(lab.load())
    before: Link | None = None
    for body in (first, second, first):
        desired = lab.load(x={"kind": kind} | body)
        attrs = wanted(desired, lab.netns)
        forced = before is not None and any(
            cls.replaces(name, before.attrs.get(name, cls.rows()[name].absent), value) or name in cls.fixed(before.attrs)
            for name, value in desired.namespaces[lab.netns].links["x"].attrs.items()
            if not cls.rows()[name].equal(value, before.attrs.get(name, cls.rows()[name].absent))
        )
        result = lab.converge(desired)
        found = lab.links()["x"]
        assert found.kind == kind
        reads_back(found, attrs if before is None or forced else desired.namespaces[lab.netns].links["x"].attrs, kind)
        if before is not None:
            assert (found.index == before.index) is not forced
            actions = {operation.action for plan in result.executed for operation in plan.operations}
            assert actions <= ({Action.REPLACE} if forced else {Action.UPDATE})
            # What nobody asked to change is as it was: the driver's changelink starts from zero.
            if not forced and "mtu" not in body:
                told = {*first, *second}
                for name, row in cls.rows().items():
                    if row.where is Where.DATA and name not in told and not {"erspan_ver", "key", "csum", "seq"} & told:
                        assert found.attrs.get(name) == before.attrs.get(name), name
        before = found


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_link_has_the_rows_defaults(lab: Lab, kind: str) -> None:
    supported(lab, kind)
    lab.converge(lab.load())
    lab.converge(lab.load(x={"kind": kind} | BASE[kind]))
    found = lab.links()["x"]
    for name, row in kind_class(kind).rows().items():
        if row.default is not UNSET and name in found.attrs and name not in (*BASE[kind], "state"):
            assert row.equal(row.default, found.attrs[name]), (name, row.default, found.attrs[name])
    if row_mtu := kind_class(kind).DEFAULT_MTU:
        assert found.attrs["mtu"] == row_mtu


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("end", [0, 1])
def test_the_smallest_and_the_largest_mtu(lab: Lab, kind: str, end: int) -> None:
    supported(lab, kind)
    cls = kind_class(kind)
    mtu = cls.MTU_RANGE[end]
    if not mtu:
        pytest.skip("any")
    lab.converge(lab.load())
    lab.converge(lab.load(x={"kind": kind, "mtu": mtu} | BASE[kind]))  # born with it
    lab.converge(lab.load(x={"kind": kind, "mtu": 1400} | BASE[kind]))
    lab.converge(lab.load(x={"kind": kind, "mtu": mtu} | BASE[kind]))  # and set
    assert lab.links()["x"].attrs["mtu"] == mtu


def test_every_row_of_a_tunnel_kind_is_tried() -> None:
    untried = {("gtp", "local"), ("gtp", "create_sockets")}
    for kind in KINDS:
        for name, row in kind_class(kind).rows().items():
            assert row.where is not Where.DATA or (kind, name) in untried or _values(kind, name)


ACROSS: dict[str, Body] = {
    kind: body for kind, body in BASE.items() if "parent" in kind_class(kind).rows() and kind_class(kind).TAKES_PARENT
}


@pytest.mark.parametrize("kind", ACROSS)
def test_a_tunnel_leaves_by_a_link_of_another_namespace(lab: Lab, kind: str) -> None:
    """Made in its parent's namespace, whatever its name is there, and moved: the underlay stays where it was made."""
    supported(lab, kind)
    under = f"{lab.netns}u"

    def load(parent: str | None, **more: Any) -> DesiredState:
        body = {"kind": kind} | ({"parent": f"{under}/{parent}"} if parent else {}) | BASE[kind] | more
        upper = {"x": body} if parent is not None else {}
        # The name is taken in the underlay by a link of another kind.
        lower: dict[str, Body] = {"low": {"kind": "veth", "peer": "far"}, "far": {}, "x": {"kind": "veth", "peer": "y"}, "y": {}}
        return config.loads(
            json.dumps({"version": 1, "name": lab.netns, "namespaces": {lab.netns: {"links": upper}, under: {"links": lower}}})
        )

    lab.converge(load("low"))
    first = lab.links()["x"]
    observed = lab.kernel.observe({n: Want(kinds=LINKS, peers=[m]) for n, m in ((lab.netns, under), (under, lab.netns))})
    assert observed.namespaces[lab.netns].links["x"].attrs["parent"] == f"{under}/low"
    there = {name for name, link in observed.namespaces[under].links.items() if not link.fallback}
    assert there == {"low", "far", "x", "y"}
    lab.converge(load("far"))
    assert (lab.links()["x"].index == first.index) is (kind != "xfrm")
    lab.converge(load("far", mtu=1400))
    lab.converge(lab.load(x={"kind": kind, "parent": "low"} | BASE[kind]))  # back home: made anew
    assert lab.links()["x"].attrs["parent"] == "low"


@pytest.mark.parametrize("kind", ACROSS)
def test_a_parent_that_was_made_anew_is_named_again(lab: Lab, kind: str) -> None:
    """The tunnel outlives its parent, with the index of a link that is gone."""
    supported(lab, kind)
    lab.converge(lab.load())
    desired = lab.load(x={"kind": kind, "parent": "low"} | BASE[kind])
    lab.converge(desired)
    before = lab.links()["x"]
    subprocess.run(["ip", "-n", lab.netns, "link", "del", "low"], check=True)
    assert lab.links()["x"].index == before.index
    lab.converge(desired)
    found = lab.links()["x"]
    assert found.attrs["parent"] == "low"
    assert (found.index == before.index) is (kind != "xfrm")
    lab.converge(lab.load(x={"kind": kind, "parent": "low"} | BASE[kind], low={"kind": "ifb"}, far={"kind": "ifb"}))  # and by nsmgr
    assert lab.links()["x"].attrs["parent"] == "low"


FALLBACK = {"tunl0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0", "sit0", "ip6tnl0", "ip6gre0"}


def test_fallback_devices_are_left_alone(lab: Lab) -> None:
    """With net.core.fb_tunnels_only_for_init_net=0 the drivers put theirs into every namespace: not pruned, not exported."""
    lab.converge(lab.load())
    there = lab.links()
    made = {name for name, link in there.items() if link.fallback} - {"lo"}
    if not made:
        pytest.skip("no fallback devices: net.core.fb_tunnels_only_for_init_net, or no tunnel drivers")
    assert made <= FALLBACK
    assert set(there) == made | {"lo", "low", "far"}
    exported = export_yaml(lab.kernel.observe({lab.netns: Want(kinds=LINKS)}).namespaces)
    assert not [name for name in made if name in exported]
    name = "tunl0" if "tunl0" in made else sorted(made)[0]
    kind = there[name].kind
    lab.converge(lab.load(**{name: {"kind": kind, "mtu": 1400}}))
    assert lab.links()[name].attrs["mtu"] == 1400
    with pytest.raises(ConflictError, match="nsmgr did not make it"):
        lab.converge(lab.load(**{name: {"kind": kind, "remote": "10.0.0.1"}}))
    lab.converge(lab.load(**{name: {"kind": kind, "mtu": 1480, "state": "down"}}))


REFUSED: list[tuple[str, Body, int]] = [
    # what problems() names, and the kernel's answer to it
    ("gre", {"remote": "239.1.1.1"}, errno.EINVAL),
    ("gre", {"ignore_df": True}, errno.EINVAL),
    ("gre", {"external": True, "encap": "fou"}, errno.EINVAL),
    ("erspan", FOUR, errno.EINVAL),
    ("erspan", FOUR | {"ikey": 5, "okey": 5}, errno.EINVAL),
    ("erspan", FOUR | {"ikey": 5, "okey": 5, "oseq": True, "ocsum": True}, errno.EINVAL),
    ("erspan", FOUR | {"ikey": 1024, "oseq": True}, errno.EINVAL),
    ("ip6erspan", SIX, errno.EINVAL),
    ("ip6erspan", SIX | {"ikey": 5, "oseq": True, "icsum": True}, errno.EINVAL),
    ("sit", FOUR | {"prefix_6rd": "2001:db8::", "prefixlen_6rd": 40}, errno.EINVAL),
    ("sit", FOUR | {"prefix_6rd": "2001:db8::1", "prefixlen_6rd": 32}, errno.EINVAL),
    ("xfrm", {}, errno.EINVAL),
    ("xfrm", {"external": True, "if_id": 5}, errno.EINVAL),
    ("geneve", {"external": True, "id": 5}, errno.EINVAL),
    ("geneve", {"id": 5, "remote": "239.1.1.1"}, errno.EINVAL),
    ("geneve", {"id": 5, "remote": "ff02::1"}, errno.EINVAL),
    ("geneve", {"id": 5, "remote": "fe80::1"}, errno.EINVAL),
    ("geneve", {"id": 5, "label": 7}, errno.EINVAL),
    ("bareudp", {"port": 5, "ethertype": "ipv6", "multiproto": True}, errno.EINVAL),
]


def request(lab: Lab, verb: Verb, kind: str, attrs: Body) -> Verdict:
    step = Step(1, 1, verb, lab.netns, index=900, name="raw", kind=kind, attrs=attrs)
    (verdict,) = lab.kernel.transact(Batch(lab.netns, (step,)))
    return verdict


@pytest.mark.parametrize(("kind", "attrs", "answer"), REFUSED)
def test_what_problems_names_the_kernel_refuses(lab: Lab, kind: str, attrs: Body, answer: int) -> None:
    supported(lab, kind)
    lab.converge(lab.load())
    with pytest.raises(ConfigError):
        lab.load(x={"kind": kind} | attrs)
    assert request(lab, Verb.LINK_ADD, kind, attrs).errno == answer


FIXED: list[tuple[str, Body, Body, int]] = [
    # kind, born with, what its changelink refuses (the whole set, as nsmgr would send it), the answer; 0 = success and no change
    ("gre", FOUR, {"local": "10.0.0.1", "remote": "any"}, errno.EINVAL),
    ("gre", FOUR, {"local": "10.0.0.1", "remote": "239.1.1.1"}, errno.EINVAL),
    ("gre", {"local": "10.0.0.1"}, FOUR, errno.EINVAL),
    ("gre", {"local": "10.0.0.1", "remote": "239.1.1.1"}, {"local": "10.0.0.3", "remote": "239.1.1.1"}, errno.EINVAL),
    ("gre", FOUR, FOUR | {"external": True}, errno.EOPNOTSUPP),
    ("gre", FOUR | {"ignore_df": True, "pmtudisc": False}, FOUR | {"ignore_df": False, "pmtudisc": True}, errno.EINVAL),
    ("ipip", FOUR, {"local": "10.0.0.1"}, errno.EINVAL),
    ("ipip", {"local": "10.0.0.1", "remote": "239.1.1.1"}, {"local": "10.0.0.3", "remote": "239.1.1.1"}, errno.EINVAL),
    ("ipip", {"external": True}, {"external": True}, errno.EINVAL),
    ("ip6tnl", {"external": True}, {"external": True}, errno.EINVAL),
    ("ipip", FOUR, FOUR | {"mode": "any"}, 0),
    ("sit", FOUR, {"local": "10.0.0.1"}, errno.EINVAL),
    ("sit", FOUR, FOUR | {"mode": "any"}, 0),
    ("sit", FOUR, FOUR | {"isatap": True}, 0),
    ("vti", FOUR, {"local": "10.0.0.1"}, errno.EINVAL),
    ("vti", {"local": "10.0.0.1", "remote": "239.1.1.1"}, {"local": "10.0.0.3", "remote": "239.1.1.1"}, errno.EINVAL),
    ("xfrm", {"if_id": 5}, {"if_id": 5, "external": True}, errno.EINVAL),
    ("xfrm", {"external": True}, {"if_id": 5}, errno.EINVAL),
    ("geneve", {"id": 5, "remote": "10.0.0.2"}, {"remote": "2001:db8::1"}, errno.EOPNOTSUPP),
    ("geneve", {"id": 5, "remote": "10.0.0.2"}, {"id": 6}, errno.EOPNOTSUPP),
    ("geneve", {"id": 5, "remote": "10.0.0.2"}, {"port": 6081}, errno.EOPNOTSUPP),
    ("geneve", {"id": 5, "remote": "10.0.0.2"}, {"udp_csum": True}, errno.EOPNOTSUPP),
    ("geneve", {"external": True}, {"df": "set"}, errno.EOPNOTSUPP),
    ("bareudp", {"port": 5, "ethertype": "ipv4"}, {"port": 6, "ethertype": "ipv4"}, errno.EOPNOTSUPP),
    ("gtp", {"create_sockets": True, "local": "127.0.0.9"}, {"role": "sgsn"}, errno.EOPNOTSUPP),
]


@pytest.mark.parametrize(("kind", "born", "told", "answer"), FIXED)
def test_what_the_rows_say_cannot_change_does_not(lab: Lab, kind: str, born: Body, told: Body, answer: int) -> None:
    supported(lab, kind)
    lab.converge(lab.load())
    assert request(lab, Verb.LINK_ADD, kind, born).errno == 0
    before = lab.links()["raw"].attrs
    verdict = request(lab, Verb.LINK_DATA, kind, told)
    after = lab.links()["raw"].attrs
    assert verdict.errno == answer, verdict
    rows = kind_class(kind).rows()
    assert {name: after.get(name) for name in rows if rows[name].where is Where.DATA} == {
        name: before.get(name) for name in rows if rows[name].where is Where.DATA
    }


@pytest.mark.parametrize(("kind", "body"), [*BASE.items(), *((kind, second) for kind, _, second in TOGETHER)])
def test_what_is_exported_plans_to_nothing(lab: Lab, kind: str, body: Body) -> None:
    supported(lab, kind, body)
    lab.converge(lab.load())
    lab.converge(lab.load(x={"kind": kind} | body))
    text = export_yaml(lab.kernel.observe({lab.netns: Want(kinds=LINKS)}).namespaces, name=lab.netns)
    assert f"kind: {kind}" in text
    again = engine.check(config.loads(text), lab.kernel, lab.store)
    assert not [operation for operation in again.operations if operation.key == "x"], again.operations


@pytest.mark.parametrize("kind", KINDS)
def test_a_tunnel_has_its_underlay_in_another_namespace(lab: Lab, kind: str) -> None:
    """Without a parent: its outer packets take the other namespace's routes; the kernel tells so of most kinds."""
    supported(lab, kind)
    under = f"{lab.netns}u"

    def load(**more: Any) -> DesiredState:
        spaces = {lab.netns: {"links": {"x": {"kind": kind} | BASE[kind] | more}}, under: {"links": {"x": {"kind": "ifb"}}}}
        return config.loads(json.dumps({"version": 1, "name": lab.netns, "namespaces": spaces}))

    told = kind_class(kind).rows()["underlay"].absent is not None
    lab.converge(lab.load())
    lab.converge(load(underlay=under))
    first = lab.links()["x"]
    want = {lab.netns: Want(kinds=LINKS, peers=[under]), under: Want(kinds=LINKS, peers=[lab.netns])}
    states = lab.kernel.observe(want).namespaces
    assert states[lab.netns].links["x"].attrs.get("underlay") == (under if told else None)
    assert {name for name, link in states[under].links.items() if not link.fallback} == {"x"}
    exported = config.loads(export_yaml(states, name=lab.netns))
    assert not [op for op in engine.check(exported, lab.kernel, lab.store).operations if op.netns == lab.netns and op.key == "x"]
    lab.converge(load(underlay=under, mtu=1400))
    assert lab.links()["x"].index == first.index
    lab.converge(load(underlay=lab.netns))  # its own: made anew where the kernel tells
    assert (lab.links()["x"].index != first.index) is told
    lab.converge(lab.load())


@pytest.mark.parametrize("kind", ["gre", "geneve"])
def test_outer_packets_take_the_routes_of_the_underlay(lab: Lab, kind: str) -> None:
    """Two namespaces without a link to each other talk through tunnels whose underlay is a third one, and a fourth."""
    supported(lab, kind)
    names = {end: f"{lab.netns}{end}" for end in ("a", "b", "au", "bu")}
    ends = {"a": ("10.0.0.1", "10.0.0.2", "au"), "b": ("10.0.0.2", "10.0.0.1", "bu")}
    spaces: dict[str, Body] = {
        names["au"]: {"links": {"e": {"kind": "veth", "peer": f"{names['bu']}/e", "addresses": ["10.0.0.1/24"]}}},
        names["bu"]: {"links": {"e": {"addresses": ["10.0.0.2/24"]}}},
    }
    for number, (end, (local, remote, under)) in enumerate(ends.items(), 1):
        own = {"local": local, "ttl": 64} if kind == "gre" else {"id": 7}
        link = {"kind": kind, "remote": remote, "underlay": names[under], "addresses": [f"192.168.7.{number}/24"]} | own
        spaces[names[end]] = {"links": {"t": link}}
    lab.converge(config.loads(json.dumps({"version": 1, "name": lab.netns, "namespaces": spaces})))
    reply = next((reply for _ in range(5) if (reply := ping("192.168.7.2", netns=names["a"]))), None)
    assert reply
    lab.converge(lab.load())


def test_a_tunnel_of_a_group_goes_up_after_the_addresses(lab: Lab) -> None:
    """ipgre_open looks a route to the group up, from the local address: EADDRNOTAVAIL until that is there."""
    supported(lab, "gre")
    lab.converge(lab.load())
    group = {"kind": "gre", "local": "10.0.0.1", "remote": "239.1.1.1", "parent": "low", "addresses": ["192.168.9.1/24"]}
    low = {"kind": "veth", "peer": "far", "addresses": ["10.0.0.1/24"]}
    lab.converge(lab.load(x=group, low=low))
    assert lab.links()["x"].attrs["state"] == "up"
    lab.converge(lab.load(x=group | {"state": "down"}, low=low))
    lab.converge(lab.load(x=group | {"remote": "239.1.1.2"}, low=low))
    assert lab.links()["x"].attrs["state"] == "up"
    lab.converge(lab.load())
