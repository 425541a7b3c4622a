"""hsr: two rings for one link, High-availability Seamless Redundancy and PRP (IEC 62439-3; net/hsr/hsr_netlink.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nsmgr.model.base import Attr, Change, Names
from nsmgr.model.convert import LastByte, by_number
from nsmgr.model.links.base import READONLY, Link, data, shown
from nsmgr.types import IfName

PROTOCOLS = Names({"hsr": 0, "prp": 1})


class Hsr(Link):
    """Every frame is sent twice, over both slaves, and the copy that comes second is dropped.

    All is fixed at birth: there is no changelink. The MAC is the first slave's. The kernel deletes the link with the last of
    its slaves; with the first that goes it lives on, lame, so nsmgr makes it again. Cannot be moved to another namespace.
    """

    KIND: ClassVar[str] = "hsr"
    IMMUTABLE_NETNS: ClassVar[bool] = True
    DATA_REQUIRED: ClassVar[bool] = True
    DEFAULT_MTU: ClassVar[int] = 0  # the smaller slave's, less 6
    MTU_RANGE: ClassVar[tuple[int, int]] = (68, 1500)

    kind: Literal["hsr"] | None = "hsr"
    """The kind."""
    mtu: Annotated[int | None, Field(ge=0, le=2**31 - 1), Attr("IFLA_MTU", late=True, unit="bytes")] = None
    """Largest layer-3 packet, at most the smaller slave's less 6; the kernel sets it anew whenever a slave's changes."""
    slave1: Annotated[IfName, data("IFLA_HSR_SLAVE1", Change.REPLACE, ref=True)]
    """The first port, in the same namespace."""
    slave2: Annotated[IfName, data("IFLA_HSR_SLAVE2", Change.REPLACE, ref=True)]
    """The second port, in the same namespace."""
    interlink: Annotated[IfName | None, data("IFLA_HSR_INTERLINK", Change.CREATE_ONLY, ref=True)] = None
    """The port to a device outside of the ring (a RedBox); protocol hsr only. The kernel does not tell it. Linux 6.10 and later."""
    multicast_spec: Annotated[
        int | None,
        Field(ge=0, le=255),
        data(
            "IFLA_HSR_MULTICAST_SPEC", Change.REPLACE, told_by="IFLA_HSR_SUPERVISION_ADDR", convert=LastByte(), absent=0, default=0
        ),
    ] = None
    """Last byte of the multicast address of supervision frames (ip: ``supervision``)."""
    version: Annotated[int | None, Field(ge=0, le=1), data("IFLA_HSR_VERSION", Change.CREATE_ONLY)] = None
    """HSR version 0 or 1. The kernel does not tell it: a change in the configuration takes effect when the link is made anew."""
    protocol: Annotated[
        Literal["hsr", "prp"] | None,
        by_number(PROTOCOLS),
        data("IFLA_HSR_PROTOCOL", Change.REPLACE, convert=PROTOCOLS, absent="hsr", default="hsr"),
    ] = None
    """HSR (a ring) or PRP (two separate networks)."""
    seq_nr: Annotated[int | None, READONLY, shown("IFLA_HSR_SEQ_NR")] = None
    """Sequence number of the last frame sent."""

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        slaves = [self.slave1, self.slave2, self.interlink]
        for field, slave in (("slave2", self.slave2), ("interlink", self.interlink)):
            if slave is not None and slaves.count(slave) > 1:
                found.append((field, f"`{slave}` is named twice", "each port is another link"))
        if self.protocol == "prp" and self.version is not None:
            found.append(("version", "protocol prp has no version (hsr_newlink: EINVAL)", "remove `version`"))
        if self.protocol == "prp" and self.interlink is not None:
            found.append(("interlink", "`interlink` is for protocol hsr (hsr_newlink: EINVAL)", "remove `interlink`"))
        if self.mac is not None:
            found.append(("mac", "an hsr link has its first slave's MAC (no ndo_set_mac_address)", "set `mac` there"))
        return found
