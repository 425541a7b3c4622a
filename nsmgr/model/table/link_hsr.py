"""Written by nsmgr.model.generate from nsmgr.model.links.hsr.Hsr: edit that, then `make tables`."""

from __future__ import annotations

from nsmgr.model.attr import Attr, Change, Names, Where
from nsmgr.model.convert import ByNumber, LastByte
from nsmgr.model.kind import Plain
from nsmgr.model.shape import Shape, chain, optional, text, whole, word
from nsmgr.model.table.links import Link
from nsmgr.text import ifname

PROTOCOLS = Names({"hsr": 0, "prp": 1})


class Hsr(Plain):
    KIND = "hsr"
    IMMUTABLE_NETNS = True
    DATA_REQUIRED = True
    DEFAULT_MTU = 0
    MTU_RANGE = (68, 1500)
    ROWS = {
        **Link.ROWS,
        "mtu": Attr("IFLA_MTU", late=True, unit="bytes"),
        "slave1": Attr("IFLA_HSR_SLAVE1", Change.REPLACE, Where.DATA, ref=True),
        "slave2": Attr("IFLA_HSR_SLAVE2", Change.REPLACE, Where.DATA, ref=True),
        "interlink": Attr("IFLA_HSR_INTERLINK", Change.CREATE_ONLY, Where.DATA, ref=True),
        "multicast_spec": Attr(
            "IFLA_HSR_MULTICAST_SPEC",
            Change.REPLACE,
            Where.DATA,
            LastByte(),
            told_by="IFLA_HSR_SUPERVISION_ADDR",
            absent=0,
            default=0,
        ),
        "version": Attr("IFLA_HSR_VERSION", Change.CREATE_ONLY, Where.DATA),
        "protocol": Attr("IFLA_HSR_PROTOCOL", Change.REPLACE, Where.DATA, PROTOCOLS, absent="hsr", default="hsr"),
        "seq_nr": Attr("IFLA_HSR_SEQ_NR", Change.READ_ONLY, Where.DATA, export=False),
    }

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


Hsr.SHAPE = Shape(
    {
        **Link.SHAPE.fields,
        "kind": optional(word("hsr")),
        "slave1": chain(text(1, 15), ifname),
        "slave2": chain(text(1, 15), ifname),
        "interlink": optional(chain(text(1, 15), ifname)),
        "multicast_spec": optional(whole(0, 255)),
        "version": optional(whole(0, 1)),
        "protocol": chain(ByNumber(PROTOCOLS), word("hsr", "prp")),
        "seq_nr": optional(whole()),
    },
    {
        **Link.SHAPE.defaults,
        "kind": "hsr",
        "interlink": None,
        "multicast_spec": None,
        "version": None,
        "protocol": None,
        "seq_nr": None,
    },
    ("slave1", "slave2"),
    make=Hsr,
)
ENTRY = Hsr
