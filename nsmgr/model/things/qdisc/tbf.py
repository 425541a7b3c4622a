"""tbf: a token bucket (net/sched/sch_tbf.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Change, Value
from nsmgr.model.things.qdisc import Qdisc
from nsmgr.model.traffic import tick_bytes
from nsmgr.types import Nanoseconds, Rate, Size


class Tbf(Qdisc):
    """Sends no faster than a rate: what is too much waits, up to a limit."""

    KIND: ClassVar[str] = "tbf"
    NESTED: ClassVar[tuple[tuple[str, str, str], ...]] = (("qdisc", "qdisc", "one"),)
    HOLED: ClassVar[Literal["", "told", "replaced"]] = "told"

    kind: Annotated[Literal["tbf"], Attr("TCA_KIND", Change.REPLACE)]
    """Which discipline it is."""
    rate: Annotated[Rate, Field(ge=8), Attr("TCA_TBF_PARMS", unit="bit/s")]
    """How fast it may send in the long run."""
    burst: Annotated[Size, Field(ge=1, le=2**31), Attr("TCA_TBF_BURST", unit="bytes")]
    """How many bytes it may send at once; at least a packet with its header."""
    limit: Annotated[Size | None, Field(ge=1, le=2**32 - 1), Attr("TCA_TBF_PARMS", unit="bytes")] = None
    """How many bytes may wait. `latency` says the same as a time."""
    latency: Annotated[Nanoseconds | None, Field(ge=1)] = None
    """How long a packet may wait, instead of `limit`; 50ms if neither is written."""
    peakrate: Annotated[Rate | None, Attr("TCA_TBF_PARMS", unit="bit/s", default=0)] = None
    """How fast a burst may be sent."""
    mtu: Annotated[Size | None, Field(ge=1, le=2**31), Attr("TCA_TBF_PBURST", unit="bytes", default=0)] = None
    """How many bytes may be sent at once at `peakrate`."""
    overhead: Annotated[int | None, Field(ge=0, le=65535), Attr("TCA_TBF_PARMS", unit="bytes", default=0)] = None
    """Bytes that the link adds to each packet."""
    mpu: Annotated[int | None, Field(ge=0, le=65535), Attr("TCA_TBF_PARMS", unit="bytes", default=0)] = None
    """Smallest packet on the link."""
    qdisc: Any = None
    """What orders the waiting packets; a bfifo of `limit` bytes unless written."""

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
