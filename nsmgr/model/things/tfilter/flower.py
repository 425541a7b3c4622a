"""flower: fields of the packet (net/sched/cls_flower.c)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from nsmgr.model.base import Attr, Change
from nsmgr.model.packets import WITH_PORTS, ip_protocol
from nsmgr.model.things.tfilter import TEXT_OR_NUMBER, TFilter
from nsmgr.text import family
from nsmgr.types import AnyMac, Port, Prefix


class Flower(TFilter):
    """Compares fields of the packet, found wherever they are."""

    KIND: ClassVar[str] = "flower"

    kind: Annotated[Literal["flower"], Attr("TCA_KIND", Change.REPLACE)]
    """How it looks at packets."""
    src_mac: Annotated[AnyMac | None, Attr("TCA_FLOWER_KEY_ETH_SRC")] = None
    """Source MAC address."""
    dst_mac: Annotated[AnyMac | None, Attr("TCA_FLOWER_KEY_ETH_DST")] = None
    """Destination MAC address."""
    vlan_id: Annotated[int | None, Field(ge=0, le=4095), Attr("TCA_FLOWER_KEY_VLAN_ID")] = None
    """VLAN; with `protocol: 802.1q`."""
    vlan_prio: Annotated[int | None, Field(ge=0, le=7), Attr("TCA_FLOWER_KEY_VLAN_PRIO")] = None
    """VLAN priority; with `protocol: 802.1q`."""
    src: Annotated[Prefix | None, Attr("TCA_FLOWER_KEY_IPV4_SRC", nla6="TCA_FLOWER_KEY_IPV6_SRC")] = None
    """Source address or prefix, IPv4 or IPv6."""
    dst: Annotated[Prefix | None, Attr("TCA_FLOWER_KEY_IPV4_DST", nla6="TCA_FLOWER_KEY_IPV6_DST")] = None
    """Destination address or prefix."""
    ip_proto: Annotated[str | None, BeforeValidator(ip_protocol), TEXT_OR_NUMBER, Attr("TCA_FLOWER_KEY_IP_PROTO")] = None
    """tcp, udp, icmp, a number."""
    src_port: Annotated[Port | None, Attr("TCA_FLOWER_KEY_TCP_SRC")] = None
    """Source port; with `ip_proto` tcp, udp or sctp."""
    dst_port: Annotated[Port | None, Attr("TCA_FLOWER_KEY_TCP_DST")] = None
    """Destination port."""
    tos: Annotated[int | None, Field(ge=0, le=255), Attr("TCA_FLOWER_KEY_IP_TOS")] = None
    """The TOS or DS field."""
    ttl: Annotated[int | None, Field(ge=0, le=255), Attr("TCA_FLOWER_KEY_IP_TTL")] = None
    """Time to live, or hop limit."""
    icmp_type: Annotated[int | None, Field(ge=0, le=255), Attr("TCA_FLOWER_KEY_ICMPV4_TYPE", nla6="TCA_FLOWER_KEY_ICMPV6_TYPE")] = (
        None
    )
    """With `ip_proto` icmp or icmpv6."""
    icmp_code: Annotated[int | None, Field(ge=0, le=255), Attr("TCA_FLOWER_KEY_ICMPV4_CODE", nla6="TCA_FLOWER_KEY_ICMPV6_CODE")] = (
        None
    )
    """With `ip_proto` icmp or icmpv6."""

    def usual_protocol(self) -> str:
        address = self.src or self.dst
        if address is not None:
            return "ip" if family(address) == family("0.0.0.0") else "ipv6"
        return {"icmp": "ip", "icmpv6": "ipv6"}.get(self.ip_proto or "", "all")

    def faults(self) -> list[tuple[str, str, str]]:
        found = super().faults()
        if self.src and self.dst and family(self.src) != family(self.dst):
            found.append(("dst", "`src` and `dst` are of different families", "no packet is both"))
        kind = self.protocol or self.usual_protocol()
        network = [name for name in ("src", "dst", "ip_proto", "tos", "ttl") if getattr(self, name) is not None]
        if network and kind not in ("ip", "ipv6"):
            found.append((network[0], f"`{network[0]}` is looked for in packets of one protocol", "write `protocol: ip` or `ipv6`"))
        if (self.src_port is not None or self.dst_port is not None) and self.ip_proto not in WITH_PORTS:
            name = "dst_port" if self.dst_port is not None else "src_port"
            found.append((name, f"`{name}` needs `ip_proto`: {', '.join(WITH_PORTS)}", "for example `ip_proto: tcp`"))
        if (self.icmp_type is not None or self.icmp_code is not None) and self.ip_proto not in ("icmp", "icmpv6"):
            found.append(
                ("icmp_type" if self.icmp_type is not None else "icmp_code", "needs `ip_proto: icmp` or `icmpv6`", "add it")
            )
        if (self.vlan_id is not None or self.vlan_prio is not None) and kind not in ("802.1q", "802.1ad"):
            found.append(("vlan_id" if self.vlan_id is not None else "vlan_prio", "needs `protocol: 802.1q`", "add it"))
        return found
