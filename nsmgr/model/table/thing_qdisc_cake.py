"""Written by nsmgr.model.generate from nsmgr.model.things.qdisc.cake.Cake: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Value
from nsmgr.model.shape import Shape, chain, optional, text, truth, whole, word
from nsmgr.model.thing import Part, PlainThing, kinds_of
from nsmgr.model.traffic import handle, parts, problems, section
from nsmgr.text import nanoseconds, rate, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


class Qdisc(PlainThing):
    @classmethod
    def short(cls, text: str) -> dict[str, Any] | None:
        return {"kind": text}

    def parts(self, link: str) -> list[Part]:
        return parts(self, link)

    def problems(self, link: str, kind: str) -> list[tuple[str, str, str]]:
        return problems(self)

    def faults(self) -> list[tuple[str, str, str]]:
        """Faults of this qdisc alone."""
        return []

    def mark(self) -> int:
        """Added to the handle that it gets by itself: what the kernel does not tell shall be seen to differ."""
        return 0

    @classmethod
    def foreign(cls, attrs: Mapping[str, Value]) -> bool:
        return attrs.get("kind") not in kinds_of("qdisc")

    @classmethod
    def section(cls, parts: Sequence[Part]) -> Any:
        return section(parts)


class Cake(Qdisc):
    TYPE = "qdisc"
    SECTION = "qdisc"
    LEVEL = "link"
    KIND = "cake"
    FORM = "some"
    ALSO = ("tclass", "tfilter")
    STAGE = "port"
    PROBED = True
    GONE = (2, 19)
    ROWS = {
        "kind": Attr("TCA_KIND", Change.REPLACE),
        "handle": Attr("tcm_handle", Change.REPLACE),
        "bandwidth": Attr("TCA_CAKE_BASE_RATE64", default=0, unit="bit/s"),
        "autorate": Attr("TCA_CAKE_AUTORATE", convert=Bool(), default=False),
        "diffserv": Attr("TCA_CAKE_DIFFSERV_MODE", default="diffserv3"),
        "flows": Attr("TCA_CAKE_FLOW_MODE", default="triple-isolate"),
        "rtt": Attr("TCA_CAKE_RTT", default=100000000, tolerance=1000, unit="ns"),
        "target": Attr("TCA_CAKE_TARGET", default=5000000, tolerance=1000, unit="ns"),
        "overhead": Attr("TCA_CAKE_OVERHEAD", default=0, unit="bytes"),
        "mpu": Attr("TCA_CAKE_MPU", default=0, unit="bytes"),
        "framing": Attr("TCA_CAKE_ATM", default="noatm"),
        "memlimit": Attr("TCA_CAKE_MEMORY", unit="bytes"),
        "nat": Attr("TCA_CAKE_NAT", convert=Bool(), default=False),
        "wash": Attr("TCA_CAKE_WASH", convert=Bool(), default=False),
        "ingress": Attr("TCA_CAKE_INGRESS", convert=Bool(), default=False),
        "ack_filter": Attr("TCA_CAKE_ACK_FILTER", default="no-ack-filter"),
        "split_gso": Attr("TCA_CAKE_SPLIT_GSO", convert=Bool(), default=True),
        "fwmark": Attr("TCA_CAKE_FWMARK", default=0),
    }


Cake.SHAPE = Shape(
    {
        "kind": word("cake"),
        "handle": optional(chain(text(), handle)),
        "bandwidth": optional(chain(rate, whole())),
        "autorate": optional(truth),
        "diffserv": optional(word("diffserv3", "diffserv4", "diffserv8", "besteffort", "precedence")),
        "flows": optional(
            word("flowblind", "srchost", "dsthost", "hosts", "flows", "dual-srchost", "dual-dsthost", "triple-isolate")
        ),
        "rtt": optional(chain(nanoseconds, whole())),
        "target": optional(chain(nanoseconds, whole())),
        "overhead": optional(whole(-64, 256)),
        "mpu": optional(chain(size, whole(0, 256))),
        "framing": optional(word("noatm", "atm", "ptm")),
        "memlimit": optional(chain(size, whole(0, 4294967295))),
        "nat": optional(truth),
        "wash": optional(truth),
        "ingress": optional(truth),
        "ack_filter": optional(word("no-ack-filter", "ack-filter", "ack-filter-aggressive")),
        "split_gso": optional(truth),
        "fwmark": optional(whole(0, 4294967295)),
    },
    {
        "handle": None,
        "bandwidth": None,
        "autorate": None,
        "diffserv": None,
        "flows": None,
        "rtt": None,
        "target": None,
        "overhead": None,
        "mpu": None,
        "framing": None,
        "memlimit": None,
        "nat": None,
        "wash": None,
        "ingress": None,
        "ack_filter": None,
        "split_gso": None,
        "fwmark": None,
    },
    ("kind",),
    make=Cake,
)
ENTRY = Cake
