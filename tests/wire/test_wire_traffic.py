"""Traffic control: golden requests, what a 6.12 kernel answers to tc(8)'s, and messages cut at every length."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterable
from typing import Any

import pytest

from nsmgr.errors import KernelError
from nsmgr.kernel.codec import CodecError
from nsmgr.kernel.describe import describe
from nsmgr.kernel.things import qdisc, tclass, tfilter
from nsmgr.kernel.traffic import actions, codec, distributions, number, options, size_of, text, ticks
from nsmgr.kernel.traffic.qdiscs.netem import parts, share
from nsmgr.kernel.wire import Span, messages_of
from nsmgr.plan.plan import Verb
from nsmgr.plan.state import Thing
from tests.wire.support import golden, no_fd, step

pytestmark = pytest.mark.skipif(sys.byteorder != "little", reason="the bytes are written for a little-endian machine")

NAMES = {5: "eth0", 7: "out", 11: "eth1", 12: "eth0"}


def request(verb: Verb, kind: str, attrs: dict[str, Any], **args: Any) -> bytes:
    module: Any = {"qdisc": qdisc, "tclass": tclass, "tfilter": tfilter}[kind]
    args = {"indexes": {"eth0": 5, "out": 7}, **args}
    (message,) = module.encode(step(verb, index=5, obj=Thing(kind, "key", "eth0", attrs), args=args), no_fd)
    return bytes(message)


# -------------------------------------------------------------------------------------------------------------- requests


def test_netem() -> None:
    said = {"kind": "netem", "parent": "root", "handle": "1:", "delay": 20_000_000, "loss": 10_000_000}
    assert request(Verb.THING_ADD, "qdisc", said) == golden(
        """
        d4000000 2400 0106 00000000 00000000          # RTM_NEWQDISC, CREATE | EXCL
        00000000 05000000 00000100 ffffffff 00000000  # struct tcmsg: index 5, handle 1:, TC_H_ROOT
        0a00 0100 6e6574656d00 0000                   # TCA_KIND "netem"
        a400 0200                                     # TCA_OPTIONS: struct tc_netem_qopt
        b4c40400 e8030000 295c8f02 00000000 00000000 00000000  # 312500 ticks of 64 ns, limit 1000, 1% of 2^32 - 1
        1000 0100 00000000 00000000 00000000          # TCA_NETEM_CORR: everything is said, also what is off
        0c00 0300 00000000 00000000                   # TCA_NETEM_REORDER
        0c00 0400 00000000 00000000                   # TCA_NETEM_CORRUPT
        1400 0600 00000000 00000000 00000000 00000000 # TCA_NETEM_RATE
        0800 0700 00000000                            # TCA_NETEM_ECN
        0c00 0a00 002d310100000000                    # TCA_NETEM_LATENCY64: 20 ms
        0c00 0b00 0000000000000000                    # TCA_NETEM_JITTER64
        2c00 0c00 0000000000000000 0000000000000000 00000000 00000000 0000000000000000 0000000000000000  # TCA_NETEM_SLOT
        """
    )


def test_tbf() -> None:
    said = {"kind": "tbf", "parent": "root", "handle": "1:", "rate": 10_000_000, "burst": 32768, "limit": 102_400}
    assert request(Verb.THING_ADD, "qdisc", said) == golden(
        """
        60000000 2400 0106 00000000 00000000          # RTM_NEWQDISC, CREATE | EXCL
        00000000 05000000 00000100 ffffffff 00000000  # struct tcmsg
        0800 0100 74626600                            # TCA_KIND "tbf"
        3400 0200                                     # TCA_OPTIONS
        2800 0100                                     #   TCA_TBF_PARMS
        00 01 0000 0000 0000 d0121300                 #     rate: LINKLAYER_ETHERNET, 1250000 bytes a second
        00 00 0000 0000 0000 00000000                 #     no peakrate
        00900100 00400600 00000000                    #     limit, buffer in ticks, mtu
        0800 0600 00800000                            #   TCA_TBF_BURST
        """
    )


def test_a_class() -> None:
    said = {"classid": "1:10", "parent": "1:1", "rate": 1_000_000, "ceil": 2_000_000}
    assert request(Verb.THING_ADD, "tclass", said) == golden(
        """
        60000000 2800 0106 00000000 00000000          # RTM_NEWTCLASS, CREATE | EXCL
        00000000 05000000 10000100 01000100 00000000  # struct tcmsg: class 1:10, parent 1:1
        0800 0100 68746200                            # TCA_KIND "htb"
        3400 0200                                     # TCA_OPTIONS
        3000 0100                                     #   TCA_HTB_PARMS
        00 01 0000 0000 0000 48e80100                 #     rate
        00 01 0000 0000 0000 90d00300                 #     ceil
        400d0300 a0860100 00000000 00000000 00000000  #     1600 bytes at either rate, in ticks; quantum, level, prio
        """
    )


def test_u32() -> None:
    match = ("0x00000050/0x0000ffff at 20",)
    said = {"kind": "u32", "parent": "1:", "pref": 10, "protocol": "ip", "match": match, "flowid": "1:10"}
    assert request(Verb.THING_ADD, "tfilter", said) == golden(
        """
        5c000000 2c00 0106 00000000 00000000          # RTM_NEWTFILTER, CREATE | EXCL
        00000000 05000000 00080000 00000100 08000a00  # struct tcmsg: handle 800, parent 1:, pref 10 and ETH_P_IP
        0800 0100 75333200                            # TCA_KIND "u32"
        3000 0280                                     # TCA_OPTIONS, nested
        0800 0100 10000100                            #   TCA_U32_CLASSID 1:10
        2400 0500                                     #   TCA_U32_SEL
        01 00 01 00 0000 0000 0000 0000 00000000      #     TC_U32_TERMINAL, one key
        0000ffff 00000050 14000000 00000000           #     mask, value, offset 20
        """
    )


def test_a_filter_goes_with_all_of_its_pref() -> None:
    said = {"kind": "matchall", "parent": "ingress", "pref": 10, "protocol": "all", "redirect": "out"}
    assert request(Verb.THING_ADD, "tfilter", said) == golden(
        """
        70000000 2c00 0106 00000000 00000000          # RTM_NEWTFILTER, CREATE | EXCL
        00000000 05000000 01000000 f2ffffff 00030a00  # struct tcmsg: handle 1, TC_H_MIN_INGRESS, pref 10 and ETH_P_ALL
        0d00 0100 6d61746368616c6c 00 000000          # TCA_KIND "matchall"
        3c00 0280                                     # TCA_OPTIONS, nested
        3800 0280                                     #   TCA_MATCHALL_ACT, nested
        3400 0180                                     #     the first
        0b00 0100 6d697272656400 00                   #       TCA_ACT_KIND "mirred"
        2400 0280                                     #       TCA_ACT_OPTIONS
        2000 0200                                     #         TCA_MIRRED_PARMS
        00000000 00000000 04000000 00000000 00000000  #           TC_ACT_STOLEN
        01000000 07000000                             #           TCA_EGRESS_REDIR to index 7
        """
    )
    assert request(Verb.THING_DEL, "tfilter", said) == golden(
        """
        34000000 2d00 0100 00000000 00000000          # RTM_DELTFILTER
        00000000 05000000 00000000 f2ffffff 00030a00  # struct tcmsg: every entry of pref 10
        0d00 0100 6d61746368616c6c 00 000000          # TCA_KIND "matchall"
        """
    )


def test_a_change_says_what_nobody_wrote_too() -> None:
    had = Thing("qdisc", "key", "eth0", {"kind": "codel", "parent": "root", "handle": "1:", "limit": 7, "ecn": True})
    said = request(Verb.THING_SET, "qdisc", {"kind": "codel", "parent": "root", "handle": "1:", "limit": 9}, observed=had)
    assert said == golden(
        """
        44000000 2400 0100 00000000 00000000          # RTM_NEWQDISC without CREATE: it must be there
        00000000 05000000 00000100 ffffffff 00000000  # struct tcmsg
        0a00 0100 636f64656c00 0000                   # TCA_KIND "codel"
        1400 0200 0800 0200 09000000 0800 0400 01000000  # TCA_CODEL_LIMIT 9, TCA_CODEL_ECN as it was
        """
    )


def test_what_a_rate_needs() -> None:
    with pytest.raises(CodecError, match="`rate` is missing"):
        request(Verb.THING_ADD, "tclass", {"classid": "1:10", "parent": "1:"})


# --------------------------------------------------------------------------------------------------------------- answers

QDISCS = """
    bc000000 2400 0200 00000000 805a0000          # RTM_NEWQDISC
    00000000 0c000000 00000100 ffffffff 02000000  # index 12, handle 1:, root, refcnt 2
    0a00 0100 6e6574656d00 0000                   # TCA_KIND "netem"
    8000 0200
    b4c40400 f4010000 295c8f02 05000000 00000000 127a0000    # latency, limit 500, loss, gap 5, duplicate, jitter
    0c00 0a00 002d310100000000 0c00 0b00 80841e0000000000    # TCA_NETEM_LATENCY64 20 ms, TCA_NETEM_JITTER64 2 ms
    1000 0100 00000040 00000000 00000000                     # TCA_NETEM_CORR: delay 25%
    0c00 0300 00000040 00000000 0c00 0400 00000000 00000000  # TCA_NETEM_REORDER 25%, TCA_NETEM_CORRUPT
    1400 0600 d0121300 00000000 00000000 00000000            # TCA_NETEM_RATE 1250000 bytes a second
    0400 0900 0c00 0e00 52c24302ff64f4cf                     # TCA_NETEM_PAD, TCA_NETEM_PRNG_SEED
    0500 0c00 00 000000 0400 0900                            # TCA_HW_OFFLOAD, TCA_PAD
    60000000 2400 0200 00000000 805a0000                     # RTM_NEWQDISC
    00000000 0c000000 00000200 01000100 01000000             # handle 2: of class 1:1
    0800 0100 74626600 2c00 0200 2800 0100                   # TCA_KIND "tbf", TCA_TBF_PARMS
    00 01 0000 0000 0000 d0121300 00 00 0000 0000 0000 00000000 00900100 00400600 00000000
    0500 0c00 00 000000
    38000000 2400 0200 00000000 805a0000                     # RTM_NEWQDISC
    00000000 0c000000 00000000 ffffffff 02000000             # no handle: the kernel's own
    0c00 0100 6e6f717565756500 0800 0200 00000000            # TCA_KIND "noqueue"
