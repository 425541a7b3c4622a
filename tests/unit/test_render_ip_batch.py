"""A plan in the words of ip(8)."""

from __future__ import annotations

from nsmgr.model.links import kind_class, kind_names
from nsmgr.plan.plan import Action, Batch, Operation, Plan, Step, Verb
from nsmgr.plan.state import Address, Link, NetnsState, NextHop, ObservedState, Route, Rule
from nsmgr.render.ip_batch import ip_batch
from nsmgr.render.ip_words import KINDS, spell


def script(*batches: Batch, observed: ObservedState | None = None, sources: dict[str, str] | None = None) -> str:
    steps = tuple(step for batch in batches for step in batch.steps)
    plan = Plan("lab", (Operation(0, Action.CREATE, "red", "link", "x"),), steps, batches)
    head, text = ip_batch(plan, observed, sources).split("\n", 2)[::2]
    assert head == "#!/bin/sh"
    return text


def lines(*steps: Step, observed: ObservedState | None = None) -> list[str]:
    found = script(Batch("red", steps), observed=observed).splitlines()
    assert (found[0], found[-1]) == ("ip -n red -batch - <<'EOF'", "EOF")
    return found[1:-1]


def test_namespaces_and_batches() -> None:
    made = Batch(
        "", (Step(0, 0, Verb.NETNS_ADD, "red", name="red"), Step(1, 0, Verb.NETNS_ADD, "b", name="b", args={"repair": True}))
    )
    gone = Batch("", (Step(4, 0, Verb.NETNS_DEL, "old", name="old"),))
    up = {"state": "up"}
    text = script(
        made,
        Batch("red", (Step(2, 0, Verb.LINK_SET, "red", 1, "lo", "lo", up),)),
        Batch("host", (Step(3, 0, Verb.LINK_SET, "host", 1, "lo", "lo", up),)),
        Batch("web", (Step(5, 0, Verb.LINK_SET, "web", 1, "lo", "lo", up),)),
        gone,
        sources={"web": "pid:42"},
    )
    assert (
        text
        == """\
ip netns add red
ip netns del b; ip netns add b
ip -n red -batch - <<'EOF'
link set dev lo up
EOF
ip -batch - <<'EOF'
link set dev lo up
EOF
nsenter --net=/proc/42/ns/net ip -batch - <<'EOF'
link set dev lo up
EOF
ip netns del old"""
    )


def test_a_pair_born_in_two_namespaces() -> None:
    peer = {"netns": "blue", "name": "e1", "index": 7, "attrs": {"mtu": 1400, "tx_queues": 1}}
    attrs = {"tx_queues": 1, "mtu": 1400, "state": "up", "alias": "a b", "controller": 9}
    step = Step(0, 0, Verb.LINK_ADD, "red", 6, "e0", "veth", attrs, {"peer": peer})
    observed = ObservedState({"red": NetnsState("red", links={"br0": Link("br0", "bridge", 9)})})
    assert lines(step, observed=observed) == [
        "link add name e0 index 6 numtxqueues 1 mtu 1400 type veth peer name e1 index 7 netns blue mtu 1400 numtxqueues 1",
        'link set dev e0 up alias "a b" master br0',
    ]
    assert lines(step)[1].endswith("master if9")


def test_kinds() -> None:
    def add(kind: str, index: int, name: str, args: dict[str, object] | None = None, **attrs: object) -> Step:
        return Step(index, 0, Verb.LINK_ADD, "red", index, name, kind, dict(attrs), args or {})  # type: ignore[arg-type]

    assert lines(
        add("bridge", 5, "br0", stp=True, ageing_time=100_000, mcast_router="disabled", mtu=1400),
        add("vxlan", 6, "vx", id=7, port=4789, local="10.0.0.1", learning=False, ageing=60_000, gbp=True, srcport=(1, 2), parent=5),
        add("macvlan", 7, "mv", parent=5, mode="bridge"),
        add("macvlan", 8, "mx", {"target": "blue"}, parent=5, mode="vepa"),
        add("vlan", 9, "v7", parent=5, id=7, gvrp=True, ingress_qos=((1, 2), (3, 4))),
    ) == [
        "link add name br0 index 5 type bridge stp_state 1 ageing_time 10000 mcast_router 0",
        "link set dev br0 mtu 1400",
        "link add name vx index 6 type vxlan id 7 dstport 4789 local 10.0.0.1 nolearning ageing 60 gbp srcport 1 2 dev br0",
        "link add link br0 name mv index 7 type macvlan mode bridge",
        "link add link br0 name mx index 8 netns blue type macvlan mode vepa",
        "link add link br0 name v7 index 9 type vlan id 7 gvrp on ingress-qos-map 1:2 3:4",
    ]


def test_what_ip_cannot_say_is_a_comment() -> None:
    steps = (
        Step(0, 0, Verb.LINK_DATA, "red", 5, "br0", "bridge", {"fdb_max_learned": 10, "stp": False}),
        Step(1, 0, Verb.SYSCTL, "red", name="net.ipv4.ip_forward", args={"value": "1"}),
    )
    assert lines(*steps) == [
        "link set dev br0 type bridge stp_state 0",
        "# ip cannot set on br0: fdb_max_learned 10",
        "# ip netns exec red sysctl -w net.ipv4.ip_forward=1",
    ]


