"""Written by nsmgr.model.generate from nsmgr.model.things.qdisc.tbf.Tbf: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Change, Value
from nsmgr.model.shape import Shape, anything, chain, optional, text, whole, word
from nsmgr.model.thing import Part, PlainThing, kinds_of
from nsmgr.model.traffic import handle, parts, problems, section, tick_bytes
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


class Tbf(Qdisc):
    TYPE = "qdisc"
    SECTION = "qdisc"
    LEVEL = "link"
    KIND = "tbf"
    FORM = "some"
    NESTED = (("qdisc", "qdisc", "one"),)
    ALSO = ("tclass", "tfilter")
    STAGE = "port"
    HOLED = "told"
    PROBED = True
    GONE = (2, 19)
    ROWS = {
        "kind": Attr("TCA_KIND", Change.REPLACE),
        "handle": Attr("tcm_handle", Change.REPLACE),
        "rate": Attr("TCA_TBF_PARMS", unit="bit/s"),
        "burst": Attr("TCA_TBF_BURST", unit="bytes"),
        "limit": Attr("TCA_TBF_PARMS", unit="bytes"),
        "peakrate": Attr("TCA_TBF_PARMS", default=0, unit="bit/s"),
        "mtu": Attr("TCA_TBF_PBURST", default=0, unit="bytes"),
        "overhead": Attr("TCA_TBF_PARMS", default=0, unit="bytes"),
        "mpu": Attr("TCA_TBF_PARMS", default=0, unit="bytes"),
    }

    def attributes(self) -> dict[str, Value]:
        found = super().attributes()
        if self.limit is None:
            waits = 50_000_000 if self.latency is None else int(self.latency)
            slowest = min(self.rate * waits // (8 * 10**9) + self.burst, 2**32 - 1)
            peak = self.peakrate * waits // (8 * 10**9) + (self.mtu or 0) if self.peakrate else slowest
            found["limit"] = min(slowest, peak)
        return found

    def faults(self) -> list[tuple[str, str, str]]:
        found = []
        if self.limit is not None and self.latency is not None:
            found.append(("latency", "`limit` and `latency` say the same thing", "remove one"))
        if self.peakrate and self.peakrate <= self.rate:
            found.append(("peakrate", "`peakrate` must be above `rate` (tbf_change: EINVAL)", "raise it"))
        if bool(self.peakrate) != bool(self.mtu):
            found.append(("peakrate" if self.peakrate else "mtu", "`peakrate` and `mtu` go together", "write both or neither"))
        return found

    @classmethod
    def tolerance(cls, name: str, attrs: Mapping[str, Value]) -> int:
        return tick_bytes(attrs.get({"burst": "rate", "mtu": "peakrate"}.get(name, "")))


Tbf.SHAPE = Shape(
    {
        "kind": word("tbf"),
        "handle": optional(chain(text(), handle)),
        "rate": chain(rate, whole(8)),
        "burst": chain(size, whole(1, 2147483648)),
        "limit": optional(chain(size, whole(1, 4294967295))),
        "latency": optional(chain(nanoseconds, whole(1))),
        "peakrate": optional(chain(rate, whole())),
        "mtu": optional(chain(size, whole(1, 2147483648))),
        "overhead": optional(whole(0, 65535)),
        "mpu": optional(whole(0, 65535)),
        "qdisc": anything,
    },
    {"handle": None, "limit": None, "latency": None, "peakrate": None, "mtu": None, "overhead": None, "mpu": None, "qdisc": None},
    ("kind", "rate", "burst"),
    make=Tbf,
)
ENTRY = Tbf