"""


def spans(hexadecimal: str) -> list[Span]:
    data = golden(hexadecimal)
    found = [(data, start, end) for _, _, _, start, end in messages_of(data)]
    assert found[-1][2] == len(data), [end for _, _, end in found]
    return found


def test_qdiscs() -> None:
    netem, tbf = qdisc.decode(spans(QDISCS), NAMES)
    assert (netem.key, netem.on) == ("root dev eth0", ())
    assert {name: value for name, value in netem.attrs.items() if value} == {
        "kind": "netem",
        "handle": "1:",
        "parent": "root",
        "limit": 500,
        "delay": 20_000_000,
        "jitter": 2_000_000,
        "delay_correlation": 250_000_000,
        "loss": 10_000_000,
        "gap": 5,
        "reorder": 250_000_000,
        "rate": 10_000_000,
        "seed": 0xCFF464FF0243C252,
    }
    assert (tbf.key, tbf.on) == ("1:1 dev eth0", (("qdisc", "root dev eth0"), ("tclass", "1:1 dev eth0")))
    assert (tbf.attrs["rate"], tbf.attrs["limit"], tbf.attrs["handle"]) == (10_000_000, 102_400, "2:")
    assert not list(qdisc.decode(spans(QDISCS), {}))


HTB = """
    2c000000 2400 0200 00000000 805a0000          # RTM_NEWQDISC
    00000000 0b000000 00000100 ffffffff 02000000  # index 11, handle 1:, root
    0800 0100 68746200                            # TCA_KIND "htb"