def test_quoting_is_that_of_ip() -> None:
    def alias(text: str) -> str:
        return lines(Step(0, 0, Verb.LINK_SET, "red", 5, "e0", "veth", {"alias": text}))[0]

    assert alias("it's") == 'link set dev e0 alias "it\'s"'
    assert alias('say "x"') == "link set dev e0 alias 'say \"x\"'"
    assert alias("") == 'link set dev e0 alias ""'
    assert alias("a\nlink del e0") == "# ip cannot set on e0: alias a\\nlink del e0"
    for text in ("#1", "a\\b", "'\""):
        assert alias(text) == f"# ip cannot set on e0: alias {text}"


def test_the_words_are_about_attributes_that_exist() -> None:
    for kind, words in KINDS.items():
        named = {*words.rename, *words.switches, *words.bare, *words.onoff}
        assert named - {"vnifilter"} <= kind_class(kind).rows().keys(), kind


def test_no_attribute_of_any_kind_gets_lost() -> None:
    for kind in kind_names():
        model = kind_class(kind)
        for name, row in model.rows().items():
            value = row.default if row.default not in (..., None) else 1
            spelled = spell(model, {name: value}, {})
            assert spelled.birth or spelled.data or spelled.later or spelled.parent or spelled.unsaid or value is False, (
                kind,
                name,
            )


def test_other_steps() -> None:
    point = Address("e0", "10.0.0.9 peer 10.0.9.9/32", {"label": "e0:x", "valid_lifetime": 60_000, "preferred_lifetime": "forever"})
    assert lines(
        Step(0, 0, Verb.TUN_ADD, "red", 5, "tp", "tap", {"owner": 1000, "multi_queue": True}),
        Step(1, 0, Verb.LINK_MOVE, "red", 5, "e0", args={"target": "host", "rename": "e1", "new_index": 9}),
        Step(2, 0, Verb.LINK_SET, "red", 5, "e1", "veth", {"mtu": 9000, "controller": None}, {"rename": "e2"}),
        Step(3, 0, Verb.ALTNAME_ADD, "red", 5, "e2", args={"names": ("a", "b")}),
        Step(4, 0, Verb.LINK_DEL, "red", 5, "e2"),
        Step(5, 0, Verb.ADDR_ADD, "red", 5, "e0", obj=point, args={"replace": True}),
        Step(6, 0, Verb.ADDR_DEL, "red", 5, "e0", obj=Address("e0", "2001:db8::1/64")),
    ) == [
        "tuntap add dev tp mode tap user 1000 multi_queue",
        "link set dev e0 netns 1 name e1",
        "link set dev e1 mtu 9000 nomaster name e2",
        "link property add dev e2 altname a altname b",
        "link del dev e2",
        "address replace local 10.0.0.9 peer 10.0.9.9/32 dev e0 label e0:x valid_lft 60 preferred_lft forever",
        "address del 2001:db8::1/64 dev e0",
    ]


def test_routes_and_rules() -> None:
    hops = (NextHop("10.0.0.2", "e0"), NextHop("10.0.0.3", weight=2, onlink=True))
    routes = [
        Route("10.9.0.0/16", 100, 7, 8, hops, {"proto": 78}),
        Route("192.0.2.0/24", attrs={"type": "blackhole"}),
        Route("0.0.0.0/0", nexthops=(NextHop("fe80::1", "e0"),)),
        Route("::/0", metric=1024, nexthops=(NextHop("2001:db8::2"),), attrs={"mtu": 1400}),
    ]
    rules = [
        Rule({"priority": 5, "family": "ipv4", "from": "10.0.0.0/8", "table": 100}),
        Rule({"priority": 6, "family": "ipv6", "fwmark": 1, "fwmask": 255, "invert": True, "type": "blackhole"}),
    ]
    steps = [Step(i, 0, Verb.ROUTE_ADD, "red", obj=route, args={"replace": i == 0}) for i, route in enumerate(routes)]
    steps += [Step(10 + i, 0, Verb.RULE_ADD, "red", obj=rule) for i, rule in enumerate(rules)]
    steps += [Step(20, 0, Verb.RULE_DEL, "red", obj=rules[0])]
    assert lines(*steps) == [
        "route replace 10.9.0.0/16 tos 8 table 100 metric 7 proto 78 nexthop via 10.0.0.2 dev e0 weight 1"
        " nexthop via 10.0.0.3 onlink weight 2",
        "route add blackhole 192.0.2.0/24 table 254",
        "route add 0.0.0.0/0 table 254 via inet6 fe80::1 dev e0",
        "route add ::/0 table 254 metric 1024 via 2001:db8::2 mtu 1400",
        "rule add priority 5 from 10.0.0.0/8 lookup 100",
        "EOF",
        "ip -n red -6 -batch - <<'EOF'",
        "rule add not from all priority 6 fwmark 1/255 blackhole",
        "EOF",
        "ip -n red -batch - <<'EOF'",
        "rule del priority 5 from 10.0.0.0/8 lookup 100",
    ]
