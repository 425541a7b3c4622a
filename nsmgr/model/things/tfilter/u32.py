"""u32: words of the packet (net/sched/cls_u32.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from nsmgr.model.base import Attr, Change, Value
from nsmgr.model.packets import ip_protocol, match_keys, raw_key
from nsmgr.model.things.tfilter import TEXT_OR_NUMBER, TFilter
from nsmgr.text import family
from nsmgr.types import Port, Prefix

RawKey = Annotated[str, AfterValidator(raw_key)]


class U32(TFilter):
    """Compares words of the packet. Ports are found where no IP options are. Every change replaces it (u32_init_knode).

    ``src``, ``dst`` and so on are short for entries of ``match``, which is what the kernel has and what is shown.
    """

    KIND: ClassVar[str] = "u32"

    kind: Annotated[Literal["u32"], Attr("TCA_KIND", Change.REPLACE)]
    """How it looks at packets."""
    src: Prefix | None = None
    """Source address or prefix, IPv4 or IPv6."""
    dst: Prefix | None = None
    """Destination address or prefix."""
    ip_proto: Annotated[str | None, BeforeValidator(ip_protocol), TEXT_OR_NUMBER] = None
    """tcp, udp, icmp, a number."""
    sport: Port | None = None
    """Source port."""
    dport: Port | None = None
    """Destination port."""
    tos: Annotated[int | None, Field(ge=0, le=255)] = None
    """The TOS or DS field."""
    match: Annotated[list[RawKey] | None, Attr("TCA_U32_SEL", Change.REPLACE)] = None
    """Words to compare: ``0x00060000/0x00ff0000 at 8`` is value, mask, and offset from the network header."""

    def attributes(self) -> dict[str, Value]:
        return {**super().attributes(), "match": match_keys(self) or ("0x00000000/0x00000000 at 0",)}

    def usual_protocol(self) -> str:
        address = self.src or self.dst
        if address is None:
            return "all"
        return "ip" if family(address) == family("0.0.0.0") else "ipv6"

    def faults(self) -> list[tuple[str, str, str]]:
        found = super().faults()
        if self.src and self.dst and family(self.src) != family(self.dst):
            found.append(("dst", "`src` and `dst` are of different families", "no packet is both"))
        elif (
            self.protocol is None
            and self.usual_protocol() == "all"
            and any(value is not None for value in (self.ip_proto, self.sport, self.dport, self.tos))
        ):
            found.append(("", "where these are in a packet depends on `protocol`", "write `protocol: ip` or `protocol: ipv6`"))
        try:
            match_keys(self)
        except ValueError as error:
            found.append(("match", str(error), "remove one"))
        return found

    @classmethod
    def replaces(cls, name: str, observed: Value, desired: Value) -> bool:
        return True
