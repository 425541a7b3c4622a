"""Written by nsmgr.model.generate from nsmgr.model.links.bareudp.Bareudp: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Names, Where
from nsmgr.model.convert import ByNumber, Flag, Mixed
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, either, optional, text, truth, whole, word
from nsmgr.model.table.links import Link
from nsmgr.text import underlay_name

ETHERTYPES = Mixed({"ipv4": 0x0800, "ipv6": 0x86DD, "mpls_uc": 0x8847, "mpls_mc": 0x8848})


class Bareudp(Plain):
    KIND = "bareudp"
    DATA_REQUIRED = True
    ETHERNET = False
    DEFAULTS = {"arp": False, "addrgenmode": "random"}
    MTU_RANGE = (68, 65527)
    ROWS = {
        **Link.ROWS,
        "mac": Attr("IFLA_ADDRESS", Change.READ_ONLY, export=False),
        "broadcast": Attr("IFLA_BROADCAST", Change.READ_ONLY, export=False),
        "arp": Attr(where=Where.FLAG, convert=Bool(True), flag=128, default=False),
        "addrgenmode": Attr(
            "IFLA_INET6_ADDR_GEN_MODE",
            where=Where.INET6,
            convert=Names({"eui64": 0, "none": 1, "stable_secret": 2, "random": 3}),
            late=True,
            default="random",
        ),
        "port": Attr("IFLA_BAREUDP_PORT", Change.REPLACE, Where.DATA),
        "ethertype": Attr("IFLA_BAREUDP_ETHERTYPE", Change.REPLACE, Where.DATA, ETHERTYPES),
        "underlay": Attr(change=Change.CREATE_ONLY, where=Where.NONE),
        "srcport_min": Attr("IFLA_BAREUDP_SRCPORT_MIN", Change.REPLACE, Where.DATA, default=0),
        "multiproto": Attr("IFLA_BAREUDP_MULTIPROTO_MODE", Change.REPLACE, Where.DATA, Flag(), absent=False, default=False),
    }

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.addrgenmode == "eui64":
            found.append(("addrgenmode", "there is no hardware address to make one of (addrconf_dev_config)", "use `random`"))
        if self.multiproto and self.ethertype not in ("ipv4", "mpls_uc"):
            found.append(("multiproto", "`multiproto` goes with ethertype ipv4 or mpls_uc only (bareudp_configure: EINVAL)", ""))
        return found


Bareudp.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("bareudp")),
        "mac": optional(text()),
        "broadcast": optional(text()),
        "port": whole(0, 65535),
        "ethertype": chain(ByNumber(ETHERTYPES), either(whole(0, 65535), word("ipv4", "ipv6", "mpls_uc", "mpls_mc"))),
        "underlay": optional(chain(text(), underlay_name)),
        "srcport_min": optional(whole(0, 65535)),
        "multiproto": optional(truth),
    },
    {**Link.SHAPE.defaults, "kind": "bareudp", "underlay": None, "srcport_min": None, "multiproto": None},
    ("port", "ethertype"),
    make=Bareudp,
)
ENTRY = Bareudp