"""
CLASSES = """
    60000000 2800 0200 00000000 805a0000          # RTM_NEWTCLASS
    00000000 0b000000 01000100 ffffffff 00000000  # 1:1 of the root
    0800 0100 68746200 3400 0200 3000 0100        # TCA_KIND "htb", TCA_HTB_PARMS
    00 01 0000 0000 0000 d0121300 00 01 0000 0000 0000 a0252600 00ee0200 10270000 48e80100 07000000 00000000
    60000000 2800 0200 00000000 805a0000          # RTM_NEWTCLASS
    00000000 0b000000 30000100 01000100 00000000  # 1:30 of 1:1
    0800 0100 68746200 3400 0200 3000 0100        # TCA_HTB_PARMS
    00 01 0000 0000 0000 48e80100 00 01 0000 0000 0000 48e80100 400d0300 400d0300 d4300000 00000000 00000000
    38000000 2800 0200 00000000 805a0000          # a class of another kind
    00000000 0b000000 01000200 00000200 00000000
    0900 0100 7072696f00 000000 0800 0200 00000000
"""


def test_classes() -> None:
    upper, lower = tclass.decode((spans(HTB), spans(CLASSES)), NAMES)
    assert (upper.key, upper.attrs["parent"], upper.after) == ("1:1 dev eth1", "1:", ())
    assert {name: upper.attrs[name] for name in ("rate", "ceil", "burst", "cburst", "quantum")} == {
        "rate": 10_000_000,
        "ceil": 20_000_000,
        "burst": 15_360,
        "cburst": 1600,
        "quantum": 125_000,
    }
    assert (lower.attrs["parent"], lower.after, lower.on) == (
        "1:1",
        (("tclass", "1:1 dev eth1"),),
        (("qdisc", "root dev eth1"),),
    )


FILTERS = """
    34000000 2c00 0200 00000000 805a0000          # RTM_NEWTFILTER: of a whole pref
    00000000 0b000000 00000000 00000100 08000a00
    0800 0100 75333200 0800 0b00 00000000         # TCA_KIND "u32", TCA_CHAIN
    40000000 2c00 0200 00000000 805a0000          # of u32's hash table
    00000000 0b000000 00000080 00000100 08000a00
    0800 0100 75333200 0800 0b00 00000000 0c00 0200 0800 0400 01000000
    74000000 2c00 0200 00000000 805a0000          # a filter
    00000000 0b000000 00080080 00000100 08000a00
    0800 0100 75333200 0800 0b00 00000000         # TCA_KIND "u32", TCA_CHAIN
    4000 0200 2400 0500 0100010000000000 0000000000000000 0000ffff 00000050 14000000 00000000  # TCA_U32_SEL
    0800 0200 00000080 0800 0100 30000100 0800 0b00 08000000    # TCA_U32_HASH, TCA_U32_CLASSID 1:30, TCA_U32_FLAGS
