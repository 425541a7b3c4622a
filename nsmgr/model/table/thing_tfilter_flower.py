"""Written by nsmgr.model.generate from nsmgr.model.things.tfilter.flower.Flower: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Change, Value
from nsmgr.model.packets import WITH_PORTS, ether_type, ip_protocol
from nsmgr.model.shape import Shape, chain, optional, text, whole, word
from nsmgr.model.thing import PlainThing, kinds_of
from nsmgr.model.traffic import classid, tick_bytes
from nsmgr.text import family, ifname, mac, prefix, rate, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class TFilter(PlainThing):
    def attributes(self) -> dict[str, Value]:
        found = super().attributes()
        found["protocol"] = self.protocol or self.usual_protocol()
        if self.police:
            found.setdefault("exceed", "drop")
            found.setdefault("conform", "pipe" if self.mirror or self.redirect or self.action else "pass")
            found.setdefault("police_mtu", 2047)
        return found

    def usual_protocol(self) -> str:
        """The protocol that what it looks for needs."""
        return "all"

    def faults(self) -> list[tuple[str, str, str]]:
        """Faults of this filter alone."""
        found = []
        if self.police and self.police_burst is None:
            found.append(("police", "`police` needs a `police_burst`", "for example `police_burst: 64k`"))
        found += [
            (name, f"`{name}` is of `police`, which is missing", "for example `police: 10mbit`")
            for name in ("police_burst", "police_mtu", "conform", "exceed")
            if getattr(self, name) is not None and not self.police
        ]
        if self.redirect and self.action:
            found.append(("action", "after `redirect` there is nothing left to do something with", "remove `action`"))
        return found

    @classmethod
    def tolerance(cls, name: str, attrs: Mapping[str, Value]) -> int:
        return tick_bytes(attrs.get("police")) if name == "police_burst" else 0

    @classmethod
    def foreign(cls, attrs: Mapping[str, Value]) -> bool:
        return attrs.get("kind") not in kinds_of("tfilter") or str(attrs.get("action")).startswith("?")

    @classmethod
    def body(cls, attrs: Mapping[str, Any]) -> dict[str, Any]:
        return {name: list(value) if type(value) is tuple else value for name, value in super().body(attrs).items()}


class Flower(TFilter):
    TYPE = "tfilter"
    LEVEL = "link"
    KIND = "flower"
    STAGE = "port"
    WHOLE = True
    GONE = (2, 19)
    ROWS = {
        "kind": Attr("TCA_KIND", Change.REPLACE),
        "pref": Attr("tcm_info", Change.REPLACE),
        "protocol": Attr("tcm_info", Change.REPLACE, default="all"),
        "flowid": Attr(),
        "police": Attr("TCA_POLICE_TBF", unit="bit/s"),
        "police_burst": Attr("TCA_POLICE_TBF", unit="bytes"),
        "police_mtu": Attr("TCA_POLICE_TBF", unit="bytes"),
        "conform": Attr("TCA_POLICE_RESULT"),
        "exceed": Attr("TCA_POLICE_TBF"),
        "mirror": Attr("TCA_MIRRED_PARMS", ref=True),
        "redirect": Attr("TCA_MIRRED_PARMS", ref=True),
        "action": Attr("TCA_GACT_PARMS"),
        "src_mac": Attr("TCA_FLOWER_KEY_ETH_SRC"),
        "dst_mac": Attr("TCA_FLOWER_KEY_ETH_DST"),
        "vlan_id": Attr("TCA_FLOWER_KEY_VLAN_ID"),
        "vlan_prio": Attr("TCA_FLOWER_KEY_VLAN_PRIO"),
        "src": Attr("TCA_FLOWER_KEY_IPV4_SRC", nla6="TCA_FLOWER_KEY_IPV6_SRC"),
        "dst": Attr("TCA_FLOWER_KEY_IPV4_DST", nla6="TCA_FLOWER_KEY_IPV6_DST"),
        "ip_proto": Attr("TCA_FLOWER_KEY_IP_PROTO"),
        "src_port": Attr("TCA_FLOWER_KEY_TCP_SRC"),
        "dst_port": Attr("TCA_FLOWER_KEY_TCP_DST"),
        "tos": Attr("TCA_FLOWER_KEY_IP_TOS"),
        "ttl": Attr("TCA_FLOWER_KEY_IP_TTL"),
        "icmp_type": Attr("TCA_FLOWER_KEY_ICMPV4_TYPE", nla6="TCA_FLOWER_KEY_ICMPV6_TYPE"),
        "icmp_code": Attr("TCA_FLOWER_KEY_ICMPV4_CODE", nla6="TCA_FLOWER_KEY_ICMPV6_CODE"),
    }

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


Flower.SHAPE = Shape(
    {
        "kind": word("flower"),
        "pref": optional(whole(1, 65535)),
        "protocol": chain(ether_type, text()),
        "flowid": chain(text(), classid),
        "police": optional(chain(rate, whole(8))),
        "police_burst": optional(chain(size, whole(1, 2147483648))),
        "police_mtu": optional(chain(size, whole(1, 2147483648))),
        "conform": optional(word("pass", "drop", "pipe", "continue", "reclassify")),
        "exceed": optional(word("pass", "drop", "pipe", "continue", "reclassify")),
        "mirror": optional(chain(text(1, 15), ifname)),
        "redirect": optional(chain(text(1, 15), ifname)),
        "action": optional(word("pass", "drop", "pipe", "continue", "reclassify")),
        "src_mac": optional(chain(text(), mac)),
        "dst_mac": optional(chain(text(), mac)),
        "vlan_id": optional(whole(0, 4095)),
        "vlan_prio": optional(whole(0, 7)),
        "src": optional(chain(text(), prefix)),
        "dst": optional(chain(text(), prefix)),
        "ip_proto": chain(ip_protocol, text()),
        "src_port": optional(whole(0, 65535)),
        "dst_port": optional(whole(0, 65535)),
        "tos": optional(whole(0, 255)),
        "ttl": optional(whole(0, 255)),
        "icmp_type": optional(whole(0, 255)),
        "icmp_code": optional(whole(0, 255)),
    },
    {
        "pref": None,
        "protocol": None,
        "flowid": None,
        "police": None,
        "police_burst": None,
        "police_mtu": None,
        "conform": None,
        "exceed": None,
        "mirror": None,
        "redirect": None,
        "action": None,
        "src_mac": None,
        "dst_mac": None,
        "vlan_id": None,
        "vlan_prio": None,
        "src": None,
        "dst": None,
        "ip_proto": None,
        "src_port": None,
        "dst_port": None,
        "tos": None,
        "ttl": None,
        "icmp_type": None,
        "icmp_code": None,
    },
    ("kind",),
    make=Flower,
)
ENTRY = Flower
