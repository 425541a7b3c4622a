"""Written by nsmgr.model.generate from nsmgr.model.links.gtp.Gtp: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Bool, Change, Names, Where
from nsmgr.model.convert import ByNumber
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, optional, text, truth, whole, word
from nsmgr.model.table.links import Link
from nsmgr.text import ip, underlay_name

ROLES = Names({"ggsn": 0, "sgsn": 1})


class Gtp(Plain):
    KIND = "gtp"
    DATA_REQUIRED = True
    BIRTH = {"create_sockets": True}
    ETHERNET = False
    DEFAULTS = {"arp": False, "addrgenmode": "random"}
    DEFAULT_MTU = 0
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
        "underlay": Attr(change=Change.CREATE_ONLY, where=Where.NONE),
        "role": Attr("IFLA_GTP_ROLE", Change.REPLACE, Where.DATA, ROLES, default="ggsn"),
        "pdp_hashsize": Attr("IFLA_GTP_PDP_HASHSIZE", Change.REPLACE, Where.DATA, default=1024),
        "restart_count": Attr("IFLA_GTP_RESTART_COUNT", Change.REPLACE, Where.DATA, default=0),
        "local": Attr("IFLA_GTP_LOCAL", Change.CREATE_ONLY, Where.DATA, nla6="IFLA_GTP_LOCAL6"),
        "create_sockets": Attr("IFLA_GTP_CREATE_SOCKETS", Change.CREATE_ONLY, Where.DATA, Bool()),
    }

    def problems(self, name: str) -> list[tuple[str, str, str]]:
        found = super().problems(name)
        if self.addrgenmode == "eui64":
            found.append(("addrgenmode", "there is no hardware address to make one of (addrconf_dev_config)", "use `random`"))
        if self.create_sockets is False:
            found.append(("create_sockets", "a configuration cannot hand over sockets of its own", "remove it"))
        return found


Gtp.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("gtp")),
        "mac": optional(text()),
        "broadcast": optional(text()),
        "underlay": optional(chain(text(), underlay_name)),
        "role": chain(ByNumber(ROLES), word("ggsn", "sgsn")),
        "pdp_hashsize": optional(whole(1, 1048576)),
        "restart_count": optional(whole(0, 255)),
        "local": optional(chain(text(), ip)),
        "create_sockets": optional(truth),
    },
    {
        **Link.SHAPE.defaults,
        "kind": "gtp",
        "underlay": None,
        "role": None,
        "pdp_hashsize": None,
        "restart_count": None,
        "local": None,
        "create_sockets": None,
    },
    (),
    make=Gtp,
)
ENTRY = Gtp