"""


def test_filters() -> None:
    (found,) = tfilter.decode((spans(HTB), spans(FILTERS)), NAMES)
    assert found.key == "1: pref 10 dev eth1"
    assert found.attrs == {
        "kind": "u32",
        "parent": "1:",
        "pref": 10,
        "protocol": "ip",
        "flowid": "1:30",
        "match": ("0x00000050/0x0000ffff at 20",),
    }
    assert (found.on, found.after) == ((("qdisc", "root dev eth1"),), (("tclass", "1:30 dev eth1"),))


@pytest.mark.parametrize("which", ["qdisc", "tclass", "tfilter"])
def test_cut_at_every_length(which: str) -> None:
    """Refused, or read as if the rest had not been said; never anything else."""

    def decoded(found: list[Span]) -> Iterable[Thing]:
        if which == "qdisc":
            return list(qdisc.decode(found, NAMES))
        return list(tclass.decode((spans(HTB), found), NAMES) if which == "tclass" else tfilter.decode((spans(HTB), found), NAMES))

    whole = spans({"qdisc": QDISCS, "tclass": CLASSES, "tfilter": FILTERS}[which])
    refused = 0
    for datagram, start, end in whole:
        for length in range(20, end - start):
            try:
                decoded([(datagram[: start + length], start, start + length)])
            except CodecError:
                refused += 1
    assert refused > 100


# ------------------------------------------------------------------------------------------------------- there and back

EVERYTHING: dict[str, dict[str, Any]] = {
    "pfifo": {"limit": 7},
    "bfifo": {"limit": 7},
    "prio": {"bands": 4, "priomap": (3, 2, 1, 0) * 4},
    "sfq": {"limit": 9, "quantum": 1500, "perturb": 10**10, "flows": 8, "divisor": 1024, "depth": 5},
    "htb": {"default": "30", "r2q": 5, "direct_qlen": 9},
    "tbf": {"rate": 8 * 10**10, "limit": 10**6, "peakrate": 16 * 10**10, "overhead": 4, "mpu": 64},
    "codel": {"limit": 5, "target": 5000, "interval": 7000, "ecn": True, "ce_threshold": 9000},
    "fq_codel": {"limit": 5, "flows": 64, "quantum": 300, "ce_threshold_selector": 1, "ce_threshold_mask": 3, "drop_batch": 4},
    "fq": {"limit": 5, "maxrate": 8000, "buckets": 256, "pacing": False, "horizon": 10**9, "horizon_drop": True, "timer_slack": 77},
    "pie": {"limit": 5, "target": 5000, "tupdate": 7000, "alpha": 1, "beta": 2, "ecn": True, "bytemode": False},
    "cake": {"bandwidth": 8 * 10**10, "diffserv": "besteffort", "flows": "hosts", "framing": "ptm", "overhead": -4, "rtt": 5000},
    "netem": {
        "limit": 9, "delay": 7, "jitter": 5, "loss_state": (10**9, 2, 3, 4, 5), "duplicate": 6, "corrupt": 7, "reorder": 8,
        "gap": 9, "rate": 8 * 10**10, "packet_overhead": -3, "cell_size": 48, "cell_overhead": 5, "slot_min": 10,
        "slot_max": 11, "slot_packets": 12, "slot_bytes": 13, "ecn": True, "seed": 2**63, "delay_correlation": 14,
        "corrupt_correlation": 15,
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", EVERYTHING)
def test_options_there_and_back(kind: str) -> None:
    attrs = EVERYTHING[kind]
    said = {**attrs, "burst": 10**6, "mtu": 9000} if kind == "tbf" else attrs
    back = codec("qdiscs", kind).decode(codec("qdiscs", kind).encode(said))
    assert back.items() >= attrs.items()
    if kind == "tbf":
        assert 0 <= int(str(back["burst"])) + 4 - 10**6 <= 640


def test_the_other_model_of_loss() -> None:
    netem = codec("qdiscs", "netem")
    assert netem.decode(netem.encode({"loss_gemodel": (1, 2, 10**9, 4)}))["loss_gemodel"] == (1, 2, 10**9, 4)


LOOKS: list[tuple[str, dict[str, Any]]] = [
    ("flower", {"protocol": "ip", "src": "10.0.0.0/8", "ip_proto": "tcp", "src_port": 1, "dst_port": 2, "tos": 3, "ttl": 4}),
    ("flower", {"protocol": "ipv6", "dst": "2001:db8::/33", "ip_proto": "icmpv6", "icmp_type": 128, "icmp_code": 1}),
    ("flower", {"protocol": "802.1q", "vlan_id": 5, "vlan_prio": 6, "src_mac": "02:00:00:00:00:01"}),
    ("u32", {"protocol": "all", "match": ("0x00000001/0x000000ff at -4",)}),
    ("matchall", {"protocol": "all"}),
]
DOES: list[dict[str, Any]] = [
    {},
    {"action": "drop"},
    {
        "mirror": "out",
        "redirect": "eth0",
        "police": 8000,
        "police_burst": 10**4,
        "police_mtu": 1500,
        "exceed": "drop",
        "conform": "pipe",
    },
]


@pytest.mark.parametrize("does", DOES, ids=["nothing", "drop", "much"])
@pytest.mark.parametrize(("kind", "looks"), LOOKS)
def test_filters_there_and_back(kind: str, looks: dict[str, Any], does: dict[str, Any]) -> None:
    attrs = {"kind": kind, "parent": "ingress", "pref": 10, "flowid": "1:2", **looks, **does}
    message = request(Verb.THING_ADD, "tfilter", attrs)
    answer = message[:20] + bytes([11, 0, 0, 0]) + message[24:]
    if kind == "u32":
        answer = answer[:24] + bytes([0, 8, 0, 0x80]) + answer[28:]
    (found,) = tfilter.decode((spans(HTB), [(answer, 16, len(answer))]), NAMES)
    assert found.attrs == attrs


def test_what_is_done_in_other_words_is_not_ours() -> None:
    drop = actions.encode({"action": "drop"}, {})
    assert actions.decode(drop, {}) == {"action": "drop"}
    assert actions.decode(drop.replace(b"gact", b"bpfx"), {}) == {"action": "?bpfx"}
    second = drop[:2] + b"\x02" + drop[3:]
    assert actions.decode(drop + second, {}) == {"action": "?gact"}


def test_numbers() -> None:
    assert (number("1:"), number("a:10"), text(0x10000), text(0xA0010)) == (0x10000, 0xA0010, "1:", "a:10")
    assert options(b"", 0, 0) == ("", b"", 0)
    assert [parts(share(part)) for part in (0, 1, 10**7, 10**9)] == [0, 1, 10**7, 10**9]
    for rate in (8000, 10**6, 10**10):
        assert 0 <= size_of(ticks(15_000, rate), rate) - 15_000 <= rate * 64 // (8 * 10**9) + 1


@pytest.mark.parametrize("name", ["normal", "pareto", "paretonormal"])
def test_a_distribution_has_the_mean_and_deviation_it_shall_have(name: str) -> None:
    """Nearly: four deviations are all that a table can hold, and Pareto's tail is longer."""
    table = memoryview(distributions.table(name)).cast("h").tolist()
    assert table == sorted(table)
    mean = sum(table) / len(table)
    deviation = (sum((entry - mean) ** 2 for entry in table) / len(table)) ** 0.5
    assert abs(mean) < 0.05 * 8192
    assert 0.7 * 8192 < deviation <= 1.05 * 8192


def test_what_a_message_says_is_told() -> None:
    said = describe(request(Verb.THING_ADD, "qdisc", {"kind": "pfifo", "parent": "root", "handle": "1:", "limit": 7}))
    assert (said["type"], said["flags"]) == ("RTM_NEWQDISC", ["REQUEST", "EXCL", "CREATE"])
    assert said["header"] == {"family": 0, "index": 5, "handle": 0x10000, "parent": 0xFFFFFFFF, "info": 0}
    assert said["attributes"] == [["TCA_KIND", "pfifo"], ["TCA_OPTIONS", "07000000"]]


class Without:
    """A namespace of a kernel that answers every dump with one errno."""

    def __init__(self, number: int) -> None:
        self.errno = number
        self.socket = self

    def dump_spans(self, request: bytes) -> list[Span]:
        raise KernelError("read", errno=self.errno)


def test_a_kernel_without_traffic_control_has_none() -> None:
    handle: Any = Without(errno.EOPNOTSUPP)
    assert (qdisc.ask(handle), tclass.ask(handle), tfilter.ask(handle)) == ([], ([], []), ([], []))
    with pytest.raises(KernelError):
        qdisc.ask(Without(errno.EPERM))  # type: ignore[arg-type]
