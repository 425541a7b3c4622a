"""cake: everything that a slow link needs in one (net/sched/sch_cake.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Bool, Change
from nsmgr.model.things.qdisc import Qdisc
from nsmgr.types import Nanoseconds, Rate, Size


class Cake(Qdisc):
    """Shaper, fair queueing by host and flow, and short queues in one, for links that are the bottleneck."""

    KIND: ClassVar[str] = "cake"
    NESTED: ClassVar[tuple[tuple[str, str, str], ...]] = ()

    kind: Annotated[Literal["cake"], Attr("TCA_KIND", Change.REPLACE)]
    """Which discipline it is."""
    bandwidth: Annotated[Rate | None, Attr("TCA_CAKE_BASE_RATE64", unit="bit/s", default=0)] = None
    """The rate that it shapes to; 0 = it does not."""
    autorate: Annotated[bool | None, Attr("TCA_CAKE_AUTORATE", convert=Bool(), default=False)] = None
    """Estimate the bandwidth from what arrives."""
    diffserv: Annotated[
        Literal["diffserv3", "diffserv4", "diffserv8", "besteffort", "precedence"] | None,
        Attr("TCA_CAKE_DIFFSERV_MODE", default="diffserv3"),
    ] = None
    """How the DS field sorts packets into tins."""
    flows: Annotated[
        Literal["flowblind", "srchost", "dsthost", "hosts", "flows", "dual-srchost", "dual-dsthost", "triple-isolate"] | None,
        Attr("TCA_CAKE_FLOW_MODE", default="triple-isolate"),
    ] = None
    """What is a flow, and who shares fairly."""
    rtt: Annotated[Nanoseconds | None, Attr("TCA_CAKE_RTT", unit="ns", default=100000000, tolerance=1000)] = None
    """The usual round-trip time."""
    target: Annotated[Nanoseconds | None, Attr("TCA_CAKE_TARGET", unit="ns", default=5000000, tolerance=1000)] = None
    """The waiting time that is aimed at; a twentieth of rtt unless written."""
    overhead: Annotated[int | None, Field(ge=-64, le=256), Attr("TCA_CAKE_OVERHEAD", default=0, unit="bytes")] = None
    """Bytes that the link adds to each packet."""
    mpu: Annotated[Size | None, Field(ge=0, le=256), Attr("TCA_CAKE_MPU", unit="bytes", default=0)] = None
    """Smallest packet on the link."""
    framing: Annotated[Literal["noatm", "atm", "ptm"] | None, Attr("TCA_CAKE_ATM", default="noatm")] = None
    """How the link pads packets."""
    memlimit: Annotated[Size | None, Field(ge=0, le=2**32 - 1), Attr("TCA_CAKE_MEMORY", unit="bytes")] = None
    """How much memory waiting packets may take; by the bandwidth unless written."""
    nat: Annotated[bool | None, Attr("TCA_CAKE_NAT", convert=Bool(), default=False)] = None
    """Look through this host's address translation."""
    wash: Annotated[bool | None, Attr("TCA_CAKE_WASH", convert=Bool(), default=False)] = None
    """Clear the DS field afterwards."""
    ingress: Annotated[bool | None, Attr("TCA_CAKE_INGRESS", convert=Bool(), default=False)] = None
    """Count dropped packets as received: for shaping what comes in, on an ifb."""
    ack_filter: Annotated[
        Literal["no-ack-filter", "ack-filter", "ack-filter-aggressive"] | None, Attr("TCA_CAKE_ACK_FILTER", default="no-ack-filter")
    ] = None
    """Drop acknowledgements that later ones make needless."""
    split_gso: Annotated[bool | None, Attr("TCA_CAKE_SPLIT_GSO", convert=Bool(), default=True)] = None
    """Split what the stack has joined before sending."""
    fwmark: Annotated[int | None, Field(ge=0, le=2**32 - 1), Attr("TCA_CAKE_FWMARK", default=0)] = None
    """Mask for the firewall mark that chooses a tin."""
